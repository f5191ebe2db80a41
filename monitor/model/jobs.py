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
COLLECT_PART: Final = "collect_part"
BACKFILL: Final = "backfill"
BACKFILL_PART: Final = "backfill_part"
MATCH: Final = "match"
MATCH_RANGE: Final = "match_range"
COMPOSE: Final = "compose"
DELIVER: Final = "deliver"
CONCLUDE: Final = "conclude"
TASKS: Final = (COLLECT, COLLECT_PART, BACKFILL, BACKFILL_PART, MATCH, MATCH_RANGE, COMPOSE, DELIVER, CONCLUDE)
"""Tasks: kinds of job."""

SOURCES: Final = "sources"
MATCHING: Final = "matching"
DIGESTS: Final = "digests"
MAIL: Final = "mail"
OPERATIONS: Final = "operations"
QUEUES: Final = (SOURCES, MATCHING, DIGESTS, MAIL, OPERATIONS)
"""Queues. A worker takes jobs from all of them, or from one."""

ROUND: Final = "round"
"""Key of the fact that holds the round of work under way."""

STALLED_SECONDS: Final = 30
"""Seconds without a heartbeat after which a worker counts as dead, and others take its jobs."""

_REQUESTS_AT_ONCE: Final = 2
"""Requests that one worker has in flight at a host. So many workers ask it at once as `http.concurrency` then allows."""

_SOON: Final = 10
_LATER: Final = -10
BEHIND_NEW_MAIL: Final = 5
"""Priority of a message whose last try failed: behind those that were never tried, before other work."""
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


def collect_job(source: str, host: str, *, not_before: datetime | None = None, is_end: bool = False) -> Job:
    """Return the job that reads a source, or hands it out in parts; `is_end`: that ends it when these are read.

    Sources at one host are read one after the other, so that it has peace.
    """
    unit, args = source_unit(source), {"source": source} | _ends(is_end)
    unit_of_job = f"{unit} end" if is_end else unit
    return Job(
        task=COLLECT, queue=SOURCES, unit=unit_of_job, lock=_host_lock(host) or unit, args=args, not_before=not_before
    )


def backfill_job(source: str, host: str, first: str = "", last: str = "", *, is_end: bool = False) -> Job:
    """Return the job that reads the past of a source between two days, or hands it out in parts; as `collect_job`."""
    unit, args = backfill_unit(source), {"source": source, "first": first, "last": last} | _ends(is_end)
    unit_of_job = f"{unit} end" if is_end else unit
    return Job(
        task=BACKFILL, queue=SOURCES, unit=unit_of_job, lock=_host_lock(host) or unit, args=args, priority=_LATER
    )


def part_job(task: str, source: str, part: int, units: str, *, name: str, host: str, way: int) -> Job:
    """Return the job that reads some windows or files of a source, as `units` names them.

    `name`: unit of the whole reading. `way`: number of the way to the host, each of which one worker goes at a time.
    """
    unit = part_unit(name, part)
    return Job(
        task=task,
        queue=SOURCES,
        unit=unit,
        lock=_host_lock(host, way) or unit,
        args={"source": source, "part": part, "units": units},
        priority=_LATER if task == BACKFILL_PART else 0,
    )


def _ends(is_end: bool) -> dict[str, str | int]:
    """Return what a job says that only ends a reading. If it is done a second time it must not begin another."""
    return {"is_end": 1} if is_end else {}


def workers_at_a_host(concurrency: int) -> int:
    """Return how many workers may ask one host at once, given the requests that it may have in flight."""
    return max(concurrency // _REQUESTS_AT_ONCE, 1)


def requests_at_once(concurrency: int) -> int:
    """Return how many requests one worker may have in flight at a host, so that all together keep to the limit."""
    return concurrency // workers_at_a_host(concurrency)


def _host_lock(host: str, way: int = 0) -> str:
    """Return the lock for one way to a host; "" where nothing is asked, or several hosts are."""
    return f"host {host}{f' {way}' if way else ''}" if host else ""


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


def backfill_unit(source: str) -> str:
    """Return the name of the past of a source as a unit of work."""
    return f"backfill {source}"


def part_unit(name: str, part: int) -> str:
    """Return the name of one part of a reading as a unit of work."""
    return f"{name} part {part}"


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
