"""Tables of mark-up laid out on their grid, as HTML defines it, so that each figure stands under its own heading.

A cell stands in the first free place of its row. With `colspan` and `rowspan` it covers places to the right and below, where
no other cell can stand. Its rows end with their group (`thead`, `tbody`, `tfoot`), even if it would reach further; a
`rowspan` of 0 reaches to that end. A table within a cell brings its rows and columns along: the columns and rows that the
cell covers are divided as the inner table needs them.

All of this is bounded, whatever size a table claims to have: see `MAX_COLUMNS`, `MAX_NESTING` and `PlaceBudget`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_COLUMNS: Final = 1_000
"""Columns that a cell can span, says HTML."""

MAX_NESTING: Final = 8
"""Tables within tables. Deeper ones become words of the cell that they stand in."""

_NUMBER: Final = re.compile(r"\s*\+?([0-9]{1,9})")
_TO_END_OF_GROUP: Final = 10**9
"""Rows of a cell that reaches to the end of its group, wherever that is."""

Row = dict[int, str]
"""The words of a row by column, without the empty places."""

_Line = tuple[bool, Row]
"""A row of a table (True), or words that stand between its rows (False)."""


@dataclass(slots=True)
class PlaceBudget:
    """Places that cells of one text may still cover. When it is spent, each further cell covers its own place alone.

    So a few bytes of `colspan` can't become millions of tabs. The largest table on record covers 2,000 places.
    """

    left: int = 1_000_000

    def take(self, places: int) -> bool:
        """Take places, and return whether there were enough."""
        if places > self.left:
            self.left = 0
            return False
        self.left -= places
        return True


@dataclass(slots=True)
class _Cell:
    """A cell: its first place, how far it reaches, and what it contains, words and tables, in order."""

    row: int
    column: int
    columns: int
    rows: int
    words: list[str] = field(default_factory=list)
    contents: list[Table | str] = field(default_factory=list)

    def write(self, words: str, *, has_space: bool) -> None:
        """Add words, behind a space or not."""
        if self.words and has_space:
            self.words.append(" ")
        self.words.append(words)

    def end_words(self) -> None:
        """Close the words written so far: a table follows, or the cell ends."""
        if self.words:
            self.contents.append("".join(self.words))
            self.words = []


class Table:
    """A table that is being read. `is_loose`: it was made for cells that stand in no table.

    Words outside of all cells, as in a caption, are lines of their own between the rows.
    """

    def __init__(self, budget: PlaceBudget, *, is_loose: bool = False) -> None:
        self.is_loose = is_loose
        self._budget = budget
        self._cells: list[_Cell] = []
        self._outside: dict[int, list[_Line]] = {}  # by the row that they stand before
        self._is_outside_open = False
        self._row = 0  # the open row, else the next one
        self._next_column = 0
        self._is_row_open = False
        self._open_cell: _Cell | None = None
        self._covered_until: dict[int, int] = {}  # for each column the first row that no cell from above covers

    @property
    def has_open_cell(self) -> bool:
        """A flag: words that are written now belong to a cell."""
        return self._open_cell is not None

    def start_row(self) -> None:
        """Begin a row."""
        self.end_row()
        self._is_row_open = True

    def end_row(self) -> None:
        """End the row, if one is open."""
        self.end_cell()
        if self._is_row_open:
            self._row += 1
            self._next_column = 0
            self._is_row_open = False

    def end_group(self) -> None:
        """End a group of rows: no cell in it reaches further."""
        self.end_row()
        self._covered_until = {}

    def start_cell(self, colspan: str | None, rowspan: str | None) -> None:
        """Begin a cell in the first free place."""
        self.end_cell()
        self._is_row_open = True
        columns = min(max(_read_number(colspan, 1), 1), MAX_COLUMNS)
        rows = _read_number(rowspan, 1) or _TO_END_OF_GROUP
        first = self._first_free_column()
        spans = columns > 1 or rows > 1
        if spans and not self._budget.take(columns):
            columns = rows = 1
        if rows > 1:
            for column in range(first, first + columns):
                self._covered_until[column] = max(self._covered_until.get(column, 0), self._row + rows)
        self._next_column = first + columns
        self._open_cell = _Cell(self._row, first, columns, rows)
        self._cells.append(self._open_cell)

    def end_cell(self) -> None:
        """End the cell, if one is open."""
        if self._open_cell is not None:
            self._open_cell.end_words()
            self._open_cell = None
        self._is_outside_open = False

    def write(self, words: str, *, has_space: bool) -> None:
        """Write words into the open cell, or outside of all cells."""
        if self._open_cell is not None:
            self._open_cell.write(words, has_space=has_space)
            return
        lines = self._outside.setdefault(self._row, [])
        if self._is_outside_open:
            _, before = lines.pop()
            words = f"{before[0]} {words}" if has_space else before[0] + words
        lines.append((False, {0: words}))
        self._is_outside_open = True

    def break_text(self) -> None:
        """Break a line outside of all cells. In a cell a break is a space, which the writer knows of."""
        self._is_outside_open = False

    def nest(self, table: Table) -> None:
        """Take in a table that has ended within this one."""
        table.end_row()
        self._is_outside_open = False
        if self._open_cell is None:
            self._outside.setdefault(self._row, []).extend(table.rows())
        else:
            self._open_cell.end_words()
            self._open_cell.contents.append(table)

    def lines(self) -> Iterator[tuple[bool, str]]:
        """Lay the table out as text, line by line; the first value is False for words that stand between rows."""
        self.end_row()
        for is_row, row in self.rows():
            yield is_row, self._as_line(row)

    def rows(self) -> Iterator[_Line]:
        """Lay the table out by places."""
        filled = [(cell, _rows_in(cell)) for cell in self._cells]
        columns, tops = _Places(self._budget), _Places(self._budget)
        # Narrow cells first, so that wide ones need no more than what is missing.
        for cell, inner in sorted(filled, key=lambda pair: (pair[0].columns, pair[0].rows)):
            columns.reserve(cell.column, cell.columns, max((max(row) + 1 for row in inner), default=1))
            tops.reserve(cell.row, max(min(cell.rows, self._row - cell.row), 1), len(inner))
        rows: dict[int, Row] = {}
        for cell, inner in filled:
            left, top = columns.place_of(cell.column), tops.place_of(cell.row)
            for below, inner_row in enumerate(inner):
                row = rows.setdefault(top + below, {})
                for right, words in inner_row.items():
                    column = left + right
                    row[column] = f"{row[column]} {words}" if column in row else words
        yield from self._with_outside(rows, tops)

    def _first_free_column(self) -> int:
        """Find the next place of the row that no cell from above covers."""
        column = self._next_column
        while self._covered_until.get(column, 0) > self._row and self._budget.take(1):
            column += 1
        return column

    def _as_line(self, row: Row) -> str:
        """Join the cells of a row by as many tabs as there are columns between them, as long as the budget allows."""
        pieces: list[str] = []
        position = 0
        for column in sorted(row):
            distance = column - position
            is_allowed = distance <= 1 or self._budget.take(distance)
            pieces += ["\t" * (distance if is_allowed else 1), row[column]]
            position = column
        return "".join(pieces)

    def _with_outside(self, rows: dict[int, Row], tops: _Places) -> Iterator[_Line]:
        """Merge the rows with the words between them."""
        outside = [(tops.place_of(row), line) for row, lines in self._outside.items() for line in lines]
        done = 0
        for row in sorted(rows):
            while done < len(outside) and outside[done][0] <= row:
                yield outside[done][1]
                done += 1
            yield True, rows[row]
        yield from (line for _, line in outside[done:])


class _Places:
    """Places of a table's columns, or of its rows. A column that contains a table may need more than one."""

    def __init__(self, budget: PlaceBudget) -> None:
        self._budget = budget
        self._extra: Counter[int] = Counter()  # by column, the places that it needs beyond one
        self._sums: tuple[list[int], list[int]] | None = None

    def reserve(self, first: int, count: int, needed: int) -> None:
        """Let `count` columns have the places that they need together. Missing places go to the last of them."""
        if needed <= count:
            return
        covered = range(first, first + count) if self._budget.take(count) else ()
        missing = needed - count - sum(self._extra[column] for column in covered)
        if missing > 0:
            self._extra[first + count - 1] += missing

    def place_of(self, column: int) -> int:
        """Return the place at which a column begins, once all places are reserved."""
        if not self._extra:
            return column
        if self._sums is None:
            wider = sorted(self._extra)
            self._sums = wider, list(accumulate((self._extra[wide] for wide in wider), initial=0))
        columns, sums = self._sums
        return column + sums[bisect_left(columns, column)]


def _rows_in(cell: _Cell) -> list[Row]:
    """Return what a cell contains in rows: one, unless it contains a table with more than one cell."""
    rows: list[Row] = []
    is_divided = False
    for content in cell.contents:
        if isinstance(content, str):
            rows.append({0: content})
        else:
            inner = [row for _, row in content.rows()]
            is_divided = is_divided or sum(map(len, inner)) > 1
            rows += inner
    if is_divided:
        return rows
    words = " ".join(words for row in rows for words in row.values())
    return [{0: words}] if words else []


def _read_number(value: str | None, default: int) -> int:
    """Read a number as HTML does: the digits at the start."""
    match = _NUMBER.match(value) if value else None
    return int(match[1]) if match else default
