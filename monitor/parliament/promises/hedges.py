"""Words that take its weight from a promise: quoted, conditional, habitual, likely, or part of "how we will"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from monitor.parliament.promises.reading import Candidate

_QUESTION: Final = re.compile(
    r"\b(?:how(?!\s+to)|whether(?!\s+to)|what(?!\s+works|\s+to)|(?<!,\s)where|(?<!\bis\s)why|who|if|unless|when|would|could|should"
    r"|as\s+though)\b(?:(?!\b(?:how|whether|what)\b)[^,;.:]){0,90}$"
    r"|\b(?:steps|measures|actions?|ways?|areas|changes|reforms|issues|extent|manner|plans)\s+(?:that\s+|which\s+)?"
    r"(?:we|the\s+government|the\s+department|it)\s*$",
    re.IGNORECASE,
)
"""Words before a verb that is not the sentence's own: "set out how we will reform"."""

_HAS_VERB: Final = re.compile(r"\b(?:will|shall|can|may)\s+\w+", re.IGNORECASE)
_NEW_CLAUSE: Final = re.compile(
    r"^.*\band\s+(?=(?:a|an|the|this|these|further|its|our|we|it)\s+\S)", re.IGNORECASE | re.DOTALL
)
_JOINS: Final = re.compile(r"\b(?:and|but|or|then)(?:\s+we)?\s*$", re.IGNORECASE)
_CONDITION: Final = re.compile(
    r"^\W*(?:if|where|should|unless|anyone|those|in\s+cases|in\s+the\s+event|whenever|depending|were|no|none|neither)\b"
    r"|\bif\b|\bunless\b|\bshould\s+(?:any|a|an|the|this|there|it|they)\b"
    r"|\bwhere\s+(?:a|an|this|it|there|they|necessary|appropriate|needed|possible)\b",
    re.IGNORECASE,
)
_HABIT: Final = re.compile(
    r"\b(?:each|every)\s+(?:\w+\s+)?(?:year|month|quarter|week|day|time|term)|\b(?:as|when|before|after)\s+each\b"
    r"|\b(?:annually|quarterly|monthly|weekly|routinely|regularly|regular|usually|normally|typically|periodically|always|often)\b"
    r"|\bcase[- ]by[- ]case|\bon\s+an?\s+(?:\w+\s+)?(?:annual|rolling|ongoing|daily)\b"
    r"|\bas\s+(?:and\s+when|necessary|appropriate|needed|required)|\bunder\s+review|\bin\s+the\s+usual\s+way",
    re.IGNORECASE,
)
"""Words of what is done again and again, which is no single act."""

_PURPOSE: Final = re.compile(
    r"\b(?:to\s+(?!the\b|a\b|an\b|our\b|all\b|each\b|every\b)[a-z]+|which|that)\b", re.IGNORECASE
)
_ANY_OBJECT: Final = re.compile(r"\s+(?:to\s+|on\s+)?any\b", re.IGNORECASE)
_ANY_SUBJECT: Final = re.compile(r"^\W*(?:the\s+)?(?:\w+\s+of\s+)?any\b", re.IGNORECASE)
_QUOTED: Final = re.compile(r"[\"\u201c][^\"\u201d]*$")
_LIKELY: Final = re.compile(
    r"\b(?:likely|possible|estimated?|forecasts?|projected|assumed?)\s+that\b[^;.]{0,90}$", re.IGNORECASE
)
_PUT_OFF: Final = re.compile(r"\b(?:postponed|cancelled)\b", re.IGNORECASE)


def is_hedged(candidate: Candidate, sentence: str) -> bool:
    """Return whether the words are quoted, conditional, likely, put off, or depend on another verb."""
    words = sentence[: candidate.start]
    if _CONDITION.search(sentence) or _QUOTED.search(words) or _LIKELY.search(words):
        return True
    if candidate.how in ("due", "noun") and _PUT_OFF.search(sentence):
        return True
    return candidate.how not in ("noun", "follow") and not _JOINS.search(words) and _is_indirect(words)


def is_habitual(candidate: Candidate, sentence: str) -> bool:
    """Return whether an act without a time is done again and again, or to whatever may come: "any changes"."""
    is_any = _ANY_OBJECT.match(sentence, candidate.end) or _ANY_SUBJECT.search(sentence)
    purpose = _PURPOSE.search(sentence, candidate.end)
    return bool(is_any or _HABIT.search(sentence, 0, purpose.start() if purpose else len(sentence)))


def _is_indirect(words: str) -> bool:
    """Return whether a verb belongs to "how" or "whether", and no other verb does already: "how it is used will be told"."""
    if joint := _NEW_CLAUSE.match(words):
        words = words[joint.end() :]
    found = None
    for found in _QUESTION.finditer(words):  # noqa: B007 - the last is wanted
        pass
    return found is not None and not _HAS_VERB.search(found.group())
