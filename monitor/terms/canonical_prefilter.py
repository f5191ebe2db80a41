"""Prefilter for long lists of terms: a text is read in a canonical form, in which a phrase is one needle.

In the canonical form each word is one character, and all forms in which a phrase finds a word are the same one. "Water
companies" and "water company's" are the same two characters. So a phrase is one needle for each way to say it, however many
forms its words have, and a needle that is found nearly always is a phrase that stands there.

Reading a text this way takes longer than looking for the needles of a short list in its search form (`prefilter`). It pays
from ten thousand phrases on: of these many begin alike, and each would be a candidate.
"""

from __future__ import annotations

from array import array
from functools import cache
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.prefilter import Candidate, Prefilter
from monitor.terms.requirements import forms_of_word
from monitor.terms.word_classes import TAIL_CHARACTER, WordClasses

try:
    import ahocorasick_rs
except ImportError:  # it has no wheel for musl
    ahocorasick_rs = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from monitor.terms.compiled_phrase import CompiledPhrase, Way
    from monitor.terms.padded_form import PaddedForm

MANY_PHRASES: Final = 10_000
"""Phrases from which on the canonical form pays."""

_LONG: Final = 3
"""Words from which on a phrase is not found as a whole where it passes over a mark."""

_NOT_ASKED, _NOTHING, _ALL = -1, -2, -3
"""Meaning of a needle for its phrases: not worked out yet, nothing sure, all of them count."""


def prefilter_for(phrases: Sequence[CompiledPhrase], suffices: bytes) -> Prefilter | CanonicalPrefilter:
    """Return the prefilter that is faster for so many phrases."""
    if ahocorasick_rs is None or len(phrases) < MANY_PHRASES:
        return Prefilter(dict(enumerate(phrases)))
    return CanonicalPrefilter(phrases, suffices)


class _LookedUp:
    """Needles of the phrases, by their numbers.

    Attributes:
        acronyms: Ways to say the phrases that are an acronym and nothing else.
        ways: Ways to say the other phrases that have a few, each with the forms of its words.
        pieces: Words, or neighbours, of which one stands in every text with the phrase: of one with a sign.
        beginnings: The beginnings of a word with a star.
        others: Phrases in which a star stands beside other words.
    """

    def __init__(self, phrases: Sequence[CompiledPhrase]) -> None:
        self.acronyms: dict[int, tuple[Way, ...]] = {}
        self.ways: dict[int, tuple[Way, ...]] = {}
        self.pieces: dict[int, list[tuple[frozenset[str], ...]]] = {}
        self.beginnings: dict[int, tuple[str, ...]] = {}
        self.others: dict[int, CompiledPhrase] = {}
        forms_of = cache(forms_of_word)  # lists are longer than what is remembered of word forms
        for number, phrase in enumerate(phrases):
            if ways := phrase.ways(forms_of):
                (self.acronyms if phrase.is_acronym else self.ways)[number] = ways
            elif beginnings := phrase.beginnings():
                self.beginnings[number] = beginnings
            elif all(needle.endswith(" ") for needle in phrase.needles):
                pieces = map(str.split, phrase.needles)
                self.pieces[number] = [tuple(frozenset({word}) for word in piece) for piece in pieces]
            else:
                self.others[number] = phrase

    def alike(self) -> Iterator[frozenset[str]]:
        """Iterate over the sets of words that a phrase takes for one another."""
        ways = chain(*self.acronyms.values(), *self.ways.values())
        return chain(*(way.words for way in ways), *chain(*self.pieces.values()))

    def needles_of_pieces(self, classes: WordClasses) -> Iterator[tuple[int, str]]:
        """Iterate over the phrases with pieces and the needles of these."""
        for number, pieces in self.pieces.items():
            yield from ((number, needle) for needle in sorted(set(map(classes.needle, pieces))))

    def needles_of_beginnings(self, classes: WordClasses) -> Iterator[tuple[int, str, bool]]:
        """Iterate over the words with a star and the characters of words that begin so. True: all its words begin so."""
        for number, beginnings in self.beginnings.items():
            for character, is_exact in classes.begun_with(beginnings).items():
                yield number, character, is_exact


class _Reading(NamedTuple):
    """A form in the canonical form: its words, a character for each, and the place in these where its tail begins.

    `hits`: number of a needle, first character and the one after the last.
    """

    words: list[str]
    text: str
    tail: int
    hits: list[tuple[int, int, int]]


class CanonicalPrefilter:
    """Needles of all phrases in the canonical form, in one Aho-Corasick automaton.

    A phrase in which a star stands beside other words is left to `Prefilter`. `suffices` tells of each phrase whether it is
    enough to know that it stands in a text where it counts.
    """

    def __init__(self, phrases: Sequence[CompiledPhrase], suffices: bytes) -> None:
        self._phrases = phrases
        self._suffices = suffices
        looked_up = _LookedUp(phrases)
        classes = WordClasses(looked_up.alike(), chain(*looked_up.beginnings.values()))
        # Numbers of phrases by their needle: ~number where others have the needle too, so that it alone tells not enough.
        numbers_of: dict[str, list[int]] = {}
        for number, (way,) in looked_up.acronyms.items():
            numbers_of.setdefault(classes.needle(way.words), []).append(number)
        self._acronyms: Final = len(numbers_of)  # their needles come first, and are found in the tail alone
        # By ways or beginnings it is told then; without them, by the phrase.
        self._ways: dict[int, tuple[Way, ...]] = {}
        self._beginnings = looked_up.beginnings
        for number, ways in looked_up.ways.items():
            needles = [classes.needle(way.words) for way in ways]
            is_sure = all(
                way.is_sure and classes.is_exact(way.words, needle) for way, needle in zip(ways, needles, strict=True)
            )
            for needle in dict.fromkeys(needles):
                numbers_of.setdefault(needle, []).append(number if is_sure else ~number)
            if not is_sure:
                self._ways[number] = ways
        self._long_by_pair = _long_by_pair(numbers_of)
        for number, needle in looked_up.needles_of_pieces(classes):
            numbers_of.setdefault(needle, []).append(~number)
        for number, needle, is_exact in looked_up.needles_of_beginnings(classes):
            numbers_of.setdefault(needle, []).append(number if is_exact else ~number)
        self._others = Prefilter(looked_up.others)
        self._read = classes.reader()
        self._numbers = [tuple(numbers) for numbers in numbers_of.values()]
        self._tells = array("i", [_NOT_ASKED]) * len(self._numbers)
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
        read = self._reading(form)
        found = self._candidates(form, read, read.hits, is_heading=is_heading)
        return self._others.candidates(form, is_heading=is_heading) + found

    def evidence(
        self, form: PaddedForm, count_from: Callable[[PaddedForm], int], *, is_heading: bool
    ) -> tuple[Collection[int], list[Candidate]]:
        """Find the phrases of `suffices` that surely count, by their numbers, and the places where others may stand.

        Before word number `count_from(form)` phrases may not count. Most of what stands in a text is found in this way,
        without a look at each place.
        """
        read = self._reading(form)
        sure: set[int] = set()
        rest = read.hits
        if rest and not is_heading:
            rest = self._rest(read, count_from(form), sure)
        found = self._others.candidates(form, is_heading=is_heading)
        return sure, found + self._candidates(form, read, rest, is_heading=is_heading, known=sure)

    def _rest(self, read: _Reading, first_counted: int, sure: set[int]) -> list[tuple[int, int, int]]:
        """Return the hits that alone do not tell that a phrase counts. Phrases that others tell are added to `sure`."""
        rest: list[tuple[int, int, int]] = []
        tells, tail = self._tells, read.tail
        # The tail does not say where an acronym stands: it may be among the words that do not count.
        acronyms = 0 if first_counted else self._acronyms
        for hit in read.hits:
            needle, first, _ = hit
            told = _NOTHING
            if first_counted <= first < tail or needle < acronyms:
                told = tells[needle]
                if told == _NOT_ASKED:
                    told = tells[needle] = self._what_tells(needle)
            if told >= 0:
                sure.add(told)
            elif told == _ALL:
                sure.update(self._numbers[needle])
            else:
                rest.append(hit)
        return rest

    def _what_tells(self, needle: int) -> int:
        """Return the number of the phrase that surely counts where a needle stands; or `_ALL`, or `_NOTHING`."""
        numbers = self._numbers[needle]
        if not all(
            number >= 0 and self._suffices[number] and not self._phrases[number].may_be_part_of_a_name
            for number in numbers
        ):
            return _NOTHING
        return numbers[0] if len(numbers) == 1 else _ALL

    def _reading(self, form: PaddedForm) -> _Reading:
        words = form.padded[1:-1].split(" ")
        text = "".join(map(self._read.__getitem__, words))
        end = text.find(TAIL_CHARACTER)
        hits = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return _Reading(words, text, end if end >= 0 else len(text), hits)

    def _candidates(
        self,
        form: PaddedForm,
        read: _Reading,
        hits: Sequence[tuple[int, int, int]],
        *,
        is_heading: bool,
        known: Collection[int] = (),
    ) -> list[Candidate]:
        """Return the candidates of needles that were found. Phrases of `known` need none."""
        found: list[Candidate] = []
        lengths = [0, *accumulate(map(len, read.words))] if hits else []
        for needle, first, after in hits:
            start = lengths[first] + first
            words = 0 if first >= read.tail else after - first
            for noted in self._numbers[needle]:
                number = noted if noted >= 0 else ~noted
                if number in known:
                    continue
                stands: bool | None = True
                if is_heading:
                    stands = None
                elif first >= read.tail:
                    stands = self._stands_in_tail(number, form, start)
                elif noted < 0:
                    stands = self._stands_at(number, form, start, read.words[first:])
                if stands is not False:
                    found.append(Candidate(number, start, stands is True, words))
        if read.tail < len(read.text) and self._long_by_pair:
            across = self._across_marks(read.text, read.tail)
            found += [Candidate(number, form.tail, is_sure=False) for number in across if number not in known]
        return found

    def _stands_in_tail(self, number: int, form: PaddedForm, start: int) -> bool | None:
        """Return whether a phrase stands where the tail has its needle. Of two words there, only the text tells more."""
        phrase = self._phrases[number]
        return None if phrase.is_plain and len(phrase.phrase.words) > 1 else phrase.stands_at(form, start, 0)

    def _stands_at(self, number: int, form: PaddedForm, start: int, words: Sequence[str]) -> bool | None:
        """Return whether a phrase stands where its needle was found, which others have too. `words` begin there."""
        if (beginnings := self._beginnings.get(number)) is not None:
            return words[0].startswith(beginnings)
        if (ways := self._ways.get(number)) is None:
            return self._phrases[number].stands_at(form, start, 0)
        standing = [way.is_sure for way in ways if way.fits(words)]
        return any(standing) or (None if standing else False)

    def _across_marks(self, text: str, tail: int) -> set[int]:
        """Return the longer phrases that may pass over marks, hyphens or the colon of a heading.

        Two of their words then are neighbours in the tail, and all others somewhere in the form.
        """
        found: set[int] = set()
        for pair in self._long_by_pair.keys() & text[tail + 1 :].split(TAIL_CHARACTER):
            for needle, numbers in self._long_by_pair[pair]:
                for place in range(len(needle) - 1):
                    if needle[place : place + 2] not in text:
                        break
                else:
                    found.update(numbers)
        return found


def _long_by_pair(numbers_of: Mapping[str, Iterable[int]]) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
    """Return the needles of three words and more, with their phrases, by each pair of neighbours."""
    by_pair: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
    for needle, noted in numbers_of.items():
        if len(needle) >= _LONG:
            numbers = tuple(max(number, ~number) for number in noted)
            for left, right in pairwise(needle):
                by_pair.setdefault(left + right, []).append((needle, numbers))
    return by_pair
