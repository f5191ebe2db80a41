"""Quotation marks: where a quotation in marks begins and ends, in a paragraph and over several.

Marks are double or single, straight, curly, German („ “ and » «) or French (« »). A quotation over several paragraphs opens
each of them with a mark and closes the last, or has double marks around the whole. Marks of the other kind inside are part
of the words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.letters import Paragraph

MOST_PARAGRAPHS: Final = 50
"""Paragraphs of a quotation, at most."""

_DOUBLE: Final = '"\u201c\u201d\u201f\uff02'
_SINGLE: Final = "'\u2018\u2019\u201b"
_LOW: Final = "\u201e"
_LOW_SINGLE: Final = "\u201a"
_OPENING: Final = {
    '"': '"\u201c\u201f\uff02',
    "'": "'\u2018\u201b",
    _LOW: _LOW,
    _LOW_SINGLE: _LOW_SINGLE,
    "\u00ab": "\u00ab",
    "\u00bb": "\u00bb",
    "\u2039": "\u2039",
}
"""Marks that open a quotation, by its kind."""
_CLOSING: Final = {
    '"': '"\u201d\uff02',
    "'": "'\u2019",
    _LOW: '\u201c\u201d"',
    _LOW_SINGLE: "\u2018\u2019",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab",
    "\u2039": "\u203a",
}
_KINDS: Final = (
    dict.fromkeys(_DOUBLE, '"') | dict.fromkeys(_SINGLE, "'") | {kind: kind for kind in _OPENING if kind not in "\"'"}
)
_GUILLEMETS: Final = "\u00ab\u00bb\u2039"
"""Marks that may stand apart from the words by a space."""
_ONLY_CLOSING: Final = "\u201d\u2019"
_TURNED_ROUND: Final = "\u00bb"
"""A mark that opens in German books and closes in French: it opens where its partner follows within so many characters."""
_TURNED_WITHIN: Final = 3_000
_BEFORE_OPENING: Final = re.compile(
    r"(?:^|[\s(\[/\u2013\u2014\u2012:-]|[\"'\u2018\u201c\u201e\u201a\u00ab\u00bb\u2039])$"
)
_AFTER_OPENING: Final = re.compile(r"[\w\[(.\u2026\u00a3$\u20ac\"'\u2018\u201c\u201e\u201a\u00ab\u2039-]")
_DECADE: Final = re.compile(r"['\u2019]\d0s\b")


def is_single(mark: str) -> bool:
    """Return whether a mark is a single one, which may also be an apostrophe."""
    return _KINDS[mark] == "'"


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Return the spans of the outer quotations of a text, with their marks."""
    at = 0
    while (start := opening(text, at)) is not None:
        end = _closing(text, start)
        if end is None:
            if not is_single(text[start]):
                return
            at = start + 1
            continue
        yield start, end
        at = end


def opening(text: str, at: int) -> int | None:
    """Return the next mark that opens a quotation."""
    for place in range(at, len(text)):
        letter = text[place]
        if letter not in _KINDS or letter in _ONLY_CLOSING:
            continue
        if letter == _TURNED_ROUND and text.find(_CLOSING[_TURNED_ROUND], place, place + _TURNED_WITHIN) < 0:
            continue
        if _begins(text, place):
            return place
    return None


def _closing(text: str, start: int) -> int | None:
    """Return the place after the closing mark; None if there is no closing mark."""
    kind = _KINDS[text[start]]
    doubtful, inner = None, 0
    for place in range(start + 1, len(text)):
        letter = text[place]
        if letter in _OPENING[kind] and _begins(text, place):
            if kind == "'":
                break  # another begins: this one was closed before, or never
            inner += letter not in _CLOSING[kind]  # one in curly marks within one in curly marks
        elif letter in _CLOSING[kind] and _may_close(text, place, kind):
            if inner:
                inner -= 1
            elif kind == "'" and _may_be_plural(text, place):
                doubtful = doubtful or place + 1
            else:
                return place + 1
    return doubtful


def _begins(text: str, place: int) -> bool:
    """Return whether a mark stands where an opening mark does."""
    is_led = bool(_BEFORE_OPENING.search(text[max(place - 1, 0) : place]))
    is_apart = text[place] in _GUILLEMETS and text[place] != _TURNED_ROUND and text[place + 1 : place + 2].isspace()
    after = place + 1 + is_apart
    return is_led and bool(_AFTER_OPENING.match(text, after)) and not _DECADE.match(text, place)


def _may_close(text: str, place: int, kind: str) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if before.isspace():
        return kind in _GUILLEMETS
    return kind not in ("'", _LOW_SINGLE) or not after.isalnum()


def _may_be_plural(text: str, place: int) -> bool:
    """Return whether a mark may be the apostrophe of a plural: "members' rights"."""
    return text[place - 1 : place] == "s" and bool(re.match(r"\s[a-z]", text[place + 1 : place + 3]))


def unclosed(text: str, at: int) -> int | None:
    """Return the mark that opens a quotation which the text does not close."""
    start = opening(text, at)
    while start is not None and _closing(text, start) is not None:
        start = opening(text, _closing(text, start) or len(text))
    return start


class Continuation(NamedTuple):
    """Rest of a quotation in later paragraphs.

    `texts`: its words in each of them; none if the quotation has no such rest. `last`: index of the paragraph in which it
    ends. `behind`: what stands after it there.
    """

    texts: list[str]
    last: int
    behind: str


def continuation(paragraphs: Sequence[Paragraph], at: int, start: int) -> Continuation:
    """Return the rest of the quotation that paragraph `at` opens at `start` and does not close."""
    kind = _KINDS[paragraphs[at].text[start]]
    rest = _opened_again(paragraphs, at, kind)
    if rest.texts or is_single(paragraphs[at].text[start]):  # a single mark in a later paragraph may be an apostrophe
        return rest
    return _up_to_closing(paragraphs, at, kind)


def _opened_again(paragraphs: Sequence[Paragraph], at: int, kind: str) -> Continuation:
    """Return the rest of a quotation that opens each of its paragraphs with a mark."""
    texts: list[str] = []
    last = at
    for number in range(at + 1, min(at + MOST_PARAGRAPHS, len(paragraphs))):
        text = paragraphs[number].text
        if not text or text[0] not in _OPENING[kind]:
            break
        end = _closing(text, 0)
        if end is not None:
            return Continuation([*texts, text[1 : end - 1]], number, text[end:])
        texts.append(text[1:])
        last = number
    return Continuation(texts, last, "")


def _up_to_closing(paragraphs: Sequence[Paragraph], at: int, kind: str) -> Continuation:
    """Return the rest of a quotation with one mark before its first paragraph and one behind its last."""
    texts: list[str] = []
    for number in range(at + 1, min(at + MOST_PARAGRAPHS, len(paragraphs))):
        text = paragraphs[number].text
        if paragraphs[number].is_note:
            continue
        if paragraphs[number].is_quotation:
            break
        for place, letter in enumerate(text):
            if letter in _OPENING[kind] and _begins(text, place):
                return Continuation([], at, "")  # another begins: this one was never closed
            if letter in _CLOSING[kind] and _may_close(text, place, kind):
                return Continuation([*texts, text[:place]], number, text[place + 1 :])
        texts.append(text)
    return Continuation([], at, "")
