"""Options for a query and filters, which `search`, `export` and `stats` share, and how they are read."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import WRONG_USE
from monitor.cli.options import Day, check_days, today_in_london
from monitor.cli.paging import command_with_query, command_without
from monitor.cli.typed import as_typed
from monitor.cli.workspace import command_line, say_what_no_run_saw, topic_key
from monitor.model.records import House, Kind, State
from monitor.model.search import Filters
from monitor.parliament.answer_labels import RULES
from monitor.presentation.wording import so_many
from monitor.research import queries
from monitor.terms.tree import TermError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from monitor.cli.workspace import Workspace
    from monitor.terms.matcher import Query


class QueryError(click.ClickException):
    """A query that can't be read: exit code 2."""

    exit_code = WRONG_USE


_FILTER_OPTIONS: Final = (
    click.option("--from", "first", type=Day(), help="No earlier than this day, of its newest official event."),
    click.option("--to", "last", type=Day(), help="No later than this day."),
    click.option("--since", type=Day(), help="The same as --from: --since 30d."),
    click.option(
        "--house",
        multiple=True,
        type=click.Choice(list(House), case_sensitive=False),
        help="Of this House or legislature.",
    ),
    click.option(
        "--body", metavar="WORDS", help="Whose answering body has these words in its name, or this abbreviation."
    ),
    click.option(
        "--lineage", is_flag=True, help="Follow answering bodies through time: what they were and became counts too."
    ),
    click.option("--asker", metavar="WORDS", help="Asked by a member with these words in the name."),
    click.option(
        "--minister",
        metavar="WORDS",
        help="Answered, or said for the government, by somebody with these words in the name.",
    ),
    click.option(
        "--speaker", metavar="WORDS", help="Said by a member with these words in the name: speeches, statements."
    ),
    click.option(
        "--party", metavar="WORDS", help="Asked by a member of this party: words of its name, or its abbreviation."
    ),
    click.option("--kind", multiple=True, type=click.Choice(list(Kind), case_sensitive=False), help="Of a kind."),
    click.option(
        "--state",
        multiple=True,
        type=click.Choice(list(State), case_sensitive=False),
        help="In this state; only questions are answered.",
    ),
    click.option("--topic", metavar="TOPIC", help="That a term of this topic was found in."),
    click.option(
        "--label",
        multiple=True,
        type=click.Choice(list(RULES), case_sensitive=False),
        help="Whose answer has this label.",
    ),
)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the filters of a search. Each may be given with or without a query."""
    for option in reversed(_FILTER_OPTIONS):
        command = option(command)
    return command


def read_filters(
    workspace: Workspace,
    *,
    oldest_first: bool = False,
    first: date | None,
    last: date | None,
    since: date | None,
    house: Sequence[str],
    kind: Sequence[str],
    state: Sequence[str],
    topic: str | None,
    label: Sequence[str],
    lineage: bool,
    **names: str | None,
) -> Filters:
    """Return the filters of the options. `names`: words in the names of people and bodies. Raises UsageError."""
    if first and since:
        raise click.UsageError("--from and --since are the same: give one of them.")
    first = first or since
    check_days(first, last)
    key = topic_key(workspace.config, topic) if topic else None
    if key is not None:
        say_what_no_run_saw(workspace, [key])
    return Filters(
        first=first,
        last=last,
        houses=[House(value.lower()).value for value in house],
        kinds=kind,
        states=[State(value.lower()).value for value in state],
        topic=key,
        labels=[value.lower() for value in label],
        oldest_first=oldest_first,
        lineage=lineage,
        body=names["body"],
        asker=names["asker"],
        minister=names["minister"],
        speaker=names["speaker"],
        party=names["party"],
    )


def read_query(workspace: Workspace, words: str, filters: Filters) -> tuple[Query | None, Filters]:
    """Return the query and the filters. Where the words are a reference to records, only these pass, without a query."""
    try:
        asked = queries.read_query(workspace.archive, workspace.lexicon, words, filters, today_in_london())
    except TermError as exc:
        raise QueryError(queries.unreadable(exc)) from exc
    if asked.is_number:
        command = command_line(workspace.config, "search", f'"{words}"')
        click.echo(f"Found by its number. For the figure {words} in the texts: {command}", err=True)
    _say_shared_word(workspace, asked.query, asked.filters)
    return asked.query, asked.filters


def _say_shared_word(workspace: Workspace, query: Query | None, filters: Filters) -> None:
    """Say on stderr that a filter finds a party besides the one that was probably meant."""
    if query is None and not filters.party:
        return
    from monitor.research.parties import shared_word  # noqa: PLC0415 (few searches have this filter)

    shared = shared_word(workspace.archive, query, filters)
    if shared is not None:
        option = shlex.join(["--party", shared.better]) if filters.party else f'party:"{shared.better}"'
        way = f" {shared.alone}: {option}" if shared.better else ""
        click.echo(f"{shared.said}{way}", err=True)


# -- nothing found ----------------------------------------------------------------------------------------------------

_OPTIONS_OF_FILTERS: Final = {
    "first": ("--from", "--since"),
    "last": ("--to",),
    "houses": ("--house",),
    "kinds": ("--kind",),
    "states": ("--state",),
    "body": ("--body",),
    "asker": ("--asker",),
    "minister": ("--minister",),
    "speaker": ("--speaker",),
    "party": ("--party",),
    "topic": ("--topic",),
    "labels": ("--label",),
}


def say_why_nothing(workspace: Workspace, query: Query | None, words: str, filters: Filters) -> None:
    """Say on stderr why nothing was found, and what to type instead. The command is a QueryCommand."""
    from monitor.research.suggestions import MANY, explain_no_results  # noqa: PLC0415 (most searches find something)

    advice = explain_no_results(workspace.archive, workspace.lexicon, query, words, filters)
    for reason in advice.reasons:
        click.echo(as_typed(reason), err=True)
    for suggestion in advice.suggestions:
        if suggestion.without:
            options = [option for name in suggestion.without for option in _OPTIONS_OF_FILTERS[name]]
            command = command_without(options)
        elif suggestion.by:
            command = command_line(workspace.config, "search", f"--{suggestion.by}", suggestion.query)
        elif suggestion.keeps_filters:
            command = command_with_query(suggestion.query)
        else:
            command = command_line(workspace.config, "search", suggestion.query)
        count = so_many(suggestion.count, is_more=suggestion.count >= MANY)
        click.echo(f"  {command}   finds {count}", err=True)
