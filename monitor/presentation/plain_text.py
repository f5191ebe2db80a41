"""Setting text in 72 columns: paragraphs, quotations, tables. A longer word, such as an address, stays whole."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from monitor.presentation import tables

if TYPE_CHECKING:
    from monitor.presentation.excerpt import Block, Excerpt, Line

WIDTH = 72
_GLUE = "\x1f"
"""A space at which no line is broken: no clean text has this character."""
_TOGETHER = re.compile(
    r"\b(UIN|\d{1,2}) (?=(?:(?<=N )\w{1,12}\b|(?<=\d )(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)))"
)
"""The spaces in "UIN 143840" and "1 February"."""


def fill(text: str, indent: str = "", first: str | None = None) -> str:
    """Set one paragraph: its first line behind `first` (else `indent`), the others behind `indent`."""
    filled = textwrap.fill(
        _TOGETHER.sub(rf"\1{_GLUE}", text),
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace(_GLUE, " ")


def ruled(title: str) -> str:
    """Set a section's title over a line."""
    return f"{fill(title.upper())}\n{'=' * WIDTH}"


def quoted(excerpt: Excerpt, label: str) -> str:
    """Set an excerpt behind a label of a letter or more: paragraphs apart by a blank line, found words in *stars*."""
    indent = " " * max(len(label) + 2, 3)
    whole = "\n\n".join(_block(block, indent) for block in excerpt.blocks)
    return label + whole[len(label) :] if whole else ""


def inline(excerpt: Excerpt) -> str:
    """Set an excerpt as one paragraph without breaks, cells apart by a bar, rows by a stroke."""
    pieces = []
    for block in excerpt.blocks:
        pieces += [marked(line) for line in block.lines]
        pieces.append(" / ".join(" | ".join(marked(cell) for cell in row) for row in block.rows))
    return " ".join(" ".join(pieces).split())


def marked(line: Line) -> str:
    """Return a line with its matches in stars, except inside an address, which would no longer work."""
    return "".join(f"*{run.text}*" if run.mark == "found" and not run.is_address else run.text for run in line)


def _block(block: Block, indent: str) -> str:
    if block.rows:
        return table([[" ".join(marked(cell).split()) for cell in row] for row in block.rows], indent, block.heads)
    hanging = indent + "  " if len(block.lines) > 1 else indent
    return "\n".join(fill(marked(line), hanging, indent) for line in block.lines)


def led_to(words: str, address: str, indent: str = "  ") -> str:
    """Set a link: its words, if any, and the address behind or below them, on one line however long it is."""
    line = f"{indent}{words}: {address}" if words else f"{indent}{address}"
    if not words or len(line) <= WIDTH:
        return line
    return f"{fill(f'{words}:', indent + '  ', indent)}\n{indent}{address}"


def table(rows: list[list[str]], indent: str = "", heads: int = 1) -> str:
    """Set rows of cells in aligned columns. The first `heads` rows name the columns."""
    return "\n".join((indent + line).rstrip() for line in tables.table(rows, WIDTH - len(indent), heads))
