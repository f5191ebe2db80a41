"""Spans in which a phrase does not count: the opening formula of a question, and names of offices.

Both are read off the search form, so that a text need not be read to know that a phrase does not count.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.compiled_phrase import NEAR
from monitor.text.office_names import formula_end
from monitor.text.search_form import BREAKS, LONGEST
from monitor.text.tokens import CAPITAL, HYPHEN, SENTENCE, SPACE, Token

if TYPE_CHECKING:
    from collections.abc import Collection

    from monitor.terms.compiled_phrase import CompiledPhrase
    from monitor.terms.padded_form import PaddedForm
    from monitor.text.office_names import OfficeNames


_MOST_FORMULAS: Final = 1_000

_CONTINUING: Final = frozenset({"and", "to", "asked", "the"})
"""Words with which a formula may go on after an office. Words that make a name longer are added to them."""


class OpeningFormula(NamedTuple):
    """Length of an opening formula, in tokens and in characters of the padded form. Both are 0 without a formula."""

    tokens: int
    length: int


_NO_FORMULA: Final = OpeningFormula(0, 0)


def is_excluded(
    span: tuple[int, int], phrase: CompiledPhrase, formula: int, names: Collection[tuple[int, int]]
) -> bool:
    """Return whether a phrase at a span of tokens does not count. The formula takes the first `formula` tokens.

    A whole name counts wherever it stands. A quoted phrase is excluded by the formula only.
    """
    if span[1] <= formula:
        return span not in names
    if phrase.phrase.is_quoted or not phrase.may_be_part_of_a_name:
        return False
    return span not in names and is_within(span, names)


def is_within(span: tuple[int, int], names: Collection[tuple[int, int]]) -> bool:
    """Return whether a span lies within one of these, or is one."""
    return any(start <= span[0] and span[1] <= end for start, end in names)


class _Formulas:
    """Formulas that were read, by the beginning of the form. All searches with the same names share them."""

    def __init__(self) -> None:
        self.known: dict[str, OpeningFormula] = {}
        self.lengths: list[int] = []

    def add(self, beginning: str, formula: OpeningFormula) -> None:
        """Remember a formula."""
        if len(self.known) >= _MOST_FORMULAS:
            self.known, self.lengths = {}, []
        self.known[beginning] = formula
        self.lengths = sorted({*self.lengths, len(beginning)}, reverse=True)


@lru_cache(maxsize=4)
def _formulas_with(_names: OfficeNames) -> _Formulas:
    return _Formulas()


class ExclusionZones:
    """Formulas and names of offices, as far as search forms show them.

    Nearly all questions begin with one of a few dozen formulas, which are remembered.
    """

    def __init__(self, names: OfficeNames) -> None:
        self.names: Final = names
        self._continuing = _CONTINUING | names.go_on
        self._formulas = _formulas_with(names)
        self._last: tuple[PaddedForm | None, OpeningFormula | None] = (None, None)
        self._last_line: tuple[list[str], list[tuple[int, int]]] = ([], [])

    def excludes(
        self, phrase: CompiledPhrase, form: PaddedForm, start: int, words: int = 0, *, is_question: bool
    ) -> bool | None:
        """Return whether a phrase that surely stands there does not count; None if only the text can tell.

        A plain phrase begins at `start`, and so do `words` words of another, if that is more than 0.
        """
        if not (is_question or phrase.may_be_part_of_a_name):
            return False
        formula = self.formula(form) if is_question else _NO_FORMULA
        if formula is None:
            return None
        if not (phrase.is_plain or words):  # it stands near, and its place is not known
            is_clear = start - NEAR >= formula.length and not phrase.may_be_part_of_a_name
            return False if is_clear else None
        if start >= form.tail:
            return self._excludes_in_tail(phrase, form, start, formula)
        return self._excludes_in_main(phrase, form, start, words or len(phrase.phrase.words), formula)

    def _excludes_in_main(
        self, phrase: CompiledPhrase, form: PaddedForm, start: int, words: int, formula: OpeningFormula
    ) -> bool | None:
        """Decide for a phrase of so many words at a place of the main part."""
        is_in_formula = start < formula.length - 1
        if not is_in_formula and not phrase.may_be_part_of_a_name:
            return False
        line, first = form.line_at(start)  # no break stands in a formula, so its words are numbered as its tokens are
        span = (first, first + words)
        last_line, names = self._last_line
        if last_line is not line:
            names = self.names.spans_of(line)
            self._last_line = line, names
        if phrase.is_plain:
            return is_excluded(span, phrase, formula.tokens if is_in_formula else 0, names)
        # A longer way to say the phrase may begin there too. It counts if this one does.
        return None if is_in_formula or is_within(span, names) else False

    def _excludes_in_tail(
        self, phrase: CompiledPhrase, form: PaddedForm, start: int, formula: OpeningFormula
    ) -> bool | None:
        """Decide for a word in the tail. Of an acronym the form shows whether the formula holds it."""
        if phrase.may_be_part_of_a_name:
            return None
        padded = form.padded
        word = padded[start + 1 : padded.find(" ", start + 1)]
        if formula.length and (word[0] != CAPITAL or padded.find(f" {word[1:]}", 0, formula.length) >= 0):
            return None
        return False

    def words_of_formula(self, form: PaddedForm) -> int:
        """Count the words of the formula with which a question begins; all of its words if its form does not show it."""
        formula = self.formula(form)
        return len(form.padded) if formula is None else formula.tokens

    def formula(self, form: PaddedForm) -> OpeningFormula | None:
        """Return the formula with which a question begins; None if its form does not show it."""
        last_form, formula = self._last
        if last_form is not form:
            formula = self._read_formula(form.padded)
            self._last = form, formula
        return formula

    def _read_formula(self, padded: str) -> OpeningFormula | None:
        known = self._formulas.known
        for length in self._formulas.lengths:
            formula = known.get(padded[:length])
            if formula is not None and padded[length : padded.find(" ", length)] not in self._continuing:
                return formula
        words = padded[1:LONGEST].split(" ")
        # The form does not say where hyphens stand: the formula is sure only if they make no difference.
        ends = {formula_end(_tokens(words, gap), self.names) for gap in (SPACE, HYPHEN)}
        end = max(ends)
        if len(ends) > 1 or end >= len(words) // 2:
            return None
        if not end:
            return _NO_FORMULA
        beginning = f" {' '.join(words[:end])} "
        formula = OpeningFormula(end, len(beginning))
        self._formulas.add(beginning, formula)
        return formula


def _tokens(words: list[str], gap: int) -> list[Token]:
    """Return words of a form as tokens, with this gap between all of them."""
    read: list[Token] = []
    before = gap
    for word in words:
        if word[:1].isalnum() or word not in BREAKS:
            read.append(Token(word, 0, 0, "", before))
            before = gap
        else:
            before = SENTENCE
    return read
