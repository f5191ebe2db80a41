"""Worker with shorter waits than others: `python -m tests.reliability.hasty_worker worker`."""

from __future__ import annotations

import sys
from datetime import timedelta

import db.jobs
import db.outbox
import monitor.cli
from monitor.queue import dispatch, work, worker

AMBIGUOUS_WAIT = timedelta(seconds=4)
"""Time after which a mail that may have been sent is sent again; a quarter of an hour otherwise."""
STALLED_SECONDS = 8
"""Seconds of silence after which a worker counts as dead; 30 otherwise."""


def main() -> None:
    """Run a command with short waits."""
    soon = timedelta(seconds=1)
    for module, name, value in (
        (db.jobs, "STALLED_SECONDS", STALLED_SECONDS),
        (db.outbox, "AMBIGUOUS_WAIT", AMBIGUOUS_WAIT),
        (worker, "STALLED_SECONDS", STALLED_SECONDS),
        (worker, "HEARTBEAT_SECONDS", 1.0),
        (worker, "POLL_SECONDS", 1.0),
        (work, "LOOK_AGAIN", soon),
        (dispatch, "CONCLUDE_AFTER", soon),
    ):
        assert hasattr(module, name)
        setattr(module, name, value)
    monitor.cli.main()


if __name__ == "__main__":
    sys.argv[0] = "pqwatch"
    main()
