"""Promises in other words than a verb of promising: "our commitment to halve it by 2030", "we are publishing it shortly"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises import objects
from monitor.parliament.promises.acts import Weight
from monitor.parliament.promises.agents import Agent, is_owned_by_other, main_agent, names_other
from monitor.parliament.promises.claims import agent_of

if TYPE_CHECKING:
    from monitor.parliament.promises.claims import Claim

_DONE: Final = re.compile(
    r"\b(?:met|delivered|delivering(?:\son)?|fulfilled|honoured|achieved|kept|exceeded|reached|surpassed|previous|former|last|dropped|abandoned"
    r"|no|any|without)\b(?:\s[\w\u2019'-]+){0,5}\s$",
    re.IGNORECASE,
)
"""Words before a goal that is reached, given up, or another Government's."""

_OWN: Final = re.compile(
    r"\b(?:our|its|my|(?:government|department)['\u2019]s|manifesto|clear|(?:contains?|contained|includes?|included|made|gave|with)\san?)\s(?:[\w-]+\s){0,3}$",
    re.IGNORECASE,
)
_ANY: Final = re.compile(r"\b(?:our|its|my|the|an?|\w+['\u2019]s)\s(?:[\w-]+\s){0,3}$", re.IGNORECASE)
_MONEY: Final = re.compile(
    r"[^;.]{0,80}?(?:\u00a3|\b(?:expenditure|funding|spending|investment|budgets?|tax)\b)", re.IGNORECASE
)
_COUNT: Final = re.compile(r"\s(?:[\w-]+\s){0,3}?(?:(?!(?:19|20)\d\d\b)\d[\d,.]*|millions|thousands|hundreds)\b")
_MEASURED: Final = frozenset(("halve", "double", "triple", "treble", "quadruple", "end", "eliminate", "eradicate"))
"""Acts that hold their own measure."""
_SERVED: Final = re.compile(r"\b(?:supports?|supporting|meet|achieve)\s(?:[\w\u2019'-]+\s){1,4}$", re.IGNORECASE)
"""Words before a goal that stands already and is only served: "supporting the ambition of doubling it"."""
_WAS_MET: Final = re.compile(
    r"[^,;]*\b(?:was|were|ha(?:s|ve|d)\sbeen)\s(?:not\s)?(?:met|achieved|reached|exceeded|missed)\b"
)
"""Words of a target that is past: "the target to process them within two days was met"."""
_PLEDGE: Final = re.compile(r"commitment|pledge|promise|intention|undertaking", re.IGNORECASE)
_INTENTION: Final = re.compile(r"intention", re.IGNORECASE)
_LAUNCHING: Final = frozenset(
    (
        "introduce",
        "launch",
        "relaunch",
        "establish",
        "legislate",
        "bring forward",
        "set up",
        "reintroduce",
        "repeal",
        "reinstate",
    )
)
"""Acts that are announced when they are said to be under way: "we are introducing a levy"."""
_NEW: Final = re.compile(
    r"\s(?:an?|new|free|the\snew|the\s(?-i:[A-Z])\w+|two|three|further|legislation|regulations)\s", re.IGNORECASE
)
_DONE_IN: Final = re.compile(r"\b(?:have|has|was|were|had|did)\b", re.IGNORECASE)
_AHEAD: Final = re.compile(r"\b(?:will|is|are|being|intends?|plans?|expects?|needs?|continues?)\b", re.IGNORECASE)
_VERB: Final = re.compile(
    r"\b(?:will|would|can|may|is|are|was|were|has|have|had|to|that|which|who|since|until|ahead|before)\b|[.;:]",
    re.IGNORECASE,
)
_COMING: Final = re.compile(
    r"\b(?:ahead\sof|in\sadvance\sof|before|prior\sto|following|towards|the|our|its|an|and|for|expects?|anticipates?)\s(?:(?!for\b)\w+\s){0,2}$",
    re.IGNORECASE,
)
_FISCAL: Final = re.compile(r"(?:in|at)\sthe\s(?:\w+\s)?Budget\b")
_FOLLOWING: Final = re.compile(r"\bfollowing\s(?:\w+\s){0,2}$", re.IGNORECASE)
_NEAR: Final = 60
_REACH: Final = 90


def judge_goal(claim: Claim) -> bool:
    """Judge "our commitment to repeal it", "the ambition of building 1.5 million homes by 2029"."""
    words = claim.sentence[: claim.candidate.start]
    if _DONE.search(words) or names_other(words[-_NEAR:]) or main_agent(words) is Agent.OTHER:
        return False
    act, rest = claim.act, claim.rest
    if _MONEY.match(rest) or claim.candidate.since != claim.candidate.start:
        return False
    if claim.has_day:
        return bool(_ANY.search(words)) and _is_measured(claim, words) and not _WAS_MET.match(rest)
    if not _OWN.search(words) or not _PLEDGE.match(claim.sentence, claim.candidate.start):
        return False
    if act.weight > Weight.OPEN:
        return True
    is_intended = act.weight is Weight.OPEN and _INTENTION.match(claim.sentence, claim.candidate.start)
    return bool(is_intended) and objects.is_certain(act, rest, is_mere_commitment=False)


def _is_measured(claim: Claim, words: str) -> bool:
    """Return whether a goal has a figure, or an act that holds its own measure and is no goal that is only served."""
    if claim.act.name in _MEASURED:
        return not _SERVED.search(words)
    return objects.has_count(claim.rest)


def judge_figure(claim: Claim) -> bool:
    """Judge "the Government is aiming for 70 lighthouses by 2035"."""
    return (
        claim.has_day and agent_of(claim.candidate, claim.sentence) is Agent.GOVERNMENT and not _MONEY.match(claim.rest)
    )


def judge_present(claim: Claim) -> bool:
    """Judge "we are publishing it shortly", "we are introducing a levy"."""
    if agent_of(claim.candidate, claim.sentence) is not Agent.GOVERNMENT:
        return False
    if objects.is_funding(claim.act, claim.rest, has_day=claim.has_day):
        return False
    if claim.has_time:
        return claim.act.weight > Weight.AIM
    return claim.act.name in _LAUNCHING and bool(_NEW.match(claim.rest))


def judge_outcome(claim: Claim) -> bool:
    """Judge "with plans for building 40 lighthouses by March"."""
    words = claim.sentence[: claim.candidate.start]
    if (
        _DONE.search(words)
        or names_other(words[-_NEAR:])
        or main_agent(words) is Agent.OTHER
        or _MONEY.match(claim.rest)
    ):
        return False
    return claim.has_day and bool(_COUNT.match(claim.rest))


def judge_before(claim: Claim) -> bool:
    """Judge "we will consider all replies before publishing a response"."""
    words = claim.sentence[: claim.candidate.start]
    return main_agent(words) is Agent.GOVERNMENT and bool(_AHEAD.search(words)) and not _DONE_IN.search(words)


def judge_news(claim: Claim) -> bool:
    """Judge "ahead of publication this summer", "the publication in due course of the plan"."""
    is_coming = _COMING.search(claim.sentence, 0, claim.candidate.start)
    if not claim.has_day and _FISCAL.match(claim.sentence, max(0, claim.when)):
        return False  # the announcement in the Budget
    if claim.has_day and _FOLLOWING.search(claim.sentence, 0, claim.candidate.start):
        return False  # following the announcement in January
    if not is_coming or not claim.has_time or is_owned_by_other(claim.clause):
        return False
    between = claim.sentence[claim.candidate.end : max(claim.candidate.end, claim.when)]
    return len(between) < _REACH and not _VERB.search(between)
