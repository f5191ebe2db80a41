"""Calendar files as two other programs read them, and a calendar that takes in one file after the other."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An event as a calendar shows it; `ends_on` is the day after its last one."""

    uid: str
    starts_on: date
    ends_on: date
    summary: str
    description: str
    categories: tuple[str, ...]
    status: str
    is_free: bool
    url: str
    sequence: int
    stamp: datetime

    @property
    def is_due(self) -> bool:
        """True if the calendar tells its reader to expect an answer."""
        return self.status == "CONFIRMED" and self.summary.startswith("Due: ")


@lru_cache(maxsize=4)
def opened(content: bytes) -> dict[str, Shown]:
    """Read a file with both parsers, which agree, and with the eyes of RFC 5545 on its lines."""
    lines = content.split(b"\r\n")
    assert lines.pop() == b""
    assert not any(b"\n" in line or b"\r" in line or len(line) > 75 for line in lines)
    assert all(line.decode("utf-8") for line in lines)  # no letter is cut in two
    first, second = _by_ical(content.decode()), _by_vobject(content.decode())
    assert first == second
    found = {event.uid: event for event in first}
    assert len(found) == len(first)
    return found


def _by_ical(text: str) -> list[Shown]:
    from ical.calendar_stream import IcsCalendarStream  # noqa: PLC0415 (slow, and every worker collects all tests)

    return [
        Shown(
            uid=event.uid,
            starts_on=event.start,
            ends_on=event.end,
            summary=event.summary or "",
            description=event.description or "",
            categories=tuple(event.categories),
            status=str(event.status.value) if event.status else "",
            is_free=event.transparency == "TRANSPARENT",
            url=str(event.url or ""),
            sequence=event.sequence or 0,
            stamp=_instant(event.dtstamp),
        )
        for event in IcsCalendarStream.calendar_from_ics(text).events
    ]


def _by_vobject(text: str) -> list[Shown]:
    import vobject  # noqa: PLC0415 (as above)

    calendar: Any = vobject.readOne(text)
    return [
        Shown(
            uid=event.uid.value,
            starts_on=event.dtstart.value,
            ends_on=event.dtend.value,
            summary=event.summary.value,
            description=event.description.value,
            categories=tuple(event.categories.value),
            status=event.status.value,
            is_free=event.transp.value == "TRANSPARENT",
            url=event.url.value if hasattr(event, "url") else "",
            sequence=int(event.sequence.value),
            stamp=event.dtstamp.value,
        )
        for event in calendar.contents.get("vevent", [])
    ]


def _instant(stamp: date | datetime) -> datetime:
    assert isinstance(stamp, datetime)
    return stamp.astimezone(UTC)


def unfolded(content: bytes) -> list[str]:
    """Return the lines of a file as they were before they were folded."""
    return re.sub(r"\r\n[ \t]", "", content.decode()).split("\r\n")


class ReadersCalendar:
    """A calendar into which a reader takes one file after the other: an event with a known UID replaces the one there."""

    def __init__(self) -> None:
        self.events: dict[str, Shown] = {}

    def take_in(self, content: bytes) -> None:
        """Take in a file. What was changed has a higher number than what was there, else programs pass it over.

        RFC 5546, section 2.1.5.
        """
        for uid, event in opened(content).items():
            known = self.events.get(uid, event)
            assert (event.sequence, event.stamp) >= (known.sequence, known.stamp)
            assert replace(event, stamp=known.stamp) == known or event.sequence > known.sequence
            self.events[uid] = event

    def agrees_with(self, content: bytes) -> None:
        """Check that it is as the newest file; what is no longer in that is settled and tells nothing false."""
        newest = opened(content)
        assert {uid: self.events.get(uid) for uid in newest} == newest
        assert not [event for uid, event in self.events.items() if event.is_due and uid not in newest]
