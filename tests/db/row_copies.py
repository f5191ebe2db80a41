"""Copies of an archive's rows, read once and put into an empty archive for each test that starts from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, text

from db import tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine

    Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def rows_of(engine: Engine) -> Rows:
    """Return all rows by the name of their table."""
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in tables.metadata.sorted_tables
        }


def put_rows(engine: Engine, rows: Rows) -> None:
    """Insert rows into an empty archive. PostgreSQL's sequences continue after them."""
    with engine.begin() as connection:
        for name, table_rows in rows.items():
            if table_rows:
                connection.execute(insert(tables.metadata.tables[name]), table_rows)
            if table_rows and "id" in table_rows[0] and engine.dialect.name == "postgresql":
                last = max(row["id"] for row in table_rows)
                connection.execute(text(f"select setval(pg_get_serial_sequence('{name}', 'id'), {last})"))
