"""What the words of a term stand for besides themselves, as far as lists say so: equivalents, and names of offices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.terms.equivalents import EQUIVALENTS, Equivalents
from monitor.terms.families import word_forms
from monitor.terms.names import Names, shipped_names
from monitor.terms.text import CAPITAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.terms.language import Word

_BEGINNING = 3


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The lists that matching hangs on: the shipped ones, the user's `[equivalents]`, and names that sources used."""

    equivalents: Equivalents = EQUIVALENTS
    names: Names = field(default_factory=shipped_names)

    @property
    def version(self) -> str:
        """Changes when other equivalents make terms find other things."""
        return hashlib.sha256(repr(self.equivalents).encode()).hexdigest()[:12]

    def may_have_equivalents(self, words: Iterable[Word]) -> bool:
        """Whether some of the words may have an equivalent; False is certain. Cheap: only their beginnings are looked at."""
        beginnings = _beginnings(self.equivalents)
        return any(word.text[:_BEGINNING] in beginnings for word in words)


@lru_cache(maxsize=8)
def _beginnings(equivalents: Equivalents) -> frozenset[str]:
    words = {word.lstrip(CAPITAL) for group in equivalents for member in group for word in member.split()}
    return frozenset(form[:_BEGINNING] for word in words for form in word_forms(word))
