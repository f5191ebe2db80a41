"""Every point at which a run touches the world: numbered, named, and what can happen there.

Installed in a process of its own before the command starts, so that the program needs no hooks: statements and commits
are met at the database's driver, words to servers at the socket, files where Python opens, writes, syncs, renames and
removes them. A point is noted before what it stands for is done; a commit has one before and one after.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from tests.reliability import changes
from tests.reliability.points_outside import meet_files, meet_sockets, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

LEDGER = "points"
"""The file in the process's folder that says which points were met: a line each of number, changes, kind and name."""

HAPPENED = "error"
"""The kind of the line that says that an error came about at the point before it."""

WHERE_TRANSACTIONS_ARE_MADE = ("db.lease", "db.engine")

PAGES = 64
"""Of a database, copied between two points."""


def fits(kind: str, driver: str) -> tuple[str, ...]:
    """The errors that can happen at a point of a kind, where the archive is on "sqlite" or "postgresql"."""
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
    """What is to happen at point `at` (0: none), or at the first of `kind` and `name`: `error`, or "" for a kill.

    `after`: or so many changes that stay (see `changes`) after the start, `skip` points later if no other comes before.
    An error that does not fit that point happens at the next that it fits; with `lasts` at all further ones too.
    """

    at: int = 0
    kind: str = ""
    name: str = ""
    error: str = ""
    lasts: bool = False
    after: int = -1
    skip: int = 0

    def __str__(self) -> str:
        where = f"point {self.at}" if self.at else f"{self.kind} {self.name}"
        if self.after >= 0:
            where = f"point {self.skip} after change {self.after}"
        return f"{self.error or 'kill'} at {where}{' and from then on' if self.lasts else ''}"


@dataclass(frozen=True, slots=True)
class Point:
    """A point that was met. `after`: how many changes that stay came before."""

    number: int
    kind: str
    name: str
    after: int = 0

    def __str__(self) -> str:
        return f"{self.number} ({self.kind}, {self.name})"


def met(ledger: str) -> tuple[Point, ...]:
    """What a ledger tells of; a line cut short by a kill is no point."""
    rows = [line.split("\t") for line in ledger.splitlines()]
    return tuple(Point(int(row[0]), row[2], row[3], int(row[1])) for row in rows if len(row) == 4)


@dataclass(slots=True)
class Points:
    """Counts the points of this process and lets the plan happen. Safe to use from several threads."""

    plan: Plan
    driver: str
    ledger: int
    unsaved: set[int] = field(default_factory=set)
    _count: int = 0
    _changes: int = 0
    _since: int = -1
    _is_changing: bool = False
    _is_reached: bool = False
    _has_happened: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def meet(self, kind: str, name: str, *, stays: bool = False) -> str:
        """A point: dies there, or gives the error that is to happen, "" for none. `stays`: what is done next does."""
        with self._lock:
            self._count += 1
            self._since = 0 if self._is_changing else self._since + 1
            self._changes += self._is_changing
            self._is_changing = stays or changes.stays(kind, name)
            self._note(kind, " ".join(name.split())[:100])
            self._is_reached = self._is_reached or self._is_planned(kind, name)
            if not self._is_reached:
                return ""
            plan = self.plan
            if not plan.error:
                os.kill(os.getpid(), signal.SIGKILL)
            if (self._has_happened and not plan.lasts) or plan.error not in fits(kind, self.driver):
                return ""
            self._has_happened = True
            self._note(HAPPENED, plan.error)
            return plan.error

    def _note(self, kind: str, name: str) -> None:
        os.write(self.ledger, f"{self._count}\t{self._changes}\t{kind}\t{name}\n".encode("utf-8", "replace"))

    def _is_planned(self, kind: str, name: str) -> bool:
        plan = self.plan
        if plan.after >= 0:
            is_last = self._is_changing or self._since >= plan.skip
            return self._changes > plan.after or (self._changes == plan.after and is_last)
        return self._count >= plan.at if plan.at else (kind, name) == (plan.kind, plan.name)

    def statement(self, connection: object, query: object, fail: Callable[[str], None], *, is_at_once: bool) -> None:
        """One that a database is to do, which may fail; `is_at_once`: outside a transaction."""
        words = query if isinstance(query, str) else getattr(query, "as_string", lambda: "?")()
        writes = changes.writes(words)
        if writes and not is_at_once:
            self.unsaved.add(id(connection))
        if error := self.meet("statement", f"{_who()}: {words[:40]}", stays=writes and is_at_once):
            fail(error)

    def commit(self, connection: object, who: str) -> str:
        """The moment before one."""
        stays = id(connection) in self.unsaved
        self.unsaved.discard(id(connection))
        return self.meet("before commit", who, stays=stays)


def install(plan: Mapping[str, Any]) -> None:
    """Meet every point of this process from now on, for its whole life; `plan` has the fields of a Plan, and `driver`."""
    handle = os.open(LEDGER, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    given = dict(plan)
    driver, has_both = given.pop("driver"), given.pop("has_both", False)
    points = Points(Plan(**given), driver, handle)
    _short_waits()
    _short_leases()
    meet_sockets(points)
    meet_files(points)
    _meet_sqlite(points)
    if driver == "postgresql" or has_both:
        _meet_postgresql(points)


def _short_waits() -> None:
    """A request that failed is tried again after a random wait: chance has it short."""
    from scrapers.http.client import Client  # noqa: PLC0415 (the process that installs this has it)

    defaults = Client.__init__.__kwdefaults__
    assert defaults is not None
    defaults["random"] = lambda: 0.001


def _short_leases() -> None:
    """A copy renews its lease each minute: here as often as it can."""
    import db.copy  # noqa: PLC0415 (the same)

    vars(db.copy)["RENEW_EVERY"] = 0.0


# -- the database -----------------------------------------------------------------------------------------------------


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _who() -> str:
    """The function of db/ that is at work, as "outbox.Outbox.claim"; of a commit the one that opened the transaction."""
    for frame in _frames():
        module = frame.f_globals.get("__name__", "")
        if module.startswith("db.") and module not in WHERE_TRANSACTIONS_ARE_MADE:
            return f"{module.removeprefix('db.')}.{frame.f_code.co_qualname}"
    return "elsewhere"


_SQLITE_ERRORS = {
    "disk full": ("database or disk is full", "SQLITE_FULL"),
    "locked": ("database is locked", "SQLITE_BUSY"),
}


def _fail_sqlite(connection: sqlite3.Connection | None, error: str) -> None:
    if error == "disk full" and connection is not None:
        sqlite3.Connection.rollback(connection)  # as the database does by itself where it can't go on
    text, name = _SQLITE_ERRORS.get(error, ("disk I/O error", "SQLITE_IOERR"))
    failure = sqlite3.OperationalError(text)
    failure.sqlite_errorname, failure.sqlite_errorcode = name, getattr(sqlite3, name)
    raise failure


def _meet_sqlite(points: Points) -> None:
    connect = sqlite3.connect

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *rest: Any) -> Self:
            self._meet(sql)
            return super().execute(sql, *rest)

        def executemany(self, sql: str, *rest: Any) -> Self:
            self._meet(sql)
            return super().executemany(sql, *rest)

        def _meet(self, sql: str) -> None:
            at_once = not self.connection.in_transaction
            points.statement(self.connection, sql, partial(_fail_sqlite, self.connection), is_at_once=at_once)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            if self.in_transaction:
                who = _who()
                if error := points.commit(self, who):
                    _fail_sqlite(self, error)
                super().commit()
                points.meet("after commit", who)

        backup = _copying(points)

    def opened(*args: Any, **settings: Any) -> sqlite3.Connection:
        if error := points.meet("open archive", _who()):
            _fail_sqlite(None, error)
        connection: sqlite3.Connection = connect(*args, **{"factory": Connection, **settings})
        return connection

    vars(sqlite3)["connect"] = vars(sqlite3.dbapi2)["connect"] = opened


def _copying(points: Points) -> Callable[..., None]:
    """Copies a database some pages at a time, so that there are points within; it is still one transaction."""

    def copied(self: Any, target: sqlite3.Connection, *, pages: int = -1, progress: Any = None, **more: Any) -> None:
        def step(status: int, left: int, of: int) -> None:
            if error := points.meet("copy pages", f"{left} of {of} to go"):
                _fail_sqlite(None, error)
            if progress is not None:
                progress(status, left, of)

        sqlite3.Connection.backup(self, target, pages=PAGES if pages < 0 else pages, progress=step, **more)

    return copied


def _meet_postgresql(points: Points) -> None:
    import psycopg  # noqa: PLC0415 (needed here alone)

    errors = {
        "disk full": (psycopg.errors.DiskFull, 'could not extend file "base/5/1": No space left on device'),
        "I/O error": (psycopg.errors.IoError, 'could not read block 1 in file "base/5/1": Input/output error'),
        "locked": (psycopg.errors.LockNotAvailable, "canceling statement due to lock timeout"),
        "connection lost": (psycopg.OperationalError, "server closed the connection unexpectedly"),
    }

    def fail(connection: psycopg.Connection[Any] | None, error: str) -> None:
        if error == "connection lost" and connection is not None:
            connection.close()
        kind, text = errors[error]
        raise kind(text)

    execute, executemany, commit = psycopg.Cursor.execute, psycopg.Cursor.executemany, psycopg.Connection.commit
    connect = psycopg.connect

    def executing(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
        points.statement(self.connection, query, partial(fail, self.connection), is_at_once=self.connection.autocommit)
        return execute(self, query, *rest, **more)

    def executing_many(self: Any, query: Any, *rest: Any, **more: Any) -> None:
        points.statement(self.connection, query, partial(fail, self.connection), is_at_once=self.connection.autocommit)
        executemany(self, query, *rest, **more)

    def committing(self: Any) -> None:
        who = _who()
        if error := points.commit(self, who):
            fail(self, error)
        commit(self)
        if error := points.meet("after commit", who):
            fail(self, error)

    def opened(*args: Any, **settings: Any) -> Any:
        if error := points.meet("open archive", _who()):
            fail(None, error)
        return connect(*args, **settings)

    replace(psycopg.Cursor, execute=executing, executemany=executing_many)
    replace(psycopg.Connection, commit=committing)
    replace(psycopg, connect=opened)
