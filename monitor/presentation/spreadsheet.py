"""Cells that are safe to open in a spreadsheet."""

from __future__ import annotations

from typing import Final

from monitor.presentation.wording import clean

_FORMULA: Final = tuple("=+-@\t\r\0\uff1d\uff0b\uff0d\uff20")


def guarded(cell: str) -> str:
    """Make a cell safe to open in a spreadsheet: what could be read as a formula gets an apostrophe in front."""
    cell = clean(cell)
    return f"'{cell}" if cell.lstrip(" \n")[:1] in _FORMULA else cell
