"""A query that first asks whether a text can hold it at all, which is many times cheaper than reading its words.

The letters and figures of each word that the query needs must stand in the text in this order, with nothing but other
characters between them. This never refuses what the query would find: folding drops those or splits at them, but for the
few cases that are let through here (letters outside ASCII, a figure that begins with a point, & read as "and").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.terms.language import parse_term
from monitor.terms.matcher import compile_query
from monitor.terms.pattern import compile_node
from monitor.terms.text import CAPITAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.model import Match
    from monitor.terms.pattern import Edge, Pattern

_DROPPED: Final = "[^a-z0-9]*"
"""What folding may drop within a word, or split it at."""

_OTHER_LETTERS: Final = re.compile("[^\x00-\x7f\u00a0\u00a3\u2010-\u2015\u2018\u2019\u201c\u201d\u2022\u2026\u20ac]")
"""What is neither ASCII nor among the marks that are dropped without a letter in their place."""


class SievedQuery:
    """A query, with a sieve before it. Finds what `monitor.terms.matcher.Query` finds. Made by `sieved_query`."""

    def __init__(self, text: str) -> None:
        self._query = compile_query(text)
        self.source: Final = self._query.source
        self._needed = [list(_needed(pattern)) for pattern in compile_node(parse_term(text).root)]

    def spans(self, parts: Mapping[str, str]) -> tuple[Match, ...]:
        """Where it stands in the parts, in their order; `topic` is "". Empty where it does not."""
        possible = {name: text for name, text in parts.items() if self.may_hold(text)}
        return self._query.spans(possible) if possible else ()

    def may_hold(self, text: str) -> bool:
        """Whether the query may stand in a text; False is certain."""
        if _OTHER_LETTERS.search(text):
            return True
        small = text.lower()
        return any(all(word.search(small) for word in needed) for needed in self._needed)


def sieved_query(text: str) -> SievedQuery:
    """Read a query. Raises TermError."""
    return SievedQuery(text)


def _needed(pattern: Pattern) -> Iterator[re.Pattern[str]]:
    """For each word that no path of a pattern goes past: what a text in small letters must hold of it."""
    for node, edges in enumerate(pattern.edges[:-1]):
        if any(edge.target > node for before in pattern.edges[:node] for edge in before):
            continue
        letters = [_letters(key) for edge in edges for key in _keys(edge)]
        if letters and all(letters):
            yield re.compile("|".join(sorted(set(letters))))


def _keys(edge: Edge) -> tuple[str, ...]:
    """What the first word of an edge may be, or begin with."""
    return (*edge.pieces[0].keys, *edge.pieces[0].prefixes)


def _letters(key: str) -> str:
    """A pattern for the letters and figures of a word, "" where some of them may not stand in the text."""
    letters = re.sub(_DROPPED, "", key)
    if not key.lstrip(CAPITAL).isascii() or key == "and" or key.startswith("0"):
        return ""
    # A word in capitals loses its plural s, also within hyphened ones: PQs-19 is sought as PQ19.
    between = f"{_DROPPED}(?:s{_DROPPED})?" if key.startswith(CAPITAL) else _DROPPED
    return between.join(letters)
