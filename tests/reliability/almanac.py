"""Ten years of London days: services that look for due digests, and the digests that they compose.

The machine is awake, sleeps from a minute to three days, has its clock set 26 hours forward or back and right again,
and lets several services look at once. Around both changes of the clock a service looks every five minutes. For each
subscriber there must be exactly one digest for every slot that was the latest at some look, composed at the first look
after it, and no other digest.

The nights in which the clock changes are served whole, second by second: APScheduler's triggers say when to look, and
each digest must be there within a minute of its slot, even when the clock jumps.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import time_machine
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler

from monitor import app, scheduler
from monitor.operations.signals import Terminated
from monitor.parliament.calendar import load_calendar
from monitor.pipeline import Pipeline
from monitor.scheduler import CONFIGURATION, LOOK_EVERY, OUTBOX, ClockWatch, Service
from tests.e2e.desk import Desk
from tests.fakes import FakeMembers, FakePost, FakeSource
from tests.reliability.tally import Proof, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from db.archive import Archive
    from monitor.config.settings import Config
    from tests.reliability.tally import Budget

FIRST, LAST = date(2026, 1, 1), date(2035, 12, 31)
DAYS = (LAST - FIRST).days + 1
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JUMP = timedelta(hours=26)
STEP = timedelta(minutes=5)
LONGEST_SLEEP = timedelta(hours=72)
CATCH_UP = timedelta(minutes=5)
SERVICES = 4
SUNDAY = 6

AT = ("00:00", "01:00", "01:30", "02:00", "07:30", "23:59")
READERS = {
    **{f"daily-{number}": ("daily", at) for number, at in enumerate(AT)},
    "weekly": ("weekly", "01:30"),
    "weekly-morning": ("weekly", "07:30"),
}
"""Cadence and hour of each subscriber. Weekly digests are due on Sundays, the days on which the clock changes."""

_SUBSCRIBERS = "\n".join(
    f'[[subscribers]]\nname = "{key}"\nemail = "{key}@example.org"\ntopics = ["*"]\ncadence = "{cadence}"\nat = "{at}"\n'
    for key, (cadence, at) in READERS.items()
)
_SCHEDULE = '[schedule]\ndigest_days = "mon-sun"\nweekly_on = "sun"\ncollect_every = "24h"'


# -- the calendar, computed without the product's code ----------------------------------------------------------------


def change_days(year: int) -> tuple[date, date]:
    """Return the last Sundays of March and October: the clock changes at 01:00 UTC."""
    found = []
    for month in (3, 10):
        last = date(year, month, 31)
        found.append(last - timedelta(days=(last.weekday() + 1) % 7))
    return found[0], found[1]


def is_summer(instant: datetime) -> bool:
    """Return whether British Summer Time holds."""
    spring, autumn = (datetime.combine(day, time_of_day(1), UTC) for day in change_days(instant.year))
    return spring <= instant < autumn


def first_instant(day: date, at: str) -> datetime:
    """Return the first instant of a London time on a day; if the clock skips that time, the instant an hour later."""
    naive = datetime.combine(day, time_of_day.fromisoformat(at), UTC)
    return naive - HOUR if is_summer(naive - HOUR) else naive


def latest_slot(cadence: str, at: str, now: datetime) -> str:
    """Return the key of the latest slot at an instant."""
    day = now.date() + DAY
    while first_instant(day, at) > now or (cadence == "weekly" and day.weekday() != SUNDAY):
        day -= DAY
    return f"{day}T{at}"


def is_around_a_change(now: datetime) -> bool:
    """Return whether the clock changes within the next hour or changed within the last hour and a half."""
    changes = [datetime.combine(day, time_of_day(1), UTC) for day in change_days(now.year)]
    return any(change - HOUR <= now <= change + 1.5 * HOUR for change in changes)


# -- a machine and its services ----------------------------------------------------------------------------------------


@dataclass
class Machine:
    """A machine with its archive, its services, and the clock that they see."""

    folder: Path
    now: datetime
    expected: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.desk = Desk(folder=self.folder, subscribers=_SUBSCRIBERS, tables=_SCHEDULE)
        self.services = [Service(str(self.desk.config), lambda: self.now) for _ in range(SERVICES)]

    def look(self, now: datetime, chance: random.Random) -> list[str]:
        """Let one service look for due digests, sometimes all at once. Return what is wrong afterwards."""
        self.now = now
        with patch.object(app, "pipeline", self._pipeline):
            if chance.random() < 0.1:
                threads = [threading.Thread(target=service.work) for service in self.services]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            else:
                chance.choice(self.services).work()
        due = {(key, latest_slot(*reader, now)) for key, reader in READERS.items()}
        new = due - self.expected
        self.expected |= due
        if not new:
            return []
        missing = sorted(new - self.composed(limit=len(due) * 3))
        return [f"{key} has no digest of {slot} after a look at {now:%Y-%m-%d %H:%M} UTC" for key, slot in missing]

    @contextmanager
    def _pipeline(self, config: Config, store: Archive, *, now: Callable[[], datetime]) -> Iterator[Pipeline]:
        """Build the real pipeline for a Parliament that publishes nothing."""
        questions = replace(config.questions, houses=config.questions.houses[:1], look_back_days=1)
        source = FakeSource(houses=questions.houses)
        yield Pipeline(
            archive=store,
            config=replace(config, questions=questions),
            calendar=load_calendar(config.calendar.recess),
            as_of=now(),
            clock=now,
            sources=[source],
            members=FakeMembers(),
            mailer=FakePost,
        )

    def composed(self, limit: int | None = None) -> set[tuple[str, str]]:
        """Return the subscriber and slot of each digest in the archive."""
        archive = app.archive(self.services[0].config)
        try:
            rows = archive.digests.listing(limit=limit)
        finally:
            archive.close()
        return {(row.subscriber, row.slot) for row in rows}


def look_instants(start: datetime, end: datetime, chance: random.Random) -> Iterator[tuple[datetime, datetime]]:
    """Yield the instants at which a service looks: the true time, and the time that the machine's clock shows."""
    true_time, clock_offset = start, timedelta()
    while true_time < end:
        yield true_time, true_time + clock_offset
        draw = chance.random()
        if clock_offset and draw < 0.5:
            clock_offset = timedelta()
            true_time += LOOK_EVERY
        elif is_around_a_change(true_time) and draw < 0.97:
            true_time += STEP
        elif draw < 0.8:
            true_time += timedelta(minutes=chance.choice([1, 5, 60, 240]))
        elif draw < 0.97:
            minutes = LONGEST_SLEEP / LOOK_EVERY
            true_time += LOOK_EVERY * round(minutes ** chance.random())
        else:
            clock_offset = chance.choice([JUMP, -JUMP])
            true_time += LOOK_EVERY


def live_days(folder: Path, first: date, budget: Budget, days: int, done: int = 0) -> Tally:
    """Live through `days` days on one archive. `done`: the count that was taken from the budget before."""
    chance = random.Random(budget.seed)  # noqa: S311 (no secret)
    start = datetime.combine(first, time_of_day(), UTC)
    machine = Machine(folder, start)
    tally = Tally()
    for true_time, shown_time in look_instants(start, start + days * DAY, chance):
        tally.tried = (true_time - start) // DAY
        if not budget.allows_another(done + tally.tried):
            break
        tally.failures += machine.look(shown_time, chance)
    else:
        tally.tried = days
    composed = machine.composed()
    tally.lost = len(machine.expected - composed)
    tally.duplicated = len(composed - machine.expected)
    for problem, digests in (
        ("no digest of", machine.expected - composed),
        ("a digest too many,", composed - machine.expected),
    ):
        tally.failures += [f"{key} has {problem} {slot} (seed {budget.seed})" for key, slot in sorted(digests)]
    return tally


# -- the scheduler of the library --------------------------------------------------------------------------------------


class ThreadlessScheduler(BackgroundScheduler):  # type: ignore[misc]  # it has no types
    """Scheduler without its thread: the test asks it when it would wake up next."""

    def start(self, *_: Any, **__: Any) -> None:
        """Start without a thread."""
        self._event = threading.Event()
        self.add_executor(DebugExecutor(), "default")
        BaseScheduler.start(self)

    def shutdown(self, *_: Any, **__: Any) -> None:
        BaseScheduler.shutdown(self, wait=False)


@dataclass
class SimulatedQueue:
    """Stand-in for the queue of jobs that are due: while the service waits for a job, the simulated time passes."""

    scheduler: ThreadlessScheduler
    traveller: time_machine.Traveller
    jumps: dict[int, timedelta]
    seconds: int
    elapsed: int = 0
    wakes_at: float = 0
    rung: list[str] = field(default_factory=list)

    def put(self, name: str) -> None:
        """Note a job that is due."""
        self.rung.append(name)

    def get(self, timeout: float) -> str:
        """Let `timeout` seconds pass, and take the next job."""
        if self.elapsed >= self.seconds:
            raise Terminated
        self.elapsed += round(timeout)
        self.traveller.shift(timeout)
        self.traveller.shift(self.jumps.get(self.elapsed, timedelta()))
        if self.elapsed >= self.wakes_at or self.scheduler._event.is_set():
            self.scheduler._event.clear()
            seconds_to_sleep = self.scheduler._process_jobs()
            self.wakes_at = self.elapsed + (seconds_to_sleep or 0)
        return self.get_nowait()

    def get_nowait(self) -> str:
        """Take the next job."""
        if not self.rung:
            raise queue.Empty
        return self.rung.pop(0)


@dataclass
class Night:
    """Service at work while the clock changes. `jumps`: by how much its clock is set, by seconds of true time."""

    folder: Path
    start: datetime
    seconds: int
    jumps: dict[int, timedelta]
    looks: list[int] = field(default_factory=list)
    """Seconds of true time from the start at which the service looked at anything."""
    late: list[str] = field(default_factory=list)
    """Digests that were not composed within about a minute after they were due."""
    _due_since: dict[tuple[str, str], int] = field(default_factory=dict)
    _composed: set[tuple[str, str]] = field(default_factory=set)

    def serve(self) -> Night:
        """Let the service work until the night is over."""
        with (
            time_machine.travel(self.start, tick=False) as traveller,
            patch.object(scheduler, "BackgroundScheduler", ThreadlessScheduler),
        ):
            machine = Machine(self.folder, self.start)
            service = Service(str(machine.desk.config), lambda: datetime.now(UTC))
            seconds = SimulatedQueue(service.scheduler, traveller, self.jumps, self.seconds)
            service.rung = seconds  # type: ignore[assignment]  # it has the methods that are called
            service._plan_regular_jobs()
            service.clock_watch = ClockWatch(time.time, lambda: seconds.elapsed)
            work = service.work

            def look(names: set[str]) -> None:
                self.looks.append(seconds.elapsed)
                work(names)
                if not names <= {OUTBOX, CONFIGURATION}:
                    self._composed = machine.composed()

            def has_jumped() -> bool:
                if seconds.elapsed % 2 == 0:
                    self._note_late_digests(seconds.elapsed)
                return ClockWatch.has_jumped(watch)

            watch = service.clock_watch
            watch.has_jumped = has_jumped  # type: ignore[method-assign]  # it is called each second
            service.work = look  # type: ignore[method-assign,assignment]  # of this service alone
            with patch.object(app, "pipeline", machine._pipeline):
                service.serve()
        return self

    def _note_late_digests(self, elapsed: int) -> None:
        """Note each digest that has been due for over a minute. A digest is due while its slot is the latest."""
        now = datetime.now(UTC)
        due = {(key, latest_slot(*reader, now)) for key, reader in READERS.items()} - self._composed
        self._due_since = {digest: self._due_since.get(digest, elapsed) for digest in sorted(due)}
        self.late += [
            f"the digest {slot} of {key} has been due for {elapsed - since} seconds at {now:%Y-%m-%d %H:%M:%S} UTC"
            for (key, slot), since in self._due_since.items()
            if elapsed - since == LATE_AFTER
        ]


LATE_AFTER = round(LOOK_EVERY.total_seconds()) + 2
"""Seconds after which a digest, or a look at the outbox, is late. Even, because it is checked every other second."""


def change_night(folder: Path, day: date, chance: random.Random) -> Tally:
    """Serve the night of a change of the clock, in which the machine's clock is also set wrong and right again."""
    start = datetime.combine(day, time_of_day(0, 15), UTC) - HOUR
    seconds = 150 * 60
    jumps = {chance.randrange(600, 1200): chance.choice([JUMP, -JUMP, HOUR, -HOUR]), 3000: -LONGEST_SLEEP, 4000: JUMP}
    night = Night(folder, start, seconds, jumps).serve()
    gaps = [after - before for before, after in zip([0, *night.looks], [*night.looks, seconds], strict=True)]
    tally = Tally(tried=1, failures=[f"the night of {day}: {late}" for late in night.late])
    if max(gaps) > LATE_AFTER:
        tally.failures.append(f"the night of {day}: {max(gaps)} seconds without a look; the clock jumped: {jumps}")
    if len(night.looks) > seconds / LOOK_EVERY.total_seconds() + 2 * len(jumps) + 2 * len(AT) + 2:
        tally.failures.append(f"the night of {day}: {len(night.looks)} looks in {seconds} seconds")
    return tally


def calendar(folder: Path, budget: Budget) -> Tally:
    """Live through each day on which the clock changes, with its night, then through all days on one archive."""
    tally = Tally()
    chance = random.Random(budget.seed)  # noqa: S311
    for day in CHANGES:
        if not budget.allows_another(tally.tried):
            return tally
        tally.failures += change_night(folder / f"night-{day}", day, chance).failures
        tally.add(live_days(folder / str(day), day, budget, 1, tally.tried))
    if budget.allows_another(tally.tried):
        tally.add(live_days(folder / "desk", FIRST, budget, DAYS, tally.tried))
    return tally


CHANGES = tuple(day for year in range(FIRST.year, LAST.year + 1) for day in change_days(year))

PROOFS = (Proof(name="calendar", unit="day", full=DAYS + len(CHANGES), run=calendar, share=1.5, hours=0.9),)
