"""Records as an Excel workbook: a row each, dates as dates, numbers as numbers, everything else as the text it is.

Written row by row, so that its size is no matter of memory. No text is taken for a formula or a link. What Excel can't
hold is told: texts of more than 32,767 characters are cut, a sheet that is full is followed by another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Final

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from monitor.errors import OutputError
from monitor.presentation.wording import clean
from monitor.research.export.cells import row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.research.export.cells import Cell

MOST_LETTERS: Final = 32_767
"""Most characters in a cell, as Excel counts them: characters outside the basic plane are two."""

MOST_ROWS: Final = 1_048_576
"""Most rows in a sheet, including the header."""

CUT: Final = "cut"
"""The last column: which cells of the row were cut."""

_FIRST_DAY: Final = date(1900, 3, 1)
"""First day of Excel's calendar without errors. Earlier days are written as text."""

_DAY = re.compile(r"date(?:_|$)|.*_on(?:_by_parliament)?$|due_(?:from|to)$|(?:until|since|began|ended)$")
_WIDTHS: Final = {"heading": 40, "question": 60, "answer": 60, "text": 60, "reference": 36, "url": 30, "body": 30}
_WIDTH, _DAY_WIDTH, _NAME_WIDTH = 14, 11, 24
_NAMES = re.compile(r"(?:asked|answered|made|corrected)_by(?:_constituency)?")


@dataclass(frozen=True, slots=True)
class Written:
    """Counts of a workbook: rows, and rows with a text that was cut."""

    rows: int
    cut: int


def write_workbook(
    records: Iterable[Mapping[str, Any]], file: IO[bytes], about: Sequence[tuple[str, str]] = ()
) -> Written:
    """Write records as a workbook. `about`: rows of a last sheet, as (name, text); empty for no such sheet.

    It is made in a folder of its own, and handed over when it is whole. Raises OutputError where there is no room for that.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "book.xlsx")
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": folder,
        }
        book = xlsxwriter.Workbook(path, options)
        book.set_size(2400, 1400)
        sheets = _Sheets(book)
        try:
            for record in records:
                sheets.add(row(record))
        except BaseException:
            book.close()  # its files are open
            raise
        written = sheets.close()
        _write_about(book, about)
        try:
            book.close()
        except FileCreateError as exc:
            raise OutputError(f"The workbook can't be made in {folder} ({exc})") from exc
        with path.open("rb") as made:
            copyfileobj(made, file)
    return written


class _Sheets:
    """The sheets of records, one after the other."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True, "bottom": 1})
        self._top = book.add_format({"valign": "top"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        self._instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
        self._columns: list[str] = []
        self._sheet = book.add_worksheet("Records")
        self._at = self._rows = self._cut = 0
        self._sheets = 1

    def add(self, cells: Mapping[str, Cell]) -> None:
        """Write a row, beginning a new sheet where one is full."""
        if not self._columns:
            self._columns = list(cells)
            self._begin()
        elif self._at == MOST_ROWS:
            self._finish()
            self._sheets += 1
            self._sheet = self._book.add_worksheet(f"Records {self._sheets}")
            self._begin()
        cut = [name for place, name in enumerate(self._columns) if self._write(place, name, cells[name])]
        if cut:
            self._sheet.write_string(self._at, len(self._columns), ", ".join(cut), self._top)
        self._at += 1
        self._rows += 1
        self._cut += bool(cut)

    def close(self) -> Written:
        """Finish the last sheet."""
        if self._columns:
            self._finish()
        return Written(self._rows, self._cut)

    def _begin(self) -> None:
        for place, name in enumerate([*self._columns, CUT]):
            self._sheet.write_string(0, place, name, self._bold)
            self._sheet.set_column(place, place, _width(name))
        self._sheet.freeze_panes(1, 0)
        self._at = 1

    def _finish(self) -> None:
        last = self._at - 1, len(self._columns)
        self._sheet.autofilter(0, 0, *last)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:{xlsxwriter.utility.xl_rowcol_to_cell(*last)}"})

    def _write(self, place: int, name: str, value: Cell) -> bool:
        """Write a cell; returns whether it was cut."""
        if value is None:
            return False
        if isinstance(value, bool):
            self._sheet.write_boolean(self._at, place, value, self._top)
        elif isinstance(value, int | float):
            self._sheet.write_number(self._at, place, value, self._top)
        elif day := _day(name, value):
            self._sheet.write_datetime(self._at, place, day, self._day)
        elif at := _instant(name, value):
            self._sheet.write_datetime(self._at, place, at, self._instant)
        else:
            text = clean(value)
            shown = _cut(text)
            self._sheet.write_string(self._at, place, shown, self._top)
            return shown != text
        return False


def _write_about(book: Any, about: Sequence[tuple[str, str]]) -> None:
    if not about:
        return
    sheet = book.add_worksheet("About")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 90)
    for at, (what, text) in enumerate(about):
        sheet.write_string(at, 0, what, wrapped)
        sheet.write_string(at, 1, _cut(clean(text)), wrapped)


def _width(name: str) -> int:
    if name in _WIDTHS:
        return _WIDTHS[name]
    if _NAMES.fullmatch(name):
        return _NAME_WIDTH
    return _DAY_WIDTH if _DAY.match(name) else _WIDTH


def _day(name: str, value: str) -> date | None:
    """Return the day of a cell, if Excel can hold it."""
    try:
        day = date.fromisoformat(value) if _DAY.match(name) else None
    except ValueError:
        return None
    return day if day and day >= _FIRST_DAY else None


def _instant(name: str, value: str) -> datetime | None:
    """Return the instant of a cell in UTC, because Excel has no time zones."""
    try:
        at = datetime.fromisoformat(value) if name.endswith(("_at", "as_of")) else None
    except ValueError:
        return None
    return at.astimezone(UTC).replace(tzinfo=None) if at and at.tzinfo else None


def _cut(text: str) -> str:
    """Return the text, cut to what a cell can hold."""
    if 2 * len(text) <= MOST_LETTERS:
        return text
    return text.encode("utf-16-le")[: 2 * MOST_LETTERS].decode("utf-16-le", "ignore")
