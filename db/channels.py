"""Channels of the outbox other than mail: webhooks that moved or are gone, and the messages that a feed shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, update

from db.outbox_queues import UNSENT, end_pause, reinstate_address, rows_of
from db.tables import outbox
from monitor.model.deliveries import FEED, MAIL, DeliveryState, queue_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select

    from db.lease import Store


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
