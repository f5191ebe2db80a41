"""Searches of the archive: records as hits, and counts and facets of them.

A search is exact at any moment, and finds what a watch term would find (see db.filtered_search). Hits come in the order
asked for, as they are taken: the first few need little work, however many there are.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, String, cast, extract, func, select

from db import tables
from db.counting import count_each
from db.filtered_search import FilteredSearch, batches, is_in_columns
from db.fts5_expression import fts5
from db.matches import matches_where, read_matches
from db.records import load_ids, revisions_of
from db.rows import IDS, load_parts
from db.search_budgets import ScanBudget, SoonBudget, TimeBudget
from db.search_filters import COLUMNS, conditions, matching_names, names
from db.time_limits import OutOfTimeError, in_time
from monitor.model.index_query import PhraseRequirement
from monitor.model.search import BODY_IN_YEAR, Facets, Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from db.filtered_search import FoundRevision
    from db.index import Index
    from db.index_view import IndexView
    from db.store import Store
    from monitor.model.records import Proceeding
    from monitor.model.search import Filters, SearchPosition
    from monitor.ports import Query


SCANNED: Final = 3_000
"""Documents that are looked through to say how much more there is: some tenths of a second."""

SURELY: Final = 70
"""Documents that are looked through for facets however long it takes: some hundredths of a second."""

_CHOSEN: Final = tables.revision.c.id.in_(IDS)
_WATCHED: Final = matches_where(_CHOSEN, tables.term.c.removed_at.is_(None))
_ROWS: Final = (
    select(
        *(
            tables.revision.c[name]
            for name in ("id", "proceeding_id", "number", "seen_at", "events", "is_news", "facts")
        ),
        tables.proceeding.c.first_seen_at,
        tables.proceeding.c.due_floor_on,
    )
    .join(tables.proceeding, tables.proceeding.c.id == tables.revision.c.proceeding_id)
    .where(_CHOSEN)
)


_FACETS: Final[Mapping[str, ColumnElement[Any]]] = {
    **{name: tables.proceeding.c[column] for name, column in COLUMNS.items()},
    "year": extract("year", tables.proceeding.c.day),
    BODY_IN_YEAR: tables.proceeding.c.house
    + "/"
    + func.coalesce(cast(extract("year", tables.proceeding.c.day), String), "")
    + "/"
    + tables.proceeding.c.body,
}


class Search:
    """The archive as an instrument of search."""

    def __init__(self, store: Store, index: Index) -> None:
        self._store = store
        self._index = index

    def hits(
        self,
        query: Query | None,
        filters: Filters,
        *,
        limit: int | None = None,
        after: SearchPosition | None = None,
        is_over: Callable[[], bool] | None = None,
    ) -> Generator[Hit, None, None]:
        """Find the newest revision of each record that passes, in the order that the filters ask for, with the spans.

        They are read while they are taken, all in one view of the archive. With `after`, those that come after a place. It
        ends early where `is_over`, asked now and then, says that this has taken too long.
        """
        with self._index.reading() as (archive, index):
            search = FilteredSearch(archive, index, query, filters, TimeBudget(is_over) if is_over else None)
            with closing(search.found(after)) as found:
                for batch in batches(islice(found, limit)):
                    yield from _hits(archive, {passing.place.revision: passing for passing in batch})

    def neighbours(
        self, place: SearchPosition, among: Sequence[Filters], *, is_over: Callable[[], bool] | None = None
    ) -> list[tuple[Proceeding | None, Proceeding | None]]:
        """Find the record before and the record after a place, by day, for each of these filters.

        Records are not looked for any more where `is_over` says that this has taken too long.
        """
        with self._index.reading() as (archive, index):
            found = []
            for filters in among:
                for is_oldest_first in (False, True):
                    budget = TimeBudget(is_over) if is_over else None
                    search = FilteredSearch(
                        archive, index, None, replace(filters, oldest_first=is_oldest_first), budget
                    )
                    with closing(search.found(place)) as passing:
                        found.append(next((following.place.revision for following in passing), None))
            records = load_ids(archive, [revision_id for revision_id in dict.fromkeys(found) if revision_id])
        shown = [records[revision_id].proceeding if revision_id else None for revision_id in found]
        return list(zip(shown[::2], shown[1::2], strict=True))

    def hits_of(self, revision_ids: Sequence[int]) -> list[Hit]:
        """Return these revisions as hits without a query, in the order given."""
        with self._store.read() as archive:
            return [hit for batch in batches(iter(revision_ids)) for hit in _hits(archive, dict.fromkeys(batch))]

    def count(
        self,
        query: Query | None,
        filters: Filters,
        *,
        at_most: int | None = None,
        after: SearchPosition | None = None,
        is_over: Callable[[], bool] | None = None,
    ) -> int:
        """Count the records that pass, no more than `at_most`.

        Counting ends early where `is_over`, asked now and then, says that this has taken too long; without a query it is
        then 0.
        """
        budget = TimeBudget(is_over) if is_over else None
        with self._index.reading() as (archive, index):
            if after is None and is_in_columns(query, filters):
                try:
                    with in_time(archive, is_over):
                        return _count_rows(archive, filters, at_most)
                except OutOfTimeError:
                    return 0
            with closing(FilteredSearch(archive, index, query, filters, budget).revision_ids(after)) as found:
                return sum(1 for _ in islice(found, at_most))

    def more(
        self,
        query: Query | None,
        filters: Filters,
        after: SearchPosition,
        *,
        at_most: int,
        documents: int | None = None,
        must_end: Callable[[], bool] | None = None,
    ) -> tuple[int, bool]:
        """Count the records after a place, as far as that is soon known, and say whether that is all of them.

        No more than `at_most` are counted, nor more than so many `documents` looked through, by default `SCANNED`. Where
        `must_end` says so, a statement of the database is broken off.
        """
        budget = ScanBudget(SCANNED if documents is None else documents, must_end)
        with (
            self._index.reading() as (archive, index),
            closing(FilteredSearch(archive, index, query, filters, budget).revision_ids(after)) as passing,
        ):
            found = sum(1 for _ in islice(passing, at_most))
        return found, found < at_most and not budget.is_spent

    def counts(
        self,
        queries: Sequence[Query],
        filters: Filters,
        *,
        at_most: int | None = None,
        is_over: Callable[[], bool] | None = None,
    ) -> list[int]:
        """Count the records that pass with each of these queries; no more than `at_most` are counted.

        Counting ends early where `is_over`, asked now and then, says that this has taken too long.
        """
        budget = TimeBudget(is_over) if is_over else None
        with self._index.reading() as (archive, index):
            searches = [FilteredSearch(archive, index, query, filters, budget) for query in queries]
            return count_each(archive, searches, at_most=at_most, is_oldest_first=filters.oldest_first)

    def days_of(self, query: Query, filters: Filters) -> list[date | None]:
        """Return the day of each record that passes."""
        with (
            self._index.reading() as (archive, index),
            closing(FilteredSearch(archive, index, query, filters).days()) as found,
        ):
            return list(found)

    def known_words(self, words: Iterable[str], at_most: int) -> dict[str, int]:
        """Count, up to `at_most`, the revisions that have each of these words, folded; words that none has are left out.

        Only the index is asked. Words that stand only in the formulas of questions, or in names of offices, count for
        nothing: a search for them alone finds nothing.
        """
        asked = {word: fts5(PhraseRequirement((word,), is_alone=True, in_names=False)) for word in words}

        def count(_archive: Connection, index: IndexView) -> dict[str, int]:
            counts = {word: index.count_word(form, at_most) for word, form in asked.items() if form is not None}
            return {word: number for word, number in counts.items() if number}

        return self._index.ask(count)

    def days(self) -> tuple[date, date] | None:
        """Return the first and the last day that records count under; None where there are none."""
        day = tables.proceeding.c.day
        with self._store.read() as archive:
            # Each by itself: SQLite takes one end of an index from it, not both.
            ends = [archive.execute(select(end(day))).scalar() for end in (func.min, func.max)]
        return (ends[0], ends[1]) if ends[0] and ends[1] else None

    def facets(
        self,
        query: Query | None,
        filters: Filters,
        names: Sequence[str],
        progress: Callable[[int], None] | None = None,
        *,
        at_most: int | None = None,
        is_over: Callable[[], bool] = lambda: False,
        must_end: Callable[[], bool] | None = None,
    ) -> Facets:
        """Count the records that pass, and those under each "body", "minister", "speaker", "asker", "year" or "party".

        `progress` is told how many were found so far. With `at_most` no more records are counted, those that come first,
        nor more documents looked through, and where `is_over` says so, no more than `SURELY`; the result says whether that
        is all of them. Where `must_end` says so, a statement of the database is broken off.
        """
        budget = SoonBudget(SURELY, at_most, is_over, must_end) if at_most is not None else None
        with self._index.reading() as (archive, index):
            if is_in_columns(query, filters) and at_most is None:
                return _grouped(archive, filters, names)
            search = FilteredSearch(archive, index, query, filters, budget)
            return _tallied(archive, search, names, progress, at_most)

    def names(self, filter_name: str) -> list[str]:
        """Return every name that a filter ("body", "asker", "minister", "speaker", "party") may be given, sorted."""
        with self._store.read() as archive:
            return names(archive, filter_name)


def _count_rows(archive: Connection, filters: Filters, at_most: int | None) -> int:
    """Count in the database."""
    where = conditions(filters, matching_names(archive, filters), tables.proceeding.c)
    if at_most is None:
        counted = select(func.count()).select_from(tables.proceeding).where(*where)
    else:
        passing = select(tables.proceeding.c.id).where(*where).limit(at_most)
        counted = select(func.count()).select_from(passing.subquery())
    return int(archive.execute(counted).scalar_one())


def _hits(archive: Connection, found: Mapping[int, FoundRevision | None]) -> Iterator[Hit]:
    """Return revisions by row id, as they were found, as hits in the same order; no more than a batch."""
    ids = list(found)
    parts = {
        revision_id: passing.parts
        for revision_id, passing in found.items()
        if passing is not None and passing.parts is not None
    }
    rows = archive.execute(_ROWS, {"ids": ids}).all()
    revisions = revisions_of(archive, rows, parts if len(parts) == len(ids) else load_parts(archive, ids))
    watched = read_matches(archive.execute(_WATCHED, {"ids": ids}))
    read = {row.id: (row, revision) for row, revision in zip(rows, revisions, strict=True)}
    for revision_id, passing in found.items():
        row, revision = read[revision_id]
        yield Hit(
            proceeding_id=row.proceeding_id,
            revision=revision,
            spans=passing.spans if passing is not None else (),
            matches=tuple(watched.get(revision_id, ())),
            first_seen_at=row.first_seen_at,
            due_floor_on=row.due_floor_on,
            place=passing.place if passing is not None else None,
        )


# -- facets -----------------------------------------------------------------------------------------------------------


def _grouped(archive: Connection, filters: Filters, names: Sequence[str]) -> Facets:
    """Count in the database."""
    where = conditions(filters, matching_names(archive, filters), tables.proceeding.c)
    counts: dict[str, Counter[str | None]] = {}
    for name in names:
        value = _FACETS[name].label(name)
        rows = archive.execute(select(value, func.count().label("records")).where(*where).group_by(value))
        counts[name] = Counter({_value(row, name): row.records for row in rows})
    return Facets(total=sum(counts[names[0]].values()), counts=counts)


def _tallied(
    archive: Connection,
    search: FilteredSearch,
    names: Sequence[str],
    progress: Callable[[int], None] | None,
    at_most: int | None,
) -> Facets:
    """Count what a search finds, batch after batch."""
    columns = [_FACETS[name].label(name) for name in names]
    table = tables.proceeding.join(tables.revision, tables.revision.c.proceeding_id == tables.proceeding.c.id)
    statement = select(*columns).select_from(table).where(_CHOSEN)
    total, counts = 0, {name: Counter[str | None]() for name in names}
    with closing(search.revision_ids()) as found:
        for ids in batches(islice(found, at_most)):
            rows = archive.execute(statement, {"ids": ids}).all()
            for name, counter in counts.items():
                counter.update(_value(row, name) for row in rows)
            total += len(ids)
            if progress is not None:
                progress(total)
        is_whole = not search.is_cut_off and (total != at_most or next(found, None) is None)
    return Facets(total=total, counts=counts, is_whole=is_whole)


def _value(row: Row[Any], name: str) -> str | None:
    value = getattr(row, name)
    return None if value is None else str(value)
