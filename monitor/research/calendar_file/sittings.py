"""Recesses and days of sittings of both Houses, as events of a calendar.

The table has only working days: whether a House sits on a Friday it doesn't say, so Fridays are no days of sittings here.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.model.calendar_events import CalendarEvent, EventKind
from monitor.model.records import House
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import house_name, one_line, week_day
from monitor.research.calendar_file.answers import DOMAIN, KEPT_FOR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from monitor.parliament.announcements import AnnouncedPeriod
    from monitor.parliament.calendar import SittingCalendar

HOUSES: Final = (House.COMMONS, House.LORDS)
_DAY: Final = timedelta(days=1)
_FRIDAY: Final = 4


def recess_events(calendar: SittingCalendar, as_of: date) -> Iterator[CalendarEvent]:
    """Give an event for each recess of each House that is to come, or is not long over.

    A recess is known by the month in which it was first announced to begin, so that one whose days are moved is the same
    event. One that was taken back is cancelled.
    """
    for house in HOUSES:
        counts: Counter[str] = Counter()
        for first, last in calendar.recesses_of(house):
            period = calendar.period_of(house, (first, last))
            name = _numbered(counts, f"{period.known_as if period else first:%Y-%m}")
            if last < as_of - KEPT_FOR:
                continue
            named = _Named(
                EventKind.RECESS,
                f"recess-{house.value}-{name}@{DOMAIN}",
                f"{house_name(house)}: {_what(calendar, first, last)}",
                _about_recess(calendar, house, (first, last), period),
                sequence=1 + period.moves if period else 0,
                changed_at=period.told_at if period else None,
            )
            yield _event(named, house, (first, last), as_of)
        yield from _cancelled(calendar, house, counts, as_of)


def _what(calendar: SittingCalendar, first: date, last: date) -> str:
    has_ended = any(first - _DAY <= end <= last for end in calendar.session_ends)
    return "prorogued or dissolved" if has_ended else "recess"


def _about_recess(
    calendar: SittingCalendar, house: House, days: tuple[date, date], period: AnnouncedPeriod | None
) -> str:
    back = calendar.nth_sitting_day_after(house, days[1], 1)
    again = f" It sits again on {week_day(back)}." if back else ""
    name = f" Announced as: {one_line(period.name)}." if period and period.name else ""
    return f"The {house_name(house)} doesn't sit {_days(*days)}.{again}{name}"


def _cancelled(calendar: SittingCalendar, house: House, counts: Counter[str], as_of: date) -> Iterator[CalendarEvent]:
    """Give the recesses that were taken back of late, unless another stands under their name."""
    for period in calendar.periods.get(house, ()):
        name = f"{period.known_as:%Y-%m}"
        if not period.is_gone or counts[name] or period.last_on < as_of - KEPT_FOR:
            continue
        days = (period.first_on, period.last_on)
        named = _Named(
            EventKind.RECESS,
            f"recess-{house.value}-{name}@{DOMAIN}",
            f"No longer announced: {house_name(house)}, recess",
            f"The {house_name(house)} has taken back its recess {_days(*days)}.",
            sequence=2 + period.moves,
            changed_at=period.told_at,
            is_cancelled=True,
        )
        counts[name] += 1
        yield _event(named, house, days, as_of)


def sitting_events(calendar: SittingCalendar, as_of: date) -> Iterator[CalendarEvent]:
    """Give an event for each run of days of sittings of each House within a week, Monday to Thursday in most weeks."""
    for house in HOUSES:
        counts: Counter[str] = Counter()
        for first, last in _sittings(calendar, house, as_of - KEPT_FOR):
            year, week, _ = first.isocalendar()
            name = _numbered(counts, f"{year}-w{week:02}")
            uid = f"sitting-{house.value}-{name}@{DOMAIN}"
            days = f"The {house_name(house)} sits {_days(first, last)}, as far as is known."
            sequence = calendar.changes_of(house)
            named = _Named(EventKind.SITTING, uid, f"{house_name(house)} sits", days, sequence=sequence)
            yield _event(named, house, (first, last), as_of)


def _sittings(calendar: SittingCalendar, house: House, start: date) -> Iterator[tuple[date, date]]:
    known = calendar.known.get(house)
    if known is None:
        return
    day = max(known[0], start - timedelta(days=start.weekday()))  # from a Monday on, so that numbers in a week agree
    run: tuple[date, date] | None = None
    while day <= known[1]:
        if _sits(calendar, house, day):
            is_same_week = run is not None and run[0].isocalendar()[:2] == day.isocalendar()[:2]
            if run and is_same_week and day - run[1] == _DAY:
                run = (run[0], day)
            else:
                if run:
                    yield run
                run = (day, day)
        day += _DAY
    if run:
        yield run


def _sits(calendar: SittingCalendar, house: House, day: date) -> bool:
    return day.weekday() != _FRIDAY and bool(calendar.is_sitting_day(house, day))


def _numbered(counts: Counter[str], name: str) -> str:
    counts[name] += 1
    return name if counts[name] == 1 else f"{name}-{counts[name]}"


def _days(first: date, last: date) -> str:
    return f"on {week_day(first)}" if first == last else f"from {week_day(first)} to {week_day(last)}"


class _Named(NamedTuple):
    kind: EventKind
    uid: str
    title: str
    description: str
    sequence: int = 0
    changed_at: datetime | None = None
    is_cancelled: bool = False


def _event(named: _Named, house: House, days: tuple[date, date], as_of: date) -> CalendarEvent:
    return CalendarEvent(
        uid=named.uid,
        kind=named.kind,
        state="",
        first_on=days[0],
        last_on=days[1],
        title=named.title,
        description=named.description,
        url="",
        page="",
        record="",
        house=house,
        topics=(),
        is_followed=False,
        is_cancelled=named.is_cancelled,
        sequence=named.sequence,
        changed_at=named.changed_at or datetime.combine(as_of, time(), LONDON),
    )
