"""Queues of the outbox: pauses after a failure, retired addresses, and what webhooks and feeds need besides.

`monitor.model.deliveries` says what a queue is. An address is retired when one of its mails was refused on three days. From
then on no server is asked: its mails are put aside as REFUSED, until a person releases one. A mail to it that is accepted
reinstates it; what was put aside stays there for a person to release or discard. Addresses are compared in lower case.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, update

from db.tables import meta, outbox, subscriber
from monitor.model.archive import Retired
from monitor.model.deliveries import FEED, MAIL, WEBHOOKS, DeliveryState, queue_of
from monitor.model.retries import LONGEST_RETRY, Pause, next_pause

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    from sqlalchemy import ColumnElement, Connection, Select

    from db.engine import Store

UNSENT = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED)
"""States of a delivery that a run may still send."""


def rows_of(queue: str) -> ColumnElement[bool]:
    """Return the condition for the rows of a queue."""
    if queue in (MAIL, FEED):
        return outbox.c.channel == queue
    return and_(outbox.c.channel.in_(WEBHOOKS), outbox.c.recipient == queue)


# -- pauses -----------------------------------------------------------------------------------------------------------

_OF_MAIL = "outbox_pause"
_OF_OTHERS = "outbox_pauses"
"""Facts of the archive: the pause of all mail, and the others by queue."""

_PAUSES = select(meta.c.key, meta.c.value).where(meta.c.key.in_([_OF_MAIL, _OF_OTHERS]))
"""Built once: each mail executes it, and building a statement takes longer than executing it."""


def load_pauses(connection: Connection) -> dict[str, Pause]:
    """Load the pauses by queue, past ones too; that of mail first."""
    facts = {row.key: json.loads(row.value) for row in connection.execute(_PAUSES)}
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
    pauses = load_pauses(connection)
    if pauses.pop(queue, None) is not None:
        _save_pauses(connection, pauses)


def _save_pauses(connection: Connection, pauses: dict[str, Pause]) -> None:
    connection.execute(delete(meta).where(meta.c.key.in_([_OF_MAIL, _OF_OTHERS])))
    written: dict[str, dict[str, Any]] = {
        queue: {"until": pause.until.isoformat(), "failures": pause.failures, "error": pause.error}
        for queue, pause in pauses.items()
    }
    facts = {_OF_MAIL: written.pop(MAIL, None), _OF_OTHERS: written or None}
    rows = [{"key": key, "value": json.dumps(value)} for key, value in facts.items() if value]
    if rows:
        connection.execute(insert(meta), rows)


# -- retired addresses ------------------------------------------------------------------------------------------------

_RETIRED_FACT = "retired_addresses"
_RETIRED = select(meta.c.value).where(meta.c.key == _RETIRED_FACT)
"""Built once: each mail executes it, and building a statement takes longer than executing it."""


def load_retired(connection: Connection) -> dict[str, datetime]:
    """Load the retired addresses, in lower case, each with the instant since when it is."""
    value = connection.execute(_RETIRED).scalar()
    stored: dict[str, str] = json.loads(value) if value else {}
    return {address: datetime.fromisoformat(since) for address, since in stored.items()}


def put_aside_reason(since: datetime) -> str:
    """Return the error text of a mail that is put aside."""
    return f"put aside: the address was refused on three days, lastly on {since:%Y-%m-%d}"


def retire_address(connection: Connection, address: str, now: datetime) -> None:
    """Retire an address: put aside the mails that wait for it, and from now on those that come for it."""
    retired = load_retired(connection)
    since = retired.setdefault(address.lower(), now)
    _save_retired(connection, retired)
    connection.execute(
        update(outbox)
        .where(func.lower(outbox.c.recipient) == address.lower(), outbox.c.state == DeliveryState.PENDING)
        .values(
            state=DeliveryState.REFUSED, next_try_at=None, error=func.coalesce(outbox.c.error, put_aside_reason(since))
        )
    )


def reinstate_address(connection: Connection, address: str) -> None:
    """Send to an address again."""
    retired = load_retired(connection)
    if retired.pop(address.lower(), None) is not None:
        _save_retired(connection, retired)


def list_retired(connection: Connection) -> tuple[Retired, ...]:
    """List retired addresses that are in use or that mails wait for, then others with mails put aside; by address."""
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
        for address in sorted(shown, key=lambda address: (address not in since, address))
    )


def _save_retired(connection: Connection, retired: dict[str, datetime]) -> None:
    connection.execute(delete(meta).where(meta.c.key == _RETIRED_FACT))
    if retired:
        value = json.dumps({address: since.isoformat() for address, since in sorted(retired.items())})
        connection.execute(insert(meta).values(key=_RETIRED_FACT, value=value))


# -- channels other than mail -----------------------------------------------------------------------------------------


class Channels:
    """Deliveries by webhook and feed. Every method is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reset_queue(self, queue: str) -> None:
        """Forget the failures of a queue whose receiver has another address now."""
        with self._store.write() as connection:
            end_pause(connection, queue)
            reinstate_address(connection, queue)
            waiting = update(outbox).where(rows_of(queue), outbox.c.state == DeliveryState.PENDING)
            connection.execute(waiting.values(next_try_at=None, refusals=0, refused_on=None))

    def hold_orphans(self, queues: Collection[str]) -> list[str]:
        """Hold the messages of webhooks and feeds that are not among `queues`; returns a sentence for each message held."""
        query = select(outbox.c.id, outbox.c.channel, outbox.c.recipient)
        query = query.where(outbox.c.channel != MAIL, outbox.c.state.in_(UNSENT)).order_by(outbox.c.id)
        with self._store.read() as connection:
            waiting = connection.execute(query).all()
        orphans = [row for row in waiting if queue_of(row.channel, row.recipient) not in queues]
        if not orphans:
            return []
        sentences = []
        with self._store.write() as connection:
            for row in orphans:
                error = f"config.toml no longer has {row.recipient}"
                held = {"state": DeliveryState.HELD, "claim": None, "next_try_at": None, "error": error}
                connection.execute(update(outbox).where(outbox.c.id == row.id).values(**held))
                sentences.append(
                    f"message {row.id} is held, because {error}: put it back and `pqwatch deliver --release {row.id}`, "
                    "or `--discard` in its place gives up"
                )
        return sentences

    def feed_messages(self, recipient: str, limit: int) -> list[bytes]:
        """Return the newest messages of a feed that are still kept, newest first."""
        newest = _rows_of_feed(recipient).where(outbox.c.message != b"").with_only_columns(outbox.c.message)
        with self._store.read() as connection:
            return [bytes(message) for message in connection.execute(newest.limit(limit)).scalars()]

    def trim_feed(self, recipient: str, keep: int) -> int:
        """Drop the bytes of a feed's messages, except the newest ones and those that wait; returns of how many.

        Each message holds at least one entry, so the `keep` newest fill the feed.
        """
        kept = _rows_of_feed(recipient).where(outbox.c.message != b"").with_only_columns(outbox.c.id, outbox.c.state)
        with self._store.read() as connection:
            rows = connection.execute(kept).all()
        old = [row.id for row in rows[keep:] if row.state == DeliveryState.SENT]
        if old:
            with self._store.write() as connection:
                connection.execute(update(outbox).where(outbox.c.id.in_(old)).values(message=b""))
        return len(old)


def _rows_of_feed(recipient: str) -> Select[Any]:
    """Select the rows of a feed that were not discarded, newest first."""
    mine = and_(outbox.c.channel == FEED, outbox.c.recipient == recipient)
    return select(outbox).where(mine, outbox.c.state != DeliveryState.DISCARDED).order_by(outbox.c.id.desc())
