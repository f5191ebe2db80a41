"""Free space in a SQLite archive: measure it, give it back to the disk, and change the size of pages."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from db.engine import BUSY_TIMEOUT_MS, PAGE_SIZE, reading
from monitor.errors import ArchiveError, LockedError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def compact(path: Path) -> tuple[int, int]:
    """Give the free space of a SQLite archive back to the disk; returns the bytes of its file before and after.

    Call it while holding the archive, with no other process using it. It needs as much room again, in the archive's folder.
    If it is killed at any moment, the archive is as it was. Raises ArchiveError, LockedError.
    """
    before = path.stat().st_size
    folder = os.environ.get("SQLITE_TMPDIR")
    os.environ["SQLITE_TMPDIR"] = str(path.parent)  # else the copy is made in /tmp, which may be small
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
            _pack(connection, PAGE_SIZE)
    except sqlite3.Error as exc:
        if exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise LockedError(f"{path} is in use by another process: try again when that is done") from exc
        raise ArchiveError(f"{path} could not be made smaller, and is as it was: {exc}") from exc
    finally:
        os.environ.pop("SQLITE_TMPDIR")
        if folder is not None:
            os.environ["SQLITE_TMPDIR"] = folder
    return before, path.stat().st_size


def unused(engine: Engine) -> int:
    """Return how many bytes of a SQLite archive are free; PostgreSQL manages its own."""
    if engine.dialect.name != "sqlite":
        return 0
    with reading(engine) as connection:
        pages, size_of_page = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in ("freelist_count", "page_size")
        )
    return pages * size_of_page


def fit_pages(draft: Path, target: Path) -> None:
    """Give a copied backup pages of the archive's size: SQLite copies no other size into a database in use."""
    if not target.exists() or not target.stat().st_size:
        return
    with (
        closing(sqlite3.connect(target, timeout=BUSY_TIMEOUT_MS / 1000)) as there,
        closing(sqlite3.connect(draft)) as here,
    ):
        [size], [other] = (database.execute("PRAGMA page_size").fetchone() for database in (there, here))
        if size != other:
            _pack(here, size)


def _pack(connection: sqlite3.Connection, page_size: int) -> None:
    """Write a database again without free pages, in pages of a size. Raises sqlite3.Error; nothing is changed then."""
    connection.execute("PRAGMA journal_mode = DELETE")  # with a write-ahead log the size of pages stays
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA page_size = {page_size}")
    connection.execute("VACUUM")
