"""What is asked of the archive: the query and the filters that `search` and `export` have in common."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli import WRONG_USE
from monitor.cli.common import Day
from monitor.cli.found import ids_of, topic_key
from monitor.errors import sentence
from monitor.model.archive import Filters
from monitor.model.records import House, Kind, State
from monitor.parliament.answer_labels import RULES
from monitor.parliament.calendar import LONDON
from monitor.terms.matcher import compile_query
from monitor.terms.tree import TermError, paste_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from monitor.cli.common import Opened
    from monitor.terms.matcher import Query


_AROUND: Final = 60
"""Characters of a term that are shown on each side of the one that can't be read."""


class QueryError(click.ClickException):
    """A query that can't be read: exit code 2."""

    exit_code = WRONG_USE


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The filters of a search; each may be given with or without a query."""
    choice = {"case_sensitive": False}
    for option in reversed(
        (
            click.option("--from", "first", type=Day(), help="No earlier than this day, of its newest official event."),
            click.option("--to", "last", type=Day(), help="No later than this day."),
            click.option("--since", type=Day(), help="The same as --from: --since 30d."),
            click.option(
                "--house", multiple=True, type=click.Choice(list(House), **choice), help="Of this House or legislature."
            ),
            click.option("--body", metavar="WORDS", help="Whose answering body has these words in its name."),
            click.option("--asker", metavar="WORDS", help="Asked by a member with these words in the name."),
            click.option(
                "--minister",
                metavar="WORDS",
                help="Answered, or said for the government, by somebody with these words in the name.",
            ),
            click.option(
                "--speaker",
                metavar="WORDS",
                help="Said by a member with these words in the name: speeches, statements.",
            ),
            click.option("--party", metavar="WORDS", help="Asked by a member of this party."),
            click.option("--kind", multiple=True, type=click.Choice(list(Kind), **choice), help="Of a kind."),
            click.option("--state", multiple=True, type=click.Choice(list(State), **choice), help="In this state."),
            click.option("--topic", metavar="TOPIC", help="That a term of this topic was found in."),
            click.option(
                "--label", multiple=True, type=click.Choice(list(RULES), **choice), help="Whose answer has this label."
            ),
        )
    ):
        command = option(command)
    return command


def filters_of(here: Opened, *, oldest_first: bool, first: date | None, last: date | None, since: date | None,
               house: Sequence[str], kind: Sequence[str], state: Sequence[str], topic: str | None, label: Sequence[str],
               **names: str | None) -> Filters:  # fmt: skip
    """The filters as the archive takes them. Raises UsageError where they exclude each other."""
    if first and since:
        raise click.UsageError("--from and --since are the same: give one of them.")
    first = first or since
    if first and last and first > last:
        raise click.UsageError(f"--from {first} is after --to {last}: exchange them.")
    return Filters(
        first=first,
        last=last,
        houses=[House(one.lower()).value for one in house],
        kinds=kind,
        states=[State(one.lower()).value for one in state],
        topic=topic_key(here.config, topic) if topic else None,
        labels=[one.lower() for one in label],
        oldest_first=oldest_first,
        body=names["body"],
        asker=names["asker"],
        minister=names["minister"],
        speaker=names["speaker"],
        party=names["party"],
    )


def asked_of(here: Opened, words: str, filters: Filters) -> tuple[Query | None, Filters]:
    """The query and the filters; where the words are a reference to records, only these pass, without a query."""
    if not words:
        return None, filters
    ids = ids_of(here.archive, words)
    if ids:
        if words.isdigit():
            _say(
                f"Found by its number. For the figure {words} in the texts: pqwatch search {shlex.quote(_quoted(words))}"
            )
        return None, replace(filters, ids=ids)
    if ids is not None and "/" in words:
        return None, replace(filters, ids=[])
    try:
        return compile_query(words, here.lexicon, today=app.clock().astimezone(LONDON).date()), filters
    except TermError as exc:
        better = f"\n{paste_hint(exc.better)}" if exc.better else ""
        raise QueryError(f"{exc.problem}.\n{_pointed(exc)}\n{sentence(exc.remedy)}{better}") from exc


def _pointed(exc: TermError) -> str:
    """The term, or what of a long one stands around the character that the error is about, and a caret under that."""
    first = max(0, exc.position - _AROUND)
    before, after = exc.term[first : exc.position], exc.term[exc.position : exc.position + _AROUND]
    start = "..." if first else ""
    end = "..." if exc.position + _AROUND < len(exc.term) else ""
    return f"  {start}{before}{after}{end}\n  {' ' * len(start + before)}^"


def _quoted(words: str) -> str:
    return f'"{words}"'


def _say(text: str) -> None:
    click.echo(text, err=True)
