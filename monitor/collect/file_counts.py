"""Counts of the files of a source, and of their records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

UNKNOWN_YEAR = 0
"""Year of records without a day."""
COUNTED = ("records", "new", "changed", "quarantined")


@dataclass(slots=True)
class RecordTally:
    """Counts of records: `records` is the sum of the new, changed, unchanged (`same`) and quarantined ones.

    `new`: read from this source for the first time. `years`: the same counts by the year of the record. `reasons`: the
    number of records and files in quarantine by reason.
    """

    records: int = 0
    new: int = 0
    changed: int = 0
    quarantined: int = 0
    years: dict[int, dict[str, int]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def same(self) -> int:
        """Number of records that the archive held already."""
        return self.records - self.new - self.changed - self.quarantined

    def count(self, name: str, day: date | None, number: int = 1) -> None:
        """Add to one of the counts in `COUNTED`."""
        setattr(self, name, getattr(self, name) + number)
        year = self.years.setdefault(day.year if day else UNKNOWN_YEAR, dict.fromkeys(COUNTED, 0))
        year[name] += number

    def add(self, other: RecordTally) -> None:
        """Add another tally."""
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for year, counts in other.years.items():
            year_counts = self.years.setdefault(year, dict.fromkeys(COUNTED, 0))
            for name, number in counts.items():
                year_counts[name] += number
        self.reasons.update(other.reasons)

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return {name: getattr(self, name) for name in COUNTED}


@dataclass(slots=True)
class FileCounts:
    """Counts of files and of their records.

    Files: `before` (read earlier and skipped), `left` (to the next run), `files` (read), `unchanged` (fetched, as before),
    `failed` (not fetched) and `unreadable` (can't be parsed as a whole).

    `tally`: records of files that were read to their end. `under_way`: records of the file that is being read. `failures`:
    one sentence each.
    """

    before: int = 0
    left: int = 0
    files: int = 0
    unchanged: int = 0
    failed: int = 0
    unreadable: int = 0
    tally: RecordTally = field(default_factory=RecordTally)
    failures: list[str] = field(default_factory=list)
    under_way: RecordTally | None = None

    @property
    def so_far(self) -> int:
        """Number of records read, including the file that is being read."""
        return self.tally.records + (self.under_way.records if self.under_way else 0)

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        files = {name: getattr(self, name) for name in ("files", "unchanged", "failed", "unreadable")}
        return files | self.tally.as_dict() | {"failures": len(self.failures)}
