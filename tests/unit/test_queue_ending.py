"""The end of the thread that fetches jobs, also where asyncio loses that it was told to end."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from procrastinate import App
from procrastinate.jobs import Job
from procrastinate.testing import InMemoryConnector

from monitor import app
from monitor.errors import UnreachableError, VersionError
from monitor.operations.signals import Terminated
from monitor.queue.put_off import PutOffError
from monitor.queue.worker import MOST_TRIES, Fetching, Handed, InterruptedJobError, Worker

if TYPE_CHECKING:
    from concurrent.futures import Future


class Stubborn(Fetching):
    """A thread in which so many cancellations get lost."""

    def __init__(self, lost: int) -> None:
        super().__init__(App(connector=InMemoryConnector()), ["mail"], self.refuse)
        self.lost = lost
        self.is_at_work = threading.Event()

    @staticmethod
    def refuse(_job: Job) -> Future[None]:
        raise AssertionError("there is no job")

    async def _work(self) -> None:
        for _ in range(self.lost + 1):
            try:
                self.is_at_work.set()
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.lost -= 1
                if self.lost < 0:
                    raise


def ended(lost: int, seconds: float) -> Stubborn:
    """Start a thread, and tell it to end, twice if it does not within so many seconds."""
    fetching = Stubborn(lost)
    fetching.start()
    assert fetching.is_at_work.wait(20)
    fetching.stop()
    fetching.join(seconds)
    return fetching


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "monitor.queue.worker"]


@pytest.mark.parametrize("lost", [0, 1])
def test_it_ends_though_a_cancellation_is_lost(lost: int, caplog: pytest.LogCaptureFixture) -> None:
    assert not ended(lost, 5.0).is_alive()
    assert said(caplog) == []


def test_it_is_left_to_the_end_of_the_process_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    fetching = ended(2, 0.5)
    assert fetching.is_alive()
    assert said(caplog) == ["the queue could not be left in order: another worker takes up the job"]
    until = time.monotonic() + 20
    while fetching.is_alive() and time.monotonic() < until:  # leave no thread to other tests
        fetching.stop()
        time.sleep(0.05)
    assert not fetching.is_alive()


def test_the_queue_hears_of_a_job_though_a_signal_comes_while_it_is_put_off() -> None:
    def put_off(*_: object) -> None:
        raise PutOffError(datetime(2999, 1, 1, tzinfo=UTC))

    def end(*_: object) -> None:
        raise Terminated

    jobs = SimpleNamespace(
        procrastinate_app=lambda: App(connector=InMemoryConnector()), note_wait=end, is_doing=lambda *_: True
    )
    worker = Worker(SimpleNamespace(archive=SimpleNamespace(jobs=jobs), clock=app.clock, do=put_off))  # type: ignore[arg-type]
    job = Job(id=1, queue="mail", lock="x", queueing_lock="x", task_name="deliver", worker_id=1)
    handed = Handed(job)
    with pytest.raises(Terminated):
        worker._do(handed)
    assert isinstance(handed.outcome.exception(timeout=0), PutOffError)


@pytest.mark.parametrize("why", [Terminated(), VersionError("another version works on the archive")])
def test_a_job_that_is_cut_off_by_the_end_of_its_worker_counts_as_no_try(why: BaseException) -> None:
    def end(*_: object) -> None:
        raise why

    noted: list[tuple[int, int]] = []
    jobs = SimpleNamespace(
        procrastinate_app=lambda: App(connector=InMemoryConnector()),
        note_wait=lambda job, worker: noted.append((job, worker)),
    )
    worker = Worker(SimpleNamespace(archive=SimpleNamespace(jobs=jobs), clock=app.clock, do=end))  # type: ignore[arg-type]
    handed = Handed(Job(id=7, queue="sources", lock="x", queueing_lock="x", task_name="backfill_part", worker_id=3))
    with pytest.raises(type(why)):
        worker._do(handed)
    assert noted == [(7, 3)]
    assert isinstance(handed.outcome.exception(timeout=0), InterruptedJobError)


@pytest.mark.parametrize(("attempts", "expected"), [(MOST_TRIES - 2, []), (MOST_TRIES - 1, ["collect questions: odd"])])
def test_a_job_that_fails_for_the_last_time_is_noted(attempts: int, expected: list[str]) -> None:
    def fail(*_: object) -> None:
        raise ValueError("odd")

    noted: list[str] = []
    work = SimpleNamespace(
        archive=SimpleNamespace(jobs=SimpleNamespace(procrastinate_app=lambda: App(connector=InMemoryConnector()))),
        clock=app.clock,
        do=fail,
        note_given_up=lambda task, arguments, exc: noted.append(f"{task} {arguments['source']}: {exc}"),
    )
    job = Job(
        id=7,
        queue="sources",
        lock="x",
        queueing_lock="x",
        task_name="collect",
        task_kwargs={"source": "questions"},
        attempts=attempts,
        worker_id=3,
    )
    handed = Handed(job)
    Worker(work)._do(handed)  # type: ignore[arg-type]
    assert noted == expected
    assert isinstance(handed.outcome.exception(timeout=0), ValueError)


def test_a_job_is_given_up_though_that_cannot_be_noted(caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise UnreachableError("the database is away")

    jobs = SimpleNamespace(procrastinate_app=lambda: App(connector=InMemoryConnector()))
    worker = Worker(SimpleNamespace(archive=SimpleNamespace(jobs=jobs), clock=app.clock, note_given_up=fail))  # type: ignore[arg-type]
    job = Job(id=7, queue="sources", lock="x", queueing_lock="x", task_name="collect", worker_id=3)
    worker._note_given_up(job, ValueError("odd"))
    assert "it could not be noted that collect is given up: the database is away" in caplog.text
