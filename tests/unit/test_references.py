"""References of a text to earlier records."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor.model.records import House, Kind, Member
from monitor.parliament.references import (
    answer_keys,
    column_keys,
    is_plausible_number,
    member_and_day_keys,
    narrow_candidates,
    reference_keys,
    referred_uins,
    scottish_keys,
)
from tests.builders import a_question

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2009, 10, 26)


@pytest.mark.parametrize(
    ("answer", "uins"),
    [
        ("I refer the hon. Member to the answer given on 21 November 2024 to Question 91098.", ["91098"]),
        (
            "I refer the right hon. Member to the answer I gave on 5 November 2024 to Questions 12345 and 12346.",
            ["12345", "12346"],
        ),
        ("I refer the noble Lord to the reply of 3 May to HL4321.", ["HL4321"]),
        (
            "I refer the noble Lord to the answer of 3 May to Question HL4321, HL4322 and HL4323.",
            ["HL4321", "HL4322", "HL4323"],
        ),
        ("I would refer my hon. Friend to my response to PQ UIN 8123 on 4 June.", ["8123"]),
        ("This question refers to 300 officers. The answer is 12.", []),
        ("Question 5 of the survey was dropped.", []),
        ("I refer the hon. Member to the survey.\n\nQuestion 91098 had no answer.", []),
    ],
)
def test_answer_points_to_questions(answer: str, uins: list[str]) -> None:
    assert referred_uins(answer) == uins


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            "I refer the hon. Member to the answer I gave on 3 February 2004, Official Report, column 808W.",
            ["commons:2004-02-03:written_answers:808W"],
        ),
        (
            "pursuant to the reply, 24 February 2005, Official Report, c. 756W",
            ["commons:2005-02-24:written_answers:756W"],
        ),
        ("the answer of 3 February, Official Report, columns 1020-21W", ["commons:2009-02-03:written_answers:1020W"]),
        ("the answer of 3 December, Official Report, column 1416w", ["commons:2008-12-03:written_answers:1416W"]),
        ("the statement of 26 October (Official Report, col. 30WS)", ["commons:2009-10-26:written_statements:30WS"]),
        ("the debate of 14 July 2009, Official Report, column 9WH", ["commons:2009-07-14:westminster_hall:9WH"]),
        ("on 1 June 2009 (Official Report, House of Lords, cols. 436-38)", ["lords:2009-06-01:debates:436"]),
        ("my answer of 17 June (Official Report, cols. WA 216-17)", ["lords:2009-06-17:written_answers:216WA"]),
        ("on 8 September 2008, Official Report, column 867 HL", ["lords:2008-09-08:debates:867"]),
        ("\u201cslums.\u201d\u2014[Official Report, 20 May 1935; Vol. 302, c. 42]", ["commons:1935-05-20:debates:42"]),
        ("[Official Report, Sample Public Bill Committee, 14 June 2007; c. 5.]", ["commons:2007-06-14:committee:5"]),
        ("[Official Report, Lords, 07/7/09; col. 577.]", ["lords:2009-07-07:debates:577"]),
        ("[Official Report, 30/6/1998; col. 5.]", ["commons:1998-06-30:debates:5"]),
        ("[Official Report, 30/6/98; col. 5.]", ["commons:1998-06-30:debates:5"]),
        ("HL Deb 3 May 2004, col. 12", ["lords:2004-05-03:debates:12"]),
        (
            "on 20 July 2009, Official Report, column 906W, and on 20 May 2008, Official Report, columns 12W and 14W",
            [
                "commons:2009-07-20:written_answers:906W",
                "commons:2008-05-20:written_answers:12W",
                "commons:2008-05-20:written_answers:14W",
            ],
        ),
        ("the answer given to him on 3 May 2009, column 12W, on kites", ["commons:2009-05-03:written_answers:12W"]),
        ("the figures of 3 May 2009 are in column 4 of the table", []),
        ("the Official Report, column 12W", []),
        ("the answer of 31 February 2009, Official Report, column 12W", []),
        ("[Official Report, 31/2/09; col. 5.]", []),
        ("the answer of 30 February, Official Report, column 12W", []),
        ("on 3 May 2009.\n\nThe Official Report, column 12", []),
        ("", []),
    ],
)
def test_columns_that_a_text_names(text: str, keys: list[str]) -> None:
    assert column_keys(text, House.COMMONS, DAY) == [f"ref:{key}" for key in keys]


def test_only_the_first_columns_of_a_long_list_are_read() -> None:
    text = "; ".join(f"on 3 May 2009, Official Report, column {n}W" for n in range(1, 600))
    assert len(column_keys(text, House.COMMONS, DAY)) == 500


def test_no_other_legislature_has_these_columns() -> None:
    assert column_keys("on 3 May 2009, Official Report, column 12", House.SCOTLAND, DAY) == []
    said = "on 3 May 2009, Official Report, House of Commons, column 12"
    assert column_keys(said, House.LORDS, DAY) == ["ref:commons:2009-05-03:debates:12"]


def test_targets_of_the_mark_up_come_before_those_of_the_words() -> None:
    answer = "I refer the hon. Member to the answer of 3 May 2009, Official Report, column 12W, to question 294961."
    asked = "pursuant to the answer of 1 May 2009, Official Report, column 7W"
    old = a_question(
        answered_on=DAY, tabled_on=None, question=asked, answer=answer, refers=("gid:wrans/2009-05-03.12",)
    )
    assert reference_keys(old) == (
        "gid:wrans/2009-05-03.12",
        "ref:commons:2009-05-01:written_answers:7W",
        "ref:commons:2009-05-03:written_answers:12W",
        "num:commons:2008-09:294961",
    )


def test_number_of_a_note_is_no_part_of_a_reference() -> None:
    asked = "pursuant to the answer of 1 May 2009\u00b9, Official Report, column 7W\u00b2"
    answer = "I refer the hon. Member to the answer to Question 294961\u00b3."
    old = a_question(answered_on=DAY, tabled_on=None, question=asked, answer=answer)
    assert reference_keys(old) == ("ref:commons:2009-05-01:written_answers:7W", "num:commons:2008-09:294961")


def test_numbers_are_keys_before_2014_and_uins_since() -> None:
    answer = "I refer the noble Lord to the answer to Question HL4321."
    assert reference_keys(a_question(answer=answer)) == ("HL4321",)
    assert reference_keys(a_question(answer=answer, answered_on=DAY)) == ("num:lords:2008-09:HL4321",)
    assert reference_keys(a_question(answer=answer, answered_on=None, tabled_on=None)) == ("HL4321",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I have nothing to add to my reply to Question 96643.", ["96643"]),
        ("My answer of 3 May to the hon. Member for Sample, to Question UIN 96643, sets this out.", ["96643"]),
        ("See PQ 103784.", ["103784"]),
        ("As set out in PQs 103784 and 103785, it is so.", ["103784", "103785"]),
        ("See the response to Parliamentary Question UIN 1234 and Written Question HL4321.", ["1234"]),
        ("The answer to HL4321 was given.", []),
        ("The reply to question 4 of the survey was no.", []),
        ("The responses to question 101 were published.", []),
        ("In answer to the question, 96643 people came.", []),
        ("The answers to the questions of 2019 and 2020", []),
        ("The reply to question 2019", []),
        ("A response to questions: 12,345 were sent.", []),
        ("The reply came. The question 96643 is another matter.", []),
        ("PQ 2023/24", []),
        ("I refer the hon. Member to the answer to Question 96643, and see PQ 103784.", ["96643", "103784"]),
    ],
)
def test_questions_that_an_answer_names_by_number(text: str, found: list[str]) -> None:
    assert referred_uins(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I refer the member to the answer to question S5W-04425 on 3 May.", ["spq:S5W-04425"]),
        ("S2W-29947 and S2W\u201329948, S5O-00123.1.", ["spq:S2W-29947", "spq:S2W-29948", "spq:S5O-00123.1"]),
        ("S5W-04425. 12 more", ["spq:S5W-04425"]),
        ("HS2-12 and AS5W-12, S5W04425", []),
    ],
)
def test_scottish_questions_are_named_by_their_numbers(text: str, found: list[str]) -> None:
    assert scottish_keys(text) == found


def test_scottish_question_refers_to_others_and_not_to_itself() -> None:
    it = a_question(
        uin="S5W-00002",
        house=House.SCOTLAND,
        question="Further to the answer to question S5W-00001, what was done?",
        answer="See S5W-00002 and S5W-00003.",
    )
    assert reference_keys(it) == ("spq:S5W-00003", "spq:S5W-00001")


SAMPLE = "ans:commons:2024-11-05:mid-sample"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I refer the hon. Member to the answer given to the hon. Member for Mid Sample on 5 November 2024.", [SAMPLE]),
        ("See the answer I gave to my right hon. Friend the Member for Mid Sample on 5 November.", [SAMPLE]),
        ("the reply that was given to the hon. Member for Mid Sample (Ada Example), on 5 November 2024", [SAMPLE]),
        (
            "the answer my noble Friend gave to Lord Example of Sample on 5 November",
            ["ans:lords:2024-11-05:lord-example-of-sample"],
        ),
        ("the answer given to the hon. Member for Mid Sample on 5 November, to Question 12345", []),
        ("the answer given to the hon. Member for Mid Sample on 5 November, Official Report, column 12W", []),
        ("the full response to the Lord Example review on 5 November", []),
        ("the letter sent to the hon. Member for Mid Sample on 5 November", []),
        ("the answer given to the hon. Member for Mid Sample on 31 November", []),
        ("the answer given to the hon. Member for Mid Sample. Work began on 5 November.", []),
    ],
)
def test_answer_may_be_named_by_its_day_and_the_asking_member(text: str, found: list[str]) -> None:
    assert member_and_day_keys(text, House.COMMONS, date(2025, 1, 10)) == found


@pytest.mark.parametrize(
    ("own", "number", "tabled_on", "is_meant"),
    [
        ("12486", "7430", date(2024, 10, 8), True),
        ("12486", "7430", date(2023, 11, 29), False),  # this session has a number 7430 too, which the archive lacks
        ("12486", "16430", date(2024, 3, 5), False),  # the session may reach the number before the answer comes
        ("12486", "186524", date(2023, 6, 1), True),
        ("HL12", "HL7430", date(2023, 11, 29), False),
        ("HL12", "27430", date(2023, 11, 29), False),
        ("", "186524", date(2023, 6, 1), False),
    ],
)
def test_number_means_an_earlier_session_only_if_this_one_has_not_reached_it(
    own: str, number: str, tabled_on: date, is_meant: bool
) -> None:
    pointing = a_question(uin=own or None, answered_on=date(2024, 11, 18))
    assert is_plausible_number(pointing, number, a_question(uin=number, tabled_on=tabled_on)) is is_meant


def test_asking_member_selects_the_answer() -> None:
    it = a_question(
        answered_on=date(2024, 11, 5),
        asked_by=Member(name="Ada Example", constituency="Mid Sample", printed="Ms Example"),
    )
    assert answer_keys(it) == [SAMPLE, "ans:commons:2024-11-05:ada-example", "ans:commons:2024-11-05:ms-example"]


def test_subject_member_and_body_select_one_record_of_a_column() -> None:
    pointing = a_question(uin="1")
    here = [
        a_question(uin="2", heading="Kites", asked_by=Member(name="Dev Instance"), body="Home Office"),
        a_question(uin="3", heading="Kites"),
        a_question(uin="4", heading="Kites", asked_by=Member(name="Dev Instance")),
    ]
    assert [candidate.uin for candidate in narrow_candidates(pointing, here)] == ["3"]
    alike = a_question(uin="5", heading="WATER: Sample Vale", body="Home Office", asked_by=None)
    assert [candidate.uin for candidate in narrow_candidates(pointing, [*here, alike])] == ["5"]
    assert [candidate.uin for candidate in narrow_candidates(pointing, [here[0], here[2]])] == ["4"]
    by_name = a_question(uin="6", heading=None, body=None, asked_by=Member(name="Dev Instance"))
    assert [candidate.uin for candidate in narrow_candidates(by_name, here)] == ["2", "4"]
    assert narrow_candidates(pointing, [pointing]) == []


def test_other_kinds_point_to_records_too() -> None:
    speech = a_question(
        kind=Kind.SPEECH,
        answered_on=None,
        tabled_on=None,
        made_on=DAY,
        question=None,
        answer=None,
        text="[Official Report, 20 May 1935; Vol. 302, c. 42]",
    )
    assert reference_keys(speech) == ("ref:commons:1935-05-20:debates:42",)


# -- recorded files ---------------------------------------------------------------------------------------------------

SERIES_OF = {"wrans": "written_answers", "wms": "written_statements", "debates": "debates", "lords": "debates"}
POINTER = re.compile(r'class="offrep" id="(\w+)/(\d{4}-\d\d-\d\d)\.(\d+)"')


def test_columns_are_found_where_theyworkforyou_marks_them(shared_data: Path) -> None:
    """The editors of these files marked all references: each is found, and no other word is taken for one."""
    seen: Counter[str] = Counter()
    for path in sorted((shared_data / "theyworkforyou/scrapedxml").glob("*/*.xml")):
        if path.parent.name in ("ni", "sp-written"):
            continue
        house = House.LORDS if path.parent.name.startswith("lords") else House.COMMONS
        day = date.fromisoformat(re.findall(r"\d{4}-\d\d-\d\d", path.name)[-1])
        for paragraph in re.findall(r"<p\b[^>]*>(.*?)</p>", path.read_text(encoding="latin-1"), re.DOTALL):
            if "offrep" not in paragraph:
                continue
            text = " ".join(html.unescape(re.sub(r"<[^>]+>", "", paragraph)).split())
            keys = [key.split(":") for key in column_keys(text, house, day)]
            found = {(on, series, column.rstrip("AWS")) for _, _, on, series, column in keys}
            marked = {(on, SERIES_OF[kind], column) for kind, on, column in POINTER.findall(paragraph)}
            seen.update(marked=len(marked), agreed=len(marked & found), other=len(found - marked))
    print(f"{seen['agreed']} of {seen['marked']} references that are marked are found, {seen['other']} others")  # noqa: T201 - seen with -s
    assert seen["marked"] >= 59
    assert seen["agreed"] == seen["marked"]
    assert seen["other"] == 0
