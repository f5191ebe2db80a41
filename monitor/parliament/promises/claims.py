"""An expression with its act in its sentence, as the rules judge it, and who does the act."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises.agents import Agent, agent_before, main_agent, without_tail
from monitor.parliament.promises.clauses import vague_of

if TYPE_CHECKING:
    from monitor.parliament.promises.acts import Act
    from monitor.parliament.promises.reading import Candidate

_OWN_WORK: Final = re.compile(r"(?:work|preparations?)\s(?:is|are|has|have)\b|is\s|priority|with\s", re.IGNORECASE)
"""Expressions that name no agent, or name the Government themselves: "work is under way to", "it is our intention to"."""
_AIM_IS: Final = re.compile(
    r"(?:intention|aim|plan|intent|expectation|commitment|ambition|goal|missions?|target)\s(?:\w+\s)?(?:is|remains)\b",
    re.IGNORECASE,
)
_OURS: Final = re.compile(
    r"(?:^\W*|[,;]\s|\b(?:and|but|one\sof)\s)(?:the|our|my|the\scurrent|(?:the\s)?(?:government|department)['\u2019]s)\s$",
    re.IGNORECASE,
)
_IT_FIRST: Final = re.compile(r"\W*it\s(?:also\s|now\s|therefore\s)?$", re.IGNORECASE)
_WITH: Final = re.compile(r"with\s", re.IGNORECASE)
_IT: Final = re.compile(r"\b(?:it|they|he|she)\s*$", re.IGNORECASE)
_THEY: Final = re.compile(r"\bthey\s*$", re.IGNORECASE)
_JOINS: Final = re.compile(r"\b(?:and|but|or|then)\s*$", re.IGNORECASE)
_PARLIAMENTARY: Final = re.compile(r"parliamentary\stime", re.IGNORECASE)
NOT_OURS: Final = re.compile(
    r"\b(?:(?<!pre-)elections?|by-elections?|hearings?|disruptions?|shortages?|supply\sissues?)\b", re.IGNORECASE
)
"""Subjects of what happens by itself, or is for others to decide."""

PRONOUN: Final = re.compile(r"\W*(?:this|these|they|it)\s*$", re.IGNORECASE)
PAYMENT: Final = re.compile(r"\bpayments?\b", re.IGNORECASE)
SUBJECT_REACH: Final = 25
"""Code points before a verb in which its subject is looked for."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An expression in its sentence. `clause`: words that lead to it. `rest`: what follows its verb.

    `has_day`: it has a time with days. `has_end`: their last day is known. `has_time`: it has any time, such as "shortly".
    `when`: place of its time; -1 without one.
    """

    candidate: Candidate
    sentence: str
    clause: str
    rest: str
    has_day: bool
    has_end: bool
    has_time: bool
    when: int

    @property
    def act(self) -> Act:
        """Act of the expression."""
        return self.candidate.act


def agent_of(candidate: Candidate, sentence: str) -> Agent:
    """Return who does the act of an expression."""
    is_ours = _AIM_IS.match(sentence, candidate.start) and _OURS.search(sentence, 0, candidate.start)
    if is_ours or _OWN_WORK.match(sentence, candidate.start):
        is_of_other = _WITH.match(sentence, candidate.start) and main_agent(sentence[: candidate.start]) is Agent.OTHER
        return Agent.OTHER if is_of_other else Agent.GOVERNMENT
    if candidate.how == "intent" and _IT_FIRST.match(sentence, 0, candidate.start):
        return Agent.GOVERNMENT
    words = without_tail(sentence[: candidate.start])
    if candidate.how == "due" and _THEY.search(words):
        return Agent.THING  # no one expects it of themselves
    return main_agent(words) if _JOINS.search(words) or _IT.search(words) else agent_before(words)


def is_parliamentary(claim: Claim) -> bool:
    """Return whether an act is bound to the time of Parliament, so that it is a law."""
    vague = vague_of(claim.candidate, claim.sentence)
    return bool(vague and _PARLIAMENTARY.search(vague.group()))
