"""Parliament's calendar: read once a day, and the sitting calendar of an archive made from it.

A failure is noted for `status`, and never fails the run: the shipped table and what was read before hold. The next run
tries again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from monitor.collect.health import SILENT_AFTER, Silence, usual_interval
from monitor.collect.news import FIRST_SOURCE
from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import WESTMINSTER, House
from monitor.parliament.announcements import is_changed, lacks_all_periods, plan_changes, reach_of
from monitor.parliament.calendar import load_calendar
from monitor.parliament.likely_recess import likely_recess
from monitor.presentation.wording import house_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.announced_days import Announcement, CalendarState, HouseReach, KnownAnnouncements
    from monitor.parliament.calendar import SittingCalendar
    from monitor.ports import CalendarSource

log = logging.getLogger(__name__)

SOURCE: Final = "calendar"
READ_EVERY: Final = timedelta(days=1)
AHEAD: Final = timedelta(days=366)
BACK: Final = timedelta(days=31)
MOST_BACK: Final = timedelta(days=400)
"""Days before today that are asked for where nothing else tells of them."""
TABLED_WITHIN: Final = timedelta(days=14)
"""Days tabled of which the first day for an answer is asked for, until it is over."""
MOST_TABLED: Final = 10
USUAL_WITHIN: Final = timedelta(days=63)
"""Days in which a likely recess, and what was usual before it, are looked for."""


def sitting_calendar(archive: Archive, recess: Sequence[tuple[date, date]], today: date) -> SittingCalendar:
    """Return the sitting calendar of an archive. `recess`: the recesses of config.toml."""
    calendar = load_calendar(recess, archive.announced_days.known())
    likely = {}
    for house in WESTMINSTER:
        if calendar.is_known(house, today):
            continue
        tabled = archive.announced_days.tabled(house, today - USUAL_WITHIN, FIRST_SOURCE)
        if stretch := likely_recess(tabled, calendar, house, today):
            likely[house] = stretch
    return replace(calendar, likely=likely) if likely else calendar


def silence_of_calendar(archive: Archive, config: Config, now: datetime) -> Silence | None:
    """Return the silence of Parliament's calendar: nothing was read for days, or nothing ever since the first try."""
    if not config.parliament_calendar.enabled:
        return None
    state = archive.announced_days.state()
    since = state.read_at or state.failing_since
    if since is None or now - since <= 2 * max(READ_EVERY, usual_interval(archive, config)) + SILENT_AFTER:
        return None
    return Silence(source=SOURCE, house=None, since=since, is_empty=False)


@dataclass(slots=True, kw_only=True)
class CalendarReading:
    """One reading of Parliament's calendar. `today`: the day that counts as today. `is_asked`: read it again today."""

    archive: Archive
    source: CalendarSource
    today: date
    clock: Callable[[], datetime]
    is_asked: bool = False
    read: list[Announcement] = field(default_factory=list, init=False)
    asked: dict[House, tuple[date, date]] = field(default_factory=dict, init=False)
    silent_on: list[House] = field(default_factory=list, init=False)
    failure: str = field(default="", init=False)

    def run(self) -> None:
        """Read the calendar, unless it was read today and no one asked for it."""
        known = self.archive.announced_days.known()
        if known.state.read_on == self.today and not self.is_asked:
            return
        try:
            self._read(known)
        except FetchError as exc:  # the host is down: the rest would only wait for it too
            self._note(exc)
        self._store(known)

    def _read(self, known: KnownAnnouncements) -> None:
        """Read part by part. A part that can't be understood, or is not there, does not keep the others back."""
        calendar = load_calendar((), known)
        for house in WESTMINSTER:
            asked = days_to_ask(calendar, house, self.today)
            days = self._part(partial(self._read_days, house, known, asked))
            if days:
                self.read += days
                self.asked[house] = asked
            elif days is not None:
                self.silent_on.append(house)
        self.read += self._part(self.source.read_sessions) or ()
        tabled = self.archive.announced_days.tabled(House.COMMONS, self.today - TABLED_WITHIN, FIRST_SOURCE)
        days_tabled = days_to_look_up(tabled, calendar, self.today)
        self.read += self._part(lambda: list(self.source.read_answer_days(days_tabled))) or ()

    def _read_days(self, house: House, known: KnownAnnouncements, asked: tuple[date, date]) -> list[Announcement]:
        days = self.source.read_days(house, *asked)
        if days and lacks_all_periods(known, days, house, self.today):
            raise ParseError(f"What's On tells none of the recesses of the {house_name(house)} that it told before.")
        return days

    def _part(self, read: Callable[[], list[Announcement]]) -> list[Announcement] | None:
        try:
            return read()
        except (GoneError, ParseError) as exc:
            self._note(exc)
            return None

    def _note(self, exc: FetchError | ParseError) -> None:
        self.failure = self.failure or str(exc)
        log.warning("calendar outcome=failed note=%r", str(exc))

    def _store(self, known: KnownAnnouncements) -> None:
        changes = plan_changes(known, self.read, self.asked)
        before, now = known.state, self.clock()
        if not self.asked:
            failure = self.failure or "What's On tells no sitting days."
            since = before.failing_since or now
            self.archive.announced_days.save_state(replace(before, failing_since=since, failure=failure))
            return
        reach = dict(before.reach)
        for house in self.asked:
            days = self._reach(house, before)
            if days is not None:
                moved = before.reach.get(house) is None or is_changed(house, changes, known, self.today)
                reach[house] = replace(days, changes=days.changes + moved)
        is_whole = len(self.asked) + len(self.silent_on) == len(WESTMINSTER)
        state = replace(
            before,
            read_at=now,
            read_on=self.today if is_whole else before.read_on,
            failing_since=None if not self.failure else before.failing_since or now,
            failure=self.failure,
            silent_on=tuple(self.silent_on),
            reach=reach,
        )
        self.archive.announced_days.save(changes, state)
        log.info(
            "calendar announcements=%d new=%d gone=%d", len(self.read), len(changes.new), len(changes.gone),
        )  # fmt: skip

    def _reach(self, house: House, before: CalendarState) -> HouseReach | None:
        own = [announcement for announcement in self.read if announcement.house is house]
        return reach_of(own, self.asked[house], self.today, before.reach.get(house))


def days_to_ask(calendar: SittingCalendar, house: House, today: date) -> tuple[date, date]:
    """Return the days of a House to ask for: from a Monday a month ago on, and from where what is known ends before."""
    known_until = calendar.known_until(house) or today
    first = max(min(today - BACK, known_until), today - MOST_BACK)
    return first - timedelta(days=first.weekday()), today + AHEAD


def days_to_look_up(tabled: dict[date, int], calendar: SittingCalendar, today: date) -> list[date]:
    """Return the days tabled whose first day for an answer is not known, or may still be moved; newest first."""
    kinds = (True, False)
    days = [
        day
        for day, count in tabled.items()
        if count and day <= today and any(calendar.answer_days.get((day, kind), today) >= today for kind in kinds)
    ]
    return sorted(days, reverse=True)[:MOST_TABLED]
