"""Words about the queue of jobs: work that no worker does is told, work that waits its turn is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.operations.check_results import Level
from monitor.operations.queue_report import find_problem, problem_in_words
from monitor.operations.run_checks import check_workers

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
    found = problem_in_words({"alive": alive, "queues": queues, "other_file": None}, NOW)
    assert expected in found
    assert bool(found) == bool(expected)


@pytest.mark.parametrize(
    ("since", "at", "name", "is_told"),
    [
        (11, 0, "digests", True),
        (11, 0, "matching", True),
        (11, 0, "mail", False),  # only those that are tried again later
        (9, 0, "digests", False),  # serve may be about to take a new file in
        (60, 4, "digests", False),  # it was put right, or the worker ended
    ],
)
def test_digests_that_wait_because_of_another_file_are_told(since: int, at: int, name: str, is_told: bool) -> None:
    other = {"place": "desk:/etc/pqwatch/config.toml"} | {
        "since": NOW - timedelta(minutes=since),
        "at": NOW - timedelta(minutes=at),
    }
    later = {**queue(name), "later": 9}
    found = problem_in_words({"alive": 2, "queues": [later], "other_file": other}, NOW)
    assert found.startswith("Digests or mails wait, because") is is_told
    assert "desk" not in found  # a monitor asks without signing in


def test_mails_that_wait_because_of_another_file_are_told() -> None:
    other = {"place": "desk:/etc/pqwatch/config.toml", "since": NOW - timedelta(minutes=11), "at": NOW}
    found = problem_in_words({"alive": 1, "queues": [queue("mail", waiting=3)], "other_file": other}, NOW)
    assert "feeds and delivery.transport" in found


def test_doctor_names_the_queue_that_needs_a_worker() -> None:
    report = {"alive": 1, "queues": [queue("mail", waiting=1, minutes=60)], "other_file": None}
    finding = check_workers(1, find_problem(report, NOW))
    assert finding.level is Level.FAILED
    assert finding.remedy == "Start pqwatch worker --queue mail, or without --queue."
    nobody = check_workers(0, None)
    assert (nobody.level, nobody.remedy) == (Level.WARNING, "Start pqwatch worker.")
    assert check_workers(2, None).text == "2 workers are alive, and no work is left over."
