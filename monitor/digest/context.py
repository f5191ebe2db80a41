"""Context of a digest, beside its items: how much was read, recesses, and how the reader's terms and topics do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from monitor.collect.missed_days import all_missed_days
from monitor.digest.reading_report import reading_report
from monitor.digest.schedule import next_quiet_slot
from monitor.model.deliveries import FEED
from monitor.model.sources import COMING_SOURCES
from monitor.model.watching import UnreadableTerm, Watching
from monitor.parliament.announcements import recess_news
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.archive import Archive
    from monitor.collect.missed_days import MissedDays
    from monitor.config.settings import Config
    from monitor.model.digests import Digest, ReadOf
    from monitor.model.records import House
    from monitor.model.watching import Subscriber
    from monitor.parliament.calendar import SittingCalendar

YEAR: Final = timedelta(days=365)
FORGIVEN_DAYS: Final = 5
"""Days without a complete reading that a year may have and still count as read."""


@dataclass(eq=False, kw_only=True)
class DigestContext:
    """Context of the digests of one instant, `as_of`. `clock` is the real clock, which dates the messages."""

    archive: Archive
    config: Config
    calendar: SittingCalendar
    as_of: datetime
    clock: Callable[[], datetime]
    _reports: dict[date, list[ReadOf]] = field(default_factory=dict, init=False)

    @cached_property
    def today(self) -> date:
        """Civil day in London."""
        return self.as_of.astimezone(LONDON).date()

    # -- reading ------------------------------------------------------------------------------------------------------

    def first_day(self, last_at: datetime | None) -> date:
        """Return the first day of a digest: that of the last digest, or the first day that is news."""
        if last_at:
            return last_at.astimezone(LONDON).date()
        floor = self.archive.runs.fact("news_floor")
        return date.fromisoformat(floor) if floor else self.today

    def reading(self, first: date, told_at: datetime | None) -> list[ReadOf]:
        """Return the reading report since a day, with the days missed for good since the last digest that was not empty."""
        since = min(first, told_at.astimezone(LONDON).date()) if told_at else first
        missed = {days.source: days for known in self._missed_days if (days := known.ending_since(since))}
        return [
            replace(part, missed=f"Never read: {days.in_words}.", missed_command=days.command)
            if (days := missed.get(part.source))
            else part
            for part in self._report_since(first)
        ]

    @cached_property
    def _missed_days(self) -> list[MissedDays]:
        return all_missed_days(self.archive, self.config)

    def _report_since(self, first: date) -> list[ReadOf]:
        """Return the reading report since a day. It is the same for every subscriber with that first day."""
        first = min(first, self.today)
        if first not in self._reports:
            self._reports[first] = reading_report(
                self.archive, self.config, self.calendar, now=self.clock(), today=self.today, first=first
            )
        return self._reports[first]

    # -- recesses -----------------------------------------------------------------------------------------------------

    def recesses(self) -> dict[House, date]:
        """Return the first sitting day after the recess of each House that is in one."""
        ends = {house: self.calendar.recess_until(house, self.today) for house in self.config.sitting_houses}
        return {house: end for house, end in ends.items() if end is not None}

    def with_calendar_news(self, digest: Digest, told_at: datetime | None) -> Digest:
        """Add what Parliament announced since the last digest. A feed has records alone, a supplement what was unread."""
        likely = {house: first for house, (first, _) in self.calendar.likely.items()}
        if digest.supplement_to or digest.subscriber.channel == FEED:
            return replace(digest, likely_recess=likely)
        news = recess_news(self.calendar.periods, told_at, self.today)
        ours = tuple(recess for recess in news if recess.house in self.config.sitting_houses)
        return replace(digest, likely_recess=likely, recess_news=ours)

    def calendar_known(self) -> dict[House, tuple[date, date]]:
        """Return the first and last known day of each House whose sitting calendar does not reach today."""
        known = self.calendar.known
        ranges = {house: known[house] for house in self.config.sitting_houses if house in known}
        return {house: days for house, days in ranges.items() if not self.calendar.is_known(house, self.today)}

    def with_recess(self, digest: Digest) -> Digest:
        """Note a recess of every House whose days are known, and when a mail comes in it without news."""
        absent = digest.in_recess_until.keys() | digest.calendar_known.keys()
        if not digest.in_recess_until or not absent >= {*self.config.sitting_houses} or self.config.reads_devolved:
            return digest  # a House that sits may answer on any day
        back_on = min(digest.in_recess_until.values())
        next_at = next_quiet_slot(digest.subscriber, self.config.schedule, self.as_of, back_on)
        return replace(digest, is_recess=True, next_at=next_at)

    # -- terms and topics ---------------------------------------------------------------------------------------------

    def watching(self, subscriber: Subscriber) -> Watching:
        """Return the state of a subscriber's terms and topics, and what new terms have found so far."""
        unreadable = tuple(
            UnreadableTerm(
                topic=problem.topic,
                term=problem.term,
                reason=problem.reason,
                is_exclude=problem.is_exclude,
                is_misread=problem.is_misread,
            )
            for problem in self.config.term_problems
            if problem.topic in subscriber.topics
        )
        if subscriber.channel == FEED:
            return Watching(unreadable=unreadable)
        new_terms = self.archive.matches.new_terms(subscriber.key)
        with_new_terms = {new.topic for new in new_terms}  # the line on new terms says how much these have found
        return Watching(
            unreadable=unreadable,
            idle_topics=tuple(key for key in subscriber.topics if key in self._idle_topics - with_new_terms),
            idle_since=self.today - YEAR,
            new_terms=new_terms,
        )

    @cached_property
    def _idle_topics(self) -> frozenset[str]:
        """Keys of topics without a match for a year; empty if the archive has not read the whole year."""
        year_ago = self.today - YEAR
        days = self.archive.coverage.days_read(year_ago, self.today)
        counts = [
            days.get((source, house), 0)
            for source, houses in self.config.reads.items()
            if source not in COMING_SOURCES
            for house in houses
        ]
        if not counts or min(counts) < YEAR.days - FORGIVEN_DAYS:
            return frozenset()
        return self.archive.matches.idle_topics(year_ago)
