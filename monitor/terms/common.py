"""Common words, and how common they are."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def common_words() -> dict[str, float]:
    """Common words, with in how many of 1,000 answers each stands."""
    text = files("monitor.terms").joinpath("data/common_words.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {word: float(count) for word, count in rows}
