"""Print for programs: JSON, JSON Lines, CSV, workbooks and Markdown, record by record, to stdout or into a file."""

from __future__ import annotations

import errno
import io
import sys
from contextlib import contextmanager, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from monitor.cli.output import Column, print_table
from monitor.errors import OutputError
from monitor.presentation.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from monitor.research.export.workbook import Written

FORMATS: Final = ("table", "json", "jsonl", "csv", "xlsx", "md")
_SUFFIXES: Final = {f".{name}": name for name in FORMATS if name != "table"} | {".markdown": "md", ".txt": "table"}
"""The format that the ending of a file names; a table is plain text."""

_STDOUT: Final = (None, "-")
_IS_TO_FILE: Final = "monitor.cli.formats.is_to_file"
_SAID: Final = "monitor.cli.formats.said"

json_option = click.option("--json", "as_json", is_flag=True, help="Print what was done as one JSON object.")


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--format`, `--json` and `--output`. The command gets the format as `output` and prints to stdout in any case."""

    @wraps(command)
    def print_to_file(*args: Any, output: str, file: str | None, **given: Any) -> Any:
        meta = click.get_current_context().meta
        meta[_IS_TO_FILE] = file not in _STDOUT
        with destination(output, file) as chosen:
            result = command(*args, output=chosen, **given)
        for message in meta.pop(_SAID, ()):
            click.echo(message, err=True)
        return result

    return output_options(print_to_file)


def is_to_file() -> bool:
    """Return whether this command writes to a file that it was given."""
    return bool(click.get_current_context().meta.get(_IS_TO_FILE))


def say_when_written(message: str) -> None:
    """Say something on stderr once the file is whole."""
    click.get_current_context().meta.setdefault(_SAID, []).append(message)


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--format`, `--json` and `--output` to a command that sees to the file itself: it gets `output` and `file`."""
    option = click.option(
        "--output", "file", metavar="FILE", help="Write to a file, whose ending names the format: answers.xlsx."
    )
    option(command)
    click.option("--json", "output", flag_value="json", help="Short for --format json.")(command)
    return click.option(
        "--format", "output", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print."
    )(command)


@contextmanager
def destination(output: str, file: str | None) -> Iterator[str]:
    """Send stdout into a file, if one is named, and yield the format: the one asked for, else that of the file's ending.

    A command that fails or finds nothing leaves the file as it was. Raises UsageError for a workbook on a terminal and for
    an unknown ending, OutputError where the file can't be written.
    """
    if file in _STDOUT:
        if output == "xlsx" and sys.stdout.isatty():
            raise click.UsageError("A workbook is nothing for a terminal: add --output answers.xlsx")
        yield output
        return
    path = Path(file)
    is_no_file = path.exists() and not path.is_file()  # `whole_file` refuses it, whatever its ending
    chosen = output if output != "table" or is_no_file else format_of(path)
    with stdout_into(path):
        yield chosen


@contextmanager
def stdout_into(path: Path) -> Iterator[None]:
    """Send stdout into a file that takes its name when it is whole. Raises OutputError if it can't be written."""
    with whole_file(path) as written:
        stream = io.TextIOWrapper(written, encoding="utf-8", newline="")
        try:
            with redirect_stdout(stream):
                yield
        finally:
            stream.detach()


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its name when it is whole; where `path` is a link, the file that it points to is replaced.

    Raises OutputError if it can't be written.
    """
    from monitor import files  # noqa: PLC0415 (few commands write a file)

    try:
        path = path.resolve()
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is no file: name another with --output")
        with files.whole_file(path) as file:
            yield file
    except OSError as exc:
        remedy = ": see that its folder is there" if exc.errno in (errno.ENOENT, errno.ENOTDIR) else ""
        raise OutputError(f"{path} can't be written ({exc.strerror or exc}){remedy}") from exc


def format_of(path: Path) -> str:
    """Return the format that the ending of a file names. Raises UsageError for an unknown ending."""
    chosen = _SUFFIXES.get(path.suffix.lower())
    if chosen is None:
        known = ", ".join(sorted(_SUFFIXES))
        ending = f"ends in {path.suffix}, which says nothing" if path.suffix else "has no ending"
        raise click.UsageError(f"{path} {ending}: let it end in one of {known}, or add --format.")
    return chosen


def emit(records: Iterable[Mapping[str, Any]], columns: Sequence[Column], output: str) -> None:
    """Print records: a table for people, or one of the formats for programs."""
    if output == "table":
        print_table(records, columns)
    else:
        write(records, output)


def write(records: Iterable[Mapping[str, Any]], output: str, about: Sequence[tuple[str, str]] = ()) -> int:
    """Write records to stdout in a format for programs and return how many. `about`: see `write_workbook`."""
    from monitor.research.export import texts  # noqa: PLC0415 (each format loads its own libraries)

    counted = _Counted(records)
    if output == "json":
        _echo(texts.json_array(counted, _encoding()))
    elif output == "jsonl":
        _echo(texts.json_lines(counted, _encoding()))
    elif output == "csv":
        sys.stdout.writelines(texts.csv_lines(counted))
    elif output == "md":
        from monitor.research.export.markdown import markdown  # noqa: PLC0415

        for line in markdown(counted):
            click.echo(line)
    else:
        from monitor.research.export.workbook import write_workbook  # noqa: PLC0415

        _warn_of_cut_texts(write_workbook(counted, sys.stdout.buffer, about))
    return counted.count


def _echo(pieces: Iterable[str]) -> None:
    for piece in pieces:
        click.echo(piece, nl=False)


class _Counted:
    """Records that are counted as they are read."""

    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._records = records
        self.count = 0

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for record in self._records:
            self.count += 1
            yield record


def _warn_of_cut_texts(written: Written) -> None:
    if written.cut:
        click.echo(
            f"{count_of(written.cut, 'record')} with a text longer than the 32,767 letters that Excel takes in a cell:"
            ' the column "cut" says which were cut. --format csv, jsonl and md have them whole.',
            err=True,
        )


# -- JSON -------------------------------------------------------------------------------------------------------------


def to_json(value: object, *, indent: int | None = 2, default: Callable[[Any], Any] | None = None) -> str:
    """Return a value as JSON for stdout: see `monitor.research.export.json_text`."""
    from monitor.research.export import json_text  # noqa: PLC0415 (lists for people do without)

    return json_text.to_json(value, indent=indent, default=default, encoding=_encoding())


def _encoding() -> str:
    return sys.stdout.encoding or "utf-8"
