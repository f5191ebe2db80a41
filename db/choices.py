"""Choices of subscribers about records: dealt with, not relevant, and muted until a day.

Each is one short transaction that needs no lease, so that it works while a run holds the archive.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from db import tables
from db.cross_references import load_newest
from db.rows import IDS, insert_all, select_in
from db.watch_list import ensure_subscriber
from monitor.model.following import Mark, MarkHistory, MarkKind, Mute, MuteKind
from monitor.model.records import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Select

    from db.store import Store
    from monitor.model.watching import Subscriber


class Choices:
    """Records that subscribers have dealt with or do not want, and what they muted."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # -- dealt with, and not relevant ---------------------------------------------------------------------------------

    def mark(self, reader: Subscriber, kind: MarkKind, proceeding_id: int, *, seen: int | None = None) -> None:
        """Put a mark on a record, as it is now, or as it was with its revision `seen`. An earlier mark of the kind ends."""
        now = self._store.clock()
        with self._store.write() as connection:
            subscriber_id = ensure_subscriber(connection, reader, now)
            _end_marks(connection, subscriber_id, kind, proceeding_id, now)
            newest = select(func.coalesce(func.max(tables.revision.c.id), 0)).scalar_subquery()
            row = {"subscriber_id": subscriber_id, "kind": kind.value, "proceeding_id": proceeding_id}
            after = newest if seen is None else seen
            connection.execute(insert(tables.mark).values(after_revision=after, marked_at=now, **row))

    def unmark(self, reader: Subscriber, kind: MarkKind, proceeding_id: int) -> bool:
        """Take a mark back; returns False if it is not there."""
        now = self._store.clock()
        with self._store.write() as connection:
            subscriber_id = ensure_subscriber(connection, reader, now)
            return _end_marks(connection, subscriber_id, kind, proceeding_id, now) > 0

    def marks(self, subscriber: str | None = None) -> list[Mark]:
        """List the marks of a subscriber (by key) or of all of them, oldest first, with what changed since."""
        with self._store.read() as connection:
            query = _marks(is_of_reader=subscriber is not None)
            rows = connection.execute(query, {"reader": subscriber}).all()
            changes = _changes(connection, [row.id for row in rows])
        return [
            Mark(
                subscriber=row.subscriber,
                kind=MarkKind(row.kind),
                proceeding_id=row.proceeding_id,
                marked_at=row.marked_at,
                changes=tuple(changes.get(row.id, ())),
            )
            for row in rows
        ]

    def mark_histories(self, subscriber: str) -> dict[int, MarkHistory]:
        """Return the history of a subscriber's marks (by key) on each record (row id), those that ended included."""
        table, reader = tables.mark, tables.subscriber
        query = (
            select(
                table.c.proceeding_id,
                (func.count() + func.count(table.c.ended_at)).label("changes"),
                func.max(func.coalesce(table.c.ended_at, table.c.marked_at)).label("changed_at"),
            )
            .join(reader, reader.c.id == table.c.subscriber_id)
            .where(reader.c.key == subscriber)
            .group_by(table.c.proceeding_id)
        )
        return {
            row.proceeding_id: MarkHistory(changes=row.changes, changed_at=row.changed_at)
            for row in self._store.rows(query)
        }

    # -- muted --------------------------------------------------------------------------------------------------------

    def mute(self, reader: Subscriber, kind: MuteKind, text: str, until: date, proceeding_id: int | None = None) -> int:
        """Mute a record, term or phrase until a day; returns the number of the mute. An earlier mute of it ends."""
        now = self._store.clock()
        table = tables.mute
        with self._store.write() as connection:
            subscriber_id = ensure_subscriber(connection, reader, now)
            is_same = table.c.subscriber_id == subscriber_id, table.c.kind == kind.value, table.c.text == text
            connection.execute(update(table).where(*is_same, table.c.ended_at.is_(None)).values(ended_at=now))
            row = {"subscriber_id": subscriber_id, "kind": kind.value, "text": text, "proceeding_id": proceeding_id}
            made = connection.execute(insert(table).values(until=until, made_at=now, **row))
            return int(made.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted

    def unmute(self, subscriber: str, number: int) -> bool:
        """End a mute of a subscriber (by key); returns False if they have none with this number."""
        table = tables.mute
        with self._store.write() as connection:
            mute = _mutes(subscriber).where(table.c.id == number)
            if connection.execute(mute).first() is None:
                return False
            connection.execute(update(table).where(table.c.id == number).values(ended_at=self._store.clock()))
        return True

    def mutes(self, subscriber: str | None = None) -> list[Mute]:
        """List the mutes of a subscriber (by key) or of all of them that no one ended, the first to end first.

        One whose day is over stays listed until a digest has said so.
        """
        with self._store.read() as connection:
            rows = connection.execute(_mutes(subscriber).order_by(tables.mute.c.until, tables.mute.c.id)).all()
            hidden = _count_hidden(connection, [row.id for row in rows])
            records = load_newest(connection, {row.proceeding_id for row in rows if row.proceeding_id is not None})
        return [
            Mute(
                number=row.id,
                subscriber=row.subscriber,
                kind=MuteKind(row.kind),
                text=row.text,
                until=row.until,
                made_at=row.made_at,
                hidden=hidden.get(row.id, 0),
                record=records.get(row.proceeding_id),
            )
            for row in rows
        ]


@cache
def _marks(*, is_of_reader: bool) -> Select[Any]:
    """Select marks, oldest first. Built once, because building it takes longer than executing it."""
    table, reader = tables.mark, tables.subscriber
    query = (
        select(table, reader.c.key.label("subscriber"))
        .join(reader, reader.c.id == table.c.subscriber_id)
        .where(table.c.ended_at.is_(None), reader.c.removed_at.is_(None), table.c.marked_at >= reader.c.added_at)
        .order_by(table.c.id)
    )
    return query.where(reader.c.key == bindparam("reader")) if is_of_reader else query


def _end_marks(connection: Connection, subscriber_id: int, kind: MarkKind, proceeding_id: int, now: datetime) -> int:
    table = tables.mark
    is_it = (
        table.c.subscriber_id == subscriber_id,
        table.c.proceeding_id == proceeding_id,
        table.c.kind == kind.value,
        table.c.ended_at.is_(None),
    )
    return int(connection.execute(update(table).where(*is_it).values(ended_at=now)).rowcount)


def _changes(connection: Connection, marks: Sequence[int]) -> dict[int, list[tuple[Event, ...]]]:
    """Load the events of each revision that came since a mark, by the number of the mark."""
    changes: dict[int, list[tuple[Event, ...]]] = defaultdict(list)
    for row in select_in(connection, _LATER, marks):
        changes[row.id].append(tuple(map(Event, row.events.split())))
    return changes


_LATER: Final = (
    select(tables.mark.c.id, tables.revision.c.events)
    .join(tables.revision, tables.revision.c.proceeding_id == tables.mark.c.proceeding_id)
    .where(tables.mark.c.id.in_(IDS), tables.revision.c.id > tables.mark.c.after_revision)
    .order_by(tables.revision.c.id)
)


def _mutes(subscriber: str | None) -> Select[Any]:
    table, reader = tables.mute, tables.subscriber
    query = (
        select(table, reader.c.key.label("subscriber"))
        .join(reader, reader.c.id == table.c.subscriber_id)
        .where(
            table.c.ended_at.is_(None),
            table.c.end_told_in.is_(None),
            reader.c.removed_at.is_(None),
            table.c.made_at >= reader.c.added_at,
        )
    )
    return query if subscriber is None else query.where(reader.c.key == subscriber)


def _count_hidden(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Count the records that each mute kept out of digests."""
    if not numbers:
        return {}
    table = tables.mute_item
    count = func.count(func.distinct(table.c.proceeding_id))
    query = select(table.c.mute_id, count.label("records")).where(table.c.mute_id.in_(IDS)).group_by(table.c.mute_id)
    return {row.mute_id: row.records for row in select_in(connection, query, numbers)}


def store_muted(
    connection: Connection, digest_id: int, muted: Sequence[tuple[int, int, int]], ended: Iterable[int]
) -> None:
    """Store what mutes kept out of a digest, as (mute, revision, record) row ids, and the ends that it told."""
    rows = [
        {"mute_id": mute, "revision_id": revision, "digest_id": digest_id, "proceeding_id": record}
        for mute, revision, record in muted
    ]
    insert_all(connection, tables.mute_item, rows)
    for number in ended:
        connection.execute(update(tables.mute).where(tables.mute.c.id == number).values(end_told_in=digest_id))
