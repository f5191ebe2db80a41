"""`terms suggest`: terms that a topic may lack, each with its reason and what it would add."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.config_changes import topic_of
from monitor.cli.formats import emit, format_option
from monitor.cli.options import Day, config_option, today_in_london
from monitor.cli.output import Printer, cell, say
from monitor.cli.workspace import command_line, open_workspace, topic_key
from monitor.model.search import Filters
from monitor.presentation.citation import heading_of, short_reference
from monitor.presentation.wording import count_of, long_day, one_line

if TYPE_CHECKING:
    from datetime import date

    from monitor.cli.workspace import Workspace
    from monitor.model.watching import Topic
    from monitor.research.topic_suggestions import TopicSuggestion

_YEAR: Final = timedelta(days=365)
_INDENT: Final = " " * 6

_TITLES: Final = {
    "successor": "Successors of bodies that it names",
    "acronym": "Acronyms",
    "name": "Full names of acronyms",
    "spelling": "Spellings, and words made from its words",
    "slip": "Slips",
    "word": "Words that mark what it finds",
}


@click.command(
    "suggest",
    epilog="""\b
Examples:
  pqwatch terms suggest "Online safety"
  pqwatch terms suggest "Online safety" --since 2024-01-01 --limit 0 --json

\b
Exit codes: 0 done; 2 wrong use or configuration; 3 nothing to suggest.
""",
)
@click.argument("topic")
@click.option("--since", type=Day(), help="Count what a term would add from this day on. [default: a year ago]")
@click.option(
    "--limit", type=click.IntRange(min=0), default=5, show_default=True, help="The most to print of a kind; 0: all."
)
@format_option
@config_option
def suggest_command(topic: str, since: date | None, limit: int, output: str, config_path: str | None) -> None:
    """Suggest terms that TOPIC may lack. Nothing is added.

    Words that mark what the topic finds against all other records of the time; acronyms, full names, other spellings and
    slips of its terms that records have; and successors of bodies that it names. Each with its reason, how many records
    it would add, the newest of these, and the command that adds it. Look at it first: pqwatch terms try TERM
    """
    from monitor.research.topic_suggestions import (  # noqa: PLC0415 (loads long lists of names)
        KINDS,
        LOOKED_AT,
        suggest_terms,
        suggestion_json,
    )

    today = today_in_london()
    first = since or today - _YEAR
    with open_workspace(config_path) as workspace:
        target = topic_of(workspace.config, topic_key(workspace.config, topic, "TOPIC"))
        hits = list(workspace.archive.search.hits(None, Filters(topic=target.key), limit=LOOKED_AT))
        found = suggest_terms(workspace.archive, workspace.lexicon, target, hits, since=first, today=today)
        by_kind = {kind: [entry for entry in found if entry.candidate.kind == kind] for kind in KINDS}
        shown = [entry for entries in by_kind.values() for entry in entries[: limit or None]]
        if output == "table":
            _print(Printer.for_stdout(), workspace, target, by_kind, limit, first)
        else:
            emit((suggestion_json(target, entry, first) for entry in shown), (), output)
        looked_at = f"{count_of(len(hits), 'record')} of {one_line(target.name)!r} looked at"
        if not hits:
            say(f"{one_line(target.name)!r} has found no record yet, so only its terms were looked at.")
        elif not shown:
            say(f"Nothing to suggest: {looked_at}.")
        elif len(shown) < len(found):
            say(f"{looked_at[:1].upper()}{looked_at[1:]}; {len(found) - len(shown)} more: --limit 0")
        if not shown:
            raise SystemExit(NOTHING_FOUND)


def _print(
    printer: Printer,
    workspace: Workspace,
    topic: Topic,
    by_kind: dict[str, list[TopicSuggestion]],
    limit: int,
    since: date,
) -> None:
    for kind, entries in by_kind.items():
        if entries:
            printer.line(printer.bold(_TITLES[kind]))
        for entry in entries[: limit or None]:
            printer.paragraph(cell(entry.candidate.term), "  ")
            printer.paragraph(cell(entry.candidate.reason), _INDENT)
            printer.paragraph(_adds(entry, since), _INDENT)
            printer.line(_INDENT + command_line(workspace.config, "terms", "add", topic.name, entry.candidate.term))


def _adds(entry: TopicSuggestion, since: date) -> str:
    """Say how many records a term would add, with the newest."""
    day = long_day(since)
    if entry.example is None:
        return f"adds no record since {day}"
    at_least = "at least " if entry.is_more else ""
    proceeding = entry.example.revision.proceeding
    example = f"{short_reference(proceeding)}, {long_day(proceeding.day) if proceeding.day else 'without a day'}"
    heading = one_line(heading_of(proceeding, today_in_london()))
    return cell(f"adds {at_least}{count_of(entry.adds, 'record')} since {day}; the newest: {example}, {heading}")
