"""Every point at which a run touches the world: numbered, named, and what can happen there.

Installed in a process of its own before the command starts, so that the program needs no hooks: statements and commits
are met at the database's driver, words to servers at the socket, files where Python opens, writes, syncs, renames and
removes them. A point is noted before what it stands for is done; a commit has one before and one after.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import socket
import sqlite3
import ssl
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

LEDGER = "points"
"""The file in the process's folder that says which points were met: a line each of number, kind and name."""

HAPPENED = "error"
"""The kind of the line that says that an error came about at the point before it."""

WHERE_TRANSACTIONS_ARE_MADE = ("db.base", "db.engine")

PAGES = 64
"""Of a database, copied between two points."""

_WRITES = frozenset("wxa+")
_FILES = {"os.rename": "rename", "os.remove": "remove", "os.mkdir": "make folder"}


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

    An error that does not fit that point happens at the next that it fits; with `lasts` at all further ones too.
    """

    at: int = 0
    kind: str = ""
    name: str = ""
    error: str = ""
    lasts: bool = False

    def __str__(self) -> str:
        where = f"point {self.at}" if self.at else f"{self.kind} {self.name}"
        return f"{self.error or 'kill'} at {where}{' and from then on' if self.lasts else ''}"


@dataclass(frozen=True, slots=True)
class Point:
    """A point that was met."""

    number: int
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.number} ({self.kind}, {self.name})"


def met(ledger: str) -> tuple[Point, ...]:
    """What a ledger tells of; a line cut short by a kill is no point."""
    rows = [line.split("\t") for line in ledger.splitlines()]
    return tuple(Point(int(row[0]), row[1], row[2]) for row in rows if len(row) == 3)


@dataclass(slots=True)
class Points:
    """Counts the points of this process and lets the plan happen. Safe to use from several threads."""

    plan: Plan
    driver: str
    ledger: int
    _count: int = 0
    _is_reached: bool = False
    _has_happened: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def meet(self, kind: str, name: str) -> str:
        """A point: dies there, or gives the error that is to happen, "" for none."""
        with self._lock:
            self._count += 1
            here = self._count
            os.write(self.ledger, f"{here}\t{kind}\t{' '.join(name.split())[:100]}\n".encode("utf-8", "replace"))
            plan = self.plan
            is_here = here >= plan.at if plan.at else (kind, name) == (plan.kind, plan.name)
            self._is_reached = self._is_reached or is_here
            if not self._is_reached:
                return ""
            if not plan.error:
                os.kill(os.getpid(), signal.SIGKILL)
            if (self._has_happened and not plan.lasts) or plan.error not in fits(kind, self.driver):
                return ""
            self._has_happened = True
            os.write(self.ledger, f"{here}\t{HAPPENED}\t{plan.error}\n".encode())
            return plan.error


def install(plan: Mapping[str, Any]) -> None:
    """Meet every point of this process from now on, for its whole life; `plan` has the fields of a Plan, and `driver`."""
    handle = os.open(LEDGER, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    given = dict(plan)
    driver, has_both = given.pop("driver"), given.pop("has_both", False)
    points = Points(Plan(**given), driver, handle)
    _short_waits()
    _short_leases()
    _meet_sockets(points)
    _meet_files(points)
    _meet_sqlite(points)
    if driver == "postgresql" or has_both:
        _meet_postgresql(points)


def _short_waits() -> None:
    """A request that failed is tried again after a random wait: chance has it short."""
    from scrapers.client import Client  # noqa: PLC0415 (the process that installs this has it)

    Client.__init__.__kwdefaults__["random"] = lambda: 0.001


def _short_leases() -> None:
    """A copy renews its lease each minute: here as often as it can."""
    import db.copying  # noqa: PLC0415 (the same)

    vars(db.copying)["RENEW_EVERY"] = 0.0


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


def _statement(points: Points, query: object, fail: Callable[[str], None]) -> None:
    words = query if isinstance(query, str) else getattr(query, "as_string", lambda: "?")()
    if error := points.meet("statement", f"{_who()}: {words[:40]}"):
        fail(error)


def _fail_sqlite(connection: sqlite3.Connection | None, error: str) -> None:
    if error == "disk full" and connection is not None:
        sqlite3.Connection.rollback(connection)  # as the database does by itself where it can't go on
    text = {"disk full": "database or disk is full", "locked": "database is locked"}
    raise sqlite3.OperationalError(text.get(error, "disk I/O error"))


def _meet_sqlite(points: Points) -> None:
    connect = sqlite3.connect

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            _statement(points, sql, lambda error: _fail_sqlite(self.connection, error))
            return super().execute(sql, *rest)

        def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            _statement(points, sql, lambda error: _fail_sqlite(self.connection, error))
            return super().executemany(sql, *rest)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            if self.in_transaction:
                who = _who()
                if error := points.meet("before commit", who):
                    _fail_sqlite(self, error)
                super().commit()
                points.meet("after commit", who)

        backup = _copying(points)

    def opened(*args: Any, **settings: Any) -> sqlite3.Connection:
        if error := points.meet("open archive", _who()):
            _fail_sqlite(None, error)
        return connect(*args, **{"factory": Connection, **settings})

    sqlite3.connect = sqlite3.dbapi2.connect = opened


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
        _statement(points, query, lambda error: fail(self.connection, error))
        return execute(self, query, *rest, **more)

    def executing_many(self: Any, query: Any, *rest: Any, **more: Any) -> None:
        _statement(points, query, lambda error: fail(self.connection, error))
        executemany(self, query, *rest, **more)

    def committing(self: Any) -> None:
        who = _who()
        if error := points.meet("before commit", who):
            fail(self, error)
        commit(self)
        if error := points.meet("after commit", who):
            fail(self, error)

    def opened(*args: Any, **settings: Any) -> Any:
        if error := points.meet("open archive", _who()):
            fail(None, error)
        return connect(*args, **settings)

    _replace(psycopg.Cursor, execute=executing, executemany=executing_many)
    _replace(psycopg.Connection, commit=committing)
    _replace(psycopg, connect=opened)


def _replace(place: Any, **functions: Any) -> None:
    for name, function in functions.items():
        setattr(place, name, function)


# -- the network ------------------------------------------------------------------------------------------------------


def _raise_network(error: str) -> None:
    if error == "time-out":
        raise TimeoutError("timed out")
    if error == "refused":
        raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    if error == "unknown host":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def _meet_sockets(points: Points) -> None:
    for owner in (socket.socket, ssl.SSLSocket):
        is_secure = owner is ssl.SSLSocket
        # SSLSocket.sendall sends piece by piece, through `send`; a plain socket does it in one call.
        for name in ("send",) if is_secure else ("send", "sendall"):
            _replace(owner, **{name: _sending(points, getattr(owner, name))})
        for name in ("recv", "recv_into"):
            _replace(owner, **{name: _receiving(points, getattr(owner, name))})
        _replace(owner, connect=_plainly(points, "connect", owner.connect))
    _replace(ssl.SSLSocket, do_handshake=_plainly(points, "handshake", ssl.SSLSocket.do_handshake))
    _replace(socket, getaddrinfo=_plainly(points, "look up", socket.getaddrinfo))


def _plainly(points: Points, kind: str, act: Callable[..., Any]) -> Callable[..., Any]:
    def met(*args: Any, **settings: Any) -> Any:
        if error := points.meet(kind, repr(args[-1])):
            _raise_network(error)
        return act(*args, **settings)

    return met


def _sending(points: Points, act: Callable[..., Any]) -> Callable[..., Any]:
    def met(self: socket.socket, data: bytes, *flags: int) -> Any:
        error = points.meet("send", repr(bytes(data[:40])))
        if error == "reset late":  # all of it arrives, and nobody here knows
            act(self, data, *flags)
        if error:
            _raise_network(error)
        return act(self, data, *flags)

    return met


def _receiving(points: Points, act: Callable[..., Any]) -> Callable[..., Any]:
    def met(self: socket.socket, buffer: Any, *rest: int) -> Any:
        error = points.meet("receive", "")
        if error == "closed":
            return b"" if isinstance(buffer, int) else 0
        if error:
            _raise_network(error)
        return act(self, buffer, *rest)

    return met


# -- files ------------------------------------------------------------------------------------------------------------


def _raise_file(error: str, name: str) -> None:
    number = errno.EIO if error == "I/O error" else errno.ENOSPC
    raise OSError(number, os.strerror(number), name)


def _meet_files(points: Points) -> None:
    sync, really_open = os.fsync, io.open

    def hook(event: str, args: tuple[Any, ...]) -> None:
        kind = _FILES.get(event) or ("open" if event == "open" and _is_for_writing(*args) else "")
        if kind and (error := points.meet(kind, str(args[0]))):
            _raise_file(error, str(args[0]))

    def syncing(handle: int) -> None:
        if error := points.meet("sync", str(handle)):
            _raise_file(error, "")
        sync(handle)

    class File(io.FileIO):
        def write(self, data: Any) -> int:
            error = points.meet("write", str(self.name))
            if error == "half written":
                super().write(bytes(data)[: len(data) // 2])
            if error:
                _raise_file(error, str(self.name))
            return super().write(data)

    def opening(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **settings: Any) -> Any:
        if not _WRITES & set(mode):
            return really_open(file, mode, buffering, *rest, **settings)
        return _layered(File(file, mode.replace("b", "").replace("t", "")), mode, *rest, **settings)

    _replace(os, fsync=syncing)
    _replace(io, open=opening)
    _replace(cast("Any", sys.modules["builtins"]), open=opening)
    sys.addaudithook(hook)


def _is_for_writing(path: object, mode: str | None, flags: int) -> bool:
    writes = bool(_WRITES & set(mode)) if mode else bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return writes and str(path) != os.devnull


def _layered(
    raw: io.FileIO, mode: str, encoding: str | None = None, errors: str | None = None, newline: str | None = None
) -> Any:
    """What `open` would have made of it."""
    buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
    return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding or "utf-8", errors, newline)
