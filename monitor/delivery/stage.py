"""Stage 4, deliver: send what is due in the outbox, one message at a time, and record each step before the next.

    claim          committed: SENDING     a crash here: certainly not accepted, so it is tried again at once
    mail, body
    before_dot     committed: DOTTED      a crash here: only the server knows
    final dot, reply
    accepted       committed: SENT

SMTP can't deliver exactly once (RFC 1047): a crash between the final dot and the record of the reply may lead to a second
copy. Such a mail is counted as ambiguous, keeps its Message-ID, and is sent at most twice more.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monitor.delivery.bounces import CONSEQUENCE
from monitor.errors import AmbiguousDeliveryError, DeliveryError, LockedError, SilentServerError, UnreachableError
from monitor.model.bounces import Reason
from monitor.model.deliveries import FEED, MAIL, DeliveryState, is_webhook, queue_of
from monitor.model.limits import NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta

    from db.archive import Archive
    from db.outbox import Outbox
    from monitor.config.settings import Config
    from monitor.delivery.late_replies import LateReplies
    from monitor.model.deliveries import Delivery, Retired
    from monitor.model.limits import SendingLimits
    from monitor.ports import Mailer

LOG = logging.getLogger(__name__)

SEVERAL = 3
"""Mails put off in a row after which the server counts as the cause, so that the queue pauses."""

_TRIES_TO_RECORD = 3
_SLEEP_AT_ONCE = 0.5
"""Seconds: a pause is slept in pieces, so that a signal is heard."""
_TO_RECORD = 1.5
"""Seconds after the wait for replies in which threads may still record those that came."""
_SHOWN = 12
"""Mails that are listed one by one in a message to the operator."""

_MARKS = "webhook_marks"
"""Key of the fact with a hash of each webhook's address, which does not reveal the address."""
_MARK = 16
"""Characters of the hash that are stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverReport:
    """Result of a run.

    `sent` and `refused` (addresses given up) count this run. `pending`, `held` (waiting for a decision) and `ambiguous`
    (the server may have it) count what is in the outbox afterwards. `failures`: one sentence each, also for each retired
    address.
    """

    sent: int
    pending: int
    refused: int
    held: int
    ambiguous: int
    failures: tuple[str, ...] = ()


def joined(reports: Sequence[DeliverReport]) -> DeliverReport:
    """Join the reports of several queues, in the order in which they were sent."""
    last = reports[-1]
    return replace(
        last,
        sent=sum(report.sent for report in reports),
        refused=sum(report.refused for report in reports),
        failures=tuple(dict.fromkeys(failure for report in reports for failure in report.failures)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Speed of sending: within `limits`, for at most `stretch` (None: until nothing is due)."""

    limits: SendingLimits = NO_LIMITS
    stretch: timedelta | None = None
    sleep: Callable[[float], object] = time.sleep


AS_IT_GOES = Pace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Several connections to a server, each with a mailer that `open` makes, in a thread of its own.

    `defer_signals()` puts off signals in the main thread while the threads work. `hurry()`: seconds until the program has
    to end because of one, infinity without one.
    """

    count: int
    open: Callable[[], Mailer]
    defer_signals: Callable[[], AbstractContextManager[None]] = nullcontext
    hurry: Callable[[], float] = lambda: math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLimit:
    """Limit of the attempts to record a reply while the database is away: `seconds`, or until the program has to end.

    `hurry()`: seconds left until the program has to end.
    """

    seconds: float = 60
    hurry: Callable[[], float] = lambda: math.inf
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.monotonic

    def is_over(self, began: float) -> bool:
        """Return whether it is time to give up."""
        return self.now() - began >= self.seconds or self.hurry() <= 0

    def pause(self, tries: int) -> None:
        """Wait before the next attempt, longer each time."""
        until = self.now() + min(2.0 ** (tries - 2), 10.0)
        while (left := until - self.now()) > 0 and self.hurry() > 0:
            self.sleep(min(left, _SLEEP_AT_ONCE))


DEFAULT_RETRY_LIMIT = RetryLimit()


@dataclass(slots=True)
class _Tally:
    """Counts and failures so far.

    `put_off`: failure texts of the last mails in a row that the server may have caused. `paused_by`: why the queue was
    paused. Another connection may end the pause by a mail that goes, and this mail waits all the same.
    """

    sent: int = 0
    refused: int = 0
    paused_by: str | None = None
    unknown_in_a_row: int = 0
    failures: list[str] = field(default_factory=list)
    put_off: dict[int, str] = field(default_factory=dict)
    put_off_since: datetime | None = None

    def end_row(self) -> None:
        """Count the failures in a row as the mails' own, because another mail went or the queue is empty."""
        self.failures += self.put_off.values()
        self.put_off.clear()
        self.put_off_since = None


def send_pending(
    outbox: Outbox,
    mailer: Mailer,
    clock: Callable[[], datetime],
    *,
    on_ambiguous: str = "resend",
    limit: int | None = None,
    is_asked: bool = False,
    pace: Pace = AS_IT_GOES,
    late: LateReplies | None = None,
    retry_limit: RetryLimit = DEFAULT_RETRY_LIMIT,
    connections: Connections | None = None,
) -> DeliverReport:
    """Send what is due in a queue, at most `limit` mails. `is_asked`: the operator wants an attempt now, without waits.

    The failure of one mail does not stop the others. The queue pauses when the server takes no mail, puts off several in a
    row, or leaves two in a row without a reply. A missing reply is left to `late`, or waited for here without it. An
    idempotent mailer (a folder) never waits. With `connections` these send in place of `mailer`. Raises LeaseError if
    another run took over, and ArchiveError.
    """
    is_local = mailer.is_idempotent
    if is_asked or is_local:  # a folder needs no pause
        outbox.resume()
    recovered = outbox.recover(clock(), on_ambiguous=on_ambiguous, is_idempotent=is_local)
    tally = _Tally(failures=[_tell_recovered(delivery) for delivery in recovered])
    sending = QueueRun(
        outbox=outbox.for_threads() if connections else outbox,
        connections=connections.count if connections else 1,
        clock=clock,
        pace=pace,
        late=late,
        retry_limit=retry_limit,
        tally=tally,
        limit=limit,
    )
    if connections:
        sending.pace = replace(pace, sleep=sending.is_over.wait)
        send_over_connections(sending, connections)
    else:
        sending.send(mailer)
    tally.end_row()
    return _report(outbox, clock(), tally, is_local=is_local)


class _Stopped(Exception):  # noqa: N818 (not an error: the mail is broken off before its dot)
    pass


@dataclass(slots=True, kw_only=True)
class QueueRun:
    """One run through a queue, by one or several threads.

    `is_over` is set when no further mail is to be taken: the queue pauses, or a thread failed. `is_broken_off` is set when
    no mail may pass its final dot any more. `connections`: those that are at work. `do_others_send()`: whether other
    processes send just now. One that the server refuses while others are at work is only one too many.
    """

    outbox: Outbox
    clock: Callable[[], datetime]
    late: LateReplies | None
    retry_limit: RetryLimit
    pace: Pace = AS_IT_GOES
    tally: _Tally = field(default_factory=_Tally)
    limit: int | None = None
    is_over: threading.Event = field(default_factory=threading.Event)
    is_broken_off: threading.Event = field(default_factory=threading.Event)
    connections: int = 1
    do_others_send: Callable[[], bool] = lambda: False
    _deciding: threading.Lock = field(default_factory=threading.Lock)
    _taken: int = 0
    _given_back: int = 0
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
        """Take the next mail, when its turn has come; None: no mail may go before the stretch is over."""
        while self._may_take():
            now = self.clock()
            if claimed := self.outbox.claim(now, self.pace.limits):
                return claimed
            self._give_back()
            turn = self.outbox.next_turn(now, self.pace.limits) if self.pace.limits != NO_LIMITS else None
            if turn is None or (self.pace.stretch is not None and turn - self._began > self.pace.stretch):
                return None
            if turn > now:
                self.pace.sleep((turn - now).total_seconds())
        return None

    def _may_take(self) -> bool:
        """Return whether one more mail may be taken, and count it."""
        with self._deciding:
            if self.is_over.is_set() or (self.limit is not None and self._taken >= self.limit):
                return False
            self._taken += 1
            return True

    def _give_back(self) -> None:
        with self._deciding:
            self._taken -= 1

    def hand_over(self, claimed: tuple[Delivery, str], mailer: Mailer) -> bool:
        """Hand a mail over, and decide whether further ones are taken; return False if this connection gives way."""
        began = self.clock()
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
            if not self._goes_on(claimed, failure, began, is_sent=is_sent, is_local=mailer.is_idempotent):
                self.is_over.set()
        return True

    def _give_way(self, claimed: tuple[Delivery, str], failure: DeliveryError) -> None:
        """Leave a mail to the other connections, because the server takes none besides them."""
        delivery, token = claimed
        self.outbox.give_back(delivery.id, token, self.clock())
        self._taken -= 1
        self._given_back += 1
        self.connections -= 1
        LOG.warning("a connection gives way, because others send message_id=%s error=%s", delivery.message_id, failure)

    def _goes_on(
        self,
        claimed: tuple[Delivery, str],
        failure: DeliveryError | None,
        began: datetime,
        *,
        is_sent: bool,
        is_local: bool,
    ) -> bool:
        if isinstance(failure, AmbiguousDeliveryError):
            _record_doubt(self.outbox, claimed, failure)
            self.tally.failures.append(str(failure))
            return self._goes_on_after_silence(str(failure))
        if failure is not None:
            return self._goes_on_after_failure(claimed, failure, began, is_local=is_local)
        if not is_sent:
            return self._goes_on_after_silence(f"the mail server is silent about mail {claimed[0].id}")
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
        """Record the late reply to a mail."""
        if isinstance(reply, str):
            self._record_sent(claimed, reply)
        elif isinstance(reply, AmbiguousDeliveryError):
            _record_doubt(self.outbox, claimed, reply)
        else:
            _record_failure(self.outbox, self.clock, claimed, reply)

    def _goes_on_after_silence(self, why: str) -> bool:
        """Return whether to go on after a mail without a reply: not after the second in a row."""
        self.tally.end_row()
        self.tally.unknown_in_a_row += 1
        if self.tally.unknown_in_a_row > 1:
            self.outbox.pause(self.clock(), why)
        return self.tally.unknown_in_a_row == 1

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
        if len(tally.put_off) < SEVERAL and not self.is_over.is_set():  # else the queue pauses already
            return True
        self.outbox.pause(self.clock(), str(exc), put_off=list(tally.put_off), since=tally.put_off_since)
        LOG.warning("put off mails=%d in a row, so the queue waits error=%s", len(tally.put_off), exc)
        tally.put_off.clear()
        tally.paused_by = str(exc)
        return False


def send_over_connections(sending: QueueRun, connections: Connections) -> None:
    """Send over several connections at once, each in a thread; signals wait until every thread is done or given up.

    Each thread takes mails by itself, and passes on the steps of the protocol one by one as a single one does. One that the
    server refuses ends while others are at work: the refusal of the last one alone pauses the queue. A signal or the
    failure of a thread breaks off the mails before their dots; those after it have the time that `hurry` leaves.
    """
    failed: list[BaseException] = []
    done = [threading.Event() for _ in range(connections.count)]

    def work(is_done: threading.Event) -> None:
        try:
            sending.send(connections.open())
        except BaseException as exc:  # noqa: BLE001 (raised by the main thread)
            failed.append(exc)
            sending.break_off()
        finally:
            is_done.set()

    with connections.defer_signals():
        for number, is_done in enumerate(done, 1):
            threading.Thread(target=work, args=(is_done,), name=f"mail-{number}", daemon=True).start()
        for is_done in done:
            while not is_done.wait(_SLEEP_AT_ONCE):
                left = connections.hurry()
                if left < math.inf:
                    sending.break_off()
                if left < -_TO_RECORD:  # the thread waits for a server before a dot, which it will not send
                    break
    if failed:
        raise failed[0]


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


_CONSEQUENCE = {
    DeliveryState.REFUSED: " (put aside, as is all that comes for this address)",
    DeliveryState.HELD: " (held after five days: `pqwatch status` shows it, `pqwatch deliver --release ID` tries again)",
}


def _tell_recovered(delivery: Delivery) -> str:
    LOG.warning("message may be sent more than once message_id=%s state=%s", delivery.message_id, delivery.state)
    what = f"nobody knows whether mail {delivery.id} to {delivery.recipient} went"
    if delivery.state is DeliveryState.HELD:
        return f"{what}, so it is held: `pqwatch deliver --release {delivery.id}` sends it, `--discard` drops it"
    return f"{what}, so the same mail ({delivery.message_id}) is sent again"


def tell_retired(retired: Retired) -> str:
    """Say what to do about a retired address, or about mails put aside for an address that is in use again."""
    count = len(retired.waiting)
    mails = f"{count} mail{'' if count == 1 else 's'}"
    if retired.since is None:
        return (
            f"{mails} {'was' if count == 1 else 'were'} put aside while {retired.address} was refused: "
            f"`pqwatch deliver {_each('--release', retired.waiting)}` sends {'it' if count == 1 else 'them'} now, "
            "`--discard` in its place gives up"
        )
    wait = f"; {mails} {'waits' if count == 1 else 'wait'}" if count else ""
    again = f", or `pqwatch deliver --release {retired.waiting[0]}` asks again" if count else ""
    if retired.reason is not Reason.REFUSED:
        why = CONSEQUENCE[retired.reason].format(retired.address)
        undo = f"`pqwatch bounces --reinstate {retired.address}`"
        return f"{why}, since {retired.since:%Y-%m-%d}{wait}: {undo} undoes it"
    if is_webhook(retired.address):
        return (
            f"{retired.address} has refused messages on three days, so nothing is sent there since "
            f"{retired.since:%Y-%m-%d}{wait}: set its address anew, which is tried at once, "
            f"or paused = true in config.toml{again}"
        )
    return (
        f"{retired.address} has been refused on three days, so nothing is sent there since "
        f"{retired.since:%Y-%m-%d}{wait}: correct the address in config.toml, "
        f"or `pqwatch subscribers pause` or `remove` whom it is of{again}"
    )


def _each(option: str, numbers: Sequence[int]) -> str:
    """Return the option once for each mail, at most for the first few."""
    shown = " ".join(f"{option} {number}" for number in numbers[:_SHOWN])
    return shown if len(numbers) <= _SHOWN else f"{shown} ..."


def _report(outbox: Outbox, now: datetime, tally: _Tally, *, is_local: bool) -> DeliverReport:
    counts = outbox.counts()
    pending = counts[DeliveryState.PENDING]
    pause = outbox.paused(now) or tally.paused_by if pending and not is_local else None
    retired = [tell_retired(address) for address in outbox.retired() if address.needs_decision]
    return DeliverReport(
        sent=tally.sent,
        pending=pending,
        refused=tally.refused,
        held=counts[DeliveryState.HELD],
        ambiguous=counts[DeliveryState.DOTTED],
        failures=(*tally.failures, *([pause] if pause else []), *retired),
    )


# -- queues of a changed config.toml ----------------------------------------------------------------------------------


def note_moved_webhooks(archive: Archive, config: Config) -> None:
    """Clear the failures of webhooks whose address has changed since the last run."""
    known = _marks(archive)
    instance = archive.runs.instance()
    marks = {
        webhook.reader.recipient: hashlib.sha256(f"{instance}\n{webhook.url.reveal()}".encode()).hexdigest()[:_MARK]
        for webhook in config.webhooks
        if webhook.url is not None
    }
    for recipient, mark in marks.items():
        if known.get(recipient, mark) != mark:
            archive.outbox.reset_queue(recipient)
    if marks.items() - known.items():
        archive.runs.set_fact(_MARKS, json.dumps(known | marks, sort_keys=True))


def _marks(archive: Archive) -> dict[str, str]:
    fact = archive.runs.fact(_MARKS)
    known: dict[str, str] = json.loads(fact) if fact else {}
    return known


def queues(config: Config) -> list[str]:
    """List the configured queues, mail first; the queue of feeds only if a folder is configured."""
    webhooks = (
        queue_of(reader.channel, reader.recipient) for reader in config.readers if reader.channel not in (MAIL, FEED)
    )
    return [MAIL, *webhooks, *([FEED] if config.topic_feeds.folder else [])]


def trim_feeds(archive: Archive, config: Config) -> None:
    """Delete stored feed entries that the feeds no longer show."""
    for reader in config.topic_feeds.readers:
        archive.outbox.trim_feed(reader.recipient, config.topic_feeds.keep)
