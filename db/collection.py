"""Ledger of collecting: windows and files that were read, when records of a source were last seen, and the bytes received.

Bytes are kept once, so that parsing can be repeated; responses of some addresses are kept for conditional requests.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, union, update

from db import tables
from db.cross_references import records_by_alias
from db.rows import IDS, insert_all, new_ids, select_in
from monitor.model.collection import Answered, FileRead, KnownRecord, Quarantined, WindowCoverage
from monitor.model.records import House, State
from monitor.model.sources import Cached, Payload, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, TextClause

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
        tables.coverage.c.state == "complete",
    )
    .group_by(tables.coverage.c.source, tables.coverage.c.house)
)


_IS_ANSWERED = (State.ANSWERED.value, State.CORRECTED.value)
_ANSWERED = (*_IS_ANSWERED, State.HOLDING.value)


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
            query = query.where(or_(is_recent, table.c.state != "complete") if or_incomplete else is_recent)
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
            .where(table.c.state.in_(("complete", "open")))
            .group_by(table.c.source, table.c.house)
        )
        rows = self._store.rows(query)
        return [row.read_at for row in rows if House(row.house) in reads.get(row.source, ())]

    def held(self, house: House, first: date, last: date) -> int:
        """Count the answers given in these days that the archive holds in full."""
        table = tables.proceeding
        query = select(func.count()).where(
            table.c.house == house.value,
            table.c.merged_into.is_(None),
            tables.answered(lambda day: day.between(first, last)),
            table.c.state.in_(_ANSWERED),
        )
        [count] = self._store.scalars(query)
        return int(count)


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


def _window(*, source: str, house: str, by: str, day: date, **read: Any) -> WindowCoverage:
    return WindowCoverage(window=Window(source=source, house=House(house), by=by, day=day), **read)


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
    years = {int(year): counts for year, counts in json.loads(row.years).items()}
    return FileRead(**{**row._asdict(), "counts": json.loads(row.counts), "years": years})


# -- records of a source ----------------------------------------------------------------------------------------------

_KNOWN: Final = (
    select(
        *(tables.source_record.c[name] for name in ("key", "list_hash", "detail_read_on")), tables.proceeding.c.state
    )
    .join(tables.proceeding, tables.proceeding.c.id == tables.source_record.c.proceeding_id)
    .where(
        tables.source_record.c.source == bindparam("of_source"),
        tables.source_record.c.key.in_(bindparam("keys", expanding=True)),
    )
)

GONE_AFTER_RUNS = 2
"""Runs in which a source must lack a record that was looked up before the record counts as withdrawn."""


class SourceRecords:
    """Records of a source: when they were last seen, read and looked up."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def known(self, source: str, keys: Sequence[str]) -> dict[str, KnownRecord]:
        """Return when the records of these keys were last read; keys that were never stored are left out."""
        if not keys:
            return {}
        return {
            row.key: KnownRecord(
                list_hash=row.list_hash, detail_read_on=row.detail_read_on, is_answered=row.state in _IS_ANSWERED
            )
            for row in self._store.rows(_KNOWN, {"of_source": source, "keys": list(keys)})
        }

    def keys_in_window(self, window: Window) -> list[str]:
        """Return the keys of stored records that a window should contain: dated on its day, not withdrawn."""
        if window.by not in _IN_WINDOW:
            return []
        asked = {"of_source": window.source, "house": window.house.value, "day": window.day}
        return self._store.scalars(_IN_WINDOW[window.by], asked)

    def days(self, keys: Sequence[str]) -> dict[str, date]:
        """Return the days of the records that go by these keys; keys that no record goes by are left out."""
        table = tables.proceeding
        query = select(table.c.id, table.c.day).where(table.c.id.in_(IDS), table.c.day.is_not(None))
        with self._store.read() as connection:
            known = records_by_alias(connection, keys)
            days = {row.id: row.day for row in select_in(connection, query, set(known.values()))}
        return {key: days[record] for key, record in known.items() if record in days}

    def answered_since(self, source: str, day: date) -> list[Answered]:
        """List the records answered or corrected since a day."""
        return [
            Answered(key=row.key, day=row.day, detail_read_on=row.detail_read_on, is_matched=bool(row.is_matched))
            for row in self._store.rows(_ANSWERED_SINCE, {"of_source": source, "since": day})
        ]

    def open_before(self, source: str, day: date, *, looked_up_before: date | None = None) -> list[str]:
        """Return the keys of open questions tabled before a day, and not looked up since another if one is given."""
        asked: dict[str, str | date] = {"of_source": source, "before": day}
        if looked_up_before is None:
            return self._store.scalars(_OPEN_BEFORE, asked)
        return self._store.scalars(_NOT_LOOKED_UP, asked | {"looked_up_before": looked_up_before})

    def coming(self, source: str, today: date) -> list[str]:
        """Return the keys of stored records that are set down for a day or later, and were not called off."""
        return self._store.scalars(_COMING, {"of_source": source, "day": today})

    def gone_once(self, source: str, since: date) -> list[str]:
        """Return the keys of open and recent records that the source lacked when they were last looked up, once so far."""
        return self._store.scalars(_GONE_ONCE, {"of_source": source, "since": since})

    def note_look_up(self, source: str, keys: Iterable[str], *, today: date, gone: bool) -> list[str]:
        """Note that records were looked up by key; returns those that the source lacked in two runs now."""
        table = tables.source_record
        twice: list[str] = []
        wanted = list(keys)
        if not wanted:
            return twice
        with self._store.write() as connection:
            for key in wanted:
                where = and_(table.c.source == source, table.c.key == key)
                runs = (connection.execute(select(table.c.gone_runs).where(where)).scalar() or 0) + 1 if gone else 0
                values: dict[str, Any] = {"looked_up_on": today, "gone_runs": runs}
                if gone:
                    values["list_hash"] = None  # if it is listed again, it must be read, changed or not
                connection.execute(update(table).where(where).values(**values))
                if runs >= GONE_AFTER_RUNS:
                    twice.append(key)
        return twice


def _records() -> Select[Any]:
    record, table = tables.source_record, tables.proceeding
    # Adding nothing to both columns keeps SQLite from starting with all records of the source, or from reading all in
    # order: it should look up the few of some days or states, and then sort them.
    is_of_source, in_order = record.c.source.concat("") == bindparam("of_source"), table.c.id + 0
    return (
        select(record.c.key)
        .join(table, and_(table.c.id == record.c.proceeding_id))
        .where(is_of_source)
        .order_by(in_order)
    )


def _in_window(is_of_day: ColumnElement[bool]) -> Select[Any]:
    table = tables.proceeding
    return _records().where(table.c.house == bindparam("house"), is_of_day, table.c.state != State.WITHDRAWN.value)


def _answered_since() -> Select[Any]:
    table, revision = tables.proceeding, tables.revision
    matched = (
        select(tables.match.c.id)
        .join(revision, revision.c.id == tables.match.c.revision_id)
        .where(revision.c.proceeding_id == table.c.id)
        .exists()
        .label("is_matched")
    )
    return (
        _records()
        .add_columns(table.c.day, tables.source_record.c.detail_read_on, matched)
        .where(_in_list(_SINCE), table.c.state.in_(_ANSWERED))
    )


def _gone_once() -> Select[Any]:
    is_gone_once = tables.source_record.c.gone_runs.between(1, GONE_AFTER_RUNS - 1)
    is_there = tables.proceeding.c.state != State.WITHDRAWN.value
    return _records().where(is_gone_once, is_there, _in_list(tables.IS_OPEN, _SINCE))


def _in_list(*conditions: ColumnElement[bool] | TextClause) -> ColumnElement[bool]:
    """Return the condition for records that meet at least one of these.

    So SQLite looks them up by an index for each condition. With a plain OR it would read all records.
    """
    lists = [select(tables.proceeding.c.id).where(condition) for condition in conditions]
    return tables.source_record.c.proceeding_id.in_(union(*lists))


def _not_looked_up() -> Select[Any]:
    looked = tables.source_record.c.looked_up_on
    return _OPEN_BEFORE.where(or_(looked.is_(None), looked < bindparam("looked_up_before")))


_SINCE: Final = tables.proceeding.c.day >= bindparam("since")
_ANSWERED_SINCE: Final = _answered_since()
_GONE_ONCE: Final = _gone_once()
_OPEN_BEFORE: Final = _records().where(tables.IS_OPEN, tables.proceeding.c.tabled_on < bindparam("before"))
_NOT_LOOKED_UP: Final = _not_looked_up()
_DAY: Final[BindParameter[date]] = bindparam("day")
_IN_WINDOW: Final = {
    "tabled": _in_window(tables.proceeding.c.tabled_on == _DAY),
    "answered": _in_window(tables.answered(lambda column: column == _DAY)),
    "made": _in_window(tables.proceeding.c.day == _DAY),
}
"""Built once: a run executes them for each window, and building a statement takes longer than executing it."""
_COMING: Final = _records().where(
    tables.proceeding.c.takes_place_on >= _DAY, tables.proceeding.c.state != State.WITHDRAWN.value
)


# -- bytes received ---------------------------------------------------------------------------------------------------

_LEVEL: Final = 4
"""Level of compression: the usual 6 takes two and a half times as long, for a twentieth less."""

_PAYLOADS = 25
"""Payloads that are read at once."""


class Payloads:
    """The bytes that were received from the sources."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest(
        self,
        source: str | None = None,
        first: date | None = None,
        last: date | None = None,
        *,
        newest_first: bool = False,
    ) -> Iterator[Payload]:
        """Give the newest bytes of each key whose record's day is in the range, quarantined ones too.

        They come in the order of receipt, a few at a time: a payload may be a volume of many megabytes.
        """
        table = tables.payload
        newest = select(func.max(table.c.id).label("id")).group_by(table.c.source, table.c.key).subquery()
        query = select(table.c.id).join(newest, newest.c.id == table.c.id)
        if source is not None:
            query = query.where(table.c.source == source)
        if first is not None or last is not None:
            query = _on_days(query, first, last)
        ids = sorted(set(self._store.scalars(query)), reverse=newest_first)
        for start in range(0, len(ids), _PAYLOADS):
            batch = ids[start : start + _PAYLOADS]
            rows = {row.id: row for row in self._store.rows(select(table).where(table.c.id.in_(batch)))}
            yield from (_payload(rows[number]) for number in batch if number in rows)

    def drop(self, before: datetime) -> int:
        """Drop the payloads received before an instant, except those in quarantine; returns how many."""
        table = tables.payload
        old = select(table.c.id).where(table.c.fetched_at < before, table.c.reason.is_(None))
        with self._store.write() as connection:
            connection.execute(
                update(tables.revision).where(tables.revision.c.payload_id.in_(old)).values(payload_id=None)
            )
            return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount

    def quarantined(self) -> list[Quarantined]:
        """List the payloads that could not be understood and were not replaced by others that could."""
        table = tables.payload
        later = table.alias()
        replaced = (
            select(later.c.id)
            .where(later.c.source == table.c.source, later.c.key == table.c.key, later.c.id > table.c.id)
            .exists()
        )
        query = select(table.c.source, table.c.key, table.c.reason).where(table.c.reason.is_not(None), ~replaced)
        return [Quarantined(**row._asdict()) for row in self._store.rows(query)]

    def quarantine(self, payload: Payload, reason: str) -> None:
        """Keep a payload that could not be understood, with the reason; once for the same bytes."""
        with self._store.write() as connection:
            keep_payloads(connection, [(payload, reason)])

    def release(self, source: str, keys: Sequence[str]) -> None:
        """Take payloads out of quarantine, because other bytes of the same file were understood since."""
        table = tables.payload
        wanted = (table.c.source == source) & table.c.key.in_(keys) & table.c.reason.is_not(None)
        with self._store.write() as connection:
            connection.execute(update(table).where(wanted).values(reason=None))


def keep_payloads(connection: Connection, payloads: Sequence[tuple[Payload, str | None]]) -> list[int]:
    """Keep the bytes that differ from those received last for their record; returns the row ids."""
    table = tables.payload
    last = _last_payloads(connection, [payload for payload, _ in payloads])
    rows: list[dict[str, Any]] = []
    places: list[tuple[int, int | None]] = []  # a row that is there, or the place of one among those to insert
    hashes: dict[int, str] = {}  # a file is the payload of each of its records
    for payload, reason in payloads:
        name = (payload.source, payload.key)
        sha256 = hashes.get(id(payload)) or hashes.setdefault(id(payload), hashlib.sha256(payload.body).hexdigest())
        before = last.get(name)
        if before is None or before[1] != sha256:
            last[name] = (0, sha256, reason, len(rows))
            rows.append(_payload_row(payload, sha256, reason))
        elif before[3] is None and before[2] != reason:
            connection.execute(update(table).where(table.c.id == before[0]).values(reason=reason))
        places.append((last[name][0], last[name][3]))
    ids = new_ids(connection, table, len(rows))
    insert_all(connection, table, [{"id": number, **row} for number, row in zip(ids, rows, strict=True)])
    return [there if place is None else ids[place] for there, place in places]


def _last_payloads(
    connection: Connection, payloads: Sequence[Payload]
) -> dict[tuple[str, str], tuple[int, str, str | None, int | None]]:
    asked = {name: list({getattr(payload, name) for payload in payloads}) for name in ("source", "key")}
    rows = connection.execute(_LAST, {"sources": asked["source"], "keys": asked["key"]})
    return {(row.source, row.key): (row.id, row.sha256, row.reason, None) for row in rows}


def _last() -> Select[Any]:
    table = tables.payload
    newest = (
        select(func.max(table.c.id))
        .where(
            table.c.source.in_(bindparam("sources", expanding=True)), table.c.key.in_(bindparam("keys", expanding=True))
        )
        .group_by(table.c.source, table.c.key)
    )
    query = select(table.c.source, table.c.key, table.c.id, table.c.sha256, table.c.reason)
    return query.where(table.c.id.in_(newest))


_LAST: Final = _last()
"""Built once: each page executes it, and building a statement takes longer than executing it."""


def _payload_row(payload: Payload, sha256: str, reason: str | None) -> dict[str, Any]:
    return {
        "source": payload.source,
        "key": payload.key,
        "url": payload.url,
        "fetched_at": payload.fetched_at,
        "sha256": sha256,
        "body": zlib.compress(payload.body, _LEVEL),
        "reason": reason,
    }


def _on_days(query: Select[Any], first: date | None, last: date | None) -> Select[Any]:
    """Select payloads whose record or file is of these days; a file without a day has many days and is always selected."""
    record, table, payload, file = tables.source_record, tables.proceeding, tables.payload, tables.source_file
    query = query.outerjoin(record, and_(record.c.source == payload.c.source, record.c.key == payload.c.key))
    query = query.outerjoin(table, table.c.id == record.c.proceeding_id)
    query = query.outerjoin(file, and_(file.c.source == payload.c.source, file.c.name == payload.c.key))
    is_undated = and_(file.c.name.is_not(None), file.c.day.is_(None))
    if first is not None:
        query = query.where(or_(table.c.day >= first, file.c.day >= first, is_undated))
    return query if last is None else query.where(or_(table.c.day <= last, file.c.day <= last, is_undated))


def _payload(row: Row[Any]) -> Payload:
    return Payload(
        source=row.source, key=row.key, url=row.url, fetched_at=row.fetched_at, body=zlib.decompress(row.body)
    )


class Cache:
    """The last answer of each address that is asked again and again: indexes, feeds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, url: str) -> Cached | None:
        """Return the response that was kept; None: there is no such response."""
        table = tables.http_cache
        for row in self._store.rows(select(table).where(table.c.url == url)):
            return Cached(body=zlib.decompress(row.body), etag=row.etag, last_modified=row.last_modified)
        return None

    def put(self, url: str, answer: Cached) -> None:
        """Keep an answer in place of the one before."""
        table = tables.http_cache
        with self._store.write() as connection:
            connection.execute(delete(table).where(table.c.url == url))
            connection.execute(
                insert(table).values(
                    url=url,
                    etag=answer.etag,
                    last_modified=answer.last_modified,
                    kept_at=self._store.clock(),
                    body=zlib.compress(answer.body, 6),
                )
            )
