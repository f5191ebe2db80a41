"""Subscriptions in words: when digests come, and of which topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.presentation.wording import count_of, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from monitor.config.settings import ScheduleSettings
    from monitor.model.watching import Subscriber

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST_TOPICS: Final = 4


def cadence_in_words(reader: Subscriber, schedule: ScheduleSettings) -> str:
    """Return when a reader gets digests."""
    if reader.cadence == "instant":
        return "after each run that finds something"
    if reader.cadence == "weekly":
        return f"weekly, on {_DAYS[schedule.weekly_on]} at {reader.at}"
    is_daily = len(schedule.digest_days) == len(_DAYS)
    return f"{'daily' if is_daily else days_in_words(schedule.digest_days)} at {reader.at}"


def days_in_words(days: Collection[int]) -> str:
    """Return days of the week, a row of three or more as a range: "Mon to Fri", "Mon, Wed and Fri"."""
    ordered = sorted(days)
    names = [_DAYS[day][:3] for day in ordered]
    is_range = len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1  # noqa: PLR2004 (said above)
    return f"{names[0]} to {names[-1]}" if is_range else listed(names)


def topics_in_words(names: Sequence[str], total: int) -> str:
    """Return topics by name if they are few, else their number. `total`: how many topics there are."""
    if not names:
        return "no topic"
    if len(names) == total:
        return "the only topic" if total == 1 else f"all {total} topics"
    return listed(list(names)) if len(names) <= _MOST_TOPICS else count_of(len(names), "topic")
