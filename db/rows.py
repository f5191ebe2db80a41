"""Write many rows at once, and cut long lists of ids into pieces that one statement takes.

SQLAlchemy makes parameters of each row by itself, which takes longer than the database takes to insert it. `insert_all`
prepares a column as a whole: each of its values once, since days and instants repeat.
"""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, func, insert, select

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Select, Table


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns, at least two of them; other columns get no default of SQLAlchemy's."""
    if not rows:
        return
    dialect = connection.dialect
    names = list(rows[0])
    columns = list(zip(*map(itemgetter(*names), rows), strict=True))
    for place, name in enumerate(names):
        ready = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if ready is not None:
            values = {value: ready(value) for value in set(columns[place])}
            columns[place] = tuple(map(values.__getitem__, columns[place]))
    quote = dialect.identifier_preparer.quote
    signs = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(names))
    connection.exec_driver_sql(
        f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({signs})",  # noqa: S608 (names of our own)
        list(zip(*columns, strict=True)),
    )


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows; returns their row ids, in order."""
    if not rows:
        return []
    ids = new_ids(connection, table, len(rows))
    connection.execute(insert(table), [{**row, "id": number} for number, row in zip(ids, rows, strict=True)])
    return ids


def new_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Reserve row ids for new rows, ascending. That is cheaper than reading them back row by row.

    No other process writes during the transaction, so on SQLite the next numbers stay free.
    """
    if not count:
        return []
    if connection.dialect.name == "sqlite":
        last = int(connection.execute(_last_id(table)).scalar_one())
        return list(range(last + 1, last + 1 + count))
    return sorted(connection.execute(_next_ids(table), {"count": count}).scalars())


@cache
def _last_id(table: Table) -> Select[Any]:
    return select(func.coalesce(func.max(table.c.id), 0))


@cache
def _next_ids(table: Table) -> Select[Any]:
    sequence = func.pg_get_serial_sequence(table.name, "id")
    return select(func.nextval(sequence)).select_from(func.generate_series(1, bindparam("count", type_=Integer)))


IDS_AT_ONCE = 500
"""Row ids in one statement: older versions of SQLite take 999 values."""


def chunks(ids: Sequence[Any]) -> list[Sequence[Any]]:
    """Split row ids into pieces that one statement takes."""
    return [ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE)]
