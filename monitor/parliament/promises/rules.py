"""Rules: is this expression a promise of the Government?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises import objects, subjects
from monitor.parliament.promises.acts import Weight
from monitor.parliament.promises.agents import Agent, agent_before, is_owned_by_other, main_agent
from monitor.parliament.promises.bodies import INDEPENDENT
from monitor.parliament.promises.claims import Claim, agent_of, is_parliamentary
from monitor.parliament.promises.clauses import clause_before, time_of, vague_of
from monitor.parliament.promises.events import is_commenced, is_counted, is_done_by_day, is_event, is_reached
from monitor.parliament.promises.goals import (
    judge_before,
    judge_figure,
    judge_goal,
    judge_news,
    judge_outcome,
    judge_present,
)
from monitor.parliament.promises.hedges import is_habitual, is_hedged
from monitor.parliament.promises.passives import is_of_others, judge_passive
from monitor.parliament.promises.reading import Candidate, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.parliament.promises.times import Time

_NOT_SPENDING: Final = frozenset(
    ("begin", "start", "commence", "set", "determine", "decide", "discuss", "share", "include")
)
"""Acts on money that spend none: "begin discussions on the budget"."""
_LOOSE: Final = frozenset(("work", "hope"))
"""Expressions of what is tried, which needs a time to be a promise."""
_FIGURED: Final = frozenset(("ensure",))
"""Acts that only mean well without a figure: "ensure that 92 per cent wait no longer"."""
_PLAIN: Final = frozenset(("will", "intent", "doing"))
"""Expressions that commit to an act by themselves."""
_DATED: Final = frozenset(("outcome", "now"))
"""Expressions that promise only by a day."""
_ANNOUNCED: Final = re.compile(r"\b(?:announced|confirmed)\b", re.IGNORECASE)
_SINGLE: Final = frozenset(("join", "proceed", "carry out", "hold", "begin", "start", "open", "lay", "end"))
"""Open acts that are announced as single ones."""
_BE_MEETING: Final = re.compile(r"will\s(?:\w+\s)?be\smeeting\b", re.IGNORECASE)
_MANNER: Final = re.compile(r"as\s(?:quickly|early)", re.IGNORECASE)
_TRIED: Final = re.compile(r"as\s(?:soon|early|quickly)\sas", re.IGNORECASE)
_ACCOMPANIES: Final = re.compile(r"^\W*(?:with\s|(?:an?|the)\sfirst\b)", re.IGNORECASE)
_SAID: Final = re.compile(
    r"\b(?:sa(?:y|ys|id)|stat(?:e|es|ed)|expects?|estimate[sd]?|forecasts?|predict(?:s|ed)?|indicated?|advise[sd]?|announced)\s"
    r"(?:that|they\sexpect)\b",
    re.IGNORECASE,
)
_WITH: Final = re.compile(r"with\s", re.IGNORECASE)
_AVAILABLE: Final = re.compile(r"\s(?:\w+\s)?available\b", re.IGNORECASE)
_FOLLOWS: Final = re.compile(r"\s(?:the|an?|our|its|this)\s", re.IGNORECASE)
"""First words of an object, with which "will follow" is no news: "the delivery will follow the targets"."""
_OPEN_TO: Final = re.compile(r"\b(?:available|ready|operational|live)\b", re.IGNORECASE)
_WORK_OF_OTHERS: Final = re.compile(
    rf"\W*(?:the\s)?(?:{INDEPENDENT})\s(?:is|are)\s(?:\w+ly\s)?\w+ing\s[^;]*\b(?:that|which)\s(?:(?:is|are)\s(?:due\sfor\s)?)?$",
    re.IGNORECASE,
)
_LATER_YEARS: Final = re.compile(r"\s(?:in|for|until|24|from)\s", re.IGNORECASE)
_ABLE: Final = re.compile(r"\bbe\s(?:\w+ly\s)?able\sto\b", re.IGNORECASE)
_ONCE_NEXT: Final = re.compile(r"\s*(?:once|when|after|until|following)\b", re.IGNORECASE)
_AMBITION: Final = re.compile(r"\b(?:ambition|target)\b")
_LOOKING: Final = re.compile(r"looking\s", re.IGNORECASE)


def is_promise(candidate: Candidate, sentence: str, times: Sequence[Time]) -> bool:
    """Judge an expression with its act."""
    if (not times and candidate.how in _DATED) or is_hedged(candidate, sentence):
        return False
    time = time_of(candidate, sentence, times)
    if candidate.how == "should" and time is None:
        return False
    vague = None if time else vague_of(candidate, sentence)
    manner = _TRIED if candidate.how == "hope" else _MANNER
    is_manner = vague is not None and candidate.act.weight is Weight.OPEN and bool(manner.match(vague.group()))
    has_time = time is not None or (vague is not None and not is_manner)
    if not has_time and is_habitual(candidate, sentence):
        return False
    clause, rest = clause_before(sentence[: candidate.start]), sentence[candidate.end :]
    if candidate.how == "with" and (not has_time or (time is not None and time.word == "at")):
        return False
    has_end = time is not None and time.interval.last is not None
    when = time.start if time else vague.start() if vague else -1
    claim = Claim(candidate, sentence, clause, rest, time is not None, has_end, has_time, when)
    return not _is_said_by_others(claim) and (_BY_KIND.get(candidate.how) or _JUDGES[candidate.voice])(claim)


def _is_said_by_others(claim: Claim) -> bool:
    """Return whether others say what they expect: "the OBR has said that prices will be reduced by 2028".

    So is what they are at work on: "Ofcom is carrying out a review that is due for publication".
    """
    words = claim.sentence[: claim.candidate.start]
    if _WORK_OF_OTHERS.match(words):
        return True
    if not _SAID.search(words) or main_agent(words) is not Agent.OTHER:
        return False
    return agent_of(claim.candidate, claim.sentence) is not Agent.GOVERNMENT


def _active(claim: Claim) -> bool:
    agent = agent_of(claim.candidate, claim.sentence)
    if agent is Agent.OTHER:
        return False
    match claim.candidate.how:
        case "expect":
            return claim.has_time and _is_expected(claim)
        case "now":
            return agent is Agent.GOVERNMENT and is_counted(claim)
        case _ if agent is Agent.THING or claim.act.name == "form part":
            return any(judge(claim, claim.clause) for judge in (is_event, is_reached, is_done_by_day, is_commenced))
        case _:
            return not objects.is_aim(claim.act, claim.rest) and not _is_too_loose(claim) and _is_bounded(claim)


def _is_expected(claim: Claim) -> bool:
    """Return whether what is expected is an act of the Government: "we expect the agency to begin", "it to conclude"."""
    expected = claim.sentence[claim.candidate.start : claim.candidate.verb]
    is_ours = agent_before(expected.removesuffix("to").rstrip()) is Agent.GOVERNMENT and _is_bounded(claim)
    return is_ours or is_event(claim, expected) or is_reached(claim, expected)


def _is_too_loose(claim: Claim) -> bool:
    """Return whether an expression promises only with a time, and has none."""
    candidate = claim.candidate
    if candidate.how == "would":
        return not claim.has_day and not _is_announced(claim)
    if claim.has_time:
        return False
    if claim.act.name == "take action" or _AMBITION.search(claim.sentence, candidate.start, candidate.verb):
        return True
    is_power = _ABLE.search(claim.sentence, candidate.start, candidate.verb)
    is_distant = candidate.how == "due" or _LOOKING.match(claim.sentence, candidate.start)
    is_due = is_distant and claim.act.weight is not Weight.TELLING
    return bool(is_power or is_due or candidate.how in _LOOSE or _WITH.match(claim.sentence, candidate.start))


def _is_announced(claim: Claim) -> bool:
    """Return whether a single act was announced without a day: "announced that the UK would join the alliance"."""
    is_said = _ANNOUNCED.search(claim.sentence, 0, claim.candidate.start)
    return bool(is_said) and (claim.act.weight > Weight.OPEN or claim.act.name in _SINGLE)


def _is_bounded(claim: Claim) -> bool:
    """Return whether an act of the Government is bounded: by itself, by its object, or by its time."""
    act, rest = claim.act, claim.rest
    if objects.has_object(act, rest) or act.is_bound:
        return objects.has_object(act, rest)
    if act.weight is Weight.AIM:
        has_figure = objects.has_figure(rest)
        is_end_known = claim.has_day and (claim.has_end or has_figure)
        return is_parliamentary(claim) or (is_end_known and (act.name not in _FIGURED or has_figure))
    if act.weight is not Weight.OPEN:
        return True
    if act.name not in _NOT_SPENDING and objects.is_funding(act, rest, has_day=claim.has_day):
        return False
    is_meeting = act.name == "meet" and _BE_MEETING.match(claim.sentence, claim.candidate.start)
    if claim.has_time or is_meeting or objects.is_certain(act, rest, is_mere_commitment=claim.candidate.how == "ing"):
        return True
    return claim.candidate.how in _PLAIN and objects.is_definite(act, rest)


def _noun(claim: Claim) -> bool:
    """Judge "the response is expected in the spring", "there will be a consultation", "it will be available"."""
    candidate, clause = claim.candidate, claim.clause
    is_due = (candidate.how == "noun" and claim.act.name == "publish") or claim.act.name == "decide"
    if is_owned_by_other(clause) or (subjects.is_money(clause) and not is_due) or is_of_others(claim):
        return False
    if candidate.how == "expect":
        return claim.has_time and agent_of(candidate, claim.sentence) is Agent.GOVERNMENT
    if _ACCOMPANIES.search(clause) and main_agent(claim.sentence[: candidate.start]) is Agent.OTHER:
        return False
    if candidate.how == "bound":
        is_ours = agent_of(candidate, claim.sentence) is Agent.GOVERNMENT
        return is_ours and (claim.act.weight is Weight.FIRM or claim.has_day)
    is_firm = claim.act.weight is Weight.FIRM and candidate.how != "noun"
    if claim.has_day or is_firm or (candidate.how == "will" and _is_coming(claim)):
        return True
    is_timed = claim.has_time or (candidate.how != "follow" and bool(_ONCE_NEXT.match(claim.rest)))
    is_plain = (
        candidate.how in ("noun", "follow")
        or claim.sentence.startswith("follow", candidate.verb)
        or _AVAILABLE.search(claim.sentence, candidate.start, candidate.end)
    )
    return is_timed and (
        subjects.is_news(clause)
        or (bool(is_plain) and (subjects.is_information(clause) or subjects.is_headed(claim.sentence)))
    )


_BY_KIND: Final = {
    "goal": judge_goal,
    "figure": judge_figure,
    "present": judge_present,
    "before": judge_before,
    "outcome": judge_outcome,
    "news": judge_news,
}


def _is_coming(claim: Claim) -> bool:
    """Return whether something is to be had or held without a time: "data will be available", "a debate will follow"."""
    candidate = claim.candidate
    if claim.sentence.startswith("follow", candidate.verb):
        return not _FOLLOWS.match(claim.rest)
    is_open = _OPEN_TO.search(claim.sentence, candidate.start, candidate.end)
    is_now = _LATER_YEARS.match(claim.rest)
    return (bool(is_open) and not is_now and subjects.is_given_or_known(claim.clause)) or claim.act.name == "meet"


_JUDGES: Final = {Voice.ACTIVE: _active, Voice.PASSIVE: judge_passive, Voice.NOUN: _noun}
