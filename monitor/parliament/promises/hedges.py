"""Words that take its weight from a promise: quoted, conditional, habitual, likely, or part of "how we will"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises.acts import Weight

if TYPE_CHECKING:
    from monitor.parliament.promises.reading import Candidate

_QUESTION: Final = re.compile(
    r"\b(?:how(?!\sto)|whether(?!\sto)|what(?!\sworks|\sto)|(?<!,\s)where|(?<!\bis\s)why|who|if|unless|when|would|could|should"
    r"|as\sthough)\b(?:(?!\b(?:how|whether|what)\b)[^,;.:]){0,90}$"
    r"|\b(?:steps|measures|actions?|ways?|areas|changes|reforms|issues|extent|manner|plans)\s(?:that\s|which\s)?"
    r"(?:we|the\sgovernment|the\sdepartment|it)\s*$",
    re.IGNORECASE,
)
"""Words before a verb that is not the sentence's own: "set out how we will reform"."""

_HAS_VERB: Final = re.compile(r"\b(?:will|shall|can|may)\s\w+|\b(?:is|are)\san?\s", re.IGNORECASE)
_NEW_CLAUSE: Final = re.compile(
    r"^.*\band\s(?=(?:a|an|the|this|these|further|its|our|we|it)\s\S)", re.IGNORECASE | re.DOTALL
)
_JOINS: Final = re.compile(r"\b(?:and|but|or|then)(?:\swe)?\s*$", re.IGNORECASE)
_CONDITION: Final = re.compile(
    r"^\W*(?:if|where|should|unless|anyone|those|in\scases|in\sthe\sevent|whenever|depending|were)\b"
    r"|\bif\b(?<!consider\sif)(?<!see\sif)(?<!assess\sif)(?<!determine\sif)(?!\s(?:any|practicable|possible)\b)|\bunless\b|\bshould\s(?:we|any|a|an|the|this|there|it|they)\b"
    r"|(?<!including\s)(?<!\bto\s)\bwhere\s(?:a|an|this|it|there|they|necessary|appropriate|needed|possible)\b|\bwherever\b",
    re.IGNORECASE,
)
_OF_CONTENT: Final = re.compile(r"\bwhere\s(?:a|an|this|it|there|they)\b|\bshould\sthey\b", re.IGNORECASE)
"""A condition that belongs to what is told: "legislate for suspension where an officer is charged"."""

_NONE: Final = re.compile(r"^\W*(?:no|none|neither)\b(?![^;]*(?:;|\b(?:but|and)\s(?:we|I|the|it)\b))", re.IGNORECASE)
_NEXT_CLAUSE: Final = re.compile(
    r";|,?\s\b(?:and|but)\s(?:(?:we|I|it|they|the\s\w+)\s)?(?:will|shall|is|are|has|have|would|continue)\b",
    re.IGNORECASE,
)
_HABIT: Final = re.compile(
    r"\b(?:each|every)\s(?:\w+\s)?(?:year|month|quarter|week|day|time|term)|\b(?:as|when|before|after)\seach\b"
    r"|\b(?:annually|quarterly|monthly|weekly|routinely|regularly|regular|usually|normally|typically|periodically|always|often)\b"
    r"|\bcase[- ]by[- ]case|\bon\san?\s(?:\w+\s)?(?:annual|rolling|ongoing|daily)\b"
    r"|\bas\s(?:and\swhen|necessary|appropriate|needed|required(?!\sby))|\bunder\sreview|\bwhen\s(?:s?he|it|they)\s(?:considers?|deems?)\b|\bin\sa\stimely\s",
    re.IGNORECASE,
)
"""Words of what is done again and again, which is no single act."""

_STANDARD: Final = re.compile(
    r"\b(?:respond|reply|process|deal|decide|answer|complete|issue|pay)\b[^.;]{0,60}?\bwithin\s\d+\s(?:(?:working|calendar)\s)?(?:days|hours|weeks)\b",
    re.IGNORECASE,
)
"""A standard of service: "aims to respond to letters within 20 working days"."""
_PURPOSE: Final = re.compile(
    r"\b(?:to\s(?!the\b|a\b|an\b|our\b|all\b|each\b|every\b)[a-z]+|which|that)\b", re.IGNORECASE
)
_ANY_OBJECT: Final = re.compile(r"\s(?:to\s|on\s)?any\b", re.IGNORECASE)
_ANY_SUBJECT: Final = re.compile(r"^\W*(?:the\s)?(?:\w+\s(?:of|for)\s)?any\b", re.IGNORECASE)
_QUOTED: Final = re.compile(r"[\"\u201c][^\"\u201d]*$")
_LIKELY: Final = re.compile(
    r"\b(?:likely|possible|estimated?|forecasts?|projected|assumed?)\s(?:is\s)?(?:that|this|it|they)\b(?:(?!\band\swe\b)[^;.]){0,90}$",
    re.IGNORECASE,
)
_NEXT_CLAUSE_OF: Final = re.compile(
    r";|,?\s(?:and|but|which\sis\swhy|so)\s(?=(?:we|I|it|they|the\s\w+)\s)", re.IGNORECASE
)
"""First words of a clause with a subject of its own, on which a habit in the one before has no bearing."""
_HABIT_REACH: Final = 60
"""Code points after a telling act in which "each year" is its own, and not part of what is told."""

_PUT_OFF: Final = re.compile(r"\b(?:postponed|cancelled)\b", re.IGNORECASE)


def is_hedged(candidate: Candidate, sentence: str) -> bool:
    """Return whether the words are quoted, conditional, likely, put off, or depend on another verb."""
    words = sentence[: candidate.start]
    if candidate.how == "intent" and _STANDARD.match(sentence, candidate.verb):
        return True
    if _is_conditional(candidate, sentence) or _QUOTED.search(words) or _LIKELY.search(words):
        return True
    if candidate.how in ("due", "noun") and _PUT_OFF.search(sentence):
        return True
    return candidate.how not in ("noun", "follow") and not _JOINS.search(words) and _is_indirect(words)


def is_habitual(candidate: Candidate, sentence: str) -> bool:
    """Return whether an act without a time is done again and again, or to whatever may come: "any changes"."""
    is_any = candidate.act.name != "consult" and _ANY_OBJECT.match(sentence, candidate.end)
    purpose = _PURPOSE.search(sentence, candidate.end)
    stop = purpose.start() if purpose else len(sentence)
    if candidate.act.weight is Weight.TELLING:
        stop = min(stop, candidate.end + _HABIT_REACH)
    start = max((joint.end() for joint in _NEXT_CLAUSE_OF.finditer(sentence, 0, candidate.start)), default=0)
    return bool(is_any or _ANY_SUBJECT.search(sentence) or _HABIT.search(sentence, start, stop))


def _is_conditional(candidate: Candidate, sentence: str) -> bool:
    """Return whether a condition stands before an act or in its clause, other than in what a telling act tells."""
    edge = _NEXT_CLAUSE.search(sentence, candidate.end)
    found = _CONDITION.search(sentence, 0, edge.start() if edge else len(sentence))
    if found and candidate.act.name == "legislate" and _OF_CONTENT.match(sentence, found.start()):
        return False
    if not found or found.start() < candidate.end:
        return bool(found or _NONE.search(sentence))
    return not (candidate.act.weight is Weight.TELLING and _OF_CONTENT.match(sentence, found.start()))


def _is_indirect(words: str) -> bool:
    """Return whether a verb belongs to "how" or "whether", and no other verb does already: "how it is used will be told"."""
    if joint := _NEW_CLAUSE.match(words):
        words = words[joint.end() :]
    found = None
    for found in _QUESTION.finditer(words):  # noqa: B007 - the last is wanted
        pass
    return found is not None and not _HAS_VERB.search(found.group())
