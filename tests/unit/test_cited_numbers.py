"""Choice among the questions with one number that an answer may mean. All records are invented."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.parliament.cited_numbers import choose_by_number, days_with_number
from tests.builders import a_question

SAID_ON = date(2025, 6, 3)
OLD = a_question(id="q-1", uin="24000", tabled_on=date(2024, 4, 29), answered_on=date(2024, 5, 8))
NEW = a_question(id="q-2", uin="24000", tabled_on=date(2025, 1, 15), answered_on=date(2025, 1, 22))


def chosen(answer: str) -> list[str]:
    citing = a_question(id="q-3", uin="60000", answer=answer, tabled_on=date(2025, 5, 29), answered_on=SAID_ON)
    return [question.id for question in choose_by_number(citing, "24000", [citing, NEW, OLD])]


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ("I refer the hon. Member to the answer of 8 May 2024 to Question 24000.", ["q-1"]),
        ("I refer the hon. Member to the answer to Question 24000 on 8 May 2024.", ["q-1"]),
        ("I refer the hon. Member to my answer to Question 24000, tabled on Monday 29 April 2024.", ["q-1"]),
        ("I refer the hon. Member to the answer of 22 January to Question 24000.", ["q-2"]),
        ("I refer the hon. Member to the answer to Question 24000.", ["q-2"]),
        ("The rules changed on 8 May 2024. I refer the hon. Member to the answer to Question 24000.", ["q-2"]),
        ("I refer the hon. Member to the answer of 23 January 2025 to Question 24000.", ["q-2"]),
        ("I refer the hon. Member to the answer of 9 May 2024 to Question 24000.", ["q-1"]),
        ("I refer the hon. Member to the answer of 3 March 2023 to Question 24000.", []),
    ],
)
def test_the_day_that_is_printed_with_a_number_decides(answer: str, meant: list[str]) -> None:
    assert chosen(answer) == meant


@pytest.mark.parametrize(
    ("answer", "days"),
    [
        ("I refer to the answer on 8 March 2023, in response to Question UIN 155208.", [date(2023, 3, 8)]),
        ("I refer to the answers to Questions 155208 and 155209 on 8 March 2023.", [date(2023, 3, 8)]),
        ("I refer to the answer given to PQ155208 on the 8th March.", [date(2025, 3, 8)]),
        ("A response to Question 155208 was published on 8 March 2023.", [date(2023, 3, 8)]),
        ("On 8 March 2023 there were 12. The answer to Question 155208 has more.", []),
        ("The answer to Question 155208 has more. On 8 March 2023 there were 12.", []),
        ("I refer to the answer to Question 155208 on 31 February 2023.", []),
    ],
)
def test_days_belong_to_a_number_in_their_sentence(answer: str, days: list[date]) -> None:
    assert days_with_number(answer, "155208", SAID_ON) == set(days)
