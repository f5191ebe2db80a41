"""Evaluation of a term in a document: whether it holds there, which occurrences it then has, and how relevant it is.

A record about a subject ranks before a record that only mentions it: first the records in whose heading a query holds by
itself, then those in whose heading and question together it does, then all others. Readers can foresee this order; no
formula is behind it. Statements and speeches have no question.
"""

from __future__ import annotations

from datetime import date
from itertools import chain, product
from typing import TYPE_CHECKING, Final

from monitor.parliament.abbreviations import has_name
from monitor.terms.tree import Both, Either, Family, Filter, Near, Phrase, Scope, Successors, Without, phrases_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from monitor.model.records import Facts
    from monitor.ports import FactsGetter, Query
    from monitor.terms.document_view import DocumentView, Occurrence
    from monitor.terms.tree import Node, PartNames, Successor


def evaluate(node: Node, view: DocumentView, parts: PartNames = None) -> list[Occurrence] | None:
    """Return the occurrences that a node has in a document; None if it does not hold there."""
    match node:
        case Phrase():
            return _within(view, view.occurrences(node), parts) or None
        case Near() | Successors():
            return (_near(node, view, parts) if isinstance(node, Near) else _of_successors(node, view, parts)) or None
        case Both(operands=operands):
            all_found = [evaluate(operand, view, parts) for operand in operands]
            held = [found for found in all_found if found is not None]
            return list(chain(*held)) if len(held) == len(all_found) else None
        case Either(operands=operands) | Family(members=operands):
            held = [found for operand in operands if (found := evaluate(operand, view, parts)) is not None]
            return list(chain(*held)) if held else None
        case Without(wanted=wanted, unwanted=unwanted):
            kept = evaluate(wanted, view, parts)
            return kept if kept is not None and evaluate(unwanted, view, parts) is None else None
        case Scope():
            return _in_scope(node, view, parts)


def _of_successors(node: Successors, view: DocumentView, parts: PartNames) -> list[Occurrence]:
    """Find the names of successors. The day of the record matters only where a name was found."""
    found: list[Occurrence] = []
    for choice in node.choices:
        places = [place for phrase in choice.phrases for place in _within(view, view.occurrences(phrase), parts)]
        if places and _has_succeeded(choice, view):
            found += places
    return found


def _has_succeeded(choice: Successor, view: DocumentView) -> bool:
    """Return whether a body was a successor on the day of the record. A record without a day has none."""
    if choice.bound is None:
        return True
    day = view.facts().day
    return day is not None and day >= choice.bound


def _in_scope(scope: Scope, view: DocumentView, parts: PartNames) -> list[Occurrence] | None:
    if not all(passes_filter(condition, view.facts()) for condition in scope.filters):
        return None
    return [] if scope.node is None else evaluate(scope.node, view, scope.narrow_parts(parts))


def _within(view: DocumentView, places: Sequence[Occurrence], parts: PartNames) -> list[Occurrence]:
    return list(places) if parts is None else [place for place in places if view.part_name(place.part) in parts]


def _near(node: Near, view: DocumentView, parts: PartNames) -> list[Occurrence]:
    sides = view.occurrences_near(list(phrases_of(node.left)), list(phrases_of(node.right)), node.distance)
    near: dict[Occurrence, None] = {}
    for left, right in product(*(_within(view, places, parts) for places in sides)):
        between = [view.words_between(left, right), view.words_between(right, left)]
        if any(words is not None and words <= node.distance for words in between):
            near |= {left: None, right: None}
    return list(near)


def _is_never_sure(_phrase: Phrase) -> bool:
    return False


def may_hold(
    node: Node, may_occur: Callable[[Phrase], bool], surely_occurs: Callable[[Phrase], bool] = _is_never_sure
) -> bool:
    """Return whether a node may hold where only these phrases may occur, some of them surely. False is certain."""
    match node:
        case Phrase() | Successors():
            return any(map(may_occur, phrases_of(node)))
        case Near(left=left, right=right):
            return all(any(may_occur(phrase) for phrase in phrases_of(side)) for side in (left, right))
        case Both(operands=operands):
            return all(may_hold(operand, may_occur, surely_occurs) for operand in operands)
        case Either(operands=operands) | Family(members=operands):
            return any(may_hold(operand, may_occur, surely_occurs) for operand in operands)
        case Without(wanted=wanted, unwanted=unwanted):
            return may_hold(wanted, may_occur, surely_occurs) and not surely_holds(unwanted, surely_occurs)
        case Scope(node=inner, parts=parts):
            if parts:  # what surely occurs may do so in another part
                surely_occurs = _is_never_sure
            return inner is None or may_hold(inner, may_occur, surely_occurs)


def surely_holds(node: Node, surely_occurs: Callable[[Phrase], bool]) -> bool:
    """Return whether a node surely holds where these phrases surely occur. False says nothing."""
    match node:
        case Phrase():
            return surely_occurs(node)
        case Both(operands=operands):
            return all(surely_holds(operand, surely_occurs) for operand in operands)
        case Either(operands=operands) | Family(members=operands):
            return any(surely_holds(operand, surely_occurs) for operand in operands)
        case _:
            return False


# -- filters ----------------------------------------------------------------------------------------------------------


def passes_filter(condition: Filter, facts: Facts) -> bool:
    """Return whether a record passes a filter. A fact that is not known passes no filter."""
    value = condition.value
    match condition.name:
        case "house" | "kind":
            return str(getattr(facts, condition.name)) == value
        case "from":
            return facts.day is not None and facts.day >= date.fromisoformat(value)
        case "to":
            return facts.day is not None and facts.day <= date.fromisoformat(value)
        case "lineage":
            # Imported where a term needs it: the table of bodies takes its time, and most terms do without.
            from monitor.parliament.body_lines import lineage_of  # noqa: PLC0415

            return lineage_of(value).covers(facts.body, facts.house.value, facts.day)
        case _:
            name: str | None = getattr(facts, condition.name)
            return name is not None and has_name(condition.name, name, value)


# -- relevance --------------------------------------------------------------------------------------------------------

RELEVANCE_TIERS: Final[tuple[frozenset[str] | None, ...]] = (
    frozenset({"heading"}),
    frozenset({"heading", "question"}),
    None,
)
"""Parts in which a query holds by itself, tier after tier; None stands for all parts. Tiers are numbered from 1."""

LAST_TIER: Final = len(RELEVANCE_TIERS)


def relevance_tier(
    query: Query,
    parts: Mapping[str, str],
    forms: Mapping[str, str],
    facts: FactsGetter | None,
    up_to: int = LAST_TIER,
) -> int | None:
    """Return the tier, from 1, of a document that the query is found in; None if it is a later one than `up_to`.

    Only the parts that decide are looked at. Whether a query with a NOT holds in the whole document is not asked.
    """
    for tier, chosen in enumerate(RELEVANCE_TIERS[:up_to], 1):
        if chosen is None:
            return tier
        names = [name for name in parts if name in chosen]
        if names and query.holds({name: parts[name] for name in names}, {name: forms[name] for name in names}, facts):
            return tier
    return None
