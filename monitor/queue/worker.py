"""Take jobs from the queue, one at a time, and do them.

Procrastinate runs in a thread: it fetches a job, hands it to the main thread and waits. There a signal ends the work
wherever it is, as in a run, and the job goes back into the queue. Several workers, on one machine or many, do several jobs
at once.

A worker tells that it is alive every few seconds. One that was silent for half a minute counts as dead, and its jobs are
done by others. If it stood still and goes on, it may write nothing more (`db.runs`, `db.outbox`), and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.exceptions import ConnectorException

from monitor import app
from monitor.errors import LeaseError, LockedError, MonitorError, SchemaError, StaleConfigError, UnreachableError
from monitor.model.jobs import QUEUES, STALLED_SECONDS, TASKS, Attempt
from monitor.operations.signals import SIGNALS, Terminated
from monitor.queue.put_off import LEAVE_SECONDS, PutOffError
from monitor.queue.versions import refuse_other_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from procrastinate import App
    from procrastinate.jobs import Job

    from monitor.queue.work import Work

log = logging.getLogger(__name__)

MOST_TRIES: Final = 5
"""Tries of a job that fails. Times that it had to wait do not count."""
MOST_LOSSES: Final = 100
"""Tries after which a job whose worker died is not taken up again."""
FIRST_WAIT: Final = 10
LONGEST_WAIT: Final = 300
"""Seconds before a job that failed is tried again: doubled each time, up to five minutes."""
NOT_NOW: Final = (LeaseError, StaleConfigError, LockedError, UnreachableError)
"""Errors of a job that could not run: a run holds the archive, or the database is away."""
NOT_NOW_WAIT: Final = timedelta(seconds=10)
"""Time after which it is tried again."""

HEARTBEAT_SECONDS: Final = 5.0
POLL_SECONDS: Final = 5.0
"""Seconds after which the queue is asked though no notification came."""
LISTEN_SECONDS: Final = 1.0
"""Seconds after which the main thread notices a signal whose exception was dropped."""
UNNOTED_SECONDS: Final = 5.0
"""Seconds after the end of a job in which the queue has to note it: the database may have been away just then."""
END_SECONDS: Final = 10.0
"""Seconds in which the thread that fetches jobs has to end, each time that it is told to."""
RECONNECT_SECONDS: Final = (1.0, 2.0, 5.0, 10.0)
"""Seconds before a worker that lost the database tries to reach it again."""


_LEVELS: Final = {
    "procrastinate": logging.WARNING,
    # This module logs how a job ended, and that the queue was lost, in one line each without a traceback.
    "procrastinate.worker": logging.CRITICAL,
    "procrastinate.utils": logging.CRITICAL,
}


class InterruptedJobError(Exception):
    """The worker ends, and the job that it did goes back into the queue."""


class GivenUpError(MonitorError):
    """This worker counted as dead, and others do its jobs."""


class Retry(BaseRetryStrategy):
    """Decides whether and when a job is tried again, by the clock of the queue."""

    def __init__(self, clock: Callable[[], datetime] = app.clock) -> None:
        self._clock = clock

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to try again; None: the job failed."""
        now = self._clock()
        if isinstance(exception, PutOffError):
            return RetryDecision(retry_at=exception.until, priority=exception.priority)
        if isinstance(exception, InterruptedJobError | asyncio.CancelledError):
            return RetryDecision(retry_at=now)
        if isinstance(exception, NOT_NOW):
            return RetryDecision(retry_at=now + NOT_NOW_WAIT)
        waits: Any = job.task_kwargs.get("waits", 0)  # see Jobs.note_wait
        failed = job.attempts - waits
        if failed + 1 >= MOST_TRIES:
            return None
        return RetryDecision(retry_at=now + timedelta(seconds=wait_after(failed)))


def wait_after(attempts: int) -> int:
    """Return the seconds to wait after so many failed tries."""
    return int(min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT))


@dataclass(frozen=True, slots=True)
class Handed:
    """A job that was handed to the main thread."""

    job: Job
    outcome: Future[None] = field(default_factory=Future)


class Worker:
    """A worker process: jobs come from a thread and are done in the main one."""

    def __init__(self, work: Work, queues: Sequence[str] = QUEUES) -> None:
        for logger, level in _LEVELS.items():
            logging.getLogger(logger).setLevel(level)
        self._work = work
        self._queues = queues
        self._inbox: queue.SimpleQueue[Handed] = queue.SimpleQueue()
        self._ended: dict[Attempt, float] = {}
        self._is_open = True
        self._lock = threading.Lock()
        self._retry = Retry(work.clock)
        self._fetching = Fetching(work.archive.jobs.procrastinate_app(), queues, self._hand_over, self._retry)
        self._left: dict[str, float] = {}
        self._rescued_at = time.monotonic()

    def run(self) -> None:
        """Work until SIGTERM or Ctrl-C. Raises SchemaError where another version works on the archive."""
        refuse_other_version(self._work.archive)
        log.info("worker pid=%d queues=%s", os.getpid(), ",".join(self._queues))
        self._fetching.start()
        try:
            with contextlib.suppress(Terminated, KeyboardInterrupt):
                while not SIGNALS.was_received() and self._fetching.is_alive():
                    self._turn()
        except GivenUpError:
            self._fetching.abandon()  # it must not say that the job of another worker is done
            raise
        finally:
            self._end()
        log.info("worker ended pid=%d", os.getpid())

    def _hand_over(self, job: Job) -> Future[None]:
        handed = Handed(job)
        with self._lock:
            if self._is_open:
                self._inbox.put(handed)
            else:
                handed.outcome.set_exception(InterruptedJobError())
        return handed.outcome

    def _turn(self) -> None:
        """Do a job if one comes, and take up from time to time what other workers left."""
        with contextlib.suppress(queue.Empty):
            self._do(self._inbox.get(timeout=LISTEN_SECONDS))
        self._work.close_idle()
        self._choose_queues()
        now = time.monotonic()
        if now - self._rescued_at >= HEARTBEAT_SECONDS:
            self._rescued_at = now
            self._take_up_stalled()

    def _take_up_stalled(self) -> None:
        """Put back the jobs of dead workers, and own jobs that ended without the queue noting it."""
        long_ago = time.monotonic() - UNNOTED_SECONDS
        ended = [attempt for attempt, at in self._ended.items() if at < long_ago]
        jobs = self._work.archive.jobs
        try:
            count = jobs.take_up_stalled(MOST_LOSSES)
            count += jobs.take_up_unnoted(ended, MOST_LOSSES)
        except MonitorError as exc:
            log.warning("the jobs of dead workers can't be looked for: %s", exc)
            return
        for attempt in ended:
            del self._ended[attempt]
        if count:
            log.warning("jobs that no worker was doing were put back jobs=%d", count)

    def _do(self, handed: Handed) -> None:
        try:
            self._do_job(handed)
        finally:
            job = handed.job
            if job.id is not None and job.worker_id is not None:
                self._ended[Attempt(job.id, job.worker_id, job.attempts)] = time.monotonic()

    def _do_job(self, handed: Handed) -> None:
        job, began = handed.job, time.time()  # a machine that slept counts the time by this clock alone
        try:
            self._work.do(job.task_name, job.task_kwargs)  # type: ignore[arg-type]  # monitor.model.jobs makes them
        except (KeyboardInterrupt, SystemExit, SchemaError):  # Ctrl-C, SIGTERM, or a worker of another version
            self._give_back(handed)
            raise
        except BaseException as exc:  # noqa: BLE001 (the queue decides what follows from it)
            self._refuse_if_given_up(job, began)
            _log_failure(job, exc)
            try:
                if isinstance(exc, (PutOffError, *NOT_NOW)):
                    self._note_wait(job)
                if isinstance(exc, PutOffError) and exc.leave is not None:
                    self._leave(exc.leave, exc.leave_seconds)
                if self._retry.get_retry_decision(exception=exc, job=job) is None:
                    self._note_given_up(job, exc)
            finally:  # the queue waits for it, also where a signal ended the work just now
                handed.outcome.set_exception(exc)
        else:
            self._refuse_if_given_up(job, began)
            handed.outcome.set_result(None)

    def _leave(self, name: str, seconds: float) -> None:
        """Take no jobs of a queue for some seconds."""
        if seconds >= LEAVE_SECONDS:  # a turn is waited for in other work, again and again
            log.info("leaves the queue to other workers queue=%s seconds=%d", name, seconds)
        self._left[name] = time.monotonic() + seconds
        self._choose_queues()

    def _choose_queues(self) -> None:
        """Take jobs of all queues but those that were left a moment ago."""
        now = time.monotonic()
        chosen = [name for name in self._queues if self._left.get(name, now) <= now]
        if chosen != self._fetching.queues:
            self._fetching.queues[:] = chosen

    def _give_back(self, handed: Handed) -> None:
        """Put a job back because this worker ends, which is no try of it."""
        try:
            self._note_wait(handed.job)
        finally:  # the queue waits for it, also where another signal came just now
            handed.outcome.set_exception(InterruptedJobError())

    def _note_wait(self, job: Job) -> None:
        with contextlib.suppress(MonitorError):  # the database is away: it counts as a try
            self._work.archive.jobs.note_wait(job.id or 0, job.worker_id or 0)

    def _note_given_up(self, job: Job, exc: BaseException) -> None:
        try:
            self._work.note_given_up(job.task_name, job.task_kwargs, exc)  # type: ignore[arg-type]  # as in _do_job
        except MonitorError as error:  # the database is away
            log.warning("it could not be noted that %s is given up: %s", job.task_name, error)

    def _refuse_if_given_up(self, job: Job, began: float) -> None:
        """Raise GivenUpError if the job took long and was given to another worker meanwhile."""
        if time.time() - began < STALLED_SECONDS / 2:
            return
        try:
            is_mine = self._work.archive.jobs.is_doing(job.id or 0, job.worker_id or 0)
        except MonitorError:  # the database is away, and Procrastinate notices it too
            return
        if not is_mine:
            raise GivenUpError(
                f"this worker stood still for more than {STALLED_SECONDS} seconds, so others do its work: start it again"
            )

    def _end(self) -> None:
        self._fetching.stop()
        with self._lock, contextlib.suppress(queue.Empty):
            self._is_open = False
            while True:
                self._give_back(self._inbox.get_nowait())
        self._fetching.join()
        self._work.close()


def _log_failure(job: Job, exc: BaseException) -> None:
    what = " ".join(f"{name}={value}" for name, value in job.task_kwargs.items() if name not in ("units", "waits"))
    if isinstance(exc, PutOffError):
        log.debug("%s %s %s", job.task_name, what, exc)
    elif isinstance(exc, NOT_NOW):
        log.info("%s %s waits: %s", job.task_name, what, exc)
    else:
        log.error("%s %s failed: %s", job.task_name, what, exc, exc_info=None if isinstance(exc, MonitorError) else exc)


def _log_unnoted(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log in one line that the queue could not note how a job ended: `_take_up_stalled` puts the job back."""
    error = context.get("exception")
    log.warning("the end of a job could not be noted: %s", _reason(error) if error else context.get("message"))


def _reason(error: BaseException) -> str:
    """Return the first line of an error, of the database's own where Procrastinate wrapped it."""
    cause = error.__cause__ or error if isinstance(error, ConnectorException) else error
    return str(cause).partition("\n")[0]


class Fetching(threading.Thread):
    """The thread in which Procrastinate fetches jobs. It begins again when the database was away.

    `queues`: those of which it takes the next job. Procrastinate looks at this list each time.
    """

    def __init__(
        self,
        application: App,
        queues: Sequence[str],
        hand_over: Callable[[Job], Future[None]],
        retry: Retry | None = None,
    ) -> None:
        super().__init__(name="fetch-jobs", daemon=True)
        self._app = application
        self.queues = list(queues)
        self._hand_over = hand_over
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._is_abandoned = False
        self._task: asyncio.Task[Any] | None = None
        for name in TASKS:
            application.task(name=name, retry=retry or Retry(), pass_context=True)(self._do)

    async def _do(self, context: JobContext, /, **_arguments: Any) -> None:
        await asyncio.wrap_future(self._hand_over(context.job))

    def run(self) -> None:
        """Fetch jobs until `stop`."""
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # psycopg needs this loop on Windows
            runner.run(self._fetch())

    async def _fetch(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._loop.set_exception_handler(_log_unnoted)
        tries = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await self._work()  # it ends where its heartbeat or its listening connection failed
                log.warning("lost the connection to the queue: connecting again")
                await asyncio.sleep(RECONNECT_SECONDS[0])
            except asyncio.CancelledError:
                return
            except Exception as exc:  # noqa: BLE001 (whatever it was, the worker goes on)
                tries = 0 if time.monotonic() - began > max(RECONNECT_SECONDS) else tries
                seconds = RECONNECT_SECONDS[min(tries, len(RECONNECT_SECONDS) - 1)]
                tries += 1
                log.warning("the queue can't be reached, again in=%ds: %s", seconds, _reason(exc))
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(seconds)

    async def _work(self) -> None:
        async with self._app.open_async():
            await self._app.run_worker_async(
                queues=self.queues,
                concurrency=1,
                install_signal_handlers=False,
                delete_jobs="successful",
                fetch_job_polling_interval=POLL_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )

    def stop(self) -> None:
        """Fetch no more, when the job that is done now has ended."""
        self._stopping.set()
        self._cancel()

    def _cancel(self) -> None:
        if self._loop is not None and self._task is not None and not self._is_abandoned and self.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop ended meanwhile
                self._loop.call_soon_threadsafe(self._task.cancel)

    def abandon(self) -> None:
        """End without a word to the queue: the thread ends with the process."""
        self._is_abandoned = True

    def join(self, timeout: float | None = END_SECONDS) -> None:
        """Wait until the thread has ended, unless it was abandoned. It is told twice; then it ends with the process.

        Until Python 3.12 `asyncio.wait_for` may lose a cancellation.
        """
        if self._is_abandoned or self._loop is None:
            return
        super().join(timeout)
        if self.is_alive():
            self._cancel()
            super().join(timeout)
        if self.is_alive():
            log.warning("the queue could not be left in order: another worker takes up the job")
