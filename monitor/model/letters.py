"""A letter as it was written: its paragraphs, and which of them are set as quotations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST: Final = 20_000_000
"""Bytes of a file that are still read, pictures included, and bytes of XML that a .docx may unpack to."""

RUNNING: Final = 60
"""Characters from which an indented line is one of running text; addresses and signatures have shorter ones."""

LEAST: Final = 8
"""Words that an indented paragraph must have to count as a quotation without marks."""

_INDENT: Final = re.compile(r"[ \t\u00a0\u3000]*")
_TAB: Final = 4
_DEEPER: Final = 2
_MAIL: Final = re.compile(r"(?:[ \t]{0,3}>)+[ \t]?")
_ENDS: Final = re.compile(r"[.!?:;\u2026][\"'\u2019\u201d)\]]*(?:\s*[(\[\u2014\u2013-].{0,250})?$")
_LISTED: Final = re.compile(r"(?:[-*\u2022\u2013\u00b7]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of a letter, on one line.

    `is_quotation`: it is set as one; `is_note`: it is a foot- or endnote of the one before.
    """

    text: str
    is_quotation: bool = False
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A text in which quotations are looked for."""

    paragraphs: tuple[Paragraph, ...]


def from_text(text: str) -> Letter:
    """A letter in plain text: paragraphs apart by blank lines; quotations without marks are indented, or begin with ">"."""
    blocks = list(_blocks(re.sub(r"\r\n?|[\f\v\x85\u2028\u2029]", "\n", text).split("\n")))
    base = min((_depth(line) for is_mail, lines in blocks if not is_mail for line in lines), default=0)
    return Letter(tuple(_paragraph(is_mail, lines, base) for is_mail, lines in blocks))


def is_set_as_quotation(lines: Sequence[str]) -> bool:
    """Whether indented lines are likely a quotation: running text, and neither an address nor an item of a list."""
    whole = " ".join(line.strip() for line in lines)
    if len(whole.split()) < LEAST or _LISTED.match(whole):
        return False
    return bool(_ENDS.search(whole)) or any(len(line.strip()) > RUNNING for line in lines)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[bool, list[str]]]:
    """Lines that belong together, and whether they begin with the marks of a mail's quotation, which are taken off."""

    def kind(line: str) -> tuple[bool, bool]:
        is_mail = bool(_MAIL.match(line))
        return is_mail, bool(_MAIL.sub("", line, count=1).strip() if is_mail else line.strip())

    for (is_mail, is_filled), group in groupby(lines, kind):
        if is_filled:
            yield is_mail, [_MAIL.sub("", line, count=1) if is_mail else line for line in group]


def _paragraph(is_mail: bool, lines: Sequence[str], base: int) -> Paragraph:
    is_indented = not is_mail and min(map(_depth, lines)) >= base + _DEEPER
    return Paragraph(
        text=" ".join(" ".join(lines).split()),
        is_quotation=is_mail or (is_indented and is_set_as_quotation(lines)),
    )


def _depth(line: str) -> int:
    """How far a line is indented, in columns."""
    found = _INDENT.match(line)
    return len(found.group().expandtabs(_TAB)) if found else 0
