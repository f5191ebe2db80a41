"""Search for the pattern of a phrase in a line of a text: walk its paths along the words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.text.tokens import COLON, HYPHEN, Token, joined, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.terms.phrase_pattern import Edge, Pattern, WordPattern


class TokenLine:
    """One line of a part, read as tokens. No phrase crosses its end.

    `start` is its place in the part. In a heading (`is_heading`) phrases join across colons.
    """

    __slots__ = ("is_heading", "start", "text", "tokens", "weakest_break")

    def __init__(self, text: str, start: int = 0, *, is_heading: bool = False) -> None:
        self.text: Final = text
        self.start: Final = start
        self.tokens: Final = tokens(text)
        self.is_heading: Final = is_heading
        self.weakest_break: Final = COLON if is_heading else HYPHEN


def find_spans(pattern: Pattern, line: TokenLine) -> Iterator[tuple[int, int]]:
    """Find the longest span from each token where the pattern begins: first token, and the token after the last."""
    for first in _beginnings(pattern, line.tokens):
        if end := _longest_path(pattern, line, line.tokens, first):
            yield first, end


def find_inverted_spans(pattern: Pattern, line: TokenLine) -> Iterator[tuple[int, int]]:
    """Find a pattern in a heading read from its other side: "Hotels: Asylum" as asylum hotels, across a colon only."""
    read = line.tokens
    breaks = [0, *(i for i, token in enumerate(read) if i and token.gap >= COLON), len(read)]
    for left, middle, right in zip(breaks, breaks[1:], breaks[2:], strict=False):
        if read[middle].gap != COLON:
            continue
        turned = [*read[middle:right], *read[left:middle]]
        joint = right - middle
        for first in range(joint):
            end = _longest_path(pattern, line, turned, first, joint=joint)
            if end and end > joint:
                yield left, right


def _beginnings(pattern: Pattern, read: list[Token]) -> Iterator[int]:
    """Iterate over the tokens that may be the first word of a path."""
    keys, prefixes = pattern.first_keys, pattern.first_prefixes
    last = len(read) - 1
    for index, token in enumerate(read):
        if (
            token.text in keys
            or token.capitals in keys
            or (prefixes and token.text.startswith(prefixes))
            or (index < last and read[index + 1].gap == HYPHEN and _joined_word_begins(keys, read, index))
        ):
            yield index


def _joined_word_begins(keys: frozenset[str], read: list[Token], index: int) -> bool:
    return any(text in keys or (capitals and capitals in keys) for _, text, capitals in joined(read, index))


class _Walk(NamedTuple):
    """A walk along tokens from `first`. Breaks above `weakest_break` stop it, except at token `joint`."""

    read: list[Token]
    text: str
    first: int
    weakest_break: int
    joint: int


def _longest_path(pattern: Pattern, line: TokenLine, read: list[Token], first: int, *, joint: int = -1) -> int:
    """Return the furthest end of a path from token `first`; 0 if there is no path."""
    walk = _Walk(read, line.text, first, line.weakest_break, joint)
    end = 0
    ahead = [(0, first)]
    last_node = len(pattern.edges) - 1
    seen = set(ahead)
    while ahead:
        node, place = ahead.pop()
        if node == last_node:
            end = max(end, place)
            continue
        for edge in pattern.edges[node]:
            for after in _ends_of_edge(edge, walk, place):
                if (edge.target, after) not in seen:
                    seen.add((edge.target, after))
                    ahead.append((edge.target, after))
    return end


def _ends_of_edge(edge: Edge, walk: _Walk, place: int) -> set[int]:
    """Return the places where the words of an edge may end."""
    places = {place}
    for piece in edge.pieces:
        places = {after for begin in places for after in _ends_of_word(piece, walk, begin)}
    return places


def _ends_of_word(piece: WordPattern, walk: _Walk, place: int) -> Iterator[int]:
    """Iterate over the tokens after the word at `place`, and after the hyphenated words that are the word together."""
    place = _next_word(piece, walk, place)
    if place < 0:
        return
    token = walk.read[place]
    if piece.accepts(token.text, token.capitals):
        if piece.accepts_as_written(walk.text[token.start : token.end]):
            yield place + 1
    elif piece.prefixes and token.text.startswith(piece.prefixes):
        yield place + 1
    if piece.joins and place + 1 < len(walk.read) and walk.read[place + 1].gap == HYPHEN:
        for after, text, capitals in joined(walk.read, place):
            if piece.accepts(text, capitals):
                yield after


def _next_word(piece: WordPattern, walk: _Walk, place: int) -> int:
    """Return the token that the piece must be, skipping other marks; -1 if a break comes before it."""
    for index in range(place, len(walk.read)):
        token = walk.read[index]
        if index > walk.first and index != walk.joint and token.gap > walk.weakest_break:
            return -1
        if not token.is_mark or token.text in piece.keys or index == walk.first:
            return index
    return -1
