"""Sources that a letter names for its quotations, and whether they are right."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.model.records import Grouped, House, Kind, Member, Proceeding
from monitor.research.quotations.attribution import attribution
from monitor.research.quotations.extraction import Quotation
from monitor.research.quotations.named_references import Columns, Named, named_in
from monitor.research.quotations.pieces import pieces
from monitor.research.quotations.speakers import Speaker, is_same
from tests.builders import a_question

ANSWER = a_question(grouped_with=(Grouped(uin="140002"),), corrected_on=date(2021, 3, 4))
PRINTED = a_question(uin="34567", column="1366W", column_to="1367W", tabled_on=None, answered_on=date(2005, 12, 7))

ON_ITS_DAYS = "this was tabled on 26 January 2021, answered on 1 February 2021 and corrected on 4 March 2021"


class FakeArchive:
    """Archive with one other record and two members."""

    OTHER = a_question(uin="777", answered_on=date(2021, 3, 1))

    def called(self, number: str) -> Proceeding | None:
        return self.OTHER if number == "777" else None

    def is_person(self, words: frozenset[str]) -> bool:
        return words <= {"cleo", "stranger"}


def judged(
    before: str, after: str, proceeding: Proceeding = ANSWER, part: str = "answer"
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    quotation = Quotation(text="some words", paragraph=1, before=before, after=after, pieces=pieces("some words"))
    found = attribution(quotation, proceeding, part, FakeArchive())
    return found.agreed, found.warnings


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("UIN 140001", ("140001",)),
        ("PQ 140001 and question number 140002", ("140001", "140002")),
        ("HL1234, hcws12, S6W-12345", ("HL1234", "HCWS12", "S6W-12345")),
        ("[140001]", ("140001",)),
        ("UINs 140001, 140002 and HL1234 of 2021", ("140001", "140002", "HL1234")),
        ("Question No. 34567, PQ 99 and 2021", ("34567", "99")),
        ("HL 1234", ("HL1234",)),
        ("AQW 49327/22-27", ("AQW49327/22-27",)),
        ("45 questions, 2021, \u00a3140001", ()),
    ],
)
def test_numbers_are_recognised_by_the_words_beside_them(text: str, numbers: tuple[str, ...]) -> None:
    assert named_in(text).numbers == numbers


def test_columns_and_days_in_their_usual_forms() -> None:
    assert named_in("HC Deb 7 December 2005 vol 440 cc1366-7W; col WA216") == Named(
        columns=(Columns(1366, "W", 1367), Columns(216, "WA", 216)), days=((date(2005, 12, 7), True),)
    )
    assert named_in("cols 98-103; c. 1400 people; c. 1,400; column 12") == Named(
        columns=(Columns(98, "", 103), Columns(12, "", 12))
    )
    assert named_in("2005-12-07, 7/12/2005, 30 February 2005, 31/2/2005").days == ((date(2005, 12, 7), True),)
    assert named_in("Sample, A. (2005, December 7), 2005, February 30").days == ((date(2005, 12, 7), True),)
    assert named_in("on 7th December").days == ((date(2000, 12, 7), False),)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "(UIN 140001, answered 1 February 2021)", ("140001", "1 February 2021")),
        ("In question 140002 you said on 4 March", "", ("140002", "4 March")),
        ("On 2 January 2020 something was. On 1 February you said", "and left.", ("1 February",)),
        ("", ", you said on 26 January 2021. Not so.", ("26 January 2021",)),
        ("(UIN 99) and in UIN 140001", "", ("140001",)),
        ("In your answer of 1 February 2021 you said", "", ("1 February 2021",)),
        ("In your answer, corrected on 4 March 2021, you said", "", ("4 March 2021",)),
        ("In your answer to my question of 26 January 2021 you said", "", ("26 January 2021",)),
        ("You replied to what was tabled on 26 January 2021", "", ("26 January 2021",)),
        ("", "(tabled 26 January 2021, answered 1 February 2021)", ("26 January 2021", "1 February 2021")),
    ],
)
def test_correct_sources_are_confirmed(before: str, after: str, expected: tuple[str, ...]) -> None:
    assert judged(before, after) == (expected, ())


@pytest.mark.parametrize(
    ("before", "after", "warning"),
    [
        ("", "(UIN 140003)", "The letter names 140003; this is 140001."),
        (
            "On 2 February 2021 you said",
            "",
            f"The letter names 2 February 2021; {ON_ITS_DAYS}.",
        ),
        ("", "(answered on 26 January 2021)", f"The letter names 26 January 2021; {ON_ITS_DAYS}."),
        ("In her reply of 26 January she said", "", f"The letter names 26 January; {ON_ITS_DAYS}."),
        ("In the response given on 26/1/2021:", "", f"The letter names 26 January 2021; {ON_ITS_DAYS}."),
        ("UIN 140001 says", "(UIN 140003)", "The letter names 140003; this is 140001."),
        ("", "(c1366W)", "The letter names column 1366W; this stands in no column."),
        (
            "",
            "(UIN 777)",
            "The letter names 777; this is 140001; 777 is another record, UIN 777, answered 1 March 2021.",
        ),
    ],
)
def test_wrong_sources_are_warnings(before: str, after: str, warning: str) -> None:
    agreed, warnings = judged(before, after)
    assert warnings == (warning,)
    assert agreed == ()


@pytest.mark.parametrize(
    ("after", "agreed", "warned"),
    [
        ("(HC Deb 7 December 2005 c1366W)", ("column 1366W", "7 December 2005"), 0),
        ("(col 1367)", ("column 1367",), 0),
        ("(col 1368W)", (), 1),
        ("(col WA1366)", (), 1),
    ],
)
def test_column_is_the_first_of_the_record_or_a_later_one(after: str, agreed: tuple[str, ...], warned: int) -> None:
    found, warnings = judged("", after, PRINTED)
    assert (found, len(warnings)) == (agreed, warned)


def test_record_without_number_or_day_is_not_compared() -> None:
    notice = Proceeding(id="n-1", source="feed", kind=Kind.NOTICE, house=House.COMMONS)
    assert judged("", "(UIN 140003, 2 February 2021)", notice) == ((), ())


SAMPLE = a_question(uin="34567", column="1366W", column_to="1367W", tabled_on=None, answered_on=date(2005, 12, 7))
WRONG_DAY = "The letter names 8 December 2005; this was answered on 7 December 2005."
WRONG_COLUMN = "The letter names column 1466W; this begins in column 1366W."


@pytest.mark.parametrize(
    ("before", "after", "warning"),
    [
        ("On 8 December 2005 Mr. Placeholder told the hon. Member for Sample that", "", WRONG_DAY),
        ("In 2004 there was none. On 8 Dec. 2005 the hon. Gentleman, Dr. Placeholder, wrote", "", WRONG_DAY),
        ("", ", as the rt. hon. Member said on 8 December 2005.", WRONG_DAY),
        ("", "said Mr. Placeholder on 8 December 2005, in reply to the hon. Member.", WRONG_DAY),
        ("In the Official Report, 7 Dec. 2005, Vol. 440, c. 1466W, it says", "", WRONG_COLUMN),
        ("At col. 1466W of the Official Report Mr. Placeholder said:", "", WRONG_COLUMN),
        ("On 7 December 2005, at c. 1466, the hon. Member was told that", "", WRONG_COLUMN.replace("1466W", "1466")),
        ("", ", Official Report, Vol. 440, cc. 1466W.", WRONG_COLUMN),
        ("In answer to question No. 34568 the hon. Member was told that", "", "The letter names 34568; this is 34567."),
    ],
)
def test_no_abbreviation_hides_what_the_letter_names(before: str, after: str, warning: str) -> None:
    assert judged(before, after, SAMPLE)[1] == (warning,)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("In your letter of 8 December 2005 you quoted the answer", ""),
        ("Since 8 December 2005 nothing was done:", ""),
        ("At our meeting on 8 December 2005 we spoke of the answer", "(UIN 34567)"),
        ("There were c. 1400 of them.", ""),
        ("On 7 December 2005 there were c. 1400 officers.", ""),
        ("", "(cols 1360-70W)"),
        ("", "(HC Deb 7 December 2005 cc1365-7W)"),
        ("In answers to UINs 34566 and 34567 it says", ""),
    ],
)
def test_unrelated_day_or_number_is_no_source(before: str, after: str) -> None:
    assert judged(before, after, SAMPLE)[1] == ()


BY_BEN = "this was answered by Ben Placeholder"


@pytest.mark.parametrize(
    ("before", "after", "agreed", "warning"),
    [
        ("Mr. Placeholder said", "", "Mr. Placeholder", ""),
        ("As the Minister, Ben Placeholder, told the House:", "", "Ben Placeholder", ""),
        ("According to Benjamin Placeholder MP", "", "Benjamin Placeholder", ""),
        ("", "(Ben Placeholder, 1 February 2021)", "Ben Placeholder", ""),
        ("", "\u2014 Ben Placeholder, Sample Office", "Ben Placeholder", ""),
        ("Mr. Smith said", "", "", f"The letter names Mr. Smith; {BY_BEN}"),
        ("On 1 February Baroness Smith of Sample told us that", "", "", f"Baroness Smith of Sample; {BY_BEN}"),
        ("", ", said the hon. Member.", "", ""),
        ("", "said Jane Smith on 1 February 2021.", "", f"Jane Smith; {BY_BEN}"),
        ("As the hon. Member for Sample (Mr. Smith) said", "", "", f"Mr. Smith; {BY_BEN}"),
        ("The Under-Secretary of State for Sample (Ben Placeholder) said", "", "Ben Placeholder", ""),
        ("The Under-Secretary of State for the Home Department, Jane Smith, said", "", "", f"Jane Smith; {BY_BEN}"),
        ("Home Secretary Bill Smith told the House that", "", "", f"Bill Smith; {BY_BEN}"),
        ("The Online Safety Bill says that", "", "", ""),
        ("", ", Jane Smith said.", "", f"Jane Smith; {BY_BEN}"),
        ("", "(Dr. Smith, 1 February 2021)", "", f"Dr. Smith; {BY_BEN}"),
        ("", "(Cleo Stranger, 1 February 2021)", "", f"Cleo Stranger; {BY_BEN}"),
        ("", "(UIN 140001, answered on 1 February 2021 by Cleo Stranger)", "", f"Cleo Stranger; {BY_BEN}"),
        ("", "(UIN 140001, answered by Ben Placeholder on 1 February 2021)", "Ben Placeholder", ""),
        ("", "(UIN 140001, answered by South Sample)", "", ""),
        ("", "(South Sample, 1 February 2021)", "", ""),
        ("", "(Hate Crime, 1 February 2021)", "", ""),
        ("Ada Example said", "", "", f"The letter names Ada Example; {BY_BEN}"),
        ("You told Ada Example that", "", "", ""),
        ("Mr. Smith asked about it and was told:", "", "", ""),
        ("In your reply to Mr Smith's speech you wrote", "", "", ""),
        ("", "(UIN 140001, asked by Ada Example)", "", ""),
        ("", "(Ada Example, UIN 140001)", "", ""),
        ("The Home Office said", "", "", ""),
        ("The National Crime Agency says that", "", "", ""),
        ("Yesterday a spokesman of Scotland Yard said", "", "", ""),
        ("The Foreign Secretary said", "", "", f"Foreign Secretary; {BY_BEN}"),
    ],
)
def test_named_speaker_is_compared(before: str, after: str, agreed: str, warning: str) -> None:
    said, warnings = judged(before, after)
    assert agreed == "" or agreed in said
    assert [warning in given for given in warnings] == ([True] if warning else []), warnings


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("Mr. Hanson", "David Hanson", True),
        ("Ed Miliband", "Edward Miliband", True),
        ("Bill Rammell", "William Rammell", True),
        ("Alan Johnson", "Boris Johnson", False),
        ("Baroness Smith of Basildon", "Lord Smith of Kelvin", False),
        ("Lord Smith", "Lord Smith of Kelvin", True),
        ("Lord West", "Lord West of Spithead", True),
        ("Si\u00e2n Rees", "Mrs. Sian Rees", True),
        ("Iain Duncan Smith", "Mr. Duncan Smith", True),
        ("Mr. Haldane", "THE SECRETARY OF STATE FOR WAR (Mr. HALDANE)", True),
        ("Baroness Scotland of Asthal", "The Attorney-General (Baroness Scotland of Asthal)", True),
    ],
)
def test_names_belong_to_one_person_unless_they_conflict(first: str, second: str, is_one: bool) -> None:
    assert is_same(Speaker(first, is_office=False, is_sayer=True), Member(name=second)) is is_one
