"""Letters: their paragraphs, and which of them are set as quotations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST: Final = 20_000_000
"""Largest file in bytes, pictures included; also the most bytes of XML that a .docx may unpack to."""

RUNNING: Final = 60
"""Least length of an indented line of running text, in characters. Addresses and signatures have shorter lines."""

LEAST: Final = 8
"""Least number of words for an indented paragraph to count as a quotation without quotation marks."""

_INDENT: Final = re.compile(r"[ \t\u00a0\u3000]*")
_TAB: Final = 4
_DEEPER: Final = 2
_MAIL: Final = re.compile(r"(?:[ \t]{0,3}>)+[ \t]?")
_ENDS: Final = re.compile(r"[.!?:;\u2026][\"'\u2019\u201d)\]]*(?:\s*[(\[\u2014\u2013-].{0,250})?$")
_LISTED: Final = re.compile(r"(?:[-*\u2022\u2013\u00b7]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of a letter, on one line.

    `is_quotation`: it is set as a quotation. `is_apart`: it is set apart from the quotation before it, as another one.
    `is_note`: it is a footnote or endnote of the paragraph before.
    """

    text: str
    is_quotation: bool = False
    is_apart: bool = False
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter whose quotations are checked."""

    paragraphs: tuple[Paragraph, ...]


def from_text(text: str) -> Letter:
    """Read a letter from plain text. Blank lines part paragraphs; indented ones, and those with ">", are quotations.

    Between lines with ">", a line of that mark alone parts paragraphs of one quotation, and a blank line two quotations.
    """
    blocks = list(_blocks(re.sub(r"\r\n?|[\f\v\x85\u2028\u2029]", "\n", text).split("\n")))
    base = min((_depth(line) for block in blocks if not block.is_mail for line in block.lines), default=0)
    return Letter(tuple(_paragraph(block, base) for block in blocks))


def is_set_as_quotation(lines: Sequence[str]) -> bool:
    """Return whether indented lines are likely a quotation: running text, no address and no list item."""
    whole = " ".join(line.strip() for line in lines)
    if len(whole.split()) < LEAST or _LISTED.match(whole):
        return False
    return bool(_ENDS.search(whole)) or any(len(line.strip()) > RUNNING for line in lines)


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that stand together, without the ">" marks of a quoted email.

    `is_mail`: they had such marks. `is_apart`: so had the lines before, with a blank line between.
    """

    lines: list[str]
    is_mail: bool
    is_apart: bool


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """Yield the groups of lines that stand together."""

    def kind(line: str) -> tuple[bool, bool]:
        is_mail = bool(_MAIL.match(line))
        return is_mail, bool(_MAIL.sub("", line, count=1).strip() if is_mail else line.strip())

    was_mail, is_after_blank = False, False
    for (is_mail, is_filled), group in groupby(lines, kind):
        if is_filled:
            texts = [_MAIL.sub("", line, count=1) if is_mail else line for line in group]
            yield _Block(texts, is_mail, is_apart=is_mail and was_mail and is_after_blank)
            was_mail, is_after_blank = is_mail, False
        is_after_blank = is_after_blank or not (is_mail or is_filled)


def _paragraph(block: _Block, base: int) -> Paragraph:
    is_indented = not block.is_mail and min(map(_depth, block.lines)) >= base + _DEEPER
    return Paragraph(
        text=" ".join(" ".join(block.lines).split()),
        is_quotation=block.is_mail or (is_indented and is_set_as_quotation(block.lines)),
        is_apart=block.is_apart,
    )


def _depth(line: str) -> int:
    """Return the indentation of a line in columns."""
    found = _INDENT.match(line)
    return len(found.group().expandtabs(_TAB)) if found else 0
