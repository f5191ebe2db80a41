"""`similar`: find records about the same subject as a record or a text, by the rare words that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option
from monitor.cli.options import config_option
from monitor.cli.output import paged, pager_option
from monitor.cli.paging import limit_option
from monitor.cli.queries import filter_options, read_filters
from monitor.cli.records import INDENT, due_date_rule, find_record, print_hit
from monitor.cli.typed import as_typed
from monitor.cli.workspace import open_workspace
from monitor.presentation.wording import one_line
from monitor.research.references import find_ids
from monitor.research.similar import (
    COMPARED,
    as_record,
    find_similar,
    subject_of_record,
    subject_of_text,
)

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.cli.output import Printer
    from monitor.model.search import Filters
    from monitor.research.similar import SimilarSubject, Subject

_FROM_STDIN: Final = "-"


@click.command(
    epilog="""\b
Examples:
  pqwatch similar 14205                             the newest question of this number
  pqwatch similar 2024-11-11/14205 --since 365d
  pqwatch similar q-1725947 --json
  pqwatch similar how many almshouses are exempt from section 106 agreements
  pqwatch similar - --house lords < draft.txt

\b
Exit codes: 0 found; 2 wrong use; 3 nothing found.
""",
)
@click.argument("words", nargs=-1, required=True, metavar="REF|TEXT")
@filter_options
@limit_option
@format_option
@pager_option
@config_option
def similar_command(
    words: tuple[str, ...], limit: int, output: str, without_pager: bool, config_path: str | None, **given: Any
) -> None:
    """Find records about the same subject as a record or a text, the most similar first.

    REF is what `pqwatch show` takes; any other words are a text, and - reads one from stdin. Questions are compared by what
    is asked, statements and speeches by what is said, answers not at all. What counts are words that few records hold; each
    record found names those that it shares. For answers in the same words: pqwatch show
    """
    is_from_stdin = words == (_FROM_STDIN,)
    text = _text_from_stdin() if is_from_stdin else " ".join(words)
    with open_workspace(config_path, uses_terms=given["topic"] is not None) as workspace:
        filters = read_filters(workspace, **given)
        subject = _subject(workspace.archive, text.strip(), is_reference=not is_from_stdin)
        found = find_similar(workspace.archive, subject, limit=limit or COMPARED, filters=filters)
        with paged(without_pager=without_pager or output != "table") as printer:
            if output == "table":
                for similar in found:
                    _print(printer, similar)
            else:
                due_date = due_date_rule(workspace)
                emit((as_record(workspace.archive, similar, due_date) for similar in found), (), output)
        if not found:
            _say_why(workspace.archive, filters, is_filtered=any(given.values()))
            raise SystemExit(NOTHING_FOUND)


def _say_why(archive: Archive, filters: Filters, *, is_filtered: bool) -> None:
    """Say on stderr why nothing was found."""
    from monitor.research.suggestions import impossible_filters  # noqa: PLC0415 (most texts have something similar)

    advice = impossible_filters(archive, filters)
    passing = " that passes the filters" if is_filtered else ""
    for reason in advice.reasons if advice else (f"No record{passing} shares enough rare words with it.",):
        click.echo(as_typed(reason), err=True)


def _text_from_stdin() -> str:
    """Return a text as any editor saves it, as `pqwatch check` reads a letter. Raises LetterError."""
    from monitor.cli.check import read_file  # noqa: PLC0415 (few texts come from stdin)

    paragraphs = app.letter("the text", read_file(_FROM_STDIN)).paragraphs
    return "\n\n".join(paragraph.text for paragraph in paragraphs)


def _subject(archive: Archive, text: str, *, is_reference: bool) -> Subject:
    """Return what to compare with: a record where the words are its reference, else the words. Raises UsageError."""
    if is_reference and find_ids(archive, text) is not None:
        return subject_of_record(find_record(archive, text).proceeding)
    subject = subject_of_text(text)
    if not subject.words.words:
        raise click.UsageError("There is no word to compare by: give a sentence, or the reference of a record.")
    return subject


def _print(printer: Printer, similar: SimilarSubject) -> None:
    print_hit(printer, similar.hit, similar.hit.spans)
    printer.paragraph(f"Shares: {', '.join(map(one_line, similar.shared))}", INDENT)
