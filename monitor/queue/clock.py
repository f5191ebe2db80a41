"""Clock that all machines go by where workers share the work: the database's own.

What is due, what came first and until when a job waits is decided by instants that several machines note. Where their clocks
differ by minutes, a job that waits for five seconds would wait for minutes, or not at all, and what is read for somebody who
was just added would seem to be older than they are.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from db.archive import Archive

log = logging.getLogger(__name__)

MEASURE_EVERY: Final = 60.0
"""Seconds after which the clocks are compared again."""
ALIKE: Final = timedelta(seconds=1)
"""Difference up to which clocks count as alike. What is asked over a network is answered a little later."""


class SharedClock:
    """The database's clock, as far as it was compared with that of this machine."""

    def __init__(self, own: Callable[[], datetime] = app.clock) -> None:
        self._own = own
        self._ahead = timedelta()
        self._measured_at: float | None = None

    def __call__(self) -> datetime:
        """Return the time by the database's clock."""
        return self._own() + self._ahead

    @property
    def differs(self) -> bool:
        """True if the clock of this machine is another one."""
        return bool(self._ahead)

    def by_own(self, instant: datetime) -> datetime:
        """Return what the clock of this machine shows at an instant."""
        return instant - self._ahead

    def compare(self, archive: Archive) -> None:
        """Compare the clocks, unless that was done a moment ago. Raises ArchiveError."""
        now = time.monotonic()
        if self._measured_at is not None and now - self._measured_at < MEASURE_EVERY:
            return
        before = self._own()
        there = archive.jobs.now()
        took = self._own() - before
        ahead = there - (before + took / 2)
        ahead = ahead if abs(ahead) > ALIKE + took else timedelta()
        if abs(ahead - self._ahead) > ALIKE:
            seconds = abs(ahead.total_seconds())
            log.warning("the clock of this machine differs from that of the database, which counts seconds=%d", seconds)
        self._ahead, self._measured_at = ahead, now
