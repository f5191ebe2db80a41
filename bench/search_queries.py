# ruff: noqa: INP001 - a script's module, no part of a package
"""Questions of `search.py`: thirty rare, thirty middling and thirty common ones of each kind, drawn from the answers.

How rare something is, is what plain FTS5 counts: rare in 5 to 50 answers, middling in about one of a thousand, common in
one of twenty or more. Of phrases and of pairs few are as common as that: then those that are the most common. Words and
beginnings of words come from the index, phrases and pairs from answers in which they stand, so that people might look for
them. The rare ones come a second time with a filter each: a House, a department, a year; and so do the common ones. The same
answers and the same seed give the same.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import chain, islice, pairwise
from random import Random
from typing import TYPE_CHECKING, Final

from search_corpus import read
from search_engines import NEAR, Asked, in_our_language

from monitor.terms.matcher import compile_query
from monitor.terms.tree import TermError
from monitor.text.tokens import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from search_corpus import Answer
    from search_engines import Fts5

KINDS: Final = ("word", "phrase", "and", "near", "prefix")
LEVELS: Final = ("rare", "middling", "common")
FILTERED: Final = ("rare, filtered", "common, filtered")
EACH: Final = 30
RARE: Final = range(5, 51)
MIDDLING: Final = (0.0005, 0.002)
COMMON: Final = 0.05
SAMPLED: Final = 10_000
"""Answers from which phrases and pairs are drawn."""
TRIES: Final = 2_000

_RUN: Final = re.compile(r"[a-z]+(?: [a-z]+)+")
_WORD: Final = re.compile(r"[a-z]{4,14}")
_DRAWS: Final = 12
_PHRASES: Final = range(2, 5)
_PREFIXES: Final = range(4, 8)


class Chooser:
    """Chooses from the answers of a file, which FTS5 has indexed."""

    def __init__(self, fts5: Fts5, corpus: Path, count: int, *, seed: int = 1) -> None:
        self._fts5 = fts5
        self._count = count
        self._chance = Random(seed)  # noqa: S311 - no secret
        self._sample = _sample(corpus, count, self._chance)
        self._words = {word: found for word, found in _vocabulary(fts5) if _WORD.fullmatch(word)}

    def choose(self) -> list[Asked]:
        """All questions, those with a filter last."""
        found = [question for kind in KINDS for question in self._of_kind(kind)]
        filtered = [question for level in ("rare", "common") for question in self._filtered(found, level)]
        return found + filtered

    def _of_kind(self, kind: str) -> Iterator[Asked]:
        candidates = {"word": self._single, "prefix": self._prefixes, "phrase": self._phrases}.get(kind)
        for level in LEVELS:
            some = candidates(level) if candidates else self._pairs(kind, level)
            yield from self._accepted(kind, level, some)

    def _accepted(self, kind: str, level: str, candidates: Iterable[tuple[str, ...]]) -> list[Asked]:
        """Return the first questions of the right frequency; if too few are that common, the most common."""
        tried: list[Asked] = []
        taken: list[Asked] = []
        for words in islice(dict.fromkeys(candidates), TRIES if level == "rare" else TRIES // 10):
            asked = Asked(kind=kind, level=level, words=words, documents=0)
            if not _is_readable(asked):
                continue
            asked = replace(asked, documents=self._fts5.count(asked))
            tried.append(asked)
            if self._is_of_level(level, asked.documents):
                taken.append(asked)
            if len(taken) == EACH:
                return taken
        if level == "common":
            tried.sort(key=lambda question: -question.documents)
            return tried[:EACH]
        return taken

    def _is_of_level(self, level: str, documents: int) -> bool:
        if level == "rare":
            return documents in RARE
        if level == "middling":
            return MIDDLING[0] * self._count <= documents <= MIDDLING[1] * self._count
        return documents >= COMMON * self._count

    def _filtered(self, found: Sequence[Asked], level: str) -> Iterator[Asked]:
        """Yield the questions of a level with a House, a department or a year in turn, taken from a sampled answer."""
        for place, question in enumerate(asked for asked in found if asked.level == level):
            like = self._chance.choice(self._sample)
            year = date.fromordinal(like.day).year
            narrow = (
                {"house": "lords"},
                {"body": like.body},
                {"first": date(year, 1, 1), "last": date(year, 12, 31)},
            )[place % 3]
            yield replace(question, level=f"{level}, filtered", **narrow)

    # -- candidates ----------------------------------------------------------------------------------------------------

    def _single(self, level: str) -> Iterator[tuple[str, ...]]:
        words = [word for word, found in self._words.items() if self._is_of_level(level, found)]
        self._chance.shuffle(words)
        return ((word,) for word in words if word not in STOP_WORDS)

    def _prefixes(self, level: str) -> Iterator[tuple[str, ...]]:
        """Beginnings of words, of which each but a rare one stands for several."""
        totals: Counter[str] = Counter()
        for word, found in self._words.items():
            totals.update({word[:length]: found for length in _PREFIXES if len(word) > length})
        some = [start for start, found in totals.items() if self._is_of_level(level, found)]
        self._chance.shuffle(some)
        return ((start,) for start in some)

    def _phrases(self, level: str) -> list[tuple[str, ...]]:
        """Phrases of two to four words, in an order that has the likeliest first."""
        runs = [[run[0].split() for run in _RUN.finditer(answer.answer.lower())] for answer in self._sample]
        drawn: dict[tuple[str, ...], int] = {}
        for sentences in runs:
            grams = [gram for words in sentences for gram in _grams(words)]
            drawn.update(dict.fromkeys(self._chance.sample(grams, min(_DRAWS, len(grams))), 0))
        for sentences in runs:
            for gram in {gram for words in sentences for gram in _grams(words)} & drawn.keys():
                drawn[gram] += 1
        return self._likely(level, drawn)

    def _pairs(self, kind: str, level: str) -> list[tuple[str, ...]]:
        """Two words of one answer; for NEAR at most ten words between, and nothing that ends a sentence."""
        chosen = self._words_of_pairs(level)
        found: Counter[tuple[str, ...]] = Counter()
        for sampled in self._sample:
            answer = sampled.answer.lower()
            pieces = re.split(r"[.;:?!\n\t]+", answer) if kind == "near" else [answer]
            pairs: set[tuple[str, ...]] = set()
            for piece in pieces:
                known = re.findall(r"[^\W_]+", piece)
                places = [place for place, word in enumerate(known) if word in chosen]
                pairs.update(
                    tuple(sorted((known[a], known[b])))
                    for a, b in (pairwise(places) if kind == "near" else _draw_pairs(places, self._chance))
                    if known[a] != known[b] and (kind != "near" or b - a <= NEAR)
                )
            found.update(pairs)
        return self._likely(level, found)

    def _words_of_pairs(self, level: str) -> set[str]:
        """Words each of which is more frequent than two of them together should be."""
        least, most = {
            "rare": (RARE[0] * 2, 0.005 * self._count),
            "middling": (MIDDLING[1] * self._count, COMMON * self._count),
            "common": (COMMON * self._count, self._count),
        }[level]
        return {word for word, found in self._words.items() if least <= found <= most and word not in STOP_WORDS}

    def _likely(self, level: str, counted: dict[tuple[str, ...], int]) -> list[tuple[str, ...]]:
        """Return the candidates of the right frequency in the sample, for common ones the most frequent first."""
        if level == "common":
            return [words for words, _ in Counter(counted).most_common(TRIES // 10)]
        share = len(self._sample) / self._count
        most = max(2, RARE[-1] * share) if level == "rare" else 2 * MIDDLING[1] * len(self._sample)
        least = 1 if level == "rare" else MIDDLING[0] * len(self._sample) / 2
        some = sorted(
            words
            for words, found in counted.items()
            if least <= found <= most and (level != "rare" or self._is_seldom(words))
        )
        self._chance.shuffle(some)
        return some

    def _is_seldom(self, words: Sequence[str]) -> bool:
        """Say whether a word is rare enough to stand beside the others in few answers."""
        return min(self._words.get(word, self._count) for word in words) <= MIDDLING[0] * self._count


def _sample(corpus: Path, count: int, chance: Random) -> list[Answer]:
    """Answers spread over all days."""
    every = max(1, count // SAMPLED)
    return list(islice(chain.from_iterable(read(corpus)), int(every * chance.random()), None, every))


def _vocabulary(fts5: Fts5) -> Iterator[tuple[str, int]]:
    """Return the answers that each word stands in."""
    fts5.connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, words, 'row')")
    yield from fts5.connection.execute("SELECT term, doc FROM temp.vocabulary")


def _grams(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for length in _PHRASES:
        yield from (tuple(words[first : first + length]) for first in range(len(words) - length + 1))


def _draw_pairs(places: Sequence[int], chance: Random) -> Iterator[tuple[int, int]]:
    """Draw some pairs of places."""
    for _ in range(min(_DRAWS, len(places) // 2)):
        first, last = sorted(chance.sample(places, 2))
        yield first, last


def _is_readable(asked: Asked) -> bool:
    """Say whether a user can type the question as it is."""
    try:
        return compile_query(in_our_language(asked)).need is not None
    except TermError:
        return False
