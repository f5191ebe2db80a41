"""Pattern of a phrase: the paths of words that a term may be found as.

A pattern is a small graph. Node n stands before the n-th word of the phrase. An edge leads over one or more words of a text
to a later node: over the word itself in any of its forms, over hyphenated words that are the word when joined, or over an
equivalent. The phrase is found where a path leads from the first node to the last without crossing a break.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.text.tokens import CAPITAL, exact_form, is_mark, tokens
from monitor.text.word_forms import spellings, word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.terms.tree import Phrase, Word
    from monitor.terms.vocabulary import Equivalents

SHORTEST_JOINED_PART: Final = 2
"""Letters that each part of a joined word has at least: a single letter never joins."""


class WordPattern(NamedTuple):
    """Pattern of one word of a text: it is one of `keys`, or begins with one of `prefixes`.

    Attributes:
        keys: Forms of the word, folded.
        prefixes: Beginnings of the word.
        exact: The word with its apostrophe, if it was quoted.
        joins: Hyphenated words of the text may be this word together.
        is_mark: It is a mark such as £.
        is_capital: It must begin with a capital.
    """

    keys: frozenset[str]
    prefixes: tuple[str, ...] = ()
    exact: str = ""
    joins: bool = True
    is_mark: bool = False
    is_capital: bool = False

    def accepts(self, text: str, capitals: str) -> bool:
        """Return whether a token with this text, and this form in capitals, is one of the keys."""
        return text in self.keys or (capitals != "" and capitals in self.keys)

    def accepts_as_written(self, written: str) -> bool:
        """Return whether a word as it is written in the text satisfies `exact` and `is_capital`."""
        if self.exact and exact_form(written) != self.exact:
            return False
        return not self.is_capital or written[0].isupper()


class Edge(NamedTuple):
    """Words that lead to node `target`."""

    pieces: tuple[WordPattern, ...]
    target: int


class Pattern(NamedTuple):
    """Graph of a phrase: the edges that leave each node. The last node has none.

    `first_keys` and `first_prefixes` describe the words with which the phrase may begin.
    """

    edges: tuple[tuple[Edge, ...], ...]
    first_keys: frozenset[str]
    first_prefixes: tuple[str, ...]


def compile_phrase(phrase: Phrase, equivalents: Equivalents) -> Pattern:
    """Compile a phrase to the pattern of all paths of words that it may be found as."""
    words = phrase.words
    edges: list[list[Edge]] = [
        [Edge((_word_pattern(word, is_quoted=phrase.is_quoted),), number + 1)] for number, word in enumerate(words)
    ]
    edges.append([])
    if not phrase.is_quoted:
        for start, edge in [*_joined_edges(words), *_initials_edges(words), *_equivalent_edges(words, equivalents)]:
            edges[start].append(edge)
    firsts = [edge.pieces[0] for edge in edges[0]]
    return Pattern(
        edges=tuple(map(tuple, edges)),
        first_keys=frozenset[str]().union(*(piece.keys for piece in firsts)),
        first_prefixes=tuple(prefix for piece in firsts for prefix in piece.prefixes),
    )


def _word_pattern(word: Word, *, is_quoted: bool) -> WordPattern:
    if is_mark(word.text) and word.written != "&":
        return WordPattern(frozenset({word.text}), joins=False, is_mark=True)
    if is_quoted:
        token = tokens(word.written)[0]
        return WordPattern(frozenset({token.capitals or token.text}), exact=word.text, joins=False)
    if word.is_acronym:
        return WordPattern(frozenset({f"{CAPITAL}{word.text}"}))
    if word.has_star:
        return WordPattern(frozenset(), prefixes=tuple(sorted(spellings(word.text, is_prefix=True))), joins=False)
    return WordPattern(word_forms(word.text))


def _joined_edges(words: tuple[Word, ...]) -> Iterator[tuple[int, Edge]]:
    """Iterate over the edges of hyphenated words of the term as one word: `hi-tech` finds hitech."""
    for start in range(len(words)):
        text = words[start].text
        for end in range(start + 1, len(words)):
            word = words[end]
            shortest = min(len(words[end - 1].text), len(word.text))
            if not word.is_hyphened or word.has_star or shortest < SHORTEST_JOINED_PART:
                break
            text += word.text
            run = words[start : end + 1]
            if not any(part.is_acronym for part in run):
                yield start, Edge((WordPattern(word_forms(text), joins=False),), end + 1)
            elif run[0].is_acronym and all(part.is_acronym or part.text.isdigit() for part in run):
                yield start, Edge((WordPattern(frozenset({f"{CAPITAL}{text}"}), joins=False),), end + 1)


def _initials_edges(words: tuple[Word, ...]) -> Iterator[tuple[int, Edge]]:
    """Iterate over the edges of initials: `A&E` finds A & E and the reverse; an acronym in capitals only."""
    for start, word in enumerate(words):
        if "&" in word.text[1:]:
            letters = [
                WordPattern(frozenset({letter, f"{letter}s"}), joins=False, is_capital=word.is_acronym)
                for letter in word.text.split("&")
            ]
            sign = WordPattern(frozenset({"and"}), joins=False)
            pieces = [piece for letter in letters for piece in (letter, sign)]
            yield start, Edge(tuple(pieces[:-1]), start + 1)
    for start, (left, middle) in enumerate(pairwise(words)):
        if middle.written == "&" and start + 2 < len(words):
            initials = f"{left.text}&{words[start + 2].text}"
            yield start, Edge((WordPattern(frozenset({initials, f"{initials}s"}), joins=False),), start + 3)


def _equivalent_edges(words: tuple[Word, ...], equivalents: Equivalents) -> Iterator[tuple[int, Edge]]:
    """Iterate over the edges of equivalents of some words of the phrase. Only their last word has other forms."""
    table = _members_by_first_part(equivalents)
    for start, word in enumerate(words):
        firsts = {word.text, f"{CAPITAL}{word.text}", *word_forms(word.text)}
        for _, parts, others in sorted(member for first in firsts for member in table.get(first, ())):
            end = start + len(parts)
            if end <= len(words) and _is_member(words[start:end], parts):
                for other in others:
                    yield start, Edge(_equivalent_pieces(other.split()), end)


@lru_cache(maxsize=8)
def _members_by_first_part(equivalents: Equivalents) -> dict[str, list[tuple[int, list[str], list[str]]]]:
    """Return the members of all groups by their first part: their number, their parts, and the others of the group."""
    table: dict[str, list[tuple[int, list[str], list[str]]]] = {}
    members = ((member, group) for group in equivalents for member in group)
    for number, (member, group) in enumerate(members):
        parts = member.split()
        table.setdefault(parts[0], []).append((number, parts, [other for other in group if other != member]))
    return table


def _is_member(words: tuple[Word, ...], parts: list[str]) -> bool:
    """Return whether words of a phrase are a member of a group of equivalents, the last word in any form."""
    *before, (last, last_part) = zip(words, parts, strict=True)
    if not all(_is_word_of_member(word, part, {word.text}) for word, part in before):
        return False
    return _is_word_of_member(last, last_part, word_forms(last.text))


def _is_word_of_member(word: Word, part: str, forms: Iterable[str]) -> bool:
    if word.is_acronym or part[0] == CAPITAL:
        return word.is_acronym and part == f"{CAPITAL}{word.text}"
    return not word.has_star and part in forms


def _equivalent_pieces(parts: list[str]) -> tuple[WordPattern, ...]:
    *before, last = parts
    last_piece = WordPattern(frozenset({last}) if last[0] == CAPITAL else word_forms(last))
    return (*(WordPattern(frozenset({part}), joins=False) for part in before), last_piece)
