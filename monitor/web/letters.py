"""Check: the quotations of a letter that is pasted or uploaded, compared with the archive.

The letter is read in memory, checked, and forgotten: nothing of it is stored, and nothing is logged.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from monitor import app
from monitor.errors import LetterError, sentence
from monitor.presentation.differences import differences
from monitor.presentation.wording import count_of, one_line
from monitor.research.quotations.checking import Verdict, check
from monitor.research.quotations.report import in_words, is_quoted, is_wrong, references, verdict_counts
from monitor.research.quotations.styles import Style
from monitor.research.time_limit import time_limit
from monitor.web.desk import DeskOf
from monitor.web.rendering import page, record_path
from monitor.web.security import LARGEST_BODY, is_own_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.presentation.differences import Difference
    from monitor.research.quotations.checking import QuotationFinding
    from monitor.research.quotations.report import FindingInWords
    from monitor.web.desk import Desk

router = APIRouter(include_in_schema=False)

MOST_SECONDS: Final = 60
"""Seconds that a check may take: ten times what a letter of 200 quotations takes."""
AT_ONCE: Final = 2
"""Letters that are checked at the same time: a third waits, so that the other pages stay quick."""
PATIENCE: Final = 20
"""Seconds for which a letter waits for its turn."""

_FIELDS: Final = 10
_LONGEST_NAME: Final = 120

STYLE_NAMES: Final = {
    Style.HANSARD: "Hansard",
    Style.OSCOLA: "OSCOLA",
    Style.APA: "APA",
    Style.BIBTEX: "BibTeX",
    Style.RIS: "RIS",
    Style.MARKDOWN: "Markdown",
}
_MARKS: Final = " \t\n.,;:!?\u2026"

_places = threading.BoundedSemaphore(AT_ONCE)


# -- what is sent -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLetter:
    """A form as it was sent: a letter pasted as `text`, or a file with its name."""

    text: str = ""
    name: str = ""
    body: bytes = b""
    style: str = ""
    csrf: str = ""


class _InMemory(MultiPartParser):
    """Reads a form without ever writing to a disk. A body has at most so many bytes in all."""

    spool_max_size = LARGEST_BODY + 1


async def sent_letter(request: Request) -> SentLetter:
    """Read the form of a letter."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise HTTPException(415, "Send the letter with the form of this page.")
    parser = _InMemory(request.headers, request.stream(), max_files=1, max_fields=_FIELDS, max_part_size=LARGEST_BODY)
    try:
        form = await parser.parse()
    except (MultiPartException, ClientDisconnect, LookupError, UnicodeError) as exc:
        raise HTTPException(400, "This form came damaged: load the page again and repeat it.") from exc
    try:
        file = form.get("file")
        name, body = (file.filename or "", await file.read()) if isinstance(file, UploadFile) else ("", b"")
        return SentLetter(
            text=_text(form.get("letter")),
            name=one_line(name)[-_LONGEST_NAME:],
            body=body,
            style=_text(form.get("style")),
            csrf=_text(form.get("csrf")),
        )
    finally:
        await form.close()


def _text(value: UploadFile | str | None) -> str:
    return value if isinstance(value, str) else ""


# -- the page -----------------------------------------------------------------------------------------------------------


@router.get("/check")
def show_form(request: Request) -> Response:
    """Show the form."""
    return _page(request, SentLetter(), Style.HANSARD)


@router.post("/check")
def check_letter(request: Request, desk: DeskOf, sent: Annotated[SentLetter, Depends(sent_letter)]) -> Response:
    """Check a letter."""
    if not is_own_form(request, request.app.state.signer, sent.csrf):
        raise HTTPException(403, "This form is too old: load the page again and repeat it.")
    try:
        style = Style(sent.style or Style.HANSARD)
    except ValueError as exc:
        raise HTTPException(422, f"style: choose one of {', '.join(STYLE_NAMES.values())}.") from exc
    has_text, has_file = bool(sent.text.strip()), bool(sent.name or sent.body)
    if has_text == has_file:
        problem = "Paste the letter or choose a file, not both." if has_text else "Paste the letter, or choose a file."
        return _page(request, sent, style, status=422, problem_here=problem)
    if not _places.acquire(timeout=PATIENCE):
        problem = "Other letters are being checked now: send yours again in a moment."
        return _page(request, sent, style, status=503, problem_here=problem)
    try:
        found = _checked(desk, sent)
    except LetterError as exc:
        return _page(request, sent, style, status=422, problem_here=sentence(one_line(str(exc))))
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


def _page(
    request: Request, sent: SentLetter, style: Style, *, status: int = 200, problem_here: str = "", **facts: Any
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
        problem_here=problem_here,
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
