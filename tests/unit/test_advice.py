"""What is tried when a query finds nothing."""

from __future__ import annotations

import pytest

from monitor.advice import Alternatives, alternatives
from monitor.terms.lexicon import Lexicon
from monitor.terms.matcher import compile_query


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
    assert [one.source for one in tried(query).phrases] == phrases


def test_of_many_words_only_short_phrases_are_tried() -> None:
    phrases = [one.source for one in tried("one two three four five six seven").phrases]
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
