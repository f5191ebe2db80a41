"""What is set apart in what the archive's index reads: the opening formula of a question, and names of offices.

Nearly every question begins with "To ask the Secretary of State for ...", in which no single word counts as found, and
within a name none does unless it is quoted. So these words go into the index with a sign before each: who looks for "ask" or
"office" is not given all questions that there are. A phrase may be a whole name, may end one or begin it, and end a formula
too: it is asked for in all of these ways.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.terms.covers import BREAKS, LONGEST
from monitor.terms.form import BEFORE_ENTRY
from monitor.terms.names import shipped_names, sure_formula_end

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from monitor.terms.names import Names

ASKED: Final = "\ue002"
"""Stands before each word of a formula; a sign that no text has."""

NAMED: Final = "\ue005"
"""Stands before each word of a name that is in no formula."""


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Names the words that may be set apart: an index that was made with other names is to be made anew."""
    return f"{zlib.crc32(' '.join(sorted(shipped_names().names)).encode()):08x}"


def set_apart(form: str, *, is_question: bool) -> str:
    """A search form with signs, and one more before each word of a name, or of a question's formula where that is sure."""
    main, *tail = form.split(BEFORE_ENTRY)
    words = main.split(" ")
    names = shipped_names()
    spans = names.spans_of(words)
    asked = _formula(form, names) if is_question else 0
    if not asked and not spans:
        return form
    named: set[str] = set()
    for number in range(asked):
        words[number] = f"{ASKED}{words[number]}"
    for first, after in spans:
        if first >= asked:
            named.update(words[first:after])
            words[first:after] = [f"{NAMED}{word}" for word in words[first:after]]
    named.difference_update(words)
    return BEFORE_ENTRY.join([" ".join(words), *(_entry(one, named, names) for one in tail)])


def _entry(entry: str, named: Collection[str], names: Names) -> str:
    """An entry of the tail with those words marked that stand in names alone, as `ways` has two that are neighbours."""
    left, _, right = entry.partition(" ")
    if not right:
        return entry
    if left in named and (right in named or left in names.last_words):
        left = f"{NAMED}{left}"
    if right in named and (left[0] == NAMED or right in names.first_words):
        right = f"{NAMED}{right}"
    return f"{left} {right}"


def _formula(form: str, names: Names) -> int:
    words = form[:LONGEST].split(" ")
    until = next((number for number, word in enumerate(words) if word in BREAKS), len(words) - (len(form) > LONGEST))
    return sure_formula_end(words[:until], names)


def ways(words: Sequence[str], *, in_formula: bool = True, in_names: bool = True) -> Iterator[tuple[str, ...]]:
    """Words that stand next to each other, as they may be read in an index, where they may be of a formula, or of names."""
    if not words:
        yield ()
        return
    signs = ["", *([ASKED] if in_formula else []), *([NAMED] if in_names else [])]
    for first in signs:
        yield from _read_on(words, first, signs)


def _read_on(words: Sequence[str], sign: str, signs: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The ways in which the first word has this sign."""
    word, *others = words
    if not _may_have(word, sign):
        return
    if not others:
        yield (f"{sign}{word}",)
        return
    names = shipped_names()
    for after in signs:
        goes_on = after == sign
        ends = not sign or word in names.last_words
        begins = not after or (after == NAMED and _may_be(others[0], names.first_words))
        if goes_on or (ends and begins):
            yield from ((f"{sign}{word}", *rest) for rest in _read_on(others, after, signs))


def _may_have(word: str, sign: str) -> bool:
    if not sign:
        return True
    names = shipped_names()
    return _may_be(word, names.vocabulary if sign == ASKED else names.words)


def _may_be(word: str, some: Collection[str]) -> bool:
    begun = word.removesuffix("*")
    return word in some or (begun != word and any(one.startswith(begun) for one in some))


@lru_cache(maxsize=8)
def unsure_words(names: Names) -> frozenset[str]:
    """The words that an index has as words of a name and that may count, where more names are known than are shipped.

    Another name may begin before, and end within the shipped one, which is none in that place then.
    """
    shipped = shipped_names()
    overlapped = shipped.overlapped_by(names.readings - shipped.readings) if names != shipped else ()
    return frozenset({"the"}).union(*overlapped) if overlapped else frozenset()
