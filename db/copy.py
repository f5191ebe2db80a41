"""An archive copied into another database, whole: from SQLite to PostgreSQL, back, or into one of the same kind.

It is read in one view of the source and written in one transaction of the target, which ends only after every row was read
back and found the same. So a copy is all there or not there at all, and one that was cut short is begun anew.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, inspect, select
from sqlalchemy.exc import DataError, IntegrityError

from db import schema, tables
from db.engine import reading, take_your_time, translated, writing
from monitor.errors import ArchiveError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine, Table

    from db.archive import Archive

    Progress = Callable[[int, int], None]

AT_ONCE: Final = 1_000
"""Rows that are held in memory at a time."""

AT_ONCE_IF_BULKY: Final = 50
BULKY: Final = frozenset({"payload", "http_cache", "outbox"})
"""Of tables with whole mails or pages in them."""

RENEW_EVERY: Final = 60.0
"""Seconds after which the lease on the source is renewed. In the target nobody else can write for as long as we do."""

LEFT_BEHIND: Final = frozenset({"lease"})
"""Tables whose rows belong to who runs now, not to the archive."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How many rows of a table went by, and a sum over all of them that hangs on each value and on no order."""

    rows: int = 0
    sum: int = 0

    def plus(self, rows: list[tuple[Any, ...]]) -> Seen:
        """With these rows too."""
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
    return {name: one.rows for name, one in seen.items()}


def _tables() -> list[Table]:
    """What is copied, in an order in which each row comes after what it belongs to."""
    return [table for table in tables.metadata.sorted_tables if table.name not in LEFT_BEHIND]


def _is_same(one: Engine, other: Engine) -> bool:
    """Whether both are one database, as far as their addresses tell."""
    if one.dialect.name != other.dialect.name:
        return False
    if one.dialect.name == "sqlite":
        return Path(str(one.url.database)).resolve() == Path(str(other.url.database)).resolve()
    return (one.url.host, one.url.port, one.url.database) == (other.url.host, other.url.port, other.url.database)


def _prepare(engine: Engine) -> None:
    """Make the schema where there is nothing at all. Raises ArchiveError or SchemaError where there is something else."""
    version = schema.current(engine)
    where = _shown(engine)
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
                f"{_shown(engine)} is an archive in use ({table.name} has rows), and nothing was changed: "
                "name an empty database"
            )


def _renewing(source: Archive) -> Callable[[], None]:
    """Something to call often, which renews the lease on the source now and then."""
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
        for rows in _rows(there, table, source.engine):
            _insert(here, table, [dict(zip(names, row, strict=True)) for row in rows])
            so_far = so_far.plus(rows)
            done += len(rows)
            progress(done, of)
            renew()
        seen[table.name] = so_far
    return seen


def _insert(here: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    try:
        here.execute(insert(table), rows)
    except (DataError, IntegrityError) as exc:  # SQLite holds a text to no length, and takes any sign in it
        reason = str(exc.orig).strip().splitlines()[0]
        raise ArchiveError(f"the rows of {table.name} can't be stored there ({reason}): nothing was copied") from exc


def _compare(here: Connection, engine: Engine, seen: dict[str, Seen], renew: Callable[[], None]) -> None:
    """Read every row back. Raises ArchiveError where one is missing or differs."""
    for table in _tables():
        found = Seen()
        for rows in _rows(here, table, engine):
            found = found.plus(rows)
            renew()
        if found != seen[table.name]:
            raise ArchiveError(
                f"{_shown(engine)} did not keep the rows of {table.name} as they are ({found.rows} of "
                f"{seen[table.name].rows} read back): nothing was copied"
            )


def _rows(connection: Connection, table: Table, engine: Engine) -> Iterator[list[tuple[Any, ...]]]:
    """All rows of a table, some at a time; one that belongs to another of its table comes after it."""
    options = {"yield_per": AT_ONCE_IF_BULKY if table.name in BULKY else AT_ONCE}
    query = select(table).order_by(*table.primary_key)
    with translated(engine), connection.execute(query, execution_options=options) as result:
        for rows in result.partitions():
            yield [tuple(row) for row in rows]


def _number_on(connection: Connection) -> None:
    """PostgreSQL counts rows with sequences, which know nothing of rows that came with their numbers."""
    if connection.dialect.name == "sqlite":
        return
    for table in _tables():
        if "id" in table.c:
            highest = connection.execute(select(func.max(table.c.id))).scalar()
            if highest is not None:
                sequence = func.pg_get_serial_sequence(table.name, "id")
                connection.execute(select(func.setval(sequence, highest)))


def _shown(engine: Engine) -> str:
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    return engine.url.render_as_string(hide_password=True)
