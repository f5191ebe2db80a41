"""Select the words of a record that are cited: a whole part, or the words that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.research.quotations.comparison import Quoted, Text, compare
from monitor.research.quotations.extraction import Quotation
from monitor.research.quotations.pieces import pieces
from monitor.research.reference_parser import sought

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.records import Member, Proceeding

_PARTS: Final = ("answer", "text", "question", "heading")
"""Parts of a record in the order in which they are preferred."""
_SENTENCE_ENDS: Final = ".!?)]\u2019\u201d'\""
"""Characters that close a sentence and are quoted with its last word."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Words of a record: a part of it, from one code point to another.

    `is_exact` is False for the words nearest to a quotation that the record does not contain.
    """

    part: str
    start: int
    end: int
    is_exact: bool = True

    def words(self, proceeding: Proceeding) -> str:
        """Return the words themselves."""
        return proceeding.parts()[self.part][self.start : self.end]

    def speaker(self, proceeding: Proceeding) -> Member | None:
        """Return the member who said the words."""
        return speaker_of(proceeding, self.part)


def speaker_of(proceeding: Proceeding, part: str = "") -> Member | None:
    """Return the member who said a part of a record."""
    if part == "question":
        return proceeding.asked_by
    return proceeding.corrected_by or proceeding.answered_by or proceeding.made_by or proceeding.asked_by


def select_part(proceeding: Proceeding) -> Selection | None:
    """Select the answer or text; before there is one, the question."""
    parts = proceeding.parts()
    name = next((name for name in _PARTS[:3] if name in parts), None)
    return Selection(name, 0, len(parts[name])) if name else None


def select_words(proceeding: Proceeding, quotation: str) -> Selection | None:
    """Select a quotation, or the words nearest to it; None where nothing is near. Raises ValueError if it has no word."""
    quoted = Quoted(Quotation(text=quotation, paragraph=1, pieces=pieces(quotation)))
    if not quoted.keys:
        raise ValueError("there is no word in it")
    parts = proceeding.parts()
    best, best_likeness = None, 0.0
    for part in sorted(parts, key=_PARTS.index):
        comparison = compare(quoted, Text(parts[part]))
        if comparison is not None and (best is None or comparison.likeness > best_likeness):
            end = _end_of_sentence(parts[part], comparison.end)
            best, best_likeness = (
                Selection(part, comparison.start, end, is_exact=comparison.is_exact),
                comparison.likeness,
            )
    return best


def _end_of_sentence(text: str, end: int) -> int:
    while end < len(text) and text[end] in _SENTENCE_ENDS:
        end += 1
    return end


def split_references(words: Sequence[str]) -> list[str]:
    """Return the references in the words of a command line: a citation may be several words, quoted or not.

    Words that are not a reference are joined to the last one, so that an error can name them.
    """
    references: list[str] = []
    rest = list(words)
    while rest:
        length = next((length for length in range(len(rest), 0, -1) if _is_single_reference(rest[:length])), 0)
        if not length:
            return [*references, " ".join(rest)]
        references.append(" ".join(rest[:length]))
        rest = rest[length:]
    return references


def _is_single_reference(words: Sequence[str]) -> bool:
    """Return whether words are one reference, without another behind it."""
    *before, last = words
    if sought(" ".join(words)) is None:
        return False
    return not before or sought(" ".join(before)) is None or sought(last) is None
