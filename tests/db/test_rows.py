"""Fast insertion of many rows, compared with SQLAlchemy's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from db import tables
from db.rows import insert_all
from db.transactions import reading, writing

if TYPE_CHECKING:
    from db.archive import Archive

ROW: dict[str, Any] = {
    "key": "q-1", "name": "A topic, 100 % of it", "added_at": datetime(2024, 7, 1, 9, 30, tzinfo=UTC), "removed_at": None,
}  # fmt: skip


def test_rows_are_the_same_as_those_sqlalchemy_inserts(archive: Archive) -> None:
    """The rows have times, missing values and a percent sign, which marks a parameter for a driver."""
    with writing(archive.engine) as connection:
        connection.execute(insert(tables.topic), [{**ROW, "key": "one"}])
        insert_all(
            connection, tables.topic, [{**ROW, "key": "two"}, {**ROW, "key": "three", "removed_at": ROW["added_at"]}]
        )
    table = tables.topic
    with reading(archive.engine) as connection:
        query = select(table.c.key, table.c.name, table.c.added_at, table.c.removed_at).order_by(table.c.id)
        rows = [tuple(row) for row in connection.execute(query)]
    name, added_at = ROW["name"], ROW["added_at"]
    assert rows == [("one", name, added_at, None), ("two", name, added_at, None), ("three", name, added_at, added_at)]


def test_days_and_no_rows(archive: Archive) -> None:
    """Dates are kept as dates on both databases, and an empty list of rows inserts nothing."""
    with writing(archive.engine) as connection:
        insert_all(connection, tables.member, [])
        insert_all(connection, tables.member, [{"member_id": 7, "name": "Ada Example", "read_on": date(2024, 7, 1)}])
    with reading(archive.engine) as connection:
        found = connection.execute(select(tables.member.c.member_id, tables.member.c.read_on)).one()
    assert tuple(found) == (7, date(2024, 7, 1))


def test_an_instant_without_a_zone_is_refused(archive: Archive) -> None:
    with writing(archive.engine) as connection, pytest.raises(ValueError, match="time zone"):
        insert_all(connection, tables.topic, [{**ROW, "added_at": datetime(2024, 7, 1, 9, 30)}])  # noqa: DTZ001 (the test needs it)
