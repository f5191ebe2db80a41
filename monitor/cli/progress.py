"""Show on a terminal how far a command has come. Elsewhere nothing is shown, or a line now and then."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from monitor.cli.output import cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, ProgressColumn

    from monitor.model.sources import FileRef, Window

_ROWS_BETWEEN_LINES = 250_000


def name_of(part: Window | FileRef) -> str:
    """Return the name of a window or file that is being read."""
    from monitor.model.sources import Window  # noqa: PLC0415 (a search shows progress too, and does without)

    if isinstance(part, Window):
        return f"{part.house.value} {part.by} {part.day:%a %d %b %Y}"
    return cell(part.name)


@contextmanager
def reading_bar(
    description: str = "reading", pace: Callable[[], str] | None = None
) -> Iterator[Callable[[Window | FileRef, int, int], None]]:
    """Show which window or file is being read and how long the rest will take. `pace` returns words to show beside it."""
    if not sys.stderr.isatty():
        yield lambda _part, _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with _bar(*columns, TimeRemainingColumn()) as bar:
        task = bar.add_task(description, total=None, pace="")

        def show(part: Window | FileRef, done: int, total: int) -> None:
            if total and done == total:
                bar.stop()
                return
            bar.start()  # again, where another source was read before
            bar.update(
                task,
                description=f"reading {name_of(part)}",
                completed=done,
                total=total or None,
                pace=pace() if pace else "",
            )

        yield show


@contextmanager
def counting_bar(description: str) -> Iterator[Callable[[int], None]]:
    """Show a count that grows towards no known total."""
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    with _bar(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as bar:
        task = bar.add_task(description, total=None)
        yield lambda count: bar.update(task, description=f"{count:,} {description}")


@contextmanager
def total_bar(description: str, rows: str = "") -> Iterator[Callable[[int, int | None], None]]:
    """Show how much of a total is done.

    Without a terminal, a line is printed now and then if `rows` names what is counted.
    """
    if not sys.stderr.isatty():
        yield _Lines(description, rows) if rows else lambda _done, _total: None
        return
    with _bar() as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Prints a line after every 250,000 rows."""

    def __init__(self, description: str, rows: str) -> None:
        self._description, self._rows = description, rows
        self._last_done = 0

    def __call__(self, done: int, total: int | None) -> None:
        if done // _ROWS_BETWEEN_LINES > self._last_done // _ROWS_BETWEEN_LINES:
            click.echo(f"{self._description}: {done:,} of {total or 0:,} {self._rows}", err=True)
        self._last_done = done


def _bar(*columns: ProgressColumn) -> Progress:
    from rich.console import Console  # noqa: PLC0415 (slow to import, and only terminals show bars)
    from rich.progress import Progress  # noqa: PLC0415

    return Progress(*columns, console=Console(stderr=True), transient=True)
