"""Briefings: a digest or monitoring report that others made, as blocks of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, heading, list item or row of a table.

    `lines`: its lines, of a row its cells; none is empty. `links`: addresses that its words lead to, in order.
    `is_heading`: it stands above what follows. `is_quotation`: it is set as the words of another.
    """

    lines: tuple[str, ...]
    links: tuple[str, ...] = ()
    is_heading: bool = False
    is_quotation: bool = False

    @property
    def text(self) -> str:
        """The lines as one text."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """A briefing that is held against the archive. `sent_on`: the day of its mail, in London; None for other files."""

    blocks: tuple[Block, ...]
    sent_on: date | None = None
