"""Prefilter: the phrases that may stand in a search form, found in one pass however many phrases there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import ahocorasick

from monitor.terms.padded_form import PaddedForm, may_go_on

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from monitor.terms.compiled_phrase import CompiledPhrase


class Candidate(NamedTuple):
    """A place where a phrase may stand.

    Attributes:
        phrase: The number of the phrase.
        start: The place of its first word in the padded form; of any of its words where it is not sure.
        is_sure: The phrase is known to stand there.
        words: The number of its words there; 0 if it may stand near, or if this is not known.
    """

    phrase: int
    start: int
    is_sure: bool
    words: int = 0


class Prefilter:
    """Needles of phrases by their numbers, in one Aho-Corasick automaton."""

    def __init__(self, phrases: Mapping[int, CompiledPhrase]) -> None:
        self._phrases = phrases
        numbers_of: dict[str, list[int]] = {}
        for number, phrase in phrases.items():
            for needle in phrase.needles:
                numbers_of.setdefault(needle, []).append(number)
        self._automaton = ahocorasick.Automaton()
        for needle_number, needle in enumerate(numbers_of):
            self._automaton.add_word(needle, needle_number)
        self._automaton.make_automaton()
        self._needles: list[tuple[int, tuple[int, ...] | _NeedlePhrases]] = [
            (len(needle), _NeedlePhrases(numbers, phrases) if len(numbers) > 1 else tuple(numbers))
            for needle, numbers in numbers_of.items()
        ]

    def candidates(self, form: PaddedForm, *, is_heading: bool) -> list[Candidate]:
        """Find the places where phrases may stand. A phrase without a candidate stands nowhere in the text."""
        if not self._needles:  # an empty automaton refuses to search
            return []
        found: list[Candidate] = []
        needles, phrases, tail = self._needles, self._phrases, form.tail
        for last, needle in self._automaton.iter(form.padded):
            length, owners = needles[needle]
            end = last + 1
            start = end - length
            numbers: Iterable[int]
            if isinstance(owners, tuple):
                numbers = owners
            elif is_heading or start >= tail:
                numbers = owners.all
            else:
                numbers = owners.that_fit(form, start, end)
            for number in numbers:
                # In a heading phrases run across the breaks of its form, so that only the text can tell.
                phrase = phrases[number]
                stands = None if is_heading else phrase.stands_at(form, start, phrase.place)
                if stands:
                    found.append(Candidate(number, form.words_before(start, phrase.place), is_sure=True))
                elif stands is None:
                    found.append(Candidate(number, start, is_sure=False))
        return found

    def evidence(
        self, form: PaddedForm, _count_from: Callable[[PaddedForm], int], *, is_heading: bool
    ) -> tuple[Collection[int], list[Candidate]]:
        """Find the places where phrases may stand. None is known to count without a look at its place."""
        return (), self.candidates(form, is_heading=is_heading)


class _NeedlePhrases:
    """Phrases that share a needle, by the word that must stand after it or before it.

    A needle of a large watch list belongs to many phrases, of which the next word rules out nearly all.
    """

    __slots__ = ("after", "all", "before", "others")

    def __init__(self, numbers: Sequence[int], phrases: Mapping[int, CompiledPhrase]) -> None:
        self.all = tuple(numbers)
        self.after: dict[str, list[int]] = {}
        self.before: dict[str, list[int]] = {}
        self.others: list[int] = []
        for number in numbers:
            side, words = phrases[number].words_beside_needle()
            if not side:
                self.others.append(number)
                continue
            table = self.after if side > 0 else self.before
            for word in words:
                table.setdefault(word, []).append(number)

    def that_fit(self, form: PaddedForm, start: int, end: int) -> Iterable[int]:
        """Return the phrases that may stand at a needle found in the main part."""
        padded = form.padded
        found = self.others
        if self.after:
            if padded[end - 1] != " ":
                end = padded.find(" ", end) + 1
            after = padded.find(" ", end)
            if may_go_on(form, end, after):
                return self.all
            found = [*found, *self.after.get(padded[end:after], ())]
        if self.before:
            before = padded.rfind(" ", 0, start) + 1
            if may_go_on(form, before, start, backwards=True):
                return self.all
            found = [*found, *self.before.get(padded[before:start], ())]
        return found
