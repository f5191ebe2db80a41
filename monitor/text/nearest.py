"""Names that are spelt nearly like a given one, for "Did you mean ...?"."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAST_LIKENESS: Final = 0.6
"""difflib's own measure of a close match."""


def nearest(given: str, names: Iterable[str], count: int = 3) -> list[str]:
    """Return the names that are spelt most like the given one, or that contain such a word, best first."""
    wanted = given.casefold()

    def likeness(name: str) -> float:
        parts = [name.casefold(), *name.casefold().split()]
        return max(SequenceMatcher(None, wanted, part).ratio() for part in parts)

    scored = sorted(((likeness(name), name) for name in names), key=lambda pair: (-pair[0], pair[1]))
    return [name for score, name in scored if score >= _LEAST_LIKENESS][:count]
