"""Populated archives of every version of the schema that ever was, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, create_engine, insert, select, text

if TYPE_CHECKING:
    from sqlalchemy import Connection

FOLDER = Path(__file__).resolve().parents[1] / "db" / "dumps"
VERSIONS = sorted(path.stem for path in FOLDER.glob("*.sql"))


def restored(version: str, folder: Path) -> Path:
    """The archive of a version, from its dump."""
    path = folder / f"{version}.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / f"{version}.sql").read_text(encoding="utf-8"))
    return path


def load(source: Path, target: str) -> None:
    """Copy the rows of a SQLite archive to an empty one of the same version in PostgreSQL, as the databases know them."""
    here, there = create_engine(f"sqlite:///{source}"), create_engine(target)
    try:
        tables, theirs = MetaData(), MetaData()
        tables.reflect(here, only=lambda name, _: not name.startswith("full_text") and name != "alembic_version")
        theirs.reflect(there, only=list(tables.tables))
        with here.connect() as old, there.begin() as new:
            new.execute(text("set local timezone = 'UTC'"))  # SQLite has no zones, and means this one
            for table in theirs.sorted_tables:
                _copy(old, new, tables, table.name, theirs)
    finally:
        here.dispose()
        there.dispose()


def _copy(old: Connection, new: Connection, tables: MetaData, name: str, theirs: MetaData) -> None:
    rows = [dict(row._mapping) for row in old.execute(select(tables.tables[name]))]
    if rows:
        new.execute(insert(theirs.tables[name]), rows)
    if "id" in theirs.tables[name].c:  # else the next row would get the number of one that is there
        last = f"(select coalesce(max(id), 0) + 1 from {name})"  # noqa: S608 (the schema's own names)
        new.execute(text(f"select setval(pg_get_serial_sequence('{name}', 'id'), {last}, false)"))
