"""`search`, `matches` and `waiting`: what the archive holds, what the watch terms found, what is not answered yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli import NOTHING_FOUND
from monitor.cli.asking import asked_of, filter_options, filters_of
from monitor.cli.common import Day, as_of_option, config_option, opened
from monitor.cli.doubting import doubts_of, tell_likely
from monitor.cli.facets import facet_option, print_facets
from monitor.cli.formats import emit, format_option
from monitor.cli.found import due_days, named, print_lines, record_of, topic_key, topic_names
from monitor.cli.output import Printer, paged, pager_option
from monitor.cli.pages import Page, PagedCommand, after_option, check_place, limit_option, print_page
from monitor.model.archive import Filters
from monitor.model.records import State
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import days_late
from monitor.parliament.promises import CUES, WATCHED_DAYS, letter_promised_on
from monitor.presentation.wording import count_of, long_day, one_line, short_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from monitor.cli.common import Opened
    from monitor.cli.found import Due
    from monitor.model.archive import OpenQuestion, Place
    from monitor.model.watching import Match

"""A letter that did not come within half a year is a matter for another question."""

ANY_TOPIC = "*"


@click.command(
    cls=PagedCommand,
    epilog="""\b
Examples:
  pqwatch search National Crime Agency
  pqwatch search 'paedophil* NEAR/5 online' --house lords --since 30d
  pqwatch search 'asylum AND (hotel OR barracks) NOT contract in:answer'
  pqwatch search --body "Home Office" --state holding --sort oldest
  pqwatch search 14205
  pqwatch search HC Deb 7 December 2005 c1366W
  pqwatch search --topic "Hi-tech crime policing" --limit 0 --json
  pqwatch search child protection --sort relevance
  pqwatch search child protection --facet body --facet year

\b
Exit codes: 0 found; 2 wrong use, or a query that can't be read; 3 nothing found.
""",
)
@click.argument("query", nargs=-1)
@filter_options
@click.option(
    "--sort",
    type=click.Choice(["newest", "oldest", "relevance"]),
    default="newest",
    show_default=True,
    help="Order. By relevance: found in the heading, then in heading and question, then anywhere.",
)
@limit_option
@after_option
@click.option("--count", "only_count", is_flag=True, help="Print only how many records there are.")
@facet_option
@format_option
@pager_option
@config_option
def search_command(
    query: tuple[str, ...],
    sort: str,
    limit: int,
    after: Place | None,
    only_count: bool,
    facets: tuple[str, ...],
    output: str,
    without_pager: bool,
    config_path: str | None,
    **given: Any,
) -> None:
    """Search the archive.

    QUERY is a term as in config.toml: words are a phrase, found with plurals and spellings; a word in CAPITALS is an
    acronym; "in quotes" as written; paedophil* begins so; NEAR/5, NOT, AND, OR and brackets join; in:answer,
    house:lords, body:"Home Office", from:2024-01-01 and the like narrow. A UIN, an id or a citation finds its record.
    Without a query everything is listed that passes the filters. More: docs/terms.md
    """
    words = " ".join(query).strip()
    with opened(config_path) as here:
        filters = filters_of(here, oldest_first=sort == "oldest", **given)
        asked, filters = asked_of(here, words, filters)
        filters = replace(filters, by_relevance=sort == "relevance" and asked is not None)
        check_place(after, filters)
        if facets:
            with paged(without_pager=without_pager or output != "table"):
                printed = print_facets(here.archive, asked, filters, facets, limit, output)
        elif only_count:
            printed = here.archive.search.count(asked, filters, after=after)
            click.echo(printed)
        else:
            page = Page(asked, filters, limit, after)
            printed = print_page(here, page, output, lambda hit: hit.spans, without_pager=without_pager)
        if printed and asked is not None:
            tell_likely(doubts_of(words, here.config, here.archive, app.clock().astimezone(LONDON).date()))
        if not printed and after is None:
            from monitor.cli.advise import advise  # noqa: PLC0415 (seldom needed)

            advise(here.archive, here.lexicon, asked, words, filters)
        if not printed:
            raise SystemExit(NOTHING_FOUND)


# -- what the watch terms found ---------------------------------------------------------------------------------------


@click.command(
    cls=PagedCommand,
    epilog="""\b
Exit codes: 0 found; 2 wrong use; 3 nothing found.
""",
)
@click.option("--topic", metavar="TOPIC", help="Only this topic, by its name or id.")
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
    after: Place | None,
    output: str,
    without_pager: bool,
    config_path: str | None,
) -> None:
    """List what the watch terms found, newest first."""
    with opened(config_path) as here:
        key = topic_key(here.config, topic) if topic else ANY_TOPIC
        filters, names = Filters(first=since, topic=key), topic_names(here.config)
        check_place(after, filters)
        page = Page(None, filters, limit, after, names)
        if not print_page(here, page, output, lambda hit: _of_topic(hit.matches, key), without_pager=without_pager):
            _say(_no_matches(here))
            raise SystemExit(NOTHING_FOUND)


def _of_topic(matches: Iterable[Match], key: str) -> list[Match]:
    return [match for match in matches if key in (ANY_TOPIC, match.topic)]


def _no_matches(here: Opened) -> str:
    if not here.config.topics:
        return f"No topics are watched. Add [[topics]] to {here.config.path}."
    if here.archive.records.is_empty():
        return "The archive is empty. To fill it: pqwatch run"
    return "The watch terms found nothing here."


# -- not answered yet -------------------------------------------------------------------------------------------------


@click.command(
    epilog="""\b
A question is late after its named day, in the Lords after the day set down for its answer, in the Commons otherwise
after the fifth sitting day from that day. Where the calendar is not known nothing is called late.
"""
)
@click.option("--topic", metavar="TOPIC", help="Only this topic, by its name or id.")
@as_of_option
@format_option
@config_option
def waiting_command(topic: str | None, as_of: datetime | None, output: str, config_path: str | None) -> None:
    """List watched questions that are not answered yet: days late first, then those that wait longest.

    Then answers of the last half year that only promise a letter, if it was not seen yet.
    """
    today = (as_of or app.clock()).astimezone(LONDON).date()
    with opened(config_path) as here:
        keys = [topic_key(here.config, topic)] if topic else [one.key for one in here.config.topics]
        waiting = [*_waiting(here, keys, today), *_promised(here, keys, today)]
        if output != "table":
            emit(_waiting_records(here, waiting), (), output)
        else:
            for one in waiting:
                _print_waiting(one, topic_names(here.config), today)
        if not waiting:
            _say("No watched question waits for an answer." if keys else _no_matches(here))


@dataclass(frozen=True, slots=True)
class _Late:
    """A question with its due day and how late it is; 0 where it is not late or nobody can say.

    `promised_on`: it is answered, with the promise of a letter.
    """

    question: OpenQuestion
    due_on: date | None
    days_late: int
    promised_on: date | None = None


def _waiting(here: Opened, keys: Sequence[str], today: date) -> list[_Late]:
    due = due_days(here.config)
    found = []
    for question in here.archive.digests.open_questions(keys):
        due_on = due(question.proceeding, question.due_floor_on)
        found.append(_Late(question, due_on, days_late(question.proceeding, due_on, today) or 0))
    found.sort(key=lambda one: (-one.days_late, str(one.question.proceeding.tabled_on), one.question.proceeding.id))
    return found


def _promised(here: Opened, keys: Sequence[str], today: date) -> list[_Late]:
    """Answers that promise a letter which is not there yet, those that wait longest first."""
    answers = here.archive.digests.answered_with(CUES, keys, today - timedelta(days=WATCHED_DAYS))
    promised = [(letter_promised_on(one.proceeding), one) for one in answers]
    open_ = sorted(((day, one) for day, one in promised if day), key=lambda pair: (pair[0], pair[1].proceeding.id))
    due = due_days(here.config)
    return [_Late(one, due(one.proceeding, one.due_floor_on), 0, day) for day, one in open_]


def _print_waiting(one: _Late, names: dict[str, str], today: date) -> None:
    printer, it = Printer.for_stdout(), one.question.proceeding
    since = f"since {short_day(it.tabled_on, today)}" if it.tabled_on else "waiting"
    state = f"{count_of(one.days_late, 'day')} late" if one.days_late else since
    day = one.due_on.isoformat() if one.due_on else "no due day"
    if one.promised_on:
        day, state = "answered", "letter owed"
    print_lines(printer, [day, f"{it.house.value.title()} {one_line(it.uin) or it.id}", state], it)
    held = "A holding answer was given. " if it.state is State.HOLDING else ""
    if one.promised_on:
        held = f"A letter was promised on {long_day(one.promised_on)}, not seen yet. "
    topics = [key for key in names if key in one.question.topics]
    printer.paragraph(f"{held}Topics: {named(topics, names)}", " " * 12)


def _waiting_records(here: Opened, waiting: Sequence[_Late]) -> Iterator[dict[str, Any]]:
    ids = [one.question.proceeding_id for one in waiting]
    hits = {hit.proceeding_id: hit for hit in here.archive.search.hits(None, Filters(ids=ids))}
    for one in waiting:
        hit = hits[one.question.proceeding_id]
        record = record_of(here.archive, hit, hit.matches, _always(one.due_on))
        late = one.days_late if one.due_on else None
        yield {**record, "days_late": late, "topics": sorted(one.question.topics)}


def _always(due_on: date | None) -> Due:
    return lambda _proceeding, _floor: due_on


def _say(text: str) -> None:
    click.echo(text, err=True)
