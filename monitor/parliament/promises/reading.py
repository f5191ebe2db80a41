"""Reading of a sentence: expressions of a promise with the verb of the act, before any rule judges them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.parliament.promises.acts import LEXICON, Act, Form, Weight
from monitor.parliament.promises.coming import coming_before, existing_at, follower_at, purpose_at
from monitor.parliament.promises.expressions import (
    AFTER_BE,
    DENIED,
    GAP,
    GIVEN_OUT,
    NOT,
    NOT_UNTIL,
    OBLIGED,
    REPORTED,
    TO_BE_SHOWN,
    UNTIL,
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

    `how`: kind of expression, a group of the pattern ("will", "intent", "due" ...). `since`: place of the expression, or of
    the "and" that joins the verb to another.
    """

    start: int
    verb: int
    end: int
    act: Act
    voice: Voice
    how: str
    since: int


class _Verb(NamedTuple):
    start: int
    end: int
    act: Act
    voice: Voice


_WORD: Final = re.compile(r"[A-Za-z-]+")
_SPACE: Final = re.compile(r"\s")
_ABLE: Final = re.compile(r"(?:able|in\sa\s(?:\w+\s)?position)\sto\s", re.IGNORECASE)
_AND_DOING: Final = re.compile(r"\b(?:is|are|am)\s(?:\w+ly\s)?\w+ing\b[^.;:]{3,90}?\band\s$")
_PROCESS: Final = re.compile(r"in\sthe\sprocess\sof\s")
_BEING: Final = re.compile(
    r"(?:in\s(?:place|force|effect|operation)|available|open|ready|operational|complete|live|fully\soperational)\b",
    re.IGNORECASE,
)
_NEWS: Final = Act("publish", Weight.FIRM)
_REACH_TARGET: Final = Act("achieve", Weight.OPEN)
_STANDING_BODY: Final = re.compile(r"\s(?:Body|bodies|process)\b")
_BE_IN_PLACE: Final = Act("put in place", Weight.OPEN)
_STAND_IN_PLACE: Final = Act("put in place", Weight.FIRM)
_STANDING: Final = re.compile(r"\sin\splace\b", re.IGNORECASE)
_WAS: Final = re.compile(r"\b(?:was|were|had)(?:\s\w+)?\s*$", re.IGNORECASE)
_BEFORE_REACH: Final = 30
_NEAR: Final = 12
"""Code points within which a particle stands at its verb: "set out", not "set these out"."""

_PASSIVE_REACH: Final = 40
_PARTICLE_REACH: Final = 70
_FAR_REACH: Final = 160
_JOINT: Final = re.compile(
    r"(?:\band|,(?=\sthen\b)|(?<=\w)(?=\sthen\b))(?:\s(?:then|also|will|subsequently|now|\w+ly))?,?\s(?=\w)",
    re.IGNORECASE,
)
_JOINT_REACH: Final = 260
_PURPOSE: Final = re.compile(
    r"\bto\s(?!the\b|a\b|an\b|our\b|their\b|its\b|all\b)[a-z]+|\bhow\b|\bthat\b", re.IGNORECASE
)
_NEW_PLAN: Final = re.compile(
    r"\s(?:an?|new)\s(?:[\w\u2019'-]+,?\s){0,4}?(?:strategy|plan|bill|framework)\b", re.IGNORECASE
)
"""Objects of an act that is no mere purpose: "act to end it and develop a long-term strategy"."""
_NO_OBJECT: Final = re.compile(r"\s(?:that|by|in\sthe\spast)\b", re.IGNORECASE)
_BE_DOING: Final = re.compile(r"be\s(?:\w+ly\s)?\w+ing\b")
_BE_DONE: Final = re.compile(r"be\s(?:\w+ly\s)?\w+(?:ed|en|n|t)\sand\s(?:\w+ly\s|then\s)?(?=\w)")
"""A participle before another one: "will be conducted and published"."""

_BE_INFORMED: Final = re.compile(
    r"be\s(?:\w+ly\s)?\w+(?:ed|en|n|t)\s(?:by|in|with)\b(?:(?!\b(?:which|that|to|and)\b)[^,;.:]){3,90}?\band\s(?:then\s)?"
    r"(?=(?:published|announced|confirmed|released|laid|launched|shared|set\sout)\b)"
)
"""The same with something between: "will be informed by the review and published"."""

_GIVEN_OUT: Final = re.compile(rf"\b(?:{GIVEN_OUT})\b")
_WORK_WITH: Final = re.compile(
    r"(?:work|engag|collaborat|liais)(?:e|ing)?\b[^.;:]{3,130}?\bto\s"
    r"(?=(?:develop|publish|produce|finalise|update|introduce|agree|launch|revisit|review|set\sout|bring\sforward)\b)"
)
_LEVERS: Final = re.compile(r"(?:use|harness)\s(?:every|all)\b[^.;:,]{0,60}?\blevers?\b[^.;:,]{0,60}?\bto\s(?=\w)")
_BY_DOING: Final = re.compile(
    r"[^.;:]{3,150}?\bby\s(?=(?:introducing|legislating|implementing|publishing|banning|repealing)\b)"
)
_COUNTED: Final = re.compile(
    r"\s(?:(?:an\s)?(?:additional|extra)\s|at\sleast\s|over\s|around\s)?\d[\d,.]*\s(?:million\s)?(?:more|extra|additional|new)\b",
    re.IGNORECASE,
)
_REACH_COUNT: Final = Act("reach", Weight.AIM)
"""The act behind a count of a day ahead: "there will be 13,000 more keepers by 2029"."""
_THERE: Final = re.compile(r"\bthere\s*$", re.IGNORECASE)
_WHEN: Final = re.compile(
    r"(?=(?:in|on)\s(?:(?:early|mid|late)[\s-]+)?(?:the\s)?(?:(?-i:[A-Z])|spring|summer|autumn|winter|new\syear|20|\d))",
    re.IGNORECASE,
)
_TAKE_PLACE: Final = Act("take place", Weight.OPEN)
_STATES: Final = (
    (_BEING, _BE_IN_PLACE, Voice.NOUN),
    (
        re.compile(r"(?:the\s)?subject\s(?:to|of)\s(?:[\w-]+\s){0,3}?consultation\b", re.IGNORECASE),
        Act("consult", Weight.FIRM),
        Voice.NOUN,
    ),
    (re.compile(r"in\s(?:touch|contact)\b", re.IGNORECASE), Act("contact", Weight.FIRM), Voice.ACTIVE),
    (
        re.compile(
            r"(?:an?\s)?(?:key\s)?part\sof\s(?:the|our|its)\s(?:[\w\u2019'-]+\s){0,3}?spending\sreview\b", re.IGNORECASE
        ),
        Act("decide", Weight.FIRM),
        Voice.NOUN,
    ),
)
"""States that are acts: "will be available", "will be in touch"."""

_IN_PLACE: Final = re.compile(r"[^,;.]{3,80}?\bin\splace\b", re.IGNORECASE)
_TALKS: Final = re.compile(r"(?:[\w-]+\s){0,3}?(?:discussions?|conversations?|meetings?|talks)\b", re.IGNORECASE)
_HAVE: Final = Act("have", Weight.OPEN)
_MEET: Final = Act("meet", Weight.OPEN)
_OBJECT: Final = re.compile(
    r"\s(?:the|an?|our|its|their|his|her|this|these|those|them|all|further|more|additional|new|next|\d[\d,]*)\b",
    re.IGNORECASE,
)
"""First words of an object, without which a word after "and" may be a noun: "training and research"."""


def candidates(sentence: str) -> Iterator[Candidate]:
    """Find the expressions of a sentence that an act follows, unless they are denied or past."""
    found = [match for match in expressions().finditer(sentence) if not _is_no_verb(sentence, match)]
    for place, match in enumerate(found):
        if _is_denied(sentence, match):
            continue
        if match.lastgroup in ("noun", "follow"):
            yield from _noun(sentence, match)
        elif match.lastgroup == "with":
            yield from _accompanying(sentence, match)
        elif match.lastgroup in ("now", "present", "before", "outcome"):
            yield from _doing(sentence, match)
        elif match.lastgroup == "news":
            yield Candidate(*match.span(), match.end(), _NEWS, Voice.NOUN, "news", match.start())
        elif match.lastgroup == "figure":
            yield Candidate(match.start(), match.end(), match.end(), _REACH_TARGET, Voice.NOUN, "figure", match.start())
        elif match.lastgroup == "bound":
            yield from _bound(sentence, match)
        else:
            stop = found[place + 1].start() if place + 1 < len(found) else len(sentence)
            yield from _verbs(sentence, match, stop)


def _doing(sentence: str, match: re.Match[str]) -> Iterator[Candidate]:
    """Find the act of "are publishing", and of "before publishing"."""
    gap = _SPACE.match(sentence, match.end()) or _PROCESS.match(sentence, match.end())
    verb = _act_at(sentence, _WORD.match(sentence, gap.end() if gap else match.end()), Form.ING, Voice.ACTIVE)
    if verb:
        start = match.start() if gap else verb.start
        yield Candidate(start, *verb, match.lastgroup or "", start)


def _is_denied(sentence: str, match: re.Match[str]) -> bool:
    """Return whether the words around an expression deny it, or put it into the past."""
    before = sentence[max(0, match.start() - _BEFORE_REACH) : match.start()]
    is_denied = NOT.match(sentence, match.end()) or DENIED.search(before)
    if is_denied and not _put_off(sentence, match):
        return True
    match match.lastgroup:
        case "due" | "noun":
            return bool(_WAS.search(before))
        case "come":
            is_shown = TO_BE_SHOWN.match(sentence, match.end()) and not OBLIGED.search(before)
            return bool(_WAS.search(before)) or not (AFTER_BE.search(before) or is_shown)
        case "would":
            return not REPORTED.search(sentence, max(0, match.start() - _FAR_REACH), match.start())
        case "doing" | "work":
            is_verb = match.lastgroup != "work" or match.group().startswith(("working", "on"))
            return is_verb and not AFTER_BE.search(before)
        case _:
            return False


def _is_no_verb(sentence: str, match: re.Match[str]) -> bool:
    """Return whether "publishing" is a noun, and not the verb of "is publishing" or "is developing it and publishing"."""
    if match.lastgroup != "present":
        return False
    before = sentence[max(0, match.start() - _BEFORE_REACH) : match.start()]
    return not (AFTER_BE.search(before) or _AND_DOING.search(sentence, 0, match.start()))


def _put_off(sentence: str, match: re.Match[str]) -> re.Match[str] | None:
    if match.lastgroup in ("due", "noun"):
        return UNTIL.match(sentence, match.end())
    return NOT_UNTIL.match(sentence, match.end()) if match.lastgroup == "will" else None


def _verbs(sentence: str, match: re.Match[str], stop: int) -> Iterator[Candidate]:
    """Find the verb of an expression, and those that are joined to it before the next expression."""
    put_off = _put_off(sentence, match) if match.lastgroup == "will" else None
    gap = GAP.match(sentence, put_off.end() if put_off else match.end())
    if not gap:
        return
    how = match.lastgroup or ""
    verb = _verb(sentence, gap.end(), match)
    if verb:
        yield Candidate(match.start(), *verb, how, match.start())
    done = _BE_DONE.match(sentence, gap.end()) or _BE_INFORMED.match(sentence, gap.end())
    if done:
        joined = _act_at(sentence, _WORD.match(sentence, done.end()), Form.DONE, Voice.PASSIVE)
        if joined:
            yield Candidate(match.start(), *joined, how, match.start())
    elif not verb or verb.voice is Voice.ACTIVE:
        stop = min(stop, gap.end() + _JOINT_REACH)
        word = _WORD.match(sentence, gap.end())
        is_noun = word is not None and _is_noun_of_goal(match, word.group())
        is_ing = how == "ing" or is_noun or bool(_BE_DOING.match(sentence, gap.end()))
        for joint, joined in _joined(sentence, gap.end(), stop, is_ing=is_ing):
            yield Candidate(match.start(), *joined, how, joint)


def _verb(sentence: str, place: int, match: re.Match[str]) -> _Verb | None:
    """Read the verb at a place: "publish", "be published", "be publishing", "be able to publish", "have published"."""
    word = _WORD.match(sentence, place)
    auxiliary = word.group().lower() if word else ""
    form = Form.ING if match.lastgroup == "ing" or _is_noun_of_goal(match, auxiliary) else Form.BASE
    if not word or auxiliary not in ("be", "have", "follow"):
        return _act_at(sentence, word, form, Voice.ACTIVE) or _by_other_act(sentence, word)
    if auxiliary == "follow":
        act = coming_before(sentence, match.start())
        return _Verb(word.start(), word.end(), act, Voice.NOUN) if act else None
    gap = GAP.match(sentence, word.end())
    place = gap.end() if gap else word.end()
    if auxiliary == "have":
        return _perfect(sentence, place)
    return _being(sentence, match, word, place)


def _is_noun_of_goal(match: re.Match[str], word: str) -> bool:
    """Return whether a goal has its verb as a noun: "the ambition of building"."""
    return match.lastgroup == "goal" and word.endswith("ing")


def _by_other_act(sentence: str, word: re.Match[str] | None) -> _Verb | None:
    """Read the act behind another: "protect harbours by introducing a register", "work with ports to publish it"."""
    if word and (found := _WORK_WITH.match(sentence, word.start()) or _LEVERS.match(sentence, word.start())):
        return _act_at(sentence, _WORD.match(sentence, found.end()), Form.BASE, Voice.ACTIVE)
    if word and (found := _BY_DOING.match(sentence, word.end())):
        return _act_at(sentence, _WORD.match(sentence, found.end()), Form.ING, Voice.ACTIVE)
    return None


def _being(sentence: str, match: re.Match[str], be: re.Match[str], place: int) -> _Verb | None:
    """Read what follows "be"."""
    if able := _ABLE.match(sentence, place):
        return _act_at(sentence, _WORD.match(sentence, able.end()), Form.BASE, Voice.ACTIVE)
    if _THERE.search(sentence, max(0, match.start() - _NEAR), match.start()):
        if counted := _COUNTED.match(sentence, be.end()):
            return _Verb(be.end() + 1, counted.end(), _REACH_COUNT, Voice.NOUN)
        there = existing_at(sentence, be.end())
        if there and _STANDING.match(sentence, there[0].end()):
            return _Verb(be.end() + 1, there[0].end(), _STAND_IN_PLACE, Voice.NOUN)
        return _Verb(be.end() + 1, there[0].end(), there[1], Voice.NOUN) if there else None
    word = _WORD.match(sentence, place)
    return (
        _state(sentence, be, place)
        or _act_at(sentence, word, Form.DONE, Voice.PASSIVE)
        or _act_at(sentence, word, Form.ING, Voice.ACTIVE)
        or _by_other_act(sentence, word)
    )


def _state(sentence: str, be: re.Match[str], place: int) -> _Verb | None:
    """Read a state that is an act: "will be followed by publication", "will be in May", "will be available"."""
    if followed := follower_at(sentence, place):
        return _Verb(place, followed[0].end(), followed[1], Voice.NOUN)
    if state := _WHEN.match(sentence, be.end() + 1):
        return _Verb(be.end() + 1, state.end(), _TAKE_PLACE, Voice.NOUN)
    for pattern, act, voice in _STATES:
        if state := pattern.match(sentence, place):
            return _Verb(place, state.end(), act, voice)
    return None


def _perfect(sentence: str, place: int) -> _Verb | None:
    """Read "will have rolled out", "will have been implemented" and "will have further conversations"."""
    word = _WORD.match(sentence, place)
    if word and word.group().lower() == "been":
        gap = GAP.match(sentence, word.end())
        return _act_at(sentence, _WORD.match(sentence, gap.end()) if gap else None, Form.DONE, Voice.PASSIVE)
    if held := _IN_PLACE.match(sentence, place):
        return _Verb(place, held.end(), _BE_IN_PLACE, Voice.ACTIVE)
    if talks := _TALKS.match(sentence, place):
        return _Verb(place, talks.end(), _MEET, Voice.ACTIVE)
    done = _act_at(sentence, word, Form.DONE, Voice.ACTIVE)
    return done or (_Verb(place, place, _HAVE, Voice.ACTIVE) if word or sentence[place : place + 1].isdigit() else None)


def _act_at(sentence: str, word: re.Match[str] | None, form: Form, voice: Voice) -> _Verb | None:
    if not word:
        return None
    nearest: tuple[int, Act] | None = None
    plain: Act | None = None
    for kind, act in LEXICON.get(word.group().lower(), ()):
        if kind is not form:
            continue
        if not act.particle:
            plain = plain or act
        elif followed := _particle(act.particle).match(sentence, word.end()):
            is_nearer = nearest is None or followed.end() < nearest[0]
            nearest = (followed.end(), act) if is_nearer else nearest
    if nearest and not (voice is Voice.PASSIVE and nearest[0] - word.end() > _PASSIVE_REACH):
        is_near = nearest[0] - word.end() < _NEAR
        return _Verb(word.start(), nearest[0] if is_near else word.end(), nearest[1], voice)
    return _Verb(word.start(), word.end(), plain, voice) if plain else None


@cache
def _particle(words: str) -> re.Pattern[str]:
    reach = _FAR_REACH if " " in words else _PARTICLE_REACH
    inner = "[^.;:]" if words.startswith("by") else "[^.;:,]"
    return re.compile(rf"{inner}{{0,{reach}}}?\s{words}\b", re.IGNORECASE)


def _joined(sentence: str, place: int, stop: int, *, is_ing: bool) -> Iterator[tuple[int, _Verb]]:
    """Find the acts that follow another verb: "will work with them and publish", "will consider it and respond"."""
    for joint in _JOINT.finditer(sentence, place, stop):
        word = _WORD.match(sentence, joint.end())
        verb = _act_at(sentence, word, Form.ING if is_ing else Form.BASE, Voice.ACTIVE)
        if _PURPOSE.search(sentence, place, joint.start()) and not (verb and _NEW_PLAN.match(sentence, verb.end)):
            return
        if not verb or _NO_OBJECT.match(sentence, verb.end):
            continue
        if verb.act.weight is Weight.TELLING or _OBJECT.match(sentence, verb.end):
            yield joint.start(), verb


def _noun(sentence: str, match: re.Match[str]) -> Iterator[Candidate]:
    """Find "is planned for publication in 2024", and "the response is expected in the spring"."""
    gap = _SPACE.match(sentence, match.end())
    purpose = purpose_at(sentence, gap.end()) if gap else None
    if purpose:
        found, act = purpose
        yield Candidate(match.start(), found.start(1), found.end(), act, Voice.NOUN, "noun", match.start())
    elif coming := coming_before(sentence, match.start()):
        yield Candidate(
            match.start(), match.start(), match.end(), coming, Voice.NOUN, match.lastgroup or "", match.start()
        )


def _bound(sentence: str, match: re.Match[str]) -> Iterator[Candidate]:
    """Find "committed to a review", and "committed to the target of halving it by 2035"."""
    found = existing_at(sentence, match.end())
    if found and found[1].weight is Weight.FIRM and not _STANDING_BODY.match(sentence, found[0].end()):
        yield Candidate(match.start(), found[0].start(1), found[0].end(), found[1], Voice.NOUN, "bound", match.start())
    elif not match.group().startswith("with"):
        yield Candidate(match.start(), match.end(), match.end(), _REACH_TARGET, Voice.NOUN, "bound", match.start())


def _accompanying(sentence: str, match: re.Match[str]) -> Iterator[Candidate]:
    """Find "with details published in May", and "with the Department setting out details in due course"."""
    for between in _GIVEN_OUT.finditer(sentence, match.end(), match.end() + _FAR_REACH):
        is_done = between.group().endswith("ed")
        form, voice = (Form.DONE, Voice.PASSIVE) if is_done else (Form.ING, Voice.ACTIVE)
        verb = _act_at(sentence, _WORD.match(sentence, between.start()), form, voice)
        if verb:
            yield Candidate(verb.start, *verb, "with", verb.start)
        return
