"""Digests, what they told each subscriber, and questions of which they may remind. `db.pending` has what is owed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, bindparam, func, insert, or_, select

from db import tables
from db.choices import store_muted
from db.match_ranges import NEWEST
from db.matches import load_matches_of
from db.reader_state import load_reader_state
from db.records import load_ids
from db.rows import EVERY_READER, IDS, begins_with, insert_all, select_in
from db.settled import settle
from monitor.model.digests import DigestMention, DigestRow, OpenQuestion
from monitor.model.records import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row, Select

    from db.outbox import Outbox
    from db.store import Store
    from monitor.model.digests import NewDigest, ReaderState


_ANSWERED: Final = (State.ANSWERED.value, State.CORRECTED.value)


_LAST_IDS: Final = select(func.max(tables.digest.c.id)).group_by(tables.digest.c.subscriber_id)


@cache
def _digest_rows(
    *, is_of_reader: bool = False, is_before: bool = False, is_limited: bool = False, is_last_only: bool = False
) -> Select[Any]:
    """Select digests, newest first. Built once, because building it takes longer than executing it."""
    table = tables.digest
    count = (
        select(func.count(tables.digest_item.c.revision_id))
        .where(tables.digest_item.c.digest_id == table.c.id, tables.digest_item.c.is_told)
        .scalar_subquery()
    )
    query = (
        select(
            *(column for column in table.c if column.name != "subscriber_id"),
            tables.subscriber.c.key.label("subscriber"),
            count.label("items"),
        )
        .join(tables.subscriber)
        .order_by(table.c.id.desc())
    )
    if is_of_reader:
        query = query.where(tables.subscriber.c.key == bindparam("reader"))
    if is_before:
        query = query.where(table.c.id < bindparam("before"))
    if is_last_only:
        query = query.where(table.c.id.in_(_LAST_IDS))
    return query.limit(bindparam("most", type_=Integer)) if is_limited else query


_OF_READER: Final = tables.subscriber.c.key == bindparam("reader")
_OF_SLOT: Final = (
    select(tables.digest.c.id).join(tables.subscriber).where(_OF_READER, tables.digest.c.slot == bindparam("slot"))
)
_READER: Final = select(
    tables.subscriber.c.id, tables.subscriber.c.settled_to, NEWEST.scalar_subquery().label("newest")
).where(_OF_READER)
_NEW_DIGEST: Final = insert(tables.digest)
_REMINDERS: Final = (
    select(tables.digest_waiting.c.proceeding_id, func.max(tables.digest_waiting.c.told_on).label("told_on"))
    .join(tables.digest, tables.digest.c.id == tables.digest_waiting.c.digest_id)
    .join(tables.subscriber, tables.subscriber.c.id == tables.digest.c.subscriber_id)
    .where(_OF_READER)
    .group_by(tables.digest_waiting.c.proceeding_id)
)
_REMINDERS_SINCE: Final = _REMINDERS.where(
    tables.digest.c.as_of >= bindparam("as_of"), tables.digest_waiting.c.told_on >= bindparam("since")
)
_COMPOSED: Final = select(tables.subscriber.c.key).where(
    select(tables.digest.c.id)
    .where(tables.digest.c.subscriber_id == tables.subscriber.c.id, tables.digest.c.slot == bindparam("slot"))
    .exists()
)
_LAST_OF_EACH: Final = select(
    tables.subscriber.c.key,
    select(tables.digest.c.as_of)
    .where(tables.digest.c.subscriber_id == tables.subscriber.c.id)
    .order_by(tables.digest.c.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("as_of"),
)
"""Built once, as above."""


class Digests:
    """Digests, and what they told."""

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox

    def last_of_each(self) -> dict[str, DigestRow]:
        """Return the last digest of each subscriber (by key) who has one."""
        rows = (DigestRow(**row._asdict()) for row in self._store.rows(_digest_rows(is_last_only=True)))
        return {row.subscriber: row for row in rows}

    def reader_state(self, subscriber: str, slot: str) -> ReaderState:
        """Return the state of a subscriber, and whether a slot has its digest."""
        with self._store.read_once() as connection:
            return load_reader_state(connection, subscriber, slot)

    def exists(self, subscriber: str, slot: str) -> bool:
        """Return whether a slot has its digest, even an empty one."""
        return bool(self._store.rows(_OF_SLOT, {"reader": subscriber, "slot": slot}))

    def composed(self, slot: str) -> set[str]:
        """Return the subscribers (by key) of whom a slot has its digest, even an empty one."""
        return set(self._store.scalars(_COMPOSED, {"slot": slot}))

    def instants_of_last(self) -> dict[str, datetime]:
        """Return the instant of the last digest of each subscriber (by key) who has one."""
        return {row.key: row.as_of for row in self._store.rows(_LAST_OF_EACH) if row.as_of is not None}

    def listing(
        self, *, subscriber: str | None = None, before: int | None = None, limit: int | None = None
    ) -> list[DigestRow]:
        """List the digests composed so far, newest first; those with a smaller number than `before`, if it is given."""
        query = _digest_rows(is_of_reader=subscriber is not None, is_before=before is not None, is_limited=bool(limit))
        rows = self._store.rows(query, {"reader": subscriber, "before": before, "most": limit})
        return [DigestRow(**row._asdict()) for row in rows]

    def store(self, new: NewDigest) -> int:
        """Store a digest, what it tells, and its mails, all or nothing; returns its row id.

        Raises ArchiveError where the slot has a digest, or the subscriber has a digest with one of the revisions.
        """
        with self._store.write_own() as connection:
            reader = connection.execute(_READER, {"reader": new.subscriber}).one()
            row = {
                "subscriber_id": reader.id,
                "slot": new.slot,
                "kind": new.kind,
                "as_of": new.as_of,
                "composed_at": self._store.clock(),
                "subject": new.subject,
            }
            result = connection.execute(_NEW_DIGEST, row)
            digest_id = int(result.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted
            _store_contents(connection, new, digest_id, reader.id)
            store_muted(connection, digest_id, new.muted, new.mutes_ended)
            self._outbox.add(connection, digest_id, new.mails, self._store.clock())
            settle(connection, new.subscriber, settled_to=reader.settled_to, newest=reader.newest)
        return digest_id

    # -- what was told ------------------------------------------------------------------------------------------------

    def mentions(self, proceeding_id: int) -> list[DigestMention]:
        """List the digests that told of a record, oldest first, each with the newest revision that it told."""
        item, digest, subscriber = tables.digest_item, tables.digest, tables.subscriber
        query = (
            select(
                subscriber.c.name.label("subscriber"),
                digest.c.id.label("digest_id"),
                digest.c.kind,
                digest.c.slot,
                digest.c.as_of,
                func.max(tables.revision.c.number).label("revision"),
            )
            .select_from(item)
            .join(digest, digest.c.id == item.c.digest_id)
            .join(subscriber, subscriber.c.id == item.c.subscriber_id)
            .join(tables.revision, tables.revision.c.id == item.c.revision_id)
            .where(item.c.subscriber_id.in_(EVERY_READER), item.c.proceeding_id == proceeding_id, item.c.is_told)
            .group_by(subscriber.c.name, digest.c.id, digest.c.kind, digest.c.slot, digest.c.as_of)
            .order_by(digest.c.id)
        )
        return [DigestMention(**row._asdict()) for row in self._store.rows(query)]

    def find_by_message_id(self, start: str) -> list[int]:
        """Find the digests with a message, not a copy, whose Message-ID is this or, where none is, begins so."""
        message_id, digest_id = tables.outbox.c.message_id, tables.outbox.c.digest_id
        for found in (message_id == f"<{start}>", begins_with(message_id, f"<{start}")):
            with_id = select(digest_id).where(found, digest_id.is_not(None), tables.outbox.c.copy_of.is_(None))
            if digests := self._store.scalars(with_id.distinct().order_by(digest_id)):
                return digests
        return []

    def records_of(self, digest_id: int) -> list[int]:
        """Return the row ids of the records that a digest told."""
        item = tables.digest_item
        query = select(item.c.proceeding_id).where(item.c.digest_id == digest_id, item.c.is_told)
        return self._store.scalars(query.distinct().order_by(item.c.proceeding_id))

    # -- questions ----------------------------------------------------------------------------------------------------

    def open_questions(self, topics: Iterable[str]) -> list[OpenQuestion]:
        """List open questions whose newest revision matches one of the topics (by key), with the matches of these."""
        return self._on_topics(_open_questions(), frozenset(topics))

    def followed_questions(self, subscriber: str) -> list[int]:
        """Return the row ids of the open questions that a subscriber follows by themselves."""
        return self._store.scalars(_followed_questions(), {"reader": subscriber})

    def answered_with(self, words: Iterable[str], topics: Iterable[str], since: date) -> list[OpenQuestion]:
        """List questions answered or corrected since a day whose newest answer contains one of the words, also within words.

        Only those that match one of the topics (by key). Capitals count.
        """
        query = _answered_with(_questions_of(), words, since).order_by(tables.proceeding.c.day, tables.proceeding.c.id)
        return self._on_topics(query, frozenset(topics))

    def open_by_topic(self) -> dict[str, list[int]]:
        """Return the row ids of open questions by the topics (by key) that their newest revisions match."""
        return self._by_topic(_open())

    def answered_by_topic(self, words: Iterable[str], since: date) -> dict[str, list[int]]:
        """Return the row ids of the questions of `answered_with` by the topics (by key) that they match."""
        table = tables.proceeding
        return self._by_topic(_answered_with(select(table.c.id, table.c.latest_revision_id), words, since))

    def _by_topic(self, query: Select[Any]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        with self._store.read() as connection:
            records = {row.latest_revision_id: row.id for row in connection.execute(query)}
            for row in select_in(connection, _topics_of(), records):
                found.setdefault(row.topic, []).append(records[row.revision_id])
        return found

    def questions(self, proceeding_ids: Sequence[int]) -> list[OpenQuestion]:
        """Load questions by row id, in no order, each with the matches of every topic and without reminders."""
        table = tables.proceeding
        query = select(table.c.id, table.c.latest_revision_id, table.c.due_floor_on).where(table.c.id.in_(IDS))
        with self._store.read() as connection:
            return _load_questions(connection, list(select_in(connection, query, proceeding_ids)))

    def reminders(self, subscriber: str, since: date | None = None) -> dict[int, date]:
        """Return the last day on which a subscriber was reminded of each question (by row id), or of a promised letter.

        `since`: the first day that is asked for; older digests are not looked at.
        """
        query = _REMINDERS if since is None else _REMINDERS_SINCE
        values = {"reader": subscriber, "since": since, "as_of": since and _before(since)}
        return {row.proceeding_id: row.told_on for row in self._store.rows(query, values)}

    def _on_topics(self, query: Select[Any], topics: frozenset[str]) -> list[OpenQuestion]:
        with self._store.read() as connection:
            return _load_questions(connection, connection.execute(query, {"topics": list(topics)}).all(), topics)


def _store_contents(connection: Connection, new: NewDigest, digest_id: int, subscriber_id: int) -> None:
    """Store what a digest tells, and what it reminds of."""
    items = [
        {
            "subscriber_id": subscriber_id,
            "revision_id": revision_id,
            "digest_id": digest_id,
            "proceeding_id": proceeding_id,
            "is_told": is_told,
        }
        for is_told, pairs in ((True, new.told), (False, new.left_out))
        for revision_id, proceeding_id in pairs
    ]
    insert_all(connection, tables.digest_item, items)
    reminders = [{"digest_id": digest_id, "proceeding_id": record, "told_on": new.told_on} for record in new.waiting]
    insert_all(connection, tables.digest_waiting, reminders)
    promises = [
        {"digest_id": digest_id, "promise_id": number, "news": news.value, "told_on": new.told_on}
        for number, news in new.promises
    ]
    insert_all(connection, tables.digest_promise, promises)


def _before(day: date) -> datetime:
    """Return an instant before any digest of a day in London."""
    return datetime.combine(day, time(), UTC) - timedelta(days=1)


def _load_questions(
    connection: Connection, rows: Sequence[Row[Any]], topics: frozenset[str] | None = None
) -> list[OpenQuestion]:
    """Load questions, in the order of their rows, with the matches of some topics (by key), or of every one."""
    revisions = load_ids(connection, [row.latest_revision_id for row in rows])
    matches = load_matches_of(connection, list(revisions))
    questions = []
    for row in rows:
        every = matches.get(row.latest_revision_id, ())
        found = tuple(match for match in every if topics is None or match.topic in topics)
        questions.append(
            OpenQuestion(
                proceeding_id=row.id,
                proceeding=revisions[row.latest_revision_id].proceeding,
                topics=frozenset(match.topic for match in found),
                due_floor_on=row.due_floor_on,
                matches=found,
            )
        )
    return questions


@cache
def _open_questions() -> Select[Any]:
    """Select the open questions, oldest first. Built once, because building it takes longer than executing it."""
    table = tables.proceeding
    return _questions_of().where(tables.IS_OPEN).order_by(table.c.tabled_on, table.c.id)


@cache
def _followed_questions() -> Select[Any]:
    """Select the open questions that `reader` (by key) follows by themselves. Built once, as above."""
    follow, reader = tables.follow, tables.subscriber
    followed = (
        select(follow.c.proceeding_id)
        .join(reader, reader.c.id == follow.c.subscriber_id)
        .where(
            reader.c.key == bindparam("reader"),
            follow.c.proceeding_id.is_not(None),
            follow.c.ended_at.is_(None),
            follow.c.started_at >= reader.c.added_at,
        )
    )
    return select(tables.proceeding.c.id).where(tables.IS_OPEN, tables.proceeding.c.id.in_(followed))


@cache
def _open() -> Select[Any]:
    """Select the open questions. Built once, as above."""
    return select(tables.proceeding.c.id, tables.proceeding.c.latest_revision_id).where(tables.IS_OPEN)


@cache
def _topics_of() -> Select[Any]:
    """Select the topics (by key) that the revisions `IDS` match, each once. Built once, as above."""
    return (
        select(tables.match.c.revision_id, tables.topic.c.key.label("topic"))
        .join(tables.term, tables.term.c.id == tables.match.c.term_id)
        .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
        .where(tables.match.c.revision_id.in_(IDS), tables.term.c.removed_at.is_(None))
        .distinct()
    )


def _answered_with(query: Select[Any], words: Iterable[str], since: date) -> Select[Any]:
    """Narrow a selection of records to those answered since a day with one of the words."""
    table, parts = tables.proceeding, tables.parts
    return query.join(parts, parts.c.revision_id == table.c.latest_revision_id).where(
        table.c.state.in_(_ANSWERED),
        table.c.day >= since,
        or_(*(parts.c.answer.contains(word, autoescape=True) for word in words)),
    )


def _questions_of() -> Select[Any]:
    """Select the records whose newest revision matches one of `topics` (by key)."""
    table = tables.proceeding
    matched = (
        select(tables.match.c.revision_id)
        .join(tables.term, tables.term.c.id == tables.match.c.term_id)
        .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
        .where(
            tables.match.c.revision_id == table.c.latest_revision_id,
            tables.topic.c.key.in_(bindparam("topics", expanding=True)),
            tables.term.c.removed_at.is_(None),
        )
    )
    return select(table.c.id, table.c.latest_revision_id, table.c.due_floor_on).where(matched.exists())
