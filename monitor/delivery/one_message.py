"""Send one message of the outbox: what a worker does for one job.

The steps and their records are those of `monitor.delivery.sending`. What a message shows about its server (it takes none
now, or has put off several in a row) is kept for the next message.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from monitor.delivery.sending import DEFAULT_RETRY_LIMIT, QueueRun
from monitor.model.limits import NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from db.outbox import Outbox
    from monitor.delivery.late_replies import LateReplies
    from monitor.delivery.sending import RetryLimit
    from monitor.model.limits import SendingLimits
    from monitor.ports import Mailer


class MessageSender:
    """Sends messages of one queue of the outbox, over one connection while it lasts.

    `limits`: those of receiving domains.
    """

    def __init__(
        self,
        outbox: Outbox,
        mailer: Mailer,
        clock: Callable[[], datetime],
        *,
        on_ambiguous: str,
        late: LateReplies,
        retry_limit: RetryLimit = DEFAULT_RETRY_LIMIT,
        limits: SendingLimits = NO_LIMITS,
    ) -> None:
        self._outbox, self._mailer, self._clock = outbox, mailer, clock
        self._on_ambiguous = on_ambiguous
        self._limits = limits
        self._sending = QueueRun(
            outbox=outbox,
            clock=clock,
            late=late,
            retry_limit=retry_limit,
            do_others_send=lambda: outbox.has_just_sent(clock()),
        )
        self._used_at = time.monotonic()
        self.gives_way = False
        """True if the server took no connection for the last message, while others sent."""
        self.has_tried = False
        """True if the last message was tried."""

    @property
    def is_idempotent(self) -> bool:
        """True if sending a message twice does no harm."""
        return self._mailer.is_idempotent

    def send(self, row_id: int) -> datetime | None:
        """Send a message that is due; return when to look at it again, None if never.

        Raises LeaseError if another worker took it over, and ArchiveError.
        """
        self.gives_way = self.has_tried = False
        claimed = self._outbox.claim_one(
            row_id,
            self._clock(),
            on_ambiguous=self._on_ambiguous,
            is_idempotent=self._mailer.is_idempotent,
            limits=self._limits,
        )
        if not isinstance(claimed, tuple):
            return claimed
        sent_before = self._sending.tally.sent
        self._sending.is_over.clear()  # whether a next one is taken is for the queue of jobs to say
        self._sending.connections = 1
        self.gives_way = not self._sending.hand_over(claimed, self._mailer)
        self.has_tried = not self.gives_way
        self._used_at = time.monotonic()
        if self._sending.tally.sent > sent_before:
            return None
        found = self._outbox.look_at(row_id, self._clock())
        return found and found[1]

    def take_failures(self) -> list[str]:
        """Return the failures since this was last called, one sentence each."""
        tally = self._sending.tally
        failures, tally.failures = list(tally.failures), []
        return failures

    def idle_seconds(self) -> float:
        """Return how long nothing was sent."""
        return time.monotonic() - self._used_at

    def close(self) -> None:
        """End the connection."""
        self._mailer.close()
