"""Sample of the demo: it is large enough, has every oddity, and has no real people."""

from __future__ import annotations

import gzip
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.parliament import Parliament
from monitor.demo.questions_api import cut_answer, list_view
from monitor.demo.sample import BODIES, FIRST_DAY, SECOND_DAY, SESSION_START, Sample, sample
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


# Each oddity, with a condition that holds for questions marked with it.
ODDITIES: dict[str, Callable[[StoreEntry], bool]] = {
    "cut question": lambda entry: len(last(entry)["questionText"]) > 255,
    "cut answer": lambda entry: (cut_answer(answer(entry)) or "").endswith("..."),
    "joined words": lambda entry: re.search(r"[a-z]\.[A-Z]", list_view(last(entry))["answerText"]) is not None,
    "entities": lambda entry: "&amp;" in answer(entry) and "&lt;" in answer(entry),
    "nbsp and narrow nbsp": lambda entry: "\u00a0" in answer(entry) and "\u202f" in answer(entry),
    "curly quotes": lambda entry: "\u2019" in answer(entry),
    "no-break hyphen": lambda entry: "Hi\u2011Tech" in last(entry)["questionText"],
    "soft hyphen in an acronym": lambda entry: "CE\u00adOP" in answer(entry),
    "dotted acronym": lambda entry: "S.O.C.A." in answer(entry),
    "table with colspan": lambda entry: 'colspan="3"' in answer(entry),
    "nested list": lambda entry: re.search(r"<li>[^<]*<ul>", answer(entry)) is not None,
    "empty paragraphs": lambda entry: "<p> </p>" in answer(entry) and "<p>\u00a0</p>" in answer(entry),
    "answer not starting with a tag": lambda entry: not answer(entry).startswith("<"),
    "long answer with a table": lambda entry: len(answer(entry)) >= 5000 and "<table>" in answer(entry),
    "over 150 words": lambda entry: len(re.sub("<[^>]+>", " ", answer(entry)).split()) > 150,
    "literal <x in a question": lambda entry: "<x" in last(entry)["questionText"],
    "parts": lambda entry: "(a)" in last(entry)["questionText"] and "(b)" in last(entry)["questionText"],
    "question without its formula": lambda entry: not last(entry)["questionText"].startswith("To ask"),
    "holding": lambda entry: at(entry, FIRST_DAY)["answerIsHolding"] is True,
    "holding then answered": lambda entry: (
        last(entry)["answerIsHolding"] is False and last(entry)["dateHoldingAnswer"] < last(entry)["dateAnswered"]
    ),
    "corrected": lambda entry: (
        last(entry)["answerIsCorrection"] is True and "1,147" in last(entry)["originalAnswerText"]
    ),
    "correction of a number": lambda entry: (
        re.sub(r"\d", "0", last(entry)["originalAnswerText"]) == re.sub(r"\d", "0", answer(entry))
    ),
    "corrected before it was read": lambda entry: (
        last(entry)["dateAnswered"][:10] < "2024-11-25" and last(entry)["dateAnswerCorrected"][:10] == "2024-11-27"
    ),
    "silent edit": lambda entry: (
        at(entry, FIRST_DAY)["answerText"] != at(entry, SECOND_DAY)["answerText"]
        and last(entry)["dateAnswerCorrected"] is None
    ),
    "grouped": lambda entry: len(last(entry)["groupedQuestions"]) == len(last(entry)["groupedQuestionsDates"]) == 1,
    "same text ungrouped": lambda entry: last(entry)["groupedQuestions"] == [],
    "transferred": lambda entry: entry.base["answeringBodyId"] != last(entry)["answeringBodyId"],
    "reworded": lambda entry: entry.base["questionText"] != last(entry)["questionText"],
    "untitled then titled": lambda entry: entry.base["heading"] is None and last(entry)["heading"] is not None,
    "withdrawn": lambda entry: last(entry)["isWithdrawn"],
    "withdrawn and reappeared": lambda entry: (
        at(entry, date(2024, 11, 21))["isWithdrawn"] and not at(entry, date(2024, 11, 25))["isWithdrawn"]
    ),
    "vanishes": lambda entry: entry.at(None) is None,
    "attachments": lambda entry: last(entry)["attachmentCount"] == len(last(entry)["attachments"]) == 2,
    "member with interest": lambda entry: last(entry)["memberHasInterest"],
    "member unknown": lambda entry: last(entry)["askingMemberId"] == 99_999,
    "UIN used twice": lambda entry: last(entry)["uin"] == "91017",
    "Lords UIN": lambda entry: last(entry)["uin"].startswith("HL") and last(entry)["house"] == "Lords",
    "Lords late": lambda entry: last(entry)["house"] == "Lords" and days_late(entry) > 0,
    "Lords open": lambda entry: last(entry)["house"] == "Lords" and last(entry)["dateAnswered"] is None,
    "named day on time": lambda entry: last(entry)["isNamedDay"] and days_late(entry) == 0,
    "named day late": lambda entry: (
        last(entry)["isNamedDay"]
        and last(entry)["dateAnswered"] is None
        and last(entry)["dateForAnswer"] < "2024-11-25"
    ),
    "ordinary late": lambda entry: not last(entry)["isNamedDay"] and days_late(entry) > 7,
    "ordinary open": lambda entry: not last(entry)["isNamedDay"] and last(entry)["dateAnswered"] is None,
    "refers to another answer": lambda entry: answer(entry).startswith(
        "<p>I refer the hon. Member to the answer given"
    ),
    "not held centrally": lambda entry: "not held centrally" in answer(entry),
    "mention only": lambda entry: (
        WATCHED.search(answer(entry)) is not None
        and WATCHED.search(f"{last(entry)['heading']} {last(entry)['questionText']}") is None
    ),
    "trap": lambda entry: (
        re.search(r"soc|asset|polite", json.dumps(last(entry)), re.IGNORECASE) is not None
        and WATCHED.search(re.sub(r"\bsoca\b", "", f"{last(entry)['questionText']} {answer(entry)}")) is None
    ),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_sample_has_each_oddity(whole: Sample, oddity: str) -> None:
    entries = with_oddity(whole, oddity)
    assert entries
    assert all(ODDITIES[oddity](entry) for entry in entries)


def test_every_marked_oddity_has_a_condition(whole: Sample) -> None:
    assert {oddity for entry in whole.entries for oddity in entry.oddity} <= set(ODDITIES)


def test_sample_is_large_enough_and_has_no_duplicates(whole: Sample) -> None:
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


def test_uin_is_reused_in_the_next_session(whole: Sample) -> None:
    days = [entry.base["dateTabled"][:10] for entry in with_oddity(whole, "UIN used twice")]
    assert len(days) == 2
    assert days[0] < SESSION_START.isoformat() <= days[1]


def test_cited_answer_is_in_the_sample(whole: Sample) -> None:
    (entry,) = with_oddity(whole, "refers to another answer")
    uin = re.findall(r"Question (\d+)", answer(entry))[0]
    assert [last(other)["dateAnswered"] for other in whole.entries if other.base["uin"] == uin] == [
        "2024-11-21T00:00:00"
    ]


def test_values_have_the_keys_of_a_recorded_value(whole: Sample, shared_data: Path) -> None:
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


def test_both_days_have_news_for_a_digest(whole: Sample) -> None:
    first = watched(whole, FIRST_DAY, ("2024-11-25", "2024-11-26"))
    assert 8 <= len({value["answerText"] for value in first}) <= 14
    assert [value["uin"] for value in first if value["answerIsHolding"]] == ["91199"]
    second = watched(whole, SECOND_DAY, ("2024-11-27",))
    first_uins = {value["uin"] for value in first}
    assert 6 <= len(second) <= 10
    assert {value["uin"] for value in second} & first_uins == {"91160", "91199"}
    (edited,) = with_oddity(whole, "silent edit")
    (withdrawn,) = with_oddity(whole, "withdrawn")
    assert edited.base["uin"] in first_uins
    assert at(withdrawn, SECOND_DAY)["isWithdrawn"]
    assert not at(withdrawn, FIRST_DAY)["isWithdrawn"]
    assert WATCHED.search(withdrawn.base["questionText"])


def test_everyone_named_is_in_the_list_of_members(whole: Sample) -> None:
    known = {member.id for member in whole.members}
    assert len(known) == len(whole.members)
    for entry in whole.entries:
        asker = entry.base["askingMemberId"]
        assert asker in known or "member unknown" in entry.oddity


def test_no_one_has_a_real_name(whole: Sample, shared_data: Path) -> None:
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


def test_no_one_has_the_name_of_a_former_member(whole: Sample, shared_data: Path) -> None:
    with gzip.open(shared_data / "members" / "people_2015-03-31.xml.gz", "rt", encoding="latin-1") as lines:
        names = set(re.findall(r'latestname="([^"]+)"', lines.read()))
    assert len(names) > 1000
    assert not names & {member.name for member in whole.members}


def test_the_sample_makes_a_stand_in(whole: Sample) -> None:
    parliament = whole.parliament(FIRST_DAY)
    assert isinstance(parliament, Parliament)
    assert parliament.now == FIRST_DAY
    gone = with_oddity(whole, "vanishes")
    assert len(parliament.values()) == sum(
        entry.published_at is not None and entry.published_at <= end_of(FIRST_DAY) for entry in whole.entries
    ) - len(gone)
