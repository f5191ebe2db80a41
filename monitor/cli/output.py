"""Print for people: lines filled to the terminal, found words that stand out, tables, a pager.

Nothing that came from outside can steer the terminal: every text is cleaned first.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from monitor.cli.typed import as_typed
from monitor.presentation.excerpt import GAP, marked_in
from monitor.presentation.wording import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from monitor.presentation.excerpt import Excerpt, Run

WIDE: Final = 110
"""Columns from which the first line of a record holds its heading too."""
_WIDEST_MESSAGE: Final = 100
_NARROWEST: Final = 40
_UNLIMITED: Final = 100_000
_UNBROKEN_HYPHEN: Final = "\ue000"
_BETWEEN_COLUMNS: Final = 2
_LONGEST_UNBROKEN: Final = 20
"""Characters up to which a word in a table is never broken."""

pager_option = click.option(
    "--no-pager", "without_pager", is_flag=True, help="Print at once what is longer than the screen."
)
plain_option = click.option(
    "--plain", is_flag=True, help="Without bars, as for a screen reader: lines have their numbers."
)


def cell(value: object) -> str:
    """Return a value as one safe line: no control characters, nothing that steers a terminal."""
    return "" if value is None else " ".join(clean(str(value)).split())


def can_print(text: str) -> bool:
    """Return whether the encoding of stdout has all these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


# -- messages and tables ----------------------------------------------------------------------------------------------


def message_width(stream: TextIO) -> int:
    """Return how many columns a line of a message or table may have."""
    if not stream.isatty():
        return _UNLIMITED
    return min(shutil.get_terminal_size((_WIDEST_MESSAGE, 24)).columns, _WIDEST_MESSAGE)


def wrapped(text: str, columns: int) -> list[str]:
    """Break a text into lines between words: paths, addresses and options stay whole, so that they can be copied."""
    return textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False) or [""]


def say(text: str, *, is_error: bool = True) -> None:
    """Print a paragraph: to stderr, or to stdout where it is what the command was asked for."""
    stream = sys.stderr if is_error else sys.stdout
    for line in wrapped(cell(as_typed(text)), message_width(stream)):
        click.echo(line, err=is_error)


def say_held(count: int) -> None:
    """Say that mails of a restored archive are held, and what to do about them."""
    say(
        f"! {count} of its mails had not gone when the backup was made and may have gone since, so they are held: "
        "pqwatch status lists them, pqwatch deliver --discard ID gives one up, pqwatch deliver --release ID sends it."
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, and the value that a row has in it."""

    title: str
    value: Callable[[Mapping[str, Any]], object]
    is_number: bool = False


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], *, indent: str = "") -> None:
    """Print a table. Nothing is cut: where the terminal is too narrow, cells are wrapped, the longest first.

    Short words are broken only where not even the words of a row fit beside each other.
    """
    from rich.console import Console  # noqa: PLC0415 (slow to import, and a search needs no table)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    cells = [[cell(column.value(row)) for column in columns] for row in rows]
    room = message_width(sys.stdout) - len(indent)
    widths = _column_widths(list(zip([column.title for column in columns], *cells, strict=True)), room)
    table = Table(box=None, padding=(0, _BETWEEN_COLUMNS, 0, 0), pad_edge=False, header_style="")
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            Text(column.title), justify="right" if column.is_number else "left", overflow="fold", width=width
        )
    for row in cells:
        table.add_row(*map(Text, row))
    # With TERM=dumb, rich heeds a width with a height alone. What is wider than a console it drops.
    console = Console(width=max(room, _table_width(widths)), height=1, color_system=None)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        click.echo(f"{indent}{line}".rstrip())


def _column_widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return the widths at which the columns of a table fit: the widest get narrower first.

    Rich is not left to choose them: it gives each column its least width after it has shared out the room, and drops what
    then stands beyond the last column of the terminal.
    """
    from rich.cells import cell_len  # noqa: PLC0415 (slow to import, and a search needs no table)

    widths = [max(min(max(map(cell_len, texts)), room), 1) for texts in columns]
    least = [
        min(max(map(cell_len, " ".join(texts).split()), default=1), _LONGEST_UNBROKEN, width)
        for texts, width in zip(columns, widths, strict=True)
    ]
    if _table_width(least) > room:
        least = [1] * len(least)
    while _table_width(widths) > room and widths != least:
        widest = max(range(len(widths)), key=lambda at: (widths[at] > least[at], widths[at]))
        widths[widest] -= 1
    return widths


def _table_width(widths: Sequence[int]) -> int:
    return sum(widths) + _BETWEEN_COLUMNS * (len(widths) - 1)


# -- records and terms ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints to stdout as it is: `width` is None where it is no terminal, and lines are then never filled or cut.

    Words that were found are bold where the terminal shows bold, and in *stars* elsewhere.
    """

    width: int | None
    is_bold: bool

    @classmethod
    def for_stdout(cls) -> Printer:
        """Look at stdout and the environment: NO_COLOR and TERM=dumb turn bold off."""
        is_terminal = sys.stdout.isatty()
        is_bold = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(width=max(shutil.get_terminal_size().columns, _NARROWEST) if is_terminal else None, is_bold=is_bold)

    def bold(self, text: str) -> str:
        """Clean a text and make it bold where that can be seen; word by word, so that lines can be broken in it."""
        if not self.is_bold:
            return clean(text)
        return re.sub(r"\S+", lambda word: click.style(word.group(), bold=True), clean(text))

    def runs(self, runs: Iterable[Run]) -> str:
        """Join the runs of an excerpt; words that were found stand out."""
        return "".join(self.found(run.text) if run.mark == "found" else run.text for run in runs)

    def found(self, text: str) -> str:
        """Make words that were found stand out."""
        return self.bold(text) if self.is_bold else f"*{clean(text)}*"

    def starred(self, text: str, excerpt: Excerpt) -> str:
        """Make the words found in an excerpt bold where `text` is the excerpt set with them in *stars*."""
        found = {r"\s+".join(map(re.escape, words.split())) for words in marked_in(excerpt)}
        if not (found and self.is_bold):
            return text
        return re.sub(rf"\*(?:{'|'.join(found)})\*", lambda words: self.bold(words.group()), text)

    def line(self, text: str = "") -> None:
        """Print one line as it is, or lines that are laid out already."""
        click.echo(text, color=True if self.is_bold else None)

    def cut_line(self, text: str) -> None:
        """Print one line, cut after a word to fit the terminal."""
        self.line(text.rstrip() if self._fits(text) else self._first_line(text, "", "..."))

    def paragraph(self, text: str, indent: str = "", *, max_lines: int | None = None) -> None:
        """Print a text behind an indent, filled to the terminal and cut after so many lines."""
        self.line("\n".join(self.filled(text, indent, max_lines=max_lines)))

    def beside(self, lead: str, text: str) -> None:
        """Print a text filled beside a first column. A no-break space keeps two words together."""
        first, *more = self.filled(text, " " * len(lead))
        self.line("\n".join([f"{lead}{first.strip()}", *more]).replace("\u00a0", " "))

    def filled(self, text: str, indent: str, *, max_lines: int | None = None) -> list[str]:
        """Fill lines behind an indent."""
        if self.width is None:
            return [indent + text]
        # click breaks lines at hyphens too, where a term or an address could not be copied.
        whole_words = text.replace("-", _UNBROKEN_HYPHEN)
        filled = click.wrap_text(whole_words, self.width, indent, indent).replace(_UNBROKEN_HYPHEN, "-")
        lines = filled.split("\n")
        if max_lines is None or len(lines) <= max_lines:
            return lines
        return [*lines[: max_lines - 1], self._first_line(lines[max_lines - 1].strip(), indent, f" {GAP}")]

    def _fits(self, text: str) -> bool:
        return self.width is None or len(click.unstyle(text)) <= self.width

    def _first_line(self, text: str, indent: str, ending: str) -> str:
        """Return as much of a text as fits on one line before an ending."""
        room = (self.width or _UNLIMITED) - len(ending)
        return click.wrap_text(text, room, indent, indent).split("\n")[0] + ending


@contextmanager
def paged(*, without_pager: bool) -> Iterator[Printer]:
    """Send what is printed to stdout through $PAGER, or less; only on a terminal, and not where it was declined."""
    printer = Printer.for_stdout()
    if without_pager or printer.width is None or not sys.stdin.isatty() or os.environ.get("TERM") == "dumb":
        yield printer
        return
    # less ends by itself where all fits, lets bold through, ignores case unless asked, and leaves the text behind.
    os.environ.setdefault("LESS", "-FIRX")
    with click.get_pager_file(color=None if printer.is_bold else False) as pager, redirect_stdout(pager):
        yield printer
