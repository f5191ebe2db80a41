"""Setting text in 72 columns: paragraphs, quotations, tables. A longer word, such as an address, stays whole.

In tables cells are aligned, figures to the right, headings over all columns that they stand for. Where not all columns fit
beside each other, the table is set in parts below each other, each with the columns that name the rows and with its
headings. Where not even that is possible, each row becomes a paragraph of its headings and cells.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from monitor.presentation.table_layout import column_spans, columns_of_figures, is_figure

if TYPE_CHECKING:
    from monitor.presentation.excerpt import Block, Excerpt, Line

WIDTH = 72
_GLUE = "\x1f"
"""A space at which no line is broken: no clean text has this character."""
_TOGETHER = re.compile(
    r"\b(UIN|\d{1,2}) (?=(?:(?<=N )\w{1,12}\b|(?<=\d )(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)))"
)
"""The spaces in "UIN 143840" and "1 February"."""

_NARROWEST = 6
_COMFORTABLE = 24
"""Characters for which columns are widened, where there is room, so that a heading over them need not be wrapped."""

_BETWEEN = "  "

_Rows = list[list[str]]


def fill(text: str, indent: str = "", first: str | None = None) -> str:
    """Set one paragraph: its first line behind `first` (else `indent`), the others behind `indent`."""
    begins = indent if first is None else first
    if text.isprintable() and text == text.strip() and 0 < len(text) <= WIDTH - len(begins):
        return begins + text  # as most lines are; the library would need ten times as long to say the same
    filled = textwrap.fill(
        _TOGETHER.sub(rf"\1{_GLUE}", text),
        WIDTH,
        initial_indent=begins,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace(_GLUE, " ")


def ruled(title: str) -> str:
    """Set a section's title over a line."""
    return f"{fill(title.upper())}\n{'=' * WIDTH}"


def quoted(excerpt: Excerpt, label: str) -> str:
    """Set an excerpt behind a label of a letter or more: paragraphs apart by a blank line, found words in *stars*."""
    indent = " " * max(len(label) + 2, 3)
    whole = "\n\n".join(_block(block, indent) for block in excerpt.blocks)
    return label + whole[len(label) :] if whole else ""


def inline(excerpt: Excerpt) -> str:
    """Set an excerpt as one paragraph without breaks, cells apart by a bar, rows by a stroke."""
    pieces = []
    for block in excerpt.blocks:
        pieces += [marked(line) for line in block.lines]
        pieces.append(" / ".join(" | ".join(marked(cell) for cell in row) for row in block.rows))
    return " ".join(" ".join(pieces).split())


def marked(line: Line) -> str:
    """Return a line with its matches in stars, except inside an address, which would no longer work."""
    return "".join(f"*{run.text}*" if run.mark == "found" and not run.is_address else run.text for run in line)


def _block(block: Block, indent: str) -> str:
    if block.rows:
        return table([[" ".join(marked(cell).split()) for cell in row] for row in block.rows], indent, block.heads)
    hanging = indent + "  " if len(block.lines) > 1 else indent
    return "\n".join(fill(marked(line), hanging, indent) for line in block.lines)


def led_to(words: str, address: str, indent: str = "  ") -> str:
    """Set a link: its words, if any, and the address behind or below them, on one line however long it is."""
    line = f"{indent}{words}: {address}" if words else f"{indent}{address}"
    if not words or len(line) <= WIDTH:
        return line
    return f"{fill(f'{words}:', indent + '  ', indent)}\n{indent}{address}"


# -- tables -----------------------------------------------------------------------------------------------------------


def table(rows: list[list[str]], indent: str = "", heads: int = 1) -> str:
    """Set rows of cells in aligned columns. The first `heads` rows name the columns."""
    return "\n".join((indent + line).rstrip() for line in _table_lines(rows, WIDTH - len(indent), heads))


def _table_lines(rows: _Rows, width: int, heads: int) -> list[str]:
    """Set rows of cells as lines of at most so many characters. The first `heads` rows name the columns."""
    grid = _Grid.of(rows, heads)
    if widths := grid.widths(width):
        return grid.lines(widths, width)
    lines: list[str] = []
    for part in grid.parts(width):
        widths = part.widths(width)
        if not widths:
            return grid.paragraphs(width)
        lines += [*([""] if lines else []), *part.lines(widths, width)]
    return lines


@dataclass(frozen=True, slots=True)
class _Grid:
    """Rows of equally many cells."""

    rows: _Rows
    heads: int

    @classmethod
    def of(cls, rows: _Rows, heads: int) -> _Grid:
        """All rows made equally long, without the columns in which no word stands."""
        columns = max(map(len, rows))
        whole = [row + [""] * (columns - len(row)) for row in rows]
        kept = [column for column in range(columns) if any(row[column] for row in whole)]
        return cls([[row[column] for column in kept] for row in whole], heads)

    @property
    def columns(self) -> int:
        return len(self.rows[0])

    @property
    def reach(self) -> list[list[int]]:
        """Return for each cell the number of columns that it spans; 0 for a cell covered by another."""
        return column_spans(self.rows, self.heads, self.columns)

    # -- beside each other --------------------------------------------------------------------------------------------

    def widths(self, width: int) -> list[int]:
        """Return the widths of the columns, narrowed until all fit; empty if they never do."""
        reach = self.reach
        room = width - len(_BETWEEN) * (self.columns - 1)
        alone = [
            [row[i] for row, spans in zip(self.rows, reach, strict=True) if spans[i] == 1] for i in range(self.columns)
        ]
        widths = [max(map(len, column), default=0) for column in alone]
        least = [max([min(_NARROWEST, wide), *map(_least, column)]) for wide, column in zip(widths, alone, strict=True)]
        for row, spans in zip(self.rows, reach, strict=True):
            for i, span in enumerate(spans):
                if span > 1:
                    _make_room(least, i, span, max(map(len, row[i].split()), default=0))
                    if span < self.columns:
                        _make_room(widths, i, span, min(len(row[i]), _COMFORTABLE))
        widths = [max(pair) for pair in zip(widths, least, strict=True)]
        if sum(least) > room:
            return []
        while sum(widths) > room:
            widest = max((i for i in range(len(widths)) if widths[i] > least[i]), key=lambda i: widths[i])
            widths[widest] -= 1
        return widths

    def lines(self, widths: list[int], width: int) -> list[str]:
        """All rows, cells wrapped inside what they are written over, those at the end of a row up to the right edge."""
        is_right = columns_of_figures(self.rows[self.heads :], self.columns)
        lines: list[str] = []
        for row, spans in zip(self.rows, self.reach, strict=True):
            lines += _set(row, spans, widths, is_right, width)
        return lines

    # -- below each other ---------------------------------------------------------------------------------------------

    def parts(self, width: int) -> list[_Grid]:
        """Yield groups of columns that fit beside the columns that name the rows."""
        names = self._names(width)
        parts: list[_Grid] = []
        first = names
        while first < self.columns:
            last = first + 1
            while last < self.columns and self._part(names, first, last + 1).widths(width):
                last += 1
            last = self._better_end(first, last)
            parts.append(self._part(names, first, last))
            first = last
        return parts

    def _names(self, width: int) -> int:
        """Return the number of columns that name the rows: those before the first figures, within half of the width."""
        figures = columns_of_figures(self.rows[self.heads :], self.columns)
        names = figures.index(True) if True in figures else 1
        while names > 1 and not self._part(0, 0, names).widths(width // 2):
            names -= 1
        return min(max(names, 1), self.columns - 1)

    def _better_end(self, first: int, last: int) -> int:
        """Return an earlier end if the group would cut a heading over several columns."""
        if last == self.columns:
            return last
        reach = self.reach[: self.heads]
        ends = (end for end in range(last, first, -1) if all(spans[end] for spans in reach))
        return next(ends, last)

    def _part(self, names: int, first: int, last: int) -> _Grid:
        """Return the columns that name the rows and some others, with the rows that have text in them."""
        rows: _Rows = []
        heads = 0
        for number, (row, spans) in enumerate(zip(self.rows, self.reach, strict=True)):
            some = row[first:last]
            if number < self.heads and first > names and not spans[first]:
                some[0] = row[max(i for i in range(first) if spans[i])]  # its heading began in the part before
            if number < self.heads or any(some) or not any(row[names:]):
                rows.append([*row[:names], *some])
                heads += number < self.heads
        return _Grid(rows or [[""] * (names + last - first)], heads)

    # -- row by row ---------------------------------------------------------------------------------------------------

    def paragraphs(self, width: int) -> list[str]:
        """Return each row as a paragraph, each cell after the headings of its column."""
        lines: list[str] = []
        for row in self.rows[self.heads :] or self.rows:
            cells = [f"{self._heading(i)}{cell}" for i, cell in enumerate(row) if cell]
            lines += textwrap.wrap(
                " | ".join(cells), width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
            )
        return lines

    def _heading(self, column: int) -> str:
        if len(self.rows) == self.heads:
            return ""
        lines: list[str] = []
        for row, spans in zip(self.rows[: self.heads], self.reach, strict=False):
            at = max(i for i in range(column + 1) if spans[i])
            if row[at] and not (at == 0 and spans[0] == self.columns):
                lines.append(row[at])
        return f"{', '.join(lines)}: " if lines else ""


def _least(cell: str) -> int:
    """Characters that must stand on one line: of a figure all, of words the longest."""
    return len(cell) if is_figure(cell) else max(map(len, cell.split()), default=0)


def _make_room(widths: list[int], first: int, span: int, needed: int) -> None:
    """Widen some columns, each by as much, until so many characters fit over all of them."""
    there = sum(widths[first : first + span]) + len(_BETWEEN) * (span - 1)
    for column in range(first, first + span):
        widths[column] += -(-max(needed - there, 0) // span)


def _set(row: list[str], spans: list[int], widths: list[int], is_right: tuple[bool, ...], width: int) -> list[str]:
    """Set one row: each cell wrapped inside the columns that it is written over."""
    places = [(i, span) for i, span in enumerate(spans) if span]
    room = [sum(widths[i : i + span]) + len(_BETWEEN) * (span - 1) for i, span in places]
    if places[-1][1] > 1:
        room[-1] = width - sum(room[:-1]) - len(_BETWEEN) * (len(places) - 1)
    wrapped = [
        textwrap.wrap(row[i], max(wide, 1), break_long_words=False, break_on_hyphens=False) or [""]
        for (i, _), wide in zip(places, room, strict=True)
    ]
    lines = []
    for pieces in zip_longest(*wrapped, fillvalue=""):
        said = [
            piece.rjust(wide) if span == 1 and is_right[i] else piece.ljust(wide)
            for piece, wide, (i, span) in zip(pieces, room, places, strict=True)
        ]
        lines.append(_BETWEEN.join(said).rstrip())
    return lines
