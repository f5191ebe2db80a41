"""Acts without an agent: "details will be published". They are the Government's unless the sentence says whose they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises import objects, subjects
from monitor.parliament.promises.acts import Weight
from monitor.parliament.promises.agents import is_owned_by_other, names_government, names_other
from monitor.parliament.promises.claims import NOT_OURS, PAYMENT, PRONOUN, SUBJECT_REACH, is_parliamentary
from monitor.parliament.promises.expressions import AT_EVENT

if TYPE_CHECKING:
    from monitor.parliament.promises.claims import Claim

_DECIDING: Final = frozenset(("set", "determine", "decide", "agree"))
"""Acts on money that are decisions: "the rates will be set at Budget 2025"."""
_PAID: Final = frozenset(("make", "pay", "deliver", "award", "issue", "distribute"))
"""Acts by which a payment is made on a day."""
_OF_PEOPLE: Final = frozenset(("inform", "assess", "notify", "determine", "require", "reflect"))
"""Acts that are effects with "by", or a course for each person: "people will be assessed", "it will be informed by"."""
_CHECKS: Final = frozenset(
    ("publish", "release", "evaluate", "review", "update", "amend", "repeal", "abolish", "replace")
)
"""Acts on what exists already, whatever it is, and those that need no other word to be public."""
_GIVING: Final = frozenset(("provide", "give", "make", "send"))
_SHARING: Final = frozenset(
    ("share", "communicate", "send", "schedule", "relay", "inform", "notify", "circulate",
     "present", "submit", "decide", "determine", "agree", "lay",
     "confirm", "contact")
)  # fmt: skip
"""Open acts that tell or decide: without an agent, with a vague time, still the Government's."""
_TIMELESS: Final = frozenset(("share", "communicate"))
"""Open acts that need no time where they tell news: "start dates will be communicated to schools"."""
_MAKING: Final = frozenset(
    ("build", "create", "open", "establish", "develop", "recruit", "install", "deliver", "train", "introduce",
     "put in place")
)  # fmt: skip
"""Acts that bring a new thing about: "a new station will be built"."""
_WORKING: Final = frozenset(("conduct", "undertake", "carry out", "hold", "commission"))
_IN_LAW: Final = re.compile(r"\sin\s(?:\w+\s)?(?:regulations|legislation)\b", re.IGNORECASE)
_TO_US: Final = re.compile(
    r"\sto\s(?:the\s|my\s)?(?:department|us\b|me\b|ministers|government|secretary\sof\sstate)", re.IGNORECASE
)
_SETTLED: Final = frozenset(
    ("implement", "complete", "determine", "expand", "debate", "remove", "restore", "upgrade", "refurbish", "rebuild",
     "modernise", "reform", "roll out", "test", "streamline", "retain", "simplify", "phase out", "phase in", "merge",
     "digitise", "lift", "reallocate", "redistribute", "transfer", "widen", "broaden")
)  # fmt: skip
"""Open acts that are single ones without an agent or a time: "the methodology will be implemented"."""
_DRAWING_UP: Final = frozenset(("produce", "prepare", "develop", "draw up"))
_BY: Final = re.compile(
    r"(?:(?!\b(?:following|after|once|when|before)\b)[^,;.]){0,40}?"
    r"\bby\s(?!\d|the\s(?:end|start|beginning)\b|(?:early|mid|late|spring|summer|autumn|winter)\b)"
    r"(?:(?:the|an?|our|their|its|each|independent)\s)*([^,;.]{3,60})",
    re.IGNORECASE,
)
_EXPECTED: Final = re.compile(r"\S+\s(?:for\s)?\S+(?:\s(?!(?:for|on|about|regarding)\s)\S+)*")
_FAR_REACH: Final = 60
_AVAILABLE: Final = re.compile(r"\s(?:\w+\s)?available\b", re.IGNORECASE)
_ONCE_OURS: Final = re.compile(
    r"\s*(?:once|after|following|when\s(?:we|the\s(?:government|department)))\b", re.IGNORECASE
)


def judge_passive(claim: Claim) -> bool:
    """Judge "details will be published", "an evaluation will be conducted"."""
    if is_of_others(claim):
        return False
    if _is_shared(claim) or _is_own_work(claim) or _is_by_government(claim):
        return True
    act = claim.act
    if act.is_bound or act.objects:
        return _is_given(claim)
    if act.weight is Weight.AIM:
        return claim.has_end and not subjects.is_money(claim.clause)
    if act.weight is Weight.OPEN or claim.candidate.how in ("come", "work"):
        return _is_timed(claim) or _is_settled(claim)
    is_public = (
        _IN_LAW.match(claim.rest)
        or subjects.is_information(claim.clause)
        or AT_EVENT.match(claim.rest.lstrip())
        or act.name in _CHECKS
    )
    return claim.has_time or (bool(is_public) and not subjects.is_case(claim.clause))


def _is_timed(claim: Claim) -> bool:
    """Return whether an open act has a time that makes it a promise: any for news, days for all else but money."""
    if claim.act.name in _DECIDING or (claim.act.name in _PAID and PAYMENT.search(claim.clause)):
        return claim.has_time
    if claim.act.name == "allocate" and subjects.names_money(claim.sentence[: claim.candidate.start]):
        return False
    is_known = subjects.is_information(claim.clause) or PRONOUN.match(claim.clause)
    return (claim.has_day or (claim.has_time and bool(is_known))) and not subjects.is_money(claim.clause)


def _is_settled(claim: Claim) -> bool:
    """Return whether an act is a single one by itself, on no money and on no one's case."""
    clause = claim.clause
    if claim.candidate.how != "will" or claim.act.name not in _SETTLED or names_other(clause[-_FAR_REACH:]):
        return False
    return not (subjects.is_money(clause) or subjects.is_case(clause))


def is_of_others(claim: Claim) -> bool:
    """Return whether others do it, or it is done to each person as a course: "people will be assessed"."""
    candidate, clause = claim.candidate, claim.clause
    if candidate.how == "expect" and names_other(_head(claim.sentence[candidate.start : candidate.verb])):
        return True
    by = _BY.match(claim.rest)
    if (by and names_other(by[1])) or is_owned_by_other(clause) or NOT_OURS.search(clause):
        return True
    if claim.act.name == "submit" and (subjects.is_case(clause) or _TO_US.match(claim.rest)):
        return True
    return claim.act.name in _OF_PEOPLE and (bool(by) or names_other(clause[-SUBJECT_REACH:]))


def _head(expected: str) -> str:
    """Return what is expected without what it is for: "expect guidance" of "expect guidance for schools to be"."""
    found = _EXPECTED.match(expected)
    return found.group() if found else expected


def _is_shared(claim: Claim) -> bool:
    """Return whether something is told or given at a time: "the criteria will be shared in due course"."""
    is_told = claim.act.name in _TIMELESS and subjects.is_given_or_known(claim.clause)
    is_timed = is_told or claim.has_time or (claim.act.name in _SHARING and bool(_ONCE_OURS.match(claim.rest)))
    if not is_timed or subjects.is_money(claim.clause):
        return False
    is_document = claim.act.name in _GIVING and subjects.is_given_out(claim.clause)
    return is_document or (claim.act.name in _SHARING and not subjects.is_case(claim.clause))


def _is_own_work(claim: Claim) -> bool:
    """Return whether the Government alone does it: "an evaluation will be conducted", "a new station will be built"."""
    if claim.act.name in _WORKING and subjects.is_study(claim.clause):
        return not subjects.is_case(claim.clause)
    if claim.act.name in _DRAWING_UP and subjects.is_document(claim.clause):
        return True
    return claim.act.name in _MAKING and subjects.is_new(claim.clause) and not subjects.is_money(claim.clause)


def _is_by_government(claim: Claim) -> bool:
    """Return whether a firm act is said to be the Government's, or bound to the time of Parliament."""
    if claim.act.weight is Weight.AIM or subjects.is_money(claim.clause):
        return False
    by = _BY.match(claim.rest)
    is_of_government = by is not None and names_government(by[1]) and claim.act.weight is not Weight.OPEN
    return is_of_government or is_parliamentary(claim)


def _is_given(claim: Claim) -> bool:
    """Return whether an open act has an object that makes it a bounded one: "further details will be provided"."""
    act, clause, rest = claim.act, claim.clause, claim.rest
    if act.name == "give" and subjects.is_consideration(clause):
        return False
    if act.name == "include" and not objects.has_object(act, rest):
        return claim.has_day and not subjects.is_money(clause)
    is_headed = claim.has_time and bool(subjects.is_headed(claim.sentence) or PRONOUN.match(clause))
    is_bounded = subjects.is_news(clause) or is_headed or (bool(act.objects) and objects.has_object(act, rest))
    if act.name == "make" and _AVAILABLE.match(rest):
        is_bounded = is_bounded and claim.has_time
    is_money = subjects.is_money(clause) or (act.name == "provide" and objects.is_funding(act, rest, has_day=False))
    if act.name == "take forward":
        is_bounded = is_bounded or (claim.has_time and subjects.is_information(clause))
    return (is_bounded or (claim.has_day and not act.is_bound)) and (is_headed or not is_money)
