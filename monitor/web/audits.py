"""Audit: a briefing that others made, held against what a reader was told. The file is read in memory, and forgotten."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from monitor import app
from monitor.config.subscribers import readers_named
from monitor.errors import LetterError, sentence
from monitor.presentation.citation import cite
from monitor.presentation.wording import listed, one_line
from monitor.research.audit.report import audit, summary, title_of
from monitor.text.days import read_day
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem
from monitor.web.readers import chosen_reader, reader_facts
from monitor.web.rendering import page, record_path
from monitor.web.security import STALE, is_own_form
from monitor.web.uploads import SentForm, read_upload

if TYPE_CHECKING:
    from datetime import date

    from monitor.desk.desks import Desk
    from monitor.model.watching import Subscriber
    from monitor.research.audit.report import Audit, AuditRow

router = APIRouter(include_in_schema=False)

PATIENCE: Final = 20
"""Seconds for which a briefing waits for its turn."""
MOST_UNREAD: Final = 20
"""Headings of no record that are named."""
_LONGEST_TEXT: Final = 200

READER: Final = ("reader", "Compared with what was told to")
"""Id and label of a field of the form."""
FILE: Final = ("file", "The briefing")
FIRST: Final = ("from", "First day")
LAST: Final = ("to", "Last day")

PRIVATE: Final = "What readers were told is not shown on this page."

_place = threading.BoundedSemaphore(1)
"""Briefings are read one after the other, so that the other pages stay quick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """An item of the briefing, or what it lacks. `path`: the page of its record, "" where it is not known."""

    number: int
    title: str
    path: str
    reference: str
    verdict: str
    why: str
    terms: str


@router.get("/audit")
def show_form(request: Request, desk: DeskOf) -> Response:
    """Show the form."""
    if desk.config.web.public:
        raise HTTPException(403, PRIVATE)
    return _page(request, desk)


@router.post("/audit")
def audit_briefing(request: Request, desk: DeskOf, sent: Annotated[SentForm, Depends(read_upload)]) -> Response:
    """Hold a briefing against what a reader was told."""
    if desk.config.web.public:
        raise HTTPException(403, PRIVATE)
    if not is_own_form(request, request.app.state.signer, sent.text("csrf")):
        return _page(request, desk, sent, status=403, problem=FieldProblem(STALE))
    reader = chosen_reader(request, desk, sent.text("reader"))
    if reader is None:
        return _page(request, desk, sent, status=422, problem=FieldProblem("choose for whom this is.", *READER))
    if problem := _problem(desk, sent):
        return _page(request, desk, sent, status=422, problem=problem)
    if not _place.acquire(timeout=PATIENCE):
        problem = FieldProblem("Another briefing is being read now: send yours again in a moment.")
        return _page(request, desk, sent, status=503, problem=problem)
    try:
        found = _audited(desk, sent, reader)
    except LetterError as exc:
        problem = FieldProblem(sentence(one_line(str(exc))), *FILE)
        return _page(request, desk, sent, status=422, problem=problem)
    finally:
        _place.release()
    return _page(request, desk, sent, **_result(found))


def _problem(desk: Desk, sent: SentForm) -> FieldProblem | None:
    """Say which field is wrong by itself; None if none is."""
    if not sent.body:
        return FieldProblem("there is nothing to read: choose a file.", *FILE)
    for field in (FIRST, LAST):
        text = one_line(sent.text(field[0]))[:_LONGEST_TEXT]
        if text and _day(desk, sent, field) is None:
            return FieldProblem(f"{text} is no day: write 2024-11-26, today or 30d.", *field)
    first, last = _day(desk, sent, FIRST), _day(desk, sent, LAST)
    if first and last and first > last:
        return FieldProblem(f"the days end before they begin: {first} to {last}.", *LAST)
    return None


def _audited(desk: Desk, sent: SentForm, reader: Subscriber) -> Audit:
    """Read a briefing and judge its items. Raises LetterError."""
    first, last = _day(desk, sent, FIRST), _day(desk, sent, LAST)
    briefing = app.briefing(sent.name or "The file", sent.body)
    found = audit(desk.archive, desk.config, desk.lexicon, briefing, reader, first=first, last=last)
    if not found.items:
        days = "name its days" if found.span is None else f"and no heading of {found.span.in_words}"
        raise LetterError(f"nothing in it could be read as an item: no reference, no address; {days}")
    return found


def _day(desk: Desk, sent: SentForm, field: tuple[str, str]) -> date | None:
    return read_day(sent.text(field[0])[:_LONGEST_TEXT].strip(), desk.today)


def _result(found: Audit) -> dict[str, Any]:
    """Return what the page shows of an audit."""
    more = len(found.unread) - MOST_UNREAD
    names = [one_line(title) for title in found.unread[:MOST_UNREAD]]
    return {
        "summary": summary(found),
        "span": f"{found.span.in_words} ({found.span.origin})" if found.span else "",
        "items": [_row(number, row) for number, row in enumerate(found.items, 1)],
        "lacking": [_row(number, row) for number, row in enumerate(found.lacking, 1)],
        "unread": listed([*names, f"{more:,} more"] if more > 0 else names),
    }


def _row(number: int, row: AuditRow) -> ShownRow:
    terms = [f"{one_line(term.term)} ({term.records:,} in the archive)" for term in row.suggestions]
    return ShownRow(
        number=number,
        title=title_of(row),
        path=record_path(row.record.id) if row.record else "",
        reference=cite(row.record) if row.record else one_line(row.item.reference if row.item else ""),
        verdict=row.judgement.verdict.value.replace("_", " ").capitalize(),
        why=row.judgement.why,
        terms=f"These would find it: {listed(terms)}." if terms else "",
    )


def _page(
    request: Request,
    desk: Desk,
    sent: SentForm | None = None,
    *,
    status: int = 200,
    problem: FieldProblem | None = None,
    **facts: Any,
) -> Response:
    shown = {"summary": "", "span": "", "items": [], "lacking": [], "unread": "", **facts}
    given = sent or SentForm(fields={})
    name = given.text("reader")
    is_known = len(readers_named(desk.config.subscribers, name)) == 1
    response = page(
        request,
        "audit.html",
        status=status,
        file_name=given.name,
        first=given.text("from")[:_LONGEST_TEXT],
        last=given.text("to")[:_LONGEST_TEXT],
        error=problem or FieldProblem(),
        **reader_facts(request, desk, name if is_known else ""),
        **shown,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
