"""`show`: labels, references, and records of the archive with the same words. All is invented."""

from __future__ import annotations

import json
import shlex
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor import app
from monitor.model.records import House
from monitor.research.related import query_for_answer
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import NOW, Desk, make_desk

if TYPE_CHECKING:
    from monitor.model.records import Proceeding

COUNTED = (
    'The "Sample Agency" tests the water of forty rivers each month, and publishes the laboratory results on its page. '
    "In the last year {n} samples were taken, of which none failed. The number of fish is not held centrally."
)
ASKED = (
    "To ask the Secretary of State for {office}, how many samples were taken from the rivers of Sample Vale in {year}."
)
TWELVE = "One two three four five six seven eight nine ten eleven twelve"
DEFRA, TRANSPORT = "Environment, Food and Rural Affairs", "Transport"


def answered(number: int, n: int = 45, **facts: Any) -> Proceeding:
    day = date(2020, 1, 1) + timedelta(days=number // 10)
    given = {
        "uin": str(150000 + number),
        "answer": COUNTED.format(n=n),
        "question": f"To ask the Secretary of State for Transport, what is said in paragraph {number}.",
        "tabled_on": day - timedelta(days=5),
        "answered_on": day,
    }
    return a_question(**(given | facts))


QUESTIONS = (
    *(answered(number) for number in (1, 2, 3, 11, 12, 21, 31)),
    answered(41, 38, question=ASKED.format(office=DEFRA, year="2018")),
    answered(42, 38, question=ASKED.format(office=TRANSPORT, year="2018")),
    answered(51, answer="Nobody was told of this.", question=ASKED.format(office=DEFRA, year="2019")),
    answered(52, answer="Nobody knew.", house=House.LORDS, question=ASKED.format(office=DEFRA, year="2019")),
    answered(61, answer=None, answered_on=None, question=ASKED.format(office=DEFRA, year="2019")),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("desk"), is_empty=True)
    settings = app.configuration(str(desk.folder / "config.toml"), env={})
    archive = app.archive(settings)
    store(archive, *QUESTIONS)
    archive.index.follow()
    archive.close()
    return desk


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


def section(desk: Desk, uin: str, title: str) -> str:
    out = desk.run("show", uin).stdout
    return out.partition(f"\n{title}\n")[2].partition("\n\n")[0]


def test_equal_answers_are_listed_counted_and_searchable(desk: Desk) -> None:
    related = section(desk, "150003", "Same words")
    said = " ".join(related.split())
    assert said.startswith(
        "The same answer was given to UIN 150001 and UIN 150002 (1 January 2020), UIN 150011 and UIN 150012"
        " (2 January 2020) and UIN 150021 (3 January 2020), and to 1 more: pqwatch search "
    )
    [typed] = [line.strip() for line in related.splitlines() if "pqwatch search" in line]
    found = desk.run(*shlex.split(typed)[1:], "--count").stdout
    assert int(found) >= 7


def test_nearly_equal_answers_say_how_they_differ(desk: Desk) -> None:
    related = " ".join(section(desk, "150003", "Same words").split())
    assert related.endswith("UIN 150041 and UIN 150042 (5 January 2020), nearly the same: 45 becomes 38")


def test_labels_show_their_sentence(desk: Desk) -> None:
    labels = " ".join(section(desk, "150003", "Labels").split())
    assert labels == "Not held: \u201cThe number of fish is not held centrally.\u201d"


def test_same_question_asked_before_in_the_same_house_of_any_office(desk: Desk) -> None:
    related = " ".join(section(desk, "150061", "Asked before").split())
    assert related == (
        "UIN 150051, tabled 1 January 2020 by Ada Example; answered 6 January 2020 (q-150051)"
        " UIN 150042, tabled 31 December 2019 by Ada Example, in nearly the same words; answered 5 January 2020 (q-150042)"
        " UIN 150041, tabled 31 December 2019 by Ada Example, in nearly the same words; answered 5 January 2020 (q-150041)"
    )


def test_record_without_related_records_has_no_such_sections(desk: Desk) -> None:
    out = desk.run("show", "150052").stdout
    assert not {"Same words", "Asked before", "Labels", "Refers to", "Referred to by"} & set(out.splitlines())


def test_json_has_related_records(desk: Desk) -> None:
    record = json.loads(desk.run("show", "150003", "--json").stdout)
    assert record["same_answer_as"] == [f"q-1500{n}" for n in ("01", "02", "11", "12", "21", "31")]
    assert record["same_answers"] == 6
    assert [(entry["id"], entry["except"]) for entry in record["near_answers"]] == [
        (f"q-15004{n}", [{"here": "45", "there": "38"}]) for n in (1, 2)
    ]
    assert [(entry["name"], record["answer"][entry["start"] : entry["end"]]) for entry in record["labels"]] == [
        ("not_held", "The number of fish is not held centrally.")
    ]
    assert [entry["id"] for entry in json.loads(desk.run("show", "150061", "--json").stdout)["asked_before"]] == [
        "q-150051",
        "q-150042",
        "q-150041",
    ]


def test_lists_show_equal_answers(desk: Desk) -> None:
    [record] = json.loads(desk.run("search", 'in:answer "Nobody was told of this"', "--json").stdout)
    assert record["same_answer_as"] == record["labels"] == []
    found = json.loads(desk.run("search", "--label", "not_held", "--limit", "2", "--json").stdout)
    assert [len(entry["same_answer_as"]) for entry in found] == [1, 1]


@pytest.mark.parametrize(
    ("answer", "query"),
    [
        (
            "Short. The river, of \u201cSample\u201d: \u2018North\u2019 Vale, is clean.",
            'in:answer "North Vale, is clean."',
        ),
        (f"{TWELVE} and more.", f'in:answer "{TWELVE}"'),
        ("None at all.", ""),
        ("", ""),
    ],
)
def test_query_for_an_answer_takes_the_first_words_of_its_longest_sentence(answer: str, query: str) -> None:
    assert query_for_answer(answer) == query
