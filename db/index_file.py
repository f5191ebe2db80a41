"""The file of the search index: where it is, how it is opened, how a damaged one is replaced.

It is a SQLite database of its own: beside a SQLite archive, and for an archive on PostgreSQL in the user's cache folder. It
holds nothing that the archive does not say, so it may be deleted at any time, and no failure of it stops a search.

A reader sees one state of the file for as long as it reads (write-ahead log), whatever others write. One process at a time
makes the file or removes a damaged one, by a lock beside it: otherwise one could remove what another has just made.

A removed file may still be open in a thread, which reads it to the end. What SQLite kept beside it (its shared memory, its
log) is never used for the file that is made next.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import stat
import sys
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Final

from db.engine import (
    BUSY_TIMEOUT_MS,
    CACHE_KIB,
    PAGE_SIZE,
    TRIES,
    create_private,
    may_write,
    place_on_server,
    read_only_address,
)
from db.stoppable import stoppable
from monitor.errors import ArchiveError, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

    Identity = tuple[int, int]

WHAT: Final = "the index for searches"
"""Beginning of each message about the index."""

_SUFFIX: Final = ".index"
_LOCK: Final = "-lock"
_BESIDE: Final = ("-wal", "-shm", "-journal")
"""Files that SQLite keeps beside a database, by the end of their names."""

_OPENING: Final = RLock()
"""Held while a thread opens the index, makes it or removes it.

SQLite finds a database's shared memory by its name, at the first read. If the file was removed in between, or a removed one
left its memory behind, two databases would share it; and the later one cuts it short where only threads of this process have
it open. Each of them that looks into it then ends the whole process (SIGBUS).
"""


class IndexBusyError(LockedError):
    """Another process writes the index."""


class IndexFailedError(ArchiveError):
    """The index can't be read or written. `is_damaged`: it must be made again."""

    def __init__(self, path: Path, reason: object, *, is_damaged: bool) -> None:
        super().__init__(f"{WHAT}, {path}, can't be used ({reason})")
        self.is_damaged = is_damaged


def index_path(engine: Engine) -> Path | None:
    """Return where the index of an archive is; None for an archive in memory, which has none. Raises ArchiveError."""
    url = engine.url
    if engine.dialect.name == "sqlite":
        is_file = url.database and url.database != ":memory:" and not url.database.startswith("file:")
        return Path(f"{os.path.realpath(str(url.database))}{_SUFFIX}") if is_file else None
    from platformdirs import user_cache_path  # noqa: PLC0415 - only needed for PostgreSQL

    place = hashlib.blake2b(place_on_server(url).encode(), digest_size=4).hexdigest()
    name = re.sub(r"\W", "_", url.database or "archive")
    try:
        return user_cache_path("pqwatch") / f"{name}-{place}{_SUFFIX}"
    except RuntimeError:  # no HOME, and a user whom the system does not know, as in some containers
        raise ArchiveError(
            "The home folder is not known, in which the index for searches of an archive on PostgreSQL lies: set "
            "XDG_CACHE_HOME to a folder that this user may write."
        ) from None


class IndexFile:
    """The file, and connections to it that wait for the next reader. Threads may share it; each connection has one reader.

    `archive`: a SQLite archive beside it, whose readers and writers may read and write the index too.
    """

    def __init__(self, path: Path, archive: Path | None = None) -> None:
        self.path: Final = path
        self._archive: Final = archive
        self._idle: list[tuple[Identity, sqlite3.Connection]] = []

    @property
    def identity(self) -> Identity | None:
        """Identity that tells this file from another of its name; None where there is no file."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @property
    def may_be_written(self) -> bool:
        """True where this process may write the file, or make it where it is missing."""
        path = self.path.absolute()
        there = next(place for place in (path, *path.parents) if place.exists())
        return may_write(there) if there == path else os.access(there, os.W_OK | os.X_OK)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """Open it for one reader, who sees one state of it; None where there is no file. Raises IndexFailedError."""
        identity = self.identity
        if identity is None:
            yield None
            return
        may_wait, connection = True, self._idle_connection(identity)
        if connection is None:
            may_wait = may_write(self.path)  # else it would not see what others write
            connection = self._open_for_reading(may_write=may_wait)
        try:
            yield connection
        finally:
            self._give_back(identity, connection, may_wait=may_wait)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open it for a writer. Raises IndexFailedError."""
        with self._failing(), closing(self._open_for_writing()) as connection:
            yield connection

    @contextmanager
    def transaction(self, connection: sqlite3.Connection, *, waits: bool = True) -> Iterator[None]:
        """Write all or nothing, while no other process writes. Raises IndexFailedError, LockedError."""
        with self._failing():
            self._begin(connection, "IMMEDIATE", tries=TRIES if waits else 0)
            try:
                yield
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def make(self, *, waits: bool = True) -> None:
        """Make an empty file where it is missing. Raises IndexFailedError, IndexBusyError."""
        with self._failing():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._alone(waits=waits), _OPENING:
                if not self.path.exists():
                    self._remove_beside()  # what is left of a file that was deleted
                    self._create(self.path)
                    self._open_for_writing().close()  # no thread opens it before it has its shared memory

    def remove(self, identity: Identity | None, *, waits: bool = True) -> None:
        """Remove this very file, unless another took its place. Raises IndexFailedError, IndexBusyError."""
        self.close_idle()
        with self._failing(), self._alone(waits=waits), _OPENING:
            if identity == self.identity:
                self.path.unlink(missing_ok=True)
                self._remove_beside()

    def _remove_beside(self) -> None:
        for end in _BESIDE:
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)

    @contextmanager
    def _alone(self, *, waits: bool) -> Iterator[None]:
        """Hold the lock beside the file: an empty database, since SQLite knows the locks of every system."""
        path = self.path.with_name(self.path.name + _LOCK)
        if not path.exists():
            self._create(path)
        with closing(self._connect(f"{path.absolute().as_uri()}?mode=rw")) as connection:
            self._begin(connection, "EXCLUSIVE", tries=TRIES if waits else 0)
            yield

    def _create(self, path: Path) -> None:
        create_private(path)
        if self._archive is not None:
            _share_like(path, self._archive)

    def failure(self, cause: Exception) -> IndexFailedError:
        """Return the error to raise for one of SQLite's."""
        return IndexFailedError(self.path, cause, is_damaged=_is_damage(cause))

    def note_damage(self) -> None:
        """Leave word that a reader found damage, where that can be written: the next writer makes the file again."""
        with suppress(sqlite3.Error), closing(self._open(self._address)) as connection:
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("INSERT OR REPLACE INTO fact (name, value) VALUES ('damaged', '1')")

    def problem(self, tables: Sequence[str], *, is_quick: bool) -> str:
        """Say what SQLite finds wrong with the file, and FTS5 with its tables; "" where nothing. Raises IndexFailedError."""
        with self.reading() as connection, self._failing():
            if connection is None:
                return ""
            look = f"PRAGMA {'quick_check' if is_quick else 'integrity_check'}(1)"
            [found] = stoppable(connection, lambda: connection.execute(look).fetchone())
            if found != "ok":
                return f"{WHAT}, {self.path}, is damaged ({found})"
            if not is_quick and may_write(self.path):
                for table in tables:
                    look = f"INSERT INTO {table} ({table}) VALUES ('integrity-check')"  # noqa: S608 (names of ours)
                    stoppable(connection, partial(connection.execute, look))
        return ""

    def close_idle(self) -> None:
        """Close the connections that no reader uses."""
        while (idle := self._take_idle()) is not None:
            idle[1].close()

    def _idle_connection(self, identity: Identity) -> sqlite3.Connection | None:
        while (idle := self._take_idle()) is not None:
            known, connection = idle
            if known == identity:
                return connection
            connection.close()
        return None

    def _take_idle(self) -> tuple[Identity, sqlite3.Connection] | None:
        """Take a connection from the list. Another thread may take the last one at any moment."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _give_back(self, identity: Identity, connection: sqlite3.Connection, *, may_wait: bool) -> None:
        """Keep a connection for the next reader, if it may wait."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            may_wait = False
        if may_wait:
            self._idle.append((identity, connection))
        else:
            connection.close()

    def _open_for_reading(self, *, may_write: bool) -> sqlite3.Connection:
        with self._failing():
            return self._open(self._address if may_write else read_only_address(self.path))

    def _open_for_writing(self) -> sqlite3.Connection:
        return self._open(self._address, f"page_size = {PAGE_SIZE}", "journal_mode = WAL", "synchronous = NORMAL")

    @property
    def _address(self) -> str:
        return f"{self.path.absolute().as_uri()}?mode=rw"

    def _open(self, address: str, *pragmas: str) -> sqlite3.Connection:
        """Open the index, with its shared memory."""
        with _OPENING:
            connection = self._connect(address)
            try:
                for pragma in (*pragmas, "schema_version"):  # the last one reads
                    connection.execute(f"PRAGMA {pragma}")
            except BaseException:
                connection.close()
                raise
            return connection

    def _connect(self, address: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            address, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin(self, connection: sqlite3.Connection, mode: str, *, tries: int) -> None:
        """Begin to write. A wait inside SQLite hears no signal, hence several short ones."""
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS if tries else 0}")
        for _ in range(tries - 1):
            with suppress(sqlite3.OperationalError):
                connection.execute(f"BEGIN {mode}")
                return
        try:
            connection.execute(f"BEGIN {mode}")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise IndexBusyError(
                f"{WHAT}, {self.path}, is in use by another process: try again when that is done"
            ) from exc

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Turn errors of SQLite and of the file system into ours."""
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            raise self.failure(exc) from exc


def _share_like(path: Path, archive: Path) -> None:
    """Give a file the mode of the archive, and its owner where root made it, as SQLite does with its own files."""
    found = archive.stat()
    path.chmod(stat.S_IMODE(found.st_mode))
    if sys.platform != "win32" and os.geteuid() == 0:
        os.chown(path, found.st_uid, found.st_gid)


def _is_damage(cause: Exception) -> bool:
    """Say whether an error means that the file itself is bad, rather than that it can't be reached now."""
    if not isinstance(cause, sqlite3.Error):
        return False
    code = getattr(cause, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_IOERR_SHORT_READ or code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return True
    # SQLite calls these mere errors.
    return re.search("no such table|constructor failed|file format", str(cause)) is not None
