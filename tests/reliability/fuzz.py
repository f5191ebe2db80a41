"""Hostile bytes: whatever comes, a reader gives back a record or an error of ours, soon, and without eating the memory.

uv run python -m tests.reliability.fuzz "fuzz questions" 1 4711     # shows one mutant again, and what becomes of it
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
"""Longer no single reading may take."""

DEAD_AFTER: Final = 120.0
"""Seconds after which a reading that can't be interrupted ends the process, with a trace."""

MOST_GROWTH: Final = 64 * 1024
"""KiB by which the peak of the memory may grow, once each kind of thing was read a few times."""

MOST_FAILURES: Final = 10
WARM: Final = 40


class TooSlowError(BaseException):
    """Raised by the watchdog amidst a reading; no handler of the product takes it for an error of its own."""


def fuzz(reader: Reader, folder: Path, budget: Budget) -> Tally:
    """Read spoilt examples, each known by the seed and its number."""
    make, read = reader.prepare(folder)
    tally = Tally()
    while budget.goes_on(tally.tried) and len(tally.failures) < MOST_FAILURES:
        mutant = make(dice(reader, budget.seed, tally.tried))
        wrong = trouble(reader, read, mutant)
        if wrong:
            tally.failures.append(f"seed {budget.seed}, mutant {tally.tried}: {wrong}")
        tally.tried += 1
    return tally


def dice(reader: Reader, seed: int, number: int) -> random.Random:
    """Chance for one mutant."""
    return random.Random(f"{reader.name} {seed} {number}")  # noqa: S311 (it hides nothing)


def trouble(reader: Reader, read: Any, mutant: Any) -> str:
    """What is wrong with how a mutant is read; "" if nothing."""
    refusals: tuple[type[Exception], ...] = (MonitorError, *reader.refusals)
    try:
        read(mutant)
    except refusals:
        return ""
    except TooSlowError:
        return f"took more than {MOST_SECONDS:g} s"
    except Exception as exc:  # noqa: BLE001 (that it comes is what is told)
        place = traceback.extract_tb(exc.__traceback__)[-1]
        return f"{type(exc).__name__}: {exc!s:.200} (at {Path(place.filename).name}:{place.lineno})"
    return ""


def guarded(reader: Reader, folder: Path, budget: Budget) -> Tally:
    """As `fuzz`, with a watchdog for time and a measure of memory: for a process of its own."""
    make, read = reader.prepare(folder)
    for number in range(min(WARM, budget.count)):
        trouble(reader, read, make(dice(reader, budget.seed - 1, number)))
    before = peak()
    with watchdog():
        tally = fuzz(Reader(name=reader.name, full=reader.full, few=reader.few, prepare=lambda _: (make, watched(read)),
                            refusals=reader.refusals), folder, budget)  # fmt: skip
    grown = peak() - before
    if grown > MOST_GROWTH:
        tally.failures.append(f"seed {budget.seed}: the memory grew by {grown // 1024} MiB in {tally.tried} mutants")
    return tally


def watched(read: Any) -> Any:
    """The reader, interrupted when it takes too long."""

    def reading(mutant: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        try:
            read(mutant)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    return reading


@contextmanager
def watchdog() -> Iterator[None]:
    """Let the timer of `watched` interrupt; what can't be interrupted ends the process."""

    def bark(*_: object) -> None:
        faulthandler.dump_traceback_later(DEAD_AFTER, exit=True)
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, bark)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


def peak() -> int:
    """The most memory that this process ever had, in KiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


PROOFS = tuple(
    Proof(name=f"fuzz {reader.name}", unit="mutant", full=reader.full, run=partial(guarded, reader), share=0.25)
    for reader in READERS
)


def main(name: str, seed: str, number: str) -> None:
    """Show a mutant again."""
    reader = next(one for one in READERS if f"fuzz {one.name}" == name)
    with tempfile.TemporaryDirectory() as folder:
        make, read = reader.prepare(Path(folder))
        mutant = make(dice(reader, int(seed), int(number)))
        print(repr(mutant))  # noqa: T201 - what was asked for
        read(mutant)


if __name__ == "__main__":
    main(*sys.argv[1:])
