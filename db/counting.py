"""Counts of several searches at once: each document that they name is read once for all of them."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from db.filtered_search import batches
from db.index_view import revision_of
from db.records import documents

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sqlalchemy import Connection

    from db.filtered_search import FilteredSearch
    from monitor.model.search import Document


@dataclass(slots=True, eq=False)
class _Count:
    """Number of records that a search has found so far, no more than `at_most`."""

    search: FilteredSearch
    at_most: int | None
    found: int = 0

    @property
    def is_done(self) -> bool:
        return self.at_most is not None and self.found >= self.at_most

    def rows(self) -> Generator[tuple[int, _Count], None, None]:
        """Give the rows that the search may find, until enough were found."""
        with closing(self.search.rows()) as rows:
            for row in rows:
                if self.is_done:
                    return
                yield row, self

    def look_at(self, document: Document) -> None:
        """Count a document if the search finds it."""
        if not self.is_done and self.search.holds(document):
            self.found += 1


def count_each(
    archive: Connection, searches: Sequence[FilteredSearch], *, at_most: int | None, is_oldest_first: bool = False
) -> list[int]:
    """Count what each of some searches in the same order finds. Counting ends early where one of them is cut off."""
    counts = [_Count(search, at_most) for search in searches]
    with ExitStack() as stack:
        named = [stack.enter_context(closing(count.rows())) for count in counts]
        by_row = groupby(merge(*named, key=itemgetter(0), reverse=not is_oldest_first), key=itemgetter(0))
        for batch in batches((row, [count for _, count in same]) for row, same in by_row):
            if any(search.is_cut_off for search in searches):
                break
            read = documents(archive, [revision_of(row) for row, _ in batch])
            for (_, asking), document in zip(batch, read, strict=True):
                for count in asking:
                    count.look_at(document)
    return [count.found for count in counts]
