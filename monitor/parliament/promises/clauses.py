"""Clauses of a sentence: which words, and which times, belong to the verb of an act."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises.acts import Weight
from monitor.parliament.promises.expressions import VAGUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.parliament.promises.reading import Candidate
    from monitor.parliament.promises.times import Time

_EDGE: Final = re.compile(
    r";|:|\s[\u2013-]\s|,\s+(?:who|whose|where|while|whilst|but|so|as|ensuring|helping|meaning|giving|making|enabling)\b"
    r"|,\s+(?:sets?\s+out|is|are|was|were|will|has|have)\b"
    r"|,?\s+\b(?:and|but)\s+(?:(?:we|I|it|they|this|these|there|the\s+[\w\s]{2,40}?)\s+)?"
    r"(?:will|shall|is|are|has|have|had|was|were|intends?|plans?|expects?|continue)\b"
    r"|\s(?:we|they)\s+(?:will|are|have|can|want|need)\b"
    r"|\b(?:once|when|after|following|until|which|who|whose|because|so\s+that|in\s+order\s+to|such\s+as|since|while|whilst"
    r"|whereas|as\s+well\s+as|unless|if|that\s+(?:will|would|have|has|had|is|are|was|were|came|come|we|the))\b",
    re.IGNORECASE,
)
"""First words of what no longer belongs to a verb before them."""

_OPENING: Final = re.compile(
    r"[;:]|,\s+(?:and|but|while|which|so|with)\b|\b(?:(?<!\bof\s)(?<!\bon\s)(?<!\bfor\s)(?<!\bto\s)that|which|while|whilst|because)\b"
    r"|\band\s+(?=(?:a|an|the|this|these|further|its|our)\b)",
    re.IGNORECASE,
)
_CLAUSE_REACH: Final = 160
_FRONT: Final = re.compile(
    r"(?:^\W*|[;:,.]\s+|\b(?:and|but|that|so|then|also)\s+)(?:(?:also|then|from|starting|later)\s+)?$", re.IGNORECASE
)
_SUBJECT_REACH: Final = 120
_FISCAL: Final = re.compile(r"\b(?:Budget|Statement|Review)\b")
_LAST: Final = re.compile(r"[\s.;)]*$")
_AFTER_ASIDE: Final = re.compile(r"[,\u2013)-]\s*$")
_PAST: Final = re.compile(
    r"(?<!\bbe\s)\b(?:was|were|had|made|launched|published|announced|introduced|held|closed|ended|set\s+out|committed|signed"
    r"|agreed|came|started|began|opened)\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_CONTENT: Final = re.compile(
    r"\bto\s+(?!the\b|a\b|an\b|our\b|their\b|its\b|all\b|this\b|be\b|parliament\b|date\b)[a-z]+"
    r"|\b(?:on|of|for|in|at|by|through)\s+[a-z]+ing\b|\b(?:targets?|commitments?|ambitions?|goals?|aims?|objectives?|how|missions?)\b",
    re.IGNORECASE,
)
"""Words that begin what a telling act tells: "a plan to halve", "consult on phasing out"."""

_OF_CONTENT: Final = frozenset(("by", "before", "from", "within", "until", "over", "during"))


def clause_before(words: str) -> str:
    """Return the words of the clause that leads to a verb. A relative clause keeps the noun that it tells of."""
    start = 0
    for edge in _OPENING.finditer(words.rstrip()):
        start = edge.end()
    clause = words[start:]
    return clause[-_CLAUSE_REACH:] if clause.strip() else words[-_CLAUSE_REACH // 2 :]


def vague_of(candidate: Candidate, sentence: str) -> re.Match[str] | None:
    """Find the words that bind an act to no day: "in due course"."""
    stop = _clause_end(candidate, sentence) + 1  # "when parliamentary time allows" is itself such an end
    return next(
        (found for found in VAGUE.finditer(sentence) if _belongs(candidate, sentence, *found.span(), stop)), None
    )


def time_of(candidate: Candidate, sentence: str, times: Sequence[Time]) -> Time | None:
    """Find the time of an act."""
    stop = _clause_end(candidate, sentence)
    for time in times:
        if _belongs(candidate, sentence, time.start, time.end, stop) and not _is_content(candidate, sentence, time):
            return time
    return None


def _clause_end(candidate: Candidate, sentence: str) -> int:
    edge = _EDGE.search(sentence, candidate.end)
    return edge.start() if edge else len(sentence)


def _belongs(candidate: Candidate, sentence: str, start: int, end: int, stop: int) -> bool:
    """Return whether a time is that of an act: in its clause, after an aside at the end, or before its subject."""
    if candidate.start <= start < stop:
        return start >= candidate.since
    if start >= stop:
        return bool(_LAST.match(sentence, end) and _AFTER_ASIDE.search(sentence, 0, start))
    between = sentence[end : candidate.start]
    if _FISCAL.search(sentence, start, end):
        return False  # at a Budget things are announced more often than done
    leads = bool(_FRONT.search(sentence, 0, start))
    return leads and len(between) < _SUBJECT_REACH and not _EDGE.search(between)


def _is_content(candidate: Candidate, sentence: str, time: Time) -> bool:
    """Return whether a time is that of what is told, not of the telling: "publish a plan to halve it by 2030"."""
    if time.start < candidate.end:
        return False
    between = sentence[candidate.end : time.start]
    if _PAST.search(between):
        return True
    is_told = candidate.act.weight > Weight.OPEN and time.word in _OF_CONTENT
    return is_told and bool(_CONTENT.search(between))
