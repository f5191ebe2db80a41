"""Terms compared: which mean the same."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from monitor.terms.language import Both, Either, Family, Word, parse_term


def same_meaning(left: str, right: str) -> bool:
    """Whether two terms that can be read are the same but for case, spaces, and the order of what is joined."""
    return bool(_shape(parse_term(left).root) == _shape(parse_term(right).root))


def _shape(node: Any) -> Any:
    """A node without what does not matter to what it finds."""
    if isinstance(node, Word):
        return node.text, node.is_acronym, node.has_star, node.is_hyphened
    if isinstance(node, Both | Either):
        return type(node).__name__, frozenset(map(_shape, node.operands))
    if isinstance(node, Family):
        return "Either", frozenset(map(_shape, node.members))
    if isinstance(node, tuple):
        return tuple(map(_shape, node))
    if is_dataclass(node):
        return type(node).__name__, *(_shape(getattr(node, field.name)) for field in fields(node))
    return node
