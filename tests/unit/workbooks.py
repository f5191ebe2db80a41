"""Reader of workbooks, for tests."""

from __future__ import annotations

import io
import re
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPE = re.compile("_x([0-9A-F]{4})_")


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    """Return the rows of each sheet by its name: texts as str, numbers as float, truth as bool, empty cells as None."""
    with ZipFile(io.BytesIO(content)) as book:
        listed = ET.fromstring(book.read("xl/workbook.xml")).find(f"{_MAIN}sheets")  # noqa: S314 - our own
        assert listed is not None
        return {
            sheet.attrib["name"]: _rows(book.read(f"xl/worksheets/sheet{number}.xml"))
            for number, sheet in enumerate(listed, 1)
        }


def _rows(xml: bytes) -> list[list[Any]]:
    root = ET.fromstring(xml)  # noqa: S314 - our own
    rows = []
    for row in root.iter(f"{_MAIN}row"):
        cells: list[Any] = []
        for cell in row:
            place = _place(cell.attrib["r"])
            cells += [None] * (place + 1 - len(cells))
            cells[place] = _value(cell)
        rows.append(cells)
    return rows


def _place(reference: str) -> int:
    letters = re.match("[A-Z]+", reference)
    assert letters
    number = 0
    for letter in letters.group():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _value(cell: ET.Element) -> str | float | bool | None:
    kind = cell.get("t")
    if kind == "inlineStr":
        text = "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
        return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    value = cell.findtext(f"{_MAIN}v")
    if value is None:
        return None
    return value == "1" if kind == "b" else float(value)
