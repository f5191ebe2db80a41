"""Queues of the outbox that are paused after a failure: the reason, and until when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, select

from db.models import meta, outbox
from db.retries import LONGEST_RETRY, wait_after
from monitor.model.deliveries import FEED, MAIL, WEBHOOKS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_OF_MAIL = "outbox_pause"
_OF_OTHERS = "outbox_pauses"
"""The facts of the archive: the pause of all mail, and the others by queue."""

_KEPT = select(meta.c.key, meta.c.value).where(meta.c.key.in_([_OF_MAIL, _OF_OTHERS]))
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


def pauses(connection: Connection) -> dict[str, Pause]:
    """The pauses there are, of past ones too, by queue; that of mail first."""
    kept = {row.key: json.loads(row.value) for row in connection.execute(_KEPT)}
    told = {**({MAIL: kept[_OF_MAIL]} if _OF_MAIL in kept else {}), **kept.get(_OF_OTHERS, {})}
    return {
        queue: Pause(datetime.fromisoformat(one["until"]), one["failures"], one["error"]) for queue, one in told.items()
    }


def extend(
    connection: Connection,
    queue: str,
    now: datetime,
    error: str,
    asked: timedelta | None = None,
    *,
    most: timedelta = LONGEST_RETRY,
) -> datetime:
    """Let a queue stand still, longer each time up to `most`, and as long as it was asked for; returns until when."""
    there = pauses(connection)
    failures = there[queue].failures + 1 if queue in there else 1
    until = now + max(min(wait_after(failures), most), asked or timedelta())
    _keep(connection, there | {queue: Pause(until, failures, error)})
    return until


def end(connection: Connection, queue: str) -> None:
    """Let a queue move again."""
    there = pauses(connection)
    if there.pop(queue, None) is not None:
        _keep(connection, there)


def sentence(queue: str, pause: Pause) -> str:
    """Why a queue stands still, and how long."""
    what = {MAIL: "no mail is tried", FEED: "no feed is written"}.get(queue, f"nothing is sent to {queue}")
    return f"{what} before {pause.until:%Y-%m-%d %H:%M} UTC, because the last try failed: {pause.error}"


def _keep(connection: Connection, there: dict[str, Pause]) -> None:
    connection.execute(delete(meta).where(meta.c.key.in_([_OF_MAIL, _OF_OTHERS])))
    written: dict[str, dict[str, Any]] = {
        queue: {"until": one.until.isoformat(), "failures": one.failures, "error": one.error}
        for queue, one in there.items()
    }
    facts = {_OF_MAIL: written.pop(MAIL, None), _OF_OTHERS: written or None}
    rows = [{"key": key, "value": json.dumps(value)} for key, value in facts.items() if value]
    if rows:
        connection.execute(insert(meta), rows)
