"""Copy of an archive into another database: from SQLite to PostgreSQL, back, or into one of the same kind.

It is read in one view of the source and written in one transaction of the target, which ends only after every row was read
back and found the same. So it is all there or not there at all, and one that was cut short is begun anew.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, inspect, select
from sqlalchemy.exc import DataError, IntegrityError

from db import schema, tables
from db.database_errors import translated
from db.engine import Location, place_on_server
from db.transactions import reading, take_your_time, writing
from monitor.errors import ArchiveError, SchemaError
from monitor.model.watching import LONGEST_FACT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from sqlalchemy import Connection, Engine, Row, Table

    from db.archive import Archive

    Progress = Callable[[int, int], None]

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
class Checksum:
    """Number of rows of a table, and a sum over all of their values that does not depend on their order."""

    rows: int = 0
    sum: int = 0

    def plus(self, rows: list[tuple[Any, ...]]) -> Checksum:
        """Return the sum with more rows."""
        added = sum(int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=16).digest(), "big") for row in rows)
        return Checksum(self.rows + len(rows), (self.sum + added) % 2**128)


def copy_archive(source: Archive, target: Archive, progress: Progress = lambda _done, _of: None) -> dict[str, int]:
    """Copy all of `source` into `target`, which is empty or not made yet; returns how many rows of each table.

    Both are held meanwhile, so that no run changes the one or finds half of the other. `progress` is told of rows done and
    of all there are. Raises ArchiveError, NotDoneError, SchemaError; nothing of the rows is then in the target.
    """
    if _is_same(source.engine, target.engine):
        raise ArchiveError("the archive can't be copied to where it is: name another database")
    _prepare(target.engine)
    with (
        source.runs.lease(by_hand=True),
        target.runs.lease(by_hand=True),
        reading(source.engine) as there,
        writing(target.engine) as here,
    ):
        take_your_time(there)
        take_your_time(here)
        _refuse_used_archive(here, target.engine)
        renew = _renewing(source)
        copied = _copy_rows(there, here, source, progress, renew)
        _compare(here, target.engine, copied, renew)
        _set_sequences(here)
        _analyze(here, [table for table in _tables() if copied[table.name].rows >= LARGE])
    return {name: total.rows for name, total in copied.items()}


def _tables() -> list[Table]:
    """List the tables to copy, each after those that its rows refer to."""
    return [table for table in tables.metadata.sorted_tables if table.name not in LEFT_BEHIND]


def _is_same(source: Engine, target: Engine) -> bool:
    """Return whether two addresses name one database, as far as they tell."""
    if source.dialect.name != target.dialect.name:
        return False
    if source.dialect.name == "sqlite":
        return Path(str(source.url.database)).resolve() == Path(str(target.url.database)).resolve()
    return place_on_server(source.url) == place_on_server(target.url)


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


def _refuse_used_archive(connection: Connection, engine: Engine) -> None:
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
) -> dict[str, Checksum]:
    with translated(source.engine):
        sizes = {
            table.name: int(there.execute(select(func.count()).select_from(table)).scalar_one()) for table in _tables()
        }
    done, of = 0, sum(sizes.values())
    copied = {}
    for table in _tables():
        so_far = Checksum()
        names = [column.name for column in table.columns]
        for rows in (_fitted(table, found) for found in _rows(there, table, source.engine)):
            _insert(here, table, [dict(zip(names, row, strict=True)) for row in rows])
            so_far = so_far.plus(rows)
            done += len(rows)
            progress(done, of)
            renew()
        copied[table.name] = so_far
    return copied


def _fitted(table: Table, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Cut keys of facts to their length, to which SQLite does not hold them. The links of calendars had longer ones."""
    return [(key[:LONGEST_FACT], value) for key, value in rows] if table is tables.meta else rows


def _insert(here: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    try:
        here.execute(insert(table), rows)
    except (DataError, IntegrityError) as exc:  # SQLite accepts texts of any length, with any character
        reason = str(exc.orig).strip().splitlines()[0]
        raise ArchiveError(f"the rows of {table.name} can't be stored there ({reason}): nothing was copied") from exc


def _compare(here: Connection, engine: Engine, copied: dict[str, Checksum], renew: Callable[[], None]) -> None:
    """Read every row back. Raises ArchiveError if one is missing or differs."""
    for table in _tables():
        found = Checksum()
        for rows in _rows(here, table, engine):
            found = found.plus(rows)
            renew()
        if found != copied[table.name]:
            raise ArchiveError(
                f"{Location(engine).name} did not keep the rows of {table.name} as they are ({found.rows} of "
                f"{copied[table.name].rows} read back): nothing was copied"
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


def _set_sequences(connection: Connection) -> None:
    """Set PostgreSQL's sequences behind the rows that came with their numbers."""
    if connection.dialect.name == "sqlite":
        return
    for table in _tables():
        if "id" in table.c:
            highest = connection.execute(select(func.max(table.c.id))).scalar()
            if highest is not None:
                sequence = func.pg_get_serial_sequence(table.name, "id")
                connection.execute(select(func.setval(sequence, highest)))


def _analyze(connection: Connection, large: Sequence[Table]) -> None:
    """Let PostgreSQL count large tables: until it does so by itself, it plans queries as if they were small.

    Small tables are left out: a connection keeps the plans that it made for them, even when they have grown.
    """
    if connection.dialect.name == "postgresql" and large:
        quoted = map(connection.dialect.identifier_preparer.format_table, large)
        connection.exec_driver_sql(f"ANALYZE {', '.join(quoted)}")
