# ruff: noqa: INP001, T201 - a script that prints, no part of a package
"""Speed of searches in a large archive, and its size, beside other engines over the same answers.

`uv run --group bench python bench/search.py [--answers 200000] [--folder FOLDER]`. It makes that many answers from recorded
ones (`--sample`: from the demo's), fills an archive with them as a collect does, and builds plain FTS5, tantivy, Xapian and
PostgreSQL over the same texts; then it asks each the same questions and takes the time to the first twenty with a passage
of each, newest first and by relevance: the least of three rounds, in one process, warm, one after the other. What can't
be had is said, not left out in silence. With `--folder` what is built stays there and is used again.

Besides: how many records each engine finds, this archive's results against the matcher's over all answers of some weeks, and
the time on the clock until `pqwatch search`, as a process, has written its first line.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from search_corpus import answers, keep, likeness, proceeding_of, read, read_recorded, read_sample
from search_engines import (
    NEWEST,
    RELEVANT,
    Asked,
    Fts5,
    Pqwatch,
    Tantivy,
    UnavailableError,
    in_our_language,
    our_filters,
)
from search_page import page, percentiles
from search_queries import FILTERED, KINDS, LEVELS, Chooser
from search_servers import PATIENCE_MS, Postgres, Xapian, make_database, postgres_server
from timing import Took, timed

from monitor.terms.matcher import compile_query
from monitor.text.search_form import forms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from search_corpus import Answer
    from search_engines import Engine

RECORDED: Final = Path(__file__).parents[2] / "shared/data/written-questions-api"
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
ROUNDS: Final = 3
ENOUGH: Final = 1.0
"""Seconds after which a question is not asked again."""
MOST: Final = 20.0
"""Seconds after which no more questions of a class are asked of an engine."""
VERIFIED: Final = 3_000
"""Answers through which all are looked, without an index."""
COUNTED: Final = ("rare", "middling")
"""Levels of which all are counted."""
OTHERS: Final = ("FTS5", "tantivy", "Xapian", "PostgreSQL", "pqwatch on PostgreSQL")


def main() -> None:
    """Build, measure, print."""
    given = _arguments()
    gc.set_threshold(50_000)  # as the command line does, monitor/cli/__init__.py
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(folder, given, stack)
        told = bench.run()
    print(page(told))
    if given.json:
        given.json.write_text(json.dumps(told, indent=1, default=str) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Searching an archive of many answers, beside other engines.")
    parser.add_argument("--answers", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="where to keep what is built; else nothing is kept")
    parser.add_argument("--sample", action="store_true", help="answers made from the demo's, which are few")
    parser.add_argument("--without", action="append", default=[], choices=OTHERS, help="leave an engine out")
    parser.add_argument("--xapian-python", default="/usr/bin/python3", help="the Python that has the module xapian")
    parser.add_argument(
        "--xapian-answers", type=int, help="index no more than the newest so many with Xapian, which is slow"
    )
    parser.add_argument("--json", type=Path, help="write all that was measured to this file")
    return parser.parse_args()


class Bench:
    """One run, over what is in a folder."""

    def __init__(self, folder: Path, given: argparse.Namespace, stack: ExitStack) -> None:
        self._folder = folder
        self._given = given
        self._stack = stack
        self._corpus = folder / "answers.marshal"
        self._notes = folder / "built.json"
        self._built: dict[str, Any] = json.loads(self._notes.read_text()) if self._notes.exists() else {}
        self._url = f"sqlite:///{folder / 'archive.db'}"

    def run(self) -> dict[str, Any]:
        """Everything; returns what was measured."""
        self._made()
        ours = Pqwatch(self._url, NOW)
        fts5 = Fts5(self._folder)
        engines: list[Engine] = [ours, fts5]
        missing = self._rivals(engines)
        for engine in engines:
            self._once(f"build {engine.name}", partial(self._build, engine))
            engine.open()
            self._stack.callback(engine.close)
        questions = self._questions(fts5)
        times, pace = self._measured(engines, questions)
        _say("the other checks")
        return {
            "machine": f"{platform.machine()}, CPython {platform.python_version()}, {platform.system()}",
            "day": datetime.now(UTC).date(),
            "pace": pace,
            "answers": self._given.answers,
            "xapian_answers": self._given.xapian_answers,
            "engines": {engine.name: engine.about for engine in engines},
            "missing": missing,
            "built": self._built,
            "documents": _documents(questions),
            "times": times,
            "counts": _counts(engines, questions),
            "verified": self._verified(ours, questions),
            "process": self._process(questions),
        }

    # -- building ------------------------------------------------------------------------------------------------------

    def _once(self, what: str, act: Callable[[], dict[str, Any]]) -> None:
        """Do it where that is not done yet, and note what it tells."""
        if what in self._built:
            return
        _say(what)
        took, told = timed(act)
        self._built[what] = {"seconds": took.wall, "cpu": took.cpu, **told}
        self._notes.write_text(json.dumps(self._built, indent=1), encoding="utf-8")

    def _made(self) -> None:
        self._once("answers", self._make)

    def _make(self) -> dict[str, Any]:
        real = read_sample() if self._given.sample else read_recorded(RECORDED)
        if not self._corpus.exists():
            keep(answers(real, self._given.answers), self._corpus)
        rows = chain.from_iterable(read(self._corpus))
        size = 0
        texts: list[tuple[str, str, str]] = []
        for answer in rows:
            size += sum(len(text.encode()) for text in (answer.heading, answer.question, answer.answer))
            if len(texts) < len(real):
                texts.append((answer.heading, answer.question, answer.answer))
        recorded = likeness((record.heading, record.question, record.answer) for record in real)
        return {"bytes": size, "recorded": recorded._asdict(), "made": likeness(texts)._asdict()}

    def _rivals(self, engines: list[Engine]) -> dict[str, str]:
        """Add those that can be had; returns why the others can't."""
        missing = {}
        for name, make in self._makers().items():
            if name in self._given.without:
                missing[name] = "left out, as asked for"
                continue
            try:
                engines.append(make())
            except UnavailableError as exc:
                missing[name] = str(exc)
        return missing

    def _makers(self) -> dict[str, Callable[[], Engine]]:
        first = max(0, self._given.answers - (self._given.xapian_answers or self._given.answers)) + 1
        return {
            "tantivy": lambda: Tantivy(self._folder),
            "Xapian": lambda: Xapian(self._folder, self._corpus, self._given.xapian_python, first),
            "PostgreSQL": lambda: Postgres(make_database(self._server(), "rival")),
            "pqwatch on PostgreSQL": lambda: Pqwatch(
                make_database(self._server(), "archive"), NOW, "pqwatch on PostgreSQL"
            ),
        }

    def _server(self) -> str:
        if not hasattr(self, "_postgres"):
            self._postgres = self._stack.enter_context(postgres_server(self._folder))
        return self._postgres

    def _build(self, engine: Engine) -> dict[str, Any]:
        if isinstance(engine, Pqwatch):
            stored, _ = timed(lambda: engine.store(read(self._corpus)))
            indexed, _ = timed(engine.index)
            size = engine.size()
            told = {"stored": stored.wall, "indexed": indexed.wall, "bytes": size, "compacted": engine.compacted()}
            return told | {"tables": engine.sizes()}
        engine.build(read(self._corpus))
        return {"bytes": engine.size()}

    def _questions(self, fts5: Fts5) -> list[Asked]:
        path = self._folder / "questions.json"
        if path.exists():
            return [_asked(asked) for asked in json.loads(path.read_text())]
        _say("choosing questions")
        found = Chooser(fts5, self._corpus, self._given.answers).choose()
        path.write_text(json.dumps([asdict(asked) for asked in found], default=str), encoding="utf-8")
        return found

    # -- measuring -----------------------------------------------------------------------------------------------------

    def _measured(
        self, engines: Sequence[Engine], questions: Sequence[Asked]
    ) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """Return a row for each order, class and engine, percentiles in milliseconds, and the machine's pace meanwhile."""
        rows: list[dict[str, Any]] = []
        paces: list[Took] = []
        for order in (NEWEST, RELEVANT):
            for kind, level in classes(questions):
                some = [asked for asked in questions if (asked.kind, asked.level) == (kind, level)]
                _say(f"{order}: {kind}, {level}")
                paces += [timed(_loop)[0] for _ in range(10)]
                for engine in engines:
                    times, given_up = _times(engine, some, order)
                    told = {"order": order, "kind": kind, "level": level, "engine": engine.name, "given_up": given_up}
                    figures = percentiles([took.wall for took in times]), percentiles([took.cpu for took in times])
                    of_cpu = {f"{name}_cpu": value for name, value in figures[1].items()}
                    rows.append({**told, "asked": len(times), "of": len(some), **figures[0], **of_cpu})
                (self._folder / "times.json").write_text(json.dumps(rows, indent=1))  # should the run be cut short
        clock, cpu = ([1000 * getattr(pace, name) for pace in paces] for name in ("wall", "cpu"))
        pace = {"least": min(cpu), "median_cpu": statistics.median(cpu), "median": statistics.median(clock)}
        return rows, pace

    def _verified(self, ours: Pqwatch, questions: Sequence[Asked]) -> dict[str, int]:
        """Compare the archive's hits in some weeks with the matcher's in each answer of these."""
        weeks = self._weeks()
        first, last = (date.fromordinal(weeks[place].day) for place in (0, -1))
        told = [proceeding_of(answer) for answer in weeks]
        texts = [(proceeding, proceeding.parts(), forms_of(proceeding.parts())) for proceeding in told]
        some = [
            asked for kind, level in classes(questions) if level in LEVELS for asked in _few(questions, kind, level)
        ]
        found, wrong = 0, []
        for asked in some:
            query = compile_query(in_our_language(asked))
            held = {
                proceeding.id: spans
                for proceeding, parts, forms in texts
                if (spans := query.spans(parts, forms, partial(getattr, proceeding, "facts"))) is not None
            }
            filters = replace(our_filters(asked, NEWEST), first=first, last=last)
            hits = {hit.revision.proceeding.id: hit.spans for hit in ours.archive.search.hits(query, filters)}
            found += len(held)
            wrong += [in_our_language(asked)] if hits != held else []
        return {"answers": len(weeks), "questions": len(some), "found": found, "wrong": len(wrong)}

    def _weeks(self) -> list[Answer]:
        """All answers of some days in the middle."""
        found: list[Answer] = []
        for day in read(self._corpus, self._given.answers // 2):
            found += day
            if len(found) >= VERIFIED:
                break
        return found

    def _process(self, questions: Sequence[Asked]) -> dict[str, float]:
        """Milliseconds from the start of a process to its first line, the least of three, for some of each class."""
        config = self._folder / "config.toml"
        config.write_text(f'[archive]\nurl = "{self._url}"\n', encoding="utf-8")
        told = {"python -c pass": _first_line(["-c", "print()"])}
        for kind, level in classes(questions):
            if level in LEVELS:
                for asked in _few(questions, kind, level)[:1]:
                    words = in_our_language(asked)
                    told[f"search {words}"] = _first_line([*COMMAND, "search", "--config", str(config), words])
        return told


COMMAND: Final = ("-c", "from monitor.cli import main; main()")


def _first_line(arguments: Sequence[str]) -> float:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as users have it
    waited = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        process = subprocess.Popen(  # noqa: S603 (ourselves)
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=kept
        )
        with process, process.stdout or sys.stdin as printed:
            if not printed.readline():
                raise SystemExit(f"nothing was printed by {arguments}")
            waited.append(perf_counter() - begun)
            process.kill()
    return min(waited) * 1000


def _loop() -> int:
    """Do the same work each time, for some milliseconds."""
    return sum(number % 7 for number in range(100_000))


def classes(questions: Sequence[Asked]) -> list[tuple[str, str]]:
    """Kind and level of all questions, in the order of the table."""
    there = {(asked.kind, asked.level) for asked in questions}
    return [(kind, level) for kind in KINDS for level in (*LEVELS, *FILTERED) if (kind, level) in there]


def _few(questions: Sequence[Asked], kind: str, level: str) -> list[Asked]:
    return [asked for asked in questions if (asked.kind, asked.level) == (kind, level)][:4]


def _times(engine: Engine, questions: Sequence[Asked], order: str) -> tuple[list[Took], int]:
    """Return the time of each question, and how many were given up."""
    times: list[Took] = []
    given_up, begun = 0, perf_counter()
    for asked in questions:
        if perf_counter() - begun > MOST:
            break
        try:
            times.append(_least(partial(engine.first, asked, order)))
        except TimeoutError:
            given_up += 1
            times.append(Took(0, PATIENCE_MS / 1000))
    return times, given_up


def _least(act: Callable[[], object]) -> Took:
    """Return the least of some rounds. The first counts only if it alone takes long enough."""
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_MS / 1000)
    try:
        first, _ = timed(act)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if first.wall > ENOUGH:
        return first
    rounds: list[Took] = []
    while len(rounds) < ROUNDS and sum(took.wall for took in rounds) < ENOUGH:
        rounds.append(timed(act)[0])
    return Took(min(took.cpu for took in rounds), min(took.wall for took in rounds))


def _give_up(*_: object) -> None:
    raise TimeoutError


def _counts(engines: Sequence[Engine], questions: Sequence[Asked]) -> dict[str, dict[str, int]]:
    """Count the records that each engine finds, by kind, for all rare and middling questions."""
    told: dict[str, dict[str, int]] = {}
    for engine in engines:
        for kind in KINDS:
            some = [asked for asked in questions if asked.kind == kind and asked.level in COUNTED]
            told.setdefault(engine.name, {})[kind] = sum(map(engine.count, some))
    return told


def _documents(questions: Sequence[Asked]) -> dict[str, tuple[int, int, int]]:
    """Return by class the number of queries, and the fewest and most answers that one of them finds."""
    told = {}
    for kind, level in classes(questions):
        found = [asked.documents for asked in questions if (asked.kind, asked.level) == (kind, level)]
        told[f"{kind}, {level}"] = (len(found), min(found), max(found))
    return told


def _asked(row: Mapping[str, Any]) -> Asked:
    days = {name: date.fromisoformat(row[name]) if row[name] else None for name in ("first", "last")}
    return Asked(**{**row, "words": tuple(row["words"]), **days})


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
