"""State of the queue of jobs, as `pqwatch status`, the page and the figures show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.presentation.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from db.archive import Archive
    from monitor.config.settings import Config


def queue_report(config: Config, archive: Archive) -> dict[str, Any] | None:
    """Return how many jobs wait, run and failed in each queue, and how many workers live; None without workers."""
    if not config.workers.enabled:
        return None
    state = archive.jobs.state()
    return {
        "alive": state.workers,
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


def problem_in_words(report: Mapping[str, Any] | None) -> str:
    """Return a sentence if work waits and no worker does it; else ""."""
    if report is None or report["alive"] or not any(queue["waiting"] for queue in report["queues"]):
        return ""
    return "Work waits, and no worker is alive: start pqwatch worker."


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
