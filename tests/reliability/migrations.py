"""Upgrades of an archive that end in the middle: killed, or with an error, at each statement and each commit.

From a populated archive of every version of the schema that ever was, and from nothing, on SQLite and on PostgreSQL. The
next upgrade then leaves what an uninterrupted one leaves: the same rows, the same schema, foreign keys that hold.
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
"""What archives of before 0010 say of the index that they held."""

_SQLITE = "select type, name, sql from sqlite_master where name not like 'full_text_%' order by 1, 2"
_POSTGRESQL = """
    select table_name, column_name, data_type || is_nullable || coalesce(column_default, '')
      from information_schema.columns where table_schema = 'public'
    union all select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
    union all select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      from pg_constraint where connamespace = 'public'::regnamespace
    order by 1, 2, 3
"""
"""The schema as the database has it."""

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
    """From which version, on which database, what happens at which point (from 1)."""

    version: str
    dialect: str
    way: str
    at: int

    def __str__(self) -> str:
        return f"{self.way} at point {self.at} of an upgrade from {self.version} on {self.dialect}"


@dataclass(slots=True)
class Points:
    """Counts the points of what is done with an engine, and lets something happen at one of them."""

    at: int = 0
    happen: Callable[[], object] = field(default=lambda: None)
    met: int = 0

    def watch(self, engine: Engine) -> None:
        """Each statement is a point, each commit one before and one after."""
        for name in ("do_execute", "do_executemany"):
            event.listen(engine, name, lambda *_: self.meet())
        event.listen(engine, "do_execute_no_params", lambda *_: self.meet())
        commit = engine.dialect.do_commit

        def do_commit(dbapi_connection: Any) -> None:
            self.meet()
            commit(dbapi_connection)
            if self.happen is _die:  # an error after a commit is none of its errors
                self.meet()

        engine.dialect.do_commit = do_commit  # type: ignore[method-assign]  # of this engine alone

    def meet(self) -> None:
        """Be at the next point."""
        self.met += 1
        if self.met == self.at:
            self.happen()


def _die() -> None:
    os._exit(KILLED)


def _raise(error: Callable[[], Exception]) -> None:
    raise error()


def upgraded(url: str, points: Points) -> str:
    """Upgrade; how that ended: "" where well."""
    engine = open_engine(url)
    points.watch(engine)
    try:
        upgrade(engine)
    except MonitorError:
        return "refused"
    except Exception as exc:  # noqa: BLE001 (that is what is looked for)
        return f"{type(exc).__name__}: {exc}"
    finally:
        engine.dispose()
    return ""


def killed(url: str, at: int) -> int:
    """Upgrade in a process that dies at a point; gives its exit code, 0 where it came to the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, of which the child needs none
        pid = os.fork()
    if not pid:
        code = 1
        try:
            signal.alarm(STUCK_AFTER)
            code = int(bool(upgraded(url, Points(at, _die))))
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def state(url: str) -> dict[str, list[str]]:
    """All rows, the schema as the database has it, and what SQLite finds wrong with either."""
    engine = open_engine(url)
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        found = {
            "schema": [str(tuple(row)) for row in connection.exec_driver_sql(_SQLITE if is_sqlite else _POSTGRESQL)]
        }
        for name, table in tables.metadata.tables.items():
            rows = [tuple(row) for row in connection.execute(select(table))]
            # How far the index is: an archive that says nothing of it begins anew, as a new one does that says so.
            found[name] = sorted(repr(row) for row in rows if name != "meta" or row[0] not in INDEX_FACTS)
        if is_sqlite:
            for check in ("foreign_key_check", "integrity_check"):
                found[check] = [str(tuple(row)) for row in connection.exec_driver_sql(f"PRAGMA {check}")]
    engine.dispose()
    return found


class Archives:
    """An archive of each version on each database, to be copied for each cell; and what comes of it undisturbed."""

    def __init__(self, folder: Path, server: str | None, versions: Sequence[str] = (EMPTY, *VERSIONS)) -> None:
        self.folder = folder
        self.server = server
        self.versions = versions
        self._stack = ExitStack()
        self._ready: dict[tuple[str, str], str] = {}
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
        """Every point of every upgrade, with each way to end there."""
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
            points = Points()
            assert upgraded(url, points) == ""
            self.points[version, dialect] = points.met
            self.expected[version, dialect] = state(url)

    @contextmanager
    def copy(self, version: str, dialect: str) -> Iterator[str]:
        """The URL of such an archive, untouched."""
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
            if (code := killed(url, cell.at)) not in (0, KILLED):
                tally.failures.append(f"{cell}: it ended with {code}")
        else:
            error = ERRORS[cell.dialect][cell.way]
            how = upgraded(url, Points(cell.at, lambda: _raise(error)))
            if how not in ("", "refused"):
                tally.failures.append(f"{cell}: {how}")
        if again := upgraded(url, Points()):
            tally.failures.append(f"{cell}: the next upgrade was {again}")
            return tally
        found, expected = state(url), archives.expected[cell.version, cell.dialect]
    differ = [name for name in expected if found[name] != expected[name]]
    if differ:
        tally.lost = 1
        tally.failures.append(f"{cell}: after the next upgrade these are other than they should be: {differ}")
    return tally


def interrupted(archives: Archives, budget: Budget) -> Tally:
    """All cells in an order of chance, each once before one comes again."""
    tally = Tally()
    cells = archives.cells()
    random.Random(budget.seed).shuffle(cells)  # noqa: S311 (an order, no secret)
    while budget.goes_on(tally.tried):
        tally.add(try_cell(cells[tally.tried % len(cells)], archives))
    return tally


def killed_migrations(folder: Path, budget: Budget) -> Tally:
    """On both databases."""
    with postgres_server() as server, Archives(folder, server) as archives:
        return interrupted(archives, budget)


PROOFS = (Proof(name="killed migration", unit="point", full=1_200, run=killed_migrations, share=1.0),)
