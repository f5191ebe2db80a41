"""What hides a phrase: the opening formula of a question, and names of offices of which it is only a part.

Both are told from the words of a search form, so that a text need not be read to know that a phrase does not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.text.office_names import formula_end
from monitor.text.search_form import BREAKS, LONGEST
from monitor.text.tokens import CAPITAL, HYPHEN, SENTENCE, SPACE, Token

if TYPE_CHECKING:
    from collections.abc import Collection

    from monitor.terms.compiled_phrase import CompiledPhrase
    from monitor.terms.padded_form import PaddedForm
    from monitor.text.office_names import OfficeNames


_GO_ON: Final = frozenset({"and", "to", "asked", "the"})
"""With these words a formula may go on where an office is named in full, and with what makes the name a longer one."""


class OpeningFormula(NamedTuple):
    """How long an opening formula is: in tokens, and in characters of the padded form. Both 0 where there is none."""

    tokens: int
    length: int


_NONE: Final = OpeningFormula(0, 0)


def is_excluded(span: tuple[int, int], leaf: CompiledPhrase, formula: int, names: Collection[tuple[int, int]]) -> bool:
    """Whether a find does not count, by its tokens in a line; `formula` is how many of them the formula takes.

    A whole name counts wherever it stands. A quoted phrase is only hidden by the formula.
    """
    first, after = span
    if after <= formula:
        return span not in names
    if leaf.phrase.is_quoted or not leaf.may_be_part_of_a_name:
        return False
    return span not in names and any(start <= first and after <= end for start, end in names)


class ExclusionZones:
    """Formulas and names, as far as search forms tell. Nearly all questions begin with one of a few dozen formulas."""

    def __init__(self, names: OfficeNames) -> None:
        self.names: Final = names
        self._go_on = _GO_ON | names.go_on
        self._known: dict[str, OpeningFormula] = {}
        self._lengths: list[int] = []
        self._last: tuple[PaddedForm | None, OpeningFormula | None] = (None, None)

    def hides(self, leaf: CompiledPhrase, form: PaddedForm, start: int, *, is_question: bool) -> bool | None:
        """Whether a plain phrase that stands at a needle does not count; None where only the text can tell."""
        if not (is_question or leaf.may_be_part_of_a_name):
            return False
        formula = self.formula(form) if is_question else _NONE
        if formula is None:
            return None
        if start >= form.tail:
            return self._hides_in_tail(leaf, form, start, formula)
        is_asked = start < formula.length - 1
        if not is_asked and not leaf.may_be_part_of_a_name:
            return False
        words, index = form.line_at(start)
        first = index - leaf.place  # no break stands in a formula, so its words are numbered as its tokens are
        span = (first, first + len(leaf.phrase.words))
        return is_excluded(span, leaf, formula.tokens if is_asked else 0, self.names.spans_of(words))

    def _hides_in_tail(
        self, leaf: CompiledPhrase, form: PaddedForm, start: int, formula: OpeningFormula
    ) -> bool | None:
        """The same for a word in the tail: of an acronym it is plain enough whether the formula has it."""
        if leaf.may_be_part_of_a_name:
            return None
        padded = form.padded
        word = padded[start + 1 : padded.find(" ", start + 1)]
        if formula.length and (word[0] != CAPITAL or padded.find(f" {word[1:]}", 0, formula.length) >= 0):
            return None
        return False

    def formula(self, form: PaddedForm) -> OpeningFormula | None:
        """The formula that a question begins with; None where its form does not tell."""
        if self._last[0] is not form:
            self._last = form, self._read(form.padded)
        return self._last[1]

    def _read(self, padded: str) -> OpeningFormula | None:
        for length in self._lengths:
            known = self._known.get(padded[:length])
            if known is not None and padded[length : padded.find(" ", length)] not in self._go_on:
                return known
        words = padded[1:LONGEST].split(" ")
        ends = {formula_end(_tokens(words, gap), self.names) for gap in (SPACE, HYPHEN)}
        end = max(ends)
        if len(ends) > 1 or end >= len(words) // 2:
            return None
        begun = f" {' '.join(words[:end])} " if end else ""
        if end:
            self._known[begun] = OpeningFormula(end, len(begun))
            self._lengths = sorted({*self._lengths, len(begun)}, reverse=True)
        return OpeningFormula(end, len(begun))


def _tokens(words: list[str], gap: int = SPACE) -> list[Token]:
    """Words of a form as tokens. Whether a hyphen stood between two of them the form does not say: `gap` is for all."""
    out: list[Token] = []
    before = gap
    for word in words:
        if word[:1].isalnum() or word not in BREAKS:
            out.append(Token(word, 0, 0, "", before))
            before = gap
        else:
            before = SENTENCE
    return out
