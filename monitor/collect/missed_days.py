"""Days that were missed for good: no run read a source for longer than the next run goes back.

A run makes up for `MOST_DAYS_MISSED` days. What it leaves out is kept as a fact of each source, one stretch after the other,
which the digests, the operator's mail and `doctor` tell.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from monitor.collect.news import fact_of
from monitor.collect.window_plan import days_between
from monitor.model.collection import FileOutcome
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import listed, long_range, source_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.archive import Archive
    from monitor.collect.news import News, Scope
    from monitor.config.settings import Config

FACT = "missed_days"
_FETCHED = (FileOutcome.READ, FileOutcome.QUARANTINED)

_DAY = timedelta(days=1)

log = logging.getLogger(__name__)


class Stretch(NamedTuple):
    """Consecutive days, first and last included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class MissedDays:
    """Days of a source that no run read or will read, in one or more stretches, the oldest first."""

    source: str
    stretches: tuple[Stretch, ...]

    @property
    def last(self) -> date:
        """Last of the days."""
        return self.stretches[-1].last

    @property
    def in_words(self) -> str:
        """The days: "5 February to 20 March 2026 and 1 July to 9 August 2026"."""
        return listed([long_range(list(stretch)) for stretch in self.stretches])

    @property
    def sentence(self) -> str:
        """Sentence for the operator."""
        return f"{source_name(self.source)}: nothing of {self.in_words} was read."

    @property
    def command(self) -> str:
        """Command that reads the days. Those between that were read are not read again."""
        return f"pqwatch backfill {self.source} --from {self.stretches[0].first} --to {self.last}"

    def ending_since(self, day: date) -> MissedDays | None:
        """Return the stretches that end on this day or later; None if there are none."""
        later = tuple(stretch for stretch in self.stretches if stretch.last >= day)
        return replace(self, stretches=later) if later else None


def extend_scope(news: News, archive: Archive) -> Scope:
    """Extend the scope of a run by the missed days that it makes up for, and by those that were read too early.

    Runs that were killed may have read a day before everything that is published late was there. However many such days
    there are, each is read only once more, because after the look-back one reading is enough. All files of these days are
    looked for: the archive does not know of a file that was published late.
    """
    scope = news.make_up_for_missed_days()
    first, last = scope.last_whole + _DAY, scope.first_window - _DAY
    if scope.is_bounded or first > last:
        return scope
    look_back = scope.look_back_days * _DAY
    early = {
        covered.window.day
        for covered in archive.coverage.windows(news.source, since=first)
        if covered.read_at.astimezone(LONDON).date() < covered.window.day + look_back
    }
    came = [file.day for file in archive.files.known(news.source).values() if file.outcome in _FETCHED]
    newest = max((day for day in came if day and day <= last), default=date.min)
    again = {day for day in days_between(first, last) if day in early or day <= newest}
    news.scope = replace(scope, again=frozenset(again))
    return news.scope


def note_missed_days(news: News, was_read: Callable[[date], bool] = lambda _day: False) -> None:
    """Store which days since the last reading a run does not go back to. `was_read(day)`: it was read before this run."""
    if news.floor is None or news.scope.is_bounded or news.is_history:
        return
    read_on = news.fact("full_read_on")  # a restored archive has none
    last_run = date.fromisoformat(read_on) if read_on else news.scope.last_whole
    days = days_between(last_run, news.scope.first_window - _DAY)
    unread = [day for day in days if not news.scope.includes(day) and not was_read(day)]
    if unread:
        earlier = [stretch for stretch in _stretches(news.fact(FACT)) if stretch.last <= last_run]
        stretches = [*earlier, Stretch(unread[0], unread[-1])]
        news.set_fact(FACT, " ".join(f"{stretch.first}/{stretch.last}" for stretch in stretches))
        log.warning("missed days source=%s first=%s last=%s", news.source, unread[0], unread[-1])


def missed_days(archive: Archive, source: str) -> MissedDays | None:
    """Return what is left of the missed days of a source; None if a backfill has read them since.

    Files have no fixed days: one of the days of a stretch tells that they were read.
    """
    stretches = _stretches(archive.runs.fact(fact_of(FACT, source)))
    if not stretches:
        return None
    read = {covered.window.day for covered in archive.coverage.windows(source, since=stretches[0].first)}
    filed = {file.day for file in archive.files.known(source).values() if file.day}
    left = []
    for stretch in stretches:
        unread = [day for day in days_between(*stretch) if day not in read]
        if unread and not any(stretch.first <= day <= stretch.last for day in filed):
            left.append(Stretch(unread[0], unread[-1]))
    return MissedDays(source, tuple(left)) if left else None


def all_missed_days(archive: Archive, config: Config) -> list[MissedDays]:
    """Return the missed days of all sources that are on."""
    found = (missed_days(archive, source) for source in (*config.reads, *config.reads_files))
    return [days for days in found if days]


def _stretches(stored: str | None) -> list[Stretch]:
    return [Stretch(*map(date.fromisoformat, days.split("/"))) for days in (stored or "").split()]
