"""Reading the record: what is held of a window, what is to be read again, and whole revisions."""

from __future__ import annotations

import zlib
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, or_, select, update

from db import models
from db.bodies import bodies
from db.codec import proceeding_of
from db.members import with_names
from db.told import parts_of
from monitor.holdings import Answered, Known, Quarantined
from monitor.model import Event, Revision, State
from monitor.ports import Payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from db.base import Store
    from monitor.ports import Window

_BATCH = 500
_OPEN = (State.TABLED.value, State.HOLDING.value)
_ANSWERED = (State.ANSWERED.value, State.CORRECTED.value, State.HOLDING.value)


class Records:
    """What the archive holds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def is_empty(self) -> bool:
        """Whether nothing was ever stored."""
        with self._store.read() as connection:
            return connection.execute(select(models.proceeding.c.id).limit(1)).first() is None

    def bodies(self) -> list[str]:
        """The answering bodies that the record names, in alphabetical order."""
        with self._store.read() as connection:
            return bodies(connection)

    def known(self, source: str, keys: Sequence[str]) -> dict[str, Known]:
        """How we stand with those of the keys that were ever stored."""
        table = models.source_record
        if not keys:
            return {}
        with self._store.read() as connection:
            rows = connection.execute(select(table).where(table.c.source == source, table.c.key.in_(keys)))
            return {row.key: Known(list_hash=row.list_hash, detail_read_on=row.detail_read_on) for row in rows}

    def keys_in_window(self, window: Window) -> list[str]:
        """The keys of stored records that the window should hold: dated on its day, not withdrawn."""
        table = models.proceeding
        days = {"tabled": table.c.tabled_on, "answered": table.c.answered_on, "made": table.c.day}
        if window.by not in days:
            return []
        query = _records_of(window.source).where(
            table.c.house == window.house.value,
            days[window.by] == window.day,
            table.c.state != State.WITHDRAWN.value,
        )
        with self._store.read() as connection:
            return list(connection.execute(query).scalars())

    def days(self, keys: Sequence[str]) -> dict[str, date]:
        """The days of the records that go by these keys (`monitor.identity`); a key that none goes by is left out."""
        alias, table = models.alias, models.proceeding
        found: dict[str, date] = {}
        with self._store.read() as connection:
            for start in range(0, len(keys), _BATCH):
                query = (
                    select(alias.c.key, table.c.day)
                    .join(table, table.c.id == alias.c.proceeding_id)
                    .where(alias.c.key.in_(keys[start : start + _BATCH]), table.c.day.is_not(None))
                )
                found |= {row.key: row.day for row in connection.execute(query)}
        return found

    def answered_since(self, source: str, day: date) -> list[Answered]:
        """Records answered or corrected since a day."""
        table = models.proceeding
        matched = (
            select(models.match.c.id)
            .join(models.revision, models.revision.c.id == models.match.c.revision_id)
            .where(models.revision.c.proceeding_id == table.c.id)
            .exists()
            .label("is_matched")
        )
        query = (
            _records_of(source)
            .add_columns(table.c.day, models.source_record.c.detail_read_on, matched)
            .where(table.c.day >= day, table.c.state.in_(_ANSWERED))
        )
        with self._store.read() as connection:
            return [
                Answered(key=row.key, day=row.day, detail_read_on=row.detail_read_on, is_matched=bool(row.is_matched))
                for row in connection.execute(query)
            ]

    def open_before(self, source: str, day: date, *, looked_up_before: date | None = None) -> list[str]:
        """Keys of open questions tabled before a day; where asked, only those not looked up since another."""
        table, looked = models.proceeding, models.source_record.c.looked_up_on
        query = _records_of(source).where(table.c.state.in_(_OPEN), table.c.tabled_on < day)
        if looked_up_before is not None:
            query = query.where(or_(looked.is_(None), looked < looked_up_before))
        with self._store.read() as connection:
            return list(connection.execute(query).scalars())

    def payloads(
        self, source: str | None = None, first: date | None = None, last: date | None = None
    ) -> Iterator[Payload]:
        """The newest kept bytes of each record whose day is in the range, quarantined ones too."""
        table = models.payload
        newest = select(func.max(table.c.id).label("id")).group_by(table.c.source, table.c.key).subquery()
        query = select(table).join(newest, newest.c.id == table.c.id).order_by(table.c.id).limit(_BATCH)
        if source is not None:
            query = query.where(table.c.source == source)
        if first is not None or last is not None:
            query = _on_days(query, first, last)
        done = 0
        while True:
            with self._store.read() as connection:
                rows = connection.execute(query.where(table.c.id > done)).all()
            if not rows:
                return
            yield from (_payload(row) for row in rows)
            done = rows[-1].id

    def drop_payloads(self, before: datetime) -> int:
        """Let go of payloads received before an instant, but of none that waits in quarantine; returns how many."""
        table = models.payload
        old = select(table.c.id).where(table.c.fetched_at < before, table.c.reason.is_(None))
        with self._store.write() as connection:
            connection.execute(
                update(models.revision).where(models.revision.c.payload_id.in_(old)).values(payload_id=None)
            )
            return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount

    def quarantined(self) -> list[Quarantined]:
        """What could not be understood and was not replaced by something that could."""
        table = models.payload
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
        """All revisions of a proceeding, oldest first."""
        with self._store.read() as connection:
            return load(connection, models.revision.c.proceeding_id == proceeding_id)

    def find(self, reference: str) -> list[int]:
        """Row ids of the proceedings that go by a reference, newest first: an id, a UIN, or `DATE/UIN`."""
        table = models.proceeding
        day, slash, uin = reference.partition("/")
        by_alias = select(models.alias.c.proceeding_id).where(models.alias.c.key == reference)
        query = select(table.c.id).order_by(table.c.tabled_on.desc(), table.c.id.desc())
        if slash:
            query = query.where(func.upper(table.c.uin) == uin.upper(), table.c.tabled_on == _day(day))
        else:
            query = query.where(or_(table.c.id.in_(by_alias), table.c.uin == reference.upper()))
        with self._store.read() as connection:
            return list(connection.execute(query).scalars())


def load(connection: Connection, *where: ColumnElement[bool]) -> list[Revision]:
    """Whole revisions with their members named, oldest first."""
    table = models.revision
    rows = connection.execute(select(table).where(*where).order_by(table.c.id)).all()
    parts: dict[int, dict[str, str]] = {}
    ids = [row.id for row in rows]
    for start in range(0, len(ids), _BATCH):
        parts |= parts_of(connection, ids[start : start + _BATCH])
    proceedings = with_names(connection, [proceeding_of(row.facts, parts.get(row.id, {})) for row in rows])
    return [
        Revision(
            id=row.id,
            proceeding=proceeding,
            number=row.number,
            seen_at=row.seen_at,
            events=tuple(Event(name) for name in row.events.split()),
            is_news=row.is_news,
            fingerprint=row.fingerprint,
        )
        for row, proceeding in zip(rows, proceedings, strict=True)
    ]


def load_ids(connection: Connection, revision_ids: Sequence[int]) -> dict[int, Revision]:
    """Whole revisions by row id."""
    found: dict[int, Revision] = {}
    for start in range(0, len(revision_ids), _BATCH):
        some = load(connection, models.revision.c.id.in_(revision_ids[start : start + _BATCH]))
        found |= {revision.id: revision for revision in some}
    return found


def _records_of(source: str) -> Select[Any]:
    record, table = models.source_record, models.proceeding
    return (
        select(record.c.key)
        .join(table, and_(table.c.id == record.c.proceeding_id))
        .where(record.c.source == source)
        .order_by(table.c.id)
    )


def _on_days(query: Select[Any], first: date | None, last: date | None) -> Select[Any]:
    record, table, payload = models.source_record, models.proceeding, models.payload
    query = query.join(record, and_(record.c.source == payload.c.source, record.c.key == payload.c.key))
    query = query.join(table, table.c.id == record.c.proceeding_id)
    if first is not None:
        query = query.where(table.c.day >= first)
    return query if last is None else query.where(table.c.day <= last)


def _payload(row: Row[Any]) -> Payload:
    return Payload(
        source=row.source, key=row.key, url=row.url, fetched_at=row.fetched_at, body=zlib.decompress(row.body)
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
