# ruff: noqa: INP001, T201 - a script that prints, no part of a package
"""Measure what workers gain by sharing one source and one matching: windows of a backfill, and ranges of revisions.

`uv run python bench/sharing.py [--days 60] [--answers 10] [--revisions 40000] [--terms 12000] [--workers 1,2]`.

*Windows*: `pqwatch backfill questions --by-workers` from a stand-in for Parliament in a process of its own, without pace: so
many days of so many answers, three windows a day. *Revisions*: invented answers, and terms that were never looked for; timed
from the first range to the last. Each number of workers gets a database of its own, and splits the work alike, also one
worker alone. *At once* is CPU seconds of the workers through seconds on the clock: how many of them were at work at a time.
The server is that of the tests, without fsync.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor import app  # noqa: E402 (after the path)
from monitor.collect.revisions import store_readings  # noqa: E402
from monitor.demo.parliament import Parliament  # noqa: E402
from monitor.model.jobs import BACKFILL, BACKFILL_PART, MATCH, MATCH_RANGE, match_job  # noqa: E402
from monitor.model.sources import Payload, Reading  # noqa: E402
from monitor.pipeline import sync_watch_list  # noqa: E402
from monitor.queue.dispatch import begin_backfill  # noqa: E402
from tests.builders import a_question  # noqa: E402
from tests.e2e.desk import an_answer  # noqa: E402
from tests.reliability.yard import Plan, Yard  # noqa: E402
from tests.servers import database, postgres_server, run_on  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

LAST = date(2024, 11, 22)
LOOK_SECONDS = 0.1
LONGEST_SECONDS = 1800.0
WORDS = 3_000
"""Different words of the invented answers."""
LENGTH = 150
"""Words of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Result of one measurement: units done, seconds on the clock, and CPU seconds of all workers."""

    done: int
    wall: float
    cpu: float

    def row(self, what: str, workers: int) -> str:
        """Return a row of the table."""
        rate, each, at_once = self.done / self.wall, 1000 * self.cpu / self.done, self.cpu / self.wall
        return f"| {what} | {workers} | {self.done:,} | {self.wall:.1f} | {rate:,.0f} | {each:.2f} | {at_once:.2f} |"


def main() -> None:
    """Measure, and print a table."""
    given = _arguments()
    print("| what | workers | done | seconds | a second | CPU ms each | at once |\n|---|---|---|---|---|---|---|")
    with postgres_server() as server:
        for workers in map(int, given.workers.split(",")):
            if given.days:
                print(windows(server, given, workers).row("answers of windows", workers), flush=True)
            if given.revisions:
                print(ranges(server, given, workers).row("revisions matched", workers), flush=True)


def windows(server: str, given: argparse.Namespace, workers: int) -> Figures:
    """Read the windows of a backfill."""
    with _yard(server) as yard, _parliament(given.days, given.answers) as address:
        _rewrite(yard, lambda text: text.replace(yard.parliament.url, address))
        config = app.configuration(str(yard.desk.config), env=yard.desk.environment)
        begin_backfill(yard.archive, config, "questions", LAST - timedelta(days=given.days - 1), LAST)
        jobs = yard.archive.jobs
        yard.start(workers, "--queue", "sources")
        _until(lambda: jobs.is_under_way(BACKFILL_PART))
        began, cpu = time.monotonic(), _cpu(yard)
        _until(lambda: not jobs.is_under_way(BACKFILL, BACKFILL_PART))
        wall, used = time.monotonic() - began, _cpu(yard) - cpu
        yard.stop()
        done = app.counts(yard.archive)["records"]
        if done != given.days * given.answers:
            raise SystemExit(f"{done} answers were read: {yard.said()}")
        return Figures(done=done, wall=wall, cpu=used)


def ranges(server: str, given: argparse.Namespace, workers: int) -> Figures:
    """Look for terms in ranges of revisions."""
    dice = random.Random(1)  # noqa: S311 (the same choice each time)
    words = [f"{dice.choice('bcdfglmnprst')}{dice.choice('aeiou')}x{number}" for number in range(WORDS)]
    with _yard(server) as yard:
        _fill(yard, given.revisions, words, dice)
        terms = ", ".join(f'"{dice.choice(words)} {dice.choice(words)}"' for _ in range(given.terms))
        _rewrite(yard, lambda text: f'{text}\n[[topics]]\nname = "Many"\nterms = [{terms}]\n')
        config = app.configuration(str(yard.desk.config), env=yard.desk.environment)
        sync_watch_list(yard.archive, config, app.lexicon(config, yard.archive))
        yard.archive.jobs.put([match_job()])
        jobs = yard.archive.jobs
        yard.start(workers, "--queue", "matching")
        _until(lambda: jobs.is_under_way(MATCH_RANGE) or not jobs.is_under_way(MATCH))
        if not yard.archive.match_ranges.left():
            raise SystemExit(
                "the index names too few revisions to split: ask for more terms, which are looked for in all"
            )
        began, cpu = time.monotonic(), _cpu(yard)
        _until(lambda: not yard.archive.match_ranges.left())
        wall, used = time.monotonic() - began, _cpu(yard) - cpu
        yard.stop()
        return Figures(done=given.revisions, wall=wall, cpu=used)


@contextmanager
def _yard(server: str) -> Iterator[Yard]:
    """Give workers a database in which two seem to live from the beginning, so that one alone splits the work too."""
    with (
        tempfile.TemporaryDirectory() as folder,
        database(server) as url,
        Yard(folder=Path(folder) / "yard", url=url, plan=Plan.of(1, 1, seed=1)) as yard,
    ):
        run_on(
            url,
            "insert into procrastinate_workers (last_heartbeat) select now() + interval '1 day' from generate_series(1, 2)",
        )
        yield yard


def _rewrite(yard: Yard, change: Callable[[str], str]) -> None:
    """Change the configuration of all workers: half of them have one without readers."""
    for path in (yard.desk.config, yard.bare_config):
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def _fill(yard: Yard, revisions: int, words: list[str], dice: random.Random) -> None:
    """Store invented answers."""
    for start in range(0, revisions, 1_000):
        readings = []
        for number in range(start, min(start + 1_000, revisions)):
            text = " ".join(dice.choices(words, k=LENGTH))
            question = a_question(id=f"q-{number}", uin=str(number), question=f"What is {number}?", answer=text)
            payload = Payload(
                source="questions", key=f"{number}", url="x", fetched_at=datetime.now(UTC), body=str(number).encode()
            )
            readings.append(Reading(payload=payload, proceeding=question))
        store_readings(yard.archive, readings, today=LAST, is_news=lambda *_: False)
    yard.archive.index.follow()


# -- a stand-in for Parliament that uses no time of the workers --------------------------------------------------------


@contextmanager
def _parliament(days: int, answers: int) -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, days, answers), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def serve(pipe: Connection[Any, Any], days: int, answers: int) -> None:
    """Serve answers of some days until the process is ended."""
    values = [
        an_answer(day * answers + number, LAST - timedelta(days=day))
        for day in range(days)
        for number in range(answers)
    ]
    with Parliament.from_values(values) as parliament:
        pipe.send(parliament.url)
        time.sleep(LONGEST_SECONDS)


def _until(is_reached: Callable[[], bool]) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    while not is_reached():
        if time.monotonic() > until:
            raise SystemExit("nothing goes on")
        time.sleep(LOOK_SECONDS)


def _cpu(yard: Yard) -> float:
    """Return the CPU seconds of the workers so far (Linux)."""
    ticks = os.sysconf("SC_CLK_TCK")
    seconds = 0.0
    for worker in yard.workers:
        fields = Path(f"/proc/{worker.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / ticks
    return seconds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=60, help="days with answers; 0: no windows")
    parser.add_argument("--answers", type=int, default=10, help="answers of a day")
    parser.add_argument("--revisions", type=int, default=40_000, help="revisions; 0: no matching")
    parser.add_argument("--terms", type=int, default=12_000, help="terms to look for")
    parser.add_argument("--workers", default="1,2", help="numbers of workers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
