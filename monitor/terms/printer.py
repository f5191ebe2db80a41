"""Printing of a tree as a term: operators in capitals, filters first, brackets where they are needed.

The printed term is read as the same tree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.terms.successions import format_successors
from monitor.terms.tree import Both, Either, Family, Near, Phrase, Scope, Successors, Without
from monitor.text.raised_figures import RAISED
from monitor.text.tokens import is_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.terms.tree import Node, Word

_TIGHTNESS: Final = {Family: 0, Scope: 1, Either: 2, Both: 3, Without: 4, Near: 5, Phrase: 6, Successors: 6}
"""Binding strength of each kind of node: a node stands in brackets within a stronger one."""


def format_term(node: Node) -> str:
    """Return a node as a term."""
    match node:
        case Phrase():
            text = f'"{_words(node)}"' if node.is_quoted else _words(node)
        case Successors():
            text = format_successors(node.name)
        case Near():
            text = f"{_side(node.left)} NEAR/{node.distance} {_side(node.right)}"
        case Without():
            text = f"{_inner(node.wanted, Without)} NOT {_inner(node.unwanted, Near)}"
        case Both():
            text = " AND ".join(_inner(operand, Without) for operand in node.operands)
        case Either():
            text = " OR ".join(_inner(operand, Both) for operand in node.operands)
        case Scope():
            text = " ".join(_scope(node))
        case Family():
            text = " = ".join(_inner(member, Either) for member in node.members)
    return text


def _inner(node: Node, least: type[Node]) -> str:
    """Return a node as a term, in brackets unless it binds at least as strongly as `least`."""
    return format_term(node) if _TIGHTNESS[type(node)] >= _TIGHTNESS[least] else f"({format_term(node)})"


def _side(node: Node) -> str:
    """Return a side of a NEAR. A figure right after NEAR would be read as its distance."""
    text = _inner(node, Phrase)
    return f"({text})" if text[0].isdigit() else text


def _scope(scope: Scope) -> Iterator[str]:
    for part in scope.parts:
        yield f"in:{part}"
    for condition in scope.filters:
        yield f"{condition.name}:{_value(condition.value)}"
    if scope.node:
        yield _inner(scope.node, Either)


_PLAIN: Final = re.compile(r"[a-z0-9_-]+")


def _value(value: str) -> str:
    """Return the value of a filter. A name is quoted, so that words after it are not read as part of it."""
    return value if _PLAIN.fullmatch(value) else f'"{value}"'


# -- words ------------------------------------------------------------------------------------------------------------


_CURRENCY: Final = re.compile("[$\u00a2-\u00a5\u20a0-\u20cf]")
_FIGURE: Final = re.compile(r"\.?\d")
_ENDS_IN_FIGURE: Final = re.compile(r"\d\Z")


def _words(phrase: Phrase) -> str:
    text = ""
    before: Word | None = None
    for word, after in zip(phrase.words, (*phrase.words[1:], None), strict=True):
        text += (_gap(before, word, after) if before else "") + word.written + ("*" if word.has_star else "")
        before = word
    return text


def _gap(before: Word, word: Word, after: Word | None) -> str:
    """Return the characters between two words."""
    if word.is_hyphened:
        return "-"
    return "" if _touch(before, word, after) else " "


def _touch(before: Word, word: Word, after: Word | None) -> bool:
    """Decide whether two words stand without a space: most marks are marks only where they touch their figures."""
    mark, next_mark = _mark(before), _mark(word)
    if word.written[0] in RAISED:  # others than of figures are no words of a term
        return True
    if mark in _JOINTS or next_mark in _JOINTS:
        return True
    if mark in {"-", "+"} or _CURRENCY.match(mark):
        return bool(_FIGURE.match(word.written) or _CURRENCY.match(next_mark) or word.written[0].isdigit())
    if next_mark in {"+", "%"}:
        return bool(_ENDS_IN_FIGURE.search(before.written))
    is_range = before.written[0].isalnum() and before.written[-1].isdigit() and after and after.written[0].isdigit()
    return next_mark == "-" and bool(is_range)


_JOINTS: Final = frozenset("/:,")
"""Marks that stand between two figures only."""


def _mark(word: Word) -> str:
    return word.text if is_mark(word.text) else ""
