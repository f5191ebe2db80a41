"""State of a promise on a day: what a person decided, else what the record shows, else what the calendar says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from monitor.model.promises import Promise, PromiseKind, PromiseOutline, PromiseState
from monitor.model.records import Kind, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_P = TypeVar("_P", Promise, PromiseOutline)

LAST_DAYS: Final = timedelta(days=28)
"""Time before its end in which a promise "by" a day is due."""

_BEGINS_AT_ONCE: Final = timedelta(days=1)
"""An interval that begins within this time from the promise has no beginning of its own: "in the coming weeks"."""


def state_on(promises: Sequence[_P], today: date) -> PromiseState:
    """Return the state of a promise and its repetitions (oldest first).

    The last decision on any of them counts; to open it again takes decisions back. Without one, the newest that its record
    still holds tells the day. Outlines do not show whether a promised letter came: it stays open.
    """
    return _decided(promises) or _undecided(current(promises), today)


def current(promises: Sequence[_P]) -> _P:
    """Return the newest of a promise and its repetitions that its record still holds; if no record does, the newest."""
    held = [promise for promise in promises if not promise.is_gone]
    return (held or list(promises))[-1]


def begins_to_be_due(promise: Promise | PromiseOutline) -> date | None:
    """Return the day from which a dated promise is due; None where it has no end."""
    found = promise.found
    if found.due_to is None:
        return None
    has_own_beginning = found.due_from is not None and found.due_from > promise.made_on + _BEGINS_AT_ONCE
    if has_own_beginning:
        return found.due_from
    return max(found.due_to - LAST_DAYS, found.due_from or promise.made_on)


def has_come(promise: Promise) -> bool:
    """Return whether a promised letter came: with a file, or as another answer in the place of the promise."""
    record = promise.record
    if promise.found.kind is not PromiseKind.LETTER or record.kind is not Kind.QUESTION:
        return False
    is_answered = record.state in (State.ANSWERED, State.CORRECTED)
    return is_answered and bool(record.attachments or (promise.is_gone and record.answer))


def why_dropped(promise: Promise) -> str:
    """Say why a promise counts as dropped though no person decided so."""
    if promise.record.is_gone or promise.record.state is State.WITHDRAWN:
        return "the record was withdrawn"
    return "the record no longer says so"


def _decided(promises: Sequence[_P]) -> PromiseState | None:
    """Return what a person decided last about a promise and its repetitions; None for nothing, or to open it again."""
    decisions = sorted(
        (decision for promise in promises for decision in promise.decisions), key=lambda decision: decision.decided_at
    )
    return decisions[-1].state if decisions and decisions[-1].state is not PromiseState.OPEN else None


def _undecided(promise: Promise | PromiseOutline, today: date) -> PromiseState:
    if isinstance(promise, Promise) and has_come(promise):
        return PromiseState.KEPT
    if promise.is_gone:
        return PromiseState.DROPPED
    begins, due_to = begins_to_be_due(promise), promise.found.due_to
    if begins is None or due_to is None:
        return PromiseState.OPEN
    if today > due_to:
        return PromiseState.OVERDUE
    return PromiseState.DUE if today >= begins else PromiseState.OPEN
