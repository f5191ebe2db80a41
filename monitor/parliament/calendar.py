"""Sitting calendar of both Houses, and the time zone in which their days count.

A sitting day is a weekday without a bank holiday and outside the recesses of data/recess.toml, to which `[calendar]
recess` of config.toml adds. A single Friday without a sitting counts too: the five days for an answer are working days.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.model.records import House
from monitor.parliament.identifiers import sessions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONDON = ZoneInfo("Europe/London")
"""Time zone of Parliament, by which its days and dates count."""

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SittingCalendar:
    """Calendar of both Houses.

    `known` is the first and the last day of which the table speaks, for each House in it; `recesses` their days without
    a sitting, first and last day included; `weekend_sittings` the Saturdays and Sundays on which they sat; `session_ends`
    the last day of each session, oldest first, on which open questions lapsed.
    """

    known: Mapping[House, tuple[date, date]]
    recesses: Mapping[House, tuple[tuple[date, date], ...]]
    weekend_sittings: Mapping[House, frozenset[date]] = field(default_factory=dict)
    session_ends: tuple[date, ...] = ()

    def is_sitting_day(self, house: House, day: date) -> bool | None:
        """Say whether the House sits on a day; None where the table does not reach."""
        if house not in self.known:
            return None
        if day in self.weekend_sittings.get(house, ()):
            return True
        if not is_working_day(day) or self._recess_of(house, day):
            return False
        first, last = self.known[house]
        return True if first <= day <= last else None

    def nth_sitting_day_after(self, house: House, day: date, n: int) -> date | None:
        """Count n sitting days on from a day, n at least 1; None where the table does not reach so far.

        A sitting at a weekend does not count: the House is called for one business, and no department answers questions.
        """
        found = 0
        while found < n:
            if day == date.max:
                return None
            day += _DAY
            is_sitting = self.is_sitting_day(house, day)
            if is_sitting is None:
                return None
            if is_sitting and day.weekday() < _SATURDAY:
                found += 1
        return day

    def recess_until(self, house: House, day: date) -> date | None:
        """Give the first sitting day after the recess that a day is in; None where the House is not in recess."""
        recess = self._recess_of(house, day)
        if not recess:
            return None
        back = self.nth_sitting_day_after(house, recess[1], 1)
        return back or min(recess[1], date.max - _DAY) + _DAY

    def known_until(self, house: House) -> date | None:
        """Give the last day of which the table speaks; None for a House that is not in it."""
        return self.known[house][1] if house in self.known else None

    def last_session_end(self, day: date) -> date | None:
        """Give the last day before `day` on which a session ended; None where the table does not reach back so far."""
        return max((end for end in self.session_ends if end < day), default=None)

    def recesses_of(self, house: House) -> Iterator[tuple[date, date]]:
        """Give the periods without a sitting, oldest first, each with its first and last day; adjoining ones are one."""
        stretch: tuple[date, date] | None = None
        for first, last in sorted(self.recesses.get(house, ())):
            if stretch and first - stretch[1] <= _DAY:
                stretch = (stretch[0], max(stretch[1], last))
                continue
            if stretch:
                yield stretch
            stretch = (first, last)
        if stretch:
            yield stretch

    def _recess_of(self, house: House, day: date) -> tuple[date, date] | None:
        """Return the longest period of adjoining recesses around a day."""
        for first, last in self.recesses_of(house):
            if day <= last:
                return (first, last) if first <= day else None
        return None


def load_calendar(extra: Sequence[tuple[date, date]] = ()) -> SittingCalendar:
    """Load the shipped table, with additional recesses of both Houses.

    A recess after the table's end extends the table to it: the operator vouches for all days before.
    """
    table = tomllib.loads(files("monitor").joinpath("parliament/data/recess.toml").read_text(encoding="utf-8"))
    houses = {House(name): part for name, part in table["houses"].items()}
    added = max((last for _, last in extra), default=date.min)
    return SittingCalendar(
        known={house: (part["known_from"], max(part["known_until"], added)) for house, part in houses.items()},
        recesses={
            house: (*((first, last) for first, last in part["recess"]), *extra) for house, part in houses.items()
        },
        weekend_sittings={house: frozenset(part["sat_at_weekends"]) for house, part in houses.items()},
        session_ends=tuple(session.last_on for session in sessions() if session.last_on),
    )


def is_working_day(day: date) -> bool:
    """Say whether a day is neither a Saturday nor a Sunday nor a bank holiday in England."""
    return day.weekday() < _SATURDAY and day not in _bank_holidays(day.year)


def next_working_day(day: date) -> date:
    """Return the first working day after a day."""
    while day < date.max:
        day += _DAY
        if is_working_day(day):
            break
    return day


@lru_cache(maxsize=64)
def _bank_holidays(year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415 - it is slow to import, and few commands need it

    return frozenset(country_holidays("GB", subdiv="ENG", years=year))
