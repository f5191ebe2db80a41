"""Promises of ministers: what was found in a text, and what the ledger holds of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from monitor.model.records import Proceeding


class PromiseKind(StrEnum):
    """Kind of promise by the time that it names: an interval of days, none, or a letter that is to come."""

    DATED = "dated"
    VAGUE = "vague"
    LETTER = "letter"


class PromiseState(StrEnum):
    """State of a promise on a day.

    `DUE`: its days have come, and are not over. `KEPT` and `DROPPED` are what a person decided, or what the record itself
    shows: a letter that came, an answer that no longer holds the sentence.
    """

    OPEN = "open"
    DUE = "due"
    OVERDUE = "overdue"
    KEPT = "kept"
    DROPPED = "dropped"


class PromiseNews(StrEnum):
    """Kind of news of a promise, each told once to a subscriber."""

    MADE = "made"
    DUE = "due"
    OVERDUE = "overdue"
    KEPT = "kept"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPromise:
    """A promise as a rule found it in a plain text. Places are code points of that text.

    `start`, `end`: the whole sentence. `act`: what will be done, one verb ("publish"). `expression`: the words that make it
    a promise ("will publish ... in due course"). `due_from`, `due_to`: the interval of a dated promise; `due_to` is None
    where the end is not known ("this Parliament").
    """

    start: int
    end: int
    act: str
    expression: str
    kind: PromiseKind
    due_from: date | None = None
    due_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision of a person about a promise. `record`: public id of the record that shows it; "" without one."""

    state: PromiseState
    record: str
    reason: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A promise of the ledger.

    `number`: row id. `id`: public id ("p-3f9a2c71d0"). `found`: places are of `part` of the revision that held it first.
    `record`: the record in which it was made, as it is now. `topics`: keys of the watched topics that match the record.
    `repeats`: row id of the first promise of the same thing; None for that one. `is_gone`: the newest revision of the
    record no longer holds the sentence.
    """

    number: int
    id: str
    record: Proceeding
    proceeding_id: int
    part: str
    sentence: str
    found: FoundPromise
    made_on: date
    topics: tuple[str, ...] = ()
    repeats: int | None = None
    is_gone: bool = False
    decisions: tuple[Decision, ...] = ()
