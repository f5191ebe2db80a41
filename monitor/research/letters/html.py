"""A drafted letter as a page of HTML: one file that loads nothing, to be read on any screen or printed on A4."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.research.letters.layout import BlockKind, letter_blocks, parted, quotation_lines

if TYPE_CHECKING:
    from monitor.research.letters.drafting import Draft

_TEMPLATES: Final = Path(__file__).with_name("templates")


def letter_html(draft: Draft) -> str:
    """Write a letter as HTML."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"parted": parted, "paragraphs": quotation_lines}
    blocks = list(letter_blocks(draft))
    return environment.get_template("letter.html").render(
        title=draft.subject,
        blocks=[block for block in blocks if block.kind is not BlockKind.REFERENCE],
        references=[block for block in blocks if block.kind is BlockKind.REFERENCE],
    )
