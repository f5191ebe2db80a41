"""Terms compared: which mean the same, and which find only where another one does."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from monitor.terms.parser import parse_term, readable_root
from monitor.terms.phrase_pattern import compile_phrase
from monitor.terms.tree import Both, Either, Family, Phrase, Word
from monitor.terms.vocabulary import EQUIVALENTS
from monitor.text.word_forms import spellings, word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.terms.tree import Node
    from monitor.terms.vocabulary import Equivalents


def same_meaning(left: str, right: str) -> bool:
    """Return whether two terms are the same but for case, number, spaces, and the order of joined parts."""
    return bool(_shape(parse_term(left).root) == _shape(parse_term(right).root))


def find_equivalent(terms: Iterable[str], term: str) -> str | None:
    """Return the first of some terms that means the same as `term`, if there is one."""
    return next((known for known in terms if same_meaning(known, term)), None)


def needs(term: str, other: str, equivalents: Equivalents = EQUIVALENTS) -> bool:
    """Return whether a term can match only where the other one does: each of its phrases holds one of the other's.

    True is certain, except for names of offices and exclusions. Only phrases and families of phrases are compared.
    """
    mine, others = _members_of(term), _members_of(other)
    return bool(mine) and all(any(_holds(phrase, other, equivalents) for other in others) for phrase in mine)


class TermsByWord:
    """Terms by a word of each of their phrases, to find those that a term may need without comparing it with all."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._terms = list(dict.fromkeys(terms))
        self._numbers: dict[tuple[str, bool], set[int]] = {}
        phrases = [(number, phrase) for number, term in enumerate(self._terms) for phrase in _members_of(term)]
        frequency = Counter(word.text for _, phrase in phrases for word in phrase.words)
        for number, phrase in phrases:
            rarest = min(phrase.words, key=lambda word: frequency[word.text])
            for form in _keys(rarest, phrase):
                self._numbers.setdefault((form, rarest.has_star), set()).add(number)

    def candidates(self, term: str) -> list[str]:
        """Return the terms, in their order, that `needs` has to be asked of: all others hold no run of this one's words."""
        found: set[int] = set()
        for phrase in _members_of(term)[:1]:
            for word in phrase.words:
                found |= self._numbers.get((word.text, False), set())
                for end in range(1, len(word.text) + 1):
                    found |= self._numbers.get((word.text[:end], True), set())
        return [self._terms[number] for number in sorted(found)]


def _keys(word: Word, phrase: Phrase) -> frozenset[str]:
    """Return the forms of a word, or its beginnings: what it finds is one of them, or begins so."""
    return spellings(word.text, is_prefix=True) if word.has_star else _forms(word, phrase)


def _members_of(term: str) -> tuple[Phrase, ...]:
    """Return the phrases of a term that is one, or a family of them; none for any other and for one that can't be read."""
    root = readable_root(term)
    return _members(root) if root is not None else ()


def _members(root: Node) -> tuple[Phrase, ...]:
    members = root.members if isinstance(root, Family) else (root,)
    phrases = tuple(member for member in members if isinstance(member, Phrase))
    return phrases if len(phrases) == len(members) else ()


def _holds(phrase: Phrase, part: Phrase, equivalents: Equivalents) -> bool:
    """Return whether each match of a phrase holds one of the other: a run of its words, not cut at a hyphen."""
    if part.is_quoted and not phrase.is_quoted:
        return False
    words, count = phrase.words, len(part.words)
    return any(
        not any(
            word.is_hyphened for word in (*words[max(start, 1) : start + 1], *words[start + count : start + count + 1])
        )
        and all(
            (not number or word.is_hyphened == other.is_hyphened)
            and _is_within(word, _forms(word, phrase), other, _forms(other, part))
            for number, (word, other) in enumerate(zip(words[start:], part.words, strict=False))
        )
        and _is_said_alike(phrase, part, start, equivalents)
        for start in range(len(words) - count + 1)
    )


def _is_said_alike(phrase: Phrase, part: Phrase, start: int, equivalents: Equivalents) -> bool:
    """Return whether a run of a phrase has no other way to be said (health care: healthcare) that the part lacks."""
    end = start + len(part.words)
    of_part = compile_phrase(part, equivalents).edges
    for node, edges in enumerate(compile_phrase(phrase, equivalents).edges):
        for edge in edges[1:]:
            if end <= node or edge.target <= start:
                continue
            if (
                node < start
                or end < edge.target
                or edge._replace(target=edge.target - start) not in of_part[node - start]
            ):
                return False
    return True


def _is_within(word: Word, forms: frozenset[str], other: Word, others: frozenset[str]) -> bool:
    """Return whether everything that a word finds is also found by another word, both given with their forms."""
    if other.has_star:
        beginnings = (other.text,) if word.has_star else tuple(spellings(other.text, is_prefix=True))
        return all(form.startswith(beginnings) for form in forms)
    return (word.is_acronym, word.has_star) == (other.is_acronym, other.has_star) and forms <= others


def _forms(word: Word, phrase: Phrase) -> frozenset[str]:
    """Return the forms in which a word of a phrase is found; a beginning or an acronym counts as its only one."""
    is_one_form = phrase.is_quoted or word.is_acronym or word.has_star
    return frozenset({word.text}) if is_one_form else word_forms(word.text)


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
