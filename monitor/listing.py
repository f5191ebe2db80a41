"""The files that a source has, some at a time: where listing takes long, what was listed is read meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, datetime

    from monitor.ports import FileRef

LIST_FOR = timedelta(seconds=2)
"""So long is listed at a time. A folder is listed whole in less; a site that is asked day by day takes hours."""


class Listing:
    """Iterates over the files, each once, in lists of what comes in a while. `first`: the first day asked for, if any."""

    def __init__(self, refs: Iterable[FileRef], clock: Callable[[], datetime], first: date | None = None) -> None:
        self._refs, self._clock, self._first = iter(refs), clock, first
        self._names: set[str] = set()
        self._days: set[date] = set()
        self.is_at_end = False

    def __iter__(self) -> Iterator[list[FileRef]]:
        while not self.is_at_end:
            yield self._some()

    @property
    def newest_on(self) -> date | None:
        """The newest day of which a file was listed."""
        return max(self._days, default=None)

    def newest_before(self, day: date) -> date | None:
        """The newest day before this one of which a file was listed."""
        return max((one for one in self._days if one < day), default=None)

    def left(self) -> int | None:
        """How many files are still to be listed, judged by the days gone through; None where that can't be told."""
        if self.is_at_end:
            return 0
        if self._first is None or len(self._days) < 2:  # noqa: PLR2004 (no stretch of days)
            return None
        gone, to_go = max(self._days) - min(self._days), max(min(self._days) - self._first, timedelta())
        return round(len(self._names) * (to_go / gone))

    def _some(self) -> list[FileRef]:
        found: list[FileRef] = []
        until = self._clock() + LIST_FOR
        for ref in self._refs:
            if ref.name not in self._names:
                self._note(ref)
                found.append(ref)
                if self._clock() >= until:
                    return found
        self.is_at_end = True
        return found

    def _note(self, ref: FileRef) -> None:
        self._names.add(ref.name)
        if ref.day is not None:
            self._days.add(ref.day)
