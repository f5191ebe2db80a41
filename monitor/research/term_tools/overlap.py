"""Terms compared: which mean the same, and which find only where another one does."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from monitor.terms.parser import parse_term
from monitor.terms.tree import Both, Either, Family, Phrase, TermError, Word
from monitor.text.word_forms import word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.terms.tree import Node


def same_meaning(left: str, right: str) -> bool:
    """Return whether two terms are the same but for case, number, spaces, and the order of joined parts."""
    return bool(_shape(parse_term(left).root) == _shape(parse_term(right).root))


def find_equivalent(terms: Iterable[str], term: str) -> str | None:
    """Return the first of some terms that means the same as `term`, if there is one."""
    return next((known for known in terms if same_meaning(known, term)), None)


def needs(term: str, other: str) -> bool:
    """Return whether a term can match only where the other one does: each of its phrases holds one of the other's.

    True is certain, except for names of offices and exclusions. Only phrases and families of phrases are compared.
    """
    try:
        mine, others = _members(parse_term(term).root), _members(parse_term(other).root)
    except TermError:
        return False
    return bool(mine) and all(any(_holds(phrase, other) for other in others) for phrase in mine)


def _members(root: Node) -> tuple[Phrase, ...]:
    members = root.members if isinstance(root, Family) else (root,)
    phrases = tuple(member for member in members if isinstance(member, Phrase))
    return phrases if len(phrases) == len(members) else ()


def _holds(phrase: Phrase, part: Phrase) -> bool:
    """Return whether each match of a phrase holds one of the other: a run of its words, not cut at a hyphen."""
    if part.is_quoted and not phrase.is_quoted:
        return False
    words, count = phrase.words, len(part.words)
    return any(
        not any(
            word.is_hyphened for word in (*words[max(start, 1) : start + 1], *words[start + count : start + count + 1])
        )
        and all(
            _is_within(word, other, is_first=not number)
            for number, (word, other) in enumerate(zip(words[start:], part.words, strict=False))
        )
        for start in range(len(words) - count + 1)
    )


def _is_within(word: Word, other: Word, *, is_first: bool) -> bool:
    """Return whether everything that a word finds is also found by another word."""
    if not is_first and word.is_hyphened != other.is_hyphened:
        return False
    if other.has_star:
        return word.text.startswith(other.text)
    if word.has_star or word.is_acronym or other.is_acronym:
        return (word.text, word.is_acronym, word.has_star) == (other.text, other.is_acronym, other.has_star)
    return word.text == other.text or word_forms(word.text) <= word_forms(other.text)


def _shape(node: Any) -> Any:
    """Return a node without what does not affect its matches."""
    if isinstance(node, Phrase):
        return node.is_quoted, tuple(_word(word, is_quoted=node.is_quoted) for word in node.words)
    if isinstance(node, Both | Either):
        return type(node).__name__, frozenset(map(_shape, node.operands))
    if isinstance(node, Family):
        return "Either", frozenset(map(_shape, node.members))
    if isinstance(node, tuple):
        return tuple(map(_shape, node))
    if is_dataclass(node):
        return type(node).__name__, *(_shape(getattr(node, field.name)) for field in fields(node))
    return node


def _word(word: Word, *, is_quoted: bool) -> Any:
    is_plain = not (is_quoted or word.is_acronym or word.has_star)
    found = word_forms(word.text) if is_plain else word.text
    return found, word.is_acronym, word.has_star, word.is_hyphened
