"""The opening formulas of questions, read off search forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.terms.names import formula_end
from monitor.terms.text import HYPHEN, SENTENCE, SPACE, Token

if TYPE_CHECKING:
    from monitor.terms.names import Names
    from monitor.terms.plan import Form

_LONGEST: Final = 400
"""Characters of a search form in the first half of which a formula ends."""

_GO_ON: Final = frozenset({"and", "to", "asked", "the"})
"""With these words a formula may go on where an office is named in full."""


class Formulas:
    """What formulas begin with that were met before: nearly all questions begin with one of a few dozen."""

    def __init__(self, names: Names) -> None:
        self.names: Final = names
        self._known: set[str] = set()
        self._lengths: list[int] = []

    def may_hold_other_words(self, form: Form) -> bool:
        """Whether the formula of a question may hold other words than those of names (and "To ask"). False is certain."""
        padded = form.padded
        for length in self._lengths:
            if padded[:length] in self._known and padded[length : padded.find(" ", length)] not in _GO_ON:
                return False
        return self._read(padded)

    def _read(self, padded: str) -> bool:
        words = padded[1:_LONGEST].split(" ")
        ends = set()
        for gap in (SPACE, HYPHEN):  # which of them it is the form does not say
            read = [Token(word, 0, 0, "", gap if word[:1].isalnum() else SENTENCE) for word in words if word]
            ends.add(formula_end(read, self.names))
        end = max(ends)
        if len(ends) > 1 or end >= len(words) // 2 or not self.names.vocabulary.issuperset(words[:end]):
            return True
        if end:
            begun = f" {' '.join(words[:end])} "
            self._known.add(begun)
            self._lengths = sorted({*self._lengths, len(begun)}, reverse=True)
        return False
