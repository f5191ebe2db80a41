"""Glance at a text: whether a query may or must hold there, seen without reading the text as a search form.

The index is asked for the words of a phrase in pairs, and not for pairs that most documents have. So for one document with
"working on a" it may name ten that have "working on". Letters and figures alone, without anything between
them, rule most of these out in a tenth of the time that a search form takes. And nearly all documents that the index names
for a word have it in plain sight, which takes as little time to see (see sure_occurrence).
"""

from __future__ import annotations

import re
from itertools import product
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final

from monitor.terms.document_view import HEADING
from monitor.terms.evaluate import may_hold, surely_holds
from monitor.terms.requirements import beside_another, forms_of_word
from monitor.terms.sure_occurrence import SureOccurrence
from monitor.terms.tree import phrases_of
from monitor.text.tokens import LIST_MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.terms.compiled_phrase import CompiledPhrase
    from monitor.terms.tree import Node, Phrase, Word
    from monitor.text.office_names import OfficeNames

_FEWEST_WORDS: Final = 3
"""Words of a phrase of which the index may not have named both pairs."""

_MOST_RUNS: Final = 16
"""Most ways to say a phrase that are looked for. Of a phrase with more, only its first words are."""

_LIST_MARK: Final = re.compile(LIST_MARK)

_POINT: Final = re.compile(r"\.(?<!\d\.)\d")
"""Point of a figure that a search form writes with a nought before it."""

_DROPPED: Final = "\u2019\u2013\u00a3\u2018\u201c\u201d\u00a0\u2014\u2022\u2026\u20ac"
"""Usual characters besides ASCII, the most frequent first: none is a letter, or an accent of one."""

_SMALL: Final = bytes(range(256)).lower()
_BETWEEN: Final = bytes(set(range(128)) - set(f"{ascii_letters}{digits}".encode()))


def squeezed(text: str) -> bytes | None:
    """Return the letters and figures of a text, in small letters; None where a search form may have others.

    All words of a phrase that stands in the text stand in it side by side.
    """
    if _POINT.search(text):
        return None
    words = _LIST_MARK.sub("", text) if "(" in text else text
    words = words.replace("&", "and")
    letters = words.encode("ascii", "ignore")
    others = len(words) - len(letters)
    for character in _DROPPED:
        if not others:
            break
        others -= words.count(character)
    return None if others else letters.translate(_SMALL, _BETWEEN)


def squeezed_heading(text: str) -> bytes | None:
    """Return the same of a heading, also as it is read from the other side of its colon: "Hotels: Asylum"."""
    left, colon, right = text.partition(":")
    sides = [squeezed(text), squeezed(f"{right} {left}")] if colon else [squeezed(text)]
    return None if ":" in right or None in sides else b" ".join(filter(None, sides))


class Glance:
    """The phrases of a query, as a quick look at a text sees them."""

    def __init__(self, root: Node, compiled: Callable[[Phrase], CompiledPhrase], names: OfficeNames) -> None:
        self._root = root
        phrases = {phrase: compiled(phrase) for phrase in phrases_of(root)}
        self._runs = {
            phrase: _runs_of(phrase.words)
            for phrase, known in phrases.items()
            if len(phrase.words) >= _FEWEST_WORDS and known.is_plain
        }
        self._sure = {phrase: SureOccurrence(known, names) for phrase, known in phrases.items()}

    def rules_out(self, parts: Mapping[str, str]) -> bool:
        """Return whether the query surely holds nowhere in these parts. False says nothing."""
        texts = self._squeezed(parts)
        return not may_hold(
            self._root, lambda phrase: self._may_occur(phrase, texts), lambda phrase: self._sure[phrase].is_in(parts)
        )

    def rules_in(self, parts: Mapping[str, str]) -> bool:
        """Return whether the query surely holds in these parts. False says nothing."""
        return surely_holds(self._root, lambda phrase: self._sure[phrase].is_in(parts))

    def _squeezed(self, parts: Mapping[str, str]) -> list[bytes] | None:
        """Return the texts squeezed; None where nothing is looked for in them, or one of them can't be."""
        if not self._runs:
            return None
        texts: list[bytes] = []
        for name, text in parts.items():
            letters = squeezed_heading(text) if name == HEADING else squeezed(text)
            if letters is None:
                return None
            texts.append(letters)
        return texts

    def _may_occur(self, phrase: Phrase, texts: Iterable[bytes] | None) -> bool:
        runs = self._runs.get(phrase)
        return runs is None or texts is None or any(run in text for text in texts for run in runs)


def _runs_of(words: Iterable[Word]) -> tuple[bytes, ...]:
    """Return the ways to say a phrase, squeezed. Nothing after a star or after too many ways is looked for."""
    runs = [""]
    for word in words:
        forms = beside_another(forms_of_word(word))
        if len(runs) * (len(forms.keys) + len(forms.prefixes)) > _MOST_RUNS:
            break
        runs = [f"{run}{form}" for run, form in product(runs, sorted((*forms.keys, *forms.prefixes)))]
        if word.has_star:
            break
    return tuple({run.encode("ascii", "ignore").translate(None, _BETWEEN) for run in runs})
