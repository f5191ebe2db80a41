"""`cite`: records cited in a style, with what they say or a part of it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import to_json
from monitor.cli.options import config_option
from monitor.cli.workspace import open_workspace
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.wording import clean, one_line
from monitor.research.quotations.comparison import Quoted, Text, compare
from monitor.research.quotations.extraction import Quotation, pieces
from monitor.research.quotations.styles import Cited, Style, citations, reference
from monitor.research.records import find_ids
from monitor.research.reference_parser import sought

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.archive import Archive
    from monitor.model.records import Member, Proceeding, Revision

_ENDS = ".!?)]\u2019\u201d'\""
"""What closes a sentence and is quoted with its last word."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a record, from one code point to another."""

    part: str
    start: int
    end: int


@click.command(
    epilog="""\b
Examples:
  pqwatch cite 14205                                          the answer whole, with its reference
  pqwatch cite 2024-11-11/14205 --style oscola
  pqwatch cite 14205 --quote "The Agency ... by the police"   from these words to those
  pqwatch cite 2005-12-07/1366W --style bibtex
  pqwatch cite 14205 HCWS751 "HC Deb 7 December 2005 c1366W" --style bibtex > refs.bib

\b
Exit codes: 0 found; 2 wrong use; 3 nothing found, or not these words.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="REF...")
@click.option(
    "--style",
    type=click.Choice([one.value for one in Style], case_sensitive=False),
    default=Style.HANSARD.value,
    show_default=True,
    help="How it is cited.",
)
@click.option("--quote", metavar="WORDS", help='What to quote: "first words ... last words"; else the answer whole.')
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object; of several records, an array.")
@config_option
def cite_command(words: tuple[str, ...], style: str, quote: str | None, as_json: bool, config_path: str | None) -> None:
    """Cite records, with what they say: the newest answer or text, word for word.

    REF is an id, a UIN, a day tabled and a UIN, a day and a column, a citation, or the address of the record's page, as in
    `pqwatch show`; several are cited one after the other. Of a corrected answer the correction is cited.
    """
    refs = references_in(words)
    if quote is not None and len(refs) > 1:
        raise click.UsageError("--quote is for one record: name one REF with it.")
    with open_workspace(config_path) as workspace:
        found = [_find(workspace.archive, ref).proceeding for ref in refs]
    records = list({it.id: it for it in found}.values())
    parts = [_part(it, quote) for it in records]
    cited = [_cited(it, part) for it, part in zip(records, parts, strict=True)]
    chosen = Style(style)
    pasted = citations(cited, chosen)
    if not as_json:
        click.echo("\n\n".join(map(clean, pasted)))
        return
    rows = [_row(one, part, chosen, text) for one, part, text in zip(cited, parts, pasted, strict=True)]
    click.echo(to_json(rows[0] if len(refs) == 1 else rows))


def references_in(words: Sequence[str]) -> list[str]:
    """The references in the words of a command line: a citation may be several words, quoted or not.

    Words that are none belong to what stands before them, so that whoever looks for that is told of it.
    """
    refs: list[str] = []
    rest = list(words)
    while rest:
        taken = next((length for length in range(len(rest), 0, -1) if _is_one(rest[:length])), 0)
        if not taken:
            return [*refs, " ".join(rest)]
        refs.append(" ".join(rest[:taken]))
        rest = rest[taken:]
    return refs


def _is_one(words: Sequence[str]) -> bool:
    """Whether words are one reference, and not one with another behind it."""
    *before, last = words
    if sought(" ".join(words)) is None:
        return False
    return not before or sought(" ".join(before)) is None or sought(last) is None


def _cited(it: Proceeding, part: _Part | None) -> Cited:
    quotation = it.parts()[part.part][part.start : part.end].strip() if part else ""
    return Cited(record=it, quotation=quotation, speaker=_speaker(it, part.part if part else ""))


def _row(one: Cited, part: _Part | None, style: Style, pasted: str) -> dict[str, Any]:
    it = one.record
    return {
        "id": it.id,
        "style": style.value,
        "reference": reference(it, style, speaker=one.speaker),
        "quotation": one.quotation or None,
        "part": part.part if part else None,
        "start": part.start if part else None,
        "end": part.end if part else None,
        "said_by": one.speaker.name if one.speaker else None,
        "date": it.day.isoformat() if it.day else None,
        "url": it.url,
        "citation": pasted,
    }


def _find(archive: Archive, ref: str) -> Revision:
    """The newest record that goes by the reference; the others are named on stderr."""
    ids = find_ids(archive, ref)
    if not ids:
        hint = "" if ids is not None else f" To look for these words: pqwatch search {shlex.quote(ref)}"
        _say(f"No record goes by {ref}.{hint}")
        raise SystemExit(NOTHING_FOUND)
    newest, *others = (preferred_revision(archive.records.revisions(one)) for one in ids)
    for other in others:
        it = other.proceeding
        named = f"{it.tabled_on}/{one_line(it.uin)}" if it.tabled_on and it.uin else it.id
        _say(f"Also: {named}  {one_line(it.heading)}")
    return newest


def _speaker(it: Proceeding, part: str) -> Member | None:
    return it.asked_by if part == "question" else it.corrected_by or it.answered_by or it.made_by or it.asked_by


def _part(it: Proceeding, quote: str | None) -> _Part | None:
    """What is to be quoted: the words asked for, else the answer, the text or, before there is an answer, the question."""
    parts = it.parts()
    if quote is None:
        name = next((name for name in ("answer", "text", "question") if name in parts), None)
        return _Part(name, 0, len(parts[name])) if name else None
    quoted = Quoted(Quotation(text=quote, paragraph=1, pieces=pieces(quote)))
    if not quoted.keys:
        raise click.BadParameter("there is no word in it", param_hint="--quote")
    found = _best(quoted, parts)
    if found is None or not found[2]:
        _say(_not_there(it, found[1] if found else None, parts))
        raise SystemExit(NOTHING_FOUND)
    return found[1]


def _best(quoted: Quoted, parts: dict[str, str]) -> tuple[float, _Part, bool] | None:
    """Where the words stand, or what is most like them; the answer before the question."""
    order = sorted(parts, key=("answer", "text", "question", "heading").index)
    compared = [(name, compare(quoted, Text(parts[name]))) for name in order]
    found = [
        (one.likeness, _Part(name, one.start, _sentence_end(parts[name], one.end)), one.is_exact)
        for name, one in compared
        if one is not None
    ]
    return max(found, key=lambda one: one[0], default=None)


def _sentence_end(text: str, end: int) -> int:
    while end < len(text) and text[end] in _ENDS:
        end += 1
    return end


def _not_there(it: Proceeding, nearest: _Part | None, parts: dict[str, str]) -> str:
    said = f"These words don't stand in {one_line(it.uin) or it.id} as they are given."
    if nearest is None:
        return said
    return f"{said} Nearest: {one_line(parts[nearest.part][nearest.start : nearest.end])}"


def _say(text: str) -> None:
    click.echo(clean(text), err=True)
