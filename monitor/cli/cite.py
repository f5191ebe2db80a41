"""`cite`: a record cited in a style, with what it says or a part of it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.common import config_option, opened, to_json
from monitor.cli.found import ids_of
from monitor.digest.wording import clean, one_line
from monitor.quoting.comparing import Quoted, Text, compare
from monitor.quoting.quotations import Quotation, pieces
from monitor.quoting.styles import Style, citation, reference
from monitor.witnesses import counting

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model import Member, Proceeding, Revision

_ENDS = ".!?)]\u2019\u201d'\""
"""What closes a sentence and is quoted with its last word."""


@dataclass(frozen=True, slots=True)
class _Cited:
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

\b
Exit codes: 0 found; 2 wrong use; 3 nothing found, or not these words.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="REF")
@click.option(
    "--style",
    type=click.Choice([one.value for one in Style], case_sensitive=False),
    default=Style.HANSARD.value,
    show_default=True,
    help="How it is cited.",
)
@click.option("--quote", metavar="WORDS", help='What to quote: "first words ... last words"; else the answer whole.')
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@config_option
def cite_command(words: tuple[str, ...], style: str, quote: str | None, as_json: bool, config_path: str | None) -> None:
    """Cite a record, with what it says: the newest answer or text, word for word.

    REF is an id, a UIN, a day tabled and a UIN, a day and a column, a citation, or the address of the record's page, as in
    `pqwatch show`. Of a corrected answer the correction is cited.
    """
    with opened(config_path) as here:
        it = _find(here.archive, " ".join(words)).proceeding
    cited = _part(it, quote)
    quotation = it.parts()[cited.part][cited.start : cited.end].strip() if cited else ""
    speaker = _speaker(it, cited.part if cited else "")
    chosen = Style(style)
    pasted = citation(it, chosen, quotation, speaker=speaker)
    if not as_json:
        click.echo(clean(pasted))
        return
    click.echo(
        to_json(
            {
                "id": it.id,
                "style": chosen.value,
                "reference": reference(it, chosen, speaker=speaker),
                "quotation": quotation or None,
                "part": cited.part if cited else None,
                "start": cited.start if cited else None,
                "end": cited.end if cited else None,
                "said_by": speaker.name if speaker else None,
                "date": it.day.isoformat() if it.day else None,
                "url": it.url,
                "citation": pasted,
            }
        )
    )


def _find(archive: Archive, ref: str) -> Revision:
    """The newest record that goes by the reference; the others are named on stderr."""
    ids = ids_of(archive, ref)
    if not ids:
        hint = "" if ids is not None else f" To look for these words: pqwatch search {shlex.quote(ref)}"
        _say(f"No record goes by {ref}.{hint}")
        raise SystemExit(NOTHING_FOUND)
    newest, *others = (counting(archive.records.revisions(one)) for one in ids)
    for other in others:
        it = other.proceeding
        named = f"{it.tabled_on}/{one_line(it.uin)}" if it.tabled_on and it.uin else it.id
        _say(f"Also: {named}  {one_line(it.heading)}")
    return newest


def _speaker(it: Proceeding, part: str) -> Member | None:
    return it.asked_by if part == "question" else it.corrected_by or it.answered_by or it.made_by or it.asked_by


def _part(it: Proceeding, quote: str | None) -> _Cited | None:
    """What is to be quoted: the words asked for, else the answer, the text or, before there is an answer, the question."""
    parts = it.parts()
    if quote is None:
        name = next((name for name in ("answer", "text", "question") if name in parts), None)
        return _Cited(name, 0, len(parts[name])) if name else None
    quoted = Quoted(Quotation(text=quote, paragraph=1, pieces=pieces(quote)))
    if not quoted.keys:
        raise click.BadParameter("there is no word in it", param_hint="--quote")
    found = _best(quoted, parts)
    if found is None or not found[2]:
        _say(_not_there(it, found[1] if found else None, parts))
        raise SystemExit(NOTHING_FOUND)
    return found[1]


def _best(quoted: Quoted, parts: dict[str, str]) -> tuple[float, _Cited, bool] | None:
    """Where the words stand, or what is most like them; the answer before the question."""
    order = sorted(parts, key=("answer", "text", "question", "heading").index)
    compared = [(name, compare(quoted, Text(parts[name]))) for name in order]
    found = [
        (one.likeness, _Cited(name, one.start, _sentence_end(parts[name], one.end)), one.is_exact)
        for name, one in compared
        if one is not None
    ]
    return max(found, key=lambda one: one[0], default=None)


def _sentence_end(text: str, end: int) -> int:
    while end < len(text) and text[end] in _ENDS:
        end += 1
    return end


def _not_there(it: Proceeding, nearest: _Cited | None, parts: dict[str, str]) -> str:
    said = f"These words don't stand in {one_line(it.uin) or it.id} as they are given."
    if nearest is None:
        return said
    return f"{said} Nearest: {one_line(parts[nearest.part][nearest.start : nearest.end])}"


def _say(text: str) -> None:
    click.echo(clean(text), err=True)
