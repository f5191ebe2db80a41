"""A phrase of a term, made ready to be looked for. What takes time is worked out when it is first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from monitor.terms.anchors import anchors, beside, is_plain, need, plain_anchor, seen_as
from monitor.terms.pattern import compile_phrase
from monitor.terms.plan import may_go_on
from monitor.text.index_form import unsure_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.model.index_query import Need
    from monitor.terms.anchors import Seen
    from monitor.terms.language import Phrase, Word
    from monitor.terms.lexicon import Lexicon
    from monitor.terms.pattern import Pattern
    from monitor.terms.plan import Form


class Leaf:
    """A phrase with its needles, and with its pattern as soon as somebody asks.

    `is_plain`: each of its words can only be found as one word, hyphened ones taken together or not. `place`: the word of
    a plain phrase, from 0, with which its needles begin. `is_told_by_needle`: the phrase stands wherever one of them does.
    """

    __slots__ = ("__dict__", "_lexicon", "is_plain", "is_told_by_needle", "needles", "phrase", "place")

    def __init__(self, phrase: Phrase, lexicon: Lexicon) -> None:
        self.phrase = phrase
        self._lexicon = lexicon
        self.is_plain = is_plain(phrase) and not lexicon.may_have_equivalents(phrase.words)
        if self.is_plain:
            self.needles, self.place = plain_anchor(phrase.words)
        else:
            self.needles, self.place = anchors(self.pattern)[0], -1
        self.is_told_by_needle = self.is_plain and _are_told(phrase.words, self.needles)

    @property
    def is_acronym(self) -> bool:
        """Whether it is an acronym and nothing else."""
        return self.is_plain and len(self.phrase.words) == 1 and self.phrase.words[0].is_acronym

    @cached_property
    def may_be_part_of_a_name(self) -> bool:
        """Whether all its words are words of names, so that it may be found within one."""
        return self.phrase.is_quoted or self._may_be_within(self._lexicon.names.vocabulary)

    def _may_be_within(self, vocabulary: frozenset[str]) -> bool:
        return all(_may_be_one_of(word, vocabulary) for word in self.phrase.words)

    @cached_property
    def pattern(self) -> Pattern:
        """All paths of words that it may be found as."""
        return compile_phrase(self.phrase, self._lexicon.equivalents)

    @cached_property
    def need(self) -> Need:
        """What a document's search form must hold."""
        in_names = self.phrase.is_quoted or self._may_be_within(unsure_words(self._lexicon.names))
        return need(self.pattern, in_names=in_names)

    @cached_property
    def _asked(self) -> list[tuple[str, ...]]:
        return anchors(self.pattern)

    def _may_stand(self, form: Form) -> bool | None:
        """None where something of every place of the phrase stands somewhere in a form, else False."""
        return None if all(any(needle in form.padded for needle in needles) for needles in self._asked) else False

    @cached_property
    def _seen(self) -> tuple[Seen, ...]:
        return tuple(beside(seen_as(word)) for word in self.phrase.words)

    @cached_property
    def _has_acronym(self) -> bool:
        return any(word.is_acronym for word in self.phrase.words)

    def beside_needle(self) -> tuple[int, Iterable[str]]:
        """Which words may stand after the needle (1), or before it (-1), for the phrase to go on; 0 where none need."""
        if not self.is_plain:
            return 0, ()
        after = self.place + (1 if self.phrase.words[self.place].has_star else 2)
        if after < len(self.phrase.words) and not self.phrase.words[after].has_star:
            return 1, beside(seen_as(self.phrase.words[after])).keys
        if self.place and not self.phrase.words[self.place - 1].has_star:
            return -1, beside(seen_as(self.phrase.words[self.place - 1])).keys
        return 0, ()

    def stands(self, form: Form, start: int) -> bool | None:
        """Whether the phrase stands at a needle found in a form, that of no heading; None where only the text can tell."""
        padded = form.padded
        if not self.is_plain:
            return self._may_stand(form)
        if start >= form.tail:
            # A beginning of a word is not sought in joined words, and the others stand in the main part too.
            return False if len(self.phrase.words) == 1 else self._may_stand(form)
        place = start + 1
        for seen in self._seen[self.place :]:
            end = padded.find(" ", place)
            word = padded[place:end]
            if word not in seen.keys and not (seen.prefixes and word.startswith(seen.prefixes)):
                return self._may_stand(form) if may_go_on(form, place, end) else False
            place = end + 1
        place = start
        for seen in reversed(self._seen[: self.place]):
            begin = padded.rfind(" ", 0, place)
            word = padded[begin + 1 : place]
            if word not in seen.keys and not (seen.prefixes and word.startswith(seen.prefixes)):
                return self._may_stand(form) if may_go_on(form, begin + 1, place, backwards=True) else False
            place = begin
        return None if self._has_acronym else True


_PAIR = 2


def _are_told(words: Sequence[Word], needles: Sequence[str]) -> bool:
    """Whether needles are all of a phrase: its one word, or its two; an acronym beside a word must be seen in capitals."""
    if len(words) > _PAIR or not all(needle.endswith(" ") for needle in needles):
        return False
    return len(words) == 1 or not any(word.is_acronym for word in words)


def _may_be_one_of(word: Word, vocabulary: frozenset[str]) -> bool:
    if word.has_star:
        prefixes = seen_as(word).prefixes
        return any(one.startswith(prefixes) for one in vocabulary)
    return word.text in vocabulary if word.is_acronym else not vocabulary.isdisjoint(seen_as(word).keys)
