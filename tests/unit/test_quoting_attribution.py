"""Where a letter says that a quotation is from, and whether that is so."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.model import Grouped, House, Kind, Proceeding
from monitor.quoting.attribution import Named, attribution, named_in
from monitor.quoting.quotations import Quotation, pieces
from tests.builders import a_question

ANSWER = a_question(grouped_with=(Grouped(uin="140002"),), corrected_on=date(2021, 3, 4))
PRINTED = a_question(uin="34567", column="1366W", column_to="1367W", tabled_on=None, answered_on=date(2005, 12, 7))

ON_ITS_DAYS = "this was tabled on 26 January 2021, answered on 1 February 2021 and corrected on 4 March 2021"


def judged(before: str, after: str, it: Proceeding = ANSWER) -> tuple[tuple[str, ...], tuple[str, ...]]:
    quotation = Quotation(text="some words", paragraph=1, before=before, after=after, pieces=pieces("some words"))
    found = attribution(quotation, it)
    return found.agreed, found.warnings


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("UIN 140001", ("140001",)),
        ("PQ 140001 and question number 140002", ("140001", "140002")),
        ("HL1234, hcws12, S6W-12345", ("HL1234", "HCWS12", "S6W-12345")),
        ("[140001]", ("140001",)),
        ("AQW 49327/22-27", ("AQW49327/22-27",)),
        ("45 questions, 2021, \u00a3140001", ()),
    ],
)
def test_numbers_are_known_by_what_stands_with_them(text: str, numbers: tuple[str, ...]) -> None:
    assert named_in(text).numbers == numbers


def test_columns_and_days_are_read_in_the_forms_in_use() -> None:
    assert named_in("HC Deb 7 December 2005 vol 440 cc1366-7W; col WA216") == Named(
        columns=((1366, ""), (216, "WA")), days=((date(2005, 12, 7), True),)
    )
    assert named_in("2005-12-07, 7/12/2005, 30 February 2005, 31/2/2005").days == ((date(2005, 12, 7), True),)
    assert named_in("on 7th December").days == ((date(2000, 12, 7), False),)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "(UIN 140001, answered 1 February 2021)", ("140001", "1 February 2021")),
        ("In question 140002 you said on 4 March", "", ("140002", "4 March")),
        ("On 2 January 2020 something was. On 1 February you said", "and left.", ("1 February",)),
        ("", ", you said on 26 January 2021. Not so.", ("26 January 2021",)),
        ("(UIN 99) and in UIN 140001", "", ("140001",)),
    ],
)
def test_what_is_so_is_agreed(before: str, after: str, expected: tuple[str, ...]) -> None:
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
        ("UIN 140001 says", "(UIN 140003)", "The letter names 140003; this is 140001."),
        ("", "(c1366W)", "The letter names column 1366W; this stands in no column."),
    ],
)
def test_what_is_not_so_is_a_warning(before: str, after: str, warning: str) -> None:
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
def test_a_column_is_that_of_the_record_or_one_that_it_runs_on_into(
    after: str, agreed: tuple[str, ...], warned: int
) -> None:
    found, warnings = judged("", after, PRINTED)
    assert (found, len(warnings)) == (agreed, warned)


def test_where_a_record_has_no_number_or_day_nothing_is_said_of_it() -> None:
    notice = Proceeding(id="n-1", source="feed", kind=Kind.NOTICE, house=House.COMMONS)
    assert judged("", "(UIN 140003, 2 February 2021)", notice) == ((), ())
