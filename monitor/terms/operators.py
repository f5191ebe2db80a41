"""Operands and operators to a tree: NEAR binds tightest, then NOT, then AND, then OR."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn

from monitor.terms.errors import refused
from monitor.terms.nodes import Both, Either, Near, Phrase, Without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.terms.lexing import Condition, Lexeme
    from monitor.terms.nodes import Close, Node


class Operand(NamedTuple):
    """A phrase, or what stands in a pair of brackets with these; from `start` to `end`."""

    node: Node
    start: int
    end: int


def tree(operands: Sequence[tuple[Operand, Lexeme | None]], source: str) -> Node:
    """The tree of operands, each with the operator before it; that of the first does not count. Raises TermError."""
    choices: list[list[Node]] = [[]]
    for number, (node, kind) in enumerate(_joined_near(operands, source)):
        if not number or kind == "AND":
            choices[-1].append(node)
        elif kind == "NOT":
            choices[-1][-1] = Without(wanted=choices[-1][-1], unwanted=node)
        else:
            choices.append([node])
    either: list[Node] = []
    for choice in choices:
        both: list[Node] = []
        for node in choice:
            both += node.operands if isinstance(node, Both) else [node]
        node = Both(operands=tuple(both)) if len(both) > 1 else both[0]
        either += node.operands if isinstance(node, Either) else [node]
    return Either(operands=tuple(either)) if len(either) > 1 else either[0]


def _joined_near(operands: Sequence[tuple[Operand, Lexeme | None]], source: str) -> list[tuple[Node, str]]:
    """The operands with those that a NEAR joins made one, each with the name of the operator before it."""
    joined: list[tuple[Node, str]] = []
    for number, (operand, joint) in enumerate(operands):
        if not number or not joint or joint.kind != "NEAR":
            joined.append((operand.node, joint.kind if joint else ""))
            continue
        left, before = operands[number - 1]
        if number > 1 and before and before.kind == "NEAR":
            texts = [wording(item, source) for item in (operands[number - 2][0], before, left, left, joint, operand)]
            _refuse_chain(source, joint.start, "{} {} {} AND {} {} {}".format(*texts))
        close = Near(left=_close(left, source), right=_close(operand, source), distance=joint.distance)
        joined[-1] = (close, joined[-1][1])
    return joined


def _refuse_chain(source: str, position: int, remedy: str) -> NoReturn:
    raise refused("NEAR takes two sides only", source, position, f"write {remedy}")


def _close(operand: Operand, source: str) -> Close:
    """A side of a NEAR."""
    node = operand.node
    if isinstance(node, Phrase) or (isinstance(node, Either) and all(isinstance(x, Phrase) for x in node.operands)):
        return node
    match node:
        case Near():
            _refuse_chain(source, operand.start, "a NEAR/5 b AND b NEAR/5 c")
        case Either():
            remedy = "join words, phrases and stars by OR, nothing else"
        case Both():
            remedy = "write NEAR with each, as in a NEAR/5 c AND b NEAR/5 c"
        case Without():
            remedy = "write NOT outside of the brackets, as in a NEAR/5 c NOT b"
        case _:
            remedy = "write a filter outside of the brackets, before the left side or after the right one"
    raise refused("NEAR takes words, phrases, or an OR of these in brackets", source, operand.start, remedy)


def wording(item: Operand | Condition | Lexeme, source: str) -> str:
    """An item as it was written."""
    return source[item.start : item.end]
