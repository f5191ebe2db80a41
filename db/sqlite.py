"""SQLite library that Python was built with: its version, and whether it has full-text search."""

from __future__ import annotations

import sqlite3
from contextlib import closing


def version() -> tuple[int, ...]:
    """Return the version of SQLite."""
    return sqlite3.sqlite_version_info


def has_full_text() -> bool:
    """Return whether SQLite has the extension FTS5, which the search index needs."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(words)")
        except sqlite3.OperationalError:
            return False
    return True
