"""Ledger of collecting: windows and files that were read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from db import tables
from monitor.model.collection import FileOutcome, FileRead, WindowCoverage, WindowState
from monitor.model.records import House
from monitor.model.sources import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Row

    from db.store import Store


_READ_AGAIN = update(tables.coverage).where(
    *(tables.coverage.c[name] == bindparam(f"known_{name}") for name in ("source", "house", "by", "day"))
)
_READ_FIRST = insert(tables.coverage)
"""Built once: a run executes them for each window, and building a statement takes longer than executing it."""

_DAYS_READ: Final = (
    select(
        tables.coverage.c.source,
        tables.coverage.c.house,
        func.count(tables.coverage.c.day.distinct()).label("days"),
    )
    .where(
        tables.coverage.c.day >= bindparam("first"),
        tables.coverage.c.day < bindparam("until"),
        tables.coverage.c.by.in_(("answered", "made")),
        tables.coverage.c.state == WindowState.COMPLETE,
    )
    .group_by(tables.coverage.c.source, tables.coverage.c.house)
)


class Coverage:
    """Windows that were read of each source."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def windows(
        self, source: str | None = None, *, since: date | None = None, or_incomplete: bool = False
    ) -> list[WindowCoverage]:
        """List the windows read so far, newest day first. `or_incomplete`: also earlier ones that are not complete."""
        table = tables.coverage
        query = select(table).order_by(table.c.day.desc(), table.c.house, table.c.by)
        if source is not None:
            query = query.where(table.c.source == source)
        if since is not None:
            is_recent = table.c.day >= since
            query = query.where(or_(is_recent, table.c.state != WindowState.COMPLETE) if or_incomplete else is_recent)
        return [_window(**row._asdict()) for row in self._store.rows(query)]

    def days_read(self, first: date, until: date) -> dict[tuple[str, House], int]:
        """Count the days from `first` to before `until` whose answers were read whole, by source and House."""
        return {
            (row.source, House(row.house)): row.days
            for row in self._store.rows(_DAYS_READ, {"first": first, "until": until})
        }

    def note(self, covered: WindowCoverage) -> None:
        """Keep how a window was read, in place of what was known of it."""
        row = _coverage_row(covered)
        known = {f"known_{name}": row[name] for name in ("source", "house", "by", "day")}
        with self._store.write() as connection:
            # Most windows are read again and again.
            if not connection.execute(_READ_AGAIN, known | row).rowcount:
                connection.execute(_READ_FIRST, row)

    def note_alone(self, covered: WindowCoverage) -> None:
        """Keep how a window was read, in place of all windows of its source and House by the same date."""
        table, window = tables.coverage, covered.window
        others = (table.c.source == window.source, table.c.house == window.house.value, table.c.by == window.by)
        with self._store.write() as connection:
            connection.execute(delete(table).where(*others))
            connection.execute(_READ_FIRST, _coverage_row(covered))

    def read_at(self, reads: Mapping[str, Sequence[House]]) -> list[datetime]:
        """Return when a window of each source and House in `reads` was last read well; those never read are left out."""
        table = tables.coverage
        query = (
            select(table.c.source, table.c.house, func.max(table.c.read_at).label("read_at"))
            .where(table.c.state.in_([state for state in WindowState if state.is_in_full]))
            .group_by(table.c.source, table.c.house)
        )
        rows = self._store.rows(query)
        return [row.read_at for row in rows if House(row.house) in reads.get(row.source, ())]


def _coverage_row(covered: WindowCoverage) -> dict[str, Any]:
    window = covered.window
    return {
        "source": window.source,
        "house": window.house.value,
        "by": window.by,
        "day": window.day,
        "state": covered.state,
        "read_at": covered.read_at,
        "total": covered.total,
        "held": covered.held,
        "note": covered.note,
    }


def _window(*, source: str, house: str, by: str, day: date, state: str, **read: Any) -> WindowCoverage:
    window = Window(source=source, house=House(house), by=by, day=day)
    return WindowCoverage(window=window, state=WindowState(state), **read)


class Files:
    """Files that were read of each source: a file that has not changed is not read again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def known(self, source: str) -> dict[str, FileRead]:
        """Return the files of a source that were ever read or asked for, by name."""
        return {filed.name: filed for filed in self.listing(source)}

    def note(self, filed: FileRead) -> None:
        """Keep how a file was read, in place of what was known of it."""
        table = tables.source_file
        this = (table.c.source == filed.source) & (table.c.name == filed.name)
        values = {column.name: getattr(filed, column.name) for column in table.c} | {
            "counts": json.dumps(dict(filed.counts)),
            "years": json.dumps({year: dict(counts) for year, counts in filed.years.items()}),
        }
        with self._store.write() as connection:
            connection.execute(delete(table).where(this))
            connection.execute(insert(table).values(values))

    def listing(self, source: str | None = None, *, since: datetime | None = None) -> list[FileRead]:
        """List files by source and name, of one source or of all, and only those read since an instant if one is given."""
        table = tables.source_file
        query = select(table).order_by(table.c.source, table.c.name)
        if source is not None:
            query = query.where(table.c.source == source)
        if since is not None:
            query = query.where(table.c.read_at >= since)
        return [_file_read(row) for row in self._store.rows(query)]


def _file_read(row: Row[Any]) -> FileRead:
    read = {
        "outcome": FileOutcome(row.outcome),
        "counts": json.loads(row.counts),
        "years": {int(year): counts for year, counts in json.loads(row.years).items()},
    }
    return FileRead(**row._asdict() | read)
