"""Backup and restore of a SQLite archive, and its free space given back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, count
from typing import TYPE_CHECKING

from db import schema
from db.database_errors import translated
from db.engine import BUSY_TIMEOUT_MS, PAGE_SIZE, make_private, may_write, open_engine, read_only_address
from db.integrity import check, file_of
from db.stoppable import stoppable
from db.transactions import reading
from monitor.errors import ArchiveError, LockedError, SchemaError
from monitor.files import OWNER_ONLY, whole_file
from monitor.model.archive_address import file_address
from monitor.model.deliveries import UNSENT, WAITED_IN_BACKUP, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    Progress = Callable[[int, int], None]


PAGES_AT_ONCE = 500
"""Pages of a database that are copied at once: 8 MB of a new archive. A signal is heard between two such steps."""

BUSY_TRIES = 20
"""Tries of a copy for a database that another process holds, a quarter of a second apart."""

_OLD_INDEX = "full_text"
"""Prefix of findings about the search index inside archives before schema 0010: the upgrade drops it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Result of a restore.

    `kept`: where the archive is that was replaced, None where there was none. `version`: the schema's version now.
    `held`: mails that waited when the backup was made and may have gone since, so that now a person must decide.
    """

    kept: Path | None
    version: str
    held: int


# -- backups ----------------------------------------------------------------------------------------------------------


def back_up(engine: Engine, target: Path, progress: Progress = lambda _done, _of: None) -> Path:
    """Copy a SQLite archive, whole and consistent, while others use it; appears under its name when it is complete.

    `progress` is told of pages done and of all there are. Raises ArchiveError where `target` is there already, there is no
    archive, or it is on PostgreSQL, which has tools of its own.
    """
    source = file_of(engine, "pg_dump --format=custom")
    if not source.is_file():
        raise ArchiveError(f"there is no archive at {source} yet: pqwatch run makes one")
    if target.exists():
        raise ArchiveError(f"{target} is there already: name another file, or remove it first")
    with translated(engine):
        try:
            with (
                whole_file(target, mode=OWNER_ONLY, is_shared=False) as draft,
                _source(source) as there,
                closing(sqlite3.connect(draft.name)) as here,
            ):
                here.execute("PRAGMA journal_mode = MEMORY")  # a journal beside it would be shared with another backup
                _copy(there, here, source, progress)
        except (sqlite3.Error, OSError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            raise ArchiveError(f"the backup to {target} failed: {reason}") from exc
    return target


@contextmanager
def _source(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to an archive to copy it. One that may only be read is read as it is, without a log beside it.

    Raises LockedError where another user, who may write it, did so meanwhile.
    """
    if may_write(path):
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
            yield connection
        return
    log, before = path.with_name(f"{path.name}-wal"), path.stat()
    has_log = log.exists()
    with closing(sqlite3.connect(read_only_address(path), uri=True, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
        yield connection
    if not has_log and (log.exists() or path.stat().st_mtime_ns != before.st_mtime_ns):
        raise LockedError(f"{path} was written meanwhile by another user: try again")


def restore(
    engine: Engine,
    saved: Path,
    now: datetime,
    *,
    told_to: date | None = None,
    progress: Progress = lambda _done, _of: None,
) -> Restored:
    """Replace a SQLite archive by a backup and keep the archive beside it, with `now` in its name.

    `told_to`: the day up to which subscribers were told of everything; what is found again up to it is mailed to no one.
    The backup is examined first: nothing is touched if it is damaged or not an archive. Call it while holding the archive.
    It needs room for twice the backup and once the archive, in the archive's folder. `progress` is told of each copy's pages
    done and of all there are. Raises ArchiveError, SchemaError.
    """
    target = file_of(engine, "pg_restore")
    if not saved.is_file():
        raise ArchiveError(f"{saved} is not there: name a file that pqwatch db backup made")
    if target.exists() and target.samefile(saved):
        raise ArchiveError(f"{saved} is the archive itself: name a file that pqwatch db backup made")
    draft = target.with_name(f".{target.name}.restored")
    _remove(draft)
    try:
        make_private(draft)
        with (
            _reported(f"{saved} is no archive of pqwatch, or a damaged one"),
            closing(sqlite3.connect(read_only_address(saved), uri=True)) as there,
            closing(sqlite3.connect(draft)) as here,
        ):
            _copy(there, here, saved, progress)
        version = _examine(draft, saved)
        with _reported(f"{saved} could not be made ready in {draft}, and the archive is as it was"):
            held = _make_ready(draft, told_to, now)
        engine.dispose()
        kept = _set_aside(engine, target, now, progress)
        make_private(target)
        with _reported(f"{saved} could not be restored to {target}"), _removed_unless_replaced(kept, target):
            fit_pages(draft, target)
            with closing(sqlite3.connect(draft)) as there, closing(sqlite3.connect(target, timeout=0)) as here:
                _copy(there, here, target, progress)
    finally:
        _remove(draft)
    return Restored(kept=kept, version=version, held=held)


@contextmanager
def _reported(problem: str) -> Iterator[None]:
    """Report an error of SQLite as an ArchiveError, with its reason after the problem."""
    try:
        yield
    except sqlite3.Error as exc:
        raise ArchiveError(f"{problem}: {exc}") from exc


def newest_run(saved: Path) -> datetime | None:
    """Return when the newest stage in a SQLite archive or a backup began; None if that can't be read."""
    try:
        with closing(sqlite3.connect(read_only_address(saved), uri=True)) as connection:
            [found] = connection.execute("SELECT max(started_at) FROM run").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):  # the second of an error that quotes what is damaged
        return None
    return datetime.fromisoformat(found).replace(tzinfo=UTC) if found else None


def _copy(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    held: Path,
    progress: Progress = lambda _done, _of: None,
) -> None:
    """Copy a database some pages at a time. The library tries for ever while another process holds one of the two; we stop.

    One view of the source is kept from the first page to the last: else the library begins again whenever another process
    has written meanwhile.
    """
    tries = count(1)

    def look(status: int, left: int, pages: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and next(tries) > BUSY_TRIES:
            raise LockedError(f"{held} is in use by another process: try again when that is done")
        progress(pages - left, pages)

    try:
        source.execute("BEGIN")
        source.execute("PRAGMA schema_version").fetchone()
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise LockedError(f"{held} is in use by another process: try again when that is done") from exc
        raise
    source.backup(target, pages=PAGES_AT_ONCE, progress=look)


def _examine(draft: Path, saved: Path) -> str:
    """Return the schema's version of a copied backup. Raises ArchiveError, SchemaError where it is not good."""
    copy = open_engine(file_address(draft.absolute()))
    try:
        version = schema.current(copy)
        if version is None:
            raise ArchiveError(f"{saved} is no archive of pqwatch: name a file that pqwatch db backup made")
        if version > schema.HEAD:
            raise SchemaError(
                f"the schema of {saved} ({version}) is newer than this program ({schema.HEAD}): "
                "install the newer pqwatch first"
            )
        for problem in _problems(copy):
            if _OLD_INDEX not in problem:
                raise ArchiveError(f"{saved} is damaged, and the archive is as it was: {problem}")
    finally:
        copy.dispose()
    return version


def _problems(copy: Engine) -> list[str]:
    """List what is wrong with a copied backup. What SQLite can't read at all raises an error that names only the copy."""
    try:
        return check(copy)
    except ArchiveError as exc:
        if not isinstance(cause := getattr(exc.__cause__, "orig", None), sqlite3.DatabaseError):
            raise
        return [str(cause)]


def _make_ready(draft: Path, told_to: date | None, now: datetime) -> int:
    """Prepare a copied backup for use; returns how many mails are held now.

    It is free to hold. Mails that waited may have gone meanwhile. The whole look-back is to be read again. It gets a new
    name, so that digests composed now have other Message-IDs than the forgotten ones: mail systems drop a second mail with
    the same ID, with everything new in it.
    """
    states = ", ".join(f"'{state}'" for state in UNSENT)
    with closing(sqlite3.connect(draft)) as connection, connection:
        connection.execute("DELETE FROM lease")
        held = connection.execute(
            f"UPDATE outbox SET state = ?, error = ?, claim = NULL WHERE state IN ({states})",  # noqa: S608 (our own words)
            (DeliveryState.HELD.value, WAITED_IN_BACKUP),
        ).rowcount
        # A backup that was made after an earlier restore knows when its sources had been read again: after that one.
        connection.execute("DELETE FROM meta WHERE key LIKE 'full_read_on%' OR key LIKE 'caught_up_at%'")
        connection.execute("DELETE FROM meta WHERE key = 'instance'")
        if told_to is not None:
            facts = [("told_to", told_to.isoformat()), ("told_to_said_at", now.isoformat())]
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts)
    return held


@contextmanager
def _removed_unless_replaced(kept: Path | None, target: Path) -> Iterator[None]:
    """Remove the kept copy of an archive where the block fails and the archive is as it was. Raises what the block does.

    A disk that was too small for the restore would stay full.
    """
    if kept is None or not target.stat().st_size:
        yield
        return
    with closing(sqlite3.connect(target, timeout=BUSY_TIMEOUT_MS / 1000)) as archive:
        [before] = archive.execute("PRAGMA data_version").fetchone()
        try:
            yield
        except BaseException:
            [after] = archive.execute("PRAGMA data_version").fetchone()
            if after == before:
                kept.unlink()
            raise


def _set_aside(engine: Engine, target: Path, now: datetime, progress: Progress) -> Path | None:
    """Keep the archive that is about to be replaced: a copy, or where it is damaged its files as they are."""
    if not target.exists() or not target.stat().st_size:
        return None
    name = f"{target.name}.replaced-{now:%Y%m%dT%H%M%SZ}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    kept = next(path for path in map(target.with_name, names) if not path.exists())
    try:
        return back_up(engine, kept, progress)
    except LockedError:
        raise
    except ArchiveError as exc:
        cause = exc.__cause__
        if not isinstance(cause, sqlite3.DatabaseError) or isinstance(cause, sqlite3.OperationalError):
            raise ArchiveError(f"{target} is as it was, for it could not be kept beside itself: {exc}") from cause
    for tail in ("", "-wal", "-shm"):
        part = target.with_name(target.name + tail)
        if part.exists():
            part.replace(kept.with_name(kept.name + tail))
    return kept


def _remove(database: Path) -> None:
    for tail in ("", "-wal", "-shm", "-journal"):
        path = database.with_name(database.name + tail)
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            raise ArchiveError(f"{path} can't be removed: {exc.strerror}") from exc


# -- free space -------------------------------------------------------------------------------------------------------


def compact(path: Path) -> tuple[int, int]:
    """Give the free space of a SQLite archive back to the disk; returns the bytes of its file before and after.

    Call it while holding the archive, with no other process using it. It needs as much room again, in the archive's folder.
    If it is killed at any moment, the archive is as it was. Raises ArchiveError, LockedError.
    """
    before = path.stat().st_size
    with _written_again(path, "made smaller") as connection:
        _pack(connection, PAGE_SIZE)
    return before, path.stat().st_size


def overwrite_unused(path: Path) -> None:
    """Write a SQLite archive again, so that no unused byte of it holds what was deleted. Others may read it meanwhile.

    SQLite overwrites what is deleted, but not the copies that stay behind where it moved rows to other pages before. It
    needs as much room again, in the archive's folder. Raises ArchiveError, LockedError; the archive is as it was then.
    """
    with _written_again(path, "written again") as connection:
        stoppable(connection, lambda: connection.execute("VACUUM"))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _written_again(path: Path, what: str) -> Iterator[sqlite3.Connection]:
    """Connect to a database that is to be written as a whole; what SQLite writes meanwhile lies beside it."""
    folder = os.environ.get("SQLITE_TMPDIR")
    os.environ["SQLITE_TMPDIR"] = str(path.parent)  # else the copy is made in /tmp, which may be small
    try:
        timeout = BUSY_TIMEOUT_MS / 1000
        with closing(sqlite3.connect(path, timeout=timeout, check_same_thread=False)) as connection:
            yield connection
    except sqlite3.Error as exc:
        if exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise LockedError(f"{path} is in use by another process: try again when that is done") from exc
        raise ArchiveError(f"{path} could not be {what}, and is as it was: {exc}") from exc
    finally:
        os.environ.pop("SQLITE_TMPDIR")
        if folder is not None:
            os.environ["SQLITE_TMPDIR"] = folder


def unused(engine: Engine) -> int:
    """Return how many bytes of a SQLite archive are free; PostgreSQL manages its own."""
    if engine.dialect.name != "sqlite":
        return 0
    with reading(engine) as connection:
        pages, size_of_page = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in ("freelist_count", "page_size")
        )
    return pages * size_of_page


def fit_pages(draft: Path, target: Path) -> None:
    """Give a copied backup pages of the archive's size: SQLite copies no other size into a database in use."""
    if not target.exists() or not target.stat().st_size:
        return
    with (
        closing(sqlite3.connect(target, timeout=BUSY_TIMEOUT_MS / 1000)) as there,
        closing(sqlite3.connect(draft, check_same_thread=False)) as here,
    ):
        [size], [other] = (database.execute("PRAGMA page_size").fetchone() for database in (there, here))
        if size != other:
            _pack(here, size)


def _pack(connection: sqlite3.Connection, page_size: int) -> None:
    """Write a database again without free pages, in pages of a size. Raises sqlite3.Error; nothing is changed then.

    Other threads may use the connection.
    """
    connection.execute("PRAGMA journal_mode = DELETE")  # with a write-ahead log the size of pages stays
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA page_size = {page_size}")
    stoppable(connection, lambda: connection.execute("VACUUM"))
