"""The search form: what the archive's index and the matcher's automaton read instead of a text.

A form is a string of tokens, apart by one space each, in two parts. The *main part* is the text: its words and marks, folded
and in order; a line break for each of its own, "|" for each tab, "." after a word or mark that any other break follows. The
*tail* holds what a phrase may be found by besides: words in capitals (`CAPITAL` and the word), what hyphened words are when
joined, and pairs of words that are neighbours only when marks are passed over, hyphens taken out, or the colons of a heading
read across. `TAIL` stands before each of these.

So two words that some reading of the text has next to each other stand next to each other somewhere in its form.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.text import CAPITAL, COLON, HYPHEN, Token, joined, readings, tokens, words

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM_VERSION: Final = 2
"""Counts changes of these rules: a stored form of another version is made again."""

TAIL: Final = "\u00b6"
"""Stands before each entry of the tail; no token of a text is this sign."""

_LINE, _CELL, _BREAK = "\n", "|", "."


def search_form(text: str, *, is_heading: bool = False) -> str:
    """The search form of a part's plain text. In a heading phrases join across a colon, in both directions."""
    main: list[str] = []
    tail = {key for key in words(text) if key[0] == CAPITAL}
    for number, line in enumerate(text.split("\n")):
        main += [_LINE] if number else []
        for column, cell in enumerate(line.split("\t")):
            main += [_CELL] if column else []
            main += _main(cell)
            tail.update(_neighbours(tokens(cell), is_heading=is_heading))
    return " ".join([*main, *(f"{TAIL} {entry}" for entry in sorted(tail))])


def _main(cell: str) -> list[str]:
    """The main part of what stands between two breaks of line or cell."""
    out: list[str] = []
    for parts in readings(cell):
        if not isinstance(parts, int):
            out += [part.text for part in parts]
        elif out and out[-1] != _BREAK:
            out.append(_BREAK)
    return out


class _Edge(NamedTuple):
    """A way along words: over one, or over hyphened ones that are one when joined; `end` is the token after."""

    text: str
    end: int
    is_plain: bool


def _neighbours(read: list[Token], *, is_heading: bool) -> Iterator[str]:
    """The entries of the tail that one cell makes: pairs that are not neighbours in the main part, lonely joined words."""
    weakest = COLON if is_heading else HYPHEN
    edges = [_edges(read, index) for index in range(len(read))]
    paired: set[str] = set()
    for left in (edge for starting in edges for edge in starting):
        place, is_next = _next_word(read, left.end, weakest)
        for right in edges[place] if place else ():
            paired |= {left.text, right.text}
            if not (left.is_plain and right.is_plain and is_next):
                yield f"{left.text} {right.text}"
    if is_heading:
        for one, other in _inverted(read, edges):
            paired |= {one, other}
            yield f"{one} {other}"
    yield from (edge.text for starting in edges for edge in starting if not edge.is_plain and edge.text not in paired)


def _edges(read: list[Token], index: int) -> list[_Edge]:
    """What begins at a token; nothing at a mark, which is passed over."""
    if read[index].is_mark:
        return []
    plain = _Edge(read[index].text, index + 1, is_plain=True)
    return [plain, *(_Edge(text, after, is_plain=False) for after, text, _ in joined(read, index))]


def _next_word(read: list[Token], place: int, weakest: int) -> tuple[int, bool]:
    """The next word from a token on, 0 before a break; and whether it stands there in the main part too."""
    is_next = True
    for index in range(place, len(read)):
        if read[index].gap > weakest:
            break
        is_next = is_next and read[index].gap < COLON
        if not read[index].is_mark:
            return index, is_next
        is_next = False
    return 0, False


def _inverted(read: list[Token], edges: list[list[_Edge]]) -> Iterator[tuple[str, str]]:
    """The pairs of a heading read from its other side: "Hotels: Asylum" has asylum hotels."""
    breaks = [index for index, token in enumerate(read) if index == 0 or token.gap >= COLON] + [len(read)]
    for (left, middle), (_, right) in pairwise(pairwise(breaks)):
        if read[middle].gap != COLON:
            continue
        last = right
        while last > middle and (last == right or read[last].is_mark):
            lasts = [edge.text for at in range(middle, last) for edge in edges[at] if edge.end == last]
            first = left
            while first < middle and (first == left or read[first - 1].is_mark):
                yield from ((one, edge.text) for one in lasts for edge in edges[first])
                first += 1
            last -= 1
