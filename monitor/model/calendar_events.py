"""Days for a reader's calendar: events, and what the archive has to make them from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from monitor.model.records import House, Revision


class EventKind(StrEnum):
    """Kind of an event: a due day of an answer or of a promise, a recess, days of sittings, the day of a notice."""

    ANSWER = "answer"
    PROMISE = "promise"
    RECESS = "recess"
    SITTING = "sitting"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """An event that lasts whole days.

    Attributes:
        uid: Identifier, the same in every archive and for ever.
        kind: What it is.
        state: State of the question, promise or notice; "" for anything else.
        first_on: First day.
        last_on: Last day, included.
        title: What and who, on one line.
        description: Paragraphs of plain text.
        url: Official page; "" for none.
        page: Page of the record in pqwatch; "" for none.
        record: Public id of the record; "" for none.
        house: House that it is about.
        topics: Names of the watched topics.
        is_followed: A subscriber follows it.
        is_cancelled: It is in the calendar only to take it out of others.
        sequence: Number that grows when the day or the text changes.
        changed_at: When it last changed.
    """

    uid: str
    kind: EventKind
    state: str
    first_on: date
    last_on: date
    title: str
    description: str
    url: str
    page: str
    record: str
    house: House
    topics: tuple[str, ...]
    is_followed: bool
    is_cancelled: bool
    sequence: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseChanges:
    """Changes of the record in which a promise was made, since then: how many, and when the last was first read."""

    count: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRecord:
    """A question, or a notice of something coming, that is, or was, watched or followed.

    `revisions`: of every source, oldest first; `newest` is the one of them that counts. `topics`: keys of the topics that
    match it. `due_floor_on`: the latest day that it was ever set down for. `follow_changes`: number of times that a
    subscriber began or ceased to follow the record itself, and `follow_changed_at` the last such time.
    """

    proceeding_id: int
    public_id: str
    revisions: tuple[Revision, ...]
    newest: Revision
    topics: frozenset[str]
    is_followed: bool
    due_floor_on: date | None
    follow_changes: int = 0
    follow_changed_at: datetime | None = None
