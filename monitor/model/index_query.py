"""Index query: what the search index is asked for, as phrases joined by AND, OR and nearness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class PhraseRequirement:
    """Words that stand next to each other somewhere in a document.

    A document may meet it though the matcher finds nothing there, never the other way round.

    `words`: tokens of the search form as they stand there, `CAPITAL` included; the last may end in a star, which stands for
    any letters. `parts`: the parts of a document, one of which has the words; none: any part. `is_alone`: a single word is
    all that is looked for. Then the opening formula of a question, in which a single word never counts, need not be looked
    at, nor names of offices, unless the word may count `in_names`.
    """

    words: tuple[str, ...]
    parts: frozenset[str] = frozenset()
    is_alone: bool = False
    in_names: bool = True


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conjunction: every one of these queries."""

    needs: tuple[IndexQuery, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Disjunction: at least one of these queries."""

    needs: tuple[IndexQuery, ...]


@dataclass(frozen=True, slots=True)
class NearBy:
    """Two single words, one of `lefts` and one of `rights`, in either order in one part.

    At most `distance` words stand between them.
    """

    lefts: tuple[PhraseRequirement, ...]
    rights: tuple[PhraseRequirement, ...]
    distance: int

    @property
    def both(self) -> AllOf:
        """The same without the distance."""
        return AllOf((AnyOf(self.lefts), AnyOf(self.rights)))


IndexQuery: TypeAlias = PhraseRequirement | AllOf | AnyOf | NearBy
