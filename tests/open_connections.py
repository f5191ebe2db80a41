"""SQLite connections that are left open: since 3.13 Python itself warns of them, but does not say who opened them.

A test fails if one is deleted while it runs. A connection and its cache of statements hold each other, so it is deleted
when garbage is collected, often in a later test: the warning names the test and the places that opened it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import warnings
from pathlib import Path
from sqlite3 import dbapi2
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

ROOT = str(Path(__file__).resolve().parents[1])
PLACES = 8
"""Most places that a warning names."""


class WatchedConnection(sqlite3.Connection):
    """Connection that warns if it is deleted before it is closed."""

    _opened_by = 0
    _origin = ""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._opened_by = os.getpid()
        self._origin = f"{os.environ.get('PYTEST_CURRENT_TEST', 'no test')}: {_callers()}"

    def close(self) -> None:
        """Close it."""
        self._opened_by = 0
        super().close()

    def __del__(self) -> None:
        """Warn in place of Python's own warning, unless it belongs to the process from which this one was forked."""
        if self._opened_by == os.getpid():
            warnings.warn(f"unclosed database, opened in {self._origin}", ResourceWarning, stacklevel=1, source=self)


def report_open_connections() -> None:
    """Let every connection that is made in this process from now on warn if it is left open."""
    connect = sqlite3.connect

    def connect_watched(*arguments: Any, **settings: Any) -> Any:
        return connect(*arguments, **{"factory": WatchedConnection, **settings})

    vars(sqlite3)["connect"] = vars(dbapi2)["connect"] = connect_watched


def _callers() -> str:
    """Return the places in the project from which a connection is opened, the innermost first."""
    frame: FrameType | None = sys._getframe(2)
    places: list[str] = []
    while frame is not None and len(places) < PLACES:
        path = frame.f_code.co_filename
        if path.startswith(ROOT) and "site-packages" not in path:
            places.append(f"{path.removeprefix(ROOT)}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(places)
