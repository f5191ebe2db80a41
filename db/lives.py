"""What `show` and `waiting` ask besides: who was told of a record, and which answers may still owe somebody a letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from db import models
from db.digests import reminded
from db.records import load_ids
from db.watch import load_matches
from monitor.model.archive import DigestMention, OpenQuestion
from monitor.model.records import State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from db.base import Store

_ANSWERED = (State.ANSWERED.value, State.CORRECTED.value)


class Lives:
    """The life of a record as its readers saw it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def told(self, proceeding_id: int) -> list[DigestMention]:
        """Each digest that told of a record, oldest first, with the newest revision that it told."""
        item, digest, subscriber = models.digest_item, models.digest, models.subscriber
        query = (
            select(
                subscriber.c.name,
                digest.c.id,
                digest.c.kind,
                digest.c.slot,
                digest.c.as_of,
                func.max(models.revision.c.number).label("revision"),
            )
            .select_from(item)
            .join(digest, digest.c.id == item.c.digest_id)
            .join(subscriber, subscriber.c.id == item.c.subscriber_id)
            .join(models.revision, models.revision.c.id == item.c.revision_id)
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

    def answered_with(
        self, words: Iterable[str], topics: Iterable[str], since: date, subscriber: str | None = None
    ) -> list[OpenQuestion]:
        """Questions answered or corrected since a day whose newest answer holds one of the words, as parts of words.

        Only those that match one of the topics (by key). Capitals count. `subscriber`: whose reminders are told besides.
        """
        table, parts, wanted = models.proceeding, models.parts, list(topics)
        matched = (
            select(models.match.c.revision_id)
            .join(models.term, models.term.c.id == models.match.c.term_id)
            .join(models.topic, models.topic.c.id == models.term.c.topic_id)
            .where(models.topic.c.key.in_(wanted), models.term.c.removed_at.is_(None))
        )
        query = (
            select(table.c.id, table.c.latest_revision_id, table.c.due_floor_on)
            .join(parts, parts.c.revision_id == table.c.latest_revision_id)
            .where(
                table.c.state.in_(_ANSWERED),
                table.c.day >= since,
                table.c.latest_revision_id.in_(matched),
                or_(*(parts.c.answer.contains(word, autoescape=True) for word in words)),
            )
            .order_by(table.c.day, table.c.id)
        )
        with self._store.read() as connection:
            rows = connection.execute(query).all()
            revisions = load_ids(connection, [row.latest_revision_id for row in rows])
            matches = load_matches(connection, models.revision.c.id.in_(list(revisions))) if rows else {}
            told = reminded(connection, subscriber) if rows and subscriber else {}
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
