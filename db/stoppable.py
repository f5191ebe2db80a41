"""Work that SQLite does in one long call, and that Ctrl-C or SIGTERM breaks off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

_T = TypeVar("_T")

_AGAIN: Final = 0.1
"""Seconds between two orders to stop: one that comes between two statements is lost."""


def stoppable(connection: sqlite3.Connection, work: Callable[[], _T]) -> _T:
    """Do what takes a connection long in another thread, which a signal breaks off; returns what it returns.

    Python hears a signal between two of its own instructions, and SQLite checks or packs a whole archive within one. So
    this thread waits and listens. The connection must be one that other threads may use.
    """
    from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415 (slow to import, and a search does without it)

    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(work)
        try:
            return doing.result()
        except (KeyboardInterrupt, SystemExit):
            while not doing.done():
                connection.interrupt()
                wait([doing], timeout=_AGAIN)
            raise
