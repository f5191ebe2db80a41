"""Facets of a search: values that its records have in common, each a link to a narrower search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from monitor.parliament.abbreviations import has_name
from monitor.presentation.wording import one_line, short_bodies
from monitor.research.body_facets import count_facets as counted_facets
from monitor.research.body_facets import count_of_line
from monitor.research.stats.tally import missing_value
from monitor.research.time_limit import time_limit
from monitor.web.rendering import path_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.desk.desks import Desk
    from monitor.desk.search import ParsedSearch, SearchForm
    from monitor.model.search import Facets

FACETS: Final = {
    "body": "Answering body",
    "minister": "Answered by",
    "asker": "Asked by",
    "year": "Year",
    "party": "Party of who asked",
}
MOST_COUNTED: Final = 1_000
"""Records that are counted, and documents that are looked through for that, as long as there is time."""
TIME: Final = 0.05
"""Seconds for that on the first page of a search."""
MOST_TIME: Final = 1.0
"""Seconds after which the database itself is stopped, which alone knows what passes filters without words."""
MOST_ASKED_FOR: Final = 5_000
TIME_ASKED_FOR: Final = 3.0
"""The same where somebody asks for more."""
SHOWN: Final = 6
MOST: Final = 40


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value with its number of records. `path` is "" where the search is not narrower with it.

    `found`: the records that the narrower search finds. It looks for the words of a name, which longer names may have too,
    or for all that a body came from and became. `more`: how the page says which these are.
    """

    words: str
    count: int
    path: str
    found: int = 0
    more: str = ""


@dataclass(frozen=True, slots=True)
class FacetList:
    """The values of a facet: the first few, and those that a click shows. `left_out`: how many are not shown at all."""

    name: str
    title: str
    first: tuple[FacetValue, ...]
    others: tuple[FacetValue, ...]
    left_out: int


def count_facets(desk: Desk, search: ParsedSearch, *, is_asked_for: bool = False) -> Facets:
    """Count what the records of a search have in common, as far as that is soon known; with `is_asked_for`, further."""
    at_most, time, most = (
        (MOST_ASKED_FOR, TIME_ASKED_FOR, TIME_ASKED_FOR) if is_asked_for else (MOST_COUNTED, TIME, MOST_TIME)
    )
    return counted_facets(
        desk.archive,
        search.query,
        search.filters,
        list(FACETS),
        at_most=at_most,
        is_over=time_limit(time),
        must_end=time_limit(most),
    )


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A search that facets narrow: its form and view, and its first and last day."""

    form: SearchForm
    view: str
    days: tuple[date | None, date | None] = (None, None)


def facet_lists(narrowing: Narrowing, facets: Facets, names: Sequence[str] = tuple(FACETS)) -> tuple[FacetList, ...]:
    """Return the facets that have values, in the order in which they are shown."""
    lists = tuple(_list(narrowing, facets, name) for name in names)
    return tuple(found for found in lists if found.first)


def _list(narrowing: Narrowing, facets: Facets, name: str) -> FacetList:
    ordered = facets.ordered(name)
    if name == "year":
        ordered = sorted(ordered, key=lambda pair: pair[0] or "", reverse=True)
    values = list(_values(narrowing, facets, name, ordered))
    return FacetList(name, FACETS[name], tuple(values[:SHOWN]), tuple(values[SHOWN:]), max(len(ordered) - MOST, 0))


def _values(
    narrowing: Narrowing, facets: Facets, name: str, ordered: list[tuple[str | None, int]]
) -> Iterator[FacetValue]:
    form = narrowing.form
    shown = ordered[:MOST]
    bodies = short_bodies(value for value, _ in shown if value is not None) if name == "body" else {}
    for value, count in shown:
        if value is None:
            yield FacetValue(missing_value(name), count, "")
            continue
        words = bodies.get(value) or one_line(value)
        narrowed = _narrowed(narrowing, name, value)
        is_followed = name == "body" and form.lineage
        found = count
        if name != "year":
            last = narrowing.days[1]
            found = max(count, count_of_line(facets, value, last) if is_followed else _found(name, value, ordered))
        is_narrower = narrowed != form and (found < facets.total or not facets.is_whole)
        parameters = narrowed.parameters(view="kwic" if narrowing.view == "kwic" else "")
        path = path_with("/search", parameters) if is_narrower else ""
        more = "with what it came from and became" if is_followed else "with longer names"
        yield FacetValue(words or missing_value(name), count, path, found, more)


def _found(name: str, value: str, ordered: list[tuple[str | None, int]]) -> int:
    """Return how many records have a name with all words of a value."""
    return sum(count for other, count in ordered if other is not None and has_name(name, other, value))


def _narrowed(narrowing: Narrowing, name: str, value: str) -> SearchForm:
    form = narrowing.form
    if name != "year":
        return form.with_field(name, one_line(value))
    first, last = narrowing.days
    year = int(value)
    return replace(
        form,
        first=str(max(first or date.min, date(year, 1, 1))),
        last=str(min(last or date.max, date(year, 12, 31))),
    )
