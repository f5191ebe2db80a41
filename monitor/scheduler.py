"""The scheduler: APScheduler's triggers say when to look at the archive, and the archive says what is due.

Kinds of job:

    collect          every `collect_every`, counted from when the last collect began (interval)
    digest 07:30     at each time of day at which a reader's digest is due, in the schedule's time zone (cron)
    outbox           every minute: is there mail whose time has come, and who gets digests now? (interval)
    configuration    every minute: was config.toml changed? (interval)
    again            once, after something failed or a digest has to wait for a source (date)

Where workers share the work (PostgreSQL), the service does none itself: it makes jobs of what is due, and they do them.

A job of the scheduler does no work. It puts its name into a queue, and the main thread works the queue off: there a signal
ends the work wherever it is, and no handler of the scheduler's takes the signal for a failed job.

The scheduler keeps no state. Jobs that were missed, because the machine slept or the work took long, run once. A crash, a
second scheduler, or a clock that was set back or forward change nothing: what the archive has no record of is still due.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from monitor import app
from monitor.collect.health import is_down
from monitor.config.merging import is_up_to_date, with_subscribers
from monitor.delivery.late_replies import LateReplies
from monitor.digest.schedule import due_readers
from monitor.errors import BrokenOffError, LeaseError, MonitorError, StaleConfigError, VersionError
from monitor.operations.alerts import tell_operator
from monitor.operations.signals import SIGNALS, Terminated
from monitor.queue.clock import SharedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from apscheduler.triggers.base import BaseTrigger

    from db.archive import Archive
    from monitor.config.settings import Config

log = logging.getLogger(__name__)

COLLECT, OUTBOX, CONFIGURATION, AGAIN = "collect", "outbox", "configuration", "again"
"""Names of jobs; those of digests are made by `digest_jobs`."""

LOOK_EVERY = timedelta(minutes=1)
"""Time between two looks at the outbox and at config.toml, and before a step that failed is tried again."""
FRESH_ENOUGH = timedelta(minutes=5)
"""Age of the last collect from which the sources are read again before a digest."""
DOWN_AGAIN = timedelta(minutes=10)
"""Time between two tries of a source that is down while a digest waits for it: each try is a few requests."""
TELL_AFTER = timedelta(hours=2)
"""Time for which nothing could be done until the operator is mailed: most such failures are over sooner."""
LISTEN_SECONDS = 1.0
"""Seconds after which the main thread notices a signal whose exception was dropped, or a clock that was set."""
CLOCK_TOLERANCE_SECONDS = 10.0
"""The clock was set if it moved this much against the monotonic clock. Corrections by NTP are far smaller."""

_DAY_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# -- what is due ------------------------------------------------------------------------------------------------------


class Task(Enum):
    """Work that is due."""

    NOTHING = "nothing"
    RUN = "run"
    COMPOSE = "compose"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """State of the archive, as far as it decides what is due.

    Attributes:
        collected_at: When the last collect began; where nothing is collected, the last match. None before the first.
        is_digest_due: A reader's latest digest time has passed and has no digest.
        is_mail_due: A mail waits in the outbox and its time has come.
        is_down: A digest is due, and the last collect could read nothing at all.

    """

    collected_at: datetime | None
    is_digest_due: bool
    is_mail_due: bool
    is_down: bool = False


def decide_task(due: Due, now: datetime, collect_every: timedelta) -> Task:
    """Decide what to do now."""
    if _is_collect_due(due, now, collect_every):
        return Task.RUN
    if due.is_digest_due and not due.is_down:
        return Task.COMPOSE
    return Task.DELIVER if due.is_mail_due else Task.NOTHING


def _is_collect_due(due: Due, now: datetime, collect_every: timedelta) -> bool:
    if due.collected_at is None:
        return True
    age = now - due.collected_at
    if age < -collect_every:  # the clock was set back: do not wait until it has caught up
        return True
    if due.is_digest_due:
        return age >= min(collect_every, DOWN_AGAIN if due.is_down else FRESH_ENOUGH)
    return age >= collect_every


def decide_next_look(due: Due, now: datetime) -> datetime | None:
    """Decide when to look again at what is still due after the work; None if the triggers are enough."""
    if not due.is_digest_due:
        return None
    if due.is_down and due.collected_at is not None:
        return max(due.collected_at + DOWN_AGAIN, now)
    return now + LOOK_EVERY


def decide_next_collect(
    collected_at: datetime, now: datetime, collect_every: timedelta, *, is_shared: bool
) -> datetime:
    """Decide when to look at the sources again. If workers read them (`is_shared`), that stays due until they have."""
    due_at = collected_at + collect_every
    return due_at if due_at > now else now + (LOOK_EVERY if is_shared else timedelta())


def ask_archive(archive: Archive, config: Config, now: datetime) -> Due:
    """Ask the archive what is due."""
    is_digest_due = bool(due_readers(archive, config.readers, config.schedule, now))
    return Due(
        collected_at=archive.runs.last_started("collect" if config.reads_anything else "match"),
        is_digest_due=is_digest_due,
        is_mail_due=archive.outbox.is_due(now),
        is_down=is_digest_due and is_down(archive, config),
    )


# -- when to look -----------------------------------------------------------------------------------------------------


def regular_jobs(config: Config) -> dict[str, BaseTrigger]:
    """Return the regular jobs of a configuration, each name with its trigger."""
    return {
        COLLECT: _every(config.schedule.collect_every),
        OUTBOX: _every(LOOK_EVERY),
        CONFIGURATION: _every(LOOK_EVERY),
        **digest_jobs(config),
    }


def digest_jobs(config: Config) -> dict[str, CronTrigger]:
    """Return a job for each time of the week at which digests are due.

    On the spring day on which the clock skips a time, its trigger fires an hour later by the clock, which is when the digest
    is due (`monitor.digest.schedule`). On the autumn day that has a time twice, it fires twice; the second time nothing is
    due.
    """
    days_of_cadence = {"daily": config.schedule.digest_days, "weekly": frozenset({config.schedule.weekly_on})}
    times = {(reader.cadence, reader.at) for reader in config.readers if not reader.paused}  # thousands share a few
    jobs = {}
    for cadence, at in sorted(times):
        days = days_of_cadence.get(cadence)
        if not days:
            continue
        day_names = ",".join(_DAY_NAMES[day] for day in sorted(days))
        hour, minute = at.split(":")
        jobs[f"digest {at} {day_names}"] = CronTrigger(
            day_of_week=day_names, hour=hour, minute=minute, timezone=config.schedule.timezone
        )
    return jobs


def _every(interval: timedelta) -> IntervalTrigger:
    return IntervalTrigger(seconds=int(interval.total_seconds()), timezone=UTC)


class ClockWatch:
    """Notices that the clock was set, or that the machine slept.

    APScheduler waits by the monotonic clock, which stands still while a machine sleeps, for a time of the wall clock.
    """

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._offset = self._measure()

    def has_jumped(self) -> bool:
        """Return whether the clock jumped since this was last called."""
        before, self._offset = self._offset, self._measure()
        return abs(self._offset - before) > CLOCK_TOLERANCE_SECONDS

    def _measure(self) -> float:
        return self._wall() - self._monotonic()


# -- the service ------------------------------------------------------------------------------------------------------


class Service:
    """Work of `pqwatch serve`: do what is due when a job says to look, and read config.toml again when it changes."""

    def __init__(self, config_path: str | None, clock: Callable[[], datetime] | None = None) -> None:
        self.config_path = config_path
        self.config = app.configuration(config_path)
        self.shared_clock = SharedClock() if clock is None and self.config.workers.enabled else None
        self.clock: Callable[[], datetime] = clock or self.shared_clock or app.clock
        self.read_at: tuple[tuple[float, int], ...] | None = app.changed_at(self.config)
        # A wrong archive is an error now, not a line in a log every minute.
        with contextlib.closing(app.archive(self.config)) as archive:
            self._compare_clocks(archive)
            self.config = with_subscribers(self.config, archive, takes_over=True)
        self.late = LateReplies()
        self.failing_since: datetime | None = None
        self.rung: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.clock_watch = ClockWatch()
        self.scheduler = BackgroundScheduler(
            timezone=UTC,
            # Missed times of a job make one; no job is too late to be worth it.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._plan_regular_jobs()

    def serve(self) -> None:
        """Work until SIGTERM or Ctrl-C. Raises VersionError once a newer version of the program works on the archive."""
        log.info("serve config=%s pid=%d", self.config.path, os.getpid())
        self.rung.put(AGAIN)
        self.scheduler.start()
        try:
            with contextlib.suppress(Terminated, KeyboardInterrupt):
                while not SIGNALS.was_received():
                    names = self._wait_for_jobs()
                    if self.clock_watch.has_jumped():
                        log.info("the clock jumped or the machine slept: looking at what is due")
                        self._plan_regular_jobs()
                        names.add(AGAIN)
                    if names:
                        self.work(names)
        finally:
            self.scheduler.shutdown(wait=False)
            self.late.finish(at_once=True)
        log.info("serve ended pid=%d", os.getpid())

    def work(self, names: Collection[str] = (AGAIN,)) -> None:
        """Do what is due, after these jobs rang. A failure is logged, and what is still due is tried again.

        Raises VersionError where a newer version of the program works on the archive.
        """
        try:
            if self._reload() or not {OUTBOX, CONFIGURATION}.issuperset(names):
                self._do_due()
                self.failing_since = None
            elif OUTBOX in names:
                self._deliver_due()
        except BrokenOffError as exc:
            log.error("failed %s", exc)  # noqa: TRY400 (one line is what an operator needs)
            self._look_again_soon()
        except LeaseError as exc:
            log.info("busy %s", exc)
            self._look_again_soon()
        except StaleConfigError:
            log.info("config changed meanwhile path=%s: read again in a minute", self.config.path)
            self.read_at = None
            self._look_again_soon()
        except VersionError:  # a newer pqwatch works here now, and says in the status file how it goes
            raise
        except MonitorError as exc:
            log.error("failed %s", exc)  # noqa: TRY400 (one line is what an operator needs)
            self._look_again_soon()
            self._tell_operator(exc)
            app.conclude_failure(self.config, str(exc), now=self.clock)

    def _tell_operator(self, error: MonitorError) -> None:
        """Mail the operator, once a day, why nothing was done for hours. Runs tell by themselves what failed in them."""
        now = self.clock()
        self.failing_since = self.failing_since or now
        if now - self.failing_since < TELL_AFTER:
            return
        problem = f"Since {self.failing_since:%Y-%m-%d %H:%M} UTC no run came to its end: {error}"
        try:
            with contextlib.closing(app.archive(self.config, now=self.clock)) as archive:
                calendar = app.sittings(self.config, archive, now)
                tell_operator(archive, self.config, calendar, now, failures=[problem], notes=())
                if self.config.workers.enabled or archive.outbox.is_due(now):
                    self._do(Task.DELIVER, archive)
        except MonitorError as exc:
            log.error("the operator can't be told: %s", exc)  # noqa: TRY400 (one line is what an operator needs)

    # -- what is due --------------------------------------------------------------------------------------------------

    def _do_due(self) -> None:
        """Do what the archive says is due, and plan when to look again."""
        archive = app.archive(self.config, now=self.clock)
        try:
            self._compare_clocks(archive)
            self._take_in_subscribers(archive)
            self._look_at_all(archive)
        finally:
            archive.close()

    def _deliver_due(self) -> None:
        """Deliver the mail whose time has come; look at everything where others get digests now."""
        archive = app.archive(self.config, now=self.clock)
        try:
            self._compare_clocks(archive)
            if self._take_in_subscribers(archive) or self._missed_its_trigger(archive):
                self._look_at_all(archive)
            elif self.config.workers.enabled or archive.outbox.is_due(self.clock()):
                self._do(Task.DELIVER, archive)
        finally:
            archive.close()

    def _missed_its_trigger(self, archive: Archive) -> bool:
        """Return whether a digest is due whose trigger goes by another clock."""
        differs = self.shared_clock is not None and self.shared_clock.differs
        readers, schedule = self.config.readers, self.config.schedule
        return differs and bool(due_readers(archive, readers, schedule, self.clock()))

    def _compare_clocks(self, archive: Archive) -> None:
        if self.shared_clock is not None:
            self.shared_clock.compare(archive)

    def _look_at_all(self, archive: Archive) -> None:
        due = ask_archive(archive, self.config, self.clock())
        self._do(decide_task(due, self.clock(), self.config.schedule.collect_every), archive)
        self._plan_next_look(ask_archive(archive, self.config, self.clock()))

    def _take_in_subscribers(self, archive: Archive) -> bool:
        """Take in the subscribers of the archive if they changed, and plan by them; return whether they did."""
        if is_up_to_date(self.config, archive):
            return False
        self.config = with_subscribers(self.config, archive, takes_over=True)
        self._plan_regular_jobs()
        return True

    def _do(self, task: Task, archive: Archive) -> None:
        if self.config.workers.enabled:
            self._hand_out(task, archive)
            return
        if task is Task.NOTHING:
            return
        config = app.with_misread_terms(self.config, archive)
        with app.pipeline(config, archive, now=self.clock) as pipeline:
            pipeline.leave_replies_to(self.late)
            report = pipeline.run() if task is Task.RUN else pipeline.mail(compose=task is Task.COMPOSE)
        app.conclude(config, archive, report, is_run=task is Task.RUN, now=self.clock)
        for failure in report.failures:
            log.warning("! %s", failure)
        if report.interrupted:
            raise KeyboardInterrupt

    def _hand_out(self, task: Task, archive: Archive) -> None:
        """Make jobs of what is due, for workers to do, unless another `serve` is just doing that."""
        from monitor.queue.dispatch import (  # noqa: PLC0415 (only where workers share the work)
            begin_round,
            deliver_due,
            follow_configuration,
        )
        from monitor.queue.versions import announce_version  # noqa: PLC0415

        with archive.jobs.turn_to_hand_out() as is_ours:
            if not is_ours:
                return
            announce_version(archive)
            deliver_due(archive, self.config, self.clock())
            follow_configuration(archive, self.config)
            if task in (Task.RUN, Task.COMPOSE):
                begin_round(archive, self.config, self.clock(), reads_sources=task is Task.RUN)

    def _reload(self) -> bool:
        """Read config.toml again if it was changed, and plan by it. A broken one is reported; the old one stays in force."""
        changed_at = app.changed_at(self.config)
        if changed_at == self.read_at:
            return False
        self.read_at = changed_at
        self.config, is_new = app.configuration_again(self.config, self.config_path)
        if is_new:
            self._plan_regular_jobs()
        return is_new

    # -- when to look -------------------------------------------------------------------------------------------------

    def _wait_for_jobs(self) -> set[str]:
        """Wait a moment for jobs; return the names of all that rang, each once."""
        names: set[str] = set()
        with contextlib.suppress(queue.Empty):
            names.add(self.rung.get(timeout=LISTEN_SECONDS))
            while True:
                names.add(self.rung.get_nowait())
        return names

    def _plan_regular_jobs(self) -> None:
        """Plan the regular jobs anew. The caller then looks at everything: a job that was replaced may have been due."""
        jobs = regular_jobs(self.config)
        for job in self.scheduler.get_jobs():
            if job.id not in jobs:
                job.remove()
        for name, trigger in jobs.items():
            self._add_job(name, trigger)

    def _add_job(self, name: str, trigger: BaseTrigger) -> None:
        self.scheduler.add_job(self.rung.put, trigger, args=[name], id=name, name=name, replace_existing=True)

    def _plan_next_look(self, due: Due) -> None:
        """Plan the next collect, and a look at what is still due."""
        if due.collected_at is not None:
            every, is_shared = self.config.schedule.collect_every, self.config.workers.enabled
            next_collect = decide_next_collect(due.collected_at, self.clock(), every, is_shared=is_shared)
            self.scheduler.modify_job(COLLECT, next_run_time=self._by_own_clock(next_collect))
        look_at = decide_next_look(due, self.clock())
        if look_at is not None:
            self._look_again_at(look_at)

    def _look_again_soon(self) -> None:
        self._look_again_at(self.clock() + LOOK_EVERY)

    def _look_again_at(self, instant: datetime) -> None:
        self._add_job(AGAIN, DateTrigger(self._by_own_clock(instant), timezone=UTC))

    def _by_own_clock(self, instant: datetime) -> datetime:
        """Return what the clock of this machine, by which the scheduler goes, shows at an instant."""
        return instant if self.shared_clock is None else self.shared_clock.by_own(instant)
