"""Outbox: one row for each message to one recipient, until the recipient's server has it. Lists: `db.deliveries`.

    PENDING -> SENDING -> DOTTED -> SENT
       ^          |          |
       +----------+----------+----> HELD (a person decides), REFUSED (the address is retired), DISCARDED

Each step is a transaction of its own, committed before the next thing happens outside: a row in SENDING was certainly not
accepted when its run died; a row in DOTTED may have been. A step needs the token that `claim` gave out. A run that lost its
row to another run gets LeaseError, before the final dot and so without harm.

Rows wait in queues (`monitor.model.deliveries`): an outbox hands out the rows of one queue, and lists those of all.
`monitor.model.retries` decides when a row is tried again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, case, func, not_, or_, select, update

from db.addresses import (
    count_erasable,
    count_erased,
    erase,
    forget_bounces,
    load_retired,
    reinstate_address,
    retire_address,
)
from db.deliveries import Deliveries, load_originals
from db.outbox_steps import copy_for, count_ambiguous, decide, is_recorded, set_columns, settle, step, take
from db.queue_pauses import end_pause, extend_pause, load_pauses
from db.rows import insert_rows, save_fact
from db.sending_turns import closed_domains, goes_to, turn_in_line
from db.tables import outbox
from monitor.errors import ArchiveError, BrokenOffError
from monitor.model.deliveries import (
    FEED,
    MAIL,
    SIGN_UP_SUBJECT,
    UNDER_WAY,
    UNSENT,
    WAITED_IN_BACKUP,
    WEBHOOKS,
    Delivery,
    DeliveryState,
    queue_of,
)
from monitor.model.jobs import deliver_job
from monitor.model.limits import NO_LIMITS, RELAY
from monitor.model.retries import (
    AMBIGUOUS_WAIT,
    JUST_NOW,
    LONGEST_PUT_OFF,
    Tries,
    after_failure,
    after_refusal,
    after_server_failure,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select

    from db.store import Store
    from monitor.model.deliveries import Forgotten
    from monitor.model.digests import Mail
    from monitor.model.limits import SendingLimits

_RESTING = (DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.REFUSED)
_REPLIED = (*UNDER_WAY, DeliveryState.HELD)
"""States in which a server's reply may find a message: one that came late may find it held."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Outbox of an archive. Every method is one transaction, except `add`, which is part of its caller's.

    `queue`: the queue that is recovered, claimed, paused and resumed.
    """

    store: Store
    queue: str = MAIL

    @property
    def deliveries(self) -> Deliveries:
        """Deliveries of all queues as lists and figures."""
        return Deliveries(self.store)

    def of(self, queue: str) -> Outbox:
        """Return the outbox for another queue."""
        return replace(self, queue=queue)

    # -- in -----------------------------------------------------------------------------------------------------------

    def add(self, connection: Connection, digest_id: int | None, mails: Iterable[Mail], now: datetime) -> int:
        """Add messages within the transaction that stores their digest; returns how many.

        `digest_id` is None for mail to the operator. Messages for a retired address are put aside at once.
        """
        retired = load_retired(connection)
        rows = []
        for mail in mails:
            since = retired.get(mail.recipient.lower())
            rows.append(
                {
                    "digest_id": digest_id,
                    "recipient": mail.recipient,
                    "channel": mail.channel,
                    "message_id": mail.message_id,
                    "subject": mail.subject,
                    "message": mail.message,
                    "state": DeliveryState.PENDING if since is None else DeliveryState.REFUSED,
                    "error": since and since.sentence,
                    "created_at": now,
                }
            )
        self._add_jobs(connection, insert_rows(connection, outbox, rows))
        return len(rows)

    def _add_jobs(self, connection: Connection, row_ids: Iterable[int]) -> None:
        """Add a job for each of these messages, if workers share the work."""
        if self.store.jobs is not None:
            self.store.jobs.add(connection, map(deliver_job, row_ids))

    def _bring_forward(self, connection: Connection, row_ids: Iterable[int]) -> None:
        """Let the jobs of these messages wait no longer, if workers share the work."""
        if self.store.jobs is not None:
            self.store.jobs.bring_forward(connection, [deliver_job(row_id).unit for row_id in row_ids])

    def put(self, mail: Mail, facts: Mapping[str, str]) -> None:
        """Add a mail that belongs to no digest, and set facts about the archive with it, all or nothing."""
        with self.store.write() as connection:
            self.add(connection, None, [mail], self.store.clock())
            for key, value in facts.items():
                save_fact(connection, key, value)

    def resend(self, digest_id: int, recipient: str | None, now: datetime, *, is_passed_on: bool = False) -> int:
        """Add copies of a digest's messages for `recipient`, or for the first recipients; returns how many.

        `is_passed_on`: the recipient is somebody else, who gets no links of the reader. Raises ArchiveError where there are
        no messages, their bytes are gone, or they can't go to another recipient.
        """
        with self.store.write() as connection:
            rows = load_originals(connection, digest_id)
            if not rows:
                raise ArchiveError(f"digest {digest_id} has no mail: `pqwatch digest list` lists those that were sent")
            if not all(row.message for row in rows):
                raise ArchiveError(f"the mail of digest {digest_id} is not kept any more, so it can't be sent again")
            if recipient is not None and rows[0].channel != MAIL:
                raise ArchiveError(
                    f"digest {digest_id} is for {rows[0].recipient}: send it again without another address"
                )
            copies = select(func.count()).where(outbox.c.copy_of == rows[0].id)
            number = connection.execute(copies).scalar_one() + 1
            copied = [copy_for(row, recipient or row.recipient, number, now, is_passed_on=is_passed_on) for row in rows]
            self._add_jobs(connection, insert_rows(connection, outbox, copied))
            return len(rows)

    # -- out ----------------------------------------------------------------------------------------------------------

    def recover(self, now: datetime, *, on_ambiguous: str, is_idempotent: bool) -> tuple[Delivery, ...]:
        """Take up the rows that earlier runs left; returns the messages that may have gone already, in their new state.

        Call it while holding the archive, when no other run is alive. SENDING was certainly not accepted and is tried again.
        DOTTED is tried again at once where doing it twice does no harm (`is_idempotent`), else held (`on_ambiguous` "hold"),
        or after a wait sent again, the same bytes, at most twice ("resend").
        """
        with self.store.write() as connection:
            of_queue = _rows_of(self.queue)
            connection.execute(
                update(outbox)
                .where(of_queue, outbox.c.state == DeliveryState.SENDING)
                .values(state=DeliveryState.PENDING, claim=None)
            )
            dotted = select(outbox).where(of_queue, outbox.c.state == DeliveryState.DOTTED).order_by(outbox.c.id)
            if is_idempotent:
                for row in connection.execute(dotted).all():
                    set_columns(connection, row.id, state=DeliveryState.PENDING, claim=None, next_try_at=None)
                return ()
            if on_ambiguous != "hold":
                dotted = dotted.where(outbox.c.dotted_at <= now - AMBIGUOUS_WAIT)
            return tuple(settle(connection, row, on_ambiguous) for row in connection.execute(dotted).all())

    def claim(
        self, now: datetime, limits: SendingLimits = NO_LIMITS, *, avoid: Collection[str] = ()
    ) -> tuple[Delivery, str] | None:
        """Take the next message that may go, with the token for its further steps; None: nothing may go.

        `avoid`: receiving domains of which none is taken.

        Messages that were never tried come first, so that one that brings the server down each time does not stop them.
        The limits hold for all processes together, since each takes its turn in the transaction that takes the message.
        """
        with self.store.write() as connection:
            if self._is_paused(connection, now):
                return None
            closed = closed_domains(connection, limits, now)
            if RELAY in closed:
                return None
            query = _except(_due(self.queue, is_taken=True), {*closed, *avoid})
            row = connection.execute(query, {"now": now}).first()
            if row is None:
                return None
            return take(connection, row, limits, now, ambiguous=row.ambiguous)

    def look_at(self, row_id: int, now: datetime) -> tuple[str, datetime] | None:
        """Return the queue of a message and when it may be tried, `now` for at once.

        None: it is finished, or held for a person.
        """
        with self.store.read() as connection:
            row = connection.execute(_UNFINISHED, {"row": row_id}).first()
            if row is None:
                return None
            later = _not_before(connection, row, now, is_idempotent=False, is_held=False)
            return queue_of(row.channel, row.recipient), later or now

    def claim_one(
        self,
        row_id: int,
        now: datetime,
        *,
        on_ambiguous: str,
        is_idempotent: bool,
        limits: SendingLimits = NO_LIMITS,
    ) -> tuple[Delivery, str] | datetime | None:
        """Take a certain message, with the token for its further steps.

        Returns an instant if it has to wait until then, and None if it is finished, or held for a person. Of the limits
        those of its domain count. The queue of jobs gives a message to one worker at a time. So a row in SENDING or DOTTED
        was left by a worker that is dead or stands still, and is taken up as `recover` does: the new token ends what the old
        one might still do before the final dot.
        """
        with self.store.write_own() if limits == NO_LIMITS else self.store.write() as connection:
            row = connection.execute(_UNFINISHED_TO_TAKE, {"row": row_id}).first()
            if row is None:
                return None
            if later := _not_before(connection, row, now, is_idempotent=is_idempotent, is_held=on_ambiguous == "hold"):
                return later
            if turn := turn_in_line(connection, limits, row, now):
                return turn
            ambiguous = row.ambiguous
            if row.state == DeliveryState.DOTTED and not is_idempotent:
                settled = settle(connection, row, on_ambiguous)
                if settled.state is DeliveryState.HELD:
                    return None
                ambiguous = settled.ambiguous
            return take(connection, row, limits, now, ambiguous=ambiguous)

    def due_ids(self, now: datetime) -> list[int]:
        """List the messages of all queues that are due or were left by a dead run, oldest first; also of paused queues."""
        return self.store.scalars(select(outbox.c.id).where(_is_due_or_left(now)).order_by(outbox.c.id))

    def dotted(self, row_id: int, token: str, now: datetime) -> None:
        """Note that everything but the final dot was sent. Raises LeaseError: then the dot must not be sent."""
        with self.store.write_own() as connection:
            step(connection, row_id, token, (DeliveryState.SENDING,), state=DeliveryState.DOTTED, dotted_at=now)

    def sent(self, row_id: int, token: str, now: datetime, reply: str) -> None:
        """Note that the server has the message, so its address is good. Safe to repeat. Raises LeaseError."""
        with self.store.write_own() as connection:
            # The commit may be done already, though the connection broke before that was known.
            if is_recorded(connection, row_id, reply):
                return
            values = {"state": DeliveryState.SENT, "sent_at": now, "reply": reply, "error": None, "next_try_at": None}
            step(connection, row_id, token, _REPLIED, claim=None, **values)
            row = connection.execute(_RECIPIENT, {"this": row_id}).one()
            if reinstate_address(connection, row.recipient, sent_since=row.claimed_at):
                forget_bounces(connection, row.recipient, now)
            end_pause(connection, self.queue)

    def ambiguous(self, row_id: int, token: str, error: str) -> None:
        """Note that the final dot was sent and no reply came; `recover` takes the row up later. Raises LeaseError."""
        with self.store.write_own() as connection:
            step(connection, row_id, token, (DeliveryState.DOTTED,), claim=None, error=error)
            count_ambiguous(connection, row_id)

    def failed(
        self, row_id: int, token: str, now: datetime, error: str, scope: str, *, wait: timedelta | None = None
    ) -> DeliveryState:
        """Note that a message was certainly not accepted; returns its new state. Raises LeaseError.

        `scope` and `wait`: as in DeliveryError. "message": tried again after 1 minute, doubling to 4 hours, held after 5
        days. "recipient": tried once a day; on the third day it is refused and its address retired. "server": the whole
        queue waits, 1 minute doubling to 4 hours, and the try does not count. A mail to somebody who signed up is discarded
        instead of held or refused: any visitor may have typed the address.
        """
        with self.store.write() as connection:
            row = connection.execute(select(outbox).where(outbox.c.id == row_id)).first()
            if row is None:
                raise BrokenOffError(f"mail {row_id} is no longer in the outbox: another run erased it")
            tries = Tries(**{field.name: getattr(row, field.name) for field in fields(Tries)})
            if scope == "server":
                after = after_server_failure(tries, extend_pause(connection, self.queue, now, error, wait))
            elif scope == "recipient":
                is_retired = row.recipient.lower() in load_retired(connection)
                after = after_refusal(tries, now, is_retired=is_retired)
            else:
                after = after_failure(tries, now)
            is_sign_up = row.digest_id is None and row.subject == SIGN_UP_SUBJECT
            if is_sign_up and after.state in (DeliveryState.REFUSED, DeliveryState.HELD):
                # Nothing is to be decided about it: the link in it has ended by now.
                after = replace(after, state=DeliveryState.DISCARDED)
            step(connection, row_id, token, _REPLIED, claim=None, error=error, **asdict(after))
            if after.state is DeliveryState.REFUSED:
                retire_address(connection, row.recipient, now)
            return after.state

    def give_back(self, row_id: int, token: str, now: datetime) -> None:
        """Let another connection send a message, of which nothing went; the try does not count. Raises LeaseError."""
        with self.store.write_own() as connection:
            attempts = connection.execute(select(outbox.c.attempts).where(outbox.c.id == row_id)).scalar_one_or_none()
            values = {"attempts": (attempts or 1) - 1, "next_try_at": now}
            step(connection, row_id, token, UNDER_WAY, state=DeliveryState.PENDING, claim=None, **values)

    def has_just_sent(self, now: datetime) -> bool:
        """Return whether the server of the queue took a message within the last seconds, from whatever process."""
        lately = select(outbox.c.id).where(_rows_of(self.queue), outbox.c.sent_at > now - JUST_NOW)
        return bool(self.store.scalars(lately.limit(1)))

    def is_due(self, now: datetime) -> bool:
        """Return whether anything of any queue could go now: a row whose time has come, or one that a dead run left."""
        with self.store.read() as connection:
            paused = {queue for queue, pause in load_pauses(connection).items() if pause.is_on(now)}
            query = select(outbox.c.channel, outbox.c.recipient).where(_is_due_or_left(now)).distinct()
            return any(queue_of(row.channel, row.recipient) not in paused for row in connection.execute(query))

    def next_turn(self, now: datetime, limits: SendingLimits = NO_LIMITS) -> datetime | None:
        """Return when `claim` is to be tried again where only the limits stand against it; None: nothing is due."""
        with self.store.read() as connection:
            if self._is_paused(connection, now):
                return None
            if connection.execute(_due(self.queue, is_taken=False), {"now": now}).first() is None:
                return None
            closed = closed_domains(connection, limits, now)
            return closed.get(RELAY) or min(closed.values(), default=now)

    def for_threads(self) -> Outbox:
        """Return this outbox for use by several threads at once, which share their waits for the disk."""
        from db.shared_store import SharedStore  # noqa: PLC0415 (only what is used is loaded)

        return replace(self, store=SharedStore(self.store))

    def _is_paused(self, connection: Connection, now: datetime) -> bool:
        pause = load_pauses(connection).get(self.queue)
        return pause is not None and pause.is_on(now)

    # -- pauses -------------------------------------------------------------------------------------------------------

    def pause(self, now: datetime, error: str, *, put_off: Sequence[int] = (), since: datetime | None = None) -> None:
        """Pause the whole queue because its server is not well.

        `put_off`: messages that failed in a row, from the instant `since` on, by the server's fault. Then the pause is a
        quarter of an hour at most; these tries do not count, and none of these messages counts as failing since then.
        """
        with self.store.write() as connection:
            if not put_off:
                extend_pause(connection, self.queue, now, error)
                return
            until = extend_pause(connection, self.queue, now, error, most=LONGEST_PUT_OFF)
            values = {
                "attempts": outbox.c.attempts - 1,
                "next_try_at": until,
                "failing_since": case((outbox.c.failing_since >= since, None), else_=outbox.c.failing_since),
            }
            these = outbox.c.id.in_(put_off), outbox.c.state == DeliveryState.PENDING
            connection.execute(update(outbox).where(*these).values(**values))

    def paused(self, now: datetime) -> str | None:
        """Explain in a sentence why the queue is paused, and how long; None: it is not."""
        return self.all_paused(now).get(self.queue)

    def all_paused(self, now: datetime) -> dict[str, str]:
        """Explain the pause of every queue that is paused, by its name; mail first."""
        with self.store.read() as connection:
            pauses = load_pauses(connection)
        return {queue: pause.sentence(queue) for queue, pause in pauses.items() if pause.is_on(now)}

    def pauses_in_a_row(self) -> int:
        """Count the pauses of the queue since its server took a message."""
        with self.store.read() as connection:
            pause = load_pauses(connection).get(self.queue)
        return pause.failures if pause else 0

    def resume(self) -> None:
        """End the pause of the queue: a person asks for a try now."""
        with self.store.write() as connection:
            self._resume(connection, self.queue)

    # -- decisions of a person ----------------------------------------------------------------------------------------

    def release(self, row_id: int) -> None:
        """Try a held, refused or waiting message again now, with all its tries before it. Raises ArchiveError."""
        with self.store.write() as connection:
            fresh = {"failing_since": None, "refusals": 0, "refused_on": None, "next_try_at": None, "attempts": 0}
            decide(connection, row_id, _RESTING, "released", state=DeliveryState.PENDING, **fresh)
            row = connection.execute(select(outbox.c.channel, outbox.c.recipient).where(outbox.c.id == row_id)).one()
            end_pause(connection, queue_of(row.channel, row.recipient))
            self._add_jobs(connection, [row_id])
            self._bring_forward(connection, [row_id])

    def discard(self, row_id: int) -> None:
        """Never send a message that is not sent yet. Raises ArchiveError."""
        with self.store.write() as connection:
            states = (*_RESTING, DeliveryState.DOTTED)
            decide(connection, row_id, states, "discarded", state=DeliveryState.DISCARDED, claim=None)

    def count_erasable(self, address: str) -> Forgotten:
        """Count what `forget` would erase."""
        return count_erasable(self.store, address)

    def count_erased(self) -> int:
        """Count the subscribers who were erased."""
        return count_erased(self.store)

    def forget(self, address: str, before_commit: Callable[[], None] = lambda: None) -> Forgotten:
        """Erase an address, its mails and the names of its subscriptions; what was not sent never will be.

        All or nothing: if `before_commit`, which is called last, raises, nothing is erased. See db.addresses.
        """
        return erase(self.store, address, before_commit)

    # -- channels other than mail -------------------------------------------------------------------------------------

    def reset_queue(self, queue: str) -> None:
        """Forget the failures of a queue whose receiver has another address now."""
        with self.store.write() as connection:
            reinstate_address(connection, queue)
            self._resume(connection, queue, refusals=0, refused_on=None)

    def _resume(self, connection: Connection, queue: str, **values: Any) -> None:
        """End the pause of a queue, and the waits of its messages."""
        end_pause(connection, queue)
        waits = _rows_of(queue), outbox.c.state == DeliveryState.PENDING
        row_ids = list(connection.execute(select(outbox.c.id).where(*waits)).scalars())
        connection.execute(update(outbox).where(*waits).values(next_try_at=None, **values))
        self._bring_forward(connection, row_ids)

    def hold_orphans(self, queues: Collection[str]) -> list[str]:
        """Hold the messages of webhooks and feeds that are not among `queues`; returns a sentence for each message held."""
        query = select(outbox.c.id, outbox.c.channel, outbox.c.recipient)
        query = query.where(outbox.c.channel != MAIL, outbox.c.state.in_(UNSENT)).order_by(outbox.c.id)
        waiting = self.store.rows(query)
        orphans = [row for row in waiting if queue_of(row.channel, row.recipient) not in queues]
        if not orphans:
            return []
        sentences = []
        with self.store.write() as connection:
            for row in orphans:
                error = f"config.toml no longer has {row.recipient}"
                held = {"state": DeliveryState.HELD, "claim": None, "next_try_at": None, "error": error}
                connection.execute(update(outbox).where(outbox.c.id == row.id).values(**held))
                sentences.append(
                    f"message {row.id} is held, because {error}: put it back and `pqwatch deliver --release {row.id}`, "
                    "or `--discard` in its place gives up"
                )
        return sentences

    def hold_restored(self) -> int:
        """Hold all that waits in an archive that was restored, because it may have gone since; return how many."""
        held = {"state": DeliveryState.HELD, "claim": None, "next_try_at": None, "error": WAITED_IN_BACKUP}
        with self.store.write() as connection:
            return connection.execute(update(outbox).where(outbox.c.state.in_(UNSENT)).values(**held)).rowcount


# Built once, as the statements of db.outbox_steps.
_UNFINISHED: Final = select(outbox).where(outbox.c.id == bindparam("row"), outbox.c.state.in_(UNSENT))
_UNFINISHED_TO_TAKE: Final = _UNFINISHED.with_for_update()
_RECIPIENT: Final = select(outbox.c.recipient, outbox.c.claimed_at).where(outbox.c.id == bindparam("this"))


# -- queues -----------------------------------------------------------------------------------------------------------


def _not_before(
    connection: Connection, row: Row[Any], now: datetime, *, is_idempotent: bool, is_held: bool
) -> datetime | None:
    """Return until when an unfinished message waits; None: it may be tried now."""
    until: datetime = now
    if row.state == DeliveryState.DOTTED and not is_idempotent and not is_held:
        until = row.dotted_at + AMBIGUOUS_WAIT
    elif row.state == DeliveryState.PENDING and row.next_try_at is not None:
        until = row.next_try_at
    if pause := load_pauses(connection).get(queue_of(row.channel, row.recipient)):
        until = max(until, pause.until)
    return until if now < until else None


def _rows_of(queue: str) -> ColumnElement[bool]:
    """Return the condition for the rows of a queue."""
    if queue in (MAIL, FEED):
        return outbox.c.channel == queue
    return and_(outbox.c.channel.in_(WEBHOOKS), outbox.c.recipient == queue)


def _is_due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition for the rows that wait and whose time has come."""
    is_over = or_(outbox.c.next_try_at.is_(None), outbox.c.next_try_at <= now)
    return and_(outbox.c.state == DeliveryState.PENDING, is_over)


def _is_due_or_left(now: datetime) -> ColumnElement[bool]:
    """Return the condition for the rows that are due, and for those that a dead run may have left."""
    return or_(
        _is_due(now),
        outbox.c.state == DeliveryState.SENDING,
        and_(outbox.c.state == DeliveryState.DOTTED, outbox.c.dotted_at <= now - AMBIGUOUS_WAIT),
    )


def _except(query: Select[Any], domains: Collection[str]) -> Select[Any]:
    """Leave out the messages to these domains."""
    others = [not_(goes_to(domain)) for domain in domains]
    return query.where(*others) if others else query


@lru_cache(maxsize=100)
def _due(queue: str, *, is_taken: bool) -> Select[Any]:
    """Select the next message of a queue that is due `now`. Built once: that takes longer than executing it."""
    query = (
        select(outbox)
        .where(_rows_of(queue), _is_due(bindparam("now")))
        .order_by(outbox.c.next_try_at.nulls_first(), outbox.c.id)
        .limit(1)
    )
    return query.with_for_update(skip_locked=True) if is_taken else query
