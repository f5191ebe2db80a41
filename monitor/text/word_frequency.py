"""How common words are in answers."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


_RARE: Final = 0.2
"""In how many of 1,000 answers a word stands that is on no list."""


_EVERYWHERE: Final = 300


def commonness(words: Sequence[str]) -> float:
    """In how many of 1,000 answers a word, or two of them side by side, are to be expected; of more their rarest two."""
    weights = [common_words().get(word, _RARE) for word in words]
    return min((_together(*pair) for pair in pairwise(weights)), default=min(weights, default=0))


def _together(one: float, other: float) -> float:
    """In how many of 1,000 answers two words stand side by side, roughly: with "the", most of one's places."""
    return min(one, other) if max(one, other) > _EVERYWHERE else _by_chance(one, other)


def _by_chance(one: float, other: float) -> float:
    """The same if neither drew the other: so no more of an article, but less of two other words that stand everywhere."""
    return one * other / 1000


@lru_cache(maxsize=1)
def common_words() -> dict[str, float]:
    """Common words, with in how many of 1,000 answers each stands."""
    text = files("monitor.text").joinpath("data/common_words.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {word: float(count) for word, count in rows}
