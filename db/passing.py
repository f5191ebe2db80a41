"""Which revisions pass a search, in the order asked for: the index names candidates, filters and the matcher decide.

What the index does not hold yet is read through and merged in. By relevance the same is done for one tier after the other,
and what is of another tier is passed over. All is read as it is taken.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, or_, select

from db import tables
from db.documents import documents
from db.index import RowOf, candidates, day_of, indexed_to, revision_of, row_of, rows_between
from db.index_query import NOWHERE, within
from db.names import COLUMNS, Named, named
from monitor.model.archive import Filters, Place
from monitor.terms.evaluate import LAST_TIER, RELEVANCE_TIERS, relevance_tier

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnCollection, ColumnElement, Connection, Subquery

    from monitor.model.archive import Document
    from monitor.model.index_query import Need
    from monitor.model.watching import Match
    from monitor.ports import Query

ANY_TOPIC = "*"
"""Stands in `Filters.topic` for all topics: what any watched term found."""

_LISTS: Final = {"house": "houses", "kind": "kinds"}
"""The filters of a query that have one value, and where several stand in `Filters`."""

_LOOKED_AT: Final = ("id", "latest_revision_id", "day", "house", "kind", "state", *COLUMNS.values())
"""Columns of a record that filters look at."""

_FIRST: Final = 24
"""What is read at first; then twice as much each time, up to `_MOST`."""

_MOST: Final = 500

_BEYOND: Final = select(tables.revision.c.id).where(tables.revision.c.id > bindparam("followed_to")).limit(1)

_FEW: Final = 100
"""Rows that are put in order here, sooner than the index is asked for one tier after the other."""

_ASK_ALL: Final = 2
"""The tier before which it is seen whether there are few: the first, of headings, is found without the others."""

_NO_LIMIT: Final = 2**31


class Found(NamedTuple):
    """A revision that passes: its place in the order, the spans of the query, and the texts, where they were read."""

    place: Place
    spans: tuple[Match, ...] = ()
    parts: Mapping[str, str] | None = None


class Patience:
    """How many documents may still be looked through; what comes then is not looked for."""

    def __init__(self, documents: int) -> None:
        self._left = documents

    @property
    def is_over(self) -> bool:
        """Whether there may be more than was found."""
        return self._left <= 0

    def take(self, documents: int) -> None:
        """Some are looked through."""
        self._left -= documents


def narrowed(filters: Filters, conditions: Iterable[tuple[str, str]]) -> Filters:
    """The filters, and besides what a query asks of every record: so that the database need not offer others."""
    for name, value in conditions:
        filters = replace(filters, **_narrower(filters, name, value))
    return filters


def _narrower(filters: Filters, name: str, value: str) -> dict[str, Any]:
    """What of the filters becomes narrower by one more."""
    if name in _LISTS:
        chosen = getattr(filters, _LISTS[name])
        return {_LISTS[name]: [value]} if value in (chosen or [value]) else {"ids": []}
    if name == "from":
        return {"first": max(filters.first or date.min, date.fromisoformat(value))}
    if name == "to":
        return {"last": min(filters.last or date.max, date.fromisoformat(value))}
    return {name: " ".join(filter(None, (getattr(filters, name), value)))}


def batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    """Some items at a time, more each time."""
    size = _FIRST
    while some := list(islice(items, size)):
        yield some
        size = min(2 * size, _MOST)


def revisions_passing(
    connection: Connection,
    query: Query | None,
    filters: Filters,
    after: Place | None = None,
    patience: Patience | None = None,
) -> Generator[Found, None, None]:
    """The revisions that pass, in the order asked for; only those after a place, and of a query as far as patience goes."""
    if query is None:
        with closing(_scanned(connection, filters, named(connection, filters), after=after)) as rows:
            yield from (Found(place_of(row)) for row in rows)
        return
    filters = narrowed(filters, query.conditions)
    if filters.by_relevance:
        yield from _by_relevance(connection, query, filters, after, patience)
        return
    with closing(_read(connection, query.need, filters, after=after, patience=patience)) as read:
        for row, one in read:
            spans = query.spans(one.parts, one.forms, one.facts)
            if spans is not None:
                yield Found(place_of(row), spans, one.parts)


def _by_relevance(
    connection: Connection, query: Query, filters: Filters, after: Place | None, patience: Patience | None
) -> Generator[Found, None, None]:
    """The same, tier after tier. In each the index names what may be of it, or of those before.

    That is soon asked for the first tier alone; where there are few of all others, they are found in one look.
    """
    settled: set[int] = set()  # rows that need not be looked at again: of a tier that is done, or found to hold nothing
    for tier, parts in enumerate(RELEVANCE_TIERS, 1):
        need = query.need if parts is None or query.need is None else within(query.need, parts)
        if need == NOWHERE or (after is not None and tier < after.tier):
            continue
        begin = after if after is not None and tier == after.tier else None
        if tier == _ASK_ALL and (few := _few(connection, query.need, filters, settled)) is not None:
            if patience is not None:
                patience.take(len(few))
            yield from _sorted(connection, query, few, filters, after)
            return
        with closing(_read(connection, need, filters, settled, after=begin, patience=patience)) as read:
            for row, one in read:
                of = relevance_tier(query, one.parts, one.forms, one.facts, up_to=tier)
                if of is None:
                    continue
                settled.add(row)
                spans = query.spans(one.parts, one.forms, one.facts) if of == tier else None
                if spans is not None:
                    yield Found(place_of(row, tier), spans, one.parts)


def _few(connection: Connection, need: Need | None, filters: Filters, without: Collection[int]) -> list[int] | None:
    """The rows that pass the filters and may hold what is needed, in the order asked for, if they are few."""
    with closing(_possible(connection, need, filters, None)) as rows:
        some = list(islice((row for row in rows if row not in without), _FEW + 1))
    return some if len(some) <= _FEW else None


def _sorted(
    connection: Connection, query: Query, rows: Sequence[int], filters: Filters, after: Place | None
) -> Iterator[Found]:
    """What is found in these rows, by tier, and in one tier in the order given; only what comes after a place."""
    read = documents(connection, [revision_of(row) for row in rows])
    first, last = _rows_after(rows_between(None, None), filters, after)
    tiers: dict[int, list[tuple[int, Document]]] = {}
    for row, one in zip(rows, read, strict=True):
        tier = relevance_tier(query, one.parts, one.forms, one.facts) or LAST_TIER
        if after is None or tier > after.tier or (tier == after.tier and first <= row <= last):
            tiers.setdefault(tier, []).append((row, one))
    for tier in sorted(tiers):
        for row, one in tiers[tier]:
            spans = query.spans(one.parts, one.forms, one.facts)
            if spans is not None:
                yield Found(place_of(row, tier), spans, one.parts)


def place_of(row: int, tier: int = 0) -> Place:
    """Where a row of the index stands in the order of a search."""
    return Place(tier, day_of(row), revision_of(row))


def _read(
    connection: Connection,
    need: Need | None,
    filters: Filters,
    without: Collection[int] = (),
    *,
    after: Place | None = None,
    patience: Patience | None = None,
) -> Generator[tuple[int, Document], None, None]:
    """The revisions that pass the filters and may hold what is needed, in the order asked for, with their rows.

    `without`: rows that are passed over.
    """
    with closing(_possible(connection, need, filters, after)) as rows:
        for some in batches(row for row in rows if row not in without):
            if patience is not None:
                if patience.is_over:
                    return
                patience.take(len(some))
            ids = [revision_of(row) for row in some]
            yield from zip(some, documents(connection, ids), strict=True)


def held(connection: Connection, query: Query, filters: Filters) -> Generator[int, None, None]:
    """Row ids of the revisions that pass, in which the query holds, wherever."""
    with closing(_read(connection, query.need, narrowed(filters, query.conditions))) as read:
        yield from (one.revision_id for _, one in read if query.holds(one.parts, one.forms, one.facts))


def _possible(
    connection: Connection, need: Need | None, filters: Filters, after: Place | None
) -> Generator[int, None, None]:
    """Rows (as the index numbers them) that pass the filters and may hold what is needed, in the order asked for."""
    followed_to = indexed_to(connection)
    rows = _rows_after(rows_between(filters.first, filters.last), filters, after)
    found = None if need is None else candidates(connection, need, rows, oldest_first=filters.oldest_first)
    if found is None or not followed_to:
        with closing(_scanned(connection, filters, named(connection, filters), after=after)) as scanned:
            yield from scanned
        return
    with (
        closing(_newest(connection, found, filters)) as indexed,
        closing(_not_reached(connection, filters, followed_to, after)) as rest,
    ):
        yield from merge(indexed, rest, reverse=not filters.oldest_first)


def _not_reached(
    connection: Connection, filters: Filters, followed_to: int, after: Place | None
) -> Generator[int, None, None]:
    """Rows that pass the filters, of the revisions that the index does not hold yet: seldom any."""
    if connection.execute(_BEYOND, {"followed_to": followed_to}).first() is None:
        return
    chosen = tables.revision.c.id > followed_to
    with closing(_scanned(connection, filters, named(connection, filters), chosen, after=after)) as rows:
        yield from rows


def _rows_after(rows: tuple[int, int], filters: Filters, after: Place | None) -> tuple[int, int]:
    """The rows from one to another that come after a place."""
    first, last = rows
    if after is None:
        return rows
    row = row_of(after.day, after.revision)
    return (max(first, row + 1), last) if filters.oldest_first else (first, min(last, row - 1))


def _newest(connection: Connection, found: Generator[int, None, None], filters: Filters) -> Generator[int, None, None]:
    """Those of the rows found that are the newest of their record, and pass."""
    by_name = Named(filters)
    columns = [_NAMED.c[column] for column in by_name.columns]
    chosen = conditions(filters, {}, _NAMED.c)
    is_plain = len(chosen) == len(_PLAIN) and not columns
    query = _ANY if is_plain else select(_NAMED.c.latest_revision_id, *columns).where(*chosen)
    with closing(found):
        for some in batches(found):
            result = connection.execute(query, {"ids": [revision_of(row) for row in some]})
            passing = {row.latest_revision_id for row in result if by_name.passes(row)}
            yield from (row for row in some if revision_of(row) in passing)


def _scanned(
    connection: Connection,
    filters: Filters,
    names: Mapping[str, Sequence[str]],
    chosen: ColumnElement[bool] | None = None,
    *,
    after: Place | None = None,
) -> Generator[int, None, None]:
    """Rows of the newest revisions that pass, in the order asked for, without the index.

    Only those of the chosen revisions, and after a place.
    """
    columns = tables.proceeding.c if chosen is None else _records(chosen).c
    day, number = columns.day, columns.latest_revision_id
    order = (
        (day.asc().nulls_first(), number.asc()) if filters.oldest_first else (day.desc().nulls_last(), number.desc())
    )
    query = select(day, number).where(*conditions(filters, names, columns))
    if after is not None:
        query = query.where(_is_after(after, day, number, is_oldest_first=filters.oldest_first))
    # The database keeps the rest until it is asked for.
    with connection.execute(query.order_by(*order), execution_options={"yield_per": 1000}) as result:
        yield from (row_of(on, one) for on, one in result)


def _is_after(place: Place, day: Any, number: Any, *, is_oldest_first: bool) -> ColumnElement[bool]:
    """Whether a record comes after a place; those without a day are the oldest."""
    same_day = day.is_not_distinct_from(place.day)
    if is_oldest_first:
        later = day.is_not(None) if place.day is None else day > place.day
        return or_(later, and_(same_day, number > place.revision))
    beyond = and_(same_day, number < place.revision)
    return beyond if place.day is None else or_(day < place.day, day.is_(None), beyond)


def _records(chosen: ColumnElement[bool]) -> Subquery:
    """The records whose newest revision is chosen.

    Its limit, which it never reaches, keeps the database from beginning with a filter, of which it expects too much.
    """
    table, revision = tables.proceeding, tables.revision
    of_record = (table.c.id == revision.c.proceeding_id) & (table.c.latest_revision_id == revision.c.id)
    columns = [table.c[name] for name in _LOOKED_AT]
    return select(*columns).join(revision, of_record).where(chosen).limit(_NO_LIMIT).subquery()


_NAMED: Final = _records(tables.revision.c.id.in_(bindparam("ids", expanding=True)))
"""The records of some revisions, by row id, if these are their newest: made once, as is what is asked without a filter."""


def conditions(
    filters: Filters, names: Mapping[str, Sequence[str]], columns: ColumnCollection[str, Any]
) -> list[ColumnElement[bool]]:
    """What a record, whose columns these are, must be, to pass."""
    found: list[ColumnElement[bool]] = [columns.latest_revision_id.is_not(None)]
    found += [columns.day >= filters.first] if filters.first else []
    found += [columns.day <= filters.last] if filters.last else []
    exact: Mapping[str, Sequence[str]] = {"house": filters.houses, "kind": filters.kinds, "state": filters.states}
    found += [columns[column].in_(values) for column, values in exact.items() if values]
    found += [columns[column].in_(values) for column, values in names.items()]
    if filters.topic is not None:
        found.append(_is_of_topic(filters.topic, columns.latest_revision_id))
    if filters.labels:
        found.append(_is_labelled(filters.labels, columns))
    if filters.ids is not None:
        found.append(columns.id.in_(filters.ids))
    return found


_PLAIN: Final = conditions(Filters(), {}, _NAMED.c)
_ANY: Final = select(_NAMED.c.latest_revision_id).where(*_PLAIN)


def _is_labelled(names: Sequence[str], columns: ColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Whether the answer has one of these labels; what the index has not reached has none yet."""
    label = tables.label
    row = RowOf(columns.day, columns.latest_revision_id)
    return select(label.c.name).where(label.c.name.in_(names), label.c.row_number == row).exists()


def _is_of_topic(topic: str, revision_id: Column[int]) -> ColumnElement[bool]:
    """Whether a term of the topic that is still watched was found in a revision."""
    match, term = tables.match, tables.term
    found = (
        select(match.c.id)
        .join(term, term.c.id == match.c.term_id)
        .where(match.c.revision_id == revision_id, term.c.removed_at.is_(None))
    )
    if topic != ANY_TOPIC:
        found = found.join(tables.topic, tables.topic.c.id == term.c.topic_id).where(tables.topic.c.key == topic)
    return found.exists()
