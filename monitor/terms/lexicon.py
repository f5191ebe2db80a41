"""What the words of a term stand for besides themselves, as far as lists say so: equivalents, and names of offices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TypeAlias

from monitor.terms.families import EQUIVALENTS
from monitor.terms.names import Names, shipped_names

Equivalents: TypeAlias = tuple[tuple[str, ...], ...]
"""Groups of words or phrases that mean the same, folded, words apart by a space."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The lists that matching hangs on: the shipped ones, the user's `[equivalents]`, and names that sources used."""

    equivalents: Equivalents = EQUIVALENTS
    names: Names = field(default_factory=shipped_names)

    @property
    def version(self) -> str:
        """Changes when other equivalents make terms find other things."""
        return hashlib.sha256(repr(self.equivalents).encode()).hexdigest()[:12]
