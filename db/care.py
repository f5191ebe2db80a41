"""The care of an archive: backup, restore, check."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from db import schema
from db.engine import open_engine, reading, translated
from monitor.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def backup(engine: Engine, target: Path) -> Path:
    """Copy a SQLite archive, whole and consistent, while others use it; appears under its name when it is complete.

    Raises ArchiveError where `target` is there already, or the archive is PostgreSQL, which has tools of its own.
    """
    source = _file(engine, "pg_dump --format=custom")
    if target.exists():
        raise ArchiveError(f"{target} is there already: name another file, or remove it first")
    unfinished = target.with_name(f".{target.name}.part")
    with translated(engine):
        try:
            with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(unfinished)) as here:
                there.backup(here)
            with unfinished.open("rb+") as copied:
                os.fsync(copied.fileno())
            unfinished.replace(target)
        except (sqlite3.Error, OSError) as exc:
            unfinished.unlink(missing_ok=True)
            raise ArchiveError(f"the backup to {target} failed: {exc}") from exc
    return target


def restore(engine: Engine, saved: Path) -> None:
    """Put a backup in the place of a SQLite archive; nobody may be using it. Raises ArchiveError."""
    target = _file(engine, "pg_restore")
    if not saved.is_file():
        raise ArchiveError(f"{saved} is not there: name a file that pqwatch db backup made")
    copy = open_engine(f"sqlite:///{saved.absolute()}")
    try:
        if schema.current(copy) is None:
            raise ArchiveError(f"{saved} is no archive of pqwatch")
        if problems := check(copy):
            raise ArchiveError(f"{saved} is damaged: {problems[0]}")
    finally:
        copy.dispose()
    engine.dispose()
    try:
        with closing(sqlite3.connect(saved)) as there, closing(sqlite3.connect(target, timeout=5)) as here:
            there.backup(here)
    except sqlite3.Error as exc:
        raise ArchiveError(f"{saved} could not be restored to {target}: {exc}") from exc


def check(engine: Engine) -> list[str]:
    """What is wrong with the database itself, one sentence each; empty where all is well."""
    with reading(engine) as connection:
        if engine.dialect.name != "sqlite":
            return []
        found = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    return found + [f"{row[0]} row {row[1]} belongs to a row of {row[2]} that is not there" for row in broken]


def _file(engine: Engine, tool: str) -> str:
    if engine.dialect.name != "sqlite" or not engine.url.database:
        raise ArchiveError(f"this archive is on PostgreSQL: use {tool}")
    return engine.url.database
