"""Worker with shorter waits than others: `python -m tests.reliability.hasty_worker worker`.

With the variable PQWATCH_TEST_NOW, an instant, it lives at that time. The clock of the database is the real one. With
PQWATCH_TEST_PAUSE the first pause of a queue takes so many seconds; a minute otherwise.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import time_machine
from procrastinate import RetryDecision

import db.jobs
import db.outbox
import monitor.cli
from monitor.model import retries
from monitor.queue import dispatch, work, worker
from monitor.queue.clock import SharedClock

if TYPE_CHECKING:
    from procrastinate.jobs import Job as QueuedJob

    from monitor.model.jobs import Job

AMBIGUOUS_WAIT = timedelta(seconds=4)
"""Time after which a mail that may have been sent is sent again; a quarter of an hour otherwise."""
STALLED_SECONDS = 8
"""Seconds of silence after which a worker counts as dead; 30 otherwise."""


def main() -> None:
    """Run a command with short waits."""
    shorten()
    if lived_at := os.environ.get("PQWATCH_TEST_NOW"):
        live_at(datetime.fromisoformat(lived_at))
    if pause := os.environ.get("PQWATCH_TEST_PAUSE"):
        vars(retries)["FIRST_RETRY"] = timedelta(seconds=float(pause))
    monitor.cli.main()


def shorten() -> None:
    """Shorten the waits."""
    soon = timedelta(seconds=1)
    for module, name, value in (
        (db.jobs, "STALLED_SECONDS", STALLED_SECONDS),
        (db.outbox, "AMBIGUOUS_WAIT", AMBIGUOUS_WAIT),
        (worker, "STALLED_SECONDS", STALLED_SECONDS),
        (worker, "HEARTBEAT_SECONDS", 1.0),
        (worker, "POLL_SECONDS", 1.0),
        (work, "LOOK_AGAIN", soon),
        (work, "OTHER_FILE_AGAIN", soon),
        (dispatch, "CONCLUDE_AFTER", soon),
    ):
        assert hasattr(module, name)
        setattr(module, name, value)


def live_at(instant: datetime) -> None:
    """Let this process live at another time. The queue gets each instant as the database's clock has it."""
    behind = datetime.now(UTC) - instant
    SharedClock.compare = lambda *_: None  # type: ignore[method-assign]  # else it would live now
    time_machine.travel(instant, tick=True).start()
    as_procrastinate, decide = db.jobs._as_procrastinate, worker.Retry.get_retry_decision

    def at_real_time(job: Job) -> QueuedJob:
        queued: QueuedJob = as_procrastinate(job)
        return queued.evolve(scheduled_at=queued.scheduled_at + behind) if queued.scheduled_at else queued

    def decide_in_real_time(self: worker.Retry, **given: Any) -> RetryDecision | None:
        decision = decide(self, **given)
        if decision is None or decision.retry_at is None:
            return decision
        return RetryDecision(retry_at=decision.retry_at + behind, priority=decision.priority)

    db.jobs._as_procrastinate = at_real_time
    worker.Retry.get_retry_decision = decide_in_real_time  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.argv[0] = "pqwatch"
    main()
