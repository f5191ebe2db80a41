"""Facets and statistics in which the names of one line of answering bodies count as one, under its latest name."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from monitor.model.search import BODY_IN_YEAR, Facets
from monitor.parliament.body_lines import latest_name, lineage_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from db.archive import Archive
    from monitor.model.search import Counted, Filters
    from monitor.terms.matcher import Query


def count_facets(archive: Archive, query: Query | None, filters: Filters, names: Sequence[str], **how: Any) -> Facets:
    """Count facets, as the archive does. Where the filters follow bodies, so does the facet of bodies, see `count_of_line`.

    `how`: the further arguments of the archive's own function.
    """
    if not (filters.lineage and "body" in names):
        return archive.search.facets(query, filters, names, **how)
    asked = [BODY_IN_YEAR if name == "body" else name for name in names]
    found = archive.search.facets(query, filters, asked, **how)
    counts = {name: found.counts[BODY_IN_YEAR if name == "body" else name] for name in names}
    bodies: Counter[str | None] = Counter()
    for value, count in counts["body"].items():
        bodies[None if value is None else _latest(value)] += count
    return replace(found, counts={**counts, "body": bodies, BODY_IN_YEAR: counts["body"]})


def count_of_line(facets: Facets, name: str, last: date | None = None) -> int:
    """Count the records that pass a filter that follows this body: of one that was split, those of its parts too.

    `last`: the last day that was searched.
    """
    line, counts = lineage_of(name, last), facets.counts[BODY_IN_YEAR]
    return sum(count for value, count in counts.items() if value is not None and line.covers(*_printed(value)))


def _latest(value: str) -> str:
    return latest_name(*_printed(value))


def _printed(value: str) -> tuple[str, str, date | None]:
    """Return name, House and day of a body that is counted with House and year. A name came back after years, if at all."""
    house, year, name = value.split("/", 2)
    return name, house, date(int(year), 7, 1) if year else None


def with_latest_names(records: Iterable[Counted]) -> Iterator[Counted]:
    """Give each record the latest name of its answering body, if bodies are counted."""
    for record in records:
        if names := record.named.get("body"):
            latest = tuple(latest_name(name, record.house.value, record.day) for name in names)
            yield replace(record, named={**record.named, "body": latest})
        else:
            yield record
