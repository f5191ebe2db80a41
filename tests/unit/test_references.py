"""Which earlier questions an answer points to."""

from __future__ import annotations

import pytest

from monitor.references import referred


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
    assert referred(answer) == uins
