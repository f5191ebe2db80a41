"""Ten years of London days: schedulers that ring as a machine lives, and the digests that come of it.

The machine is awake, sleeps from a minute to three days, has its clock set 26 hours on or back and right again, and lets
several schedulers ring at once. Around both changes of the clock it is asked every five minutes. For each subscriber there
is exactly one digest for every slot that was the latest at some ring, at the first ring after it, and no other.
"""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import time_machine
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler

from monitor import app
from monitor.operations.signals import Terminated
from monitor.parliament.calendar import load_sittings
from monitor.pipeline import Pipeline
from monitor.scheduler import RING_EVERY, Service
from tests.e2e.desk import Desk
from tests.fakes import FakeMembers, FakePost, FakeSource
from tests.faults.tally import Proof, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from db.archive import Archive
    from monitor.config.settings import Config
    from tests.faults.tally import Budget

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
    spring, autumn = (datetime.combine(day, time(1), UTC) for day in change_days(instant.year))
    return spring <= instant < autumn


def instant_of(day: date, at: str) -> datetime:
    """When a London time of a day is, at first; where the clock skips it, an hour later by the clock."""
    naive = datetime.combine(day, time.fromisoformat(at), UTC)
    return naive - HOUR if is_summer(naive - HOUR) else naive


def latest(cadence: str, at: str, now: datetime) -> str:
    """The key of the slot that is the latest at an instant."""
    day = now.date() + DAY
    while instant_of(day, at) > now or (cadence == "weekly" and day.weekday() != SUNDAY):
        day -= DAY
    return f"{day}T{at}"


def is_around_a_change(now: datetime) -> bool:
    """From an hour before a change of the clock to an hour and a half after it."""
    changes = [datetime.combine(day, time(1), UTC) for day in change_days(now.year)]
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

    def ring(self, now: datetime, chance: random.Random) -> list[str]:
        """Let one scheduler ring, now and then all at once; gives what is wrong after it."""
        self.now = now
        with patch.object(app, "pipeline", self._pipeline):
            if chance.random() < 0.1:
                threads = [threading.Thread(target=service.ring) for service in self.services]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            else:
                chance.choice(self.services).ring()
        due = {(key, latest(*reader, now)) for key, reader in READERS.items()}
        fresh = due - self.expected
        self.expected |= due
        if not fresh:
            return []
        missing = sorted(fresh - self.composed(limit=len(due) * 3))
        return [f"{key} has no digest of {slot} after a ring at {now:%Y-%m-%d %H:%M} UTC" for key, slot in missing]

    @contextmanager
    def _pipeline(self, config: Config, store: Archive, *, now: Callable[[], datetime]) -> Iterator[Pipeline]:
        """The real one, before a Parliament that says nothing."""
        questions = replace(config.questions, houses=config.questions.houses[:1], look_back_days=1)
        source = FakeSource(houses=questions.houses)
        yield Pipeline(
            archive=store,
            config=replace(config, questions=questions),
            sittings=load_sittings(config.calendar.recess),
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
    """The instants at which a scheduler rings, until it is over: what is true, and what the machine's clock shows."""
    true, shown_on = start, timedelta()
    while true < end:
        yield true, true + shown_on
        what = chance.random()
        if shown_on and what < 0.5:
            shown_on = timedelta()
            true += RING_EVERY
        elif is_around_a_change(true) and what < 0.97:
            true += STEP
        elif what < 0.8:
            true += timedelta(minutes=chance.choice([1, 5, 60, 240]))
        elif what < 0.97:
            minutes = LONGEST_SLEEP / RING_EVERY
            true += RING_EVERY * round(minutes ** chance.random())
        else:
            shown_on = chance.choice([JUMP, -JUMP])
            true += RING_EVERY


def days_of(folder: Path, first: date, budget: Budget, days: int, done: int = 0) -> Tally:
    """So many days from the first on, on one archive; `done`: what the budget was used for before."""
    chance = random.Random(budget.seed)  # noqa: S311 (a life, no secret)
    start = datetime.combine(first, time(), UTC)
    machine = Machine(folder, start)
    tally = Tally()
    for true, shown in life(start, start + days * DAY, chance):
        tally.tried = (true - start) // DAY
        if not budget.goes_on(done + tally.tried):
            break
        tally.failures += machine.ring(shown, chance)
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
        """Be started, but for the thread."""
        self._event = threading.Event()
        BaseScheduler.start(self)

    def shutdown(self, *_: Any, **__: Any) -> None:
        """End."""
        BaseScheduler.shutdown(self, wait=False)


@dataclass
class Bell:
    """Stands in for the service's bell: while the service listens, time goes by."""

    scheduler: Steered
    traveller: time_machine.Traveller
    jumps: dict[int, timedelta]
    seconds: int
    gone: int = 0
    wakes_at: float = 0
    is_rung: bool = False

    def set(self) -> None:
        """Be rung."""
        self.is_rung = True

    def clear(self) -> None:
        """Be quiet again."""
        self.is_rung = False

    def wait(self, seconds: float) -> bool:
        """Listen for a second."""
        if self.gone >= self.seconds:
            raise Terminated
        self.gone += round(seconds)
        self.traveller.shift(seconds)
        self.traveller.shift(self.jumps.get(self.gone, timedelta()))
        if self.gone >= self.wakes_at or self.scheduler._event.is_set():
            self.scheduler._event.clear()
            wait = self.scheduler._process_jobs()
            self.wakes_at = self.gone + (wait or 0)
        return self.is_rung


def rings(folder: Path, start: datetime, seconds: int, jumps: dict[int, timedelta]) -> list[int]:
    """When a service rings, in seconds of true time from the start, while its clock is set on or back after so many."""
    desk = Desk(folder=folder, subscribers=_SUBSCRIBERS, tables=_SCHEDULE)
    service = Service(str(desk.config))
    with time_machine.travel(start, tick=False) as traveller:
        service.scheduler = Steered(timezone=UTC)
        service.scheduler.add_executor(DebugExecutor(), "default")
        bell = Bell(service.scheduler, traveller, jumps, seconds)
        service.bell = bell  # type: ignore[assignment]  # all of it that is asked for
        rung: list[int] = []
        service.ring = lambda: rung.append(bell.gone)  # type: ignore[method-assign]  # of this one alone
        service.serve()
    return rung


def alarm_clock(folder: Path, day: date, chance: random.Random) -> Tally:
    """The night of a change of the clock, with the machine's clock set wrong and right once more besides."""
    start = datetime.combine(day, time(0, 15), UTC)
    seconds = 90 * 60
    jumps = {chance.randrange(600, 1200): chance.choice([JUMP, -JUMP, HOUR, -HOUR]), 3000: -LONGEST_SLEEP, 4000: JUMP}
    found = rings(folder, start, seconds, jumps)
    gaps = [after - before for before, after in zip([0, *found], [*found, seconds], strict=True)]
    tally = Tally(tried=1)
    if max(gaps) > RING_EVERY.total_seconds() + 2:
        tally.failures.append(f"the night of {day}: {max(gaps)} seconds without a ring; the clock jumped: {jumps}")
    if len(found) > seconds / RING_EVERY.total_seconds() + 2 * len(jumps) + 2:
        tally.failures.append(f"the night of {day}: {len(found)} rings in {seconds} seconds")
    return tally


def calendar(folder: Path, budget: Budget) -> Tally:
    """The days on which the clock changes, each with its night, and then all days from 2026 on, on one archive."""
    tally = Tally()
    chance = random.Random(budget.seed)  # noqa: S311
    for day in CHANGES:
        if not budget.goes_on(tally.tried):
            return tally
        tally.failures += alarm_clock(folder / f"night-{day}", day, chance).failures
        tally.add(days_of(folder / str(day), day, budget, 1, tally.tried))
    if budget.goes_on(tally.tried):
        tally.add(days_of(folder / "desk", FIRST, budget, DAYS, tally.tried))
    return tally


CHANGES = tuple(day for year in range(FIRST.year, LAST.year + 1) for day in change_days(year))

PROOFS = (Proof(name="calendar", unit="day", full=DAYS + len(CHANGES), run=calendar, share=1.5),)
