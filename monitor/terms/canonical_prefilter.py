"""Prefilter for long lists of terms: a text is read in a canonical form, in which a phrase is one needle.

In the canonical form each word is one character, and all forms in which a phrase finds a word are the same one. "Water
companies" and "water company's" are the same two characters. So a phrase is one needle, however many forms it has, and a
needle that is found nearly always is a phrase that stands there.

Reading a text this way takes longer than looking for the needles of a short list in its search form (`prefilter`). It pays
from ten thousand phrases on: of these many begin alike, and each would be a candidate.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from itertools import accumulate, chain, count, islice, pairwise, takewhile
from typing import TYPE_CHECKING, Final

from monitor.terms.prefilter import Candidate, Prefilter
from monitor.terms.requirements import forms_of_word
from monitor.text.search_form import TAIL

try:
    import ahocorasick_rs
except ImportError:  # it has no wheel for musl
    ahocorasick_rs = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.terms.compiled_phrase import CompiledPhrase
    from monitor.terms.padded_form import PaddedForm

MANY_PHRASES: Final = 10_000
"""Phrases from which on the canonical form pays."""

_OTHER, _TAIL = "\x00", "\x01"
"""Characters of a word that is in no phrase, and of the sign before each entry of the tail."""

_FIRST_CHARACTER: Final = 0x100
_SURROGATES: Final = range(0xD800, 0xE000)
"""Characters that no text holds alone."""

_MOST_REMEMBERED: Final = 100_000
"""Most words of no phrase that are remembered."""

_LONG: Final = 3
"""Words from which on a phrase is not found as a whole where it passes over a mark."""


def prefilter_for(phrases: Sequence[CompiledPhrase]) -> Prefilter | CanonicalPrefilter:
    """Return the prefilter that is faster for so many phrases."""
    if ahocorasick_rs is None or len(phrases) < MANY_PHRASES:
        return Prefilter(dict(enumerate(phrases)))
    return CanonicalPrefilter(phrases)


class WordClasses:
    """Words that are one and the same for some phrase, each class named by a character."""

    def __init__(self, alike: Iterable[frozenset[str]], beginnings: Iterable[str]) -> None:
        members: dict[str, set[str]] = {}
        for words in dict.fromkeys(alike):
            merged = set(words).union(*(members.get(word, ()) for word in words))
            members.update(dict.fromkeys(merged, merged))
        character_of: dict[int, str] = {}  # by the identity of a class: its members share one set
        names = _unused_characters()
        self._known: dict[str, str] = {TAIL: _TAIL}
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

    def begun_with(self, beginning: str) -> set[str]:
        """Return the characters of all words that begin so."""
        first = bisect_left(self._sorted, beginning)
        begun = list(takewhile(lambda word: word.startswith(beginning), islice(self._sorted, first, None)))
        return {table[word] for table in (self._known, self._beginnings) for word in begun if word in table}


class _Reader(dict[str, str]):
    """Characters of words. A word of no phrase is named by the longest beginning that it has, and remembered."""

    def __init__(self, known: Mapping[str, str], beginnings: Mapping[str, str]) -> None:
        super().__init__(known)
        self._known = known
        self._beginnings = beginnings
        self._lengths = sorted({len(beginning) for beginning in beginnings}, reverse=True)

    def __missing__(self, word: str) -> str:
        if len(self) >= len(self._known) + _MOST_REMEMBERED:
            self.clear()
            self.update(self._known)
        begun = (self._beginnings.get(word[:length]) for length in self._lengths)
        self[word] = next(filter(None, begun), _OTHER)
        return self[word]


def _unused_characters() -> Iterator[str]:
    return (chr(number) for number in count(_FIRST_CHARACTER) if number not in _SURROGATES)


class _LookedUp:
    """Needles of the phrases, by their numbers.

    Attributes:
        words: The forms of each word, of a plain phrase without a star.
        pieces: Words, or neighbours, of which one stands in every text with the phrase: of one that can be found in other
            words too.
        beginnings: The beginnings of a word with a star.
        others: Phrases in which a star stands beside other words.
    """

    def __init__(self, phrases: Sequence[CompiledPhrase]) -> None:
        self.words: dict[int, tuple[frozenset[str], ...]] = {}
        self.pieces: dict[int, list[tuple[frozenset[str], ...]]] = {}
        self.beginnings: dict[int, tuple[str, ...]] = {}
        self.others: dict[int, CompiledPhrase] = {}
        forms_of = cache(forms_of_word)  # lists are longer than what is remembered of word forms
        for number, phrase in enumerate(phrases):
            if words := phrase.forms_by_word(forms_of):
                self.words[number] = words
            elif beginnings := phrase.beginnings():
                self.beginnings[number] = beginnings
            elif all(needle.endswith(" ") for needle in phrase.needles):
                pieces = map(str.split, phrase.needles)
                self.pieces[number] = [tuple(frozenset({word}) for word in piece) for piece in pieces]
            else:
                self.others[number] = phrase

    def alike(self) -> Iterator[frozenset[str]]:
        """Iterate over the sets of words that a phrase takes for one another."""
        return chain(*self.words.values(), *chain(*self.pieces.values()))

    def needles_of_pieces(self, classes: WordClasses) -> Iterator[tuple[int, str]]:
        """Iterate over the phrases with pieces and the needles of these."""
        for number, pieces in self.pieces.items():
            yield from ((number, needle) for needle in sorted(set(map(classes.needle, pieces))))

    def needles_of_beginnings(self, classes: WordClasses) -> Iterator[tuple[int, str]]:
        """Iterate over the words with a star and the characters of the words that begin so."""
        for number, beginnings in self.beginnings.items():
            characters = set().union(*map(classes.begun_with, beginnings))
            yield from ((number, character) for character in sorted(characters))


class CanonicalPrefilter:
    """Needles of all phrases in the canonical form, in one Aho-Corasick automaton.

    A phrase in which a star stands beside other words is left to `Prefilter`.
    """

    def __init__(self, phrases: Sequence[CompiledPhrase]) -> None:
        self._phrases = phrases
        looked_up = _LookedUp(phrases)
        classes = WordClasses(looked_up.alike(), chain(*looked_up.beginnings.values()))
        numbers_of: dict[str, list[int]] = {}
        # The phrases whose needles others have too: what must stand there is told by these words, or by the phrase itself.
        self._to_check: dict[int, tuple[frozenset[str], ...]] = {}
        for number, words in looked_up.words.items():
            needle = classes.needle(words)
            numbers_of.setdefault(needle, []).append(number)
            if phrases[number].has_acronym or not classes.is_exact(words, needle):
                self._to_check[number] = words
        self._long_by_pair = _long_by_pair(numbers_of)
        for number, needle in chain(looked_up.needles_of_pieces(classes), looked_up.needles_of_beginnings(classes)):
            numbers_of.setdefault(needle, []).append(number)
            self._to_check[number] = ()
        self._others = Prefilter(looked_up.others)
        self._read = classes.reader()
        self._numbers = [tuple(numbers) for numbers in numbers_of.values()]
        self._automaton = ahocorasick_rs.AhoCorasick(
            list(numbers_of),
            matchkind=ahocorasick_rs.MatchKind.Standard,
            store_patterns=False,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        )

    def candidates(self, form: PaddedForm, *, is_heading: bool) -> list[Candidate]:
        """Find the places where phrases may stand. A phrase without a candidate stands nowhere in the text.

        In a heading phrases run across the breaks of its form, so that only the text can tell.
        """
        found = self._others.candidates(form, is_heading=is_heading)
        words = form.padded[1:-1].split(" ")
        text = "".join(map(self._read.__getitem__, words))
        hits = self._automaton.find_matches_as_indexes(text, overlapping=True)
        end = text.find(_TAIL)
        tail = end if end >= 0 else len(text)
        lengths = [0, *accumulate(map(len, words))] if hits else []
        for needle, first, _ in hits:
            start = lengths[first] + first
            for number in self._numbers[needle]:
                stands: bool | None = True
                if is_heading:
                    stands = None
                elif first >= tail:
                    stands = self._stands_in_tail(number, form, start)
                elif number in self._to_check:
                    stands = self._stands_at(number, form, start, words[first:])
                if stands is not False:
                    found.append(Candidate(number, start, stands is True))
        if end >= 0 and self._long_by_pair:
            found += self._across_marks(text, tail, form.tail)
        return found

    def _stands_in_tail(self, number: int, form: PaddedForm, start: int) -> bool | None:
        """Return whether a phrase stands where the tail has its needle. Of two words there, only the text tells more."""
        phrase = self._phrases[number]
        return None if phrase.is_plain and len(phrase.phrase.words) > 1 else phrase.stands_at(form, start, 0)

    def _stands_at(self, number: int, form: PaddedForm, start: int, words: Sequence[str]) -> bool | None:
        """Return whether a phrase stands where its needle was found, which others have too. `words` begin there."""
        phrase = self._phrases[number]
        forms_by_word = self._to_check[number]
        if not forms_by_word:
            return phrase.stands_at(form, start, 0)
        if not all(word in forms for word, forms in zip(words, forms_by_word, strict=False)):
            return False
        return None if phrase.has_acronym else True

    def _across_marks(self, text: str, tail: int, start: int) -> Iterator[Candidate]:
        """Iterate over the longer phrases that may pass over marks, hyphens or the colon of a heading.

        Two of their words then are neighbours in the tail, and all others somewhere in the form.
        """
        pairs = self._long_by_pair.keys() & text[tail + 1 :].split(_TAIL)
        for needle, numbers in dict(long for pair in pairs for long in self._long_by_pair[pair]).items():
            if all(f"{left}{right}" in text for left, right in pairwise(needle)):
                yield from (Candidate(number, start, is_sure=False) for number in numbers)


def _long_by_pair(numbers_of: dict[str, list[int]]) -> dict[str, list[tuple[str, list[int]]]]:
    """Return the needles of three words and more, with their phrases, by each pair of neighbours."""
    by_pair: dict[str, list[tuple[str, list[int]]]] = {}
    for needle, numbers in numbers_of.items():
        if len(needle) >= _LONG:
            for left, right in pairwise(needle):
                by_pair.setdefault(left + right, []).append((needle, numbers))
    return by_pair
