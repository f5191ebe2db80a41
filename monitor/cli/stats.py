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
from monitor.presentation.wording import shorten
from monitor.research.stats.report import (
    LIMIT,
    MEASURES,
    TITLES,
    as_records,
    count,
    cross_table,
    figures,
    labels,
    measure_of,
    plot,
)
from monitor.research.stats.tally import THINGS, folded, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.cli.workspace import Workspace
    from monitor.research.stats.tally import Tally

MOST_COLUMNS: Final = 8
"""Columns of a table of two things; the other formats have more."""

_BAR: Final = 30
_NAME: Final = 48
_NUMBERS: Final = 64
"""Characters that the columns of numbers take beside a name."""


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
@click.option("--measure", type=click.Choice(list(MEASURES)), default="records", show_default=True,
              help="What bars, plots and a table of two things show.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=0), default=LIMIT, show_default=True,
              help="The most names to show, those with most records; 0: all.")  # fmt: skip
@click.option("--svg", "drawn", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Also draw a plot into this file.")  # fmt: skip
@filter_options
@format_option
@config_option
def stats_command(
    query: tuple[str, ...],
    by: tuple[str, ...],
    measure: str,
    limit: int,
    drawn: Path | None,
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
        found = count(workspace.archive, compiled, filters, by, calendar=_sittings(workspace), today=today_in_london())
        if not found.total.records:
            say("Nothing to count: no record passes.")
            raise SystemExit(NOTHING_FOUND)
        shown, left_out = shortened(found, limit)
        names = topic_names(workspace.config)
        _print(shown, measure, output, names)
        if drawn is not None:
            _draw(drawn, shown, measure, words, names)
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
        emit(as_records(found, topics), (), output)
    elif len(found.by) == 1:
        _print_list(folded(found), measure, topics)
    else:
        _print_cross(folded(found), measure, topics)


def _print_list(found: Tally, measure: str, topics: Mapping[str, str]) -> None:
    names = labels(found, 0, topics)
    rows = [(shorten(names[row.key[0]], _room()), *figures(row.measures)) for row in found.rows]
    rows.append(("all", *figures(found.total)))
    titles = (found.by[0], *TITLES)
    columns = [Column(title, itemgetter(str(at)), title in TITLES[:-1]) for at, title in enumerate(titles)]
    of = measure_of(measure)
    # The bars compare what is known: a row of what is not, often the longest, has its number alone.
    values = [(of(row.measures) or 0) if None not in row.key else 0 for row in found.rows]
    taken = sum(max(map(len, column)) + 2 for column in zip(titles, *rows, strict=True))
    room = min(max(message_width(sys.stdout) - taken, 0), _BAR)
    if room >= len(MEASURES[measure]):
        bars = [*(_bar(value, max(values), room) for value in values), ""]
        rows = [(*row, bar) for row, bar in zip(rows, bars, strict=True)]
        columns.append(Column("" if measure == "records" else MEASURES[measure], itemgetter(str(len(titles)))))
    emit([{str(at): cell for at, cell in enumerate(row)} for row in rows], columns, "table")


def _print_cross(found: Tally, measure: str, topics: Mapping[str, str]) -> None:
    """Print a table of two things: lines of the first, columns of the second. An empty cell has no records."""
    table = cross_table(found, measure, topics, MOST_COLUMNS)
    rows = [
        {"name": shorten(name, _room()), **{str(at): cell for at, cell in enumerate(cells)}}
        for name, cells in table.rows
    ]
    columns = [Column(found.by[0], itemgetter("name"))]
    columns += [
        Column(shorten(head, _room()), itemgetter(str(at)), is_number=True) for at, head in enumerate(table.heads)
    ]
    emit(rows, columns, "table")
    say(f"Cells: {MEASURES[measure]}." + (f" {table.left_out} more columns: --format csv" if table.left_out else ""))


def _room() -> int:
    """Return how long a name may be, so that its line fits the terminal; the other formats have all of it."""
    return max(min(_NAME, message_width(sys.stdout) - _NUMBERS), 20)


def _bar(value: float, most: float, room: int) -> str:
    """Return a value as a bar; the same line has its number."""
    if not value:
        return ""
    return ("\u2588" if can_print("\u2588") else "#") * max(round(room * value / most), 1)


# -- the plot ---------------------------------------------------------------------------------------------------------


def _draw(path: Path, found: Tally, measure: str, words: str, topics: Mapping[str, str]) -> None:
    try:
        path.write_bytes(plot(found, measure, words, topics))
    except OSError as exc:
        raise click.UsageError(f"{path} can't be written: {exc.strerror}.") from exc
    say(f"Plot: {path}")
