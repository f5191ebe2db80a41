"""The answering bodies that the record names: kept as one fact, since each search asks for them all.

They are names that a term which is only part of one is not found in: see `monitor.text.office_names`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from db import models

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_KEY = "bodies"


def bodies(connection: Connection) -> list[str]:
    """All their names, in alphabetical order."""
    written = _written(connection)
    return _looked_up(connection) if written is None else written


def note_bodies(connection: Connection, names: Iterable[str | None]) -> None:
    """Note names that were just stored with their proceedings."""
    named = {name for name in names if name}
    if not named:
        return
    written = _written(connection)
    known = _looked_up(connection) if written is None else written
    if written is None or not named.issubset(known):
        value = json.dumps(sorted(named.union(known)), ensure_ascii=False)
        connection.execute(delete(models.meta).where(models.meta.c.key == _KEY))
        connection.execute(insert(models.meta).values(key=_KEY, value=value))


def _written(connection: Connection) -> list[str] | None:
    """As noted; None in an archive of before they were."""
    value = connection.execute(select(models.meta.c.value).where(models.meta.c.key == _KEY)).scalar()
    return None if value is None else list(json.loads(value))


def _looked_up(connection: Connection) -> list[str]:
    column = models.proceeding.c.body
    return sorted(connection.execute(select(column).where(column.is_not(None)).distinct()).scalars())
