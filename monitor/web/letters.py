"""Check: the quotations of a letter that is pasted or uploaded, compared with the archive.

The letter is read in memory, checked, and forgotten: nothing of it is stored, and nothing is logged.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from monitor import app
from monitor.errors import LetterError, sentence
from monitor.presentation.differences import differences
from monitor.presentation.wording import count_of, one_line
from monitor.research.quotations.checking import check
from monitor.research.quotations.outcomes import Verdict
from monitor.research.quotations.report import in_words, is_quoted, is_wrong, references, verdict_counts
from monitor.research.quotations.styles import Style
from monitor.research.time_limit import time_limit
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem
from monitor.web.rendering import page, record_path
from monitor.web.responses import WORD, attached, file_name
from monitor.web.security import STALE, is_own_form
from monitor.web.uploads import read_upload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.desk.desks import Desk
    from monitor.presentation.differences import Difference
    from monitor.research.quotations.outcomes import QuotationFinding
    from monitor.research.quotations.report import FindingInWords

router = APIRouter(include_in_schema=False)

MOST_SECONDS: Final = 60
"""Seconds that a check may take: ten times what a letter of 200 quotations takes."""
AT_ONCE: Final = 2
"""Letters that are checked at the same time: a third waits, so that the other pages stay quick."""
PATIENCE: Final = 20
"""Seconds for which a letter waits for its turn."""

LETTER: Final = ("letter", "Paste the letter")
"""Id and label of a field of the form."""
FILE: Final = ("file", "Or choose a file")

STYLE_NAMES: Final = {
    Style.HANSARD: "Hansard",
    Style.OSCOLA: "OSCOLA",
    Style.APA: "APA",
    Style.BIBTEX: "BibTeX",
    Style.RIS: "RIS",
    Style.MARKDOWN: "Markdown",
}
_DOCX_START: Final = b"PK\x03\x04"
_MARKS: Final = " \t\n.,;:!?\u2026"

_places = threading.BoundedSemaphore(AT_ONCE)


# -- what is sent -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLetter:
    """A form as it was sent: a letter pasted as `text`, or a file with its name.

    `wants_comments`: the file is to come back with the findings as comments.
    """

    text: str = ""
    name: str = ""
    body: bytes = b""
    style: str = ""
    csrf: str = ""
    wants_comments: bool = False


async def sent_letter(request: Request) -> SentLetter:
    """Read the form of a letter."""
    sent = await read_upload(request)
    return SentLetter(
        text=sent.text("letter"),
        name=sent.name,
        body=sent.body,
        style=sent.text("style"),
        csrf=sent.text("csrf"),
        wants_comments=sent.text("give") == "comments",
    )


# -- the page -----------------------------------------------------------------------------------------------------------


@router.get("/check")
def show_form(request: Request) -> Response:
    """Show the form."""
    return _page(request, SentLetter(), Style.HANSARD)


@router.post("/check")
def check_letter(request: Request, desk: DeskOf, sent: Annotated[SentLetter, Depends(sent_letter)]) -> Response:
    """Check a letter."""
    try:
        style = Style(sent.style or Style.HANSARD)
    except ValueError as exc:
        raise HTTPException(422, f"style: choose one of {', '.join(STYLE_NAMES.values())}.") from exc
    if not is_own_form(request, request.app.state.signer, sent.csrf):
        return _page(request, sent, style, status=403, problem=FieldProblem(STALE))
    has_text, has_file = bool(sent.text.strip()), bool(sent.name or sent.body)
    if has_text == has_file:
        both = FieldProblem("choose a file or paste the letter, not both.", *FILE)
        problem = both if has_text else FieldProblem("paste it, or choose a file.", *LETTER)
        return _page(request, sent, style, status=422, problem=problem)
    if not _places.acquire(timeout=PATIENCE):
        problem = FieldProblem("Other letters are being checked now: send yours again in a moment.")
        return _page(request, sent, style, status=503, problem=problem)
    try:
        found = _checked(desk, sent)
        if sent.wants_comments:
            return _with_comments(sent, found, style)
    except LetterError as exc:
        field = LETTER if has_text and not isinstance(exc, CommentsError) else FILE
        problem = FieldProblem(sentence(one_line(str(exc))), *field)
        return _page(request, sent, style, status=422, problem=problem)
    finally:
        _places.release()
    return _page(request, sent, style, **_result(found, style))


def _checked(desk: Desk, sent: SentLetter) -> list[QuotationFinding]:
    """Read a letter and check it. Raises LetterError."""
    if sent.text.strip():
        letter = app.letter("The letter", sent.text.encode("utf-8", "replace"))
    else:
        letter = app.letter(sent.name or "The file", sent.body)
    return check(desk.archive, letter, is_over=time_limit(MOST_SECONDS))


class CommentsError(LetterError):
    """Findings can't be written into a letter: it is no Word file."""


def _with_comments(sent: SentLetter, found: Sequence[QuotationFinding], style: Style) -> Response:
    """Return the letter with its findings as comments, to be saved. Raises LetterError where it is no Word file."""
    if not sent.body.startswith(_DOCX_START):
        raise CommentsError("comments go into Word files alone: choose a .docx, or press “Check”")
    from monitor.research.letters.annotating import annotate  # noqa: PLC0415 (it loads python-docx)

    return attached(annotate(sent.name, sent.body, found, style), checked_name(sent.name), WORD)


def checked_name(name: str) -> str:
    """Return a name for a letter with comments: "letter-checked.docx"."""
    return file_name(PurePath(name).stem, "-checked.docx", before="", otherwise="letter")


def _page(
    request: Request,
    sent: SentLetter,
    style: Style,
    *,
    status: int = 200,
    problem: FieldProblem | None = None,
    **facts: Any,
) -> Response:
    shown = {"findings": None, "summary": "", "references": [], **facts}
    response = page(
        request,
        "check.html",
        status=status,
        text=sent.text,
        file_name=sent.name,
        style=style,
        style_names=STYLE_NAMES,
        error=problem or FieldProblem(),
        is_public=request.app.state.desks.settings().web.public,
        **shown,
    )
    response.headers["Cache-Control"] = "no-store"  # so that a browser keeps nothing of a letter either
    return response


# -- the result ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
    """A finding on the page. `path`: the page of the record; `difference`: its words and those of the letter, if altered."""

    number: int
    said: FindingInWords
    paragraph: int
    is_wrong: bool
    path: str = ""
    reference: str = ""
    difference: Difference | None = None


def _result(found: Sequence[QuotationFinding], style: Style) -> dict[str, Any]:
    """Return what the page shows of the findings: each, and the references in each style, the chosen one first."""
    styles = sorted(Style, key=lambda name: name is not style)
    total = (
        f"{count_of(len(found), 'quotation')}: {verdict_counts(found)}" if found else "There are no quotations in it"
    )
    return {
        "summary": f"{total}.",
        "findings": [_shown(number, finding, style) for number, finding in enumerate(found, 1)],
        "references": [(name, lines) for name in styles if (lines := references(found, name))],
    }


def _shown(number: int, finding: QuotationFinding, style: Style) -> ShownFinding:
    said = in_words(finding)
    place = said.place
    is_altered = place is not None and finding.verdict is Verdict.ALTERED
    return ShownFinding(
        number=number,
        said=said,
        paragraph=finding.quotation.paragraph,
        is_wrong=is_wrong(finding, is_strict=True),
        path=record_path(place.record.id) if place else "",
        reference=references([finding], style)[0] if is_quoted(finding) else "",
        difference=_difference(place.passage, finding.quotation.text) if place is not None and is_altered else None,
    )


def _difference(passage: str, quotation: str) -> Difference:
    """Compare the record's words with those of the letter, without the marks at their ends, which change no word."""
    return differences(passage.strip(_MARKS), quotation.strip(_MARKS))
