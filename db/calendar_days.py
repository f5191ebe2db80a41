"""Questions and promises for a calendar, those that wait and those that were settled of late; and what is coming."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, false, func, or_, select

from db import tables
from db.records import load_ids
from db.rows import IDS, select_in
from monitor.model.calendar_events import PromiseChanges, WatchedRecord
from monitor.model.following import FollowKind
from monitor.model.records import House, Kind, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause

    from db.store import Store
    from monitor.model.following import FollowTarget

_LONGEST_SESSION: Final = timedelta(days=730)
"""A question lapses at the end of its session at the latest."""


class CalendarDays:
    """Questions and promises with a day."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest_at(self) -> datetime | None:
        """Return when something was last stored of a record; None for an empty archive."""
        table = tables.revision
        found = self._store.scalars(select(table.c.seen_at).order_by(table.c.id.desc()).limit(1))
        return found[0] if found else None

    def questions(self, topics: Collection[str], followed: Sequence[FollowTarget], since: date) -> list[WatchedRecord]:
        """List questions that one of the topics (by key) matches or did match, and those that are followed.

        Of those that are not open, the ones with an answer since a day, and all that were withdrawn or lapsed since.
        """
        table = tables.proceeding
        is_followed = _is_followed(followed)
        is_watched = or_(_matches(topics), is_followed)
        has_due_day = and_(
            table.c.kind == Kind.QUESTION.value,
            table.c.house.in_((House.COMMONS.value, House.LORDS.value)),
            table.c.due_floor_on.is_not(None),
            table.c.latest_revision_id.is_not(None),
        )
        columns = (*(table.c[name] for name in _COLUMNS), is_followed.label("is_followed"))
        with self._store.read() as connection:
            found = {
                row.id: row
                for is_timely in _timely(since)
                for row in connection.execute(select(*columns).where(is_timely, has_due_day, is_watched))
            }
            return _load(connection, [found[number] for number in sorted(found)], topics)

    def notices(self, topics: Collection[str], followed: Sequence[FollowTarget], since: date) -> list[WatchedRecord]:
        """List what is or was set down for a day since `since` and is followed, or is or was on one of the topics."""
        table = tables.proceeding
        is_followed = _is_followed(followed)
        columns = (*(table.c[name] for name in _COLUMNS), is_followed.label("is_followed"))
        query = (
            select(*columns)
            .where(
                table.c.takes_place_on >= since,
                table.c.latest_revision_id.is_not(None),
                or_(_matches(topics), is_followed),
            )
            .order_by(table.c.id)
        )
        with self._store.read() as connection:
            return _load(connection, connection.execute(query).all(), topics)

    def promises(self, topics: Collection[str], followed: Sequence[FollowTarget], since: date) -> dict[int, bool]:
        """Find first promises (by row id) of which one, or a repetition, is watched, and one ends on a day or later.

        The value says whether one is followed: itself, or its record as above.
        """
        promise = tables.promise
        first = func.coalesce(promise.c.repeats_id, promise.c.id)
        named = {target.promise_id for target in followed if target.kind is FollowKind.PROMISE}
        is_followed = or_(promise.c.id.in_(named), _is_followed(followed))
        ends = select(first).where(promise.c.due_to >= since)
        query: Select[*tuple[Any, ...]] = (
            select(first.label("first"), is_followed.label("is_followed"))
            .join(tables.proceeding, tables.proceeding.c.id == promise.c.proceeding_id)
            .where(first.in_(ends), or_(_matches(topics), is_followed))
            .distinct()
        )
        found: dict[int, bool] = {}
        for row in self._store.rows(query):
            found[row.first] = found.get(row.first, False) or bool(row.is_followed)
        return found

    def changes_of_promises(self, numbers: Iterable[int]) -> dict[int, PromiseChanges]:
        """Count the changes of the records in which first promises (by row id) and their repetitions were made, since then.

        The promises of unchanged records are left out.
        """
        with self._store.read() as connection:
            return {
                row.id: PromiseChanges(count=row.changes, changed_at=row.changed_at)
                for row in select_in(connection, _CHANGES_OF_PROMISES, numbers)
            }


_CHANGES_OF_PROMISES: Final = (
    select(
        tables.promise.c.id,
        func.count().label("changes"),
        func.max(tables.revision.c.seen_at, type_=tables.Instant).label("changed_at"),
    )
    .join(
        tables.revision,
        and_(
            tables.revision.c.proceeding_id == tables.promise.c.proceeding_id,
            tables.revision.c.id > tables.promise.c.revision_id,
        ),
    )
    .where(or_(tables.promise.c.id.in_(IDS), tables.promise.c.repeats_id.in_(IDS)))
    .group_by(tables.promise.c.id)
)
_COLUMNS: Final = ("id", "public_id", "latest_revision_id", "due_floor_on")


def _timely(since: date) -> Iterable[ColumnElement[bool] | TextClause]:
    """Give the conditions of which a question fulfils one; each has its index."""
    table = tables.proceeding
    yield tables.IS_OPEN
    yield table.c.day >= since
    was_taken_back = table.c.state.in_((State.WITHDRAWN.value, State.LAPSED.value))
    yield and_(table.c.tabled_on >= since - _LONGEST_SESSION, was_taken_back)


def _matches(topics: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a term of one of the topics was found in some revision."""
    match, revision = tables.match, tables.revision
    return (
        _of_topics(select(match.c.id), topics)
        .join(revision, revision.c.id == match.c.revision_id)
        .where(revision.c.proceeding_id == tables.proceeding.c.id)
        .exists()
    )


def _topics_of_revisions(topics: Collection[str]) -> Select[Any]:
    match = tables.match
    query = _of_topics(select(match.c.revision_id, tables.topic.c.key.label("topic")), topics)
    return query.where(match.c.revision_id.in_(IDS)).distinct()


def _of_topics(query: Select[Any], topics: Collection[str]) -> Select[Any]:
    """Restrict a query of matches to the terms of some topics, as they are now."""
    return (
        query.select_from(tables.match)
        .join(tables.term, tables.term.c.id == tables.match.c.term_id)
        .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
        .where(tables.topic.c.key.in_(topics), tables.term.c.removed_at.is_(None))
    )


def _is_followed(followed: Iterable[FollowTarget]) -> ColumnElement[bool]:
    """Return the condition that a question is followed: itself, its asker, or its body on a topic."""
    table = tables.proceeding
    records, members, names = set(), set(), set()
    of_bodies = []
    for target in followed:
        if target.kind is FollowKind.RECORD:
            records.add(target.proceeding_id)
        elif target.kind is FollowKind.ASKER and target.member_id is not None:
            members.add(target.member_id)
        elif target.kind is FollowKind.ASKER:
            names.add(target.ref)
        elif target.kind is FollowKind.BODY:
            of_bodies.append(and_(table.c.body == target.ref, _matches([target.topic or ""])))
    return or_(false(), table.c.id.in_(records), table.c.asker_id.in_(members), table.c.asker.in_(names), *of_bodies)


def _load(connection: Connection, rows: Sequence[Row[Any]], topics: Collection[str]) -> list[WatchedRecord]:
    revision = tables.revision
    query = select(revision.c.id, revision.c.proceeding_id).where(revision.c.proceeding_id.in_(IDS))
    owners = {row.id: row.proceeding_id for row in select_in(connection, query, [row.id for row in rows])}
    revisions = load_ids(connection, sorted(owners))
    by_record: dict[int, list[int]] = {}
    for number in sorted(revisions):
        by_record.setdefault(owners[number], []).append(number)
    found = select_in(connection, _topics_of_revisions(topics), [row.latest_revision_id for row in rows])
    follows = {row.id: row for row in select_in(connection, _FOLLOW_CHANGES, [row.id for row in rows])}
    matches: dict[int, set[str]] = {}
    for match in found:
        matches.setdefault(match.revision_id, set()).add(match.topic)
    return [
        WatchedRecord(
            proceeding_id=row.id,
            public_id=row.public_id,
            revisions=tuple(revisions[number] for number in by_record[row.id]),
            newest=revisions[row.latest_revision_id],
            topics=frozenset(matches.get(row.latest_revision_id, ())),
            is_followed=bool(row.is_followed),
            due_floor_on=row.due_floor_on,
            follow_changes=follows[row.id].changes if row.id in follows else 0,
            follow_changed_at=follows[row.id].changed_at if row.id in follows else None,
        )
        for row in rows
    ]


_FOLLOW_CHANGES: Final = (
    select(
        tables.follow.c.proceeding_id.label("id"),
        (func.count() + func.count(tables.follow.c.ended_at)).label("changes"),
        func.max(func.coalesce(tables.follow.c.ended_at, tables.follow.c.started_at)).label("changed_at"),
    )
    .where(tables.follow.c.kind == FollowKind.RECORD.value, tables.follow.c.proceeding_id.in_(IDS))
    .group_by(tables.follow.c.proceeding_id)
)
