"""Promises in words: when one is due, how long ago it was made, and how its day has drifted."""

from __future__ import annotations

import re
from calendar import monthrange
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.model.promises import PromiseKind, PromiseState
from monitor.parliament.calendar import LONDON
from monitor.parliament.promises.state import current, has_come, why_dropped
from monitor.presentation.wording import count_of, long_day, one_line, short_day, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from monitor.model.digests import PromiseItem
    from monitor.model.promises import FoundPromise, Promise

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_SEASONS: Final = {3: "spring", 6: "summer", 9: "autumn", 12: "winter"}
_OF_SEASON: Final = 3
_OF_YEAR: Final = 12
_APRIL: Final = 4
_VAGUE: Final = re.compile(
    r"\b(?:in due course|in the near future|in the coming (?:days|weeks|months)|very shortly|shortly|very soon|soon"
    r"|as soon as (?:possible|practicable|parliamentary time allows|we (?:can|are able))|at the earliest opportunity"
    r"|when parliamentary time allows|once parliamentary time allows|in the fullness of time|at the appropriate time"
    r"|(?:this|(?:the )?next) (?:Parliament|session)|(?<!no )later|at a later date"
    r"|when [^,.;]+|(?<!at )once (?!again\b|more\b)[^,.;]+"
    r"|following [^,.;]+|after [^,.;]+|subject to [^,.;]+)",
    re.IGNORECASE,
)
_EVENT: Final = re.compile(
    r"\b(?:by|before|ahead of|in time for|no later than) (?:Easter|Whitsun"
    r"|the (?:next |coming |forthcoming |upcoming )?(?:(?:Spring |Autumn )?(?:Budget|Statement)|Spending Review))\b"
)
"""Times that name an event whose day is not known here. What was announced at one is no time, so "at" is not among them."""
_LONGEST_TIME: Final = 60
"""Characters of a time in the words of its sentence, which is shown whole beside it."""
_NO_TIME: Final = "no time named"
_DAYS_OF_MONTH: Final = 30.44


def when_due(found: FoundPromise, made_on: date, sentence: str) -> str:
    """Say when a promise is due: "spring 2025", "by 31 May 2025", "in due course", "no time named"."""
    first, last = found.due_from, found.due_to
    if found.kind is not PromiseKind.DATED:
        vague = _vague_of(found, sentence) or _EVENT.search(sentence)
        return _said(vague) if vague else _NO_TIME
    if last is None:
        vague = _vague_of(found, sentence)
        said = _said(vague) if vague else f"from {long_day(first)}" if first else _NO_TIME
        return f"{said}, end not known"
    return _period(first, last) or (
        f"by {long_day(last)}" if first is None or first <= made_on else f"{long_day(first)} to {long_day(last)}"
    )


def _vague_of(found: FoundPromise, sentence: str) -> re.Match[str] | None:
    """Find words for its time: its own before others, as in "it is reviewed after X and will be published shortly"."""
    return _VAGUE.search(found.expression) or _VAGUE.search(sentence)


def _said(vague: re.Match[str]) -> str:
    return shorten(one_line(vague.group()), _LONGEST_TIME)


def _period(first: date | None, last: date) -> str:
    """Name a whole season, month, year or financial year; "" for another interval."""
    if first is None:
        return ""
    if first == last:
        return long_day(last)
    if first.day != 1 or last.day != monthrange(last.year, last.month)[1]:
        return ""
    years = f"{first.year}" if first.year == last.year else f"{first.year}/{last.year % 100:02}"
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    names = {
        (1, first.month): f"{_MONTHS[first.month - 1]} {years}",
        (_OF_SEASON, first.month): f"{_SEASONS[first.month]} {years}" if first.month in _SEASONS else "",
        (_OF_YEAR, 1): years,
        (_OF_YEAR, _APRIL): f"financial year {years}",
    }
    return names.get((months, first.month), "")


def due_words(promise: Promise) -> str:
    """Say when a promise is due, as it was said then."""
    return when_due(promise.found, promise.made_on, promise.sentence)


def drift(group: Sequence[Promise]) -> list[Promise]:
    """Return the promises of a group at which another day was named than before, the first one included."""
    turns: list[Promise] = []
    for promise in group:
        if not turns or _day_of(promise) != _day_of(turns[-1]):
            turns.append(promise)
    return turns


def _day_of(promise: Promise) -> object:
    found = promise.found
    if found.kind is PromiseKind.DATED:
        return found.due_to  # "this spring" and "by the end of May" are the same day; None is no day that could move
    return due_words(promise).casefold()


def drift_words(group: Sequence[Promise]) -> str:
    """Say how the day drifted: "spring 2025 (said 3 Mar 2025), then summer 2025 (10 Jul 2025)"; "" where it did not."""
    turns = drift(group)
    if len(turns) == 1:
        return ""
    said = [f"{due_words(turns[0])} (said {short_day(turns[0].made_on)})"]
    for before, promise in pairwise(turns):
        is_same_answer = (promise.record.id, promise.made_on) == (before.record.id, before.made_on)
        when = "the answer was changed" if is_same_answer else short_day(promise.made_on)
        said.append(f"{due_words(promise)} ({when})")
    return ", then ".join(said)


def said_words(group: Sequence[Promise], today: date) -> str:
    """Say how old a promise is, and in how many answers it was said again: "first said 9 months ago, again in 3 records"."""
    first = group[0]
    age = _age((today - first.made_on).days)
    again = len({promise.record.id for promise in group if promise.made_on > first.made_on})
    return f"first said {age}" + (f", again in {count_of(again, 'record')}" if again else "")


def _age(days: int) -> str:
    if days <= 0:
        return "today"
    if days < 2 * _DAYS_OF_MONTH:
        return f"{count_of(days, 'day')} ago"
    months = int(days / _DAYS_OF_MONTH)
    years, rest = divmod(months, 12)
    if not years:
        return f"{count_of(months, 'month')} ago"
    more = f" and {count_of(rest, 'month')}" if rest else ""
    return f"{count_of(years, 'year')}{more} ago"


def made_lines(items: Iterable[PromiseItem], most: int) -> list[str]:
    """Say what an answer newly promises, a line a sentence: 'Promised: "We will ..." (spring 2025).', and how it drifted."""
    sentences: dict[str, list[PromiseItem]] = {}
    for item in items:
        sentences.setdefault(one_line(item.promise.sentence), []).append(item)
    lines = [_made_line(sentence, of_sentence) for sentence, of_sentence in sentences.items()]
    more = len(lines) - most
    return [*lines[:most], f"And {count_of(more, 'more promise')} in it."] if more > 0 else lines


def _made_line(sentence: str, items: Sequence[PromiseItem]) -> str:
    is_again = any(_was_made_before(item) for item in items)
    due = [f"{item.promise.found.act} {due_words(item.promise)}" for item in items]
    said = "; ".join(due) if len(items) > 1 else due_words(items[0].promise)
    drifted = next((words for item in items if (words := drift_words(item.group))), "")
    end = f" Its day moved: {drifted}." if drifted else ""
    is_said = said in sentence and all(item.promise.found.kind is not PromiseKind.DATED for item in items)
    when = "" if is_said else f" ({said})."  # "in due course" stands in the sentence itself
    return f"Promised{' again' if is_again else ''}: \u201c{sentence}\u201d{when}{end}"


def _was_made_before(item: PromiseItem) -> bool:
    """Return whether it was promised before: on an earlier day, or by words of the same record that are gone."""
    made = item.promise
    return any(
        other.number != made.number and (other.made_on < made.made_on or other.proceeding_id == made.proceeding_id)
        for other in item.group
    )


def why(group: Sequence[Promise], state: PromiseState) -> str:
    """Say why a promise counts as kept or dropped; "" for another state."""
    decisions = sorted(
        (decision for promise in group for decision in promise.decisions), key=lambda decision: decision.decided_at
    )
    if decisions and decisions[-1].state is state is not PromiseState.OPEN:
        last = decisions[-1]
        by = f" by {one_line(last.decided_by)}" if last.decided_by else ""
        shown = f", shown by {last.record}" if last.record else ""
        reason = f": {one_line(last.reason)}" if last.reason else ""
        return f"marked as {state.value}{by} on {long_day(last.decided_at.astimezone(LONDON).date())}{shown}{reason}"
    now = current(group)
    if state is PromiseState.KEPT and has_come(now):
        return "the letter came" + (" with a file" if now.record.attachments else "")
    return why_dropped(now) if state is PromiseState.DROPPED else ""
