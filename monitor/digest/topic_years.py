"""The last year of each topic for a weekly digest: records by month, first-time askers, what is promised and late.

A reader gets it beside what is news; it is never the reason for a mail.
"""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from monitor.model.promises import PromiseFilters, PromiseState
from monitor.model.records import Kind
from monitor.model.search import Filters
from monitor.model.topic_years import Newcomer, TopicYear
from monitor.parliament.promises.state import current, state_on
from monitor.research.following import dealt_with
from monitor.research.mutes import hiding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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


def topic_years(
    archive: Archive, subscriber: Subscriber, mutes: Sequence[Mute], *, last_on: date | None, today: date
) -> tuple[TopicYear, ...]:
    """Return the last year of the subscriber's topics, without those of which there is nothing to say.

    `last_on`: the day of their last digest. Only for a weekly cadence; there is nothing for others.
    """
    if subscriber.cadence != WEEKLY or not subscriber.topics:
        return ()
    held = archive.search.days()
    days = archive.matches.topic_days()
    done = dealt_with(archive, subscriber.key)
    since = max(last_on or today - A_WEEK, today - A_WEEK)
    years = []
    for topic in subscriber.topics:
        late = _late_promises(archive, topic, mutes, done, today) if subscriber.promises else []
        year = TopicYear(
            topic=topic,
            months=months_of(days.get(topic, {}), held[0] if held else today, today),
            newcomers=_newcomers(archive, topic, since, today),
            late=tuple(late[:MOST_LATE]),
            late_count=len(late),
        )
        if not year.is_empty:
            years.append(year)
    return tuple(years)


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


def _late_promises(
    archive: Archive, topic: str, mutes: Sequence[Mute], done: frozenset[int], today: date
) -> list[tuple[Promise, ...]]:
    """Return the promises on a topic that are late, those that are late longest first; not what the reader dealt with."""
    filters = PromiseFilters(topics=(topic,), state=PromiseState.OVERDUE, today=today)
    late = []
    with closing(archive.promises.listing(filters)) as groups:
        for group in islice(groups, _MOST_READ):
            promise = current(group)
            due_to = promise.found.due_to
            is_late = due_to is not None and due_to >= today - LATE_FOR
            if not is_late or state_on(group, today) is not PromiseState.OVERDUE or promise.proceeding_id in done:
                continue
            if hiding(mutes, promise.record, (), today) is None:
                late.append(tuple(group))
    return sorted(late, key=lambda group: (str(current(group).found.due_to), current(group).number))
