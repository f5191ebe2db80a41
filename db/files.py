"""Which files of the sources were read, and how that went."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from db import models
from monitor.model.archive import FileRead

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row

    from db.base import Store


class Files:
    """The ledger of files: what is in it and has not changed is not read again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def known(self, source: str) -> dict[str, FileRead]:
        """The files of a source that were ever read or asked for, by name."""
        return {filed.name: filed for filed in self.listing(source)}

    def note(self, filed: FileRead) -> None:
        """Keep how a file was read, in place of what was known of it."""
        table = models.source_file
        this = (table.c.source == filed.source) & (table.c.name == filed.name)
        with self._store.write() as connection:
            connection.execute(delete(table).where(this))
            connection.execute(
                insert(table).values(
                    source=filed.source,
                    name=filed.name,
                    day=filed.day,
                    stamp=filed.stamp,
                    sha256=filed.sha256,
                    version=filed.version,
                    read_at=filed.read_at,
                    outcome=filed.outcome,
                    note=filed.note,
                    counts=json.dumps(dict(filed.counts)),
                    years=json.dumps({year: dict(counts) for year, counts in filed.years.items()}),
                )
            )

    def listing(self, source: str | None = None, *, since: datetime | None = None) -> list[FileRead]:
        """The files of a source, or of all, by source and name; where asked, only those read since an instant."""
        table = models.source_file
        query = select(table).order_by(table.c.source, table.c.name)
        if source is not None:
            query = query.where(table.c.source == source)
        if since is not None:
            query = query.where(table.c.read_at >= since)
        with self._store.read() as connection:
            return [_filed(row) for row in connection.execute(query)]

    def release(self, source: str, keys: Sequence[str]) -> None:
        """Take payloads out of quarantine: what they hold was understood since, from other bytes."""
        table = models.payload
        wanted = (table.c.source == source) & table.c.key.in_(keys) & table.c.reason.is_not(None)
        with self._store.write() as connection:
            connection.execute(update(table).where(wanted).values(reason=None))


def _filed(row: Row[Any]) -> FileRead:
    return FileRead(
        source=row.source,
        name=row.name,
        day=row.day,
        stamp=row.stamp,
        sha256=row.sha256,
        version=row.version,
        read_at=row.read_at,
        outcome=row.outcome,
        note=row.note,
        counts=json.loads(row.counts),
        years={int(year): counts for year, counts in json.loads(row.years).items()},
    )
