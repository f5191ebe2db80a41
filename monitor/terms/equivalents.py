"""Words and phrases that mean the same: the shipped groups, and what `[equivalents]` of config.toml adds to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.terms.language import STOP_WORDS, Phrase, TermError, Word, parse_term
from monitor.terms.lists import shipped
from monitor.terms.text import CAPITAL, HYPHEN, is_mark, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Equivalents: TypeAlias = tuple[tuple[str, ...], ...]
"""Groups of words or phrases that mean the same: folded, words apart by a space, an acronym as its second token."""

EQUIVALENTS: Final[Equivalents] = tuple(map(tuple, shipped("equivalents")["groups"]))
"""The shipped groups. & is read as "and" already when a text is."""

MOST_WORDS: Final = 6
"""Words of one member of a group."""


def equivalent_form(written: str) -> str:
    """One member of a group as `Equivalents` holds it. Raises TermError."""
    term = parse_term(written)
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
    """The shipped groups and these; groups that share a member are one."""
    merged: list[dict[str, None]] = []
    for group in (*EQUIVALENTS, *groups):
        joined = dict.fromkeys(group)
        shared = [other for other in merged if not joined.keys().isdisjoint(other)]
        if shared:
            first = shared[0]
            for other in (*shared[1:], joined):
                first.update(other)
            merged = [other for other in merged if other is first or other not in shared]
        else:
            merged.append(joined)
    return tuple(map(tuple, merged))


def _form(word: Word) -> str:
    return f"{CAPITAL}{word.text}" if word.is_acronym else word.text


def _refused(problem: str, source: str, remedy: str) -> TermError:
    return TermError(problem, term=source, position=0, remedy=remedy)
