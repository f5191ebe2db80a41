"""Deliveries as lists and figures, and the bytes of their messages, which are dropped in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, or_, select, update

from db.addresses import list_retired
from db.rows import IDS, select_in
from db.tables import HAS_BYTES, IS_OF_FEED, outbox
from monitor.model.deliveries import FEED, MAILS_COUNTED, SIGN_UP_SUBJECT, UNSENT, Delivery, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select, Update

    from db.store import Store
    from monitor.model.deliveries import Retired


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A row of the outbox without its message. `error`: why the last try failed."""

    id: int
    digest_id: int | None
    recipient: str
    message_id: str
    subject: str
    state: DeliveryState
    attempts: int
    ambiguous: int
    created_at: datetime
    next_try_at: datetime | None
    sent_at: datetime | None
    reply: str | None
    error: str | None
    copy_of: int | None
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFigures:
    """Figures of all queues.

    `waiting`: messages still to be sent; `oldest`: when the first of them was written. `tries`: of the `newest` messages,
    `MAILS_COUNTED` at most; `tried_again`: how many of these took more than one.
    """

    waiting: int
    oldest: datetime | None
    newest: int
    tries: int
    tried_again: int


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Deliveries of an archive, of all queues. Every method is one transaction."""

    store: Store

    def retired(self) -> tuple[Retired, ...]:
        """List the addresses to which nothing is sent any more, then others with mails put aside."""
        with self.store.read() as connection:
            return list_retired(connection)

    def listing(self, *states: DeliveryState) -> tuple[OutboxEntry, ...]:
        """List the rows in these states, or in all, oldest first."""
        columns = [column for column in outbox.c if column.name in OutboxEntry.__dataclass_fields__]
        query = select(*columns).order_by(outbox.c.id)
        if states:
            query = query.where(outbox.c.state.in_(states))
        rows = self.store.rows(query)
        return tuple(OutboxEntry(**{**row._asdict(), "state": DeliveryState(row.state)}) for row in rows)

    def counts(self, *states: DeliveryState) -> dict[DeliveryState, int]:
        """Count the rows in each of these states, or in all. Only to count what was sent takes long."""
        query = _COUNTS.where(outbox.c.state.in_(states)) if states else _COUNTS
        counts = {DeliveryState(state): count for state, count in self.store.rows(query)}
        return {state: counts.get(state, 0) for state in states or DeliveryState}

    def figures(self) -> OutboxFigures:
        """Count what waits, since when, and the tries."""
        with self.store.read() as connection:
            waiting, oldest = connection.execute(_WAITING).one()
            newest, tries, again = connection.execute(_TRIES).one()
        return OutboxFigures(waiting=waiting, oldest=oldest, newest=newest, tries=tries or 0, tried_again=again or 0)

    def has_failed(self) -> bool:
        """Say whether a message whose last try failed waits for another; mail to those who sign up does not count."""
        return bool(self.store.scalars(_FAILED))

    def has_waiting_notice(self, recipient: str, subject_end: str) -> bool:
        """Say whether a message to an address still waits that belongs to no digest, and whose subject ends so."""
        return bool(self.store.scalars(_WAITING_NOTICE, {"recipient": recipient, "end": subject_end}))

    def get(self, row_id: int) -> Delivery | None:
        """Return a message with its bytes, which are empty where they are no longer kept; None: there is no such row."""
        return next(map(delivery_of, self.store.rows(select(outbox).where(outbox.c.id == row_id))), None)

    def of_digest(self, digest_id: int) -> tuple[Delivery, ...]:
        """Return the messages of a digest in the order of its parts, without copies."""
        with self.store.read() as connection:
            return tuple(delivery_of(row) for row in load_originals(connection, digest_id))

    def states_of_digests(self, digest_ids: Collection[int]) -> dict[int, tuple[DeliveryState, ...]]:
        """Return the states of each digest's messages, by the row id of the digest: each state once, without copies."""
        found: dict[int, list[DeliveryState]] = {}
        with self.store.read() as connection:
            for row in select_in(connection, _STATES, digest_ids):
                found.setdefault(row.digest_id, []).append(DeliveryState(row.state))
        return {digest_id: tuple(dict.fromkeys(states)) for digest_id, states in found.items()}

    def purge(self, before: datetime) -> int:
        """Drop the bytes of finished messages that were written before an instant, and return their number.

        Feeds keep theirs: see `trim_feed`.

        The rows stay, so that nothing is sent twice. Refused messages are discarded too: they can't be released any more.
        """
        with self.store.write() as connection:
            return connection.execute(_PURGED, {"before": before}).rowcount

    # -- feeds --------------------------------------------------------------------------------------------------------

    def feed_messages(self, recipient: str, limit: int) -> list[bytes]:
        """Return the newest messages of a feed that are still kept, newest first."""
        newest = _rows_of_feed(recipient).where(HAS_BYTES).with_only_columns(outbox.c.message)
        return [bytes(message) for message in self.store.scalars(newest.limit(limit))]

    def trim_feed(self, recipient: str, keep: int) -> int:
        """Drop the bytes of a feed's messages, except the newest and those that wait, and return their number.

        Each message holds at least one entry, so the `keep` newest fill the feed.
        """
        kept = _rows_of_feed(recipient).where(HAS_BYTES).with_only_columns(outbox.c.id, outbox.c.state)
        rows = self.store.rows(kept)
        old = [row.id for row in rows[keep:] if row.state == DeliveryState.SENT]
        if old:
            with self.store.write() as connection:
                connection.execute(update(outbox).where(outbox.c.id.in_(old)).values(message=b""))
        return len(old)


def _purged() -> Update:
    is_done = outbox.c.state.not_in((*UNSENT, DeliveryState.HELD))  # IN would lead SQLite to the index by state
    given_up = case((outbox.c.state == DeliveryState.REFUSED, DeliveryState.DISCARDED), else_=outbox.c.state)
    is_old = outbox.c.channel != FEED, outbox.c.created_at < bindparam("before"), HAS_BYTES
    return update(outbox).where(is_done, *is_old).values(message=b"", state=given_up)


_PURGED = _purged()
_WAITING = select(func.count(), func.min(outbox.c.created_at)).where(outbox.c.state.in_(UNSENT))
_LAST = select(outbox.c.attempts).order_by(outbox.c.id.desc()).limit(MAILS_COUNTED).subquery()
_TRIES = select(func.count(), func.sum(_LAST.c.attempts), func.sum(case((_LAST.c.attempts > 1, 1), else_=0)))
_FAILED = (
    select(outbox.c.id)
    .where(
        outbox.c.state == DeliveryState.PENDING,
        outbox.c.error.is_not(None),
        or_(outbox.c.digest_id.is_not(None), outbox.c.subject != SIGN_UP_SUBJECT),
    )
    .limit(1)
)
_WAITING_NOTICE = (
    select(outbox.c.id)
    .where(
        outbox.c.state == DeliveryState.PENDING,
        outbox.c.digest_id.is_(None),
        outbox.c.recipient == bindparam("recipient"),
        outbox.c.subject.endswith(bindparam("end")),
    )
    .limit(1)
)
_COUNTS = select(outbox.c.state, func.count()).group_by(outbox.c.state)
_STATES = (
    select(outbox.c.digest_id, outbox.c.state)
    .where(outbox.c.digest_id.in_(IDS), outbox.c.copy_of.is_(None))
    .order_by(outbox.c.id)
)
"""Built once: each run executes them, and building a statement takes longer than executing it."""


def delivery_of(row: Row[Any], **changed: Any) -> Delivery:
    """Return a row of the outbox as a delivery, with these facts in place of the row's."""
    values = {name: getattr(row, name) for name in Delivery.__dataclass_fields__} | changed
    return Delivery(**{**values, "state": DeliveryState(values["state"])})


def load_originals(connection: Connection, digest_id: int) -> Sequence[Row[Any]]:
    """Load the messages of a digest in the order of its parts, without copies."""
    originals = select(outbox).where(outbox.c.digest_id == digest_id, outbox.c.copy_of.is_(None))
    return connection.execute(originals.order_by(outbox.c.id)).all()


def _rows_of_feed(recipient: str) -> Select[Any]:
    """Select the rows of a feed that were not discarded, newest first."""
    of_feed = IS_OF_FEED, outbox.c.recipient == recipient
    return select(outbox).where(*of_feed, outbox.c.state != DeliveryState.DISCARDED).order_by(outbox.c.id.desc())
