"""Speakers as distinct from ministers who answer: filters, facets, statistics and older archives."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import select

from db import schema, tables
from db.archive import Archive
from monitor.model.records import Kind, Member, Proceeding
from monitor.model.search import Filters
from monitor.terms.matcher import compile_query
from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from sqlalchemy import Engine

ANSWERED = a_question(uin="1", answered_by=Member(name="Ben Placeholder"), asked_by=Member(name="Ada Example"))
OFFICE = "The Parliamentary Under-Secretary of State for the Home Department"


def spoken(number: int, speaker: Member, kind: Kind = Kind.SPEECH) -> Proceeding:
    facts: dict[str, Any] = {"question": None, "answer": None, "asked_by": None, "answered_by": None, "tabled_on": None}
    return a_question(
        id=f"sp-{number}", uin=None, kind=kind, answered_on=None, made_on=date(2021, 2, 1), text="Steps.", made_by=speaker,
        is_correction=None, **facts,
    )  # fmt: skip


RECORDS = (
    ANSWERED,
    spoken(1, Member(name="Carol Backbencher", member_id=7)),
    spoken(2, Member(name="Ben Placeholder", office=OFFICE)),
    spoken(3, Member(name="Dev Instance", printed="The Prime Minister")),
    spoken(4, Member(name="Eve Shadow", office="The Shadow Home Secretary")),
    spoken(5, Member(name="Ben Placeholder"), Kind.STATEMENT),
    spoken(6, Member(name="Fay Chair", office="Madam Deputy Speaker")),
)


def stored(archive: Archive) -> Archive:
    store(archive, *RECORDS, is_news=False)
    return archive


def ids(archive: Archive, filters: Filters, query: str = "") -> list[str]:
    asked = compile_query(query) if query else None
    return sorted(hit.revision.proceeding.id for hit in archive.search.hits(asked, filters))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"speaker": "Backbencher"}, ["sp-1"]),
        ({"minister": "Backbencher"}, []),
        ({"speaker": "Placeholder"}, ["sp-2", "sp-5"]),
        ({"minister": "Placeholder"}, ["q-1", "sp-2", "sp-5"]),
        ({"minister": "Instance"}, ["sp-3"]),
        ({"minister": "Eve"}, []),
        ({"minister": "Fay"}, []),
        ({"speaker": "Fay"}, ["sp-6"]),
        ({"speaker": "Example"}, []),
    ],
)
def test_filters_tell_speakers_from_ministers_who_answered(
    archive: Archive, filters: dict[str, Any], expected: list[str]
) -> None:
    stored(archive)
    assert ids(archive, Filters(**filters)) == expected
    if "minister" in filters:
        assert ids(archive, Filters(), f"minister:{filters['minister']}") == expected


def test_counts_do_not_take_backbenchers_for_ministers(archive: Archive) -> None:
    stored(archive)
    facets = archive.search.facets(None, Filters(), ["minister", "speaker"])
    assert facets.counts["minister"] == {"Ben Placeholder": 3, "Dev Instance (The Prime Minister)": 1, None: 3}
    assert facets.counts["speaker"] == {
        "Ben Placeholder": 2, "Carol Backbencher": 1, "Dev Instance (The Prime Minister)": 1, "Eve Shadow": 1,
        "Fay Chair": 1, None: 1,
    }  # fmt: skip
    named = [counted.named for counted in archive.statistics.counted(None, Filters(), ["minister", "speaker"])]
    assert sorted(name for names in named for name in names["minister"]).count("Ben Placeholder") == 3
    assert not any("Carol Backbencher" in names["minister"] for names in named)


def test_an_upgrade_tells_speakers_from_ministers(empty_engine: Engine) -> None:
    schema.upgrade(empty_engine)
    stored(Archive(empty_engine))
    before = people(empty_engine)
    settings = schema.config()
    settings.attributes["engine"] = empty_engine
    command.downgrade(settings, "0008")
    with empty_engine.connect() as connection:
        rows = connection.exec_driver_sql("select id, minister from records")
        ministers = {row.id: row.minister for row in rows}
    assert ministers["sp-1"] == "Carol Backbencher"
    schema.upgrade(empty_engine)
    assert people(empty_engine) == before
    assert before["sp-1"] == (None, None, 7, "Carol Backbencher")
    assert before["sp-2"] == (None, "Ben Placeholder", None, "Ben Placeholder")
    with empty_engine.connect() as connection:
        shown = {row.id: row.speaker for row in connection.exec_driver_sql("select id, speaker from records")}
    assert shown["sp-6"] == "Fay Chair"


def people(engine: Engine) -> dict[str, tuple[Any, ...]]:
    table = tables.proceeding.c
    columns = (table.public_id, table.minister_id, table.minister, table.speaker_id, table.speaker)
    with engine.connect() as connection:
        return {row[0]: tuple(row[1:]) for row in connection.execute(select(*columns))}
