"""Workers killed at every point, and errors of the database at every statement of theirs.

A worker hands out a round on an empty archive and works it off: it reads a source and its past in parts, matches in ranges,
composes, mails and concludes. It is killed, or the database refuses one statement. Then a worker without faults goes on, and
everything was done once: see `PointedYard.judge`.
"""

from __future__ import annotations

import json
import math
import random
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self

from sqlalchemy.engine import make_url

from monitor import app
from monitor.errors import LeaseError
from monitor.parliament.calendar import LONDON
from tests.e2e.desk import an_answer
from tests.reliability.errors import OF_PROGRAM, first_points_by_name
from tests.reliability.forked_worker import ForkedWorker
from tests.reliability.points import ERROR_LINE, LEDGER, Plan, Point, possible_errors, read_points
from tests.reliability.scenes import writers_of_workers
from tests.reliability.split_workers import SplitYard, published_before
from tests.reliability.tally import Proof, Tally
from tests.reliability.yard import STUCK_AFTER_SECONDS, answers_of
from tests.reliability.yard import Plan as Wishes
from tests.servers import database, postgres_server, run_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from tests.e2e.desk import Desk
    from tests.reliability.tally import Budget

    Plans = Callable[[Sequence[Point], random.Random], Iterator[Plan]]

READERS = 3
ANSWERS = 2
DAYS = 3
"""Days of the look-back, in which there are old answers, and of the past before it, in which there are others."""
OLD_ANSWERS = 3
FIRST_PAST = 2_000
EVERY_429 = 7
"""Parliament asks for a pause at each request of this number."""
SEED = 5
"""Seed of the readers and answers. The points to try vary by another."""
MOST_WORKERS = 3
"""Most workers without faults that follow one with a fault."""


@dataclass(frozen=True, slots=True)
class Result:
    """End of a worker: its exit code, negative if it was killed, its points, and what it said."""

    code: int
    points: tuple[Point, ...]
    said: str

    @property
    def failed_at(self) -> list[Point]:
        """Points at which the planned error happened."""
        numbers = {point.number for point in self.points if point.kind == ERROR_LINE}
        return [point for point in self.points if point.number in numbers and point.kind != ERROR_LINE]


@dataclass(kw_only=True)
class PointedYard(SplitYard):
    """A yard with one worker at a time, which begins each time with the same archive."""

    server: str
    seed: int = SEED
    plan: Wishes = field(default_factory=lambda: Wishes.of(READERS, ANSWERS, SEED))
    days: int = DAYS
    past: int = DAYS
    old_answers: int = OLD_ANSWERS
    program: str = "tests.reliability.pointed_worker"
    template: str = ""
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        super().__enter__()
        self.read_before()
        self.archive.engine.dispose()
        copy = self._stack.enter_context(database(self.server, template=self._name))
        self.template = str(make_url(copy).database)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._stack.close()

    def desk_at(self, today: str) -> Desk:
        """Return the desk, whose mail has a pace, so that each takes a turn."""
        desk = super().desk_at(today)
        desk.smtp = "per_minute = 6000"
        desk.configure()
        return desk

    def read_before(self) -> None:
        """Read and match what was published before today. Then a record vanishes, and today's answers appear."""
        old, today = published_before(self.history, self.days), datetime.now(UTC).astimezone(LONDON).date()
        days = [today - timedelta(days=self.days + number) for number in range(self.past)]
        earlier = [an_answer(FIRST_PAST + number, day) for number, day in enumerate(days)]
        self.earlier = {str(value["uin"]) for value in earlier}
        vanishing = an_answer(FIRST_PAST - 1, today - timedelta(days=1))
        self.parliament.replace([*old, vanishing])
        with app.pipeline(self.config, self.archive, now=self.now) as pipeline:
            pipeline.sync()
            pipeline.collect()
            pipeline.match()
            assert not pipeline.report.failures, pipeline.report.failures
        self.archive.subscribers.note_file("", [])  # so that the round has to note them
        self.parliament.replace([*answers_of(self.plan), *old, *earlier])
        self.parliament.faults.every_429, self.parliament.faults.retry_after = EVERY_429, "0"

    @property
    def _name(self) -> str:
        return str(make_url(self.url).database)

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Points of a worker without faults."""
        self.begin_anew()
        return self.work_once(Plan()).points

    def begin_anew(self) -> None:
        """Put back the archive, and forget what was mailed and said."""
        self.archive.engine.dispose()
        run_on(self.server, f"drop database {self._name} with (force)")
        run_on(self.server, f"create database {self._name} template {self.template}")
        run_on(self.url, f'alter database "{self._name}" set synchronous_commit = on')
        self.mail.messages.clear()
        self.parliament.requests.clear()
        (self.folder / "said").write_text("")

    def work_once(self, plan: Plan | None = None) -> Result:
        """Let a worker work until nothing is left or it dies."""
        today = datetime.now(UTC).astimezone(LONDON).date()
        past = [today - timedelta(days=days) for days in (self.days + self.past - 1, self.days)]
        env = {
            **self.desk.environment,
            "PQWATCH_CONFIG": str(self.desk.config),
            "PQWATCH_TEST_PLAN": json.dumps(asdict(plan) if plan else {}),
            "PQWATCH_TEST_PAST": " ".join(map(str, past)),
        }
        before = len(self.said())
        worker = ForkedWorker(self.program, ["worker"], env, self.folder / "said")
        code = worker.wait(STUCK_AFTER_SECONDS)
        ledger = (self.folder / LEDGER).read_text("utf-8", "replace") if plan else ""
        return Result(code, read_points(ledger), self.said()[before:])

    def let_time_pass(self) -> None:
        """Let a worker that was killed be silent for long."""
        run_on(self.url, "update procrastinate_workers set last_heartbeat = last_heartbeat - interval '1 hour'")

    def is_done(self) -> bool:
        """Return whether no job, mail or round is left."""
        return self.look()[0] and self.archive.rounds.current() is None

    def end_case(self, done: Result, tally: Tally, label: str) -> None:
        """Let workers without faults do what is left after the last one, and judge."""
        for _ in range(MOST_WORKERS):
            if done.code == 0 and self.is_done():
                break
            self.let_time_pass()
            done = self.work_once()
        tried, judged = tally.tried, self.judge()
        if done.code != 0 or "Traceback" in self.said():
            judged.failures.append(f"a worker ended with {done.code} and said: {self.said()[-3000:]}")
        judged.failures = [f"{failure} [{label}]" for failure in judged.failures]
        tally.add(judged)
        tally.tried = tried

    def judge(self) -> Tally:
        """Compare what arrived and what is stored with the oracle; look for what is left or held."""
        tally = super().judge()
        if missing := self.earlier - self.matches().keys():
            tally.lost += len(missing)
            tally.failures.append(f"answers of the past are not stored: {sorted(missing)}")
        state = self.archive.jobs.state()
        if any(queue.waiting + queue.later + queue.doing + queue.failed for queue in state.queues):
            tally.failures.append(f"jobs are left: {state.queues}")
        if self.archive.rounds.current() is not None:
            tally.failures.append("the round did not end")
        try:
            with self.archive.runs.lease():
                pass
        except LeaseError as exc:
            tally.failures.append(f"a unit is held: {exc}")
        return tally


@contextmanager
def pointed_yard(folder: Path, server: str = "") -> Iterator[PointedYard]:
    """Open a yard in a folder, on a server of its own or one that is given."""
    with (
        nullcontext(server) if server else postgres_server() as running,
        database(running) as url,
        PointedYard(folder=folder, url=url, server=running) as yard,
    ):
        yield yard


# -- cases ------------------------------------------------------------------------------------------------------------


def kill_plans(points: Sequence[Point], dice: random.Random) -> Iterator[Plan]:
    """Yield a kill at each point, in random order."""
    yield from dice.sample([Plan(at=point.number) for point in points], len(points))


def name_plans(points: Sequence[Point], dice: random.Random) -> Iterator[Plan]:
    """Yield each error of the database at the first statement and commit of each name."""
    plans = [
        Plan(kind=point.kind, name=point.name, error=error)
        for point in first_points_by_name(_of_database(points)).values()
        for error in _errors(point)
    ]
    yield from dice.sample(plans, len(plans))


def error_plans(points: Sequence[Point], dice: random.Random) -> Iterator[Plan]:
    """Yield each error of the database at each statement and commit: the first of each name first."""
    yield from name_plans(points, dice)
    firsts = set(first_points_by_name(_of_database(points)).values())
    plans = [
        Plan(at=point.number, error=error)
        for point in _of_database(points)
        if point not in firsts
        for error in _errors(point)
    ]
    yield from dice.sample(plans, len(plans))


def _of_database(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if point.kind in OF_PROGRAM]


def _errors(point: Point) -> tuple[str, ...]:
    return possible_errors(point.kind, "postgresql")


def try_plans(yard: PointedYard, plans: Plans, budget: Budget) -> Tally:
    """Try plans, each in a round of its own."""
    dice = random.Random(budget.seed)  # noqa: S311 (no secret)
    tally = Tally()
    for plan in plans(yard.points, dice):
        if not budget.owns(str(plan)):
            continue
        yard.begin_anew()
        done = yard.work_once(plan)
        tried = Tally(tried=int(bool(done.failed_at) if plan.error else done.code < 0))
        yard.end_case(done, tried, f"{plan}, seed {budget.seed}")
        tally.add(tried)
        if not budget.allows_another(tally.tried):
            break
    return tally


# -- cases that share a round -----------------------------------------------------------------------------------------


def kill_in_each_function(yard: PointedYard, seed: int) -> tuple[set[str], Tally]:
    """Kill workers one after the other, each at a commit of another function that workers alone call.

    Return the functions in which one was killed. All this happens to few rounds, so it costs little.
    """
    dice = random.Random(seed)  # noqa: S311 (no secret)
    killed: set[str] = set()
    tally = Tally()
    left = list(dict.fromkeys(point.name for point in yard.points if point.name in writers_of_workers()))
    while left:
        yard.begin_anew()
        before, plan = len(killed), Plan()
        for name in list(left):
            plan = Plan(kind=dice.choice(("before commit", "after commit")), name=name)
            done = yard.work_once(plan)
            yard.let_time_pass()
            if done.code >= 0:  # the round is over
                break
            killed.add(name)
            left.remove(name)
        yard.end_case(done, tally, f"{plan}, seed {seed}")
        if len(killed) == before:
            break
    tally.tried = len(killed)
    return killed, tally


def fail_in_each_function(yard: PointedYard, seed: int) -> tuple[set[str], Tally]:
    """Let the database refuse one commit of each function that workers alone call, all in one round of one worker.

    Return the functions in which that happened.
    """
    dice, kind = random.Random(seed), "before commit"  # noqa: S311 (no secret)
    errors = possible_errors(kind, "postgresql")
    plan = Plan(kind=kind, each=tuple((name, dice.choice(errors)) for name in sorted(writers_of_workers())))
    yard.begin_anew()
    done = yard.work_once(plan)
    failed = {point.name for point in done.failed_at}
    tally = Tally(tried=len(failed))
    if done.code != 0 or not yard.is_done():
        tally.failures.append(f"the worker did not overcome all errors: {done.code}, {plan}")
    yard.end_case(done, tally, str(plan))
    return failed, tally


KILL_POINTS, ERROR_POINTS, ERROR_NAMES = 1_800, 5_500, 1_100
"""Points of a round, with each error, and names with each error. Their number varies a little."""
SECONDS = 3.0
"""Seconds of a core that a case takes on a slow machine."""


def _run(plans: Plans, folder: Path, budget: Budget) -> Tally:
    with pointed_yard(folder) as yard:
        return try_plans(yard, plans, budget)


PROOFS = tuple(
    Proof(
        name=name,
        unit=unit,
        full=full,
        run=partial(_run, plans),
        share=2.0,
        hours=full * SECONDS / 3_600,
        parts=math.ceil(full / 1_000),
    )
    for name, unit, full, plans in (
        ("worker killed at each point", "kill point", KILL_POINTS, kill_plans),
        ("error at each name of a worker", "error point", ERROR_NAMES, name_plans),
        ("error at each statement of a worker", "error point", ERROR_POINTS, error_plans),
    )
)
