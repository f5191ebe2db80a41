"""Which phrases of many may stand in a search form: one automaton for all, then as few looks around as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.automaton import automaton
from monitor.text.search_form import TAIL
from monitor.text.tokens import CAPITAL

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

    def line(self, number: int) -> list[str]:
        """The words, marks and breaks of a line by its number."""
        return self.padded[: self.tail].split("\n")[number].strip(" ").split(" ")

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


def _says_more(form: Form, start: int, end: int) -> bool:
    """Whether a needle in the tail may say more than one in the main part does.

    A single word does not where it stands there only beside another, and is not what two words of the main part are when
    joined. Two words, and a word in capitals, always do.
    """
    padded = form.padded
    word = padded[start + 1 : end - 1]
    return " " in word or word[0] == CAPITAL or may_be_joined(word, form)


def may_be_joined(word: str, form: Form) -> bool:
    """Whether a word may be what neighbouring words of the main part are when joined. False is certain."""
    padded = form.padded
    return any(
        padded.find(f" {word[:cut]} {word[cut : cut + 2]}", 0, form.tail) >= 0 for cut in range(2, len(word) - 1)
    )


def may_go_on(form: Form, begin: int, end: int, *, backwards: bool = False) -> bool:
    """Whether a phrase may go on where this word of the main part stands instead of its own. False is certain.

    It may over a mark, and where the word and the next (backwards: the one before) are one word when joined.
    """
    padded = form.padded
    word = padded[begin:end]
    if word in _BREAKS:
        return False
    if not word[0].isalnum():
        return True
    if backwards:
        return padded.find(f"{padded[begin - 3 : begin - 1]}{word} ", form.tail) >= 0
    return padded.find(f" {word}{padded[end + 1 : end + 3]}", form.tail) >= 0


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
            told = self._told[needle]
            if told and (start < form.tail or _says_more(form, start, end)):
                out += [Hint(number, start, is_sure=True) for number in told]
            numbers: Iterable[int] | _Branch = self._hinted[needle]
            if isinstance(numbers, _Branch):
                is_inner = not is_heading and start < form.tail
                numbers = numbers.leaves(form, start, end) if is_inner else numbers.all
            for number in numbers:
                stands = None if is_heading else leaves[number].stands(form, start)  # phrases run across its breaks
                if stands is not False:
                    out.append(Hint(number, start, bool(stands)))
        return out
