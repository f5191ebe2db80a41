"""`matches` and `waiting`: list what the watch terms found, and watched questions without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option
from monitor.cli.options import Day, as_of_option, config_option, today_in_london, topic_option
from monitor.cli.output import Printer, pager_option
from monitor.cli.paging import PagedCommand, ResultPage, after_option, check_place, limit_option, print_page
from monitor.cli.records import INDENT, due_date_rule, print_record_lines, topic_list
from monitor.cli.workspace import open_workspace, topic_key, topic_names
from monitor.model.records import State
from monitor.model.search import Filters
from monitor.presentation.wording import count_of, long_day, one_line, short_day
from monitor.research.records import record_json, waiting_questions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from monitor.cli.workspace import Workspace
    from monitor.model.search import Hit, SearchPosition
    from monitor.model.watching import Match
    from monitor.research.records import DueDate, WaitingQuestion

ANY_TOPIC: Final = "*"


@click.command(
    cls=PagedCommand,
    epilog="""\b
Exit codes: 0 found; 2 wrong use; 3 nothing found.
""",
)
@topic_option
@click.option("--since", type=Day(), help="No earlier than this day, of its newest official event: 2024-11-26 or 30d.")
@limit_option
@after_option
@format_option
@pager_option
@config_option
def matches_command(
    topic: str | None,
    since: date | None,
    limit: int,
    after: SearchPosition | None,
    output: str,
    without_pager: bool,
    config_path: str | None,
) -> None:
    """List what the watch terms found, newest first."""
    with open_workspace(config_path) as workspace:
        key = topic_key(workspace.config, topic) if topic else ANY_TOPIC
        filters = Filters(first=since, topic=key)
        check_place(after, filters)
        page = ResultPage(None, filters, limit, after, topic_names(workspace.config))

        def matches_of(hit: Hit) -> list[Match]:
            return [match for match in hit.matches if key in (ANY_TOPIC, match.topic)]

        if not print_page(workspace, page, output, matches_of, without_pager=without_pager):
            click.echo(_why_no_matches(workspace), err=True)
            raise SystemExit(NOTHING_FOUND)


def _why_no_matches(workspace: Workspace) -> str:
    if not workspace.config.topics:
        return f"No topics are watched. Add [[topics]] to {workspace.config.path}."
    if workspace.archive.records.is_empty():
        return "The archive is empty. To fill it: pqwatch run"
    return "The watch terms found nothing here."


# -- not answered yet -------------------------------------------------------------------------------------------------


@click.command(
    epilog="""\b
A question is late after its named day, in the Lords after the day set down for its answer, in the Commons otherwise
after the fifth sitting day from that day. Where the calendar is not known nothing is called late.
"""
)
@topic_option
@as_of_option
@format_option
@config_option
def waiting_command(topic: str | None, as_of: datetime | None, output: str, config_path: str | None) -> None:
    """List watched questions that are not answered yet: days late first, then those that wait longest.

    Then answers of the last half year that only promise a letter, if it was not seen yet.
    """
    today = today_in_london(as_of)
    with open_workspace(config_path) as workspace:
        config = workspace.config
        keys = [topic_key(config, topic)] if topic else [watched.key for watched in config.topics]
        questions = waiting_questions(workspace.archive, keys, due_date_rule(config), today)
        if output != "table":
            emit(_waiting_records(workspace, questions), (), output)
        else:
            printer, names = Printer.for_stdout(), topic_names(config)
            for question in questions:
                _print_waiting(printer, question, names, today)
        if not questions:
            reason = "No watched question waits for an answer." if keys else _why_no_matches(workspace)
            click.echo(reason, err=True)


def _print_waiting(printer: Printer, waiting: WaitingQuestion, names: Mapping[str, str], today: date) -> None:
    proceeding = waiting.question.proceeding
    if waiting.promised_on:
        day, state = "answered", "letter owed"
        note = f"A letter was promised on {long_day(waiting.promised_on)}, not seen yet. "
    else:
        day = waiting.due_on.isoformat() if waiting.due_on else "no due day"
        since = f"since {short_day(proceeding.tabled_on, today)}" if proceeding.tabled_on else "waiting"
        state = f"{count_of(waiting.days_late, 'day')} late" if waiting.days_late else since
        note = "A holding answer was given. " if proceeding.state is State.HOLDING else ""
    name = f"{proceeding.house.value.title()} {one_line(proceeding.uin) or proceeding.id}"
    print_record_lines(printer, [day, name, state], proceeding)
    topics = [key for key in names if key in waiting.question.topics]
    printer.paragraph(f"{note}Topics: {topic_list(topics, names)}", INDENT)


def _waiting_records(workspace: Workspace, questions: Sequence[WaitingQuestion]) -> Iterator[dict[str, Any]]:
    ids = [waiting.question.proceeding_id for waiting in questions]
    hits = {hit.proceeding_id: hit for hit in workspace.archive.search.hits(None, Filters(ids=ids))}
    for waiting in questions:
        hit = hits[waiting.question.proceeding_id]
        record = record_json(workspace.archive, hit, hit.matches, _known_due_date(waiting))
        late = waiting.days_late if waiting.due_on else None
        yield {**record, "days_late": late, "topics": sorted(waiting.question.topics)}


def _known_due_date(waiting: WaitingQuestion) -> DueDate:
    return lambda _proceeding, _floor: waiting.due_on
