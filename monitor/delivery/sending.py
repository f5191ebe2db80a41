"""Send the messages of one queue, one at a time on each connection, and record each step before the next.

    claim          committed: SENDING     a crash here: certainly not accepted, so it is tried again at once
    mail, body
    before_dot     committed: DOTTED      a crash here: only the server knows
    final dot, reply
    accepted       committed: SENT

SMTP can't deliver exactly once (RFC 1047): a crash between the final dot and the record of the reply may lead to a second
copy. Such a mail is counted as ambiguous, keeps its Message-ID, and is sent at most twice more.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.errors import AmbiguousDeliveryError, DeliveryError, LockedError, SilentServerError, UnreachableError
from monitor.model.deliveries import DeliveryState
from monitor.model.limits import NO_LIMITS, domain_of_address

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from db.outbox import Outbox
    from monitor.delivery.late_replies import LateReplies
    from monitor.model.deliveries import Delivery
    from monitor.model.limits import SendingLimits
    from monitor.ports import Mailer

LOG = logging.getLogger(__name__)

SEVERAL = 3
"""Mails put off in a row after which the server counts as the cause, so that the queue pauses."""
_FEW_PAUSES = 4
"""Pauses in a row after which more mails may be put off in a row: twice as many after each."""
_DOUBLINGS = 10

_TRIES_TO_RECORD = 3
_SLEEP_AT_ONCE = 0.5
"""Seconds: a pause or wait is slept in pieces, so that a signal is heard."""

_CONSEQUENCE = {
    DeliveryState.REFUSED: " (put aside, as is all that comes for this address)",
    DeliveryState.HELD: " (held after five days: `pqwatch status` shows it, `pqwatch deliver --release ID` tries again)",
    DeliveryState.DISCARDED: " (given up: somebody who signed up gave this address)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Speed of sending: within `limits`, for `time_limit` at most (None: until nothing is due)."""

    limits: SendingLimits = NO_LIMITS
    time_limit: timedelta | None = None
    sleep: Callable[[float], object] = time.sleep


NO_PACE = Pace()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLimit:
    """Limit of the attempts to record a reply while the database is away: `seconds`, or until the program has to end.

    `seconds_left()`: seconds until the program has to end.
    """

    seconds: float = 60
    seconds_left: Callable[[], float] = lambda: math.inf
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.monotonic

    def is_over(self, began: float) -> bool:
        """Return whether it is time to give up."""
        return self.now() - began >= self.seconds or self.seconds_left() <= 0

    def pause(self, tries: int) -> None:
        """Wait before the next attempt, longer each time."""
        until = self.now() + min(2.0 ** (tries - 2), 10.0)
        while (left := until - self.now()) > 0 and self.seconds_left() > 0:
            self.sleep(min(left, _SLEEP_AT_ONCE))


DEFAULT_RETRY_LIMIT = RetryLimit()


@dataclass(slots=True)
class SendingCounts:
    """Counts and failures so far.

    `put_off`: failure texts of the last mails in a row that the server may have caused; `put_off_to`: their domains.
    `paused_by`: why the queue was paused. Another connection may end the pause by a mail that goes, and this mail waits all
    the same.
    """

    sent: int = 0
    refused: int = 0
    paused_by: str | None = None
    unknown_in_a_row: int = 0
    failures: list[str] = field(default_factory=list)
    put_off: dict[int, str] = field(default_factory=dict)
    put_off_to: set[str] = field(default_factory=set)
    put_off_since: datetime | None = None

    def end_row(self) -> None:
        """Count the failures in a row as the mails' own, because another mail went or the queue is empty."""
        self.failures += self.put_off.values()
        self.put_off.clear()
        self.put_off_to.clear()
        self.put_off_since = None


class _Stopped(Exception):  # noqa: N818 (not an error: the mail is broken off before its dot)
    pass


@dataclass(slots=True, kw_only=True)
class QueueRun:
    """One run through a queue, by one or several threads.

    `is_over` is set when no further mail is to be taken: the queue pauses, or a thread failed. `is_broken_off` is set when
    no mail may pass its final dot any more. `connections`: the number at work. `do_others_send()`: whether other
    processes are sending at the moment. One that the server refuses while others are at work is only one too many.
    """

    outbox: Outbox
    clock: Callable[[], datetime]
    late: LateReplies | None
    retry_limit: RetryLimit
    pace: Pace = NO_PACE
    tally: SendingCounts = field(default_factory=SendingCounts)
    is_over: threading.Event = field(default_factory=threading.Event)
    is_broken_off: threading.Event = field(default_factory=threading.Event)
    connections: int = 1
    do_others_send: Callable[[], bool] = lambda: False
    _deciding: threading.Condition = field(default_factory=threading.Condition)
    _given_back: int = 0
    _unanswered: int = 0
    _began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def send(self, mailer: Mailer) -> None:
        """Send mails over one connection until nothing is due."""
        is_at_work = True
        try:
            while is_at_work:
                given_back = self._given_back
                claimed = self._next()
                is_at_work = self._is_needed(given_back) if claimed is None else self.hand_over(claimed, mailer)
        except _Stopped:
            pass
        finally:
            mailer.close()

    def _is_needed(self, given_back: int) -> bool:
        """Return whether a mail was given back since nothing was due; else this connection is at work no longer."""
        with self._deciding:
            if self._given_back > given_back:
                return True
            self.connections -= 1
            return False

    def break_off(self) -> None:
        """Take no further mail, and let none pass its final dot."""
        self.is_broken_off.set()
        self.is_over.set()

    def _next(self) -> tuple[Delivery, str] | None:
        """Take the next mail, when its turn has come; None: no mail may go before the time is over."""
        while not self.is_over.is_set():
            now = self.clock()
            if claimed := self._claim(now):
                return claimed
            turn = self.outbox.next_turn(now, self.pace.limits) if self.pace.limits != NO_LIMITS else None
            if turn is None or (self.pace.time_limit is not None and turn - self._began > self.pace.time_limit):
                return None
            if turn > now:
                self.pace.sleep((turn - now).total_seconds())
        return None

    def _claim(self, now: datetime) -> tuple[Delivery, str] | None:
        """Take a mail to another domain than the one whose mails were put off just now, if there is one.

        It shows whether the server takes no mail, or only none to that domain.
        """
        domains = frozenset(self.tally.put_off_to)
        if len(domains) == 1 and (claimed := self.outbox.claim(now, self.pace.limits, avoid=domains)):
            return claimed
        return self.outbox.claim(now, self.pace.limits)

    def hand_over(self, claimed: tuple[Delivery, str], mailer: Mailer) -> bool:
        """Hand a mail over, and decide whether further ones are taken; return False if this connection gives way."""
        began, began_at = self.clock(), time.monotonic()
        failure: DeliveryError | None = None
        is_sent = False
        try:
            is_sent = self._deliver(claimed, mailer)
        except DeliveryError as exc:
            failure = exc
        with self._deciding:
            if failure is not None and failure.at_connecting and (self.connections > 1 or self.do_others_send()):
                self._give_way(claimed, failure)
                return False
            took = time.monotonic() - began_at
            if not self._goes_on(claimed, failure, began, took, is_sent=is_sent, is_local=mailer.is_idempotent):
                self.is_over.set()
        return True

    def _give_way(self, claimed: tuple[Delivery, str], failure: DeliveryError) -> None:
        """Leave a mail to the other connections, because the server takes none besides them."""
        delivery, token = claimed
        self.outbox.give_back(delivery.id, token, self.clock())
        self._given_back += 1
        self.connections -= 1
        LOG.warning("a connection gives way, because others send message_id=%s error=%s", delivery.message_id, failure)

    def _goes_on(
        self,
        claimed: tuple[Delivery, str],
        failure: DeliveryError | None,
        began: datetime,
        took: float,
        *,
        is_sent: bool,
        is_local: bool,
    ) -> bool:
        if isinstance(failure, AmbiguousDeliveryError):
            _record_doubt(self.outbox, claimed, failure)
            self.tally.failures.append(str(failure))
            return self._goes_on_after_silence(str(failure), took)
        if failure is not None:
            return self._goes_on_after_failure(claimed, failure, began, is_local=is_local)
        if not is_sent:
            return self._goes_on_after_silence(f"the mail server is silent about mail {claimed[0].id}", took)
        self.tally.sent += 1
        self.tally.unknown_in_a_row = 0
        self.tally.end_row()
        return True

    def _deliver(self, claimed: tuple[Delivery, str], mailer: Mailer) -> bool:
        """Return whether the server has the mail; False if its reply comes later. Raises DeliveryError."""
        delivery, token = claimed

        def before_dot() -> None:
            if self.is_broken_off.is_set():
                raise _Stopped
            self.outbox.dotted(delivery.id, token, self.clock())

        try:
            mailer.deliver(
                delivery.message, delivery.recipient, before_dot, lambda reply: self._record_sent(claimed, reply)
            )
        except SilentServerError as exc:
            if self.late is None:
                self._record_sent(claimed, exc.wait_on(lambda: math.inf))
                return True
            with self._deciding:
                self._unanswered += 1
            self.late.wait_for(delivery, exc, lambda reply: self._settle(claimed, reply))
            return False
        return True

    def _record_sent(self, claimed: tuple[Delivery, str], reply: str) -> None:
        """Record that the server has a mail, with retries while the database is busy or away.

        Giving up means a second copy, which is flagged as such.
        """
        delivery, token = claimed
        began, tries = self.retry_limit.now(), 0
        while True:
            tries += 1
            try:
                self.outbox.sent(delivery.id, token, self.clock(), reply)
            except (LockedError, UnreachableError) as exc:
                is_away = isinstance(exc, UnreachableError)
                if self.retry_limit.is_over(began) if is_away else tries >= _TRIES_TO_RECORD:
                    LOG.warning(
                        "message may be sent more than once message_id=%s error=not recorded", delivery.message_id
                    )
                    raise
                LOG.warning("not recorded yet message_id=%s error=%s", delivery.message_id, exc)
                if is_away:
                    self.retry_limit.pause(tries)
            else:
                return

    def _settle(self, claimed: tuple[Delivery, str], reply: str | DeliveryError) -> None:
        """Record the late reply to a mail. One that came, whatever it says, is that of a server which is only slow."""
        with self._deciding:
            self._unanswered -= 1
            if not isinstance(reply, AmbiguousDeliveryError):
                self.tally.unknown_in_a_row = 0
            self._deciding.notify_all()
        if isinstance(reply, str):
            self._record_sent(claimed, reply)
        elif isinstance(reply, AmbiguousDeliveryError):
            _record_doubt(self.outbox, claimed, reply)
        else:
            _record_failure(self.outbox, self.clock, claimed, reply)

    def _goes_on_after_silence(self, why: str, took: float) -> bool:
        """Return whether to go on after a mail without a reply: not after the second in a row of a server that is silent.

        `took`: seconds that the mail took. As long again the late reply to an earlier one is waited for.
        """
        tally = self.tally
        tally.end_row()
        tally.unknown_in_a_row += 1
        until = time.monotonic() + took
        while tally.unknown_in_a_row > 1 and self._unanswered and not self.is_broken_off.is_set():
            left = until - time.monotonic()
            if left <= 0:
                break
            self._deciding.wait(min(left, _SLEEP_AT_ONCE))
        if tally.unknown_in_a_row > 1:
            self.outbox.pause(self.clock(), why)
        return tally.unknown_in_a_row <= 1

    def _goes_on_after_failure(
        self, claimed: tuple[Delivery, str], exc: DeliveryError, began: datetime, *, is_local: bool
    ) -> bool:
        """Record why a mail was not sent; return whether to go on with the next one."""
        tally = self.tally
        state = _record_failure(self.outbox, self.clock, claimed, exc)
        tally.refused += state is DeliveryState.REFUSED
        if exc.scope == "server":
            if is_local:
                tally.failures.append(str(exc))
            else:
                tally.paused_by = str(exc)  # the report tells it, with how long the queue waits
            return False
        failure = f"{exc}{_CONSEQUENCE.get(state, '')}"
        if not exc.may_be_server or state is not DeliveryState.PENDING:
            tally.end_row()
            tally.failures.append(failure)
            return True
        tally.put_off_since = tally.put_off_since or began
        tally.put_off[claimed[0].id] = failure
        tally.put_off_to.add(domain_of_address(claimed[0].recipient))
        if (
            len(tally.put_off) < self._most_in_a_row(claimed[0], exc) and not self.is_over.is_set()
        ):  # else it pauses already
            return True
        self.outbox.pause(self.clock(), str(exc), put_off=list(tally.put_off), since=tally.put_off_since)
        LOG.warning("put off mails=%d in a row, so the queue waits error=%s", len(tally.put_off), exc)
        tally.put_off.clear()
        tally.put_off_to.clear()
        tally.paused_by = str(exc)
        return False

    def _most_in_a_row(self, delivery: Delivery, exc: DeliveryError) -> int:
        """Return how many mails may be put off in a row before the queue pauses.

        A server that puts off each mail at its first try takes none before all were tried once: three in a quarter of an
        hour would be too few for many readers. So after some pauses there are more, of mails that were never tried before.
        """
        if len(self.tally.put_off) < SEVERAL or delivery.next_try_at is not None or not exc.is_reply:
            return SEVERAL
        pauses = self.outbox.pauses_in_a_row()
        return SEVERAL << min(max(pauses - _FEW_PAUSES, 0), _DOUBLINGS)


def _record_doubt(outbox: Outbox, claimed: tuple[Delivery, str], exc: AmbiguousDeliveryError) -> None:
    delivery, token = claimed
    outbox.ambiguous(delivery.id, token, str(exc))
    LOG.warning("message may be sent more than once message_id=%s error=%s", delivery.message_id, exc)


def _record_failure(
    outbox: Outbox, clock: Callable[[], datetime], claimed: tuple[Delivery, str], exc: DeliveryError
) -> DeliveryState:
    delivery, token = claimed
    state = outbox.failed(delivery.id, token, clock(), str(exc), exc.scope, wait=exc.wait)
    LOG.warning("not sent message_id=%s scope=%s state=%s error=%s", delivery.message_id, exc.scope, state, exc)
    return state
