"""When a mail that failed is tried again, and when no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from monitor.model.deliveries import DeliveryState

if TYPE_CHECKING:
    from sqlalchemy import Row

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
LONGEST_PUT_OFF = timedelta(minutes=15)  # a server that puts mails off is there: it may take the next one
RETRY_FOR = timedelta(days=5)
REFUSAL_RETRY = timedelta(hours=20)  # less than a day, or a daily run a second early would find nothing due
REFUSALS = 3
AMBIGUOUS_WAIT = timedelta(minutes=15)  # longer than anyone waits for the reply to the final dot
EXTRA_COPIES = 2


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: 1 minute, doubling to 4 hours."""
    minutes = 1 << min(max(failures - 1, 0), 20)
    return min(FIRST_RETRY * minutes, LONGEST_RETRY)


def after_failure(row: Row[Any], now: datetime) -> dict[str, Any]:
    """What becomes of a row of the outbox that was not accepted: tried again later, held after five days of it."""
    since = row.failing_since or now
    if now - since >= RETRY_FOR:
        return {"state": DeliveryState.HELD, "next_try_at": None}
    return {"state": DeliveryState.PENDING, "next_try_at": now + wait_after(row.attempts), "failing_since": since}


def after_refusal(row: Row[Any], now: datetime, *, is_retired: bool = False) -> dict[str, Any]:
    """What becomes of a row whose recipient was refused: only the third day (in UTC) of it is believed.

    `is_retired`: it was believed of another mail to him before, and this one only asked again.
    """
    today = now.astimezone(UTC).date()
    days = row.refusals + (row.refused_on != today)
    counted = {"refusals": days, "refused_on": today}
    if is_retired or days >= REFUSALS:
        return {"state": DeliveryState.REFUSED, "next_try_at": None, **counted}
    return {"state": DeliveryState.PENDING, "next_try_at": now + REFUSAL_RETRY, **counted}
