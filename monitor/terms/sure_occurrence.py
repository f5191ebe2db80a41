"""Sure occurrences: a phrase that surely counts in a text, seen without reading the text as a search form.

A word of plain letters with a space on each side is a word of its own in every reading of a text. It counts unless it
stands in the opening formula of a question or within the name of an office.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from monitor.terms.document_view import QUESTION
from monitor.terms.requirements import forms_of_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.terms.compiled_phrase import CompiledPhrase
    from monitor.terms.tree import Word
    from monitor.text.office_names import OfficeNames

_PLAIN: Final = re.compile(r"\(?([A-Za-z]+|\d[\d,]*)(?:['\u2019](s))?[,.;:?!)]*")
"""Piece between spaces that is one word or figure, whatever stands around it."""

_REACH: Final = 300
"""Characters before and after a phrase in which words of a name are looked for."""

_ASKS: Final = frozenset({"what", "whether", "how", "if"})
_ASKING: Final = re.compile(rf"\s(?:{'|'.join(sorted(_ASKS))})\s")
_SPEAKS_FOR: Final = "representing"
"""Word after which the formula of a question may go on, wherever it stands."""


class SureOccurrence:
    """A phrase that is looked for in plain texts. Where it surely occurs, the matcher finds it too."""

    def __init__(self, phrase: CompiledPhrase, names: OfficeNames) -> None:
        self._phrase = phrase
        self._names = names

    def is_in(self, parts: Mapping[str, str]) -> bool:
        """Return whether the phrase surely occurs in the parts of a document. False says nothing."""
        pattern = self._pattern
        if pattern is None:
            return False
        return any(self._stands_in(f" {text} ", pattern, name) for name, text in parts.items())

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        return _side_by_side(self._phrase.phrase.words) if self._phrase.is_plain else None

    def _stands_in(self, text: str, pattern: re.Pattern[str], part: str) -> bool:
        begin = self._end_of_formula(text) if part == QUESTION else 0
        if begin is None:
            return False
        if not self._phrase.may_be_part_of_a_name:
            return pattern.search(text, begin) is not None
        return any(self._counts(text, found) for found in pattern.finditer(text, begin))

    def _end_of_formula(self, text: str) -> int | None:
        """Return a place that is surely after the opening formula of a question; None where no place is sure."""
        asking = _ASKING.search(text)
        is_sure = asking is not None and _SPEAKS_FOR not in text.lower() and _ASKS.isdisjoint(self._names.words)
        return asking.end() - 1 if asking is not None and is_sure else None

    def _counts(self, text: str, found: re.Match[str]) -> bool:
        """Return whether words that were found in a text are surely not part of a longer name."""
        start, end = found.span(1)
        before = self._words_of_names(text[max(start - _REACH, 0) : start].split()[::-1], is_cut=start > _REACH)
        after = self._words_of_names(text[end : end + _REACH].lstrip(",.;:?!").split(), is_cut=len(text) > end + _REACH)
        if before is None or after is None:
            return False
        here = found[1].lower().split()
        return not self._names.may_hold([*before[::-1], *here, *after], len(before), len(before) + len(here))

    def _words_of_names(self, pieces: Sequence[str], *, is_cut: bool) -> list[str] | None:
        """Return the words of names with which a row of pieces begins; None where one of them, or the next, is not plain.

        `is_cut`: the last piece is not a whole one.
        """
        words: list[str] = []
        for piece in pieces[:-1] if is_cut else pieces:
            plain = _PLAIN.fullmatch(piece)
            if plain is None:
                return None
            word = "".join(filter(None, plain.groups())).replace(",", "").lower()
            if word not in self._names.words:
                return words
            words.append(word)
        return None if is_cut else words


def _side_by_side(words: Iterable[Word]) -> re.Pattern[str] | None:
    """Return the pattern of the words with one space between them; None where one is not all letters."""
    ways = list(map(_ways, words))
    if not all(ways):
        return None
    together = " ".join(f"(?:{'|'.join(of_word)})" for of_word in ways)
    return re.compile(rf"[ \n]({together})(?=[,.;:?!]?\s)")


def _ways(word: Word) -> list[str]:
    """Return patterns of the forms that are all letters: of an acronym in capitals, else with or without a first capital."""
    if word.is_acronym:
        return [word.text.upper()] if word.text.isascii() and word.text.isalpha() else []
    forms = sorted(form for form in forms_of_word(word).keys if form.isascii() and form.isalpha())
    return [f"[{form[0]}{form[0].upper()}]{form[1:]}" for form in forms]
