"""Periods of the calendar as ministers name them: seasons, thirds of a year, financial years, recesses."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.records import House

if TYPE_CHECKING:
    from monitor.parliament.calendar import SittingCalendar

DAY: Final = timedelta(days=1)
SEASONS: Final = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
"""First month of each season. Winter ends with February of the next year."""

_RECESS_MONTHS: Final = {
    "summer": (7, 8), "conference": (9, 10), "november": (11,), "christmas": (12,), "winter": (12,), "february": (2,),
    "easter": (3, 4), "whitsun": (5, 6), "may": (5, 6),
}  # fmt: skip
"""Months in which each recess begins. The conferences are named apart, although the summer may run into them."""

_SHORTEST_RECESS: Final = timedelta(days=7)
"""Shorter stretches without a sitting, such as May Day, are no recess that a minister names."""

_SHORTEST_NAMED: Final = {"easter": timedelta(days=2), "november": timedelta(days=3)}
"""A recall may part the Easter recess, and that of November is a long weekend."""

_FINANCIAL_MONTH: Final = 4
_ACADEMIC_MONTH: Final = 9
_NEW_YEAR_ENDS: Final = 4


@dataclass(frozen=True, slots=True)
class Interval:
    """Days in which something is to be done, both included. `last` is None where the end is not known."""

    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the calendar with both its days. `months` is its length in whole months; 0 if it is not made of months."""

    first: date
    last: date
    months: int = 0


def months_from(year: int, month: int, count: int) -> Period:
    """Return the period of whole months from a month on. The month may be past 12."""
    first = _month_start(year, month)
    return Period(first, _month_start(year, month + count) - DAY, count)


def day_after_months(day: date, count: int) -> date:
    """Return the same day some months later, or the last of that month where it has no such day."""
    start = _month_start(day.year, day.month + count)
    return start.replace(day=min(day.day, monthrange(start.year, start.month)[1]))


def season(name: str, year: int) -> Period:
    """Return the season that begins in a year."""
    return months_from(year, SEASONS[name], 3)


def season_of(name: str, on: date) -> Period:
    """Return the season that a day is in, or else the next one of the name."""
    return next(period for year in (on.year - 1, on.year, on.year + 1) if (period := season(name, year)).last >= on)


def calendar_year(year: int) -> Period:
    """Return a calendar year."""
    return months_from(year, 1, 12)


def financial_year(year: int) -> Period:
    """Return the financial year that begins in a year: 1 April to 31 March."""
    return months_from(year, _FINANCIAL_MONTH, 12)


def academic_year(year: int) -> Period:
    """Return the academic year that begins in a year: 1 September to 31 August."""
    return months_from(year, _ACADEMIC_MONTH, 12)


def financial_year_of(on: date) -> Period:
    """Return the financial year that a day is in."""
    return financial_year(on.year if on.month >= _FINANCIAL_MONTH else on.year - 1)


def academic_year_of(on: date) -> Period:
    """Return the academic year that a day is in."""
    return academic_year(on.year if on.month >= _ACADEMIC_MONTH else on.year - 1)


def new_year(on: date) -> Period:
    """Return January to April: of this year while they last, else of the next."""
    return months_from(on.year if on.month <= _NEW_YEAR_ENDS else on.year + 1, 1, _NEW_YEAR_ENDS)


def third(period: Period, number: int) -> Period:
    """Return the first, second or last third (0, 1, 2), in whole months where they can be divided by three."""
    if period.months and period.months % 3 == 0:
        length = period.months // 3
        return months_from(period.first.year, period.first.month + number * length, length)
    days = (period.last - period.first).days + 1
    edges = [period.first + timedelta(days=round(days * part / 3)) for part in (0, 1, 2)] + [period.last + DAY]
    if period.months == 1:
        edges = [period.first, period.first.replace(day=11), period.first.replace(day=21), period.last + DAY]
    return Period(edges[number], edges[number + 1] - DAY)


def recess_start(name: str, on: date, calendar: SittingCalendar | None) -> date | None:
    """Return the first day of the next recess of the Commons ("summer"; "" for any); None if the calendar lacks it."""
    if calendar is None:
        return None
    months = _RECESS_MONTHS.get(name, range(1, 13))
    shortest = _SHORTEST_NAMED.get(name, _SHORTEST_RECESS)
    start = min(
        (
            first
            for first, last in calendar.recesses_of(House.COMMONS)
            if first > on and first.month in months and last - first >= shortest
        ),
        default=None,
    )
    return start if start is None or day_after_months(on, 12) >= start else None


def _month_start(year: int, month: int) -> date:
    years, place = divmod(month - 1, 12)
    return date(year + years, place + 1, 1)
