"""Slips: terms that can be read as a phrase, but were perhaps meant as something else.

Commas, a slash, a small "and", "not" or "near", and one long word in capitals are words of a phrase in this language, and
operators in other search engines. Real phrases have them too, so that no term is refused for its letters alone. The texts of
an archive decide (`monitor.research.term_tools.doubts`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.corrections import (
    LIST_COMMA,
    LONG_CAPITALS,
    SLASHED,
    SMALL_WORD,
    correct_term,
    correct_words,
    straighten_quotes,
)
from monitor.terms.lexer import WORDS, Lexeme, lexemes
from monitor.terms.parser import parse_query, parse_term
from monitor.terms.successions import is_of_successors
from monitor.terms.tree import TermError
from monitor.text.tokens import STOP_WORDS
from monitor.text.word_frequency import common_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from monitor.terms.tree import Term


class Slip(NamedTuple):
    """A possible slip.

    Attributes:
        kind: "comma", "list" (commas and an "and", as in names of offices), "slash", "and", "not", "near" or "capitals".
        said: The doubt in words.
        position: Its place in the term.
        typed: The words as they are read. They are a term by themselves.
        meant: The words as they were perhaps meant. They are a term by themselves.
        better: The whole term as it was perhaps meant.
        keep: How to write the words if they are no slip.
        is_usual: Without an archive to ask, the words are probably meant as they are read.
    """

    kind: str
    said: str
    position: int
    typed: str
    meant: str
    better: str
    keep: str
    is_usual: bool


_MAY_BE: Final = re.compile(r"[,/]|(?i:\b(?:and|not|near)\b)|[A-Z]{5}")


def may_have_slips(text: str) -> bool:
    """Return whether a text may hold a slip. False is certain, and costs little."""
    return _MAY_BE.search(text) is not None


def find_slips(term: Term, today: date | None = None) -> list[Slip]:
    """Find the possible slips in a term, from left to right. `today` is given for a query, whose days count from it."""
    found = []
    for slip in _slips(straighten_quotes(term.source), today, correct_term(term.source)):
        try:
            parse_term(slip.typed)
            parse_term(slip.meant)
            parse_query(slip.better, today) if today else parse_term(slip.better)
        except TermError:
            continue
        found.append(slip)
    return found


def _slips(source: str, today: date | None, better: str) -> Iterator[Slip]:
    """Iterate over the first slip of each run of words: its correction corrects the others too."""
    for lexeme in lexemes(source, today):
        if isinstance(lexeme, Lexeme) and lexeme.kind == WORDS:
            typed = source[lexeme.start : lexeme.end]
            if not is_of_successors(typed) and (slip := _slip(typed, lexeme.start, better)):
                yield slip


def strip_list_marks(typed: str) -> str:
    """Return words without the commas and slashes between them, which a phrase passes over."""
    return _BARE.sub(" ", typed)


_BARE: Final = re.compile(r"(?<!\s)\s*,\s*|(?<=\w)/(?=\w)")


def _slip(typed: str, start: int, better: str) -> Slip | None:
    """Find the first slip of words side by side, which begin at `start` of a term."""

    def slip(kind: str, said: str, place: int, keep: str, *, is_usual: bool = False) -> Slip:
        return Slip(kind, said, start + place, typed, correct_words(typed), better, keep, is_usual)

    is_closed = _is_closed(typed)
    if (comma := LIST_COMMA.search(typed)) and not (is_closed and _is_title(typed)):
        said = "A comma makes no list: the words are looked for as one phrase"
        return slip("list" if is_closed else "comma", said, comma.start(), strip_list_marks(typed), is_usual=is_closed)
    if (slash := SLASHED.search(typed)) and not slash[0].isupper():
        said = "A slash makes no choice: the words are looked for as one phrase"
        return slip("slash", said, slash.end(1), strip_list_marks(typed))
    if word := _small_word(typed):
        small = word[1].lower()
        return slip(
            small, f"A small {small} is a word of the phrase", word.start(1), f'"{typed}"', is_usual=small == "and"
        )
    if long := LONG_CAPITALS.search(typed):
        said = f"{long[0]} is read as an acronym, and found in capitals only"
        is_usual = long[0].lower() not in common_words()
        found = slip("capitals", said, long.start(), f'"{typed}"', is_usual=is_usual)
        return found._replace(meant=_small(typed, long[0]), better=_small(better, long[0]))
    return None


def _small(text: str, word: str) -> str:
    return re.sub(rf"(?<!\w){word}(?!\w)", word.lower(), text)


def _is_closed(typed: str) -> bool:
    """Decide whether a list ends with an "and", as names of offices and Acts do."""
    return re.search(r"(?i)(?:\band|&)\s", typed.rpartition(",")[2]) is not None


def _is_title(typed: str) -> bool:
    """Decide whether all words but stop words have a capital, as in the name of a department or an Act."""
    return all(_is_capital(word) or word in STOP_WORDS for word in re.findall(r"\w[\w'\u2019-]*", typed))


def _small_word(typed: str) -> re.Match[str] | None:
    """Find the first small operator between two words.

    One that joins two words with a capital is passed over, because names have it. So is one beside a common word, because
    English has it: children not in school, houses near the coast.
    """
    for word in SMALL_WORD.finditer(typed):
        before, after = typed[: word.start()].rsplit(maxsplit=1)[-1], typed[word.end() :].split(maxsplit=1)[0]
        is_name = word[1] == "and" and _is_capital(before) and _is_capital(after)
        if not is_name and not {before.lower(), after.lower()} & _ENGLISH:
            return word
    return None


_ENGLISH: Final = STOP_WORDS - {"and", "or", "not"}


def _is_capital(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit()
