"""Index form: the search form as the archive's index reads it, with marked formulas and names of offices.

Nearly every question begins with "To ask the Secretary of State for ...", in which no single word counts. Within a name
of an office a word counts only if it is quoted. These words go into the index with a sign before each, so that a search
for "ask" or "office" does not return every question. A phrase may be a whole name, the beginning or end of one, or the
end of a formula: the index is asked for all of these variants.
"""

from __future__ import annotations

import re
import zlib
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from monitor.text.office_names import shipped_names, sure_formula_end
from monitor.text.search_form import BEFORE_ENTRY, BREAKS, JOINED, LONGEST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from monitor.text.office_names import OfficeNames


ASKED: Final = "\ue002"
"""Sign before each word of a formula. No text holds it."""

NAMED: Final = "\ue005"
"""Sign before each word of a name outside of a formula."""


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Return a hash of the names that are marked: an index made with other names must be made again."""
    return f"{zlib.crc32(' '.join(sorted(shipped_names().names)).encode()):08x}"


def mark_excluded(form: str, *, is_question: bool) -> str:
    """Mark the words of names in a search form, and those of a question's opening formula if it is sure."""
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
    return BEFORE_ENTRY.join([" ".join(words), *(_entry(entry, named, names) for entry in tail)])


def _entry(entry: str, named: Collection[str], names: OfficeNames) -> str:
    """Mark the words of an entry of the tail that stand in names only, as `marked_variants` marks two neighbours."""
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


def marked_variants(
    words: Sequence[str], *, in_formula: bool = True, in_names: bool = True
) -> Iterator[tuple[str, ...]]:
    """Iterate over the variants of neighbouring words in the index: plain, in a formula, or in names."""
    if not words:
        yield ()
        return
    signs = ["", *([ASKED] if in_formula else []), *([NAMED] if in_names else [])]
    for first in signs:
        yield from _read_on(words, first, signs)


def _read_on(words: Sequence[str], sign: str, signs: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Iterate over the variants in which the first word has this sign."""
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


def _may_be(word: str, known: Collection[str]) -> bool:
    begun = word.removesuffix("*")
    return word in known or (begun != word and any(other.startswith(begun) for other in known))


@lru_cache(maxsize=8)
def unsure_words(names: OfficeNames) -> frozenset[str]:
    """Return the words that the index marks as words of a name and that may count even so, with more names than shipped.

    Another name may begin before a shipped one and end within it. Then the shipped one is no name in that place.
    """
    shipped = shipped_names()
    overlapped = shipped.overlapped_by(names.readings - shipped.readings) if names != shipped else ()
    return frozenset({"the"}).union(*overlapped) if overlapped else frozenset()


DENSE: Final = "\ue004"
"""Entry in the tail of a part in which words are further apart than `index_distance` says. No text holds it."""

_PIECES: Final = 2

_MARK: Final = r"(?:[^\w\s]|_)"


@cache
def _dense() -> re.Pattern[str]:
    """Compile the pattern of a word of three pieces or more, with other signs and no space between, or of a rare letter.

    An index may split such a word into several, and letters outside of Latin, Greek and Cyrillic. The look begins at a mark,
    since letters are ten times as many. Only writers of an index need it, and it takes longer to compile than most.
    """
    return re.compile(
        r"[\x00-\x08\x0e-\x1b!-/:-@\[-`{-\xbf\xd7\xf7\u0100-\U0010ffff]"  # a quick look for marks and rare letters
        r"(?:(?<=[^\W_\x00-\u04ff])"
        rf"|(?<=[^\W_].)(?<=[\W_])(?<!\s){_MARK}*+[^\W_]++{_MARK}++[^\W_])"
    )


def index_distance(distance: int) -> int:
    """Return how many words of the index may stand between two words with this many words between them."""
    return _PIECES * distance


def mark_dense(form: str) -> str:
    """Add the sign to a search form whose words have many pieces."""
    return f"{form}{BEFORE_ENTRY}{DENSE}" if _dense().search(form) else form


_PASSED: Final = re.compile(r" [!-/:-@\[-`{-~\n\u00a2-\u00a5\u00b0\u00b1\u00d7\u00f7\u20a0-\u20cf\u24b6-\u24e9]+(?= )")
"""Mark or break that every index passes over, because it is no letter and no figure."""


def shorten_tail(form: str) -> str:
    """Shorten the tail of a search form. Neighbours in one of its entries stay neighbours, in the tail or the main part."""
    main, *entries = form.split(BEFORE_ENTRY)
    pairs = {entry for entry in entries if " " in entry and JOINED not in entry}
    if pairs:  # of joined words and capitals the main part has none
        there = _PASSED.sub("", f" {main} ")
        pairs = {entry for entry in pairs if f" {entry} " in there}
    elif not entries:
        return form
    news = [entry.split(" ") for entry in entries if entry not in pairs]
    trails = list(_trails([entry for entry in news if len(entry) > 1]))
    known = {word for trail in trails for word in trail}
    words = [entry for entry in news if len(entry) == 1 and entry[0] not in known]
    return BEFORE_ENTRY.join([main, *map(" ".join, (*trails, *words))])


def _trails(pairs: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """Chain pairs of words into few rows in which each pair stands side by side once, though not into the fewest."""
    after: dict[str, list[str]] = {}
    for left, right in pairs:
        after.setdefault(left, []).append(right)
    begun = {left: len(rights) for left, rights in after.items()}
    for _, right in pairs:
        if right in begun:
            begun[right] -= 1
    first = [word for word, count in begun.items() for _ in range(count)]
    for word in (*first, *after):  # first the words with which more pairs begin than end
        while after[word]:
            trail = [word]
            while after.get(trail[-1]):
                trail.append(after[trail[-1]].pop())
            yield trail
