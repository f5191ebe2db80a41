"""Days that Parliament announces: sittings, periods without a sitting, sessions, and first days for an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from monitor.model.records import House


class AnnouncedKind(StrEnum):
    """Kind of an announcement.

    An answer's first day is the day tabled, its last day the first day on which it may be answered.
    """

    SITTING = "sitting"
    PERIOD = "period"
    SESSION = "session"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Days as the source tells them.

    `key`: what the source knows them by, also after they are moved. `last_on` is None for a session that is still on.
    `house` is None for a session. `name`: as announced ("Summer recess"); of an answer "named" or "ordinary". `code`: the
    source's category of a period ("REC", "NSD", "POR", "DIS").
    """

    kind: AnnouncedKind
    house: House | None
    key: str
    first_on: date
    last_on: date | None
    name: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnnouncement:
    """An announcement in the archive. `gone_at`: when it was taken back or changed; None while it holds."""

    number: int
    announcement: Announcement
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseReach:
    """Days of a House of which the source speaks, first and last included.

    `changes`: how often it changed what it had said of days to come.
    """

    first_on: date
    last_on: date
    changes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarState:
    """State of the reading of Parliament's calendar.

    `read_at`: the last good reading, `read_on` the day that counted as today then. `failing_since`: the first of the
    failures since then; `failure` is the last one, one sentence. `silent_on`: Houses of which the last good reading said
    nothing.
    """

    read_at: datetime | None = None
    read_on: date | None = None
    failing_since: datetime | None = None
    failure: str = ""
    silent_on: tuple[House, ...] = ()
    reach: Mapping[House, HouseReach] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChanges:
    """Changes of what is stored that a reading brings: new announcements, and row ids of those seen again and gone."""

    new: tuple[Announcement, ...] = ()
    seen: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnnouncements:
    """Content of the archive of Parliament's calendar: all announcements, past ones too, and the state of reading."""

    stored: tuple[StoredAnnouncement, ...] = ()
    state: CalendarState = CalendarState()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecessNews:
    """A recess that was announced, moved or taken back.

    `days`: its first and last day, None where it was taken back. `was`: its days before, None for a new one.
    """

    house: House
    days: tuple[date, date] | None
    was: tuple[date, date] | None = None

    @property
    def is_new(self) -> bool:
        """True if it was announced for the first time."""
        return self.was is None
