"""Life of a question: events between two readings of it, events that subscribers are told, due days and lateness.

All functions are pure: they read and store nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.model.records import PARTS, Event, House, Kind, State
from monitor.text.office_names import formula_end
from monitor.text.raised_figures import count_raised, lower_figures
from monitor.text.search_form import FORM_VERSION, change_print, forms_of
from monitor.text.tokens import TEXT_VERSION, change_form, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from monitor.model.records import Member, Proceeding
    from monitor.parliament.calendar import SittingCalendar


FINGERPRINT_VERSION = 2

_SEPARATOR = "\x1f"
"""Separator of the pieces of a fingerprint; no search form holds it."""

REPORTED_EVENTS = frozenset(
    {
        Event.TABLED,
        Event.HOLDING,
        Event.ANSWERED,
        Event.CORRECTED,
        Event.EDITED,
        Event.WITHDRAWN,
        Event.LAPSED,
        Event.ANNOUNCED,
        Event.MOVED,
    }
)
"""Events that every subscriber of a topic is told."""

REPORTED_IF_FOLLOWED = frozenset({Event.REWORDED, Event.TRANSFERRED, Event.ATTACHED, Event.REAPPEARED})
"""Events that only subscribers who were already told of the question are told, in one line."""

UNREPORTED_EVENTS = frozenset({Event.TITLED, Event.REGROUPED, Event.RESCHEDULED})
"""Events that are kept and never told."""

SITTING_DAYS_TO_ANSWER = 5
"""An ordinary Commons question is late after this many sitting days from the day it was set down for.

The House of Commons Procedure Committee counts answers within five working days in its yearly reports.
"""

REREAD_DAYS = (1, 3, 7, 14)
REREAD_DAYS_IF_MATCHED = (*REREAD_DAYS, 30, 90)

_FIRST_EVENT = {
    State.TABLED: Event.TABLED,
    State.HOLDING: Event.HOLDING,
    State.ANSWERED: Event.ANSWERED,
    State.CORRECTED: Event.CORRECTED,
    State.WITHDRAWN: Event.WITHDRAWN,
    State.LAPSED: Event.LAPSED,
}
_ANSWER_EVENTS = {Event.HOLDING, Event.ANSWERED, Event.CORRECTED}


def is_reported(events: Iterable[Event], *, followed: bool) -> bool:
    """Return whether a subscriber is told any of these events. `followed`: they were told of the question before."""
    reported = REPORTED_EVENTS | REPORTED_IF_FOLLOWED if followed else REPORTED_EVENTS
    return not reported.isdisjoint(events)


def classify(before: Proceeding | None, after: Proceeding) -> tuple[Event, ...]:
    """Name the events between two readings of one proceeding from one source, in the order of `Event`.

    Without `before` it is the event of the state that the proceeding is in. Changes that have no name give no event: white
    space, typography, a member's declared interest, a renamed member. A withdrawn question has no further events until it
    is back.
    """
    if before is None:
        is_announced = after.occasion is not None and after.state is not State.WITHDRAWN
        return (Event.ANNOUNCED if is_announced else _FIRST_EVENT[after.state],)
    if after.state is State.WITHDRAWN:
        return () if before.state is State.WITHDRAWN else (Event.WITHDRAWN,)
    if after.occasion is not None:
        happened = _events_of_notice(before, after)
    else:
        happened = _answer_events(before, after) | _question_events(before, after)
    if before.state is State.WITHDRAWN:
        happened.add(Event.REAPPEARED)
        if after.occasion is not None:
            happened.add(Event.ANNOUNCED)  # to whom it was never told, because it had been called off
    if after.is_lapsed and not before.is_lapsed and _stage(after) in (None, State.HOLDING):
        happened.add(Event.LAPSED)
    if _attached(before) != _attached(after) and happened.isdisjoint(_ANSWER_EVENTS):
        happened.add(Event.ATTACHED)  # files that come with a new answer are part of it
    return tuple(event for event in Event if event in happened)


def _question_events(before: Proceeding, after: Proceeding) -> set[Event]:
    happened = set()
    if _differ(before.heading, after.heading):
        happened.add(Event.TITLED)
    if _is_transferred(before, after):
        happened.add(Event.TRANSFERRED)
        if _differ(_asked(before), _asked(after)):
            happened.add(Event.REWORDED)
    elif _differ(before.question, after.question):
        happened.add(Event.REWORDED)
    if _group(before) != _group(after):
        happened.add(Event.REGROUPED)
    if (before.date_for_answer, before.named_day) != (after.date_for_answer, after.named_day):
        happened.add(Event.RESCHEDULED)
    return happened


def _events_of_notice(before: Proceeding, after: Proceeding) -> set[Event]:
    """Return what happened to a notice with an occasion: another day, or other words."""
    happened = set()
    if before.takes_place_on != after.takes_place_on:
        happened.add(Event.MOVED)
    if any(_differ(before.parts().get(name), after.parts().get(name)) for name in PARTS):
        happened.add(Event.EDITED)
    return happened


def _answer_events(before: Proceeding, after: Proceeding) -> set[Event]:
    """Return the steps of the answer, forward or back. A text that differs without such a step was edited silently."""
    was, now = _stage(before), _stage(after)
    is_new = bool(now) and not (before.answer or before.text) and bool(after.answer or after.text)
    if now is State.CORRECTED and (was is not State.CORRECTED or is_new or _is_corrected_again(before, after)):
        return {Event.CORRECTED} if was in (State.ANSWERED, State.CORRECTED) else {Event.ANSWERED, Event.CORRECTED}
    if now is State.ANSWERED and (was in (None, State.HOLDING) or is_new):
        return {Event.ANSWERED}
    if now is State.HOLDING and (was is not State.HOLDING or is_new or _is_held_again(before, after)):
        return {Event.HOLDING}
    if _differ(before.answer, after.answer) or _differ(before.text, after.text):
        return {Event.EDITED}
    return set()


def _stage(proceeding: Proceeding) -> State | None:
    """Return the state of the answer, whether or not the question was withdrawn; None before an answer."""
    if proceeding.corrected_on or proceeding.is_correction:
        return State.CORRECTED
    if proceeding.kind is not Kind.QUESTION:
        return State.ANSWERED
    if proceeding.is_holding:
        return State.HOLDING
    return State.ANSWERED if proceeding.answered_on else None


def _is_corrected_again(before: Proceeding, after: Proceeding) -> bool:
    """Decide whether there is a second correction: it has a later date, or puts another text in place of the original."""
    if before.corrected_on and after.corrected_on and before.corrected_on != after.corrected_on:
        return True
    return _differ(before.answer, after.answer) and _differ(before.original_answer, after.original_answer)


def _is_held_again(before: Proceeding, after: Proceeding) -> bool:
    return before.holding_on != after.holding_on and _differ(before.answer, after.answer)


def _is_transferred(before: Proceeding, after: Proceeding) -> bool:
    """Decide whether another body answers; a body that was only renamed keeps its number."""
    if before.body_id is not None and after.body_id is not None:
        return before.body_id != after.body_id
    return bool(before.body and after.body) and _differ(before.body, after.body)


def _asked(proceeding: Proceeding) -> str:
    """Return the question without "To ask the Secretary of State for Defence,", which a transfer changes."""
    question = proceeding.question or ""
    read = tokens(question)
    end = formula_end(read)
    return question[read[end].start :] if end < len(read) else ""


def _differ(before: str | None, after: str | None) -> bool:
    """Decide whether two texts differ in more than typography, white space, and breaks of lines and paragraphs."""
    return before != after and _change_form(before) != _change_form(after)


def _change_form(text: str | None) -> str:
    return change_form(" ".join((text or "").split()))


def _group(proceeding: Proceeding) -> list[str]:
    return sorted({grouped.uin for grouped in proceeding.grouped_with})


def _attached(proceeding: Proceeding) -> list[tuple[str, str, int]]:
    return sorted(file.identity for file in proceeding.attachments)


def fingerprint(proceeding: Proceeding) -> str:
    """Return a hash that changes when readers would see something else, after the versions of its rules.

    It covers the parts by their search forms, and the facts: body, dates, group, people, flags, attachments. A person or
    body counts by its number if that is known, so that a name found later is no change.
    """
    forms = forms_of(proceeding.parts())
    facts = (
        _named(proceeding.body_id, proceeding.body),
        *_dates(proceeding),
        *_flags(proceeding),
        *map(_person, _people(proceeding)),
        *(_group(proceeding) if proceeding.grouped_with else ()),
        *(_attached(proceeding) if proceeding.attachments else ()),
        *((proceeding.occasion, proceeding.takes_place_on) if proceeding.occasion else ()),
    )
    parts = (f"{name}:{change_print(forms[name])}" for name in PARTS if name in forms)
    written = _SEPARATOR.join([*map(str, facts), *parts])
    digest = hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{FINGERPRINT_VERSION}.{TEXT_VERSION}.{FORM_VERSION}-{digest}"


def is_only_reformatted(before: Proceeding, after: Proceeding) -> bool:
    """Return whether newer rules made other texts from the same mark-up: neither the source nor a word has changed.

    Cells of a table may be in other places, and figures that were plain may be raised.
    """
    has_newer_layout = before.text_rules != after.text_rules
    has_raised_figures = _raised_figures(before) < _raised_figures(after)
    if has_newer_layout:
        before, after = _unlaid(before), _unlaid(after)
    if has_raised_figures:
        before, after = _lowered(before), _lowered(after)
    return (has_newer_layout or has_raised_figures) and fingerprint(before) == fingerprint(after)


def _raised_figures(proceeding: Proceeding) -> int:
    return sum(map(count_raised, proceeding.parts().values()))


def _lowered(proceeding: Proceeding) -> Proceeding:
    """Return a proceeding with plain figures for raised ones."""
    return _with_texts(proceeding, lower_figures)


def _unlaid(proceeding: Proceeding) -> Proceeding:
    """Return a proceeding with each of its texts on one line."""
    return _with_texts(proceeding, lambda text: " ".join(text.split()))


def _with_texts(proceeding: Proceeding, rewrite: Callable[[str], str]) -> Proceeding:
    texts = (proceeding.question, proceeding.answer, proceeding.text)
    question, answer, text = (rewrite(text) if text else text for text in texts)
    return replace(proceeding, question=question, answer=answer, text=text)


def _dates(proceeding: Proceeding) -> tuple[date | None, ...]:
    return (
        proceeding.tabled_on,
        proceeding.date_for_answer,
        proceeding.holding_on,
        proceeding.answered_on,
        proceeding.corrected_on,
        proceeding.made_on,
    )


def _people(proceeding: Proceeding) -> tuple[Member | None, ...]:
    return (proceeding.asked_by, proceeding.answered_by, proceeding.corrected_by, proceeding.made_by)


def _flags(proceeding: Proceeding) -> tuple[bool | None, ...]:
    return (
        proceeding.named_day,
        bool(proceeding.is_holding),
        bool(proceeding.is_correction),
        proceeding.is_withdrawn,
        proceeding.has_interest,
        proceeding.is_gone,
        proceeding.is_lapsed,
    )


def _person(member: Member | None) -> str:
    return _named(member.member_id or member.person_id, member.name) if member else ""


def _named(number: int | None, name: str | None) -> str:
    return f"#{number}" if number is not None else _change_form_of_name(name or "")


_change_form_of_name = lru_cache(maxsize=10_000)(change_form)
"""Change form of a name. It is cached, because the same people and bodies speak all day."""


def due_on(proceeding: Proceeding, calendar: SittingCalendar, floor: date | None = None) -> date | None:
    """Return the last day on which an answer is not late; None if the calendar or the source does not say.

    Commons, named day, and Lords: the day set down for the answer. Commons otherwise: the fifth sitting day after it.
    `floor` is the latest day that it was ever set down for: a transfer to another body keeps the later day.
    While the House is likely in a recess that is not known, no open question has a due day.
    """
    if proceeding.kind is not Kind.QUESTION or proceeding.date_for_answer is None:
        return None
    if proceeding.is_open and proceeding.house in calendar.likely:
        return None
    asked_for = max(proceeding.date_for_answer, floor or proceeding.date_for_answer)
    return due_day(proceeding.house, asked_for, calendar, named_day=bool(proceeding.named_day))


def due_on_by_parliament(proceeding: Proceeding, calendar: SittingCalendar, floor: date | None = None) -> date | None:
    """Return the due day as Parliament's own calendar has it; None where it does not say.

    It gives the first day on which a question tabled on a day may be answered. A member may name a later day, and a transfer
    keeps the later day.
    """
    if proceeding.kind is not Kind.QUESTION or not (proceeding.tabled_on and proceeding.date_for_answer):
        return None
    if proceeding.is_open and proceeding.house in calendar.likely:
        return None
    first = calendar.answer_days.get((proceeding.tabled_on, bool(proceeding.named_day)))
    if first is None or proceeding.house is not House.COMMONS:
        return None
    later = [floor] if floor and floor > proceeding.date_for_answer else []
    later += [proceeding.date_for_answer] if proceeding.named_day else []
    return due_day(House.COMMONS, max([first, *later]), calendar, named_day=bool(proceeding.named_day))


@dataclass(frozen=True, slots=True)
class DueDays:
    """Due days of questions. The calendar is asked for with the first of them: searches for people do without."""

    calendar: Callable[[], SittingCalendar]

    def __call__(self, proceeding: Proceeding, floor: date | None = None) -> date | None:
        """Return the due day; see `due_on`."""
        return due_on(proceeding, self.calendar(), floor)

    def by_parliament(self, proceeding: Proceeding, floor: date | None = None) -> date | None:
        """Return the due day as Parliament's own calendar has it; see `due_on_by_parliament`."""
        return due_on_by_parliament(proceeding, self.calendar(), floor)


def due_day(house: House, asked_for: date, calendar: SittingCalendar, *, named_day: bool) -> date | None:
    """Return the due day of a question that is set down for a day."""
    if house is House.COMMONS and not named_day:
        return calendar.nth_sitting_day_after(house, asked_for, SITTING_DAYS_TO_ANSWER)
    return asked_for if house in (House.COMMONS, House.LORDS) else None


def days_late(proceeding: Proceeding, due: date | None, today: date) -> int | None:
    """Count the calendar days from the due day to the answer, or to today without one (or with a holding answer only).

    It is 0 on the due day and before it; None if the due day is not known, or no answer can come any more.
    """
    has_ended = proceeding.is_lapsed and _stage(proceeding) in (None, State.HOLDING)
    if due is None or has_ended or proceeding.state is State.WITHDRAWN:
        return None
    until = today if proceeding.is_open else proceeding.answered_on or proceeding.corrected_on
    return max((until - due).days, 0) if until else None


def is_reread_due(answered_on: date, read_on: date, today: date, *, matched: bool) -> bool:
    """Return whether an answer is to be read again in full, so that a silent edit is noticed.

    Lists show the first 255 characters only. Answers are read again 1, 3, 7 and 14 days after the answer, matched ones
    also after 30 and 90. `read_on` is the day of the last reading: one reading makes up for all that were missed.
    """
    steps = REREAD_DAYS_IF_MATCHED if matched else REREAD_DAYS
    return any(read_on < answered_on + timedelta(days=step) <= today for step in steps)


def is_news(day: date | None, oldest: date, floor: date | None) -> bool:
    """Return whether a revision seen for the first time may be mailed: its day is `oldest` or later.

    `floor` is the first day that counts at all: on the first run the last day with answers before it. A revision without
    a day is no news.
    """
    if day is None or day < oldest:
        return False
    return floor is None or day >= floor


def is_coming_news(before: Proceeding | None, after: Proceeding, today: date) -> bool:
    """Return whether a notice with an occasion tells something new of days that are not over.

    `before`: as it was known until now, None for what was not known. What was called off is news to those who know it.
    """
    days = [notice.takes_place_on for notice in (before, after) if notice and notice.takes_place_on]
    if days and max(days) < today:
        return False
    return before is not None or after.state is not State.WITHDRAWN


def days_taken(proceeding: Proceeding) -> int | None:
    """Count the calendar days from tabling to the answer, without the first; None before a substantive answer."""
    is_answered = proceeding.state in (State.ANSWERED, State.CORRECTED)
    if not is_answered or proceeding.tabled_on is None or proceeding.answered_on is None:
        return None
    return (proceeding.answered_on - proceeding.tabled_on).days
