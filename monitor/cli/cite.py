"""`cite`: cite records in a style, with what they say or a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import to_json
from monitor.cli.options import config_option
from monitor.cli.records import find_record
from monitor.cli.workspace import open_workspace
from monitor.presentation.wording import clean
from monitor.research.quotations.citing import NotInRecordError, citation_json, cited_record, selection_of
from monitor.research.quotations.selection import Selection, split_references
from monitor.research.quotations.styles import Style, citations

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
    cited = [cited_record(proceeding, selection) for proceeding, selection in zip(records, selections, strict=True)]
    chosen = Style(style)
    texts = citations(cited, chosen)
    if not as_json:
        click.echo("\n\n".join(map(clean, texts)))
        return
    rows = [
        citation_json(citation, selection, chosen, text)
        for citation, selection, text in zip(cited, selections, texts, strict=True)
    ]
    click.echo(to_json(rows[0] if len(refs) == 1 else rows))


def _select(proceeding: Proceeding, quote: str | None) -> Selection | None:
    """Select the words to cite. Ends the command with exit code 3 if the record does not contain the quotation."""
    try:
        return selection_of(proceeding, quote)
    except ValueError as exc:
        raise click.BadParameter(str(exc), param_hint="--quote") from exc
    except NotInRecordError as exc:
        click.echo(clean(str(exc)), err=True)
        raise SystemExit(NOTHING_FOUND) from exc
