"""Backfill a source of windows: read its past as history, day by day, newest first.

The archive knows which windows were read in full, so an interrupted backfill continues where it stopped.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from monitor.collect.files import MOST_FAILURES, FileCounts
from monitor.collect.windows import plan_windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.collect.windows import Collect
    from monitor.model.sources import Window

BEGINS = {
    "questions": date(2014, 5, 1),
    "statements": date(2014, 11, 1),
    "northern_ireland": date(2007, 5, 8),
}
"""First day of each source, where a backfill begins unless the user gives a day."""


def backfill_windows(
    collect: Collect,
    counts: FileCounts,
    progress: Callable[[Window, int, int], None] = lambda _window, _done, _of: None,
) -> None:
    """Read the windows of the scope that were never read in full, and add to `counts`.

    An entry counts in each window that shows it: first as new, then as unchanged under its other dates.
    """
    covered = collect.archive.coverage.windows(collect.source.name)
    whole = {coverage.window for coverage in covered if coverage.state == "complete"}
    asked_for = plan_windows(collect.source, covered, collect.scope, whole_look_back=False)
    windows = [window for window in asked_for if window not in whole]
    counts.before = len(asked_for) - len(windows)
    in_a_row = 0
    for done, window in enumerate(windows):
        progress(window, done, len(windows))
        before = collect.counts.as_dict()
        is_read = collect.read_window(window) != "failed"
        _count(counts, before, collect.counts.as_dict(), window.day)
        counts.files += is_read
        counts.failed += not is_read
        in_a_row = 0 if is_read else in_a_row + 1
        if in_a_row == MOST_FAILURES and done + 1 < len(windows):
            left = len(windows) - done - 1
            counts.failures.append(f"{collect.source.name}: {left} windows were left for the next run")
            break
    if windows:
        progress(windows[-1], len(windows), len(windows))
    collect.sum_up()
    counts.failures += collect.counts.failures


def _count(counts: FileCounts, before: dict[str, int], after: dict[str, int], day: date) -> None:
    names = {"records": "listed", "new": "new", "changed": "changed", "quarantined": "quarantined"}
    for name, counted in names.items():
        if number := after[counted] - before[counted]:
            counts.tally.count(name, day, number)
