"""Words that are certainly some, for shipped terms and lists have them: none of these is a typing error."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.config.default import default_config_text
from monitor.parliament.body_lists import shipped_bodies
from monitor.terms.parser import readable_root
from monitor.terms.tree import phrases_of
from monitor.terms.vocabulary import EQUIVALENTS
from monitor.text.office_names import shipped_names
from monitor.text.tokens import CAPITAL, folded
from monitor.text.word_forms import word_forms
from monitor.text.word_frequency import common_words

if TYPE_CHECKING:
    from collections.abc import Iterator


@lru_cache(maxsize=1)
def shipped_words() -> frozenset[str]:
    """Return the words of shipped topics, equivalents, names and common words, folded, in all their forms."""
    return frozenset(form for word in {*_words(), *common_words()} for form in word_forms(word))


def _words() -> Iterator[str]:
    for topic in tomllib.loads(default_config_text())["topics"]:
        for term in (*topic["terms"], *topic.get("exclude", ())):
            yield from _of_term(term)
    for group in EQUIVALENTS:
        yield from (word.lstrip(CAPITAL) for phrase in group for word in phrase.split())
    yield from shipped_names().vocabulary
    for body in shipped_bodies().all:
        for name in body.names:
            yield from folded(name).split()


def _of_term(term: str) -> Iterator[str]:
    root = readable_root(term)
    if root is not None:
        yield from (word.text for phrase in phrases_of(root) for word in phrase.words)
