"""What stands in one pair of brackets, or in none: operands, operators, and the filters that hold for all of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from monitor.terms.errors import refused
from monitor.terms.filters import IN, check_together
from monitor.terms.lexing import Condition, Lexeme
from monitor.terms.nodes import Both, Either, Scope, Without
from monitor.terms.operators import Operand, tree, wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.terms.errors import TermError
    from monitor.terms.nodes import Node

Item: TypeAlias = Operand | Condition | Lexeme
"""What stands in brackets. A lexeme among these is an operator."""


def expression(items: Sequence[Item], source: str) -> Node:
    """The node of one or more items. Raises TermError."""
    operands = [(segment, joint) for segment, joint in _segments(items, source) if segment]
    conditions = [item for item in items if isinstance(item, Condition)]
    if not conditions:
        return tree(operands, source)
    _check_places(items, source)
    check_together([(condition.filter, condition.start) for condition in conditions], source)
    return _scope(tree(operands, source) if operands else None, conditions, source)


def _segments(items: Sequence[Item], source: str) -> Iterator[tuple[Operand | None, Lexeme | None]]:
    """What stands between the operators: the operand, None where there are filters only, and the operator before."""
    joint: Lexeme | None = None
    between: list[Operand | Condition] = []
    for item in items:
        if not isinstance(item, Lexeme):
            between.append(item)
            continue
        if not between:
            _refuse_operator(joint, item, source)
        yield _operand(between, source), joint
        joint, between = item, []
    if joint and not between:
        raise refused(f"{joint.kind} has nothing after it", source, joint.start, f"write a term there, {_QUOTE_IT}")
    yield _operand(between, source), joint


def _operand(between: Sequence[Operand | Condition], source: str) -> Operand | None:
    operands = [item for item in between if isinstance(item, Operand)]
    if len(operands) > 1:
        _refuse_side_by_side(operands[0], operands[1], source)
    return operands[0] if operands else None


_QUOTE_IT: Final = "or remove it, or quote it if it is meant as a word"


def _refuse_operator(before: Lexeme | None, operator: Lexeme, source: str) -> NoReturn:
    """Refuse an operator that stands first, or right after another."""
    kind = operator.kind
    if before and before.kind == "AND" and kind == "NOT":
        raise refused("AND and NOT stand side by side", source, before.start, "leave AND away, as in a NOT b")
    if kind == "NOT":
        raise refused(
            "NOT needs something wanted before it",
            source,
            operator.start,
            "write what to look for first, as in a NOT b",
        )
    if before:
        raise refused(
            f"{before.kind} and {kind} stand side by side",
            source,
            operator.start,
            "write a term between, or remove one",
        )
    raise refused(f"{kind} has nothing before it", source, operator.start, f"write a term there, {_QUOTE_IT}")


_SMALL = re.compile("or|and|not|near", re.IGNORECASE)


def _refuse_side_by_side(left: Operand, right: Operand, source: str) -> NoReturn:
    """Refuse two operands with no operator between."""
    if between := source[left.end : right.start].strip():
        raise refused(
            f"{between} stands between words", source, right.start, "write it first or last, or AND between the words"
        )
    last, first = wording(left, source).split()[-1], wording(right, source).split()[0]
    for word, position in ((last, left.end - len(last)), (first, right.start)):
        if _SMALL.fullmatch(word):
            raise small_operator(word, source, position)
    if "(" in (source[left.start], source[right.start]):
        raise refused(
            "Nothing joins the brackets to what stands beside them",
            source,
            right.start,
            "write AND, OR, NOT or NEAR between, or quote the phrase if the brackets belong to it",
        )
    raise refused(
        "Quoted and other words stand side by side",
        source,
        right.start,
        "write AND between them, or quote the whole phrase",
    )


# -- filters ----------------------------------------------------------------------------------------------------------


def _check_places(items: Sequence[Item], source: str) -> None:
    """Refuse a filter where a reader may think that it holds for less than all in its brackets."""
    kinds = [item.kind if isinstance(item, Lexeme) else "" for item in items]
    operators = set(filter(None, kinds))
    places = [place for place, item in enumerate(items) if isinstance(item, Operand)] or [len(items)]
    first, last = places[0], places[-1]
    seen_before = False
    for place, item in enumerate(items):
        if not isinstance(item, Condition) or not operators:
            continue
        is_part = item.filter.name == IN
        if first < place < last:
            is_clear = operators == {"AND"} and not is_part
        else:
            beside = set(filter(None, kinds[:first] if place < first else kinds[last:]))
            is_clear = not beside or (beside == {"AND"} and "OR" not in operators)
        if not is_clear or (is_part and seen_before and place > last):
            _refuse_place(item, items[max(place - 1, 0) : place + 2], source)
        seen_before = seen_before or (is_part and place < first)


def _refuse_place(condition: Condition, beside: Sequence[Item], source: str) -> NoReturn:
    """`beside`: what stands before and after it."""
    text = wording(condition, source)
    remedy = "write it before or after all the rest if it is for all"
    if not any(isinstance(item, Lexeme) and item.kind == "NEAR" for item in beside):
        words = " unit" if condition.filter.name == IN or any(isinstance(item, Operand) for item in beside) else ""
        remedy += f", or in brackets with what it is for, as in ({text}{words})"
    raise refused(
        f"{text} may be meant for all that stands here or for one side of an operator",
        source,
        condition.start,
        remedy,
    )


def _scope(node: Node | None, conditions: Sequence[Condition], source: str) -> Scope:
    parts = [condition for condition in conditions if condition.filter.name == IN]
    if parts and not (node and _has_words(node)):
        written = wording(parts[0], source)
        raise refused(
            f"{written} has nothing to look for", source, parts[0].start, f"write words beside it, as in {written} unit"
        )
    return Scope(
        node=node,
        parts=tuple(dict.fromkeys(condition.filter.value for condition in parts)),
        filters=tuple(dict.fromkeys(condition.filter for condition in conditions if condition.filter.name != IN)),
    )


def _has_words(node: Node) -> bool:
    match node:
        case Scope():
            return node.node is not None and _has_words(node.node)
        case Without():
            return _has_words(node.wanted)
        case Both() | Either():
            return any(map(_has_words, node.operands))
    return True


def small_operator(word: str, source: str, position: int) -> TermError:
    """What to raise where a small word stands in the place of an operator."""
    return refused(
        f"A small {word} is a word like any other",
        source,
        position,
        f"write {word.upper()} in capitals to join what stands beside it, or quote the whole phrase",
    )
