"""Filters that are typed among the words of a query: those that every record must pass, and the query without them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.terms.matcher import Query
from monitor.terms.printer import format_term
from monitor.terms.tree import Both, Scope, Without

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from monitor.terms.tree import Filter, Node
    from monitor.terms.vocabulary import Lexicon


def required_filters(node: Node) -> Iterator[Filter]:
    """Iterate over the filters that every record passes: not those of one side of an OR, nor those behind a NOT."""
    match node:
        case Scope(node=inner, filters=filters):
            yield from filters
            if inner is not None:
                yield from required_filters(inner)
        case Both(operands=operands):
            for operand in operands:
                yield from required_filters(operand)
        case Without(wanted=wanted):
            yield from required_filters(wanted)


def without_filters(query: Query, names: Collection[str], lexicon: Lexicon) -> Query | None:
    """Return a query without its required filters of these names; None if nothing else is in it."""
    root = _without(query.root, names)
    return None if root is None else Query(format_term(root), root, lexicon)


def _without(node: Node, names: Collection[str]) -> Node | None:
    match node:
        case Scope(node=inner, filters=filters):
            kept = tuple(condition for condition in filters if condition.name not in names)
            inner = None if inner is None else _without(inner, names)
            if inner is None and not kept:
                return None
            return replace(node, node=inner, filters=kept) if kept or node.parts else inner
        case Both(operands=operands):
            left = [other for operand in operands if (other := _without(operand, names)) is not None]
            return Both(operands=tuple(left)) if len(left) > 1 else next(iter(left), None)
        case Without(wanted=wanted):
            # A NOT can't stand alone.
            return replace(node, wanted=_without(wanted, names) or wanted)
    return node
