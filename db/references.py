"""What revisions point to: keys of other records, and columns of the Official Report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from db import models
from db.rows import insert_all
from db.told import AT_ONCE, told_in
from monitor.parliament.references import targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from monitor.model.records import Proceeding


def note_references(connection: Connection, revision_ids: Sequence[int], afters: Sequence[Proceeding]) -> None:
    """Note what revisions that were just stored point to."""
    rows = [
        {"revision_id": revision_id, "target": target}
        for revision_id, after in zip(revision_ids, afters, strict=True)
        for target in targets(after)
    ]
    insert_all(connection, models.reference, rows)


def note_earlier(connection: Connection) -> None:
    """Note what all revisions point to, of an archive in which that was not noted yet. May be repeated."""
    table, done = models.revision, 0
    while True:
        query = select(table.c.id).where(table.c.id > done).order_by(table.c.id).limit(AT_ONCE)
        ids = list(connection.execute(query).scalars())
        if not ids:
            return
        connection.execute(delete(models.reference).where(models.reference.c.revision_id.in_(ids)))
        told = [one for _, one in told_in(connection, table.c.id.in_(ids))]
        note_references(connection, [one.id for one in told], [one.proceeding for one in told])
        done = ids[-1]
