"""Compiled SQL statements, shared by all engines of a process for the same kind of database.

SQLAlchemy keeps them for each engine, and each test has its own engine. To compile the same statements again and again
would take a tenth of the time of all tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy.util import LRUCache

from db import engine as engines

if TYPE_CHECKING:
    from sqlalchemy import Engine

MOST = 2_000


class Statements(LRUCache[Any, Any]):
    """Compiled statements by the name of the dialect, not by the engine."""

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the compiled statement, if there is one."""
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, made: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), made)


def share_statements() -> None:
    """Let all engines that `open_engine` makes in this process share their statements from now on."""
    statements = Statements(MOST)

    def create_engine(*args: Any, **settings: Any) -> Engine:
        engine = sqlalchemy.create_engine(*args, **settings)
        engine._compiled_cache = statements
        return engine

    vars(engines)["create_engine"] = create_engine
