"""What a term means: which of its phrases must occur, where, for it to hold, and which occurrences it then has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import chain, product
from typing import TYPE_CHECKING, NamedTuple, Protocol

from monitor.model.index_query import AllOf, AnyOf, NearBy, Run
from monitor.terms.language import Both, Either, Family, Filter, Near, Phrase, Scope, Without
from monitor.text.tokens import CAPITAL, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.model.index_query import Need
    from monitor.model.records import Facts
    from monitor.terms.language import Close, Node


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


Parts = frozenset[str] | None
"""Names of the parts that count; None: all."""


def found(node: Node, sight: Sight, parts: Parts = None) -> list[Occurrence] | None:
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


def _within(sight: Sight, some: Sequence[Occurrence], parts: Parts) -> list[Occurrence]:
    return list(some) if parts is None else [one for one in some if sight.part_name(one.part) in parts]


def _in_scope(scope: Scope, sight: Sight, parts: Parts) -> list[Occurrence] | None:
    if not all(passes(one, sight.facts()) for one in scope.filters):
        return None
    return [] if scope.node is None else found(scope.node, sight, narrowed(scope, parts))


def narrowed(scope: Scope, parts: Parts) -> Parts:
    """The parts that count within a scope that stands where `parts` do."""
    if not scope.parts:
        return parts
    return frozenset(scope.parts) if parts is None else parts & frozenset(scope.parts)


def _near(node: Near, sight: Sight, parts: Parts) -> list[Occurrence] | None:
    lefts = _within(sight, _of_close(node.left, sight), parts)
    rights = _within(sight, _of_close(node.right, sight), parts)
    near: dict[Occurrence, None] = {}
    for one, other in product(lefts, rights):
        between = [sight.words_between(one, other), sight.words_between(other, one)]
        if any(words is not None and words <= node.distance for words in between):
            near |= {one: None, other: None}
    return list(near) or None


def _of_close(close: Close, sight: Sight) -> list[Occurrence]:
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


def phrases_of(node: Node) -> Iterator[Phrase]:
    """All phrases of a node, from left to right."""
    match node:
        case Phrase():
            yield node
        case Near(left=left, right=right):
            yield from phrases_of(left)
            yield from phrases_of(right)
        case Both(operands=operands) | Either(operands=operands) | Family(members=operands):
            for one in operands:
                yield from phrases_of(one)
        case Without(wanted=wanted, unwanted=unwanted):
            yield from phrases_of(wanted)
            yield from phrases_of(unwanted)
        case Scope(node=inner):
            if inner is not None:
                yield from phrases_of(inner)


def filters_of(node: Node) -> Iterator[Filter]:
    """All filters of a node, from left to right."""
    match node:
        case Phrase() | Near():
            return
        case Both(operands=operands) | Either(operands=operands) | Family(members=operands):
            for one in operands:
                yield from filters_of(one)
        case Without(wanted=wanted, unwanted=unwanted):
            yield from filters_of(wanted)
            yield from filters_of(unwanted)
        case Scope(node=inner, filters=filters):
            yield from filters
            if inner is not None:
                yield from filters_of(inner)


def need_of(node: Node, need_of_phrase: Callable[[Phrase], Need], parts: Parts = None) -> Need | None:
    """What a document's search form must hold for a node to hold; None where anything will do."""
    match node:
        case Phrase():
            return _in_parts(need_of_phrase(node), parts)
        case Near(left=left, right=right, distance=distance):
            sides = [need_of(side, need_of_phrase, parts) for side in (left, right)]
            lefts, rights = map(_single_words, sides)
            return NearBy(lefts, rights, distance) if lefts and rights else _all(sides)
        case Both(operands=operands):
            return _all([need_of(one, need_of_phrase, parts) for one in operands])
        case Either(operands=operands) | Family(members=operands):
            needs = [need_of(one, need_of_phrase, parts) for one in operands]
            asked = tuple(one for one in needs if one is not None)
            return AnyOf(asked) if len(asked) == len(needs) else None
        case Without(wanted=wanted):
            return need_of(wanted, need_of_phrase, parts)
        case Scope(node=inner):
            return None if inner is None else need_of(inner, need_of_phrase, narrowed(node, parts))


def _single_words(need: Need | None) -> tuple[Run, ...]:
    """The words one of which is all that is needed; none where that is more, or stands in the tail alone."""
    match need:
        case Run(words=(word,), is_alone=True) if word[0] != CAPITAL:
            return (need,)
        case AnyOf(needs=needs):
            words = [_single_words(one) for one in needs]
            return tuple(chain(*words)) if all(words) else ()
        case _:
            return ()


def _all(needs: Iterable[Need | None]) -> Need | None:
    asked = tuple(one for one in needs if one is not None)
    return (AllOf(asked) if len(asked) > 1 else asked[0]) if asked else None


def _in_parts(need: Need, parts: Parts) -> Need:
    if parts is None:
        return need
    match need:
        case Run():
            return replace(need, parts=parts)
        case AllOf(needs=needs):
            return AllOf(tuple(_in_parts(one, parts) for one in needs))
        case AnyOf(needs=needs):
            return AnyOf(tuple(_in_parts(one, parts) for one in needs))
        case NearBy(lefts=lefts, rights=rights, distance=distance):
            left, right = (tuple(replace(one, parts=parts) for one in side) for side in (lefts, rights))
            return NearBy(left, right, distance)


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
