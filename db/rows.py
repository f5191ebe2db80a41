"""Many rows into a table at once.

SQLAlchemy makes parameters of each row by itself, which takes longer than the database takes to insert it. Here a column is
made ready as a whole: each of its values once, since days and instants repeat.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns, at least two of them; columns that are left out get no default of ours."""
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
