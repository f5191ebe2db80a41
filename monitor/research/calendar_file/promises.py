"""Promises with a day: the event of a promise and its repetitions in a calendar, on the last of its days.

The day is the one that was said last. Where the last one to speak named no day any more, the event is cancelled.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING, Final

from monitor.model.calendar_events import CalendarEvent, EventKind
from monitor.model.promises import PromiseState
from monitor.parliament.calendar import LONDON
from monitor.parliament.promises.state import current, state_on, why_dropped
from monitor.presentation.citation import cite
from monitor.presentation.wording import long_day, member_name, official_url, one_line, shorten, week_day
from monitor.research.calendar_file.answers import DOMAIN, KEPT_FOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from monitor.model.calendar_events import PromiseChanges
    from monitor.model.promises import Decision, Promise
    from monitor.research.calendar_file.answers import Wording

_UNDATED: Final = "undated"
"""State of a promise that was repeated without a day."""

_DECIDED: Final = (PromiseState.KEPT, PromiseState.DROPPED)
_PREFIXES: Final = {PromiseState.KEPT.value: "Kept", PromiseState.DROPPED.value: "Dropped", _UNDATED: "No day any more"}
_SENTENCE_LENGTH: Final = 100


def promise_events(
    group: Sequence[Promise],
    as_of: date,
    wording: Wording,
    *,
    is_followed: bool,
    changes: Mapping[int, PromiseChanges] | None = None,
) -> Iterator[CalendarEvent]:
    """Give the event of a promise and its repetitions, oldest first; none where no day was ever said, or it is long over.

    `changes`: those of the records in which they were made, by the row ids of the promises.

    A promise that counted as the first until an older one was read had the event of the group until then: its own is
    cancelled, so that no calendar has both.
    """
    event = _event(group, as_of, wording, changes or {}, is_followed=is_followed)
    if event is None:
        return
    yield event
    for promise in group[1:]:
        if promise.number < group[0].number:
            yield _replaced(event, promise)


def _event(
    group: Sequence[Promise],
    as_of: date,
    wording: Wording,
    changes: Mapping[int, PromiseChanges],
    *,
    is_followed: bool,
) -> CalendarEvent | None:
    said = current(group)
    due_to = said.found.due_to or next((day for promise in reversed(group) if (day := promise.found.due_to)), None)
    if due_to is None or due_to < as_of - KEPT_FOR:
        return None
    state = _state(group, as_of)
    topics = wording.names_of(frozenset(topic for promise in group for topic in promise.topics))
    url, page = official_url(said.record), wording.page_of(said.record.id)
    body = one_line(said.record.body)
    sentence = shorten(one_line(said.sentence), _SENTENCE_LENGTH)
    return CalendarEvent(
        uid=_uid(group[0]),
        kind=EventKind.PROMISE,
        state=state,
        first_on=due_to,
        last_on=due_to,
        title=f"{_PREFIXES.get(state, 'Promised')}: {sentence}{f' ({body})' if body else ''}",
        description=_description(group, state, due_to, topics, (url, page)),
        url=url,
        page=page,
        record=said.record.id,
        house=said.record.house,
        topics=topics,
        is_followed=is_followed,
        is_cancelled=state in (PromiseState.DROPPED, _UNDATED),
        sequence=_sequence(group, changes),
        changed_at=_changed_at(group, changes),
    )


def _replaced(event: CalendarEvent, promise: Promise) -> CalendarEvent:
    return replace(event, uid=_uid(promise), is_cancelled=True)


def _uid(promise: Promise) -> str:
    return f"promise-{promise.id}@{DOMAIN}"


def _state(group: Sequence[Promise], as_of: date) -> str:
    state = state_on(group, as_of)
    is_open = state not in _DECIDED
    return _UNDATED if is_open and current(group).found.due_to is None else state.value


def _decisions(group: Sequence[Promise]) -> list[Decision]:
    return sorted((decision for promise in group for decision in promise.decisions), key=lambda said: said.decided_at)


def _changed_at(group: Sequence[Promise], changes: Mapping[int, PromiseChanges]) -> datetime:
    """Return when the promise was last read again or decided about, or a record with it changed."""
    changed = (changes[promise.number].changed_at for promise in group if promise.number in changes)
    noted = (datetime.combine(promise.noted_on or promise.made_on, time(), LONDON) for promise in group)
    return max([*noted, *changed, *(decision.decided_at for decision in _decisions(group))])


def _sequence(group: Sequence[Promise], changes: Mapping[int, PromiseChanges]) -> int:
    """Return a number that grows with each repetition and decision, and where a sentence is taken out or is back.

    It never falls: a program keeps out what has no higher number than an event that it has cancelled.
    """
    changed = (changes[promise.number].count if promise.number in changes else promise.is_gone for promise in group)
    return len(group) - 1 + len(_decisions(group)) + sum(changed)


# -- words ------------------------------------------------------------------------------------------------------------


def _description(
    group: Sequence[Promise], state: str, due_to: date, topics: tuple[str, ...], addresses: tuple[str, str]
) -> str:
    said = current(group)
    paragraphs = (
        _standing(group, state, due_to),
        f"\N{LEFT DOUBLE QUOTATION MARK}{one_line(said.sentence)}\N{RIGHT DOUBLE QUOTATION MARK}",
        f"{member_name(said.made_by, 'The Government')}, {long_day(said.made_on)}\n{cite(said.record)}",
        _drift(group),
        f"Topics: {'; '.join(topics)}" if topics else "",
        "\n".join(filter(None, addresses)),
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _standing(group: Sequence[Promise], state: str, due_to: date) -> str:
    day = week_day(due_to)
    said = current(group)
    if state == _UNDATED:
        return f"Promised again without a day. It was promised by {day}."
    decisions = _decisions(group)
    if decisions and state in _DECIDED and decisions[-1].state == state:
        return (
            f"Marked as {state} on {long_day(decisions[-1].decided_at.astimezone(LONDON).date())}. Its last day: {day}."
        )
    if state == PromiseState.DROPPED:
        return f"Dropped: {why_dropped(said)}. Its last day was {day}."
    first = said.found.due_from
    begin = f"from {week_day(first)} to" if first and said.made_on < first < due_to else "by"
    return f"Promised {begin} {day}."


def _drift(group: Sequence[Promise]) -> str:
    """Return the day that each repetition named, where there are any."""
    if len(group) == 1:
        return ""
    days = (
        f"{long_day(promise.made_on)}: {f'by {long_day(day)}' if (day := promise.found.due_to) else 'no day'}"
        for promise in group
    )
    return "\n".join((f"Said {len(group)} times:", *days))
