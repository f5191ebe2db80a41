"""Answering bodies and Houses of the archive, each kept as one fact."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, event

from db import tables
from db.transactions import writing
from monitor.collect.revisions import store_readings
from monitor.model.records import House
from monitor.model.sources import Payload, Reading
from tests.builders import a_question

if TYPE_CHECKING:
    from db.archive import Archive

READ_AT = datetime(2021, 2, 2, 6, 30, tzinfo=UTC)


def store(archive: Archive, *bodies: str | None, house: House = House.COMMONS) -> None:
    questions = [
        a_question(uin=f"{house[0]}{1000 + number}", body=body, house=house) for number, body in enumerate(bodies)
    ]
    readings = [
        Reading(
            payload=Payload(
                source="questions", key=question.id, url="", fetched_at=READ_AT, body=repr(question).encode()
            ),
            proceeding=question,
        )
        for question in questions
    ]
    store_readings(archive, readings, today=date(2021, 2, 3), is_news=lambda _before, _after, _events: True)


def test_each_body_is_noted_with_its_first_question(archive: Archive) -> None:
    assert archive.records.bodies() == []
    store(archive, "Ministry of Kites", None, "Department for Jam", "Ministry of Kites")
    assert archive.records.bodies() == ["Department for Jam", "Ministry of Kites"]
    store(archive, *[None] * 4, "Department for Jam and Scones")
    assert archive.records.bodies() == ["Department for Jam", "Department for Jam and Scones", "Ministry of Kites"]


def test_each_house_is_noted_with_its_first_record(archive: Archive) -> None:
    assert archive.records.houses() == []
    store(archive, "Ministry of Kites")
    store(archive, None, house=House.SCOTLAND)
    assert archive.records.houses() == [House.COMMONS, House.SCOTLAND]


def test_bodies_are_read_without_scanning_the_records(archive: Archive) -> None:
    store(archive, "Ministry of Kites")
    statements: list[str] = []
    event.listen(archive.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))
    assert archive.records.bodies() == ["Ministry of Kites"]
    assert archive.records.houses() == [House.COMMONS]
    assert not any("proceeding" in statement for statement in statements)


def test_the_records_are_scanned_for_bodies_if_none_were_noted(archive: Archive) -> None:
    store(archive, "Ministry of Kites")
    with writing(archive.engine) as connection:
        connection.execute(delete(tables.meta).where(tables.meta.c.key.in_(["bodies", "houses"])))
    assert archive.records.bodies() == ["Ministry of Kites"]
    assert archive.records.houses() == [House.COMMONS]
    store(archive, "Ministry of Kites", "Department for Jam")
    assert archive.records.bodies() == ["Department for Jam", "Ministry of Kites"]
