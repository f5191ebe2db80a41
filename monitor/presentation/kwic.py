"""Keyword in context: a row for each place in which the words of a query were found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from monitor.model.records import PARTS
from monitor.presentation.citation import short_reference
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import clean
from monitor.text.language import language_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model.records import Proceeding
    from monitor.model.search import Hit

ROOM: Final = 90
"""Characters on each side of the words found."""

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class KwicRow:
    """Words that were found, with what stands before and behind them in the same part of a record, on one line each.

    `start` and `end`: the place of the words in the part.
    """

    left: str
    found: str
    right: str
    proceeding: Proceeding
    part: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """Short name of the record."""
        return short_reference(self.proceeding)

    @property
    def language(self) -> str:
        """Language of the words where it is known not to be English."""
        return language_of(f"{self.left} {self.found} {self.right}")


def kwic_rows(hits: Iterable[Hit], order: str, *, at_most: int | None = None) -> tuple[list[KwicRow], int]:
    """Return the rows, at most so many of the first records, and how many there are in all. `order`: record, left or right.

    By "left" they are sorted by the words before, the nearest word first; by "right" by those behind.
    """
    rows = [row for hit in hits for row in _rows_of(hit)]
    shown = rows[:at_most]
    if order == "left":
        shown.sort(key=lambda row: _words(row.left)[::-1])
    elif order == "right":
        shown.sort(key=lambda row: _words(row.right))
    return shown, len(rows)


def as_record(row: KwicRow) -> dict[str, Any]:
    """Return a row as a JSON object: see docs/json.md."""
    proceeding = row.proceeding
    return {
        "schema": SCHEMA,
        "id": proceeding.id,
        "reference": row.name,
        "date": proceeding.day.isoformat() if proceeding.day else None,
        "part": row.part,
        "start": row.start,
        "end": row.end,
        "left": row.left,
        "found": row.found,
        "right": row.right,
        "url": proceeding.url or None,
    }


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
            proceeding=proceeding,
            part=part,
            start=start,
            end=end,
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
