"""Citations of records in the form of their time. Each is found again by the parser."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.records import House, Kind, Proceeding
from monitor.parliament.identifiers import (
    COMMITTEE,
    DEBATES,
    GRAND_COMMITTEE,
    WESTMINSTER_HALL,
    WRITTEN_ANSWERS,
    WRITTEN_STATEMENTS,
)
from monitor.presentation.citation import cite, name_of
from monitor.research.reference_parser import sought
from tests.builders import a_question

if TYPE_CHECKING:
    from pathlib import Path


def a_printed(day: date, series: str, column: str, **facts: Any) -> Proceeding:
    """Build a record that is printed in a column of the Official Report."""
    kind = facts.get("kind", Kind.QUESTION)
    dated: dict[str, Any] = {"answered_on" if kind is Kind.QUESTION else "made_on": day}
    given: dict[str, Any] = {"answered_on": None, "tabled_on": None, "uin": None, "is_correction": None}
    return a_question(**(given | dated | {"series": series, "column": column} | facts))


def test_questions_since_2014_are_cited_by_number() -> None:
    assert cite(a_question()) == "UIN 140001, answered 1 February 2021"
    assert cite(a_question(is_holding=True)) == "UIN 140001, holding answer of 1 February 2021"
    assert cite(a_question(answer=None)) == "UIN 140001, tabled 26 January 2021"
    assert cite(a_question(answer=None, tabled_on=None)) == "UIN 140001"
    assert cite(a_question(answer=None, is_lapsed=True)) == "UIN 140001, tabled 26 January 2021, lapsed"
    corrected = a_question(corrected_on=date(2021, 2, 3), is_withdrawn=True)
    assert cite(corrected) == "UIN 140001, answered 1 February 2021, corrected 3 February 2021, withdrawn"
    assert (
        cite(a_question(uin=None, heading=None, id="q-7"))
        == "what steps he is taking (Ada Example), answered 1 February 2021"
    )


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (a_printed(date(2005, 12, 7), WRITTEN_ANSWERS, "1366W", uin="30444"), "HC Deb 7 December 2005 vol 440 c1366W"),
        (
            a_printed(date(2005, 12, 7), WRITTEN_ANSWERS, "1366W", column_to="1367W"),
            "HC Deb 7 December 2005 vol 440 cc1366-7W",
        ),
        (
            a_printed(date(2005, 12, 7), WRITTEN_ANSWERS, "1399", column_to="1401"),
            "HC Deb 7 December 2005 vol 440 cc1399-1401W",
        ),
        (
            a_printed(date(2005, 12, 7), WRITTEN_ANSWERS, "99W", column_to="101W"),
            "HC Deb 7 December 2005 vol 440 cc99-101W",
        ),
        (
            a_printed(date(2005, 12, 7), WRITTEN_ANSWERS, "1366W", column_to="7W"),
            "HC Deb 7 December 2005 vol 440 c1366W",
        ),
        (a_printed(date(2004, 2, 3), WRITTEN_ANSWERS, "808W", volume=417), "HC Deb 3 February 2004 vol 417 c808W"),
        (
            a_printed(date(2004, 3, 15), WRITTEN_ANSWERS, "15", column_to="16", volume=659, house=House.LORDS),
            "HL Deb 15 March 2004 vol 659 cc15-6WA",
        ),
        (
            a_printed(date(2003, 4, 29), WESTMINSTER_HALL, "2WH", volume=404, kind=Kind.SPEECH),
            "HC Deb 29 April 2003 vol 404 c2WH",
        ),
        (
            a_printed(date(2003, 4, 29), WRITTEN_STATEMENTS, "21WS", kind=Kind.STATEMENT),
            "HC Deb 29 April 2003 vol 404 c21WS",
        ),
        (a_printed(date(2009, 10, 26), DEBATES, "171", kind=Kind.SPEECH), "HC Deb 26 October 2009 vol 498 c171"),
        (
            a_printed(date(2009, 10, 26), GRAND_COMMITTEE, "1", house=House.LORDS, kind=Kind.SPEECH),
            "HL Deb 26 October 2009 vol 713 c1GC",
        ),
        (
            a_printed(date(2009, 10, 27), COMMITTEE, "125", kind=Kind.SPEECH, body="Sample Bill"),
            "PBC Deb 27 October 2009 c125 (Sample Bill)",
        ),
        (
            a_printed(date(2005, 1, 11), COMMITTEE, "67", kind=Kind.SPEECH, body=None, heading=None),
            "SC Deb 11 January 2005 c67",
        ),
        (a_printed(date(2005, 12, 7), "other", "5X"), "HC Deb 7 December 2005 vol 440 c5X"),
    ],
)
def test_answers_before_2014_are_cited_by_column(printed: Proceeding, said: str) -> None:
    assert cite(printed) == said
    if printed.series != "other":
        assert reference_of(said) is not None


def test_correction_of_a_printed_answer_is_cited_by_its_own_column() -> None:
    corrected = a_printed(date(2005, 2, 24), WRITTEN_ANSWERS, "12W", corrected_on=date(2005, 3, 9), is_correction=True)
    assert cite(corrected) == "HC Deb 9 March 2005 vol 431 c12W"
    assert cite(replace(corrected, is_gone=True)) == "HC Deb 9 March 2005 vol 431 c12W, no longer published"


def test_statements_speeches_and_notices() -> None:
    made: dict[str, Any] = {"made_on": date(2025, 1, 14), "answered_on": None, "tabled_on": None}
    statement = a_question(kind=Kind.STATEMENT, uin="HCWS751", **made)
    assert cite(statement) == "Written statement HCWS751, 14 January 2025"
    assert cite(replace(statement, uin=None)) == "Written statement, Water: Sample Vale, 14 January 2025"
    speech = a_question(kind=Kind.SPEECH, uin=None, **made)
    assert cite(speech) == "HC Deb 14 January 2025, Water: Sample Vale"
    abroad = replace(speech, house=House.NORTHERN_IRELAND, heading=None, id="what steps he is taking")
    assert cite(abroad) == "Northern Ireland Assembly Official Report 14 January 2025, what steps he is taking"
    notice = a_question(kind=Kind.NOTICE, uin=None, body=None, url="https://www.news.example/a", **made)
    assert cite(notice) == "Water: Sample Vale, news.example, 14 January 2025"
    assert cite(replace(notice, body="Sample Office news")) == "Water: Sample Vale, Sample Office news, 14 January 2025"
    assert cite(replace(notice, made_on=None)) == "Water: Sample Vale, news.example"


def test_questions_without_a_number_are_told_apart_by_who_asked() -> None:
    not_reached = a_question(house=House.SENEDD, uin=None, tabled_on=None, heading="Questions to the First Minister")
    assert cite(not_reached) == "Questions to the First Minister (Ada Example), answered 1 February 2021"
    assert cite(replace(not_reached, asked_by=None)) == "Questions to the First Minister, answered 1 February 2021"


@pytest.mark.parametrize(
    ("house", "number"), [(House.SCOTLAND, "S6W-12345"), (House.NORTHERN_IRELAND, "AQW 49327/22-27")]
)
def test_questions_of_devolved_legislatures_are_cited_by_their_own_numbers(house: House, number: str) -> None:
    question = a_question(house=house, uin=number)
    assert cite(question) == f"{number}, answered 1 February 2021"
    asked = sought(cite(question))
    assert asked is not None
    assert asked.is_meant(question)


@pytest.mark.parametrize(
    ("day", "series", "columns", "printed"),
    [
        (date(2009, 10, 26), DEBATES, ("209", "210"), "cc209-10"),
        (date(1998, 11, 16), WRITTEN_ANSWERS, ("389", "390"), "cc389-90W"),
        (date(2004, 3, 31), WRITTEN_ANSWERS, ("1421", "1423"), "cc1421-3W"),
        (date(2012, 12, 18), WRITTEN_STATEMENTS, ("11", "12"), "cc11-2WS"),
        (date(2012, 12, 18), WRITTEN_STATEMENTS, ("39", "40"), "cc39-40WS"),
        (date(2012, 12, 18), WRITTEN_STATEMENTS, ("199", "200"), "cc199-200WS"),
        (date(2012, 12, 18), WRITTEN_STATEMENTS, ("189", "190"), "cc189-190WS"),
    ],
)
def test_range_of_columns_is_printed_as_in_the_index_of_its_time(
    day: date, series: str, columns: tuple[str, str], printed: str
) -> None:
    first, last = columns
    assert cite(a_printed(day, series, first, column_to=last)).endswith(f" {printed}")


STANDING = "http://www.publications.parliament.uk/pa/cm200405/cmstand/d/st050111/pm/pt1/50111s08.htm#column_68"


def test_standing_committee_is_cited_by_letter_and_bill_without_the_clause() -> None:
    of_bill = {"kind": Kind.SPEECH, "body": None, "heading": "Railways Bill: Clause 5", "url": STANDING}
    standing = a_printed(date(2005, 1, 11), COMMITTEE, "68", **of_bill)
    assert cite(standing) == "SC Deb (D) 11 January 2005 c68 (Railways Bill)"
    later = replace(standing, made_on=date(2009, 10, 27))
    assert cite(later) == "PBC Deb 27 October 2009 c68 (Railways Bill)"
    assert cite(replace(standing, heading="Clause 5")) == "SC Deb (D) 11 January 2005 c68"


@pytest.mark.parametrize(
    "heading",
    [None, "Clause 5", "New Clause 2", "Schedule 1"],
)
def test_letter_or_bill_selects_one_of_several_committees_of_a_day(heading: str | None) -> None:
    of_d = a_printed(date(2005, 1, 11), COMMITTEE, "68", kind=Kind.SPEECH, body=None, heading=heading, url=STANDING)
    of_a = replace(of_d, heading="Water Bill", url=STANDING.replace("/d/", "/a/"))
    asked = sought("SC Deb (D) 11 January 2005, col 68")
    assert asked is not None
    assert [asked.is_meant(committee) for committee in (of_d, of_a)] == [True, False]
    of_bill = sought("SC Deb 11 January 2005 c68 (Water Bill)")
    assert of_bill is not None
    assert [of_bill.is_meant(committee) for committee in (of_a, replace(of_a, heading="Railways Bill: Title"))] == [
        True,
        False,
    ]


def test_no_reference_names_an_id() -> None:
    speech = a_question(kind=Kind.SPEECH, uin=None, heading=None, id="sp-1", question=None, text="It is so.")
    for record in (
        speech,
        replace(speech, text=None),
        replace(speech, kind=Kind.STATEMENT),
        replace(speech, kind=Kind.NOTICE),
    ):
        assert "sp-1" not in cite(record)
        assert "sp-1" not in name_of(record)
    assert cite(speech).endswith("It is so")


def reference_of(text: str) -> str | None:
    """Reference that the archive looks up; None for no reference."""
    found = sought(text)
    return found.known_as or None if found else None


def library(shared_data: Path) -> list[dict[str, Any]]:
    """Read the citations that Parliament's own search gives to answers and statements in columns."""
    paths = sorted((shared_data / "parliament-search").glob("mock_*.json"))
    return [load for path in paths for load in json.loads(path.read_text())["response"]["docs"]]


def test_citations_of_the_library_are_parsed_and_printed_unchanged(shared_data: Path) -> None:
    records = library(shared_data)
    for record in records:
        (said,) = record["bibliographicCitation_t"]
        asked = reference_of(said)
        assert asked is not None, said
        day = date.fromisoformat(record["date_dt"][:10])
        begins, ends = record["startColRef_t"], record["endColRef_t"]
        house = House.LORDS if "/Lords/" in record["uri"] else House.COMMONS
        is_answer = "answerText_t" in record
        printed = a_printed(
            day,
            WRITTEN_ANSWERS if is_answer else WRITTEN_STATEMENTS,
            begins if isinstance(begins, str) else begins[0],
            column_to=ends if isinstance(ends, str) else ends[0],
            house=house,
            kind=Kind.QUESTION if is_answer else Kind.STATEMENT,
        )
        assert cite(printed) == said
        assert reference_of(cite(printed)) == asked
    assert len(records) == 20
