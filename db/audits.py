"""Record of what one reader was told, and of all else that decides whether a record reaches them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, or_, select, true

from db import tables
from db.rows import IDS, select_in
from monitor.model.audits import AuditedReader, KeptOut, RecordTellings, RecordTitle, SeenRevision, Telling, TermFind
from monitor.model.following import MuteKind
from monitor.model.records import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from db.store import Store

_OPEN: Final = (State.TABLED.value, State.WITHDRAWN.value, State.LAPSED.value)
_LONGEST_QUESTION: Final = 400
"""Characters of a question that a briefing may name it by."""


class Audits:
    """Records as one reader was told them, or not."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reader(self, subscriber: str) -> AuditedReader | None:
        """Return a subscriber (by key) as the archive knows them; None before the first run with them."""
        with self._store.read() as connection:
            reader = _reader(connection, subscriber)
            if reader is None:
                return None
            table, topic = tables.subscription, tables.topic
            listed = (
                select(topic.c.key, table.c.added_at)
                .join(topic, topic.c.id == table.c.topic_id)
                .where(table.c.subscriber_id == reader.id, table.c.removed_at.is_(None))
            )
            return AuditedReader(
                added_at=reader.added_at,
                topics={row.key: row.added_at for row in connection.execute(listed)},
                paused_at=reader.paused_at,
                resumed_at=reader.resumed_at,
            )

    def of_records(self, subscriber: str, proceeding_ids: Sequence[int]) -> dict[int, RecordTellings]:
        """Return what is known of records (by row id) and a subscriber (by key)."""
        with self._store.read() as connection:
            reader = _reader(connection, subscriber)
            revisions = _revisions(connection, proceeding_ids)
            finds = _finds(connection, proceeding_ids)
            tellings = _tellings(connection, reader.id, proceeding_ids) if reader is not None else {}
            mutes = _mutes(connection, reader.id, proceeding_ids) if reader is not None else {}
            matched_to = select(func.min(tables.term.c.matched_to)).where(tables.term.c.removed_at.is_(None))
            looked_to = connection.execute(matched_to).scalar()
        return {
            record: RecordTellings(
                proceeding_id=record,
                revisions=tuple(of_record),
                finds=tuple(finds.get(record, ())),
                tellings=tuple(tellings.get(record, ())),
                mutes=tuple(mutes.get(record, ())),
                is_behind=looked_to is not None and max(revision.id for revision in of_record) > looked_to,
            )
            for record, of_record in revisions.items()
        }

    def had_in(self, subscriber: str, first: date, last: date) -> list[int]:
        """List the records (row ids) of these days that a subscriber was told, or that a term of their topics found."""
        revision = tables.revision
        is_of_days = revision.c.day.between(first, last)
        with self._store.read() as connection:
            reader = _reader(connection, subscriber)
            if reader is None:
                return []
            item, match, term, listed = tables.digest_item, tables.match, tables.term, tables.subscription
            told = (
                select(revision.c.proceeding_id)
                .join(item, item.c.revision_id == revision.c.id)
                .where(is_of_days, item.c.subscriber_id == reader.id, item.c.is_told)
            )
            found = (
                select(revision.c.proceeding_id)
                .join(match, match.c.revision_id == revision.c.id)
                .join(term, term.c.id == match.c.term_id)
                .join(listed, listed.c.topic_id == term.c.topic_id)
                .where(is_of_days, listed.c.subscriber_id == reader.id)
                .where(term.c.removed_at.is_(None), listed.c.removed_at.is_(None))
            )
            return sorted({row.proceeding_id for query in (told, found) for row in connection.execute(query)})

    def titles(self, first: date, last: date) -> list[RecordTitle]:
        """List the records of these days with their headings and questions, in the order they were stored."""
        is_of_days = or_(*(day.between(first, last) for day in _DAYS))
        with self._store.read() as connection:
            return [_title(row) for row in connection.execute(_TITLES.where(is_of_days))]

    def titles_of(self, proceeding_ids: Sequence[int]) -> dict[int, RecordTitle]:
        """Return records (by row id) with their headings and questions; their days are those of all their revisions."""
        query = _TITLES.where(tables.proceeding.c.id.in_(IDS))
        table = tables.revision
        days = select(table.c.proceeding_id, table.c.day).where(
            table.c.proceeding_id.in_(IDS), table.c.day.is_not(None)
        )
        with self._store.read() as connection:
            found = {row.id: _title(row) for row in select_in(connection, query, proceeding_ids)}
            told: dict[int, set[date]] = defaultdict(set)
            for row in select_in(connection, days.distinct(), proceeding_ids):
                told[row.proceeding_id].add(row.day)
        return {record: replace(title, days=title.days | told[record]) for record, title in found.items()}

    def newest_revisions(self, proceeding_ids: Sequence[int]) -> dict[int, int]:
        """Return the revision that counts of each record, all by row id, in the order given."""
        table = tables.proceeding
        query = select(table.c.id, table.c.latest_revision_id).where(table.c.id.in_(IDS))
        with self._store.read() as connection:
            found = {row.id: row.latest_revision_id for row in select_in(connection, query, proceeding_ids)}
        return {record: found[record] for record in proceeding_ids if record in found}


_DAYS: Final = [tables.proceeding.c[name] for name in ("day", "tabled_on", "answered_on", "made_on")]
_TITLES: Final = (
    select(
        tables.proceeding.c.id,
        tables.proceeding.c.public_id,
        tables.proceeding.c.state,
        tables.proceeding.c.takes_place_on,
        tables.parts.c.heading,
        func.substr(tables.parts.c.question, 1, _LONGEST_QUESTION).label("question"),
        func.coalesce(tables.proceeding.c.asker, tables.proceeding.c.speaker).label("asker"),
        *_DAYS,
    )
    .join(tables.parts, tables.parts.c.revision_id == tables.proceeding.c.latest_revision_id)
    .where(tables.proceeding.c.merged_into.is_(None))
    .order_by(tables.proceeding.c.id)
)
"""Built once: an audit executes it several times."""


def _title(row: Row[Any]) -> RecordTitle:
    return RecordTitle(
        proceeding_id=row.id,
        id=row.public_id,
        is_open=row.state in _OPEN or row.takes_place_on is not None,
        heading=row.heading or "",
        question=row.question or "",
        asker=row.asker or "",
        day=row.day,
        tabled_on=row.tabled_on,
        days=frozenset(filter(None, (row.day, row.tabled_on, row.answered_on, row.made_on))),
    )


def _reader(connection: Connection, subscriber: str) -> Row[Any] | None:
    table = tables.subscriber
    return connection.execute(select(table).where(table.c.key == subscriber, table.c.removed_at.is_(None))).first()


def _revisions(connection: Connection, proceeding_ids: Sequence[int]) -> dict[int, list[SeenRevision]]:
    table = tables.revision
    query = select(table.c.id, table.c.proceeding_id, table.c.seen_at, table.c.is_news)
    query = query.where(table.c.proceeding_id.in_(IDS)).order_by(table.c.id)
    found: dict[int, list[SeenRevision]] = defaultdict(list)
    for row in select_in(connection, query, proceeding_ids):
        found[row.proceeding_id].append(SeenRevision(id=row.id, seen_at=row.seen_at, is_news=row.is_news))
    return found


def _finds(connection: Connection, proceeding_ids: Sequence[int]) -> dict[int, list[TermFind]]:
    """Load the terms that found records, each once in a revision, also those that are watched no more."""
    match, revision, term, topic = tables.match, tables.revision, tables.term, tables.topic
    query = (
        select(
            revision.c.proceeding_id,
            match.c.revision_id,
            match.c.is_history,
            term.c.text,
            term.c.added_at,
            term.c.removed_at,
            topic.c.key,
        )
        .join(revision, revision.c.id == match.c.revision_id)
        .join(term, term.c.id == match.c.term_id)
        .join(topic, topic.c.id == term.c.topic_id)
        .where(revision.c.proceeding_id.in_(IDS))
        .distinct()
        .order_by(match.c.revision_id, topic.c.key, term.c.text, match.c.is_history)
    )
    found: dict[int, list[TermFind]] = defaultdict(list)
    for row in select_in(connection, query, proceeding_ids):
        found[row.proceeding_id].append(
            TermFind(
                topic=row.key,
                term=row.text,
                revision=row.revision_id,
                added_at=row.added_at,
                removed_at=row.removed_at,
                is_history=row.is_history,
            )
        )
    return found


def _tellings(connection: Connection, subscriber_id: int, proceeding_ids: Sequence[int]) -> dict[int, list[Telling]]:
    """Load the digests of a subscriber that have records, oldest first: as items, left out, as late, or for a promise."""
    item, waiting, digest = tables.digest_item, tables.digest_waiting, tables.digest
    items = (
        select(item.c.proceeding_id, digest.c.id, digest.c.kind, digest.c.as_of, item.c.is_told)
        .join(digest, digest.c.id == item.c.digest_id)
        .where(item.c.subscriber_id == subscriber_id, item.c.proceeding_id.in_(IDS))
        .distinct()
    )
    reminders = (
        select(waiting.c.proceeding_id, digest.c.id, digest.c.kind, digest.c.as_of, true().label("is_told"))
        .join(digest, digest.c.id == waiting.c.digest_id)
        .where(digest.c.subscriber_id == subscriber_id, waiting.c.proceeding_id.in_(IDS))
    )
    promise, reported = tables.promise, tables.digest_promise
    promises = (
        select(promise.c.proceeding_id, digest.c.id, digest.c.kind, digest.c.as_of, true().label("is_told"))
        .join(reported, reported.c.promise_id == promise.c.id)
        .join(digest, digest.c.id == reported.c.digest_id)
        .where(digest.c.subscriber_id == subscriber_id, promise.c.proceeding_id.in_(IDS))
        .distinct()
    )
    found: dict[int, list[Telling]] = defaultdict(list)
    for query, is_reminder in ((items, False), (reminders, True), (promises, True)):
        for row in select_in(connection, query, proceeding_ids):
            found[row.proceeding_id].append(
                Telling(
                    digest=row.id,
                    kind=row.kind,
                    as_of=row.as_of,
                    is_told=bool(row.is_told),
                    is_reminder=is_reminder,
                )
            )
    return {
        record: sorted(tellings, key=lambda told: (told.digest, told.is_reminder)) for record, tellings in found.items()
    }


def _mutes(connection: Connection, subscriber_id: int, proceeding_ids: Sequence[int]) -> dict[int, list[KeptOut]]:
    """Load what kept records out of the digests of a subscriber, each wish once, the oldest first."""
    mute, kept = tables.mute, tables.mute_item
    query = (
        select(kept.c.proceeding_id, mute.c.id, mute.c.kind, mute.c.text, mute.c.until)
        .join(mute, mute.c.id == kept.c.mute_id)
        .where(mute.c.subscriber_id == subscriber_id, kept.c.proceeding_id.in_(IDS))
        .distinct()
        .order_by(mute.c.id)
    )
    found: dict[int, list[KeptOut]] = defaultdict(list)
    for row in select_in(connection, query, proceeding_ids):
        found[row.proceeding_id].append(KeptOut(kind=MuteKind(row.kind), text=row.text, until=row.until))
    return found
