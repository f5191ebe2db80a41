"""What each watched term has found, counted: for those who look after the terms. Reads the record and changes nothing.

A record counts where a term stands in its newest revision, as for `pqwatch matches`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from db import models
from monitor.holdings import Found, Watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy import ColumnElement

    from db.base import Store


class Findings:
    """What the terms found."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def watched(self) -> list[Watched]:
        """Every term that is watched now, with the records that it finds by their day."""
        table, topic, found = models.term, models.topic, models.match
        newest = select(func.coalesce(func.max(models.revision.c.id), 0)).scalar_subquery()
        terms = (
            select(table.c.id, table.c.text, topic.c.key, table.c.matched_to, newest.label("newest"))
            .join(topic, topic.c.id == table.c.topic_id)
            .where(_is_watched())
            .order_by(table.c.id)
        )
        since = (
            select(topic.c.key, table.c.text, func.min(table.c.added_at).label("added_at"))
            .join(topic, topic.c.id == table.c.topic_id)
            .group_by(topic.c.key, table.c.text)
        )
        counts = (
            select(table.c.id, models.proceeding.c.day, func.count(models.proceeding.c.id.distinct()).label("records"))
            .join(found, found.c.term_id == table.c.id)
            .join(models.proceeding, models.proceeding.c.latest_revision_id == found.c.revision_id)
            .where(table.c.removed_at.is_(None))
            .group_by(table.c.id, models.proceeding.c.day)
        )
        with self._store.read() as connection:
            rows = connection.execute(terms).all()
            added = {(row.key, row.text): row.added_at for row in connection.execute(since)}
            days: dict[int, dict[date | None, int]] = {}
            for row in connection.execute(counts):
                days.setdefault(row.id, {})[row.day] = row.records
        return [
            Watched(
                topic=row.key,
                term=row.text,
                added_at=added[row.key, row.text],
                is_behind=row.matched_to < row.newest,
                days=days.get(row.id, {}),
            )
            for row in rows
        ]

    def records(self) -> dict[date, int]:
        """How many records the archive has of each day that it has any of."""
        day = models.proceeding.c.day
        query = (
            select(day, func.count()).where(day.is_not(None), models.proceeding.c.merged_into.is_(None)).group_by(day)
        )
        with self._store.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def spans(self, topic: str) -> Iterator[Found]:
        """Where the terms of a topic stand in the newest revision of each record, revision by revision."""
        table, found = models.term, models.match
        query = (
            select(found.c.revision_id, table.c.text, found.c.part, found.c.start, found.c.end)
            .join(table, table.c.id == found.c.term_id)
            .join(models.topic, models.topic.c.id == table.c.topic_id)
            .join(models.proceeding, models.proceeding.c.latest_revision_id == found.c.revision_id)
            .where(_is_watched(), models.topic.c.key == topic)
            .order_by(found.c.revision_id)
        )
        with self._store.read() as connection, connection.execute(query, execution_options={"yield_per": 1000}) as rows:
            for row in rows:
                yield Found(revision=row.revision_id, term=row.text, part=row.part, start=row.start, end=row.end)


def _is_watched() -> ColumnElement[bool]:
    return and_(models.term.c.removed_at.is_(None), models.topic.c.removed_at.is_(None))
