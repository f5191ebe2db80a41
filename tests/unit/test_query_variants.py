"""Queries to try in place of one that finds nothing."""

from __future__ import annotations

import pytest

from monitor.research.query_variants import (
    Alternatives,
    alternatives,
    corrected,
    has_neighbours,
    neighbours,
    probably_meant,
    within_names,
    word_queries,
    words_of,
)
from monitor.terms.matcher import compile_query
from monitor.terms.vocabulary import Lexicon


def suggested_queries(query: str) -> Alternatives:
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
        ("2023/24 figures", ["2023 / 24", "24 figures", "2023", "24", "figures"]),
        ("unit", []),
        ("unit = team", []),
    ],
)
def test_shorter_phrases_longest_first(query: str, phrases: list[str]) -> None:
    assert [phrase.source for phrase in suggested_queries(query).phrases] == phrases


def test_long_queries_are_shortened_to_short_phrases_only() -> None:
    phrases = [phrase.source for phrase in suggested_queries("one two three four five six seven").phrases]
    assert phrases[0] == "one two"
    assert len(phrases) == 13


def test_all_words_may_stand_in_different_parts_and_places() -> None:
    every = suggested_queries("clean bathing water").every
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
def test_single_word_is_not_split(query: str) -> None:
    assert suggested_queries(query).every is None


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
def test_probable_spellings_are_suggested(query: str, expected: list[str]) -> None:
    assert [suggestion.source for suggestion in probably_meant(compile_query(query), Lexicon())] == expected


@pytest.mark.parametrize("slip", ["watr", "waater", "wster", "awter", "water"])
def test_word_is_a_neighbour_of_its_misspellings(slip: str) -> None:
    assert ("water" in neighbours(slip)) is (slip != "water")
    assert slip not in neighbours(slip)
    assert len(neighbours(slip)) < 60 * len(slip)


@pytest.mark.parametrize(
    ("query", "expected"), [("watr", True), ("sea", False), ("wate*", False), ("1234", False), ("hi-tech", False)]
)
def test_words_with_neighbours(query: str, *, expected: bool) -> None:
    assert has_neighbours(words_of(compile_query(query))[0]) is expected


def test_correction_replaces_only_the_word() -> None:
    query = compile_query("watre AND watreside")
    other = corrected(query, words_of(query)[0], "water", Lexicon())
    assert other is not None
    assert other.source == "water AND watreside"


def test_each_word_becomes_a_query() -> None:
    found = word_queries(compile_query('"the unit" NOT SOCA'), Lexicon())
    assert [single.source for _, single in found] == ["unit", "SOCA"]


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
def test_words_of_names_are_suggested_in_quotation_marks(query: str, expected: str | None) -> None:
    found = within_names(compile_query(query), Lexicon())
    assert (found and found.source) == expected
