"""Searching the archive: the index names candidates, filters choose among them, the query's own matcher decides.

What the index does not hold yet is read through and merged in, so a search is exact at any moment, and what is found is
what a watch term would find. Hits come in the order asked for, as they are taken: the first few need little work, however
many there are. By relevance the same is done for one tier after the other, and what is of another tier is passed over.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select

from db import models
from db.documents import documents
from db.index import RowOf, candidates, day_of, indexed_to, revision_of, row_of, rows_between
from db.names import COLUMNS, Named, named, names
from db.needs import NOWHERE, within
from db.records import load_ids
from db.vocabulary import known_words
from db.watch import load_matches
from monitor.holdings import Filters, Hit, Place
from monitor.terms.relevance import TIERS, tier_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnCollection, ColumnElement, Connection, Subquery

    from db.base import Store
    from monitor.holdings import Document, Facets, Need
    from monitor.model import Match
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

_NO_LIMIT: Final = 2**31


class _Found(NamedTuple):
    """A revision that passes: its place in the order, and the spans of the query."""

    place: Place
    spans: tuple[Match, ...]


class Search:
    """The archive as an instrument."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def hits(
        self, query: Query | None, filters: Filters, *, limit: int | None = None, after: Place | None = None
    ) -> Generator[Hit, None, None]:
        """The newest revision of each record that passes, in the order that the filters ask for, with the spans.

        They are read while they are taken, all in one view of the archive. With `after`, those that come after a place.
        """
        with self._store.read() as connection, closing(revisions_passing(connection, query, filters, after)) as passing:
            for some in batches(islice(passing, limit)):
                yield from _hits(connection, {one.place.revision: one for one in some})

    def hits_of(self, revision_ids: Sequence[int]) -> list[Hit]:
        """These revisions as hits without a query, in the order given."""
        with self._store.read() as connection:
            return [hit for some in batches(iter(revision_ids)) for hit in _hits(connection, dict.fromkeys(some))]

    def count(
        self, query: Query | None, filters: Filters, *, at_most: int | None = None, after: Place | None = None
    ) -> int:
        """How many records pass; with a query, or after a place, no more than `at_most` are counted."""
        with self._store.read() as connection:
            if after is not None:
                with closing(revisions_passing(connection, query, filters, after)) as passing:
                    return sum(1 for _ in islice(passing, at_most))
            if query is not None:
                return _count(connection, query, filters, at_most)
            table = models.proceeding
            passed = (
                select(func.count()).select_from(table).where(*conditions(filters, named(connection, filters), table.c))
            )
            return int(connection.execute(passed).scalar_one())

    def counts(self, queries: Sequence[Query], filters: Filters, *, at_most: int | None = None) -> list[int]:
        """How many records pass with each of these queries; no more than `at_most` are counted."""
        with self._store.read() as connection:
            return [_count(connection, query, filters, at_most) for query in queries]

    def known_words(self, words: Iterable[str], at_most: int) -> dict[str, int]:
        """Those of these words, folded, that the archive has: in how many revisions, counted up to `at_most`."""
        with self._store.read() as connection:
            return known_words(connection, words, at_most)

    def days(self) -> tuple[date, date] | None:
        """The first and the last day that records count under; None where there are none."""
        day = models.proceeding.c.day
        with self._store.read() as connection:
            # Each by itself: SQLite takes one end of an index from it, not both.
            ends = [connection.execute(select(end(day))).scalar() for end in (func.min, func.max)]
        return (ends[0], ends[1]) if ends[0] and ends[1] else None

    def facets(
        self,
        query: Query | None,
        filters: Filters,
        names: Sequence[str],
        progress: Callable[[int], None] | None = None,
    ) -> Facets:
        """How many records pass, and how many of them by each facet: "body", "minister", "asker", "year", "party".

        `progress` is told how many were found so far.
        """
        from db.facets import facets  # noqa: PLC0415 (seldom needed, and made of what is here)

        with self._store.read() as connection:
            return facets(connection, query, filters, names, progress)

    def names(self, filter_name: str) -> list[str]:
        """Every name that a filter ("body", "asker", "minister", "party") may be given, in alphabetical order."""
        with self._store.read() as connection:
            return names(connection, filter_name)


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


# -- which revisions --------------------------------------------------------------------------------------------------


def revisions_passing(
    connection: Connection, query: Query | None, filters: Filters, after: Place | None = None
) -> Generator[_Found, None, None]:
    """The revisions that pass, in the order asked for; only those after a place."""
    if query is None:
        with closing(_scanned(connection, filters, named(connection, filters), after=after)) as rows:
            yield from (_Found(place_of(row), ()) for row in rows)
        return
    filters = narrowed(filters, query.conditions)
    if filters.by_relevance:
        yield from _by_relevance(connection, query, filters, after)
        return
    with closing(_read(connection, query.need, filters, after=after)) as read:
        for row, one in read:
            spans = query.spans(one.parts, one.forms, one.facts)
            if spans is not None:
                yield _Found(place_of(row), spans)


def _by_relevance(
    connection: Connection, query: Query, filters: Filters, after: Place | None
) -> Generator[_Found, None, None]:
    """The same, tier after tier. In each the index names what may be of it, or of those before."""
    settled: set[int] = set()  # rows that need not be looked at again: of a tier that is done, or found to hold nothing
    for tier, parts in enumerate(TIERS, 1):
        need = query.need if parts is None or query.need is None else within(query.need, parts)
        if need == NOWHERE or (after is not None and tier < after.tier):
            continue
        begin = after if after is not None and tier == after.tier else None
        with closing(_read(connection, need, filters, settled, after=begin)) as read:
            for row, one in read:
                spans = query.spans(one.parts, one.forms, one.facts)
                found = None if spans is None else tier_of(query, one.parts, one.forms, one.facts)
                if found is None or found <= tier:
                    settled.add(row)
                if spans is not None and found == tier:
                    yield _Found(place_of(row, tier), spans)


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
) -> Generator[tuple[int, Document], None, None]:
    """The revisions that pass the filters and may hold what is needed, in the order asked for, with their rows.

    `without`: rows that are passed over.
    """
    with closing(_possible(connection, need, filters, after)) as rows:
        for some in batches(row for row in rows if row not in without):
            ids = [revision_of(row) for row in some]
            yield from zip(some, documents(connection, ids), strict=True)


def held(connection: Connection, query: Query, filters: Filters) -> Generator[int, None, None]:
    """Row ids of the revisions that pass, in which the query holds, wherever."""
    with closing(_read(connection, query.need, narrowed(filters, query.conditions))) as read:
        yield from (one.revision_id for _, one in read if query.holds(one.parts, one.forms, one.facts))


def _count(connection: Connection, query: Query, filters: Filters, at_most: int | None = None) -> int:
    with closing(held(connection, query, filters)) as found:
        return sum(1 for _ in islice(found, at_most))


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
    chosen = models.revision.c.id > followed_to
    if connection.execute(select(models.revision.c.id).where(chosen).limit(1)).first() is None:
        return
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
    records = _records(models.revision.c.id.in_(bindparam("ids", expanding=True)))
    columns = [records.c[column] for column in by_name.columns]
    query = select(records.c.latest_revision_id, *columns).where(*conditions(filters, {}, records.c))
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
    columns = models.proceeding.c if chosen is None else _records(chosen).c
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
    table, revision = models.proceeding, models.revision
    of_record = (table.c.id == revision.c.proceeding_id) & (table.c.latest_revision_id == revision.c.id)
    columns = [table.c[name] for name in _LOOKED_AT]
    return select(*columns).join(revision, of_record).where(chosen).limit(_NO_LIMIT).subquery()


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


def _is_labelled(names: Sequence[str], columns: ColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Whether the answer has one of these labels; what the index has not reached has none yet."""
    label = models.label
    row = RowOf(columns.day, columns.latest_revision_id)
    return select(label.c.name).where(label.c.name.in_(names), label.c.row_number == row).exists()


def _is_of_topic(topic: str, revision_id: Column[int]) -> ColumnElement[bool]:
    """Whether a term of the topic that is still watched was found in a revision."""
    match, term = models.match, models.term
    found = (
        select(match.c.id)
        .join(term, term.c.id == match.c.term_id)
        .where(match.c.revision_id == revision_id, term.c.removed_at.is_(None))
    )
    if topic != ANY_TOPIC:
        found = found.join(models.topic, models.topic.c.id == term.c.topic_id).where(models.topic.c.key == topic)
    return found.exists()


# -- hits -------------------------------------------------------------------------------------------------------------


def _hits(connection: Connection, found: Mapping[int, _Found | None]) -> Iterator[Hit]:
    """Revisions by row id, as they were found, as hits in the same order; no more than a batch."""
    ids = list(found)
    revisions = load_ids(connection, ids)
    chosen: ColumnElement[bool] = models.revision.c.id.in_(ids)
    watched = load_matches(connection, chosen, models.term.c.removed_at.is_(None))
    rows = _rows(connection, chosen)
    for number, one in found.items():
        yield Hit(
            proceeding_id=rows[number].proceeding_id,
            revision=revisions[number],
            spans=one.spans if one else (),
            matches=tuple(watched.get(number, ())),
            first_seen_at=rows[number].first_seen_at,
            due_floor_on=rows[number].due_floor_on,
            place=one.place if one else None,
        )


def _rows(connection: Connection, chosen: ColumnElement[bool]) -> dict[int, Any]:
    table = models.proceeding
    query = (
        select(models.revision.c.id, table.c.id.label("proceeding_id"), table.c.first_seen_at, table.c.due_floor_on)
        .join(table, table.c.id == models.revision.c.proceeding_id)
        .where(chosen)
    )
    return {row.id: row for row in connection.execute(query)}
