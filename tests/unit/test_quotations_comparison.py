"""Comparison of a quotation with a text, word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.research.quotations import comparison
from monitor.research.quotations.comparison import (
    MOST_OWN,
    Comparison,
    Quoted,
    Text,
    WordChange,
    compare,
    ends_sentence,
    is_altered,
    stands,
)
from monitor.research.quotations.extraction import Quotation
from monitor.research.quotations.pieces import pieces

RECORD = (
    "The Unit\u2019s 45 officers, and the Home Office, keep this \u2013 as well as hi-tech crime \u2013 under review.\n\n"
    "We spent \u00a31,200 on it in 2004-05; that is 12% more. Si\u00e2n Sample will publish the figures in due course."
)


def quoted(text: str) -> Quoted:
    return Quoted(Quotation(text=text, paragraph=1, pieces=pieces(text)))


def beside(text: str, record: str = RECORD) -> Comparison | None:
    return compare(quoted(text), Text(record))


def changes(text: str, record: str = RECORD) -> list[tuple[str, str]]:
    found = beside(text, record)
    assert found is not None
    return [(change.record, change.letter) for change in found.changes]


@pytest.mark.parametrize(
    "text",
    [
        "The Unit's 45 officers, and the Home Office, keep this - as well as hi-tech crime - under review.",
        "45 officers, and the Home Office",
        "[t]he Home Office, keep this",
        "... under review. We spent \u00a31,200 on it",
        "45 officers ... under review",
        "45 officers, and [the Department], keep this",
        "45 officers [of the police], and the Home Office",
        "[It] will publish the figures [soon]",
        "in 2004\u201305; that is 12 % more",
        "high [sic]-tech"[5:] + " crime",
        "The Unit's\u00b9 45 officers, and the Home Office\u00b2, keep this",
        "will pub\u00adlish the \ufb01gures",
    ],
)
def test_typography_gaps_and_insertions_make_no_difference(text: str) -> None:
    found = stands(quoted(text), Text(RECORD))
    assert found is not None
    assert (found.is_exact, found.notes) == (True, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Units 45 officers, and the Home Office", [("Unit\u2019s", "Units")]),
        ("The Unit's 54 officers, and the Home Office", [("45", "54")]),
        ("We spent 1,200 on it in 2004-05", [("\u00a3", "")]),
        ("We spent \u00a31,200 on it in 2004-06; that is", [("05", "06")]),
        ("We spent \u00a31,200 on it in 2004-05; that is 12 more", [("%", "")]),
        ("45 officers and the old Home Office keep this", [("", "old")]),
        ("as well as crime under review", [("hi-tech", "")]),
        ("the Home Office, under review keep this as well", [("", "under review")]),
        ("the Office Home, keep this as well as hi-tech crime", [("Home Office", "Office Home")]),
        ("We spent \u00a31,200 on it in 2004-05; that is 12% less", [("more", "less")]),
        ("Ada Sample will publish the figures in due course", [("Si\u00e2n", "Ada")]),
    ],
)
def test_different_words_are_listed(text: str, expected: list[tuple[str, str]]) -> None:
    assert stands(quoted(text), Text(RECORD)) is None
    assert changes(text) == expected


def test_change_names_the_words_before_and_marks_figures() -> None:
    found = beside("The Unit's 54 officers, and the House Office, keep this as well")
    assert found is not None
    assert found.changes == (
        WordChange(record="45", letter="54", lead="The Unit\u2019s"),
        WordChange(record="Home", letter="House", lead="45 officers, and the"),
    )
    assert [change.is_of_figures for change in found.changes] == [True, False]
    assert found.likeness == pytest.approx(10 / 12)


def test_words_within_a_gap_are_no_change_and_others_are() -> None:
    assert changes("The Unit's 54 officers ... under review") == [("45", "54")]
    assert changes("The Unit's 45 officers [and others] hold this as well as hi-tech crime") == [("", "hold")]


def test_insertions_are_listed_beside_other_words() -> None:
    found = beside("The Unit's 54 officers, and [the Department], keep this - as well as [all] hi-tech crime")
    assert found is not None
    assert [(change.record, change.letter) for change in found.changes] == [("45", "54")]
    assert found.own == (("[the Department]", "the Home Office"), ("[all]", ""))


def test_insertion_beside_another_word_stands_for_nothing_certain() -> None:
    found = beside("The Unit's 45 officers, and [the Department], hold this - as well as hi-tech crime - under review")
    assert found is not None
    assert found.own == ()


def test_insertion_replaces_a_limited_number_of_words() -> None:
    between = " ".join(f"w{number}" for number in range(MOST_OWN))
    assert stands(quoted("so [then] it is"), Text(f"so {between} it is")) is not None
    assert stands(quoted("so [then] it is"), Text(f"so {between} more it is")) is None
    found = stands(quoted("so [then] it is ... and [the rest] on"), Text("so as ever it is, well, and this goes on"))
    assert found is not None
    assert found.own == (("[then]", "as ever"), ("[the rest]", "this goes"))


def test_failed_alignment_is_tried_at_the_next_place() -> None:
    found = stands(quoted("it was [not] so ... at last"), Text("so it was, so it was, well, so it was not so at last"))
    assert found is not None
    text = "one two one three"
    place = stands(quoted("one [and] three"), Text(f"one {'x ' * 30}{text}"))
    assert place is not None
    assert (place.start, place.end) == (64, 64 + len(text))


@pytest.mark.slow
def test_thousands_of_gaps_are_no_problem() -> None:
    many = " ... ".join(["one"] * 3_000)
    assert stands(quoted(many), Text("one " * 3_000)) is not None
    assert stands(quoted(many), Text("one " * 2_999)) is None


def test_capitals_accents_and_punctuation_are_noted() -> None:
    found = stands(quoted("sian sample will publish the figures, in due Course"), Text(RECORD))
    assert found is not None
    spelt, stops = found.notes
    assert spelt.startswith(
        'Spelt otherwise in the record: "Si\u00e2n", quoted as "sian"; "Sample", quoted as "sample"; '
    )
    assert stops == 'Punctuation differs before "in".'
    assert stands(quoted("will publish"), Text("Will publish")) == Comparison(start=0, end=12, likeness=1)


def test_one_or_two_distant_words_are_coincidence() -> None:
    record = f"The unit is new. {'Nothing here is alike at all. ' * 5}It has forty officers of its own now."
    found = beside("the unit has sixty officers of its own now", record)
    assert found is not None
    assert record[found.start : found.end] == "It has forty officers of its own now"


def test_most_similar_part_of_a_long_text_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "LONGEST", 200)
    filler = " ".join(f"word{number}" for number in range(600))
    said = "the unit has forty officers of its own and will publish figures"
    found = beside(said.replace("forty", "fifty"), f"{filler} {said} {filler}")
    assert found is not None
    assert [(change.record, change.letter) for change in found.changes] == [("forty", "fifty")]
    assert beside("nothing of this", filler) is None


def test_short_quotations_need_more_in_common() -> None:
    assert not is_altered(quoted("one two three four five"), 0.6)
    assert is_altered(quoted(" ".join("abcdefghijkl")), 0.6)


@given(st.text(alphabet="ab .,\u2019-[]\u2026\u00a35\n", max_size=60), st.text(alphabet="ab .,'-[]5\n", max_size=60))
def test_any_two_texts_can_be_compared(first: str, second: str) -> None:
    asked = quoted(first)
    if asked.keys:
        found = compare(asked, Text(second))
        assert found is None or (0 < found.likeness <= 1 and (found.likeness == 1) == (not found.changes))


@pytest.mark.parametrize(
    ("now", "passage"),
    [
        ("It is under active consideration by the Board. More follows.", "under active consideration by the Board"),
        ("It is under way", "under way"),
        ("It is under " + "one more word and " * 12 + "an end. More.", "under one"),
    ],
)
def test_other_last_words_are_compared_to_the_end_of_their_sentence(now: str, passage: str) -> None:
    found = compare(quoted("under review"), Text(now), to_sentence_end=True)
    assert found is not None
    assert now[found.start : found.end] == passage


@pytest.mark.parametrize(
    ("text", "is_end"),
    [("review.", True), ("review", True), ('review." He', True), ("review of it.", False), ("review, and", False)],
)
def test_end_of_a_sentence_is_told_by_what_follows(text: str, is_end: bool) -> None:
    assert ends_sentence(text, len("review")) is is_end
