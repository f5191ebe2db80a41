"""Which phrases of many may stand in a search form: one automaton for all, then as few looks around as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.automaton import automaton
from monitor.terms.form import TAIL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.terms.leaf import Leaf

_TAIL: Final = f" {TAIL} "
_BREAKS: Final = frozenset({"", ".", "|", "\n", TAIL})


class Hint(NamedTuple):
    """A needle of leaf number `leaf` stands at `start` of a padded form; `is_sure`: and so does its phrase."""

    leaf: int
    start: int
    is_sure: bool


class Form:
    """A search form with a space at both ends."""

    __slots__ = ("_tail", "padded")

    def __init__(self, form: str) -> None:
        self.padded: Final = f" {form} "
        self._tail = -1

    @property
    def tail(self) -> int:
        """Where the tail begins, the end where there is none."""
        if self._tail < 0:
            tail = self.padded.find(_TAIL)
            self._tail = tail if tail >= 0 else len(self.padded)
        return self._tail

    def line_of(self, start: int) -> int:
        """The number of the line in which a place of the main part lies."""
        return self.padded.count("\n", 0, start)

    def line_at(self, start: int) -> tuple[list[str], int]:
        """The words, marks and breaks of the line in which a place of the main part lies, and which of them comes next."""
        begin = max(self.padded.rfind("\n", 0, start) + 2, 1)
        end = self.padded.find(" \n", start, self.tail)
        words = self.padded[begin : end if end >= 0 else self.tail].split(" ")
        return words, self.padded.count(" ", begin, start + 1)


def token_number(words: list[str], index: int) -> int:
    """The number of a word among the tokens of its line: breaks are none."""
    before = words[:index]
    return index - before.count(".") - before.count("|")


class _Branch:
    """The leaves of one needle by the word that must come next, or before; those with neither under `others`."""

    __slots__ = ("after", "all", "before", "others")

    def __init__(self, numbers: Sequence[int], leaves: Sequence[Leaf]) -> None:
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

    def leaves(self, form: Form, start: int, end: int) -> Iterable[int]:
        """Those that may stand where the needle was found in the main part."""
        padded = form.padded
        found = self.others
        if self.after:
            if padded[end - 1] != " ":
                end = padded.find(" ", end) + 1
            word = padded[end : padded.find(" ", end)]
            if may_go_on(word, form, backwards=False):
                return self.all
            found = [*found, *self.after.get(word, ())]
        if self.before:
            word = padded[padded.rfind(" ", 0, start) + 1 : start]
            if may_go_on(word, form, backwards=True):
                return self.all
            found = [*found, *self.before.get(word, ())]
        return found


def may_go_on(word: str, form: Form, *, backwards: bool) -> bool:
    """Whether a phrase may go on where this word stands instead of its own: over a mark, or over hyphened words joined."""
    if word in _BREAKS:
        return False
    return not word[0].isalnum() or _is_joined(word, form, backwards=backwards)


def _is_joined(word: str, form: Form, *, backwards: bool) -> bool:
    """Whether some longer word in the tail begins with this one; backwards: ends with it."""
    padded = form.padded
    sought, beside = (f"{word} ", -1) if backwards else (f" {word}", len(word) + 1)
    place = padded.find(sought, form.tail)
    while place >= 0:
        if padded[place + beside] != " ":
            return True
        place = padded.find(sought, place + 1)
    return False


class Plan:
    """The needles of all leaves, ready to be found."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
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

    def hints(self, form: Form, *, is_heading: bool) -> list[Hint]:
        """Where each phrase may stand. One that is not named stands nowhere in the form's text."""
        out: list[Hint] = []
        leaves = self._leaves
        for needle, start, end in self._automaton.find(form.padded):
            out += [Hint(number, start, is_sure=True) for number in self._told[needle]]
            numbers: Iterable[int] | _Branch = self._hinted[needle]
            if isinstance(numbers, _Branch):
                is_inner = not is_heading and start < form.tail
                numbers = numbers.leaves(form, start, end) if is_inner else numbers.all
            for number in numbers:
                stands = None if is_heading else leaves[number].stands(form, start)  # phrases run across its breaks
                if stands is not False:
                    out.append(Hint(number, start, bool(stands)))
        return out
