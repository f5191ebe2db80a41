"""Hasty worker that splits even short work: `python -m tests.reliability.splitting_worker worker`."""

from __future__ import annotations

import sys

from monitor import match
from monitor.collect import parts
from tests.reliability import hasty_worker

WINDOWS_IN_A_PART = 3
REVISIONS_IN_A_RANGE = 8


def main() -> None:
    """Run a command that splits short work."""
    split_short_work()
    hasty_worker.main()


def split_short_work() -> None:
    """Have even short work split."""
    for module, name, value in (
        (parts, "WINDOWS_IN_A_PART", WINDOWS_IN_A_PART),
        (match, "RANGE", REVISIONS_IN_A_RANGE),
        (match, "MANY", 2 * REVISIONS_IN_A_RANGE),
    ):
        assert hasattr(module, name)
        setattr(module, name, value)


if __name__ == "__main__":
    sys.argv[0] = "pqwatch"
    main()
