"""Tree of a term that was read, and the error for a term that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from monitor.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a phrase, or a mark (£, %).

    `text` is folded; `written` is the word as typed. `is_acronym`: in capitals. `has_star`: only its beginning is given.
    `is_hyphened`: a hyphen joins it to the word before.
    """

    text: str
    written: str
    is_acronym: bool = False
    has_star: bool = False
    is_hyphened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words in this order, one or more. `is_quoted`: as they are, with no other spelling or number."""

    words: tuple[Word, ...]
    is_quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Both in one paragraph, in either order, with at most `distance` words between."""

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
    """A condition on the record. `name`: house, body, asker, minister, party, kind, from or to.

    `value`: for house and kind a value of `House` or `Kind`, for from and to a day in ISO form, else words of a name.
    """

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What stands in one pair of brackets (or in none) together with filters.

    `node` is None where there are filters only. `parts`: the parts in which everything within is looked for, none: in all.
    """

    node: Node | None
    parts: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Any of these, reported as one. Only the root of a term is one."""

    members: tuple[Node, ...]


NearSide: TypeAlias = Phrase | Either
"""What NEAR takes: a phrase, or a choice of phrases."""

Node: TypeAlias = Phrase | Near | Both | Either | Without | Scope | Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term that was read. `source` is the line as written, `label` its first member, by which readers know it."""

    source: str
    label: str
    root: Node


class TermError(MonitorError):
    """A term can't be read.

    `position` is the character (from 0) of `term` that it is about; `remedy` says what to write. `better` is the term as it
    was probably meant, "" where that can't be told. The text is one sentence with both, and the better term after it.
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
        """Two lines: the term, and a caret under the character."""
        return f"{self.term}\n{' ' * self.position}^"


def paste_hint(term: str) -> str:
    """A sentence with a term as it can be pasted into config.toml, or a shell; "" where there is none.

    In single quotes double ones stay as they are, in both.
    """
    quote = "'" if "'" not in term else '"' if '"' not in term else ""
    return f"Ready to paste: {quote}{term}{quote}." if term else ""


def term_error(problem: str, term: str, position: int, remedy: str) -> TermError:
    """The error to raise."""
    return TermError(problem, term=term, position=position, remedy=remedy)
