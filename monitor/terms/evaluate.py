"""What a term means: which of its phrases must occur, where, for it to hold, and which occurrences it then has."""

from __future__ import annotations

from datetime import date
from itertools import chain, product
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from monitor.terms.tree import Both, Either, Family, Filter, Near, Phrase, Scope, Without, phrases_of
from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from monitor.model.records import Facts
    from monitor.ports import Query
    from monitor.terms.tree import NearSide, Node


class Occurrence(NamedTuple):
    """Where a phrase stands: part and line by number, start and end in the part, first token and the one after."""

    part: int
    line: int
    start: int
    end: int
    first: int
    after: int


class Sight(Protocol):
    """What can be seen of one document."""

    def occurrences(self, phrase: Phrase) -> Sequence[Occurrence]:
        """Where a phrase counts as found, in order."""
        ...

    def part_name(self, number: int) -> str:
        """The name of a part."""
        ...

    def facts(self) -> Facts:
        """What filters look at."""
        ...

    def words_between(self, one: Occurrence, other: Occurrence) -> int | None:
        """How many words stand between the end of one and the begin of the other; None in another paragraph or before."""
        ...


PartNames = frozenset[str] | None
"""Names of the parts that count; None: all."""


def found(node: Node, sight: Sight, parts: PartNames = None) -> list[Occurrence] | None:
    """The occurrences that a node has in a document; None where it does not hold there."""
    match node:
        case Phrase():
            return _within(sight, sight.occurrences(node), parts) or None
        case Near():
            return _near(node, sight, parts)
        case Both(operands=operands):
            all_found = [found(one, sight, parts) for one in operands]
            held = [one for one in all_found if one is not None]
            return list(chain(*held)) if len(held) == len(all_found) else None
        case Either(operands=operands) | Family(members=operands):
            held = [one for operand in operands if (one := found(operand, sight, parts)) is not None]
            return list(chain(*held)) if held else None
        case Without(wanted=wanted, unwanted=unwanted):
            kept = found(wanted, sight, parts)
            return kept if kept is not None and found(unwanted, sight, parts) is None else None
        case Scope():
            return _in_scope(node, sight, parts)


def _within(sight: Sight, some: Sequence[Occurrence], parts: PartNames) -> list[Occurrence]:
    return list(some) if parts is None else [one for one in some if sight.part_name(one.part) in parts]


def _in_scope(scope: Scope, sight: Sight, parts: PartNames) -> list[Occurrence] | None:
    if not all(passes(one, sight.facts()) for one in scope.filters):
        return None
    return [] if scope.node is None else found(scope.node, sight, narrow_parts(scope, parts))


def narrow_parts(scope: Scope, parts: PartNames) -> PartNames:
    """The parts that count within a scope that stands where `parts` do."""
    if not scope.parts:
        return parts
    return frozenset(scope.parts) if parts is None else parts & frozenset(scope.parts)


def _near(node: Near, sight: Sight, parts: PartNames) -> list[Occurrence] | None:
    lefts = _within(sight, _of_close(node.left, sight), parts)
    rights = _within(sight, _of_close(node.right, sight), parts)
    near: dict[Occurrence, None] = {}
    for one, other in product(lefts, rights):
        between = [sight.words_between(one, other), sight.words_between(other, one)]
        if any(words is not None and words <= node.distance for words in between):
            near |= {one: None, other: None}
    return list(near) or None


def _of_close(close: NearSide, sight: Sight) -> list[Occurrence]:
    return [one for phrase in phrases_of(close) for one in sight.occurrences(phrase)]


def may_hold(node: Node, may_occur: Callable[[Phrase], bool]) -> bool:
    """Whether a node may hold where only these phrases may occur; False is certain."""
    match node:
        case Phrase():
            return may_occur(node)
        case Near(left=left, right=right):
            return all(any(may_occur(phrase) for phrase in phrases_of(close)) for close in (left, right))
        case Both(operands=operands):
            return all(may_hold(one, may_occur) for one in operands)
        case Either(operands=operands) | Family(members=operands):
            return any(may_hold(one, may_occur) for one in operands)
        case Without(wanted=wanted):
            return may_hold(wanted, may_occur)
        case Scope(node=inner):
            return inner is None or may_hold(inner, may_occur)


def passes(condition: Filter, facts: Facts) -> bool:
    """Whether a record passes a filter. What is not known of it passes none."""
    value = condition.value
    match condition.name:
        case "house" | "kind":
            return str(getattr(facts, condition.name)) == value
        case "from":
            return facts.day is not None and facts.day >= date.fromisoformat(value)
        case "to":
            return facts.day is not None and facts.day <= date.fromisoformat(value)
        case _:
            name: str | None = getattr(facts, condition.name)
            return name is not None and is_named(name, value)


def is_named(name: str, wanted: str) -> bool:
    """Whether all words of `wanted` are words of a name, in any order; accents, case and hyphens do not count."""
    asked = _words(wanted)
    return bool(asked) and asked <= _words(name)


def _words(text: str) -> set[str]:
    return {token.text for token in tokens(text) if not token.is_mark}


RELEVANCE_TIERS: Final[tuple[frozenset[str] | None, ...]] = (
    frozenset({"heading"}),
    frozenset({"heading", "question"}),
    None,
)
"""The parts in which a query holds by itself, tier after tier; None: all of them. A tier is named by its number, from 1."""

LAST_TIER: Final = len(RELEVANCE_TIERS)


def relevance_tier(
    query: Query,
    parts: Mapping[str, str],
    forms: Mapping[str, str],
    facts: Callable[[], Facts] | None,
    up_to: int = LAST_TIER,
) -> int | None:
    """The tier, from 1, of a document if the query is found in it. None where that is a later one than `up_to`.

    Only the parts that decide are looked at: whether the query holds in the whole, where it has a NOT, is not asked.
    """
    for tier, chosen in enumerate(RELEVANCE_TIERS[:up_to], 1):
        if chosen is None:
            return tier
        some = [name for name in parts if name in chosen]
        if some and query.holds({name: parts[name] for name in some}, {name: forms[name] for name in some}, facts):
            return tier
    return None
