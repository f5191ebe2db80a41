"""Files of the user's own: letters, and briefings that others made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model.briefings import Briefing
    from monitor.model.letters import Letter


def letter(name: str, body: bytes) -> Letter:
    """Read a user's letter, in which quotations are to be checked. Raises LetterError."""
    from scrapers.letters import read_letter  # noqa: PLC0415 (only what is used is loaded)

    return read_letter(name, body)


def briefing(name: str, body: bytes) -> Briefing:
    """Read a briefing that others made. Raises LetterError."""
    from scrapers.briefings import read_briefing  # noqa: PLC0415 (only what is used is loaded)

    return read_briefing(name, body)
