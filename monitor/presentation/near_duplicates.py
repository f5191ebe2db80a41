"""Differences of a nearly equal answer in one line ("45 becomes 38"), so that one answer can stand for both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitor.presentation.differences import differences
from monitor.text.search_form import search_form
from monitor.text.similarity import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PLACES = 3
"""Places in which an answer may differ from another to be told beside it and not for itself."""

MOST_WORDS = 8
"""Words on each side of such a place."""

_STOPS = ".,;:"
_FIGURE = re.compile(r"[£$€]?\d[\d,.:/-]*(?:%|m|bn)?")


def exceptions(shown: str, other: str) -> list[str]:
    """Return how the words of one answer change in the other, place by place; empty for equal answers.

    Places where only capitals, punctuation or spaces differ are left out.
    """
    return [_said(*pair) for pair in differences(shown, other).pairs if _words(pair[0]) != _words(pair[1])]


def brief_exceptions(shown: str, other: str) -> list[str]:
    """Return all differences, also capitals and punctuation, if they are so few that one answer can stand for both.

    None where it is more, or nothing.
    """
    pairs = differences(shown, other).pairs
    return [_said(*pair) for pair in pairs] if len(pairs) <= MOST_PLACES and all(map(_is_brief, pairs)) else []


def _is_brief(pair: Iterable[str]) -> bool:
    return all(len(words.split()) <= MOST_WORDS and "\n" not in words for words in pair)


def _words(text: str) -> list[str]:
    return words_of(search_form(text))


def _said(was: str, now: str) -> str:
    was, now = " ".join(was.split()), " ".join(now.split())
    if was and now and was[-1] == now[-1] and was[-1] in _STOPS:
        was, now = was.rstrip(_STOPS), now.rstrip(_STOPS)
    if not was:
        return f"{_quoted(now)} is added"
    return f"{_quoted(was)} becomes {_quoted(now)}" if now else f"{_quoted(was)} is left out"


def _quoted(words: str) -> str:
    """Words in quotation marks; a figure needs none."""
    return words if _FIGURE.fullmatch(words) else f"\u201c{words}\u201d"
