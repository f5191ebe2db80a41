"""Phrases of a term: words side by side, quoted or not."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.terms.tree import Phrase, Word, term_error
from monitor.text.tokens import HYPHEN, STOP_WORDS, exact_form, tokens, tokens_without_notes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.text.tokens import Token


MOST_WORDS: Final = 30
"""Most words of a phrase."""

SHORTEST_PREFIX: Final = 4
"""Fewest letters before a star."""


OPERATORS: Final = frozenset({"AND", "OR", "NOT", "NEAR"})


_PLURAL_INITIALS: Final = re.compile(
    r"(?<![\w&])((?:[A-Z0-9]&)+[A-Z0-9]{1,3}|[a-z]&[a-z])s(?![\w*&'\u2019\u2010\u2011-])"
)
"""Initials with a plural s, which is no part of them: B&Bs are looked for as B&B, as MPs are as MP."""


def read_phrase(source: str, start: int, end: int) -> Phrase:
    """Read words without quotation marks, operators or filters. Raises TermError."""
    _refuse_signs(source, start, end)
    phrase = plain_phrase(source, start, end)
    if any(word.text == "or" for word in phrase.words[1:-1]):
        _refuse_small_or(source, start, end)
    return phrase


def plain_phrase(source: str, start: int, end: int) -> Phrase:
    """Read words that hold no signs but stars after them. Raises TermError."""
    text = source[start:end]
    if "&" in text:
        text = _PLURAL_INITIALS.sub(r"\1 ", text)
    words = tuple([_word(source, start, token) for token in tokens_without_notes(text)])
    if not any(word.text not in STOP_WORDS and not word.is_acronym and word.text[0].isalpha() for word in words):
        _check_common(words, source, start)
    if len(words) > MOST_WORDS:
        _refuse_length(words, source, start)
    return Phrase(words=words)


def quoted_phrase(source: str, start: int, end: int) -> Phrase:
    """Read the words within quotation marks. Raises TermError."""
    star = source.find("*", start, end)
    if star >= 0:
        raise term_error(
            "A star in quotes is no beginning of a word", source, star, "leave the quotes or the star away"
        )
    words = tuple(_exact_word(token, source[start + token.start : start + token.end])
                  for token in tokens_without_notes(source[start:end]))  # fmt: skip
    _refuse_marks_only(words, source, start)
    if len(words) > MOST_WORDS:
        _refuse_length(words, source, start)
    return Phrase(words=words, is_quoted=True)


def _exact_word(token: Token, written: str) -> Word:
    return Word(
        text=token.text if token.is_mark else exact_form(written),
        written=written,
        is_acronym=bool(token.capitals),
        is_hyphened=token.gap == HYPHEN,
    )


def _word(source: str, first: int, token: Token) -> Word:
    """Return a token as a word. An acronym is looked for without its plural s."""
    text, start, end, capitals, gap = token
    written = source[first + start : first + end]
    has_star = source[first + end : first + end + 1] == "*"
    if capitals:
        text = capitals[1:]
        if text.upper() in OPERATORS and written.isalpha():
            _refuse_operator(written, source, first + start)
    if has_star:
        _check_star(text, written, source, first + start, is_acronym=bool(capitals))
    return Word(text=text, written=written, is_acronym=bool(capitals), has_star=has_star, is_hyphened=gap == HYPHEN)


def _refuse_operator(written: str, source: str, position: int) -> None:
    raise term_error(
        f"{written} is an operator only where it stands alone",
        source,
        position,
        "put spaces around it, or quote the phrase if it is meant as a word",
    )


# -- signs ------------------------------------------------------------------------------------------------------------

_LETTER = r"[^\W\d_]"
_STAR = re.compile(r"\*")
_WILDCARD = re.compile(rf"(?<={_LETTER})[?#!](?={_LETTER})|(?<={_LETTER})%")
_SEMICOLON = re.compile(";")
_UNKNOWN_SIGN = re.compile(r"(?<=\w)~|[\^{}\\|_]")


def _refuse_signs(source: str, start: int, end: int) -> None:
    """Refuse signs that only other search engines understand."""
    text = source[start:end]
    for star in _STAR.finditer(text):
        _check_place_of_star(source, start, end, start + star.start())
    if found := _WILDCARD.search(text):
        raise term_error(
            f"{found.group()} stands for no letter here",
            source,
            start + found.start(),
            "write the spellings with OR between them, or a star after the first letters, as in paedophil*",
        )
    if found := _SEMICOLON.search(text):
        raise term_error(
            "A semicolon joins no words, and no phrase of a text goes on after one",
            source,
            start + found.start(),
            "write OR between what may be found each by itself",
        )
    if found := _UNKNOWN_SIGN.search(text):
        raise term_error(
            f"{found.group()} means nothing in a term", source, start + found.start(), "write the words without it"
        )


def _refuse_small_or(source: str, start: int, end: int) -> None:
    """Refuse a small "or" between words, unless a hyphen joins it to a word."""
    for token, after in pairwise(tokens(source[start:end])[1:]):
        if token.text == "or" and HYPHEN not in (token.gap, after.gap):
            raise term_error(
                "A small or may be a word or a choice",
                source,
                start + token.start,
                f'write OR in capitals for a choice, or "{source[start:end]}" in quotes if the word belongs to the phrase',
            )


def _check_place_of_star(source: str, start: int, end: int, position: int) -> None:
    before = source[position - 1] if position > start else ""
    after = source[position + 1] if position + 1 < end else ""
    if not before.isalnum() or after.isalnum() or after == "*":
        raise term_error(
            "A star ends the beginning of a word",
            source,
            position,
            "write it after four letters or more, as in paedophil*",
        )


def _check_star(text: str, written: str, source: str, position: int, *, is_acronym: bool) -> None:
    if sum(letter.isalnum() for letter in text) < SHORTEST_PREFIX:
        others = f"{written} alone for the acronym" if is_acronym else "the words themselves"
        raise term_error(
            f"{written}* would find too many words",
            source,
            position,
            f"write {SHORTEST_PREFIX} letters or more before the star, or {others}",
        )
    if is_acronym:
        raise term_error(
            f"{written}* is both in capitals and only a beginning",
            source,
            position,
            f"write {written.lower()}* to find it in any case, or {written} alone, which finds its plural too",
        )


# -- words ------------------------------------------------------------------------------------------------------------


def _refuse_length(words: tuple[Word, ...], source: str, start: int) -> None:
    raise term_error(f"The phrase has {len(words)} words", source, start, f"{MOST_WORDS} is the most; shorten it")


def _refuse_marks_only(words: Iterable[Word], source: str, start: int) -> None:
    if not any(word.text[0].isalnum() for word in words):
        raise term_error(
            "There is no word to look for", source, min(start, len(source) - 1), "write a word or a figure"
        )


def _check_common(words: tuple[Word, ...], source: str, start: int) -> None:
    """Refuse a phrase of common words and acronyms only, unless it makes sense even so."""
    _refuse_marks_only(words, source, start)
    if all(word.text in STOP_WORDS and not word.is_acronym for word in words):
        raise term_error(
            "These words stand in nearly every answer", source, start, "add the word that matters, or quote them"
        )
    if _is_shouted(words):
        small = " ".join(word.written.lower() for word in words)
        raise term_error(
            "Words in capitals are read as acronyms and found in capitals only",
            source,
            start,
            f"write {small} if they are words, or quote them if they are acronyms",
        )


_VOWEL = re.compile("[aeiouy]")


def _is_shouted(words: tuple[Word, ...]) -> bool:
    """Decide whether ordinary words were typed in capitals: all are in capitals, and two can be spoken."""
    letters = [word for word in words if word.text[0].isalpha()]
    spoken = [word for word in letters if len(word.text) >= SHORTEST_PREFIX and _VOWEL.search(word.text)]
    return len(spoken) > 1 and all(word.is_acronym or word.text in STOP_WORDS for word in letters)
