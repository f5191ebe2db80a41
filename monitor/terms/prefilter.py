"""Which phrases of many may stand in a search form: one automaton for all, then as few looks around as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from monitor.terms.padded_form import PaddedForm, may_be_joined, may_go_on
from monitor.text.tokens import CAPITAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.terms.compiled_phrase import CompiledPhrase


try:
    import ahocorasick as wheel
except ImportError:  # no wheel for this system
    wheel = None


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


class Candidate(NamedTuple):
    """A needle of leaf number `leaf` stands at `start` of a padded form; `is_sure`: and so does its phrase."""

    leaf: int
    start: int
    is_sure: bool


class _Branch:
    """The leaves of one needle by the word that must come next, or before; those with neither under `others`."""

    __slots__ = ("after", "all", "before", "others")

    def __init__(self, numbers: Sequence[int], leaves: Sequence[CompiledPhrase]) -> None:
        self.all = tuple(numbers)
        self.after: dict[str, list[int]] = {}
        self.before: dict[str, list[int]] = {}
        self.others: list[int] = []
        for number in numbers:
            side, words = leaves[number].beside_needle()
            if not side:
                self.others.append(number)
                continue
            table = self.after if side > 0 else self.before
            for word in words:
                table.setdefault(word, []).append(number)

    def leaves(self, form: PaddedForm, start: int, end: int) -> Iterable[int]:
        """Those that may stand where the needle was found in the main part."""
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


def _says_more(form: PaddedForm, start: int, end: int) -> bool:
    """Whether a needle in the tail may say more than one in the main part does.

    A single word does not where it stands there only beside another, and is not what two words of the main part are when
    joined. Two words, and a word in capitals, always do.
    """
    padded = form.padded
    word = padded[start + 1 : end - 1]
    return " " in word or word[0] == CAPITAL or may_be_joined(word, form)


class Prefilter:
    """The needles of all leaves, ready to be found."""

    def __init__(self, leaves: Sequence[CompiledPhrase]) -> None:
        self._leaves = leaves
        numbers_of: dict[str, list[int]] = {}
        for number, leaf in enumerate(leaves):
            for needle in leaf.needles:
                numbers_of.setdefault(needle, []).append(number)
        self._automaton = automaton(list(numbers_of))
        told, hinted = [], []
        for numbers in numbers_of.values():
            told.append(tuple(number for number in numbers if leaves[number].is_told_by_needle))
            rest = [number for number in numbers if not leaves[number].is_told_by_needle]
            hinted.append(_Branch(rest, leaves) if len(rest) > 1 else tuple(rest))
        self._told: list[tuple[int, ...]] = told
        self._hinted: list[_Branch | tuple[int, ...]] = hinted

    def hints(self, form: PaddedForm, *, is_heading: bool) -> list[Candidate]:
        """Where each phrase may stand. One that is not named stands nowhere in the form's text."""
        out: list[Candidate] = []
        leaves = self._leaves
        for needle, start, end in self._automaton.find(form.padded):
            told = self._told[needle]
            if told and (start < form.tail or _says_more(form, start, end)):
                out += [Candidate(number, start, is_sure=True) for number in told]
            numbers: Iterable[int] | _Branch = self._hinted[needle]
            if isinstance(numbers, _Branch):
                is_inner = not is_heading and start < form.tail
                numbers = numbers.leaves(form, start, end) if is_inner else numbers.all
            for number in numbers:
                stands = None if is_heading else leaves[number].stands(form, start)  # phrases run across its breaks
                if stands is not False:
                    out.append(Candidate(number, start, bool(stands)))
        return out
