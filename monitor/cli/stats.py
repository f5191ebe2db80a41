"""`stats`: count records by what they have in common, say how long answers took, and how many were late."""

from __future__ import annotations

import sys
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option
from monitor.cli.options import config_option, today_in_london
from monitor.cli.output import Column, can_print, message_width, say
from monitor.cli.queries import filter_options, read_filters, read_query
from monitor.cli.workspace import open_workspace, topic_names
from monitor.presentation.match_reasons import term_name
from monitor.presentation.wording import short_body, shorten
from monitor.research.stats.tally import IN_TIME, SEVERAL, THINGS, folded, shortened, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from monitor.cli.workspace import Workspace
    from monitor.research.stats.tally import Measures, Tally

LIMIT: Final = 20
MOST_COLUMNS: Final = 8
"""Columns of a table of two things; the other formats have more."""

_BAR: Final = 30
_NAME: Final = 48
_NUMBERS: Final = 64
"""Characters that the columns of numbers take beside a name."""

_SOURCE: Final = "Contains Parliamentary information licensed under the Open Parliament Licence v3.0."

_MEASURES: Final = {"records": "records", "days": "median days taken", "late": "per cent late"}


@click.command(
    epilog="""\b
Examples:
  pqwatch stats --by month --topic "Hi-tech crime policing"
  pqwatch stats --by body --from 2024-01-01 --to 2024-12-31
  pqwatch stats 'asylum AND hotel*' --by minister --measure days
  pqwatch stats --by month --by topic --svg topics.svg
  pqwatch stats --by label --body "Home Office" --format csv

\b
Exit codes: 0 found; 2 wrong use, or a query that can't be read; 3 nothing found.
"""
)
@click.argument("query", nargs=-1)
@click.option("--by", "by", multiple=True, type=click.Choice(THINGS), default=("month",), show_default=True,
              help="What to count by; given twice: a table of both.")  # fmt: skip
@click.option("--measure", type=click.Choice(list(_MEASURES)), default="records", show_default=True,
              help="What bars, plots and a table of two things show.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=0), default=LIMIT, show_default=True,
              help="The most names to show, those with most records; 0: all.")  # fmt: skip
@click.option("--svg", "plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Also draw a plot into this file.")  # fmt: skip
@filter_options
@format_option
@config_option
def stats_command(
    query: tuple[str, ...],
    by: tuple[str, ...],
    measure: str,
    limit: int,
    plot: Path | None,
    output: str,
    config_path: str | None,
    **given: Any,
) -> None:
    """Count records, say how long answers took, and how many were late.

    QUERY and the filters are those of pqwatch search. Days taken: calendar days from tabling to the first answer; half of
    the answers came within the median. Late: after the named day, in the Lords after the day set down, in the Commons
    otherwise after the fifth sitting day from it; only where the calendar is known, so it says of how many.
    """
    if len(by) > 2 or len(set(by)) < len(by):  # noqa: PLR2004 (a table has lines and columns)
        raise click.UsageError("--by is given once or twice, with two different things: --by month --by topic")
    words = " ".join(query).strip()
    with open_workspace(config_path) as workspace:
        filters = read_filters(workspace, **given)
        compiled, filters = read_query(workspace, words, filters)
        found = tally(
            workspace.archive.statistics.counted(compiled, filters, by),
            by,
            _sittings(workspace),
            today_in_london(),
            (filters.first, filters.last),
        )
        if not found.total.records:
            say("Nothing to count: no record passes.")
            raise SystemExit(NOTHING_FOUND)
        shown, left_out = shortened(found, limit)
        names = topic_names(workspace.config)
        _print(shown, measure, output, names)
        if plot is not None:
            _draw(plot, shown, measure, words, names)
        _say_what_is_missing(found, left_out, output)


def _sittings(workspace: Workspace) -> Any:
    from monitor.parliament.calendar import load_calendar  # noqa: PLC0415 (slow to import)

    return load_calendar(workspace.config.calendar.recess)


def _say_what_is_missing(found: Tally, left_out: int, output: str) -> None:
    if left_out:
        say(f"{left_out:,} more: --limit 0")
    if output == "table" and found.is_overlapping:
        say(f"A record may stand in several lines: there are {found.total.records:,} in all.")


# -- printing ---------------------------------------------------------------------------------------------------------


def _print(found: Tally, measure: str, output: str, topics: Mapping[str, str]) -> None:
    if output != "table":
        emit(_records(found, topics), (), output)
    elif len(found.by) == 1:
        _print_list(folded(found), measure, topics)
    else:
        _print_cross(folded(found), measure, topics)


def _records(found: Tally, topics: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Return each row as one object with all its measures."""
    for row in found.rows:
        measures = row.measures
        yield {
            **{name: _value(name, value, topics) for name, value in zip(found.by, row.key, strict=True)},
            "records": measures.records,
            "answered": measures.answered,
            "days_median": measures.days_within(0.5),
            "days_90th": measures.days_within(0.9),
            "due_known": measures.known_due,
            "late": measures.late,
            "late_share": None if measures.late_share is None else round(measures.late_share, 4),
            "is_whole": row.is_whole,
        }


_TITLES: Final = ("records", "answered", "median days", "90 % came", "late")


def _print_list(found: Tally, measure: str, topics: Mapping[str, str]) -> None:
    names = _names(found, 0, topics)
    rows = [(names[row.key[0]], *_measured(row.measures)) for row in found.rows]
    rows.append(("all", *_measured(found.total)))
    titles = (found.by[0], *_TITLES)
    columns = [Column(title, itemgetter(str(at)), title in _TITLES[:-1]) for at, title in enumerate(titles)]
    of = _measure(measure)
    # The bars compare what is known: a row of what is not, often the longest, has its number alone.
    values = [(of(row.measures) or 0) if None not in row.key else 0 for row in found.rows]
    taken = sum(max(map(len, column)) + 2 for column in zip(titles, *rows, strict=True))
    room = min(max(message_width(sys.stdout) - taken, 0), _BAR)
    if room >= len(_MEASURES[measure]):
        bars = [*(_bar(value, max(values), room) for value in values), ""]
        rows = [(*row, bar) for row, bar in zip(rows, bars, strict=True)]
        columns.append(Column("" if measure == "records" else _MEASURES[measure], itemgetter(str(len(titles)))))
    emit([{str(at): cell for at, cell in enumerate(row)} for row in rows], columns, "table")


def _measured(measures: Measures) -> tuple[str, ...]:
    days = (_days(measures.days_within(0.5)), _days(measures.days_within(0.9)))
    return (f"{measures.records:,}", f"{measures.answered:,}", *days, _late(measures))


def _print_cross(found: Tally, measure: str, topics: Mapping[str, str]) -> None:
    """Print a table of two things: lines of the first, columns of the second. An empty cell has no records."""
    of = _measure(measure)
    names = [_names(found, place, topics) for place in (0, 1)]
    cells = {row.key: of(row.measures) for row in found.rows if row.measures.records}
    heads = list(names[1])
    heads = heads[-MOST_COLUMNS:] if found.by[1] in IN_TIME else heads[:MOST_COLUMNS]
    left_out = len(names[1]) - len(heads)
    rows = [
        {"name": name, **{str(at): _number(cells.get((key, head))) for at, head in enumerate(heads)}}
        for key, name in names[0].items()
    ]
    columns = [Column(found.by[0], itemgetter("name"))]
    for at, head in enumerate(heads):
        title = names[1][head]
        columns.append(Column(title, itemgetter(str(at)), is_number=True))
    emit(rows, columns, "table")
    say(f"Cells: {_MEASURES[measure]}." + (f" {left_out} more columns: --format csv" if left_out else ""))


def _names(found: Tally, place: int, topics: Mapping[str, str]) -> dict[str | None, str]:
    """Return the values of one of the things counted by, in order, as they are written."""
    written: dict[str | None, str] = {}
    for row in found.rows:
        is_whole = row.is_whole or found.by[place] not in IN_TIME
        written.setdefault(row.key[place], _label(found.by[place], row.key[place], topics, is_whole=is_whole))
    return written


def _measure(name: str) -> Callable[[Measures], float | None]:
    if name == "records":
        return lambda measures: measures.records
    if name == "days":
        return lambda measures: measures.days_within(0.5)
    return lambda measures: None if measures.late_share is None else 100 * measures.late_share


def _value(name: str, value: str | None, topics: Mapping[str, str]) -> str | None:
    return topics.get(value, value) if name == "topic" and value is not None else value


def _label(by: str, key: str | None, topics: Mapping[str, str], *, is_whole: bool = True) -> str:
    value = _value(by, key, topics)
    if value is None:
        return "none" if by in SEVERAL else "not known"
    if not is_whole:
        return f"{value} so far"
    shown = {"term": term_name, "body": short_body}.get(by, str)(value)
    return shorten(shown, _room())


def _room() -> int:
    """Return how long a name may be, so that its line fits the terminal; the other formats have all of it."""
    return max(min(_NAME, message_width(sys.stdout) - _NUMBERS), 20)


def _days(days: int | None) -> str:
    return "" if days is None else str(days)


def _late(measures: Measures) -> str:
    share = measures.late_share
    return "" if share is None else f"{measures.late:,} of {measures.known_due:,} ({share:.0%})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _bar(value: float, most: float, room: int) -> str:
    """Return a value as a bar; the same line has its number."""
    if not value:
        return ""
    return ("\u2588" if can_print("\u2588") else "#") * max(round(room * value / most), 1)


# -- the plot ---------------------------------------------------------------------------------------------------------


def _draw(path: Path, found: Tally, measure: str, words: str, topics: Mapping[str, str]) -> None:
    from dataclasses import replace  # noqa: PLC0415 (only plots need it)

    from monitor.research.stats.plot import Titles, svg  # noqa: PLC0415

    rows = tuple(
        replace(row, key=tuple(_value(name, value, topics) for name, value in zip(found.by, row.key, strict=True)))
        for row in found.rows
    )
    titles = Titles(words or f"Records by {' and '.join(found.by)}", _MEASURES[measure].capitalize(), _SOURCE)
    made = svg(folded(replace(found, rows=rows)), _measure(measure), titles, " %" if measure == "late" else "")
    try:
        path.write_bytes(made)
    except OSError as exc:
        raise click.UsageError(f"{path} can't be written: {exc.strerror}.") from exc
    say(f"Plot: {path}")
