"""Weeks of an operator: runs amid backups, restores, copies, changed settings and readers who come, pause and go.

A life is a sequence of operations by chance (see weeks_operations.py), over some four weeks, on SQLite or on SQLite and
PostgreSQL by turns. Then all is switched on and nine days go by without a fault. A judge that shares no code with the
program (weeks_judge.py) sees what was published and every mail that came.
"""

from __future__ import annotations

import random
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from db import settled
from tests.reliability.tally import Budget, Proof, Tally
from tests.reliability.weeks_databases import Databases
from tests.reliability.weeks_desk import FIRST_DAY, Desk
from tests.reliability.weeks_judge import BrokenPromiseError
from tests.reliability.weeks_operations import OPERATIONS
from tests.reliability.weeks_published import QUESTIONS, STATEMENTS
from tests.servers import postgres_server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.reliability.weeks_operations import Operation

STEPS = 100
DAYS_AT_THE_END = 9


class Life:
    """A life of a desk. `log`: what was done, with the time."""

    def __init__(self, folder: Path, seed: int, server: str = "", *, desks: type[Desk] = Desk) -> None:
        folder.mkdir()
        self.dice = random.Random(seed)  # noqa: S311 (the same life each time)
        self.paper = desks.paper_class(self.dice, FIRST_DAY - timedelta(days=1))
        self.databases = Databases(folder, server)
        self.log: list[str] = []
        self.desk = desks(self.databases, self.paper)

    def begin(self) -> None:
        """Run for the first time, with records from before and of the last day with answers."""
        for ago in (3, 1):
            for source, word in ((QUESTIONS, "osprey"), (STATEMENTS, "walrus")):
                self.paper.add(source, word, self.desk.clock.now, FIRST_DAY - timedelta(days=ago))
        self.desk.run()

    def live(self, operations: Sequence[Operation]) -> None:
        """Do these operations, some minutes apart."""
        for operation in operations:
            self.desk.clock.tick(minutes=self.dice.choice([2, 5, 20]))
            self.log.append(f"{self.desk.clock.now:%d %b %H:%M} {operation.__name__}")
            done = operation(self.desk, self.dice)
            self.log[-1] = f"{self.desk.clock.now:%d %b %H:%M} {done or 'nothing'}"

    def end(self, days: int = DAYS_AT_THE_END) -> None:
        """Let days go by without a fault, and judge what was lost."""
        self.desk.end_what_keeps_mails_back()
        for _ in range(days):
            self.desk.clock.tick(hours=23, minutes=30)
            self.desk.run()
        self.desk.mail_at_once()  # what was found since a weekly digest comes now
        self.desk.run()
        lost = self.desk.judge.lost(self.desk.today)
        if lost:
            raise LostError("; ".join(lost))

    def close(self) -> None:
        """Close the archive, and remove its databases from the server."""
        self.desk.close()
        self.databases.close()


class LostError(BrokenPromiseError):
    """A reader never got what they were due."""


def one_life(life: Life, seed: int, operations: Mapping[Any, float], *, steps: int, days: int) -> Tally:
    """Live one life, of operations that are chosen by their shares, with so many days at its end."""
    tally = Tally(tried=1)
    try:
        with mock.patch.object(settled, "SETTLE_EVERY", 1):  # with each digest
            life.begin()
            life.live(life.dice.choices(list(operations), list(operations.values()), k=steps))
            life.end(days)
    except Exception as exc:  # noqa: BLE001 (it is reported with what led to it)
        tally.lost += isinstance(exc, LostError)
        tally.duplicated += "twice" in str(exc)
        tally.failures.append(f"seed {seed}: {exc or type(exc).__name__}: {' | '.join(life.log[-12:])}")
    finally:
        life.close()
    return tally


def prove_lives(
    folder: Path,
    budget: Budget,
    desks: type[Desk],
    operations: Mapping[Any, float],
    *,
    server: str,
    steps: int,
    days: int = DAYS_AT_THE_END,
) -> Tally:
    """Live lives of this many operations: every other one is given the server."""
    tally = Tally()
    count, start = len(range(budget.part, budget.count, budget.parts)), budget.seed * SEEDS_APART + budget.part
    with nullcontext(server) if server else postgres_server() as running:
        for number in range(count):
            if not budget.allows_another(tally.tried):
                break
            seed = start + number * budget.parts
            life = Life(folder / f"life-{seed}", seed, running if number % 2 else "", desks=desks)
            tally.add(one_life(life, seed, operations, steps=steps, days=days))
    return tally


def prove(folder: Path, budget: Budget, *, server: str = "", steps: int = STEPS) -> Tally:
    """Live lives of an operator: every other one goes to PostgreSQL and back."""
    return prove_lives(folder, budget, Desk, OPERATIONS, server=server, steps=steps)


SEEDS_APART = 10_000
"""Numbers between the lives of two seeds of a proof."""

PROOFS = (Proof(name="weeks of an operator", unit="sequence", full=400, run=prove, share=1.0, hours=0.5, parts=4),)
