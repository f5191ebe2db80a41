"""`check`: compare the quotations of a letter with the archive."""

from __future__ import annotations

import stat
import sys
import time
from collections import Counter
from itertools import starmap
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli import FAILED
from monitor.cli.formats import emit, format_option
from monitor.cli.options import config_option
from monitor.cli.output import Column, Printer
from monitor.cli.workspace import open_workspace
from monitor.errors import LetterError
from monitor.model.letters import LARGEST
from monitor.presentation.citation import cite
from monitor.presentation.wording import count_of, listed, long_day, member_name, official_url, one_line, shorten
from monitor.research.quotations.checking import Verdict, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.research.quotations.checking import QuotationFinding, QuotationPlace
    from monitor.research.quotations.comparison import WordChange

_NAMES = {
    Verdict.EXACT: "exact",
    Verdict.GLOSSED: "exact but for a gloss",
    Verdict.ALTERED: "altered",
    Verdict.CORRECTED: "corrected since",
    Verdict.NOT_FOUND: "not found",
    Verdict.TITLE: "a title, not checked",
    Verdict.UNCHECKED: "too short to check",
}
_BAD = (Verdict.ALTERED, Verdict.NOT_FOUND)
_INDENT = "    "
_NEAR = 0.2
"""Least share of words in common that makes a passage worth a look."""
_MOST_SECONDS = 600
"""Time limit of a check: some hundred times what a letter of 200 quotations takes."""
_SHOWN = 400
"""Characters of a quotation that are shown: the letter has all of it."""


@click.command(
    epilog="""\b
Examples:
  pqwatch check letter.docx
  pqwatch check letter.txt --json
  pbpaste | pqwatch check -

\b
Exit codes: 0 every quotation stands in the archive; 1 one is altered or not found, with --strict also where one was
corrected since or the letter names another source; 2 wrong use, or a file that can't be read.
"""
)
@click.argument("letter", metavar="FILE")
@click.option(
    "--strict", is_flag=True, help="Exit code 1 also where one was corrected since, or the letter names another source."
)
@format_option
@config_option
def check_command(letter: str, strict: bool, output: str, config_path: str | None) -> None:
    """Check the quotations of a letter: exact, altered and where, corrected since, or not found.

    FILE is a .txt, .md, .html or .docx; "-" reads from stdin. Quotations stand in double or single marks, or are set as
    such. How that is decided: docs/quoting.md
    """
    read = app.letter(letter, _read(letter))
    with open_workspace(config_path) as workspace:
        until = time.monotonic() + _MOST_SECONDS
        found = check(workspace.archive, read, is_over=lambda: time.monotonic() > until)
    if output == "table":
        _print(Printer.for_stdout(), letter, found)
    else:
        records = (_record(letter, number, finding) for number, finding in enumerate(found, 1))
        emit(records, [Column(name, itemgetter(name)) for name in ("verdict", "reference", "quotation")], output)
    if any(_fails(finding, is_strict=strict) for finding in found):
        raise SystemExit(FAILED)


def _read(file: str) -> bytes:
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
        raise LetterError(f"{file} can't be read ({exc.strerror}): name a file, or - for stdin") from exc
    except ValueError as exc:  # a null byte in the name
        raise LetterError(f"{file} can't be read ({exc}): name a file, or - for stdin") from exc


def _fails(finding: QuotationFinding, *, is_strict: bool) -> bool:
    """Return whether a finding makes the command end with exit code 1."""
    if finding.verdict in _BAD:
        return True
    warned = finding.attribution is not None and bool(finding.attribution.warnings)
    return is_strict and (finding.verdict is Verdict.CORRECTED or warned)


# -- for people -------------------------------------------------------------------------------------------------------


def _print(printer: Printer, file: str, findings: Sequence[QuotationFinding]) -> None:
    if not findings:
        printer.line(f"{one_line(file)}: no quotations")
        return
    counts = Counter(finding.verdict for finding in findings)
    verdicts = ", ".join(f"{counts[verdict]} {name}" for verdict, name in _NAMES.items() if counts[verdict])
    printer.line(f"{one_line(file)}: {count_of(len(findings), 'quotation')}: {verdicts}")
    for number, finding in enumerate(findings, 1):
        title = printer.bold(f"{number}. {_NAMES[finding.verdict].capitalize()}")
        printer.line()
        printer.line(f"{title}  (paragraph {finding.quotation.paragraph})")
        for line in _lines(finding):
            if line.startswith("https://"):
                printer.line(_INDENT + line)  # not filled, so that it can be copied
            else:
                printer.paragraph(line, _INDENT)


def _lines(finding: QuotationFinding) -> Iterator[str]:
    yield _in_marks(finding.quotation.text)
    place = finding.place
    is_found = finding.verdict is not Verdict.NOT_FOUND
    if finding.verdict in (Verdict.UNCHECKED, Verdict.TITLE):
        yield "It stands nowhere like that."
        if place is None:
            return
    elif place is None or (not is_found and place.comparison.likeness < _NEAR):
        yield "Nothing in the archive is near it."
        return
    if not is_found:
        yield f"Nearest, with {place.comparison.likeness:.0%} of its words: {_in_marks(place.passage)}"
    yield from _source(place)
    yield from _differences(finding, place)
    yield from starmap(_own_words, place.comparison.own)
    if is_found:
        yield from place.comparison.notes
    yield from _other_records(finding)
    yield from finding.notes
    if finding.attribution is not None:
        if finding.attribution.agreed and not finding.attribution.warnings:
            yield f"As the letter says: {listed([one_line(fact) for fact in finding.attribution.agreed])}."
        yield from (f"Warning: {one_line(warning)}" for warning in finding.attribution.warnings)


def _source(place: QuotationPlace) -> Iterator[str]:
    """Return the reference, the speaker, and the page."""
    who = place.said_by
    verb = "asked by" if place.part == "question" else "by"
    yield ", ".join([cite(place.record), *([f"{verb} {member_name(who)}"] if who else [])])
    if url := official_url(place.record) or one_line(place.record.url):
        yield url


def _differences(finding: QuotationFinding, place: QuotationPlace) -> Iterator[str]:
    """Return which words differ, and how the record reads now if it was changed since."""
    if finding.verdict is Verdict.ALTERED:
        figures = [change for change in place.comparison.changes if change.is_of_figures]
        if figures:
            yield f"Figures: {'; '.join(map(_figure, figures))}."
        yield from map(_change, place.comparison.changes)
    if finding.verdict is Verdict.CORRECTED:
        which = "as it was first answered" if place.number is None else f"in revision {place.number}"
        corrected = place.record.corrected_on
        until = f", before the correction of {long_day(corrected)}" if corrected else ""
        yield f"So it stood {which}{until}.{'' if finding.now else ' Nothing like it stands there now.'}"
    if finding.now is not None and finding.now.comparison.changes:
        yield f"Now: {_in_marks(finding.now.passage)}"
        yield from map(_now, finding.now.comparison.changes)


def _change(change: WordChange) -> str:
    where = f"After {_in_marks(change.lead)}" if change.lead else "At the beginning"
    if not change.letter:
        return f"{where} the letter leaves out {_in_marks(change.record)}."
    if not change.record:
        return f"{where} the letter adds {_in_marks(change.letter)}."
    return f"{where} the record has {_in_marks(change.record)}, the letter {_in_marks(change.letter)}."


def _own_words(own: str, words: str) -> str:
    """Say what the writer's own words stand for. Words in round brackets may only explain the words before them."""
    if not words and own.startswith("("):
        return f"{own} is the letter's own."
    return f"{own} stands for {_in_marks(words) if words else 'no word'}."


def _figure(change: WordChange) -> str:
    return f"{one_line(change.record) or 'none'}, quoted as {one_line(change.letter) or 'none'}"


def _now(change: WordChange) -> str:
    if not change.letter:
        return f"{_in_marks(change.record)} is new."
    return (
        f"{_in_marks(change.letter)} became {_in_marks(change.record)}."
        if change.record
        else (f"{_in_marks(change.letter)} is gone.")
    )


def _other_records(finding: QuotationFinding) -> Iterator[str]:
    others = finding.records - 1
    if others > 0:
        more = f"more than {others:,}" if finding.is_more else f"{others:,}"
        yield f"Word for word in {more} other {'record' if others == 1 else 'records'} too."


def _in_marks(text: str) -> str:
    return f'"{shorten(one_line(text), _SHOWN)}"'


# -- for scripts ------------------------------------------------------------------------------------------------------


def _record(file: str, number: int, finding: QuotationFinding) -> dict[str, Any]:
    """Return a finding with the keys of docs/json.md."""
    place = finding.place
    comparison = place.comparison if place else None
    return {
        "file": file,
        "number": number,
        "paragraph": finding.quotation.paragraph,
        "quotation": finding.quotation.text,
        "verdict": finding.verdict.value,
        "likeness": round(comparison.likeness, 3) if comparison else None,
        **_where(place),
        "changes": [_as_dict(change) for change in comparison.changes] if comparison else [],
        "insertions": [{"letter": own, "record": words} for own, words in comparison.own] if comparison else [],
        "records": finding.records,
        "is_more": finding.is_more,
        "agreed": list(finding.attribution.agreed) if finding.attribution else [],
        "warnings": list(finding.attribution.warnings) if finding.attribution else [],
        "notes": [*(comparison.notes if comparison else ()), *finding.notes],
        "now": _where(finding.now) | {"changes": [_as_dict(change) for change in finding.now.comparison.changes]}
        if finding.now
        else None,
    }


def _where(place: QuotationPlace | None) -> dict[str, Any]:
    """Return where words stand, with null for every key if they stand nowhere."""
    if place is None:
        return dict.fromkeys(
            ("id", "reference", "url", "said_by", "date", "part", "revision", "start", "end", "passage")
        )
    who = place.said_by
    return {
        "id": place.record.id,
        "reference": cite(place.record),
        "url": place.record.url,
        "said_by": who.name if who else None,
        "date": place.revision.day.isoformat() if place.revision.day else None,
        "part": place.part,
        "revision": place.number,
        "start": place.comparison.start,
        "end": place.comparison.end,
        "passage": place.passage,
    }


def _as_dict(change: WordChange) -> dict[str, Any]:
    return {"record": change.record, "letter": change.letter, "after": change.lead, "is_figure": change.is_of_figures}
