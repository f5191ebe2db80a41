"""`audit`: hold a briefing that others made against the archive and what a reader was told."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli import NOTHING_FOUND
from monitor.cli.check import read_file
from monitor.cli.formats import emit, format_option
from monitor.cli.options import Day, check_days, config_option, subscriber_option
from monitor.cli.output import Column, print_table, say
from monitor.cli.workspace import chosen_reader, open_workspace
from monitor.presentation.wording import listed, one_line
from monitor.research.audit.report import as_records, audit, summary, title_of
from monitor.research.quotations.report import MOST_SECONDS
from monitor.research.time_limit import time_limit

if TYPE_CHECKING:
    from datetime import date

    from monitor.research.audit.report import Audit, AuditRow

_MOST_UNREAD: Final = 5
"""Headings of no record that are named."""

_COLUMNS: Final = (
    Column("", lambda row: row["item"] if row["item"] is not None else "+", is_number=True),
    Column("item", lambda row: row["title"]),
    Column("record", lambda row: row["reference"] or row["given_reference"] or ""),
    Column("verdict", lambda row: row["verdict"].replace("_", " ")),
    Column("why", lambda row: row["reason"]),
)


@click.command(
    epilog="""\b
Examples:
  pqwatch audit briefing.docx
  pqwatch audit monday.eml --subscriber "Policy desk" --format xlsx --output audit.xlsx
  pqwatch audit notes.txt --from 2024-11-25 --to 2024-11-29

\b
Exit codes: 0 the briefing was read; 2 wrong use, or a file that can't be read; 3 nothing in it could be read as an item.
"""
)
@click.argument("named", metavar="FILE")
@subscriber_option
@click.option("--from", "first", type=Day(), help="First day of the briefing. [default: that of its items]")
@click.option("--to", "last", type=Day(), help="Its last day.")
@format_option
@config_option
def audit_command(
    named: str, subscriber: str | None, first: date | None, last: date | None, output: str, config_path: str | None
) -> None:
    """Hold a paid or hand-made briefing against the archive: what it has that you were not told, and what it lacks.

    FILE is a .docx, .html, .eml, .csv, .txt or .md; "-" reads from stdin. Items are found by UIN, column, address or
    heading. Each was told to you, or was not, with the reason; terms that would find it are tried. Rows with "+" are what
    pqwatch had in these days and the briefing lacks. How that is decided: docs/audit.md
    """
    check_days(first, last)
    briefing = app.briefing(named, read_file(named))
    with open_workspace(config_path) as workspace:
        reader = chosen_reader(workspace.config, subscriber)
        found = audit(
            workspace.archive,
            workspace.config,
            workspace.lexicon,
            briefing,
            reader,
            first=first,
            last=last,
            is_over=time_limit(MOST_SECONDS),
        )
    if not found.items:
        say(_why_nothing(named, found))
        raise SystemExit(NOTHING_FOUND)
    if output == "table":
        _print(found)
    else:
        emit(as_records(found), (), output)
        say(summary(found))
    _say_about(found)


def _why_nothing(file: str, found: Audit) -> str:
    name = one_line(file)
    if found.span is None:
        return (
            f"{name}: no reference, address or day was found. Headings are looked up in the days of the briefing: "
            "name these with --from and --to."
        )
    return (
        f"{name}: nothing in it could be read as an item, neither a reference nor a heading of {found.span.in_words}."
    )


# -- for people -------------------------------------------------------------------------------------------------------


def _print(found: Audit) -> None:
    say(summary(found), is_error=False)
    if found.span is not None:
        say(f"Days: {found.span.in_words} ({found.span.origin}).", is_error=False)
    click.echo()
    records = as_records(found)
    rows = (*found.items, *found.lacking)
    shown: list[dict[str, Any]] = [
        {**record, "title": title_of(row), "reason": _reason(row)} for record, row in zip(records, rows, strict=True)
    ]
    print_table(shown, _COLUMNS)


def _reason(row: AuditRow) -> str:
    """Return the reason of a verdict, with the terms that would find the record."""
    terms = [f"{one_line(term.term)} ({term.records:,} in the archive)" for term in row.suggestions]
    return f"{row.judgement.why}{f' These would: {listed(terms)}.' if terms else ''}"


def _say_about(found: Audit) -> None:
    """Say on stderr what the table can't show."""
    if found.unread:
        shown = [one_line(title) for title in found.unread[:_MOST_UNREAD]]
        more = len(found.unread) - len(shown)
        names = listed([*shown, f"{more:,} more"] if more else shown)
        say(f"Headings of no record of these days, taken for titles of sections: {names}.")
    if found.span is None:
        say("The days of the briefing are not known: name them with --from and --to to see what it lacks.")
    sys.stdout.flush()
