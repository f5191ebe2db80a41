"""Copies of an archive: backup and restore of a SQLite file, its free space, and a copy into another database.

A copy into another database, from SQLite to PostgreSQL, back, or into one of the same kind, is read in one view of the
source and written in one transaction of the target, which ends only after every row was read back and found the same. So it
is all there or not there at all, and one that was cut short is begun anew.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, inspect, select
from sqlalchemy.exc import DataError, IntegrityError

from db import schema, tables
from db.database_errors import translated
from db.engine import BUSY_TIMEOUT_MS, PAGE_SIZE, Location, make_private, open_engine, read_only_address
from db.integrity import check, file_of
from db.transactions import reading, take_your_time, writing
from monitor.errors import ArchiveError, LockedError, SchemaError
from monitor.files import OWNER_ONLY, whole_file
from monitor.model.archive_address import file_address
from monitor.model.deliveries import UNSENT, DeliveryState
from monitor.model.watching import LONGEST_FACT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from sqlalchemy import Connection, Engine, Row, Table

    from db.archive import Archive

    Progress = Callable[[int, int], None]


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


def back_up(engine: Engine, target: Path) -> Path:
    """Copy a SQLite archive, whole and consistent, while others use it; appears under its name when it is complete.

    Raises ArchiveError where `target` is there already, there is no archive, or it is on PostgreSQL, which has tools of
    its own.
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
                closing(sqlite3.connect(source, timeout=0)) as there,
                closing(sqlite3.connect(draft.name)) as here,
            ):
                _copy(there, here, source)
        except (sqlite3.Error, OSError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            raise ArchiveError(f"the backup to {target} failed: {reason}") from exc
    return target


def restore(engine: Engine, saved: Path, now: datetime, *, told_to: date | None = None) -> Restored:
    """Replace a SQLite archive by a backup and keep the archive beside it, with `now` in its name.

    `told_to`: the day up to which subscribers were told of everything; what is found again up to it is mailed to no one.
    The backup is examined first: nothing is touched if it is damaged or not an archive. Call it while holding the archive.
    Raises ArchiveError, SchemaError.
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
            _copy(there, here, saved)
        version = _examine(draft, saved)
        with _reported(f"{saved} could not be made ready in {draft}, and the archive is as it was"):
            held = _make_ready(draft, told_to)
        engine.dispose()
        kept = _set_aside(engine, target, now)
        make_private(target)
        with _reported(f"{saved} could not be restored to {target}"):
            fit_pages(draft, target)
            with closing(sqlite3.connect(draft)) as there, closing(sqlite3.connect(target, timeout=0)) as here:
                _copy(there, here, target)
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
    except sqlite3.Error:
        return None
    return datetime.fromisoformat(found).replace(tzinfo=UTC) if found else None


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, held: Path) -> None:
    """Copy a database page by page. The library tries for ever while another process holds one of the two; we stop."""
    tries = count(1)

    def progress(status: int, _left: int, _all: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and next(tries) > BUSY_TRIES:
            raise LockedError(f"{held} is in use by another process: try again when that is done")

    source.backup(target, progress=progress)


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
        for problem in check(copy):
            if _OLD_INDEX not in problem:
                raise ArchiveError(f"{saved} is damaged: {problem}")
    finally:
        copy.dispose()
    return version


def _make_ready(draft: Path, told_to: date | None) -> int:
    """Prepare a copied backup for use; returns how many mails are held now.

    It is free to hold. Mails that waited may have gone meanwhile. The whole look-back is to be read again. It gets a new
    name, so that digests composed now have other Message-IDs than the forgotten ones: mail systems drop a second mail with
    the same ID, with everything new in it.
    """
    states = ", ".join(f"'{state}'" for state in UNSENT)
    why = "it waited when the backup was made that was restored, and may have gone since"
    with closing(sqlite3.connect(draft)) as connection, connection:
        connection.execute("DELETE FROM lease")
        held = connection.execute(
            f"UPDATE outbox SET state = ?, error = ?, claim = NULL WHERE state IN ({states})",  # noqa: S608 (our own words)
            (DeliveryState.HELD.value, why),
        ).rowcount
        connection.execute("DELETE FROM meta WHERE key = 'instance' OR key LIKE 'full_read_on%'")
        if told_to is not None:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('told_to', ?)", (told_to.isoformat(),))
    return held


def _set_aside(engine: Engine, target: Path, now: datetime) -> Path | None:
    """Keep the archive that is about to be replaced: a copy, or where it is damaged its files as they are."""
    if not target.exists() or not target.stat().st_size:
        return None
    name = f"{target.name}.replaced-{now:%Y%m%dT%H%M%SZ}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    kept = next(path for path in map(target.with_name, names) if not path.exists())
    try:
        return back_up(engine, kept)
    except ArchiveError as exc:
        cause = exc.__cause__
        if not isinstance(cause, sqlite3.DatabaseError) or isinstance(cause, sqlite3.OperationalError):
            raise
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
    folder = os.environ.get("SQLITE_TMPDIR")
    os.environ["SQLITE_TMPDIR"] = str(path.parent)  # else the copy is made in /tmp, which may be small
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
            _pack(connection, PAGE_SIZE)
    except sqlite3.Error as exc:
        if exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise LockedError(f"{path} is in use by another process: try again when that is done") from exc
        raise ArchiveError(f"{path} could not be made smaller, and is as it was: {exc}") from exc
    finally:
        os.environ.pop("SQLITE_TMPDIR")
        if folder is not None:
            os.environ["SQLITE_TMPDIR"] = folder
    return before, path.stat().st_size


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
        closing(sqlite3.connect(draft)) as here,
    ):
        [size], [other] = (database.execute("PRAGMA page_size").fetchone() for database in (there, here))
        if size != other:
            _pack(here, size)


def _pack(connection: sqlite3.Connection, page_size: int) -> None:
    """Write a database again without free pages, in pages of a size. Raises sqlite3.Error; nothing is changed then."""
    connection.execute("PRAGMA journal_mode = DELETE")  # with a write-ahead log the size of pages stays
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA page_size = {page_size}")
    connection.execute("VACUUM")


# -- copies into another database -------------------------------------------------------------------------------------

AT_ONCE: Final = 1_000
"""Rows that are held in memory at a time."""

AT_ONCE_IF_BULKY: Final = 50
BULKY: Final = frozenset({"payload", "http_cache", "outbox"})
"""Tables with whole mails or pages in them."""

LARGE: Final = 10_000
"""Rows from which a table that was copied is large."""

RENEW_EVERY: Final = 60.0
"""Seconds after which the lease on the source is renewed. The target can't be written by others meanwhile."""

LEFT_BEHIND: Final = frozenset({"lease"})
"""Tables whose rows belong to running processes, not to the archive."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Number of rows of a table, and a sum over all of their values that does not depend on their order."""

    rows: int = 0
    sum: int = 0

    def plus(self, rows: list[tuple[Any, ...]]) -> Seen:
        """Return the sum with more rows."""
        added = sum(int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=16).digest(), "big") for row in rows)
        return Seen(self.rows + len(rows), (self.sum + added) % 2**128)


def copy_archive(source: Archive, target: Archive, progress: Progress = lambda _done, _of: None) -> dict[str, int]:
    """Copy all of `source` into `target`, which is empty or not made yet; returns how many rows of each table.

    Both are held meanwhile, so that no run changes the one or finds half of the other. `progress` is told of rows done and
    of all there are. Raises ArchiveError, LeaseError, SchemaError; nothing of the rows is then in the target.
    """
    if _is_same(source.engine, target.engine):
        raise ArchiveError("the archive can't be copied to where it is: name another database")
    _prepare(target.engine)
    with (
        source.runs.lease(),
        target.runs.lease(),
        reading(source.engine) as there,
        writing(target.engine) as here,
    ):
        take_your_time(there)
        take_your_time(here)
        _refuse_what_is_used(here, target.engine)
        renew = _renewing(source)
        seen = _copy_rows(there, here, source, progress, renew)
        _compare(here, target.engine, seen, renew)
        _number_on(here)
        _count_for_plans(here, [table for table in _tables() if seen[table.name].rows >= LARGE])
    return {name: total.rows for name, total in seen.items()}


def _tables() -> list[Table]:
    """List the tables to copy, each after those that its rows refer to."""
    return [table for table in tables.metadata.sorted_tables if table.name not in LEFT_BEHIND]


def _is_same(source: Engine, target: Engine) -> bool:
    """Return whether two addresses name one database, as far as they tell."""
    if source.dialect.name != target.dialect.name:
        return False
    if source.dialect.name == "sqlite":
        return Path(str(source.url.database)).resolve() == Path(str(target.url.database)).resolve()
    return (source.url.host, source.url.port, source.url.database) == (
        target.url.host,
        target.url.port,
        target.url.database,
    )


def _prepare(engine: Engine) -> None:
    """Create the schema in an empty database. Raises ArchiveError or SchemaError if it is not empty."""
    version = schema.current(engine)
    where = Location(engine).name
    if version is None:
        with reading(engine) as connection:
            others = inspect(connection).get_table_names()
        if others:
            raise ArchiveError(f"{where} holds tables that are not pqwatch's ({others[0]}): name an empty database")
        schema.upgrade(engine)
    elif version != schema.HEAD:
        raise SchemaError(
            f"the archive at {where} has another schema ({version}) than this program ({schema.HEAD}): "
            "name an empty database"
        )


def _refuse_what_is_used(connection: Connection, engine: Engine) -> None:
    for table in _tables():
        query = select(*table.primary_key).limit(1)
        if connection.execute(query).first() is not None:
            raise ArchiveError(
                f"{Location(engine).name} is an archive in use ({table.name} has rows), and nothing was changed: "
                "name an empty database"
            )


def _renewing(source: Archive) -> Callable[[], None]:
    """Return a function to call often, which renews the lease on the source now and then."""
    last = time.monotonic()

    def renew() -> None:
        nonlocal last
        if time.monotonic() - last >= RENEW_EVERY:
            source.runs.renew()
            last = time.monotonic()

    return renew


def _copy_rows(
    there: Connection, here: Connection, source: Archive, progress: Progress, renew: Callable[[], None]
) -> dict[str, Seen]:
    with translated(source.engine):
        sizes = {
            table.name: int(there.execute(select(func.count()).select_from(table)).scalar_one()) for table in _tables()
        }
    done, of = 0, sum(sizes.values())
    seen = {}
    for table in _tables():
        so_far = Seen()
        names = [column.name for column in table.columns]
        for rows in (_fitted(table, found) for found in _rows(there, table, source.engine)):
            _insert(here, table, [dict(zip(names, row, strict=True)) for row in rows])
            so_far = so_far.plus(rows)
            done += len(rows)
            progress(done, of)
            renew()
        seen[table.name] = so_far
    return seen


def _fitted(table: Table, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Cut keys of facts to their length, to which SQLite does not hold them. The links of calendars had longer ones."""
    return [(key[:LONGEST_FACT], value) for key, value in rows] if table is tables.meta else rows


def _insert(here: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    try:
        here.execute(insert(table), rows)
    except (DataError, IntegrityError) as exc:  # SQLite accepts texts of any length, with any character
        reason = str(exc.orig).strip().splitlines()[0]
        raise ArchiveError(f"the rows of {table.name} can't be stored there ({reason}): nothing was copied") from exc


def _compare(here: Connection, engine: Engine, seen: dict[str, Seen], renew: Callable[[], None]) -> None:
    """Read every row back. Raises ArchiveError if one is missing or differs."""
    for table in _tables():
        found = Seen()
        for rows in _rows(here, table, engine):
            found = found.plus(rows)
            renew()
        if found != seen[table.name]:
            raise ArchiveError(
                f"{Location(engine).name} did not keep the rows of {table.name} as they are ({found.rows} of "
                f"{seen[table.name].rows} read back): nothing was copied"
            )


def _rows(connection: Connection, table: Table, engine: Engine) -> Iterator[list[tuple[Any, ...]]]:
    """Give all rows of a table in batches; a row that refers to another of its table comes after it."""
    at_once = AT_ONCE_IF_BULKY if table.name in BULKY else AT_ONCE
    with translated(engine), closing(_each_row(connection, table, at_once)) as rows:
        while batch := [tuple(row) for row in islice(rows, at_once)]:
            yield batch


def _each_row(connection: Connection, table: Table, at_once: int) -> Generator[Row[*tuple[Any, ...]], None, None]:
    """Give the rows by their numbers, those that refer to another of the table last.

    Such a row may have the lower number: a promise repeats one that was made before it, but was read later.
    """
    query = select(table).order_by(*table.primary_key)
    own = [column for column in table.columns for key in column.foreign_keys if key.column.table is table]
    stretches = [query.where(own[0].is_(None)), query.where(own[0].is_not(None))] if own else [query]
    for stretch in stretches:
        with connection.execute(stretch, execution_options={"yield_per": at_once}) as result:
            yield from result


def _number_on(connection: Connection) -> None:
    """Set PostgreSQL's sequences behind the rows that came with their numbers."""
    if connection.dialect.name == "sqlite":
        return
    for table in _tables():
        if "id" in table.c:
            highest = connection.execute(select(func.max(table.c.id))).scalar()
            if highest is not None:
                sequence = func.pg_get_serial_sequence(table.name, "id")
                connection.execute(select(func.setval(sequence, highest)))


def _count_for_plans(connection: Connection, large: Sequence[Table]) -> None:
    """Let PostgreSQL count large tables: until it does so by itself, it plans queries as if they were small.

    Small tables are left out: a connection keeps the plans that it made for them, even when they have grown.
    """
    if connection.dialect.name == "postgresql" and large:
        quoted = map(connection.dialect.identifier_preparer.format_table, large)
        connection.exec_driver_sql(f"ANALYZE {', '.join(quoted)}")
