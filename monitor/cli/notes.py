"""`note` and `notes`: what the team writes on records and promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.following import say_others, unknown_is_nothing_found
from monitor.cli.formats import emit, format_option, json_option, to_json
from monitor.cli.options import config_option, subscriber_option
from monitor.cli.output import Printer, say
from monitor.cli.workspace import chosen_reader, find_reader, open_workspace
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import clean, long_day, one_line
from monitor.research.following import (
    LONGEST_NOTE,
    UnknownTargetError,
    find_record_or_promise,
    found_notes,
    note_json,
    record_title,
)

if TYPE_CHECKING:
    from monitor.cli.workspace import Workspace
    from monitor.model.following import Note
    from monitor.research.following import FoundTarget


def find_noted(workspace: Workspace, ref: str) -> FoundTarget:
    """Return the record or promise that a reference names. Ends the command with exit code 3 without one."""
    with unknown_is_nothing_found():
        found = find_record_or_promise(workspace.archive, ref)
        if found is None:
            raise UnknownTargetError(
                f"No record goes by {ref}. A text of several words stands in quotes for the shell."
            )
    say_others(found)
    return found


@click.command(
    epilog="""\b
Examples:
  pqwatch note 14205 "Ask the council about the second figure."
  pqwatch note p-3f9a2c71d0 "Raised with the minister's office." --subscriber "Policy desk"

\b
Exit codes: 0 done; 2 wrong use; 3 nothing found.
"""
)
@click.argument("ref")
@click.argument("text", nargs=-1, required=True)
@subscriber_option
@json_option
@config_option
def note_command(
    ref: str, text: tuple[str, ...], subscriber: str | None, as_json: bool, config_path: str | None
) -> None:
    """Write a note on a record or a promise. The whole team sees it, with who wrote it and when.

    REF is as for `pqwatch show`, or the id of a promise. The note stands in `pqwatch show` and in digests that tell of it.
    """
    words = clean(" ".join(text)).strip()
    if not words:
        raise click.BadParameter("the note is empty: write what the team should know.", param_hint="TEXT")
    if len(words) > LONGEST_NOTE:
        raise click.BadParameter(f"a note has {LONGEST_NOTE:,} letters at most.", param_hint="TEXT")
    with open_workspace(config_path, uses_terms=False) as workspace:
        reader = chosen_reader(workspace.config, subscriber)
        found = find_noted(workspace, ref)
        number = workspace.archive.notes.add(reader, found.target, words)
        note = next(note for note in workspace.archive.notes.listing() if note.number == number)
    if as_json:
        click.echo(to_json(note_json(note)))
    else:
        say(f"Noted by {one_line(note.author)} on {record_title(note.record)}", is_error=False)


@click.command(
    epilog="""\b
Examples:
  pqwatch notes                                     all notes, newest first
  pqwatch notes council figure                      those with both words
  pqwatch notes --on 14205

\b
Exit codes: 0 found; 2 wrong use; 3 nothing found.
"""
)
@click.argument("words", nargs=-1)
@click.option("--on", "ref", metavar="REF", help="Only on this record.")
@click.option("--subscriber", metavar="NAME", help="Only of this subscriber, by name, id or address.")
@format_option
@config_option
def notes_command(
    words: tuple[str, ...], ref: str | None, subscriber: str | None, output: str, config_path: str | None
) -> None:
    """List the notes of the team, newest first.

    With WORDS, those that have all of them: in the note, its author, or name and heading of the record.
    """
    with open_workspace(config_path, uses_terms=False) as workspace:
        key = find_reader(workspace.config, subscriber, "--subscriber").key if subscriber else None
        record = find_noted(workspace, ref).target if ref else None
        notes = [
            note
            for note in found_notes(workspace.archive.notes.listing(), words)
            if (key is None or note.subscriber == key)
            and (record is None or (note.record.id, note.promise)[record.promise_id is not None] == record.ref)
        ]
    rows: list[dict[str, Any]] = list(map(note_json, notes))
    if output == "table":
        printer = Printer.for_stdout()
        for note in notes:
            _print(printer, note)
    else:
        emit(rows, (), output)
    if not rows:
        say("No note has all these words." if words else "There are no notes. To write one: pqwatch note REF TEXT")
        raise SystemExit(NOTHING_FOUND)


def _print(printer: Printer, note: Note) -> None:
    on = f"promise {note.promise}, " if note.promise else ""
    printer.line(printer.bold(f"{on}{record_title(note.record)}"))
    printer.paragraph(f"{one_line(note.author)}, {long_day(note.written_at.astimezone(LONDON).date())}", "  ")
    for line in clean(note.text).splitlines():
        printer.paragraph(line, "  ")
