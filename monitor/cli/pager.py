"""A pager on a terminal, for what is longer than the screen. Nothing of it where stdout is a file or a pipe."""

from __future__ import annotations

import io
import os
import shutil
import sys
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Final, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

pager_option = click.option(
    "--no-pager", "without_pager", is_flag=True, help="Print at once what is longer than the screen."
)

_LESS: Final = "less -FIRX"
"""Ends by itself where all fits, heeds no case unless asked for capitals, lets bold through, leaves the text behind."""


@contextmanager
def paged(*, without_pager: bool) -> Iterator[None]:
    """While it lasts, what goes to stdout goes through the pager of $PAGER, or less, as soon as it fills the screen."""
    if without_pager or not (sys.stdout.isatty() and sys.stdin.isatty()) or os.environ.get("TERM") == "dumb":
        yield
        return
    with ExitStack() as stack:
        screen = _Screen(sys.stdout, stack)
        with redirect_stdout(screen):
            try:
                yield
            finally:
                screen.finish()


class _Screen(io.TextIOBase):
    """What is printed, kept back until it is more than a screen; then all goes to the pager, as it comes.

    To others it is the terminal that it stands for.
    """

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, terminal: TextIO, stack: ExitStack) -> None:
        self._terminal: Final = terminal
        self._stack: Final = stack
        self._lines_left = shutil.get_terminal_size().lines - 1
        self._kept: list[str] = []
        self._to: TextIO | None = None

    def isatty(self) -> bool:
        """Whether it is one."""
        return True

    def writable(self) -> bool:
        """Whether it may be written to."""
        return True

    def write(self, text: str) -> int:
        """Print it, now or later. Raises TypeError for bytes, by which click tells a stream of text."""
        if not isinstance(text, str):
            raise TypeError("text is written here, no bytes")
        if self._to is None:
            self._kept.append(text)
            self._lines_left -= text.count("\n")
            if self._lines_left < 0:
                self._to = self._open()
                self._print_kept(self._to)
        else:
            self._to.write(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is lost by it: what is kept back stays so, for `click.echo` asks for this with each line."""
        if self._to is not None:
            self._to.flush()

    def finish(self) -> None:
        """Print what was kept back, as it fits on the screen."""
        if self._to is None:
            self._print_kept(self._terminal)

    def _print_kept(self, to: TextIO) -> None:
        to.write("".join(self._kept))
        to.flush()
        self._kept.clear()

    def _open(self) -> TextIO:
        """The pager; the terminal where there is none."""
        if not os.environ.get("PAGER"):
            os.environ["PAGER"] = "less" if os.environ.get("LESS") else _LESS
        with redirect_stdout(self._terminal):
            return self._stack.enter_context(click.get_pager_file())
