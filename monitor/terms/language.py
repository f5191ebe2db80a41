"""The term language: a line from config.toml or the command line becomes a small tree of frozen nodes.

`monitor.terms.grammar` has the grammar. Whatever it does not know is refused, with the place and what to write instead, and
never taken for plain words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitor.terms.errors import TermError
from monitor.terms.grammar import read
from monitor.terms.lexing import LONGEST
from monitor.terms.mending import mended, straight
from monitor.terms.nodes import Both, Close, Either, Family, Filter, Near, Node, Phrase, Scope, Term, Without, Word
from monitor.terms.phrases import MOST_WORDS, SHORTEST_PREFIX, plain_phrase
from monitor.terms.writing import write
from monitor.text.tokens import STOP_WORDS

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "LONGEST",
    "MOST_WORDS",
    "SHORTEST_PREFIX",
    "STOP_WORDS",
    "Both",
    "Close",
    "Either",
    "Family",
    "Filter",
    "Near",
    "Node",
    "Phrase",
    "Scope",
    "Term",
    "TermError",
    "Without",
    "Word",
    "parse_query",
    "parse_term",
    "write",
]


def parse_term(text: str) -> Term:
    """Read a watch term. Raises TermError with the place and the remedy."""
    return _parse(text.strip(), None)


def parse_query(text: str, today: date) -> Term:
    """Read a query: a term that may also hold from: and to:, counted from `today`. Raises TermError."""
    return _parse(text.strip(), today)


_PLAIN = re.compile(
    r"(?:(?!(?:AND|NOT|NEAR|(?i:or))\b|(?i:near|adj)-?\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?: (?!\Z)|\Z))+"
)
"""Words, and nothing that could be anything else: most terms are no more, and are read without the grammar."""


def _parse(source: str, today: date | None) -> Term:
    try:
        if len(source) <= LONGEST and _PLAIN.fullmatch(source):
            return Term(source=source, label=source, root=plain_phrase(source, 0, len(source)))
        root, label = read(straight(source), today)
    except TermError as exc:
        raise _with_better(exc, source, today) from None
    return Term(source=source, label=source[: len(label)], root=root)


def _with_better(exc: TermError, source: str, today: date | None) -> TermError:
    """The error with the term as it was probably meant, if that can be read."""
    try:
        better = mended(source) if len(source) <= LONGEST else source
        read(better, today)
    except TermError:
        return exc
    return TermError(exc.problem, term=exc.term, position=exc.position, remedy=exc.remedy, better=better)
