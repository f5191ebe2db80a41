"""Words about the queue of jobs: work that no worker does is told, work that waits its turn is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.operations.checks import Level, check_workers
from monitor.operations.queue_report import find_problem, problem_in_words

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def queue(name: str, *, waiting: int = 0, doing: int = 0, minutes: float = 0) -> dict[str, Any]:
    since = NOW - timedelta(minutes=minutes) if waiting else None
    return {"queue": name, "waiting": waiting, "later": 0, "doing": doing, "failed": 0, "due_since": since}


@pytest.mark.parametrize(
    ("alive", "queues", "expected"),
    [
        (0, [queue("mail", waiting=1)], "Work waits, and no worker is alive: start pqwatch worker."),
        (0, [queue("mail")], ""),
        (2, [queue("mail", waiting=9, minutes=11), queue("sources", doing=1)], "Work of mail has waited"),
        (1, [queue("mail", waiting=9, minutes=11), queue("sources", doing=1)], ""),
        (2, [queue("mail", waiting=9, doing=1, minutes=300)], ""),
        (2, [queue("mail", waiting=9, minutes=9)], ""),
        (1, [queue("digests", waiting=1, minutes=60), queue("mail", waiting=1, minutes=60)], "of digests and mail has"),
    ],
)
def test_work_that_no_worker_takes_is_told(alive: int, queues: list[dict[str, Any]], expected: str) -> None:
    found = problem_in_words({"alive": alive, "queues": queues}, NOW)
    assert expected in found
    assert bool(found) == bool(expected)


def test_doctor_names_the_queue_that_needs_a_worker() -> None:
    report = {"alive": 1, "queues": [queue("mail", waiting=1, minutes=60)]}
    finding = check_workers(1, find_problem(report, NOW))
    assert finding.level is Level.FAILED
    assert finding.remedy == "Start pqwatch worker --queue mail, or without --queue."
    assert check_workers(2, None).text == "2 workers are alive, and no work is left over."
