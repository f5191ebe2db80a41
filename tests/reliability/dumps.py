"""Populated archives of every version of the schema, on SQLite and on PostgreSQL."""

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
    """Restore the archive of a version from its dump, and return its path."""
    path = folder / f"{version}.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / f"{version}.sql").read_text(encoding="utf-8"))
    return path


def load(source: Path, target: str) -> None:
    """Copy the rows of a SQLite archive to an empty PostgreSQL archive of the same version.

    The tables are read from the databases, because the code only knows the newest version.
    """
    source_engine, target_engine = create_engine(f"sqlite:///{source}"), create_engine(target)
    try:
        source_tables, target_tables = MetaData(), MetaData()
        source_tables.reflect(
            source_engine, only=lambda name, _: not name.startswith("full_text") and name != "alembic_version"
        )
        target_tables.reflect(target_engine, only=list(source_tables.tables))
        with source_engine.connect() as reader, target_engine.begin() as writer:
            writer.execute(text("set local timezone = 'UTC'"))  # SQLite has no time zones; its times are in UTC
            for table in target_tables.sorted_tables:
                _copy(reader, writer, source_tables, table.name, target_tables)
    finally:
        source_engine.dispose()
        target_engine.dispose()


def _copy(reader: Connection, writer: Connection, source_tables: MetaData, name: str, target_tables: MetaData) -> None:
    rows = [dict(row._mapping) for row in reader.execute(select(source_tables.tables[name]))]
    if rows:
        writer.execute(insert(target_tables.tables[name]), rows)
    if "id" in target_tables.tables[name].c:  # otherwise the next row would get a number that is taken
        last = f"(select coalesce(max(id), 0) + 1 from {name})"  # noqa: S608 (the schema's own names)
        writer.execute(text(f"select setval(pg_get_serial_sequence('{name}', 'id'), {last}, false)"))
