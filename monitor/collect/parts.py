"""Read a source in parts, which several workers read at once, and end such a reading.

The days that decide what is news are read before a reading is split. So no part needs to know of another, and their order
changes nothing. What must be done once, or last, is left to the end of the reading: records that windows lacked, outages,
and how far the source was read.

A record that two parts stored in different states is read once more at the end, for it is not known which state is newer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from monitor.collect.files import MOST_FAILURES, FileCollector
from monitor.collect.history import windows_to_backfill
from monitor.collect.revisions import Disputed, store_readings
from monitor.collect.window_plan import in_order
from monitor.collect.windows import WindowCollector
from monitor.model.collection import WindowState
from monitor.model.records import House
from monitor.model.sources import FileRef, Window
from monitor.model.split_readings import PartFindings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.collection import WindowCoverage
    from monitor.model.sources import Reading
    from monitor.model.split_readings import SplitReading

_T = TypeVar("_T")

WINDOWS_IN_A_PART: Final = 12
"""Windows of a part: both Houses on two days. Other work waits for the parts that are being read, some minutes at most."""
FILES_IN_A_PART: Final = 50
"""Files of a part. Each part reads the files on people first, which takes seconds."""
CLOCKS_DIFFER: Final = timedelta(minutes=10)
"""Time by which the clocks of two machines may differ."""


# -- the beginning ----------------------------------------------------------------------------------------------------


def windows_in_parts(collector: WindowCollector) -> list[list[Window]]:
    """Return what is to be read in parts; nothing where that is not worth while.

    On a first run the newest days are read here, until it is known from which day on there is news.
    """
    if not collector.comes_in_windows:
        return []
    left = collector.plan()
    if len(left) < 2 * WINDOWS_IN_A_PART:
        return []
    while left and collector.news.floor is None:
        collector.read_next(left)
    return in_parts(list(left), WINDOWS_IN_A_PART)


def history_in_parts(collector: WindowCollector | FileCollector) -> Sequence[Sequence[Window | FileRef]]:
    """Return in parts what is to be read of the past of a source.

    Of files the oldest come first, also within a part: of a question that was printed on two days both states are kept,
    unless two workers read them in the same moments.
    """
    if isinstance(collector, WindowCollector):
        return in_parts(windows_to_backfill(collector)[0], WINDOWS_IN_A_PART)
    return in_parts(collector.due_files(), FILES_IN_A_PART)[::-1]


def in_parts(units: Sequence[_T], size: int) -> list[list[_T]]:
    """Cut a list of windows or files into parts; nothing where there is but one."""
    parts = [list(units[start : start + size]) for start in range(0, len(units), size)]
    return parts if len(parts) > 1 else []


def noted_so_far(collector: WindowCollector) -> PartFindings:
    """Return what the beginning of a reading leaves to its end."""
    return PartFindings(
        counts=_counted(collector),
        failures=tuple(collector.counts.failures),
        misread=tuple(collector.misread),
        look_up=tuple(collector.to_look_up),
    )


def _counted(collector: WindowCollector | FileCollector) -> dict[str, int]:
    """Return the counts but for failures, which are sentences until the end."""
    return {name: count for name, count in collector.counts.as_dict().items() if name != "failures"}


# -- a part -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class PartCollector(WindowCollector):
    """One part of a reading of a source of windows."""

    reading: SplitReading
    disputed: Disputed = field(init=False)

    def __post_init__(self) -> None:
        """Load the news rule, and note since when other workers read too."""
        WindowCollector.__post_init__(self)
        self.disputed = Disputed(since=self.reading.began_at - CLOCKS_DIFFER)

    def read(self, windows: Sequence[Window]) -> PartFindings:
        """Read windows; return what is left to the end of the reading."""
        self.scope = self.news.make_up_for_missed_days()
        down = self.reading.noted.down
        if not down:
            down = self._read_history(windows) if self.is_history else self._read_all(windows)
        elif not self.is_history:  # a backfill leaves them to the next one
            for window in windows:
                self.note_unread(window, down)
        return PartFindings(
            counts=_counted(self), failures=tuple(self.counts.failures), misread=tuple(self.misread), down=down
        )

    def _read_all(self, windows: Sequence[Window]) -> str:
        """Read windows; return why the source is down, "" if it is not."""
        self.read_ahead(windows)
        failed = [window for window in windows if self.read_window(window) is WindowState.FAILED]
        is_down = len(failed) == len(windows) >= MOST_FAILURES and not self.counts.listed
        return self._why() if is_down else ""

    def _read_history(self, windows: Sequence[Window]) -> str:
        """Read windows until several fail in a row; return why the source is down, "" if it is not."""
        covered = self.archive.coverage.windows(self.source.name, since=min(window.day for window in windows))
        # A worker that died may have read some of them already.
        whole = {coverage.window for coverage in covered if coverage.state is WindowState.COMPLETE}
        left = [window for window in windows if window not in whole]
        self.read_ahead(left)
        in_a_row, down = 0, ""
        for window in left:
            listed = self.counts.listed
            is_answered = self.read_window(window) is not WindowState.FAILED or self.counts.listed > listed
            in_a_row = 0 if is_answered else in_a_row + 1
            if in_a_row == MOST_FAILURES:
                down = self._why()
                break
        self.sum_up()
        return down

    def _why(self) -> str:
        return next(note for note, alike in self.unfinished.items() if alike)

    # -- as for other readings, but for this --------------------------------------------------------------------------

    def store_readings(self, readings: Sequence[Reading]) -> None:
        """Store readings, but for records in dispute, which are read once more at the end."""
        today, disputed, ours = self.scope.today, self.disputed, self.without_news(readings)
        self._count(store_readings(self.archive, ours, today=today, is_news=self.news, disputed=disputed))
        self.look_up_absent(disputed.keys)
        disputed.keys.clear()

    def look_up_absent(self, keys: Sequence[str]) -> None:
        """Leave records to the end of the reading. They are kept before their window counts as read."""
        if keys:
            self.archive.split_readings.note(self.reading.name, PartFindings(look_up=tuple(keys)))

    def note_outage(self, covered: WindowCoverage) -> None:
        """Leave outages to the end of the reading: they are one list for the whole source."""


def part_of(collector: WindowCollector, reading: SplitReading) -> PartCollector:
    """Return what reads a part of what `collector` would read."""
    return PartCollector(
        archive=collector.archive,
        source=collector.source,
        members=collector.members,
        scope=collector.scope,
        calendar=collector.calendar,
        clock=collector.clock,
        is_history=collector.is_history,
        next_run=collector.next_run,
        reading=reading,
    )


def read_files(collector: FileCollector, refs: Sequence[FileRef]) -> PartFindings:
    """Read the files of a part; return what is left to the end of the reading."""
    collector.refs = refs
    counts = collector.run()
    is_down = counts.failed and not counts.files and not counts.unchanged
    return PartFindings(
        counts=_counted(collector), failures=tuple(counts.failures), down=counts.failures[0] if is_down else ""
    )


# -- the end ----------------------------------------------------------------------------------------------------------


def end_reading(collector: WindowCollector, reading: SplitReading) -> PartFindings:
    """End a reading of windows whose parts are all read; return what all of it counted, and its failures.

    Each window that was not read in full was to be read in this reading. So the archive knows which failed.
    """
    noted = reading.noted
    collector.scope = collector.news.make_up_for_missed_days()
    collector.planned = reading.units
    in_outage = {outage.window for outage in collector.outages if not outage.is_over}
    every = in_order(collector.source, collector.archive.coverage.windows(collector.source.name))
    newest = max(every, key=lambda covered: covered.read_at, default=None)
    for covered in every:
        is_unfinished = not covered.state.is_in_full and covered.window.day <= collector.scope.today
        if is_unfinished or covered.window in in_outage or covered is newest:  # the newest ends what is long over
            collector.note_outage(covered)
        if is_unfinished:
            collector.is_suspect = collector.is_suspect or covered.state is WindowState.SUSPECT
            collector.unfinished.setdefault(covered.note, []).append(covered.window)
            collector.counts.incomplete += 1
            if covered.state is WindowState.FAILED:
                collector.failed.append(covered.window)
    incomplete = collector.counts.incomplete
    collector.misread.update(dict.fromkeys(noted.misread))
    collector.to_look_up += noted.look_up
    collector.conclude()
    collector.counts.incomplete -= incomplete
    more = PartFindings(counts=_counted(collector), failures=tuple(collector.counts.failures))
    return PartFindings(counts=noted.counts, failures=noted.failures).with_more(more)


def end_backfill(collector: WindowCollector | FileCollector, reading: SplitReading) -> PartFindings:
    """End a backfill whose parts are all read; return what all of it counted, and its failures."""
    noted = reading.noted
    if isinstance(collector, WindowCollector):
        collector.look_up(noted.look_up)
        noted = noted.with_more(PartFindings(counts=_counted(collector), failures=tuple(collector.counts.failures)))
    left = (f"{collector.source.name}: the rest was left for the next run",) if noted.down else ()
    return PartFindings(counts=noted.counts, failures=(*noted.failures, *left))


# -- parts as texts, for the arguments of jobs ------------------------------------------------------------------------


def as_text(part: Sequence[Window | FileRef]) -> str:
    """Return the text for the windows or files of a part."""
    return json.dumps(list(_written(part)))


def _written(part: Sequence[Window | FileRef]) -> Iterator[list[str | None]]:
    for unit in part:
        day = unit.day.isoformat() if unit.day else None
        yield [unit.house.value, unit.by, day] if isinstance(unit, Window) else [unit.name, unit.stamp, day]


def windows_of(text: str, source: str) -> list[Window]:
    """Read what `as_text` wrote of windows."""
    written: list[Any] = json.loads(text)
    return [Window(source=source, house=House(house), by=by, day=date.fromisoformat(day)) for house, by, day in written]


def files_of(text: str) -> list[FileRef]:
    """Read what `as_text` wrote of files."""
    written: list[Any] = json.loads(text)
    return [
        FileRef(name=name, stamp=stamp, day=date.fromisoformat(day) if day else None) for name, stamp, day in written
    ]
