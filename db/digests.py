"""Digests, and what each subscriber was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, or_, select

from db import tables
from db.matches import load_matches
from db.records import load_ids
from monitor.model.archive import DigestMention, DigestRow, OpenQuestion
from monitor.model.records import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from sqlalchemy import Connection, Row, Select

    from db.engine import Store
    from db.outbox import Outbox
    from monitor.model.archive import NewDigest


class Digests:
    """Digests, and what they told."""

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox

    def last(self, subscriber: str) -> DigestRow | None:
        """Return the last digest of a subscriber."""
        rows = self.listing(subscriber=subscriber, limit=1)
        return rows[0] if rows else None

    def exists(self, subscriber: str, slot: str) -> bool:
        """Return whether a slot has its digest, even an empty one."""
        with self._store.read() as connection:
            query = (
                select(tables.digest.c.id)
                .join(tables.subscriber)
                .where(tables.subscriber.c.key == subscriber, tables.digest.c.slot == slot)
            )
            return connection.execute(query).first() is not None

    def listing(self, *, subscriber: str | None = None, limit: int | None = None) -> list[DigestRow]:
        """List the digests composed so far, newest first."""
        table = tables.digest
        count = (
            select(func.count(tables.digest_item.c.revision_id))
            .where(tables.digest_item.c.digest_id == table.c.id, tables.digest_item.c.is_told)
            .scalar_subquery()
        )
        query = (
            select(table, tables.subscriber.c.key.label("subscriber"), count.label("items"))
            .join(tables.subscriber)
            .order_by(table.c.id.desc())
        )
        if subscriber is not None:
            query = query.where(tables.subscriber.c.key == subscriber)
        with self._store.read() as connection:
            return [_digest_row(row) for row in connection.execute(query.limit(limit) if limit else query)]

    def store(self, new: NewDigest) -> int:
        """Store a digest, what it tells, and its mails, all or nothing; returns its row id.

        Raises ArchiveError where the slot has a digest, or the subscriber has a digest with one of the revisions.
        """
        with self._store.write() as connection:
            subscriber_id = connection.execute(
                select(tables.subscriber.c.id).where(tables.subscriber.c.key == new.subscriber)
            ).scalar_one()
            result = connection.execute(
                insert(tables.digest).values(
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
                    "is_told": is_told,
                }
                for is_told, pairs in ((True, new.told), (False, new.left_out))
                for revision_id, proceeding_id in pairs
            ]
            if items:
                connection.execute(insert(tables.digest_item), items)
            if new.waiting:
                connection.execute(
                    insert(tables.digest_waiting),
                    [
                        {"digest_id": digest_id, "proceeding_id": record, "told_on": new.told_on}
                        for record in new.waiting
                    ],
                )
            self._outbox.add(connection, digest_id, new.mails, self._store.clock())
        return digest_id

    # -- what was told ------------------------------------------------------------------------------------------------

    def mentions(self, proceeding_id: int) -> list[DigestMention]:
        """List the digests that told of a record, oldest first, each with the newest revision that it told."""
        item, digest, subscriber = tables.digest_item, tables.digest, tables.subscriber
        query = (
            select(
                subscriber.c.name,
                digest.c.id,
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
        with self._store.read() as connection:
            return [
                DigestMention(
                    subscriber=row.name,
                    digest_id=row.id,
                    kind=row.kind,
                    slot=row.slot,
                    as_of=row.as_of,
                    revision=row.revision,
                )
                for row in connection.execute(query)
            ]

    def find_by_message_id(self, start: str) -> list[int]:
        """Find the digests with a message, not a copy, whose Message-ID begins so."""
        found = tables.outbox.c.message_id.startswith(f"<{start}", autoescape=True)
        mine = select(tables.outbox.c.digest_id).where(
            found, tables.outbox.c.digest_id.is_not(None), tables.outbox.c.copy_of.is_(None)
        )
        with self._store.read() as connection:
            return list(connection.execute(mine.distinct().order_by(tables.outbox.c.digest_id)).scalars())

    def records_of(self, digest_id: int) -> list[int]:
        """Return the row ids of the records that a digest told."""
        item = tables.digest_item
        query = select(item.c.proceeding_id).where(item.c.digest_id == digest_id, item.c.is_told)
        with self._store.read() as connection:
            return list(connection.execute(query.distinct().order_by(item.c.proceeding_id)).scalars())

    # -- questions ----------------------------------------------------------------------------------------------------

    def open_questions(self, topics: Iterable[str], subscriber: str | None = None) -> list[OpenQuestion]:
        """List open questions whose newest revision matches one of the topics (by key).

        `subscriber`: whose last reminders are given with them.
        """
        wanted = frozenset(topics)
        table = tables.proceeding
        query = _questions_of(wanted).where(tables.IS_OPEN).order_by(table.c.tabled_on, table.c.id)
        return self._load_questions(query, wanted, subscriber)

    def answered_with(
        self, words: Iterable[str], topics: Iterable[str], since: date, subscriber: str | None = None
    ) -> list[OpenQuestion]:
        """List questions answered or corrected since a day whose newest answer contains one of the words, also within words.

        Only those that match one of the topics (by key). Capitals count. `subscriber`: as above.
        """
        wanted = frozenset(topics)
        table, parts = tables.proceeding, tables.parts
        query = (
            _questions_of(wanted)
            .join(parts, parts.c.revision_id == table.c.latest_revision_id)
            .where(
                table.c.state.in_(_ANSWERED),
                table.c.day >= since,
                or_(*(parts.c.answer.contains(word, autoescape=True) for word in words)),
            )
            .order_by(table.c.day, table.c.id)
        )
        return self._load_questions(query, wanted, subscriber)

    def _load_questions(self, query: Select[Any], topics: frozenset[str], subscriber: str | None) -> list[OpenQuestion]:
        with self._store.read() as connection:
            rows = connection.execute(query).all()
            revisions = load_ids(connection, [row.latest_revision_id for row in rows])
            matches = load_matches(connection, tables.revision.c.id.in_(list(revisions))) if rows else {}
            reminders = _load_reminders(connection, subscriber) if rows and subscriber else {}
        questions = []
        for row in rows:
            found = [match for match in matches[row.latest_revision_id] if match.topic in topics]
            questions.append(
                OpenQuestion(
                    proceeding_id=row.id,
                    proceeding=revisions[row.latest_revision_id].proceeding,
                    topics=frozenset(match.topic for match in found),
                    due_floor_on=row.due_floor_on,
                    last_told_on=reminders.get(row.id),
                    matches=tuple(found),
                )
            )
        return questions


def _questions_of(topics: Collection[str]) -> Select[Any]:
    """Select the records whose newest revision matches one of the topics (by key)."""
    table = tables.proceeding
    matched = (
        select(tables.match.c.revision_id)
        .join(tables.term, tables.term.c.id == tables.match.c.term_id)
        .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
        .where(tables.topic.c.key.in_(topics), tables.term.c.removed_at.is_(None))
    )
    columns = table.c.id, table.c.latest_revision_id, table.c.due_floor_on
    return select(*columns).where(table.c.latest_revision_id.in_(matched))


def _load_reminders(connection: Connection, subscriber: str) -> dict[int, date]:
    """Look up the last day on which a subscriber was reminded of each question that is late, or of a promised letter."""
    table = tables.digest_waiting
    rows = connection.execute(
        select(table.c.proceeding_id, func.max(table.c.told_on).label("told_on"))
        .join(tables.digest, tables.digest.c.id == table.c.digest_id)
        .join(tables.subscriber, tables.subscriber.c.id == tables.digest.c.subscriber_id)
        .where(tables.subscriber.c.key == subscriber)
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


_ANSWERED = (State.ANSWERED.value, State.CORRECTED.value)
