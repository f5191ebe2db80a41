"""Searches of the archive: records as hits, counts and facets of them, and what the archive has at all.

A search is exact at any moment, and finds what a watch term would find (see db.filtered_search). Hits come in the order
asked for, as they are taken: the first few need little work, however many there are.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, bindparam, extract, func, select

from db import index_query, tables
from db.filtered_search import FilteredSearch, ScanBudget, batches, is_in_columns
from db.filters import conditions, matching_names, names
from db.matches import matches_where, read_matches
from db.records import load_ids
from monitor.model.archive import Facets, Hit
from monitor.model.index_query import PhraseRequirement

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from db.engine import Store
    from db.filtered_search import Found
    from db.index import Index
    from db.index_view import IndexView
    from monitor.model.archive import Filters, SearchPosition
    from monitor.ports import Query

SCANNED: Final = 3_000
"""Documents that are looked through to say how much more there is: some tenths of a second."""

_CHOSEN: Final = tables.revision.c.id.in_(bindparam("ids", expanding=True))
_WATCHED: Final = matches_where(_CHOSEN, tables.term.c.removed_at.is_(None))
_ROWS: Final = (
    select(
        tables.revision.c.id,
        tables.proceeding.c.id.label("proceeding_id"),
        tables.proceeding.c.first_seen_at,
        tables.proceeding.c.due_floor_on,
    )
    .join(tables.proceeding, tables.proceeding.c.id == tables.revision.c.proceeding_id)
    .where(_CHOSEN)
)


_FACETS: Final[Mapping[str, ColumnElement[Any]]] = {
    "body": tables.proceeding.c.body,
    "minister": tables.proceeding.c.minister,
    "speaker": tables.proceeding.c.speaker,
    "asker": tables.proceeding.c.asker,
    "year": extract("year", tables.proceeding.c.day),
    "party": tables.proceeding.c.asker_party,
}


class Search:
    """The archive as an instrument of search."""

    def __init__(self, store: Store, index: Index) -> None:
        self._store = store
        self._index = index

    def hits(
        self, query: Query | None, filters: Filters, *, limit: int | None = None, after: SearchPosition | None = None
    ) -> Generator[Hit, None, None]:
        """Find the newest revision of each record that passes, in the order that the filters ask for, with the spans.

        They are read while they are taken, all in one view of the archive. With `after`, those that come after a place.
        """
        with self._index.reading() as (archive, index):
            search = FilteredSearch(archive, index, query, filters)
            with closing(search.found(after)) as found:
                for batch in batches(islice(found, limit)):
                    yield from _hits(archive, {passing.place.revision: passing for passing in batch})

    def hits_of(self, revision_ids: Sequence[int]) -> list[Hit]:
        """Return these revisions as hits without a query, in the order given."""
        with self._store.read() as archive:
            return [hit for batch in batches(iter(revision_ids)) for hit in _hits(archive, dict.fromkeys(batch))]

    def count(
        self, query: Query | None, filters: Filters, *, at_most: int | None = None, after: SearchPosition | None = None
    ) -> int:
        """Count the records that pass; with a query, or after a place, no more than `at_most` are counted."""
        with self._index.reading() as (archive, index):
            if after is not None:
                with closing(FilteredSearch(archive, index, query, filters).found(after)) as found:
                    return sum(1 for _ in islice(found, at_most))
            if not is_in_columns(query, filters):
                return _count(archive, index, query, filters, at_most)
            table = tables.proceeding
            where = conditions(filters, matching_names(archive, filters), table.c)
            return int(archive.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    def more(self, query: Query | None, filters: Filters, after: SearchPosition, *, at_most: int) -> tuple[int, bool]:
        """Count the records after a place, as far as that is soon known, and say whether that is all of them.

        No more than `at_most` are counted, nor more documents looked through than `SCANNED`.
        """
        budget = ScanBudget(SCANNED)
        with (
            self._index.reading() as (archive, index),
            closing(FilteredSearch(archive, index, query, filters, budget).found(after)) as passing,
        ):
            found = sum(1 for _ in islice(passing, at_most))
        return found, found < at_most and not budget.is_spent

    def counts(self, queries: Sequence[Query], filters: Filters, *, at_most: int | None = None) -> list[int]:
        """Count the records that pass with each of these queries; no more than `at_most` are counted."""
        with self._index.reading() as (archive, index):
            return [_count(archive, index, query, filters, at_most) for query in queries]

    def known_words(self, words: Iterable[str], at_most: int) -> dict[str, int]:
        """Count, up to `at_most`, the revisions that have each of these words, folded; words that none has are left out.

        Only the index is asked. Words that stand only in the formulas of questions, or in names of offices, count for
        nothing: a search for them alone finds nothing.
        """
        asked = {word: index_query.fts5(PhraseRequirement((word,), is_alone=True, in_names=False)) for word in words}

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
    ) -> Facets:
        """Count the records that pass, and those under each "body", "minister", "speaker", "asker", "year" or "party".

        `progress` is told how many were found so far.
        """
        with self._index.reading() as (archive, index):
            if is_in_columns(query, filters):
                return _grouped(archive, filters, names)
            return _tallied(archive, FilteredSearch(archive, index, query, filters), names, progress)

    def names(self, filter_name: str) -> list[str]:
        """Return every name that a filter ("body", "asker", "minister", "speaker", "party") may be given, sorted."""
        with self._store.read() as archive:
            return names(archive, filter_name)


def _count(
    archive: Connection, index: IndexView, query: Query | None, filters: Filters, at_most: int | None = None
) -> int:
    with closing(FilteredSearch(archive, index, query, filters).revision_ids()) as found:
        return sum(1 for _ in islice(found, at_most))


def _hits(archive: Connection, found: Mapping[int, Found | None]) -> Iterator[Hit]:
    """Return revisions by row id, as they were found, as hits in the same order; no more than a batch."""
    ids = list(found)
    parts = {
        revision_id: passing.parts
        for revision_id, passing in found.items()
        if passing is not None and passing.parts is not None
    }
    revisions = load_ids(archive, ids, parts if len(parts) == len(ids) else None)
    watched = read_matches(archive.execute(_WATCHED, {"ids": ids}))
    rows = {row.id: row for row in archive.execute(_ROWS, {"ids": ids})}
    for revision_id, passing in found.items():
        row = rows[revision_id]
        yield Hit(
            proceeding_id=row.proceeding_id,
            revision=revisions[revision_id],
            spans=passing.spans if passing is not None else (),
            matches=tuple(watched.get(revision_id, ())),
            first_seen_at=row.first_seen_at,
            due_floor_on=row.due_floor_on,
            place=passing.place if passing is not None else None,
        )


# -- facets -----------------------------------------------------------------------------------------------------------


def _grouped(archive: Connection, filters: Filters, names: Sequence[str]) -> Facets:
    """Let the database count."""
    where = conditions(filters, matching_names(archive, filters), tables.proceeding.c)
    counts: dict[str, Counter[str | None]] = {}
    for name in names:
        value = _FACETS[name].label(name)
        rows = archive.execute(select(value, func.count().label("records")).where(*where).group_by(value))
        counts[name] = Counter({_value(row, name): row.records for row in rows})
    return Facets(total=sum(counts[names[0]].values()), counts=counts)


def _tallied(
    archive: Connection, search: FilteredSearch, names: Sequence[str], progress: Callable[[int], None] | None
) -> Facets:
    """Count what a search finds, batch after batch."""
    columns = [_FACETS[name].label(name) for name in names]
    table = tables.proceeding.join(tables.revision, tables.revision.c.proceeding_id == tables.proceeding.c.id)
    statement = select(*columns).select_from(table).where(_CHOSEN)
    total, counts = 0, {name: Counter[str | None]() for name in names}
    with closing(search.revision_ids()) as found:
        for ids in batches(found):
            rows = archive.execute(statement, {"ids": ids}).all()
            for name, counter in counts.items():
                counter.update(_value(row, name) for row in rows)
            total += len(ids)
            if progress is not None:
                progress(total)
    return Facets(total=total, counts=counts)


def _value(row: Row[Any], name: str) -> str | None:
    value = getattr(row, name)
    return None if value is None else str(value)
