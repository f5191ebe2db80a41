"""Check of the marks of db.settled: what they hide must not be owed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from db import tables
from db.pending import pending_ids, reader_of

if TYPE_CHECKING:
    from sqlalchemy import Engine


def marks(engine: Engine) -> dict[str, int]:
    """Return the revision up to which the past of each subscriber (by key) is settled."""
    table = tables.subscriber
    with engine.connect() as connection:
        return {row.key: row.settled_to for row in connection.execute(select(table.c.key, table.c.settled_to))}


def wrongly_settled(engine: Engine) -> list[str]:
    """Return what is owed to a subscriber and stands before their mark, in sentences.

    Nothing is owed while a subscriber is paused.
    """
    problems = []
    with engine.connect() as connection:
        for key in connection.execute(select(tables.subscriber.c.key)).scalars().all():
            row: Any = reader_of(connection, key)
            if row.paused_at is not None and row.resumed_at is None:
                continue
            unmarked: Any = SimpleNamespace(**{**row._mapping, "settled_to": 0})
            hidden = pending_ids(connection, unmarked) - pending_ids(connection, row)
            if hidden:
                problems.append(f"{key} is owed {sorted(hidden)}, but is settled to {row.settled_to}")
    return problems
