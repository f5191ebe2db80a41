"""Names of offices, and the opening formula of a question."""

from __future__ import annotations

import gzip
import json
import re
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

import pytest

from monitor.text.office_names import OfficeNames, formula_end, shipped_names, shipped_offices
from monitor.text.tokens import HYPHEN, tokens
from scrapers.markup import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.text.tokens import Token


def found(names: OfficeNames, text: str) -> list[str]:
    read = tokens(text)
    return [text[read[first].start : read[after - 1].end] for first, after in names.spans(read)]


FOUND = {
    "The Department of Health and Social Care said so": ["Department of Health and Social Care"],
    "the Department for Health & Social Care": ["Department for Health & Social Care"],
    "the Department of Health, and care": ["Department of Health"],
    "the Secretary of State for Health and Social Care's letter": ["Secretary of State for Health and Social Care's"],
    "the Minister of State for Health and Social Care": ["Minister of State for Health and Social Care"],
    "the Shadow Secretary of State for Defence": ["Secretary of State for Defence"],
    "the Parliamentary Under-Secretary of State for Transport": [
        "Parliamentary Under-Secretary of State for Transport"
    ],
    "Secretary of State for Home Department": ["Secretary of State for Home Department"],
    "SECRETARY OF STATE FOR THE ENVIRONMENT, FOOD AND RURAL AFFAIRS": [
        "SECRETARY OF STATE FOR THE ENVIRONMENT, FOOD AND RURAL AFFAIRS"
    ],
    "Home Office and Treasury": ["Home Office"],
    "HM Treasury, His Majesty's Treasury": [],
    "the Prime Minister and the Deputy Prime Minister": ["Prime Minister", "Deputy Prime Minister"],
    "health and social care": [],
    "Women and Equalities": [],
    "the home. Office hours": [],
    "Department\nfor Transport": [],
    "Department for\tTransport": [],
    "Department for (a) Transport": [],
    "Department for": [],
    "the": [],
    "": [],
}


@pytest.mark.parametrize(("text", "spans"), FOUND.items(), ids=[text[:40] for text in FOUND])
def test_whole_names_are_found(text: str, spans: list[str]) -> None:
    assert found(shipped_names(), text) == spans


def test_name_from_a_source_adds_its_ministers() -> None:
    names = shipped_names().with_more(["Department for Lighthouses and Foghorns"])
    assert found(names, "the Department of Lighthouses and Foghorns") == ["Department of Lighthouses and Foghorns"]
    text = "To ask the Secretary of State for Lighthouses and Foghorns, what"
    assert found(names, text) == ["Secretary of State for Lighthouses and Foghorns"]
    assert found(shipped_names(), text) == []


@pytest.mark.parametrize(
    "name", ["", " ", "Treasury", "HM Treasury", "The Department", "Women and Equalities", "Home Office"]
)
def test_partial_or_known_names_add_nothing(name: str) -> None:
    assert shipped_names().with_more([name]) is shipped_names()


def test_names_with_equal_content_are_equal() -> None:
    one, other = (
        OfficeNames(["Home Office", "Cabinet Office"]),
        OfficeNames(["Cabinet Office", "Home Office", "Treasury"]),
    )
    assert one == other
    assert hash(one) == hash(other)
    assert one != OfficeNames(["Home Office"])
    assert one != {"Home Office", "Cabinet Office"}


def test_vocabulary_holds_every_word_that_may_be_hidden() -> None:
    words = OfficeNames(["Department for Lighthouses", "Law Officers' Department", "Treasury of Shipwrecks"]).vocabulary
    assert words >= {"departments", "lighthouses", "law", "officers", "secretary", "minister", "under", "the"}
    assert words >= {"to", "ask", "hon", "member", "representing", "majestys", "government"}, "words of formulas"
    assert words.isdisjoint({"shipwrecks", "lighthouse"})


FORMULAS = {
    "To ask the Secretary of State for Health and Social Care, what he does.": "Health and Social Care",
    "To ask the Secretary of State for Health and Social Care for what reason he does it.": "Social Care",
    "To ask the Secretary of State for Education, of the children in care, how many read.": "Education",
    "To ask the Secretary of State for Energy, Security and Net Zero,how many": "Net Zero",
    "To ask the Minister of State, Department for Business, Innovation and Skills what": "Skills",
    "To ask the Minister for the Cabinet Office,\t whether": "Office",
    "To ask the Chancellor of Exchequer, if": "Exchequer",
    "To ask Mr Chancellor of the Exchequer if": "Exchequer",
    "To ask His Majesty's Government what": "Government",
    "To ask Her Majesty\u2019s Government and others what": "Government",
    "asked Her Majesty's Government: Whether": "Government",
    "To ask the Scottish Government, further to": "Government",
    "To ask the hon. Member for Stoke-on-Trent Nowhere, representing the Church Commissioners, how": "Commissioners",
    "To ask the right hon. Member for Nowhere, representing the Bell Ringers' Guild, how": "Guild",
    "To ask the Chancellor of the Duchy of Lancaster and the Minister for the Cabinet Office, how": "Cabinet Office",
    "To ask the Secretary of State for Defence and Umbrellas, in each year since 1997, how": "Umbrellas",
    "To ask the Under-Secretary for Umbrellas for what": "Umbrellas",
    "To ask the Secretary of State for Education, To ask the Secretary of State for Education, what": "Education",
    "To ask the Attorney-General": "General",
}


@pytest.mark.parametrize(("text", "last"), FORMULAS.items(), ids=[text[:60] for text in FORMULAS])
def test_formula_ends_with_the_office(text: str, last: str) -> None:
    read = tokens(text)
    assert text[: read[formula_end(read) - 1].end].endswith(last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "To ask",
        "To ask the",
        "To ask the Minister",
        "What assessment the Secretary of State for Defence has made",
        "To ask the Bell Ringers' Guild what",
        "To ask the Minister of Umbrellas. What",
        "To ask the hon. Member for Nowhere, representing",
        "The Minister was asked what",
    ],
)
def test_other_beginnings_are_no_formula(text: str) -> None:
    assert formula_end(tokens(text)) == 0


def test_formula_knows_the_names_of_the_source() -> None:
    read = tokens("To ask the Secretary of State for Lighthouses, keepers of them being few, what")
    assert [token.text for token in read[: formula_end(read, OfficeNames(["Department for Lighthouses"]))]][
        -1
    ] == "lighthouses"


DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


def test_shipped_list_is_in_order() -> None:
    offices = shipped_offices()
    names = {office.name for office in offices}
    for office in offices:
        assert OfficeNames([office.name]).names == {office.name}, "not a full name"
        assert not {*office.became} - names, "became what is not listed"
        assert office.source
        assert {*office.source} <= {"api", "ask", "2009", "min", "known"}
        assert all(not day or DAY.fullmatch(day) for day in (office.since, office.until))
        assert not (office.since and office.until) or office.since <= office.until
        assert office.until or not office.became or not office.since
    lines = [(office.name, office.since) for office in offices]
    assert len(set(lines)) == len(lines)


def test_every_body_that_sources_named_is_shipped(shared_data: Path) -> None:
    bodies = {entry["answeringBodyName"] for entry in recorded(shared_data)}
    assert len(bodies) > 20
    assert {body for body in bodies if OfficeNames([body]).names} <= shipped_names().names


def recorded(shared_data: Path) -> Iterator[dict[str, Any]]:
    folder = shared_data / "written-questions-api"
    for path in sorted(folder.glob("detail-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    for path in sorted((folder / "recorded-2021-02-01").glob("*_questions_*.json")):
        for result in json.loads(path.read_text(encoding="utf-8"))["results"]:
            yield result["value"]


def test_formula_of_every_recorded_question_is_found_exactly(shared_data: Path) -> None:
    every_third = islice(recorded(shared_data), 0, None, 3)
    asked = [entry["questionText"] for entry in every_third if entry["questionText"].startswith("To ask")]
    assert len(asked) > 3000
    formulas = set()
    for text in asked:
        read = tokens(text)
        end = formula_end(read)
        assert end, text
        formulas.add(" ".join(token.text for token in read[:end]))
    assert len(formulas) < 60  # other words of a question would make each formula distinct


def test_social_care_is_mostly_a_name(shared_data: Path) -> None:
    """A different prototype found 2,016 and 240 in all texts. One record in ten is read here."""
    anywhere = outside = 0
    path = shared_data / "written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in islice(lines, 0, None, 10):
            entry = json.loads(line)
            question = tokens(entry["questionText"])
            answer = tokens(plain_text(entry["answerText"] or "")[0])
            anywhere += bool(social_care(question) or social_care(answer))
            outside += bool([first for first in bare(question) if first >= formula_end(question)] or bare(answer))
    assert 195 < anywhere < 210
    assert 20 < outside < 30


def social_care(read: list[Token]) -> list[int]:
    return [
        first
        for first, (word, next_word) in enumerate(pairwise(read))
        if (word.text, next_word.text) == ("social", "care") and next_word.gap <= HYPHEN
    ]


def bare(read: list[Token]) -> list[int]:
    at = social_care(read)
    spans = shipped_names().spans(read) if at else []
    return [first for first in at if not any(begin <= first and first + 2 <= after for begin, after in spans)]
