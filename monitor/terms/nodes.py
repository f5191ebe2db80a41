"""What a term is once it was read: a small tree of frozen nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


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

    left: Close
    right: Close
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


Close: TypeAlias = Phrase | Either
"""What NEAR takes: a phrase, or a choice of phrases."""

Node: TypeAlias = Phrase | Near | Both | Either | Without | Scope | Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term that was read. `source` is the line as written, `label` its first member, by which readers know it."""

    source: str
    label: str
    root: Node
