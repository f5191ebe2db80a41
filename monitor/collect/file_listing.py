"""Listing of the files of a source, step by step, because a web site that is asked for each day takes hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from datetime import date, datetime

    from monitor.model.sources import FileRef

LIST_FOR = timedelta(seconds=2)
"""Time of one step of listing. A folder takes less in all."""


class Listing:
    """Iterates over the files of a source, each once, in lists of what was found within `LIST_FOR`.

    `first`: the first day that the user asked for, if any.
    """

    def __init__(self, refs: Iterable[FileRef], clock: Callable[[], datetime], first: date | None = None) -> None:
        self._refs, self._clock, self._first = iter(refs), clock, first
        self._names: set[str] = set()
        self._days: set[date] = set()
        self.is_at_end = False

    def __iter__(self) -> Iterator[list[FileRef]]:
        while not self.is_at_end:
            yield self._next_files()

    @property
    def names(self) -> AbstractSet[str]:
        """Names of the files listed so far."""
        return self._names

    @property
    def newest_on(self) -> date | None:
        """Newest day with a listed file."""
        return max(self._days, default=None)

    def newest_before(self, day: date) -> date | None:
        """Return the newest day before `day` with a listed file."""
        return max((listed_day for listed_day in self._days if listed_day < day), default=None)

    def left(self) -> int | None:
        """Estimate the number of files still to be listed, from the days listed so far; None if that is not possible."""
        if self.is_at_end:
            return 0
        if self._first is None or len(self._days) < 2:  # noqa: PLR2004 (two days make a range)
            return None
        listed = max(self._days) - min(self._days)
        to_list = max(min(self._days) - self._first, timedelta())
        return round(len(self._names) * (to_list / listed))

    def _next_files(self) -> list[FileRef]:
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
