"""Searching the archive: records as hits, counts and facets of them, and what the archive has at all.

A search is exact at any moment, and what is found is what a watch term would find (db.passing says how). Hits come in the
order asked for, as they are taken: the first few need little work, however many there are.
"""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, select

from db import tables
from db.facets import facets
from db.matches import matches_where, read_matches
from db.names import named, names
from db.passing import Patience, batches, conditions, held, revisions_passing
from db.records import load_ids
from db.vocabulary import known_words
from monitor.model.archive import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from db.lease import Store
    from db.passing import Found
    from monitor.model.archive import Facets, Filters, Place
    from monitor.ports import Query

PATIENCE: Final = 3_000
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
            table = tables.proceeding
            passed = (
                select(func.count()).select_from(table).where(*conditions(filters, named(connection, filters), table.c))
            )
            return int(connection.execute(passed).scalar_one())

    def more(self, query: Query | None, filters: Filters, after: Place, *, at_most: int) -> tuple[int, bool]:
        """How many records come after a place, as far as that is soon known, and whether that is all of them.

        No more than `at_most` are counted, nor more documents looked through than `PATIENCE`.
        """
        patience = Patience(PATIENCE)
        with (
            self._store.read() as connection,
            closing(revisions_passing(connection, query, filters, after, patience)) as passing,
        ):
            found = sum(1 for _ in islice(passing, at_most))
        return found, found < at_most and not patience.is_over

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
        day = tables.proceeding.c.day
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
        """How many records pass, and of these by each facet: "body", "minister", "speaker", "asker", "year", "party".

        `progress` is told how many were found so far.
        """
        with self._store.read() as connection:
            return facets(connection, query, filters, names, progress)

    def names(self, filter_name: str) -> list[str]:
        """Every name that a filter ("body", "asker", "minister", "speaker", "party") may be given, in alphabetical order."""
        with self._store.read() as connection:
            return names(connection, filter_name)


def _count(connection: Connection, query: Query, filters: Filters, at_most: int | None = None) -> int:
    with closing(held(connection, query, filters)) as found:
        return sum(1 for _ in islice(found, at_most))


def _hits(connection: Connection, found: Mapping[int, Found | None]) -> Iterator[Hit]:
    """Revisions by row id, as they were found, as hits in the same order; no more than a batch."""
    ids = list(found)
    parts = {number: one.parts for number, one in found.items() if one and one.parts is not None}
    revisions = load_ids(connection, ids, parts if len(parts) == len(ids) else None)
    watched = read_matches(connection.execute(_WATCHED, {"ids": ids}))
    rows = {row.id: row for row in connection.execute(_ROWS, {"ids": ids})}
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
