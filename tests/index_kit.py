"""The file of an archive's search index, as tests look into it and damage it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from db.index_file import index_path

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

RUIN = "update full_text_data set block = x'00ff00ff' where id > 10"
"""Damages the index so that no search for words can read past it."""


def index_file(engine: Engine) -> Path:
    """Return the file."""
    path = index_path(engine)
    assert path is not None
    return path


def change_index(engine: Engine, *statements: str) -> None:
    """Change it, as damage does."""
    with closing(sqlite3.connect(index_file(engine))) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def index_rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    """Look into it."""
    with closing(sqlite3.connect(index_file(engine))) as connection:
        return connection.execute(query).fetchall()
