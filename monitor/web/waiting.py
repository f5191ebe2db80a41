"""Waiting: watched questions that are late or not due yet, and letters that answers promised."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response

from monitor.desk.promises import shown_entry
from monitor.desk.search import RefusedSearchError, topic_key
from monitor.model.promises import PromiseFilters, PromiseState
from monitor.presentation.wording import count_of
from monitor.research.following import dealt_with
from monitor.research.promises import find_entries
from monitor.research.records import waiting_questions
from monitor.research.waiting import EMPTY_ARCHIVE, NOTHING_WAITS
from monitor.web.calendar_feed import feed_address, feed_path
from monitor.web.desk import DeskOf, reader_of
from monitor.web.lists import ListedRecord, listed_waiting
from monitor.web.promise_words import ListedPromise, listed_promise
from monitor.web.readers import chosen_reader
from monitor.web.rendering import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.desk.desks import Desk
    from monitor.research.records import WaitingQuestion

router = APIRouter(include_in_schema=False)

ON_A_PAGE: Final = 200
"""Questions on one page."""
MOST_PROMISES: Final = 10
"""Promises that are overdue, and as many that are due: their own page has all."""


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
    is_all: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """Show what waits, for all topics, or for one topic or reader."""
    key, subscriber = _topic(desk, topic), reader_of(desk, reader)
    followed = subscriber.topics if subscriber else tuple(desk.topic_names)
    keys = [followed_key for followed_key in followed if key in ("", followed_key)]
    found = waiting_questions(desk.archive, keys, desk.due_date, desk.today)
    chosen = chosen_reader(request, desk, reader)
    settled = frozenset() if is_all else dealt_with(desk.archive, chosen.key if chosen else None)
    questions = [waiting for waiting in found if waiting.question.proceeding_id not in settled]
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
        nothing=_why_nothing(desk) if not found else "",
        left_out=len(found) - len(questions),
        is_all=is_all,
        promises=_promises(desk, tuple(keys)) if number == 1 else [],
        feed=feed_address(request, desk, feed_path(request, desk, chosen, key)),
        has_topics=bool(desk.config.topics),
    )


def _promises(desk: Desk, topics: tuple[str, ...]) -> list[ListedPromise]:
    """Return the promises whose days have come or are over, the first of each."""
    names = {} if desk.config.web.public else desk.topic_names
    listed = []
    for state in (PromiseState.OVERDUE, PromiseState.DUE):
        filters = PromiseFilters(topics=topics, state=state, today=desk.today)
        with closing(find_entries(desk.archive, filters, desk.today)) as entries:
            shown = [shown_entry(desk, entry) for entry in islice(entries, MOST_PROMISES)]
        listed += [listed_promise(entry, desk.today, names) for entry in shown]
    return listed


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
