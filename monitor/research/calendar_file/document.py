"""Events as an iCalendar file (RFC 5545, with the properties of RFC 7986).

The file says nothing of the hour at which it is written: the same events make the same bytes. It has no METHOD, which asks
for an organiser; calendars take it in all the same.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from icalendar import Calendar, Event, vDuration, vText

from monitor.model.calendar_events import EventKind
from monitor.presentation.wording import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model.calendar_events import CalendarEvent

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
REFRESH_AFTER: Final = timedelta(hours=6)
"""Time after which a calendar asks a feed again, where it follows what the feed says."""

_NAMES: Final = {
    EventKind.ANSWER: "Answer due",
    EventKind.PROMISE: "Promise",
    EventKind.RECESS: "Recess",
    EventKind.SITTING: "Sitting",
    EventKind.NOTICE: "Coming",
}
_PARTING: Final = str.maketrans({",": " /", ";": " /"})
"""Programs part the names of categories at these, escaped or not."""


def icalendar(events: Iterable[CalendarEvent], name: str, about: str = "") -> bytes:
    """Return an iCalendar file with these events. `name`: of the calendar; `about`: what it holds, "" to say nothing."""
    calendar = Calendar()
    calendar.add("prodid", "-//pqwatch//pqwatch//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for key, text in (("name", name), ("x-wr-calname", name), ("description", about), ("x-wr-caldesc", about)):
        if text:
            calendar.add(key, vText(one_line(text)))
    calendar.add("refresh-interval", vDuration(REFRESH_AFTER), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH_AFTER))
    for event in sorted(events, key=lambda event: (event.first_on, event.uid)):
        calendar.add_component(_component(event))
    return bytes(calendar.to_ical())


def _component(event: CalendarEvent) -> Event:
    component = Event()
    component.add("uid", event.uid)
    component.add("dtstamp", event.changed_at.astimezone(UTC).replace(microsecond=0))
    component.add("last-modified", event.changed_at.astimezone(UTC).replace(microsecond=0))
    component.add("dtstart", event.first_on)
    component.add("dtend", event.last_on + timedelta(days=1))  # the day after the last one
    component.add("summary", one_line(event.title))
    component.add("description", clean(event.description))
    categories = (one_line(name).translate(_PARTING) for name in (_NAMES[event.kind], *event.topics))
    component.add("categories", [category for category in categories if category])
    component.add("sequence", event.sequence)
    component.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    component.add("transp", "TRANSPARENT")  # a due day takes no one's time
    if address := event.url or event.page:
        component.add("url", address)
    return component
