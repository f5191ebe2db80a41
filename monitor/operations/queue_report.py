"""State of the queue of jobs, as `pqwatch status`, the page and the figures show it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.config.last_used import other_file
from monitor.model.jobs import DIGESTS, MAIL, MATCHING
from monitor.presentation.wording import count_of, listed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from db.archive import Archive
    from monitor.config.settings import Config

UNTAKEN_AFTER: Final = timedelta(minutes=10)
"""Time after which work is left over that an idle worker could have begun: some take work of certain queues only."""
NOTED_LATELY: Final = timedelta(minutes=3)
"""Time since a worker noted that its config.toml differs, in which it counts as still so."""
_OF_DIGESTS: Final = (MATCHING, DIGESTS)
"""Queues whose jobs a worker with another config.toml leaves to others."""


def queue_report(config: Config, archive: Archive) -> dict[str, Any] | None:
    """Return how many jobs wait, run and failed in each queue, and how many workers live; None without workers."""
    if not config.workers.enabled:
        return None
    state, other = archive.jobs.state(), other_file(archive)
    return {
        "alive": state.workers,
        "other_file": asdict(other) if other else None,
        "queues": [
            {
                "queue": queue.queue,
                "waiting": queue.waiting,
                "later": queue.later,
                "doing": queue.doing,
                "failed": queue.failed,
                "due_since": queue.due_since,
            }
            for queue in state.queues
        ],
    }


class QueueProblem(NamedTuple):
    """Work that waits and that no worker does, and what to do about it: parts of a sentence, without a stop."""

    what: str
    remedy: str


def problem_in_words(report: Mapping[str, Any] | None, now: datetime) -> str:
    """Return a sentence if work waits that no worker does; else ""."""
    problem = find_problem(report, now) if report is not None else None
    return f"{problem.what}: {problem.remedy}." if problem else ""


def find_problem(report: Mapping[str, Any], now: datetime) -> QueueProblem | None:
    """Return which work waits that no worker does; None if all is in hand."""
    queues = report["queues"]
    if not report["alive"]:
        is_waiting = any(queue["waiting"] for queue in queues)
        return QueueProblem("Work waits, and no worker is alive", "start pqwatch worker") if is_waiting else None
    if _differs(report, now):
        return QueueProblem(
            "Digests or mails wait, because the config.toml of a worker differs from that of pqwatch serve",
            "give all machines the same topics, equivalents, webhooks, feeds and delivery.transport; pqwatch status --json "
            "names that file",
        )
    is_idle = report["alive"] > sum(queue["doing"] for queue in queues)
    left = [queue["queue"] for queue in queues if _is_left(queue, now)]
    if not (is_idle and left):
        return None
    minutes = UNTAKEN_AFTER.total_seconds() // 60
    options = " ".join(f"--queue {name}" for name in left)
    return QueueProblem(
        f"Work of {listed(left)} has waited for more than {minutes:.0f} minutes, and a worker that has nothing to do does "
        "not take it",
        f"start pqwatch worker {options}, or without --queue",
    )


def _differs(report: Mapping[str, Any], now: datetime) -> bool:
    """Return whether digests or mails wait, and a worker has long left them to others because of its config.toml."""
    other = report["other_file"]
    if other is None or now - other["at"] > NOTED_LATELY or other["at"] - other["since"] < UNTAKEN_AFTER:
        return False
    of_digests = any(queue["waiting"] + queue["later"] for queue in report["queues"] if queue["queue"] in _OF_DIGESTS)
    return of_digests or any(queue["waiting"] for queue in report["queues"] if queue["queue"] == MAIL)


def _is_left(queue: Mapping[str, Any], now: datetime) -> bool:
    since = queue["due_since"]
    return bool(queue["waiting"]) and not queue["doing"] and since is not None and now - since > UNTAKEN_AFTER


def failures_in_words(report: Mapping[str, Any] | None) -> str:
    """Return a sentence about the jobs that failed; "" if none did."""
    count = sum(queue["failed"] for queue in report["queues"]) if report else 0
    return f"{count_of(count, 'job')} failed in the last week: the log of the workers says why." if count else ""


def oldest_in_words(queue: Mapping[str, Any], now: datetime) -> str:
    """Return for how long the oldest job of a queue has waited."""
    if queue["due_since"] is None:
        return "none"
    seconds = max(0, int((now - queue["due_since"]).total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"  # noqa: PLR2004 (two minutes)
