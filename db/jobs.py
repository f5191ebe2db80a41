"""The queue of jobs in a PostgreSQL archive. Its tables are Procrastinate's.

Jobs are added within the transaction that makes them due, so that none is lost and none comes too early. A unit that has a
job already, waiting or running, gets no second one: Procrastinate would fail to put the running one back into the queue.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.exc import DBAPIError

from monitor.model.jobs import STALLED_SECONDS, QueueCounts, QueueState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from procrastinate import App
    from procrastinate.manager import JobManager
    from sqlalchemy import Connection, TextClause

    from db.store import Store
    from monitor.model.jobs import Attempt, Job

KEEP_FAILED: Final = timedelta(days=7)
"""Time for which failed jobs are kept, so that an operator can look at them."""
FAILED_LATELY: Final = timedelta(minutes=30)
"""Time after a failure in which a unit gets no new job."""
MANY: Final = 200
"""Number of jobs added at once from which the table is analysed. Until then PostgreSQL takes it for nearly empty, and sorts
all waiting jobs whenever a worker takes one."""

_TAKEN: Final = text("""
    SELECT queueing_lock FROM procrastinate_jobs WHERE queueing_lock = ANY(:units) AND status = 'todo'
    UNION ALL SELECT queueing_lock FROM procrastinate_jobs WHERE queueing_lock = ANY(:units) AND status = 'doing'
""")  # each half has an index
_FAILED: Final = text("""
    SELECT job.queueing_lock FROM procrastinate_jobs AS job
    WHERE job.queueing_lock = ANY(:units) AND job.status = 'failed' AND EXISTS (
        SELECT FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.type = 'failed' AND event.at > now() - make_interval(secs => :lately)
    )
""")
_UNDER_WAY: Final = text(
    "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name IN :tasks AND status IN ('todo', 'doing'))"
).bindparams(bindparam("tasks", expanding=True))
_RUNNING: Final = text(
    "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name IN :tasks AND status = 'doing')"
).bindparams(bindparam("tasks", expanding=True))
_WAITING: Final = text("""
    SELECT EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE task_name IN :tasks AND queue_name IN :queues AND status = 'todo' AND coalesce(scheduled_at, now()) <= now()
    )
""").bindparams(bindparam("tasks", expanding=True), bindparam("queues", expanding=True))
_SOURCE_UNDER_WAY: Final = text("""
    SELECT EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE task_name IN :tasks AND status IN ('todo', 'doing') AND args ->> 'source' = :source
    )
""").bindparams(bindparam("tasks", expanding=True))
_COUNTS: Final = text("""
    SELECT queue_name,
        count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()) AS waiting,
        count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()) AS later,
        count(*) FILTER (WHERE status = 'doing') AS doing,
        count(*) FILTER (WHERE status = 'failed') AS failed
    FROM procrastinate_jobs GROUP BY queue_name
""")
_OLDEST: Final = text("""
    SELECT job.queue_name, min(coalesce(job.scheduled_at, event.at)) AS due_since
    FROM procrastinate_jobs AS job JOIN procrastinate_events AS event ON event.job_id = job.id AND event.type = 'deferred'
    WHERE job.status = 'todo' AND coalesce(job.scheduled_at, now()) <= now() GROUP BY job.queue_name
""")
_NOW: Final = text("SELECT clock_timestamp()")
_WORKERS: Final = text("""
    SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :stalled)
""")
_WAITS: Final = "coalesce((job.args ->> 'waits')::int, 0)"
_NOTE_WAIT: Final = text(f"""
    UPDATE procrastinate_jobs AS job SET args = job.args || jsonb_build_object('waits', {_WAITS} + 1)
    WHERE job.id = :job AND job.worker_id = :worker AND job.status = 'doing'
""")  # noqa: S608 (our own words)
_STALLED: Final = text(f"""
    SELECT job.id, job.attempts - {_WAITS} AS tries FROM procrastinate_jobs AS job
    LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
        AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :stalled))
    FOR UPDATE OF job SKIP LOCKED
""")  # noqa: S608 (the same)
_UNNOTED: Final = text(f"""
    SELECT job.id, job.attempts - {_WAITS} AS tries FROM procrastinate_jobs AS job
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:workers AS bigint[]), CAST(:attempts AS int[]))
        AS ended (id, worker_id, attempts) USING (id, worker_id, attempts)
    WHERE job.status = 'doing' FOR UPDATE OF job SKIP LOCKED
""")  # noqa: S608 (the same)
_BRING_FORWARD: Final = text("""
    UPDATE procrastinate_jobs SET scheduled_at = NULL
    WHERE queueing_lock = ANY(:units) AND status = 'todo' AND scheduled_at IS NOT NULL
""")
_ANALYSE: Final = text("ANALYZE procrastinate_jobs")
_TURN: Final = text("SELECT pg_try_advisory_xact_lock(7078)")  # beside db.transactions.WRITERS
_AGAIN: Final = text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)")
_FAIL: Final = text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)")
_IS_DOING: Final = text(
    "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE id = :job AND worker_id = :worker AND status = 'doing')"
)
_OLD: Final = text("""
    DELETE FROM procrastinate_jobs AS job WHERE job.status IN ('failed', 'cancelled', 'aborted') AND NOT EXISTS (
        SELECT FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.at > now() - make_interval(secs => :kept)
    )
""")


class Jobs:
    """Jobs of an archive on PostgreSQL."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, connection: Connection, jobs: Iterable[Job], *, even_if_failed: bool = True) -> int:
        """Add jobs within the caller's transaction, except for units that have one; return how many were added.

        Without `even_if_failed` units whose job failed lately are left out too.
        """
        by_unit = {job.unit: job for job in jobs}
        if not by_unit:
            return 0
        units = {"units": list(by_unit)}
        taken = set(connection.execute(_TAKEN, units).scalars())
        if not even_if_failed:
            taken |= set(connection.execute(_FAILED, {**units, "lately": FAILED_LATELY.total_seconds()}).scalars())
        new = [job for unit, job in by_unit.items() if unit not in taken]
        if new:
            self._defer(connection, new)
        if len(new) >= MANY:
            connection.execute(_ANALYSE)
        return len(new)

    def _defer(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Add jobs. An error of the database is raised as SQLAlchemy raises it, not as Procrastinate does."""
        import psycopg  # noqa: PLC0415 (installed for PostgreSQL)
        from procrastinate.exceptions import ConnectorException  # noqa: PLC0415 (slow to import)

        raw: Any = connection.connection.driver_connection
        try:
            self._manager.batch_defer_jobs([_as_procrastinate(job) for job in jobs], connection=raw)
        except ConnectorException as exc:
            raise DBAPIError.instance("add jobs", None, exc.__cause__ or exc, psycopg.Error) from exc

    def put(self, jobs: Iterable[Job], *, even_if_failed: bool = False) -> int:
        """Add jobs in a transaction of their own, by default not for units whose job failed lately; see `add`.

        Where every unit has a job already, as most have each minute, no writer has to wait for this.
        """
        wanted = list(jobs)
        if not wanted:
            return 0
        with self._store.read() as connection:
            taken = set(connection.execute(_TAKEN, {"units": [job.unit for job in wanted]}).scalars())
        missing = [job for job in wanted if job.unit not in taken]
        if not missing:
            return 0
        with self._store.write() as connection:
            return self.add(connection, missing, even_if_failed=even_if_failed)

    @contextmanager
    def turn_to_hand_out(self) -> Iterator[bool]:
        """Let one process at a time hand out work; yield whether it is this one, and false while another does.

        Every `serve` sees at the same instant that a round is due. The database ends the turn of one that dies.
        """
        with self._store.read() as connection:
            yield bool(connection.execute(_TURN).scalar_one())

    def bring_forward(self, connection: Connection, units: Sequence[str]) -> None:
        """Let jobs that wait for a later time be done now."""
        if units:
            connection.execute(_BRING_FORWARD, {"units": list(units)})

    def is_under_way(self, *tasks: str) -> bool:
        """Return whether a job of these tasks waits or runs."""
        with self._store.read() as connection:
            return bool(connection.execute(_UNDER_WAY, {"tasks": list(tasks)}).scalar_one())

    def is_running(self, *tasks: str) -> bool:
        """Return whether a worker does a job of these tasks just now."""
        with self._store.read() as connection:
            return bool(connection.execute(_RUNNING, {"tasks": list(tasks)}).scalar_one())

    def is_waiting(self, tasks: Collection[str], queues: Collection[str]) -> bool:
        """Return whether a job of these tasks, in one of these queues, waits for a worker though its time has come."""
        with self._store.read_once() as connection:
            asked = {"tasks": list(tasks), "queues": list(queues)}
            return bool(connection.execute(_WAITING, asked).scalar_one())

    def is_source_under_way(self, *tasks: str, source: str) -> bool:
        """Return whether a job of these tasks waits or runs for a source."""
        with self._store.read() as connection:
            asked = {"tasks": list(tasks), "source": source}
            return bool(connection.execute(_SOURCE_UNDER_WAY, asked).scalar_one())

    def have_job(self, units: Collection[str]) -> bool:
        """Return whether one of these units has a job that waits or runs."""
        with self._store.read() as connection:
            return connection.execute(_TAKEN, {"units": list(units)}).first() is not None

    def state(self) -> QueueState:
        """Return how many jobs wait, run and failed, and how many workers live."""
        with self._store.read() as connection:
            due_since = {row.queue_name: row.due_since for row in connection.execute(_OLDEST)}
            queues = [
                QueueCounts(
                    queue=row.queue_name,
                    waiting=row.waiting,
                    later=row.later,
                    doing=row.doing,
                    failed=row.failed,
                    due_since=due_since.get(row.queue_name),
                )
                for row in connection.execute(_COUNTS)
            ]
        return QueueState(
            queues=tuple(sorted(queues, key=lambda counts: counts.queue)), workers=self.count_living_workers()
        )

    def now(self) -> datetime:
        """Return the time by the database's clock."""
        with self._store.read_once() as connection:
            now: datetime = connection.execute(_NOW).scalar_one()
        return now.astimezone(UTC)

    def count_living_workers(self) -> int:
        """Count the workers that told lately that they are alive."""
        with self._store.read() as connection:
            return int(connection.execute(_WORKERS, {"stalled": STALLED_SECONDS}).scalar_one())

    def forget_old(self) -> int:
        """Delete jobs that failed long ago; return how many."""
        with self._store.write() as connection:
            return connection.execute(_OLD, {"kept": KEEP_FAILED.total_seconds()}).rowcount

    def take_up_stalled(self, most_tries: int) -> int:
        """Put the jobs of dead workers back into the queue; return how many. Those with too many tries fail."""
        return self._put_back(_STALLED, {"stalled": STALLED_SECONDS}, most_tries)

    def take_up_unnoted(self, ended: Collection[Attempt], most_tries: int) -> int:
        """Put back jobs whose attempts ended although the queue could not be told; return how many."""
        if not ended:
            return 0
        values = {
            "ids": [attempt.job for attempt in ended],
            "workers": [attempt.worker for attempt in ended],
            "attempts": [attempt.number for attempt in ended],
        }
        return self._put_back(_UNNOTED, values, most_tries)

    def _put_back(self, query: TextClause, values: dict[str, Any], most_tries: int) -> int:
        with self._store.write() as connection:
            found = connection.execute(query, values).all()
            for job in found:
                statement = _AGAIN if job.tries < most_tries else _FAIL
                connection.execute(statement, {"id": job.id})
        return len(found)

    def note_wait(self, job_id: int, worker_id: int) -> None:
        """Note that a job goes back because it has to wait: that is no try. Procrastinate's own count has it too."""
        with self._store.write_own() as connection:
            connection.execute(_NOTE_WAIT, {"job": job_id, "worker": worker_id})

    def is_doing(self, job_id: int, worker_id: int) -> bool:
        """Return whether a job still belongs to a worker, and was not taken from it as from a dead one."""
        with self._store.read() as connection:
            return bool(connection.execute(_IS_DOING, {"job": job_id, "worker": worker_id}).scalar_one())

    def procrastinate_app(self) -> App:
        """Return Procrastinate's application, which workers run."""
        from procrastinate import App, PsycopgConnector  # noqa: PLC0415 (installed for PostgreSQL, slow to import)

        from db.postgresql import connect_options, take_iso_dates  # noqa: PLC0415 (the same)

        engine = self._store.engine
        # Not as one address: SQLAlchemy writes a space of the options as "+", which libpq takes for a plus.
        _, given = engine.dialect.create_connect_args(engine.url)
        given.pop("context", None)  # SQLAlchemy's own way with values
        pool: dict[str, Any] = {"min_size": 1, "max_size": 3, "timeout": 10.0, "configure": take_iso_dates}
        return App(connector=PsycopgConnector(kwargs={**connect_options(dict(given)), **given}, **pool))

    @cached_property
    def _manager(self) -> JobManager:
        from procrastinate import SyncPsycopgConnector  # noqa: PLC0415 (installed for PostgreSQL, slow to import)
        from procrastinate.manager import JobManager  # noqa: PLC0415

        return JobManager(SyncPsycopgConnector())


def _as_procrastinate(job: Job) -> Any:
    from procrastinate.jobs import Job as QueuedJob  # noqa: PLC0415 (slow to import)

    return QueuedJob(
        queue=job.queue,
        task_name=job.task,
        lock=job.lock,
        queueing_lock=job.unit,
        task_kwargs=dict(job.args),
        priority=job.priority,
        scheduled_at=job.not_before,
    )
