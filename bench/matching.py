# ruff: noqa: INP001 - a script, no part of a package
"""The watch matcher beside its rivals, in one run: answers a second, time to compile, memory, and what each finds.

    uv run --group bench python bench/matching.py              # the recorded answers, where they are beside the checkout
    uv run python bench/matching.py --all-cores                # all cores together alone: a third of the time
    uv run --group bench python bench/matching.py --sample     # answers made of the demo's sentences: for everybody

It looks for watch lists of 10, 1,000 and 100,000 terms in answers with their questions: as plain text, or as the search
forms that an archive keeps. Times are CPU time of one process, medians of rounds in which all engines take their turn, so
that a busy machine slows all of them. Slow engines read fewer answers, of all lengths alike. Words read before are known
to the matcher; `first pass` tells what it takes in a process that has just started. A process for each core then matches
the same answers with the others (`matching_processes.py`).

Columns: `read` answers in each round; `re`, `re form` and `spaCy`: how many times as fast as the alternation in plain text,
the one in search forms, and spaCy with its tokeniser; `terms` found in an answer, each once; `missed` and `extra`: finds
that pqwatch alone, or the engine alone, has in the same answers.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from matching_engines import SPANS, Answer, Engine, floors, ours, rivals
from matching_page import Row, Table, aims, of_all, page, slowness, speed
from matching_processes import of_all_cores
from matching_terms import TermMaker, recorded_answers, sample_answers

from monitor.terms.matcher import compile_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matching_terms import Parts, WatchTerm

RECORDED = Path("../shared/data/written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz")
SAMPLE_SIZE = 4_000
MOST_ALTERNATIVES = 10_000
FEWEST_READ = 16
MOST_CHECKED = 2_000
MOST_ONE_BY_ONE = 300_000
FIRST_PASS = 3_000


def main() -> None:
    """Measure and print."""
    given = arguments()
    answers = texts(given)
    lists = TermMaker(answers)
    ordered = [Answer(parts) for parts in spread_out(answers)]
    if given.all_cores:
        print_all_cores(lists, ordered, given)
        return
    tables = [measure_list(lists.terms(count), ordered, given) for count in given.counts]
    always = tuple(measured(floors(), ordered, given.rounds, given.seconds).values())
    told = {
        "day": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()} {platform.system()}, Python {platform.python_version()}",
        "answers": len(answers),
        "characters": round(statistics.mean(len(answer.text) for answer in ordered)),
        "lists": [asdict(table) for table in tables],
        "alone": [asdict(row) for row in always],
        "slowness": slowness(always),
        "aims": aims(tables),
    }
    print(json.dumps(told, indent=1) if given.json else page(told, tables, always))  # noqa: T201 - what it is for


def print_all_cores(lists: TermMaker, answers: Sequence[Answer], given: argparse.Namespace) -> None:
    """Measure all cores together and nothing else, beside the search form, and print."""
    for count in given.counts:
        rows = of_all_cores(lists.terms(count), answers, given.rounds)
        form = measured(floors()[:1], answers, given.rounds, given.seconds)
        print(f"{count:,} terms, {len(answers):,} answers; {speed(slowness(list(form.values())))}")  # noqa: T201
        print("\n".join(map(of_all, rows)))  # noqa: T201


def arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description="The watch matcher beside its rivals.")
    parser.add_argument("--texts", type=Path, help=f"JSON lines of the questions API, gzip or not ({RECORDED})")
    parser.add_argument("--sample", action="store_true", help="answers made of the demo's sentences instead")
    parser.add_argument("--answers", type=int, help="read this many only")
    parser.add_argument(
        "--counts", type=lambda text: [int(count) for count in text.split(",")], default=[10, 1000, 100_000]
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU time of an engine in a round, about")
    parser.add_argument(
        "--quick", action="store_true", help="see that it runs: 100 answers of the sample, no installed rivals"
    )
    parser.add_argument("--all-cores", action="store_true", help="measure all cores together and nothing else")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.quick:
        given.sample, given.answers, given.counts, given.rounds, given.seconds = True, 100, [10, 100], 1, 0.01
    return given


def texts(given: argparse.Namespace) -> list[Parts]:
    """Return the answers to read. Exits with a sentence if there are none."""
    if given.sample:
        return sample_answers(given.answers or SAMPLE_SIZE)
    return recorded_answers(given.texts or RECORDED)[: given.answers]


def spread_out(answers: Sequence[Parts]) -> list[Parts]:
    """Return the answers in an order in which every beginning has short and long ones like the whole."""
    by_length = sorted(answers, key=lambda parts: sum(map(len, parts.values())))
    bits = len(answers).bit_length()
    return [by_length[i] for i in sorted(range(len(answers)), key=lambda i: int(f"{i:0{bits}b}"[::-1], 2))]


def measure_list(terms: Sequence[WatchTerm], answers: Sequence[Answer], given: argparse.Namespace) -> Table:
    """Run every engine with a list of terms."""
    footprint = footprint_of(terms, answers[:FIRST_PASS])
    engines = [*ours(terms), *rivals(terms, most_alternatives=MOST_ALTERNATIVES, with_installed=not given.quick)]
    rows = measured(engines, answers, given.rounds, given.seconds)
    spans = next(engine for engine in engines if engine.name == SPANS)
    found = [spans.find(answer) for answer in answers]
    return Table(
        count=len(terms),
        occurring=sum(term.occurs for term in terms),
        with_match=statistics.mean(bool(matches) for matches in found),
        matches=sum(map(len, found)),
        one_by_one=one_by_one(terms, answers, found),
        footprint=footprint,
        all_cores=of_all_cores(terms, answers, given.rounds),
        rows=tuple(compared(engine, rows[engine.name], spans, answers) for engine in engines),
    )


def measured(engines: Sequence[Engine], answers: Sequence[Answer], rounds: int, seconds: float) -> dict[str, Row]:
    """Measure the time of each engine, by name."""
    inputs = [read_for(engine, answers, seconds) for engine in engines]
    taken: list[list[float]] = [[] for _ in engines]
    gc.collect()
    gc.freeze()  # what the measurement keeps is no engine's burden
    for _ in range(rounds):
        for engine, read, times in zip(engines, inputs, taken, strict=True):
            gc.collect()
            times.append(1e6 * run(engine, read) / len(read))
    gc.unfreeze()
    return {
        engine.name: Row(
            engine=engine.name,
            read=len(read),
            us=statistics.median(times),
            spread=(max(times) - min(times)) / statistics.median(times),
            compile_s=engine.compile_s,
        )
        for engine, read, times in zip(engines, inputs, taken, strict=True)
    }


def read_for(engine: Engine, answers: Sequence[Answer], seconds: float) -> list[Any]:
    """Prepare as many answers as the engine reads in this time."""
    read: list[Any] = []
    while len(read) < len(answers):
        read += [engine.read(answer) for answer in answers[len(read) : max(FEWEST_READ, 2 * len(read))]]
        took = run(engine, read)
        if took > seconds / 2:
            took = min(took, run(engine, read))  # the first pass may have made ready what stays
        if took > seconds / 2:
            return read[: max(FEWEST_READ, round(len(read) * seconds / took))]
    return read


def run(engine: Engine, read: Sequence[Any]) -> float:
    """Return the CPU seconds of one pass."""
    find = engine.find
    started = process_time()
    for answer in read:
        find(answer)
    return process_time() - started


def compared(engine: Engine, row: Row, spans: Engine, answers: Sequence[Answer]) -> Row:
    """Return the row with what the engine finds, beside what pqwatch finds."""
    some = answers[: min(row.read, MOST_CHECKED)]
    pairs = {(i, term) for i, answer in enumerate(some) for term in engine.terms(engine.find(engine.read(answer)))}
    our = {(i, term) for i, answer in enumerate(some) for term in spans.terms(spans.find(answer))}
    return Row(**asdict(row) | {"terms": len(pairs) / len(some), "checked": len(some), "missed": len(our - pairs),
                                "extra": len(pairs - our)})  # fmt: skip


def one_by_one(
    terms: Sequence[WatchTerm], answers: Sequence[Answer], found: Sequence[Sequence[Any]]
) -> tuple[int, int]:
    """Count the matches that a search for each term alone gives too, and those in which the two differ."""
    some = terms[:1000]
    some_answers = answers[: MOST_ONE_BY_ONE // len(some)]
    many = {
        (i, match.term, match.part, match.start, match.end)
        for i, matches in enumerate(found[: len(some_answers)])
        for match in matches
    }
    queries = [compile_query(term.text) for term in some]
    single = {
        (i, query.source, match.part, match.start, match.end)
        for i, answer in enumerate(some_answers)
        for query in queries
        for match in query.spans(answer.parts, answer.forms) or ()
    }
    sources = {query.source for query in queries}
    many = {match for match in many if match[1] in sources}
    return len(single & many), len(single ^ many)


def footprint_of(terms: Sequence[WatchTerm], answers: Sequence[Answer]) -> dict[str, float | None]:
    """Measure what the list costs in a process of its own."""
    given = json.dumps({"terms": terms, "answers": [answer.parts for answer in answers]})
    script = str(Path(__file__).with_name("matching_footprint.py"))
    done = subprocess.run([sys.executable, script], input=given, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own
    told: dict[str, float | None] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    main()
