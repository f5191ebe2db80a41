"""Days that were missed for good: no run read a source for longer than the next run goes back.

A run makes up for `MOST_DAYS_MISSED` days. What it leaves out is kept as one fact for each source, which the digests, the
operator's mail and `doctor` tell.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from monitor.collect.news import fact_of
from monitor.collect.window_plan import days_between
from monitor.presentation.wording import long_range, source_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.archive import Archive
    from monitor.collect.news import News
    from monitor.config.settings import Config

FACT = "missed_days"

_DAY = timedelta(days=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MissedDays:
    """Days of a source that no run read or will read, `first` to `last`."""

    source: str
    first: date
    last: date

    @property
    def in_words(self) -> str:
        """The days: "5 February to 20 March 2026"."""
        return long_range([self.first, self.last])

    @property
    def sentence(self) -> str:
        """Sentence for the operator."""
        return f"{source_name(self.source)}: nothing of {self.in_words} was read."

    @property
    def command(self) -> str:
        """Command that reads the days."""
        return f"pqwatch backfill {self.source} --from {self.first} --to {self.last}"


def note_missed_days(news: News, is_read: Callable[[date], bool]) -> None:
    """Store which days since the last reading a run does not go back to. `is_read(day)`: it was read before this run."""
    last_run = news.fact("full_read_on")
    if not last_run or news.scope.is_bounded or news.is_history:
        return
    unread = [
        day for day in days_between(date.fromisoformat(last_run), news.scope.first_window - _DAY) if not is_read(day)
    ]
    if unread:
        news.set_fact(FACT, f"{unread[0]}/{unread[-1]}")
        log.warning("missed days source=%s first=%s last=%s", news.source, unread[0], unread[-1])


def missed_days(archive: Archive, source: str) -> MissedDays | None:
    """Return what is left of the days of a source that were missed last; None if a backfill has read them since.

    Files have no fixed days: one of these days tells that they were read.
    """
    stored = archive.runs.fact(fact_of(FACT, source))
    if stored is None:
        return None
    first, last = map(date.fromisoformat, stored.split("/"))
    read = {covered.window.day for covered in archive.coverage.windows(source, since=first)}
    left = [day for day in days_between(first, last) if day not in read]
    if not left or any(file.day and first <= file.day <= last for file in archive.files.known(source).values()):
        return None
    return MissedDays(source, left[0], left[-1])


def all_missed_days(archive: Archive, config: Config) -> list[MissedDays]:
    """Return the missed days of all sources that are on."""
    found = (missed_days(archive, source) for source in (*config.reads, *config.reads_files))
    return [days for days in found if days]
