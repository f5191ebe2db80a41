"""Counts and results of readings of windows, and sentences about what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.model.sources import Reading, Window


@dataclass(slots=True)
class WindowCounts:
    """Counts of a collect. `failures`: one sentence for each thing that could not be read."""

    windows: int = 0
    incomplete: int = 0
    listed: int = 0
    details: int = 0
    new: int = 0
    changed: int = 0
    quarantined: int = 0
    failures: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        names = ("windows", "incomplete", "listed", "details", "new", "changed", "quarantined")
        return {name: getattr(self, name) for name in names} | {"failures": len(self.failures)}


@dataclass(slots=True)
class WindowResult:
    """Result of reading one window.

    `unread`: keys of entries whose newest state could not be stored. `problems`: reasons why the window is incomplete.
    `misread`: entries that can't be parsed; they are kept in quarantine, and reading them again would not help.
    """

    seen: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)
    total: int = 0
    is_whole: bool = False


@dataclass(slots=True)
class Details:
    """Result of reading records by key.

    `readings`: still to be stored. `there`: keys of the records that were parsed. `failed` and `misread`: reasons by key;
    `gone`: the failed keys that the source does not have. `unnamed`: numbers of members in records that are stored.
    """

    readings: list[Reading] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    unnamed: set[int] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    misread: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


def in_short(failures: Mapping[str, str]) -> list[str]:
    """Return one sentence for any number of failed records; an empty list for none."""
    for key, why in failures.items():
        if len(failures) == 1:
            return [f"record {key}: {why}"]
        return [f"{len(failures)} records could not be read, the first of them {key}: {why}"]
    return []


def sentence_about(windows: Sequence[Window], note: str) -> str:
    """Return one sentence for all windows that failed in the same way: a source that is down fails about eighty."""
    first, more = windows[0], len(windows) - 1
    others = f" and {more} more window{'' if more == 1 else 's'}" if more else ""
    return f"{first.house} {first.by} {first.day}{others}: {note}"
