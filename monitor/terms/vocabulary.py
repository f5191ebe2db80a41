"""Vocabulary of the matcher: equivalents (words and phrases with the same meaning) and names of offices.

`[equivalents]` of config.toml adds to the shipped groups of equivalents.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.terms.parser import parse_term
from monitor.terms.tree import Phrase, TermError, Word
from monitor.text.office_names import OfficeNames, shipped_names
from monitor.text.tokens import CAPITAL, HYPHEN, STOP_WORDS, is_mark, tokens
from monitor.text.word_forms import shipped, word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.terms.tree import Word


Equivalents: TypeAlias = tuple[tuple[str, ...], ...]
"""Groups of words or phrases with the same meaning: folded, words separated by a space, acronyms as tokens in capitals."""

EQUIVALENTS: Final[Equivalents] = tuple(map(tuple, shipped("equivalents")["groups"]))
"""The shipped groups. They have no "&", which every text is read with as "and"."""

MOST_WORDS: Final = 6
"""Most words of a member of a group."""

MOST_WAYS: Final = 16
"""Most variants of a member by the equivalents of its parts."""


def read_equivalent(written: str) -> str:
    """Read a member of a group in the form of `Equivalents`. Raises TermError."""
    try:
        term = parse_term(written)
    except TermError as exc:  # what was meant as a term is no equivalent
        raise TermError(exc.problem, term=exc.term, position=exc.position, remedy=exc.remedy) from None
    root = term.root
    if not isinstance(root, Phrase) or root.is_quoted or any(word.has_star for word in root.words):
        raise _refused("An equivalent is a word or a phrase", term.source, "write its words alone, without signs")
    if any(is_mark(word.text) for word in root.words):
        raise _refused("An equivalent holds a sign or a list mark", term.source, "write words and figures alone")
    if any(token.gap > HYPHEN for token in tokens(term.source)[1:]):
        raise _refused("An equivalent is one phrase", term.source, "write it without full stops, colons and the like")
    if len(root.words) > MOST_WORDS:
        raise _refused(
            f"An equivalent has {len(root.words)} words", term.source, f"{MOST_WORDS} is the most; leave some away"
        )
    if all(len(word.text) == 1 or (word.text in STOP_WORDS and not word.is_acronym) for word in root.words):
        raise _refused("A single letter or figure is no equivalent", term.source, "write a word or a phrase")
    return " ".join(map(_form, root.words))


def merge_equivalents(groups: Iterable[Sequence[str]]) -> Equivalents:
    """Add groups to the shipped ones. Groups that share a member become one.

    A member that contains a member of another group is added in each of its variants: "national hi tech crime unit" brings
    "national high tech crime unit".
    """
    return _merged_with_shipped(tuple(map(tuple, groups)))


@lru_cache(maxsize=8)  # config.toml is read again and again, and its equivalents are nearly always the same
def _merged_with_shipped(groups: tuple[tuple[str, ...], ...]) -> Equivalents:
    merged = _merged((*EQUIVALENTS, *groups))
    by_first_word: dict[str, list[tuple[str, ...]]] = {}
    for group in merged:
        for word in dict.fromkeys(phrase.split()[0] for phrase in group):
            by_first_word.setdefault(word, []).append(group)
    return _merged([way for phrase in group for way in _ways(phrase, group, by_first_word)] for group in merged)


def _merged(groups: Iterable[Sequence[str]]) -> Equivalents:
    group_of: dict[str, dict[str, None]] = {}
    for group in groups:
        merged: dict[str, None] = {}
        for phrase in group:
            merged.update(group_of.get(phrase, {phrase: None}))
        group_of.update(dict.fromkeys(merged, merged))
    return tuple(map(tuple, {id(group): group for group in group_of.values()}.values()))


def _ways(member: str, group: tuple[str, ...], by_first_word: Mapping[str, list[tuple[str, ...]]]) -> list[str]:
    """Return the variants of a member: its parts replaced by their equivalents in other groups."""
    words = member.split()
    ways: list[str] = [""]
    place = 0
    while place < len(words):
        said, choices = words[place], [words[place]]
        for other in by_first_word.get(said, ()):
            if other is group:
                continue
            for candidate in other:
                stands_here = f"{' '.join(words[place:])} ".startswith(f"{candidate} ")
                if stands_here and len(candidate) >= len(said):
                    said, choices = candidate, [candidate, *(way for way in other if way != candidate)]
        ways = [f"{way} {choice}".lstrip() for way in ways for choice in choices]
        place += len(said.split())
    return ways[:MOST_WAYS]


def _form(word: Word) -> str:
    return f"{CAPITAL}{word.text}" if word.is_acronym else word.text


def _refused(problem: str, source: str, remedy: str) -> TermError:
    return TermError(problem, term=source, position=0, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Lists that matching depends on: equivalents with those of the user, and names of offices with those of the sources."""

    equivalents: Equivalents = EQUIVALENTS
    names: OfficeNames = field(default_factory=shipped_names)

    @property
    def version(self) -> str:
        """Hash of the equivalents: with others, terms find other words."""
        return hashlib.sha256(repr(self.equivalents).encode()).hexdigest()[:12]

    def may_have_equivalents(self, words: Sequence[Word]) -> bool:
        """Return whether any of the words may have an equivalent. False is certain, and costs little."""
        table = _said(self.equivalents)
        return any(
            all(word.text in forms for word, forms in zip(words[place:], phrase, strict=False))
            for place, first in enumerate(words)
            for phrase in table.get(first.text, ())
            if place + len(phrase) <= len(words)
        )


@lru_cache(maxsize=8)
def _said(equivalents: Equivalents) -> dict[str, list[list[frozenset[str]]]]:
    """Return the members of all groups by each form of their first word. A member is a list of the forms of its words."""
    table: dict[str, list[list[frozenset[str]]]] = {}
    for member in sorted({member for group in equivalents for member in group}):
        forms = [_all_forms(word.lstrip(CAPITAL)) for word in member.split()]
        for form in forms[0]:
            table.setdefault(form, []).append(forms)
    return table


def _all_forms(word: str) -> frozenset[str]:
    """Return the forms of a word and the forms of these: every word that finds it is among them."""
    return frozenset(other for form in word_forms(word) for other in word_forms(form))
