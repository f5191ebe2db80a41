"""Engines and transactions: the same promises on SQLite and on PostgreSQL.

SQLite: write-ahead log, every commit on the disk before it returns (FULL: with NORMAL a power cut may roll a commit back),
foreign keys. Writers begin with BEGIN IMMEDIATE: a transaction that reads first and writes later fails at once when another
writer came between. The driver's own transaction handling is off because it opens no transaction for reads and for changes
of the schema.

PostgreSQL: one writer at a time too, by an advisory lock, so that what a transaction read still holds when it writes. Only
transactions that change rows of their own go side by side (`Store.write_own`).

A SQLite archive that may only be read, such as one on a read-only disk, is read as it is.

Both wait a quarter of a minute for what another process holds, then raise LockedError. db.postgresql says how long a silent
PostgreSQL server is waited for.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import bindparam, create_engine, event, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from db.tables import add_postgresql_options, lease
from monitor.errors import (
    ArchiveError,
    BrokenOffError,
    ConfigError,
    LockedError,
    UnreachableError,
    signal_behind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta

    from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, RootTransaction, Row, Select

    from db.jobs import Jobs

_T = TypeVar("_T")

BUSY_TIMEOUT_MS = 5000
TRIES = 3
"""Tries to begin a transaction while the database is locked, each waiting `BUSY_TIMEOUT_MS`.

Only the beginning is tried again, when nothing is done yet; after that no writer of SQLite has to wait. A wait inside SQLite
hears no signal, hence several short ones. In PostgreSQL a statement may wait at any time, once but as long.
"""

_OWNER_ONLY = 0o600

_AGAIN = 0.01
"""Seconds between tries for a lock that SQLite does not wait for by itself."""

CACHE_KIB = 64 * 1024
"""Memory in which SQLite may keep pages of the file: with its usual 2 MB a backfill reads the indexes again and again."""

PAGE_SIZE = 16 * 1024
"""Bytes of a page of a new SQLite archive: with the usual 4 KiB a seventh of each page stayed unused."""

_WRITES = "writes"
"""Note on a connection to SQLite: the transaction that it begins next will write."""

WRITERS = 7077
"""Advisory lock of PostgreSQL that lets one process at a time write, or change the schema; shared by `Store.write_own`."""


def open_engine(url: str, *, base: Path | None = None, only_reads: bool = False) -> Engine:
    """Open the archive at `url`; a relative SQLite path is relative to `base`. Nothing is connected yet.

    With `only_reads` the database itself refuses every change.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if parsed.database and parsed.database != ":memory:" and base is not None:
                parsed = parsed.set(database=str(base / parsed.database))
            engine = _open_file(parsed)
        else:
            engine = _open_server(parsed)
    except NoSuchModuleError as exc:
        raise ConfigError("archive.url names a database that pqwatch does not know: use sqlite or postgresql") from exc
    except ArgumentError as exc:
        raise ConfigError(f"archive.url can't be read: {exc}") from exc
    except ModuleNotFoundError as exc:
        raise ConfigError(
            f"archive.url needs the module {exc.name}: install it with: pip install 'pqwatch[postgres]'"
        ) from exc
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)
    if only_reads:
        _refuse_changes(engine)
    return engine


def create_private(path: Path) -> None:
    """Create an empty file that only its owner may read, if there is no file; SQLite takes it for a new database.

    SQLite itself would make a file that every user may read. Its files beside the database get the mode of the database.
    Raises OSError where there is no file and none can be made, as on a full disk.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
    except (FileExistsError, FileNotFoundError, PermissionError):
        pass  # SQLite reports the last two when it opens the file
    except OSError:
        if not path.exists():
            raise


def make_private(path: Path) -> None:
    """Create the file of an archive; see `create_private`. Raises ArchiveError."""
    try:
        create_private(path)
    except OSError as exc:
        raise ArchiveError(f"{path} can't be made: {exc.strerror or exc}") from exc


def _open_file(url: URL) -> Engine:
    options: dict[str, Any] = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    path = Path(url.database) if url.database and url.database != ":memory:" else None
    if path is None or not path.is_file() or may_write(path):
        return create_engine(url, connect_args=options)
    return create_engine(url, creator=lambda: sqlite3.connect(read_only_address(path), uri=True, **options))


def may_write(path: Path) -> bool:
    """Return whether this process may write a file, and beside it, where SQLite keeps its log."""
    is_effective = os.access in os.supports_effective_ids
    return all(os.access(place, os.W_OK, effective_ids=is_effective) for place in (path, path.absolute().parent))


def read_only_address(path: Path) -> str:
    """Return the address of a file that is only read. Without a log beside it no process writes the file."""
    has_log = path.with_name(f"{path.name}-wal").exists()
    return f"{path.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"


def _open_server(url: URL) -> Engine:
    if url.get_driver_name() != "psycopg":  # the options below are of psycopg
        return create_engine(url, pool_pre_ping=True)
    from db import postgresql  # noqa: PLC0415 (slow to import, and only installed for PostgreSQL)

    engine = create_engine(url, connect_args=postgresql.connect_options(dict(url.query)))
    postgresql.watch_connections(engine)
    postgresql.ask_idle_connections(engine)
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    path = engine.url.database
    if path and path != ":memory:" and not path.startswith("file:"):

        @event.listens_for(engine, "do_connect")
        def make(_dialect: object, _record: object, _args: object, _kwargs: object) -> None:
            make_private(Path(path))

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            f"page_size = {PAGE_SIZE}",
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            f"cache_size = {-CACHE_KIB}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        _keep_log(connection, cursor)
        cursor.close()

    # Not a listener of "begin": with one, SQLAlchemy looks for listeners at each step of each statement, and a
    # transaction with one small statement takes nearly twice the time.
    vars(engine.dialect)["do_begin"] = _begin_sqlite
    vars(engine.dialect)["do_close"] = _close_sqlite


def _begin_sqlite(connection: PoolProxiedConnection) -> None:
    connection.cursor().execute("BEGIN IMMEDIATE" if connection.info.pop(_WRITES, False) else "BEGIN")


def _close_sqlite(connection: sqlite3.Connection) -> None:
    """Roll back and close.

    SQLAlchemy closes a connection when a signal cuts off its statement. SQLite would keep the connection and its
    transaction as long as Python still holds that statement.
    """
    with suppress(sqlite3.Error):
        connection.rollback()
    connection.close()


def _keep_log(connection: Any, cursor: Any) -> None:
    """Let the archive have a write-ahead log. Where two make one, SQLite tells one of them at once that it is locked."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except connection.OperationalError as exc:
            if exc.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() >= until:
                raise
            time.sleep(_AGAIN)
        else:
            return


def _prepare_postgresql(engine: Engine) -> None:
    add_postgresql_options()

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS * TRIES}")
        cursor.close()
        connection.commit()


def _refuse_changes(engine: Engine) -> None:
    setting = "PRAGMA query_only = ON" if engine.dialect.name == "sqlite" else "SET default_transaction_read_only = on"

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(setting)
        cursor.close()
        if engine.dialect.name != "sqlite":
            connection.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads, with one consistent view. Raises ArchiveError, LockedError."""
    with translated(engine), engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            # SQLite always has one view; PostgreSQL would show each statement what was committed since the last.
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def reading_at_once(engine: Engine) -> Iterator[Connection]:
    """Open a connection for one statement that reads. On PostgreSQL it needs no transaction: it sees one moment anyway.

    That saves two of three round trips to the server. Raises ArchiveError, LockedError.
    """
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            yield connection
        return
    with translated(engine), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


@contextmanager
def writing(engine: Engine, *, is_shared: bool = False) -> Iterator[Connection]:
    """Open a transaction that writes, all or nothing, one at a time. Raises ArchiveError, LockedError.

    `is_shared`: see `Store.write_own`.
    """
    with translated(engine):
        _close_what_was_left(engine)
        with patiently(engine, engine.connect) as connection:
            _WRITING.connections[engine] = connection
            with patiently(engine, lambda: begin_writing(connection, is_shared=is_shared)):
                yield connection
            leave_to_other_threads(engine)


class _Writing(threading.local):
    """In each thread: the connection that writes to each archive; also one that a signal left open."""

    def __init__(self) -> None:
        self.connections: dict[Engine, Connection] = {}


_WRITING = _Writing()


def leave_to_other_threads(engine: Engine) -> None:
    """Forget what this thread writes: it is written, or another thread may end it."""
    _WRITING.connections.pop(engine, None)


def _close_what_was_left(engine: Engine) -> None:
    """End a transaction of this thread that a signal left open.

    Ctrl-C may come while a `with` begins or ends, before Python knows how to leave the block. The transaction would stay
    open while the exception is handled. Whatever the handler writes, such as the end of a stage, would wait for it in vain.
    """
    left = _WRITING.connections.pop(engine, None)
    if left is not None and not left.closed:
        left.close()


def begin_writing(connection: Connection, *, is_shared: bool = False) -> RootTransaction:
    """Begin a transaction that writes. Raises OperationalError while another process writes."""
    if connection.dialect.name == "sqlite":
        connection.connection.info[_WRITES] = True
        return connection.begin()
    transaction = connection.begin()
    connection.exec_driver_sql(_LOCK_SHARED if is_shared else _LOCK)
    return transaction


_LOCK = f"SELECT pg_advisory_xact_lock({WRITERS})"
_LOCK_SHARED = f"SELECT pg_advisory_xact_lock_shared({WRITERS})"


def take_your_time(connection: Connection) -> None:
    """Lift the time limit of statements in this transaction, for an upgrade or a copy."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def patiently(engine: Engine, begin: Callable[[], _T]) -> _T:
    """Connect, or begin a transaction, and try again while the database is locked. Raises OperationalError in the end."""
    tries = TRIES if engine.dialect.name == "sqlite" else 1
    while True:
        tries -= 1
        try:
            return begin()
        except OperationalError as exc:
            if not tries or not _is_locked(exc):
                raise


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Translate errors of the database into ours, each a sentence with the remedy.

    An error that a signal led to becomes that signal again.
    """
    try:
        with _signals_kept():
            yield
    except OperationalError as exc:
        text, where = _first_line(exc), _where(engine)
        if _is_locked(exc):
            raise LockedError(f"{where} is in use by another process: try again when that is done") from exc
        if "statement timeout" in text:
            what = "a statement took longer than it may: allow more in the archive's address (statement_timeout)"
            raise ArchiveError(f"{where}: {what}") from exc
        if engine.dialect.name == "postgresql" and (problem := _unreachable(exc)):
            raise UnreachableError(f"{where} {problem}") from exc
        if "unable to open" in text:
            raise ArchiveError(f"{where} can't be opened: does its folder exist, and may you write there?") from exc
        if "readonly" in text:
            raise ArchiveError(f"{where} can only be read here: may you write it, and into its folder?") from exc
        if "disk is full" in text:
            raise ArchiveError(f"{where}: the disk is full ({text}): free some space and run again") from exc
        raise ArchiveError(f"{where}: {text}") from exc
    except DBAPIError as exc:
        raise ArchiveError(f"{_where(engine)}: {_first_line(exc)}") from exc


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Raise the signal again where SQLAlchemy, cleaning up after it, raised an error of its own."""
    try:
        yield
    except Exception as exc:
        if (interruption := signal_behind(exc)) is not None:
            raise interruption from None
        raise


def _unreachable(exc: OperationalError) -> str:
    """Explain that a server can't be reached or fell silent; "" if it sent an error itself."""
    text = str(exc.orig)
    remedy = "is the database server up, and can it be reached from here?"
    if re.search(r"timeout expired|timed out|does not answer", text):
        return f"does not answer: {remedy}"
    gone = r"refused|unreachable|No route|closed the connection|could not receive|connection is lost"
    restarts = r"in recovery mode|starting up|shutting down|not yet accepting connections|terminating connection"
    if re.search(f"{gone}|{restarts}", text):
        return f"can't be reached ({_first_line(exc)}): {remedy}"
    return ""


def _where(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _is_locked(exc: DBAPIError) -> bool:
    return re.search(r"locked|busy|lock timeout|deadlock", _first_line(exc)) is not None


def _first_line(exc: DBAPIError) -> str:
    return str(exc.orig).strip().splitlines()[0] if str(exc.orig).strip() else type(exc.orig).__name__


def sqlite_version() -> tuple[int, ...]:
    """Return the version of the SQLite library that Python was built with."""
    return sqlite3.sqlite_version_info


def has_full_text() -> bool:
    """Return whether SQLite has the extension FTS5, which the search index needs."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(words)")
        except sqlite3.OperationalError:
            return False
    return True


# -- archives ---------------------------------------------------------------------------------------------------------

_RENEWED = update(lease).where(lease.c.token == bindparam("held")).values(expires_at=bindparam("until"))
"""Built once: each transaction that writes begins with it, and building a statement takes longer than executing it."""


_VIEWS = threading.local()
"""In each thread: the store and connection of the view that is open, as `open`."""


@dataclass(slots=True)
class Store:
    """Engine and clock of an archive, and the token of the lease while this process holds it.

    While a lease is held each write transaction first renews it. If another process took it over meanwhile, that
    transaction and all further ones are refused with LeaseError and nothing of them is kept.

    `jobs`: the queue that gets a job for what becomes due; None where a single process does all the work.
    """

    engine: Engine
    clock: Callable[[], datetime]
    lease_for: timedelta
    token: str | None = None
    jobs: Jobs | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads, or go on in that of `one_view`."""
        with self._in_view(reading) as connection:
            yield connection

    @contextmanager
    def _in_view(self, begin: Callable[[Engine], AbstractContextManager[Connection]]) -> Iterator[Connection]:
        """Go on in the transaction of `one_view`; where none is open, begin."""
        viewing: tuple[Store, Connection] | None = getattr(_VIEWS, "open", None)
        if viewing is not None and viewing[0] is self:
            yield viewing[1]
            return
        with begin(self.engine) as connection:
            yield connection

    @contextmanager
    def read_once(self) -> Iterator[Connection]:
        """Open a connection for one statement that reads, or go on in the transaction of `one_view`."""
        with self._in_view(reading_at_once) as connection:
            yield connection

    @contextmanager
    def read_now(self) -> Iterator[Connection]:
        """Open a transaction that only reads and sees what is there now, also within `one_view`."""
        with reading(self.engine) as connection:
            yield connection

    @contextmanager
    def one_view(self) -> Iterator[None]:
        """Let all that this thread reads until the end share a transaction: it sees one moment, and costs less.

        What is written meanwhile, also by this thread, is not seen before the end.
        """
        with self.read() as connection:
            before = getattr(_VIEWS, "open", None)
            _VIEWS.open = self, connection
            try:
                yield
            finally:
                _VIEWS.open = before

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes, all or nothing."""
        with self._write() as connection:
            yield connection

    @contextmanager
    def write_own(self) -> Iterator[Connection]:
        """Open a transaction that writes rows which no other process may change now: new ones, or those that it holds.

        On PostgreSQL such transactions go side by side, so that workers do not wait for each other; none goes beside one of
        `write`. What it reads and does not hold may change before its end, except by `write`.
        """
        with self._write(is_shared=True) as connection:
            yield connection

    @contextmanager
    def _write(self, *, is_shared: bool = False) -> Iterator[Connection]:
        with writing(self.engine, is_shared=is_shared) as connection:
            if self.token is not None:
                self._renew(connection)
            yield connection

    def rows(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
        """Read the rows of a query, by itself or in the transaction of `one_view`."""
        with self.read_once() as connection:
            return connection.execute(query, values).all()

    def scalars(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> list[Any]:
        """Read the first column of a query, as `rows`."""
        return [row[0] for row in self.rows(query, values)]

    def _renew(self, connection: Connection) -> None:
        renewed = connection.execute(_RENEWED, {"held": self.token, "until": self.clock() + self.lease_for})
        if renewed.rowcount != 1:
            raise BrokenOffError(
                "another run took the archive over while this one stood still: nothing more is written"
            )


@dataclass(frozen=True, slots=True)
class Location:
    """Address of an archive. Looking at it neither connects nor creates anything."""

    engine: Engine

    @classmethod
    def of(cls, url: str, *, base: Path | None = None) -> Location:
        """Return the location with an address. Raises ArchiveError if the address can't be read."""
        return cls(open_engine(url, base=base))

    def close(self) -> None:
        """Close the connections that were opened."""
        self.engine.dispose()

    @property
    def is_sqlite(self) -> bool:
        """True for an archive in a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """File of the archive; None on PostgreSQL."""
        return Path(self.engine.url.database or "") if self.is_sqlite else None

    @property
    def name(self) -> str:
        """Path or address of the archive, without a password."""
        return str(self.file) if self.is_sqlite else self.engine.url.render_as_string(hide_password=True)

    def may_exist(self) -> bool:
        """Return whether there may be an archive: connecting to a SQLite file that is missing would create it."""
        return self.file is None or self.file.is_file()


@contextmanager
def open_location(url: str, *, base: Path | None = None) -> Iterator[Location]:
    """Open the address of an archive, and close its connections at the end. Raises ArchiveError for a bad address."""
    location = Location.of(url, base=base)
    try:
        yield location
    finally:
        location.close()
