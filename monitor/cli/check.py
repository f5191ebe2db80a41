"""`check`: compare the quotations of a letter with the archive."""

from __future__ import annotations

import stat
import sys
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import app
from monitor.cli import FAILED
from monitor.cli.formats import destination, emit, output_options, whole_file
from monitor.cli.options import config_option
from monitor.cli.output import Column, Printer
from monitor.cli.workspace import open_workspace
from monitor.errors import LetterError
from monitor.model.letters import LARGEST
from monitor.presentation.wording import count_of, one_line
from monitor.research.quotations.checking import check
from monitor.research.quotations.report import MOST_SECONDS, as_json, in_words, is_wrong, verdict_counts
from monitor.research.time_limit import time_limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.research.quotations.outcomes import QuotationFinding
    from monitor.research.quotations.report import FindingInWords

_INDENT = "    "
_DOCX_START = b"PK\x03\x04"


@click.command(
    epilog="""\b
Examples:
  pqwatch check letter.docx
  pqwatch check letter.txt --json
  pbpaste | pqwatch check -
  pqwatch check letter.docx --annotate                 letter-checked.docx, with the findings as comments

\b
Exit codes: 0 every quotation stands in the archive; 1 one is altered or not found, with --strict also where one was
corrected since or the letter names another source; 2 wrong use, or a file that can't be read.
"""
)
@click.argument("letter", metavar="FILE")
@click.option(
    "--strict", is_flag=True, help="Exit code 1 also where one was corrected since, or the letter names another source."
)
@click.option(
    "--annotate",
    is_flag=True,
    help="Write the letter, a .docx, with the findings as comments: to --output, else to a new file beside it.",
)
@output_options
@config_option
def check_command(
    letter: str, strict: bool, annotate: bool, output: str, file: str | None, config_path: str | None
) -> None:
    """Check the quotations of a letter: exact, altered and where, corrected since, or not found.

    FILE is a .txt, .md, .html or .docx; "-" reads from stdin. Quotations stand in double or single marks, or are set as
    such. How that is decided: docs/quoting.md
    """
    to = _annotated_file(letter, file) if annotate else None
    with destination(output, None if to else file) as chosen:
        body = read_file(letter)
        if to and not body.startswith(_DOCX_START):
            raise LetterError(f"{letter} is no .docx, and comments go into such files alone: save it in Word as .docx")
        read = app.letter(letter, body)
        with open_workspace(config_path, uses_terms=False) as workspace:
            found = check(workspace.archive, read, is_over=time_limit(MOST_SECONDS))
        if to:
            _write_comments(letter, body, found, to)
        _show(letter, found, chosen)
    if any(is_wrong(finding, is_strict=strict) for finding in found):
        raise SystemExit(FAILED)


def _annotated_file(letter: str, file: str | None) -> Path:
    """Return where a letter with comments is written. Raises UsageError where that is not a new .docx."""
    if file is None:
        if letter == "-":
            raise click.UsageError("Name the file for a letter from stdin: --output letter-checked.docx")
        path = Path(letter)
        return path.with_name(f"{path.stem}-checked.docx")
    to = Path(file)
    if to.suffix.lower() != ".docx":
        raise click.UsageError(
            f"{file} is no .docx, and comments go into such files alone: --output letter-checked.docx"
        )
    if letter != "-" and to.resolve() == Path(letter).resolve():
        raise click.UsageError("--output names the letter itself, which stays as it is: name another file.")
    return to


def _write_comments(letter: str, body: bytes, found: Sequence[QuotationFinding], to: Path) -> None:
    from monitor.research.letters.annotating import annotate  # noqa: PLC0415 (it loads python-docx)

    commented = annotate(letter, body, found)
    with whole_file(to) as written:
        written.write(commented)
    click.echo(f"Wrote {to}, with {count_of(len(found), 'comment')}.", err=True)


def _show(letter: str, found: Sequence[QuotationFinding], output: str) -> None:
    if output == "table":
        _print(Printer.for_stdout(), letter, found)
    else:
        records = (as_json(letter, number, finding) for number, finding in enumerate(found, 1))
        emit(records, [Column(name, itemgetter(name)) for name in ("verdict", "reference", "quotation")], output)


def read_file(file: str) -> bytes:
    """Read a file or stdin, up to one byte more than the limit. Raises LetterError."""
    most = LARGEST + 1
    if file == "-":
        return sys.stdin.buffer.read(most)
    try:
        if not stat.S_ISREG(Path(file).stat().st_mode):  # a named pipe may never answer, a device never end
            raise LetterError(f"{file} is no file: name a file, or pass its text to stdin and name -")
        with Path(file).open("rb") as opened_file:
            return opened_file.read(most)
    except OSError as exc:
        raise LetterError(f"the file {file} can't be read ({exc.strerror}): name one, or - for stdin") from exc
    except ValueError as exc:  # a null byte in the name
        raise LetterError(f"the file {file} can't be read ({exc}): name one, or - for stdin") from exc


# -- for people -------------------------------------------------------------------------------------------------------


def _print(printer: Printer, file: str, findings: Sequence[QuotationFinding]) -> None:
    if not findings:
        printer.line(f"{one_line(file)}: no quotations")
        return
    printer.line(f"{one_line(file)}: {count_of(len(findings), 'quotation')}: {verdict_counts(findings)}")
    for number, finding in enumerate(findings, 1):
        said = in_words(finding)
        printer.line()
        title = printer.bold(f"{number}. {said.title}")
        printer.line(f"{title}  (paragraph {finding.quotation.paragraph})")
        for line in _lines(said):
            if line.startswith("https://"):
                printer.line(_INDENT + line)  # not filled, so that it can be copied
            else:
                printer.paragraph(line, _INDENT)


def _lines(said: FindingInWords) -> Iterator[str]:
    yield from (said.quotation, *said.before)
    yield from filter(None, (said.source, said.url))
    yield from said.after
    yield from (f"Warning: {warning}" for warning in said.warnings)
