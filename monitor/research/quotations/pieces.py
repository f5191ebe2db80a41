"""Words of a quotation that must stand in the record, in pieces parted by gaps and by the writer's own words.

An ellipsis is a gap; square brackets are the writer's own words, in place of some of the record's; one letter in brackets
before the rest of its word ("[t]he") is that letter in the other case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

_ELLIPSIS: Final = (
    r"\[(?=\s?(?:\.\s?\.|\u2026))[\s.\u2026]{1,60}\]|\((?=\s?(?:\.\s?\.\s?\.|\u2026))[\s.\u2026]{1,60}\)"
    r"|\u2026+\.?|\.(?:\s?\.){2,}|\*(?:\s\*){2,}"
)
_JOINT: Final = re.compile(
    rf"(?P<gap>{_ELLIPSIS})|(?P<own>(?P<before>\w{{0,40}})\[(?P<inside>[^\[\]]{{0,400}})\](?P<after>\w*))"
)
_GLOSS: Final = re.compile(
    r"(?P<gloss>\((?![^()]*\b(?:not|no|never|none|nor|without|except|only|un\w+)\b)(?![^()]*(?:n['\u2019]t\b|\d))"
    r"(?=[^()]*\w)[^()\s]+(?:\s[^()\s]+){0,5}\))",
    re.IGNORECASE,
)
"""Words in round brackets that may be the writer's own: no figure, and nothing that turns what is said round."""
_JOINT_OR_GLOSS: Final = re.compile(rf"{_JOINT.pattern}|{_GLOSS.pattern}", re.IGNORECASE)
_DROPPED: Final = re.compile(r"\s*(?:sic\W?|\^?\d{1,3}|emphasis (?:added|mine)|my emphasis)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words that must stand next to each other in the record.

    `joint`: what stands between them and the piece before, "" at the beginning: "gap", or "own" for the writer's own words,
    which are `own`, or "gloss" for such in round brackets.
    """

    text: str
    joint: str = ""
    own: str = ""


def pieces(text: str, *, with_glosses: bool = False) -> tuple[Piece, ...]:
    """Return the pieces of a quotation. `with_glosses`: words in round brackets are the writer's own too."""
    found: list[Piece] = []
    words, joint, own = "", "", ""
    for kind, stretch in (*_stretches(text, with_glosses=with_glosses), ("end", "")):
        if kind == "words":
            words += stretch
            continue
        if tokens(words):
            found.append(Piece(text=words.strip(), joint=joint if found else "", own=own if found else ""))
            joint, own = "", ""
        words = ""
        if kind == "gap":
            joint, own = "gap", ""
        elif kind == "gloss" and not joint:
            joint, own = "gloss", stretch
        elif kind == "own" and joint != "gap":
            joint, own = "own", f"{own} {stretch}".strip()
    return tuple(found)


def _stretches(text: str, *, with_glosses: bool) -> Iterator[tuple[str, str]]:
    """Cut a quotation into stretches, each with its kind: "words" of the record, or "gap", "own" or "gloss" between them."""
    at = 0
    for stop in _JOINT_OR_GLOSS.finditer(text) if with_glosses else _JOINT.finditer(text):
        yield "words", text[at : stop.start()]
        at = stop.end()
        if stop["gap"]:
            yield "gap", ""
        elif stop["own"]:
            yield _bracketed(stop["before"], stop["inside"], stop["after"])
        else:
            yield "gloss", stop["gloss"]
    yield "words", text[at:]


def _bracketed(before: str, inside: str, after: str) -> tuple[str, str]:
    """Return the stretch of a word with square brackets in it: "[t]he" and "word [sic]" are the record's."""
    if len(inside) == 1 and after and not before:
        return "words", f"{inside}{after}"
    if _DROPPED.fullmatch(inside) and not after:
        return "words", before
    return "own", f"{before}[{inside}]{after}"


def has_glosses(text: str) -> bool:
    """Return whether a quotation has words in round brackets that may be the writer's own."""
    return bool(_GLOSS.search(text))
