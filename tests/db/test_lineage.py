"""Answering bodies followed through time: the same records by the columns, by the index and by the matcher."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor.model.records import House
from monitor.model.search import Filters
from monitor.parliament.calendar import load_calendar
from monitor.research.body_facets import count_facets, count_of_line
from monitor.research.stats.report import count
from monitor.terms.matcher import compile_query
from tests.archive_kit import store
from tests.builders import a_question
from tests.db.test_search import uins

if TYPE_CHECKING:
    from db.archive import Archive

RECORDS = {
    "1": ("Health", House.COMMONS, date(2009, 10, 26)),
    "2": ("Department of Health", House.LORDS, date(2015, 3, 2)),
    "3": ("Department of Health and Social Care", House.COMMONS, date(2021, 2, 1)),
    "4": ("Department of Health", House.NORTHERN_IRELAND, date(2021, 2, 1)),
    "5": ("Culture, Media and Sport", House.COMMONS, date(2009, 10, 26)),
    "6": ("Department for Culture, Media and Sport", House.COMMONS, date(2024, 11, 4)),
    "7": ("Department for Science, Innovation and Technology", House.COMMONS, date(2024, 11, 4)),
    "8": ("Sample Office", House.COMMONS, date(2024, 11, 4)),
    "9": ("Department for Digital, Culture, Media and Sport", House.COMMONS, date(2019, 6, 3)),
}
HEALTH = "Department of Health and Social Care"
MEDIA = "Department for Digital, Culture, Media and Sport"
SCIENCE = "Department for Science, Innovation and Technology"


@pytest.fixture
def filled(archive: Archive) -> Archive:
    store(
        archive,
        *(
            a_question(
                uin=uin, body=body, body_id=None, house=house, tabled_on=day, date_for_answer=day, answered_on=day,
                answer="Sea walls are built.",
            )
            for uin, (body, house, day) in RECORDS.items()
        ),
    )  # fmt: skip
    archive.index.follow()
    return archive


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (HEALTH, {"1", "2", "3"}),
        ("Health", {"1", "2", "3", "4"}),
        ("health and SOCIAL care", {"1", "2", "3"}),
        (SCIENCE, {"5", "7", "9"}),
        (MEDIA, {"5", "6", "7", "9"}),
        ("Department for Culture, Media and Sport", {"5", "6", "9"}),
        ("Sample", {"8"}),
        ("Fisheries", set()),
    ],
)
def test_the_same_records_by_columns_by_index_and_by_matcher(filled: Archive, body: str, expected: set[str]) -> None:
    filters = Filters(body=body, lineage=True)
    assert set(uins(filled.search.hits(None, filters))) == expected
    assert filled.search.count(None, filters) == len(expected)
    walls = compile_query("sea walls")
    assert set(uins(filled.search.hits(walls, filters))) == expected
    query = compile_query(f'sea walls body:"{body}"', follows_bodies=True)
    assert set(uins(filled.search.hits(query, Filters()))) == expected
    alone = compile_query(f'lineage:"{body}"')
    assert set(uins(filled.search.hits(alone, Filters()))) == expected


def test_two_lines_must_both_be_met(filled: Archive) -> None:
    query = compile_query(f'lineage:"{SCIENCE}"')
    filters = Filters(body="Department for Culture, Media and Sport", lineage=True)
    assert set(uins(filled.search.hits(query, filters))) == {"5", "9"}
    assert uins(filled.search.hits(query, Filters(body="Health", lineage=True))) == []


def test_without_lineage_a_body_is_its_words(filled: Archive) -> None:
    assert set(uins(filled.search.hits(None, Filters(body=HEALTH)))) == {"3"}
    assert set(uins(filled.search.hits(None, Filters(body="Department Health")))) == {"2", "3", "4"}


@pytest.mark.parametrize("words", ["", "sea walls"])
def test_facets_count_the_names_of_a_line_as_one(filled: Archive, words: str) -> None:
    query = compile_query(words) if words else None
    found = count_facets(filled, query, Filters(lineage=True), ["body", "year"])
    assert found.total == len(RECORDS)
    assert found.ordered("body") == [
        (HEALTH, 3),
        ("Department for Culture, Media and Sport", 2),
        (MEDIA, 1),
        ("Department for Science, Innovation and Technology", 1),
        ("Department of Health", 1),
        ("Sample Office", 1),
    ]
    assert found.counts["year"]["2009"] == 2
    plain = count_facets(filled, query, Filters(), ["body"])
    assert plain.counts["body"]["Health"] == 1
    assert plain.counts["body"]["Department of Health"] == 2


@pytest.mark.parametrize("words", ["", "sea walls"])
def test_what_a_search_for_a_value_finds_is_known(filled: Archive, words: str) -> None:
    query = compile_query(words) if words else None
    facets = count_facets(filled, query, Filters(lineage=True), ["body"])
    expected = {
        body: filled.search.count(query, Filters(body=body, lineage=True)) for body in facets.counts["body"] if body
    }
    assert {body: count_of_line(facets, body) for body in expected} == expected
    assert expected[MEDIA] == 4  # with those of its parts


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (date(1994, 12, 31), {"schools"}),
        (date(1998, 12, 31), {"schools", "jobs", "both"}),
        (None, {"schools", "jobs", "both", "today"}),
    ],
)
def test_a_name_means_the_body_that_bore_it_at_the_end_of_the_search(
    archive: Archive, last: date | None, expected: set[str]
) -> None:
    """Without a day that is today's, to which Employment of 1993 leads too."""
    records = {
        "schools": ("Education", date(1993, 3, 1)),
        "jobs": ("Employment", date(1993, 3, 1)),
        "both": ("Department for Education and Employment", date(1998, 3, 2)),
        "today": ("Department for Education", date(2024, 11, 4)),
        "science": ("Department for Science, Innovation and Technology", date(2024, 11, 4)),
    }
    store(
        archive,
        *(a_question(uin=uin, body=body, body_id=None, tabled_on=day, answered_on=day, date_for_answer=day,
                     answer="Sea walls are built.") for uin, (body, day) in records.items()),
    )  # fmt: skip
    archive.index.follow()
    filters = Filters(body="Department for Education", lineage=True, last=last)
    assert set(uins(archive.search.hits(None, filters))) == expected
    assert set(uins(archive.search.hits(compile_query("sea walls"), filters))) == expected
    asked = f'sea walls body:"Department for Education"{f" to:{last}" if last else ""}'
    query = compile_query(asked, today=date(2024, 12, 2), follows_bodies=True)
    assert set(uins(archive.search.hits(query, Filters()))) == expected
    facets = count_facets(archive, None, Filters(lineage=True, last=last), ["body"])
    assert count_of_line(facets, "Department for Education", last) == len(expected)


def test_statistics_count_them_as_one_too(filled: Archive) -> None:
    found = count(filled, None, Filters(lineage=True), ["body"], calendar=load_calendar(()), today=date(2026, 11, 2))
    assert {row.key[0]: row.measures.records for row in found.rows}[HEALTH] == 3
    plain = count(filled, None, Filters(), ["body"], calendar=load_calendar(()), today=date(2026, 11, 2))
    assert {row.key[0]: row.measures.records for row in plain.rows}[HEALTH] == 1


def test_a_record_without_a_body_is_of_no_line(archive: Archive) -> None:
    store(archive, a_question(uin="1", body=None, body_id=None))
    assert archive.search.count(None, Filters(body="Health", lineage=True)) == 0
    assert count_facets(archive, None, Filters(lineage=True), ["body"]).counts["body"] == {None: 1}
