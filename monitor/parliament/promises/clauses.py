"""Clauses of a sentence: which words, and which times, belong to the verb of an act."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises.acts import Weight
from monitor.parliament.promises.expressions import VAGUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.parliament.promises.reading import Candidate
    from monitor.parliament.promises.times import Time

_EDGE: Final = re.compile(
    r";|:|\s[\u2013-]\s|,\s(?:who|whose|where|while|whilst|but|so|as(?!\s(?:soon|quickly|early)\b|\s[^,;.]{3,70},)|ensuring|helping|meaning|giving|making|enabling)\b"
    r"|,\s(?:sets?\sout|is|are|was|were|will|has|have)\b"
    r"|,?\s\b(?:and|but)\s(?:(?:we|I|it|they|this|these|there|the\s[\w\s]{2,40}?)\s)?"
    r"(?:will|shall|is|are|has|have|had|was|were|intends?|plans?|expects?|continue)\b"
    r"|,\sand\s(?:[\w\u2019'-]+\s){1,6}?will\b"
    r"|\s(?:we|they)\s(?:will|are|have|can|want|need)\b"
    r"|\b(?:once|when|after|following|until|which|who|whose|because|so\sthat|in\sorder\sto|such\sas|since|while|whilst"
    r"|whereas|as\swell\sas|unless|if|that\s(?:will|would|have|has|had|is|are|was|were|came|come|we|the|implements?|introduces?))\b",
    re.IGNORECASE,
)
"""First words of what no longer belongs to a verb before them."""

_DASHES: Final = re.compile(r"\s[\u2013-]\s[^.;:\u2013]{3,90}\s[\u2013-](?=\s)")
"""An aside between two dashes, behind which the clause goes on."""

_OPENING: Final = re.compile(
    r"[;:]|,\s(?:and|but|while|which|so|with)\b|\b(?:(?<!\bof\s)(?<!\bon\s)(?<!\bfor\s)(?<!\bto\s)that|which|while|whilst|because)\b"
    r"|\band\s(?=(?:a|an|the|this|these|further|its|our)\b)",
    re.IGNORECASE,
)
_CLAUSE_REACH: Final = 160
_LEAD: Final = re.compile(
    r"^\W*(?:following|as|after|at|under|through|subject\sto|alongside)\b[^,;]*,\s", re.IGNORECASE
)
_ONLY_BE: Final = re.compile(r"\W*(?:(?:is|are)\s*)?$")
_FRONT: Final = re.compile(
    r"(?:^\W*|[;:,.]\s|\b(?:and|but|that|so|then|also)\s)(?:(?:also|then|from|starting|later)\s)?$", re.IGNORECASE
)
_SUBJECT_REACH: Final = 120
_FISCAL: Final = re.compile(r"\b(?:Budget|Statement|Review)\b")
_AND: Final = re.compile(
    r"(?:[^;:.()]{0,90}?\band\s(?:(?:[^;:.,()]|,\d|\([^()]{1,12}\)){0,80}\s)?|,\s(?:for|followed\sby)\s[^;:.,()]{0,60}\s)$"
)
_OTHER_VERB: Final = re.compile(
    r"\b(?:will|would|can|may|is|are|was|were|has|have|had|intends?|plans?|expects?|aims?|continue|which|that|who|when|once|after|until|before"
    r"|ahead\sof|following|since|as|if|to\s(?!all\b|the\b|every\b|an?\b|our\b)(?-i:[a-z]+)|\w+(?:ing|ed)|built|made|held|set|data|figures)\b",
    re.IGNORECASE,
)
_AGAIN: Final = frozenset(("in", "by", "from", "on", "at", "before", "during"))
_PROMISES: Final = re.compile(r"\b(?:will|shall|intends?|plans?|expects?|expected|due|after|until|once|when|and)\b")
_LAST: Final = re.compile(r"[\s.;)]*$")
_NOT_BEFORE: Final = re.compile(r"\b(?:will|is|are)\snot\b", re.IGNORECASE)
_NOT_REACH: Final = len("is not ")
"""Code points before an expression in which it is denied: "is not due to be laid until May"."""

_AFTER_ASIDE: Final = re.compile(r"[,\u2013)-]\s*$")
_TOLD_OF: Final = re.compile(r"(?:that|which|who)\s(?:ha(?:s|ve|d)|is|are|was|were)\b", re.IGNORECASE)
"""First words of what tells of an object: "announce the schools that have been chosen later this year"."""
_STANDS: Final = re.compile(
    r"\b(?:open|open\suntil|close[sd]|closing|runs|running|ends?|ended|began|launched)\s$", re.IGNORECASE
)
"""Words before the time of what tells of an object: "the consultation, which is open until May"."""
_PAST: Final = re.compile(
    r"(?<!\bbe\s)\b(?:was|were|had|made|launched|published|announced|introduced|held|closed|ended|set\sout|committed|signed"
    r"|agreed|came|started|began|opened)\s(?:\w+\s){0,2}$",
    re.IGNORECASE,
)
_CONTENT: Final = re.compile(
    r"\bto\s(?!the\b|a\b|an\b|our\b|their\b|its\b|all\b|this\b|be\b|parliament\b|date\b|at\b|around\b|over\b|nearly\b|[a-z]+[^su\s]s\b)(?-i:[a-z]+)"
    r"|\b(?:on|of|for|in|at|by|through)\s[a-z]+ing\b|\b(?:targets?|commitments?|ambitions?|goals?|aims?|objectives?|how|missions?)\b",
    re.IGNORECASE,
)
"""Words that begin what a telling act tells: "a plan to halve", "consult on phasing out"."""

_OF_GOAL: Final = re.compile(r"\b(?:ambition|target|commitment|mission)s?\s(?:of|to)\b", re.IGNORECASE)
"""Words of a goal that an act only serves: "award contracts to help deliver our ambition of 70 by 2035"."""

_ASKING: Final = frozenset(("invite", "ask"))
"""Acts whose content is what others do: "invite keepers to apply by May"."""
_NEAR_DEADLINE: Final = frozenset(("by", "before", "within"))
_NEAR: Final = timedelta(days=400)
"""Longest time to a deadline that is rather that of the telling than of what is told."""

_TRIGGER: Final = re.compile(
    r"\b(?:ahead\sof|before|prior\sto|in\sadvance\sof)\s"
    r"(?!parliament\b|both\b|(?:the\s)?house|that\b|this\b|then\b|\d|(?-i:[A-Z][a-z]+)\s\d)[^,;()]+$",
    re.IGNORECASE,
)
"""An event before which something is done, with a time of its own: "ahead of the launch in May"."""

_SAID: Final = re.compile(
    r"(?<!\bas\s)\b(?:announced|said|stated|confirmed|pledged|set\sout|published)\b", re.IGNORECASE
)
_ADVERB: Final = re.compile(r"\b(?:is|are|be|am)\s(?:shortly|soon|imminently)\s$", re.IGNORECASE)
_SOON: Final = re.compile(r"\b(?:shortly|soon|imminently|in\sdue\scourse)\s", re.IGNORECASE)
"""Times before the verb, beside which a day after it is that of the object: "will shortly begin talks on 2026"."""
_TOGETHER: Final = re.compile(r"\balongside\b", re.IGNORECASE)
_OF_CONTENT: Final = frozenset(("by", "before", "from", "within", "until", "over", "during", "between", "across"))


def clause_before(words: str) -> str:
    """Return the words of the clause that leads to a verb. A relative clause keeps the noun that it tells of."""
    start = 0
    for edge in _OPENING.finditer(words.rstrip()):
        start = edge.end()
    clause = words[start:]
    if len(clause) > _CLAUSE_REACH:
        clause = _LEAD.sub("", clause)
    return clause[-_CLAUSE_REACH:] if not _ONLY_BE.match(clause) else words[-_CLAUSE_REACH // 2 :]


def vague_of(candidate: Candidate, sentence: str) -> re.Match[str] | None:
    """Find the words that bind an act to no day: "in due course"."""
    stop = _clause_end(candidate.end, sentence) + 1  # "when parliamentary time allows" is itself such an end
    for found in _vague_words(sentence):
        is_before = found.end() <= candidate.start and _ADVERB.search(sentence, 0, candidate.start)
        is_past = found.start() > candidate.end and _PAST.search(sentence[candidate.end : found.start()])
        if (
            is_before
            or _is_last(candidate, sentence, found)
            or (not is_past and _belongs(candidate, sentence, *found.span(), stop))
        ):
            return found
    return None


@lru_cache(maxsize=2)
def _vague_words(sentence: str) -> list[re.Match[str]]:
    """Find the vague words of a sentence, which is read once for all its acts."""
    return list(VAGUE.finditer(sentence))


def _is_last(candidate: Candidate, sentence: str, found: re.Match[str]) -> bool:
    """Return whether vague words end a sentence in which no other verb is promised: "what the sector asks for shortly"."""
    is_end = found.start() > candidate.end and _LAST.match(sentence, found.end())
    return bool(is_end) and not _PROMISES.search(sentence, candidate.end, found.start())


def time_of(candidate: Candidate, sentence: str, times: Sequence[Time]) -> Time | None:
    """Find the time of an act."""
    stop = _clause_end(candidate.end, sentence)
    if _SOON.search(sentence, candidate.start, candidate.verb):
        return None
    for time in times:
        if _belongs(candidate, sentence, time.start, time.end, stop) and not _is_content(candidate, sentence, time):
            return time
    return None


def further_times(candidate: Candidate, first: Time, sentence: str, times: Sequence[Time]) -> Iterator[Time]:
    """Find more times of the same act: "in March for ports, and in June for piers"."""
    for time in times:
        if time.start <= first.end or time.word not in _AGAIN or _is_content(candidate, sentence, time):
            continue
        between = sentence[max(first.end, candidate.end if time.start > candidate.end else 0) : time.start]
        if _AND.match(between) and not _OTHER_VERB.search(between.replace("followed by", "")):
            yield time
            first = time


@lru_cache(maxsize=64)
def _clause_end(start: int, sentence: str) -> int:
    edge = _EDGE.search(sentence, start)
    if edge and (aside := _DASHES.match(sentence, edge.start())):
        edge = _EDGE.search(sentence, aside.end())
    return edge.start() if edge else len(sentence)


def _belongs(candidate: Candidate, sentence: str, start: int, end: int, stop: int) -> bool:
    """Return whether a time is that of an act: in its clause, after an aside at the end, or before its subject."""
    if candidate.start <= start < stop or (
        start == stop and _NOT_BEFORE.search(sentence, max(0, candidate.start - _NOT_REACH), start)
    ):
        return start >= candidate.since
    if start >= stop:
        return bool(_LAST.match(sentence, end) and _is_after_aside(sentence, stop, start))
    between = sentence[end : candidate.start]
    if _FISCAL.search(sentence, start, end):
        return False  # at a Budget things are announced more often than done
    leads = bool(_FRONT.search(sentence, 0, start))
    if _SAID.search(between):
        return False  # the day of what was said
    return leads and len(between) < _SUBJECT_REACH and not _EDGE.search(between, 1)


def _is_after_aside(sentence: str, stop: int, start: int) -> bool:
    """Return whether the time at the end of a sentence stands behind an aside, or behind words that tell of an object."""
    if _STANDS.search(sentence, 0, start):
        return False
    is_told = _TOLD_OF.match(sentence, stop) and not _PROMISES.search(sentence, stop, start)
    return bool(is_told or _AFTER_ASIDE.search(sentence, 0, start))


def _is_content(candidate: Candidate, sentence: str, time: Time) -> bool:
    """Return whether a time is that of what is told, not of the telling: "publish a plan to halve it by 2030"."""
    if time.start < candidate.end:
        return False
    between = sentence[candidate.end : time.start]
    if any(found.start() == time.end + 1 for found in _vague_words(sentence)):
        return True  # "the budget in 2025/26 in due course"
    if _TRIGGER.search(between) or (_PAST.search(between) and not _TOGETHER.search(between)):
        return True
    if _OF_GOAL.search(between) and time.word in _OF_CONTENT:
        return True
    is_telling = candidate.act.weight > Weight.OPEN or candidate.act.name in _ASKING
    is_told = is_telling and time.word in _OF_CONTENT and candidate.how != "now"
    is_near = candidate.act.name not in _ASKING and _is_near(time)
    return is_told and bool(_CONTENT.search(between)) and not is_near


def _is_near(time: Time) -> bool:
    """Return whether a deadline is so near that it is rather that of the telling: "consult on banning it by March"."""
    first, last = time.interval.first, time.interval.last
    return time.word in _NEAR_DEADLINE and last is not None and last - first < _NEAR
