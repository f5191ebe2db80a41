"""Workers that share the windows of one source and the ranges of one matching, disturbed in the middle of both.

A first reading of many days is split into parts, and what it brought into ranges. Meanwhile workers are killed, stopped or
told to end, and the database breaks down. Then every window is read in full, every term is found in every answer that
names it, and each reader is told of today's answers, in exactly one digest.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self
from unittest.mock import patch

from sqlalchemy import func, select

from db import tables
from db.transactions import reading
from monitor import app
from monitor.model.jobs import backfill_unit, source_unit
from monitor.parliament.calendar import LONDON
from tests.e2e.desk import an_answer
from tests.reliability.tally import Proof, Tally
from tests.reliability.workers import DISTURBANCES, Progress, note_bad_codes
from tests.reliability.yard import TOPICS, Plan, Yard, answers_of, uin
from tests.servers import database, postgres_server

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from tests.reliability.tally import Budget

DAYS = 8
"""Days of the look-back."""
WINDOWS_OF_A_DAY = 3
ANSWERS = 6
OLD_ANSWERS = 48
FIRST_OLD = 1_000
"""Number of the first of the old answers."""


def history_of(seed: int, answers: int = OLD_ANSWERS) -> dict[str, list[int]]:
    """Choose the topics of old answers, by their numbers as printed."""
    dice = random.Random(seed)  # noqa: S311 (the same choice each time)
    return {uin(FIRST_OLD + number): dice.sample(range(TOPICS), dice.randint(0, 2)) for number in range(answers)}


def published_before(history: dict[str, list[int]], days: int = DAYS) -> list[dict[str, object]]:
    """Return the old answers as Parliament gives them, and one of yesterday, from which day on there is news."""
    today = datetime.now(UTC).astimezone(LONDON).date()
    made: list[dict[str, object]] = []
    for place, topics in enumerate(history.values()):
        day = today - timedelta(days=2 + place % (days - 2))
        words = " and ".join(f"quoll{topic}" for topic in topics) or "nothing"
        text = f"<p>This is about {words}. {'It is nothing but a number. ' * 15}</p>"
        made.append({**an_answer(FIRST_OLD + place, day), "questionText": "What is it?", "answerText": text})
    yesterday = an_answer(FIRST_OLD + len(history), today - timedelta(days=1))
    return [*made, {**yesterday, "questionText": "What?", "answerText": f"<p>{'Nothing at all. ' * 30}</p>"}]


@dataclass(kw_only=True)
class SplitYard(Yard):
    """Workers that read many days and match many answers, all of them in parts.

    `past`: days before those of the look-back, which are read on demand.
    """

    seed: int
    days: int = DAYS
    past: int = 0
    old_answers: int = OLD_ANSWERS
    program: str = "tests.reliability.splitting_worker"

    def __enter__(self) -> Self:
        self.began_on = datetime.now(UTC).astimezone(LONDON).date()
        super().__enter__()
        self.history = history_of(self.seed, self.old_answers)
        self.parliament.replace([*answers_of(self.plan), *published_before(self.history, self.days)])
        self.desk.questions = f'houses = ["Commons"]\nlook_back_days = {self.days}'
        self.desk.configure()
        self.desk.config.chmod(0o600)
        self.config = app.configuration(str(self.desk.config), env=self.desk.environment)
        self.write_bare_config()
        return self

    def judge(self) -> Tally:
        """Compare with the oracle what arrived, and what is stored."""
        tally = super().judge()
        tally.tried += len(self.history)
        found = self.matches()
        for key, topics in self.history.items():
            if found.get(key) != set(topics):
                tally.lost += 1
                tally.failures.append(f"{key} has the topics {found.get(key)}, expected {sorted(topics)}")
        unread = [covered for covered in self.archive.coverage.windows() if covered.state not in ("complete", "open")]
        if unread:
            tally.failures.append(f"windows were not read: {unread}")
        # A first reading that was ended in the middle goes back further when it is begun again.
        read = Counter(covered.window.day for covered in self.archive.coverage.windows("questions"))
        if missing := [day for day in self.expected_days() if read[day] != WINDOWS_OF_A_DAY]:
            tally.failures.append(f"days were not read: {missing}")
        if left := self.archive.match_ranges.left():
            tally.failures.append(f"ranges are left: {left}")
        for name in (source_unit("questions"), backfill_unit("questions")):
            if self.archive.split_readings.of(name) is not None:
                tally.failures.append(f"the reading of {name} was not ended")
        return tally

    def expected_days(self) -> list[date]:
        """Return the days that are to be read: those of the look-back, and those before it that are read on demand."""
        return [self.began_on - timedelta(days=number) for number in range(self.days + self.past)]

    def matches(self) -> dict[str, set[int]]:
        """Return the topics of each stored record, by the number that is printed."""
        record, revision, found, term = tables.proceeding, tables.revision, tables.match, tables.term
        query = (
            select(record.c.uin, term.c.text)
            .join(revision, revision.c.proceeding_id == record.c.id)
            .outerjoin(found, found.c.revision_id == revision.c.id)
            .outerjoin(term, term.c.id == found.c.term_id)
        )
        topics: dict[str, set[int]] = {}
        with self.archive.engine.connect() as connection:
            for row in connection.execute(query):
                topics.setdefault(row.uin, set()).update([int(row.text.removeprefix("quoll"))] if row.text else [])
        return topics


@dataclass(slots=True)
class SplitProgress(Progress):
    """Spreads faults evenly over windows, matches, digests and mails."""

    def __post_init__(self) -> None:
        """Plan the faults."""
        assert isinstance(self.yard, SplitYard)
        matches = sum(map(len, self.yard.history.values())) + sum(map(len, self.yard.plan.answers))
        total = WINDOWS_OF_A_DAY * DAYS + matches + 2 * len(self.yard.plan.readers)
        self.left = [round(total * number / self.faults) for number in range(self.faults)]

    def _done(self) -> int:
        coverage, match = tables.coverage, tables.match
        of_questions = select(func.count()).select_from(coverage).where(coverage.c.source == "questions")
        with reading(self.yard.archive.engine) as connection:
            windows = connection.execute(of_questions).scalar_one()
            matches = connection.execute(select(func.count()).select_from(match)).scalar_one()
        return int(windows) + int(matches) + Progress._done(self)


def not_split(yard: SplitYard) -> list[str]:
    """Say what was not shared, the reading or the matching."""
    said = yard.said()
    return [f"nothing {what}: {said[-2000:]}" for what in ("is read in parts", "matching split") if what not in said]


# -- rounds -----------------------------------------------------------------------------------------------------------


def run_round(folder: Path, server: str, number: int, *, readers: int, faults: int, seed: int) -> Tally:
    """Run one round with one kind of disturbance and two or four workers. One that is left alone splits nothing."""
    disturb = DISTURBANCES[number % len(DISTURBANCES)]
    workers = 2 if number % (2 * len(DISTURBANCES)) < len(DISTURBANCES) else 4
    dice = random.Random(seed + number)  # noqa: S311 (the same choice each time)
    plan = Plan.of(readers, ANSWERS, seed + number)
    with (
        patch("tests.reliability.workers.Progress", SplitProgress),
        database(server) as url,
        SplitYard(folder=folder, url=url, plan=plan, seed=seed + number) as yard,
    ):
        tally = disturb(yard, workers, faults, dice)
        note_bad_codes(disturb, yard, tally)
    name = f"{disturb.__name__}, {workers} workers, seed {seed + number}"
    tally.failures = [f"{name}: {text}" for text in tally.failures]
    return tally


READERS = 6
FAULTS = 6


def run_rounds(folder: Path, budget: Budget) -> Tally:
    """Run rounds with every kind of disturbance in turn."""
    tally = Tally()
    number = 0
    with postgres_server() as server:
        while budget.allows_another(tally.tried):
            tally.add(run_round(folder / str(number), server, number, readers=READERS, faults=FAULTS, seed=budget.seed))
            number += 1
    return tally


PROOFS = (Proof(name="disturbed parts", unit="fault", full=1_000, run=run_rounds, share=2.0),)
