"""What was read of each source: days of windows, and files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from db import tables
from monitor.model.archive import FileRead, WindowCoverage
from monitor.model.records import House, State
from monitor.model.sources import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Row

    from db.lease import Store

_FORGOTTEN = delete(tables.coverage).where(
    *(tables.coverage.c[name] == bindparam(f"known_{name}") for name in ("source", "house", "by", "day"))
)
_NOTED = insert(tables.coverage)
"""Made once: a run notes each window that it reads, and putting statements together takes longer than doing them."""


class Coverage:
    """The windows, and what is known of each."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def windows(self, source: str | None = None, *, since: date | None = None) -> list[WindowCoverage]:
        """The windows read so far, newest day first."""
        table = tables.coverage
        query = select(table).order_by(table.c.day.desc(), table.c.house, table.c.by)
        if source is not None:
            query = query.where(table.c.source == source)
        if since is not None:
            query = query.where(table.c.day >= since)
        with self._store.read() as connection:
            return [
                WindowCoverage(
                    window=Window(source=row.source, house=House(row.house), by=row.by, day=row.day),
                    state=row.state,
                    read_at=row.read_at,
                    total=row.total,
                    held=row.held,
                    note=row.note,
                )
                for row in connection.execute(query)
            ]

    def days_read(self, first: date, until: date) -> dict[tuple[str, House], int]:
        """Count the days from `first` to before `until` whose answers were read whole, by source and House."""
        table = tables.coverage
        query = (
            select(table.c.source, table.c.house, func.count(table.c.day.distinct()).label("days"))
            .where(
                table.c.day >= first,
                table.c.day < until,
                table.c.by.in_(("answered", "made")),
                table.c.state == "complete",
            )
            .group_by(table.c.source, table.c.house)
        )
        with self._store.read() as connection:
            return {(row.source, House(row.house)): row.days for row in connection.execute(query)}

    def note(self, covered: WindowCoverage) -> None:
        """Keep how a window was read, in place of what was known of it."""
        window = covered.window
        known = {"source": window.source, "house": window.house.value, "by": window.by, "day": window.day}
        read = {
            "state": covered.state,
            "read_at": covered.read_at,
            "total": covered.total,
            "held": covered.held,
            "note": covered.note,
        }
        with self._store.write() as connection:
            connection.execute(_FORGOTTEN, {f"known_{name}": value for name, value in known.items()})
            connection.execute(_NOTED, known | read)

    def read_at(self, reads: Mapping[str, Sequence[House]]) -> list[datetime]:
        """When a window of each source and House in `reads` was last read well; of those that were."""
        table = tables.coverage
        query = (
            select(table.c.source, table.c.house, func.max(table.c.read_at).label("read_at"))
            .where(table.c.state.in_(("complete", "open")))
            .group_by(table.c.source, table.c.house)
        )
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return [row.read_at for row in rows if House(row.house) in reads.get(row.source, ())]

    def held(self, house: House, first: date, last: date) -> int:
        """How many answers given in these days the archive holds in full."""
        table = tables.proceeding
        answered = (State.HOLDING.value, State.ANSWERED.value, State.CORRECTED.value)
        with self._store.read() as connection:
            count = connection.execute(
                select(func.count())
                .select_from(table)
                .where(
                    table.c.house == house.value,
                    table.c.merged_into.is_(None),
                    tables.answered(lambda day: day.between(first, last)),
                    table.c.state.in_(answered),
                )
            )
            return int(count.scalar_one())


class Files:
    """The ledger of files: what is in it and has not changed is not read again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def known(self, source: str) -> dict[str, FileRead]:
        """The files of a source that were ever read or asked for, by name."""
        return {filed.name: filed for filed in self.listing(source)}

    def note(self, filed: FileRead) -> None:
        """Keep how a file was read, in place of what was known of it."""
        table = tables.source_file
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
        table = tables.source_file
        query = select(table).order_by(table.c.source, table.c.name)
        if source is not None:
            query = query.where(table.c.source == source)
        if since is not None:
            query = query.where(table.c.read_at >= since)
        with self._store.read() as connection:
            return [_file_read(row) for row in connection.execute(query)]

    def release(self, source: str, keys: Sequence[str]) -> None:
        """Take payloads out of quarantine: what they hold was understood since, from other bytes."""
        table = tables.payload
        wanted = (table.c.source == source) & table.c.key.in_(keys) & table.c.reason.is_not(None)
        with self._store.write() as connection:
            connection.execute(update(table).where(wanted).values(reason=None))


def _file_read(row: Row[Any]) -> FileRead:
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
