"""Filters among the words of a query: which every record must pass, and the query without them."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.research.inline_filters import required_filters, without_filters
from monitor.terms.matcher import compile_query
from monitor.terms.vocabulary import Lexicon

LEXICON = Lexicon()


@pytest.mark.parametrize(
    ("words", "names", "rest"),
    [
        ("crime", [], "crime"),
        ("crime party:Sample", ["party"], "crime"),
        ("party:Sample", ["party"], None),
        ("crime from:2021-02-03 party:Sample", ["from", "party"], "crime"),
        ("in:question crime party:Sample", ["party"], "in:question crime"),
        ("(crime party:Sample) AND (fraud body:Office)", ["party", "body"], "crime AND fraud"),
        ("(party:Sample) AND fraud", ["party"], "fraud"),
        ("((party:Sample) AND crime) house:lords", ["house", "party"], "crime"),
        ("(crime party:Sample) NOT (fraud body:Office)", ["party"], 'crime NOT (body:"Office" fraud)'),
        ("(party:Sample) NOT fraud", ["party"], '(party:"Sample") NOT fraud'),
        ("(crime party:Sample) OR (fraud body:Office)", [], '(party:"Sample" crime) OR (body:"Office" fraud)'),
    ],
)
def test_required_filters_are_found_and_removed(words: str, names: list[str], rest: str | None) -> None:
    query = compile_query(words, LEXICON, today=date(2021, 2, 3))
    assert [condition.name for condition in required_filters(query.root)] == names
    other = without_filters(query, names, LEXICON)
    assert (other.source if other else None) == rest


def test_only_filters_of_the_names_are_removed() -> None:
    query = compile_query("crime party:Sample body:Office", LEXICON)
    other = without_filters(query, ["party"], LEXICON)
    assert other is not None
    assert other.source == 'body:"Office" crime'
    assert other.conditions == (("body", "Office"),)
