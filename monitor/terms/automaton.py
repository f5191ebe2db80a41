"""Which of many needles stand in a search form, in one pass however many they are.

The work is done by an Aho-Corasick automaton that comes in a wheel. Where there is none for a system, dictionaries do the
same, some times slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

try:
    import ahocorasick as wheel
except ImportError:  # no wheel for this system
    wheel = None

if TYPE_CHECKING:
    from collections.abc import Sequence


class Automaton(Protocol):
    """Finds needles: made by `automaton`."""

    def find(self, form: str) -> list[tuple[int, int, int]]:
        """The number of each needle that stands in a form, with its start and end, at each place; in no set order.

        The form begins and ends with a space, as its words do.
        """
        ...


def automaton(needles: Sequence[str]) -> Automaton:
    """Make needles ready. Each is different, begins with a space, and ends with one or within a word."""
    return DictionaryAutomaton(needles) if wheel is None else WheelAutomaton(needles)


class WheelAutomaton:
    """The automaton of the wheel."""

    def __init__(self, needles: Sequence[str]) -> None:
        self._automaton = wheel.Automaton()
        for number, needle in enumerate(needles):
            self._automaton.add_word(needle, number)
        self._automaton.make_automaton()
        self._backs = [len(needle) - 1 for needle in needles]
        self._is_empty = not needles

    def find(self, form: str) -> list[tuple[int, int, int]]:
        """See Automaton."""
        if self._is_empty:  # the wheel refuses
            return []
        backs = self._backs
        return [(number, last - backs[number], last + 1) for last, number in self._automaton.iter(form)]


class DictionaryAutomaton:
    """The same with dictionaries, word by word."""

    def __init__(self, needles: Sequence[str]) -> None:
        self._words: dict[str, list[int]] = {}
        self._beginnings: dict[str, list[int]] = {}
        self._pairs: dict[str, list[tuple[str, int]]] = {}
        for number, needle in enumerate(needles):
            first, space, second = needle[1:].partition(" ")
            if not space:
                self._beginnings.setdefault(first, []).append(number)
            elif second:
                self._pairs.setdefault(first, []).append((second, number))
            else:
                self._words.setdefault(first, []).append(number)
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})

    def find(self, form: str) -> list[tuple[int, int, int]]:
        """See Automaton."""
        found: list[tuple[int, int, int]] = []
        start = 0
        for word in form[1:-1].split(" "):
            end = start + 1 + len(word)
            found += [(number, start, end + 1) for number in self._words.get(word, ())]
            for length in self._lengths:
                if length > len(word):
                    break
                found += [(number, start, start + 1 + length) for number in self._beginnings.get(word[:length], ())]
            for second, number in self._pairs.get(word, ()):
                if form.startswith(second, end + 1):
                    found.append((number, start, end + 1 + len(second)))
            start = end
        return found
