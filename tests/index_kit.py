"""The file of an archive's search index, as tests look into it and damage it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import db.index
from db import index_view
from db.index_file import IndexFile, index_path
from db.index_view import IndexView, row_of, rows_between

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

    from monitor.model.index_query import IndexQuery

ALL_ROWS = rows_between(None, None)

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


@contextmanager
def view_of(documents: Sequence[dict[str, str]]) -> Iterator[IndexView]:
    """Open an index of these search forms, numbered from 1."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in db.index._ANEW:
            connection.execute(statement)
        db.index._add_words(connection, [(row_of(None, number), forms) for number, forms in enumerate(documents, 1)])
        connection.execute("INSERT INTO fact (name, value) VALUES ('indexed_to', '1')")
        yield IndexView((IndexFile(Path("in memory")), connection))


def rows_named(view: IndexView, need: IndexQuery) -> list[int] | None:
    """Return the rows that it names, newest first; None where it can't be asked."""
    rows = view.candidates(need, ALL_ROWS)
    if rows is None:
        return None
    with closing(rows):
        return list(rows)


@contextmanager
def asked_as_if_large() -> Iterator[None]:
    """Have indexes asked as if they held very much: for words in place of a beginning, and for few rows from the oldest."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(index_view, "frequency_of_beginning", lambda _: 1_000_000)
        patched.setattr(index_view, "_ROWS_FOR_A_WORD", 1)
        patched.setattr(index_view, "_FEW_ROWS", 2)
        yield
