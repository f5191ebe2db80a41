"""Things that all calls of tools share: the desk, the time that a call has, and what was not read."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from monitor.mcp.answers import Answer, NotRead, not_read_of
from monitor.mcp.fields import RefusedCallError
from monitor.operations.not_read import report_reading
from monitor.presentation.wording import one_line
from monitor.research.records import newest_hits
from monitor.research.references import find_ids
from monitor.research.time_limit import time_limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.desk.desks import Desk, Desks
    from monitor.model.search import Hit
    from monitor.operations.not_read import ReadingReport

KNOWN_FOR: Final = 60.0
"""Seconds for which a report of what was not read is given again: in a large archive it takes some tenths of a second."""


class Calls:
    """State that the tools share: the desk and the time limits of calls. Threads may share it."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._report: tuple[float, ReadingReport] | None = None

    def desk(self) -> Desk:
        """Return the desk for a call that comes now."""
        return self._desks.current()

    def end(self) -> None:
        """End the calls that are being worked on: their time is over."""
        self._ended.set()

    def time_limit(self, seconds: float) -> Callable[[], bool]:
        """Return a function that says whether so many seconds are over, or the server ends."""
        is_over = time_limit(seconds)
        return lambda: self._ended.is_set() or is_over()

    def not_read(self, desk: Desk, *more: str) -> NotRead:
        """Return what was read and what is missing. `more`: further sentences on what an answer lacks."""
        with self._lock:
            if self._report is None or time.monotonic() - self._report[0] > KNOWN_FOR:
                report = report_reading(desk.archive, desk.config, desk.calendar, desk.now)
                self._report = time.monotonic(), report
            known = self._report[1]
        return not_read_of(known, *more)


def find_records(desk: Desk, reference: str) -> list[Hit]:
    """Return the records that a reference names, newest first. Raises RefusedCallError for a reference without a record."""
    ids = find_ids(desk.archive, reference.strip())
    if not ids:
        hint = "" if ids is not None else " It is no reference: look for these words with the tool search."
        raise RefusedCallError(f"No record goes by {one_line(reference)[:200]}.{hint}")
    return newest_hits(desk.archive, ids)


def noted(desk: Desk, answer: Answer) -> Answer:
    """Return the answer with a note where config.toml can't be used as it is."""
    if not desk.problem:
        return answer
    return answer.model_copy(
        update={"notes": [f"config.toml can't be used as it is now: {desk.problem}", *answer.notes]}
    )
