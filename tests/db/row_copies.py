"""What an archive holds where others begin too: kept once, and put into an empty archive for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, text

from db import tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine

    Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def rows_of(engine: Engine) -> Rows:
    """All rows, by table."""
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in tables.metadata.sorted_tables
        }


def put_rows(engine: Engine, rows: Rows) -> None:
    """Put them into an empty archive, which numbers on from there."""
    with engine.begin() as connection:
        for name, some in rows.items():
            if some:
                connection.execute(insert(tables.metadata.tables[name]), some)
            if some and "id" in some[0] and engine.dialect.name == "postgresql":
                last = max(row["id"] for row in some)
                connection.execute(text(f"select setval(pg_get_serial_sequence('{name}', 'id'), {last})"))
