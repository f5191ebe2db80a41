"""Second process that indexes what this one stores, so that a large backfill uses two cores.

It opens the archive by its address and lets the index follow, batch after batch, until it is told that nothing more comes.
It writes the index alone and holds no lease. Where it fails or is stopped the index is behind, and the next that follows
goes on.
"""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from db.engine import open_engine
from db.index import AT_ONCE, Index
from db.store import Store
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from sqlalchemy import Engine

PAUSE: Final = 0.5
"""Seconds between two looks for what was stored."""

KEEP_EVERY: Final = 5.0
"""Seconds after which a process that waits for the other one keeps its lease."""

STOPS_WITHIN: Final = 60.0
"""Seconds for the batch that was begun, where indexing is to stop. After that the process is ended, and the batch undone."""

_SPAWN: Final = multiprocessing.get_context("spawn")
"""A new interpreter: connections and locks of this process would not outlive a fork."""


class IndexingProcess:
    """A process that lets the index of an archive follow. `stop` ends it in any case, after `finish` at once."""

    def __init__(self, engine: Engine) -> None:
        url = engine.url.render_as_string(hide_password=False)  # goes through a pipe, not over a command line
        self._pipe, there = _SPAWN.Pipe()
        self._process: Final = _SPAWN.Process(target=follow_until_stopped, args=(url, there), daemon=True)
        self._process.start()
        there.close()

    def finish(self, keep: Callable[[], None]) -> None:
        """Wait until all that is stored is indexed; `keep` is called now and then meanwhile."""
        with suppress(OSError):  # it may have failed, and be gone
            self._pipe.send("finish")
        while self._process.is_alive():
            keep()
            self._process.join(KEEP_EVERY)

    def stop(self) -> None:
        """End it after the batch that it has begun, if it still goes on."""
        self._pipe.close()
        self._process.join(STOPS_WITHIN)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()


class _Orders:
    """Orders of the process that began this one."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.is_last = False

    def hear(self, seconds: float = 0.0) -> None:
        """Hear whether nothing more comes. Raises EOFError where the other process stops this one, or is gone."""
        if self._pipe.poll(seconds):
            self._pipe.recv()
            self.is_last = True


def follow_until_stopped(url: str, pipe: Connection) -> None:
    """Let the index follow until nothing more comes and all is indexed, or until the other process stops this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both processes: the first decides
    orders = _Orders(pipe)
    index = Index(Store(open_engine(url), partial(datetime.now, UTC), timedelta()))
    with suppress(EOFError, MonitorError):
        while not orders.is_last:
            orders.hear(PAUSE)
            if orders.is_last or index.ahead() >= AT_ONCE:
                index.follow(lambda _done, _total: orders.hear())
