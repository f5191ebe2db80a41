"""Reading the record: what is held of a window, what is to be read again, and whole revisions."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, delete, func, or_, select, update

from db import cross_references, tables
from db.aliases import records_by_alias
from db.codec import load_parts, proceeding_of
from db.members import bodies, with_names
from db.merging import load_mergings
from db.revisions import GONE_AFTER_RUNS
from db.rows import chunks
from monitor.model.archive import Answered, Known, Quarantined
from monitor.model.records import Event, Revision, State
from monitor.model.sources import Payload
from monitor.parliament.provenance import source_rank

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select

    from db.lease import Store
    from monitor.model.archive import Merging
    from monitor.model.records import Proceeding
    from monitor.model.sources import Window

_PAYLOADS = 25
_ANSWERED = (State.ANSWERED.value, State.CORRECTED.value, State.HOLDING.value)


class Records:
    """What the archive holds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def is_empty(self) -> bool:
        """Whether nothing was ever stored."""
        with self._store.read() as connection:
            return connection.execute(select(tables.proceeding.c.id).limit(1)).first() is None

    def bodies(self) -> list[str]:
        """The answering bodies that the record names, in alphabetical order."""
        with self._store.read() as connection:
            return bodies(connection)

    def known(self, source: str, keys: Sequence[str]) -> dict[str, Known]:
        """How we stand with those of the keys that were ever stored."""
        table = tables.source_record
        if not keys:
            return {}
        with self._store.read() as connection:
            rows = connection.execute(select(table).where(table.c.source == source, table.c.key.in_(keys)))
            return {row.key: Known(list_hash=row.list_hash, detail_read_on=row.detail_read_on) for row in rows}

    def keys_in_window(self, window: Window) -> list[str]:
        """The keys of stored records that the window should hold: dated on its day, not withdrawn."""
        if window.by not in _IN_WINDOW:
            return []
        asked = {"of_source": window.source, "house": window.house.value, "day": window.day}
        with self._store.read() as connection:
            return list(connection.execute(_IN_WINDOW[window.by], asked).scalars())

    def days(self, keys: Sequence[str]) -> dict[str, date]:
        """Return the days of the records that go by these keys; keys that no record goes by are left out."""
        table = tables.proceeding
        days: dict[int, date] = {}
        with self._store.read() as connection:
            known = records_by_alias(connection, keys)
            for some in chunks(sorted(set(known.values()))):
                query = select(table.c.id, table.c.day).where(table.c.id.in_(some), table.c.day.is_not(None))
                days |= dict(connection.execute(query).all())
        return {key: days[one] for key, one in known.items() if one in days}

    def answered_since(self, source: str, day: date) -> list[Answered]:
        """Records answered or corrected since a day."""
        with self._store.read() as connection:
            return [
                Answered(key=row.key, day=row.day, detail_read_on=row.detail_read_on, is_matched=bool(row.is_matched))
                for row in connection.execute(_ANSWERED_SINCE, {"of_source": source, "since": day})
            ]

    def open_before(self, source: str, day: date, *, looked_up_before: date | None = None) -> list[str]:
        """Keys of open questions tabled before a day; where asked, only those not looked up since another."""
        asked: dict[str, str | date] = {"of_source": source, "before": day}
        with self._store.read() as connection:
            if looked_up_before is None:
                return list(connection.execute(_OPEN_BEFORE, asked).scalars())
            return list(connection.execute(_NOT_LOOKED_UP, asked | {"looked_up_before": looked_up_before}).scalars())

    def gone_once(self, source: str, since: date) -> list[str]:
        """Keys of records that the source did not have when they were looked up, once: open ones, and those since a day."""
        with self._store.read() as connection:
            return list(connection.execute(_GONE_ONCE, {"of_source": source, "since": since}).scalars())

    def payloads(
        self,
        source: str | None = None,
        first: date | None = None,
        last: date | None = None,
        *,
        newest_first: bool = False,
    ) -> Iterator[Payload]:
        """The newest kept bytes of each key whose record's day is in the range, quarantined ones too.

        In the order of receipt. A payload may be a volume of many megabytes: they are read one by one.
        """
        table = tables.payload
        newest = select(func.max(table.c.id).label("id")).group_by(table.c.source, table.c.key).subquery()
        query = select(table.c.id).join(newest, newest.c.id == table.c.id)
        if source is not None:
            query = query.where(table.c.source == source)
        if first is not None or last is not None:
            query = _on_days(query, first, last)
        with self._store.read() as connection:
            ids = sorted(set(connection.execute(query).scalars()), reverse=newest_first)
        for start in range(0, len(ids), _PAYLOADS):
            some = ids[start : start + _PAYLOADS]
            with self._store.read() as connection:
                rows = {row.id: row for row in connection.execute(select(table).where(table.c.id.in_(some)))}
            yield from (_payload(rows[number]) for number in some if number in rows)

    def drop_payloads(self, before: datetime) -> int:
        """Let go of payloads received before an instant, but of none that waits in quarantine; returns how many."""
        table = tables.payload
        old = select(table.c.id).where(table.c.fetched_at < before, table.c.reason.is_(None))
        with self._store.write() as connection:
            connection.execute(
                update(tables.revision).where(tables.revision.c.payload_id.in_(old)).values(payload_id=None)
            )
            return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount

    def quarantined(self) -> list[Quarantined]:
        """What could not be understood and was not replaced by something that could."""
        table = tables.payload
        later = table.alias()
        replaced = (
            select(later.c.id)
            .where(later.c.source == table.c.source, later.c.key == table.c.key, later.c.id > table.c.id)
            .exists()
        )
        query = select(table.c.source, table.c.key, table.c.reason).where(table.c.reason.is_not(None), ~replaced)
        with self._store.read() as connection:
            return [Quarantined(source=row.source, key=row.key, reason=row.reason) for row in connection.execute(query)]

    def revisions(self, proceeding_id: int) -> list[Revision]:
        """All revisions of a proceeding, of every source, oldest first; each source numbers its own."""
        with self._store.read() as connection:
            return load(connection, tables.revision.c.proceeding_id == proceeding_id)

    def sources(self, proceeding_ids: Sequence[int]) -> dict[int, list[str]]:
        """Which sources tell of records, by row id, the better first."""
        table = tables.revision
        found: dict[int, list[str]] = {}
        with self._store.read() as connection:
            for some in chunks(proceeding_ids):
                query = select(table.c.proceeding_id, table.c.source).where(table.c.proceeding_id.in_(some)).distinct()
                for row in connection.execute(query):
                    found.setdefault(row.proceeding_id, []).append(row.source)
        return {one: sorted(names, key=source_rank) for one, names in found.items()}

    def mergings(self) -> list[Merging]:
        """Records that were found to be one, newest first; those that were taken apart again too."""
        with self._store.read() as connection:
            return load_mergings(connection)

    def find(self, reference: str) -> list[int]:
        """Row ids of the records that go by a reference, newest first: see `db.cross_references.find_records`."""
        with self._store.read() as connection:
            return cross_references.find_records(connection, reference)

    def by_keys(self, keys: Sequence[str]) -> dict[str, list[int]]:
        """Row ids of the records that each key names, as revisions point to them; keys that name none are left out."""
        with self._store.read() as connection:
            return cross_references.records_by_keys(connection, keys)

    def keys_of(self, proceeding_id: int) -> list[str]:
        """All keys that others may point to a record by."""
        with self._store.read() as connection:
            return cross_references.keys_of_record(connection, proceeding_id)

    def referring(self, keys: Sequence[str]) -> list[int]:
        """Row ids of the records of which a revision points to one of these keys."""
        with self._store.read() as connection:
            return cross_references.records_citing(connection, keys)

    def answered_on(self, house: str, day: date) -> list[int]:
        """Row ids of the questions of a House that were answered on a day."""
        with self._store.read() as connection:
            return cross_references.records_answered_on(connection, house, day)

    def find_by_uin(self, uin: str, before: date | None) -> Proceeding | None:
        """The newest question with this UIN that was answered, or else only tabled, no later than a day.

        An answer to it may be missing here: then the question is still the one that is meant.
        """
        table = tables.proceeding
        query = (
            select(table.c.latest_revision_id)
            .where(table.c.uin == uin.upper(), table.c.merged_into.is_(None))
            .order_by(func.coalesce(table.c.tabled_on, table.c.answered_on).desc(), table.c.answered_on.desc())
            .limit(1)
        )
        is_tabled = and_(table.c.answered_on.is_(None), table.c.tabled_on.is_not(None))
        if before is not None:
            is_there = or_(table.c.answered_on <= before, and_(is_tabled, table.c.tabled_on <= before))
        else:
            is_there = or_(table.c.answered_on.is_not(None), is_tabled)
        with self._store.read() as connection:
            revision_id = connection.execute(query.where(is_there)).scalar()
            if revision_id is None:
                return None
            return load_ids(connection, [revision_id])[revision_id].proceeding


def load(connection: Connection, *where: ColumnElement[bool]) -> list[Revision]:
    """Whole revisions with their members named, oldest first."""
    table = tables.revision
    rows = connection.execute(select(table).where(*where).order_by(table.c.id)).all()
    parts: dict[int, dict[str, str]] = {}
    for some in chunks([row.id for row in rows]):
        parts |= load_parts(connection, some)
    return _revisions(connection, rows, parts)


def load_ids(
    connection: Connection, revision_ids: Sequence[int], parts: Mapping[int, Mapping[str, str]] | None = None
) -> dict[int, Revision]:
    """Whole revisions by row id. `parts`: their texts, where they were read before."""
    found: dict[int, Revision] = {}
    for some in chunks(revision_ids):
        rows = connection.execute(_BY_ID, {"ids": some}).all()
        read = load_parts(connection, some) if parts is None else parts
        found |= {revision.id: revision for revision in _revisions(connection, rows, read)}
    return found


_BY_ID = select(tables.revision).where(tables.revision.c.id.in_(bindparam("ids", expanding=True)))


def _revisions(
    connection: Connection, rows: Sequence[Row[Any]], parts: Mapping[int, Mapping[str, str]]
) -> list[Revision]:
    proceedings = with_names(connection, [proceeding_of(row.facts, parts.get(row.id, {})) for row in rows])
    return [
        Revision(
            id=row.id,
            proceeding=proceeding,
            number=row.number,
            seen_at=row.seen_at,
            events=tuple(Event(name) for name in row.events.split()),
            is_news=row.is_news,
        )
        for row, proceeding in zip(rows, proceedings, strict=True)
    ]


def _records() -> Select[Any]:
    record, table = tables.source_record, tables.proceeding
    # Nothing is put to either, lest SQLite begins with all records of the source, or goes through all in their order: the
    # few of some days or states are to be looked up, and then put in order.
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
        .where(table.c.day >= bindparam("since"), table.c.state.in_(_ANSWERED))
    )


def _gone_once() -> Select[Any]:
    table, record = tables.proceeding, tables.source_record
    return _records().where(
        record.c.gone_runs.between(1, GONE_AFTER_RUNS - 1),
        table.c.state != State.WITHDRAWN.value,
        or_(tables.IS_OPEN, table.c.day >= bindparam("since")),
    )


def _not_looked_up() -> Select[Any]:
    looked = tables.source_record.c.looked_up_on
    return _OPEN_BEFORE.where(or_(looked.is_(None), looked < bindparam("looked_up_before")))


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
"""Made once, as those above: a run asks for each window, and putting a statement together takes longer than doing it."""


def _on_days(query: Select[Any], first: date | None, last: date | None) -> Select[Any]:
    """Those whose record or file is of these days; a file of which no day is known, for it tells of many, is of any."""
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
