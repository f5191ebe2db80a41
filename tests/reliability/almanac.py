"""Ten years of London days: services that look at what is due as a machine lives, and the digests that come of it.

The machine is awake, sleeps from a minute to three days, has its clock set 26 hours on or back and right again, and lets
several services look at once. Around both changes of the clock they look every five minutes. For each subscriber there is
exactly one digest for every slot that was the latest at some look, at the first look after it, and no other.

The nights of a change of the clock are served whole, second by second: APScheduler's triggers say when to look, and each
digest is there within a minute of its slot, whatever is done to the clock.
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
"""Cadence and hour of each subscriber; weekly is on Sundays, the days on which the clock changes."""

_SUBSCRIBERS = "\n".join(
    f'[[subscribers]]\nname = "{key}"\nemail = "{key}@example.org"\ntopics = ["*"]\ncadence = "{cadence}"\nat = "{at}"\n'
    for key, (cadence, at) in READERS.items()
)
_SCHEDULE = '[schedule]\ndigest_days = "mon-sun"\nweekly_on = "sun"\ncollect_every = "24h"'


# -- the calendar, reckoned without the product's own way to it -------------------------------------------------------


def change_days(year: int) -> tuple[date, date]:
    """The last Sundays of March and October: the clock changes at 01:00 UTC."""
    found = []
    for month in (3, 10):
        last = date(year, month, 31)
        found.append(last - timedelta(days=(last.weekday() + 1) % 7))
    return found[0], found[1]


def is_summer(instant: datetime) -> bool:
    """Whether London's clocks are an hour on."""
    spring, autumn = (datetime.combine(day, time_of_day(1), UTC) for day in change_days(instant.year))
    return spring <= instant < autumn


def instant_of(day: date, at: str) -> datetime:
    """When a London time of a day is, at first; where the clock skips it, an hour later by the clock."""
    naive = datetime.combine(day, time_of_day.fromisoformat(at), UTC)
    return naive - HOUR if is_summer(naive - HOUR) else naive


def latest(cadence: str, at: str, now: datetime) -> str:
    """The key of the slot that is the latest at an instant."""
    day = now.date() + DAY
    while instant_of(day, at) > now or (cadence == "weekly" and day.weekday() != SUNDAY):
        day -= DAY
    return f"{day}T{at}"


def is_around_a_change(now: datetime) -> bool:
    """From an hour before a change of the clock to an hour and a half after it."""
    changes = [datetime.combine(day, time_of_day(1), UTC) for day in change_days(now.year)]
    return any(change - HOUR <= now <= change + 1.5 * HOUR for change in changes)


# -- a machine and what runs on it ------------------------------------------------------------------------------------


@dataclass
class Machine:
    """Its archive, its schedulers, and the clock that they see."""

    folder: Path
    now: datetime
    expected: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.desk = Desk(folder=self.folder, subscribers=_SUBSCRIBERS, tables=_SCHEDULE)
        self.services = [Service(str(self.desk.config), lambda: self.now) for _ in range(SERVICES)]

    def look(self, now: datetime, chance: random.Random) -> list[str]:
        """Let one service look at what is due, now and then all at once; return what is wrong afterwards."""
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
        due = {(key, latest(*reader, now)) for key, reader in READERS.items()}
        fresh = due - self.expected
        self.expected |= due
        if not fresh:
            return []
        missing = sorted(fresh - self.composed(limit=len(due) * 3))
        return [f"{key} has no digest of {slot} after a look at {now:%Y-%m-%d %H:%M} UTC" for key, slot in missing]

    @contextmanager
    def _pipeline(self, config: Config, store: Archive, *, now: Callable[[], datetime]) -> Iterator[Pipeline]:
        """The real one, before a Parliament that says nothing."""
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
        """The digests there are."""
        archive = app.archive(self.services[0].config)
        try:
            rows = archive.digests.listing(limit=limit)
        finally:
            archive.close()
        return {(row.subscriber, row.slot) for row in rows}


def life(start: datetime, end: datetime, chance: random.Random) -> Iterator[tuple[datetime, datetime]]:
    """The instants at which a service looks, until it is over: what is true, and what the machine's clock shows."""
    true, shown_on = start, timedelta()
    while true < end:
        yield true, true + shown_on
        what = chance.random()
        if shown_on and what < 0.5:
            shown_on = timedelta()
            true += LOOK_EVERY
        elif is_around_a_change(true) and what < 0.97:
            true += STEP
        elif what < 0.8:
            true += timedelta(minutes=chance.choice([1, 5, 60, 240]))
        elif what < 0.97:
            minutes = LONGEST_SLEEP / LOOK_EVERY
            true += LOOK_EVERY * round(minutes ** chance.random())
        else:
            shown_on = chance.choice([JUMP, -JUMP])
            true += LOOK_EVERY


def days_of(folder: Path, first: date, budget: Budget, days: int, done: int = 0) -> Tally:
    """So many days from the first on, on one archive; `done`: what the budget was used for before."""
    chance = random.Random(budget.seed)  # noqa: S311 (a life, no secret)
    start = datetime.combine(first, time_of_day(), UTC)
    machine = Machine(folder, start)
    tally = Tally()
    for true, shown in life(start, start + days * DAY, chance):
        tally.tried = (true - start) // DAY
        if not budget.goes_on(done + tally.tried):
            break
        tally.failures += machine.look(shown, chance)
    else:
        tally.tried = days
    composed = machine.composed()
    tally.lost = len(machine.expected - composed)
    tally.duplicated = len(composed - machine.expected)
    for told, slots in (
        ("no digest of", machine.expected - composed),
        ("one too many, of", composed - machine.expected),
    ):
        tally.failures += [f"{key} has {told} {slot} (seed {budget.seed})" for key, slot in sorted(slots)]
    return tally


# -- the library's scheduler itself -----------------------------------------------------------------------------------


class Steered(BackgroundScheduler):  # type: ignore[misc]  # it has no types
    """The scheduler without its thread: it is asked when it would wake up next."""

    def start(self, *_: Any, **__: Any) -> None:
        """Start, but for the thread."""
        self._event = threading.Event()
        self.add_executor(DebugExecutor(), "default")
        BaseScheduler.start(self)

    def shutdown(self, *_: Any, **__: Any) -> None:
        """End."""
        BaseScheduler.shutdown(self, wait=False)


@dataclass
class Seconds:
    """Stands in for the queue of jobs that rang: while the service waits for one, time goes by."""

    scheduler: Steered
    traveller: time_machine.Traveller
    jumps: dict[int, timedelta]
    seconds: int
    gone: int = 0
    wakes_at: float = 0
    rung: list[str] = field(default_factory=list)

    def put(self, name: str) -> None:
        """Note a job that rings."""
        self.rung.append(name)

    def get(self, timeout: float) -> str:
        """Wait for a second."""
        if self.gone >= self.seconds:
            raise Terminated
        self.gone += round(timeout)
        self.traveller.shift(timeout)
        self.traveller.shift(self.jumps.get(self.gone, timedelta()))
        if self.gone >= self.wakes_at or self.scheduler._event.is_set():
            self.scheduler._event.clear()
            wait = self.scheduler._process_jobs()
            self.wakes_at = self.gone + (wait or 0)
        return self.get_nowait()

    def get_nowait(self) -> str:
        """Take the next job that rang."""
        if not self.rung:
            raise queue.Empty
        return self.rung.pop(0)


@dataclass
class Night:
    """A service that serves while the clock changes, and is set on or back after so many seconds of true time."""

    folder: Path
    start: datetime
    seconds: int
    jumps: dict[int, timedelta]
    looks: list[int] = field(default_factory=list)
    """When it looked at anything, in seconds of true time from the start."""
    late: list[str] = field(default_factory=list)
    """Digests that were not made within a minute or so after they were due."""
    _due_since: dict[tuple[str, str], int] = field(default_factory=dict)
    _composed: set[tuple[str, str]] = field(default_factory=set)

    def serve(self) -> Night:
        """Let it serve until the night is over."""
        with (
            time_machine.travel(self.start, tick=False) as traveller,
            patch.object(scheduler, "BackgroundScheduler", Steered),
        ):
            machine = Machine(self.folder, self.start)
            service = Service(str(machine.desk.config), lambda: datetime.now(UTC))
            seconds = Seconds(service.scheduler, traveller, self.jumps, self.seconds)
            service.rung = seconds  # type: ignore[assignment]  # all of it that is asked for
            service._plan_regular_jobs()
            service.clock_watch = ClockWatch(time.time, lambda: seconds.gone)
            work = service.work

            def look(names: set[str]) -> None:
                self.looks.append(seconds.gone)
                work(names)
                if not names <= {OUTBOX, CONFIGURATION}:
                    self._composed = machine.composed()

            def has_jumped() -> bool:
                if seconds.gone % 2 == 0:
                    self._note_late_digests(seconds.gone)
                return ClockWatch.has_jumped(watch)

            watch = service.clock_watch
            watch.has_jumped = has_jumped  # type: ignore[method-assign]  # is called each second
            service.work = look  # type: ignore[method-assign,assignment]  # of this one alone
            with patch.object(app, "pipeline", machine._pipeline):
                service.serve()
        return self

    def _note_late_digests(self, gone: int) -> None:
        """Note each digest that is due since more than a minute. One that is no longer the latest is no longer due."""
        now = datetime.now(UTC)
        due = {(key, latest(*reader, now)) for key, reader in READERS.items()} - self._composed
        self._due_since = {digest: self._due_since.get(digest, gone) for digest in sorted(due)}
        self.late += [
            f"the digest {slot} of {key} is due since {gone - since} seconds at {now:%Y-%m-%d %H:%M:%S} UTC"
            for (key, slot), since in self._due_since.items()
            if gone - since == LATE_AFTER
        ]


LATE_AFTER = round(LOOK_EVERY.total_seconds()) + 2
"""Seconds after which a digest is late, or a look at the outbox; an even number, for it is asked every other second."""


def change_night(folder: Path, day: date, chance: random.Random) -> Tally:
    """The night of a change of the clock, with the machine's clock set wrong and right once more besides."""
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
    """The days on which the clock changes, each with its night, and then all days from 2026 on, on one archive."""
    tally = Tally()
    chance = random.Random(budget.seed)  # noqa: S311
    for day in CHANGES:
        if not budget.goes_on(tally.tried):
            return tally
        tally.failures += change_night(folder / f"night-{day}", day, chance).failures
        tally.add(days_of(folder / str(day), day, budget, 1, tally.tried))
    if budget.goes_on(tally.tried):
        tally.add(days_of(folder / "desk", FIRST, budget, DAYS, tally.tried))
    return tally


CHANGES = tuple(day for year in range(FIRST.year, LAST.year + 1) for day in change_days(year))

PROOFS = (Proof(name="calendar", unit="day", full=DAYS + len(CHANGES), run=calendar, share=1.5),)
