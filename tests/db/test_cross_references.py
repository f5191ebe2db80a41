"""References resolved to records, and records that cite a record, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db import tables
from db.cross_references import keys_of_records, records_by_keys, records_citing
from monitor.cli.show import record_lines
from monitor.model.records import House, Kind, Member, Proceeding
from monitor.parliament.identifiers import column_key, column_reference
from tests.db.several_sources import API, HISTORIC, THEIRS, printed, question_from, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.archive import Archive

DAY = date(2005, 12, 7)


def in_columns(first: str | None, last: str | None = None, **facts: Any) -> Proceeding:
    """Return a record that stands in columns of the Official Report."""
    given: dict[str, Any] = {
        "id": f"t-{facts.get('uin', first)}".lower(),
        "uin": None,
        "keys": (),
        "answered_on": DAY,
        "column": first,
        "column_to": last,
    }
    return printed(**(given | facts))


def ids(archive: Archive, reference: str) -> list[str]:
    """Return the public ids of the records that a reference names."""
    return [archive.records.revisions(row)[0].proceeding.id for row in archive.cross_references.find(reference)]


def by_keys(archive: Archive, *keys: str) -> dict[str, list[int]]:
    """Return the records that each key names, as revisions refer to them."""
    with archive.engine.connect() as connection:
        return records_by_keys(connection, keys)


def keys_of(archive: Archive, row: int) -> list[str]:
    with archive.engine.connect() as connection:
        return keys_of_records(connection, [row])[row]


def citing(archive: Archive, keys: Sequence[str]) -> list[int]:
    """Return the records that refer to one of these keys."""
    with archive.engine.connect() as connection:
        return records_citing(connection, keys)


def test_a_column_names_every_record_in_it(archive: Archive) -> None:
    tell(
        archive,
        in_columns("1365W", "1366W"),
        in_columns("1366W", uin="1"),
        in_columns("1366W", "1368W", uin="2"),
        in_columns("1367W"),
        in_columns("1366", series="debates"),
        in_columns("1366WH", series="westminster_hall"),
        in_columns("1366W", uin="3", answered_on=date(2005, 12, 8)),
        in_columns(None, id="t-none"),
    )
    assert ids(archive, "2005-12-07/1366W") == ["t-2", "t-1", "t-1365w"]
    assert ids(archive, "commons/2005-12-07/1366w") == ["t-2", "t-1", "t-1365w"]
    assert ids(archive, "lords/2005-12-07/1366W") == []
    assert ids(archive, "2005-12-07/1366WH") == ["t-1366wh"]
    assert ids(archive, "commons/2005-12-07/1366") == ["t-1366"]
    assert ids(archive, "ref:commons:2005-12-07:written_answers:1367W") == ["t-1367w", "t-2"]
    assert ids(archive, "col:commons:2005-12-07:written_answers:1367W:2") == ["t-1367w", "t-2"]
    assert ids(archive, "commons/2005-12-07/Water") == ids(archive, "2005-13-07/1366W") == []
    assert ids(archive, "ref:commons:2005-13-07:written_answers:1367W") == []
    assert ids(archive, "a/b/c/d") == []


def test_a_last_column_before_the_first_is_ignored(archive: Archive) -> None:
    tell(archive, in_columns("1366W", "7W"))
    assert ids(archive, "2005-12-07/1366W") == ["t-1366w"]
    assert ids(archive, "2005-12-07/7W") == []


def test_columns_of_volumes_that_print_no_suffix(archive: Archive) -> None:
    tell(
        archive, in_columns("492", answered_on=date(1985, 12, 9)), in_columns("5", "6WA", house=House.LORDS, uin="HL7")
    )
    assert ids(archive, "1985-12-09/492W") == ["t-492"]
    assert ids(archive, "lords/2005-12-07/6WA") == ["t-hl7"]


def test_a_number_of_a_day_is_a_uin_before_it_is_a_column(archive: Archive) -> None:
    tell(archive, in_columns("171", series="debates", id="t-debate-1"), in_columns("9W", uin="171"))
    assert ids(archive, "2005-12-07/171") == ["t-171"]
    tell(archive, in_columns("172", series="debates", id="t-debate-2"))
    assert ids(archive, "2005-12-07/172") == ["t-debate-2"]


def test_a_number_names_the_newest_question_first(archive: Archive) -> None:
    older = in_columns("1W", uin="22195", id="t-1", answered_on=date(2004, 12, 7))
    tell(archive, older, question_from(API, uin="22195"))
    assert ids(archive, "22195") == ["q-1", "t-1"]
    assert ids(archive, "2021-01-26/22195") == ids(archive, "2021-02-01/22195") == ["q-1"]
    assert ids(archive, "commons/2004-12-07/22195") == ids(archive, "2004-12-07/22195") == ["t-1"]


def test_a_statement_is_found_by_its_number_with_and_without_its_day(archive: Archive) -> None:
    statement = Proceeding(
        id="s-1",
        source="statements",
        kind=Kind.STATEMENT,
        house=House.COMMONS,
        uin="HCWS751",
        made_on=DAY,
        text="I am publishing it.",
    )
    tell(archive, statement)
    assert ids(archive, "HCWS751") == ids(archive, "2005-12-07/HCWS751") == ["s-1"]


def test_a_correction_stands_in_two_reports(archive: Archive) -> None:
    corrected = in_columns("808W", corrected_on=date(2005, 12, 14), is_correction=True)
    tell(archive, corrected)
    assert ids(archive, "2005-12-14/808W") == ids(archive, "2005-12-07/808W") == ["t-808w"]


def test_the_column_of_one_source_and_the_text_of_another(archive: Archive) -> None:
    """The API publishes no columns."""
    tell(archive, printed(THEIRS, answered_on=DAY), printed(API, answered_on=DAY, column=None, series=None))
    [row] = archive.cross_references.find("2005-12-07/108W")
    assert archive.cross_references.find("q-294961") == [row]


REFERS = column_reference(House.COMMONS, DAY, "written_answers", "1366W")


def test_references_are_found_in_both_directions(archive: Archive) -> None:
    named = in_columns("1365W", "1366W", keys=(column_key(House.COMMONS, DAY, "written_answers", "1365W", 1),))
    by_mark_up = in_columns("2W", answered_on=date(2006, 1, 9), refers=(REFERS, "gid:wrans/2005-12-07.9"))
    words = "I refer the hon. Member to the answer of 7 December 2005, Official Report, column 1366W."
    by_words = in_columns("3W", answered_on=date(2006, 1, 10), answer=words)
    tell(archive, named, by_mark_up, by_words)
    assert by_keys(archive, REFERS, "gid:wrans/2005-12-07.9", "t-2w") == {REFERS: [1], "t-2w": [2]}
    keys = keys_of(archive, 1)
    assert {REFERS, REFERS.removesuffix("W"), "t-1365w", named.keys[0]} <= set(keys)
    assert citing(archive, keys) == [2, 3]
    assert citing(archive, keys_of(archive, 2)) == []


def test_a_citation_by_uin_alone_is_found(archive: Archive) -> None:
    later = question_from(API, uin="9", id="q-9", answer="I refer the hon. Member to the answer to Question 140001.")
    tell(archive, question_from(API), later)
    assert keys_of(archive, 1) == ["q-1", "uin:commons:2021-01-26:140001", "140001"]
    assert citing(archive, ["140001"]) == [2]
    assert by_keys(archive, "140001") == {"140001": [1]}


def test_the_keys_of_a_long_speech_are_limited(archive: Archive) -> None:
    tell(archive, in_columns("1", "9000", series="debates"))
    assert len(keys_of(archive, 1)) == 202


@pytest.mark.parametrize("column", ["", "iv", "W12"])
def test_text_that_is_not_a_column_names_no_column(archive: Archive, column: str) -> None:
    tell(archive, replace(in_columns("7W"), column=column))
    assert ids(archive, "2005-12-07/7W") == []


NUMBER, ITS_ID = "num:commons:2008-09:294961", "pq-commons-2008-09-294961"


def test_a_number_in_the_id_is_not_an_alias_but_still_names_the_record(archive: Archive) -> None:
    tell(archive, printed(id=ITS_ID), printed(id="t-2", uin="2", keys=(), refers=(NUMBER,)))
    with archive.engine.connect() as connection:
        aliases = set(connection.execute(select(tables.alias.c.key)).scalars())
    assert not {NUMBER, ITS_ID} & aliases
    assert ids(archive, NUMBER) == ids(archive, ITS_ID) == [ITS_ID]
    (row,) = archive.cross_references.find(ITS_ID)
    assert by_keys(archive, NUMBER, ITS_ID, "num:commons:2008-09:1") == {NUMBER: [row], ITS_ID: [row]}
    assert archive.source_records.days([NUMBER]) == {NUMBER: date(2009, 10, 26)}
    assert citing(archive, keys_of(archive, row)) == archive.cross_references.find("t-2")


def test_sources_join_by_a_number_in_an_id_in_either_order(archive: Archive) -> None:
    tell(archive, printed(id=ITS_ID), printed(HISTORIC))
    tell(archive, printed(HISTORIC, number="7"), printed(id="pq-commons-2008-09-7", number="7"))
    for number in ("294961", "7"):
        (row,) = archive.cross_references.find(f"num:commons:2008-09:{number}")
        assert {revision.proceeding.source for revision in archive.records.revisions(row)} == {THEIRS, HISTORIC}
        assert (
            archive.cross_references.find(f"h-{number}")
            == archive.cross_references.find(f"pq-commons-2008-09-{number}")
            == [row]
        )


def scottish(number: str, **facts: Any) -> Proceeding:
    given: dict[str, Any] = {
        "id": f"spq-{number.lower()}",
        "uin": number,
        "house": House.SCOTLAND,
        "keys": (f"spq:{number}",),
        "answered_on": date(2016, 5, 3),
    }
    return printed(**(given | facts))


def test_scottish_questions_are_linked_both_ways(archive: Archive) -> None:
    first = scottish("S5W-00001", answer=None, answered_on=None, tabled_on=date(2016, 5, 1))
    second = scottish("S5W-00002", answer="I refer the member to the answer to question S5W-00001.")
    third = scottish("S5W-00003", question="Further to the answer to question S5W-00001, why?", answer="No.")
    tell(archive, first, second, third)
    assert [cited.uin for cited in archive.cross_references.cited(second)] == ["S5W-00001"]
    assert [cited.uin for cited in archive.cross_references.cited(third)] == ["S5W-00001"]
    [row] = archive.cross_references.find("S5W-00001")
    assert [citing.uin for citing in archive.cross_references.citing(row, first)] == ["S5W-00002", "S5W-00003"]
    printed_lines = " ".join(" ".join(record_lines([first, third])).split())
    assert printed_lines.startswith(
        "Water: Sample Vale: S5W-00001, tabled 1 May 2016, not answered yet (spq-s5w-00001)"
    )
    assert printed_lines.count("not answered yet") == 1


def test_an_answer_cited_by_its_day_and_asker_is_linked_if_it_is_the_only_one(archive: Archive) -> None:
    ada = Member(name="Ada Example", constituency="Mid Sample")
    facts: dict[str, Any] = {"body": "Home Office", "answered_on": date(2024, 11, 5), "asked_by": ada}
    meant = question_from(API, uin="11", id="q-11", **facts)
    others = (
        question_from(API, uin="12", id="q-12", **(facts | {"body": "Treasury"})),
        question_from(
            API, uin="13", id="q-13", **(facts | {"asked_by": Member(name="Dev", constituency="Sample Vale")})
        ),
    )
    pointing = question_from(
        API,
        uin="14",
        id="q-14",
        body="Home Office",
        answered_on=date(2024, 11, 20),
        answer="I refer the hon. Member to the answer given to the hon. Member for Mid Sample on 5 November 2024.",
    )
    tell(archive, meant, *others, pointing)
    assert [cited.id for cited in archive.cross_references.cited(pointing)] == ["q-11"]
    [row] = archive.cross_references.find("q-11")
    assert [citing.id for citing in archive.cross_references.citing(row, meant)] == ["q-14"]
    tell(archive, question_from(API, uin="15", id="q-15", **facts))
    assert archive.cross_references.cited(pointing) == []
