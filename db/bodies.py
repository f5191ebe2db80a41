"""Names of the answering bodies of records, kept as one fact about the archive, since each search asks for all of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from db import tables
from db.rows import load_fact, save_fact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_BODIES_FACT = "bodies"


def load_bodies(connection: Connection) -> list[str]:
    """Load the names of all bodies, in alphabetical order."""
    written = _noted_bodies(connection)
    return _distinct_bodies(connection) if written is None else written


def note_bodies(connection: Connection, names: Iterable[str | None]) -> None:
    """Note names that were just stored with their proceedings."""
    named = {name for name in names if name}
    if not named:
        return
    written = _noted_bodies(connection)
    known = _distinct_bodies(connection) if written is None else written
    if written is None or not named.issubset(known):
        save_fact(connection, _BODIES_FACT, json.dumps(sorted(named.union(known)), ensure_ascii=False))


def _noted_bodies(connection: Connection) -> list[str] | None:
    """Load the names as noted; None in an archive from before they were noted."""
    value = load_fact(connection, _BODIES_FACT)
    return None if value is None else list(json.loads(value))


def _distinct_bodies(connection: Connection) -> list[str]:
    column = tables.proceeding.c.body
    return sorted(connection.execute(select(column).where(column.is_not(None)).distinct()).scalars())
