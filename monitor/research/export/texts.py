"""Records as JSON, JSON Lines and CSV, piece by piece while they are read: for a file, for stdout and for the page."""

from __future__ import annotations

import csv
import json
import textwrap
from typing import TYPE_CHECKING, Any

from monitor.presentation.spreadsheet import guarded
from monitor.research.export.cells import people
from monitor.research.export.json_text import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def json_array(records: Iterable[Mapping[str, Any]], encoding: str = "utf-8") -> Iterator[str]:
    """Write one array, each record as it comes. No text in JSON holds a line feed, so every line can be indented."""
    before = "["
    for record in records:
        yield f"{before}\n{textwrap.indent(to_json(record, encoding=encoding), '  ')}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def json_lines(records: Iterable[Mapping[str, Any]], encoding: str = "utf-8") -> Iterator[str]:
    """Write each record as one line of JSON."""
    for record in records:
        yield f"{to_json(record, indent=None, encoding=encoding)}\n"


def csv_lines(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write a line of columns and a line for each record. No cell is one that a spreadsheet takes for a formula."""
    writer = _csv_writer()
    for number, record in enumerate(records):
        row = {**record, **people(record)}
        if number == 0:
            yield writer.writerow(row)
        yield writer.writerow(guarded(_csv_text(value)) for value in row.values())


def csv_remark(text: str) -> str:
    """Write a line that is no record: one cell with a text."""
    return str(_csv_writer().writerow([guarded(text)]))


def _csv_writer() -> Any:
    return csv.writer(_Line(), lineterminator="\n")


class _Line:
    """A file that gives each line back, which `csv.writer.writerow` then returns."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def _csv_text(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
