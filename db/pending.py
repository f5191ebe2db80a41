"""Items that are owed to a subscriber and in no digest yet.

An item is owed where a revision that is news matches a topic of the subscriber, or belongs to a question that they follow
or were told of before, and stands in no digest of theirs. Where it was stored before their last digest, it is owed only if
the subscriber, the topic on their list and its term were there already: a term added at six finds this morning's answers
and does not open last month again. So what new rules or equivalents find is owed if it was stored since the last digest.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, and_, bindparam, func, or_, select

from db import tables
from db.follow_news import followed_revisions, known_when_followed, once_followed
from db.matches import load_matches_of
from db.records import load_ids
from db.rows import IDS, select_in
from monitor.model.digests import SUPPLEMENT, PendingItem, ReadBefore
from monitor.model.records import Event, State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row, Select, Subquery

    from db.follow_news import Reasons
    from db.store import Store
    from monitor.model.records import Revision
    from monitor.model.watching import Match


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
            reader = reader_of(connection, subscriber)
            if reader is None:
                return []
            first = _first_pending(connection, reader)
            follows = _follows(connection, reader, first)
            return _gather(connection, reader, _pending(connection, reader, first) | set(follows), follows, known)

    def kept_back(self, subscriber: str, events: Collection[Event]) -> int:
        """Count the records with matching news of these kinds that a pause keeps back. What is followed waits instead.

        After the pause they count until the next digest. Items that were owed when the pause began count too.
        """
        with self._store.read() as connection:
            reader = reader_of(connection, subscriber)
            if reader is None or reader.paused_at is None:
                return 0
            composed = reader.last_composed
            if composed is not None and reader.resumed_at is not None and composed >= reader.resumed_at:
                return 0
            is_kept_back = [] if reader.resumed_at is None else [tables.revision.c.seen_at < reader.resumed_at]
            query = (
                select(tables.revision.c.proceeding_id, tables.revision.c.events)
                .join(tables.match, tables.match.c.revision_id == tables.revision.c.id)
                .join(tables.term, tables.term.c.id == tables.match.c.term_id)
                .join(tables.subscription, tables.subscription.c.topic_id == tables.term.c.topic_id)
                .where(
                    tables.subscription.c.subscriber_id == _READER_ID,
                    tables.subscription.c.removed_at.is_(None),
                    tables.revision.c.is_news,
                    ~tables.match.c.is_history,
                    ~_DEALT_WITH,
                    tables.revision.c.seen_at >= min(composed or reader.added_at, reader.paused_at),
                    *is_kept_back,
                )
                .distinct()
            )
            rows = connection.execute(query, {"reader": reader.id}).all()
            waiting = {record for _, record in _follows(connection, reader, first=0)}
        kept_back = {row.proceeding_id for row in rows if not set(row.events.split()).isdisjoint(events)}
        return len(kept_back - waiting)

    def came_before(self, subscriber: str, first: date, last: date) -> int:
        """Count records of some days that match topics of a subscriber and came before these were on their list.

        Only topics that were listed since their last digest count: what came on others they were told. Questions that are
        still without an answer do not count.
        """
        with self._store.read() as connection:
            reader = reader_of(connection, subscriber)
            if reader is None:
                return 0
            listed = [] if reader.last_composed is None else [tables.subscription.c.added_at >= reader.last_composed]
            query = (
                select(func.count(tables.proceeding.c.id.distinct()))
                .join(_revision, _revision.c.id == tables.proceeding.c.latest_revision_id)
                .join(tables.match, tables.match.c.revision_id == _revision.c.id)
                .join(tables.term, tables.term.c.id == tables.match.c.term_id)
                .join(tables.subscription, tables.subscription.c.topic_id == tables.term.c.topic_id)
                .where(
                    tables.proceeding.c.day.between(first, last),
                    tables.proceeding.c.state != State.TABLED,
                    tables.subscription.c.subscriber_id == _READER_ID,
                    tables.subscription.c.removed_at.is_(None),
                    tables.term.c.removed_at.is_(None),
                    _revision.c.seen_at < tables.subscription.c.added_at,
                    ~_DEALT_WITH,
                    *listed,
                )
            )
            return connection.execute(query, {"reader": reader.id}).scalar_one()


# -- revisions that are owed --------------------------------------------------------------------------------------------


def reader_of(connection: Connection, subscriber: str) -> Row[*tuple[Any, ...]] | None:
    """Load the row of a subscriber (by key), with what decides what is owed to them."""
    return connection.execute(_READER, {"reader": subscriber}).first()


def pending_ids(connection: Connection, reader: Row[*tuple[Any, ...]]) -> set[tuple[int, int]]:
    """Find all that is owed to a subscriber: row ids of revisions and their records."""
    first = _first_pending(connection, reader)
    return _pending(connection, reader, first) | set(_follows(connection, reader, first))


def _first_pending(connection: Connection, reader: Row[*tuple[Any, ...]]) -> int | None:
    """Find the revision from which on something can be owed: not what came before the reader, nor what is settled."""
    first = connection.execute(FIRST_NEWS, {"added_at": reader.added_at}).scalar()
    return None if first is None else max(first - _STORED_LATE, reader.settled_to + 1)


def _pending(connection: Connection, reader: Row[*tuple[Any, ...]], first: int | None) -> set[tuple[int, int]]:
    """Find what is owed by topic, or because its record was told before: row ids of revisions and their records.

    `first`: the revision from which on it can be.
    """
    if first is None:
        return set()
    values = {
        "reader": reader.id,
        "added_at": reader.added_at,
        "resumed_at": reader.resumed_at,
        "composed_at": reader.last_composed,
        "first": first,
    }
    on_topics = _on_topics(was_paused=reader.resumed_at is not None, had_digest=reader.last_composed is not None)
    told_before = {
        (row.id, row.proceeding_id)
        for row in connection.execute(_TOLD_BEFORE, values)
        if reader.resumed_at is None or row.seen_at >= reader.resumed_at
    }
    return {
        *((row.id, row.proceeding_id) for row in connection.execute(on_topics, values)),
        *_pending_of(connection, reader, told_before),
    }


def _follows(connection: Connection, reader: Row[*tuple[Any, ...]], first: int | None) -> Reasons:
    """Find what is owed to a subscriber because they follow something, from a revision on."""
    if first is None or not reader.has_followed:
        return {}
    found = followed_revisions(connection, reader, first)
    pending = _pending_of(connection, reader, found)
    return {key: reasons for key, reasons in found.items() if key in pending}


def _pending_of(
    connection: Connection, reader: Row[*tuple[Any, ...]], found: Collection[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Choose, of revisions with their records, those that are news and were not told."""
    values = {"reader": reader.id, "added_at": reader.added_at}
    numbers = {row.id for row in select_in(connection, _PENDING_OF, {number for number, _ in found}, **values)}
    return {pair for pair in found if pair[0] in numbers}


_STORED_LATE: Final = 20_000
"""Revisions that other processes may store between the reading and the storing of one."""
_EARLIEST: Final = 1_000
"""News of which the first stored is looked for: clocks differ, so it need not be the first that was read."""

_revision, _item = tables.revision, tables.digest_item
_READER_ID: Final = bindparam("reader", type_=Integer)
_ADDED_AT: Final = bindparam("added_at", type_=tables.Instant)
_LAST_COMPOSED: Final = (
    select(tables.digest.c.composed_at)
    .where(tables.digest.c.subscriber_id == tables.subscriber.c.id, ~tables.digest.c.slot.contains(SUPPLEMENT))
    .order_by(tables.digest.c.id.desc())
    .limit(1)
)
"""Select when the last digest of a reader was composed that told everything owed, which a supplement does not."""
_READER: Final = select(
    tables.subscriber,
    select(tables.follow.c.id)
    .where(tables.follow.c.subscriber_id == tables.subscriber.c.id)
    .exists()
    .label("has_followed"),
    _LAST_COMPOSED.scalar_subquery().label("last_composed"),
).where(tables.subscriber.c.key == bindparam("reader"))
FIRST_NEWS: Final = select(
    func.min(
        select(_revision.c.id)
        .where(_revision.c.is_news, _revision.c.seen_at >= _ADDED_AT)
        .order_by(_revision.c.seen_at)
        .limit(_EARLIEST)
        .subquery()
        .c.id
    )
)
"""Select the first news since a time, such as the one at which a reader was added."""
_DEALT_WITH: Final = (
    select(_item.c.revision_id)
    .where(
        _item.c.subscriber_id == _READER_ID,
        _item.c.proceeding_id == _revision.c.proceeding_id,
        # Not by an index: SQLite would look at all later items of the reader.
        _item.c.revision_id + 0 >= _revision.c.id,
    )
    .exists()
)
"""Condition that a revision, or a later one of its record, stands in a digest of the subscriber.

An earlier revision that a new term finds is not told after a later one.
"""
_IS_PENDING_NEWS: Final = (_revision.c.is_news, ~_DEALT_WITH, _revision.c.seen_at >= _ADDED_AT)
"""Conditions that a revision is news that the subscriber was not told.

What came while a subscriber was removed is not owed to them, also if a digest told them of its record before.
"""
_PENDING_OF: Final = select(_revision.c.id).where(_revision.c.id.in_(IDS), *_IS_PENDING_NEWS)
_TOLD_BEFORE: Final = select(_revision.c.id, _revision.c.proceeding_id, _revision.c.seen_at).where(
    _revision.c.id >= bindparam("first"),
    select(_item.c.revision_id)
    .where(_item.c.subscriber_id == _READER_ID, _item.c.proceeding_id == _revision.c.proceeding_id, _item.c.is_told)
    .exists(),
    ~_DEALT_WITH,
)
"""Select the revisions of records that the subscriber was told, after what they were told. They need not be news.

Asked for news alone, SQLite would look at all news since the subscriber was added.
"""


@cache
def _on_topics(*, was_paused: bool, had_digest: bool) -> Select[Any]:
    """Select what is owed by topic. Built once: that takes longer than executing it."""
    new = _new_matches()
    stored = and_(_revision.c.seen_at >= new.c.listed_at, _revision.c.seen_at >= new.c.watched_at)
    if had_digest:
        is_since = _revision.c.seen_at >= bindparam("composed_at", type_=tables.Instant)
        stored = or_(is_since, and_(stored, ~tables.match.c.is_history))
    after_pause = [_revision.c.seen_at >= bindparam("resumed_at", type_=tables.Instant)] if was_paused else []
    return (
        select(_revision.c.id, _revision.c.proceeding_id)
        .select_from(new)
        .join(tables.match, tables.match.c.id == new.c.id)
        .join(_revision, _revision.c.id == new.c.revision_id)
        .where(stored, *_IS_PENDING_NEWS, *after_pause)
        .distinct()
    )


def _new_matches() -> Subquery:
    """Select the matches of a reader's topics in revisions that stand in no digest of theirs.

    Indexes alone answer this, so that what a reader was told in years costs little.
    """
    subscription, term, match = tables.subscription, tables.term, tables.match
    told = select(_item.c.revision_id).where(
        _item.c.subscriber_id == _READER_ID, _item.c.revision_id == match.c.revision_id
    )
    return (
        select(
            match.c.id,
            match.c.revision_id,
            subscription.c.added_at.label("listed_at"),
            term.c.added_at.label("watched_at"),
        )
        .select_from(subscription)
        .join(term, term.c.topic_id == subscription.c.topic_id)
        .join(match, match.c.term_id == term.c.id)
        .where(
            subscription.c.subscriber_id == _READER_ID,
            subscription.c.removed_at.is_(None),
            match.c.revision_id >= bindparam("first"),
            ~told.exists(),
        )
        .subquery()
    )


# -- items ----------------------------------------------------------------------------------------------------------------


def _gather(
    connection: Connection,
    reader: Row[*tuple[Any, ...]],
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
    mentions, sent = _last_mentions(connection, reader.id, list(grouped))
    newest = _newest_to_show(connection, reader.id, grouped, told=mentions.keys())
    known = known_when_followed(connection, reader, grouped.keys() - mentions.keys()) if reader.has_followed else {}
    # What is owed from before they followed the record itself is news: it is no change of what they follow.
    known = {record: revision for record, revision in known.items() if revision < grouped[record][0]}
    ended = once_followed(connection, reader, list(mentions)) if reader.has_followed else set()
    known_as = known | {record: row.revision_id for record, row in mentions.items()}
    wanted = {
        *(revision_id for revision_id, _ in ids),
        *(latest for latest, _ in newest.values()),
        *known_as.values(),
        *sent.values(),
    }
    revisions = before.revisions
    revisions |= load_ids(connection, sorted(wanted - revisions.keys()))
    matches = _matches_of_subscriber(connection, reader.id, list(grouped), before)
    return [
        replace(
            _item_of(record, revision_ids, newest[record], matches.get(record, {}), revisions),
            before=revisions[known_as[record]] if record in known_as else None,
            sent=revisions[sent[record]] if record in sent else None,
            told_at=_mailed_at(mentions.get(record)),
            follows=tuple(
                dict.fromkeys(reason for number in revision_ids for reason in follows.get((number, record), ()))
            ),
            was_followed=record in ended,
        )
        for record, revision_ids in grouped.items()
    ]


def _item_of(
    record: int,
    revision_ids: Sequence[int],
    newest: tuple[int, date | None],
    matches: Mapping[int, Sequence[Match]],
    revisions: Mapping[int, Revision],
) -> PendingItem:
    """Build the item of a record, without what the subscriber knows of it.

    It shows the newest revision of all if that matches or is owed as a change of what was told; else the newest owed one
    that matches. `newest`: without that revision where it stands in a digest already.
    """
    latest, due_floor_on = newest
    news = [revisions[number] for number in revision_ids]
    shown = latest
    if latest not in revision_ids and not matches.get(latest):
        shown = next((number for number in reversed(revision_ids) if matches.get(number)), latest)
    found = matches.get(shown, ())
    every = frozenset(match.topic for of_revision in matches.values() for match in of_revision)
    return PendingItem(
        proceeding_id=record,
        revisions=tuple(news),
        newest=revisions[shown],
        events=tuple(event for event in Event if any(event in revision.events for revision in news)),
        matches=tuple(found),
        topics=frozenset(match.topic for match in found) or every,
        before=None,
        told_at=None,
        due_floor_on=due_floor_on,
        latest=revisions[latest] if latest > shown else None,
    )


def _mailed_at(mention: Row[*tuple[Any, ...]] | None) -> datetime | None:
    """Return the instant of the digest that told of a record. One that was skipped was never sent."""
    return mention.as_of if mention and mention.kind != "skipped" else None


def _was_sent(mention: Row[*tuple[Any, ...]]) -> bool:
    """Return whether a digest was sent, or stands for mails that a restore forgot: it has no subject then."""
    return mention.kind != "skipped" or not mention.subject


def _newest_to_show(
    connection: Connection, subscriber_id: int, owed: Mapping[int, Sequence[int]], told: Collection[int]
) -> dict[int, tuple[int, date | None]]:
    """Load the revision of each record that counts, and the latest day that it was ever set down for.

    `owed`: the revisions of each record that are owed; `told`: the records that the subscriber was told. Where the one that
    counts is an older one of another source, and the record was told or that revision stands in a digest, the newest owed
    one takes its place: what it tells is new, though another source goes further.
    """
    rows = list(select_in(connection, _NEWEST_OF, owed))
    others = {row.latest_revision_id for row in rows if row.latest_revision_id not in owed[row.id]}
    known = {row.revision_id for row in select_in(connection, _IN_DIGESTS, sorted(others), reader=subscriber_id)}
    known |= {row.latest_revision_id for row in rows if row.id in told and row.latest_revision_id < owed[row.id][-1]}
    return {
        row.id: (owed[row.id][-1] if row.latest_revision_id in known else row.latest_revision_id, row.due_floor_on)
        for row in rows
    }


def _last_mentions(
    connection: Connection, subscriber_id: int, proceeding_ids: Sequence[int]
) -> tuple[dict[int, Row[*tuple[Any, ...]]], dict[int, int]]:
    """Load the newest revision of each record that the subscriber was told, with its digest, and the newest they were sent.

    What `digest skip` marked was told and not sent.
    """
    rows = list(select_in(connection, _MENTIONS, proceeding_ids, reader=subscriber_id))
    sent = {row.proceeding_id: row.revision_id for row in rows if _was_sent(row)}
    return {row.proceeding_id: row for row in rows}, sent


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


_MENTIONS: Final = (
    select(
        _item.c.proceeding_id,
        _item.c.revision_id,
        tables.digest.c.as_of,
        tables.digest.c.kind,
        tables.digest.c.subject,
    )
    .join(tables.digest, tables.digest.c.id == _item.c.digest_id)
    .where(_item.c.subscriber_id == bindparam("reader"), _item.c.is_told, _item.c.proceeding_id.in_(IDS))
    .order_by(_item.c.revision_id)
)
_IN_DIGESTS: Final = select(_item.c.revision_id).where(
    _item.c.subscriber_id == bindparam("reader"), _item.c.revision_id.in_(IDS)
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
