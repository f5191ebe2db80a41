"""What the outbox is asked for ways out that are no mail: a webhook that moved or is gone, and what stands in a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, update

from db import outbox_queues
from db.outbox_queues import UNSENT, reinstate_address, rows_of
from db.tables import outbox
from monitor.model.deliveries import FEED, MAIL, DeliveryState, queue_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select

    from db.lease import Store


class Outlets:
    """Ways out that are no mail. Every method is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def moved(self, queue: str) -> None:
        """Who takes what is in a queue is somewhere else now: what is said of where he was does not count."""
        with self._store.write() as connection:
            outbox_queues.end_pause(connection, queue)
            reinstate_address(connection, queue)
            waiting = update(outbox).where(rows_of(queue), outbox.c.state == DeliveryState.PENDING)
            connection.execute(waiting.values(next_try_at=None, refusals=0, refused_on=None))

    def strand(self, queues: Collection[str]) -> list[str]:
        """Hold what waits in queues that nobody empties any more, all but these; a sentence for each message held."""
        query = select(outbox.c.id, outbox.c.channel, outbox.c.recipient)
        query = query.where(outbox.c.channel != MAIL, outbox.c.state.in_(UNSENT)).order_by(outbox.c.id)
        with self._store.read() as connection:
            waiting = connection.execute(query).all()
        gone = [row for row in waiting if queue_of(row.channel, row.recipient) not in queues]
        if not gone:
            return []
        told = []
        with self._store.write() as connection:
            for row in gone:
                error = f"config.toml no longer has {row.recipient}"
                held = {"state": DeliveryState.HELD, "claim": None, "next_try_at": None, "error": error}
                connection.execute(update(outbox).where(outbox.c.id == row.id).values(**held))
                told.append(f"message {row.id} is held, because {error}: put it back and `pqwatch deliver --release "
                            f"{row.id}`, or `--discard` in its place gives up")  # fmt: skip
        return told

    def frozen(self, recipient: str, limit: int) -> list[bytes]:
        """What was composed last for a feed, newest first: of so many rows that still hold it."""
        newest = _of_feed(recipient).where(outbox.c.message != b"").with_only_columns(outbox.c.message).limit(limit)
        with self._store.read() as connection:
            return [bytes(message) for message in connection.execute(newest).scalars()]

    def thin(self, recipient: str, keep: int) -> int:
        """Drop the bytes of a feed's rows but for so many of the newest, and of those that wait; returns of how many.

        Each row holds an entry or more, so those that stay fill the feed.
        """
        with self._store.read() as connection:
            there = _of_feed(recipient).where(outbox.c.message != b"").with_only_columns(outbox.c.id, outbox.c.state)
            old = [row.id for row in connection.execute(there).all()[keep:] if row.state == DeliveryState.SENT]
        if old:
            with self._store.write() as connection:
                connection.execute(update(outbox).where(outbox.c.id.in_(old)).values(message=b""))
        return len(old)


def _of_feed(recipient: str) -> Select[Any]:
    """The rows of a feed that nobody gave up, newest first."""
    mine = and_(outbox.c.channel == FEED, outbox.c.recipient == recipient)
    return select(outbox).where(mine, outbox.c.state != DeliveryState.DISCARDED).order_by(outbox.c.id.desc())
