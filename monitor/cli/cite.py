"""`cite`: cite records in a style, with what they say or a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import to_json
from monitor.cli.options import config_option
from monitor.cli.records import find_record
from monitor.cli.workspace import open_workspace
from monitor.presentation.wording import clean, one_line
from monitor.research.quotations.selection import Selection, select_part, select_words, speaker_of, split_references
from monitor.research.quotations.styles import Cited, Style, citations, reference

if TYPE_CHECKING:
    from monitor.model.records import Proceeding


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
    type=click.Choice([style.value for style in Style], case_sensitive=False),
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
    refs = split_references(words)
    if quote is not None and len(refs) > 1:
        raise click.UsageError("--quote is for one record: name one REF with it.")
    with open_workspace(config_path, uses_terms=False) as workspace:
        found = [find_record(workspace.archive, ref).proceeding for ref in refs]
    records = list({proceeding.id: proceeding for proceeding in found}.values())
    selections = [_select(proceeding, quote) for proceeding in records]
    cited = [_cited(proceeding, selection) for proceeding, selection in zip(records, selections, strict=True)]
    chosen = Style(style)
    texts = citations(cited, chosen)
    if not as_json:
        click.echo("\n\n".join(map(clean, texts)))
        return
    rows = [
        _row(citation, selection, chosen, text)
        for citation, selection, text in zip(cited, selections, texts, strict=True)
    ]
    click.echo(to_json(rows[0] if len(refs) == 1 else rows))


def _select(proceeding: Proceeding, quote: str | None) -> Selection | None:
    """Select the words to cite. Ends the command with exit code 3 if the record does not contain the quotation."""
    if quote is None:
        return select_part(proceeding)
    try:
        selection = select_words(proceeding, quote)
    except ValueError as exc:
        raise click.BadParameter(str(exc), param_hint="--quote") from exc
    if selection is None or not selection.is_exact:
        message = f"These words don't stand in {one_line(proceeding.uin) or proceeding.id} as they are given."
        nearest = f" Nearest: {one_line(selection.words(proceeding))}" if selection else ""
        click.echo(clean(message + nearest), err=True)
        raise SystemExit(NOTHING_FOUND)
    return selection


def _cited(proceeding: Proceeding, selection: Selection | None) -> Cited:
    quotation = selection.words(proceeding).strip() if selection else ""
    speaker = selection.speaker(proceeding) if selection else speaker_of(proceeding)
    return Cited(record=proceeding, quotation=quotation, speaker=speaker)


def _row(cited: Cited, selection: Selection | None, style: Style, citation: str) -> dict[str, Any]:
    proceeding = cited.record
    return {
        "id": proceeding.id,
        "style": style.value,
        "reference": reference(proceeding, style, speaker=cited.speaker),
        "quotation": cited.quotation or None,
        "part": selection.part if selection else None,
        "start": selection.start if selection else None,
        "end": selection.end if selection else None,
        "said_by": cited.speaker.name if cited.speaker else None,
        "date": proceeding.day.isoformat() if proceeding.day else None,
        "url": proceeding.url,
        "citation": citation,
    }
