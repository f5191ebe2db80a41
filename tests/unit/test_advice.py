"""What is tried when a query finds nothing."""

from __future__ import annotations

import pytest

from monitor.research.suggestions import (
    Alternatives,
    alternatives,
    corrected,
    has_neighbours,
    meant,
    neighbours,
    singles,
    within_names,
    words_of,
)
from monitor.terms.matcher import compile_query
from monitor.terms.vocabulary import Lexicon


def tried(query: str) -> Alternatives:
    return alternatives(compile_query(query), Lexicon())


@pytest.mark.parametrize(
    ("query", "phrases"),
    [
        ("bathing water", ["bathing", "water"]),
        ("hi-tech unit", ["hi-tech", "tech unit", "hi", "tech", "unit"]),
        ("cost of the water", ["cost", "water"]),
        ("paedophil* unit", ["paedophil*", "unit"]),
        ('"child protection"', ["child protection", "child", "protection"]),
        ("NCA unit", ["NCA", "unit"]),
        ("£ figure", ["figure"]),
        ("unit", []),
        ("unit = team", []),
    ],
)
def test_shorter_phrases_longest_first(query: str, phrases: list[str]) -> None:
    assert [phrase.source for phrase in tried(query).phrases] == phrases


def test_of_many_words_only_short_phrases_are_tried() -> None:
    phrases = [phrase.source for phrase in tried("one two three four five six seven").phrases]
    assert phrases[0] == "one two"
    assert len(phrases) == 13


def test_all_words_may_stand_in_different_parts_and_places() -> None:
    every = tried("clean bathing water").every
    assert every is not None
    parts = {"heading": "Waters", "answer": "They are clean for bathing."}
    assert every.source == "clean AND bathing AND water"
    assert [(match.part, match.form) for match in every.spans(parts) or ()] == [
        ("heading", "Waters"),
        ("answer", "clean"),
        ("answer", "bathing"),
    ]
    assert every.spans({"answer": "Clean water."}) is None


@pytest.mark.parametrize("query", ["unit", "unit = team", "cost of"])
def test_a_single_word_has_no_every(query: str) -> None:
    assert tried(query).every is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("child not poverty", ["child NOT poverty"]),
        ("child near poverty and unit", ["child NEAR poverty AND unit"]),
        ("not child", []),
        ('"child not poverty"', []),
        ("SOCA unit", ["soca unit"]),
        ("SOCA OR (NHTCU in:answer)", ["soca OR (nhtcu in:answer)"]),
        ("soca unit", []),
    ],
)
def test_what_may_have_been_meant(query: str, expected: list[str]) -> None:
    assert [one.source for one in meant(compile_query(query), Lexicon())] == expected


@pytest.mark.parametrize("slip", ["watr", "waater", "wster", "awter", "water"])
def test_a_word_is_among_the_neighbours_of_its_slips(slip: str) -> None:
    assert ("water" in neighbours(slip)) is (slip != "water")
    assert slip not in neighbours(slip)
    assert len(neighbours(slip)) < 60 * len(slip)


@pytest.mark.parametrize(
    ("query", "expected"), [("watr", True), ("sea", False), ("wate*", False), ("1234", False), ("hi-tech", False)]
)
def test_which_words_have_neighbours(query: str, *, expected: bool) -> None:
    assert has_neighbours(words_of(compile_query(query))[0]) is expected


def test_a_correction_takes_the_place_of_the_word_alone() -> None:
    query = compile_query("watre AND watreside")
    other = corrected(query, words_of(query)[0], "water", Lexicon())
    assert other is not None
    assert other.source == "water AND watreside"


def test_single_words_are_queries_of_their_own() -> None:
    found = singles(compile_query('"the unit" NOT SOCA'), Lexicon())
    assert [one.source for _, one in found] == ["unit", "SOCA"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("exchequer", '"exchequer"'),
        ("lord chancellor", '"lord chancellor"'),
        ('"exchequer"', None),
        ("exchequer fund", None),
        ("exchequer OR treasury", None),
    ],
)
def test_words_of_names_are_tried_in_quotation_marks(query: str, expected: str | None) -> None:
    found = within_names(compile_query(query), Lexicon())
    assert (found and found.source) == expected
