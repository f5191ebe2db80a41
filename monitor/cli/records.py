"""Print records in a list: day, reference, state, body, heading, people, and the passages with the words found."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.options import today_in_london
from monitor.cli.output import WIDE
from monitor.cli.typed import as_typed
from monitor.presentation.citation import heading_of, short_reference
from monitor.presentation.record_lines import heading_runs, passages, people_line, state_of
from monitor.presentation.wording import clean, one_line, short_body, shorten
from monitor.research.references import find_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from db.archive import Archive
    from monitor.cli.output import Printer
    from monitor.cli.workspace import Workspace
    from monitor.model.records import Proceeding, Revision
    from monitor.model.search import Hit
    from monitor.model.watching import Match
    from monitor.parliament.lifecycle import DueDays

INDENT: Final = " " * 12
_PASSAGE_LINES: Final = 2
_PASSAGE_LENGTH: Final = 300
"""Characters of a passage where stdout is no terminal."""


def due_date_rule(workspace: Workspace) -> DueDays:
    """Return the due days of an archive."""
    from monitor.parliament.lifecycle import DueDays  # noqa: PLC0415 (slow to import, and lists for people do without)

    return DueDays(lambda: workspace.calendar)


def find_record(archive: Archive, reference: str) -> Revision:
    """Return the preferred revision of the newest record with a reference, and name the others on stderr.

    Ends the command with exit code 3 if the archive has no such record.
    """
    from monitor.parliament.provenance import preferred_revision  # noqa: PLC0415 (lists do without)

    ids = find_ids(archive, reference)
    if not ids:
        hint = "" if ids is not None else f" To look for these words: pqwatch search {shlex.quote(reference)}"
        click.echo(clean(f"No record goes by {reference}.{as_typed(hint)}"), err=True)
        raise SystemExit(NOTHING_FOUND)
    newest, *others = (preferred_revision(archive.records.revisions(row_id)) for row_id in ids)
    for other in others:
        proceeding = other.proceeding
        has_day_and_uin = proceeding.tabled_on and proceeding.uin
        name = f"{proceeding.tabled_on}/{one_line(proceeding.uin)}" if has_day_and_uin else proceeding.id
        click.echo(clean(f"Also: {name}  {one_line(proceeding.heading)}"), err=True)
    return newest


def print_hit(printer: Printer, hit: Hit, spans: Sequence[Match], topics: Mapping[str, str] | None = None) -> None:
    """Print a record of a list with the passages that hold the words found.

    With `topics` (names by key), say for which of them the record was found, and by which terms.
    """
    proceeding = hit.revision.proceeding
    day = proceeding.day.isoformat() if proceeding.day else ""
    print_record_lines(printer, [day, short_reference(proceeding), state_of(proceeding)], proceeding, spans)
    if topics is not None:
        from monitor.presentation.match_reasons import reasons  # noqa: PLC0415 (a search gives none)

        for reason in reasons(spans, topics):
            printer.paragraph(reason, INDENT)
    _print_passages(printer, proceeding, spans)


def print_record_lines(
    printer: Printer, cells: Sequence[str], proceeding: Proceeding, spans: Sequence[Match] = ()
) -> None:
    """Print the first lines of a record: day, reference and state (`cells`), answering body, heading and people."""
    day, name, state = cells
    lead = f"{day:10}  {name:14}  {state:12}"
    heading = printer.runs(heading_runs(proceeding, spans, heading_of(proceeding, today_in_london())))
    body = short_body(proceeding.body)
    if printer.width is None or printer.width >= WIDE:
        printer.cut_line(f"{lead}  {shorten(body, 36):36}  {heading}")
    else:
        printer.cut_line(f"{lead}  {body}")
        printer.paragraph(heading, INDENT, max_lines=2)
    if people := people_line(proceeding):
        printer.paragraph(people, INDENT)


def topic_list(keys: Iterable[str], topics: Mapping[str, str]) -> str:
    """Return topics by name, separated by semicolons."""
    return "; ".join(one_line(topics.get(key, key)) for key in keys)


def _print_passages(printer: Printer, proceeding: Proceeding, spans: Sequence[Match]) -> None:
    """Print one passage of each part in which something was found."""

    def room(label: str) -> int:
        if printer.width is None:
            return _PASSAGE_LENGTH
        return (printer.width - len(INDENT)) * _PASSAGE_LINES - len(label) - 20

    for found in passages(proceeding, spans, room):
        printer.paragraph(found.label + printer.runs(found.runs), INDENT, max_lines=_PASSAGE_LINES + 1)
