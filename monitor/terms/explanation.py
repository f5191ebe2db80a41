"""Explanation of a match: whether the words that were found show by themselves what found them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.terms.compiled_phrase import TokenLine, compile_phrase, find_inverted_spans, find_spans
from monitor.terms.tree import Both, Either, Family, Phrase, Scope, Without, has_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.terms.compiled_phrase import Pattern
    from monitor.terms.tree import Node


def is_evident(node: Node, form: str) -> bool:
    """Return whether a form is a phrase of a node, in any number, spelling or typography.

    An equivalent is not evident, and neither are words that count only together with others.
    """
    return any(_is_form_of(form, phrase) for phrase in _independent_phrases(node))


def _independent_phrases(node: Node) -> Iterator[Phrase]:
    """Iterate over the phrases that a node finds and that need no other words beside them."""
    match node:
        case Phrase():
            yield node
        case Both(operands=operands):
            with_words = [operand for operand in operands if has_words(operand)]
            if len(with_words) == 1:
                yield from _independent_phrases(with_words[0])
        case Either(operands=operands) | Family(members=operands):
            for operand in operands:
                yield from _independent_phrases(operand)
        case Without(wanted=inner) | Scope(node=inner):
            if inner is not None:
                yield from _independent_phrases(inner)


@lru_cache(maxsize=10_000)
def _is_form_of(form: str, phrase: Phrase) -> bool:
    """Return whether a phrase finds a form from end to end without an equivalent.

    The form is read as a heading, because it may join across the colon of one.
    """
    line = TokenLine(form, is_heading=True)
    pattern = _pattern(phrase)
    whole = (0, len(line.tokens))
    return whole in find_spans(pattern, line) or whole in find_inverted_spans(pattern, line)


@lru_cache(maxsize=1_000)
def _pattern(phrase: Phrase) -> Pattern:
    return compile_phrase(phrase, ())
