"""`matches` and `waiting`: list what the watch terms found, and watched questions without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option
from monitor.cli.options import (
    Day,
    as_of_option,
    config_option,
    subscriber_option,
    today_in_london,
    topic_option,
)
from monitor.cli.output import Printer, pager_option, say
from monitor.cli.paging import (
    QueryCommand,
    ResultPage,
    after_option,
    check_place,
    limit_option,
    print_page,
    record_writer,
)
from monitor.cli.records import INDENT, due_date_rule, print_record_lines, topic_list
from monitor.cli.workspace import chosen_reader, open_workspace, say_what_no_run_saw, topic_key, topic_names
from monitor.model.search import ANY_TOPIC, Filters
from monitor.presentation.calendar_words import likely_in_words
from monitor.presentation.citation import short_reference
from monitor.presentation.wording import count_of
from monitor.research.following import dealt_with
from monitor.research.records import waiting_questions
from monitor.research.waiting import EMPTY_ARCHIVE, NO_TOPICS, NOTHING_WAITS, as_records, in_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from monitor.cli.workspace import Workspace
    from monitor.config.settings import Config
    from monitor.model.search import SearchPosition
    from monitor.research.records import WaitingQuestion


@click.command(
    cls=QueryCommand,
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
        say_what_no_run_saw(workspace, _topics(workspace.config, topic))
        page = ResultPage(None, filters, limit, after)
        write = record_writer(workspace, output, lambda hit: hit.matches_of(key), topic_names(workspace.config))
        if not print_page(workspace, page, output, write, without_pager=without_pager):
            say(_why_no_matches(workspace))
            raise SystemExit(NOTHING_FOUND)


def _topics(config: Config, topic: str | None) -> list[str]:
    """Return the key of the topic named, or the keys of all."""
    return [topic_key(config, topic)] if topic else [watched.key for watched in config.topics]


def _why_no_matches(workspace: Workspace) -> str:
    if not workspace.config.topics:
        return f"{NO_TOPICS} Add [[topics]] to {workspace.config.path}."
    if workspace.archive.records.is_empty():
        return EMPTY_ARCHIVE
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
@subscriber_option
@click.option("--all", "shows_all", is_flag=True, help="Also what the subscriber has dealt with.")
@format_option
@config_option
def waiting_command(
    topic: str | None,
    as_of: datetime | None,
    subscriber: str | None,
    shows_all: bool,
    output: str,
    config_path: str | None,
) -> None:
    """List watched questions that are not answered yet: days late first, then those that wait longest.

    Then answers of the last half year that only promise a letter, if it was not seen yet. What the subscriber has dealt
    with is left out (`pqwatch done`).
    """
    today = today_in_london(as_of)
    with open_workspace(config_path) as workspace:
        config = workspace.config
        keys = _topics(config, topic)
        say_what_no_run_saw(workspace, keys)
        found = waiting_questions(workspace.archive, keys, due_date_rule(workspace), today)
        settled = frozenset() if shows_all else dealt_with(workspace.archive, _reader_key(config, subscriber))
        questions = [waiting for waiting in found if waiting.question.proceeding_id not in settled]
        if output != "table":
            emit(as_records(workspace.archive, questions, due_date_rule(workspace)), (), output)
        else:
            printer, names = Printer.for_stdout(), topic_names(config)
            for question in questions:
                _print_waiting(printer, question, names, today)
        if not questions and not found:
            is_filled = keys and not workspace.archive.records.is_empty()
            say(NOTHING_WAITS if is_filled else _why_no_matches(workspace))
        for house, (since, _) in workspace.calendar.likely.items():
            say(likely_in_words(house, since))
        if left_out := len(found) - len(questions):
            say(f"{count_of(left_out, 'record')} dealt with left out: --all lists them.")


def _reader_key(config: Config, subscriber: str | None) -> str | None:
    """Return the key of the subscriber named, or of the only one; None where that leaves it open."""
    if subscriber is None and len(config.subscribers) != 1:
        return None
    return chosen_reader(config, subscriber).key


def _print_waiting(printer: Printer, waiting: WaitingQuestion, names: Mapping[str, str], today: date) -> None:
    proceeding = waiting.question.proceeding
    said = in_words(waiting, today)
    name = short_reference(proceeding)
    print_record_lines(printer, [said.due, name, said.state], proceeding)
    topics = [key for key in names if key in waiting.question.topics]
    printer.paragraph(f"{said.note}{' ' if said.note else ''}Topics: {topic_list(topics, names)}", INDENT)
