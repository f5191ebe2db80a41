"""Rules: is this expression a promise of the Government?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises.acts import OBJECTS_OF_WORK, Weight
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
from monitor.parliament.promises.reading import Candidate, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.parliament.promises.acts import Act
    from monitor.parliament.promises.times import Time

_INDIRECT: Final = re.compile(
    r"\b(?:how|whether|what(?!\s+works)|where|(?<!\bis\s)why|who|if|unless|when|would|could|should|as\s+though)\b[^,;.:]{0,90}$"
    r"|\b(?:steps|measures|actions?|ways?|areas|changes|reforms|issues|extent|manner|plans)\s+(?:that\s+|which\s+)?"
    r"(?:we|the\s+government|the\s+department|it)\s*$",
    re.IGNORECASE,
)
"""Words before a verb that is not the sentence's own: "set out how we will reform"."""

_CONDITION: Final = re.compile(
    r"^\W*(?:if|where|should|unless|any(?:one)?|those|in\s+cases|in\s+the\s+event|whenever|depending|were|no|none|neither)\b"
    r"|\bif\b|\bunless\b|\bshould\s+(?:any|a|an|the|this|there|it|they)\b|\bwhere\s+(?:a|an|this|it|there|they|necessary|appropriate|needed|possible)\b",
    re.IGNORECASE,
)
_HABIT: Final = re.compile(
    r"\b(?:each|every)\s+(?:\w+\s+)?(?:year|month|quarter|week|day|time|term)|\b(?:as|when|before|after)\s+each\b|\b(?:annually|quarterly|monthly|weekly|routinely|regularly|regular|usually|normally|typically"
    r"|periodically|always|often)\b|\bcase[- ]by[- ]case|\bon\s+an?\s+(?:\w+\s+)?(?:annual|rolling|ongoing|daily)\b"
    r"|\bas\s+(?:and\s+when|necessary|appropriate|needed|required)|\bunder\s+review|\bin\s+the\s+usual\s+way",
    re.IGNORECASE,
)
"""Words of what is done again and again, which is no single act."""

_MONEY: Final = re.compile(
    r"\u00a3|\b(?:fund(?:s|ed|ing)?|investments?|grants?|pay|paid|payments?|tax|taxes|spend(?:ing)?(?!\s+review)|billion|bills|rates?|duty"
    r"|allowances?|benefits?|pensions?|wages?|insurance|levy|fees?|charges?|settlement)\b",
    re.IGNORECASE,
)
_FUNDING: Final = re.compile(
    r"\u00a3|\b(?:funds?|funding|investments?|grants?|payments?|spend(?:ing)?|billion|budgets?|benefits|wages?|taxes)\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"[\"\u201c][^\"\u201d]*$")
_BY: Final = re.compile(
    r"[^,;.]{0,40}?\bby\s+(?:(?:the|an?|our|their|its|each|independent)\s+)*([^,;.]{3,60})", re.IGNORECASE
)
_ANY: Final = re.compile(r"\s+(?:to\s+|on\s+)?any\b", re.IGNORECASE)
_PUT_OFF: Final = re.compile(r"\b(?:postponed|cancelled)\b", re.IGNORECASE)
_IT: Final = re.compile(r"\b(?:it|they|he|she)\s*$", re.IGNORECASE)
_JOINS: Final = re.compile(r"\b(?:and|but|or|then)\s*$", re.IGNORECASE)
_OWN_WORK: Final = re.compile(r"(?:work|preparations?)\s+(?:is|are)\b|is\s", re.IGNORECASE)
"""Expressions that name no agent, or name the Government themselves: "work is under way to", "it is our intention to"."""

_INFORMATION: Final = re.compile(
    r"\b(?:details?|updates?|information|guidance|strateg(?:y|ies)|reports?|response|results|findings|statistics|data|figures|review"
    r"|paper|plans?|framework|announcements?|decisions?|outcomes?|consultation|legislation|regulations|bill|proposals?|conclusions"
    r"|timetable|timeline|statement|evaluation|assessment|analysis|code|changes|measures|document|list|minutes|accounts?|policy"
    r"|specification|criteria|allocations?|bulletin|recommendations?|terms\s+of\s+reference|next\s+steps|roadmap|evidence|answer"
    r"|reforms?|standards?|call|scheme|programme|letter|copy|note|summary|arrangements)\b",
    re.IGNORECASE,
)
"""Subjects of which it is news that they will be published, announced or introduced."""

_NEWS: Final = re.compile(
    r"\b(?:further|more|additional|updated|full)\s+(?:\w+\s+){0,2}?(?:details?|information|guidance|clarity)\b|\bupdates?\b"
    r"|\bdetails\b|\bresponse\b|\bannouncements?\b|\bdecisions?\b|\bregulations\b|\bstatement\b|\bfindings\b",
    re.IGNORECASE,
)
"""Subjects of an open act that make it a bounded one: "further details will be provided"."""

_CASES: Final = re.compile(
    r"\b(?:applications?|cases?|claims?|individuals?|applicants?|requests?|bids?|tenders?|appeals?|all)\b",
    re.IGNORECASE,
)
_RUNNING: Final = re.compile(
    r"\b(?:review|consultation|trial|pilot|process|evaluation|work|assessment|surveys?|call\s+for\s+evidence|phase|projects?|study"
    r"|programme|competition|round|negotiations|bidding|passage|taskforce|fieldwork|construction|reviews|pilots)\b",
    re.IGNORECASE,
)
"""Subjects that conclude, close or report."""

_THINGS: Final = frozenset(
    ("launch", "begin", "start", "commence", "open", "resume", "recommence", "reopen", "go live", "come into force",
     "take effect", "enter into force", "take place", "return", "transfer", "complete", "roll out", "undergo")
)  # fmt: skip
_ENDINGS: Final = frozenset(("conclude", "close", "report"))
_TO_DO: Final = re.compile(r"\s+(?:to\s+[a-z]+|[a-z]+ing)\b")
_TARGET: Final = re.compile(
    r"\s+(?:[\w\u2019'-]+\s+){0,5}?(?:targets?|commitments?|needs?|obligations?|demand|standards?|costs?|requirements?|net\s+zero|goals?"
    r"|objectives?|criteria|challenges?)\b",
    re.IGNORECASE,
)
_STANDING: Final = re.compile(
    r"\s+(?:the\s+)?(?:best\s+)?(?:available\s+)?(?:evidence|situation|position)\b", re.IGNORECASE
)
_OF_PEOPLE: Final = frozenset(("inform", "assess", "notify", "determine"))
"""Acts that are effects with "by", or a course for each person: "people will be assessed", "it will be informed by"."""

_ACCOUNT: Final = re.compile(r"\s+[^,;.]{1,60}?\bto\s+account\b", re.IGNORECASE)
_AVAILABLE: Final = re.compile(r"\s+(?:\w+\s+)?available\b", re.IGNORECASE)
_ABLE: Final = re.compile(r"\bbe\s+(?:\w+ly\s+)?able\s+to\b", re.IGNORECASE)
_ONCE: Final = re.compile(r"\b(?:once|when|after|until|following)\b", re.IGNORECASE)
_NOT_OURS: Final = re.compile(r"\b(?:elections?|by-elections?|hearings?)\b", re.IGNORECASE)
_CHECKS: Final = frozenset(("evaluate", "review", "update", "amend", "repeal", "abolish", "replace"))
"""Acts on what exists already, whatever it is."""

_FUNDING_REACH: Final = 80
_SUBJECT_REACH: Final = 25


def is_promise(candidate: Candidate, sentence: str, times: Sequence[Time]) -> bool:
    """Judge an expression with its act."""
    if _is_no_word_of_its_own(candidate, sentence):
        return False
    has_day = time_of(candidate, sentence, times) is not None
    has_time = has_day or vague_of(candidate, sentence) is not None
    if not has_time and _HABIT.search(sentence):
        return False
    match candidate.voice:
        case Voice.ACTIVE:
            return _active(candidate, sentence, has_day=has_day, has_time=has_time)
        case Voice.PASSIVE:
            return _passive(candidate, sentence, has_day=has_day, has_time=has_time)
        case _:
            clause = clause_before(sentence[: candidate.start])
            is_bounded = has_day or (has_time and bool(_NEWS.search(clause)))
            return is_bounded and not is_owned_by_other(clause) and not _is_money(clause)


def _is_no_word_of_its_own(candidate: Candidate, sentence: str) -> bool:
    """Return whether the words are quoted, conditional, or depend on another verb: "set out how we will"."""
    words = sentence[: candidate.start]
    is_indirect = candidate.voice is not Voice.NOUN and _INDIRECT.search(words) and not _JOINS.search(words)
    is_put_off = candidate.how in ("due", "noun") and _PUT_OFF.search(sentence)
    is_open = _ANY.match(sentence, candidate.end) or _CONDITION.search(sentence)
    return bool(is_indirect or is_put_off or is_open or _QUOTED.search(words))


def agent_of(candidate: Candidate, sentence: str) -> Agent:
    """Return who does the act of an expression."""
    if _OWN_WORK.match(sentence, candidate.start):
        return Agent.GOVERNMENT
    words = without_tail(sentence[: candidate.start])
    return main_agent(words) if _JOINS.search(words) or _IT.search(words) else agent_before(words)


def _active(candidate: Candidate, sentence: str, *, has_day: bool, has_time: bool) -> bool:
    agent, rest = agent_of(candidate, sentence), sentence[candidate.end :]
    if agent is Agent.OTHER:
        return False
    if agent is Agent.THING:
        return has_time and _is_event(candidate, clause_before(sentence[: candidate.start]), rest)
    act = candidate.act
    objects = act.objects or OBJECTS_OF_WORK.get(act.name, "")
    if objects and re.match(rf"\s+[^,;.]{{0,70}}?\b{objects}\b", rest, re.IGNORECASE):
        return True
    if act.is_bound or _is_no_act(candidate, rest) or _is_mere_power(candidate, sentence, has_time=has_time):
        return False
    if act.weight is Weight.OPEN:
        return has_time and not _FUNDING.search(rest[:_FUNDING_REACH])
    is_loose = candidate.how == "work" or (candidate.how == "due" and act.weight is not Weight.TELLING)
    return has_day or has_time or not is_loose


def _is_mere_power(candidate: Candidate, sentence: str, *, has_time: bool) -> bool:
    """Return whether "will be able to" tells of a power, not of a time from which it will be done."""
    is_able = _ABLE.search(sentence, candidate.start, candidate.verb)
    return bool(is_able) and not has_time and not _ONCE.search(sentence)


def _is_no_act(candidate: Candidate, rest: str) -> bool:
    """Return whether the object makes an aim of an act: to meet a target, to hold somebody to account."""
    name = candidate.act.name
    is_aim = (name == "meet" and _TARGET.match(rest)) or (name == "hold" and _ACCOUNT.match(rest))
    return bool(is_aim or _STANDING.match(rest))


def _is_event(candidate: Candidate, clause: str, rest: str) -> bool:
    """Return whether a thing does what counts as the Government's act: a scheme opens, a review concludes."""
    act = candidate.act.name
    if is_owned_by_other(clause) or names_other(clause[-_SUBJECT_REACH:]) or _MONEY.search(clause):
        return False
    if act in _ENDINGS:
        return bool(_RUNNING.search(clause))
    return act in _THINGS and not _TO_DO.match(rest)


def _passive(candidate: Candidate, sentence: str, *, has_day: bool, has_time: bool) -> bool:
    clause, rest, act = clause_before(sentence[: candidate.start]), sentence[candidate.end :], candidate.act
    if _is_of_others(act.name, clause, rest):
        return False
    if act.is_bound or act.objects:
        return _is_news(act, clause, rest, has_day=has_day, has_time=has_time)
    if act.weight is Weight.OPEN or candidate.how in ("come", "work"):
        return (has_day or (has_time and bool(_INFORMATION.search(clause)))) and not _is_money(clause)
    if has_time:
        return True
    is_public = bool(_INFORMATION.search(clause) or AT_EVENT.match(rest.lstrip())) or act.name in _CHECKS
    return is_public and not _CASES.search(clause)


def _is_of_others(act: str, clause: str, rest: str) -> bool:
    """Return whether others do it, or it is done to each person as a course: "people will be assessed"."""
    by = _BY.match(rest)
    if (by and names_other(by[1])) or is_owned_by_other(clause) or _NOT_OURS.search(clause):
        return True
    return act in _OF_PEOPLE and (bool(by) or names_other(clause[-_SUBJECT_REACH:]))


def _is_news(act: Act, clause: str, rest: str, *, has_day: bool, has_time: bool) -> bool:
    """Return whether an open act has an object that makes it a bounded one: "further details will be provided"."""
    has_object = bool(_NEWS.search(clause) or re.match(rf"\s+[^,;.]{{0,40}}?\b{act.objects}\b", rest, re.IGNORECASE))
    if act.name == "make" and _AVAILABLE.match(rest):
        has_object = has_object and has_time
    is_money = _is_money(clause) or (act.name == "provide" and bool(_FUNDING.search(rest[:_FUNDING_REACH])))
    return (has_object or (has_day and not act.is_bound)) and not is_money


def _is_money(clause: str) -> bool:
    """Return whether the subject of a clause is money: "funding for this", but not "decisions on funding"."""
    money, news = _MONEY.search(clause), _NEWS.search(clause)
    return money is not None and (news is None or money.start() < news.start())
