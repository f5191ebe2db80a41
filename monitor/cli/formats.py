"""Lists for programs: JSON, JSON Lines, CSV, workbooks, Markdown, to stdout or into a file, record by record."""

from __future__ import annotations

import csv
import io
import json
import sys
import textwrap
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli.common import FORMATS, to_json
from monitor.digest.csv_attachment import guarded
from monitor.presentation.wording import count_of
from monitor.research.export.cells import people
from monitor.research.export.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.research.export.workbook import Written

_ENDINGS: Final = {f".{name}": name for name in FORMATS if name != "table"} | {".markdown": "md", ".txt": "table"}
"""What the ending of a file says; a table is plain text."""


@contextmanager
def destination(output: str, file: str | None) -> Iterator[str]:
    """Where a command prints to while it runs, and in which format: that of the file's ending where none was asked for.

    Raises UsageError for a workbook on a terminal and for an ending that says nothing, OutputError where the file can't be
    written. What fails, or finds nothing, leaves a file as it was.
    """
    if file in (None, "-"):
        if output == "xlsx" and sys.stdout.isatty():
            raise click.UsageError("A workbook is nothing for a terminal: add --output answers.xlsx")
        yield output
        return
    path = Path(file)
    is_other = path.exists() and not path.is_file()  # which is told below, whatever it is called
    chosen = output if output != "table" or is_other else format_of(path)
    with whole_file(path) as written:
        stream = io.TextIOWrapper(written, encoding="utf-8", newline="")
        try:
            with redirect_stdout(stream):
                yield chosen
        finally:
            stream.detach()


def format_of(path: Path) -> str:
    """The format that the ending of a file names. Raises UsageError for an ending of which nobody knows what it means."""
    chosen = _ENDINGS.get(path.suffix.lower())
    if chosen is None:
        known = ", ".join(sorted(_ENDINGS))
        ending = f"ends in {path.suffix}, which says nothing" if path.suffix else "has no ending"
        raise click.UsageError(f"{path} {ending}: let it end in one of {known}, or add --format.")
    return chosen


def write(records: Iterable[Mapping[str, Any]], output: str, about: Sequence[tuple[str, str]] = ()) -> int:
    """Write records to stdout in a format that is no table; returns how many. `about`: see `write_workbook`."""
    counted = _Counted(records)
    if output == "json":
        _write_json(counted)
    elif output == "jsonl":
        for record in counted:
            click.echo(to_json(record, indent=None))
    elif output == "csv":
        _write_csv(counted)
    elif output == "md":
        from monitor.research.export.markdown import markdown  # noqa: PLC0415 (only what is used is loaded)

        for line in markdown(counted):
            click.echo(line)
    else:
        from monitor.research.export.workbook import write_workbook  # noqa: PLC0415

        _warn(write_workbook(counted, sys.stdout.buffer, about))
    return counted.count


class _Counted:
    """Records, counted as they pass."""

    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._records = records
        self.count = 0

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for record in self._records:
            self.count += 1
            yield record


def _write_json(records: Iterable[Mapping[str, Any]]) -> None:
    """One array, its records as they come. No text in JSON has a line feed, so all lines may be set in."""
    before = "["
    for record in records:
        click.echo(f"{before}\n{textwrap.indent(to_json(record), '  ')}", nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


def _write_csv(records: Iterable[Mapping[str, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for number, record in enumerate(records):
        whole = {**record, **people(record)}
        if not number:
            writer.writerow(whole)
        writer.writerow(guarded(_flat(value)) for value in whole.values())


def _flat(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _warn(written: Written) -> None:
    """Say what Excel could not hold."""
    if written.cut:
        click.echo(
            f"{count_of(written.cut, 'record')} with a text longer than the 32,767 letters that Excel takes in a cell:"
            ' the column "cut" says which were cut. --format csv, jsonl and md have them whole.',
            err=True,
        )
