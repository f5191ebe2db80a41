"""Waiting: watched questions that are late or not due yet, and letters that answers promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response

from monitor.presentation.wording import count_of
from monitor.research.records import waiting_questions
from monitor.research.waiting import EMPTY_ARCHIVE, NOTHING_WAITS
from monitor.web.desk import DeskOf, reader_of
from monitor.web.lists import ListedRecord, listed_waiting
from monitor.web.rendering import page
from monitor.web.search_form import RefusedSearchError, topic_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.research.records import WaitingQuestion
    from monitor.web.desk import Desk

router = APIRouter(include_in_schema=False)

ON_A_PAGE: Final = 200
"""Questions on one page."""


@dataclass(frozen=True, slots=True)
class WaitingSection:
    """Questions under a heading: `count` are there in all, `records` are those of this page."""

    title: str
    id: str
    count: int
    records: tuple[ListedRecord, ...]


@router.get("/waiting")
def show_waiting(
    request: Request,
    desk: DeskOf,
    topic: Annotated[str, Query(max_length=200)] = "",
    reader: Annotated[str, Query(max_length=200)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> Response:
    """Show what waits, for all topics, or for one topic or reader."""
    key, subscriber = _topic(desk, topic), reader_of(desk, reader)
    followed = subscriber.topics if subscriber else tuple(desk.topic_names)
    keys = [followed_key for followed_key in followed if key in ("", followed_key)]
    questions = waiting_questions(desk.archive, keys, desk.due_date, desk.today)
    first = (number - 1) * ON_A_PAGE
    if number > 1 and first >= len(questions):
        raise HTTPException(404, f"There is no page {number:,}: {count_of(len(questions), 'question')} wait.")
    is_public = desk.config.web.public
    return page(
        request,
        "waiting.html",
        topic=key,
        topics={} if is_public else desk.topic_names,
        topic_name=desk.topic_names.get(key, ""),
        reader=subscriber,
        readers=() if is_public else desk.config.subscribers,
        sections=_sections(desk, questions, first),
        count=len(questions),
        number=number,
        has_more=first + ON_A_PAGE < len(questions),
        nothing=_why_nothing(desk) if not questions else "",
        has_topics=bool(desk.config.topics),
    )


def _topic(desk: Desk, given: str) -> str:
    if not given:
        return ""
    try:
        return topic_key(desk, given)
    except RefusedSearchError as exc:
        raise HTTPException(403 if exc.is_forbidden else 404, str(exc)) from exc


def _why_nothing(desk: Desk) -> str:
    return EMPTY_ARCHIVE if desk.archive.records.is_empty() else NOTHING_WAITS


def _sections(desk: Desk, questions: Sequence[WaitingQuestion], first: int) -> list[WaitingSection]:
    """Part the questions, which stay in their order, and show those of one page."""
    chosen = set(range(first, first + ON_A_PAGE))
    parts: dict[str, list[int]] = {"late": [], "due": [], "unknown": [], "letters": []}
    for at, question in enumerate(questions):
        parts[_part(question)].append(at)
    titles = {
        "late": "Late",
        "due": "Not due yet",
        "unknown": "Not known when due",
        "letters": "Promised letters, not seen yet",
    }
    return [
        WaitingSection(
            title=titles[name],
            id=name,
            count=len(places),
            records=tuple(listed_waiting(desk, questions[at], desk.today) for at in places if at in chosen),
        )
        for name, places in parts.items()
        if places
    ]


def _part(question: WaitingQuestion) -> str:
    if question.promised_on:
        return "letters"
    if question.days_late:
        return "late"
    return "due" if question.due_on else "unknown"
