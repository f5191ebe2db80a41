"""Parser: reads a term from config.toml or the command line into a tree.

Text that the grammar does not know is refused with its place and a remedy. It is never read as plain words.

    term       = expression { "=" expression }        a family, if there is an "="
    expression = every { "OR" every }
    every      = wanted { "AND" wanted }
    wanted     = close { "NOT" close }
    close      = operand [ near operand ]             takes phrases, or an OR of phrases in brackets
    near       = "NEAR" [ "/" 1..50 ]                 alone: 10
    operand    = words | quoted | successors | "(" expression ")"
    words      = what stands side by side and is nothing else
    quoted     = '"' anything but '"' '"'
    successors = "successors of" ( words | quoted )   of a body that has ended; not beside a NEAR
    filter     = name ":" ( value | quoted )          name: in house body lineage asker minister party kind from to
    value      = letters and signs, but no space, bracket, quotation mark or "="

Filters hold for everything in the same brackets, so they stand beside an expression rather than in it. In each pair of
brackets, and outside of all, they may stand before the first operand and after the last one, joined to it by AND or by
nothing (by nothing only, if there is an OR: `a OR b AND house:lords` can be read in two ways). Filters of the record may
stand beside any operand if all operators are AND. Everywhere else they are refused, and so are operands side by side: their
meaning would be a guess. An expression may be filters alone, except for `in:`. A member of a family with filters stands in
brackets.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn, TypeAlias

from monitor.terms import lexer
from monitor.terms.corrections import correct_term, name_with_acronym, straighten_quotes
from monitor.terms.filters import IN, check_together
from monitor.terms.lexer import LONGEST, Condition, Lexeme, lexemes
from monitor.terms.phrases import plain_phrase, quoted_phrase, read_phrase
from monitor.terms.successions import SUCCESSORS_OF, is_of_successors, read_successors
from monitor.terms.tree import (
    Both,
    Either,
    Family,
    Near,
    Phrase,
    Scope,
    Successors,
    Term,
    TermError,
    Without,
    has_words,
    term_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.terms.tree import NearSide, Node


class Operand(NamedTuple):
    """A phrase, or a pair of brackets with its content, from `start` to `end`."""

    node: Node
    start: int
    end: int


def tree(operands: Sequence[tuple[Operand, Lexeme | None]], source: str) -> Node:
    """Build the tree of operands. NEAR binds tightest, then NOT, then AND, then OR. Raises TermError.

    Each operand comes with the operator before it. That of the first does not count.
    """
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
    """Join the operands of each NEAR. Return the nodes, each with the name of the operator before it."""
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
    raise term_error("NEAR takes two sides only", source, position, f"write {remedy}")


def _close(operand: Operand, source: str) -> NearSide:
    """Return an operand as a side of a NEAR."""
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
        case Successors():
            remedy = "write it with AND, as in successors of NHTCU AND child"
        case Without():
            remedy = "write NOT outside of the brackets, as in a NEAR/5 c NOT b"
        case _:
            remedy = "write a filter outside of the brackets, before the left side or after the right one"
    raise term_error("NEAR takes words, phrases, or an OR of these in brackets", source, operand.start, remedy)


def wording(item: Operand | Condition | Lexeme, source: str) -> str:
    """Return an item as it was written."""
    return source[item.start : item.end]


Item: TypeAlias = Operand | Condition | Lexeme
"""Item in a pair of brackets. A lexeme among the items is an operator."""


def expression(items: Sequence[Item], source: str) -> Node:
    """Build the node of one or more items. Raises TermError."""
    operands = [(segment, joint) for segment, joint in _segments(items, source) if segment]
    conditions = [item for item in items if isinstance(item, Condition)]
    if not conditions:
        return tree(operands, source)
    _check_places(items, source)
    check_together([(condition.filter, condition.start) for condition in conditions], source)
    return _scope(tree(operands, source) if operands else None, conditions, source)


def _segments(items: Sequence[Item], source: str) -> Iterator[tuple[Operand | None, Lexeme | None]]:
    """Split items at the operators: the operand (None if there are filters only), and the operator before it."""
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
        raise term_error(f"{joint.kind} has nothing after it", source, joint.start, f"write a term there, {_QUOTE_IT}")
    yield _operand(between, source), joint


def _operand(between: Sequence[Operand | Condition], source: str) -> Operand | None:
    operands = [item for item in between if isinstance(item, Operand)]
    if len(operands) > 1:
        _refuse_side_by_side(operands[0], operands[1], source)
    return operands[0] if operands else None


_QUOTE_IT: Final = "or remove it, or quote it if it is meant as a word"


def _refuse_operator(before: Lexeme | None, operator: Lexeme, source: str) -> NoReturn:
    """Refuse an operator that comes first, or right after another."""
    kind = operator.kind
    if before and before.kind == "AND" and kind == "NOT":
        raise term_error("AND and NOT stand side by side", source, before.start, "leave AND away, as in a NOT b")
    if kind == "NOT":
        raise term_error(
            "NOT needs something wanted before it",
            source,
            operator.start,
            "write what to look for first, as in a NOT b",
        )
    if before:
        raise term_error(
            f"{before.kind} and {kind} stand side by side",
            source,
            operator.start,
            "write a term between, or remove one",
        )
    raise term_error(f"{kind} has nothing before it", source, operator.start, f"write a term there, {_QUOTE_IT}")


_SMALL = re.compile("or|and|not|near", re.IGNORECASE)


def _refuse_side_by_side(left: Operand, right: Operand, source: str) -> NoReturn:
    """Refuse two operands with no operator between."""
    if between := source[left.end : right.start].strip():
        raise term_error(
            f"{between} stands between words", source, right.start, "write it first or last, or AND between the words"
        )
    last, first = wording(left, source).split()[-1], wording(right, source).split()[0]
    for word, position in ((last, left.end - len(last)), (first, right.start)):
        if _SMALL.fullmatch(word):
            raise small_operator(word, source, position)
    if name_with_acronym(source):
        raise term_error(
            "A name and its acronym stand side by side",
            source,
            right.start,
            "write = between two names of one thing, or quote the phrase if the brackets belong to it",
        )
    if "(" in (source[left.start], source[right.start]):
        raise term_error(
            "Nothing joins the brackets to what stands beside them",
            source,
            right.start,
            "write AND, OR, NOT or NEAR between, or quote the phrase if the brackets belong to it",
        )
    raise term_error(
        "Quoted and other words stand side by side",
        source,
        right.start,
        "write AND between them, or quote the whole phrase",
    )


# -- filters ----------------------------------------------------------------------------------------------------------


def _check_places(items: Sequence[Item], source: str) -> None:
    """Refuse a filter that a reader may take to hold for only a part of its brackets."""
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
    """Refuse a filter at its place. `beside` are the items before and after it."""
    text = wording(condition, source)
    remedy = "write it before or after all the rest if it is for all"
    if not any(isinstance(item, Lexeme) and item.kind == "NEAR" for item in beside):
        words = " unit" if condition.filter.name == IN or any(isinstance(item, Operand) for item in beside) else ""
        remedy += f", or in brackets with what it is for, as in ({text}{words})"
    raise term_error(
        f"{text} may be meant for all that stands here or for one side of an operator",
        source,
        condition.start,
        remedy,
    )


def _scope(node: Node | None, conditions: Sequence[Condition], source: str) -> Scope:
    parts = [condition for condition in conditions if condition.filter.name == IN]
    if parts and not (node and has_words(node)):
        written = wording(parts[0], source)
        raise term_error(
            f"{written} has nothing to look for", source, parts[0].start, f"write words beside it, as in {written} unit"
        )
    return Scope(
        node=node,
        parts=tuple(dict.fromkeys(condition.filter.value for condition in parts)),
        filters=tuple(dict.fromkeys(condition.filter for condition in conditions if condition.filter.name != IN)),
    )


def small_operator(word: str, source: str, position: int) -> TermError:
    """Create the error for a small word in the place of an operator."""
    return term_error(
        f"A small {word} is a word like any other",
        source,
        position,
        f"write {word.upper()} in capitals to join what stands beside it, or quote the whole phrase",
    )


MOST_NESTED: Final = 20
"""Most brackets within brackets."""


def read(source: str, today: date | None) -> tuple[Node, str]:
    """Parse a term: return its tree, and its first member as written. Raises TermError.

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
    """Reader of lexemes, which makes an operand of each phrase and each pair of brackets."""

    def __init__(self, source: str, lexemes: Iterator[Lexeme | Condition]) -> None:
        self._source: Final = source
        self._lexemes: Final = lexemes

    def members(self) -> tuple[list[list[Item]], list[int]]:
        """Return the items between the = outside of brackets, and the places of the =."""
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
        if kind == lexer.WORDS:
            if is_of_successors(self._source[start:end]):
                return self._successors(start, end)
            self._refuse_small_operator(start, end)
            return Operand(read_phrase(self._source, start, end), start, end)
        if kind == lexer.QUOTED:
            return Operand(quoted_phrase(self._source, start + 1, end - 1), start, end)
        if kind == "(":
            return self._group(start, depth + 1)
        if kind == ")":
            raise term_error(
                "A bracket closes that was never opened", self._source, start, "remove it, or write a ( before"
            )
        return lexeme

    def _successors(self, start: int, end: int) -> Operand:
        """Read `successors of` and the name of a body, which may be quoted."""
        name_start = start + len(SUCCESSORS_OF)
        name = self._source[name_start:end].strip()
        if not name and self._source[end:].lstrip().startswith('"'):
            quoted = next(self._lexemes)
            name_start, end = quoted.start + 1, quoted.end
            name = self._source[name_start : end - 1].strip()
        return Operand(read_successors(name, self._source, name_start), start, end)

    def _refuse_small_operator(self, start: int, end: int) -> None:
        word = self._source[start:end]
        if word.casefold() in {"and", "or", "not"} and word != self._source:
            raise small_operator(word, self._source, start)

    def _group(self, start: int, depth: int) -> Operand:
        """Read the brackets that were opened at `start`."""
        if depth > MOST_NESTED:
            raise term_error(
                f"Brackets stand {depth} deep", self._source, start, f"{MOST_NESTED} is the most; split the term"
            )
        items: list[Item] = []
        for lexeme in self._lexemes:
            kind = lexeme.kind if isinstance(lexeme, Lexeme) else ""
            if kind == "=":
                raise term_error(
                    "An = stands in brackets, and a family does not",
                    self._source,
                    lexeme.start,
                    "write OR for a choice, or quote the sign if it is to be found",
                )
            if kind == ")":
                if not items:
                    raise term_error(
                        "The brackets are empty", self._source, start, "write a term in them, or remove them"
                    )
                return Operand(expression(items, self._source), start, lexeme.end)
            items.append(self._item(lexeme, depth))
        raise term_error(
            "A bracket is never closed", self._source, start, "write a ) after what belongs in the brackets"
        )


def _check_member(items: Sequence[Item], source: str, equals: int) -> None:
    if not items:
        raise term_error("A family lacks a member beside the =", source, equals, "write terms on both sides")
    for item in items:
        if isinstance(item, Condition):
            written = wording(item, source)
            raise term_error(
                f"{written} may be meant for one member of the family or for all",
                source,
                item.start,
                f"write brackets around each member that it is for, as in ({written} unit)",
            )


# -- what others call ------------------------------------------------------------------------------------------


@lru_cache(maxsize=2_000)  # a command checks, judges and compiles the same terms, and the page does so for each request
def parse_term(text: str) -> Term:
    """Read a watch term. Raises TermError with the place and the remedy."""
    return _parse(text.strip(), None)


def readable_root(text: str) -> Node | None:
    """Return the root of a watch term; None if it can't be read."""
    try:
        return parse_term(text).root
    except TermError:
        return None


def parse_query(text: str, today: date) -> Term:
    """Read a query: a term that may also hold from: and to:, counted from `today`. Raises TermError."""
    return _parse(text.strip(), today)


_PLAIN = re.compile(
    r"(?!(?i:successors of\b))"
    r"(?:(?!(?:AND|NOT|NEAR|(?i:or))\b|(?i:near|adj)-?\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?: (?!\Z)|\Z))+"
)
"""Plain words only. Most terms are no more, and are read without the grammar: this saves a third of the time."""


def _parse(source: str, today: date | None) -> Term:
    try:
        if len(source) <= LONGEST and _PLAIN.fullmatch(source):
            return Term(source=source, label=source, root=plain_phrase(source, 0, len(source)))
        root, label = read(straighten_quotes(source), today)
    except TermError as exc:
        raise _with_better(exc, source, today) from None
    return Term(source=source, label=source[: len(label)], root=root)


def _with_better(exc: TermError, source: str, today: date | None) -> TermError:
    """Add the term as it was probably meant to an error, if that can be read."""
    try:
        better = correct_term(source) if len(source) <= LONGEST else source
        read(better, today)
    except TermError:
        return exc
    return TermError(exc.problem, term=exc.term, position=exc.position, remedy=exc.remedy, better=better)
