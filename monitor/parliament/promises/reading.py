"""Reading of a sentence: expressions of a promise with the verb of the act, before any rule judges them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.parliament.promises.acts import LEXICON, NOUNS, Act, Form, Weight
from monitor.parliament.promises.expressions import (
    AFTER_BE,
    DENIED,
    GAP,
    NOT,
    OBLIGED,
    TO_BE_SHOWN,
    expressions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Voice(StrEnum):
    """Form in which a sentence names an act: "we will publish", "it will be published", "publication is planned for"."""

    ACTIVE = "active"
    PASSIVE = "passive"
    NOUN = "noun"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expression with its act. Places in the sentence: of the expression, of the verb, of the verb's end.

    `how`: kind of expression, a group of the pattern ("will", "intent", "due" ...).
    """

    start: int
    verb: int
    end: int
    act: Act
    voice: Voice
    how: str


class _Verb(NamedTuple):
    start: int
    end: int
    act: Act
    voice: Voice


_WORD: Final = re.compile(r"[A-Za-z-]+")
_SPACE: Final = re.compile(r"\s+")
_ABLE: Final = re.compile(r"(?:able|in\s+a\s+(?:\w+\s+)?position)\s+to\s+", re.IGNORECASE)
_BEING: Final = re.compile(
    r"(?:in\s+(?:place|force|effect|operation)|available|open|ready|operational|complete|live|fully\s+operational)\b",
    re.IGNORECASE,
)
_BE_IN_PLACE: Final = Act("put in place", Weight.OPEN)
_WAS: Final = re.compile(r"\b(?:was|were|had)(?:\s+\w+)?\s*$", re.IGNORECASE)
_BEFORE_REACH: Final = 30
_NEAR: Final = 12
"""Code points within which a particle stands at its verb: "set out", not "set these out"."""

_PARTICLE_REACH: Final = 70
_FAR_REACH: Final = 160
_JOINT: Final = re.compile(r"\band(?:\s+(?:then|also|will|subsequently|now|\w+ly))?,?\s+(?=\w)", re.IGNORECASE)
_JOINT_REACH: Final = 260
_PURPOSE: Final = re.compile(
    r"\bto\s+(?!the\b|a\b|an\b|our\b|their\b|its\b|all\b)[a-z]+|\bhow\b|\bthat\b", re.IGNORECASE
)
_NO_OBJECT: Final = re.compile(r"\s+(?:that|by|in\s+the\s+past)\b", re.IGNORECASE)
_OF_PURPOSE: Final = re.compile(
    r"(?:for\s+)?(publication|release|launch|introduction|implementation|completion|roll-?out|commencement|opening"
    r"|consultation)\b",
    re.IGNORECASE,
)
_COMING: Final = re.compile(
    rf"\b({'|'.join(NOUNS)})\b(?:\s+(?:of|on|to|for|into|from|about|with|in)\b[^,;]*|\s*\([^)]*\))?\s*,?\s*(?:is|are)?\s*$",
    re.IGNORECASE,
)
_SUBJECT_REACH: Final = 160


def candidates(sentence: str) -> Iterator[Candidate]:
    """Find the expressions of a sentence that an act follows, unless they are denied or past."""
    found = list(expressions().finditer(sentence))
    for place, match in enumerate(found):
        if _is_denied(sentence, match):
            continue
        if match.lastgroup == "noun":
            yield from _noun(sentence, match)
        else:
            stop = found[place + 1].start() if place + 1 < len(found) else len(sentence)
            yield from _verbs(sentence, match, stop)


def _is_denied(sentence: str, match: re.Match[str]) -> bool:
    """Return whether the words around an expression deny it, or put it into the past."""
    before = sentence[max(0, match.start() - _BEFORE_REACH) : match.start()]
    if NOT.match(sentence, match.end()) or DENIED.search(before):
        return True
    match match.lastgroup:
        case "due" | "noun":
            return bool(_WAS.search(before))
        case "come":
            is_own = AFTER_BE.search(before) or (
                TO_BE_SHOWN.match(sentence, match.end()) and not OBLIGED.search(before)
            )
            return bool(_WAS.search(before)) or not is_own
        case "doing":
            return not AFTER_BE.search(before)
        case "work":
            return match.group().startswith(("working", "on")) and not AFTER_BE.search(before)
        case _:
            return False


def _verbs(sentence: str, match: re.Match[str], stop: int) -> Iterator[Candidate]:
    """Find the verb of an expression, and another that is joined to it before the next expression."""
    gap = GAP.match(sentence, match.end())
    if not gap:
        return
    how = match.lastgroup or ""
    verb = _verb(sentence, gap.end(), how)
    if verb:
        yield Candidate(match.start(), *verb, how)
    if not verb or verb.act.weight is Weight.OPEN:
        joined = _joined(sentence, gap.end(), min(stop, gap.end() + _JOINT_REACH), how)
        if joined:
            yield Candidate(match.start(), *joined, how)


def _verb(sentence: str, place: int, how: str) -> _Verb | None:
    """Read the verb at a place: "publish", "be published", "be publishing", "be able to publish", "have published"."""
    word = _WORD.match(sentence, place)
    auxiliary = word.group().lower() if word else ""
    if not word or auxiliary not in ("be", "have"):
        return _act_at(sentence, word, Form.ING if how == "ing" else Form.BASE, Voice.ACTIVE)
    gap = GAP.match(sentence, word.end())
    place = gap.end() if gap else word.end()
    if auxiliary == "have":
        return _perfect(sentence, place)
    if able := _ABLE.match(sentence, place):
        return _act_at(sentence, _WORD.match(sentence, able.end()), Form.BASE, Voice.ACTIVE)
    if being := _BEING.match(sentence, place):
        return _Verb(place, being.end(), _BE_IN_PLACE, Voice.NOUN)
    word = _WORD.match(sentence, place)
    return _act_at(sentence, word, Form.DONE, Voice.PASSIVE) or _act_at(sentence, word, Form.ING, Voice.ACTIVE)


def _perfect(sentence: str, place: int) -> _Verb | None:
    """Read "will have rolled out" and "will have been implemented"."""
    word = _WORD.match(sentence, place)
    if word and word.group().lower() == "been":
        gap = GAP.match(sentence, word.end())
        return _act_at(sentence, _WORD.match(sentence, gap.end()) if gap else None, Form.DONE, Voice.PASSIVE)
    return _act_at(sentence, word, Form.DONE, Voice.ACTIVE)


def _act_at(sentence: str, word: re.Match[str] | None, form: Form, voice: Voice) -> _Verb | None:
    if not word:
        return None
    for kind, act in LEXICON.get(word.group().lower(), ()):
        if kind is not form:
            continue
        if not act.particle:
            return _Verb(word.start(), word.end(), act, voice)
        if followed := _particle(act.particle).match(sentence, word.end()):
            is_near = followed.end() - word.end() < _NEAR
            return _Verb(word.start(), followed.end() if is_near else word.end(), act, voice)
    return None


@cache
def _particle(words: str) -> re.Pattern[str]:
    reach = _FAR_REACH if " " in words else _PARTICLE_REACH
    return re.compile(rf"[^.;:,]{{0,{reach}}}?\s{words}\b", re.IGNORECASE)


def _joined(sentence: str, place: int, stop: int, how: str) -> _Verb | None:
    """Find the act that follows another verb: "will work with them and publish", "will consider it and respond"."""
    for joint in _JOINT.finditer(sentence, place, stop):
        if _PURPOSE.search(sentence, place, joint.start()):
            return None
        word = _WORD.match(sentence, joint.end())
        verb = _act_at(sentence, word, Form.ING if how == "ing" else Form.BASE, Voice.ACTIVE)
        if verb and verb.act.weight is Weight.TELLING and not _NO_OBJECT.match(sentence, verb.end):
            return verb
    return None


def _noun(sentence: str, match: re.Match[str]) -> Iterator[Candidate]:
    """Find "is planned for publication in 2024", and "the response is expected in the spring"."""
    gap = _SPACE.match(sentence, match.end())
    purpose = _OF_PURPOSE.match(sentence, gap.end()) if gap else None
    if purpose:
        act = Act(NOUNS[purpose[1].lower()], Weight.FIRM)
        yield Candidate(match.start(), purpose.start(1), purpose.end(), act, Voice.NOUN, "noun")
    elif coming := _COMING.search(sentence[max(0, match.start() - _SUBJECT_REACH) : match.start()]):
        act = Act(NOUNS[coming[1].lower()], Weight.OPEN)
        yield Candidate(match.start(), match.start(), match.end(), act, Voice.NOUN, "noun")
