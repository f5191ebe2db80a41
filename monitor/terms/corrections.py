"""Corrections: terms of other search engines, lists and plain English, rewritten as they were probably meant.

`correct_term` rewrites a whole term. Its result may be wrong or unreadable, so that the caller must parse it before offering
it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.terms.filters import FILTER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STRAIGHT: Final = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02", '"'))
_SINGLE: Final = re.compile(
    r"(?<!\w)[\u2018\u201a\u201b]((?:[^\"\u2018\u2019\u201a]|(?<=\w)\u2019(?=\w))+)\u2019(?!\w)"
)


def straighten_quotes(source: str) -> str:
    """Make curly and angled quotation marks straight, letter for letter. Apostrophes stay."""
    if source.isascii():
        return source
    return _SINGLE.sub(r'"\1"', source.translate(_STRAIGHT))


DASHES: Final = "\u2010\u2011\u2012\u2013\u2212"
"""Dashes that a program for letters may write for the minus before a word."""

_MINUS: Final = re.compile(rf'(?<!\S)[{DASHES}](?=[\w"(])')
_APOSTROPHES: Final = re.compile(r"(?<!\w)'([^\"']+)'(?!\w)")
_PIECE: Final = re.compile(
    r'"[^"]*"|[()=]|(?:AND|OR|NOT|NEAR(?:/\d+)?)(?![^\s()"])|[^\W\d]\w*:(?:"[^"]*"|[^\s"()]+)|[^\s"()=]+'
)
_NEARS: Final = re.compile(r"(?<![^\s(])(?:NEAR(?:\s*/\s*|\s+|)(\d+)|(?i:near|w|within|adj)[/:~_-]?(\d+))(?![^\s)])")
_TILDE: Final = re.compile(r'"([^\s"]+(?: [^\s"]+)+)"~(\d+)')
_OPERATOR: Final = re.compile(r"AND|OR|NOT|NEAR(?:/\d+)?")
_CAPITALISED: Final = rf"(?!(?:{_OPERATOR.pattern})(?!\w))[A-Z][\w'-]*"
_FILTER: Final = re.compile(
    rf"(?<![^\s(])((?i:{'|'.join(FILTER_NAMES)}))(?:\s*:\s*|=)(?=[^\s=])"
    rf"(?:({_CAPITALISED}(?:\s+(?:(?:and|of|for|the|&)\s+)*{_CAPITALISED})+))?"
)


_NAME_AND_ACRONYM: Final = re.compile(
    r'(?P<name>[^\s"():=*]+(?: [^\s"():=*]+)+) ?\((?P<acronym>[A-Z][\w&]*[A-Z][\w&]*)\)'
)


def name_with_acronym(source: str) -> tuple[str, str] | None:
    """Return the acronym and the name of a term like `Internet Watch Foundation (IWF)`, which records write so too.

    The capitals of the acronym are first letters of the name's words, in order. None for any other term.
    """
    found = _NAME_AND_ACRONYM.fullmatch(source.strip())
    if not found or any(map(_OPERATOR.fullmatch, found["name"].split())):
        return None
    initials = iter(word[0].lower() for word in found["name"].replace("-", " ").split())
    is_made_of = all(letter.lower() in initials for letter in found["acronym"] if letter.isupper())
    return (found["acronym"], found["name"]) if is_made_of else None


def correct_term(source: str) -> str:
    """Return a term as it was probably meant; unchanged if nothing in it looks like a slip."""
    if names := name_with_acronym(source):
        return " = ".join(names)
    text = _APOSTROPHES.sub(r'"\1"', straighten_quotes(source)).replace("&&", " AND ").replace("||", " OR ")
    text = re.sub(r"\bAND\s+NOT\b", "NOT", _MINUS.sub("-", text))
    text = _TILDE.sub(_near_each_other, text)
    text = _NEARS.sub(lambda found: f"NEAR/{found[1] or found[2]}", text)
    text = _FILTER.sub(_joined_filter, text)
    if signed := _of_signs(text):
        return signed
    return _put_together(list(_segments(text)))


def _near_each_other(found: re.Match[str]) -> str:
    words = found[1].split()
    return " AND ".join(f"{left} NEAR/{found[2]} {right}" for left, right in pairwise(words))


def _joined_filter(found: re.Match[str]) -> str:
    name = found[1].lower()
    value = found[2]
    return (
        f'{name}:"{value}"'
        if value and " " in value and name not in ("in", "house", "kind")
        else f"{name}:{value or ''}"
    )


def _segments(text: str) -> Iterator[tuple[str, bool]]:
    """Split a term into runs of words and everything else: the text, and whether it is words."""
    words: list[str] = []
    for found in _PIECE.finditer(text):
        piece = found[0]
        if piece[0] in '"()=' or _OPERATOR.fullmatch(piece) or _is_filter(piece):
            if words:
                yield " ".join(words), True
                words = []
            yield piece, False
        else:
            words.append(piece)
    if words:
        yield " ".join(words), True


def _is_filter(piece: str) -> bool:
    return ":" in piece and piece.split(":", maxsplit=1)[0].lower() in FILTER_NAMES


def _put_together(segments: Sequence[tuple[str, bool]]) -> str:
    out = ""
    for number, (text, is_words) in enumerate(segments):
        before = segments[number - 1][0] if number else ""
        after = segments[number + 1][0] if number + 1 < len(segments) else ""
        piece = _in_place(text, before, after) if is_words else text
        joint = "" if not out or out.endswith("(") or piece == ")" else " AND " if _lacks_joint(out, piece) else " "
        out += f"{joint}{piece}"
    return out


def _in_place(text: str, before: str, after: str) -> str:
    """Correct words between what stands before and after them; in brackets where they would fall apart."""
    first, *rest = text.split(" ")
    if before and rest and first.lower() in _SMALL:
        return f"{first.upper()} {_in_place(' '.join(rest), first.upper(), after)}"
    *rest, last = text.split(" ")
    if after and rest and last.lower() in _SMALL:
        return f"{_in_place(' '.join(rest), before, last.upper())} {last.upper()}"
    if before and after and text.lower() in _SMALL:
        return text.upper()
    piece = correct_words(text)
    is_alone = before in ("", "=", "(") and after in ("", "=", ")")
    return piece if is_alone or not any(map(_OPERATOR.fullmatch, piece.split())) else f"({piece})"


def _lacks_joint(out: str, piece: str) -> bool:
    """Decide whether two operands stand side by side without an operator."""
    last, first = out[out.rfind(" ") + 1 :], piece.split(" ", maxsplit=1)[0]
    if _OPERATOR.fullmatch(last) or _OPERATOR.fullmatch(first) or last in ("=", "(") or piece in ("=", ")"):
        return False
    return not (_is_filter(piece) or _ENDS_IN_FILTER.search(out))


_SMALL: Final = ("and", "or", "not", "near")
_ENDS_IN_FILTER: Final = re.compile(rf"(?i:{'|'.join(FILTER_NAMES)}):(?:\"[^\"]*\"|[^\s\"()]+)\Z")


# -- words between ----------------------------------------------------------------------------------------------------

LIST_COMMA: Final = re.compile(r"(?<=[\w*.'\u2019)]),(?!\d)(?=\s*\w)")
"""A comma between words, not within a figure."""

PLUS: Final = re.compile(r"(?<=\w)\s+\+\s+(?=\w)|(?<=[^\W\d_]{2})\+(?=[^\W\d_]{2})")
SEMICOLON: Final = re.compile(r"(?<!\s)\s*;\s*")
"""The look-behind keeps long white space from being tried at each of its characters; likewise in the next pattern."""

BAR: Final = re.compile(r"(?<!\s)(?:\s*\|\s*|\s+/\s+)")
SLASHED: Final = re.compile(r"(?<![\w/.:@-])([^\W\d_]{3,})((?:/[^\W\d_]{3,})+)(?![\w/.:@-])")
"""Words that a slash joins, but no figures, short words or addresses."""

_AND_NOT: Final = re.compile(r"(?<!\s)\s+and\s+not\s+", re.IGNORECASE)
SMALL_WORD: Final = re.compile(r"(?<=[\w*.)])\s+(and|or|not|near)\s+(?=\w)", re.IGNORECASE)
_LAST_OF_LIST: Final = re.compile(r"(?<=\S)\s+(?:and|or|&)\s+", re.IGNORECASE)
LONG_CAPITALS: Final = re.compile(r"(?<![\w.&/-])(?=[A-Z]*[AEIOUY])[A-Z]{5,}(?![\w.&/-])(?!-)")
"""A word in capitals that can be spoken and is longer than most acronyms."""

_SHOUTED: Final = re.compile(r"(?=(?:.*?[A-Z]{4}){2})[^a-z]+", re.DOTALL)
"""Words in capitals, at least two of which can be spoken."""


_STARRED: Final = re.compile(r"(?<!\w)([A-Z]{2,})\*")
_SHORT: Final = 3
"""Most letters of an acronym that a star may not follow."""


def correct_words(text: str) -> str:
    """Correct words side by side: put operators in place of the signs and small words between them."""
    text = _STARRED.sub(lambda found: f"{found[1].lower()}*" if len(found[1]) > _SHORT else found[1], text)
    if LIST_COMMA.search(text) or SEMICOLON.search(text):
        return _of_list([member for part in SEMICOLON.split(text) for member in LIST_COMMA.split(part)])
    text = text.lower() if _SHOUTED.fullmatch(text) else text
    text = PLUS.sub(" AND ", BAR.sub(" OR ", text))
    text = _of_slashes(text)
    text = _AND_NOT.sub(" NOT ", text)
    return SMALL_WORD.sub(lambda found: f" {found[1].upper()} ", text)


def _of_list(parts: list[str]) -> str:
    """Join the members of a list by OR. Its last two may be joined by a word."""
    members = [part.strip() for part in parts]
    last = re.sub(r"(?i)\A(?:and|or|&)\s+", "", members[-1])
    members[-1:] = _LAST_OF_LIST.split(last)
    return " OR ".join(dict.fromkeys(map(correct_words, filter(None, members))))


def _of_slashes(text: str) -> str:
    """Rewrite `internet/online grooming` as internet grooming OR online grooming."""
    found = SLASHED.search(text)
    if not found or found[0].lower() == "and/or":
        return text
    return " OR ".join(f"{text[: found.start()]}{word}{text[found.end() :]}" for word in found[0].split("/"))


# -- signs before words -----------------------------------------------------------------------------------------------

_SIGNED: Final = re.compile(r'([+\-!])?("[^"]*"|[^\s"()=]+)(?:\s+|\Z)')


def _of_signs(text: str) -> str:
    """Rewrite `+asylum hotel -camp` with operators; return "" for anything but words and signs."""
    found = list(_SIGNED.finditer(text))
    if "".join(piece[0] for piece in found) != text or not any(piece[1] for piece in found):
        return ""
    if any(_OPERATOR.fullmatch(piece[2]) or not piece[2].strip('"')[:1].isalnum() for piece in found):
        return ""
    wanted: list[str] = []
    unwanted: list[str] = []
    before = "+"
    for sign, word in ((piece[1] or "", piece[2]) for piece in found):
        if sign in ("-", "!"):
            unwanted.append(word)
        elif sign == "" and before == "" and wanted and '"' not in wanted[-1] + word:
            wanted[-1] += f" {word}"
        else:
            wanted.append(word)
        before = sign
    return " NOT ".join([" AND ".join(wanted), *unwanted]) if wanted else ""
