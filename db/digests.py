"""What is owed to whom, what he was told, and the digests themselves.

An item is owed where a news revision of a told kind matches a topic of his, or is of a question that he was told of before,
and stands in no digest of his. Where it was stored before his last digest, it is owed only if he, the topic on his list
and its term were there already: a term added at six finds this morning's answers and does not open last month again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select

from db import models
from db.records import load_ids
from db.watch import load_matches
from monitor.model.archive import SUPPLEMENT, DigestRow, OpenQuestion, PendingItem
from monitor.model.records import Event
from monitor.parliament.lifecycle import is_told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from db.base import Store
    from db.outbox import Outbox
    from monitor.model.archive import NewDigest
    from monitor.model.records import Proceeding
    from monitor.model.watching import Match


class Digests:
    """What is owed, and what was told."""

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox

    def last(self, subscriber: str) -> DigestRow | None:
        """The digest that was composed last for a subscriber, by slot or instant whichever came later."""
        rows = self.listing(subscriber=subscriber, limit=1)
        return rows[0] if rows else None

    def exists(self, subscriber: str, slot: str) -> bool:
        """Whether the slot has its digest, be it an empty one."""
        with self._store.read() as connection:
            query = (
                select(models.digest.c.id)
                .join(models.subscriber)
                .where(models.subscriber.c.key == subscriber, models.digest.c.slot == slot)
            )
            return connection.execute(query).first() is not None

    def listing(self, *, subscriber: str | None = None, limit: int | None = None) -> list[DigestRow]:
        """Digests composed so far, newest first."""
        table = models.digest
        count = (
            select(func.count(models.digest_item.c.revision_id))
            .where(models.digest_item.c.digest_id == table.c.id, models.digest_item.c.is_told)
            .scalar_subquery()
        )
        query = (
            select(table, models.subscriber.c.key.label("subscriber"), count.label("items"))
            .join(models.subscriber)
            .order_by(table.c.id.desc())
        )
        if subscriber is not None:
            query = query.where(models.subscriber.c.key == subscriber)
        with self._store.read() as connection:
            return [_digest_row(row) for row in connection.execute(query.limit(limit) if limit else query)]

    def owed(self, subscriber: str) -> list[PendingItem]:
        """All that is owed to a subscriber now, one entry a proceeding, in the order it was stored."""
        with self._store.read() as connection:
            who = connection.execute(select(models.subscriber).where(models.subscriber.c.key == subscriber)).first()
            if who is None:
                return []
            ids = _owed_ids(connection, who)
            return _gather(connection, who, ids)

    def missed(self, subscriber: str) -> int:
        """How many records with matching news a pause keeps back, or kept back if no digest was composed since it ended.

        Also what was owed already when the pause began.
        """
        table = models.subscriber
        with self._store.read() as connection:
            who = connection.execute(select(table).where(table.c.key == subscriber)).first()
            if who is None or who.paused_at is None:
                return 0
            composed = _last_composed(connection, who.id)
            if composed is not None and who.resumed_at is not None and composed >= who.resumed_at:
                return 0
            is_kept_back = [] if who.resumed_at is None else [models.revision.c.seen_at < who.resumed_at]
            query = (
                select(models.revision.c.proceeding_id, models.revision.c.events)
                .select_from(_matched_revisions())
                .where(
                    models.subscription.c.subscriber_id == who.id,
                    models.subscription.c.removed_at.is_(None),
                    models.revision.c.is_news,
                    ~models.match.c.is_history,
                    ~_dealt_with(who.id),
                    models.revision.c.seen_at >= min(composed or who.added_at, who.paused_at),
                    *is_kept_back,
                )
                .distinct()
            )
            rows = connection.execute(query).all()
        return len({row.proceeding_id for row in rows if is_told(map(Event, row.events.split()), followed=False)})

    def open_questions(self, topics: Iterable[str], subscriber: str | None = None) -> list[OpenQuestion]:
        """Open questions whose newest revision matches one of the topics (by key)."""
        wanted = list(topics)
        table = models.proceeding
        query = (
            select(table.c.id, table.c.latest_revision_id, table.c.due_floor_on)
            .where(
                models.IS_OPEN,
                table.c.latest_revision_id.in_(
                    select(models.match.c.revision_id)
                    .join(models.term, models.term.c.id == models.match.c.term_id)
                    .join(models.topic, models.topic.c.id == models.term.c.topic_id)
                    .where(models.topic.c.key.in_(wanted), models.term.c.removed_at.is_(None))
                ),
            )
            .order_by(table.c.tabled_on, table.c.id)
        )
        with self._store.read() as connection:
            rows = connection.execute(query).all()
            revisions = load_ids(connection, [row.latest_revision_id for row in rows])
            matches = load_matches(connection, models.revision.c.id.in_(list(revisions))) if rows else {}
            told = reminded(connection, subscriber) if subscriber else {}
        return [
            OpenQuestion(
                proceeding_id=row.id,
                proceeding=revisions[row.latest_revision_id].proceeding,
                topics=frozenset(match.topic for match in matches[row.latest_revision_id]) & set(wanted),
                due_floor_on=row.due_floor_on,
                last_told_on=told.get(row.id),
                matches=tuple(match for match in matches[row.latest_revision_id] if match.topic in wanted),
            )
            for row in rows
        ]

    def store(self, new: NewDigest) -> int:
        """Store a digest, what it tells, and its mails: all or nothing. Returns its row id.

        Raises ArchiveError where the slot has its digest, or a revision already stands in another of his.
        """
        with self._store.write() as connection:
            subscriber_id = connection.execute(
                select(models.subscriber.c.id).where(models.subscriber.c.key == new.subscriber)
            ).scalar_one()
            result = connection.execute(
                insert(models.digest).values(
                    subscriber_id=subscriber_id,
                    slot=new.slot,
                    kind=new.kind,
                    as_of=new.as_of,
                    composed_at=self._store.clock(),
                    subject=new.subject,
                )
            )
            digest_id = int(result.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted
            items = [
                {
                    "subscriber_id": subscriber_id,
                    "revision_id": revision_id,
                    "digest_id": digest_id,
                    "proceeding_id": proceeding_id,
                    "is_told": told,
                }
                for told, pairs in ((True, new.told), (False, new.left_out))
                for revision_id, proceeding_id in pairs
            ]
            if items:
                connection.execute(insert(models.digest_item), items)
            if new.waiting:
                connection.execute(
                    insert(models.digest_waiting),
                    [{"digest_id": digest_id, "proceeding_id": one, "told_on": new.told_on} for one in new.waiting],
                )
            self._outbox.add(connection, digest_id, new.mails, self._store.clock())
        return digest_id

    def find_by_uin(self, uin: str, before: date | None) -> Proceeding | None:
        """The newest question with this UIN that was answered, or else only tabled, no later than a day.

        An answer to it may be missing here: then the question is still the one that is meant.
        """
        table = models.proceeding
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


def _matched_revisions() -> Any:
    return (
        models.revision.join(models.match, models.match.c.revision_id == models.revision.c.id)
        .join(models.term, models.term.c.id == models.match.c.term_id)
        .join(models.subscription, models.subscription.c.topic_id == models.term.c.topic_id)
    )


def _last_composed(connection: Connection, subscriber_id: int) -> datetime | None:
    """Give when a digest was composed last that told all that was owed: a supplement does not."""
    composed: datetime | None = connection.execute(
        select(models.digest.c.composed_at)
        .where(models.digest.c.subscriber_id == subscriber_id, ~models.digest.c.slot.contains(SUPPLEMENT))
        .order_by(models.digest.c.id.desc())
        .limit(1)
    ).scalar()
    return composed


def _dealt_with(subscriber_id: int) -> Any:
    """Whether a revision, or a later one of its proceeding, stands in a digest of his.

    An earlier one that a new term finds is not told after a later one.
    """
    revision, item = models.revision, models.digest_item
    return (
        select(item.c.revision_id)
        .where(
            item.c.subscriber_id == subscriber_id,
            item.c.proceeding_id == revision.c.proceeding_id,
            item.c.revision_id >= revision.c.id,
        )
        .exists()
    )


def _owed_ids(connection: Connection, who: Row[*tuple[Any, ...]]) -> set[tuple[int, int]]:
    """(revision, proceeding) row ids of what is owed."""
    revision, item = models.revision, models.digest_item
    # Who comes back after he was removed is as new as anybody: what was told before he left opens nothing.
    common = [revision.c.is_news, ~_dealt_with(who.id), revision.c.seen_at >= who.added_at]
    if who.resumed_at is not None:
        common.append(revision.c.seen_at >= who.resumed_at)
    since_added = and_(
        revision.c.seen_at >= who.added_at,
        revision.c.seen_at >= models.subscription.c.added_at,
        revision.c.seen_at >= models.term.c.added_at,
    )
    composed = _last_composed(connection, who.id)
    stored = since_added if composed is None else or_(since_added, revision.c.seen_at >= composed)
    by_topic = (
        select(revision.c.id, revision.c.proceeding_id)
        .select_from(_matched_revisions())
        .where(
            models.subscription.c.subscriber_id == who.id,
            models.subscription.c.removed_at.is_(None),
            ~models.match.c.is_history,
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
    """Put what is owed together by proceeding, with what he was told before and what matched."""
    grouped: dict[int, list[int]] = {}
    for revision_id, proceeding_id in sorted(ids):
        grouped.setdefault(proceeding_id, []).append(revision_id)
    if not grouped:
        return []
    newest = _newest(connection, list(grouped))
    told = _told(connection, who.id, list(grouped))
    wanted = (
        {revision_id for revision_id, _ in ids}
        | {latest for latest, _ in newest.values()}
        | {row.revision_id for row in told.values()}
    )
    revisions = load_ids(connection, sorted(wanted))
    his_matches = _his_matches(connection, who.id, list(grouped))
    owed = []
    for proceeding_id, revision_ids in grouped.items():
        latest, due_floor_on = newest[proceeding_id]
        before = told.get(proceeding_id)
        matches = his_matches.get(proceeding_id, {})
        ever = {match.topic for some in matches.values() for match in some}
        mine = [revisions[one] for one in revision_ids]
        shown = next((one for one in (latest, *reversed(revision_ids)) if matches.get(one)), latest)
        found = matches.get(shown, [])
        owed.append(
            PendingItem(
                proceeding_id=proceeding_id,
                revisions=tuple(mine),
                newest=revisions[shown],
                events=tuple(event for event in Event if any(event in one.events for one in mine)),
                matches=tuple(found),
                topics=frozenset(match.topic for match in found) or frozenset(ever),
                before=revisions[before.revision_id] if before else None,
                told_at=before.as_of if before and before.kind != "skipped" else None,  # that one he never got
                due_floor_on=due_floor_on,
            )
        )
    return owed


def _newest(connection: Connection, proceeding_ids: Sequence[int]) -> dict[int, tuple[int, date | None]]:
    """The newest revision of each proceeding, and the latest day that it was ever set down for."""
    table = models.proceeding
    found: dict[int, tuple[int, date | None]] = {}
    for start in range(0, len(proceeding_ids), 500):
        some = proceeding_ids[start : start + 500]
        query = select(table.c.id, table.c.latest_revision_id, table.c.due_floor_on).where(table.c.id.in_(some))
        found |= {row.id: (row.latest_revision_id, row.due_floor_on) for row in connection.execute(query)}
    return found


def _told(
    connection: Connection, subscriber_id: int, proceeding_ids: Sequence[int]
) -> dict[int, Row[*tuple[Any, ...]]]:
    """The newest revision of each proceeding that he was told, with the instant its digest spoke for."""
    item = models.digest_item
    found: dict[int, Row[*tuple[Any, ...]]] = {}
    for start in range(0, len(proceeding_ids), 500):
        query = (
            select(item.c.proceeding_id, item.c.revision_id, models.digest.c.as_of, models.digest.c.kind)
            .join(models.digest, models.digest.c.id == item.c.digest_id)
            .where(
                item.c.subscriber_id == subscriber_id,
                item.c.is_told,
                item.c.proceeding_id.in_(proceeding_ids[start : start + 500]),
            )
            .order_by(item.c.revision_id)
        )
        found |= {row.proceeding_id: row for row in connection.execute(query)}
    return found


def _his_matches(
    connection: Connection, subscriber_id: int, proceeding_ids: Sequence[int]
) -> dict[int, dict[int, list[Match]]]:
    """Matches of his topics in the revisions of these proceedings: by proceeding, then by revision."""
    his_topics = (
        select(models.topic.c.key)
        .join(models.subscription, models.subscription.c.topic_id == models.topic.c.id)
        .where(models.subscription.c.subscriber_id == subscriber_id, models.subscription.c.removed_at.is_(None))
    )
    keys = set(connection.execute(his_topics).scalars())
    table = models.revision
    found: dict[int, dict[int, list[Match]]] = {}
    for start in range(0, len(proceeding_ids), 500):
        some = table.c.proceeding_id.in_(proceeding_ids[start : start + 500])
        matches = load_matches(connection, some)
        for row in connection.execute(select(table.c.id, table.c.proceeding_id).where(some)):
            mine = [match for match in matches.get(row.id, ()) if match.topic in keys]
            found.setdefault(row.proceeding_id, {})[row.id] = mine
    return found


def reminded(connection: Connection, subscriber: str) -> dict[int, date]:
    """Look up the last day on which a subscriber was reminded of each question that is late, or of a promised letter."""
    table = models.digest_waiting
    rows = connection.execute(
        select(table.c.proceeding_id, func.max(table.c.told_on).label("told_on"))
        .join(models.digest, models.digest.c.id == table.c.digest_id)
        .join(models.subscriber, models.subscriber.c.id == models.digest.c.subscriber_id)
        .where(models.subscriber.c.key == subscriber)
        .group_by(table.c.proceeding_id)
    )
    return {row.proceeding_id: row.told_on for row in rows}


def _digest_row(row: Row[*tuple[Any, ...]]) -> DigestRow:
    return DigestRow(
        id=row.id,
        subscriber=row.subscriber,
        slot=row.slot,
        kind=row.kind,
        as_of=row.as_of,
        composed_at=row.composed_at,
        subject=row.subject,
        items=row.items,
    )
