"""Stage 4, deliver: send what is due in the outbox, over one connection or several, and report."""

from __future__ import annotations

import logging
import math
import threading
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.delivery.retired_addresses import tell_retired
from monitor.delivery.sending import DEFAULT_RETRY_LIMIT, NO_PACE, Pace, QueueRun, RetryLimit, SendingCounts
from monitor.model.deliveries import UNFINISHED, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from db.outbox import Outbox
    from monitor.delivery.late_replies import LateReplies
    from monitor.model.deliveries import Delivery
    from monitor.ports import Mailer

LOG = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
"""Seconds after which it is looked again whether the program has to end."""
_TO_RECORD = 1.5
"""Seconds after the wait for replies in which threads may still record those that came."""


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
class Connections:
    """Several connections to a server, each with a mailer that `open` makes, in a thread of its own.

    `defer_signals()` puts off signals in the main thread while the threads work. `seconds_left()`: seconds until the
    program has to end because of one, infinity without one.
    """

    count: int
    open: Callable[[], Mailer]
    defer_signals: Callable[[], AbstractContextManager[None]] = nullcontext
    seconds_left: Callable[[], float] = lambda: math.inf


def send_pending(
    outbox: Outbox,
    mailer: Mailer,
    clock: Callable[[], datetime],
    *,
    on_ambiguous: str = "resend",
    is_asked: bool = False,
    pace: Pace = NO_PACE,
    late: LateReplies | None = None,
    retry_limit: RetryLimit = DEFAULT_RETRY_LIMIT,
    connections: Connections | None = None,
) -> DeliverReport:
    """Send what is due in a queue. `is_asked`: the operator wants an attempt now, without waits.

    The failure of one mail does not stop the others. The queue pauses when the server takes no mail, puts off several in a
    row, or leaves two in a row without a reply. A missing reply is left to `late`, or waited for here without it. An
    idempotent mailer (a folder) never waits. With `connections` these send in place of `mailer`. Raises LeaseError if
    another run took over, and ArchiveError.
    """
    is_local = mailer.is_idempotent
    if is_asked or is_local:  # a folder needs no pause
        outbox.resume()
    recovered = outbox.recover(clock(), on_ambiguous=on_ambiguous, is_idempotent=is_local)
    tally = SendingCounts(failures=[_tell_recovered(delivery) for delivery in recovered])
    sending = QueueRun(
        outbox=outbox.for_threads() if connections else outbox,
        connections=connections.count if connections else 1,
        clock=clock,
        pace=pace,
        late=late,
        retry_limit=retry_limit,
        tally=tally,
    )
    if connections:
        sending.pace = replace(pace, sleep=sending.is_over.wait)
        send_over_connections(sending, connections)
    else:
        sending.send(mailer)
    tally.end_row()
    return _report(outbox, clock(), tally, is_local=is_local)


def send_over_connections(sending: QueueRun, connections: Connections) -> None:
    """Send over several connections at once, each in a thread; signals wait until every thread is done or given up.

    Each thread takes mails by itself, and passes on the steps of the protocol one by one as a single one does. One that the
    server refuses ends while others are at work: the refusal of the last one alone pauses the queue. A signal or the
    failure of a thread breaks off the mails before their dots; those after it have the time that `seconds_left` leaves.
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
            while not is_done.wait(_LOOK_SECONDS):
                left = connections.seconds_left()
                if left < math.inf:
                    sending.break_off()
                if left < -_TO_RECORD:  # the thread waits for a server before a dot, which it will not send
                    break
    if failed:
        raise failed[0]


def _tell_recovered(delivery: Delivery) -> str:
    LOG.warning("message may be sent more than once message_id=%s state=%s", delivery.message_id, delivery.state)
    what = f"nobody knows whether mail {delivery.id} to {delivery.recipient} went"
    if delivery.state is DeliveryState.HELD:
        return f"{what}, so it is held: `pqwatch deliver --release {delivery.id}` sends it, `--discard` drops it"
    return f"{what}, so the same mail ({delivery.message_id}) is sent again"


def _report(outbox: Outbox, now: datetime, tally: SendingCounts, *, is_local: bool) -> DeliverReport:
    deliveries = outbox.deliveries
    counts = deliveries.counts(*UNFINISHED)
    pending = counts[DeliveryState.PENDING]
    pause = outbox.paused(now) or tally.paused_by if pending and not is_local else None
    retired = [tell_retired(address) for address in deliveries.retired() if address.needs_decision]
    return DeliverReport(
        sent=tally.sent,
        pending=pending,
        refused=tally.refused,
        held=counts[DeliveryState.HELD],
        ambiguous=counts[DeliveryState.DOTTED],
        failures=(*tally.failures, *([pause] if pause else []), *retired),
    )
