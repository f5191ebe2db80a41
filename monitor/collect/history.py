"""History, which is never mailed: backfill a source of windows, or parse the kept payloads again with today's parsers.

A backfill reads day by day, newest first. The archive knows which windows were read in full, so an interrupted backfill
continues where it stopped. `Reparse` tries quarantined payloads again too. If a file was received in several versions, the
newest version with a record counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from monitor.collect.files import MOST_FAILURES, FileCollector, never_news
from monitor.collect.revisions import store_readings
from monitor.collect.window_plan import plan_windows
from monitor.errors import ParseError, parsing
from monitor.model.collection import WindowState
from monitor.model.sources import FileRef, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from db.archive import Archive
    from monitor.collect.file_counts import FileCounts
    from monitor.collect.news import Scope
    from monitor.collect.windows import WindowCollector
    from monitor.model.collection import FileRead
    from monitor.model.sources import Payload, Window
    from monitor.ports import FileSource, Source

BEGINS = {
    "questions": date(2014, 5, 1),
    "statements": date(2014, 11, 1),
    "northern_ireland": date(2007, 5, 8),
    "senedd": date(2016, 6, 1),
}
"""First day of each source, where a backfill begins unless the user gives a day."""

PAYLOADS_AT_ONCE = 200
_BYTES_AT_ONCE = 8 * 1024 * 1024
"""Size at which a batch is full: a payload may have 20 MiB."""


def backfill_windows(
    collector: WindowCollector,
    counts: FileCounts,
    progress: Callable[[Window, int, int], None] = lambda _window, _done, _of: None,
) -> None:
    """Read the windows of the scope that were never read in full, and add to `counts`.

    An entry counts in each window that shows it: first as new, then as unchanged under its other dates.
    """
    windows, counts.left, counts.before = windows_to_backfill(collector)
    collector.read_ahead(windows)
    in_a_row = 0
    for done, window in enumerate(windows):
        progress(window, done, len(windows))
        before = collector.counts.as_dict()
        is_read = collector.read_window(window) is not WindowState.FAILED
        after = collector.counts.as_dict()
        _count(counts, before, after, window.day)
        counts.files += is_read
        counts.failed += not is_read
        is_answered = is_read or after["listed"] > before["listed"]  # one record that fails always is no outage
        in_a_row = 0 if is_answered else in_a_row + 1
        if in_a_row == MOST_FAILURES and done + 1 < len(windows):
            left = len(windows) - done - 1
            counts.failures.append(f"{collector.source.name}: {left} windows were left for the next run")
            break
    if windows:
        progress(windows[-1], len(windows), len(windows))
    collector.sum_up()
    counts.failures += collector.counts.failures


def windows_to_backfill(collector: WindowCollector) -> tuple[list[Window], int, int]:
    """Return the windows of the scope to read, and how many are left to the next run, and how many were read before."""
    covered = collector.archive.coverage.windows(collector.source.name)
    states = {coverage.window: coverage.state for coverage in covered}
    asked_for = plan_windows(collector.source, covered, collector.scope, whole_look_back=False)
    unread = [window for window in asked_for if states.get(window) is not WindowState.COMPLETE]
    windows = [window for window in unread if not _is_left(window, collector.next_run, was_tried=window in states)]
    return windows, len(unread) - len(windows), len(asked_for) - len(unread)


def _is_left(window: Window, next_run: Scope | None, *, was_tried: bool) -> bool:
    """Return whether the next run reads a window by itself: one of its own days, or one that failed and may be news."""
    if next_run is None:
        return False
    return next_run.includes(window.day) or (was_tried and window.day >= next_run.oldest_news)


def _count(counts: FileCounts, before: dict[str, int], after: dict[str, int], day: date) -> None:
    names = {"records": "listed", "new": "new", "changed": "changed", "quarantined": "quarantined"}
    for name, counted in names.items():
        if number := after[counted] - before[counted]:
            counts.tally.count(name, day, number)


@dataclass(slots=True, kw_only=True)
class Reparse:
    """One run over the kept payloads, within the days of `scope` if it has any. What differs is stored as history.

    `progress` is told now and then how many payloads were read.
    """

    archive: Archive
    scope: Scope
    clock: Callable[[], datetime]
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("payloads", "new", "changed", "quarantined"), 0)
    )
    progress: Callable[[int], object] = lambda _payloads: None

    def windows(self, source: Source) -> None:
        """Parse the payloads of a source of windows, with one record each."""
        payloads = self.archive.payloads.newest(source.name, self.scope.first, self.scope.last)
        for batch in _in_batches(payloads, PAYLOADS_AT_ONCE):
            readings = []
            for payload in batch:
                self.counts["payloads"] += 1
                try:
                    with parsing(payload.key):
                        readings.append(Reading(payload=payload, proceeding=source.parse(payload)))
                except ParseError as exc:
                    self.archive.payloads.quarantine(payload, str(exc))
                    self.counts["quarantined"] += 1
            for reading in store_readings(self.archive, readings, today=self.scope.today, is_news=never_news):
                self.counts["new" if reading.number == 1 else "changed"] += 1
            self.progress(self.counts["payloads"])

    def files(self, source: FileSource) -> None:
        """Parse the payloads of a source of files, newest first, and its quarantined records."""
        collector = FileCollector(
            archive=self.archive, source=source, scope=self.scope, clock=self.clock, is_history=True
        )
        known = self.archive.files.known(source.name)
        waiting = {stuck.key for stuck in self.archive.payloads.quarantined() if stuck.source == source.name}
        seen: set[int] = set()
        for payload in self.archive.payloads.newest(source.name, newest_first=True):
            name, _, record = payload.key.partition("#")
            ref = _ref(name, known)
            if (record and payload.key not in waiting) or not self._is_asked_for(ref.day):
                continue
            self.counts["payloads"] += 1
            collector.understand(payload, ref, is_news=never_news, only=lambda key: _is_first(hash(key), seen))
            self.progress(self.counts["payloads"])
        counted = collector.counts.tally.as_dict()
        for name in ("new", "changed", "quarantined"):
            self.counts[name] += counted[name]
        self.counts["quarantined"] += collector.counts.unreadable

    def _is_asked_for(self, day: date | None) -> bool:
        """Return whether a file may have records of the days asked for; a file without a day may."""
        first, last = self.scope.first, self.scope.last
        return day is None or ((first is None or first <= day) and (last is None or day <= last))


def _ref(name: str, known: Mapping[str, FileRead]) -> FileRef:
    filed = known.get(name)
    return FileRef(name=name, day=filed.day, stamp=filed.stamp) if filed else FileRef(name=name)


def _is_first(key_hash: int, seen: set[int]) -> bool:
    """Return whether a record comes for the first time. Hashes save memory: there may be millions of keys."""
    if key_hash in seen:
        return False
    seen.add(key_hash)
    return True


def _in_batches(payloads: Iterable[Payload], size: int) -> Iterator[list[Payload]]:
    """Yield batches of payloads; each is one transaction."""
    batch: list[Payload] = []
    for payload in payloads:
        if len(batch) == size or sum(len(kept.body) for kept in batch) > _BYTES_AT_ONCE:
            yield batch
            batch = []
        batch.append(payload)
    if batch:
        yield batch
