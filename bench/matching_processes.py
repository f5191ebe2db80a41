# ruff: noqa: INP001 - a script's module, no part of a package
"""All cores that match the same answers, for `matching.py`: batches go to other processes, and results come in order.

Plain texts take the way of `monitor/match.py`. On a machine with other work the clock tells nothing. So it stands
beside what free cores would do in the CPU time of all processes: those that search, and the one that gives out and takes.
"""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

from matching_terms import topics

from monitor import match
from monitor.processes import helpers, in_order
from monitor.terms.vocabulary import Lexicon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ProcessPoolExecutor

    from matching_engines import Answer
    from matching_terms import Parts, WatchTerm

_Searched = tuple[int, float, list[Any]]
"""A process by its number, the CPU seconds that it had taken, and what it found in each answer of a batch."""

BATCH: Final = 500
"""Answers that go to a process at once, as many as `db/matches.py` reads."""


@dataclass(frozen=True, slots=True)
class AllCores:
    """Answers a second of all cores together, in one way: by the CPU time of all processes, and by the clock."""

    way: str
    cores: int
    by_cpu: float
    by_clock: float


def of_all_cores(terms: Sequence[WatchTerm], answers: Sequence[Answer], rounds: int) -> tuple[AllCores, ...]:
    """Measure each way, after a first pass in which words become known."""
    batches = [answers[first : first + BATCH] for first in range(0, len(answers), BATCH)]
    texts = [[(number, answer.parts, None) for number, answer in enumerate(batch)] for batch in batches]
    forms = [[(answer.parts, answer.forms) for answer in batch] for batch in batches]
    with helpers(match.prepare, topics(terms), Lexicon()) as pool:
        return (
            _measured("spans, plain text", pool, _find_in_texts, texts, rounds),
            _measured("spans, form", pool, _find_in_forms, forms, rounds),
            _measured("which terms, form", pool, _hold_in_forms, forms, rounds),
        )


def _measured(
    way: str, pool: ProcessPoolExecutor, work: Callable[[Any], _Searched], batches: list[Any], rounds: int
) -> AllCores:
    answers = sum(map(len, batches))
    labelled = list(zip(batches, map(len, batches), strict=True))
    spent = _cpu_of_all(pool, work, labelled)
    cpu, clock = [], []
    for _ in range(rounds):
        started = perf_counter()
        now = _cpu_of_all(pool, work, labelled)
        clock.append(perf_counter() - started)
        cpu.append(sum(now.values()) - sum(spent.get(process, 0) for process in now))
        spent |= now
    cores = os.cpu_count() or 1
    return AllCores(way, cores, cores * answers / statistics.median(cpu), answers / statistics.median(clock))


def _cpu_of_all(
    pool: ProcessPoolExecutor, work: Callable[[Any], _Searched], batches: list[tuple[Any, int]]
) -> dict[int, float]:
    """Let the processes work on all batches. Return the CPU seconds that each process had taken at its end."""
    taken: dict[int, float] = {}
    for (process, seconds, found), expected in in_order(pool, work, batches):
        if len(found) != expected:
            raise RuntimeError(f"{len(found)} results came for {expected} answers")
        taken[process] = max(seconds, taken.get(process, 0))
    return {**taken, os.getpid(): process_time()}


# -- in the other processes -------------------------------------------------------------------------------------------


def _find_in_texts(texts: list[Any]) -> _Searched:
    found = match.find(texts)
    return os.getpid(), process_time(), found


def _find_in_forms(answers: list[tuple[Parts, Parts]]) -> _Searched:
    [matcher] = match.prepared
    found = [matcher.matches(parts, forms) for parts, forms in answers]
    return os.getpid(), process_time(), found


def _hold_in_forms(answers: list[tuple[Parts, Parts]]) -> _Searched:
    [matcher] = match.prepared
    found = [matcher.holding(parts, forms) for parts, forms in answers]
    return os.getpid(), process_time(), found
