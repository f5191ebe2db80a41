"""Subjects of an act that names no agent: news, money, cases, studies, bodies. "Further details will be provided"."""

from __future__ import annotations

import re
from typing import Final

_INFORMATION: Final = re.compile(
    r"\b(?:details?|updates?|information|guidance|strateg(?:y|ies)|reports?|response|results|findings|statistics|data|figures|review"
    r"|paper|plans?|framework|announcements?|decisions?|outcomes?|consultation|legislation|regulations|bill|proposals?|conclusions"
    r"|timetable|timeline|statement|evaluation|assessment|analysis|code|changes|measures|document|list|minutes|accounts?|policy"
    r"|specification|criteria|allocations?|bulletin|recommendations?|publication|terms\sof\sreference|next\ssteps|roadmap|evidence|answer"
    r"|reforms?|standards?|treaty|meetings?|call|scheme|programme|letter|copy|note|summary|arrangements|dates?)\b",
    re.IGNORECASE,
)
_THIS: Final = re.compile(r"\W*(?:this|these)\s*(?:will|$)", re.IGNORECASE)
_HEADED: Final = re.compile(
    r"\W*(?:the\s|an?\s)?(?:[\w-]+\s)?(?:announcements?|decisions?|information|details?|data|figures|results|reports?|statistics|guidance)\b",
    re.IGNORECASE,
)
_NEWS: Final = re.compile(
    r"\b(?:further|more|additional|updated|full)\s(?:\w+\s){0,2}?(?:details?|information|guidance|clarity)\b|\bupdates?\b"
    r"|\bdetails\b|\bresponse\b|\bannouncements?\b|\bdecisions?\b|\bregulations\b|\bstatement\b|\bfindings\b",
    re.IGNORECASE,
)
_GIVEN: Final = re.compile(
    r"\b(?:reports?|guidance|clarification|clarity|lists?|copy|copies|timetable|advice|information|answers?|repl(?:y|ies)|letters?|communications?|invitations?"
    r"|assessments?|figures|(?:an|the|new|final)\s(?:\w+\s)?appointments?)\b",
    re.IGNORECASE,
)
_MONEY: Final = re.compile(
    r"\u00a3|\b(?:fund(?:s|ed|ing)?(?!\s(?:decisions?|announcements?))|investments?|grants?|pay|paid(?!-)|payments?|tax|taxes|spend(?:ing)?(?!\sreview)|billion|bills|rates?"
    r"|duty|allowances?|benefits?|pensions?|wages?|insurance|levy|fees?|fares?|charges?|settlement)\b",
    re.IGNORECASE,
)
_ABOUT_MONEY: Final = re.compile(
    rf"{_NEWS.pattern}|\b(?:reports?|guidance|results|consultations?|outcomes?|evaluations?|assessments?|applications|allocations|reviews?)\b",
    re.IGNORECASE,
)
_CASES: Final = re.compile(
    r"\b(?:applications?|(?<!business\s)cases?|claims?|individuals|applicants?|requests?|bids?|tenders?|appeals?)\b",
    re.IGNORECASE,
)
_RUNNING: Final = re.compile(
    r"\b(?:review|consultation|trial|pilot|process|evaluation|work|assessment|surveys?|call\sfor\sevidence|phase|projects?|study"
    r"|research|analysis|proof[- ]of[- ]concept|competition|round|negotiations"
    r"|bidding|passage|taskforce|fieldwork|construction|reviews|pilots)\b",
    re.IGNORECASE,
)
_BODY: Final = re.compile(
    r"\b(?:programmes?|missions?|facility|projects?|teams?|groups?|boards?|forum|partnership|unit|service|network|panel|hubs?|fund"
    r"|(?-i:[A-Z]+[a-z&]?[A-Z]{2,}))\b(?:\s*\([^)]*\))?\s*$",
    re.IGNORECASE,
)
_NEW: Final = re.compile(
    r"\W*(?:(?:an?|the)\s(?:\w+\s)?|\d[\d,]*\s|two\s|three\s)?(?:new|additional|further|first)\b", re.IGNORECASE
)
_DOCUMENT: Final = re.compile(
    r"(?:^|\b(?:and|,)\s*)\W*an?\s(?:[\w-]+\s){0,3}?(?:statement|report|strategy|plan|framework|assessment|toolkit|guide)\b",
    re.IGNORECASE,
)
_CONSIDERATION: Final = re.compile(
    r"\b(?:consideration|regard|priority|attention|thought|support|weight|effect)\s*$", re.IGNORECASE
)
_PLAN: Final = re.compile(r"\b(?:plan|programme|strategy|partnership|scheme|deal)\b", re.IGNORECASE)
_STUDY: Final = re.compile(
    r"\b(?:an?|the|further|full|public|formal|post-legislative)\s(?:[\w-]+\s){0,3}?(?:reviews?|evaluations?|consultations?|assessments?"
    r"|pilots?|trials?|stud(?:y|ies)|audits?|surveys?|inquiry|scrutiny|competition|call\sfor\sevidence)\b"
    r"(?:\s(?:of|on|into|for)\b[^,;]{0,80})?\s*$",
    re.IGNORECASE,
)


def is_information(clause: str) -> bool:
    """Return whether it is news of the Government when this is published, announced or introduced."""
    return bool(_INFORMATION.search(clause))


def is_headed(sentence: str) -> bool:
    """Return whether a sentence begins with news, however much stands between it and the verb."""
    return bool(_HEADED.match(sentence))


def is_news(clause: str) -> bool:
    """Return whether even a wide act bounds it: "further details will be provided"."""
    return bool(_NEWS.search(clause))


def is_given_out(clause: str) -> bool:
    """Return whether it is a document that is given: "a list will be provided in due course"."""
    return bool(_GIVEN.search(clause))


def is_given_or_known(clause: str) -> bool:
    """Return whether it is news or a document, or "this"."""
    return bool(_INFORMATION.search(clause) or _THIS.match(clause))


def is_money(clause: str) -> bool:
    """Return whether the subject of a clause is money: "funding for this", but not "decisions on funding"."""
    money, news = _MONEY.search(clause), _ABOUT_MONEY.search(clause)
    return money is not None and (news is None or money.start() < news.start())


def names_money(clause: str) -> bool:
    """Return whether money is anywhere in a clause."""
    return bool(_MONEY.search(clause))


def is_case(clause: str) -> bool:
    """Return whether it is done to each of many as a course: "applications will be assessed"."""
    return bool(_CASES.search(clause))


def is_running(clause: str) -> bool:
    """Return whether it concludes, closes or reports: a review, a trial, a consultation."""
    return bool(_RUNNING.search(clause))


def is_body(clause: str) -> bool:
    """Return whether it may be a body that no list names: "the programme", "the XYZ"."""
    return bool(_BODY.search(clause))


def is_new(clause: str) -> bool:
    """Return whether it is a new thing, whose making can be seen: "a new station will be built"."""
    return bool(_NEW.match(clause))


def is_study(clause: str) -> bool:
    """Return whether it is work of the Government's own: "an evaluation will be conducted"."""
    return bool(_STUDY.search(clause))


def is_document(clause: str) -> bool:
    """Return whether it is a document that does not exist yet: "an impact assessment will be produced"."""
    return bool(_DOCUMENT.search(clause))


def is_consideration(clause: str) -> bool:
    """Return whether it is a way to think of something, and no thing: "close consideration will be given"."""
    return bool(_CONSIDERATION.search(clause))


def is_plan(clause: str) -> bool:
    """Return whether it is a plan or a programme, whose aim is the Government's: "the programme aims to double it"."""
    return bool(_PLAN.search(clause))
