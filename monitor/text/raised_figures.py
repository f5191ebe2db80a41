"""Raised figures, as in 10⁶, m² and the number of a note: Credit⁵."""

from __future__ import annotations

from typing import Final

RAISED: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"
RAISED_MINUS: Final = "⁻"
_TO_RAISED: Final = str.maketrans("0123456789-\u2212\u2013", RAISED + 3 * RAISED_MINUS)
_TO_SPACES: Final = str.maketrans(dict.fromkeys(RAISED + RAISED_MINUS, " "))
_TO_PLAIN: Final = str.maketrans(RAISED + RAISED_MINUS, "0123456789-")


def raise_figures(text: str) -> str:
    """Write the figures of a text raised, and minus signs of any kind."""
    return text.translate(_TO_RAISED)


def lower_figures(text: str) -> str:
    """Write the raised figures of a text as plain ones."""
    return text.translate(_TO_PLAIN)


def blank_raised(text: str) -> str:
    """Write a space for each raised figure, where a day or a number is read from a text: to patterns it is a letter."""
    return text if text.isascii() else text.translate(_TO_SPACES)


def count_raised(text: str) -> int:
    """Count the raised figures of a text."""
    return 0 if text.isascii() else sum(map(text.count, RAISED))
