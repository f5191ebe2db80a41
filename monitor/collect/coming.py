"""Collect what is coming: oral questions, announced business, inquiries that take evidence.

Such a source lists everything that is set down from a day on, so that each run reads all of it. What is no longer listed
is looked up by its key: it may have moved beyond the days that are read. What is gone in two runs counts as called off.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from monitor.collect.windows import WindowCollector
from monitor.model.collection import WindowState
from monitor.model.sources import COMING, Window

if TYPE_CHECKING:
    from monitor.collect.window_results import WindowCounts, WindowResult
    from monitor.model.collection import WindowCoverage


@dataclass(slots=True, kw_only=True)
class LookAhead(WindowCollector):
    """One run over one source of what is coming. A run over past days reads nothing from it."""

    comes_in_windows: ClassVar[bool] = False
    listed: set[str] = field(default_factory=set, init=False)

    def run(self) -> WindowCounts:
        """Read what the source lists, and look up what it lists no more. A source that is down fails alone."""
        if self.scope.is_bounded or self.is_history:
            return self.counts
        windows = [
            Window(source=self.source.name, house=house, by=COMING, day=self.scope.today)
            for house in self.source.houses
        ]
        for number, window in enumerate(windows):
            self.progress(window, number, len(windows))
            self.read_window(window)
        if windows:
            self.progress(windows[-1], len(windows), len(windows))
        self.sum_up()
        if not self.counts.incomplete:
            self.look_up_missing()
            self.news.set_fact("full_read_on", self.scope.today.isoformat())
            self.news.set_fact("whole_on", self.scope.today.isoformat())
        return self.counts

    def read_newest_days(self) -> None:
        """Read nothing early: `run` reads it all at once."""

    def look_up_missing(self) -> None:
        """Look up what is stored as coming and was not listed in this run. Lists without any entry prove nothing."""
        known = self.archive.source_records.coming(self.source.name, self.scope.today)
        self.look_up((key for key in known if key not in self.listed), are_missing=bool(self.listed))

    # -- as for other windows, but for this -----------------------------------------------------------------------------

    def _state(self, window: Window, *, is_whole: bool) -> WindowState:  # noqa: ARG002 (its day does not matter)
        """Return the state of a reading: it is complete as of now, and the next run reads everything again."""
        return WindowState.COMPLETE if is_whole else WindowState.FAILED

    def _check_missing(self, window: Window, read: WindowResult) -> bool:  # noqa: ARG002 (a source has one list for both Houses)
        """Take note of what is listed. Each record that is missing is looked up, so that no number of them is suspect."""
        self.listed |= read.seen
        return False

    def _keep(self, covered: WindowCoverage) -> None:
        """Keep how the list was read last, in one row. After a failure what was read before still holds."""
        window = covered.window
        if covered.state is not WindowState.FAILED:
            self.archive.coverage.note_alone(covered)
            return
        rows = self.archive.coverage.windows(self.source.name)
        last = next(
            (row for row in rows if row.window.house is window.house and row.state is not WindowState.FAILED), None
        )
        self.archive.coverage.note(replace(last, note=covered.note) if last else covered)
