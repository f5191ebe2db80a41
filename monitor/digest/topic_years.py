"""The last year of each topic for a weekly digest: records by month, first-time askers, what is promised and late.

A reader gets it beside what is news; it is never the reason for a mail.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from monitor.digest.shared import BoundedCache
from monitor.model.promises import PromiseState
from monitor.model.topic_years import TopicYear
from monitor.parliament.promises.state import current, state_on
from monitor.research.mutes import hiding

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from db.archive import Archive
    from monitor.digest.shared import SharedReads
    from monitor.model.following import Mute
    from monitor.model.promises import Promise, PromiseOutline
    from monitor.model.topic_years import Newcomer
    from monitor.model.watching import Subscriber

WEEKLY: Final = "weekly"
A_WEEK: Final = timedelta(days=7)
MONTHS: Final = 12
FEWEST_MONTHS: Final = 3
"""Months that the archive has to reach back: fewer are no plot."""

KNOWN_FOR: Final = timedelta(days=90)
"""Time that the records of a topic reach back, so that a member who was never seen may be called new."""

LATE_FOR: Final = timedelta(days=365)
"""Time after its last day in which a promise counts as late here."""

MOST_LATE: Final = 2
"""Late promises of a topic that are shown."""


class TopicYears:
    """The last year of topics up to a day, for the digests of one compose: what is the same for several is read once."""

    def __init__(self, archive: Archive, shared: SharedReads) -> None:
        self._archive = archive
        self._shared = shared
        self._today = shared.today
        self._newcomers: BoundedCache[date, Mapping[str, tuple[Newcomer, ...]]] = BoundedCache()

    def of(
        self,
        subscriber: Subscriber,
        mutes: Sequence[Mute],
        done: Collection[int],
        *,
        last_on: date | None,
        mailed_at: datetime | None = None,
    ) -> tuple[TopicYear, ...]:
        """Return the last year of the subscriber's topics, without those of which there is nothing to say.

        `done`: records (row ids) that they dealt with. `last_on`: the day of their last digest; `mailed_at`: when the last
        was composed that told of newcomers. Only for a weekly cadence; there is nothing for others.
        """
        if subscriber.cadence != WEEKLY or not subscriber.topics:
            return ()
        today = self._today
        newcomers = self._newcomers_since(max(last_on or today - A_WEEK, today - A_WEEK))
        years = []
        for topic in subscriber.topics:
            late = self._late_for(topic, mutes, done) if subscriber.promises else []
            year = TopicYear(
                topic=topic,
                months=self._months.get(topic, ()),
                newcomers=_new_since(newcomers.get(topic, ()), mailed_at),
                late=tuple(self._whole(late[:MOST_LATE])),
                late_count=len(late),
            )
            if not year.is_empty:
                years.append(year)
        return tuple(years)

    @cached_property
    def _months(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """Counts of records by month, by topic."""
        held = self._archive.search.days()
        first = held[0] if held else self._today
        counted = self._archive.matches.topic_days(since=first_month(self._today))
        return {topic: months_of(days, first, self._today) for topic, days in counted.items()}

    def _newcomers_since(self, since: date) -> Mapping[str, tuple[Newcomer, ...]]:
        """Return the members who are new, by topic."""
        return self._newcomers.get(since, lambda: self._archive.last_years.newcomers(since, self._today, KNOWN_FOR))

    # -- late promises ------------------------------------------------------------------------------------------------

    @cached_property
    def _late(self) -> dict[str, list[Sequence[PromiseOutline]]]:
        """Promises that are late, by topic, those that are late longest first."""
        ended = self._archive.last_years.ended_promises(self._today - LATE_FOR, self._today)
        return {topic: late_longest_first(groups, self._today) for topic, groups in ended.items()}

    def _late_for(self, topic: str, mutes: Sequence[Mute], done: Collection[int]) -> list[Sequence[PromiseOutline]]:
        """Return the late promises on a topic that a reader neither dealt with nor muted."""
        late = [group for group in self._late.get(topic, ()) if current(group).proceeding_id not in done]
        if not any(self._today <= mute.until for mute in mutes):
            return late
        shown = {
            group[0].group
            for group in self._whole(late)
            if hiding(mutes, current(group).record, (), self._today) is None
        }
        return [group for group in late if group[0].group in shown]

    def _whole(self, outlines: Sequence[Sequence[PromiseOutline]]) -> list[tuple[Promise, ...]]:
        """Return promises with their records and texts."""
        groups = self._shared.groups(group[0].group for group in outlines)
        return [tuple(group) for group in groups.values()]


def _new_since(newcomers: Sequence[Newcomer], mailed_at: datetime | None) -> tuple[Newcomer, ...]:
    """Leave out members whom the last mail named: questions of its day were read before it, or after it."""
    return tuple(
        member for member in newcomers if mailed_at is None or member.seen_at is None or member.seen_at > mailed_at
    )


def first_month(today: date) -> date:
    """Return the first day of the months that are shown."""
    number = _month_number(today) - MONTHS + 1
    return date(number // 12, number % 12 + 1, 1)


def months_of(days: Mapping[date | None, int], held_from: date, today: date) -> tuple[tuple[str, int], ...]:
    """Count records by month, for the last twelve months or those that the archive has; nothing for too few of them."""
    first = max(_month_number(first_month(today)), _month_number(held_from))
    counts = {f"{month // 12:04}-{month % 12 + 1:02}": 0 for month in range(first, _month_number(today) + 1)}
    for day, count in days.items():
        if day is not None and (month := f"{day:%Y-%m}") in counts:
            counts[month] += count
    is_told = len(counts) >= FEWEST_MONTHS and any(counts.values())
    return tuple(counts.items()) if is_told else ()


def _month_number(day: date) -> int:
    """Return the number of a day's month, from that of the first year on."""
    return day.year * 12 + day.month - 1


def late_longest_first(groups: Sequence[Sequence[PromiseOutline]], today: date) -> list[Sequence[PromiseOutline]]:
    """Return the promises, each with its repetitions, that became late within the last year."""
    late = [
        (ended, promise.number, group)
        for group in groups
        for promise in [current(group)]
        if (ended := promise.found.due_to)
        and ended >= today - LATE_FOR
        and state_on(group, today) is PromiseState.OVERDUE
    ]
    return [group for *_, group in sorted(late, key=lambda entry: entry[:2])]
