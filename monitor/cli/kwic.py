"""Words in context in a terminal: a line for each place in which the words of a query were found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli.formats import emit
from monitor.cli.output import cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.cli.output import Printer
    from monitor.cli.paging import HitWriter
    from monitor.model.search import Hit
    from monitor.presentation.kwic import KwicRow

ORDERS: Final = ("record", "left", "right")

_NARROWEST: Final = 8
"""Characters that each side has at least, however narrow the terminal is."""

_WIDEST_FOUND: Final = 30
"""Characters of the words found that a side makes room for."""

_GAP: Final = "  "


def kwic_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--kwic` and `--sort-context`."""
    click.option(
        "--sort-context",
        type=click.Choice(ORDERS),
        help="With --kwic: order the lines of the page by the records, or by the words left or right. [default: record]",
    )(command)
    return click.option(
        "--kwic", "in_context", is_flag=True, help="Print a line for each place found, with the words around it."
    )(command)


def check_options(*, in_context: bool, order: str | None, has_words: bool, only_counts: bool) -> None:
    """Refuse options that say nothing together. Raises UsageError."""
    if not in_context:
        if order is not None:
            raise click.UsageError("--sort-context orders words in context: add --kwic.")
        return
    if only_counts:
        raise click.UsageError("--kwic lists places, --count and --facet count records: leave one out.")
    if not has_words:
        raise click.UsageError("--kwic shows words in context: give words to search for.")


def kwic_writer(output: str, order: str | None) -> HitWriter:
    """Return a function that prints the places found in records, in an order of `ORDERS`."""
    from monitor.presentation.kwic import as_record, kwic_rows  # noqa: PLC0415 (most searches print records)

    def write(printer: Printer, hits: Iterable[Hit]) -> None:
        rows, _ = kwic_rows(hits, order or ORDERS[0])
        if output == "table":
            _print(printer, rows)
        else:
            emit(map(as_record, rows), (), output)

    return write


def _print(printer: Printer, rows: list[KwicRow]) -> None:
    """Print rows with the words found beneath each other; in a terminal each is one line."""
    names = [cell(f"{row.proceeding.day or ''} {row.name}".strip()) for row in rows]
    name_room = max(map(len, names), default=0)
    found_room = min(max((len(cell(row.found)) for row in rows), default=0), _WIDEST_FOUND)
    stars = 0 if printer.is_bold else len("**")
    left_room, right_room = _rooms(printer, name_room + len(_GAP) + found_room + stars)
    for name, row in zip(names, rows, strict=True):
        found = cell(row.found)
        left = _ending(cell(row.left), left_room - 1) + _space(row.left[-1:])
        right = _space(row.right[:1]) + _beginning(cell(row.right), right_room - 1 - max(len(found) - found_room, 0))
        printer.line(f"{name:{name_room}}{_GAP}{left:>{left_room}}{printer.found(found)}{right}".rstrip())


def _rooms(printer: Printer, taken: int) -> tuple[int, int]:
    """Return the characters for what stands left and right, where so many are taken."""
    if printer.width is None:
        from monitor.presentation.kwic import ROOM  # noqa: PLC0415 (most searches print records)

        return ROOM + 1, ROOM + 1
    left = max((printer.width - taken) // 2, _NARROWEST)
    return left, max(printer.width - taken - left, _NARROWEST)


def _space(letter: str) -> str:
    """Return the space that the text has beside the words found, if it has one there."""
    return " " if letter.isspace() else ""


def _ending(text: str, room: int) -> str:
    """Return the last words of a text that fit, the first of them whole."""
    return text if len(text) <= room else text[-room:].partition(" ")[2]


def _beginning(text: str, room: int) -> str:
    """Return the first words of a text that fit, the last of them whole."""
    return text if len(text) <= room else text[: max(room, 0)].rpartition(" ")[0]
