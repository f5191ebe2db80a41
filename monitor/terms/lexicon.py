"""What the words of a term stand for besides themselves, as far as lists say so: equivalents, and names of offices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.terms.equivalents import EQUIVALENTS, Equivalents
from monitor.text.office_names import Names, shipped_names
from monitor.text.tokens import CAPITAL
from monitor.text.word_forms import word_forms

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    def may_have_equivalents(self, words: Sequence[Word]) -> bool:
        """Whether some of the words may have an equivalent; False is certain, and cheap."""
        table = _said(self.equivalents)
        return any(
            all(word.text in forms for word, forms in zip(words[place:], said, strict=False))
            for place, first in enumerate(words)
            for said in table.get(first.text, ())
            if place + len(said) <= len(words)
        )


@lru_cache(maxsize=8)
def _said(equivalents: Equivalents) -> dict[str, list[list[frozenset[str]]]]:
    """The words of each member of a group, each in all forms, by those of the first."""
    table: dict[str, list[list[frozenset[str]]]] = {}
    for member in sorted({member for group in equivalents for member in group}):
        said = [_all_forms(word.lstrip(CAPITAL)) for word in member.split()]
        for form in said[0]:
            table.setdefault(form, []).append(said)
    return table


def _all_forms(word: str) -> frozenset[str]:
    """The forms of a word, and theirs: whatever finds the word is among them."""
    return frozenset(other for form in word_forms(word) for other in word_forms(form))
