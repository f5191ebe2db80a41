"""`draft`: write the draft of a letter that quotes records, with their references."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import app
from monitor.cli import NOTHING_FOUND
from monitor.cli.check import read_file
from monitor.cli.formats import to_json, whole_file
from monitor.cli.options import Day, config_option, today_in_london
from monitor.cli.output import say
from monitor.cli.records import find_record
from monitor.cli.workspace import command_line, open_workspace
from monitor.errors import sentence
from monitor.presentation.wording import clean
from monitor.research.letters.drafting import STYLES, DraftRequest, draft_letter
from monitor.research.letters.gathering import NoPromiseError, gather
from monitor.research.letters.parts import draft_parts
from monitor.research.letters.writing import fill_template, format_of, write_letter
from monitor.research.quotations.styles import Style
from monitor.research.references import find_ids

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from monitor.cli.workspace import Workspace
    from monitor.model.promises import FoundPromise
    from monitor.model.records import Revision
    from monitor.research.letters.drafting import Draft


@click.command(
    epilog="""\b
Examples:
  pqwatch draft 14205 --to "The Minister of State, Home Office"        Markdown, to look at
  pqwatch draft 14205 14309 --to "Baroness Sample" --copy "Ada Example MP" --output letter.docx
  pqwatch draft 14205 --to "The Home Secretary" --quote "The Agency ... by spring" --output letter.html
  pqwatch draft p-3f9a2c71d0 --to "The Home Secretary"                 a promise, and each time it was repeated
  pqwatch draft 14205 --to "The Home Secretary" --template ours.docx --output letter.docx

\b
Exit codes: 0 drafted; 1 it can't be written; 2 wrong use, a template that can't be filled in, or words that don't stand
in the record; 3 no such record.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="REF...")
@click.option(
    "--to", required=True, metavar="NAME", help="Who it is to: a name or an office, with commas between lines."
)
@click.option("--copy", "copies", multiple=True, metavar="NAME", help="Who gets a copy. May be repeated.")
@click.option(
    "--quote",
    "quotes",
    multiple=True,
    metavar="WORDS",
    help='What to quote: "first words ... last words"; else what matters. May be repeated.',
)
@click.option("--template", metavar="FILE", help="Your own letter, with places to fill in: .docx, .md or .html.")
@click.option(
    "--style",
    type=click.Choice([style.value for style in STYLES], case_sensitive=False),
    default=Style.HANSARD.value,
    show_default=True,
    help="How its references are written.",
)
@click.option("--salutation", "dear", metavar="WORDS", help='How it begins: "Dear Lady Sample"; else as --to says.')
@click.option("--dated", type=Day(), metavar="DAY", help="The day of the letter; else today.")
@click.option("--output", "file", metavar="FILE", help="Where to: a .docx, .md or .html; else Markdown to stdout.")
@click.option("--force", is_flag=True, help="Write over a letter that is there already.")
@click.option("--json", "as_json", is_flag=True, help="Print the parts of the letter as one JSON object.")
@config_option
def draft_command(
    words: tuple[str, ...],
    to: str,
    copies: tuple[str, ...],
    quotes: tuple[str, ...],
    template: str | None,
    style: str,
    dear: str | None,
    dated: date | None,
    file: str | None,
    force: bool,
    as_json: bool,
    config_path: str | None,
) -> None:
    """Draft a letter to a minister: who asked and when, the answer word for word, its promises and their days, references.

    REF is as for `pqwatch cite`, or a promise of `pqwatch promises`, which is quoted with all its repetitions. A short
    answer is quoted whole; of a long one its promises, else what your terms found. What only you know stands in square
    brackets. `pqwatch check` on the result finds every quotation exact.
    """
    output = _format(file, template, as_json=as_json)
    if file and Path(file).exists() and not force:
        raise click.UsageError(
            f"{file} is there already, perhaps with your own words: name another file, or add --force"
        )
    body = _read_template(template) if template else b""
    request = DraftRequest(
        to=to,
        written_on=dated or today_in_london(),
        copies=copies,
        quotes=quotes,
        style=Style(style.lower()),
        dear=dear or "",
    )
    with open_workspace(config_path, uses_terms=False) as workspace:
        draft = _draft(workspace, words, request)
    for warning in draft.warnings:
        click.echo(clean(f"Note: {sentence(warning)}"), err=True)
    if file or not as_json:
        _write(fill_template(draft, template, body) if template else write_letter(draft, output), file)
    if as_json:
        click.echo(to_json(draft_parts(draft)))


def _format(file: str | None, template: str | None, *, as_json: bool) -> str:
    """Return the format of the letter. Raises UsageError or LetterError where file and template do not agree."""
    wanted = format_of(file) if file else ""
    own = format_of(template) if template else ""
    if wanted and own and wanted != own:
        raise click.UsageError(f"The letter ends as its template does: --output letter.{own}")
    if own == "docx" and not file and not as_json:
        raise click.UsageError("A .docx is nothing for stdout: add --output letter.docx")
    return wanted or own or "md"


def _read_template(template: str) -> bytes:
    """Read a template. A .docx must be within the limits of a letter. Raises LetterError."""
    body = read_file(template)
    if format_of(template) == "docx":
        app.letter(template, body)
    return body


def _draft(workspace: Workspace, words: Sequence[str], request: DraftRequest) -> Draft:
    """Draft the letter. Ends the command with exit code 3 where no record or promise goes by a reference."""
    from monitor.parliament.promises.find import find_promises  # noqa: PLC0415 (its rules take a moment to load)

    archive, calendar = workspace.archive, workspace.calendar

    def find(reference: str) -> tuple[int, Revision]:
        revision = find_record(archive, reference)
        return (find_ids(archive, reference) or [0])[0], revision

    def promises_of(text: str, made_on: date) -> list[FoundPromise]:
        return find_promises(text, made_on, calendar)

    try:
        gathered = gather(archive, words, request.written_on, find)
    except NoPromiseError as exc:
        all_of_them = command_line(workspace.config, "promises", "--all")
        click.echo(clean(f"{sentence(str(exc))} To list all: {all_of_them}"), err=True)
        raise SystemExit(NOTHING_FOUND) from exc
    return draft_letter(
        gathered.records, replace(request, own_quotes=gathered.own_quotes), promises_of, gathered.matches
    )


def _write(letter: bytes, file: str | None) -> None:
    if file is None:
        click.echo(clean(letter.decode()), nl=False)
        return
    with whole_file(Path(file)) as written:
        written.write(letter)
    say(f"Wrote {file}. Fill in what stands in square brackets, then: pqwatch check {shlex.quote(file)}")
