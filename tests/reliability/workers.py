"""Workers on PostgreSQL, disturbed while they share the work of a round.

They are killed, stand still for longer than their heartbeat allows, or are told to end; the database server breaks down and
comes back; topics and readers are changed. Then every reader has every answer of their topics in exactly one digest, and no
mail came twice unless it is marked so.
"""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine

from monitor.model.deliveries import DeliveryState
from tests.reliability.hasty_worker import STALLED_SECONDS
from tests.reliability.tally import Proof, Tally
from tests.reliability.yard import Plan, Yard
from tests.servers import database, postgres_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.reliability.forked_worker import ForkedWorker
    from tests.reliability.tally import Budget

    Disturbance = Callable[[Yard, int, int, random.Random], Tally]

ANSWERS = 12
STAND_STILL_SECONDS = STALLED_SECONDS + 4.0
AFTER_STANDING = frozenset({0, 1})
"""Exit codes of workers that are told to end: one that stood still ends with 1 by itself, and may do so just then."""


@dataclass(slots=True)
class Progress:
    """Counts what is done, so that faults are spread over the work and not over time, which differs by machine.

    The last mails wait for the last fault, however late this process gets to look.
    """

    yard: Yard
    faults: int
    left: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Plan the faults: the first before anything is done, the others evenly over digests and mails."""
        readers = len(self.yard.plan.readers)
        self.left = [round(2 * readers * number / self.faults) for number in range(self.faults)]
        self.yard.mail.most = max(1, self.left[-1] - readers) if self.left else None

    def is_fault_due(self) -> bool:
        """Return whether the next fault is due."""
        if not self.left or (self._done() < self.left[0] and not self.yard.mail.is_full):
            return False
        self.left.pop(0)
        if not self.left:
            self.yard.mail.most = None
        return True

    def _done(self) -> int:
        counts = self.yard.archive.deliveries.counts()
        return sum(counts.values()) + counts[DeliveryState.SENT]


class StoppedWorkers:
    """Workers that stand still, each until it counts as dead."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard
        self._still: list[tuple[float, ForkedWorker]] = []

    def stop(self, worker: ForkedWorker) -> None:
        """Let a worker stand still from now on."""
        worker.send_signal(signal.SIGSTOP)
        self._still.append((time.monotonic() + STAND_STILL_SECONDS, worker))

    def wake(self) -> None:
        """Let workers go on whose time is over."""
        for until, worker in list(self._still):
            if time.monotonic() >= until:
                worker.send_signal(signal.SIGCONT)
                self._still.remove((until, worker))

    def a_moving_one(self, dice: random.Random) -> ForkedWorker:
        """Choose a worker that goes on. If all of them stand still, one is woken."""
        still = [worker for _, worker in self._still]
        worker = dice.choice([worker for worker in self._yard.workers if worker not in still] or self._yard.workers)
        worker.send_signal(signal.SIGCONT)
        return worker

    def wake_all(self) -> None:
        """Wait until every worker goes on, and does what it finds to do: nothing, when all is done."""
        while self._still:
            self.wake()
            time.sleep(0.2)
        self._yard.work_off()


def kill_workers(yard: Yard, workers: int, faults: int, dice: random.Random) -> Tally:
    """Kill workers at any moment, each time one, and start others in their place."""
    return _disturbed(yard, workers, faults, lambda: yard.kill(dice.choice(yard.workers)))


def break_database(yard: Yard, workers: int, faults: int, _dice: random.Random) -> Tally:
    """Kill a process of the database server, which then ends all connections and starts again."""
    return _disturbed(yard, workers, faults, lambda: crash_server(yard.url))


def stop_workers(yard: Yard, workers: int, faults: int, dice: random.Random) -> Tally:
    """Let workers stand still until they count as dead, then go on."""
    stopped = StoppedWorkers(yard)
    tally = _disturbed(yard, workers, faults, lambda: stopped.stop(dice.choice(yard.workers)), stopped.wake)
    stopped.wake_all()
    return _judged(yard, tally)


def end_workers(yard: Yard, workers: int, faults: int, dice: random.Random) -> Tally:
    """Tell workers to end at any moment, and start others in their place. They end with 0."""
    codes: list[int] = []
    tally = _disturbed(yard, workers, faults, lambda: codes.append(yard.end(dice.choice(yard.workers))))
    return _noting_codes(yard, codes, tally)


def change_watching(yard: Yard, workers: int, faults: int, _dice: random.Random) -> Tally:
    """Edit each config.toml, and add readers, while the round is under way."""
    return _disturbed(yard, workers, faults, yard.change_watching)


DISTURBANCES = (kill_workers, stop_workers, break_database, end_workers, change_watching)


class EveryTrouble:
    """Disturbances of every kind, in turn: one worker is killed, one stopped, the database broken, one told to end.

    Then topics and readers are changed.

    `done`: how many there were. `codes`: exit codes of the workers that were told to end.
    """

    def __init__(self, yard: Yard, dice: random.Random) -> None:
        self.stopped = StoppedWorkers(yard)
        self.done = 0
        self.codes: list[int] = []
        self._yard = yard
        self._dice = dice
        self._ways = cycle((self._kill, self._stop, self._break_database, self._end, yard.change_watching))

    def disturb(self) -> None:
        """Let the next one happen."""
        next(self._ways)()
        self.done += 1

    def _kill(self) -> None:
        self._yard.kill(self._dice.choice(self._yard.workers))

    def _stop(self) -> None:
        self.stopped.stop(self.stopped.a_moving_one(self._dice))

    def _break_database(self) -> None:
        crash_server(self._yard.url)

    def _end(self) -> None:
        self.codes.append(self._yard.end(self.stopped.a_moving_one(self._dice)))


def disturb_in_turn(yard: Yard, workers: int, faults: int, dice: random.Random) -> Tally:
    """Do all of these in one round, in turn: a round of many readers takes too long for each to have its own."""
    trouble = EveryTrouble(yard, dice)
    tally = _disturbed(yard, workers, faults, trouble.disturb, trouble.stopped.wake)
    trouble.stopped.wake_all()
    return _noting_codes(yard, trouble.codes, _judged(yard, tally), right=AFTER_STANDING)


def _noting_codes(yard: Yard, codes: Sequence[int], tally: Tally, right: frozenset[int] = frozenset({0})) -> Tally:
    if not right.issuperset(codes):
        tally.failures.append(f"workers that were told to end ended with {codes}: {yard.said()[-2000:]}")
    return tally


def _disturbed(
    yard: Yard, workers: int, faults: int, disturb: Callable[[], object], meanwhile: Callable[[], object] = lambda: None
) -> Tally:
    """Work a round off, and disturb it so many times."""
    yard.start(workers)
    yard.wait_for_workers(workers)
    yard.begin()
    progress = Progress(yard, faults)

    def step() -> None:
        meanwhile()
        if progress.is_fault_due():
            disturb()

    yard.work_off(step)
    yard.mail.most = None  # a round that put its digests off leaves faults over
    yard.begin()  # a clean round, as after any other fault
    yard.work_off()
    return _judged(yard, Tally(tried=faults - len(progress.left)))


def _judged(yard: Yard, tally: Tally) -> Tally:
    judged = yard.judge()
    judged.tried = tally.tried
    return judged


def crash_server(url: str) -> None:
    """Kill one process of a PostgreSQL server: it ends all connections, recovers and goes on."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        process = int(connection.exec_driver_sql("select pg_backend_pid()").scalar_one())
        os.kill(process, signal.SIGKILL)
    engine.dispose()


# -- rounds -----------------------------------------------------------------------------------------------------------


def run_round(
    folder: Path,
    server: str,
    number: int,
    *,
    readers: int,
    faults: int,
    seed: int,
    answers: int = ANSWERS,
    ways: Sequence[Disturbance] = DISTURBANCES,
    crews: Sequence[int] = (2, 4),
) -> Tally:
    """Run one round with one kind of disturbance and one number of workers."""
    disturb, workers = ways[number % len(ways)], crews[number // len(ways) % len(crews)]
    dice = random.Random(seed + number)  # noqa: S311 (the same choice each time)
    plan = Plan.of(readers, answers, seed + number)
    with database(server) as url, Yard(folder=folder, url=url, plan=plan) as yard:
        tally = disturb(yard, workers, faults, dice)
        note_bad_codes(disturb, yard, tally)
    tally.failures = [f"{disturb.__name__}, {workers} workers, seed {seed + number}: {text}" for text in tally.failures]
    return tally


def note_bad_codes(disturb: Callable[..., Tally], yard: Yard, tally: Tally) -> None:
    """Tell all workers to end, with 0."""
    stood_still = disturb in (stop_workers, disturb_in_turn)
    _noting_codes(yard, yard.stop(), tally, right=AFTER_STANDING if stood_still else frozenset({0}))


READERS = 40
FAULTS = 6
READERS_A_SECOND = 2.0
"""Readers of a round for each second, where time is short: a round can't be left in the middle."""


def run_rounds(folder: Path, budget: Budget, *, readers: int = READERS, faults: int = FAULTS, **how: Any) -> Tally:
    """Run rounds with every kind of disturbance in turn. `how`: see `run_round`."""
    tally = Tally()
    number = 0
    if budget.seconds is not None:
        readers = min(readers, max(READERS, round(budget.seconds * READERS_A_SECOND)))
    with postgres_server() as server:
        while budget.allows_another(tally.tried):
            place, seed = folder / str(number), budget.seed
            tally.add(run_round(place, server, number, readers=readers, faults=faults, seed=seed, **how))
            number += 1
    return tally


many_readers = partial(run_rounds, ways=(disturb_in_turn,), crews=(4, 2))

PROOFS = (
    Proof(name="disturbed workers", unit="fault", full=2_000, run=run_rounds, share=4.0),
    Proof(name="2,000 readers", unit="fault", full=80, run=partial(many_readers, readers=2_000, faults=16), hours=1.5),
    Proof(
        name="20,000 readers",
        unit="fault",
        full=16,
        run=partial(many_readers, readers=20_000, answers=3, faults=16),
        hours=2.0,
    ),
)
