"""Setting records on a terminal: words found stand out, nothing that came from outside steers it.

Words found are bold where the terminal has colours, else *in stars*. While lines are filled they are written in
private-use characters, one for one, so that widths are right; `Pen.finish` turns these back, cleaned.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from monitor.presentation.excerpt import Block, Excerpt, Run, mark
from monitor.presentation.wording import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.presentation.excerpt import Line, Span

GAP = "[...]"
WIDE = 110
"""Columns from which a record's first line holds its heading too."""

_SHIFT = 0xF0000
_LAST = 0xFFFD
_FOUND = re.compile("[\U000f0000-\U000ffffd]+(?: +[\U000f0000-\U000ffffd]+)*")
_SENTENCE = re.compile(r"[.!?]\s+")


@dataclass(frozen=True, slots=True)
class Pen:
    """How to write: the columns of the terminal (None: no terminal, lines are never cut), and whether bold can be seen."""

    width: int | None
    is_bold: bool

    def bold(self, text: str) -> str:
        """Text that stands out, with what is not safe taken away; as it is where nothing can be bold."""
        return _shifted(clean(text)) if self.is_bold else clean(text)

    def runs(self, runs: Iterable[Run]) -> str:
        """Runs of an excerpt as one string, words found standing out."""
        return "".join(run.text if run.mark != "found" else self._found(run.text) for run in runs)

    def marked(self, excerpt: Excerpt) -> Excerpt:
        """An excerpt whose found words stand out by themselves, for whoever sets it without knowing of terminals."""
        return (
            replace(excerpt, blocks=tuple(self._block(block) for block in excerpt.blocks)) if self.is_bold else excerpt
        )

    def fill(self, text: str, indent: str, *, lines: int | None = None) -> str:
        """Fill lines behind an indent; at most so many where asked, the last cut with an ellipsis."""
        if self.width is None:
            return indent + text
        return textwrap.fill(
            text,
            self.width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
            max_lines=lines,
            placeholder=f" {GAP}",
        )

    def cut(self, text: str) -> str:
        """One line, cut to the terminal's width."""
        if self.width is None or len(text) <= self.width:
            return text.rstrip()
        return text[: self.width - 3].rstrip() + "..."

    def finish(self, text: str) -> str:
        """What is to be printed."""
        if not self.is_bold:
            return text
        return _FOUND.sub(lambda found: click.style(_unshifted(found.group()), bold=True), text)

    def echo(self, text: str) -> None:
        """Print it."""
        click.echo(self.finish(text), color=True if self.is_bold else None)

    def _found(self, text: str) -> str:
        return self.bold(text) if self.is_bold else f"*{clean(text)}*"

    def _block(self, block: Block) -> Block:
        return Block(
            lines=tuple(self._line(line) for line in block.lines),
            rows=tuple(tuple(self._line(cell) for cell in row) for row in block.rows),
            heads=block.heads,
        )

    def _line(self, line: Line) -> Line:
        return tuple(Run(self._found(run.text)) if run.mark == "found" else run for run in line)


def pen() -> Pen:
    """The pen for stdout as it is: NO_COLOR and TERM=dumb are heeded."""
    is_terminal = sys.stdout.isatty()
    is_bold = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Pen(width=max(shutil.get_terminal_size().columns, 40) if is_terminal else None, is_bold=is_bold)


def passage(text: str, spans: Sequence[Span], room: int, opening: int = 0) -> list[Run]:
    """The words around the first span, on one line of about `room` characters, with a gap wherever something is missing.

    What stands before `opening` is left out if no span is in it.
    """
    first, last = spans[0]
    start = max(text.rfind("\n\n", 0, first) + 1, opening if first >= opening else 0)
    end = text.find("\n\n", last)
    end = len(text) if end < 0 else end
    if end - start > room:
        start = _start(text, start, first, room)
        end = min(end, max(start + room, last))
        end = end if end in (last, len(text)) or text[end : end + 1].isspace() else _word_end(text, last, end)
    runs = [Run(_one_line(run.text), run.mark) for run in mark(text, start, end, list(spans))]
    runs[0] = replace(runs[0], text=runs[0].text.lstrip())
    runs[-1] = replace(runs[-1], text=runs[-1].text.rstrip())
    before = [Run(f"{GAP} ", "gap")] if text[:start].strip() else []
    after = [Run(f" {GAP}", "gap")] if text[end:].strip() else []
    return [*before, *runs, *after]


def _one_line(text: str) -> str:
    """White space as single spaces, the cells of a table apart by a bar."""
    return re.sub(r"\s+", " ", text.replace("\t", " | "))


def _start(text: str, start: int, first: int, room: int) -> int:
    """The sentence's begin, or a word not too far before the span."""
    for stop in _SENTENCE.finditer(text, start, first):
        start = stop.end()
    if first - start <= room // 2:
        return start
    near = text.find(" ", first - room // 2, first)
    return near + 1 if near >= 0 else first


def _word_end(text: str, last: int, end: int) -> int:
    space = text.rfind(" ", last, end)
    return space if space >= 0 else last


def _shifted(text: str) -> str:
    return "".join(letter if letter.isspace() or ord(letter) > _LAST else chr(ord(letter) + _SHIFT) for letter in text)


def _unshifted(text: str) -> str:
    return clean("".join(letter if letter == " " else chr(ord(letter) - _SHIFT) for letter in text))
