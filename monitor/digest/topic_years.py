"""The last year of each topic for a weekly digest: records by month, first-time askers, what is promised and late.

A reader gets it beside what is news; it is never the reason for a mail.
"""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

from monitor.digest.shared import Kept
from monitor.model.promises import PromiseFilters, PromiseState
from monitor.model.records import Kind
from monitor.model.search import Filters
from monitor.model.topic_years import Newcomer, TopicYear
from monitor.parliament.promises.state import current, state_on
from monitor.research.mutes import hiding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from db.archive import Archive
    from monitor.model.following import Mute
    from monitor.model.promises import Promise
    from monitor.model.search import Counted
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

_MOST_READ: Final = 300
"""Promises of a topic that are looked at."""


class TopicYears:
    """The last year of topics up to a day, for the digests of one compose: what is the same for several is read once."""

    def __init__(self, archive: Archive, today: date) -> None:
        self._archive = archive
        self._today = today
        self._newcomers: Kept[tuple[str, date], tuple[Newcomer, ...]] = Kept()
        self._late: Kept[str, list[tuple[Promise, ...]]] = Kept()

    def of(
        self, subscriber: Subscriber, mutes: Sequence[Mute], done: Collection[int], *, last_on: date | None
    ) -> tuple[TopicYear, ...]:
        """Return the last year of the subscriber's topics, without those of which there is nothing to say.

        `done`: records (row ids) that they dealt with. `last_on`: the day of their last digest. Only for a weekly cadence;
        there is nothing for others.
        """
        if subscriber.cadence != WEEKLY or not subscriber.topics:
            return ()
        today = self._today
        since = max(last_on or today - A_WEEK, today - A_WEEK)
        years = []
        for topic in subscriber.topics:
            late = self._late_for(topic, mutes, done) if subscriber.promises else []
            year = TopicYear(
                topic=topic,
                months=self._months.get(topic, ()),
                newcomers=self._newcomers_since(topic, since),
                late=tuple(late[:MOST_LATE]),
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
        counted = self._archive.matches.topic_days()
        return {topic: months_of(days, first, self._today) for topic, days in counted.items()}

    def _newcomers_since(self, topic: str, since: date) -> tuple[Newcomer, ...]:
        return self._newcomers.get((topic, since), lambda: _newcomers(self._archive, topic, since, self._today))

    def _late_for(self, topic: str, mutes: Sequence[Mute], done: Collection[int]) -> list[tuple[Promise, ...]]:
        """Return the late promises on a topic that a reader neither dealt with nor muted."""
        late = self._late.get(topic, lambda: _late_promises(self._archive, topic, self._today))
        return [
            group
            for group in late
            if current(group).proceeding_id not in done
            and hiding(mutes, current(group).record, (), self._today) is None
        ]


def months_of(days: Mapping[date | None, int], held_from: date, today: date) -> tuple[tuple[str, int], ...]:
    """Count records by month, for the last twelve months or those that the archive has; nothing for too few of them."""
    number = today.year * 12 + today.month - 1
    first = max(number - MONTHS + 1, held_from.year * 12 + held_from.month - 1)
    counts = {f"{month // 12:04}-{month % 12 + 1:02}": 0 for month in range(first, number + 1)}
    for day, count in days.items():
        if day is not None and (month := f"{day:%Y-%m}") in counts:
            counts[month] += count
    is_told = len(counts) >= FEWEST_MONTHS and any(counts.values())
    return tuple(counts.items()) if is_told else ()


def newcomers_of(counted: Iterable[Counted], since: date, today: date) -> tuple[Newcomer, ...]:
    """Return the members whose first question is of the days since; no one where the questions do not reach back far."""
    first_on: dict[str, date] = {}
    questions: dict[str, int] = {}
    begin = today
    for record in counted:
        day = record.tabled_on or record.day
        if day is None:
            continue
        begin = min(begin, day)
        for name in record.named["asker"]:
            first_on[name] = min(first_on.get(name, day), day)
            questions[name] = questions.get(name, 0) + 1
    if begin > since - KNOWN_FOR:
        return ()
    new = [name for name, day in first_on.items() if since <= day <= today]
    new.sort(key=lambda name: (-questions[name], name))
    return tuple(Newcomer(name=name, first_on=first_on[name], questions=questions[name]) for name in new)


def _newcomers(archive: Archive, topic: str, since: date, today: date) -> tuple[Newcomer, ...]:
    filters = Filters(topic=topic, kinds=(Kind.QUESTION.value,))
    with closing(archive.statistics.counted(None, filters, ("asker",))) as counted:
        return newcomers_of(counted, since, today)


def _late_promises(archive: Archive, topic: str, today: date) -> list[tuple[Promise, ...]]:
    """Return the promises on a topic that are late, those that are late longest first."""
    filters = PromiseFilters(topics=(topic,), state=PromiseState.OVERDUE, today=today)
    late = []
    with closing(archive.promises.listing(filters)) as groups:
        for group in islice(groups, _MOST_READ):
            due_to = current(group).found.due_to
            is_late = due_to is not None and due_to >= today - LATE_FOR
            if is_late and state_on(group, today) is PromiseState.OVERDUE:
                late.append(tuple(group))
    return sorted(late, key=lambda group: (str(current(group).found.due_to), current(group).number))
