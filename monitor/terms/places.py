"""Where words that a search form names stand in the plain text, found without reading it word by word.

That is so for nearly all words: they stand in the text as in the form, but for capitals, with a space or a plain mark on
either side. Wherever there is any doubt the answer is None, and the text is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_BEFORE: Final = frozenset(' ("[\u201c')
_AFTER: Final = frozenset(' ,;:)"]!?\u201d')
_BETWEEN: Final = ' ,(")\u201c\u201d'


def find_place(line: str, words: Sequence[str], first: int, count: int) -> tuple[int, int] | None:
    """Start and end in a line of `count` words from the `first` on, of all words and breaks that its form has.

    None where the line must be read to know.
    """
    word = words[first]
    small = line.lower()
    if not word.isalnum() or len(small) != len(line):  # some letters grow when they are made small
        return None
    places = _whole_words(small, word)
    if places is None or len(places) != words.count(word):
        return None
    start = places[words[:first].count(word)]
    end = start + len(word)
    for word in words[first + 1 : first + count]:
        begin = end
        while small[begin : begin + 1] in _BETWEEN and begin < len(small):
            begin += 1
        end = begin + len(word)
        if not (word.isalnum() and small.startswith(word, begin) and _is_end(small, end)):
            return None
    return start, end


def capital_places(line: str, words: Sequence[str], word: str) -> list[tuple[int, int, int]] | None:
    """Where a word stands in capitals in a line: start, end, and which of the words and breaks of its form it is.

    None where the line must be read to know: it holds the word's plural, or not as many of it as its form.
    """
    small = line.lower()
    if not word.isalnum() or len(small) != len(line) or f"{word}s" in words:
        return None
    starts = _whole_words(small, word)
    numbers = [number for number, one in enumerate(words) if one == word]
    if starts is None or len(starts) != len(numbers):
        return None
    found = [(start, start + len(word), number) for start, number in zip(starts, numbers, strict=True)]
    return [place for place in found if line[place[0] : place[1]].isupper()]


def _whole_words(small: str, word: str) -> list[int] | None:
    """Where a word stands, but within longer ones; None where what stands beside it may be part of it."""
    found = []
    length = len(word)
    place = small.find(word)
    while place >= 0:
        before, after = small[place - 1 : place], small[place + length : place + length + 1]
        if not (before.isalnum() or after.isalnum()):
            if (before and before not in _BEFORE) or not _is_end(small, place + length):
                return None
            found.append(place)
        place = small.find(word, place + length)
    return found


def _is_end(small: str, end: int) -> bool:
    """Whether a word surely ends there: before a space or mark, or a full stop that ends more than it."""
    after = small[end : end + 1]
    if after == ".":
        return small[end + 1 : end + 2] in ("", " ")
    return not after or after in _AFTER
