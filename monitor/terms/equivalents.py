"""Words and phrases that mean the same: the shipped groups, and what `[equivalents]` of config.toml adds to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.terms.language import STOP_WORDS, Phrase, TermError, Word, parse_term
from monitor.text.tokens import CAPITAL, HYPHEN, is_mark, tokens
from monitor.text.word_forms import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Equivalents: TypeAlias = tuple[tuple[str, ...], ...]
"""Groups of words or phrases that mean the same: folded, words apart by a space, an acronym as its second token."""

EQUIVALENTS: Final[Equivalents] = tuple(map(tuple, shipped("equivalents")["groups"]))
"""The shipped groups. & is read as "and" already when a text is."""

MOST_WORDS: Final = 6
"""Words of one member of a group."""

MOST_WAYS: Final = 16
"""Ways to say one member by the equivalents of its parts."""


def equivalent_form(written: str) -> str:
    """One member of a group as `Equivalents` holds it. Raises TermError."""
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


def with_more(groups: Iterable[Sequence[str]]) -> Equivalents:
    """The shipped groups and these; groups that share a member are one.

    A member that holds a member of another group is there in each of its ways: "national hi tech crime unit" brings
    "national high tech crime unit".
    """
    merged = _merged((*EQUIVALENTS, *groups))
    by_first_word: dict[str, list[tuple[str, ...]]] = {}
    for group in merged:
        for word in dict.fromkeys(said.split()[0] for said in group):
            by_first_word.setdefault(word, []).append(group)
    return _merged([way for said in group for way in _ways(said, group, by_first_word)] for group in merged)


def _merged(groups: Iterable[Sequence[str]]) -> Equivalents:
    group_of: dict[str, dict[str, None]] = {}
    for group in groups:
        merged: dict[str, None] = {}
        for said in group:
            merged.update(group_of.get(said, {said: None}))
        group_of.update(dict.fromkeys(merged, merged))
    return tuple(map(tuple, {id(group): group for group in group_of.values()}.values()))


def _ways(member: str, group: tuple[str, ...], by_first_word: Mapping[str, list[tuple[str, ...]]]) -> list[str]:
    """The member, and with each part of it that has equivalents in another group said otherwise."""
    words = member.split()
    ways: list[str] = [""]
    place = 0
    while place < len(words):
        said, choices = words[place], [words[place]]
        for other in by_first_word.get(said, ()):
            for one in other:
                if other is not group and f"{' '.join(words[place:])} ".startswith(f"{one} ") and len(one) >= len(said):
                    said, choices = one, [one, *(way for way in other if way != one)]
        ways = [f"{way} {choice}".lstrip() for way in ways for choice in choices]
        place += len(said.split())
    return ways[:MOST_WAYS]


def _form(word: Word) -> str:
    return f"{CAPITAL}{word.text}" if word.is_acronym else word.text


def _refused(problem: str, source: str, remedy: str) -> TermError:
    return TermError(problem, term=source, position=0, remedy=remedy)
