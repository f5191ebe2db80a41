"""Items that are owed to a subscriber and not in a digest yet.

An item is owed where a revision that is news matches a topic of the subscriber, or belongs to a question that they were
told of before, and stands in no digest of theirs. Where it was stored before their last digest, it is owed only if the
subscriber, the topic on their list and its term were there already: a term added at six finds this morning's answers and
does not open last month again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from db import tables
from db.matches import load_matches
from db.records import load_ids
from db.rows import chunks
from monitor.model.archive import SUPPLEMENT, PendingItem
from monitor.model.records import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from db.engine import Store
    from monitor.model.watching import Match


class PendingItems:
    """Items that are owed and in no digest yet."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def items(self, subscriber: str) -> list[PendingItem]:
        """List the items that are owed to a subscriber now, one for each record, in the order they were stored."""
        with self._store.read() as connection:
            who = connection.execute(select(tables.subscriber).where(tables.subscriber.c.key == subscriber)).first()
            if who is None:
                return []
            ids = _pending_ids(connection, who)
            return _gather(connection, who, ids)

    def kept_back(self, subscriber: str, events: Collection[Event]) -> int:
        """Count the records with matching news of these kinds that a pause keeps back.

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
        return len({row.proceeding_id for row in rows if not set(row.events.split()).isdisjoint(events)})


def _matched_revisions() -> Any:
    return (
        tables.revision.join(tables.match, tables.match.c.revision_id == tables.revision.c.id)
        .join(tables.term, tables.term.c.id == tables.match.c.term_id)
        .join(tables.subscription, tables.subscription.c.topic_id == tables.term.c.topic_id)
    )


def _last_composed(connection: Connection, subscriber_id: int) -> datetime | None:
    """Return when the last digest was composed that told everything owed, which a supplement does not."""
    composed: datetime | None = connection.execute(
        select(tables.digest.c.composed_at)
        .where(tables.digest.c.subscriber_id == subscriber_id, ~tables.digest.c.slot.contains(SUPPLEMENT))
        .order_by(tables.digest.c.id.desc())
        .limit(1)
    ).scalar()
    return composed


def _dealt_with(subscriber_id: int) -> Any:
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


def _pending_ids(connection: Connection, who: Row[*tuple[Any, ...]]) -> set[tuple[int, int]]:
    """Find what is owed: row ids of revisions and their records."""
    revision, item = tables.revision, tables.digest_item
    # A subscriber who was removed and comes back is a new one: an item of their earlier digests follows nothing.
    common = [revision.c.is_news, ~_dealt_with(who.id), revision.c.seen_at >= who.added_at]
    if who.resumed_at is not None:
        common.append(revision.c.seen_at >= who.resumed_at)
    since_added = and_(
        revision.c.seen_at >= who.added_at,
        revision.c.seen_at >= tables.subscription.c.added_at,
        revision.c.seen_at >= tables.term.c.added_at,
    )
    composed = _last_composed(connection, who.id)
    stored = since_added if composed is None else or_(since_added, revision.c.seen_at >= composed)
    by_topic = (
        select(revision.c.id, revision.c.proceeding_id)
        .select_from(_matched_revisions())
        .where(
            tables.subscription.c.subscriber_id == who.id,
            tables.subscription.c.removed_at.is_(None),
            ~tables.match.c.is_history,
            stored,
            *common,
        )
        .distinct()
    )
    followed = (
        select(item.c.proceeding_id, func.max(item.c.revision_id).label("revision_id"))
        .where(item.c.subscriber_id == who.id, item.c.is_told)
        .group_by(item.c.proceeding_id)
        .subquery()
    )
    by_following = (
        select(revision.c.id, revision.c.proceeding_id)
        .join(followed, followed.c.proceeding_id == revision.c.proceeding_id)
        .where(revision.c.id > followed.c.revision_id, *common)
    )
    return {(row.id, row.proceeding_id) for query in (by_topic, by_following) for row in connection.execute(query)}


def _gather(connection: Connection, who: Row[*tuple[Any, ...]], ids: set[tuple[int, int]]) -> list[PendingItem]:
    """Build one item for each record, with what the subscriber was told before and what matched."""
    grouped: dict[int, list[int]] = {}
    for revision_id, proceeding_id in sorted(ids):
        grouped.setdefault(proceeding_id, []).append(revision_id)
    if not grouped:
        return []
    newest = _newest_revisions(connection, list(grouped))
    mentions = _last_mentions(connection, who.id, list(grouped))
    wanted = (
        {revision_id for revision_id, _ in ids}
        | {latest for latest, _ in newest.values()}
        | {row.revision_id for row in mentions.values()}
    )
    revisions = load_ids(connection, sorted(wanted))
    all_matches = _matches_of_subscriber(connection, who.id, list(grouped))
    owed = []
    for proceeding_id, revision_ids in grouped.items():
        latest, due_floor_on = newest[proceeding_id]
        before = mentions.get(proceeding_id)
        matches = all_matches.get(proceeding_id, {})
        topics = {match.topic for of_revision in matches.values() for match in of_revision}
        news = [revisions[number] for number in revision_ids]
        shown = next((number for number in (latest, *reversed(revision_ids)) if matches.get(number)), latest)
        found = matches.get(shown, [])
        owed.append(
            PendingItem(
                proceeding_id=proceeding_id,
                revisions=tuple(news),
                newest=revisions[shown],
                events=tuple(event for event in Event if any(event in revision.events for revision in news)),
                matches=tuple(found),
                topics=frozenset(match.topic for match in found) or frozenset(topics),
                before=revisions[before.revision_id] if before else None,
                told_at=before.as_of
                if before and before.kind != "skipped"
                else None,  # a skipped digest was never sent
                due_floor_on=due_floor_on,
            )
        )
    return owed


def _newest_revisions(connection: Connection, proceeding_ids: Sequence[int]) -> dict[int, tuple[int, date | None]]:
    """Load the newest revision of each record, and the latest day that it was ever set down for."""
    table = tables.proceeding
    found: dict[int, tuple[int, date | None]] = {}
    for chunk in chunks(proceeding_ids):
        query = select(table.c.id, table.c.latest_revision_id, table.c.due_floor_on).where(table.c.id.in_(chunk))
        found |= {row.id: (row.latest_revision_id, row.due_floor_on) for row in connection.execute(query)}
    return found


def _last_mentions(
    connection: Connection, subscriber_id: int, proceeding_ids: Sequence[int]
) -> dict[int, Row[*tuple[Any, ...]]]:
    """Load the newest revision of each record that the subscriber was told, with the instant of its digest."""
    item = tables.digest_item
    found: dict[int, Row[*tuple[Any, ...]]] = {}
    for chunk in chunks(proceeding_ids):
        query = (
            select(item.c.proceeding_id, item.c.revision_id, tables.digest.c.as_of, tables.digest.c.kind)
            .join(tables.digest, tables.digest.c.id == item.c.digest_id)
            .where(
                item.c.subscriber_id == subscriber_id,
                item.c.is_told,
                item.c.proceeding_id.in_(chunk),
            )
            .order_by(item.c.revision_id)
        )
        found |= {row.proceeding_id: row for row in connection.execute(query)}
    return found


def _matches_of_subscriber(
    connection: Connection, subscriber_id: int, proceeding_ids: Sequence[int]
) -> dict[int, dict[int, list[Match]]]:
    """Load matches of the subscriber's topics in the revisions of records: by record, then by revision."""
    topics = (
        select(tables.topic.c.key)
        .join(tables.subscription, tables.subscription.c.topic_id == tables.topic.c.id)
        .where(tables.subscription.c.subscriber_id == subscriber_id, tables.subscription.c.removed_at.is_(None))
    )
    keys = set(connection.execute(topics).scalars())
    table = tables.revision
    found: dict[int, dict[int, list[Match]]] = {}
    for chunk in chunks(proceeding_ids):
        is_of_chunk = table.c.proceeding_id.in_(chunk)
        matches = load_matches(connection, is_of_chunk)
        for row in connection.execute(select(table.c.id, table.c.proceeding_id).where(is_of_chunk)):
            wanted = [match for match in matches.get(row.id, ()) if match.topic in keys]
            found.setdefault(row.proceeding_id, {})[row.id] = wanted
    return found
