"""Decide when a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from monitor.model.deliveries import FEED, MAIL, DeliveryState

FIRST_RETRY: Final = timedelta(minutes=1)
LONGEST_RETRY: Final = timedelta(hours=4)
LONGEST_PUT_OFF: Final = timedelta(minutes=15)
"""Longest pause of a server that puts mails off: it answers, so it may take the next one."""
RETRY_FOR: Final = timedelta(days=5)
REFUSAL_RETRY: Final = timedelta(hours=20)
"""Less than a day, or a daily run a second early would find nothing due."""
REFUSALS: Final = 3
"""Days on which a recipient must be refused before that is believed."""
AMBIGUOUS_WAIT: Final = timedelta(minutes=15)
"""Longer than anyone waits for the reply to the final dot."""
JUST_NOW: Final = timedelta(seconds=20)
"""Time after a message was taken in which the server counts as working: a connection that it refuses is one too many."""
EXTRA_COPIES: Final = 2
"""Copies of a mail that are sent although it may have gone already."""

_DOUBLINGS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """State of a delivery, and its tries so far.

    `failing_since`: the first of the failures in a row. `refusals`: days on which the recipient was refused, the last one
    `refused_on`.
    """

    state: DeliveryState
    attempts: int
    next_try_at: datetime | None
    failing_since: datetime | None
    refusals: int
    refused_on: date | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Time before which nothing of a queue is tried, after `failures` in a row."""

    until: datetime
    failures: int
    error: str

    def is_on(self, now: datetime) -> bool:
        """Return whether the pause holds."""
        return now < self.until

    def sentence(self, queue: str) -> str:
        """Explain why a queue is paused, and until when."""
        what = {MAIL: "no mail is tried", FEED: "no feed is written"}.get(queue, f"nothing is sent to {queue}")
        return f"{what} before {self.until:%Y-%m-%d %H:%M} UTC, because the last try failed: {self.error}"


def wait_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: 1 minute, doubling to 4 hours."""
    doublings = min(max(failures - 1, 0), _DOUBLINGS)
    return min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)


def after_failure(tries: Tries, now: datetime) -> Tries:
    """Try a delivery that was not accepted again later; hold it after five days of failures."""
    since = tries.failing_since or now
    if now - since >= RETRY_FOR:
        return replace(tries, state=DeliveryState.HELD, next_try_at=None)
    next_try_at = now + wait_after(tries.attempts)
    return replace(tries, state=DeliveryState.PENDING, next_try_at=next_try_at, failing_since=since)


def after_refusal(tries: Tries, now: datetime, *, is_retired: bool = False) -> Tries:
    """Try a delivery whose recipient was refused again; believe only the third day (in UTC) of refusals.

    `is_retired`: the refusal of another mail to this recipient was believed before, and this one was only to make sure.
    """
    today = now.astimezone(UTC).date()
    days = tries.refusals + (tries.refused_on != today)
    counted = replace(tries, refusals=days, refused_on=today)
    if is_retired or days >= REFUSALS:
        return replace(counted, state=DeliveryState.REFUSED, next_try_at=None)
    return replace(counted, state=DeliveryState.PENDING, next_try_at=now + REFUSAL_RETRY)


def after_server_failure(tries: Tries, until: datetime) -> Tries:
    """Try a delivery again when the pause of its queue ends; the try does not count."""
    return replace(tries, state=DeliveryState.PENDING, next_try_at=until, attempts=tries.attempts - 1)


def next_pause(
    before: Pause | None,
    now: datetime,
    error: str,
    asked: timedelta | None = None,
    *,
    most: timedelta = LONGEST_RETRY,
) -> Pause:
    """Pause a queue, longer after each failure up to `most`, and at least as long as its server `asked` for.

    A failure while the queue is paused already, of a mail that was under way, makes the pause no longer by itself.
    """
    if before and before.is_on(now):
        return replace(before, until=max(before.until, now + (asked or timedelta())))
    failures = before.failures + 1 if before else 1
    wait = max(min(wait_after(failures), most), asked or timedelta())
    return Pause(now + wait, failures, error)
