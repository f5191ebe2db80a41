"""Acts of things when the Government acts: a scheme opens, a review concludes, a figure is reached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises import objects, subjects
from monitor.parliament.promises.acts import Weight
from monitor.parliament.promises.agents import is_owned_by_other, names_other
from monitor.parliament.promises.claims import NOT_OURS, PAYMENT, PRONOUN, SUBJECT_REACH

if TYPE_CHECKING:
    from monitor.parliament.promises.claims import Claim

_THINGS: Final = frozenset(
    ("launch", "begin", "start", "commence", "open", "resume", "recommence", "reopen", "go live", "come to an end",
     "become available", "come into force", "take effect", "enter into force", "relaunch", "restart", "take place", "return",
     "transfer", "complete", "roll out", "undergo", "happen", "occur", "form part")
)  # fmt: skip
"""Acts that a thing does when the Government acts: a scheme opens, rules come into force."""
_REACHING: Final = frozenset(
    ("reach", "cover", "increase", "expand", "double", "triple", "achieve", "deliver", "recruit")
)
"""Acts by which a thing comes to a figure or a stage."""
_STAGE: Final = re.compile(
    r"\s(?:an?|its|their|the)\s(?:\w+\s){0,2}?(?:report|findings|cohort)\b|\sfindings\b|\sin\s|\s(?:initial|full)\soperat",
    re.IGNORECASE,
)
_BY_DAY: Final = re.compile(
    r"\bby\s(?:the\s|early\s|mid|late\s|end\s|spring\b|summer\b|autumn\b|\d{1,2}\s(?-i:[A-Z])|20\d\d|(?-i:[A-Z]))",
    re.IGNORECASE,
)
_TO_FIGURE: Final = re.compile(r"\s(?:to|over|around)?\s*\d", re.IGNORECASE)
_STARTING: Final = frozenset(("begin", "start", "commence"))
_ENDINGS: Final = frozenset(("conclude", "close", "report"))
_BY_LAW: Final = frozenset(("come into force", "take effect", "enter into force"))
"""Acts of a law whose day is settled when it is said to be due."""

_EFFECTS: Final = frozenset(
    ("provide", "lead", "save", "bring", "give", "improve", "rise", "add", "increase", "reduce", "raise", "end", "cut",
     "generate", "cover", "pay", "resolve", "take", "make", "support", "require", "inform", "ensure", "boost", "lose",
     "set", "set out", "outline", "clarify", "form", "happen", "occur", "close", "report", "start", "begin", "commence",
     "double", "halve", "exceed", "reach", "hit", "run", "see", "lift", "offer", "achieve", "act", "go further",
     "come to an end", "remove", "cease", "return", "terminate", "address", "enhance", "tackle", "reflect", "consider",
     "explore", "lower", "secure", "cost", "respond", "attend", "cap")
)  # fmt: skip
"""Acts of things that are effects, ends of their own, or what a document holds; all others are done by someone by a day."""

_LAW: Final = re.compile(
    r"\b(?:acts?|bill|regulations?|provisions?|legislation|measures?|powers?|changes?|rules?|orders?|reforms?|ban|amendments?"
    r"|code|sections?|clauses?)\b",
    re.IGNORECASE,
)
_FAR_REACH: Final = 60
_PUBLISHING: Final = frozenset(("publish", "release", "consult", "announce", "launch", "set out", "meet"))
"""Acts of bodies that no list names: "the programme will publish its figures once it is live"."""
_THEY: Final = re.compile(r"\bthey(?:\sare)?\s*$", re.IGNORECASE)
_HAVE_TO: Final = re.compile(r"\s*have\sto\b", re.IGNORECASE)
_CONTENTS: Final = frozenset(("set out", "outline", "confirm"))
"""Telling acts of documents: "the plan will set out"."""
_ONCE: Final = re.compile(r"\b(?:once|when|after|until|following)\b", re.IGNORECASE)
_GOES_ON: Final = re.compile(r"\s(?:continues?|is|are|has)\s[^,;]*\band\s*$|,?\s(?:which|who)\s*$", re.IGNORECASE)
"""Words between a body and its second verb: "the mission continues to grow and will"."""

_NUMBER_OF: Final = re.compile(r"\b\d{1,3}(?:,\d{3})+\s(?:is|are)?\s*$")
"""People who are no more than their number: "a further 50,000 are expected to start"."""

_FOR_BIDS: Final = re.compile(
    r"\sfor\s(?:[\w-]+\s)?(?:bids|applications|expressions|entries|registrations?|submissions)\b", re.IGNORECASE
)
_TO_DO: Final = re.compile(
    r"\s(?:to\s(?!(?:those|all|the|an?|applications|new|people|everyone|eligible)\b)[a-z]+|[a-z]+ing)\b"
)
_BE_DONE: Final = re.compile(r"\sto\sbe\s\w+(?:ed|en|n|t)\b", re.IGNORECASE)


def is_event(claim: Claim, clause: str) -> bool:
    """Return whether a thing does what counts as the Government's act: a scheme opens, a review concludes."""
    act = claim.act.name
    if act in _BY_LAW and claim.sentence.startswith("due", claim.candidate.start):
        return False  # what the law says already
    if _is_timeless_event(claim, clause):
        return True
    if not _has_time(claim) or names_other(clause[-SUBJECT_REACH:]) or _is_of_others(claim, clause):
        return False
    if _tells(claim, clause):
        return True
    if act in _ENDINGS:
        subject = claim.sentence[: claim.candidate.start] if PRONOUN.match(clause) else clause
        return subjects.is_running(subject) or claim.candidate.how == "expect"
    return act in _THINGS and (not _TO_DO.match(claim.rest) or bool(_BE_DONE.match(claim.rest)))


def _is_timeless_event(claim: Claim, clause: str) -> bool:
    """Return whether an event needs no time: a consultation takes place, a fund opens for bids."""
    match claim.act.name:
        case "take place":
            return subjects.is_study(clause)
        case "come before":
            return subjects.is_information(clause)
        case "open":
            return bool(_FOR_BIDS.match(claim.rest))
        case _:
            return False


def _tells(claim: Claim, clause: str) -> bool:
    """Return whether a body that no list names tells something: "the panel will publish its report in May"."""
    if claim.act.name in _PUBLISHING and subjects.is_body(_GOES_ON.sub("", clause)):
        return True
    is_content = claim.act.name in _CONTENTS or _THEY.search(clause)
    return claim.act.weight is Weight.TELLING and claim.has_time and not is_content


def is_done_by_day(claim: Claim, clause: str) -> bool:
    """Return whether a thing does by a day what someone must see to: "the service will move to the new system in May"."""
    is_told = claim.candidate.how in ("will", "intent", "would") and claim.act.name not in _EFFECTS | _BY_LAW
    if not claim.has_end or not is_told or names_other(clause[-_FAR_REACH:]):
        return False
    if _THEY.search(clause) or _HAVE_TO.match(claim.rest) or _is_of_others(claim, clause):
        return False
    return not objects.is_funding(claim.act, claim.rest, has_day=True)


def is_commenced(claim: Claim, clause: str) -> bool:
    """Return whether a law is to come into force, which ministers decide: "the regulations will come into force"."""
    is_told = claim.act.name in _BY_LAW and claim.candidate.how in ("will", "intent")
    return is_told and bool(_LAW.search(clause)) and not names_other(claim.rest)


def is_reached(claim: Claim, clause: str) -> bool:
    """Return whether a thing reaches a figure or a stage by a day: "is expected to reach 50 per cent by March"."""
    is_funding = objects.is_funding(claim.act, claim.rest, has_day=True)
    if not claim.has_day or claim.act.name not in _REACHING or is_funding or _is_of_others(claim, clause):
        return False
    if _STAGE.match(claim.rest):
        return True
    if claim.candidate.how == "expect" and not _TO_FIGURE.match(claim.rest):
        return False  # what is expected of others
    return (claim.candidate.how != "intent" or subjects.is_plan(clause)) and is_counted(claim)


def is_counted(claim: Claim) -> bool:
    """Return whether a figure is to be reached by a day: "half of the schools by March"."""
    return claim.has_day and objects.has_count(claim.rest) and bool(_BY_DAY.search(claim.rest))


def _has_time(claim: Claim) -> bool:
    return claim.has_time or (claim.act.name in _PUBLISHING and bool(_ONCE.search(claim.rest)))


def _is_of_others(claim: Claim, clause: str) -> bool:
    """Return whether the subject is others', or money that is no payment."""
    is_payment = claim.act.name in _STARTING and PAYMENT.search(clause)
    is_money = subjects.names_money(clause) and not is_payment
    return is_money or is_owned_by_other(clause) or bool(NOT_OURS.search(clause) or _NUMBER_OF.search(clause))
