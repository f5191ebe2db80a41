"""A desk whose work is shared, whose jobs a test does by itself, one after the other."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from monitor.demo.parliament import Parliament
from monitor.queue.put_off import PutOffError
from monitor.queue.work import Work
from monitor.scheduler import Service
from tests.e2e.desk import Desk, an_answer
from tests.servers import migrated_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.collection import RunOutcome

NOW = datetime(2024, 11, 26, 9, 0, tzinfo=UTC)
WORKERS = "[workers]\nenabled = true\n"


@contextmanager
def shared_desk(postgres: str, folder: Path) -> Iterator[Desk]:
    """Yield a desk whose work is shared, with one answer of today."""
    with migrated_database(postgres) as url, Parliament.from_values([an_answer(0, NOW.date())]) as parliament:
        parliament.now = NOW
        desk = Desk(
            folder=folder / "desk",
            parliament=parliament,
            archive=url,
            questions='houses = ["Commons"]\nlook_back_days = 2',
            tables=WORKERS,
        )
        desk.config.chmod(0o600)
        yield desk


class Bench:
    """A desk whose work is shared, a service that hands it out, and what does one job after the other."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.now = NOW
        self.service = Service(str(desk.config), lambda: self.now)
        self.work = Work(str(desk.config), lambda: self.now)
        self.archive = self.work.archive

    def close(self) -> None:
        self.work.close()

    def sql(self, statement: str) -> list[Any]:
        with self.archive.engine.begin() as connection:
            result = connection.execute(text(statement))
            return list(result) if result.returns_rows else []

    def waiting(self) -> list[str]:
        """Return the units of the jobs that wait."""
        return [
            row[0] for row in self.sql("select queueing_lock from procrastinate_jobs where status = 'todo' order by id")
        ]

    def do_next(self, task: str) -> None:
        """Do the next job of a task. If it fails or has to wait it goes back."""
        [row] = self.sql(
            f"update procrastinate_jobs set status = 'doing' where id = (select min(id) from procrastinate_jobs "  # noqa: S608
            f"where status = 'todo' and task_name = '{task}') returning id, task_name, args"
        )
        try:
            self.work.do(row.task_name, row.args)
        except BaseException:
            self.sql(f"update procrastinate_jobs set status = 'todo' where id = {row.id}")  # noqa: S608
            raise
        self.sql(f"delete from procrastinate_jobs where id = {row.id}")  # noqa: S608

    def do_all(self, *tasks: str) -> None:
        """Do every job of these tasks."""
        for task in tasks:
            while self.sql(f"select from procrastinate_jobs where status = 'todo' and task_name = '{task}'"):
                self.do_next(task)

    def do_what_can_be_done(self) -> None:
        """Do the jobs of each task in turn, until one has to wait."""
        for task in ("collect", "match", "compose", "deliver", "conclude"):
            with suppress(PutOffError):
                self.do_all(task)

    def do_round(self) -> None:
        self.do_all("collect", "match", "compose", "deliver", "conclude", "deliver")

    def stages(self) -> list[tuple[str, RunOutcome]]:
        return [(row.stage, row.outcome) for row in self.archive.runs.last(100)][::-1]
