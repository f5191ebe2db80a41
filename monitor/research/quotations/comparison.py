"""A quotation against a text, word by word: where it stands, or which of its words are others.

Words are compared without their typography: quotation marks, dashes, spaces, soft hyphens and ligatures make no difference,
the possessive (unit's, units) and every figure, sign and currency do. Other capitals, accents or punctuation change no
word; they are noted.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.text.tokens import exact_form, tokens_without_notes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.research.quotations.extraction import Quotation

MOST_OWN: Final = 25
"""Words of the record that the writer's own words in brackets may stand for."""

MOST_TRIED: Final = 20_000
"""Places for the pieces of a quotation that are tried."""

LONGEST: Final = 4_000
"""Words of a text that a quotation is compared with as a whole; of a longer one the part most like it."""

FEW: Final = 12
ALIKE_FEW: Final = 0.7
ALIKE: Final = 0.55
"""The share of words in common from which on a quotation counts as taken from a text, with changes; of few words more."""

_SMALL_WORDS: Final = 3
"""Words of a name that have no letter in its acronym."""
_STRAY: Final = 2
_FAR: Final = 8
_LEAD: Final = 4
_LONG_REST: Final = 40
_TAIL: Final = 8
_TYPOGRAPHY: Final = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`\uff07\u02bc", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
    | {"\ufb01": "fi", "\ufb02": "fl", "\ufb00": "ff", "\ufb03": "ffi", "\ufb04": "ffl"}
)
_PUNCTUATION: Final = re.compile(
    r"[^\w\s\"'\u2018\u2019\u201c\u201d\u201a-\u201f\u00ab\u00bb\u2039\u203a\[\]()*_\u2010-\u2015\u2212-]"
)
_FIGURE: Final = re.compile(r"\d")
# The marks of an end don't stand among what may follow one, so that a long row of them is gone through once.
_SENTENCE_END: Final = re.compile(r"[.!?][^\w\s.!?]*\s|\n\n|\t")


class Word(NamedTuple):
    """A word of a text: what it is compared by, how it is printed but for typography, and where it stands."""

    key: str
    printed: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChange:
    """A place where a quotation has other words: what the record has there, and the letter, "" for nothing.

    `lead`: the words of the record before, "" at its beginning.
    """

    record: str
    letter: str
    lead: str = ""

    @property
    def is_of_figures(self) -> bool:
        """True if a figure is among the differences."""
        return bool(_FIGURE.search(self.record) or _FIGURE.search(self.letter))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A quotation beside a text, of which it takes `start` to `end` (code points).

    `likeness` is the share of words in common, 1 where it stands there as quoted. `own`: for each of the writer's own words
    in brackets, what of the record they stand for. `notes`: what differs and is no word.
    """

    start: int
    end: int
    likeness: float
    changes: tuple[WordChange, ...] = ()
    own: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """True if every word stands there."""
        return self.likeness == 1


class Text:
    """A text that quotations are compared with, read into words once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = words(text)
        self.keys = [word.key for word in self.words]
        self.places: dict[str, list[int]] = defaultdict(list)
        for number, word in enumerate(self.words):
            self.places[word.key].append(number)

    def shared(self, quoted: Quoted) -> int:
        """Return roughly how much of a quotation a text holds: its words, and three times each pair of neighbours."""
        pairs = set(pairwise(self.keys))
        return sum(key in self.places for key in quoted.keys) + 3 * sum(pair in pairs for pair in pairwise(quoted.keys))


def words(text: str) -> list[Word]:
    """Return the words, figures and signs of a text, in order, without numbers of notes."""
    found = []
    for token in tokens_without_notes(text):
        key, start, end = token[:3]
        printed = text[start:end]
        if not (printed.isascii() and printed.isalnum()):  # such are read as they are, which is quick
            key = key if token.is_mark else exact_form(printed)
            printed = printed.translate(_TYPOGRAPHY)
        found.append(Word(key, printed, start, end))
    return found


class Quoted:
    """A quotation, read into words once: piece by piece, and all in one row with what stands before each."""

    def __init__(self, quotation: Quotation) -> None:
        self.pieces = quotation.pieces
        self.words = [words(piece.text) for piece in self.pieces]
        self.keys = [word.key for own in self.words for word in own]
        self.joints: dict[int, str] = {}
        self._from = [(piece.text, word) for piece, own in zip(self.pieces, self.words, strict=True) for word in own]
        at = 0
        for piece, own in zip(self.pieces, self.words, strict=True):
            if piece.joint:
                self.joints[at] = piece.joint
            at += len(own)

    def printed(self, first: int, last: int) -> str:
        """Words first to last as the letter has them."""
        out = ""
        for number in range(first, last):
            text, word = self._from[number]
            is_next = number > first and self._from[number - 1][0] is text
            lead = text[self._from[number - 1][1].end : word.start] if is_next else " "
            out += f"{lead}{text[word.start : word.end]}"
        return " ".join(out.split())

    def joint(self, first: int, last: int) -> str:
        """Return what joins two places: "gap" before "own" before "" for neighbours."""
        found = {self.joints[place] for place in range(first, last + 1) if place in self.joints}
        return "gap" if "gap" in found else "own" if found else ""


def compare(quoted: Quoted, text: Text, *, to_sentence_end: bool = False) -> Comparison | None:
    """Compare a quotation with the most similar part of a text; None if no word agrees.

    Where its last words differ, as many words of the text are compared; with `to_sentence_end` the rest of the sentence.
    """
    return stands(quoted, text) or _aligned(quoted, text, to_sentence_end=to_sentence_end)


def ends_sentence(text: str, at: int) -> bool:
    """Return whether nothing of the sentence follows a place in a text (code points)."""
    rest = text[at : at + _TAIL]
    return not rest.strip() or bool(_SENTENCE_END.match(f"{rest} "))


def is_altered(quoted: Quoted, likeness: float) -> bool:
    """Return whether a quotation with so many words in common is taken from the text, with changes."""
    return likeness >= (ALIKE_FEW if len(quoted.keys) < FEW else ALIKE)


# -- as quoted --------------------------------------------------------------------------------------------------------


def stands(quoted: Quoted, text: Text) -> Comparison | None:
    """Return where a quotation stands in a text word for word; None if it does not."""
    firsts = _place(quoted, text)
    if firsts is None:
        return None
    lasts = [first + len(own) for first, own in zip(firsts, quoted.words, strict=True)]
    own = tuple(
        (piece.own, _printed(text, lasts[number - 1], firsts[number]))
        for number, piece in enumerate(quoted.pieces)
        if piece.own
    )
    start, end = text.words[firsts[0]].start, text.words[lasts[-1] - 1].end
    return Comparison(start=start, end=end, likeness=1, own=own, notes=_notes(quoted, text, firsts))


def _place(quoted: Quoted, text: Text) -> list[int] | None:
    """Return where each piece begins, as word numbers; None if the pieces do not stand there in order.

    Each place for a piece is tried once, because what follows depends on nothing before it. The search is given up after a
    number of steps: a few words may repeat again and again.
    """
    firsts: list[int] = []
    tried: set[tuple[int, int]] = set()
    walks = [_occurrences(quoted, 0, text, 0)]
    while walks and len(tried) < MOST_TRIED:
        first = next(walks[-1], None)
        if first is None:
            walks.pop()
            firsts = firsts[:-1]
            continue
        number, after = len(walks), first + len(quoted.words[len(walks) - 1])
        if number == len(quoted.words):
            return [*firsts, first]
        if (number, after) not in tried:
            tried.add((number, after))
            firsts.append(first)
            walks.append(_occurrences(quoted, number, text, after))
    return None


def _occurrences(quoted: Quoted, number: int, text: Text, at: int) -> Iterator[int]:
    """Yield the places where a piece may begin after `at`, looked up by the rarest of its words."""
    keys = [word.key for word in quoted.words[number]]
    piece = quoted.pieces[number]
    most = at + MOST_OWN if piece.joint in ("own", "gloss") else len(text.words)
    rarest = min(range(len(keys)), key=lambda place: len(text.places.get(keys[place], ())))
    places = text.places.get(keys[rarest], [])
    for order in range(bisect_left(places, at + rarest), len(places)):
        first = places[order] - rarest
        if first > most:
            return
        if text.keys[first : first + len(keys)] != keys:
            continue
        if piece.joint != "gloss" or _is_glossed(piece.own, text.keys[at:first]):
            yield first


def _is_glossed(gloss: str, keys: Sequence[str]) -> bool:
    """Return whether a gloss may stand for these words: for none, for the same, or as the acronym of a name."""
    own = [word.key for word in words(gloss) if word.key.isalnum()]
    if not keys or list(keys) == [word.key for word in words(gloss)]:
        return True
    if len(own) != 1 or not gloss.strip("()").isupper():
        return False
    left = iter(key[0] for key in keys)
    return all(letter in left for letter in own[0]) and len(keys) <= len(own[0]) + _SMALL_WORDS


def _printed(text: Text, first: int, last: int) -> str:
    """Words first to last as they stand in the text, on one line."""
    return " ".join(text.text[text.words[first].start : text.words[last - 1].end].split()) if first < last else ""


# -- what is no word --------------------------------------------------------------------------------------------------


def _notes(quoted: Quoted, text: Text, firsts: Sequence[int]) -> tuple[str, ...]:
    """Capitals, accents and punctuation that differ between words that are the same."""
    spelt: dict[str, None] = {}
    stops: dict[str, None] = {}
    for piece, own, first in zip(quoted.pieces, quoted.words, firsts, strict=True):
        for number, word in enumerate(own):
            there = text.words[first + number]
            if word.printed != there.printed and not (number == 0 and word.printed[1:] == there.printed[1:]):
                spelt[f'"{_as_written(text.text, there)}", quoted as "{_as_written(piece.text, word)}"'] = None
            if number and _between(piece.text, own, number) != _between(text.text, text.words, first + number):
                stops[f'before "{_as_written(text.text, there)}"'] = None
    notes = [f"Spelt otherwise in the record: {'; '.join(spelt)}."] if spelt else []
    return (*notes, *([f"Punctuation differs {', '.join(stops)}."] if stops else []))


def _as_written(text: str, word: Word) -> str:
    return text[word.start : word.end]


def _between(text: str, own: Sequence[Word], number: int) -> str:
    """Return the punctuation between a word and the one before, without typography."""
    return "".join(_PUNCTUATION.findall(text[own[number - 1].end : own[number].start]))


# -- with other words -------------------------------------------------------------------------------------------------


class _Step(NamedTuple):
    """A stretch that differs: words of the quotation, and of the text."""

    i1: int
    i2: int
    j1: int
    j2: int


def _aligned(quoted: Quoted, text: Text, *, to_sentence_end: bool) -> Comparison | None:
    """Compare a quotation with the most similar passage, with every place where words differ."""
    begin, end = _window(quoted.keys, text)
    blocks = _core([(a, b + begin, size) for a, b, size in _blocks(quoted.keys, text.keys[begin:end])], quoted)
    if not blocks:
        return None
    steps = _merged(list(_steps(blocks, quoted, text, to_sentence_end=to_sentence_end)), quoted)
    changes = tuple(
        WordChange(
            record=_printed(text, step.j1, step.j2),
            letter=quoted.printed(step.i1, step.i2),
            lead=_printed(text, max(step.j1 - _LEAD, 0), step.j1),
        )
        for step in steps
    )
    same = sum(size for _, _, size in blocks)
    cost = sum(max(step.i2 - step.i1, step.j2 - step.j1) for step in steps)
    first = min([blocks[0][1], *(step.j1 for step in steps if step.j1 < step.j2)])
    last = max([blocks[-1][1] + blocks[-1][2], *(step.j2 for step in steps)])
    return Comparison(
        start=text.words[first].start,
        end=text.words[last - 1].end,
        likeness=min(same / (same + cost), 0.999) if steps else 1,
        changes=changes,
        own=tuple(_own_words(blocks, quoted, text)),
    )


def _own_words(blocks: Iterable[tuple[int, int, int]], quoted: Quoted, text: Text) -> Iterator[tuple[str, str]]:
    """Return the writer's own words with what they stand for, where the words on both sides are those of the text."""
    there = {a + number: b + number for a, b, size in blocks for number in range(size)}
    first = 0
    for piece, own in zip(quoted.pieces, quoted.words, strict=True):
        before, after = there.get(first - 1), there.get(first)
        if piece.own and before is not None and after is not None and after - before - 1 <= MOST_OWN:
            yield piece.own, _printed(text, before + 1, after)
        first += len(own)


def _window(keys: Sequence[str], text: Text) -> tuple[int, int]:
    """Return the words of a long text with most of the quotation's word pairs."""
    total = len(text.words)
    if total <= LONGEST:
        return 0, total
    pairs = set(pairwise(keys))
    hits = [
        number
        for key in set(keys)
        for number in text.places.get(key, ())
        if number + 1 < total and (key, text.keys[number + 1]) in pairs
    ]
    hits.sort()
    best = max(range(len(hits)), key=lambda at: bisect_left(hits, hits[at] + LONGEST // 2) - at, default=None)
    begin = max(hits[best] - LONGEST // 4, 0) if best is not None else 0
    return begin, min(begin + LONGEST, total)


def _blocks(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Return the common blocks: the longest, and on both sides of it the nearest ones."""
    a, b, size = SequenceMatcher(None, left, right, autojunk=False).find_longest_match()
    if not size:
        return
    # Of words that come several times the first is taken, so what stands before is read from its end.
    before = SequenceMatcher(None, left[:a][::-1], right[:b][::-1], autojunk=False).get_matching_blocks()
    yield from ((a - i - n, b - j - n, n) for i, j, n in reversed(before) if n)
    yield a, b, size
    after = SequenceMatcher(None, left[a + size :], right[b + size :], autojunk=False).get_matching_blocks()
    yield from ((a + size + i, b + size + j, n) for i, j, n in after if n)


def _core(blocks: list[tuple[int, int, int]], quoted: Quoted) -> list[tuple[int, int, int]]:
    """Drop short blocks at both ends that are far from the others: they agree by chance."""
    while len(blocks) > 1 and _is_stray(blocks[0], blocks[0], blocks[1], quoted):
        blocks = blocks[1:]
    while len(blocks) > 1 and _is_stray(blocks[-1], blocks[-2], blocks[-1], quoted):
        blocks = blocks[:-1]
    return blocks


def _is_stray(
    block: tuple[int, int, int], left: tuple[int, int, int], right: tuple[int, int, int], quoted: Quoted
) -> bool:
    apart = right[1] - left[1] - left[2]
    is_tied = quoted.joint(left[0] + left[2], right[0]) == "gap"
    return block[2] <= _STRAY and apart > _FAR + (right[0] - left[0] - left[2]) and not is_tied


def _steps(
    blocks: Sequence[tuple[int, int, int]], quoted: Quoted, text: Text, *, to_sentence_end: bool
) -> Iterator[_Step]:
    """Return the differences between the blocks, except where a gap or the writer's own words stand.

    Before the first and after the last block, as many words of the same sentence are compared, or all until its end.
    """
    i, j = blocks[0][:2]
    if i:
        yield _Step(0, i, _within(text, j, max(j - i, 0)), j)
    i, j = i + blocks[0][2], j + blocks[0][2]
    for a, b, size in blocks[1:]:
        joint = quoted.joint(i, a)
        if joint == "gap" or (joint == "own" and b - j <= MOST_OWN):
            if a > i:
                yield _Step(i, a, j, j)
        elif a > i or b > j:
            yield _Step(i, a, j, b)
        i, j = a + size, b + size
    left = len(quoted.keys) - i
    if left:
        last = _rest_of_sentence(text, j) if to_sentence_end else None
        yield _Step(i, i + left, j, last or _within(text, j, min(j + left, len(text.words))))


def _rest_of_sentence(text: Text, first: int) -> int | None:
    """Return where the sentence of a word ends; None if that is far."""
    far = min(first + _LONG_REST, len(text.words))
    end = _within(text, first, far)
    return end if end < far or far == len(text.words) else None


def _within(text: Text, near: int, far: int) -> int:
    """Return how far a sentence reaches from one word towards another."""
    step = 1 if far > near else -1
    for number in range(near, far, step):
        first, second = (number - 1, number)
        if first >= 0 and second < len(text.words):
            between = text.text[text.words[first].end : text.words[second].start]
            if _SENTENCE_END.search(between):
                return number
    return far


def _merged(steps: Sequence[_Step], quoted: Quoted) -> list[_Step]:
    """Join changes with a single word between them: two words that changed places are one change."""
    found: list[_Step] = []
    for step in steps:
        last = found[-1] if found else None
        is_near = last and step.i1 - last.i2 <= 1 and step.j1 - last.j2 <= 1
        if last and is_near and not quoted.joint(last.i2, step.i1):
            found[-1] = _Step(last.i1, step.i2, last.j1, step.j2)
        else:
            found.append(step)
    return found
