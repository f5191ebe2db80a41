"""Text laid out for people: wrapped between words on a terminal, left alone elsewhere."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

import click

from monitor.cli.common import cell

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from typing import Any

WIDEST = 100
_ENDLESS = 100_000
_NARROWEST = 30
"""The last column of a table is at least so wide, or stands below the others."""


def width(stream: TextIO) -> int:
    """How many columns a line may have."""
    return min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST) if stream.isatty() else _ENDLESS


def wrapped(text: str, columns: int) -> list[str]:
    """The text in lines; nothing is cut, and what must be copied (paths, addresses, flags) is not broken."""
    return textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False) or [""]


def say(text: str, *, is_error: bool = True) -> None:
    """A paragraph, on stderr unless it is what was asked for."""
    stream = sys.stderr if is_error else sys.stdout
    for line in wrapped(cell(text), width(stream)):
        click.echo(line, err=is_error)


def table(
    rows: Sequence[Mapping[str, Any]],
    titles: Sequence[str],
    values: Sequence[Callable[[Mapping[str, Any]], object]],
    numbers: Container[str] = (),
) -> list[str]:
    """A table as lines: no column is cut, and the last one is wrapped where it is too long.

    `numbers`: titles of columns whose cells end below each other.
    """
    cells = [[cell(value(row)) for value in values] for row in rows]
    *widths, last_width = (max(len(one) for one in column) for column in zip(titles, *cells, strict=True))
    indent = sum(widths) + 2 * len(widths)
    left = width(sys.stdout) - indent
    lines = []
    for *firsts, last in (titles, *cells):
        head = "".join(
            f"{one:{'>' if title in numbers else '<'}{size}}  "
            for one, size, title in zip(firsts, widths, titles[:-1], strict=True)
        )
        if titles[-1] in numbers:
            last = last.rjust(last_width)  # noqa: PLW2901 (the cell as it is printed)
        longest = max((len(word) for word in last.split()), default=0)
        if longest > left or (left < _NARROWEST and len(last) > left):
            lines += [head.rstrip(), *(f"    {line}" for line in wrapped(last, width(sys.stdout) - 4))]
            continue
        first, *more = wrapped(last, left)
        lines += [f"{head}{first}".rstrip(), *(" " * indent + line for line in more)]
    return lines
