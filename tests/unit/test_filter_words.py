"""Filters of a search in words."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.presentation.filter_words import body_followed


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
