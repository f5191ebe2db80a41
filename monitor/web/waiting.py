"""Waiting: watched questions that are late or not due yet, and letters that answers promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response

from monitor.presentation.wording import count_of, long_day, one_line
from monitor.research.records import waiting_questions
from monitor.research.waiting import EMPTY_ARCHIVE, NOTHING_WAITS, in_words
from monitor.web.desk import DeskOf
from monitor.web.lists import ListedRecord, listed_record
from monitor.web.rendering import page
from monitor.web.search_form import RefusedSearchError, topic_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.watching import Subscriber
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
    key, subscriber = _topic(desk, topic), _reader(desk, reader)
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


def _reader(desk: Desk, key: str) -> Subscriber | None:
    if not key:
        return None
    for subscriber in desk.config.subscribers:
        if subscriber.key == key and not desk.config.web.public:
            return subscriber
    raise HTTPException(404, "There is no such reader in config.toml.")


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
            records=tuple(_listed(desk, questions[at]) for at in places if at in chosen),
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


def _listed(desk: Desk, waiting: WaitingQuestion) -> ListedRecord:
    said = in_words(waiting, desk.today)
    due = f"Due on {long_day(waiting.due_on)}" if waiting.due_on and not waiting.promised_on else ""
    late = f"{said.state}" if waiting.days_late else ""
    when = f"{', '.join(filter(None, (due, late)))}." if due or late else ""
    own = [name for key, name in desk.topic_names.items() if key in waiting.question.topics]
    why = () if desk.config.web.public else (f"Topics: {'; '.join(map(one_line, own))}",)
    return listed_record(
        waiting.question.proceeding, note=" ".join(filter(None, (when, said.note))), why=why if own else ()
    )
