"""The sample: enough of it, every oddity in it, and nobody real."""

from __future__ import annotations

import gzip
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.parliament import Parliament
from monitor.demo.questions_api import cut_answer, list_view
from monitor.demo.sample import BODIES, FIRST_DAY, SECOND_DAY, SESSION_START, Sample, repeat, sample
from monitor.demo.store import StoreEntry, end_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Value = dict[str, Any]
WATCHED = re.compile(
    r"hi.?tech|high tech|\bS\.?O\.?C\.?A\b|\bNCA\b|national crime agency|cyber crime unit|paedophile|\bPOLIT\b"
    r"|\bCE\u00AD?OP\b|child exploitation|online safety|child sexual abuse material|serious organised crime",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def whole() -> Sample:
    return sample()


def with_oddity(whole: Sample, oddity: str) -> list[StoreEntry]:
    return [entry for entry in whole.entries if oddity in entry.oddity]


def at(entry: StoreEntry, day: date) -> Value:
    value = entry.at(end_of(day))
    assert value is not None
    return value


def last(entry: StoreEntry) -> Value:
    value = entry.at(None)
    assert value is not None
    return value


def answer(entry: StoreEntry) -> str:
    text: str = last(entry)["answerText"]
    return text


def days_late(entry: StoreEntry) -> int:
    value = last(entry)
    due, done = (date.fromisoformat(value[key][:10]) for key in ("dateForAnswer", "dateAnswered"))
    return (done - due).days


# Each oddity, and what must be true of a question that is said to have it.
ODDITIES: dict[str, Callable[[StoreEntry], bool]] = {
    "cut question": lambda one: len(last(one)["questionText"]) > 255,
    "cut answer": lambda one: (cut_answer(answer(one)) or "").endswith("..."),
    "joined words": lambda one: re.search(r"[a-z]\.[A-Z]", list_view(last(one))["answerText"]) is not None,
    "entities": lambda one: "&amp;" in answer(one) and "&lt;" in answer(one),
    "nbsp and narrow nbsp": lambda one: "\u00a0" in answer(one) and "\u202f" in answer(one),
    "curly quotes": lambda one: "\u2019" in answer(one),
    "no-break hyphen": lambda one: "Hi\u2011Tech" in last(one)["questionText"],
    "soft hyphen in an acronym": lambda one: "CE\u00adOP" in answer(one),
    "dotted acronym": lambda one: "S.O.C.A." in answer(one),
    "table with colspan": lambda one: 'colspan="3"' in answer(one),
    "nested list": lambda one: re.search(r"<li>[^<]*<ul>", answer(one)) is not None,
    "empty paragraphs": lambda one: "<p> </p>" in answer(one) and "<p>\u00a0</p>" in answer(one),
    "answer not starting with a tag": lambda one: not answer(one).startswith("<"),
    "long answer with a table": lambda one: len(answer(one)) >= 5000 and "<table>" in answer(one),
    "over 150 words": lambda one: len(re.sub("<[^>]+>", " ", answer(one)).split()) > 150,
    "literal <x in a question": lambda one: "<x" in last(one)["questionText"],
    "parts": lambda one: "(a)" in last(one)["questionText"] and "(b)" in last(one)["questionText"],
    "question without its formula": lambda one: not last(one)["questionText"].startswith("To ask"),
    "holding": lambda one: at(one, FIRST_DAY)["answerIsHolding"] is True,
    "holding then answered": lambda one: (
        last(one)["answerIsHolding"] is False and last(one)["dateHoldingAnswer"] < last(one)["dateAnswered"]
    ),
    "corrected": lambda one: last(one)["answerIsCorrection"] is True and "1,147" in last(one)["originalAnswerText"],
    "correction of a number": lambda one: (
        re.sub(r"\d", "0", last(one)["originalAnswerText"]) == re.sub(r"\d", "0", answer(one))
    ),
    "corrected before it was read": lambda one: (
        last(one)["dateAnswered"][:10] < "2024-11-25" and last(one)["dateAnswerCorrected"][:10] == "2024-11-27"
    ),
    "silent edit": lambda one: (
        at(one, FIRST_DAY)["answerText"] != at(one, SECOND_DAY)["answerText"]
        and last(one)["dateAnswerCorrected"] is None
    ),
    "grouped": lambda one: len(last(one)["groupedQuestions"]) == len(last(one)["groupedQuestionsDates"]) == 1,
    "same text ungrouped": lambda one: last(one)["groupedQuestions"] == [],
    "transferred": lambda one: one.base["answeringBodyId"] != last(one)["answeringBodyId"],
    "reworded": lambda one: one.base["questionText"] != last(one)["questionText"],
    "untitled then titled": lambda one: one.base["heading"] is None and last(one)["heading"] is not None,
    "withdrawn": lambda one: last(one)["isWithdrawn"],
    "withdrawn and reappeared": lambda one: (
        at(one, date(2024, 11, 21))["isWithdrawn"] and not at(one, date(2024, 11, 25))["isWithdrawn"]
    ),
    "vanishes": lambda one: one.at(None) is None,
    "attachments": lambda one: last(one)["attachmentCount"] == len(last(one)["attachments"]) == 2,
    "member with interest": lambda one: last(one)["memberHasInterest"],
    "member unknown": lambda one: last(one)["askingMemberId"] == 99_999,
    "UIN used twice": lambda one: last(one)["uin"] == "91017",
    "Lords UIN": lambda one: last(one)["uin"].startswith("HL") and last(one)["house"] == "Lords",
    "Lords late": lambda one: last(one)["house"] == "Lords" and days_late(one) > 0,
    "Lords open": lambda one: last(one)["house"] == "Lords" and last(one)["dateAnswered"] is None,
    "named day on time": lambda one: last(one)["isNamedDay"] and days_late(one) == 0,
    "named day late": lambda one: (
        last(one)["isNamedDay"] and last(one)["dateAnswered"] is None and last(one)["dateForAnswer"] < "2024-11-25"
    ),
    "ordinary late": lambda one: not last(one)["isNamedDay"] and days_late(one) > 7,
    "ordinary open": lambda one: not last(one)["isNamedDay"] and last(one)["dateAnswered"] is None,
    "refers to another answer": lambda one: answer(one).startswith("<p>I refer the hon. Member to the answer given"),
    "not held centrally": lambda one: "not held centrally" in answer(one),
    "mention only": lambda one: (
        WATCHED.search(answer(one)) is not None
        and WATCHED.search(f"{last(one)['heading']} {last(one)['questionText']}") is None
    ),
    "trap": lambda one: (
        re.search(r"soc|asset|polite", json.dumps(last(one)), re.IGNORECASE) is not None
        and WATCHED.search(re.sub(r"\bsoca\b", "", f"{last(one)['questionText']} {answer(one)}")) is None
    ),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_an_oddity_of_the_formats_is_in_the_sample(whole: Sample, oddity: str) -> None:
    entries = with_oddity(whole, oddity)
    assert entries
    assert all(ODDITIES[oddity](entry) for entry in entries)


def test_every_oddity_that_the_files_name_is_looked_for(whole: Sample) -> None:
    assert {oddity for entry in whole.entries for oddity in entry.oddity} <= set(ODDITIES)


def test_there_is_enough_and_nothing_twice(whole: Sample) -> None:
    assert len(whole.entries) >= 120
    assert len({entry.id for entry in whole.entries}) == len(whole.entries)
    assert len({entry.base["questionText"] for entry in whole.entries}) == len(whole.entries)
    keys = {(entry.base["dateTabled"], entry.base["uin"]) for entry in whole.entries}
    assert len(keys) == len(whole.entries)


def test_both_houses_and_many_departments(whole: Sample) -> None:
    assert {entry.base["house"] for entry in whole.entries} == {"Commons", "Lords"}
    assert {entry.base["answeringBodyName"] for entry in whole.entries} == set(BODIES)


def test_questions_are_tabled_and_answered_on_working_days_in_order(whole: Sample) -> None:
    for entry in whole.entries:
        tabled = date.fromisoformat(entry.base["dateTabled"][:10])
        days = [tabled, *(change.at.date() for change in entry.changes)]
        assert days == sorted(days)
        assert all(day.isoweekday() <= 5 for day in days)
        assert date(2024, 11, 11) <= tabled <= date(2024, 11, 29) or tabled < SESSION_START


def test_grouped_answers_are_the_same_and_name_each_other(whole: Sample) -> None:
    first, second = (last(entry) for entry in with_oddity(whole, "grouped"))
    assert first["answerText"] == second["answerText"]
    assert first["groupedQuestionsDates"] == [{"questionUin": second["uin"], "dateTabled": second["dateTabled"]}]
    assert second["groupedQuestions"] == [first["uin"]]
    one, other = (last(entry) for entry in with_oddity(whole, "same text ungrouped"))
    assert one["answerText"] == other["answerText"]
    assert one["dateAnswered"] == other["dateAnswered"]


def test_a_uin_comes_again_in_the_next_session(whole: Sample) -> None:
    days = [entry.base["dateTabled"][:10] for entry in with_oddity(whole, "UIN used twice")]
    assert len(days) == 2
    assert days[0] < SESSION_START.isoformat() <= days[1]


def test_the_answer_referred_to_is_there(whole: Sample) -> None:
    (entry,) = with_oddity(whole, "refers to another answer")
    uin = re.findall(r"Question (\d+)", answer(entry))[0]
    assert [last(other)["dateAnswered"] for other in whole.entries if other.base["uin"] == uin] == [
        "2024-11-21T00:00:00"
    ]


def test_values_have_the_keys_of_a_recorded_one(whole: Sample, shared_data: Path) -> None:
    recorded = json.loads((shared_data / "written-questions-api" / "wqapi_detail_1679416.json").read_text())["value"]
    for entry in whole.entries:
        assert set(entry.base) == set(recorded)


def watched(whole: Sample, day: date, days: tuple[str, ...]) -> list[Value]:
    values = [value for entry in whole.entries if (value := entry.at(end_of(day)))]
    return [
        value
        for value in values
        if ((value["dateAnswerCorrected"] or value["dateAnswered"] or "")[:10]) in days
        and WATCHED.search(f"{value['heading']} {value['questionText']} {value['answerText']}")
    ]


def test_both_days_are_worth_a_digest(whole: Sample) -> None:
    first = watched(whole, FIRST_DAY, ("2024-11-25", "2024-11-26"))
    assert 8 <= len({value["answerText"] for value in first}) <= 14
    assert [value["uin"] for value in first if value["answerIsHolding"]] == ["91199"]
    second = watched(whole, SECOND_DAY, ("2024-11-27",))
    told = {value["uin"] for value in first}
    assert 6 <= len(second) <= 10
    assert {value["uin"] for value in second} & told == {"91160", "91199"}
    (edited,) = with_oddity(whole, "silent edit")
    (withdrawn,) = with_oddity(whole, "withdrawn")
    assert edited.base["uin"] in told
    assert at(withdrawn, SECOND_DAY)["isWithdrawn"]
    assert not at(withdrawn, FIRST_DAY)["isWithdrawn"]
    assert WATCHED.search(withdrawn.base["questionText"])


def test_everybody_named_is_in_the_list_of_members(whole: Sample) -> None:
    known = {member.id for member in whole.members}
    assert len(known) == len(whole.members)
    for entry in whole.entries:
        asker = entry.base["askingMemberId"]
        assert asker in known or "member unknown" in entry.oddity


def test_nobody_has_a_real_name(whole: Sample, shared_data: Path) -> None:
    folder = shared_data / "written-questions-api"
    names: set[str] = set()
    seats: set[str] = set()
    for path in [folder / "edge-cases.json", *sorted((folder / "recorded-2021-02-01").glob("*.json"))]:
        text = path.read_text()
        names |= set(re.findall(r'"name": ?"([^"]+)"', text))
        seats |= set(re.findall(r'"memberFrom": ?"([^"]+)"', text))
    assert len(names) > 300
    assert not names & {member.name for member in whole.members}
    peers = {"Life peer", "Excepted Hereditary", "Bishops"}
    assert not (seats - peers) & {member.constituency for member in whole.members}


def test_nobody_has_the_name_of_a_former_member(whole: Sample, shared_data: Path) -> None:
    with gzip.open(shared_data / "members" / "people_2015-03-31.xml.gz", "rt", encoding="latin-1") as lines:
        names = set(re.findall(r'latestname="([^"]+)"', lines.read()))
    assert len(names) > 1000
    assert not names & {member.name for member in whole.members}


def test_more_questions_are_made_by_repetition() -> None:
    made = repeat(300)
    assert len({entry.id for entry in made}) == len({entry.base["uin"] for entry in made}) == 300
    assert not {entry.id for entry in made} & {entry.id for entry in sample().entries}
    moved = repeat(150, first_id=5_000_000, from_on=date(2024, 12, 2))
    assert (moved[0].id, moved[0].base["dateTabled"]) == (5_000_000, "2024-12-02T00:00:00")
    assert moved[0].published_at is not None
    assert moved[0].published_at.date() == date(2024, 12, 2)
    by = date(2024, 12, 2) - date.fromisoformat(made[0].base["dateTabled"][:10])
    for before, after in zip(made, moved, strict=False):
        assert [change.at.date() - by for change in after.changes] == [change.at.date() for change in before.changes]


def test_the_sample_makes_a_stand_in(whole: Sample) -> None:
    parliament = whole.parliament(FIRST_DAY)
    assert isinstance(parliament, Parliament)
    assert parliament.now == FIRST_DAY
    gone = with_oddity(whole, "vanishes")
    assert len(parliament.values()) == sum(
        entry.published_at is not None and entry.published_at <= end_of(FIRST_DAY) for entry in whole.entries
    ) - len(gone)
