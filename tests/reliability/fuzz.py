"""Hostile bytes: a reader returns a record or raises one of our errors, soon and in little memory.

uv run python -m tests.reliability.fuzz "fuzz questions" 1 4711     # shows a mutant again, and how it is read
"""

from __future__ import annotations

import faulthandler
import random
import resource
import signal
import sys
import tempfile
import traceback
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import MonitorError
from tests.reliability.readers import SOURCES, Reader
from tests.reliability.readers_api import API
from tests.reliability.readers_files import FILES
from tests.reliability.readers_own import OWN
from tests.reliability.tally import Budget, Proof, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS: Final = (*SOURCES, *FILES, *API, *OWN)

MOST_SECONDS: Final = 5.0
"""Longest time that one reading may take."""

DEAD_AFTER: Final = 120.0
"""Seconds after which a reading that can't be interrupted ends the process, with a traceback."""

MOST_GROWTH: Final = 64 * 1024
"""KiB by which the peak of the memory may grow after the warm-up."""

MOST_FAILURES: Final = 10
WARM_UP_COUNT: Final = 40


class TooSlowError(BaseException):
    """Raised by the watchdog during a reading. No handler of the product takes it for an error of its own."""


def fuzz(reader: Reader, folder: Path, budget: Budget) -> Tally:
    """Read spoilt examples. The seed and a number identify each."""
    make, read = reader.prepare(folder)
    tally = Tally()
    while budget.allows_another(tally.tried) and len(tally.failures) < MOST_FAILURES:
        mutant = make(dice_for(reader, budget.seed, tally.tried))
        problem = problem_with(reader, read, mutant)
        if problem:
            tally.failures.append(f"seed {budget.seed}, mutant {tally.tried}: {problem}")
        tally.tried += 1
    return tally


def dice_for(reader: Reader, seed: int, number: int) -> random.Random:
    """Return the source of randomness for one mutant."""
    return random.Random(f"{reader.name} {seed} {number}")  # noqa: S311 (no secret)


def problem_with(reader: Reader, read: Any, mutant: Any) -> str:
    """Return the problem with how a mutant is read, or ""."""
    refusals: tuple[type[Exception], ...] = (MonitorError, *reader.refusals)
    try:
        read(mutant)
    except refusals:
        return ""
    except TooSlowError:
        return f"took more than {MOST_SECONDS:g} s"
    except Exception as exc:  # noqa: BLE001 (it is the problem)
        place = traceback.extract_tb(exc.__traceback__)[-1]
        return f"{type(exc).__name__}: {exc!s:.200} (at {Path(place.filename).name}:{place.lineno})"
    return ""


def fuzz_guarded(reader: Reader, folder: Path, budget: Budget) -> Tally:
    """Run `fuzz` with a limit on time and memory. It needs a process of its own."""
    make, read = reader.prepare(folder)
    for number in range(min(WARM_UP_COUNT, budget.count)):
        problem_with(reader, read, make(dice_for(reader, budget.seed - 1, number)))
    peak_before = peak()
    with watchdog():
        timed = replace(reader, prepare=lambda _: (make, with_time_limit(read)))
        tally = fuzz(timed, folder, budget)
    grown = peak() - peak_before
    if grown > MOST_GROWTH:
        tally.failures.append(f"seed {budget.seed}: the memory grew by {grown // 1024} MiB in {tally.tried} mutants")
    return tally


def with_time_limit(read: Any) -> Any:
    """Return the reader, interrupted when it takes too long."""

    def read_in_time(mutant: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        try:
            read(mutant)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    return read_in_time


@contextmanager
def watchdog() -> Iterator[None]:
    """Let the timer of `with_time_limit` interrupt a reading. One that can't be interrupted ends the process."""

    def interrupt(*_: object) -> None:
        faulthandler.dump_traceback_later(DEAD_AFTER, exit=True)
        raise TooSlowError

    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, previous)
        faulthandler.cancel_dump_traceback_later()


def peak() -> int:
    """Return the peak of this process's memory in KiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


PROOFS = tuple(
    Proof(name=f"fuzz {reader.name}", unit="mutant", full=reader.full, run=partial(fuzz_guarded, reader), share=0.25)
    for reader in READERS
)


def main(name: str, seed: str, number: str) -> None:
    """Show a mutant again."""
    reader = next(candidate for candidate in READERS if f"fuzz {candidate.name}" == name)
    with tempfile.TemporaryDirectory() as folder:
        make, read = reader.prepare(Path(folder))
        mutant = make(dice_for(reader, int(seed), int(number)))
        print(repr(mutant))  # noqa: T201 (the output of this command)
        read(mutant)


if __name__ == "__main__":
    main(*sys.argv[1:])
