"""Tables of mark-up laid out on their grid, as HTML defines it, so that each figure stands under its own heading.

A cell stands in the first free place of its row; with `colspan` and `rowspan` it covers places to the right and below,
where no other cell can stand. Rows below end with their group (`thead`, `tbody`, `tfoot`), also for a cell that would reach
further; a `rowspan` of 0 reaches to that end. A table within a cell takes its rows and columns along: the columns that the
cell covers are divided as the inner table needs them, and the rows too.

All of this is bounded, whatever a table claims to be: see `MOST_COLUMNS`, `DEEPEST` and `Room`.
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

MOST_COLUMNS: Final = 1_000
"""A cell can't span more, says HTML."""

DEEPEST: Final = 8
"""Tables within tables: those that are deeper are words of the cell that they stand in."""

_COUNT: Final = re.compile(r"\s*\+?([0-9]{1,9})")
_FOREVER: Final = 10**9
"""The end of a group of rows, wherever that is."""

Places = dict[int, str]
"""The words of a row by column; places without words are left out."""

_Line = tuple[bool, Places]
"""Words between rows (False), or a row of a table that stands between them (True)."""


@dataclass(slots=True)
class Room:
    """How many places may still be covered in one text. Where none is left, each further cell covers its own alone.

    So a few bytes of `colspan` can't become millions of tabs. The largest table on record covers 2,000.
    """

    left: int = 1_000_000

    def take(self, places: int) -> bool:
        """Whether there was room for so many; then they are taken."""
        if places > self.left:
            self.left = 0
            return False
        self.left -= places
        return True


@dataclass(slots=True)
class _Cell:
    """A cell: its first place, how far it reaches, and what it holds, words and tables, in order."""

    row: int
    column: int
    columns: int
    rows: int
    words: list[str] = field(default_factory=list)
    held: list[Table | str] = field(default_factory=list)

    def write(self, words: str, *, has_space: bool) -> None:
        """Words, behind a space or not."""
        if self.words and has_space:
            self.words.append(" ")
        self.words.append(words)

    def end_words(self) -> None:
        """A table follows, or nothing more."""
        if self.words:
            self.held.append("".join(self.words))
            self.words = []


class Table:
    """A table that is being read. `is_loose`: cells that stand in no table.

    Words outside of all cells, as of a caption, are lines of their own between the rows.
    """

    def __init__(self, room: Room, *, is_loose: bool = False) -> None:
        self.is_loose = is_loose
        self._room = room
        self._cells: list[_Cell] = []
        self._outside: dict[int, list[_Line]] = {}  # by the row that they stand before
        self._is_outside_open = False
        self._row = 0  # the one that is open, else the next
        self._next_column = 0
        self._is_row_open = False
        self._open: _Cell | None = None
        self._covered: dict[int, int] = {}  # for each column the first row that no cell from above covers

    @property
    def has_open_cell(self) -> bool:
        """Whether what is written now belongs to a cell."""
        return self._open is not None

    def start_row(self) -> None:
        """A row begins."""
        self.end_row()
        self._is_row_open = True

    def end_row(self) -> None:
        """A row ends, if one is open."""
        self.end_cell()
        if self._is_row_open:
            self._row += 1
            self._next_column = 0
            self._is_row_open = False

    def end_group(self) -> None:
        """A group of rows begins or ends: no cell of those before reaches further."""
        self.end_row()
        self._covered = {}

    def start_cell(self, colspan: str | None, rowspan: str | None) -> None:
        """A cell begins."""
        self.end_cell()
        self._is_row_open = True
        columns = min(max(_count(colspan, 1), 1), MOST_COLUMNS)
        rows = _count(rowspan, 1) or _FOREVER
        first = self._first_free(self._next_column)
        if not self._room.take(columns if columns > 1 or rows > 1 else 0):
            columns = rows = 1
        if rows > 1:
            for column in range(first, first + columns):
                self._covered[column] = max(self._covered.get(column, 0), self._row + rows)
        self._next_column = first + columns
        self._open = _Cell(self._row, first, columns, rows)
        self._cells.append(self._open)

    def end_cell(self) -> None:
        """A cell ends, if one is open."""
        if self._open is not None:
            self._open.end_words()
            self._open = None
        self._is_outside_open = False

    def write(self, words: str, *, has_space: bool) -> None:
        """Words of the cell that is open, or outside of all cells."""
        if self._open is not None:
            self._open.write(words, has_space=has_space)
            return
        lines = self._outside.setdefault(self._row, [])
        if self._is_outside_open:
            before = lines.pop()[1][0]
            words = f"{before} {words}" if has_space else before + words
        lines.append((False, {0: words}))
        self._is_outside_open = True

    def break_text(self) -> None:
        """A block begins or ends: in a cell that is a space, which its writer knows of; outside of all a line."""
        self._is_outside_open = False

    def hold(self, table: Table) -> None:
        """Take in a table that has ended within this one."""
        table.end_row()
        self._is_outside_open = False
        if self._open is None:
            self._outside.setdefault(self._row, []).extend(table.rows())
        else:
            self._open.end_words()
            self._open.held.append(table)

    def lines(self) -> Iterator[tuple[bool, str]]:
        """The rows as text, and whether each is one: words outside of all cells between them are none."""
        self.end_row()
        for is_row, places in self.rows():
            yield is_row, self._line(places)

    def rows(self) -> Iterator[_Line]:
        """The same by places."""
        held = [(cell, _held_rows(cell)) for cell in self._cells]
        lefts, tops = _Shares(self._room), _Shares(self._room)
        for cell, inner in sorted(held, key=lambda one: (one[0].columns, one[0].rows)):
            lefts.need(cell.column, cell.columns, max((max(places) + 1 for places in inner), default=1))
            tops.need(cell.row, max(min(cell.rows, self._row - cell.row), 1), len(inner))
        rows: dict[int, Places] = {}
        for cell, inner in held:
            left, top = lefts.place(cell.column), tops.place(cell.row)
            for below, places in enumerate(inner):
                row = rows.setdefault(top + below, {})
                for right, words in places.items():
                    column = left + right
                    row[column] = f"{row[column]} {words}" if column in row else words
        yield from self._with_outside(rows, tops)

    def _first_free(self, column: int) -> int:
        """The first place of the row, from a column on, that no cell from above covers."""
        while self._covered.get(column, 0) > self._row and self._room.take(1):
            column += 1
        return column

    def _line(self, places: Places) -> str:
        """A row, its cells apart by tabs: as many as there are columns between them, as long as there is room."""
        pieces: list[str] = []
        at = 0
        for column in sorted(places):
            between = column - at
            has_room = between <= 1 or self._room.take(between)
            pieces += ["\t" * (between if has_room else 1), places[column]]
            at = column
        return "".join(pieces)

    def _with_outside(self, rows: dict[int, Places], tops: _Shares) -> Iterator[_Line]:
        outside = [(tops.place(row), line) for row, lines in self._outside.items() for line in lines]
        told = 0
        for row in sorted(rows):
            while told < len(outside) and outside[told][0] <= row:
                yield outside[told][1]
                told += 1
            yield True, rows[row]
        yield from (line for _, line in outside[told:])


class _Shares:
    """Places of a table's columns, or of its rows, where some hold tables that need more than one."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._more: Counter[int] = Counter()  # by column, what it needs more than one place
        self._sums: tuple[list[int], list[int]] | None = None

    def need(self, first: int, count: int, needed: int) -> None:
        """So many columns from the first on need so many places; what is missing is given to the last of them."""
        if needed <= count:
            return
        covered = range(first, first + count) if self._room.take(count) else ()
        missing = needed - count - sum(self._more[column] for column in covered)
        if missing > 0:
            self._more[first + count - 1] += missing

    def place(self, column: int) -> int:
        """Where a column begins, once all needs are known."""
        if not self._more:
            return column
        if self._sums is None:
            columns = sorted(self._more)
            self._sums = columns, list(accumulate((self._more[one] for one in columns), initial=0))
        columns, sums = self._sums
        return column + sums[bisect_left(columns, column)]


def _held_rows(cell: _Cell) -> list[Places]:
    """What a cell holds in rows: one, unless it holds a table with more than one cell."""
    rows: list[Places] = []
    is_divided = False
    for one in cell.held:
        if isinstance(one, str):
            rows.append({0: one})
        else:
            inner = [places for _, places in one.rows()]
            is_divided = is_divided or sum(map(len, inner)) > 1
            rows += inner
    if is_divided:
        return rows
    words = " ".join(words for places in rows for words in places.values())
    return [{0: words}] if words else []


def _count(value: str | None, otherwise: int) -> int:
    """A number as HTML reads it: the figures at the start; `otherwise` where there are none."""
    match = _COUNT.match(value) if value else None
    return int(match[1]) if match else otherwise
