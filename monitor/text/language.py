"""Language of a paragraph, told by its commonest words: Welsh, Scottish Gaelic, or not known.

Records do not say in which language they are written. The words counted are no English words, and hardly one of those for
Gaelic is an Irish one. Names within an English sentence ("Plaid Cymru", "Bòrd na Gàidhlig") hold too few of them to count.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Final

LEAST_WORDS: Final = 3
"""Different words of a language that a paragraph has at least."""

LEAST_SHARE: Final = 0.15
"""Share of its words that they make up at least: of Welsh they are more than a third, of Gaelic a quarter, and a paragraph
that is English for its greater part stays below.
"""

_WORD: Final = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=1)
def common_words() -> dict[str, frozenset[str]]:
    """Return the very common words of each language (BCP 47)."""
    lines = files("monitor.text").joinpath("data/languages.txt").read_text(encoding="utf-8").splitlines()
    named = (line.partition(": ") for line in lines if not line.startswith("#"))
    return {language: frozenset(words.split()) for language, _, words in named}


def language_of(paragraph: str) -> str:
    """Return "cy" for Welsh, "gd" for Scottish Gaelic; "" for English, and where it can't be known."""
    found = _WORD.findall(unicodedata.normalize("NFC", paragraph))
    # "EU", "NI" and "OS" are no words of Welsh
    words = [word.lower() for word in found if len(word) == 1 or not word.isupper()]
    for language, common in common_words().items():
        counted = [word for word in words if word in common]
        if len(set(counted)) >= LEAST_WORDS and len(counted) >= LEAST_SHARE * len(found):
            return language
    return ""
