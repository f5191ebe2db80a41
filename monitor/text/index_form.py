"""What is set apart in what the archive's index reads: the opening formula of a question, and names of offices.

Nearly every question begins with "To ask the Secretary of State for ...", in which no single word counts as found, and
within a name none does unless it is quoted. So these words go into the index with a sign before each: who looks for "ask" or
"office" is not given all questions that there are. A phrase may be a whole name, may end one or begin it, and end a formula
too: it is asked for in all of these ways.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.text.office_names import shipped_names, sure_formula_end
from monitor.text.search_form import BEFORE_ENTRY, BREAKS, LONGEST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from monitor.text.office_names import OfficeNames


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


def _entry(entry: str, named: Collection[str], names: OfficeNames) -> str:
    """An entry of the tail with those words marked that stand in names alone, as `ways` has two that are neighbours."""
    left, _, right = entry.partition(" ")
    if not right:
        return entry
    if left in named and (right in named or left in names.last_words):
        left = f"{NAMED}{left}"
    if right in named and (left[0] == NAMED or right in names.first_words):
        right = f"{NAMED}{right}"
    return f"{left} {right}"


def _formula(form: str, names: OfficeNames) -> int:
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
def unsure_words(names: OfficeNames) -> frozenset[str]:
    """The words that an index has as words of a name and that may count, where more names are known than are shipped.

    Another name may begin before, and end within the shipped one, which is none in that place then.
    """
    shipped = shipped_names()
    overlapped = shipped.overlapped_by(names.readings - shipped.readings) if names != shipped else ()
    return frozenset({"the"}).union(*overlapped) if overlapped else frozenset()


DENSE: Final = "\ue004"
"""An entry in the tail of a part in which words are further apart than `span_of` says; a sign that no text has."""

_PIECES: Final = 2

_IS_DENSE: Final = re.compile(r"[^\W_\x00-\u04ff]|(?<![^\W_])[^\W_]++(?:[^\w\s]|_)++[^\W_]++(?:[^\w\s]|_)++[^\W_]")
"""A word with more pieces: letters and figures, with other signs and no space between, three times.

And letters that an index may not take for such, or for pieces of a word: not of Latin, Greek or Cyrillic.
"""


def span_of(distance: int) -> int:
    """How many words of the index may stand between two that have so many words between them."""
    return _PIECES * distance


def with_dense(form: str) -> str:
    """A search form, with the sign where it is dense."""
    return f"{form}{BEFORE_ENTRY}{DENSE}" if _IS_DENSE.search(form) else form


_PASSED: Final = re.compile(r" [!-/:-@\[-`{-~\n\u00a2-\u00a5\u00b0\u00b1\u00d7\u00f7\u20a0-\u20cf\u24b6-\u24e9]+(?= )")
"""A mark or break that every index passes over, as it is no letter and no figure: of what is not here, an entry stays."""


def shortened(form: str) -> str:
    """The search form with another tail: what were neighbours in one entry of it still are, there or in the main part."""
    main, *entries = form.split(BEFORE_ENTRY)
    if not entries:
        return form
    there = _PASSED.sub("", f" {main} ")
    news = [entry.split(" ") for entry in entries if f" {entry} " not in there]
    trails = list(_trails([entry for entry in news if len(entry) > 1]))
    said = {word for trail in trails for word in trail}
    words = [entry for entry in news if len(entry) == 1 and entry[0] not in said]
    return BEFORE_ENTRY.join([main, *map(" ".join, (*trails, *words))])


def _trails(pairs: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """As few rows of words as can be had without much ado, in which each pair stands next to each other once."""
    after: dict[str, list[str]] = {}
    for left, right in pairs:
        after.setdefault(left, []).append(right)
    begun = Counter(left for left, _ in pairs)
    begun.subtract(right for _, right in pairs)
    for word in (*begun.elements(), *after):  # first what more pairs begin with than end
        while after[word]:
            trail = [word]
            while after.get(trail[-1]):
                trail.append(after[trail[-1]].pop())
            yield trail
