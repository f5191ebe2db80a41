"""What of a collect is news, for windows of a day and for files alike: how far back it looks, and since when it counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.model.records import Event
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import is_news

if TYPE_CHECKING:
    from collections.abc import Iterable

    from db.archive import Archive
    from db.runs import Runs
    from monitor.model.records import Proceeding

FIRST_SOURCE = "questions"
"""Its facts have no name behind them: they are older than the other sources."""
MOST_DAYS_MISSED = 30
"""So many days in which nothing was read whole are made up for, and no more: news must not be old."""

UNDATED = frozenset(
    {Event.EDITED, Event.WITHDRAWN, Event.REAPPEARED, Event.ATTACHED, Event.REWORDED, Event.TRANSFERRED}
)
"""What the source gives no date for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What to read: `as_of` is the instant that counts as now; `first` and `last` bound the days, both included.

    `look_back_days` is how late an answer may appear. `elapsed`: days since all was last read whole, 0 where that was today
    or never; what appeared late in them is so much older by now.
    """

    as_of: datetime
    look_back_days: int
    elapsed: int = 0
    first: date | None = None
    last: date | None = None

    @property
    def today(self) -> date:
        """The civil day in London."""
        return self.as_of.astimezone(LONDON).date()

    @property
    def oldest_news(self) -> date:
        """What is older is history: the look-back, longer by the days in which nothing was read whole."""
        return self.today - timedelta(days=self.look_back_days + max(self.elapsed - 1, 0))

    @property
    def first_window(self) -> date:
        """The first day that is read: an answer of it may have appeared since all was last read, and still not too late."""
        return self.today - timedelta(days=self.look_back_days + (self.elapsed or -1))

    @property
    def is_bounded(self) -> bool:
        """Whether only some days are asked for."""
        return self.first is not None or self.last is not None


@dataclass(slots=True, kw_only=True)
class News:
    """The rule for one source in one run. With `is_history` nothing is news: it fills the archive, and tells nobody.

    `floor`: the first day that counts at all, None before the first run has found it.
    """

    runs: Runs
    source: str
    scope: Scope
    is_history: bool = False
    floor: date | None = field(init=False)

    def __post_init__(self) -> None:
        """Take up what an earlier run found out."""
        floor = self.fact("news_floor")
        self.floor = date.fromisoformat(floor) if floor else None

    def __call__(self, before: Proceeding | None, after: Proceeding, events: tuple[Event, ...]) -> bool:
        """Steps with a date of their own count on it; what has none happened when it is found out."""
        if self.is_history:
            return False
        if before is not None and not UNDATED.isdisjoint(events):
            return True
        if before is not None and Event.CORRECTED in events and after.corrected_on == before.corrected_on:
            return before.answered_on == after.answered_on  # corrected by the flag alone
        if before is not None and Event.ANSWERED in events and before.answer and _dates(before) == _dates(after):
            return True  # the answer took the place of a holding answer, and its day
        return is_news(after.day, self.scope.oldest_news, self.floor or self.scope.today)

    def set_floor(self, day: date) -> None:
        """The first run makes news only of the last day with answers before now, and of now.

        Days that were asked for one by one say nothing of what was read before.
        """
        if self.floor is None and not self.scope.is_bounded and not self.is_history:
            self.floor = day
            self.set_fact("news_floor", day.isoformat())

    def make_up_for_missed_days(self) -> Scope:
        """Look back further by the days since all was read whole, so that nothing falls between."""
        whole_on = self.fact("whole_on") or self.fact("full_read_on")
        if whole_on and not self.scope.is_bounded:
            elapsed = (self.scope.today - date.fromisoformat(whole_on)).days
            self.scope = replace(self.scope, elapsed=min(max(elapsed, 0), 1 + MOST_DAYS_MISSED))
        return self.scope

    def fact(self, name: str) -> str | None:
        """What is known of earlier readings of this source."""
        return self.runs.fact(fact_of(name, self.source))

    def set_fact(self, name: str, value: str) -> None:
        """Keep it for later ones."""
        self.runs.set_fact(fact_of(name, self.source), value)


def _dates(proceeding: Proceeding) -> tuple[date | None, ...]:
    return (proceeding.holding_on, proceeding.answered_on, proceeding.corrected_on)


FIRST_DIGEST = "first_digest"
"""The archive's fact: since which day, when it was asked for, and, once it was made, when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDigest:
    """A digest of all that the first run read, for which somebody asked; `made_at`: None while it is still to be made."""

    since: date
    asked_at: datetime
    made_at: datetime | None = None

    def as_text(self) -> str:
        """As the archive keeps it."""
        made = [self.made_at.isoformat()] if self.made_at else []
        return " ".join([self.since.isoformat(), self.asked_at.isoformat(), *made])


def first_digest(runs: Runs) -> FirstDigest | None:
    """Read what is known of the first digest; None where nobody asked for it."""
    since, asked_at, *made_at = (runs.fact(FIRST_DIGEST) or " ").split(" ")
    if not since:
        return None
    made = datetime.fromisoformat(made_at[0]) if made_at else None
    return FirstDigest(since=date.fromisoformat(since), asked_at=datetime.fromisoformat(asked_at), made_at=made)


def why_no_first_digest(runs: Runs, sources: Iterable[str], scope: Scope) -> str:
    """Say why there can be no first digest; "" where there can: the first run is so near that its days are still read."""
    floors = [runs.fact(fact_of("news_floor", source)) for source in sources]
    since = min((floor for floor in floors if floor), default=None)
    if since is None or date.fromisoformat(since) >= scope.first_window:
        return ""
    return f"a first digest is for the first {scope.look_back_days} days, and this archive has news since {since}"


def ask_first_digest(archive: Archive, sources: Iterable[str], scope: Scope, now: datetime) -> None:
    """Make all of the look-back news, what is stored as what is still to be read, for one digest that says so.

    Safe to repeat: it is noted first, and done again by each run until the digest is made. What was told stays told.
    """
    runs = archive.runs
    first = first_digest(runs) or FirstDigest(since=scope.first_window, asked_at=now)
    if first.made_at is not None:
        return
    runs.set_fact(FIRST_DIGEST, first.as_text())
    for source in sources:
        name = fact_of("news_floor", source)
        runs.set_fact(name, min(runs.fact(name) or first.since.isoformat(), first.since.isoformat()))
    archive.proceedings.take_as_news(first.since)


def fact_of(name: str, source: str) -> str:
    """What a fact about the readings of a source is called in the archive."""
    return name if source == FIRST_SOURCE else f"{name} {source}"
