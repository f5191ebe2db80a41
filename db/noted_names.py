"""Answering bodies and Houses of the records, each kept as one fact about the archive, since they are asked for often."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from db import tables
from db.rows import load_fact, save_fact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

BODIES: Final = "bodies"
HOUSES: Final = "houses"

_COLUMNS: Final = {BODIES: tables.proceeding.c.body, HOUSES: tables.proceeding.c.house}


def load_names(connection: Connection, fact: str) -> list[str]:
    """Load all names of a fact, in alphabetical order."""
    written = _noted_names(connection, fact)
    return _distinct_names(connection, fact) if written is None else written


def note_names(connection: Connection, fact: str, names: Iterable[str | None]) -> None:
    """Note names that were just stored with their records."""
    named = {name for name in names if name}
    if not named:
        return
    written = _noted_names(connection, fact)
    known = _distinct_names(connection, fact) if written is None else written
    if written is None or not named.issubset(known):
        save_fact(connection, fact, json.dumps(sorted(named.union(known)), ensure_ascii=False))


def _noted_names(connection: Connection, fact: str) -> list[str] | None:
    """Load the names as noted; None in an archive from before they were noted."""
    value = load_fact(connection, fact)
    return None if value is None else list(json.loads(value))


def _distinct_names(connection: Connection, fact: str) -> list[str]:
    column = _COLUMNS[fact]
    return sorted(connection.execute(select(column).where(column.is_not(None)).distinct()).scalars())
