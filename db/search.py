"""Searching the archive: the index names candidates, filters choose among them, the query's own matcher decides.

What the index does not hold yet is read through and merged in, so a search is exact at any moment, and what is found is
what a watch term would find. Hits come in the order asked for, as they are taken: the first few need little work, however
many there are.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select

from db import models
from db.documents import documents
from db.index import candidates, revision_of, row_of, rows_between, standing_of
from db.records import load_ids
from db.watch import load_matches
from monitor.holdings import Filters, Hit
from monitor.terms.meaning import is_named

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnCollection, ColumnElement, Connection, Select, Subquery

    from db.base import Store
    from monitor.holdings import Document
    from monitor.model import Match
    from monitor.ports import Query

    Names = Mapping[str, Sequence[str]]

ANY_TOPIC = "*"
"""Stands in `Filters.topic` for all topics: what any watched term found."""

_NAMES = {"body": "body", "asker": "asker", "minister": "minister", "party": "asker_party"}
"""The filters by name, and the columns that they look at."""

_LISTS: Final = {"house": "houses", "kind": "kinds"}
"""The filters of a query that have one value, and where several stand in `Filters`."""

_FIRST: Final = 32
"""What is read at first; then twice as much each time, up to `_MOST`."""

_MOST: Final = 500

_NO_LIMIT: Final = 2**31


class Search:
    """The archive as an instrument."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def hits(self, query: Query | None, filters: Filters, *, limit: int | None = None) -> Generator[Hit, None, None]:
        """The newest revision of each record that passes, newest first (oldest first where asked), with the spans.

        They are read while they are taken, all in one view of the archive.
        """
        with self._store.read() as connection, closing(_passing(connection, query, filters)) as passing:
            for some in _batches(islice(passing, limit)):
                yield from _hits(connection, dict(some))

    def hits_of(self, revision_ids: Sequence[int]) -> list[Hit]:
        """These revisions as hits without a query, in the order given."""
        with self._store.read() as connection:
            return [hit for some in _batches(iter(revision_ids)) for hit in _hits(connection, dict.fromkeys(some, ()))]

    def count(self, query: Query | None, filters: Filters, *, at_most: int | None = None) -> int:
        """How many records pass; with a query no more than `at_most` are counted."""
        with self._store.read() as connection:
            if query is not None:
                return _count(connection, query, filters, at_most)
            table = models.proceeding
            passing = (
                select(func.count())
                .select_from(table)
                .where(*_conditions(filters, _named(connection, filters), table.c))
            )
            return int(connection.execute(passing).scalar_one())

    def counts(self, queries: Sequence[Query], filters: Filters) -> list[int]:
        """How many records pass with each of these queries."""
        with self._store.read() as connection:
            return [_count(connection, query, filters) for query in queries]

    def names(self, filter_name: str) -> list[str]:
        """Every name that a filter ("body", "asker", "minister", "party") may be given, in alphabetical order."""
        with self._store.read() as connection:
            return _names(connection, filter_name)


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


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    """Some items at a time, more each time."""
    size = _FIRST
    while some := list(islice(items, size)):
        yield some
        size = min(2 * size, _MOST)


# -- which revisions --------------------------------------------------------------------------------------------------


def _passing(
    connection: Connection, query: Query | None, filters: Filters
) -> Generator[tuple[int, tuple[Match, ...]], None, None]:
    """Revision row ids that pass, with the query's spans, in the order asked for."""
    if query is None:
        with closing(_scanned(connection, filters, _named(connection, filters))) as rows:
            yield from ((revision_of(row), ()) for row in rows)
        return
    with closing(_read(connection, query, narrowed(filters, query.conditions))) as read:
        for one in read:
            spans = query.spans(one.parts, one.forms, one.facts)
            if spans is not None:
                yield one.revision_id, spans


def _read(connection: Connection, query: Query, filters: Filters) -> Generator[Document, None, None]:
    """The revisions that pass the filters and in which the query may stand, in the order asked for."""
    standing = standing_of(connection)
    with closing(_possible(connection, query, filters)) as rows:
        for some in _batches(map(revision_of, rows)):
            yield from documents(connection, some, standing)


def _count(connection: Connection, query: Query, filters: Filters, at_most: int | None = None) -> int:
    with closing(_read(connection, query, narrowed(filters, query.conditions))) as read:
        held = (one for one in read if query.holds(one.parts, one.forms, one.facts))
        return sum(1 for _ in islice(held, at_most))


def _possible(connection: Connection, query: Query, filters: Filters) -> Generator[int, None, None]:
    """Rows (as the index numbers them) that pass the filters and in which the query may stand, in the order asked for."""
    names = _named(connection, filters)
    need, indexed_to = query.need, standing_of(connection).indexed_to
    days = rows_between(filters.first, filters.last)
    named = None if need is None else candidates(connection, need, days, oldest_first=filters.oldest_first)
    if named is None or not indexed_to:
        with closing(_scanned(connection, filters, names)) as rows:
            yield from rows
        return
    with (
        closing(_newest(connection, named, filters, names)) as found,
        closing(_scanned(connection, filters, names, after=indexed_to)) as rest,
    ):
        yield from merge(found, rest, reverse=not filters.oldest_first)


def _newest(
    connection: Connection, named: Generator[int, None, None], filters: Filters, names: Names
) -> Generator[int, None, None]:
    """Those of the rows named that are the newest of their record, and pass."""
    records = _records(models.revision.c.id.in_(bindparam("ids", expanding=True)))
    query = select(records.c.latest_revision_id).where(*_conditions(filters, names, records.c))
    with closing(named):
        for some in _batches(named):
            passing = set(connection.execute(query, {"ids": [revision_of(row) for row in some]}).scalars())
            yield from (row for row in some if revision_of(row) in passing)


def _scanned(connection: Connection, filters: Filters, names: Names, after: int = 0) -> Generator[int, None, None]:
    """Rows of the newest revisions that pass, in the order asked for, without the index; only those after a row id."""
    columns = _records(models.revision.c.id > after).c if after else models.proceeding.c
    day, number = columns.day, columns.latest_revision_id
    order = (
        (day.asc().nulls_first(), number.asc()) if filters.oldest_first else (day.desc().nulls_last(), number.desc())
    )
    query = select(day, number).where(*_conditions(filters, names, columns))
    # The database keeps the rest until it is asked for.
    with connection.execute(query.order_by(*order), execution_options={"yield_per": 1000}) as result:
        yield from (row_of(on, one) for on, one in result)


def _named(connection: Connection, filters: Filters) -> Names:
    """For each filter by the words of a name: the names in the archive that have them, by the column they stand in."""
    wanted = {name: getattr(filters, name) for name in _NAMES}
    return {
        _NAMES[name]: [one for one in _names(connection, name) if is_named(one, words)]
        for name, words in wanted.items()
        if words
    }


def _records(chosen: ColumnElement[bool]) -> Subquery:
    """The records whose newest revision is chosen.

    Its limit, which it never reaches, keeps the database from beginning with a filter, of which it expects too much.
    """
    table, revision = models.proceeding, models.revision
    of_record = (table.c.id == revision.c.proceeding_id) & (table.c.latest_revision_id == revision.c.id)
    return select(table).join(revision, of_record).where(chosen).limit(_NO_LIMIT).subquery()


def _conditions(filters: Filters, names: Names, columns: ColumnCollection[str, Any]) -> list[ColumnElement[bool]]:
    """What a record, whose columns these are, must be, to pass."""
    found: list[ColumnElement[bool]] = [columns.latest_revision_id.is_not(None)]
    found += [columns.day >= filters.first] if filters.first else []
    found += [columns.day <= filters.last] if filters.last else []
    exact: Mapping[str, Sequence[str]] = {"house": filters.houses, "kind": filters.kinds, "state": filters.states}
    found += [columns[column].in_(values) for column, values in exact.items() if values]
    found += [columns[column].in_(values) for column, values in names.items()]
    if filters.topic is not None:
        found.append(_is_of_topic(filters.topic, columns.latest_revision_id))
    if filters.ids is not None:
        found.append(columns.id.in_(filters.ids))
    return found


def _names(connection: Connection, filter_name: str) -> list[str]:
    column = models.proceeding.c[_NAMES[filter_name]]
    names = _leaps(column) if filter_name == "body" else select(column).where(column.is_not(None)).distinct()
    return sorted(connection.execute(names).scalars())


def _leaps(column: Column[str]) -> Select[str]:
    """All values of a column that has an index: from each the next greater one is looked up, as they are few."""
    found = select(func.min(column).label("value")).cte("found", recursive=True)
    greater = select(func.min(column)).where(column > found.c.value).scalar_subquery()
    found = found.union_all(select(greater).where(found.c.value.is_not(None)))
    return select(found.c.value).where(found.c.value.is_not(None))


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


def _hits(connection: Connection, found: Mapping[int, tuple[Match, ...]]) -> Iterator[Hit]:
    """Revisions by row id, with the query's spans, as hits in the same order; no more than a batch."""
    ids = list(found)
    revisions = load_ids(connection, ids)
    chosen: ColumnElement[bool] = models.revision.c.id.in_(ids)
    watched = load_matches(connection, chosen, models.term.c.removed_at.is_(None))
    rows = _rows(connection, chosen)
    for one, spans in found.items():
        yield Hit(
            proceeding_id=rows[one].proceeding_id,
            revision=revisions[one],
            spans=spans,
            matches=tuple(watched.get(one, ())),
            first_seen_at=rows[one].first_seen_at,
            due_floor_on=rows[one].due_floor_on,
        )


def _rows(connection: Connection, chosen: ColumnElement[bool]) -> dict[int, Any]:
    table = models.proceeding
    query = (
        select(models.revision.c.id, table.c.id.label("proceeding_id"), table.c.first_seen_at, table.c.due_floor_on)
        .join(table, table.c.id == models.revision.c.proceeding_id)
        .where(chosen)
    )
    return {row.id: row for row in connection.execute(query)}
