"""A drafted letter as Markdown, which is also what a terminal shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.research.letters.layout import BlockKind, letter_blocks, parted, quotation_lines
from monitor.research.quotations.styles import block_quotation, escaped_markdown

if TYPE_CHECKING:
    from monitor.research.letters.drafting import Draft
    from monitor.research.letters.layout import Block


def letter_markdown(draft: Draft) -> str:
    """Write a letter as CommonMark."""
    return "\n\n".join(_block(block) for block in letter_blocks(draft)) + "\n"


def quoted(quotation: str, number: int = 0) -> str:
    """Return a quotation as a block quotation, with the number of its reference behind it."""
    text = block_quotation("\n\n".join("\n".join(lines) for lines in quotation_lines(quotation)))
    return f"{text} [{number}]" if number else text


def _block(block: Block) -> str:
    if block.kind is BlockKind.QUOTATION:
        return quoted(block.text, block.number)
    if block.kind is BlockKind.PROMISE:
        return f"- \u201c{escaped_markdown(block.text)}\u201d [{block.number}] {escaped_markdown(block.after)}"
    if block.kind is BlockKind.REFERENCE:
        url = f"<{block.url}>" if block.url.startswith("https://") else escaped_markdown(block.url)
        return f"{block.number}. {escaped_markdown(block.text)} {url}".rstrip()
    lines = [_own(line) if block.has_blanks else escaped_markdown(line) for line in block.lines]
    text = "\\\n".join(["Copies to:", *lines] if block.kind is BlockKind.COPIES else lines)
    if block.kind in (BlockKind.SUBJECT, BlockKind.HEADING):
        return f"**{text}**" if block.kind is BlockKind.SUBJECT else f"## {text}"
    return f"{text} [{block.number}]" if block.number else text


def _own(line: str) -> str:
    """Make what is to be filled in bold."""
    return "".join(f"**{piece}**" if is_blank else piece for piece, is_blank in parted(line))
