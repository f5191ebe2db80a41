"""Questions that an answer names by a plain number: which of those with this number is meant.

Numbers begin again with each session. Most references print the day of the answer too ("my answer of 5 November 2024 to
Question 11234"), and that decides; else the session does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.parliament.identifiers import session_on
from monitor.parliament.references import DAY, day_of, is_plausible_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from monitor.model.records import Proceeding

_BEFORE: Final = 160
_BEHIND: Final = 120
"""Most characters between a number and the day that is printed before or behind it."""

_DAY: Final = re.compile(rf"\b{DAY}", re.IGNORECASE)
_ANSWER: Final = re.compile(r"\b(?:answers?|reply|replies|responses?)\b", re.IGNORECASE)
_END_OF_SENTENCE: Final = re.compile(r"(?<!\bhon)(?<!\brt)(?<!\bno)[.?!]\s|\n", re.IGNORECASE)
_DAY_BEHIND: Final = re.compile(
    r"(?:\s{0,3}(?:,|and)\s{0,3}(?:HL)?\d{1,7}){0,8}[\s,()]{0,3}"
    r"(?:(?:which|that|you|was|were|tabled|answered|given|published|provided|corrected|made)\s{1,3}){0,4}"
    rf"(?:on|of|dated)\s{{1,3}}(?:the\s{{1,3}})?(?:[A-Z][a-z]{{2,5}}day,?\s{{1,3}})?{DAY}",
    re.IGNORECASE,
)


def choose_by_number(citing: Proceeding, number: str, candidates: Sequence[Proceeding]) -> list[Proceeding]:
    """Choose the question that is meant of those with a number, newest first; an empty list if it may be a missing one."""
    others = [question for question in candidates if question.id != citing.id]
    said_on = citing.answered_on or citing.day
    days = days_with_number(citing.answer or "", number, said_on) if said_on else frozenset()
    for question in others:
        if days.intersection((question.answered_on, question.corrected_on, question.holding_on, question.tabled_on)):
            return [question]
    if days:  # a question that was tabled later has another answer
        others = [question for question in others if question.tabled_on is None or question.tabled_on <= max(days)]
    return [
        question
        for question in others[:1]
        if is_plausible_number(citing, number, question) or (days and _is_of_session(question, max(days)))
    ]


def days_with_number(answer: str, number: str, said_on: date) -> frozenset[date]:
    """Return the days that an answer prints with the number of a question: between "the answer" and it, or behind it."""
    days: set[date | None] = set()
    for named in re.finditer(rf"(?:(?<=PQ)|(?<=UIN)|(?<![\w/.-])){re.escape(number)}(?!\w)", answer, re.IGNORECASE):
        before = _END_OF_SENTENCE.split(answer[max(named.start() - _BEFORE, 0) : named.start()])[-1]
        if answered := _ANSWER.search(before):
            days.update(day_of(day, said_on) for day in _DAY.finditer(before, answered.end()))
        if behind := _DAY_BEHIND.match(answer, named.end(), named.end() + _BEHIND):
            days.add(day_of(behind, said_on))
    return frozenset(day for day in days if day is not None and day <= said_on)


def _is_of_session(question: Proceeding, day: date) -> bool:
    asked_on = question.tabled_on or question.answered_on
    return asked_on is not None and session_on(asked_on) == session_on(day)
