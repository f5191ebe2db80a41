"""Index query: the words that a full-text index is asked for, joined by AND, OR and nearness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Run:
    """A need: what the search form of a document must hold for a query to be found in it.

    It may be met by documents that the query is not found in (the matcher decides), never the other way round.
    `words` stand next to each other somewhere in the search form of one of `parts` (none: of any part). A word is a token
    of the search form as it stands there, `CAPITAL` included; the last may end in a star, which stands for any letters.
    `is_alone`: the words are all of what is looked for, and a single one, so that the opening formula of a question, in
    which a single word never counts, need not be looked at; nor names of offices, unless it may count `in_names`.
    """

    words: tuple[str, ...]
    parts: frozenset[str] = frozenset()
    is_alone: bool = False
    in_names: bool = True


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these needs."""

    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these needs."""

    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class NearBy:
    """One of these single words and one of those, in either order, in one part, at most so many words between them."""

    lefts: tuple[Run, ...]
    rights: tuple[Run, ...]
    distance: int

    @property
    def both(self) -> AllOf:
        """The same without the distance."""
        return AllOf((AnyOf(self.lefts), AnyOf(self.rights)))


Need: TypeAlias = Run | AllOf | AnyOf | NearBy
