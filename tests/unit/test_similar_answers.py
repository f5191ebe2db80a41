"""Similar answers: the marks by which they are found, and the share that they have in common. All sentences are invented."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest

from monitor.text.search_form import search_form
from monitor.text.similarity import NEAR, NEAR_FROM, likeness, mark_of, marks, marks_of_runs, words_of
from tests.real_texts import full_texts

if TYPE_CHECKING:
    from pathlib import Path

RIVERS = (
    "The Sample Agency tests the water of forty-five rivers each month, and publishes the laboratory results on its page. "
    "In the last year 1,234 samples were taken, of which 45 failed the microbiological standard."
)


def words(text: str) -> list[str]:
    return words_of(search_form(text))


@pytest.mark.parametrize(
    "other",
    [
        RIVERS.upper().replace("SAMPLE AGENCY", "SAMPLE AGENCY"),
        RIVERS.replace(". In", ".\n\nIn"),
        RIVERS.replace(" rivers", "\u00a0rivers").replace(" each", "  each"),
        RIVERS.replace("results on its page. In", "results on its page; in"),
    ],
    ids=["case", "paragraphs", "spaces", "stops"],
)
def test_case_spaces_and_line_breaks_make_no_difference(other: str) -> None:
    assert mark_of(words(other)) == mark_of(words(RIVERS))
    assert likeness(words(RIVERS), words(other)) == 1.0


@pytest.mark.parametrize(
    "other",
    [
        RIVERS.replace("45 failed", "46 failed"),
        RIVERS.replace("tests", "samples"),
        RIVERS.replace("45 failed", "failed 45"),
    ],
)
def test_another_figure_word_or_order_is_another_answer(other: str) -> None:
    assert mark_of(words(other)) != mark_of(words(RIVERS))
    assert NEAR < likeness(words(RIVERS), words(other)) < 1


def test_figures_alone_leave_the_marks_of_runs_as_they_are() -> None:
    other = RIVERS.replace("45 failed", "38 failed").replace("1,234", "2,345")
    assert marks_of_runs(words(other)) == marks_of_runs(words(RIVERS))


def test_figures_within_a_run_are_masked() -> None:
    filling = "and so it was in the year before that and in all of them since the count began here "
    one, other = (f"{filling} a total of {n} microbiological samples {filling}" for n in ("12", "3,456"))
    assert marks_of_runs(words(one)) == marks_of_runs(words(other))


def test_an_edit_elsewhere_leaves_a_mark() -> None:
    other = f"As I said before: {RIVERS} More will follow."
    assert set(marks_of_runs(words(other))) & set(marks_of_runs(words(RIVERS)))


def test_an_edit_beside_one_long_word_leaves_the_mark_of_the_other() -> None:
    other = RIVERS.replace("the laboratory results", "all laboratory findings")
    assert len(set(marks_of_runs(words(other))) & set(marks_of_runs(words(RIVERS)))) == 1


def test_marks_of_answers_and_of_runs_are_never_taken_for_each_other() -> None:
    whole, *runs = marks(search_form(RIVERS))
    assert 0 <= whole < 2**63
    assert len(runs) == 2
    assert all(-(2**31) <= run < 0 for run in runs)


@pytest.mark.parametrize(
    ("answer", "count"), [("", 0), ("None.", 0), ("Not at present.", 0), ("There are none here.", 1)]
)
def test_very_short_answers_are_similar_to_none(answer: str, count: int) -> None:
    assert len(marks(search_form(answer))) == count


def test_formulas_have_no_runs() -> None:
    assert not marks_of_runs(
        words("I refer the hon. Member to the answer that was given on 12 January to Question 123.")
    )


def test_words_leave_out_the_tail_of_a_search_form() -> None:
    assert words("NHS hi-tech units.") == ["nhs", "hi", "tech", "units"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("", ""), ("a b c d", "e f g h"), ("a b c d e f g h i j", "a"), ("a b c d e f", "f e d c b a")],
)
def test_different_texts_have_nothing_in_common(first: str, second: str) -> None:
    assert likeness(first.split(), second.split()) == 0.0


def test_the_share_counts_words_of_both() -> None:
    assert likeness(list("abcdefghij"), list("abcdXfghij")) == pytest.approx(0.9)
    assert likeness(list("abcdefghij"), list("abcdefghijk")) == pytest.approx(20 / 21)
    assert likeness(list("abcdefgh"), list("abcdXXgh"), least=0.5) == pytest.approx(0.75)


def test_very_long_texts_are_compared_by_beginning_and_end() -> None:
    middle, other = [str(n) for n in range(2_000)], [str(n) for n in range(1, 2_001)]
    ends = ["x"] * 20_000
    assert likeness([*ends, "a", *middle, "b"], [*ends, "c", *other, "d"]) == pytest.approx(20_000 / 22_002)


def test_similar_recorded_answers_are_found(shared_data: Path) -> None:
    """All equal answers are found, and nine in ten nearly equal ones. Answers with the same beginning are adjacent here."""
    recorded = (record.parts["answer"] for record in full_texts(shared_data) if "answer" in record.parts)
    read = sorted(words(answer) for answer in islice(recorded, 1_500))
    marked = [(mark, answer) for answer in read if (mark := mark_of(answer)) is not None]
    assert len(marked) > 1_450
    assert all(
        (mark == next_mark) == (answer == next_answer) for (mark, answer), (next_mark, next_answer) in pairwise(marked)
    )
    near = [(a, b) for a, b in pairwise(read) if min(len(a), len(b)) >= NEAR_FROM and NEAR <= likeness(a, b) < 1]
    found = sum(not set(marks_of_runs(a)).isdisjoint(marks_of_runs(b)) for a, b in near)
    assert len(near) > 10
    assert found / len(near) > 0.9
