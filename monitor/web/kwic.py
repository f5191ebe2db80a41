"""Keyword in context: a row for each place in which the words of a query were found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.records import PARTS
from monitor.presentation.citation import short_reference
from monitor.presentation.wording import clean
from monitor.text.language import language_of
from monitor.web.rendering import record_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model.search import Hit

ROOM: Final = 90
"""Characters on each side of the words found."""

MOST_ROWS: Final = 500
"""Rows of a page: a common word stands in a long speech a hundred times."""

ORDERS: Final = ("record", "left", "right")

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class KwicRow:
    """Words that were found, with what stands before and behind them in the same part of a record."""

    left: str
    found: str
    right: str
    path: str
    name: str
    part: str

    @property
    def language(self) -> str:
        """Language of the words where it is known not to be English."""
        return language_of(f"{self.left} {self.found} {self.right}")


def kwic_rows(hits: Iterable[Hit], order: str) -> tuple[list[KwicRow], int]:
    """Return the rows in an order of `ORDERS`, and how many there are in all. At most `MOST_ROWS` are returned.

    By "left" they are sorted by the words before, the nearest word first; by "right" by those behind.
    """
    rows = [row for hit in hits for row in _rows_of(hit)]
    shown = rows[:MOST_ROWS]
    if order == "left":
        shown.sort(key=lambda row: _words(row.left)[::-1])
    elif order == "right":
        shown.sort(key=lambda row: _words(row.right))
    return shown, len(rows)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _rows_of(hit: Hit) -> Iterator[KwicRow]:
    proceeding = hit.revision.proceeding
    texts = proceeding.parts()
    places = sorted(
        {(PARTS.index(span.part), span.start, span.end) for span in hit.spans if span.end > span.start},
    )
    for number, start, end in places:
        part = PARTS[number]
        text = texts.get(part, "")
        yield KwicRow(
            left=_before(text[:start]),
            found=_flat(text[start:end]).strip(),
            right=_behind(text[end:]),
            path=record_path(proceeding.id),
            name=short_reference(proceeding),
            part=part,
        )


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", clean(text))


def _before(text: str) -> str:
    """Return the end of a text, from the beginning of a word."""
    flat = _flat(text[-2 * ROOM :])
    if len(flat) <= ROOM and len(text) <= 2 * ROOM:
        return flat
    return flat[-ROOM:].partition(" ")[2]


def _behind(text: str) -> str:
    """Return the beginning of a text, up to the end of a word."""
    flat = _flat(text[: 2 * ROOM])
    if len(flat) <= ROOM and len(text) <= 2 * ROOM:
        return flat
    return flat[:ROOM].rpartition(" ")[0]
