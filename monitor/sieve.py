"""A query that first asks whether a text can hold it at all, which is many times cheaper than reading its words.

The letters and figures of a word that the query needs must stand in the text in this order, with nothing but other
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
    from collections.abc import Iterable, Mapping

    from monitor.model import Match

_DROPPED: Final = "[^a-z0-9]*"
"""What folding may drop within a word, or split it at."""

_OTHER_LETTERS: Final = re.compile("[^\x00-\x7f\u00a0\u00a3\u2010-\u2015\u2018\u2019\u201c\u201d\u2022\u2026\u20ac]")
"""What is neither ASCII nor among the marks that are dropped without a letter in their place."""


class SievedQuery:
    """A query, with a sieve before it. Finds what `monitor.terms.matcher.Query` finds. Made by `sieved_query`."""

    def __init__(self, text: str) -> None:
        self._query = compile_query(text)
        self.source: Final = self._query.source
        patterns = compile_node(parse_term(text).root)
        self._needed = _needed(frozenset[str]().union(*(pattern.anchor for pattern in patterns)))

    def spans(self, parts: Mapping[str, str]) -> tuple[Match, ...]:
        """Where it stands in the parts, in their order; `topic` is "". Empty where it does not."""
        possible = {name: text for name, text in parts.items() if self.may_hold(text)}
        return self._query.spans(possible) if possible else ()

    def may_hold(self, text: str) -> bool:
        """Whether the query may stand in a text; False is certain."""
        if self._needed is None or _OTHER_LETTERS.search(text):
            return True
        return self._needed.search(text.lower()) is not None


def sieved_query(text: str) -> SievedQuery:
    """Read a query. Raises TermError."""
    return SievedQuery(text)


def _needed(anchors: Iterable[str]) -> re.Pattern[str] | None:
    """What a text in small letters must hold one of; None where that can't be said."""
    wanted = []
    for anchor in anchors:
        letters = re.sub(_DROPPED, "", anchor)
        if not letters or not anchor.lstrip(CAPITAL).isascii() or anchor == "and" or anchor.startswith("0"):
            return None
        # A word in capitals loses its plural s, also within hyphened ones: PQs-19 is sought as PQ19.
        between = f"{_DROPPED}(?:s{_DROPPED})?" if anchor.startswith(CAPITAL) else _DROPPED
        wanted.append(between.join(letters))
    return re.compile("|".join(sorted(wanted))) if wanted else None
