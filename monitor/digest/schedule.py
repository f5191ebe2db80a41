"""Schedule of digests: the slots of a subscriber's cadence, in local time.

The key of a slot is its local day and time, so each due day has one slot, also when the clock changes: a time that is
skipped in spring counts as an hour later, and of a time that comes twice in autumn the first counts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from monitor.collect.incomplete_days import outages_of
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from db.archive import Archive
    from monitor.config.settings import Config, ScheduleSettings
    from monitor.model.watching import Subscriber

QUIET_IN_RECESS_EVERY: Final = timedelta(days=7)
"""Interval of empty digests in a recess, for a subscriber with `quiet_days`."""

_A_WEEK = 7
_DAY_LETTERS = len("2024-11-26")


def latest_slot(subscriber: Subscriber, schedule: ScheduleSettings, now: datetime) -> datetime | None:
    """Return the latest slot not after `now` (aware), in the schedule's zone.

    None for "instant", where each run is a slot, and for a cadence without any day.
    """
    today = now.astimezone(schedule.timezone).date()
    for ago in range(_A_WEEK + 1):
        slot = _slot(subscriber, schedule, today - timedelta(days=ago))
        if slot and slot.astimezone(UTC) <= now:
            return slot
    return None


def next_slot(subscriber: Subscriber, schedule: ScheduleSettings, now: datetime) -> datetime | None:
    """Return the first slot after `now` (aware), in the schedule's zone; None for "instant"."""
    today = now.astimezone(schedule.timezone).date()
    for ahead in range(_A_WEEK + 1):
        slot = _slot(subscriber, schedule, today + timedelta(days=ahead))
        if slot and slot.astimezone(UTC) > now:
            return slot
    return None


def next_quiet_slot(
    subscriber: Subscriber, schedule: ScheduleSettings, now: datetime, back_on: date
) -> datetime | None:
    """Return the slot after `now` (aware), in a recess, whose digest comes also without news.

    `back_on`: the day on which the recess is over.
    """
    latest = latest_slot(subscriber, schedule, now)
    slot = next_slot(subscriber, schedule, now)
    if latest is not None:
        wanted = min(latest.date() + QUIET_IN_RECESS_EVERY, back_on)
        while slot is not None and slot.date() < wanted:
            slot = next_slot(subscriber, schedule, slot)
    return slot


def slot_key(slot: datetime) -> str:
    """Return the key of a slot: "2024-11-26T07:30", local time."""
    return slot.strftime("%Y-%m-%dT%H:%M")


def slot_day(key: str) -> date:
    """Return the local day of a slot, a supplement, or a digest on demand, by its key."""
    return date.fromisoformat(key[:_DAY_LETTERS])


def due_readers(
    archive: Archive, readers: Iterable[Subscriber], schedule: ScheduleSettings, now: datetime
) -> list[Subscriber]:
    """Return those subscribers whose latest slot has no digest yet: the next run makes it, unless a source is down."""
    slots: dict[tuple[str, str], datetime | None] = {}  # thousands of readers share a few times
    composed = cache(archive.digests.composed)
    due = []
    for reader in readers:
        times = (reader.cadence, reader.at)
        if times not in slots:
            slots[times] = latest_slot(reader, schedule, now)
        slot = slots[times]
        if slot is not None and not reader.paused and reader.key not in composed(slot_key(slot)):
            due.append(reader)
    return due


def lacks_unread_days(
    archive: Archive, config: Config, sources: Iterable[str], *, as_of: datetime, began: datetime
) -> bool:
    """Return whether a digest is due whose days could not be read since this run began.

    An outage that is older than the run may last longer, so a digest does not wait for it.
    """
    outages = [outage for source in sources for outage in outages_of(archive.runs, source)]
    unread = [outage for outage in outages if not outage.is_over and outage.since >= began]
    due = due_readers(archive, config.readers, config.schedule, as_of) if unread else []
    if not due:
        return False
    last = archive.digests.instants_of_last()
    yesterday = as_of.astimezone(LONDON).date() - timedelta(days=1)
    first = min([yesterday, *(last[reader.key].astimezone(LONDON).date() for reader in due if reader.key in last)])
    return any(outage.window.day >= first for outage in unread)


def _slot(subscriber: Subscriber, schedule: ScheduleSettings, day: date) -> datetime | None:
    """Return the slot on a local day, if there is one."""
    days = {"daily": schedule.digest_days, "weekly": frozenset({schedule.weekly_on})}.get(
        subscriber.cadence, frozenset()
    )
    if day.weekday() not in days:
        return None
    return datetime.combine(day, time.fromisoformat(subscriber.at), schedule.timezone)
