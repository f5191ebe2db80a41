"""The rule of what may be mailed: how far back a run reads, and from which day on a revision is news.

It is the same for sources that are read by windows of a day and for files. The first run of an archive makes nothing news:
see `monitor.collect.first_run`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.model.records import Event
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import is_coming_news, is_news

if TYPE_CHECKING:
    from db.runs import Runs
    from monitor.model.records import Proceeding

FIRST_SOURCE = "questions"
"""The source whose facts have no name behind them: they are older than the other sources."""
MOST_DAYS_MISSED = 30
"""Days without any run that the next one reads at most, besides the look-back and windows that failed."""

UNDATED = frozenset(
    {Event.EDITED, Event.WITHDRAWN, Event.REAPPEARED, Event.ATTACHED, Event.REWORDED, Event.TRANSFERRED}
)
"""Events that the source gives no date for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The days to read.

    `as_of` is the instant that counts as now (aware); `first` and `last` bound the days, both included. `look_back_days`
    is how late an answer may appear. `elapsed`: days since everything was last read completely, 0 for today or never.
    `again`: days before `first_window` that are read once more, because they were read before all their records were there.
    """

    as_of: datetime
    look_back_days: int
    elapsed: int = 0
    first: date | None = None
    last: date | None = None
    again: frozenset[date] = frozenset()

    @property
    def today(self) -> date:
        """Civil day in London."""
        return self.as_of.astimezone(LONDON).date()

    @property
    def oldest_news(self) -> date:
        """First day that may be news: the look-back, extended by the days without a complete run."""
        return self.today - timedelta(days=self.look_back_days + max(self.elapsed - 1, 0))

    @property
    def first_window(self) -> date:
        """First of the days that are read up to today: as many more than the look-back as a run makes up for."""
        made_up_for = min(self.elapsed, 1 + MOST_DAYS_MISSED)
        return self.today - timedelta(days=self.look_back_days + (made_up_for or -1))

    @property
    def first_again(self) -> date:
        """First day to read again: the look-back of the last complete run begins here, for answers that came late."""
        return self.today - timedelta(days=self.look_back_days + (self.elapsed or -1))

    def includes(self, day: date | None) -> bool:
        """Return whether a run reads a day, or what has no certain day."""
        if day is None or day >= self.first_window or day in self.again:
            return True
        return self.first_again <= day <= self.last_whole

    @property
    def last_whole(self) -> date:
        """Day on which everything was last read completely, or on which news began if it never was."""
        return self.today - timedelta(days=self.elapsed)

    @property
    def is_bounded(self) -> bool:
        """True if the user asked for particular days."""
        return self.first is not None or self.last is not None


@dataclass(slots=True, kw_only=True)
class News:
    """The rule of one source in one run.

    With `is_history` nothing is news: a backfill fills the archive and mails nothing. `floor`: the first day that can be
    news at all, None until the first run has found it.
    """

    runs: Runs
    source: str
    scope: Scope
    is_history: bool = False
    floor: date | None = field(init=False)

    def __post_init__(self) -> None:
        """Load the floor that an earlier run stored."""
        floor = self.fact("news_floor")
        self.floor = date.fromisoformat(floor) if floor else None

    def __call__(self, before: Proceeding | None, after: Proceeding, events: tuple[Event, ...]) -> bool:
        """Return whether a revision is news. An event without a date of its own counts as of now."""
        if self.is_history:
            return False
        if after.occasion is not None:
            return is_coming_news(before, after, self.scope.today)
        if before is not None and _is_of_now(before, after, events):
            return True
        day = max(after.day, after.tabled_on or after.day) if after.day else None
        return is_news(day, self.scope.oldest_news, self.floor or self.scope.today)

    def set_floor(self, day: date) -> None:
        """Set the floor on a first run: the last day with answers before today.

        A run over particular days leaves it unset, for it says nothing about the other days.
        """
        if self.floor is None and not self.scope.is_bounded and not self.is_history:
            self.floor = day
            self.set_fact("news_floor", day.isoformat())

    def make_up_for_missed_days(self) -> Scope:
        """Extend the look-back by the days since the last complete run, so that no day is left out.

        Before any run was complete, the days since the floor count, for what came since is news.
        """
        whole_on = self.fact("whole_on") or self.fact("news_floor")
        if whole_on and not self.scope.is_bounded:
            elapsed = (self.scope.today - date.fromisoformat(whole_on)).days
            self.scope = replace(self.scope, elapsed=max(elapsed, 0))
        return self.scope

    def fact(self, name: str) -> str | None:
        """Return a stored fact about this source, or None."""
        return self.runs.fact(fact_of(name, self.source))

    def set_fact(self, name: str, value: str) -> None:
        """Store a fact about this source."""
        self.runs.set_fact(fact_of(name, self.source), value)


def _is_of_now(before: Proceeding, after: Proceeding, events: tuple[Event, ...]) -> bool:
    """Return whether a change has no day of its own, so that it counts as of now."""
    if not UNDATED.isdisjoint(events):
        return True
    if Event.CORRECTED in events and _answer_dates(before) == _answer_dates(after):
        return True  # an answer that was there is corrected by the flag alone
    if Event.ANSWERED in events and before.answer and _dates(before) == _dates(after):
        return True  # the answer took the place of a holding answer, and its day
    return after.day is not None and after.tabled_on is not None and after.day < after.tabled_on  # a slip of the year


def _dates(proceeding: Proceeding) -> tuple[date | None, ...]:
    return (proceeding.holding_on, proceeding.answered_on, proceeding.corrected_on)


def _answer_dates(proceeding: Proceeding) -> tuple[date | None, ...]:
    return (proceeding.answered_on, proceeding.corrected_on)


def fact_of(name: str, source: str) -> str:
    """Return the key of a fact about a source."""
    return name if source == FIRST_SOURCE else f"{name} {source}"
