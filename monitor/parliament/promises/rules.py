"""Rules: is this expression a promise of the Government?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises import objects, subjects
from monitor.parliament.promises.acts import Weight
from monitor.parliament.promises.agents import (
    Agent,
    agent_before,
    is_owned_by_other,
    main_agent,
    names_other,
    without_tail,
)
from monitor.parliament.promises.clauses import clause_before, time_of, vague_of
from monitor.parliament.promises.expressions import AT_EVENT
from monitor.parliament.promises.hedges import is_habitual, is_hedged
from monitor.parliament.promises.reading import Candidate, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.parliament.promises.acts import Act
    from monitor.parliament.promises.times import Time

_THINGS: Final = frozenset(
    ("launch", "begin", "start", "commence", "open", "resume", "recommence", "reopen", "go live", "come to an end",
     "become available", "come into force", "take effect", "enter into force", "relaunch", "restart", "take place", "return",
     "transfer", "complete", "roll out", "undergo")
)  # fmt: skip
"""Acts that a thing does when the Government acts: a scheme opens, rules come into force."""

_ENDINGS: Final = frozenset(("conclude", "close", "report"))
_PUBLISHING: Final = frozenset(("publish", "release", "consult", "announce", "launch"))
"""Acts of bodies that no list names: "the programme will publish its figures once it is live"."""

_OF_PEOPLE: Final = frozenset(("inform", "assess", "notify", "determine", "require", "reflect"))
"""Acts that are effects with "by", or a course for each person: "people will be assessed", "it will be informed by"."""

_CHECKS: Final = frozenset(
    ("publish", "release", "evaluate", "review", "update", "amend", "repeal", "abolish", "replace")
)
"""Acts on what exists already, whatever it is, and those that need no other word to be public."""

_GIVING: Final = frozenset(("provide", "give", "make", "send"))
_SHARING: Final = frozenset(
    ("share", "communicate", "inform", "notify", "circulate", "present", "submit", "decide", "determine", "agree", "lay",
     "confirm", "contact")
)  # fmt: skip
"""Open acts that tell or decide: without an agent, with a vague time, still the Government's."""

_MAKING: Final = frozenset(
    ("build", "create", "open", "establish", "develop", "recruit", "install", "deliver", "train", "introduce",
     "put in place")
)  # fmt: skip
"""Acts that bring a new thing about: "a new station will be built"."""

_WORKING: Final = frozenset(("conduct", "undertake", "carry out", "hold", "commission"))
_LOOSE: Final = frozenset(("work", "hope"))
"""Expressions of what is tried, which needs a time to be a promise."""

_FIGURED: Final = frozenset(("ensure",))
"""Acts that only mean well without a figure: "ensure that 92 per cent wait no longer"."""

_BY: Final = re.compile(
    r"(?:(?!\b(?:following|after|once|when|before)\b)[^,;.]){0,40}?"
    r"\bby\s+(?:(?:the|an?|our|their|its|each|independent)\s+)*([^,;.]{3,60})",
    re.IGNORECASE,
)
_IT: Final = re.compile(r"\b(?:it|they|he|she)\s*$", re.IGNORECASE)
_JOINS: Final = re.compile(r"\b(?:and|but|or|then)\s*$", re.IGNORECASE)
_OWN_WORK: Final = re.compile(r"(?:work|preparations?)\s+(?:is|are)\b|is\s|priority|with\s+", re.IGNORECASE)
"""Expressions that name no agent, or name the Government themselves: "work is under way to", "it is our intention to"."""

_AIM_IS: Final = re.compile(
    r"(?:intention|aim|plan|intent|expectation|commitment|ambition|goal)\s+(?:\w+\s+)?(?:is|remains)\b", re.IGNORECASE
)
_OURS: Final = re.compile(
    r"(?:^\W*|[,;]\s+|\b(?:and|but)\s+)(?:the|our|my|the\s+current|(?:the\s+)?(?:government|department)['\u2019]s)\s+$",
    re.IGNORECASE,
)
_IT_FIRST: Final = re.compile(r"\W*it\s+(?:also\s+|now\s+|therefore\s+)?$", re.IGNORECASE)
_WITH: Final = re.compile(r"with\s", re.IGNORECASE)
_TO_DO: Final = re.compile(r"\s+(?:to\s+[a-z]+|[a-z]+ing)\b")
_AVAILABLE: Final = re.compile(r"\s+(?:\w+\s+)?available\b", re.IGNORECASE)
_ABLE: Final = re.compile(r"\bbe\s+(?:\w+ly\s+)?able\s+to\b", re.IGNORECASE)
_ONCE: Final = re.compile(r"\b(?:once|when|after|until|following)\b", re.IGNORECASE)
_ONCE_NEXT: Final = re.compile(r"\s*(?:once|when|after|until|following)\b", re.IGNORECASE)
_NOT_OURS: Final = re.compile(
    r"\b(?:elections?|by-elections?|hearings?|disruptions?|shortages?|supply\s+issues?)\b", re.IGNORECASE
)
_SUBJECT_REACH: Final = 25


@dataclass(frozen=True, slots=True)
class _Claim:
    """An expression in its sentence. `clause`: words that lead to it. `rest`: what follows its verb."""

    candidate: Candidate
    sentence: str
    clause: str
    rest: str
    has_day: bool
    has_time: bool

    @property
    def act(self) -> Act:
        return self.candidate.act


def is_promise(candidate: Candidate, sentence: str, times: Sequence[Time]) -> bool:
    """Judge an expression with its act."""
    if is_hedged(candidate, sentence):
        return False
    has_day = time_of(candidate, sentence, times) is not None
    has_time = has_day or vague_of(candidate, sentence) is not None
    if not has_time and is_habitual(candidate, sentence):
        return False
    clause, rest = clause_before(sentence[: candidate.start]), sentence[candidate.end :]
    return _JUDGES[candidate.voice](_Claim(candidate, sentence, clause, rest, has_day, has_time))


def agent_of(candidate: Candidate, sentence: str) -> Agent:
    """Return who does the act of an expression."""
    is_ours = _AIM_IS.match(sentence, candidate.start) and _OURS.search(sentence, 0, candidate.start)
    if is_ours or _OWN_WORK.match(sentence, candidate.start):
        return Agent.GOVERNMENT
    if candidate.how == "intent" and _IT_FIRST.match(sentence, 0, candidate.start):
        return Agent.GOVERNMENT
    words = without_tail(sentence[: candidate.start])
    return main_agent(words) if _JOINS.search(words) or _IT.search(words) else agent_before(words)


def _active(claim: _Claim) -> bool:
    agent = agent_of(claim.candidate, claim.sentence)
    if agent is Agent.OTHER:
        return False
    if claim.candidate.how == "expect":
        expected = claim.sentence[claim.candidate.start : claim.candidate.verb]
        return claim.has_time and _is_event(claim, expected)
    if agent is Agent.THING:
        is_timed = claim.has_time or (claim.act.name in _PUBLISHING and bool(_ONCE.search(claim.rest)))
        return is_timed and _is_event(claim, claim.clause)
    return not objects.is_aim(claim.act, claim.rest) and not _is_too_loose(claim) and _is_bounded(claim)


def _is_too_loose(claim: _Claim) -> bool:
    """Return whether an expression promises only with a time, and has none."""
    candidate = claim.candidate
    if candidate.how == "would":
        return not claim.has_day
    if claim.has_time:
        return False
    is_power = _ABLE.search(claim.sentence, candidate.start, candidate.verb) and not _ONCE.search(claim.sentence)
    is_due = candidate.how == "due" and claim.act.weight is not Weight.TELLING
    return bool(is_power or is_due or candidate.how in _LOOSE or _WITH.match(claim.sentence, candidate.start))


def _is_bounded(claim: _Claim) -> bool:
    """Return whether an act of the Government is bounded: by itself, by its object, or by its time."""
    act, rest = claim.act, claim.rest
    if act.weight is Weight.AIM:
        return claim.has_day and (act.name not in _FIGURED or objects.has_figure(rest))
    if act.is_bound or objects.has_object(act, rest):
        return objects.has_object(act, rest)
    if act.weight is not Weight.OPEN:
        return True
    if objects.is_funding(act, rest, has_day=claim.has_day):
        return False
    return claim.has_time or objects.is_certain(act, rest, is_mere_commitment=claim.candidate.how == "ing")


def _is_event(claim: _Claim, clause: str) -> bool:
    """Return whether a thing does what counts as the Government's act: a scheme opens, a review concludes."""
    act = claim.act.name
    if is_owned_by_other(clause) or names_other(clause[-_SUBJECT_REACH:]) or subjects.names_money(clause):
        return False
    if act in _PUBLISHING and subjects.is_body(clause):
        return True
    if act in _ENDINGS:
        return subjects.is_running(clause) or claim.candidate.how == "expect"
    return act in _THINGS and not _TO_DO.match(claim.rest)


def _passive(claim: _Claim) -> bool:
    if _is_of_others(claim):
        return False
    if _is_shared(claim) or _is_own_work(claim):
        return True
    act = claim.act
    if act.is_bound or act.objects:
        return _is_given(claim)
    if act.weight is Weight.AIM:
        return claim.has_day and not subjects.is_money(claim.clause)
    if act.weight is Weight.OPEN or claim.candidate.how in ("come", "work"):
        is_timed = claim.has_day or (claim.has_time and subjects.is_information(claim.clause))
        return is_timed and not subjects.is_money(claim.clause)
    is_public = subjects.is_information(claim.clause) or AT_EVENT.match(claim.rest.lstrip()) or act.name in _CHECKS
    return claim.has_time or (bool(is_public) and not subjects.is_case(claim.clause))


def _is_of_others(claim: _Claim) -> bool:
    """Return whether others do it, or it is done to each person as a course: "people will be assessed"."""
    candidate, clause = claim.candidate, claim.clause
    if candidate.how == "expect" and names_other(claim.sentence[candidate.start : candidate.verb]):
        return True
    by = _BY.match(claim.rest)
    if (by and names_other(by[1])) or is_owned_by_other(clause) or _NOT_OURS.search(clause):
        return True
    return claim.act.name in _OF_PEOPLE and (bool(by) or names_other(clause[-_SUBJECT_REACH:]))


def _is_shared(claim: _Claim) -> bool:
    """Return whether something is told or given at a time: "the criteria will be shared in due course"."""
    if not claim.has_time or subjects.is_money(claim.clause):
        return False
    is_document = claim.act.name in _GIVING and subjects.is_given_out(claim.clause)
    return is_document or (claim.act.name in _SHARING and not subjects.is_case(claim.clause))


def _is_own_work(claim: _Claim) -> bool:
    """Return whether the Government alone does it: "an evaluation will be conducted", "a new station will be built"."""
    if claim.act.name in _WORKING and subjects.is_study(claim.clause):
        return not subjects.is_case(claim.clause)
    return claim.act.name in _MAKING and subjects.is_new(claim.clause) and not subjects.is_money(claim.clause)


def _is_given(claim: _Claim) -> bool:
    """Return whether an open act has an object that makes it a bounded one: "further details will be provided"."""
    act, clause, rest = claim.act, claim.clause, claim.rest
    is_bounded = subjects.is_news(clause) or (bool(act.objects) and objects.has_object(act, rest))
    if act.name == "make" and _AVAILABLE.match(rest):
        is_bounded = is_bounded and claim.has_time
    is_money = subjects.is_money(clause) or (act.name == "provide" and objects.is_funding(act, rest, has_day=False))
    return (is_bounded or (claim.has_day and not act.is_bound)) and not is_money


def _noun(claim: _Claim) -> bool:
    """Judge "the response is expected in the spring", "there will be a consultation", "it will be available"."""
    candidate, clause = claim.candidate, claim.clause
    if is_owned_by_other(clause) or subjects.is_money(clause) or _is_of_others(claim):
        return False
    if candidate.how == "expect":
        return claim.has_time
    if candidate.how == "bound" and agent_of(candidate, claim.sentence) is not Agent.GOVERNMENT:
        return False
    if claim.has_day or (claim.act.weight is Weight.FIRM and candidate.how != "noun"):
        return True
    is_timed = claim.has_time or (candidate.how != "follow" and bool(_ONCE_NEXT.match(claim.rest)))
    is_plain = candidate.how in ("noun", "follow") or _AVAILABLE.search(claim.sentence, candidate.start, candidate.end)
    return is_timed and (
        subjects.is_news(clause)
        or (bool(is_plain) and (subjects.is_information(clause) or subjects.is_headed(claim.sentence)))
    )


_JUDGES: Final = {Voice.ACTIVE: _active, Voice.PASSIVE: _passive, Voice.NOUN: _noun}
