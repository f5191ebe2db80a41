"""Successor of a body that a match was found by, as the term and the form tell."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.terms.phrase_pattern import compile_phrase
from monitor.terms.phrase_search import TokenLine, find_inverted_spans, find_spans
from monitor.terms.successions import SUCCESSORS_OF
from monitor.terms.tree import Both, Either, Family, Scope, Successors, Without
from monitor.terms.vocabulary import EQUIVALENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.terms.tree import Node, Phrase, Successor


def found_successor(node: Node, form: str) -> tuple[Successors, Successor] | None:
    """Return the successor that a form names, with the choice that it is of; None if no successor was looked for."""
    return next(
        (
            (successors, choice)
            for successors in successors_of(node)
            for choice in successors.choices
            if any(_finds(phrase, form) for phrase in choice.phrases)
        ),
        None,
    )


def successors_of(node: Node) -> Iterator[Successors]:
    """Iterate over the choices of successors that a node finds."""
    match node:
        case Successors():
            yield node
        case Both(operands=operands) | Either(operands=operands) | Family(members=operands):
            for operand in operands:
                yield from successors_of(operand)
        case Without(wanted=inner) | Scope(node=inner):
            if inner is not None:
                yield from successors_of(inner)


def may_have_successors(term: str) -> bool:
    """Return whether a term may hold a choice of successors. False is certain, and costs little."""
    return SUCCESSORS_OF in term.casefold()


@lru_cache(maxsize=4096)
def _finds(phrase: Phrase, form: str) -> bool:
    """Return whether a phrase finds a form from end to end. It is read as a heading, for it may join across a colon."""
    line = TokenLine(form, is_heading=True)
    pattern = compile_phrase(phrase, EQUIVALENTS)
    whole = (0, len(line.tokens))
    return whole in find_spans(pattern, line) or whole in find_inverted_spans(pattern, line)
