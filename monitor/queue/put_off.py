"""Jobs that can't be done yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

LEAVE_SECONDS: Final = 30.0
"""Seconds for which a worker leaves a queue to others that can do its jobs while it can't."""


class PutOffError(Exception):
    """A job can't be done yet: it goes back into the queue until an instant.

    `leave`: a queue of which this worker takes no jobs for some seconds, because others can do them and it can't.
    `priority`: a new one, if the job is to come after others of its queue.
    """

    def __init__(
        self,
        until: datetime,
        *,
        leave: str | None = None,
        leave_seconds: float = LEAVE_SECONDS,
        priority: int | None = None,
    ) -> None:
        super().__init__(f"put off until {until:%Y-%m-%d %H:%M:%S}")
        self.until = until
        self.priority = priority
        self.leave = leave
        self.leave_seconds = leave_seconds
