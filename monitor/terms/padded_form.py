"""Search form of one part, padded with spaces, and the way back from its words to the plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.text.search_form import TAIL

if TYPE_CHECKING:
    from collections.abc import Sequence

_PADDED_TAIL: Final = f" {TAIL} "
_BREAKS: Final = frozenset({"", ".", "|", "\n", TAIL})

_BEFORE: Final = frozenset(' ("[\u201c')
_AFTER: Final = frozenset(' ,;:)"]!?\u201d')
_BETWEEN: Final = ' ,(")\u201c\u201d'


class PaddedForm:
    """Search form with a space at both ends, so that each of its words stands between spaces."""

    __slots__ = ("_lines", "_tail", "padded")

    def __init__(self, form: str) -> None:
        self.padded: Final = f" {form} "
        self._tail = -1
        self._lines: dict[int, list[str]] = {}

    @property
    def tail(self) -> int:
        """Place where the tail begins; the end of a form without a tail."""
        if self._tail < 0:
            tail = self.padded.find(_PADDED_TAIL)
            self._tail = tail if tail >= 0 else len(self.padded)
        return self._tail

    def words_before(self, start: int, count: int) -> int:
        """Return the place of the word that stands so many words before another in the main part."""
        if start < self.tail:
            for _ in range(count):
                start = self.padded.rfind(" ", 0, start)
        return start

    def line_of(self, start: int) -> int:
        """Return the number of the line that holds a place of the main part."""
        return self.padded.count("\n", 0, start)

    def line(self, number: int) -> list[str]:
        """Return the words, marks and breaks of a line by its number."""
        return self.padded[: self.tail].split("\n")[number].strip(" ").split(" ")

    def line_at(self, start: int) -> tuple[list[str], int]:
        """Return the words, marks and breaks of the line that holds a place, and the number of the next one there.

        All who ask for a line get the same list, which must not be changed.
        """
        begin = max(self.padded.rfind("\n", 0, start) + 2, 1)
        words = self._lines.get(begin)
        if words is None:
            end = self.padded.find(" \n", start, self.tail)
            words = self._lines[begin] = self.padded[begin : end if end >= 0 else self.tail].split(" ")
        return words, self.padded.count(" ", begin, start + 1)


def token_number(words: list[str], index: int) -> int:
    """Return the number of a word among the tokens of its line: breaks are no tokens."""
    before = words[:index]
    return index - before.count(".") - before.count("|")


def may_be_joined(word: str, form: PaddedForm) -> bool:
    """Return whether a word may be two neighbouring words of the main part, joined. False is certain."""
    padded = form.padded
    return any(
        padded.find(f" {word[:cut]} {word[cut : cut + 2]}", 0, form.tail) >= 0 for cut in range(2, len(word) - 1)
    )


def may_go_on(form: PaddedForm, begin: int, end: int, *, backwards: bool = False) -> bool:
    """Return whether a phrase may go on where another word than its own stands in the main part. False is certain.

    It may go on over a mark, and where the word and the next one (backwards: the one before) are one word when joined.
    """
    padded = form.padded
    word = padded[begin:end]
    if word in _BREAKS:
        return False
    if not word[0].isalnum():
        return True
    if backwards:
        return padded.find(f"{padded[begin - 3 : begin - 1]}{word} ", form.tail) >= 0
    return padded.find(f" {word}{padded[end + 1 : end + 3]}", form.tail) >= 0


# -- from the form back to the text -----------------------------------------------------------------------------------
#
# Nearly all words stand in the text as in the form, apart from capitals, with a space or a plain mark on either side. They
# are found without reading the text word by word. In all other cases the functions return None, and the text is read.


def locate_words(line: str, words: Sequence[str], first: int, count: int) -> tuple[int, int] | None:
    """Locate `count` words of a form in their line of text: start and end.

    `words` are all words and breaks of the line's form, `first` is the number of the first word to locate. Return None if
    the line must be read to know.
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
        if not (word.isalnum() and small.startswith(word, begin) and _ends_word(small, end)):
            return None
    return start, end


def locate_capitals(line: str, words: Sequence[str], word: str) -> list[tuple[int, int, int]] | None:
    """Locate a word in capitals in a line of text: start, end, and its number among the words and breaks of the form.

    Return None if the line must be read to know: its form holds the plural of the word, or not as many of the word as the
    line does.
    """
    small = line.lower()
    if not word.isalnum() or len(small) != len(line) or f"{word}s" in words:
        return None
    starts = _whole_words(small, word)
    numbers = [number for number, other in enumerate(words) if other == word]
    if starts is None or len(starts) != len(numbers):
        return None
    found = [(start, start + len(word), number) for start, number in zip(starts, numbers, strict=True)]
    return [place for place in found if line[place[0] : place[1]].isupper()]


def _whole_words(small: str, word: str) -> list[int] | None:
    """Return the places of a word outside of longer words; None if a character beside it may belong to it."""
    found = []
    length = len(word)
    place = small.find(word)
    while place >= 0:
        before, after = small[place - 1 : place], small[place + length : place + length + 1]
        if not (before.isalnum() or after.isalnum()):
            if (before and before not in _BEFORE) or not _ends_word(small, place + length):
                return None
            found.append(place)
        place = small.find(word, place + length)
    return found


def _ends_word(small: str, end: int) -> bool:
    """Return whether a word surely ends there: before a space or mark, or before the full stop of a sentence."""
    after = small[end : end + 1]
    if after == ".":
        return small[end + 1 : end + 2] in ("", " ")
    return not after or after in _AFTER
