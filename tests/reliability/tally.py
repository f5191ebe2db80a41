"""Counts of a proof by fault, and its budget.

Each module here that has `PROOFS` is run twice: by tests with a small count and fixed seeds, and by `bench/soak.py`
with the full count. Both run the same code.
"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(slots=True)
class Tally:
    """Result of a proof.

    `tried`: points, cells, mutants or steps. `lost`: published but never stored or mailed. `duplicated`: mailed twice
    without a mark. `flagged`: mails sent again and marked as maybe sent twice, which is allowed. `failures`: every
    broken promise, these included, in a sentence that says how to see it again.
    """

    tried: int = 0
    lost: int = 0
    duplicated: int = 0
    flagged: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add the counts of another tally."""
        self.tried += other.tried
        self.lost += other.lost
        self.duplicated += other.duplicated
        self.flagged += other.flagged
        self.failures += other.failures

    @property
    def is_good(self) -> bool:
        """True if something was tried, nothing was lost or duplicated, and no promise was broken."""
        return self.tried > 0 and not (self.lost or self.duplicated or self.failures)


@dataclass(slots=True)
class Budget:
    """Amount to try: `count` units, or fewer but at least one if `seconds` are over. `seed` repeats the same cases.

    A long proof may be tried in several `parts`, each in a process of its own. This is number `part` of them, from 0.
    """

    seed: int
    count: int
    seconds: float | None = None
    part: int = 0
    parts: int = 1
    _began: float = field(default_factory=time.monotonic)

    def allows_another(self, tried: int) -> bool:
        """Return whether another unit is to be tried after this many."""
        is_in_time = self.seconds is None or time.monotonic() - self._began < self.seconds
        return tried < self.count and (is_in_time or not tried)

    def owns(self, case: str) -> bool:
        """Return whether this part tries a case. Each case belongs to one part, in whatever order they come."""
        return zlib.crc32(case.encode()) % self.parts == self.part


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof with its full count: `full` times `unit` ("kill point", "random kill", "mutant").

    `run` works in an empty folder of its own and needs no pytest. `share`: its share of the time, where time is short.
    `hours`: roughly what it takes of a core to the full count. `parts`: how many processes can share that.
    """

    name: str
    unit: str
    full: int
    run: Callable[[Path, Budget], Tally]
    share: float = 1.0
    hours: float = 0.1
    parts: int = 1
