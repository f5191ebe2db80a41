"""Jobs: units of work that workers take from the queue.

A job only says where to look. What is due stands in the archive, so a job that runs twice, or too early, changes nothing,
and one that is lost is found again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

COLLECT: Final = "collect"
MATCH: Final = "match"
MATCH_RANGE: Final = "match_range"
COMPOSE: Final = "compose"
DELIVER: Final = "deliver"
CONCLUDE: Final = "conclude"
"""Tasks: kinds of job."""

SOURCES: Final = "sources"
MATCHING: Final = "matching"
DIGESTS: Final = "digests"
MAIL: Final = "mail"
OPERATIONS: Final = "operations"
QUEUES: Final = (SOURCES, MATCHING, DIGESTS, MAIL, OPERATIONS)
"""Queues. A worker takes jobs from all of them, or from one."""

STALLED_SECONDS: Final = 30
"""Seconds without a heartbeat after which a worker counts as dead, and others take its jobs."""

_SOON: Final = 10
_LATER: Final = -10
"""Priorities. Within one, jobs go in the order in which they were deferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One unit of work.

    `unit`: what it is about; no second job for a unit is added while one waits or runs. `lock`: what it touches; no two jobs
    with the same lock run at once. `not_before`: None for at once. A job of higher priority goes first.
    """

    task: str
    queue: str
    unit: str
    lock: str
    args: Mapping[str, str | int] = field(default_factory=dict)
    priority: int = 0
    not_before: datetime | None = None


def collect_job(source: str, host: str, *, not_before: datetime | None = None) -> Job:
    """Return the job that reads a source. Sources at one host are read one after the other, so that it has peace."""
    unit = source_unit(source)
    args = {"source": source}
    return Job(
        task=COLLECT, queue=SOURCES, unit=unit, lock=f"host {host}" if host else unit, args=args, not_before=not_before
    )


def match_job() -> Job:
    """Return the job that looks for the terms in what was read, and then hands out the digests that are due."""
    return Job(task=MATCH, queue=MATCHING, unit=MATCH, lock=MATCH)


def match_range_job(end: int) -> Job:
    """Return the job that looks for the terms in one range of a long stretch of revisions, which ends at a row id."""
    unit = range_unit(end)
    return Job(task=MATCH_RANGE, queue=MATCHING, unit=unit, lock=unit, args={"end": end})


def compose_job(reader: str) -> Job:
    """Return the job that composes the digest of a reader, by key."""
    unit = reader_unit(reader)
    return Job(task=COMPOSE, queue=DIGESTS, unit=unit, lock=unit, args={"reader": reader})


def deliver_job(row_id: int) -> Job:
    """Return the job that sends one message of the outbox."""
    unit = f"message {row_id}"
    return Job(task=DELIVER, queue=MAIL, unit=unit, lock=unit, args={"message": row_id}, priority=_SOON)


def conclude_job(*, not_before: datetime | None = None) -> Job:
    """Return the job that alerts the operator and tidies up when a round of work is over."""
    return Job(task=CONCLUDE, queue=OPERATIONS, unit=CONCLUDE, lock=CONCLUDE, priority=_LATER, not_before=not_before)


def source_unit(source: str) -> str:
    """Return the name of a source as a unit of work."""
    return f"source {source}"


def range_unit(end: int) -> str:
    """Return the name of a range of revisions as a unit of work."""
    return f"revisions to {end}"


def reader_unit(reader: str) -> str:
    """Return the name of a reader's digests as a unit of work."""
    return f"reader {reader}"


class Attempt(NamedTuple):
    """One attempt of a worker at a job: the ids of both, and how many attempts there were before."""

    job: int
    worker: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """State of one queue: jobs by state, and when the oldest of those that could run now became due."""

    queue: str
    waiting: int
    later: int
    doing: int
    failed: int
    due_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """State of all queues, and the number of workers that were heard of lately."""

    queues: tuple[QueueCounts, ...]
    workers: int
