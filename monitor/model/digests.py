"""Digests: the items, waiting questions and reading reports that one subscriber gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.model.watching import Match, Subscriber, Watching

if TYPE_CHECKING:
    from datetime import date, datetime

    from monitor.model.records import Event, House, Proceeding, Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One revision that a digest tells, with why.

    `revision` is the newest told revision; `before` the revision that this subscriber was told last, None if he was told
    none; `told_on` the local day of the digest that told it. `earlier`: another answer that stood there before this one and
    that he was not told. `events`: all that happened since `before` (since the first revision where None). `matches` are
    those of the subscriber's topics on `revision` (empty where only followed). `topics` are topic keys in his order.
    `same_as`: further questions with the same answer on the same day, or with nearly the same; `same_matches`: matches in
    these, of the topics that have none here; `found_in`: all matches in each of them, by id. `said_before`: a record of an
    earlier day whose answer has the same words, or nearly.
    """

    revision: Revision
    events: tuple[Event, ...]
    matches: tuple[Match, ...] = ()
    topics: tuple[str, ...] = ()
    before: Revision | None = None
    told_on: date | None = None
    earlier: Revision | None = None
    same_as: tuple[Proceeding, ...] = ()
    same_matches: tuple[Match, ...] = ()
    found_in: dict[str, tuple[Match, ...]] = field(default_factory=dict)
    refers_to: Proceeding | None = None
    said_before: Proceeding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A watched question without its answer. `due_on` and `days_late` are None where the calendar does not say.

    `days_late` is 0 on the day itself. `matches`: those of the subscriber's topics. `is_new`: no digest of theirs has said
    yet that it is late. `promised_on`: it is answered with the promise of a letter, of that day, which was not seen yet.
    """

    proceeding: Proceeding
    topics: tuple[str, ...]
    due_on: date | None = None
    days_late: int | None = None
    matches: tuple[Match, ...] = ()
    is_new: bool = False
    promised_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOf:
    """What was read of one source and House in the days that a digest covers; `house` is None where it is files of all.

    `published` is what the source counts as answered in these days, `read` what we hold of it in full; `incomplete`
    names the windows not read whole ("answers of 26 November 2024"); `failures` one sentence each; `silent` one where
    nothing comes any more.
    """

    source: str
    house: House | None
    from_on: date
    to_on: date
    read: int
    published: int
    incomplete: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    silent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one subscriber gets for one slot, whose key is `slot` ("2024-11-26T07:30").

    It speaks for the instant `as_of`. `topics` maps topic keys to names, in the subscriber's order. `changed`, `new`,
    `waiting` and `questions` are its sections; an item stands in one of them only. `changed` ends with corrections of
    answers that the subscriber was never sent; `new` is in topic order, about before mentions. `missed` counts what a
    pause kept back, `open_count` all questions on the subscriber's topics without their answer, the next of which is due
    on `next_due_on`. `calendar_known` has the first and last known day of each House whose sitting calendar does not
    reach `as_of`. `supplement_to`: the slot (aware) whose digest was mailed without all this, as it could not be read.
    `first_since`: it is a first digest of all since that day, for which somebody asked.
    """

    subscriber: Subscriber
    slot: str
    as_of: datetime
    topics: dict[str, str]
    changed: tuple[Item, ...] = ()
    new: tuple[Item, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    questions: tuple[Item, ...] = ()
    read: tuple[ReadOf, ...] = ()
    missed: int = 0
    open_count: int = 0
    next_due_on: date | None = None
    next_at: datetime | None = None
    in_recess_until: dict[House, date] = field(default_factory=dict)
    calendar_known: dict[House, tuple[date, date]] = field(default_factory=dict)
    watching: Watching = field(default_factory=Watching)
    supplement_to: datetime | None = None
    first_since: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is owed: no reason for a mail of its own."""
        return not (self.changed or self.new or self.questions or self.waiting)
