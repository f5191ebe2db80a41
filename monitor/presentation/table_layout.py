"""Layout of tables: which lines belong to one, which rows name the columns, which columns hold figures, how far cells reach.

The cells of a row are apart by tabs.
"""

from __future__ import annotations

import re
from itertools import zip_longest

from monitor.text.raised_figures import blank_raised

MOST_HEADS = 3
"""Rows of a table that may name its columns."""
MOST_CELLS = 100
"""A line with more is no row: every other row of its table would have to be as wide."""

_FEWEST_COUNTED = 3
_FEWEST_COLUMNS = 3
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[-/\u2013](?:\d\d)?\d\d)?")
_FIGURE = re.compile(
    r"[*(<>~+\-\u2212\u2013]*[£$€]?\d[\d,.:]*(?:[%pkm]|bn| ?(?:per cent|million|billion))?[*)]*(?: \([\d,.]+%?\))?",
    re.IGNORECASE,
)
_NO_FIGURE = re.compile(r"[-\u2013\u2014.~]*|\[?[a-z]\]?|n/?[ak]|nil|\[\.\.\.\]", re.IGNORECASE)


def lines_within_tables(text: str) -> set[int]:
    """Return the starts of lines of a single cell between the rows of a table."""
    within: set[int] = set()
    waiting: list[int] | None = None  # lines since the last row of this paragraph; None before its first
    start = 0
    for line in text.split("\n") if "\t" in text else ():
        if "\t" in line:
            within.update(waiting or ())
            waiting = []
        elif not line:
            waiting = None
        elif waiting is not None:
            waiting.append(start)
        start += len(line) + 1
    return within


def count_header_rows(rows: list[list[str]]) -> int:
    """Return the number of header rows: the first unless it has figures, and more until the layout is that of the last.

    Figures that count up by one ("Constituency 1 2 3", of years that people waited) are headings.
    """
    first, *others = rows[: min(MOST_HEADS, len(rows) - 1)] or [[]]
    if not first or (any(map(is_figure, first)) and not _counts_up(first)):
        return 0
    heads = 1
    for row in others:
        if is_section(row) and not is_section(rows[heads - 1]) and any(map(is_section, rows[heads + 1 :])):
            break
        if _is_laid_out(rows[heads - 1], row, rows[-1]) or any(is_figure(cell) or _lacks_figure(cell) for cell in row):
            break
        heads += 1
    return heads


def is_section(row: list[str]) -> bool:
    """Return whether a row has words in its first cell alone: it stands over the rows below, such as "2019"."""
    return bool(row[0].strip()) and not any(cell.strip() for cell in row[1:])


def stands_over(section: list[str], row: list[str]) -> bool:
    """Return whether a row with words in its first cell alone is a heading of a row below it.

    In a table of two columns, or where both begin with a year, it is a row whose figures are missing.
    """
    return len(row) >= _FEWEST_COLUMNS and _DIGIT.sub("0", section[0].strip()) != _DIGIT.sub("0", row[0].strip())


def _is_laid_out(above: list[str], row: list[str], last: list[str]) -> bool:
    """Return whether a row and the header row above it have the layout of the last row, so that it is no header."""
    return len(above) == len(last) == len(row) and bool(above[0].strip() and row[0].strip())


def _counts_up(row: list[str]) -> bool:
    """Return whether three or more figures follow the first cell of a row, each one more than the one before."""
    figures = [int(cell) for cell in row[1:] if cell.strip().isdecimal()]
    is_whole = len(figures) == len(row) - 1 and not is_figure(row[0])
    return (
        is_whole and len(figures) >= _FEWEST_COUNTED and figures == list(range(figures[0], figures[0] + len(figures)))
    )


def _lacks_figure(cell: str) -> bool:
    """Return whether a cell holds a mark for a missing figure."""
    return bool(cell.strip()) and bool(_NO_FIGURE.fullmatch(cell.strip()))


def is_figure(cell: str) -> bool:
    """Return whether a table cell holds only a figure. A year does not count as one."""
    words = blank_raised(cell).strip()  # without the number of a note
    return bool(_FIGURE.fullmatch(words)) and not _YEAR.fullmatch(words)


def columns_of_figures(rows: list[list[str]], columns: int) -> tuple[bool, ...]:
    """Return for each column whether it holds figures, and otherwise only marks for missing figures."""
    cells = list(zip_longest(*rows, fillvalue=""))[:columns]
    known = [[cell for cell in column if not _NO_FIGURE.fullmatch(cell.strip("* "))] for column in cells]
    return tuple(i < len(known) and bool(known[i]) and all(map(is_figure, known[i])) for i in range(columns))


def column_spans(rows: list[list[str]], heads: int, columns: int) -> list[list[int]]:
    """Return for each cell of each row the number of columns that it spans; 0 for a cell covered by another.

    A heading reaches over the empty cells behind it as long as headings stand below these; the only cell of a row, if it is
    the first, over the whole table.
    """
    return [
        _spans_of_row(row, rows[number + 1 : heads] if number < heads else [], columns)
        for number, row in enumerate(rows)
    ]


def _spans_of_row(row: list[str], below: list[list[str]], columns: int) -> list[int]:
    if row[:1] != [""] and not any(row[1:]):
        return [columns] + [0] * (columns - 1)
    spans = [1] * columns
    at = 0
    for column in range(1, columns):
        is_covered = not _has_words(row, column) and any(_has_words(lower, column) for lower in below)
        if is_covered and _has_words(row, at):
            spans[at], spans[column] = spans[at] + 1, 0
        else:
            at = column
    return spans


def _has_words(row: list[str], column: int) -> bool:
    return column < len(row) and bool(row[column])
