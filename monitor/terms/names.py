"""Names of answering bodies and ministerial offices, within which a term that is only part of the name is not found."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.terms.text import Token


class Names:
    """Full names, ready to be found in a text that was read as tokens."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)

    def with_more(self, names: Iterable[str]) -> Names:
        """These and others besides."""
        return Names(self.names | set(names))

    def spans(self, read: Sequence[Token]) -> list[tuple[int, int]]:
        """Where a whole name stands: index of its first token, and of the one after its last."""
        return []


def formula_end(read: Sequence[Token]) -> int:
    """How many tokens the opening formula of a question takes ("To ask the Secretary of State for Education,"); or 0."""
    return 0


@lru_cache(maxsize=1)
def shipped_names() -> Names:
    """The names that come with pqwatch."""
    return Names(())
