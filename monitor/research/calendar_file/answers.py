"""Due days of answers: the event of a question in a calendar.

The event stays on its day. Once the question is settled its title says how, and it is cancelled where no answer can come any
more; so no calendar keeps a false due day, whether it reads each file whole or takes events in one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.calendar_events import CalendarEvent, EventKind
from monitor.model.records import State
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import days_late
from monitor.parliament.links import record_page
from monitor.presentation.citation import cite, name_of
from monitor.presentation.citation import title_of as heading_or_first_words
from monitor.presentation.wording import (
    clean,
    count_of,
    long_day,
    member_details,
    member_name,
    official_url,
    one_line,
    short_day,
    week_day,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from monitor.model.calendar_events import WatchedRecord
    from monitor.model.following import MarkHistory
    from monitor.model.records import Proceeding

DOMAIN: Final = "pqwatch.invalid"
"""Behind each identifier. No one can own a name under .invalid (RFC 2606), so no other program uses it."""

KEPT_FOR: Final = timedelta(days=60)
"""Time for which an event stays after it is settled: long enough for each calendar to hear of it."""

UNWATCHED: Final = "unwatched"
"""State of a question that no term finds any more, because its words were changed."""

DONE: Final = "done"
"""State of a question that the reader has dealt with, or that is not relevant to them."""

_ANSWERED: Final = (State.ANSWERED, State.CORRECTED)
_CANCELLED: Final = {
    State.WITHDRAWN.value: "Withdrawn",
    State.LAPSED.value: "Lapsed",
    UNWATCHED: "No longer watched",
    DONE: "Dealt with",
}
_MOST_DAYS: Final = 999
"""Days between the day that a question is set down for and its due day that a sequence number tells apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Names of topics by key, and the address of the page ("" without one): what events are worded with."""

    topics: Mapping[str, str]
    base_url: str = ""

    def page_of(self, record: str) -> str:
        """Return the address of a record on the page; "" without a page."""
        return record_page(self.base_url, record) if self.base_url else ""

    def names_of(self, keys: frozenset[str]) -> tuple[str, ...]:
        """Return the names of topics, in the order of config.toml."""
        return tuple(one_line(name) for key, name in self.topics.items() if key in keys)


def answer_event(
    question: WatchedRecord,
    due_date: Callable[[Proceeding, date | None], date | None],
    as_of: date,
    wording: Wording,
    *,
    is_done: bool = False,
    marks: MarkHistory | None = None,
    calendar_changes: int = 0,
) -> CalendarEvent | None:
    """Return the event of a question; None where its due day is not known, or it is no longer in the calendar.

    `is_done`: the reader has dealt with it; `marks`: how often they said so or took it back. `calendar_changes`: how often
    Parliament's calendar was changed, which may move the day forward and back.
    """
    dated = _set_down(question)
    due_on = due_date(dated, question.due_floor_on) if dated else None
    state = DONE if is_done else _state(question)
    if dated is None or due_on is None or not is_shown(question, as_of):
        return None
    proceeding = question.newest.proceeding
    record = dated.id
    topics = wording.names_of(question.topics)
    url, page = official_url(proceeding), wording.page_of(record)
    return CalendarEvent(
        uid=f"answer-{record}@{DOMAIN}",
        kind=EventKind.ANSWER,
        state=state,
        first_on=due_on,
        last_on=due_on,
        title=_title(proceeding, state),
        description=_description(proceeding, state, due_on, topics, (url, page)),
        url=url,
        page=page,
        record=record,
        house=proceeding.house,
        topics=topics,
        is_followed=question.is_followed,
        is_cancelled=state in _CANCELLED,
        sequence=_sequence(question, dated, due_on, calendar_changes)
        + reader_changes(question, marks, is_done=is_done),
        changed_at=newest_change(question, marks),
    )


def is_due_day_missing(question: WatchedRecord, due_date: Callable[[Proceeding, date | None], date | None]) -> bool:
    """Return whether an answer is still to come and no one knows when it is due."""
    dated = _set_down(question)
    return is_waiting(question) and (dated is None or due_date(dated, question.due_floor_on) is None)


def is_waiting(question: WatchedRecord) -> bool:
    """Return whether an answer to a watched or followed question is still to come."""
    return question.newest.proceeding.is_open and _state(question) != UNWATCHED


def is_shown(question: WatchedRecord, as_of: date) -> bool:
    """Return whether a question has its place in the calendar: it waits, or it did and was settled of late."""
    if is_waiting(question):
        return True
    was_open = any(revision.proceeding.is_open for revision in question.revisions)
    return was_open and _settled_on(question) >= as_of - KEPT_FOR


def _set_down(question: WatchedRecord) -> Proceeding | None:
    """Return the newest reading that says for when the question was set down: not every source does."""
    own = question.newest.proceeding
    readings = [own, *(revision.proceeding for revision in reversed(question.revisions))]
    return next((proceeding for proceeding in readings if proceeding.date_for_answer), None)


def _state(question: WatchedRecord) -> str:
    state = question.newest.proceeding.state
    is_wanted = question.is_followed or question.topics
    return state.value if is_wanted or state in (State.WITHDRAWN, State.LAPSED) else UNWATCHED


def _settled_on(question: WatchedRecord) -> date:
    proceeding = question.newest.proceeding
    answered_on = proceeding.answered_on or proceeding.corrected_on
    if proceeding.state in _ANSWERED and answered_on:
        return answered_on
    return _day_of(question.newest.seen_at)


def _day_of(instant: datetime) -> date:
    return instant.astimezone(LONDON).date()


def reader_changes(record: WatchedRecord, marks: MarkHistory | None, *, is_done: bool) -> int:
    """Return a number that grows each time a record is dealt with or followed, and each time that is taken back."""
    return max(marks.changes if marks else 0, int(is_done)) + record.follow_changes


def newest_change(record: WatchedRecord, marks: MarkHistory | None) -> datetime:
    """Return when a record was last read with a change, marked by the reader, or followed."""
    instants = (record.revisions[-1].seen_at, marks.changed_at if marks else None, record.follow_changed_at)
    return max(instant for instant in instants if instant)


def _sequence(question: WatchedRecord, dated: Proceeding, due_on: date, changes: int) -> int:
    """Return a number that grows with each revision, and with each change of the calendar or of the day."""
    asked_for = max(filter(None, (dated.date_for_answer, question.due_floor_on)))
    moved = min((due_on - asked_for).days, _MOST_DAYS)
    return 2 * ((_MOST_DAYS + 1) * (len(question.revisions) - 1 + changes) + moved)


# -- words ------------------------------------------------------------------------------------------------------------


def _title(proceeding: Proceeding, state: str) -> str:
    body = one_line(proceeding.body)
    of_body = f" ({body})" if body else ""
    return f"{_prefix(proceeding, state)}: {name_of(proceeding)}, {heading_or_first_words(proceeding)}{of_body}"


def _prefix(proceeding: Proceeding, state: str) -> str:
    if cancelled := _CANCELLED.get(state):
        return cancelled
    if proceeding.state not in _ANSWERED:
        return "Due"
    return f"Answered {short_day(proceeding.answered_on)}" if proceeding.answered_on else "Answered"


def _description(
    proceeding: Proceeding, state: str, due_on: date, topics: tuple[str, ...], addresses: tuple[str, str]
) -> str:
    url, page = addresses
    asker = f"Asked by {member_name(proceeding.asked_by)}{member_details(proceeding.asked_by)}."
    paragraphs = (
        f"{_standing(proceeding, state, due_on)} {_set_down_for(proceeding)}".strip(),
        clean(proceeding.question or "").strip(),
        f"{asker}\n{cite(proceeding)}",
        f"Topics: {'; '.join(topics)}" if topics else "",
        "\n".join(filter(None, (url, page))),
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _standing(proceeding: Proceeding, state: str, due_on: date) -> str:
    day = week_day(due_on)
    if state == UNWATCHED:
        return f"No watched term is in this question any more. Its answer was due on {day}."
    if state == DONE:
        return f"You have dealt with this question. Its answer is due on {day}."
    if state in _CANCELLED:
        return f"{_CANCELLED[state]}: no answer will come. It was due on {day}."
    if proceeding.state in _ANSWERED:
        late = days_late(proceeding, due_on, due_on)
        answered = f"Answered on {week_day(proceeding.answered_on)}" if proceeding.answered_on else "Answered"
        return f"{answered}, {count_of(late, 'day')} late." if late else f"{answered}. It was due on {day}."
    held = f" A holding answer was given on {long_day(proceeding.holding_on)}." if proceeding.holding_on else ""
    return f"The answer is due on {day}.{held}"


def _set_down_for(proceeding: Proceeding) -> str:
    if proceeding.date_for_answer is None:
        return ""
    named = "Named day" if proceeding.named_day else "Set down"
    return f"{named}: {long_day(proceeding.date_for_answer)}."
