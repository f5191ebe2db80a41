"""Files of the new style, invented and recorded: answers and people, counted in another way than by the readers.

`.ci/independent_reader.py` compares the same files with what mysoc-validator reads.
"""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.records import Member
from monitor.parliament.references import reference_keys
from scrapers.folders import LocalFolder
from scrapers.people import People
from scrapers.theyworkforyou import TheyWorkForYou
from tests.scrapers.source_kit import InventedRegister

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model.records import Proceeding

NEW_STYLE = Path(__file__).parent / "examples" / "new_style"
DAY = date(2026, 2, 23)
FILE = "answers2026-02-23.xml"
_GOVERNMENT = re.compile(
    r"(?:Minister of State|Secretary of State|Parliamentary Under-Secretary|Prime Minister)(?: \(|$)"
)
"""Offices that only the government has."""


# Answers


@pytest.fixture(scope="module")
def tree(shared_data: Path) -> ET.Element:
    """The file as the standard library reads it."""
    return ET.parse(shared_data / "theyworkforyou-since-2014" / "answers2026-02-23_EXCERPT.xml").getroot()  # noqa: S314 (recorded)


@pytest.fixture(scope="module")
def answers(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Proceeding]:
    folder = tmp_path_factory.mktemp("since_2014")
    (folder / "wrans").mkdir()
    recorded = shared_data / "theyworkforyou-since-2014" / "answers2026-02-23_EXCERPT.xml"
    shutil.copyfile(recorded, folder / "wrans" / FILE)
    return answers_in(folder)


def answers_in(folder: Path) -> list[Proceeding]:
    place = LocalFolder(folder, lambda: datetime(2026, 2, 24, tzinfo=UTC))
    source = TheyWorkForYou(place, InventedRegister(), kinds=("wrans",))
    [ref] = source.files()
    parsed = list(source.records(source.fetch(ref)))
    assert [record.error for record in parsed if record.error] == []
    return [record.proceeding for record in parsed if record.proceeding]


def words(parts: Iterable[str]) -> str:
    return re.sub(r"\s", "", "".join(parts))


def groups(tree: ET.Element) -> list[tuple[list[ET.Element], ET.Element]]:
    """Return the questions that stand before each reply, and the reply."""
    found: list[tuple[list[ET.Element], ET.Element]] = []
    asked: list[ET.Element] = []
    for element in tree:
        if element.tag == "ques":
            asked.append(element)
        elif element.tag == "reply":
            found.append((asked, element))
            asked = []
    return found


def test_every_question_is_there_by_number_and_day(tree: ET.Element, answers: list[Proceeding]) -> None:
    asked = list(tree.iter("ques"))
    assert len(answers) == len(asked) == 13
    for record, element in zip(answers, asked, strict=True):
        url = element.get("url", "")
        assert record.url == url
        assert f"{record.tabled_on}/{record.uin}" == url.removeprefix(url[: url.index("detail/") + 7])
        assert record.answered_on == DAY
        assert words([record.question or ""]) == words(element.itertext())
        assert record.asked_by is not None
        assert record.asked_by.name == element.get("speakername")


def test_every_reply_answers_the_questions_before_it(tree: ET.Element, answers: list[Proceeding]) -> None:
    by_uin = {record.uin: record for record in answers}
    found = groups(tree)
    assert len(found) == len(list(tree.iter("reply"))) == len({record.answer for record in answers}) == 8
    for asked, reply in found:
        numbers = {paragraph.get("qnum") for element in asked for paragraph in element.iter("p")}
        for number in numbers:
            record = by_uin[number]
            assert words([record.answer or ""]) == words(reply.itertext())
            assert {grouped.uin for grouped in record.grouped_with} == numbers - {number}
            assert record.answered_by is not None
            assert record.answered_by.name == reply.get("speakername")
            assert [link.href for link in record.links] == [link.get("href") for link in reply.iter("a")]


def test_a_group_has_askers_of_its_own(tree: ET.Element, answers: list[Proceeding]) -> None:
    askers = [{element.get("person_id") for element in asked} for asked, _ in groups(tree)]
    assert Counter(map(len, askers)) == {1: 7, 2: 1}
    group = [record for record in answers if {grouped.uin for grouped in record.grouped_with} >= {"112756"}]
    others = {record.asked_by.name for record in answers if record.asked_by and record.uin == "112756"}
    assert {record.asked_by.name for record in group if record.asked_by}.isdisjoint(others)


def test_an_answer_that_refers_to_another_leads_to_it(answers: list[Proceeding]) -> None:
    chains = {record.uin: reference_keys(record) for record in answers if "I refer" in (record.answer or "")}
    assert chains == {"107925": ("102803",)}
    assert "102803" in {record.uin for record in answers}


def test_a_table_keeps_its_cells(tree: ET.Element, answers: list[Proceeding]) -> None:
    cells = [words(cell.itertext()) for cell in tree.iter("td")]
    [told] = {record.answer for record in answers if record.answer and "\t" in record.answer}
    lines = [line for line in told.split("\n") if "\t" in line]
    assert len(lines) > 1
    assert [words([cell]) for line in lines for cell in line.split("\t") if cell.strip()] == [
        cell for cell in cells if cell
    ]


def test_invented_answers_are_as_counted() -> None:
    body = (NEW_STYLE / "wrans" / "answers2031-02-24.xml").read_text()
    found = answers_in(NEW_STYLE)
    assert [record.uin for record in found] == re.findall(r'qnum="(\d+)"', body)
    assert [record.url for record in found] == re.findall(r'<ques [^>]*url="([^"]+)"', body)
    assert len({record.answer for record in found}) == body.count("<reply ") == 2
    assert [len(record.grouped_with) for record in found] == [1, 1, 0]
    assert found[0].answer == (
        "Repairs cost as follows.\n\nYear\tRepairs\n2029\t7\n2030\t12\n\nThe rest is in the guide."
    )
    assert reference_keys(found[2]) == ("900101",)


# Offices


@pytest.fixture(scope="module")
def posts(shared_data: Path) -> dict[str, Any]:
    """The file as the standard library reads it."""
    recorded: dict[str, Any] = json.loads((shared_data / "people-popolo" / "ministers.json").read_text())
    return recorded


@pytest.fixture(scope="module")
def people(shared_data: Path) -> People:
    return People([("ministers.json", (shared_data / "people-popolo" / "ministers.json").read_bytes())])


def test_the_file_of_offices_has_as_much_as_is_known(posts: dict[str, Any], shared_data: Path) -> None:
    body = (shared_data / "people-popolo" / "ministers.json").read_bytes()
    assert len(posts["memberships"]) == len(re.findall(rb'"id": "uk.org.publicwhip/moffice/', body)) == 2890
    assert len({post["person_id"] for post in posts["memberships"]}) == 617
    assert len(posts["organizations"]) == 216
    # Two bodies stand there twice, with another capital letter; a strict reader refuses the file for it.
    twice = [body for body, count in Counter(body["id"] for body in posts["organizations"]).items() if count == 2]
    assert len(twice) == 2


def test_every_office_of_the_government_is_found_on_its_days(posts: dict[str, Any], people: People) -> None:
    bodies = {body["id"]: body["name"] for body in posts["organizations"]}
    of_government = [
        post
        for post in posts["memberships"]
        if _GOVERNMENT.match(post.get("role", "")) and post["start_date"] < post["end_date"]
    ]
    assert len(of_government) > 400
    for post in of_government:
        person = int(post["person_id"].rpartition("/")[2])
        held = people.office_of(Member(name="x", person_id=person), date.fromisoformat(post["end_date"]))
        assert held is not None, post
        also = {
            other["role"]
            for other in posts["memberships"]
            if other["person_id"] == post["person_id"]
            and other.get("role")
            and other["start_date"] <= post["end_date"] <= other["end_date"]
        }
        assert any(held.startswith(role) for role in also), (post, held, bodies[post["organization_id"]])


def test_posts_of_the_opposition_are_no_offices(posts: dict[str, Any], people: People) -> None:
    others = re.compile(r"shadow|opposition|spokes|\bPPS\b", re.IGNORECASE)
    for post in posts["memberships"]:
        if not others.search(post.get("role", "")):
            continue
        person = int(post["person_id"].rpartition("/")[2])
        held = people.office_of(Member(name="x", person_id=person), date.fromisoformat(post["start_date"]))
        assert held is None or not others.search(held)


def test_invented_people_are_as_counted() -> None:
    body = (NEW_STYLE / "people.json").read_bytes()
    people = People([("people.json", body)])
    assert len(people) == len(re.findall(rb'"other_names"', body)) == 3
    day = date(2031, 2, 24)
    found = people.by_number("uk.org.publicwhip/member/99701", None, day)
    assert (found.name, found.party, found.constituency, found.member_id) == (
        "Ann Otherly",
        "Independent",
        "Lower Sample",
        99001,
    )
    assert people.office_of(Member(name="x", person_id=99903), day) == "Secretary of State, Department for Umbrellas"
