"""`stats`: count records by what they have in common, say how long answers took, and how many were late."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option
from monitor.cli.options import config_option, today_in_london
from monitor.cli.output import Column, can_print, message_width, plain_option, say
from monitor.cli.paging import QueryCommand
from monitor.cli.queries import filter_options, read_filters, read_query, say_why_nothing
from monitor.cli.workspace import open_workspace, topic_names
from monitor.errors import OutputError
from monitor.presentation.filter_words import filters_in_words
from monitor.presentation.wording import count_of, long_day, long_range, shorten
from monitor.research.inline_filters import required_filters
from monitor.research.records import licences_of
from monitor.research.stats.promise_counts import NO_PROMISES, promises_by_minister
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
from monitor.research.stats.tally import PEOPLE, THINGS, folded, newcomers, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from monitor.cli.workspace import Workspace
    from monitor.model.search import Filters
    from monitor.research.stats.promise_counts import PromiseCounts
    from monitor.research.stats.tally import Row, Tally
    from monitor.terms.matcher import Query

MOST_COLUMNS: Final = 8
"""Columns of a table of two things; the other formats have more."""

_DAYS: Final = ("from", "to")
"""Filters of a query that would hide who came before."""
_NEW_WITHIN: Final = timedelta(days=30)
_BAR: Final = 30
_NAME: Final = 48
_NUMBERS: Final = 64
"""Characters that the columns of numbers take beside a name."""


@click.command(
    cls=QueryCommand,
    epilog="""\b
Examples:
  pqwatch stats --by month --topic "Hi-tech crime policing"
  pqwatch stats --by body --from 2024-01-01 --to 2024-12-31
  pqwatch stats --by body --lineage                     departments under their latest names
  pqwatch stats 'asylum AND hotel*' --by minister --measure days
  pqwatch stats --by month --by topic --svg topics.svg
  pqwatch stats --by label --body "Home Office" --format csv
  pqwatch stats --by asker --topic Water                who asks most, and since when
  pqwatch stats --by asker --topic Water --new --since 7d   who asked for the first time

\b
Exit codes: 0 found; 1 the plot can't be written; 2 wrong use, or a query that can't be read; 3 nothing found.
""",
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
@click.option("--new", "is_new", is_flag=True,
              help="With --by asker, minister or speaker: who came first in these days, else the last 30.")  # fmt: skip
@plain_option
@filter_options
@format_option
@config_option
def stats_command(
    query: tuple[str, ...],
    by: tuple[str, ...],
    measure: str,
    limit: int,
    drawn: Path | None,
    is_new: bool,
    plain: bool,
    output: str,
    config_path: str | None,
    **given: Any,
) -> None:
    """Count records, say how long answers took, and how many were late; who asks, since when, and who is new.

    QUERY and the filters are those of pqwatch search. A record counts under the day of its newest official event: corrected,
    else answered, else tabled. Days taken: calendar days from tabling to the first answer; half of the answers came within
    the median. Late: after the named day, in the Lords after the day set down, in the Commons
    otherwise after the fifth sitting day from it; only where the calendar is known, so it says of how many.

    People come with the days of their first and last record; ministers also with the promises that they made first: still to
    come, overdue, kept (pqwatch promises).
    """
    if len(by) > 2 or len(set(by)) < len(by):  # noqa: PLR2004 (a table has lines and columns)
        raise click.UsageError("--by is given once or twice, with two different things: --by month --by topic")
    if is_new and (len(by) > 1 or by[0] not in PEOPLE):
        raise click.UsageError("--new says who came first: give it with --by asker, or --by minister or speaker, alone")
    words = " ".join(query).strip()
    with open_workspace(config_path) as workspace:
        filters = read_filters(workspace, **given)
        days = _days_of_new(filters) if is_new else None
        filters = replace(filters, first=None, last=None) if is_new else filters
        compiled, filters = read_query(workspace, words, filters)
        if is_new and compiled is not None and any(kept.name in _DAYS for kept in required_filters(compiled.root)):
            raise click.UsageError(
                "--new looks back over all days: give its days with --from and --to, not in the query"
            )
        found, promises = _counted(workspace, compiled, filters, by, until=days[1] if days else None)
        if not found.total.records:
            if output != "table":
                emit((), (), output)
            say_why_nothing(workspace, compiled, words, replace(filters, last=days[1]) if days else filters)
            raise SystemExit(NOTHING_FOUND)
        if days is not None:
            found = _only_new(found, days)
        shown, left_out = shortened(found, limit)
        names = topic_names(workspace.config)
        limits = list(filters_in_words(filters, names))
        if output != "table":
            emit(as_records(shown, names, promises), (), output)
        elif len(by) == 1:
            _print_list(folded(shown), None if plain else measure, names, promises)
        else:
            _print_cross(folded(shown), measure, names)
        if drawn is not None:
            sources = licences_of(workspace.archive, filters.houses)
            newly = [f"for the first time in the archive, {long_range(list(days))}"] if days else []
            _draw(drawn, plot(found, measure, words, names, sources, limit=limit, filters=[*limits, *newly]))
        _say_what_is_missing(found, left_out, output)
        if output == "table" and (words or limits):
            say(f"Only {'; '.join([words, *limits] if words else limits)}.")


def _counted(
    workspace: Workspace, query: Query | None, filters: Filters, by: tuple[str, ...], *, until: date | None = None
) -> tuple[Tally, dict[str, PromiseCounts] | None]:
    """Count records, up to a day if one is given, and for ministers the promises in them, where there is a ledger."""
    today, revisions = today_in_london(), set[int]()
    is_of_ministers = by == ("minister",)
    found = count(
        workspace.archive,
        query,
        filters,
        by,
        calendar=workspace.calendar,
        today=today,
        revisions=revisions if is_of_ministers else None,
        until=until,
    )
    return found, promises_by_minister(workspace.archive, today, revisions) if is_of_ministers else None


def _days_of_new(filters: Filters) -> tuple[date, date]:
    """Return the days in which somebody is new: those asked for, else the last 30."""
    last = filters.last or today_in_london()
    return filters.first or last - _NEW_WITHIN, last


def _only_new(found: Tally, days: tuple[date, date]) -> Tally:
    """Leave who came first in these days, and say how far back the archive goes. Ends the command where no one did."""
    new = newcomers(found, *days)
    # A speech has no asker: it says nothing about who asked before.
    began = min((row.measures.first_on for row in found.rows if row.key[0] and row.measures.first_on), default=None)
    since = f" Its records of this begin on {long_day(began)}." if began else ""
    count = count_of(len(new.rows), found.by[0])
    say(f"{count} for the first time in the archive, {long_range(list(days))}.{since}")
    if not new.rows:
        raise SystemExit(NOTHING_FOUND)
    return new


def _say_what_is_missing(found: Tally, left_out: int, output: str) -> None:
    if left_out:
        say(f"{left_out:,} more: --limit 0")
    if output == "table" and found.is_overlapping:
        say(f"A record may stand in several lines: there are {found.total.records:,} in all.")


# -- printing ---------------------------------------------------------------------------------------------------------


def _print_list(
    found: Tally, bars: str | None, topics: Mapping[str, str], promises: Mapping[str, PromiseCounts] | None
) -> None:
    """Print a table, with a bar for each line that shows this measure."""
    names = labels(found, 0, topics)
    rows = [
        (shorten(names[row.key[0]], _room()), *figures(row.measures), *_about_people(found, row, promises))
        for row in found.rows
    ]
    rows.append(("all", *figures(found.total), *[""] * len(_people_titles(found, promises))))
    titles = (found.by[0], *TITLES, *_people_titles(found, promises))
    columns = [Column(title, itemgetter(str(at)), title in TITLES[:-1]) for at, title in enumerate(titles)]
    if bars:
        rows = _with_bars(found, bars, titles, rows)
        if len(rows[0]) > len(titles):
            columns.append(Column("" if bars == "records" else MEASURES[bars], itemgetter(str(len(titles)))))
    emit([{str(at): cell for at, cell in enumerate(row)} for row in rows], columns, "table")


def _with_bars(found: Tally, measure: str, titles: Sequence[str], rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Add a bar to each row but that of all, where there is room for them."""
    of = measure_of(measure)
    # The bars compare what is known: a row of what is not, often the longest, has its number alone.
    values = [(of(row.measures) or 0) if None not in row.key else 0 for row in found.rows]
    taken = sum(max(map(len, column)) + 2 for column in zip(titles, *rows, strict=True))
    room = min(max(message_width(sys.stdout) - taken, 0), _BAR)
    if room < len(MEASURES[measure]):
        return rows
    bars = [_bar(value, max(values), room) for value in values]
    if measure != "records":
        # Beside a row of which nothing is known, a known 0 has to be seen.
        bars = ["0" if of(row.measures) == 0 else bar for row, bar in zip(found.rows, bars, strict=True)]
    return [(*row, bar) for row, bar in zip(rows, [*bars, ""], strict=True)]


def _people_titles(found: Tally, promises: Mapping[str, PromiseCounts] | None) -> tuple[str, ...]:
    if found.by[0] not in PEOPLE:
        return ()
    return ("first", "newest") if promises is None else ("first", "newest", "promises")


def _about_people(found: Tally, row: Row, promises: Mapping[str, PromiseCounts] | None) -> tuple[str, ...]:
    """Return the first and the newest day of a person, and the promises of a minister."""
    if found.by[0] not in PEOPLE:
        return ()
    days = tuple(day.isoformat() if day else "" for day in (row.measures.first_on, row.measures.last_on))
    if promises is None:
        return days
    made = promises.get(row.key[0] or "", NO_PROMISES)
    return (*days, f"{made.open:,} open, {made.overdue:,} overdue, {made.kept:,} kept" if made != NO_PROMISES else "")


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
    more = f" {count_of(table.left_out, 'more column')}: --format csv" if table.left_out else ""
    say(f"Cells: {MEASURES[measure]}.{more}")


def _room() -> int:
    """Return how long a name may be, so that its line fits the terminal; the other formats have all of it."""
    return max(min(_NAME, message_width(sys.stdout) - _NUMBERS), 20)


def _bar(value: float, most: float, room: int) -> str:
    """Return a value as a bar; the same line has its number."""
    if not value:
        return ""
    return ("\u2588" if can_print("\u2588") else "#") * max(round(room * value / most), 1)


# -- the plot ---------------------------------------------------------------------------------------------------------


def _draw(path: Path, drawn: bytes) -> None:
    try:
        path.write_bytes(drawn)
    except OSError as exc:
        raise OutputError(f"{path} can't be written ({exc.strerror})") from exc
    say(f"Plot: {path}")
