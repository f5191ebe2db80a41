"""Filtered search: takes candidates from the index, filters them, and lets the matcher verify each.

Records come in the order asked for, and are read while they are taken. What the index does not hold yet is read through and
merged in; where the index turns out to be damaged, so is the rest of the archive. By relevance, the same is done for one
tier after the other, and records of another tier are passed over.
"""

from __future__ import annotations

from contextlib import closing
from heapq import merge
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from sqlalchemy import and_, bindparam, or_, select, true

from db import tables
from db.fts5_expression import NOWHERE, within
from db.index_file import IndexFailedError
from db.index_view import day_of, revision_of, row_of, rows_between
from db.records import documents
from db.rows import IDS, IS_NEWEST, load_parts, read_by_ids
from db.search_filters import COLUMNS, NameFilter, conditions, matching_names, narrowed
from db.time_limits import OutOfTimeError, in_time, rows_in_time
from monitor.model.search import Filters, SearchPosition
from monitor.parliament.answer_labels import label_answer
from monitor.terms.evaluate import LAST_TIER, RELEVANCE_TIERS, relevance_tier

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Subquery

    from db.index_view import IndexView
    from db.search_budgets import ScanBudget
    from monitor.model.index_query import IndexQuery
    from monitor.model.search import Document
    from monitor.model.watching import Match
    from monitor.ports import Query

_LOOKED_AT: Final = ("id", "latest_revision_id", "day", "house", "kind", "state", *COLUMNS.values())
"""Columns of a record that filters look at."""

_FIRST: Final = 24
"""Rows that are read at first; then half as many as were read before, up to `_MOST`."""

_MOST: Final = 500

_FEW: Final = 100
"""Rows that are put in order here, sooner than the index is asked for one tier after the other."""

_ASK_ALL: Final = 2
"""The tier before which `_FEW` is tried: the first tier, of headings, is found without the others."""

_NO_LIMIT: Final = 2**31


class FoundRevision(NamedTuple):
    """A revision that passes: its place in the order, the spans of the query, and the texts, where they were read."""

    place: SearchPosition
    spans: tuple[Match, ...] = ()
    parts: Mapping[str, str] | None = None


_Placed: TypeAlias = "tuple[SearchPosition, Document]"
"""A revision that may pass, with its place in the order."""


def batches(items: Iterator[Any], first: int | None = None) -> Iterator[list[Any]]:
    """Take some items at a time: `first` of them, or a few, and then half as many as were taken before."""
    size, taken = first or _FIRST, 0
    while batch := list(islice(items, size)):
        yield batch
        taken += size
        size = min(max(1, taken // 2), _MOST)


def place_of(row: int, tier: int = 0) -> SearchPosition:
    """Return where a row of the index stands in the order of a search."""
    return SearchPosition(tier, day_of(row), revision_of(row))


def is_in_columns(query: Query | None, filters: Filters) -> bool:
    """Say whether the columns of records alone tell which of them pass."""
    return query is None and not filters.labels


class FilteredSearch:
    """One search of one state of the archive and of its index."""

    def __init__(
        self,
        archive: Connection,
        index: IndexView,
        query: Query | None,
        filters: Filters,
        budget: ScanBudget | None = None,
    ) -> None:
        self._archive = archive
        self._index = index
        self._query = query
        self._filters = filters if query is None else narrowed(filters, query.conditions)
        self._budget = budget

    @property
    def is_cut_off(self) -> bool:
        """True where the budget was spent, so that there may be more than was found."""
        return self._budget is not None and self._budget.is_spent

    def found(self, after: SearchPosition | None = None) -> Generator[FoundRevision, None, None]:
        """Find the revisions that pass, in the order asked for: only those after a place, and as far as the budget goes."""
        query = self._query
        if query is None:
            with closing(self._rows(None, after)) as rows:
                yield from (FoundRevision(place_of(row)) for row in rows)
            return
        with closing(self._in_order(query, after, by_relevance=self._filters.by_relevance)) as read:
            for place, document in read:
                spans = query.spans(document.parts, document.forms, document.facts)
                if spans is not None:
                    yield FoundRevision(place, spans, document.parts)

    def revision_ids(self, after: SearchPosition | None = None) -> Generator[int, None, None]:
        """Find the row ids of the revisions that pass, without the spans: only those after a place, else in any order."""
        query = self._query
        if query is None:
            with closing(self._rows(None, after)) as rows:
                yield from map(revision_of, rows)
            return
        by_relevance = self._filters.by_relevance and after is not None
        with closing(self._in_order(query, after, by_relevance=by_relevance)) as read:
            yield from (document.revision_id for _, document in read if self.holds(document))

    def days(self) -> Generator[date | None, None, None]:
        """Find the days of the records that pass, newest first unless the filters ask for another order."""
        with closing(self.rows()) as rows:
            for batch in batches(rows):
                read = documents(self._archive, [revision_of(row) for row in batch])
                yield from (day_of(row) for row, document in zip(batch, read, strict=True) if self.holds(document))

    def rows(self) -> Generator[int, None, None]:
        """Return rows of revisions that may pass, newest first unless the filters ask for another order."""
        yield from self._rows(None if self._query is None else self._query.need, None)

    def holds(self, document: Document) -> bool:
        """Return whether a revision passes that one of `rows` names."""
        return self._query is None or self._query.holds(document.parts, document.forms, document.facts)

    def _in_order(
        self, query: Query, after: SearchPosition | None, *, by_relevance: bool
    ) -> Generator[_Placed, None, None]:
        """Read what may pass, with its place in the order by relevance or by day."""
        if by_relevance:
            yield from self._by_relevance(query, after)
            return
        with closing(self._read(query.need, after=after)) as read:
            yield from ((place_of(row), document) for row, document in read)

    # -- by relevance --

    def _by_relevance(self, query: Query, after: SearchPosition | None) -> Generator[_Placed, None, None]:
        """Read what may pass, tier after tier. For each, the index names records that may be of it, or of those before.

        That is soon asked for the first tier alone; where there are few of all others, they are found in one look. Else the
        last tier goes on behind the rows of that look.
        """
        settled: set[int] = set()  # rows that need no second look: of a tier that is done, or found to hold nothing
        seen: list[int] = []  # the first rows that may hold what is needed
        for tier, parts in enumerate(RELEVANCE_TIERS, 1):
            need = query.need if parts is None or query.need is None else within(query.need, parts)
            if need == NOWHERE or (after is not None and tier < after.tier):
                continue
            if tier == _ASK_ALL:
                seen = self._first_rows(query.need, settled)
                if len(seen) <= _FEW:
                    if self._budget is not None:
                        self._budget.spend(len(seen))
                    yield from self._sorted_by_tier(query, seen, after)
                    return
            begin = after if after is not None and tier == after.tier else None
            known = seen if need == query.need and begin is None else ()
            with closing(self._read(need, settled, after=begin, known=known)) as read:
                yield from _of_tier(query, tier, settled, read)

    def _first_rows(self, need: IndexQuery | None, without: Collection[int]) -> list[int]:
        """Return the first rows, one more than `_FEW`, that pass the filters and may hold what is needed."""
        with closing(self._rows(need, None, at_once=_FEW + 1)) as rows:
            return list(islice((row for row in rows if row not in without), _FEW + 1))

    def _sorted_by_tier(self, query: Query, rows: Sequence[int], after: SearchPosition | None) -> Iterator[_Placed]:
        """Read these rows, by tier, and within a tier in the order given; only what comes after a place."""
        read = documents(self._archive, [revision_of(row) for row in rows])
        first, last = self._range(rows_between(None, None), after)
        tiers: dict[int, list[tuple[int, Document]]] = {}
        for row, document in zip(rows, read, strict=True):
            tier = relevance_tier(query, document.parts, document.forms, document.facts) or LAST_TIER
            if after is None or tier > after.tier or (tier == after.tier and first <= row <= last):
                tiers.setdefault(tier, []).append((row, document))
        for tier in sorted(tiers):
            yield from ((place_of(row, tier), document) for row, document in tiers[tier])

    # -- rows --

    def _read(
        self,
        need: IndexQuery | None,
        without: Collection[int] = (),
        *,
        after: SearchPosition | None = None,
        known: Sequence[int] = (),
    ) -> Generator[tuple[int, Document], None, None]:
        """Read what passes the filters and may hold what is needed, in the order asked for, with the rows.

        `without`: rows that are passed over; `known`: the first rows, if they were asked for before.
        """
        with closing(self._rows(need, place_of(known[-1]) if known else after)) as rows:
            for batch in batches(row for row in chain(known, rows) if row not in without):
                if self._budget is not None:
                    if self._budget.is_spent:
                        return
                    self._budget.spend(len(batch))
                ids = [revision_of(row) for row in batch]
                yield from zip(batch, documents(self._archive, ids), strict=True)

    def _rows(
        self, need: IndexQuery | None, after: SearchPosition | None, *, at_once: int | None = None
    ) -> Generator[int, None, None]:
        """Return rows that pass the filters and may hold what is needed, in the order asked for.

        `at_once`: rows that are filtered together at first.
        """
        last: int | None = None
        try:
            with closing(self._rows_by_index(need, after, at_once)) as rows:
                for row in rows:
                    last = row
                    yield row
        except IndexFailedError:  # the index is empty now
            with closing(self._scanned(after if last is None else place_of(last))) as rows:
                yield from rows

    def _rows_by_index(
        self, need: IndexQuery | None, after: SearchPosition | None, at_once: int | None
    ) -> Generator[int, None, None]:
        """Return the same, as far as the index can be asked."""
        filters = self._filters
        candidates = self._index.candidates(
            need,
            self._range(rows_between(filters.first, filters.last), after),
            labels=filters.labels,
            oldest_first=filters.oldest_first,
        )
        if candidates is None:
            with closing(self._scanned(after)) as scanned:
                yield from scanned
            return
        with closing(self._newest(candidates, at_once)) as indexed, closing(self._not_reached(after)) as rest:
            yield from merge(indexed, rest, reverse=not filters.oldest_first)

    def _range(self, rows: tuple[int, int], after: SearchPosition | None) -> tuple[int, int]:
        """Return the rows from one to another that come after a place."""
        first, last = rows
        if after is None:
            return rows
        row = row_of(after.day, after.revision)
        return (max(first, row + 1), last) if self._filters.oldest_first else (first, min(last, row - 1))

    def _newest(self, candidates: Generator[int, None, None], at_once: int | None) -> Generator[int, None, None]:
        """Return those of the rows that are the newest of their record, and pass."""
        name_filter = NameFilter(self._filters)
        columns = [_NEWEST.c[column] for column in name_filter.columns]
        chosen = conditions(self._filters, {}, _NEWEST.c)
        is_plain = len(chosen) == len(_PLAIN) and not columns
        query = None if is_plain else select(_NEWEST.c.latest_revision_id, *columns).where(*chosen)
        with closing(candidates):
            for batch in batches(candidates, at_once):
                if self.is_cut_off:
                    return
                ids = [revision_of(row) for row in batch]
                if query is None:
                    passing = {number for (number,) in read_by_ids(self._archive, _ANY, ids)}
                else:
                    result = self._archive.execute(query, {"ids": ids})
                    passing = {record.latest_revision_id for record in result if name_filter.passes(record)}
                yield from (row for row in batch if revision_of(row) in passing)

    def _not_reached(self, after: SearchPosition | None) -> Generator[int, None, None]:
        """Return rows that pass, of the revisions that the index does not hold yet: seldom any."""
        if self._archive.execute(_BEYOND, {"indexed_to": self._index.indexed_to}).first() is not None:
            with closing(self._scanned(after, tables.revision.c.id > self._index.indexed_to)) as rows:
                yield from rows

    def _scanned(
        self, after: SearchPosition | None, chosen: ColumnElement[bool] | None = None
    ) -> Generator[int, None, None]:
        """Return rows of the newest revisions that pass, in the order asked for, without the index.

        Only those of the chosen revisions, and after a place.
        """
        columns = tables.proceeding.c if chosen is None else _records(chosen).c
        day, number = columns.day, columns.latest_revision_id
        is_oldest_first = self._filters.oldest_first
        order = (day.asc().nulls_first(), number.asc()) if is_oldest_first else (day.desc().nulls_last(), number.desc())
        must_end = self._budget.must_end if self._budget is not None else None
        try:
            with in_time(self._archive, must_end):
                names = matching_names(self._archive, self._filters)
            query = select(day, number).where(*conditions(self._filters, names, columns)).order_by(*order)
            for stretch in _stretches_after(after, day, number, is_oldest_first=is_oldest_first):
                with closing(rows_in_time(self._archive, query.where(stretch), must_end)) as found:
                    rows = (row_of(on, revision_id) for on, revision_id in found)
                    yield from self._labelled(rows) if self._filters.labels else rows
        except OutOfTimeError:
            if self._budget is not None:
                self._budget.is_broken_off = True

    def _labelled(self, rows: Iterator[int]) -> Iterator[int]:
        """Return those of the rows whose answers have one of the labels asked for."""
        for batch in batches(rows):
            parts = load_parts(self._archive, [revision_of(row) for row in batch])
            for row in batch:
                answer = parts.get(revision_of(row), {}).get("answer", "")
                if any(label.name in self._filters.labels for label in label_answer(answer)):
                    yield row


def _of_tier(
    query: Query, tier: int, settled: set[int], read: Iterable[tuple[int, Document]]
) -> Generator[_Placed, None, None]:
    """Choose the records of one tier among those read, and note each row that needs no second look."""
    for row, document in read:
        found = relevance_tier(query, document.parts, document.forms, document.facts, up_to=tier)
        if found is None:
            continue
        settled.add(row)
        if found == tier:
            yield place_of(row, tier), document


def _stretches_after(
    place: SearchPosition | None, day: Any, number: Any, *, is_oldest_first: bool
) -> list[ColumnElement[bool]]:
    """Return conditions of the records that come after a place, in this order; those without a day are the oldest.

    Each is a range of days, so that the database begins at the place and does not walk there from the first record.
    """
    if place is None:
        return [true()]
    same_day_on = number > place.revision if is_oldest_first else number < place.revision
    if place.day is None:
        own = and_(day.is_(None), same_day_on)
        return [own, day.is_not(None)] if is_oldest_first else [own]
    if is_oldest_first:
        return [and_(day >= place.day, or_(day > place.day, same_day_on))]
    return [and_(day <= place.day, or_(day < place.day, same_day_on)), day.is_(None)]


def _records(chosen: ColumnElement[bool]) -> Subquery:
    """Return the records whose newest revision is chosen.

    Its limit, which it never reaches, keeps the database from beginning with a filter, of which it expects too much.
    """
    table, revision = tables.proceeding, tables.revision
    columns = [table.c[name] for name in _LOOKED_AT]
    return select(*columns).join(revision, IS_NEWEST).where(chosen).limit(_NO_LIMIT).subquery()


_NEWEST: Final = _records(tables.revision.c.id.in_(IDS))
"""The records of some revisions, by row id, if these are their newest: made once, as is what is asked without a filter."""

_ANY: Final = (
    "SELECT revision.id FROM revision JOIN proceeding ON proceeding.id = revision.proceeding_id"
    " AND proceeding.latest_revision_id = revision.id WHERE revision.id IN"
)

_PLAIN: Final = conditions(Filters(), {}, _NEWEST.c)
_BEYOND: Final = select(tables.revision.c.id).where(tables.revision.c.id > bindparam("indexed_to")).limit(1)
