"""Upgrades of an archive that end in the middle: killed, or with an error, at each statement and each commit.

They start from a populated archive of every version of the schema, and from an empty database, on SQLite and on
PostgreSQL. The next upgrade must then leave what an uninterrupted upgrade leaves: the same rows, the same schema, valid
foreign keys.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import psycopg.errors
from sqlalchemy import event, select
from sqlalchemy.engine import make_url

from db import schema, tables
from db.archive import upgrade
from db.engine import open_engine
from monitor.errors import MonitorError
from tests.reliability.dumps import VERSIONS, load, restored
from tests.reliability.tally import Proof, Tally
from tests.servers import database, postgres_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.reliability.tally import Budget

EMPTY = "nothing"
KILLED = 9
STUCK_AFTER = 120

INDEX_FACTS = ("index_version", "indexed_to")
"""Facts about the index in archives older than 0010."""

_SQLITE = "select type, name, sql from sqlite_master where name not like 'full_text_%' order by 1, 2"
_POSTGRESQL = """
    select table_name, column_name, data_type || is_nullable || coalesce(column_default, '')
      from information_schema.columns where table_schema = 'public'
    union all select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
    union all select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      from pg_constraint where connamespace = 'public'::regnamespace
    order by 1, 2, 3
"""
"""Schema as the database has it."""

ERRORS: dict[str, dict[str, Callable[[], Exception]]] = {
    "sqlite": {
        "disk full": lambda: sqlite3.OperationalError("database or disk is full"),
        "I/O error": lambda: sqlite3.OperationalError("disk I/O error"),
    },
    "postgresql": {
        "disk full": lambda: psycopg.errors.DiskFull("could not extend file: No space left on device"),
        "I/O error": lambda: psycopg.errors.IoError("could not read block: Input/output error"),
    },
}
WAYS = ("kill", "disk full", "I/O error")


@dataclass(frozen=True, slots=True)
class Cell:
    """An upgrade, and how it ends: version, database, way to end, and point (from 1)."""

    version: str
    dialect: str
    way: str
    at: int

    def __str__(self) -> str:
        return f"{self.way} at point {self.at} of an upgrade from {self.version} on {self.dialect}"


@dataclass(slots=True)
class Points:
    """Count the points of an engine, and act at point `at`, with the driver's connection."""

    at: int = 0
    action: Callable[[Any], object] = field(default=lambda _: None)
    count: int = 0

    def watch(self, engine: Engine) -> None:
        """Count each statement, and each commit before and after."""
        for name in ("do_execute", "do_executemany"):
            event.listen(engine, name, lambda cursor, *_: self.reach(cursor.connection))
        event.listen(engine, "do_execute_no_params", lambda cursor, *_: self.reach(cursor.connection))
        commit = engine.dialect.do_commit

        def do_commit(dbapi_connection: Any) -> None:
            self.reach(dbapi_connection)
            commit(dbapi_connection)
            if self.action is _die:  # a commit that was done can't fail any more
                self.reach(dbapi_connection)

        engine.dialect.do_commit = do_commit  # type: ignore[method-assign]  # of this engine alone

    def reach(self, connection: Any) -> None:
        """Count a point, and act if it is the chosen one."""
        self.count += 1
        if self.count == self.at:
            self.action(connection)


def _die(_connection: Any) -> None:
    os._exit(KILLED)


def _fail(connection: Any, cell: Cell) -> None:
    """Raise the error of a cell. On a full disk SQLite takes the transaction back by itself."""
    if (cell.dialect, cell.way) == ("sqlite", "disk full"):
        connection.rollback()
    error = ERRORS[cell.dialect][cell.way]()
    raise error


def try_upgrade(url: str, points: Points) -> str:
    """Upgrade, and return the problem, or ""."""
    engine = open_engine(url)
    points.watch(engine)
    try:
        upgrade(engine)
    except MonitorError:
        return "refused"
    except Exception as exc:  # noqa: BLE001 (it is the problem)
        return f"{type(exc).__name__}: {exc}"
    finally:
        engine.dispose()
    return ""


def kill_upgrade(url: str, at: int) -> int:
    """Upgrade in a process that dies at a point. Return its exit code, 0 if it did not reach the point."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it warns of threads, and the child needs none
        pid = os.fork()
    if not pid:
        code = 1
        try:
            signal.alarm(STUCK_AFTER)
            code = int(bool(try_upgrade(url, Points(at, _die))))
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def schema_of(url: str) -> list[str]:
    """Return the schema as the database has it."""
    engine = open_engine(url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(_SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL)
        found = [str(tuple(row)) for row in rows]
    engine.dispose()
    return found


def archive_state(url: str) -> dict[str, list[str]]:
    """Return all rows, the schema as the database has it, and what SQLite finds wrong with either."""
    engine = open_engine(url)
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        found = {"schema": schema_of(url)}
        for name, table in tables.metadata.tables.items():
            rows = [tuple(row) for row in connection.execute(select(table))]
            # An archive without these facts indexes from the beginning, as does a new archive that has them.
            found[name] = sorted(repr(row) for row in rows if name != "meta" or row[0] not in INDEX_FACTS)
        if is_sqlite:
            for check in ("foreign_key_check", "integrity_check"):
                found[check] = [str(tuple(row)) for row in connection.exec_driver_sql(f"PRAGMA {check}")]
    engine.dispose()
    return found


class Archives:
    """An archive of each version on each database, to copy for each cell, and its state after a normal upgrade."""

    def __init__(self, folder: Path, server: str | None, versions: Sequence[str] = (EMPTY, *VERSIONS)) -> None:
        self.folder = folder
        self.server = server
        self.versions = versions
        self._stack = ExitStack()
        self._ready: dict[tuple[str, str], str] = {}
        self.before: dict[tuple[str, str], list[str]] = {}
        self.after: dict[tuple[str, str], list[str]] = {}
        self.expected: dict[tuple[str, str], dict[str, list[str]]] = {}
        self.points: dict[tuple[str, str], int] = {}

    def __enter__(self) -> Self:
        for dialect in ("sqlite", *(["postgresql"] if self.server else [])):
            for version in self.versions:
                self._prepare(version, dialect)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def cells(self) -> list[Cell]:
        """Return every point of every upgrade, with each way to end there."""
        return [
            Cell(version, dialect, way, at)
            for (version, dialect), count in self.points.items()
            for at in range(1, count + 1)
            for way in WAYS
        ]

    def _prepare(self, version: str, dialect: str) -> None:
        if dialect == "sqlite":
            self._ready[version, dialect] = "" if version == EMPTY else str(restored(version, self.folder))
        else:
            assert self.server is not None
            url = self._stack.enter_context(database(self.server))
            if version != EMPTY:
                engine = open_engine(url)
                schema.upgrade(engine, version)
                engine.dispose()
                load(restored(version, self.folder), url)
            self._ready[version, dialect] = str(make_url(url).database)
        with self.copy(version, dialect) as url:
            self.before[version, dialect] = schema_of(url)
            points = Points()
            assert try_upgrade(url, points) == ""
            self.after[version, dialect] = schema_of(url)
            self.points[version, dialect] = points.count
            self.expected[version, dialect] = archive_state(url)

    @contextmanager
    def copy(self, version: str, dialect: str) -> Iterator[str]:
        """Yield the URL of a fresh copy of an archive."""
        ready = self._ready[version, dialect]
        if dialect == "postgresql":
            assert self.server is not None
            with database(self.server, template=ready) as url:
                yield url
            return
        place = self.folder / "copy"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        if ready:
            shutil.copy(ready, place / "archive.db")
        yield f"sqlite:///{place / 'archive.db'}"


def try_cell(cell: Cell, archives: Archives) -> Tally:
    """Interrupt an upgrade, and upgrade again."""
    tally = Tally(tried=1)
    with archives.copy(cell.version, cell.dialect) as url:
        if cell.way == "kill":
            if (code := kill_upgrade(url, cell.at)) not in (0, KILLED):
                tally.failures.append(f"{cell}: the process ended with {code}")
        else:
            how = try_upgrade(url, Points(cell.at, lambda connection: _fail(connection, cell)))
            if how not in ("", "refused"):
                tally.failures.append(f"{cell}: {how}")
        if schema_of(url) not in (
            archives.before[cell.version, cell.dialect],
            archives.after[cell.version, cell.dialect],
        ):
            tally.failures.append(f"{cell}: half an upgrade was left")
        if again := try_upgrade(url, Points()):
            tally.failures.append(f"{cell}: the next upgrade was {again}")
            return tally
        found, expected = archive_state(url), archives.expected[cell.version, cell.dialect]
    different = [name for name in expected if found[name] != expected[name]]
    if different:
        tally.lost = 1
        tally.failures.append(f"{cell}: after the next upgrade these differ: {different}")
    return tally


def interrupt_upgrades(archives: Archives, budget: Budget) -> Tally:
    """Try all cells in random order, each once before any is tried again."""
    tally = Tally()
    cells = archives.cells()
    random.Random(budget.seed).shuffle(cells)  # noqa: S311 (no secret)
    while budget.allows_another(tally.tried):
        tally.add(try_cell(cells[tally.tried % len(cells)], archives))
    return tally


def killed_migrations(folder: Path, budget: Budget) -> Tally:
    """Interrupt upgrades on both databases."""
    with postgres_server() as server, Archives(folder, server) as archives:
        return interrupt_upgrades(archives, budget)


PROOFS = (Proof(name="killed migration", unit="point", full=1_600, run=killed_migrations, share=1.0),)
