"""The grammar of terms: lexemes to a tree.

    term       = expression { "=" expression }        a family, if there is an "="
    expression = every { "OR" every }
    every      = wanted { "AND" wanted }
    wanted     = close { "NOT" close }
    close      = operand [ near operand ]             takes phrases, or an OR of phrases in brackets
    near       = "NEAR" [ "/" 1..50 ]                 alone: 10
    operand    = words | quoted | "(" expression ")"
    words      = what stands side by side and is nothing else
    quoted     = '"' anything but '"' '"'
    filter     = name ":" ( value | quoted )          name: in house body asker minister party kind from to
    value      = letters and signs, but no space, bracket, quotation mark or "="

and filters: they hold for all that stands in the same brackets, so they stand beside an expression rather than in it. In
each pair of brackets, and outside of all, they may stand before the first operand and after the last one; joined to it by
AND or by nothing (by nothing only, where there is an OR: `a OR b AND house:lords` can be read in two ways). Filters of the
record may stand beside any operand where all operators are AND. Everywhere else they are refused, and so are operands side
by side: what somebody meant there is anyone's guess. An expression may be filters alone, but for `in:`. A member of a
family with filters stands in brackets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.terms import lexing
from monitor.terms.errors import refused
from monitor.terms.expressions import expression, small_operator
from monitor.terms.lexing import Condition, Lexeme, lexemes
from monitor.terms.nodes import Family
from monitor.terms.operators import Operand, wording
from monitor.terms.phrases import quoted_phrase, read_phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.terms.expressions import Item
    from monitor.terms.nodes import Node

MOST_NESTED: Final = 20
"""Brackets within brackets."""


def read(source: str, today: date | None) -> tuple[Node, str]:
    """The tree of a term, and its first member as written. Raises TermError.

    `today` is None for a watch term, in which from: and to: are refused.
    """
    members, equals = _Reader(source, lexemes(source, today)).members()
    if not equals:
        return expression(members[0], source), source
    for number, items in enumerate(members):
        _check_member(items, source, equals[max(number - 1, 0)])
    root = Family(members=tuple(expression(items, source) for items in members))
    return root, source[: equals[0]].strip()


class _Reader:
    """Goes through the lexemes once, and makes an operand of each phrase and each pair of brackets."""

    def __init__(self, source: str, lexemes: Iterator[Lexeme | Condition]) -> None:
        self._source: Final = source
        self._lexemes: Final = lexemes

    def members(self) -> tuple[list[list[Item]], list[int]]:
        """What stands between the = outside of brackets, and where these stand."""
        members: list[list[Item]] = [[]]
        equals: list[int] = []
        for lexeme in self._lexemes:
            if isinstance(lexeme, Lexeme) and lexeme.kind == "=":
                equals.append(lexeme.start)
                members.append([])
            else:
                members[-1].append(self._item(lexeme, 0))
        return members, equals

    def _item(self, lexeme: Lexeme | Condition, depth: int) -> Item:
        if isinstance(lexeme, Condition):
            return lexeme
        kind, start, end, _ = lexeme
        if kind == lexing.WORDS:
            self._refuse_small_operator(start, end)
            return Operand(read_phrase(self._source, start, end), start, end)
        if kind == lexing.QUOTED:
            return Operand(quoted_phrase(self._source, start + 1, end - 1), start, end)
        if kind == "(":
            return self._group(start, depth + 1)
        if kind == ")":
            raise refused(
                "A bracket closes that was never opened", self._source, start, "remove it, or write a ( before"
            )
        return lexeme

    def _refuse_small_operator(self, start: int, end: int) -> None:
        word = self._source[start:end]
        if word.casefold() in {"and", "or", "not"} and word != self._source:
            raise small_operator(word, self._source, start)

    def _group(self, start: int, depth: int) -> Operand:
        """What stands in the brackets that were opened at `start`."""
        if depth > MOST_NESTED:
            raise refused(
                f"Brackets stand {depth} deep", self._source, start, f"{MOST_NESTED} is the most; split the term"
            )
        items: list[Item] = []
        for lexeme in self._lexemes:
            kind = lexeme.kind if isinstance(lexeme, Lexeme) else ""
            if kind == "=":
                raise refused(
                    "An = stands in brackets, and a family does not",
                    self._source,
                    lexeme.start,
                    "write OR for a choice, or quote the sign if it is to be found",
                )
            if kind == ")":
                if not items:
                    raise refused("The brackets are empty", self._source, start, "write a term in them, or remove them")
                return Operand(expression(items, self._source), start, lexeme.end)
            items.append(self._item(lexeme, depth))
        raise refused("A bracket is never closed", self._source, start, "write a ) after what belongs in the brackets")


def _check_member(items: Sequence[Item], source: str, equals: int) -> None:
    if not items:
        raise refused("A family lacks a member beside the =", source, equals, "write terms on both sides")
    for item in items:
        if isinstance(item, Condition):
            written = wording(item, source)
            raise refused(
                f"{written} may be meant for one member of the family or for all",
                source,
                item.start,
                f"write brackets around each member that it is for, as in ({written} unit)",
            )
