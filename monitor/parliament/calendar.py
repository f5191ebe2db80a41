"""Sitting calendar of both Houses, and the time zone in which their days count.

A sitting day is a weekday without a bank holiday and outside the recesses. These are what Parliament's own calendar
announces for the days of which it speaks, the shipped table (data/recess.toml) for all others, and on top of both
`[calendar] recess` of config.toml, for which the operator vouches. A single Friday without a sitting counts too: the five
days for an answer are working days.

Where none of them reaches, days without any question tabled show a likely recess, and no answer is called late.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib.resources import files
from operator import itemgetter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.model.records import House
from monitor.parliament.identifiers import sessions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.model.announced_days import HouseReach, KnownAnnouncements
    from monitor.parliament.announcements import AnnouncedPeriod

Stretch = tuple[date, date]
"""First and last day, both included."""

LONDON = ZoneInfo("Europe/London")
"""Time zone of Parliament, by which its days and dates count."""

_DAY = timedelta(days=1)
_FRIDAY, _SATURDAY = 4, 5


class Origin(StrEnum):
    """Origin of what is known of a day."""

    CONFIGURED = "configured"
    ANNOUNCED = "announced"
    TABLE = "table"
    LIKELY = "likely"


@dataclass(frozen=True, kw_only=True)
class SittingCalendar:
    """Calendar of both Houses.

    `known` is the first and the last day that is known, for each House; `gaps` the days between of which no one speaks.
    `recesses` are their days without a sitting; `weekend_sittings` the Saturdays and Sundays on which they sat;
    `session_ends` the last day of each session, oldest first, on which open questions lapsed.

    `announced`: the days of which Parliament's own calendar speaks; `periods`: what it announces, or has taken back, without
    bank holidays; `configured`: the recesses of config.toml. `likely`: a recess that is not known, from the first to the
    last day read, and still on. `answer_days`: the first day for an answer by Parliament's calendar, by the day tabled and
    whether it is for a named day.
    """

    known: Mapping[House, Stretch]
    recesses: Mapping[House, tuple[Stretch, ...]]
    weekend_sittings: Mapping[House, frozenset[date]] = field(default_factory=dict)
    session_ends: tuple[date, ...] = ()
    gaps: Mapping[House, Stretch] = field(default_factory=dict)
    announced: Mapping[House, HouseReach] = field(default_factory=dict)
    periods: Mapping[House, tuple[AnnouncedPeriod, ...]] = field(default_factory=dict)
    configured: tuple[Stretch, ...] = ()
    likely: Mapping[House, Stretch] = field(default_factory=dict)
    answer_days: Mapping[tuple[date, bool], date] = field(default_factory=dict)

    def is_sitting_day(self, house: House, day: date) -> bool | None:
        """Say whether the House sits on a day; None where that is not known."""
        if house not in self.known:
            return None
        if day in self.weekend_sittings.get(house, ()):
            return True
        if not is_working_day(day) or self._recess_of(house, day):
            return False
        return True if self.is_known(house, day) else None

    def is_known(self, house: House, day: date) -> bool:
        """Return whether the calendar of a House speaks of a day."""
        if house not in self.known or not _is_in(self.known[house], day):
            return False
        return house not in self.gaps or not _is_in(self.gaps[house], day)

    def origin_of(self, house: House, day: date) -> Origin | None:
        """Return who says whether the House sits on a day; None where that is not known."""
        reach = self.announced.get(house)
        if any(_is_in(recess, day) for recess in self.configured):
            return Origin.CONFIGURED
        if reach is not None and reach.first_on <= day <= reach.last_on:
            return Origin.ANNOUNCED
        if house in self.likely and _is_in(self.likely[house], day):
            return Origin.LIKELY
        if not self.is_known(house, day):
            return None
        until = _shipped().known_until(house)
        return Origin.TABLE if until and day <= until else Origin.CONFIGURED

    def nth_sitting_day_after(self, house: House, day: date, n: int) -> date | None:
        """Count n sitting days on from a day, n at least 1; None where the calendar does not reach so far.

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
        """Give the last day that is known; None for a House of which nothing is."""
        return self.known[house][1] if house in self.known else None

    def last_session_end(self, day: date) -> date | None:
        """Give the last day before `day` on which a session ended; None where none is known."""
        return max((end for end in self.session_ends if end < day), default=None)

    def recesses_of(self, house: House) -> tuple[Stretch, ...]:
        """Give the periods without a sitting, oldest first, each with its first and last day; adjoining ones are one."""
        return self._joined.get(house, ())

    @cached_property
    def _joined(self) -> dict[House, tuple[Stretch, ...]]:
        return {house: tuple(_join(recesses)) for house, recesses in self.recesses.items()}

    def period_of(self, house: House, stretch: Stretch) -> AnnouncedPeriod | None:
        """Return the longest period that Parliament announces within a stretch without a sitting."""
        return max(
            (
                period
                for period in self.periods.get(house, ())
                if not period.is_gone and period.first_on <= stretch[1] and period.last_on >= stretch[0]
            ),
            key=lambda period: period.last_on - period.first_on,
            default=None,
        )

    def changes_of(self, house: House) -> int:
        """Return how often Parliament's calendar changed what it had said of days to come."""
        return self.announced[house].changes if house in self.announced else 0

    def _recess_of(self, house: House, day: date) -> tuple[date, date] | None:
        """Return the longest period of adjoining recesses around a day."""
        recesses = self.recesses_of(house)
        place = bisect_left(recesses, day, key=itemgetter(1))
        return recesses[place] if place < len(recesses) and recesses[place][0] <= day else None


def _join(recesses: Iterable[Stretch]) -> Iterator[Stretch]:
    """Give periods, oldest first, with those that adjoin or overlap as one."""
    stretch: Stretch | None = None
    for first, last in sorted(recesses):
        if stretch and first - stretch[1] <= _DAY:
            stretch = (stretch[0], max(stretch[1], last))
            continue
        if stretch:
            yield stretch
        stretch = (first, last)
    if stretch:
        yield stretch


def load_calendar(extra: Sequence[Stretch] = (), known: KnownAnnouncements | None = None) -> SittingCalendar:
    """Load the shipped table, what Parliament announced, and additional recesses of both Houses.

    An additional recess after the end of what is known extends it: the operator vouches for all days before.
    """
    calendar = _shipped() if known is None else _with_announcements(_shipped(), known)
    if not extra:
        return calendar
    added = max(last for _, last in extra)
    return replace(
        calendar,
        known={house: (first, max(last, added)) for house, (first, last) in calendar.known.items()},
        gaps={house: gap for house, gap in calendar.gaps.items() if gap[1] > added},
        recesses={house: (*recesses, *extra) for house, recesses in calendar.recesses.items()},
        configured=tuple(extra),
    )


@lru_cache(maxsize=1)
def _shipped() -> SittingCalendar:
    table = tomllib.loads(files("monitor").joinpath("parliament/data/recess.toml").read_text(encoding="utf-8"))
    houses = {House(name): part for name, part in table["houses"].items()}
    return SittingCalendar(
        known={house: (part["known_from"], part["known_until"]) for house, part in houses.items()},
        recesses={house: tuple((first, last) for first, last in part["recess"]) for house, part in houses.items()},
        weekend_sittings={house: frozenset(part["sat_at_weekends"]) for house, part in houses.items()},
        session_ends=tuple(session.last_on for session in sessions() if session.last_on),
    )


def _with_announcements(table: SittingCalendar, known: KnownAnnouncements) -> SittingCalendar:
    """Put what Parliament announced in place of the table's days, where it speaks of them."""
    # Imported where a calendar is made: each start of the program reads this module for its time zone.
    from monitor.parliament.announcements import answer_days, periods_of, session_ends  # noqa: PLC0415

    reach = known.state.reach
    listed = _listed_sittings(known)
    periods = {
        house: tuple(
            period for period in periods_of(known, house) if any(_working_days(period.first_on, period.last_on))
        )
        for house in reach
    }
    hulls, gaps, recesses, weekends = dict(table.known), {}, dict(table.recesses), dict(table.weekend_sittings)
    for house, days in reach.items():
        told = _days_of(days)
        first, last = hulls.get(house, told)
        hulls[house] = (min(first, told[0]), max(last, told[1]))
        if told[0] > last + _DAY:
            gaps[house] = (last + _DAY, told[0] - _DAY)
        sat = _without_contradicted(listed[house], periods[house])
        own = _stretches(sat, periods[house], told)
        recesses[house] = (*_outside(recesses.get(house, ()), told), *own)
        weekends[house] = frozenset(
            [day for day in weekends.get(house, ()) if not _is_in(told, day)]
            + [day for day in sat if day.weekday() >= _SATURDAY]
        )
    return replace(
        table,
        known=hulls,
        gaps=gaps,
        recesses=recesses,
        weekend_sittings=weekends,
        session_ends=(*table.session_ends, *session_ends(known, sessions()[-1].first_on, LONDON)),
        announced=reach,
        periods=periods,
        answer_days=answer_days(known),
    )


def _listed_sittings(known: KnownAnnouncements) -> dict[House, list[date]]:
    """Return the days on which Parliament still says that each House sits, in order, as far as its calendar was read."""
    from monitor.model.announced_days import AnnouncedKind  # noqa: PLC0415 (as above)

    reach = known.state.reach
    listed: dict[House, list[date]] = {house: [] for house in reach}
    for row in known.stored:
        house, day = row.announcement.house, row.announcement.first_on
        is_sitting = row.announcement.kind is AnnouncedKind.SITTING and row.gone_at is None
        if house is not None and is_sitting and house in reach and _is_in(_days_of(reach[house]), day):
            listed[house].append(day)
    return {house: sorted(days) for house, days in listed.items()}


def _without_contradicted(sat: Sequence[date], periods: Iterable[AnnouncedPeriod]) -> list[date]:
    """Leave out listed days where a period without a sitting says otherwise: nothing is called late for a doubtful day.

    Few listed days within a period are recalls of the House.
    """
    wrong: set[date] = set()
    for period in periods:
        listed = [day for day in sat if period.first_on <= day <= period.last_on]
        if (
            listed
            and not period.is_gone
            and 2 * len(listed) > len(list(_working_days(period.first_on, period.last_on)))
        ):
            wrong.update(listed)
    return [day for day in sat if day not in wrong]


def _stretches(sat: Sequence[date], periods: Iterable[AnnouncedPeriod], told: Stretch) -> Iterator[Stretch]:
    """Give the stretches without a sitting: between the days that are listed, and behind them those announced.

    A sitting that is listed within a recess is a recall, so up to the last day listed the list alone counts.
    """
    day = told[0]
    for sitting in sat:
        if sitting > day and not _is_lone_friday(day, sitting - _DAY) and any(_working_days(day, sitting - _DAY)):
            yield (day, sitting - _DAY)
        day = sitting + _DAY
    for period in periods:
        first, last = max(period.first_on, day), min(period.last_on, told[1])
        if not period.is_gone and first <= last and not (first == last and first.weekday() == _FRIDAY):
            yield (first, last)


def _is_lone_friday(first: date, last: date) -> bool:
    """Return whether a stretch is a Friday and the weekend behind it: answers are due and given on such Fridays."""
    return first.weekday() == _FRIDAY and (last - first).days <= 2  # noqa: PLR2004 (Saturday and Sunday)


def _working_days(first: date, last: date) -> Iterator[date]:
    """Yield the working days from one day to another."""
    return filter(is_working_day, (first + number * _DAY for number in range((last - first).days + 1)))


def _outside(stretches: Iterable[Stretch], told: Stretch) -> Iterator[Stretch]:
    """Return the parts of periods that lie outside another period."""
    for first, last in stretches:
        if first < told[0]:
            yield (first, min(last, told[0] - _DAY))
        if last > told[1]:
            yield (max(first, told[1] + _DAY), last)


def _days_of(reach: HouseReach) -> Stretch:
    return (reach.first_on, reach.last_on)


def _is_in(stretch: Stretch, day: date) -> bool:
    return stretch[0] <= day <= stretch[1]


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
