"""How near words are to each other in the archive's index, which takes a word with a point or an apostrophe for two.

So what NEAR counts as one word is two there, at most; a part with a word that is more (10.0.0.1) has a sign.
"""

from __future__ import annotations

import re
from typing import Final

from monitor.terms.form import BEFORE_ENTRY

DENSE: Final = "\ue004"
"""An entry in the tail of a part in which words are further apart than `span_of` says; a sign that no text has."""

_PIECES: Final = 2

_IS_DENSE: Final = re.compile(r"[^\W_\x00-\u04ff]|(?<![^\W_])[^\W_]++(?:[^\w\s]|_)++[^\W_]++(?:[^\w\s]|_)++[^\W_]")
"""A word with more pieces: letters and figures, with other signs and no space between, three times.

And letters that an index may not take for such, or for pieces of a word: not of Latin, Greek or Cyrillic.
"""


def span_of(distance: int) -> int:
    """How many words of the index may stand between two that have so many words between them."""
    return _PIECES * distance


def with_dense(form: str) -> str:
    """A search form, with the sign where it is dense."""
    return f"{form}{BEFORE_ENTRY}{DENSE}" if _IS_DENSE.search(form) else form
