"""Pauses of the queues of the outbox, kept as facts of the archive."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from db.rows import save_fact
from db.tables import meta
from monitor.model.deliveries import MAIL
from monitor.model.retries import LONGEST_RETRY, Pause, next_pause

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy import Connection

_OF_MAIL = "outbox_pause"
_OF_OTHERS = "outbox_pauses"
"""Facts of the archive: the pause of all mail, and the others by queue."""

_PAUSES = select(meta.c.key, meta.c.value).where(meta.c.key.in_([_OF_MAIL, _OF_OTHERS]))
_PAUSES_TO_CHANGE = _PAUSES.order_by(meta.c.key).with_for_update()
"""Built once: each mail executes it, and building a statement takes longer than executing it."""


def load_pauses(connection: Connection, *, to_change: bool = False) -> dict[str, Pause]:
    """Load the pauses by queue, past ones too; that of mail first. `to_change`: as for `load_fact`."""
    facts = {row.key: json.loads(row.value) for row in connection.execute(_PAUSES_TO_CHANGE if to_change else _PAUSES)}
    stored = {**({MAIL: facts[_OF_MAIL]} if _OF_MAIL in facts else {}), **facts.get(_OF_OTHERS, {})}
    return {
        queue: Pause(datetime.fromisoformat(pause["until"]), pause["failures"], pause["error"])
        for queue, pause in stored.items()
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
    """Pause a queue, longer than the last time; returns until when. See `next_pause`."""
    pauses = load_pauses(connection)
    pause = next_pause(pauses.get(queue), now, error, asked, most=most)
    _save_pauses(connection, pauses | {queue: pause})
    return pause.until


def end_pause(connection: Connection, queue: str) -> None:
    """End the pause of a queue."""
    pauses = load_pauses(connection, to_change=True)
    if pauses.pop(queue, None) is not None:
        _save_pauses(connection, pauses)


def _save_pauses(connection: Connection, pauses: dict[str, Pause]) -> None:
    written: dict[str, dict[str, Any]] = {
        queue: {"until": pause.until.isoformat(), "failures": pause.failures, "error": pause.error}
        for queue, pause in pauses.items()
    }
    for key, value in ((_OF_MAIL, written.pop(MAIL, None)), (_OF_OTHERS, written)):
        save_fact(connection, key, json.dumps(value) if value else None)
