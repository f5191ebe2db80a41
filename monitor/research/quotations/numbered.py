"""Numbered references at the end of a letter: "[1]" behind a quotation stands for the first of them.

A letter that lists its references under a heading of its own ("References", "Notes", "Sources") is read as though each of
them stood in brackets behind its quotation.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model.letters import Letter
    from monitor.research.quotations.extraction import Quotation

LONGEST: Final = 600
"""Characters of a reference."""

_HEADINGS: Final = frozenset({"references", "notes", "endnotes", "footnotes", "sources"})
_BEHIND: Final = re.compile(r"[\s.,;:!?]{0,3}\[(\d{1,3})\]")
_AT_END: Final = re.compile(r"\[(\d{1,3})\][\s.,;:!?]{0,3}$")
_URL: Final = re.compile(r"<?\bhttps?://\S+")
"""An address has days and numbers in it that say nothing of the quotation."""
_BRACKETS: Final = str.maketrans(dict.fromkeys("()[]", " "))


def numbered_references(letter: Letter) -> dict[int, str]:
    """Return the references that a letter lists at its end, by their numbers."""
    texts = [paragraph.text for paragraph in letter.paragraphs]
    heading = next((place for place in reversed(range(len(texts))) if _is_heading(texts[place])), None)
    if heading is None:
        return {}
    found: dict[int, str] = {}
    for text in texts[heading + 1 :]:
        for number, reference in _numbered(text, len(found) + 1):
            found.setdefault(number, _URL.sub("", reference).translate(_BRACKETS).strip()[:LONGEST])
    return found


def with_reference(quotation: Quotation, references: dict[int, str]) -> Quotation:
    """Return a quotation with the reference that its number stands for in brackets behind it."""
    if not references:
        return quotation
    mark = _AT_END.search(quotation.text) or _BEHIND.match(quotation.after)
    reference = references.get(int(mark[1])) if mark else None
    return replace(quotation, after=f"({reference}) {quotation.after}") if reference else quotation


def without_mark(text: str) -> str:
    """Return a quotation without the number of a reference at its end."""
    return _AT_END.sub("", text)


def _is_heading(text: str) -> bool:
    return text.strip(" :.#*").casefold() in _HEADINGS


def _numbered(text: str, following: int) -> Iterator[tuple[int, str]]:
    """Yield the references in a paragraph: several where lines were joined, else one, which a list may have numbered."""
    first = re.match(r"([\[(]?)(\d{1,3})([\]).]+)\s", text)
    if first is None:
        yield following, text
        return
    number, at = int(first[2]), first.end()
    before, behind = re.escape(first[1]), re.escape(first[3])
    # Of the form of the first, for "(2024, September 2). Title" is a day.
    while following_mark := re.compile(rf"\s{before}{number + 1}{behind}\s").search(text, at):
        yield number, text[at : following_mark.start()]
        number, at = number + 1, following_mark.end()
    yield number, text[at:]
