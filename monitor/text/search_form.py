"""Search form: the form of a text that the archive's index and the matcher's prefilter read instead of it.

A form is a string of tokens, separated by one space, in two parts. The *main part* is the text: its words and marks,
folded and in order; a line break for each of its own, "|" for each tab, "." after a word or mark that any other break
follows. The *tail* holds more ways to find a phrase: words in capitals (`CAPITAL` and the word), hyphenated words
joined, and pairs of words that are neighbours only if marks are passed over, hyphens taken out, or a heading is read
across its colons. `TAIL` stands before each of these entries.

So two words that are neighbours in any reading of the text are neighbours somewhere in its form.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.text.tokens import (
    ABBREVIATIONS,
    CAPITAL,
    COLON,
    HANGING,
    HYPHEN,
    MAY_HANG,
    SPACE,
    Remembered,
    Token,
    is_mark,
    joined,
    readings,
    tokens_of,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from monitor.text.tokens import Part


FORM_VERSION: Final = 3
"""Version of these rules: a stored form of another version is made again."""

TAIL: Final = "\u00b6"
"""Sign before each entry of the tail. No token of a text is this sign."""

JOINED: Final = "\ue003"
"""Sign before each joined word in the tail of a form for an index. No text holds it."""

BEFORE_ENTRY: Final = f" {TAIL} "
CELL: Final = "|"
"""Sign for a tab, between two cells of a line."""
_LINE, _BREAK = "\n", "."
_STOPS: Final = frozenset({_LINE, CELL, _BREAK})
_ENDS: Final = f"{_BREAK} "
_TWO_BREAKS: Final = f" {_BREAK} {_BREAK} "
_ALONE: Final = {"\n": _LINE, "\t": CELL}


def search_form(text: str, *, is_heading: bool = False) -> str:
    """Return the search form of a part's plain text. In a heading phrases join across a colon, in both directions."""
    main, tail = _parts_of_form(text, is_heading=is_heading)
    return _form(main, {entry.replace(JOINED, "") for entry in tail})


def signed_form(text: str, *, is_heading: bool = False) -> str:
    """Return the search form with `JOINED` before joined words: in the tail they are not near their neighbours."""
    return _form(*_parts_of_form(text, is_heading=is_heading))


def _parts_of_form(text: str, *, is_heading: bool) -> tuple[str, set[str]]:
    """Return the main part, and the entries of the tail with their signs."""
    tail: set[str] = set()
    main = _read_across_colons(text, tail) if is_heading and ":" in text else _read(text, tail)
    return main[:-1], tail


def _form(main: str, tail: set[str]) -> str:
    return BEFORE_ENTRY.join([main, *sorted(tail)])


def signed_forms_of(parts: Mapping[str, str]) -> dict[str, str]:
    """Return the signed search form of each part, by name, from its plain text."""
    return {name: signed_form(text, is_heading=name == "heading") for name, text in parts.items()}


def forms_of(parts: Mapping[str, str]) -> dict[str, str]:
    """Return the search form of each part, by name, from its plain text."""
    return {name: search_form(text, is_heading=name == "heading") for name, text in parts.items()}


def change_print(form: str) -> str:
    """Return the pieces of a search form that change only with its words: the main part with breaks merged, and capitals.

    It is equal for the same texts as `monitor.text.tokens.change_form`, in a twentieth of the time.
    """
    main, *entries = form.split(BEFORE_ENTRY)
    main = f" {main} ".replace(_LINE, _BREAK)  # neither sign is part of a word, or begins one
    while _TWO_BREAKS in main:
        main = main.replace(_TWO_BREAKS, f" {_BREAK} ")
    capitals = sorted(entry for entry in entries if entry[0] == CAPITAL)
    return " ".join([main.strip(_ENDS), *capitals])


# Most texts can be read piece by piece between spaces, and most pieces were seen before. So each piece without spaces, a
# chunk, is read once, and its main part is remembered. Signs that hardly any text holds mark the chunks that need more.
_NOT_ALONE, _KEY, _LINKED, _HANGING, _GLUE = "\x00\x01\x02\x03\x04"
_SIGNS: Final = frozenset({_NOT_ALONE, _KEY, _LINKED, _HANGING})
_PLAIN: Final = re.compile(r"(?:[A-Za-z]?[a-z]+|\d{1,3}(?:,\d{3})*|\d+)[,.]?", re.ASCII)
"""Words and figures that need no reading, except for abbreviations: two thirds of the chunks not seen before."""
_TWO_CAPITALS: Final = re.compile(r"[A-Z].*[A-Z]", re.DOTALL)
_HANGS_ON: Final = re.compile(rf"{_HANGING}[\d{_LINKED}]")
_LONGEST: Final = 300
"""Most characters of a chunk that is remembered: addresses are repeated."""
_MOST_LINKS: Final = 20_000
"""Most linked chunks that are remembered: an address may have a hundred entries."""


def _read(text: str, tail: set[str]) -> str:
    """Return the main part, with a space after each token. The entries of the tail are added to `tail`."""
    main = _by_chunk(text)
    if _HANGING in main:
        if _HANGS_ON.search(main):
            main = _by_chunk(HANGING.sub(lambda hanging: hanging[0].replace(" ", _GLUE), text))
        main = main.replace(_HANGING, "")
    if _NOT_ALONE in main or _GLUE in text:
        if "\n" in text or "\t" in text:
            return _by_cell(text, lambda cell: _read(cell, tail))
        return _whole(text, _LINKS, tail)
    if _KEY in main:
        parts = main.split(_KEY)
        tail.update(parts[1::2])
        main = "".join(parts[::2])
    return _linked(main.split(_LINKED), tail) if _LINKED in main else main


def _read_across_colons(heading: str, tail: set[str]) -> str:
    return _by_cell(heading, lambda cell: _whole(cell, _HEADINGS, tail))


def _by_chunk(text: str) -> str:
    spaced = text.replace("\n", " \n ") if "\n" in text else text
    chunks = (spaced.replace("\t", " \t ") if "\t" in text else spaced).split(" ")
    return "".join(map(_CHUNKS.__getitem__, chunks))


def _chunk(raw: str) -> str:
    """Return the main part of a chunk, with the signs that `_read` looks for."""
    if raw in _ALONE:
        return f"{_ALONE[raw]} "
    if _PLAIN.fullmatch(raw) and raw not in ABBREVIATIONS:
        word = raw.lower().replace(",", "")
        return f"{word[:-1]} {_BREAK} " if word[-1] == "." else f"{word} "
    raw = raw.replace(_GLUE, " ")
    read = readings(raw)
    if not _SIGNS.isdisjoint(raw) or (read and isinstance(read[0], int)):
        return _NOT_ALONE  # a break may go with what stands before, and may be one with a break there
    hanging = _HANGING if MAY_HANG.search(raw) else ""
    if any(part.gap == HYPHEN or is_mark(part.text) for parts in read if not isinstance(parts, int) for part in parts):
        return f"{_LINKED}{raw}{_LINKED}{hanging}"
    return f"{_main(read)}{''.join(f'{_KEY}{key}{_KEY}' for key in _capitals(raw))}{hanging}"


def _linked(parts: list[str], tail: set[str]) -> str:
    """Return the main part of plain pieces with linked chunks between them."""
    out = parts[:1]
    last = _last_word(parts[0])  # the word before in the main part
    far: tuple[str, ...] = ()  # the other words that may come before
    for raw, plain in zip(parts[1::2], parts[2::2], strict=True):
        main, entries, alone, firsts, far_firsts, own_last, far_lasts, is_passed = _LINKS[raw]
        tail.update(entries)
        if not (last or far):
            tail.update(alone)
        for word in far:
            for first in firsts:
                tail.add(f"{word} {first}")
        if last:
            for first in far_firsts:
                tail.add(f"{last} {first}")
        if not is_passed:
            last, far = own_last, far_lasts
        elif last:
            last, far = "", (*far, last)
        if plain:
            if far and (first := plain[: plain.index(" ")]) not in _STOPS:
                for word in far:
                    tail.add(f"{word} {first}")
            last, far = _last_word(plain), ()
        out += main, plain
    return "".join(out)


def _last_word(main: str) -> str:
    """Return the last word of a piece of the main part; "" if it ends with a break."""
    last = main[main.rfind(" ", 0, -1) + 1 : -1]
    return "" if last in _STOPS else last


def _by_cell(text: str, read: Callable[[str], str]) -> str:
    """Return the main part of a text whose cells are read one by one."""
    lines = (f"{CELL} ".join(map(read, line.split("\t"))) for line in text.split("\n"))
    return f"{_LINE} ".join(lines)


def _whole(cell: str, links: Remembered[_Links], tail: set[str]) -> str:
    """Return the main part of a cell that is read as one chunk, with its spaces."""
    read = links[cell]
    tail.update(read.entries, read.alone)
    return read.main


class _Links(NamedTuple):
    """A chunk and its links to its neighbours. A far word does not stand at the chunk's edge in the main part."""

    main: str
    entries: tuple[str, ...]  # of the tail, whatever the neighbours are
    alone: tuple[str, ...]  # and if nothing stands before
    firsts: tuple[str, ...]  # what may be its first word
    far_firsts: tuple[str, ...]
    last: str  # its last word, "" where that is far or none
    far_lasts: tuple[str, ...]
    is_passed: bool  # nothing but marks


def _links(raw: str, *, is_heading: bool = False) -> _Links:
    read = readings(raw)
    ways = _Ways(tokens_of(read), COLON if is_heading else HYPHEN)
    main = _main(read)
    is_open = not f" {main}".endswith(f" {_BREAK} ")
    begin, is_first = ways.next_words[0]
    firsts = ways.edges[begin]
    lasts = ways.lasts() if is_open else []
    return _Links(
        main=main,
        entries=(*_capitals(raw), *ways.pairs(), *ways.first_joined(begin), *(ways.turned() if is_heading else ())),
        alone=tuple(edge.text for edge in firsts if edge.is_joined),
        firsts=tuple(edge.text for edge in firsts),
        far_firsts=tuple(edge.text for edge in firsts if edge.is_joined or not is_first),
        last="".join(edge.text for edge, is_last in lasts if is_last and not edge.is_joined),
        far_lasts=tuple(edge.text for edge, is_last in lasts if edge.is_joined or not is_last),
        is_passed=is_open and begin == ways.end,
    )


def _main(read: list[tuple[Part, ...] | int]) -> str:
    """Return the main part of a chunk, with a space after each token."""
    out: list[str] = []
    for parts in read:
        if not isinstance(parts, int):
            out += [part.text for part in parts]
        elif out and out[-1] != _BREAK:
            out.append(_BREAK)
    return "".join([f"{token} " for token in out])


def _capitals(raw: str) -> list[str]:
    if raw.isascii() and not _TWO_CAPITALS.search(raw):
        return []
    return [key for key in words(raw) if key[0] == CAPITAL]


class _Edge(NamedTuple):
    """A step over one word, or over hyphenated words that are one when joined. `end` is the token after it."""

    text: str
    end: int
    is_joined: bool


class _Ways:
    """All ways to read tokens as a row of words, passing over marks.

    `edges` are the steps that begin at each token. A mark has none, and neither have the two places after the last token:
    the end, and the place beyond a break.
    """

    def __init__(self, read: list[Token], weakest: int) -> None:
        self._read = read
        self.end = len(read)
        self.edges = [*map(self._edges_at, range(self.end)), [], []]
        self.next_words = self._next_words(weakest)
        self._after = [(edge, *self.next_words[edge.end]) for edge in chain(*self.edges)]

    def _edges_at(self, index: int) -> list[_Edge]:
        token = self._read[index]
        if token.is_mark:
            return []
        more = [_Edge(f"{JOINED}{text}", after, is_joined=True) for after, text, _ in joined(self._read, index)]
        return [_Edge(token.text, index + 1, is_joined=False), *more]

    def _next_words(self, weakest: int) -> list[tuple[int, bool]]:
        """Return, for each token, the place of the next word from there on, and whether the main part has it there too."""
        found = [(self.end, True)]
        for index in range(self.end - 1, -1, -1):
            gap = self._read[index].gap if index else SPACE
            if gap > weakest:
                found.append((self.end + 1, False))
            else:
                found.append((found[-1][0], False) if self._read[index].is_mark else (index, gap < COLON))
        return found[::-1]

    def pairs(self) -> Iterator[str]:
        """Iterate over the words that are neighbours in some reading but not in the main part."""
        for left, place, is_next in self._after:
            for right in self.edges[place]:
                if left.is_joined or right.is_joined or not is_next:
                    yield f"{left.text} {right.text}"

    def first_joined(self, begin: int) -> Iterator[str]:
        """Iterate over the joined words without a word before them, except for those at `begin`."""
        reached = {begin, *(place for _, place, _ in self._after)}
        for place in set(range(self.end)) - reached:
            yield from (edge.text for edge in self.edges[place] if edge.is_joined)

    def lasts(self) -> list[tuple[_Edge, bool]]:
        """Return the possible last words, and whether each is the last token too."""
        return [(edge, is_last) for edge, place, is_last in self._after if place == self.end]

    def turned(self) -> Iterator[str]:
        """Iterate over the pairs of a heading read from its other side: "Hotels: Asylum" has asylum hotels."""
        breaks = [index for index, token in enumerate(self._read) if index == 0 or token.gap >= COLON] + [self.end]
        for (left, middle), (_, right) in pairwise(pairwise(breaks)):
            if self._read[middle].gap == COLON:
                firsts = next(filter(None, self.edges[left:middle]), [])
                last = max((edge.end for edge in chain(*self.edges[middle:right])), default=0)
                lasts = [edge for edge in chain(*self.edges[middle:right]) if edge.end == last]
                yield from (f"{left_word.text} {right_word.text}" for left_word in lasts for right_word in firsts)


_CHUNKS: Final = Remembered(_chunk, longest=_LONGEST)
_LINKS: Final = Remembered(_links, longest=_LONGEST, most=_MOST_LINKS)
_HEADINGS: Final = Remembered(partial(_links, is_heading=True), longest=_LONGEST, most=_MOST_LINKS)


LONGEST: Final = 400
"""Characters of a search form that are read for a formula, which ends in the first half of them."""


BREAKS: Final = frozenset({"", ".", "|", "\n"})
