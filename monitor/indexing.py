"""Search index that follows what is stored: before terms are looked for, and while a long backfill goes on."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.errors import ArchiveError, LeaseError, LockedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from db.archive import Archive
    from db.index_process import IndexingProcess
    from monitor.collect.file_counts import FileCounts
    from monitor.model.sources import FileRef, Window

log = logging.getLogger(__name__)

Progress: TypeAlias = "Callable[[Window | FileRef, int, int], None]"
"""Called before each window or file: which, how many are done, and of how many."""

INDEXED_AFTER: Final = 2_000
"""Records of a backfill after which the index is brought up to date: a search reads through what it does not hold."""

BESIDE_AFTER: Final = 20_000
"""Records of a backfill after which a second process brings the index up to date: it takes a second to begin."""

MANY_REVISIONS: Final = 50_000
"""Revisions between two log lines while the index is brought up to date."""


class IndexFollower:
    """Lets the index of an archive follow what is stored. `tell` hears one sentence where that fails."""

    def __init__(self, archive: Archive, tell: Callable[[str], None]) -> None:
        self._archive = archive
        self._tell = tell
        self._may_work_beside = False
        self._beside: IndexingProcess | None = None

    def follow(self) -> None:
        """Bring the index up to date, unless a second process does.

        A failure stops nothing: what the index does not hold is read through, only more slowly.
        """
        if self._beside is not None:
            return
        try:
            self._archive.index.follow(_log_progress)
        except (LeaseError, LockedError):
            raise
        except ArchiveError as exc:
            self._tell(f"{exc}: searches are slower without it. Mend that, then run: pqwatch db reindex")

    def follow_backfill(self, counts: FileCounts, progress: Progress) -> Progress:
        """Return a progress callback that also brings the index up to date every `INDEXED_AFTER` records."""
        indexed = 0

        def show(unit: Window | FileRef, done: int, total: int) -> None:
            nonlocal indexed
            if counts.so_far - indexed >= INDEXED_AFTER:
                if self._may_work_beside and self._beside is None and counts.so_far >= BESIDE_AFTER:
                    self._beside = self._archive.index_beside()
                self.follow()
                indexed = counts.so_far
            progress(unit, done, total)

        return show

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Let a second process index what a long backfill stores, while this one stores and matches.

        What it leaves, because it failed, is indexed at the end.
        """
        self._may_work_beside = True
        try:
            yield
            if self._beside is not None:
                self._beside.finish(self._archive.index.keep_lease)
        finally:
            self._may_work_beside = False
            beside, self._beside = self._beside, None
            if beside is not None:
                beside.stop()
        if beside is not None:
            self.follow()


def _log_progress(done: int, total: int) -> None:
    if total >= MANY_REVISIONS and (done % MANY_REVISIONS == 0 or done == total):
        log.info("index revisions=%d of=%d", done, total)
