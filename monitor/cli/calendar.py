"""`calendar`: due days, promises, recesses and days of sittings as a calendar file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.formats import FORMATS, destination, emit, format_of, whole_file
from monitor.cli.options import config_option, topic_option
from monitor.cli.output import Column, say
from monitor.cli.workspace import find_reader, open_workspace, topic_key, topic_names
from monitor.presentation.wording import count_of, house_name, listed, long_day, one_line
from monitor.research.calendar_file.contents import CalendarRequest, as_rows, calendar_contents
from monitor.research.calendar_file.sittings import HOUSES
from monitor.research.records import licences_of
from monitor.research.waiting import EMPTY_ARCHIVE, NO_TOPICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.cli.workspace import Workspace
    from monitor.config.settings import Config
    from monitor.model.following import FollowTarget
    from monitor.model.watching import Subscriber
    from monitor.parliament.calendar import SittingCalendar
    from monitor.research.calendar_file.contents import CalendarContents

_FILE: Final = "ics"


@click.command(
    epilog="""\b
Examples:
  pqwatch calendar --output parliament.ics          all that is watched or followed
  pqwatch calendar --subscriber "Policy desk" --output desk.ics
  pqwatch calendar --topic Water --no-recess --format table

\b
How to subscribe in Outlook, Google and Apple: docs/calendar.md

\b
Exit codes: 0 done; 1 it can't be written; 2 wrong use.
"""
)
@topic_option
@click.option(
    "--subscriber", metavar="NAME", help="Only the topics and what this subscriber follows, by name, id or address."
)
@click.option("--sitting-days", is_flag=True, help="With the days on which the Houses sit, an event for each week.")
@click.option("--no-recess", "without_recess", is_flag=True, help="Without recesses.")
@click.option(
    "--format",
    "output",
    type=click.Choice((_FILE, *FORMATS)),
    help="How to print; else what the ending of --output says; else ics.",
)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option(
    "--output", "file", metavar="FILE", help="Write to a file, whose ending names the format: parliament.ics."
)
@config_option
def calendar_command(
    topic: str | None,
    subscriber: str | None,
    sitting_days: bool,
    without_recess: bool,
    output: str | None,
    as_json: bool,
    file: str | None,
    config_path: str | None,
) -> None:
    """Write a calendar file: due days of watched and followed questions, promises with a day, recesses.

    A second file updates the first: an event keeps its identity, and says on its day that the answer came. Where a question
    was withdrawn or lapsed, or a promise dropped, its event is cancelled. The same archive gives the same file.
    """
    chosen = "json" if as_json else output or _format_of(file)
    with open_workspace(config_path) as workspace:
        config = workspace.config
        newest_at = workspace.archive.calendar_days.newest_at()  # the file does not depend on the hour
        calendar = app.sittings(config, workspace.archive, newest_at) if newest_at else workspace.calendar
        request = _request(workspace, topic, subscriber)
        contents = calendar_contents(
            workspace.archive,
            calendar,
            CalendarRequest(
                **request,
                base_url=config.web.base_url,
                has_recess=not without_recess,
                has_sitting_days=sitting_days,
            ),
        )
        licence = " ".join(licences_of(workspace.archive))
        _write(contents, chosen, file, _name(config, topic, subscriber), licence)
        for sentence in _remarks(workspace, contents, calendar, has_days=not without_recess or sitting_days):
            say(sentence)
    if file not in (None, "-"):
        say(f"Wrote {count_of(len(contents.events), 'event')} to {file}.")


def _format_of(file: str | None) -> str:
    """Return the format that the ending of a file names. Raises UsageError for an unknown ending."""
    if file in (None, "-") or Path(file).suffix.lower() == f".{_FILE}" or Path(file).is_dir():
        return _FILE
    try:
        return format_of(Path(file))
    except click.UsageError as exc:
        raise click.UsageError(exc.message.replace("one of ", f"one of .{_FILE}, ")) from exc


# -- what is asked for ------------------------------------------------------------------------------------------------


def _request(workspace: Workspace, topic: str | None, subscriber: str | None) -> dict[str, Any]:
    config = workspace.config
    reader = find_reader(config, subscriber, "--subscriber") if subscriber is not None else None
    only = topic_key(config, topic) if topic is not None else None
    wanted = {
        key: name
        for key, name in topic_names(config).items()
        if only in (None, key) and (reader is None or key in reader.topics)
    }
    return {
        "topics": wanted,
        "followed": _followed(workspace, reader) if only is None else (),
        "reader": reader.key if reader else None,
    }


def _followed(workspace: Workspace, reader: Subscriber | None) -> list[FollowTarget]:
    return [followed.target for followed in workspace.archive.following.listing(reader.key if reader else None)]


def _name(config: Config, topic: str | None, subscriber: str | None) -> str:
    names = []
    if subscriber is not None:
        names.append(one_line(find_reader(config, subscriber).name))
    if topic is not None:
        names.append(one_line(topic_names(config)[topic_key(config, topic)]))
    return ": ".join(filter(None, ("Parliament", ", ".join(names))))


# -- printing ---------------------------------------------------------------------------------------------------------


def _write(contents: CalendarContents, output: str, file: str | None, name: str, licence: str) -> None:
    if output != _FILE:
        with destination(output, file):
            emit(as_rows(contents.events), _COLUMNS, output)
        return
    from monitor.research.calendar_file.document import icalendar  # noqa: PLC0415 (loads icalendar)

    content = icalendar(contents.events, name, licence)
    if file is None or file == "-":
        click.echo(content, nl=False)
        return
    with whole_file(Path(file)) as written:
        written.write(content)


def _days(row: Mapping[str, Any]) -> str:
    return row["first_on"] if row["first_on"] == row["last_on"] else f"{row['first_on']} to {row['last_on']}"


def _topics(row: Mapping[str, Any]) -> str:
    return "; ".join([*row["topics"], *(["followed"] if row["followed"] else [])])


_COLUMNS: Final = (
    Column("Day", _days),
    Column("What", lambda row: row["title"]),
    Column("Topics", _topics),
)


def _remarks(
    workspace: Workspace, contents: CalendarContents, calendar: SittingCalendar, *, has_days: bool
) -> list[str]:
    """Return what is to be said beside the calendar: what is not in it, and why."""
    config = workspace.config
    if contents.as_of is None:
        return [EMPTY_ARCHIVE]
    remarks = []
    if not config.topics:
        remarks.append(f"{NO_TOPICS} Add [[topics]] to {config.path}.")
    ends = {house: until for house in HOUSES if (until := calendar.known_until(house))}
    if contents.without_day:
        questions = count_of(contents.without_day, "question that waits is", "questions that wait are")
        remarks.append(f"{questions} not in it: the sitting calendar doesn't reach to the due day.")
    is_short = has_days and any(until < contents.as_of for until in ends.values())
    if contents.without_day or is_short:
        known = listed([f"of the {house_name(house)} to {long_day(until)}" for house, until in ends.items()])
        remarks.append(f"The sitting days {known} are known. Add later recesses to [calendar] in {config.path}.")
    if not contents.events:
        remarks.append("The calendar is empty: nothing here has a day.")
    return remarks
