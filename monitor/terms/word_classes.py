"""Word classes: words that are one and the same for some phrase, each class named by a character.

In these characters a text is read in its canonical form (`canonical_prefilter`).
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Final

from monitor.text.search_form import TAIL
from monitor.text.word_forms import begun_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

OTHER: Final = "\x00"
"""Character of a word that is in no phrase."""

TAIL_CHARACTER: Final = "\x01"
"""Character of the sign before each entry of the tail."""

_FIRST_CHARACTER: Final = 0x100
_SURROGATES: Final = range(0xD800, 0xE000)
"""Characters that no text holds alone."""

_MOST_REMEMBERED: Final = 100_000
"""Most words that are remembered."""


class WordClasses:
    """Words that are one and the same for some phrase, each class named by a character."""

    def __init__(self, alike: Iterable[frozenset[str]], beginnings: Iterable[str]) -> None:
        members: dict[str, set[str]] = {}
        for words in dict.fromkeys(alike):
            merged = set(words).union(*(members.get(word, ()) for word in words))
            members.update(dict.fromkeys(merged, merged))
        character_of: dict[int, str] = {}  # by the identity of a class: its members share one set
        names = _unused_characters()
        self._known: dict[str, str] = {TAIL: TAIL_CHARACTER}
        for word, others in members.items():
            if id(others) not in character_of:
                character_of[id(others)] = next(names)
            self._known[word] = character_of[id(others)]
        self._sizes = {character_of[id(others)]: len(others) for others in members.values()}
        self._beginnings = {beginning: next(names) for beginning in sorted(set(beginnings))}
        self._sorted = sorted([*members, *self._beginnings])

    def reader(self) -> Mapping[str, str]:
        """Return a mapping of all words to their characters."""
        return _Reader(self._known, self._beginnings)

    def needle(self, words: Sequence[frozenset[str]]) -> str:
        """Return the needle of a phrase, given the forms of each of its words."""
        return "".join(self._known[next(iter(forms))] for forms in words)

    def is_exact(self, words: Sequence[frozenset[str]], needle: str) -> bool:
        """Return whether a needle stands for these forms and no others. Not all that find each other find the same."""
        return all(self._sizes[character] == len(forms) for forms, character in zip(words, needle, strict=True))

    def begun_with(self, beginnings: Iterable[str]) -> dict[str, bool]:
        """Return the characters of all words that begin so, and whether all words of the character do."""
        begun = {word for beginning in beginnings for word in begun_with(beginning, self._sorted)}
        counts = Counter(table[word] for table in (self._known, self._beginnings) for word in begun if word in table)
        return {character: number == self._sizes.get(character, 1) for character, number in sorted(counts.items())}


class _Reader(dict[str, str]):
    """Characters of the words that were read, which are few beside all that are known.

    A word of no phrase is named by the longest beginning that it has.
    """

    def __init__(self, known: Mapping[str, str], beginnings: Mapping[str, str]) -> None:
        super().__init__()
        self._known = known
        self._beginnings = beginnings
        self._lengths = sorted({len(beginning) for beginning in beginnings}, reverse=True)

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        character = self._known.get(word)
        if character is None:
            begun = (self._beginnings.get(word[:length]) for length in self._lengths)
            character = next(filter(None, begun), OTHER)
        self[word] = character
        return character


def _unused_characters() -> Iterator[str]:
    return (chr(number) for number in count(_FIRST_CHARACTER) if number not in _SURROGATES)
