"""What each watched term has found, counted: for those who look after the terms. Reads the record and changes nothing.

A record counts where a term stands in its newest revision, as for `pqwatch matches`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from db import models
from monitor.model.archive import Found, Watched
from monitor.model.watching import NewTerm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

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

    def idle_topics(self, since: date) -> frozenset[str]:
        """Name the watched topics, by key, none of whose terms was found in anything of the days since.

        A topic some of whose terms were not looked for in everything yet is not named.
        """
        table, topic = models.term, models.topic
        newest = select(func.coalesce(func.max(models.revision.c.id), 0)).scalar_subquery()
        query = (
            select(topic.c.key, table.c.id, (table.c.matched_to < newest).label("is_behind"))
            .join(topic, topic.c.id == table.c.topic_id)
            .where(_is_watched())
        )
        with self._store.read() as connection:
            terms: dict[str, list[int]] = {}
            behind = set()
            for row in connection.execute(query):
                terms.setdefault(row.key, []).append(row.id)
                if row.is_behind:
                    behind.add(row.key)
            return frozenset(
                key
                for key, ids in terms.items()
                if key not in behind and not any(_is_found_since(connection, one, since) for one in ids)
            )

    def new_to(self, subscriber: str) -> tuple[NewTerm, ...]:
        """List the terms that a subscriber had no mailed digest with yet, with what each finds in the archive.

        A topic all of whose terms are new to the subscriber comes as a whole. Terms that were there when the subscriber
        was added are not new, nor is a term whose topic only got other exclusions.
        """
        with self._store.read() as connection:
            who = connection.execute(select(models.subscriber).where(models.subscriber.c.key == subscriber)).first()
            if who is None:
                return ()
            floor = _last_mailed(connection, who.id) or who.added_at
            new, all_of = _new_terms(connection, who.id, max(floor, who.added_at))
            found = []
            for key, rows in new.items():
                is_whole = len(rows) == all_of[key] > 1
                for group in [rows] if is_whole else [[row] for row in rows]:
                    count = connection.execute(_records_of([row.id for row in group])).one()
                    term = None if is_whole else group[0].text
                    found.append(NewTerm(topic=key, term=term, records=count.records, newest_on=count.newest_on))
        return tuple(found)

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


def _is_found_since(connection: Connection, term_id: int, since: date) -> bool:
    """Whether a term was found in a revision of the days since; what was stored last is looked at first."""
    found, revision = models.match, models.revision
    query = (
        select(found.c.id)
        .join(revision, revision.c.id == found.c.revision_id)
        .where(found.c.term_id == term_id, revision.c.day >= since)
        .order_by(found.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).first() is not None


def _last_mailed(connection: Connection, subscriber_id: int) -> datetime | None:
    """Give the instant at which the last digest that was mailed to a subscriber was composed."""
    table = models.digest
    composed: datetime | None = connection.execute(
        select(func.max(table.c.composed_at)).where(table.c.subscriber_id == subscriber_id, table.c.kind == "mailed")
    ).scalar()
    return composed


def _new_terms(
    connection: Connection, subscriber_id: int, floor: datetime
) -> tuple[dict[str, list[Row[Any]]], Counter[str]]:
    """Give the terms of a subscriber's topics that came after an instant, and how many terms each topic has."""
    table, topic, subscription = models.term, models.topic, models.subscription
    query = (
        select(
            table, topic.c.key, subscription.c.added_at.label("listed_at"), subscription.c.removed_at.label("left_at")
        )
        .join(topic, topic.c.id == table.c.topic_id)
        .join(subscription, subscription.c.topic_id == topic.c.id)
        .where(subscription.c.subscriber_id == subscriber_id)
        .order_by(table.c.id)
    )
    rows = connection.execute(query).all()
    watched = [row for row in rows if row.removed_at is None and row.left_at is None]
    forms: dict[tuple[int, str], list[Row[Any]]] = {}
    for row in rows:
        forms.setdefault((row.topic_id, row.text), []).append(row)
    new: dict[str, list[Row[Any]]] = {}
    for row in watched:
        some = forms[row.topic_id, row.text]
        was_there = row.listed_at <= floor and any(_is_older_form(one, row, floor) for one in some)
        if not was_there:
            new.setdefault(row.key, []).append(row)
    return new, Counter(row.key for row in watched)


def _is_older_form(one: Row[Any], row: Row[Any], floor: datetime) -> bool:
    """Whether one row of a term is what another row of it continues, under other exclusions of its topic."""
    return bool(one.added_at <= floor and (one.removed_at is None or one.removed_at >= row.added_at))


def _records_of(term_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """Count the records in whose newest revision one of these terms stands, and find the day of the newest."""
    found, proceeding = models.match, models.proceeding
    return (
        select(
            func.count(proceeding.c.id.distinct()).label("records"),
            func.max(proceeding.c.day).label("newest_on"),
        )
        .join(proceeding, proceeding.c.latest_revision_id == found.c.revision_id)
        .where(found.c.term_id.in_(term_ids))
    )


def _is_watched() -> ColumnElement[bool]:
    return and_(models.term.c.removed_at.is_(None), models.topic.c.removed_at.is_(None))
