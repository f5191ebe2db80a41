"""The API for records about the same subject as a record or a text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from monitor.desk.search import RefusedSearchError, SearchForm, read_search
from monitor.research.similar import as_record, find_similar, read_subject
from monitor.web.api import ERRORS, STRICT, FoundRecords, Limit, listing, why_nothing
from monitor.web.desk import DeskOf
from monitor.web.search_form import search_form

if TYPE_CHECKING:
    from monitor.desk.desks import Desk
    from monitor.research.similar import Subject

router = APIRouter(prefix="/api/v1", responses=ERRORS, dependencies=STRICT)


@router.get("/similar", summary="Find more like a record or a text", response_model=FoundRecords, tags=["records"])
def list_similar(
    request: Request, desk: DeskOf, form: Annotated[SearchForm, Depends(search_form)], limit: Limit = 20
) -> Response:
    """Find records as `pqwatch similar --json` does, the most similar first: `q` is a reference or a text.

    The list has one page; the order and the place of the form are not looked at.
    """
    try:
        filters = read_search(desk, replace(form, words="", sort="newest", after="")).filters
    except RefusedSearchError as exc:
        raise HTTPException(403 if exc.is_forbidden else 400, str(exc)) from exc
    found = find_similar(desk.archive, _subject(desk, form.words), limit=limit, filters=filters)
    items = [as_record(desk.archive, similar, desk.due_date) for similar in found]
    return listing(request, items, None, why=[] if items else list(why_nothing(desk, filters)))


def _subject(desk: Desk, text: str) -> Subject:
    """Read what to compare with. Raises HTTPException where there is nothing."""
    subject = read_subject(desk.archive, text)
    if subject is None:
        raise HTTPException(404, "No record goes by this reference.")
    if not subject.words.words:
        raise HTTPException(400, "There is no word to compare by: give a sentence, or the reference of a record.")
    return subject
