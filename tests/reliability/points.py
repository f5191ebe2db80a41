"""Points at which a run touches the world: their numbers and names, and the errors that can happen there.

The points are installed in a process of its own before the command starts, so that the program needs no hooks. The
driver of the database reports statements and commits, the sockets report messages to servers, and Python reports files
that are opened, written, synced, renamed or removed. A point comes before its action; a commit has one before and one
after.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from tests.reliability import changes
from tests.reliability.points_outside import replace, watch_files, watch_sockets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

LEDGER = "points"
"""File in the process's folder that has a line for each point: number, changes, kind and name."""

ERROR_LINE = "error"
"""Kind of the line that records an error at the point before it."""

TRANSACTION_MODULES = ("db.engine", "db.transactions", "db.database_errors", "db.store", "db.shared_store")

RECORD_FOR = 0.2
"""Seconds, in place of 60, for which a command tries to record the reply to a mail while the database is away."""

PAGES = 64
"""Pages of a database that are copied between two points."""


def possible_errors(kind: str, driver: str) -> tuple[str, ...]:
    """Return the errors that can happen at a point of a kind, for an archive on "sqlite" or "postgresql"."""
    of_files = ("disk full", "I/O error")
    of_database = (*of_files, "locked", *(("connection lost",) if driver == "postgresql" else ()))
    return {
        "statement": of_database,
        "before commit": of_database,
        "after commit": ("connection lost",) if driver == "postgresql" else (),
        "copy pages": of_database,
        "open archive": ("locked", *(("connection lost",) if driver == "postgresql" else of_files)),
        "look up": ("unknown host",),
        "connect": ("refused", "time-out"),
        "handshake": ("reset", "time-out"),
        "send": ("reset", "reset late", "time-out"),
        "receive": ("reset", "time-out", "closed"),
        "write": ("disk full", "half written", "I/O error"),
    }.get(kind, of_files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The fault to cause, `error` or "" for a kill, and the point: number `at`, or the first of this `kind` and `name`.

    With `after`, the point is `skip` points after this number of changes that persist (see `changes`), or sooner if the
    next change comes first. An error that is impossible at the point happens at the next point where it is possible;
    with `lasts`, at all further ones too.
    """

    at: int = 0
    kind: str = ""
    name: str = ""
    error: str = ""
    lasts: bool = False
    after: int = -1
    skip: int = 0
    each: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        if self.each:
            return f"{self.kind} of " + ", ".join(f"{name}: {error}" for name, error in self.each)
        where = f"point {self.at}" if self.at else f"{self.kind} {self.name}"
        if self.after >= 0:
            where = f"point {self.skip} after change {self.after}"
        return f"{self.error or 'kill'} at {where}{' and from then on' if self.lasts else ''}"


@dataclass(frozen=True, slots=True)
class Point:
    """A point that was reached. `after`: the number of changes that persisted before it."""

    number: int
    kind: str
    name: str
    after: int = 0

    def __str__(self) -> str:
        return f"{self.number} ({self.kind}, {self.name})"


def read_points(ledger: str) -> tuple[Point, ...]:
    """Read the points of a ledger. A line that a kill cut short is no point."""
    rows = [line.split("\t") for line in ledger.splitlines()]
    return tuple(Point(int(row[0]), row[2], row[3], int(row[1])) for row in rows if len(row) == 4)


@dataclass(slots=True)
class Points:
    """Points of this process and the fault that is planned. Safe to use from several threads."""

    plan: Plan
    driver: str
    ledger: int
    uncommitted: set[int] = field(default_factory=set)
    _count: int = 0
    _changes: int = 0
    _points_since_change: int = -1
    _is_changing: bool = False
    _is_reached: bool = False
    _has_failed: bool = False
    _failed_names: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, kind: str, name: str, *, persists: bool = False) -> str:
        """Record a point. Die there, or return an error to raise or "". `persists`: its action outlives the process."""
        name = " ".join(name.split())[:100]  # a line of the ledger, by which plans name it
        with self._lock:
            self._count += 1
            self._points_since_change = 0 if self._is_changing else self._points_since_change + 1
            self._changes += self._is_changing
            self._is_changing = persists or changes.persists(kind, name)
            self._note(kind, name)
            if self.plan.each:
                return self._fail_once(kind, name)
            self._is_reached = self._is_reached or self._is_planned(kind, name)
            if not self._is_reached:
                return ""
            plan = self.plan
            if not plan.error:
                os.kill(os.getpid(), signal.SIGKILL)
            if (self._has_failed and not plan.lasts) or plan.error not in possible_errors(kind, self.driver):
                return ""
            self._has_failed = True
            self._note(ERROR_LINE, plan.error)
            return plan.error

    def _fail_once(self, kind: str, name: str) -> str:
        error = dict(self.plan.each).get(name, "") if kind == self.plan.kind and name not in self._failed_names else ""
        if error:
            self._failed_names.add(name)
            self._note(ERROR_LINE, error)
        return error

    def _note(self, kind: str, name: str) -> None:
        os.write(self.ledger, f"{self._count}\t{self._changes}\t{kind}\t{name}\n".encode("utf-8", "replace"))

    def _is_planned(self, kind: str, name: str) -> bool:
        plan = self.plan
        if plan.after >= 0:
            is_last = self._is_changing or self._points_since_change >= plan.skip
            return self._changes > plan.after or (self._changes == plan.after and is_last)
        return self._count >= plan.at if plan.at else (kind, name) == (plan.kind, plan.name)

    def statement(self, connection: object, query: object, fail: Callable[[str], None], *, is_autocommit: bool) -> None:
        """Record a statement, and call `fail` for an error. `is_autocommit`: it is outside a transaction."""
        sql_text = query if isinstance(query, str) else getattr(query, "as_string", lambda: "?")()
        writes = changes.writes(sql_text)
        if writes and not is_autocommit:
            self.uncommitted.add(id(connection))
        if error := self.reach("statement", f"{_db_function()}: {sql_text[:40]}", persists=writes and is_autocommit):
            fail(error)

    def commit(self, connection: object, function: str) -> str:
        """Record the point before a commit, and return the error to raise."""
        persists = id(connection) in self.uncommitted
        self.uncommitted.discard(id(connection))
        return self.reach("before commit", function, persists=persists)


def install(plan: Mapping[str, Any]) -> None:
    """Watch all points of this process from now on.

    `plan` has the fields of a Plan and `driver`, and may have `has_both` (databases) and `has_queue` (a worker's).
    """
    handle = os.open(LEDGER, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    fields = dict(plan)
    driver, has_both, has_queue = fields.pop("driver"), fields.pop("has_both", False), fields.pop("has_queue", False)
    points = Points(Plan(**fields), driver, handle)
    _short_waits()
    _short_leases()
    watch_sockets(points)
    watch_files(points)
    _watch_sqlite(points)
    if driver == "postgresql" or has_both:
        _watch_postgresql(points)
    if has_queue:
        _watch_queue(points)


def _short_waits() -> None:
    """Shorten the waits before a failed request is tried again, and while the database is away after a mail."""
    from monitor.delivery.sending import RetryLimit  # noqa: PLC0415 (only the process that installs this needs it)
    from scrapers.http.client import Client  # noqa: PLC0415 (as above)

    defaults = Client.__init__.__kwdefaults__
    assert defaults is not None
    defaults["random"] = lambda: 0.001
    replace(
        RetryLimit,
        is_over=lambda self, began: self.now() - began >= RECORD_FOR or self.seconds_left() <= 0,
        pause=lambda self, _tries: self.sleep(RECORD_FOR / 4),
    )


def _short_leases() -> None:
    """Let a copy renew its lease as often as it can, not once a minute."""
    import db.archive_copy  # noqa: PLC0415 (as above)

    vars(db.archive_copy)["RENEW_EVERY"] = 0.0


# -- the database -----------------------------------------------------------------------------------------------------


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _db_function() -> str:
    """Return the function of db/ that is at work, as "outbox.Outbox.claim"; for a commit, the one that began it."""
    for frame in _frames():
        module = frame.f_globals.get("__name__", "")
        if module.startswith("db.") and module not in TRANSACTION_MODULES:
            return f"{module.removeprefix('db.')}.{frame.f_code.co_qualname}"
    return "elsewhere"


_SQLITE_ERRORS = {
    "disk full": ("database or disk is full", "SQLITE_FULL"),
    "locked": ("database is locked", "SQLITE_BUSY"),
}


def _fail_sqlite(connection: sqlite3.Connection | None, error: str) -> None:
    if error == "disk full" and connection is not None:
        sqlite3.Connection.rollback(connection)  # as the database does by itself on a full disk
    text, name = _SQLITE_ERRORS.get(error, ("disk I/O error", "SQLITE_IOERR"))
    failure = sqlite3.OperationalError(text)
    failure.sqlite_errorname, failure.sqlite_errorcode = name, getattr(sqlite3, name)
    raise failure


def _watch_sqlite(points: Points) -> None:
    connect = sqlite3.connect

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *rest: Any) -> Self:
            self._reach(sql)
            return super().execute(sql, *rest)

        def executemany(self, sql: str, *rest: Any) -> Self:
            self._reach(sql)
            return super().executemany(sql, *rest)

        def _reach(self, sql: str) -> None:
            is_autocommit = not self.connection.in_transaction
            points.statement(self.connection, sql, partial(_fail_sqlite, self.connection), is_autocommit=is_autocommit)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            if self.in_transaction:
                function = _db_function()
                if error := points.commit(self, function):
                    _fail_sqlite(self, error)
                super().commit()
                points.reach("after commit", function)

        backup = _backup_in_steps(points)

    def open_connection(*args: Any, **settings: Any) -> sqlite3.Connection:
        if error := points.reach("open archive", _db_function()):
            _fail_sqlite(None, error)
        connection: sqlite3.Connection = connect(*args, **{"factory": Connection, **settings})
        return connection

    vars(sqlite3)["connect"] = vars(sqlite3.dbapi2)["connect"] = open_connection


def _backup_in_steps(points: Points) -> Callable[..., None]:
    """Return a `backup` that copies a few pages at a time, with points between. It is still one transaction."""

    def backup_in_steps(
        self: Any, target: sqlite3.Connection, *, pages: int = -1, progress: Any = None, **more: Any
    ) -> None:
        def step(status: int, remaining: int, total: int) -> None:
            if error := points.reach("copy pages", f"{remaining} of {total} left"):
                _fail_sqlite(None, error)
            if progress is not None:
                progress(status, remaining, total)

        sqlite3.Connection.backup(self, target, pages=PAGES if pages < 0 else pages, progress=step, **more)

    return backup_in_steps


def _postgresql_error(error: str) -> Exception:
    import psycopg  # noqa: PLC0415 (only needed on PostgreSQL)

    kind, text = {
        "disk full": (psycopg.errors.DiskFull, 'could not extend file "base/5/1": No space left on device'),
        "I/O error": (psycopg.errors.IoError, 'could not read block 1 in file "base/5/1": Input/output error'),
        "locked": (psycopg.errors.LockNotAvailable, "canceling statement due to lock timeout"),
        "connection lost": (psycopg.OperationalError, "server closed the connection unexpectedly"),
    }[error]
    return kind(text)


def _watch_postgresql(points: Points) -> None:
    import psycopg  # noqa: PLC0415 (only needed on PostgreSQL)

    def fail(connection: psycopg.Connection[Any] | None, error: str) -> None:
        if error == "connection lost" and connection is not None:
            connection.close()
        raise _postgresql_error(error)

    execute, executemany, commit = psycopg.Cursor.execute, psycopg.Cursor.executemany, psycopg.Connection.commit
    connect = psycopg.connect

    def executing(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
        points.statement(
            self.connection, query, partial(fail, self.connection), is_autocommit=self.connection.autocommit
        )
        return execute(self, query, *rest, **more)

    def executing_many(self: Any, query: Any, *rest: Any, **more: Any) -> None:
        points.statement(
            self.connection, query, partial(fail, self.connection), is_autocommit=self.connection.autocommit
        )
        executemany(self, query, *rest, **more)

    def committing(self: Any) -> None:
        function = _db_function()
        if error := points.commit(self, function):
            fail(self, error)
        commit(self)
        if error := points.reach("after commit", function):
            fail(self, error)

    def open_connection(*args: Any, **settings: Any) -> Any:
        if error := points.reach("open archive", _db_function()):
            fail(None, error)
        return connect(*args, **settings)

    replace(psycopg.Cursor, execute=executing, executemany=executing_many)
    replace(psycopg.Connection, commit=committing)
    replace(psycopg, connect=open_connection)


_OF_QUEUE = re.compile(r"procrastinate_(fetch|finish|retry)_job")


def _watch_queue(points: Points) -> None:
    """Watch how the thread of Procrastinate takes a job, ends it or puts it back. It writes outside transactions.

    What it does by the clock, such as telling that the worker is alive, is no point: it comes at any moment.
    """
    import psycopg  # noqa: PLC0415 (only needed on PostgreSQL)

    execute = psycopg.AsyncCursor.execute

    async def executing(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
        if found := _OF_QUEUE.search(query if isinstance(query, str) else ""):
            error = points.reach("statement", f"queue: {found[0]}", persists=True)
            if error == "connection lost":
                await self.connection.close()
            if error:
                raise _postgresql_error(error)
        return await execute(self, query, *rest, **more)

    replace(psycopg.AsyncCursor, execute=executing)
