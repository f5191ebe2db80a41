"""Promises of ministers: what was found in a text, and what the ledger holds of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.model.records import Member, Proceeding


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
    record no longer holds the sentence. `noted_on`: the day on which the ledger reached it. `revision`: row id of the first
    revision that holds it.
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
    noted_on: date | None = None
    revision: int = 0

    @property
    def group(self) -> int:
        """Row id of the first promise of the same thing, which may be this one."""
        return self.repeats or self.number

    @property
    def made_by(self) -> Member | None:
        """Minister who made it: the one who answered, unless it came with a correction, which another may have made."""
        record = self.record
        is_of_answer = record.answered_by is not None and record.answered_on == self.made_on
        return record.answered_by if is_of_answer else record.minister


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseOutline:
    """A promise of the ledger without its record and its text. Fields as those of `Promise`."""

    number: int
    group: int
    proceeding_id: int
    found: FoundPromise
    made_on: date
    is_gone: bool
    decisions: tuple[Decision, ...] = ()


# -- the ledger, as it is kept ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Reach of the ledger, in row ids of revisions. A new version of the rules reads everything again.

    `began`: the newest revision when the rules of this version were first used. `news_to`: news was read from there to
    here. `read_to`: all revisions were read up to here.
    """

    rules: str
    began: int
    news_to: int
    read_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionText:
    """A revision whose text may hold promises: the answer of a question, or the text of a statement; "" for no text."""

    id: int
    source: str
    day: date | None
    part: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordText:
    """A record with the texts of its revisions, oldest first. `heading` and `latest`: of the revision that counts."""

    proceeding_id: int
    public_id: str
    body: str | None
    heading: str | None
    latest: int
    revisions: tuple[RevisionText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPromise:
    """A promise of a record as the ledger has it. `is_used`: a person or a digest refers to it, so it has to stay."""

    number: int
    revision: int
    part: str
    sentence: str
    found: FoundPromise
    made_on: date
    gone: int | None
    is_used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPromise:
    """A promise as it is to be in the ledger.

    `ids`: public ids, of which the first that is free is taken. `keys`: under which the same promise is found. `gone`: the
    revision that no longer holds it; None where the one that counts does.
    """

    ids: tuple[str, ...]
    proceeding_id: int
    revision: int
    part: str
    sentence: str
    found: FoundPromise
    made_on: date
    gone: int | None
    keys: tuple[str, ...] = ()
    body: str | None = None
    heading: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPromises:
    """Work that is to be done for one record. `changed`: by the row ids of promises. `removed`: row ids."""

    new: tuple[PlannedPromise, ...] = ()
    changed: dict[int, PlannedPromise] = field(default_factory=dict)
    removed: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class Listed:
    """A promise among which repetitions are looked for; `repeats` changes while they are found."""

    number: int
    proceeding_id: int
    sentence: str
    act: str
    expression: str
    body: str | None
    heading: str | None
    made_on: date
    is_gone: bool
    repeats: int | None = None

    @property
    def first(self) -> int:
        """Row id of the first promise of the same thing."""
        return self.repeats or self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPromise:
    """News of a promise that a digest told. `group`: row id of the first promise of the same thing."""

    group: int
    number: int
    due_to: date | None
    news: PromiseNews


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingPromise:
    """A promise that may be news because it falls due, is late or was decided.

    `number`: its row id; `first`: that of the first promise of the same thing. `noted_on`: the day on which the ledger
    reached it. `added_at`: when the term that finds it was added, or when it was followed.
    """

    number: int
    first: int
    noted_on: date
    added_at: datetime
    is_decided: bool


class PromisePosition(NamedTuple):
    """Position in the list of promises, said last first. It stays valid when other promises come or go.

    `number`: row id of the promise, or of its last repetition.
    """

    made_on: date
    number: int

    def __str__(self) -> str:
        """Return the text for an address: 20241126.1842."""
        return f"{self.made_on:%Y%m%d}.{self.number}"

    @classmethod
    def read(cls, written: str) -> PromisePosition | None:
        """Parse the text; None if it is not a position."""
        found = re.fullmatch(r"(\d{8})\.(\d{1,9})", written, re.ASCII)
        try:
            return cls(date.fromisoformat(found[1]), int(found[2])) if found else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseFilters:
    """Filters of a list of promises. `topics`: keys, one of which matches the record; None: any record.

    `state` narrows what is read to promises that may be in that state on `today`. `bodies`, `ministers`: names.
    `days`: only promises of which a first or last day may lie in this time. `decided_from`: only those that were decided
    about since this instant. `after`: only those behind this position.
    """

    topics: tuple[str, ...] | None = None
    bodies: tuple[str, ...] | None = None
    ministers: tuple[str, ...] | None = None
    since: date | None = None
    state: PromiseState | None = None
    today: date | None = None
    days: tuple[date, date] | None = None
    decided_from: datetime | None = None
    after: PromisePosition | None = None
