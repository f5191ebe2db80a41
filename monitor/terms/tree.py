"""Tree of a term that was read, and the error for a term that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from monitor.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

PartNames: TypeAlias = frozenset[str] | None
"""Names of the parts that count; None stands for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a phrase, or a mark such as £ or %.

    Attributes:
        text: The word, folded.
        written: The word as typed.
        is_acronym: It is in capitals.
        has_star: A star follows: `text` is only the beginning of the word.
        is_hyphened: A hyphen joins it to the word before.
    """

    text: str
    written: str
    is_acronym: bool = False
    has_star: bool = False
    is_hyphened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One or more words in this order.

    `is_quoted`: the words are found exactly as they are, in no other spelling or number.
    """

    words: tuple[Word, ...]
    is_quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """NEAR: both sides in one paragraph, in either order, with at most `distance` words between."""

    left: NearSide
    right: NearSide
    distance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """AND: every operand somewhere in the revision."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """OR: at least one operand."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """NOT: `wanted` in the revision, `unwanted` nowhere in it."""

    wanted: Node
    unwanted: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on the record.

    Attributes:
        name: house, body, lineage, asker, minister, party, kind, from or to.
        value: For house and kind a value of `House` or `Kind`, for from and to a day in ISO form, else words of a name.
    """

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Content of one pair of brackets (or of the whole term) that has filters.

    Attributes:
        node: The node in the brackets; None where there are filters only.
        parts: Names of the parts in which the node is looked for; empty for all parts.
        filters: The conditions that the record must pass.
    """

    node: Node | None
    parts: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()

    def narrow_parts(self, parts: PartNames) -> PartNames:
        """Return the parts that count within this scope, given those that count outside of it."""
        if not self.parts:
            return parts
        own = frozenset(self.parts)
        return own if parts is None else parts & own


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Family: any of several members, reported as one. Only the root of a term is a family."""

    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """A body that succeeded another, in the first step or a later one.

    Attributes:
        name: Its name.
        phrases: Its names and abbreviations, as they are looked for.
        since: The day of the change, as exact as it is known: 2006-04-01, 2006-04, 2006 or "".
        bound: The first day on which it may be a successor; None if no day is known.
    """

    name: str
    phrases: tuple[Phrase, ...]
    since: str
    bound: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Successors:
    """`successors of NAME`: any successor of a body, in records of the day on which it succeeded and later.

    `name` is the body as written. `body` is its whole name.
    """

    name: str
    body: str
    choices: tuple[Successor, ...]


NearSide: TypeAlias = Phrase | Either
"""Side of a NEAR: a phrase, or a choice of phrases."""

Node: TypeAlias = Phrase | Near | Both | Either | Without | Scope | Family | Successors


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term that was read.

    `source` is the line as written. `label` is its first member, by which readers know it.
    """

    source: str
    label: str
    root: Node


def phrases_of(node: Node) -> Iterator[Phrase]:
    """Iterate over all phrases of a node, from left to right."""
    match node:
        case Phrase():
            yield node
        case Near(left=left, right=right):
            yield from phrases_of(left)
            yield from phrases_of(right)
        case Both(operands=operands) | Either(operands=operands) | Family(members=operands):
            for operand in operands:
                yield from phrases_of(operand)
        case Without(wanted=wanted, unwanted=unwanted):
            yield from phrases_of(wanted)
            yield from phrases_of(unwanted)
        case Scope(node=inner):
            if inner is not None:
                yield from phrases_of(inner)
        case Successors(choices=choices):
            for choice in choices:
                yield from choice.phrases


def has_words(node: Node) -> bool:
    """Return whether a node finds words, and does not hold by filters alone."""
    match node:
        case Scope():
            return node.node is not None and has_words(node.node)
        case Without():
            return has_words(node.wanted)
        case Both() | Either():
            return any(map(has_words, node.operands))
    return True


def filters_of(node: Node) -> Iterator[Filter]:
    """Iterate over all filters of a node, from left to right."""
    match node:
        case Phrase() | Near() | Successors():
            return
        case Both(operands=operands) | Either(operands=operands) | Family(members=operands):
            for operand in operands:
                yield from filters_of(operand)
        case Without(wanted=wanted, unwanted=unwanted):
            yield from filters_of(wanted)
            yield from filters_of(unwanted)
        case Scope(node=inner, filters=filters):
            yield from filters
            if inner is not None:
                yield from filters_of(inner)


def may_ask_for_facts(node: Node) -> bool:
    """Return whether a node may ask for the facts of a record: by a filter, or for the day of a successor."""
    match node:
        case Both(operands=operands) | Either(operands=operands) | Family(members=operands):
            return any(map(may_ask_for_facts, operands))
        case Without(wanted=wanted, unwanted=unwanted):
            return may_ask_for_facts(wanted) or may_ask_for_facts(unwanted)
        case Scope(node=inner, filters=filters):
            return bool(filters) or (inner is not None and may_ask_for_facts(inner))
        case Successors():
            return True
    return False


def follow_bodies(node: Node) -> Node:
    """Return a node in which each filter by the name of a body follows the body through time."""
    match node:
        case Both(operands=operands) | Either(operands=operands):
            return replace(node, operands=tuple(map(follow_bodies, operands)))
        case Family(members=members):
            return Family(members=tuple(map(follow_bodies, members)))
        case Without(wanted=wanted, unwanted=unwanted):
            return Without(wanted=follow_bodies(wanted), unwanted=follow_bodies(unwanted))
        case Scope(node=inner, filters=filters):
            followed = tuple(replace(known, name="lineage") if known.name == "body" else known for known in filters)
            return replace(node, node=None if inner is None else follow_bodies(inner), filters=followed)
    return node


# -- errors -----------------------------------------------------------------------------------------------------------


class TermError(MonitorError):
    """A term cannot be read.

    The message is one sentence with the problem and the remedy, followed by the corrected term if there is one.

    Attributes:
        problem: The mistake.
        term: The term as written.
        position: The character of `term` (from 0) at which the mistake is.
        remedy: Advice on what to write instead.
        better: The term as it was probably meant; "" where that is not known.
    """

    def __init__(self, problem: str, *, term: str, position: int, remedy: str, better: str = "") -> None:
        self.problem = problem
        self.term = term
        self.position = position
        self.remedy = remedy
        self.better = better
        super().__init__(" ".join(filter(None, (f"{problem}: {remedy}.", paste_hint(better)))))

    @property
    def caret(self) -> str:
        """The term, and below it a caret under the character."""
        return f"{self.term}\n{' ' * self.position}^"


def paste_hint(term: str) -> str:
    """Return a sentence with a term that can be pasted into config.toml or a shell; "" for an empty term.

    Both read single quotes literally, so that double quotes within them stay as they are.
    """
    if not term:
        return ""
    quote = "'"
    if quote in term:
        quote = '"' if '"' not in term else ""
    return f"Ready to paste: {quote}{term}{quote}."


def term_error(problem: str, term: str, position: int, remedy: str) -> TermError:
    """Create the error to raise for a term that cannot be read."""
    return TermError(problem, term=term, position=position, remedy=remedy)
