"""Late replies of a mail server: each is waited for in a thread of its own while the other mails go on."""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING

from monitor.errors import DeliveryError, MonitorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.errors import SilentServerError
    from monitor.model.deliveries import Delivery

LOG = logging.getLogger(__name__)

GRACE = 3.0
"""Seconds to wait for a reply once the program has to end."""
_SLICE = 0.5


class LateReplies:
    """Mails that were sent in full and have no reply yet. Each result is recorded when it is known.

    If the process dies meanwhile, these mails are ambiguous like any other between final dot and reply. `sent` counts
    those that the server took.
    """

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.sent = 0
        self._counting = threading.Lock()
        self._settled: list[threading.Event] = []
        self._end_at = math.inf

    def wait_for(
        self, delivery: Delivery, silent: SilentServerError, settle: Callable[[str | DeliveryError], None]
    ) -> None:
        """Wait in the background for the reply to a mail, then call `settle` with the reply or the error."""
        LOG.info("no reply yet message_id=%s: the others go on", delivery.message_id)
        settled = threading.Event()
        self._settled.append(settled)
        threading.Thread(target=self._wait, args=(silent, settle, settled), name="late-reply", daemon=True).start()

    def finish(self, *, at_once: bool = False) -> list[str]:
        """Wait until every mail is settled, `at_once` only for some seconds; return the failures, one sentence each.

        An interruption also ends the wait after some seconds, and is raised again.
        """
        try:
            if at_once:
                self._end_at = time.monotonic() + GRACE
            self._join()
        except BaseException:
            self._end_at = time.monotonic() + GRACE
            self._join()
            raise
        failures, self.failures = self.failures, []
        return failures

    def _join(self) -> None:
        # Not by Thread.join: Python 3.11 takes a thread for ended where a signal interrupts that.
        for settled in self._settled:
            while not settled.wait(_SLICE) and time.monotonic() < self._end_at + GRACE / 2:
                pass
        self._settled.clear()

    def _wait(
        self, silent: SilentServerError, settle: Callable[[str | DeliveryError], None], settled: threading.Event
    ) -> None:
        try:
            self._settle(silent, settle)
        finally:
            settled.set()

    def _settle(self, silent: SilentServerError, settle: Callable[[str | DeliveryError], None]) -> None:
        reply: str | DeliveryError
        try:
            reply = silent.wait_on(lambda: self._end_at - time.monotonic())
        except DeliveryError as exc:
            reply = exc
            self.failures.append(str(exc))
        try:
            settle(reply)
        except MonitorError as exc:  # another run took the mail over, or the database is gone
            LOG.warning("late reply not recorded error=%s", exc)
            self.failures.append(str(exc))
        else:
            with self._counting:
                self.sent += isinstance(reply, str)
