"""Phrase of a term, compiled: what a search form must hold where it may stand, and whether that is enough to say so."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.padded_form import may_be_joined, may_go_on
from monitor.terms.phrase_pattern import SHORTEST_JOINED_PART, compile_phrase
from monitor.terms.requirements import (
    WordForms,
    beside_another,
    forms_of_word,
    is_plain,
    needles_by_cut,
    phrase_index_query,
    plain_needles,
)
from monitor.text.index_form import unsure_words
from monitor.text.tokens import CAPITAL, is_mark
from monitor.text.word_forms import word_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitor.model.index_query import IndexQuery
    from monitor.terms.padded_form import PaddedForm
    from monitor.terms.phrase_pattern import Pattern, WordPattern
    from monitor.terms.tree import Phrase, Word
    from monitor.terms.vocabulary import Lexicon

NEAR: Final = 100
"""Characters between a needle and the words of its phrase, at most."""

_MOST_WAYS: Final = 16
"""Most ways to say a phrase that are looked for each by itself."""


class Way(NamedTuple):
    """One way to say a phrase: the forms of each of its words, as search forms have them.

    `is_sure`: where such words stand side by side in the main part of a form, the phrase stands.
    """

    words: tuple[frozenset[str], ...]
    is_sure: bool

    def fits(self, words: Sequence[str]) -> bool:
        """Return whether words begin in this way."""
        return len(words) >= len(self.words) and all(
            word in forms for word, forms in zip(words, self.words, strict=False)
        )


def _ways(pattern: Pattern) -> tuple[Way, ...]:
    """Return the ways along a pattern; nothing if there are more than `_MOST_WAYS`, or one over a sign."""
    ways: list[list[tuple[WordPattern, ...]]] = [[] for _ in pattern.edges]
    ways[-1].append(())
    for node in reversed(range(len(pattern.edges) - 1)):
        ways[node] = [(*edge.pieces, *rest) for edge in pattern.edges[node] for rest in ways[edge.target]]
        if len(ways[node]) > _MOST_WAYS or any(piece.is_mark for way in ways[node] for piece in way):
            return ()
    return tuple(map(_way, ways[0]))


def _way(pieces: tuple[WordPattern, ...]) -> Way:
    forms = [WordForms(piece.keys) for piece in pieces]
    is_sure = not any(piece.exact or key[0] == CAPITAL for piece in pieces for key in piece.keys)
    return Way(tuple((beside_another(form) if len(forms) > 1 else form).keys for form in forms), is_sure)


class CompiledPhrase:
    """A phrase with its needles and its pattern. Whatever takes time is worked out when it is first needed.

    Attributes:
        phrase: The phrase.
        is_plain: Each of its words can only be found as one word, joined from hyphenated words or not.
    """

    __slots__ = ("__dict__", "_lexicon", "is_plain", "phrase")

    def __init__(self, phrase: Phrase, lexicon: Lexicon) -> None:
        self.phrase = phrase
        self._lexicon = lexicon
        self.is_plain = is_plain(phrase) and not lexicon.may_have_equivalents(phrase.words)

    @cached_property
    def _needles_and_place(self) -> tuple[tuple[str, ...], int]:
        return plain_needles(self.phrase.words) if self.is_plain else (self._needles_by_cut[0], 0)

    @property
    def needles(self) -> tuple[str, ...]:
        """Pieces of the search form of which every text with the phrase holds one."""
        return self._needles_and_place[0]

    @property
    def place(self) -> int:
        """Number (from 0) of the word with which the needles of a plain phrase begin."""
        return self._needles_and_place[1]

    def ways(self, forms_of: Callable[[Word], WordForms]) -> tuple[Way, ...]:
        """Return the ways to say the phrase; nothing where a star or sign is in it, or where there are too many.

        `forms_of` returns those of `forms_of_word`, which it may remember.
        """
        words = self.phrase.words
        if any(word.has_star or "&" in word.written for word in words):
            return ()
        if not self.is_plain:
            return _ways(self.pattern)
        forms = map(forms_of, words) if len(words) == 1 else (beside_another(forms_of(word)) for word in words)
        return (Way(tuple(form.keys for form in forms), is_sure=len(words) == 1 or not self.has_acronym),)

    def beginnings(self) -> tuple[str, ...]:
        """Return the beginnings that a single word with a star is found by; nothing for another phrase."""
        words = self.phrase.words
        return forms_of_word(words[0]).prefixes if self.is_plain and len(words) == 1 else ()

    @property
    def is_acronym(self) -> bool:
        """True for an acronym and nothing else."""
        return self.is_plain and len(self.phrase.words) == 1 and self.phrase.words[0].is_acronym

    @cached_property
    def may_be_part_of_a_name(self) -> bool:
        """True if it may be found in words of names of offices alone, and so within such a name."""
        return self.phrase.is_quoted or self._may_be_of(self._lexicon.names.vocabulary)

    @cached_property
    def pattern(self) -> Pattern:
        """Pattern of all paths of words that the phrase may be found as."""
        return compile_phrase(self.phrase, self._lexicon.equivalents)

    @cached_property
    def index_query(self) -> IndexQuery:
        """Question to the index: what the search form of a document must hold."""
        in_names = self.phrase.is_quoted or self._may_be_of(unsure_words(self._lexicon.names))
        return phrase_index_query(self.pattern, in_names=in_names)

    def _may_be_of(self, vocabulary: frozenset[str]) -> bool:
        """Return whether a text of these words alone may hold the phrase, by any of its ways."""
        if self.is_plain:
            return all(_may_be_in(forms_of_word(word), vocabulary) for word in self.phrase.words)
        reached = {0}
        for node, edges in enumerate(self.pattern.edges):
            if node in reached:
                reached.update(
                    edge.target for edge in edges if all(_may_be_in(piece, vocabulary) for piece in edge.pieces)
                )
        return len(self.pattern.edges) - 1 in reached

    @cached_property
    def _needles_by_cut(self) -> list[tuple[str, ...]]:
        return needles_by_cut(self.pattern)

    @cached_property
    def _forms(self) -> tuple[WordForms, ...]:
        """Forms of each word beside its neighbours."""
        return tuple(beside_another(forms_of_word(word)) for word in self.phrase.words)

    @property
    def has_acronym(self) -> bool:
        """True if any of its words is found in capitals only."""
        return any(word.is_acronym for word in self.phrase.words)

    def words_beside_needle(self) -> tuple[int, Iterable[str]]:
        """Return the words that must stand after the needle (1) or before it (-1); 0 and none if any word may."""
        if not self.is_plain:
            return 0, ()
        words = self.phrase.words
        after = self.place + (1 if words[self.place].has_star else 2)
        if after < len(words) and not words[after].has_star:
            return 1, beside_another(forms_of_word(words[after])).keys
        if self.place and not words[self.place - 1].has_star:
            return -1, beside_another(forms_of_word(words[self.place - 1])).keys
        return 0, ()

    def stands_at(self, form: PaddedForm, start: int, number: int) -> bool | None:
        """Return whether the phrase stands where a needle was found in a search form; None if only the text can tell.

        `number`: with which of its words the needle begins. The form is not that of a heading, in which phrases run across
        breaks.
        """
        if not self.is_plain:
            return self._may_stand(form) and (self._stands_near(form, start) or None)
        if start >= form.tail:
            return self._stands_in_tail(form, start)
        padded = form.padded
        place = start + 1
        for forms in self._forms[number:]:
            end = padded.find(" ", place)
            word = padded[place:end]
            if word not in forms.keys and not (forms.prefixes and word.startswith(forms.prefixes)):
                return self._only_text_tells(form) if may_go_on(form, place, end) else False
            place = end + 1
        place = start
        for forms in self._forms[:number][::-1]:
            begin = padded.rfind(" ", 0, place)
            word = padded[begin + 1 : place]
            if word not in forms.keys and not (forms.prefixes and word.startswith(forms.prefixes)):
                may_go = may_go_on(form, begin + 1, place, backwards=True)
                return self._only_text_tells(form) if may_go else False
            place = begin
        return None if self.has_acronym else True

    def _stands_in_tail(self, form: PaddedForm, start: int) -> bool | None:
        """Decide for a needle in the tail, which holds words in capitals and words that a hyphen joins.

        A single word that the tail holds only beside another stands in the main part too, where it is found. A beginning
        of a word is not looked for in joined words.
        """
        words = self.phrase.words
        if len(words) > 1:
            return self._only_text_tells(form)
        if words[0].has_star:
            return False
        word = form.padded[start + 1 : form.padded.find(" ", start + 1)]
        return word[0] == CAPITAL or may_be_joined(word, form)

    def _may_stand(self, form: PaddedForm) -> bool:
        """Return whether the form holds a needle of every cut of the pattern."""
        return all(any(needle in form.padded for needle in needles) for needles in self._needles_by_cut)

    def _only_text_tells(self, form: PaddedForm) -> bool | None:
        """Return None if the phrase may stand in a form, else False."""
        return None if self._may_stand(form) else False

    @cached_property
    def _as_written(self) -> re.Pattern[str] | None:
        """Words of the phrase side by side, in any form; None if they may stand so where the phrase is not found."""
        words = self.phrase.words
        is_strict = self.phrase.is_quoted or any(
            word.is_acronym or word.has_star or is_mark(word.text) or "&" in word.written for word in words
        )
        if is_strict:
            return None
        forms = ("|".join(map(re.escape, sorted(word_forms(word.text)))) for word in words)
        return re.compile(f" (?:{') (?:'.join(forms)}) ")

    def _stands_near(self, form: PaddedForm, start: int) -> bool:
        """Return whether its words stand side by side in the main part, no further than `NEAR` away. True is certain."""
        if self._as_written is None:
            return False
        end = min(start + NEAR, form.tail + 1)
        return self._as_written.search(form.padded, max(start - NEAR, 0), end) is not None


def _may_be_in(forms: WordForms | WordPattern, vocabulary: frozenset[str]) -> bool:
    """Return whether a word of a vocabulary, or several that hyphens join, may be one of these forms."""
    if forms.prefixes:
        return any(known.startswith(forms.prefixes) for known in vocabulary)
    return any(_may_be_joined_of(key.lstrip(CAPITAL), vocabulary) for key in forms.keys)


def _may_be_joined_of(word: str, vocabulary: frozenset[str]) -> bool:
    """Return whether a word is in a vocabulary, or words of it side by side: undersecretary, for Under-Secretary."""
    return word in vocabulary or any(
        word[:cut] in vocabulary and _may_be_joined_of(word[cut:], vocabulary)
        for cut in range(SHORTEST_JOINED_PART, len(word) - SHORTEST_JOINED_PART + 1)
    )
