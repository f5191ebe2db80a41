"""Worker of weeks: the jobs of a round, one after the other, over the sources and the mail server of a desk."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest import mock

from sqlalchemy import text

from monitor import app
from monitor.queue.dispatch import begin_round, deliver_due
from monitor.queue.put_off import PutOffError
from monitor.queue.versions import announce_version
from monitor.queue.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.pipeline import Pipeline
    from tests.fakes import World

TASKS = ("collect", "match", "compose", "deliver", "conclude", "deliver")
MOST_LOOKS = 8
LOOK_AGAIN_AFTER = 40
"""Seconds after which jobs that had to wait are tried again: sources that failed are asked once more after thirty."""

_TAKE = text(
    "update procrastinate_jobs set status = 'doing' where id = (select min(id) from procrastinate_jobs"
    " where status = 'todo' and task_name = :task) returning id, task_name, args"
)
_PUT_BACK = text("update procrastinate_jobs set status = 'todo' where id = :id")
_DROP = text("delete from procrastinate_jobs where id = :id")


def work_round(world: World, path: Path) -> None:
    """Hand out a round as `pqwatch serve` does, and work it off as `pqwatch worker` does. `path`: of config.toml."""

    @contextmanager
    def stages(config: Config, archive: Archive, *, as_of: datetime | None = None, **_: Any) -> Iterator[Pipeline]:
        yield replace(world, archive=archive, config=config).pipeline(as_of)

    announce_version(world.archive)
    begin_round(world.archive, world.config, world.clock(), reads_sources=True)
    with (
        mock.patch.object(app, "pipeline", stages),
        mock.patch.object(app, "mailer", return_value=world.post),
        closing(Work(str(path), world.clock)) as work,
    ):
        for _ in range(MOST_LOOKS):
            if not [task for task in TASKS if not _is_done(work, task)]:
                return
            world.clock.tick(seconds=LOOK_AGAIN_AFTER)


def _is_done(work: Work, task: str) -> bool:
    """Do the jobs of a task; return False as soon as one has to wait."""
    if task == "deliver":
        deliver_due(work.archive, work.config, work.clock())
    while (job := _changed(work, _TAKE, task=task)) is not None:
        try:
            work.do(job.task_name, job.args)
        except PutOffError:
            _changed(work, _PUT_BACK, id=job.id)
            return False
        _changed(work, _DROP, id=job.id)
    return True


def _changed(work: Work, statement: Any, **values: Any) -> Any:
    with work.archive.engine.begin() as connection:
        result = connection.execute(statement, values)
        return result.first() if result.returns_rows else None
