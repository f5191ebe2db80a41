"""The scheduler: an alarm clock that rings every minute and asks the archive what is due.

It keeps no state of its own, so a crash, a second scheduler or a laptop that slept change nothing: what is due is what the
archive says is not done. Rings are counted in UTC; only the archive's questions know local time. The scheduler's thread
rings the bell and does nothing else: all work is in the main thread, where a signal ends it wherever it is, and nothing of
the scheduler's stands above it to take that for a failed job.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from monitor import app
from monitor.collect.health import is_down
from monitor.config import mark_of
from monitor.delivery.late_replies import LateReplies
from monitor.digest.schedule import due_readers
from monitor.errors import BrokenOffError, ConfigError, LeaseError, MonitorError, StaleConfigError
from monitor.operations.signals import SIGNALS, Terminated

if TYPE_CHECKING:
    from collections.abc import Callable

    from apscheduler.job import Job

    from db.archive import Archive
    from monitor.config.settings import Config

log = logging.getLogger(__name__)

RING_EVERY = timedelta(minutes=1)
LISTEN_SECONDS = 1.0
"""A signal that no exception came of is heard after so long."""
FRESH_ENOUGH = timedelta(minutes=5)
"""Before a digest the sources are read again, unless they were just now."""
DOWN_AGAIN = timedelta(minutes=10)
"""A digest that waits for a source that is down has it asked so often: each try is a few requests."""


class Task(Enum):
    """What a ring finds to do."""

    NOTHING = "nothing"
    RUN = "run"
    COMPOSE = "compose"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What the archive says.

    When a collect last began (where nothing is read: a match), and whether it could read nothing; whether a slot has no
    digest yet, whether mail waits.
    """

    collected_at: datetime | None
    is_digest_due: bool
    is_mail_due: bool
    is_down: bool = False


def task(due: Due, now: datetime, collect_every: timedelta) -> Task:
    """What to do now."""
    age = None if due.collected_at is None else now - due.collected_at
    soon = DOWN_AGAIN if due.is_down else FRESH_ENOUGH
    # A clock that was set back must not silence the collect until it has caught up.
    if age is None or age < -collect_every or age >= (min(soon, collect_every) if due.is_digest_due else collect_every):
        return Task.RUN
    if due.is_digest_due and not due.is_down:
        return Task.COMPOSE
    return Task.DELIVER if due.is_mail_due else Task.NOTHING


def ask(archive: Archive, config: Config, now: datetime) -> Due:
    """Ask the archive what is due."""
    is_digest_due = bool(due_readers(archive, config, now))
    return Due(
        collected_at=archive.runs.last_started("collect" if config.reads_anything else "match"),
        is_digest_due=is_digest_due,
        is_mail_due=archive.outbox.is_due(now),
        is_down=is_digest_due and is_down(archive, config),
    )


class Service:
    """What `pqwatch serve` runs: reads config.toml again when it changes, and does at each ring what is due."""

    def __init__(self, config_path: str | None, clock: Callable[[], datetime] = app.clock) -> None:
        self.config_path = config_path
        self.clock = clock
        self.config = app.configuration(config_path)
        self.read_at: float | None = _changed_at(self.config)
        app.archive(self.config).close()  # a wrong archive is an error now, not a line in a log every minute
        self.scheduler = BackgroundScheduler(timezone=UTC)
        self.bell = threading.Event()
        self.late = LateReplies()

    def serve(self) -> None:
        """Ring until SIGTERM or Ctrl-C."""
        alarm = self.scheduler.add_job(
            self.bell.set,
            IntervalTrigger(seconds=int(RING_EVERY.total_seconds()), timezone=UTC),
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        log.info("serve config=%s pid=%d", self.config.path, os.getpid())
        self.scheduler.start()
        try:
            with contextlib.suppress(Terminated, KeyboardInterrupt):
                while not SIGNALS.was_received():
                    if self.bell.wait(LISTEN_SECONDS):
                        self.bell.clear()
                        self.ring()
                    _mind_the_clock(alarm)
        finally:
            self.scheduler.shutdown(wait=False)
            self.late.finish(at_once=True)
        log.info("serve ended pid=%d", os.getpid())

    def ring(self) -> None:
        """Do what is due. Whatever goes wrong is told, and tried again when it is due again."""
        try:
            self.reload()
            self.do()
        except BrokenOffError as exc:
            log.error("failed %s", exc)  # noqa: TRY400 (one line is what an operator needs)
        except LeaseError as exc:
            log.info("busy %s", exc)
        except StaleConfigError:
            self.read_at = None
            log.info("config changed meanwhile path=%s: read again at the next ring", self.config.path)
        except MonitorError as exc:
            log.error("failed %s", exc)  # noqa: TRY400 (one line is what an operator needs)
            app.conclude_failure(self.config, str(exc), now=self.clock)

    def reload(self) -> None:
        """Read config.toml again if it was changed; a broken one is told, and the old one stays in force."""
        changed_at = _changed_at(self.config)
        if changed_at == self.read_at:
            return
        self.read_at = changed_at
        mark = mark_of(self.config.path)
        try:
            self.config = app.configuration(self.config_path)
        except ConfigError as exc:
            for problem in exc.problems:
                log.error("config unchanged: %s", problem)  # noqa: TRY400
            self.config = replace(self.config, mark=mark)
            return
        log.info("config read again path=%s", self.config.path)

    def do(self) -> None:
        """Ask what is due, and do it."""
        archive = app.archive(self.config, now=self.clock)
        try:
            what = task(ask(archive, self.config, self.clock()), self.clock(), self.config.schedule.collect_every)
            if what is Task.NOTHING:
                return
            config = app.judged(self.config, archive)
            with app.pipeline(config, archive, now=self.clock) as pipeline:
                pipeline.leave_replies_to(self.late)
                report = pipeline.run() if what is Task.RUN else pipeline.mail(compose=what is Task.COMPOSE)
            app.conclude(config, archive, report, is_run=what is Task.RUN, now=self.clock)
            for failure in report.failures:
                log.warning("! %s", failure)
            if report.interrupted:
                raise KeyboardInterrupt
        finally:
            archive.close()


def _mind_the_clock(alarm: Job) -> None:
    """A clock that was set back must not silence the alarm until it has caught up."""
    now = datetime.now(UTC)
    if alarm.next_run_time - now > RING_EVERY:
        alarm.modify(next_run_time=now)


def _changed_at(config: Config) -> float:
    try:
        return config.path.stat().st_mtime
    except OSError:
        return 0.0
