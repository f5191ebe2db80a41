"""`bodies`: departments, agencies and police units, what they came from and what they became."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option
from monitor.cli.options import config_option
from monitor.cli.output import Column, Printer, cell, say
from monitor.presentation.wording import day_in_words, listed
from monitor.research.body_report import all_bodies, body_json, find_bodies, near_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_WHOLE: Final = 4
"""Bodies that are shown with their lines. More are listed."""

_COLUMNS: Final = (
    Column("name", lambda row: row["name"]),
    Column("short", lambda row: ", ".join(row["abbreviations"])),
    Column("began", lambda row: row["began"] or ""),
    Column("ended", lambda row: row["ended"] or ""),
    Column("became", lambda row: "; ".join(change["name"] for change in row["became"] if change["is_followed"])),
)

_NOT_FOLLOWED: Final = {
    "part": "some of its work went to",
    "devolved": "belongs to a devolved administration; GOV.UK names",
    None: "has not ended, as far as is known; GOV.UK names",
}
"""Words for changes by which a body did not end."""


@click.command(
    epilog="""\b
Examples:
  pqwatch bodies NHTCU
  pqwatch bodies Department of Health
  pqwatch bodies Health --json
  pqwatch bodies --format csv              the whole table

\b
Exit codes: 0 found; 2 wrong use; 3 no body has this name.
"""
)
@click.argument("name", nargs=-1)
@format_option
@config_option
def bodies_command(name: tuple[str, ...], output: str, config_path: str | None) -> None:
    """Show what a body came from and what it became, with the day and source of each change.

    NAME is a department, an agency or a police unit, its abbreviation, or how its answers are printed ("Health"). Without
    it, all that are known are listed. Days are as exact as they are certain.
    """
    del config_path  # every command takes one; the table comes with pqwatch and is the same for all
    wanted = " ".join(name).strip()
    found = find_bodies(wanted) if wanted else all_bodies()
    if not found:
        if output != "table":
            emit((), (), output)
        near = near_names(wanted)
        hint = f" Nearest: {listed(list(near))}." if near else ""
        say(f"No body is known as {cell(wanted)}.{hint}")
        raise SystemExit(NOTHING_FOUND)
    rows = [body_json(body) for body in found]
    if output != "table" or not wanted or len(rows) > MOST_WHOLE:
        emit(rows, _COLUMNS, output)
    else:
        _print_bodies(Printer.for_stdout(), rows)


def _print_bodies(printer: Printer, rows: Sequence[Mapping[str, Any]]) -> None:
    for number, row in enumerate(rows):
        if number:
            printer.line()
        _print_body(printer, row)


def _print_body(printer: Printer, row: Mapping[str, Any]) -> None:
    of = " (Northern Ireland)" if row["legislature"] != "uk" else ""
    printer.line(printer.bold(f"{_named(row)}{of}"))
    printer.paragraph(_days(row), "  ")
    if row["other_names"]:
        printer.paragraph(f"Also: {listed(row['other_names'])}.", "  ")
    printed = [name for name in row["printed_as"] if name not in (row["name"], *row["other_names"])]
    if printed:
        printer.paragraph(f"Its answers are also printed under: {listed(printed)}.", "  ")
    if row["note"]:
        printer.paragraph(row["note"], "  ")
    _print_changes(printer, "Came from", row["name"], row["came_from"], row["predecessors"])
    _print_changes(printer, "Became", row["name"], row["became"], row["successors"])
    if row["term"]:
        printer.paragraph(f"To find its successors, each from its first day on: {printer.bold(row['term'])}", "  ")


def _days(row: Mapping[str, Any]) -> str:
    began = f"from {day_in_words(row['began'])}" if row["began"] else ""
    ended = f"until {day_in_words(row['ended'])}" if row["ended"] else ""
    days = " ".join(filter(None, (began, ended))) or "days not known"
    return f"{days[0].upper()}{days[1:]}. Source: {row['source']}."


def _print_changes(
    printer: Printer, title: str, name: str, changes: Sequence[Mapping[str, Any]], line: Sequence[Mapping[str, Any]]
) -> None:
    """Print the steps of a line, then what is known besides: changes by which a body did not end."""
    on_line = {step["name"] for step in line}
    others = [change for change in changes if not change["is_followed"] and change["name"] not in on_line]
    if not line and not others:
        return
    printer.line(f"  {title}")
    for step in line:
        day = day_in_words(step["since"]) if step["since"] else "day not known"
        link = "into" if title == "Came from" else "after"
        through = "" if step["of"] == name else f" {link} {cell(step['of'])}"
        printer.beside(f"    {day:<17}  ", f"{_named(step)}: {step['how']}{through}. {step['source']}")
    for change in others:
        day = day_in_words(change["on"]) if change["on"] else "day not known"
        words = _NOT_FOLLOWED.get(change["how"], f"{change['how']}, as GOV.UK has it:")
        if title == "Came from":
            words = "some of the work of" if change["how"] == "part" else words
        printer.beside(f"    {day:<17}  ", f"{words} {cell(change['name'])}. {change['source']}")


def _named(row: Mapping[str, Any]) -> str:
    short = f" ({', '.join(row['abbreviations'])})" if row["abbreviations"] else ""
    return cell(f"{row['name']}{short}")
