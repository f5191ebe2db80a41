"""Values of collecting: what was read of each source, by day, file, payload and run, and which records that brought."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from monitor.model.records import Event, Proceeding
    from monitor.model.sources import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A revision that was just stored."""

    revision_id: int
    number: int
    proceeding: Proceeding
    events: tuple[Event, ...]
    is_news: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRecord:
    """Stored state of a source's record: its entry in the list, when its detail was read, and whether it is answered."""

    list_hash: str | None
    detail_read_on: date | None
    is_answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answered record: the day of its answer or correction, and what decides when it is read again."""

    key: str
    day: date
    detail_read_on: date | None
    is_matched: bool


class WindowState(StrEnum):
    """State of a window after its last reading."""

    COMPLETE = "complete"
    """Read in full after its day ended."""
    OPEN = "open"
    """Read in full so far: its day had not ended."""
    FAILED = "failed"
    SUSPECT = "suspect"
    """Read in full, but more known records were missing from it than is believable."""

    @property
    def is_in_full(self) -> bool:
        """True if everything was read that was there, and can be believed."""
        return self in (WindowState.COMPLETE, WindowState.OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCoverage:
    """Last reading of a window. `total`: the source's count; `held`: how many of them are stored in full."""

    window: Window
    state: WindowState
    read_at: datetime
    total: int
    held: int
    note: str = ""


class FileOutcome(StrEnum):
    """Outcome of the last reading of a file."""

    READ = "read"
    FAILED = "failed"
    """Not fetched."""
    QUARANTINED = "quarantined"
    """Fetched, but not understood as a whole."""
    GONE = "gone"
    """Not fetched or not understood, and listed no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """Last reading of a file of a source, and the `version` of the parser.

    `day` and `stamp` come from the FileRef. `note`: why it failed or is in quarantine. `counts`: records, new, changed,
    quarantined; `years`: the same counts by the year of the record.
    """

    source: str
    name: str
    day: date | None
    stamp: str
    sha256: str
    version: int
    read_at: datetime
    outcome: FileOutcome
    note: str = ""
    counts: Mapping[str, int]
    years: Mapping[int, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """Two records that were merged: `gone` became part of `kept` (public ids). `reason` is the key that names both.

    `undone_at`: when the merge was undone. It is not repeated then.
    """

    id: int
    kept: str
    gone: str
    reason: str
    merged_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A payload that can't be parsed, and the reason."""

    source: str
    key: str
    reason: str


class RunOutcome(StrEnum):
    """Outcome of one stage of one run, so far."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One stage of one run. `counts`: the stage's counts."""

    id: int
    stage: str
    as_of: datetime
    started_at: datetime
    ended_at: datetime | None
    outcome: RunOutcome
    counts: Mapping[str, int]
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTurn:
    """A turn at a host: seconds until it comes, and seconds for which the host wants to be left alone before that."""

    wait: float
    pause: float
