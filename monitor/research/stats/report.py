"""Statistics counted for a query, and laid out as rows, tables and plots: for the command line and for the page."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import MonitorError
from monitor.presentation.match_reasons import term_name
from monitor.presentation.wording import short_bodies, short_body
from monitor.research.body_facets import with_latest_names
from monitor.research.stats.promise_counts import NO_PROMISES
from monitor.research.stats.tally import (
    IN_TIME,
    TallyTooLargeError,
    day_counted,
    folded,
    missing_value,
    shortened,
    tally,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.search import Counted, Filters
    from monitor.parliament.calendar import SittingCalendar
    from monitor.research.stats.promise_counts import PromiseCounts
    from monitor.research.stats.tally import Measures, Tally
    from monitor.terms.matcher import Query

MEASURES: Final = {"records": "records", "days": "median days taken", "late": "per cent late"}
"""Measures that a plot or a table of two things shows, and their words."""

LIMIT: Final = 20
"""Names that are shown where no other number is asked for."""

TITLES: Final = ("records", "answered", "median days", "90 % came", "late")
"""Titles of the columns of `figures`."""


class CountTooLongError(MonitorError):
    """Counting takes longer, or comes to more, than it may."""


def count(
    archive: Archive,
    query: Query | None,
    filters: Filters,
    by: Sequence[str],
    *,
    calendar: SittingCalendar,
    today: date,
    is_over: Callable[[], bool] = lambda: False,
    most_rows: float = math.inf,
    revisions: set[int] | None = None,
    until: date | None = None,
) -> Tally:
    """Count the records that pass, and add the row ids of their newest revisions to `revisions`, if it is given.

    `until`: the last day on which a person's record counts (see `day_counted`). `Filters.last` is of the newest event, so
    it would leave out a question that was tabled by that day and answered later.
    Raises CountTooLongError where `is_over` says that this has taken too long, or where there are more than `most_rows`.
    """
    try:
        counting = archive.statistics.counted(query, filters, by, together=revisions is None, is_over=is_over)
        with closing(counting) as counted:
            followed = with_latest_names(counted) if filters.lineage else counted
            timely = followed if until is None else _no_later(followed, by, until)
            noted = timely if revisions is None else _noted(timely, revisions)
            found = tally(noted, by, calendar, today, (filters.first, filters.last), most_rows=most_rows)
    except TallyTooLargeError as exc:
        raise CountTooLongError(
            f"this table would have more than {most_rows:,} lines: count by one thing, or ask for fewer days"
        ) from exc
    if is_over():
        raise CountTooLongError("this takes too long to count: ask for fewer days, a body or other words")
    return found


def _no_later(counted: Iterable[Counted], by: Sequence[str], until: date) -> Iterator[Counted]:
    return (record for record in counted if (day_counted(record, by) or until) <= until)


def _noted(counted: Iterable[Counted], revisions: set[int]) -> Iterator[Counted]:
    for record in counted:
        revisions.add(record.revision)
        yield record


def measure_of(name: str) -> Callable[[Measures], float | None]:
    """Return the function that gives a measure of `MEASURES`; None where it is not known."""
    if name == "records":
        return lambda measures: measures.records
    if name == "days":
        return lambda measures: measures.days_within(0.5)
    return lambda measures: None if measures.late_share is None else 100 * measures.late_share


def value_name(by: str, value: str | None, topics: Mapping[str, str]) -> str | None:
    """Return a value as it is exported: of a topic the name in place of the key."""
    return topics.get(value, value) if by == "topic" and value is not None else value


def label(by: str, key: str | None, topics: Mapping[str, str], *, is_whole: bool = True) -> str:
    """Return a value as it is written in a table."""
    value = value_name(by, key, topics)
    if value is None:
        return missing_value(by)
    if not is_whole:
        return f"{value} so far"
    return {"term": term_name, "body": short_body}.get(by, str)(value)


def labels(found: Tally, place: int, topics: Mapping[str, str]) -> dict[str | None, str]:
    """Return the values of one of the things counted by, in order, as they are written."""
    written: dict[str | None, str] = {}
    for row in found.rows:
        is_whole = row.is_whole or found.by[place] not in IN_TIME
        written.setdefault(row.key[place], label(found.by[place], row.key[place], topics, is_whole=is_whole))
    if found.by[place] == "body":
        written.update(short_bodies(body for body in written if body is not None))
    return written


# -- rows and tables --------------------------------------------------------------------------------------------------


def as_records(
    found: Tally, topics: Mapping[str, str], promises: Mapping[str, PromiseCounts] | None = None
) -> Iterator[dict[str, Any]]:
    """Return each row as one object with all its measures. `promises`: by minister, where they were counted."""
    for row in found.rows:
        measures = row.measures
        promised = promises.get(row.key[0] or "", NO_PROMISES) if promises is not None else None
        yield {
            **{name: value_name(name, value, topics) for name, value in zip(found.by, row.key, strict=True)},
            "records": measures.records,
            "answered": measures.answered,
            "days_median": measures.days_within(0.5),
            "days_90th": measures.days_within(0.9),
            "due_known": measures.known_due,
            "late": measures.late,
            "late_share": None if measures.late_share is None else round(measures.late_share, 4),
            "is_whole": row.is_whole,
            "first_on": measures.first_on.isoformat() if measures.first_on else None,
            "last_on": measures.last_on.isoformat() if measures.last_on else None,
            "promises_open": promised.open if promised else None,
            "promises_overdue": promised.overdue if promised else None,
            "promises_kept": promised.kept if promised else None,
        }


def figures(measures: Measures) -> tuple[str, ...]:
    """Return the figures of a row as they are written, "" for those not known; `TITLES` stand above them."""
    days = (measures.days_within(0.5), measures.days_within(0.9))
    share = measures.late_share
    return (
        f"{measures.records:,}",
        f"{measures.answered:,}",
        *("" if within is None else str(within) for within in days),
        "" if share is None else f"{measures.late:,} of {measures.known_due:,} ({share:.0%})",
    )


@dataclass(frozen=True, slots=True)
class CrossTable:
    """A table of two things: the heads of its columns, its rows (name and cells, "" without records).

    `left_out`: columns that were left out.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    left_out: int


def cross_table(found: Tally, measure: str, topics: Mapping[str, str], most_columns: int) -> CrossTable:
    """Lay out a tally of two things: lines of the first, columns of the second, of a time the latest."""
    of = measure_of(measure)
    names = [labels(found, place, topics) for place in (0, 1)]
    cells = {row.key: of(row.measures) for row in found.rows if row.measures.records}
    heads = list(names[1])
    heads = heads[-most_columns:] if found.by[1] in IN_TIME else heads[:most_columns]
    return CrossTable(
        heads=tuple(names[1][head] for head in heads),
        rows=tuple((name, tuple(_number(cells.get((key, head))) for head in heads)) for key, name in names[0].items()),
        left_out=len(names[1]) - len(heads),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


# -- the plot ---------------------------------------------------------------------------------------------------------


def plot(
    found: Tally,
    measure: str,
    words: str,
    topics: Mapping[str, str],
    licences: Sequence[str] | None = None,
    *,
    limit: int = 0,
    filters: Sequence[str] = (),
) -> bytes:
    """Draw a tally, shortened to `limit`, as SVG. `words`: its heading; "" for one that names what is counted by.

    `licences`: sentences at its foot; None for a plot that is part of a page, which has them. `filters`: in words.
    """
    from monitor.research.stats.plot import Titles, svg  # noqa: PLC0415 (only plots need it)

    rows = tuple(
        replace(row, key=tuple(value_name(name, value, topics) for name, value in zip(found.by, row.key, strict=True)))
        for row in found.rows
    )
    titles = Titles(
        words or f"Records by {' and '.join(found.by)}", MEASURES[measure].capitalize(), licences or (), filters
    )
    unit = " %" if measure == "late" else ""
    whole = replace(found, rows=rows)
    shown, _ = shortened(whole, limit)
    return svg(folded(shown), measure_of(measure), titles, unit, whole=whole, is_part=licences is None)
