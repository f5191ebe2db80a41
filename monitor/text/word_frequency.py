"""Frequency of words in answers. All frequencies are numbers of answers in 1,000."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.text.word_forms import begun_with, word_forms

if TYPE_CHECKING:
    from collections.abc import Sequence

RARE: Final = 0.2
"""Frequency of a word that is not in the list of common words."""

_EVERYWHERE: Final = 300
"""Frequency from which on a word stands beside nearly every other word, as "the" does."""


@lru_cache(maxsize=1)
def common_words() -> dict[str, float]:
    """Return the common words with their frequencies."""
    text = files("monitor.text").joinpath("data/common_words.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {word: float(count) for word, count in rows}


@lru_cache(maxsize=1)
def _sorted_words() -> list[str]:
    return sorted(common_words())


@lru_cache(maxsize=2_000)
def frequency_of_beginning(beginning: str) -> float:
    """Return the frequency of all common words that begin so, together."""
    return sum(common_words()[word] for word in begun_with(beginning, _sorted_words()))


@lru_cache(maxsize=20_000)
def frequency_of_forms(word: str) -> float:
    """Return the frequency of the commonest form of a word; 0 for a word of which none is in the list."""
    return max(common_words().get(form, 0.0) for form in word_forms(word))


def commonness(words: Sequence[str]) -> float:
    """Estimate the frequency of a word or of two words side by side; of a longer run, that of its rarest two words."""
    frequencies = [common_words().get(word, RARE) for word in words]
    pairs = [pair_frequency(left, right) for left, right in pairwise(frequencies)]
    return min(pairs or frequencies, default=0)


def pair_frequency(left: float, right: float) -> float:
    """Estimate the frequency of two words side by side: beside an article the other word decides."""
    if max(left, right) > _EVERYWHERE:
        return min(left, right)
    return chance_frequency(left, right)


def chance_frequency(left: float, right: float) -> float:
    """Estimate the frequency of two words side by side as if neither attracted the other."""
    return left * right / 1000
