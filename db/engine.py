"""Engines: connections to an archive, with the same promises on SQLite and on PostgreSQL, and where an archive is.

SQLite: write-ahead log, every commit on the disk before it returns (FULL: with NORMAL a power cut may roll a commit back),
foreign keys. The driver's own transaction handling is off because it opens no transaction for reads and for changes of the
schema. An archive that may only be read, such as one on a read-only disk, is read as it is.

Both wait a quarter of a minute for what another process holds. db.postgresql says how long a silent PostgreSQL server is
waited for, db.transactions how transactions begin.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from db.database_errors import shown_address
from db.tables import add_postgresql_options
from monitor.errors import ArchiveError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection

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


def open_engine(url: str, *, base: Path | None = None, only_reads: bool = False) -> Engine:
    """Open the archive at `url`; a relative SQLite path is relative to `base`. Nothing is connected yet.

    With `only_reads` the database itself refuses every change.
    """
    try:
        parsed = _parsed(url)
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
            f"archive.url needs the module {exc.name}: install pqwatch again from its folder, with '.[postgres]' "
            "in place of ."
        ) from exc
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)
    if only_reads:
        _refuse_changes(engine)
    return engine


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ValueError:  # whose text may hold a part of the password
        raise ConfigError("archive.url can't be read: its port is no number") from None


def place_on_server(url: URL) -> str:
    """Return what tells a database on PostgreSQL from others: an address may name its server among the options too."""
    options = {name: url.query[name] for name in ("host", "hostaddr", "port", "dbname", "service") if name in url.query}
    return f"{url.host}:{url.port}/{url.database}{options or ''}"


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
        try:
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
        except UnicodeDecodeError as exc:  # of SQLite's own error, which quotes what is damaged
            raise connection.DatabaseError("malformed database schema") from exc
        cursor.close()

    # Not a listener of "begin": with one, SQLAlchemy looks for listeners at each step of each statement, and a
    # transaction with one small statement takes nearly twice the time.
    vars(engine.dialect)["do_begin"] = _begin_sqlite
    vars(engine.dialect)["do_close"] = _close_sqlite


def _begin_sqlite(connection: PoolProxiedConnection) -> None:
    connection.cursor().execute("BEGIN IMMEDIATE" if connection.info.pop(_WRITES, False) else "BEGIN")


def will_write(connection: Connection) -> None:
    """Let the transaction that a connection to SQLite begins next be one that writes."""
    connection.connection.info[_WRITES] = True


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
        return str(self.file) if self.is_sqlite else shown_address(self.engine.url)

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
