"""Words that mark what a topic finds: they stand in many of its records, and in few of all others.

Words and pairs are weighed by Dunning's log-likelihood against the records of the same time. Words of the topic's own terms
are left out, and so are words that mark less than a fifth of their records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Final

from monitor.model.search import Filters
from monitor.text.content_words import content_words
from monitor.text.word_forms import plain_form
from monitor.text.word_frequency import RARE, frequency_of_forms

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from db.archive import Archive
    from monitor.model.search import Hit

    Unit = tuple[str, ...]

_FEWEST: Final = 3
"""Records of the topic that a word stands in at least."""

_SHARE_OF_TOPIC: Final = 0.02
"""Share of the topic's records that a word stands in at least."""

_SHARE_OF_WORD: Final = 0.2
"""Share of a word's records that the topic finds, at least: else it adds more noise than anything."""

_LEAST_LIKELIHOOD: Final = 15.0
"""Log-likelihood above which chance is ruled out, one in ten thousand."""

_MOST_COUNTED: Final = 150
"""Words and pairs that are counted in the archive."""

_COUNTED_TO: Final = 5_000
"""Rows of the index up to which each is counted."""

_SAME: Final = 0.7
"""Share of a word's records in which it stands in one pair: then only the pair is named."""

READ: Final = 6_000
"""Letters of each part that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingWord:
    """A word or pair that marks a topic: in how many of the topic's records it stands, and in about how many of all."""

    text: str
    in_topic: int
    in_all: int
    likelihood: float


def marking_words(archive: Archive, hits: Sequence[Hit], own: frozenset[str], *, at_most: int) -> list[MarkingWord]:
    """Return the words and pairs that mark the records of a topic, the most telling first.

    `own`: the words of its terms, in plain form.
    """
    held, written = _held_by(hits, own)
    fewest = max(_FEWEST, round(_SHARE_OF_TOPIC * len(hits)))
    tried = [unit for unit, count in held.items() if count >= fewest]
    tried.sort(key=lambda unit: (-held[unit] * _rarity(unit), unit))
    tried = tried[:_MOST_COUNTED]
    first = min((day for hit in hits if (day := hit.revision.proceeding.day)), default=None)
    total = archive.search.count(None, Filters(first=first))
    in_all = archive.shared_words.count(tried, Filters(first=first), at_most=_COUNTED_TO)
    found = {
        unit: MarkingWord(
            text=written[unit],
            in_topic=held[unit],
            in_all=max(count, held[unit]),
            likelihood=log_likelihood(held[unit], len(hits), max(count, held[unit]), max(total, len(hits))),
        )
        for unit, count in zip(tried, in_all, strict=True)
    }
    marking = {
        unit: word
        for unit, word in found.items()
        if word.likelihood >= _LEAST_LIKELIHOOD and word.in_topic >= _SHARE_OF_WORD * word.in_all
    }
    best = [word for unit, word in marking.items() if not _is_in_a_pair(unit, marking, held)]
    return sorted(best, key=lambda word: (-word.likelihood, word.text))[:at_most]


def _held_by(hits: Sequence[Hit], own: frozenset[str]) -> tuple[Counter[Unit], Mapping[Unit, str]]:
    """Count the records that hold each word and pair, and tell how each is mostly written.

    A text that several records share counts once: one answer to many questions says nothing about words.
    """
    held: Counter[Unit] = Counter()
    spelt: dict[Unit, Counter[str]] = defaultdict(Counter)
    seen: set[str] = set()
    for hit in hits:
        units: dict[Unit, str] = {}
        for name, text in hit.revision.proceeding.parts().items():
            if text in seen:
                continue
            seen.add(text)
            words = content_words(text[:READ], is_question=name == "question")
            units |= {unit: written for unit, written in words.written.items() if unit not in units}
        for unit, text in units.items():
            if not own.issuperset(unit) and all(word.isalpha() for word in unit):
                held[unit] += 1
                spelt[unit][_as_term(text)] += 1
    return held, {unit: spellings.most_common(1)[0][0] for unit, spellings in spelt.items()}


def _as_term(text: str) -> str:
    """Write words as a term has them: small, but for those in capitals."""
    return " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in text.split())


def _rarity(unit: Unit) -> float:
    return max(log(1000 / max(frequency_of_forms(word), RARE)) for word in unit)


def _is_in_a_pair(unit: Unit, marking: Mapping[Unit, MarkingWord], held: Mapping[Unit, int]) -> bool:
    """Say whether a single word stands mostly in one of the pairs that mark the topic."""
    return len(unit) == 1 and any(
        unit[0] in pair and held[pair] >= _SAME * held[unit] for pair in marking if len(pair) > 1
    )


def log_likelihood(in_topic: int, topic: int, in_all: int, total: int) -> float:
    """Return Dunning's log-likelihood that a word stands in more records of a topic than chance would have it; else 0."""
    expected = in_all * topic / max(total, 1)
    if in_topic <= expected:
        return 0.0
    cells = (
        (in_topic, topic, in_all),
        (in_all - in_topic, total - topic, in_all),
        (topic - in_topic, topic, total - in_all),
        (total - in_all - topic + in_topic, total - topic, total - in_all),
    )
    return 2 * sum(
        seen * log(seen * total / (row * column)) for seen, row, column in cells if seen > 0 and row > 0 and column > 0
    )


def own_words(words: Collection[str]) -> frozenset[str]:
    """Return words in plain form."""
    return frozenset(map(plain_form, words))
