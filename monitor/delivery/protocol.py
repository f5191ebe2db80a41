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
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from monitor.channels import is_webhook
from monitor.errors import AmbiguousDeliveryError, DeliveryError, LockedError
from monitor.model import DeliveryState
from monitor.ports import Mailer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from monitor.holdings import Mail, Retired
    from monitor.model import Delivery

LOG = logging.getLogger(__name__)

_TRIES_TO_RECORD = 3
_SHOWN = 12


class Outbox(Protocol):
    """What the protocol asks of the archive; every method is one transaction. See db.outbox.Outbox."""

    def recover(self, now: datetime, *, on_ambiguous: str, is_idempotent: bool) -> tuple[Delivery, ...]:
        """Take up what dead runs left; the mails that may have gone already, in the state they now have."""
        ...

    def claim(self, now: datetime) -> tuple[Delivery, str] | None:
        """The next mail that is due, with the token for its further steps."""
        ...

    def dotted(self, row_id: int, token: str, now: datetime) -> None:
        """All but the final dot is sent."""
        ...

    def sent(self, row_id: int, token: str, now: datetime, reply: str) -> None:
        """The server has it."""
        ...

    def ambiguous(self, row_id: int, token: str, error: str) -> None:
        """The final dot was sent and no reply came."""
        ...

    def failed(
        self, row_id: int, token: str, now: datetime, error: str, scope: str, *, wait: timedelta | None = None
    ) -> DeliveryState:
        """It was surely not accepted; its new state."""
        ...

    def of(self, queue: str) -> Outbox:
        """The same outbox for another queue: see monitor.channels."""
        ...

    def pause(self, now: datetime, error: str) -> None:
        """Let the whole queue wait."""
        ...

    def paused(self, now: datetime) -> str | None:
        """Why the queue waits, in one sentence."""
        ...

    def all_paused(self, now: datetime) -> dict[str, str]:
        """The same of every queue that waits, by its name."""
        ...

    def resume(self) -> None:
        """End the wait of the queue."""
        ...

    def put(self, mail: Mail, facts: Mapping[str, str]) -> None:
        """Put in a mail that belongs to no digest, and set facts about the archive with it, all or nothing."""
        ...

    def purge(self, before: datetime) -> int:
        """Let go of the text of mails sent before an instant."""
        ...

    def counts(self) -> dict[DeliveryState, int]:
        """How many mails are in each state."""
        ...

    def retired(self) -> tuple[Retired, ...]:
        """Addresses to which nothing is sent any more, and mails that were put aside."""
        ...


class Post(Mailer, Protocol):
    """A mailer with what the protocol must know of it: whether doing a mail twice does no harm, and how to end."""

    is_idempotent: bool

    def close(self) -> None:
        """End the connection. Raises nothing."""
        ...


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


@dataclass(slots=True)
class _Tally:
    sent: int = 0
    refused: int = 0
    unknown_in_a_row: int = 0
    failures: list[str] = field(default_factory=list)


def send_pending(
    outbox: Outbox,
    mailer: Post,
    clock: Callable[[], datetime],
    *,
    on_ambiguous: str = "resend",
    limit: int | None = None,
    is_asked: bool = False,
) -> DeliverReport:
    """Send what is due in a queue, at most `limit` mails. `is_asked`: a person wants a try now, whatever the waits.

    One mail's failure stops no other; a server that takes none stops all until later, as do two mails in a row of which
    nobody knows whether they went. A mailer that may do a mail twice (a folder) never waits. Raises LeaseError when another
    run took over, ArchiveError.
    """
    tally = _Tally()
    is_local = mailer.is_idempotent
    if is_asked or is_local:  # a folder need not be spared
        outbox.resume()
    recovered = outbox.recover(clock(), on_ambiguous=on_ambiguous, is_idempotent=is_local)
    tally.failures += [_tell_recovered(delivery) for delivery in recovered]
    tried = 0
    try:
        while (limit is None or tried < limit) and (claimed := outbox.claim(clock())) is not None:
            tried += 1
            if not _hand_over(outbox, mailer, clock, claimed, tally):
                break
    finally:
        mailer.close()
    return _report(outbox, clock(), tally, is_local=is_local)


def _hand_over(
    outbox: Outbox, mailer: Post, clock: Callable[[], datetime], claimed: tuple[Delivery, str], tally: _Tally
) -> bool:
    """Whether to go on with the next mail."""
    delivery, token = claimed
    try:
        mailer.deliver(
            delivery.message,
            delivery.recipient,
            lambda: outbox.dotted(delivery.id, token, clock()),
            lambda reply: _record_sent(outbox, delivery, token, clock, reply),
        )
    except AmbiguousDeliveryError as exc:
        outbox.ambiguous(delivery.id, token, str(exc))
        LOG.warning("message may be sent more than once message_id=%s error=%s", delivery.message_id, exc)
        tally.failures.append(str(exc))
        tally.unknown_in_a_row += 1
        if tally.unknown_in_a_row > 1:
            outbox.pause(clock(), str(exc))
        return tally.unknown_in_a_row == 1
    except DeliveryError as exc:
        _record_failure(outbox, clock, claimed, tally, exc)
        if exc.scope == "server" and mailer.is_idempotent:
            tally.failures.append(str(exc))
        return exc.scope != "server"
    tally.sent += 1
    tally.unknown_in_a_row = 0
    return True


def _record_sent(outbox: Outbox, delivery: Delivery, token: str, clock: Callable[[], datetime], reply: str) -> None:
    # The server has it: to give up now would be to send it twice.
    tries = 0
    while True:
        tries += 1
        try:
            outbox.sent(delivery.id, token, clock(), reply)
        except LockedError:
            if tries == _TRIES_TO_RECORD:
                LOG.warning("message may be sent more than once message_id=%s error=not recorded", delivery.message_id)
                raise
        else:
            return


def _record_failure(
    outbox: Outbox,
    clock: Callable[[], datetime],
    claimed: tuple[Delivery, str],
    tally: _Tally,
    exc: DeliveryError,
) -> None:
    delivery, token = claimed
    state = outbox.failed(delivery.id, token, clock(), str(exc), exc.scope, wait=exc.wait)
    LOG.warning("not sent message_id=%s scope=%s state=%s error=%s", delivery.message_id, exc.scope, state, exc)
    tally.refused += state is DeliveryState.REFUSED
    if exc.scope != "server":  # of those the report tells, with how long all wait
        tally.failures.append(f"{exc}{_HENCE.get(state, '')}")


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
