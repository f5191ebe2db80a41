"""Titles of works in quotation marks: a report, a law or a campaign that is named, not quoted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORK: Final = (
    r"(?:white\spaper|green\spaper|command\spaper|paper|report|review|strategy|guidance|consultation|publication|study"
    r"|document|leaflet|booklet|handbook|survey|inquiry|article|book|Bill|Act|plan|programme|framework|charter|code)"
)
_BEFORE_TITLE: Final = re.compile(rf"\b(?:{_WORK}|entitled|titled|called|headed|named)[,:]?\s*$", re.IGNORECASE)
_CALLED: Final = re.compile(r"\b(?:entitled|titled|called|headed|named)[,:]?\s*$", re.IGNORECASE)
_AFTER_TITLE: Final = re.compile(
    rf"\s*(?:\([^()]{{0,80}}\),?\s)?(?:,\s(?:a|an|the|its|his|her|their|our)\s(?:\w+\s){{0,3}})?{_WORK}\b"
    r"(?!\s(?:also\s)?(?:say|said|state|find|found|conclude|note|add|claim|show|tell|told|report|explain))",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"[.!]['\u2019\u201d\"]?$|[.!?]\s+[A-Z]|[\[\]]|\.\.\.|\u2026")
"""End of a sentence, words left out or words put in: signs that what somebody said is quoted."""
_AT_A_NOUN: Final = re.compile(
    r"\b(?:in|of|under|see|from|to|on|with|read|publish(?:ed|es)?|launched|issued|updated)\s*$", re.IGNORECASE
)
"""Words behind which a noun stands rather than what somebody said: "as set out in"."""
_MOST_OF_NOUN: Final = 12
_FIGURE: Final = re.compile(r"\d+")
_IN_SENTENCES: Final = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|should|must|may|does|do|did|not|said)\b"
)
_SMALL: Final = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "of", "on", "or", "our", "the"}
    | {"to", "with", "its", "their", "be", "is", "against", "between", "through", "towards", "under", "after", "about"}
)
_YEAR: Final = re.compile(r"(?:1[89]|20)\d\d")
_MOST_OF_TITLE: Final = 25
_LEAST_OF_TITLE: Final = 2


def is_title(text: str, before: str, after: str) -> bool:
    """Decide whether words in marks are the title of a work rather than what somebody said.

    Either every word that is not small begins with a capital, or a word for a work ("report", "entitled") stands right
    beside it. What ends as a sentence does, or begins without a capital, is no title.
    """
    words = re.findall(r"[^\s\u2013\u2014:/-]+", text)
    if not 1 <= len(words) <= _MOST_OF_TITLE or _QUOTED.search(text):
        return False
    if not (words[0][0].isupper() or words[0][0].isdigit()):
        return False
    if _is_called_a_work(before, after) and not _IN_SENTENCES.search(text):
        return True
    return _is_noun(text, words, before) or _is_in_capitals(words)


def _is_called_a_work(before: str, after: str) -> bool:
    """Return whether a word for a work stands right before or behind words in marks."""
    is_called = _CALLED.search(before) or (before.rstrip()[-1:] not in ",:" and _BEFORE_TITLE.search(before))
    return bool(is_called or _AFTER_TITLE.match(after))


def _is_in_capitals(words: Sequence[str]) -> bool:
    """Return whether every word that is not small begins with a capital."""
    stripped = [word.strip("()\"'\u2018\u2019,;.") for word in words]
    telling = [word for word in stripped if word and word.lower() not in _SMALL]
    capitals = [word for word in telling if word[0].isupper() or _YEAR.fullmatch(word)]  # other figures are a table's
    return len(capitals) == len(telling) >= _LEAST_OF_TITLE


def _is_noun(text: str, words: Sequence[str], before: str) -> bool:
    """Return whether words are used as a noun and are no sentence: as set out in "Keeping children safe in education"."""
    is_short = _LEAST_OF_TITLE < len(words) <= _MOST_OF_NOUN
    has_figures = any(not _YEAR.fullmatch(figure) for figure in _FIGURE.findall(text))
    is_asked = text.startswith("To ask")
    return (
        is_short
        and not has_figures
        and not is_asked
        and bool(_AT_A_NOUN.search(before))
        and not _IN_SENTENCES.search(text)
    )
