"""The send protocol: what is due goes out, one mail at a time, each step recorded before the next.

    claim          committed: SENDING     died here: surely not accepted, tried again at once
    mail, body
    before_dot     committed: DOTTED      died here: only the server knows
    final dot, reply
    accepted       committed: SENT

Exactly once can't be had over SMTP (RFC 1047): between the dot and the record of the reply a mail may go twice. Such a mail
is counted as ambiguous, keeps its Message-ID, and goes at most twice more.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.errors import AmbiguousDeliveryError, DeliveryError, LockedError, SilentServerError, UnreachableError
from monitor.model.deliveries import DeliveryState, is_webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from db.outbox import Outbox
    from monitor.delivery.late_replies import LateReplies
    from monitor.model.archive import Retired
    from monitor.model.deliveries import Delivery
    from monitor.ports import Mailer


LOG = logging.getLogger(__name__)

SEVERAL = 3
"""So many mails in a row that are put off are the server's doing, not theirs."""

_TRIES_TO_RECORD = 3
_PIECE = 0.5
_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverReport:
    """What one run did and what is left.

    `sent` and `refused` (addresses given up) count this run; `pending`, `held` (waiting for a person) and `ambiguous` (the
    server may have it) count what is in the outbox after it. `failures`: one sentence each, retired addresses included as
    long as they are.
    """

    sent: int
    pending: int
    refused: int
    held: int
    ambiguous: int
    failures: tuple[str, ...] = ()


def joined(reports: Sequence[DeliverReport]) -> DeliverReport:
    """One report on several queues, in the order in which they were emptied: what is left is what the last one found."""
    last = reports[-1]
    return replace(
        last,
        sent=sum(one.sent for one in reports),
        refused=sum(one.refused for one in reports),
        failures=tuple(dict.fromkeys(failure for one in reports for failure in one.failures)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a queue is emptied: `per_minute` mails, 0 for as fast as they go; at most for `stretch`, None for no end.

    What is left after that goes with the next run.
    """

    per_minute: int = 0
    stretch: timedelta | None = None
    sleep: Callable[[float], object] = time.sleep


AS_IT_GOES = Pace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a reply that came is tried to be recorded while the database is away: for `seconds`, or until a hurry.

    `hurry`: the seconds that are left before the program is to end.
    """

    seconds: float = 60
    hurry: Callable[[], float] = lambda: math.inf
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.monotonic

    def is_over(self, began: float) -> bool:
        """Whether it is time to give up."""
        return self.now() - began >= self.seconds or self.hurry() <= 0

    def pause(self, tries: int) -> None:
        """Wait before the next try, longer each time, in short pieces."""
        until = self.now() + min(2.0 ** (tries - 2), 10.0)
        while (left := until - self.now()) > 0 and self.hurry() > 0:
            self.sleep(min(left, _PIECE))


PATIENT = Patience()


@dataclass(slots=True)
class _Tally:
    """`put_off`: the mails that failed in a row in a way that may be the server's, with what is to be told of each."""

    sent: int = 0
    refused: int = 0
    unknown_in_a_row: int = 0
    failures: list[str] = field(default_factory=list)
    put_off: dict[int, str] = field(default_factory=dict)
    put_off_since: datetime | None = None

    def end_row(self) -> None:
        """Take what failed as the mails' own trouble: another one fared differently, or there is no more."""
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
    patience: Patience = PATIENT,
) -> DeliverReport:
    """Send what is due in a queue, at most `limit` mails. `is_asked`: a person wants a try now, whatever the waits.

    One mail's failure stops no other; a server that takes none, or puts off several in a row, stops all until later, as do
    two mails in a row of which nobody knows whether they went. A mail on which the server is silent is left to `late`; where
    there is none it is waited for here. A mailer that may do a mail twice (a folder) never waits. Raises LeaseError when
    another run took over, ArchiveError.
    """
    sending = _Round(outbox=outbox, mailer=mailer, clock=clock, late=late, patience=patience)
    tally, is_local = sending.tally, mailer.is_idempotent
    if is_asked or is_local:  # a folder need not be spared
        outbox.resume()
    recovered = outbox.recover(clock(), on_ambiguous=on_ambiguous, is_idempotent=is_local)
    tally.failures += [_tell_recovered(delivery) for delivery in recovered]
    tried = 0
    turns = _Turns(outbox, pace, clock)
    try:
        while (limit is None or tried < limit) and turns.next() and (claimed := outbox.claim(clock())) is not None:
            tried += 1
            turns.last = clock()
            if not sending.hand_over(claimed):
                break
    finally:
        mailer.close()
    tally.end_row()
    return _report(outbox, clock(), tally, is_local=is_local)


class _Turns:
    """When the next mail may go, by the pace; counted from the last one that any run took."""

    def __init__(self, outbox: Outbox, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._outbox, self._pace, self._clock = outbox, pace, clock
        self._began = clock()
        self.last = outbox.last_claimed() if pace.per_minute else None

    def next(self) -> bool:
        """Wait for the next turn; whether there is a mail for one before the stretch is over."""
        if not self._pace.per_minute or self.last is None:
            return True
        if not self._outbox.has_due(self._clock()):
            return False
        apart = timedelta(minutes=1) / self._pace.per_minute
        left = min(self.last + apart - self._clock(), apart)  # a clock that was set back is not waited for
        if self._pace.stretch is not None and self._clock() + left - self._began > self._pace.stretch:
            return False
        if left > timedelta():
            self._pace.sleep(left.total_seconds())
        return True


@dataclass(slots=True, kw_only=True)
class _Round:
    """One going through a queue: who sends, and what came of it so far."""

    outbox: Outbox
    mailer: Mailer
    clock: Callable[[], datetime]
    late: LateReplies | None
    patience: Patience
    tally: _Tally = field(default_factory=_Tally)

    def hand_over(self, claimed: tuple[Delivery, str]) -> bool:
        """Hand a mail over; whether to go on with the next one."""
        began = self.clock()
        try:
            is_sent = self._deliver(claimed)
        except AmbiguousDeliveryError as exc:
            _record_doubt(self.outbox, claimed, exc)
            self.tally.failures.append(str(exc))
            return self._goes_on_after_silence(str(exc))
        except DeliveryError as exc:
            return self._goes_on_after_failure(claimed, exc, began)
        if not is_sent:
            return self._goes_on_after_silence(f"the mail server is silent about mail {claimed[0].id}")
        self.tally.sent += 1
        self.tally.unknown_in_a_row = 0
        self.tally.end_row()
        return True

    def _deliver(self, claimed: tuple[Delivery, str]) -> bool:
        """Whether the server has the mail; if not, that will be known later. Raises DeliveryError."""
        delivery, token = claimed
        try:
            self.mailer.deliver(
                delivery.message,
                delivery.recipient,
                lambda: self.outbox.dotted(delivery.id, token, self.clock()),
                lambda reply: self._record_sent(claimed, reply),
            )
        except SilentServerError as exc:
            if self.late is None:
                self._record_sent(claimed, exc.wait_on(lambda: math.inf))
                return True
            self.late.wait_for(delivery, exc, lambda reply: self._settle(claimed, reply))
            return False
        return True

    def _record_sent(self, claimed: tuple[Delivery, str], reply: str) -> None:
        """Record that the server has a mail, in spite of a database that is busy, or away for a while.

        To give up would be to send it twice. What stays unrecorded is flagged when it is taken up again.
        """
        delivery, token = claimed
        began, tries = self.patience.now(), 0
        while True:
            tries += 1
            try:
                self.outbox.sent(delivery.id, token, self.clock(), reply)
            except (LockedError, UnreachableError) as exc:
                is_away = isinstance(exc, UnreachableError)
                if self.patience.is_over(began) if is_away else tries >= _TRIES_TO_RECORD:
                    LOG.warning(
                        "message may be sent more than once message_id=%s error=not recorded", delivery.message_id
                    )
                    raise
                LOG.warning("not recorded yet message_id=%s error=%s", delivery.message_id, exc)
                if is_away:
                    self.patience.pause(tries)
            else:
                return

    def _settle(self, claimed: tuple[Delivery, str], reply: str | DeliveryError) -> None:
        """Record what came of a mail that was waited for apart."""
        if isinstance(reply, str):
            self._record_sent(claimed, reply)
        elif isinstance(reply, AmbiguousDeliveryError):
            _record_doubt(self.outbox, claimed, reply)
        else:
            _record_failure(self.outbox, self.clock, claimed, reply)

    def _goes_on_after_silence(self, why: str) -> bool:
        """Whether to go on after a mail of which nobody knows whether it went: not after the second in a row."""
        self.tally.end_row()
        self.tally.unknown_in_a_row += 1
        if self.tally.unknown_in_a_row > 1:
            self.outbox.pause(self.clock(), why)
        return self.tally.unknown_in_a_row == 1

    def _goes_on_after_failure(self, claimed: tuple[Delivery, str], exc: DeliveryError, began: datetime) -> bool:
        """Note why a mail did not go; whether to go on with the next."""
        tally = self.tally
        state = _record_failure(self.outbox, self.clock, claimed, exc)
        tally.refused += state is DeliveryState.REFUSED
        if exc.scope == "server":
            if self.mailer.is_idempotent:
                tally.failures.append(str(exc))  # of others the report tells, with how long all wait
            return False
        told = f"{exc}{_HENCE.get(state, '')}"
        if not exc.may_be_server or state is not DeliveryState.PENDING:
            tally.end_row()
            tally.failures.append(told)
            return True
        tally.put_off_since = tally.put_off_since or began
        tally.put_off[claimed[0].id] = told
        if len(tally.put_off) < SEVERAL:
            return True
        self.outbox.pause(self.clock(), str(exc), put_off=list(tally.put_off), since=tally.put_off_since)
        LOG.warning("put off mails=%d in a row, so the queue waits error=%s", len(tally.put_off), exc)
        tally.put_off.clear()
        return False


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


_HENCE = {
    DeliveryState.REFUSED: " (put aside, as is all that comes for this address)",
    DeliveryState.HELD: " (held after five days: `pqwatch status` shows it, `pqwatch deliver --release ID` tries again)",
}


def _tell_recovered(delivery: Delivery) -> str:
    LOG.warning("message may be sent more than once message_id=%s state=%s", delivery.message_id, delivery.state)
    what = f"nobody knows whether mail {delivery.id} to {delivery.recipient} went"
    if delivery.state is DeliveryState.HELD:
        return f"{what}, so it is held: `pqwatch deliver --release {delivery.id}` sends it, `--discard` drops it"
    return f"{what}, so the same mail ({delivery.message_id}) is sent again"


def tell_retired(one: Retired) -> str:
    """What there is to know and to do about a retired address, or about mails put aside for one that is good again."""
    count = len(one.waiting)
    mails = f"{count} mail{'' if count == 1 else 's'}"
    if one.since is None:
        return (
            f"{mails} {'was' if count == 1 else 'were'} put aside while {one.address} was refused: "
            f"`pqwatch deliver {_each('--release', one.waiting)}` sends {'it' if count == 1 else 'them'} now, "
            "`--discard` in its place gives up"
        )
    wait = f"; {mails} {'waits' if count == 1 else 'wait'}" if count else ""
    again = f", or `pqwatch deliver --release {one.waiting[0]}` asks again" if count else ""
    if is_webhook(one.address):
        return (
            f"{one.address} has refused messages on three days, so nothing is sent there since {one.since:%Y-%m-%d}{wait}: "
            f"set its address anew, which is tried at once, or paused = true in config.toml{again}"
        )
    return (
        f"{one.address} has been refused on three days, so nothing is sent there since {one.since:%Y-%m-%d}{wait}: correct "
        f"the address in config.toml, or `pqwatch subscribers pause` or `remove` whom it is of{again}"
    )


def _each(option: str, numbers: Sequence[int]) -> str:
    """The option for each of some mails; of many only the first."""
    shown = " ".join(f"{option} {number}" for number in numbers[:_SHOWN])
    return shown if len(numbers) <= _SHOWN else f"{shown} ..."


def _report(outbox: Outbox, now: datetime, tally: _Tally, *, is_local: bool) -> DeliverReport:
    counts = outbox.counts()
    pending = counts[DeliveryState.PENDING]
    pause = outbox.paused(now) if pending and not is_local else None
    aside = [tell_retired(one) for one in outbox.retired()]
    return DeliverReport(
        sent=tally.sent,
        pending=pending,
        refused=tally.refused,
        held=counts[DeliveryState.HELD],
        ambiguous=counts[DeliveryState.DOTTED],
        failures=(*tally.failures, *([pause] if pause else []), *aside),
    )
