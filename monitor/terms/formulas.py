"""The opening formula of a question, set apart in what the archive's index reads.

Nearly every question begins with "To ask the Secretary of State for ...", in which no single word counts as found. So its
words go into the index with `MARK` before each: who looks for "ask" is not given all questions there are. A phrase may stand
in a formula where it is a whole name, and may run beyond its end: it is asked for in all of these ways.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.terms.covers import BREAKS, LONGEST
from monitor.terms.names import shipped_names, sure_formula_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MARK: Final = "\ue002"
"""Stands before each word of a formula; a sign that no text has."""


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Names the words that may be set apart: an index that was made with other names is to be made anew."""
    return f"{zlib.crc32(' '.join(sorted(shipped_names().names)).encode()):08x}"


def set_apart(form: str) -> str:
    """The search form of a question with its formula's words marked, as far as the formula is sure."""
    words = form[:LONGEST].split(" ")
    until = next((number for number, word in enumerate(words) if word in BREAKS), len(words) - (len(form) > LONGEST))
    count = sure_formula_end(words[:until], shipped_names())
    if not count:
        return form
    length = len(" ".join(words[:count]))
    begun = " ".join(f"{MARK}{word}" for word in words[:count])
    return f"{begun}{form[length:]}"


def ways(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Words that stand next to each other, as they may be read in an index: the first of them may end a formula."""
    yield tuple(words)
    names = shipped_names()
    for count in range(1, len(words) + 1):
        if not _may_be_set_apart(words[count - 1], names.vocabulary):
            return
        if count == len(words) or words[count - 1] in names.last_words:
            yield (*(f"{MARK}{word}" for word in words[:count]), *words[count:])


def _may_be_set_apart(word: str, vocabulary: frozenset[str]) -> bool:
    begun = word.removesuffix("*")
    return word in vocabulary or (begun != word and any(one.startswith(begun) for one in vocabulary))
