"""Hits of a search, within a time: a search through everything for something rare could hold up all others."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.research.time_limit import time_limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.desk.desks import Desk
    from monitor.desk.search import ParsedSearch
    from monitor.model.search import Hit, SearchPosition

MOST_SECONDS: Final = 5.0
TOO_LONG: Final = "This search takes too long: narrow it by days, a body or rarer words."


@dataclass(frozen=True, slots=True)
class FoundHits:
    """Hits in order. `is_cut`: the time was over before as many were found as were asked for, so there may be more."""

    hits: list[Hit]
    is_cut: bool = False


def find_hits(
    desk: Desk,
    search: ParsedSearch,
    limit: int,
    after: SearchPosition | None,
    is_over: Callable[[], bool] | None = None,
) -> FoundHits:
    """Find up to `limit` hits after a place, as long as there is time: until `is_over`, else some seconds."""
    is_over = is_over or time_limit(MOST_SECONDS)
    with closing(
        desk.archive.search.hits(search.query, search.filters, limit=limit, after=after, is_over=is_over)
    ) as found:
        hits = list(found)
    return FoundHits(hits, is_cut=len(hits) < limit and is_over())
