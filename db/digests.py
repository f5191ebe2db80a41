"""Digests, what each subscriber was told, and items that are owed and in no digest yet.

An item is owed where a revision that is news matches a topic of the subscriber, or belongs to a question that they follow
or were told of before, and stands in no digest of theirs. Where it was stored before their last digest, it is owed only if
the subscriber, the topic on their list and its term were there already: a term added at six finds this morning's answers
and does not open last month again.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, and_, bindparam, func, insert, or_, select

from db import tables
from db.choices import store_muted
from db.follow_news import followed_news, known_when_followed, once_followed
from db.matches import load_matches_of
from db.reader_state import load_reader_state
from db.records import load_ids
from db.rows import IDS, insert_all, select_in
from monitor.model.digests import SUPPLEMENT, DigestMention, DigestRow, OpenQuestion, PendingItem, ReadBefore
from monitor.model.records import Event, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import BindParameter, Connection, Row, Select

    from db.engine import Store
    from db.follow_news import Reasons
    from db.outbox import Outbox
    from monitor.model.digests import NewDigest, ReaderState
    from monitor.model.watching import Match


_ANSWERED: Final = (State.ANSWERED.value, State.CORRECTED.value)


@cache
def _digest_rows(*, is_of_reader: bool, is_before: bool, is_limited: bool) -> Select[Any]:
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
    return query.limit(bindparam("most", type_=Integer)) if is_limited else query


_OF_READER: Final = tables.subscriber.c.key == bindparam("reader")
_OF_SLOT: Final = (
    select(tables.digest.c.id).join(tables.subscriber).where(_OF_READER, tables.digest.c.slot == bindparam("slot"))
)
_READER_ID: Final = select(tables.subscriber.c.id).where(_OF_READER)
_NEW_DIGEST: Final = insert(tables.digest)
_REMINDERS: Final = (
    select(tables.digest_waiting.c.proceeding_id, func.max(tables.digest_waiting.c.told_on).label("told_on"))
    .join(tables.digest, tables.digest.c.id == tables.digest_waiting.c.digest_id)
    .join(tables.subscriber, tables.subscriber.c.id == tables.digest.c.subscriber_id)
    .where(_OF_READER)
    .group_by(tables.digest_waiting.c.proceeding_id)
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

    def last(self, subscriber: str) -> DigestRow | None:
        """Return the last digest of a subscriber."""
        rows = self.listing(subscriber=subscriber, limit=1)
        return rows[0] if rows else None

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
            subscriber_id = connection.execute(_READER_ID, {"reader": new.subscriber}).scalar_one()
            row = {
                "subscriber_id": subscriber_id,
                "slot": new.slot,
                "kind": new.kind,
                "as_of": new.as_of,
                "composed_at": self._store.clock(),
                "subject": new.subject,
            }
            result = connection.execute(_NEW_DIGEST, row)
            digest_id = int(result.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted
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
            insert_all(
                connection,
                tables.digest_waiting,
                [{"digest_id": digest_id, "proceeding_id": record, "told_on": new.told_on} for record in new.waiting],
            )
            insert_all(
                connection,
                tables.digest_promise,
                [
                    {"digest_id": digest_id, "promise_id": number, "news": news.value, "told_on": new.told_on}
                    for number, news in new.promises
                ],
            )
            store_muted(connection, digest_id, new.muted, new.mutes_ended)
            self._outbox.add(connection, digest_id, new.mails, self._store.clock())
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
            .where(item.c.proceeding_id == proceeding_id, item.c.is_told)
            .group_by(subscriber.c.name, digest.c.id, digest.c.kind, digest.c.slot, digest.c.as_of)
            .order_by(digest.c.id)
        )
        return [DigestMention(**row._asdict()) for row in self._store.rows(query)]

    def find_by_message_id(self, start: str) -> list[int]:
        """Find the digests with a message, not a copy, whose Message-ID begins so."""
        found = tables.outbox.c.message_id.startswith(f"<{start}", autoescape=True)
        mine = select(tables.outbox.c.digest_id).where(
            found, tables.outbox.c.digest_id.is_not(None), tables.outbox.c.copy_of.is_(None)
        )
        return self._store.scalars(mine.distinct().order_by(tables.outbox.c.digest_id))

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

    def reminders(self, subscriber: str) -> dict[int, date]:
        """Return the last day on which a subscriber was reminded of each question (by row id), or of a promised letter."""
        return {row.proceeding_id: row.told_on for row in self._store.rows(_REMINDERS, {"reader": subscriber})}

    def _on_topics(self, query: Select[Any], topics: frozenset[str]) -> list[OpenQuestion]:
        with self._store.read() as connection:
            return _load_questions(connection, connection.execute(query, {"topics": list(topics)}).all(), topics)


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
                last_told_on=None,
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
        .where(tables.topic.c.key.in_(bindparam("topics", expanding=True)), tables.term.c.removed_at.is_(None))
    )
    query = select(table.c.id, table.c.latest_revision_id, table.c.due_floor_on)
    return query.where(table.c.latest_revision_id.in_(matched))


# -- items that are owed ----------------------------------------------------------------------------------------------


class PendingItems:
    """Items that are owed and in no digest yet."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def items(self, subscriber: str, before: ReadBefore | None = None) -> list[PendingItem]:
        """List the items that are owed to a subscriber now, one for each record, in the order they were stored.

        `before`: what was read for others and need not be read again; what is read is added to it.
        """
        known = ReadBefore() if before is None else before
        with self._store.read() as connection:
            who = connection.execute(_READER, {"reader": subscriber}).first()
            if who is None:
                return []
            follows = followed_news(connection, who, _is_pending_news(who.id, who.added_at)) if who.has_followed else {}
            return _gather(connection, who, _pending_ids(connection, who) | set(follows), follows, known)

    def kept_back(self, subscriber: str, events: Collection[Event]) -> int:
        """Count the records with matching news of these kinds that a pause keeps back. What is followed waits instead.

        After the pause they count until the next digest. Items that were owed when the pause began count too.
        """
        table = tables.subscriber
        with self._store.read() as connection:
            who = connection.execute(select(table).where(table.c.key == subscriber)).first()
            if who is None or who.paused_at is None:
                return 0
            composed = _last_composed(connection, who.id)
            if composed is not None and who.resumed_at is not None and composed >= who.resumed_at:
                return 0
            is_kept_back = [] if who.resumed_at is None else [tables.revision.c.seen_at < who.resumed_at]
            query = (
                select(tables.revision.c.proceeding_id, tables.revision.c.events)
                .select_from(_matched_revisions())
                .where(
                    tables.subscription.c.subscriber_id == who.id,
                    tables.subscription.c.removed_at.is_(None),
                    tables.revision.c.is_news,
                    ~tables.match.c.is_history,
                    ~_dealt_with(who.id),
                    tables.revision.c.seen_at >= min(composed or who.added_at, who.paused_at),
                    *is_kept_back,
                )
                .distinct()
            )
            rows = connection.execute(query).all()
            waiting = {record for _, record in followed_news(connection, who, _is_pending_news(who.id, who.added_at))}
        kept_back = {row.proceeding_id for row in rows if not set(row.events.split()).isdisjoint(events)}
        return len(kept_back - waiting)


def _matched_revisions() -> Any:
    return (
        tables.revision.join(tables.match, tables.match.c.revision_id == tables.revision.c.id)
        .join(tables.term, tables.term.c.id == tables.match.c.term_id)
        .join(tables.subscription, tables.subscription.c.topic_id == tables.term.c.topic_id)
    )


def _last_composed(connection: Connection, subscriber_id: int) -> datetime | None:
    """Return when the last digest was composed that told everything owed, which a supplement does not."""
    composed: datetime | None = connection.execute(_LAST_COMPOSED, {"reader": subscriber_id}).scalar()
    return composed


def _last_whole(reader: Any) -> Select[Any]:
    """Select when the last digest of a reader (by row id) was composed that was no supplement."""
    table = tables.digest
    mine = table.c.subscriber_id == reader, ~table.c.slot.contains(SUPPLEMENT)
    return select(table.c.composed_at).where(*mine).order_by(table.c.id.desc()).limit(1)


_LAST_COMPOSED: Final = _last_whole(bindparam("reader"))
_READER: Final = select(
    tables.subscriber,
    select(tables.follow.c.id)
    .where(tables.follow.c.subscriber_id == tables.subscriber.c.id)
    .exists()
    .label("has_followed"),
    _last_whole(tables.subscriber.c.id).scalar_subquery().label("last_composed"),
).where(_OF_READER)
"""Built once, as above."""


def _dealt_with(subscriber_id: int | BindParameter[int]) -> Any:
    """Return the condition that a revision, or a later one of its record, stands in a digest of the subscriber.

    An earlier revision that a new term finds is not told after a later one.
    """
    revision, item = tables.revision, tables.digest_item
    return (
        select(item.c.revision_id)
        .where(
            item.c.subscriber_id == subscriber_id,
            item.c.proceeding_id == revision.c.proceeding_id,
            item.c.revision_id >= revision.c.id,
        )
        .exists()
    )


def _is_pending_news(
    subscriber_id: int | BindParameter[int], added_at: datetime | BindParameter[datetime]
) -> list[Any]:
    """Return the conditions that a revision is news that the subscriber was not told.

    A subscriber who was removed and comes back is a new one: an item of their earlier digests follows nothing.
    """
    revision = tables.revision
    return [revision.c.is_news, ~_dealt_with(subscriber_id), revision.c.seen_at >= added_at]


def _pending_ids(connection: Connection, who: Row[*tuple[Any, ...]]) -> set[tuple[int, int]]:
    """Find what is owed: row ids of revisions and their records."""
    composed = who.last_composed
    queries = _pending_queries(was_paused=who.resumed_at is not None, had_digest=composed is not None)
    values = {"reader": who.id, "added_at": who.added_at, "resumed_at": who.resumed_at, "composed_at": composed}
    return {(row.id, row.proceeding_id) for query in queries for row in connection.execute(query, values)}


@cache
def _pending_queries(*, was_paused: bool, had_digest: bool) -> tuple[Select[Any], Select[Any]]:
    """Select what is owed by topic, and by what was told before. Built once: that takes longer than executing them."""
    revision, item = tables.revision, tables.digest_item
    reader, added_at = bindparam("reader", type_=Integer), bindparam("added_at", type_=tables.Instant)
    common = _is_pending_news(reader, added_at)
    if was_paused:
        common.append(revision.c.seen_at >= bindparam("resumed_at"))
    since_added = and_(
        revision.c.seen_at >= added_at,
        revision.c.seen_at >= tables.subscription.c.added_at,
        revision.c.seen_at >= tables.term.c.added_at,
    )
    stored = or_(since_added, revision.c.seen_at >= bindparam("composed_at")) if had_digest else since_added
    by_topic = (
        select(revision.c.id, revision.c.proceeding_id)
        .select_from(_matched_revisions())
        .where(
            tables.subscription.c.subscriber_id == reader,
            tables.subscription.c.removed_at.is_(None),
            ~tables.match.c.is_history,
            stored,
            *common,
        )
        .distinct()
    )
    followed = (
        select(item.c.proceeding_id, func.max(item.c.revision_id).label("revision_id"))
        .where(item.c.subscriber_id == reader, item.c.is_told)
        .group_by(item.c.proceeding_id)
        .subquery()
    )
    by_following = (
        select(revision.c.id, revision.c.proceeding_id)
        .join(followed, followed.c.proceeding_id == revision.c.proceeding_id)
        .where(revision.c.id > followed.c.revision_id, *common)
    )
    return by_topic, by_following


def _gather(
    connection: Connection,
    who: Row[*tuple[Any, ...]],
    ids: set[tuple[int, int]],
    follows: Reasons,
    before: ReadBefore,
) -> list[PendingItem]:
    """Build one item for each record, with what the subscriber was told before, what matched and why they follow it."""
    grouped: dict[int, list[int]] = {}
    for revision_id, proceeding_id in sorted(ids):
        grouped.setdefault(proceeding_id, []).append(revision_id)
    if not grouped:
        return []
    newest = _newest_revisions(connection, list(grouped))
    mentions = _last_mentions(connection, who.id, list(grouped))
    known = known_when_followed(connection, who, grouped.keys() - mentions.keys()) if who.has_followed else {}
    ended = once_followed(connection, who, list(mentions)) if who.has_followed else set()
    wanted = (
        {revision_id for revision_id, _ in ids}
        | {latest for latest, _ in newest.values()}
        | {row.revision_id for row in mentions.values()}
        | set(known.values())
    )
    revisions = before.revisions
    revisions |= load_ids(connection, sorted(wanted - revisions.keys()))
    all_matches = _matches_of_subscriber(connection, who.id, list(grouped), before)
    owed = []
    for proceeding_id, revision_ids in grouped.items():
        latest, due_floor_on = newest[proceeding_id]
        mention = mentions.get(proceeding_id)
        matches = all_matches.get(proceeding_id, {})
        topics = {match.topic for of_revision in matches.values() for match in of_revision}
        news = [revisions[number] for number in revision_ids]
        shown = next((number for number in (latest, *reversed(revision_ids)) if matches.get(number)), latest)
        found = matches.get(shown, [])
        reasons = [reason for number in revision_ids for reason in follows.get((number, proceeding_id), ())]
        known_as = mention.revision_id if mention else known.get(proceeding_id)
        owed.append(
            PendingItem(
                proceeding_id=proceeding_id,
                revisions=tuple(news),
                newest=revisions[shown],
                events=tuple(event for event in Event if any(event in revision.events for revision in news)),
                matches=tuple(found),
                topics=frozenset(match.topic for match in found) or frozenset(topics),
                before=revisions[known_as] if known_as else None,
                told_at=mention.as_of
                if mention and mention.kind != "skipped"
                else None,  # a skipped digest was never sent
                due_floor_on=due_floor_on,
                follows=tuple(dict.fromkeys(reasons)),
                was_followed=proceeding_id in ended,
            )
        )
    return owed


def _newest_revisions(connection: Connection, proceeding_ids: Sequence[int]) -> dict[int, tuple[int, date | None]]:
    """Load the newest revision of each record, and the latest day that it was ever set down for."""
    rows = select_in(connection, _NEWEST_OF, proceeding_ids)
    return {row.id: (row.latest_revision_id, row.due_floor_on) for row in rows}


def _last_mentions(
    connection: Connection, subscriber_id: int, proceeding_ids: Sequence[int]
) -> dict[int, Row[*tuple[Any, ...]]]:
    """Load the newest revision of each record that the subscriber was told, with the instant of its digest."""
    rows = select_in(connection, _MENTIONS, proceeding_ids, reader=subscriber_id)
    return {row.proceeding_id: row for row in rows}


def _matches_of_subscriber(
    connection: Connection, subscriber_id: int, proceeding_ids: Sequence[int], before: ReadBefore
) -> dict[int, dict[int, list[Match]]]:
    """Load matches of the subscriber's topics in the revisions of records: by record, then by revision."""
    keys = set(connection.execute(_TOPICS_OF_READER, {"reader": subscriber_id}).scalars())
    _read_matches_of(connection, [record for record in proceeding_ids if record not in before.matches], before)
    return {
        record: {
            revision: [match for match in matches if match.topic in keys]
            for revision, matches in before.matches[record].items()
        }
        for record in proceeding_ids
    }


_item = tables.digest_item
_MENTIONS: Final = (
    select(_item.c.proceeding_id, _item.c.revision_id, tables.digest.c.as_of, tables.digest.c.kind)
    .join(tables.digest, tables.digest.c.id == _item.c.digest_id)
    .where(_item.c.subscriber_id == bindparam("reader"), _item.c.is_told, _item.c.proceeding_id.in_(IDS))
    .order_by(_item.c.revision_id)
)
_NEWEST_OF: Final = select(
    tables.proceeding.c.id, tables.proceeding.c.latest_revision_id, tables.proceeding.c.due_floor_on
).where(tables.proceeding.c.id.in_(IDS))
_TOPICS_OF_READER: Final = (
    select(tables.topic.c.key)
    .join(tables.subscription, tables.subscription.c.topic_id == tables.topic.c.id)
    .where(tables.subscription.c.subscriber_id == bindparam("reader"), tables.subscription.c.removed_at.is_(None))
)
_REVISIONS_OF: Final = select(tables.revision.c.id, tables.revision.c.proceeding_id).where(
    tables.revision.c.proceeding_id.in_(IDS)
)
"""Built once: each digest executes them, and building a statement takes longer than executing it."""


def _read_matches_of(connection: Connection, proceeding_ids: Sequence[int], before: ReadBefore) -> None:
    """Read the matches of every topic in the revisions of records."""
    records = {row.id: row.proceeding_id for row in select_in(connection, _REVISIONS_OF, proceeding_ids)}
    matches = load_matches_of(connection, list(records))
    for record in proceeding_ids:
        before.matches[record] = {}
    for revision, record in records.items():
        before.matches[record][revision] = matches.get(revision, [])
