"""Queues of the outbox: pauses after a failure, retired addresses, and when a delivery is tried again.

See `monitor.model.deliveries` for what a queue is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, update

from db.tables import meta, outbox, subscriber
from monitor.model.archive import Retired
from monitor.model.deliveries import FEED, MAIL, WEBHOOKS, DeliveryState

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

UNSENT = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED)
"""States of a delivery that a run may still send."""

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
LONGEST_PUT_OFF = timedelta(minutes=15)  # a server that puts mails off is there: it may take the next one
RETRY_FOR = timedelta(days=5)
REFUSAL_RETRY = timedelta(hours=20)  # less than a day, or a daily run a second early would find nothing due
REFUSALS = 3
AMBIGUOUS_WAIT = timedelta(minutes=15)  # longer than anyone waits for the reply to the final dot
EXTRA_COPIES = 2

_OF_MAIL = "outbox_pause"
_OF_OTHERS = "outbox_pauses"
"""The facts of the archive: the pause of all mail, and the others by queue."""

_PAUSES = select(meta.c.key, meta.c.value).where(meta.c.key.in_([_OF_MAIL, _OF_OTHERS]))
"""Made once: each mail asks for it, and putting a statement together takes longer than doing it."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Since so many failures in a row nothing is tried before `until`."""

    until: datetime
    failures: int
    error: str


def rows_of(queue: str) -> ColumnElement[bool]:
    """The rows of the outbox that wait in a queue."""
    if queue in (MAIL, FEED):
        return outbox.c.channel == queue
    return and_(outbox.c.channel.in_(WEBHOOKS), outbox.c.recipient == queue)


def load_pauses(connection: Connection) -> dict[str, Pause]:
    """The pauses there are, of past ones too, by queue; that of mail first."""
    kept = {row.key: json.loads(row.value) for row in connection.execute(_PAUSES)}
    told = {**({MAIL: kept[_OF_MAIL]} if _OF_MAIL in kept else {}), **kept.get(_OF_OTHERS, {})}
    return {
        queue: Pause(datetime.fromisoformat(one["until"]), one["failures"], one["error"]) for queue, one in told.items()
    }


def extend_pause(
    connection: Connection,
    queue: str,
    now: datetime,
    error: str,
    asked: timedelta | None = None,
    *,
    most: timedelta = LONGEST_RETRY,
) -> datetime:
    """Let a queue stand still, longer each time up to `most`, and as long as it was asked for; returns until when."""
    there = load_pauses(connection)
    failures = there[queue].failures + 1 if queue in there else 1
    until = now + max(min(wait_after(failures), most), asked or timedelta())
    _save_pauses(connection, there | {queue: Pause(until, failures, error)})
    return until


def end_pause(connection: Connection, queue: str) -> None:
    """Let a queue move again."""
    there = load_pauses(connection)
    if there.pop(queue, None) is not None:
        _save_pauses(connection, there)


def explain_pause(queue: str, pause: Pause) -> str:
    """Why a queue stands still, and how long."""
    what = {MAIL: "no mail is tried", FEED: "no feed is written"}.get(queue, f"nothing is sent to {queue}")
    return f"{what} before {pause.until:%Y-%m-%d %H:%M} UTC, because the last try failed: {pause.error}"


def _save_pauses(connection: Connection, there: dict[str, Pause]) -> None:
    connection.execute(delete(meta).where(meta.c.key.in_([_OF_MAIL, _OF_OTHERS])))
    written: dict[str, dict[str, Any]] = {
        queue: {"until": one.until.isoformat(), "failures": one.failures, "error": one.error}
        for queue, one in there.items()
    }
    facts = {_OF_MAIL: written.pop(MAIL, None), _OF_OTHERS: written or None}
    rows = [{"key": key, "value": json.dumps(value)} for key, value in facts.items() if value]
    if rows:
        connection.execute(insert(meta), rows)


_RETIRED_FACT = "retired_addresses"
_RETIRED = select(meta.c.value).where(meta.c.key == _RETIRED_FACT)
"""Made once: each mail asks for it, and putting a statement together takes longer than doing it."""


def load_retired(connection: Connection) -> dict[str, datetime]:
    """The addresses that are retired, in small letters, and since when."""
    value = connection.execute(_RETIRED).scalar()
    kept: dict[str, str] = json.loads(value) if value else {}
    return {address: datetime.fromisoformat(since) for address, since in kept.items()}


def put_aside_reason(since: datetime) -> str:
    """What a mail that is put aside says of itself."""
    return f"put aside: the address was refused on three days, lastly on {since:%Y-%m-%d}"


def retire_address(connection: Connection, address: str, now: datetime) -> None:
    """Put aside what waits for an address, and from now on what comes for it."""
    known = load_retired(connection)
    since = known.setdefault(address.lower(), now)
    _save_retired(connection, known)
    connection.execute(
        update(outbox)
        .where(func.lower(outbox.c.recipient) == address.lower(), outbox.c.state == DeliveryState.PENDING)
        .values(
            state=DeliveryState.REFUSED, next_try_at=None, error=func.coalesce(outbox.c.error, put_aside_reason(since))
        )
    )


def reinstate_address(connection: Connection, address: str) -> None:
    """An address is good again, or nobody's any more."""
    known = load_retired(connection)
    if known.pop(address.lower(), None) is not None:
        _save_retired(connection, known)


def list_retired(connection: Connection) -> tuple[Retired, ...]:
    """Retired addresses that somebody still has or that mails wait for, then others with mails put aside; by address."""
    since = load_retired(connection)
    waiting: dict[str, list[int]] = {}
    rows = select(outbox.c.id, func.lower(outbox.c.recipient).label("address")).where(
        outbox.c.state == DeliveryState.REFUSED
    )
    for row in connection.execute(rows.order_by(outbox.c.id)):
        waiting.setdefault(row.address, []).append(row.id)
    current = select(func.lower(subscriber.c.email)).where(subscriber.c.removed_at.is_(None))
    in_use = set(connection.execute(current).scalars())
    shown = {address for address in since if address in in_use or address in waiting} | set(waiting)
    return tuple(
        Retired(address=address, since=since.get(address), waiting=tuple(waiting.get(address, ())))
        for address in sorted(shown, key=lambda one: (one not in since, one))
    )


def _save_retired(connection: Connection, known: dict[str, datetime]) -> None:
    connection.execute(delete(meta).where(meta.c.key == _RETIRED_FACT))
    if known:
        value = json.dumps({address: since.isoformat() for address, since in sorted(known.items())})
        connection.execute(insert(meta).values(key=_RETIRED_FACT, value=value))


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
