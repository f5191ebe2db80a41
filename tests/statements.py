"""Statements as SQL, shared by all engines of a process that are of one kind of database.

SQLAlchemy keeps them by engine, and each test has an engine of its own: making SQL of the same statements again and again
would be a tenth of the time of all tests. The words are the same for each.
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
    """By the name of the dialect, in place of that of one engine."""

    def get(self, key: Any, default: Any = None) -> Any:
        """What was made of a statement, if that is known."""
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, made: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), made)


def share_statements() -> None:
    """From now on all engines that `open_engine` makes in this process share them."""
    statements = Statements(MOST)

    def create_engine(*args: Any, **settings: Any) -> Engine:
        engine = sqlalchemy.create_engine(*args, **settings)
        engine._compiled_cache = statements
        return engine

    vars(engines)["create_engine"] = create_engine
