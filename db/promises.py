"""Promises as people read them: lists of them, what was decided about each, and what digests told of them.

A promise is read together with its repetitions, oldest first: a group, which goes by the row id of its first promise.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Date, and_, bindparam, func, insert, or_, select, union

from db import tables
from db.cross_references import load_newest
from db.promise_filters import FIRST_OF_GROUP, passing
from db.promise_ledger import found_of
from db.rows import IDS, load_parts, select_in
from db.search_filters import names
from monitor.model.promises import (
    ComingPromise,
    Decision,
    Promise,
    PromiseFilters,
    PromiseNews,
    PromiseOutline,
    PromiseState,
    ReportedPromise,
)
from monitor.parliament.abbreviations import has_name

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, CompoundSelect, Connection, FromClause, Row

    from db.store import Store

_promise, _record = tables.promise, tables.proceeding
_AT_ONCE: Final = 50
"""Groups of a list that are read at a time."""

_NEAR: Final = timedelta(days=28)
"""Time before its end in which a promise may be due: the database offers these, the rules decide."""

_EVERY: Final = PromiseFilters()

_REPORTED: Final = (
    select(
        FIRST_OF_GROUP.label("group"),
        tables.digest_promise.c.promise_id,
        _promise.c.due_to,
        tables.digest_promise.c.news,
    )
    .join(_promise, _promise.c.id == tables.digest_promise.c.promise_id)
    .join(tables.digest, tables.digest.c.id == tables.digest_promise.c.digest_id)
    .join(tables.subscriber, tables.subscriber.c.id == tables.digest.c.subscriber_id)
    .where(tables.subscriber.c.key == bindparam("reader"))
)
"""Promises that the digests of a subscriber told of."""

_REPORTED_LATER: Final = _REPORTED.where(tables.digest_promise.c.news != PromiseNews.MADE.value)
_REPORTED_IN: Final = _REPORTED.where(_promise.c.proceeding_id.in_(IDS))
"""Built once: each digest executes them, and building a statement takes longer than executing it."""


class Promises:
    """Promises, and what people decided about them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def bodies(self, words: str) -> tuple[str, ...]:
        """Return the answering bodies with these words in their names."""
        with self._store.read() as connection:
            return tuple(name for name in names(connection, "body") if has_name("body", name, words))

    def find(self, public_id: str) -> Promise | None:
        """Return the promise with a public id."""
        query = select(_promise.c.id).where(_promise.c.public_id == public_id)
        with self._store.read() as connection:
            number = connection.execute(query).scalar()
            found = [] if number is None else load_promises(connection, [number])
        return found[0] if found else None

    def group(self, number: int) -> list[Promise]:
        """Return a first promise (by row id) and its repetitions, oldest first."""
        with self._store.read() as connection:
            groups = load_groups(connection, [number])
        return groups[0] if groups else []

    def of_records(self, proceeding_ids: Sequence[int]) -> dict[int, list[Promise]]:
        """Return the promises of records by the row ids of these, in the order of the text."""
        query = select(_promise.c.id, _promise.c.proceeding_id).where(_promise.c.proceeding_id.in_(IDS))
        found: dict[int, list[Promise]] = {}
        with self._store.read() as connection:
            numbers = [row.id for row in select_in(connection, query, proceeding_ids)]
            for promise in load_promises(connection, numbers):
                found.setdefault(promise.proceeding_id, []).append(promise)
        for promises in found.values():
            promises.sort(key=lambda promise: (promise.revision, promise.found.start, promise.number))
        return found

    def groups(self, numbers: Iterable[int]) -> list[list[Promise]]:
        """Return groups by the row ids of their first promises."""
        with self._store.read() as connection:
            return load_groups(connection, sorted(set(numbers)))

    def outlines(self, numbers: Iterable[int]) -> list[list[PromiseOutline]]:
        """Return groups, in any order, by the row ids of their first promises, without records and texts."""
        with self._store.read() as connection:
            return load_outlines(connection, sorted(set(numbers)))

    def groups_with(self, numbers: Iterable[int]) -> list[list[Promise]]:
        """Return the groups of some promises (by row id), each once."""
        query = select(FIRST_OF_GROUP).where(_promise.c.id.in_(IDS))
        with self._store.read() as connection:
            firsts = {int(row[0]) for row in select_in(connection, query, sorted(set(numbers)))}
            return load_groups(connection, sorted(firsts))

    def listing(self, filters: PromiseFilters = _EVERY) -> Generator[list[Promise], None, None]:
        """Give groups that pass, those that were said last first. They are read while they are taken."""
        query = passing(filters)
        with self._store.read() as connection:
            rows = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
            for batch in rows.partitions():
                firsts = [row[0] for row in batch]
                groups = {group[0].group: group for group in load_groups(connection, firsts)}
                yield from (groups[first] for first in firsts if first in groups)

    def count(self) -> int:
        """Count the promises of the ledger, repetitions not counted."""
        query = select(func.count()).select_from(_promise).where(_promise.c.repeats_id.is_(None))
        return int(self._store.scalars(query)[0])

    def decide(self, number: int, state: PromiseState, record: int | None, reason: str, decided_by: str) -> None:
        """Store a decision about a promise (by row id). `record`: row id of the record that shows it.

        Where this very decision is the newest one already, nothing is stored: a button was pressed twice.
        """
        table = tables.promise_decision
        row = {
            "promise_id": number,
            "state": PromiseState(state).value,
            "proceeding_id": record,
            "reason": reason,
            "decided_by": decided_by,
        }
        newest = select(table).where(table.c.promise_id == number).order_by(table.c.id.desc()).limit(1)
        with self._store.write() as connection:
            found = connection.execute(newest).mappings().first()
            if found is None or not row.items() <= found.items():
                connection.execute(insert(table).values(**row, decided_at=self._store.clock()))

    # -- digests ------------------------------------------------------------------------------------------------------

    def reported(self, subscriber: str) -> list[ReportedPromise]:
        """Return what the digests of a subscriber (by key) told of promises after they were made."""
        return [
            ReportedPromise(group=row.group, number=row.promise_id, due_to=row.due_to, news=PromiseNews(row.news))
            for row in self._store.rows(_REPORTED_LATER, {"reader": subscriber})
        ]

    def reported_in(self, subscriber: str, records: Iterable[int]) -> set[int]:
        """Return the promises in some records (by row id) of which a digest told a subscriber (by key) anything."""
        with self._store.read() as connection:
            return {row.promise_id for row in select_in(connection, _REPORTED_IN, records, reader=subscriber)}

    def may_be_news(self, today: date) -> dict[str, list[ComingPromise]]:
        """Return the promises that may be due, overdue or kept for some subscriber, by the topics (by key) they are on."""
        found: dict[str, list[ComingPromise]] = {}
        values = {"today": today, "near": today + _NEAR}
        with self._store.read() as connection:
            rows = connection.execute(_may_be_news(), values).all()
            topics = _terms_of_records(connection, {row.latest_revision_id for row in rows})
        for row in rows:
            for topic, added_at in topics.get(row.latest_revision_id, {}).items():
                found.setdefault(topic, []).append(_coming_promise(row, added_at))
        return found

    def followed_news(self, subscriber: str, today: date) -> list[ComingPromise]:
        """Return the promises that may be due, overdue or kept and that a subscriber (by key) follows."""
        values = {"reader": subscriber, "today": today, "near": today + _NEAR}
        return [_coming_promise(row, row.started_at) for row in self._store.rows(_followed(), values)]

    def watched_since(self, subscriber: str) -> dict[str, datetime]:
        """Return since when the topics (by key) of a subscriber are on their list."""
        return {row.topic: row.added_at for row in self._store.rows(_SUBSCRIPTIONS, {"reader": subscriber})}


_SUBSCRIPTIONS: Final = (
    select(tables.topic.c.key.label("topic"), tables.subscription.c.added_at)
    .join(tables.topic, tables.topic.c.id == tables.subscription.c.topic_id)
    .join(tables.subscriber, tables.subscriber.c.id == tables.subscription.c.subscriber_id)
    .where(tables.subscriber.c.key == bindparam("reader"), tables.subscription.c.removed_at.is_(None))
)
"""Built once: each digest executes it, and building a statement takes longer than executing it."""


def _coming_promise(row: Row[Any], added_at: datetime) -> ComingPromise:
    return ComingPromise(
        number=row.id, first=row.first, noted_on=row.noted_on, added_at=added_at, is_decided=row.is_decided
    )


def _terms_of_records(connection: Connection, revision_ids: Iterable[int]) -> dict[int, dict[str, datetime]]:
    """Return, by revision, the topics (by key) that it matches, each with the day of the first added of the terms found."""
    found: dict[int, dict[str, datetime]] = {}
    for row in select_in(connection, _TERMS_OF_RECORDS, revision_ids):
        topics = found.setdefault(row.revision_id, {})
        topics[row.topic] = min(topics.get(row.topic, row.added_at), row.added_at)
    return found


_TERMS_OF_RECORDS: Final = (
    select(tables.match.c.revision_id, tables.topic.c.key.label("topic"), tables.term.c.added_at)
    .join(tables.term, tables.term.c.id == tables.match.c.term_id)
    .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
    .where(tables.match.c.revision_id.in_(IDS), tables.term.c.removed_at.is_(None))
    .distinct()
)


# -- promises and groups ----------------------------------------------------------------------------------------------


def load_groups(connection: Connection, firsts: Sequence[int]) -> list[list[Promise]]:
    """Load first promises (by row id) with their repetitions, oldest first, in the order given."""
    if not firsts:
        return []
    query = select(_promise.c.id).where(or_(_promise.c.id.in_(IDS), _promise.c.repeats_id.in_(IDS)))
    numbers = sorted({row.id for row in select_in(connection, query, firsts)})
    grouped: dict[int, list[Promise]] = {}
    for promise in load_promises(connection, numbers):
        grouped.setdefault(promise.group, []).append(promise)
    for group in grouped.values():
        group.sort(key=lambda promise: (promise.made_on, promise.number))
    return [grouped[first] for first in firsts if first in grouped]


def load_outlines(connection: Connection, firsts: Sequence[int]) -> list[list[PromiseOutline]]:
    """Load first promises (by row id) with their repetitions, oldest first, without records and texts, in any order."""
    query = select(_promise).where(or_(_promise.c.id.in_(IDS), _promise.c.repeats_id.in_(IDS)))
    rows = sorted(select_in(connection, query, firsts), key=lambda row: (row.made_on, row.id))
    homes = load_homes(connection, {row.proceeding_id for row in rows})
    decisions = load_decisions(connection, [row.id for row in rows])
    groups: dict[int, list[PromiseOutline]] = {}
    for row in rows:
        first = row.repeats_id or row.id
        groups.setdefault(first, []).append(
            PromiseOutline(
                number=row.id,
                group=first,
                proceeding_id=homes[row.proceeding_id],
                found=found_of(row),
                made_on=row.made_on,
                is_gone=row.gone_revision_id is not None,
                decisions=tuple(decisions.get(row.id, ())),
            )
        )
    return list(groups.values())


def load_promises(connection: Connection, numbers: Sequence[int]) -> list[Promise]:
    """Load promises by row id, in that order."""
    rows = sorted(
        select_in(connection, select(_promise).where(_promise.c.id.in_(IDS)), numbers), key=lambda row: row.id
    )
    parts = load_parts(connection, sorted({row.revision_id for row in rows}))
    homes = load_homes(connection, {row.proceeding_id for row in rows})
    records = load_newest(connection, sorted(set(homes.values())))
    topics = load_topics(connection, list(records))
    decisions = load_decisions(connection, numbers)
    found = []
    for row in rows:
        home = homes[row.proceeding_id]
        if home not in records:
            continue
        text = parts.get(row.revision_id, {}).get(row.part, "")
        found.append(
            Promise(
                number=row.id,
                id=row.public_id,
                record=records[home],
                proceeding_id=home,
                part=row.part,
                sentence=text[row.start : row.end],
                found=found_of(row),
                made_on=row.made_on,
                topics=topics.get(home, ()),
                repeats=row.repeats_id,
                is_gone=row.gone_revision_id is not None,
                decisions=tuple(decisions.get(row.id, ())),
                noted_on=row.noted_on,
                revision=row.revision_id,
            )
        )
    return found


def load_homes(connection: Connection, records: Iterable[int]) -> dict[int, int]:
    """Return the record that each is part of, itself where it was not merged."""
    homes = {record: record for record in records}
    query = select(_record.c.id, _record.c.merged_into).where(_record.c.id.in_(IDS), _record.c.merged_into.is_not(None))
    while moved := {row.id: row.merged_into for row in select_in(connection, query, sorted(set(homes.values())))}:
        homes = {record: moved.get(home, home) for record, home in homes.items()}
    return homes


def load_topics(connection: Connection, records: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the keys of the watched topics that match the newest revision of records."""
    query = (
        select(_record.c.id, tables.topic.c.key)
        .join(tables.match, tables.match.c.revision_id == _record.c.latest_revision_id)
        .join(tables.term, tables.term.c.id == tables.match.c.term_id)
        .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
        .where(_record.c.id.in_(IDS), tables.term.c.removed_at.is_(None), tables.topic.c.removed_at.is_(None))
        .distinct()
    )
    found: dict[int, set[str]] = {}
    for row in select_in(connection, query, records):
        found.setdefault(row.id, set()).add(row.key)
    return {record: tuple(sorted(keys)) for record, keys in found.items()}


def load_decisions(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Decision]]:
    """Load what was decided about promises (by row id), in that order."""
    table = tables.promise_decision
    query = (
        select(table, _record.c.public_id.label("record"))
        .outerjoin(_record, _record.c.id == table.c.proceeding_id)
        .where(table.c.promise_id.in_(IDS))
        .order_by(table.c.id)
    )
    found: dict[int, list[Decision]] = {}
    for row in select_in(connection, query, numbers):
        found.setdefault(row.promise_id, []).append(
            Decision(
                state=PromiseState(row.state),
                record=row.record or "",
                reason=row.reason,
                decided_by=row.decided_by,
                decided_at=row.decided_at,
            )
        )
    return found


# -- what may be told -------------------------------------------------------------------------------------------------


def _is_possible_news() -> list[Any]:
    """Return columns that say whether a promise falls due or is late, and whether it was decided.

    Their parameters are `today` and `near`, the last day of those that may be due soon.
    """
    decided = tables.promise_decision
    near, today = bindparam("near", type_=Date), bindparam("today", type_=Date)
    comes = and_(
        _promise.c.due_to >= _promise.c.noted_on,
        or_(_promise.c.due_to <= near, _promise.c.due_from <= today),
    )
    return [comes, select(decided.c.id).where(decided.c.promise_id == _promise.c.id).exists()]


def _of_group(first: ColumnElement[int], promise: FromClause) -> list[ColumnElement[bool]]:
    """Return the two ways in which a promise is of the group of a first one. An index answers each of them."""
    return [promise.c.id == first, promise.c.repeats_id == first]


@cache
def _may_be_news() -> CompoundSelect[Any]:
    """Select what may be news of promises, with each record of the group. Built once, for building it takes longer.

    A promise is on the topics of its repetitions too: any of them may have named its day.
    """
    comes, is_decided = _is_possible_news()
    member = tables.promise.alias()
    return union(
        *(
            select(
                _promise.c.id,
                FIRST_OF_GROUP.label("first"),
                _promise.c.noted_on,
                is_decided.label("is_decided"),
                _record.c.latest_revision_id,
            )
            .join(member, is_member)
            .join(_record, _record.c.id == member.c.proceeding_id)
            .where(or_(comes, is_decided))
            for is_member in _of_group(FIRST_OF_GROUP, member)
        )
    )


@cache
def _followed() -> CompoundSelect[Any]:
    """Select what may be news of the groups of the promises that a reader (by key) follows. Built once, as above."""
    follow, reader = tables.follow, tables.subscriber
    comes, is_decided = _is_possible_news()
    member = tables.promise.alias()
    first = func.coalesce(member.c.repeats_id, member.c.id)
    return union(
        *(
            select(
                _promise.c.id,
                FIRST_OF_GROUP.label("first"),
                _promise.c.noted_on,
                is_decided.label("is_decided"),
                follow.c.started_at,
            )
            .select_from(follow)
            .join(member, member.c.id == follow.c.promise_id)
            .join(_promise, is_of_group)
            .join(reader, reader.c.id == follow.c.subscriber_id)
            .where(
                reader.c.key == bindparam("reader"),
                follow.c.ended_at.is_(None),
                follow.c.started_at >= reader.c.added_at,
                or_(comes, is_decided),
            )
            for is_of_group in _of_group(first, _promise)
        )
    )
