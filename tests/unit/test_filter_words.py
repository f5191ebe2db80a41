"""Filters of a search in words."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.model.search import Filters
from monitor.presentation.filter_words import body_followed, filters_in_words


@pytest.mark.parametrize(
    ("words", "last", "named"),
    [
        ("DfE", None, "the Department for Education (since 12 May 2010)"),
        ("Department for Education", date(1994, 1, 1), "the Department for Education (April 1992 to 5 July 1995)"),
        ("Home Department", None, "the Home Office"),
        ("Treasury", None, "HM Treasury"),
        ("Health", None, "the Department of Health and the Department of Health of Northern Ireland"),
        ("The Executive Office", None, "the Executive Office of Northern Ireland"),
        ("Business", None, ""),
        ("Nonsense", None, ""),
    ],
)
def test_the_body_that_is_followed_is_named(words: str, last: date | None, named: str) -> None:
    assert body_followed(words, last) == named


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (Filters(), []),
        (Filters(body="Home Office", party="Labour"), ["body: Home Office", "party: Labour"]),
        (
            Filters(houses=["commons", "lords"], kinds=["question"], states=["answered"]),
            ["of the House of Commons and House of Lords", "kind: question", "state: answered"],
        ),
        (
            Filters(asker="Doe", minister="Roe", speaker="Poe", labels=["not_held"]),
            ["member who asked: Doe", "minister: Roe", "member who spoke: Poe", "label of the answer: Not held"],
        ),
        (
            Filters(first=date(2024, 1, 1), last=date(2024, 12, 31), topic="water"),
            ["topic: Water and sewage", "from 1 January 2024", "to 31 December 2024"],
        ),
        (Filters(topic="other"), []),
        (
            Filters(body="DfE", lineage=True, last=date(1994, 6, 1)),
            ["body: the Department for Education (April 1992 to 5 July 1995), and what it was and became",
             "to 1 June 1994"],
        ),
        (Filters(body="Business", lineage=True), ["body: Business, and what it was and became"]),
        (Filters(lineage=True), []),
    ],
)  # fmt: skip
def test_filters_are_named(filters: Filters, said: list[str]) -> None:
    assert list(filters_in_words(filters, {"water": "Water and sewage"})) == said


def test_a_topic_that_is_described_elsewhere_is_left_out() -> None:
    assert list(filters_in_words(Filters(topic="water"))) == []
