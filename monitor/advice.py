"""What to try when a query finds nothing: its words in any place, and the shorter phrases that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.sieve import SievedQuery, sieved_query
from monitor.terms.language import STOP_WORDS, Phrase, TermError, Word, parse_term

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.model import Match

_MANY_WORDS = 6
"""From so many words only the shortest phrases of them are tried."""

_SHORT = 2


@dataclass(frozen=True, slots=True)
class AllOf:
    """Found where each of some queries is, in whatever part: all words of a phrase, in any place."""

    queries: tuple[SievedQuery, ...]

    def spans(self, parts: Mapping[str, str]) -> tuple[Match, ...]:
        """Where they are; empty where one is missing."""
        found: list[Match] = []
        for query in self.queries:
            spans = query.spans(parts)
            if not spans:
                return ()
            found += spans
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What to try instead of a phrase. `every`: all its words anywhere, None for a single word. `phrases`: longest first."""

    every: AllOf | None
    phrases: tuple[SievedQuery, ...]


def alternatives(text: str) -> Alternatives:
    """What to try instead of a query that can be read: nothing for a family, whose members are tried already.

    A quoted phrase is tried without its quotes first.
    """
    root = parse_term(text).root
    if not isinstance(root, Phrase):
        return Alternatives(None, ())
    words = root.words
    texts = [_text(words)] if root.is_quoted else []
    texts += [_text(words[start:end]) for start, end in _stretches(words)]
    singles = tuple(_readable(_text([word]) for word in words if word.text not in STOP_WORDS))
    phrases = tuple(_readable(dict.fromkeys(texts)))
    return Alternatives(AllOf(singles) if len(singles) > 1 else None, phrases)


def _stretches(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Consecutive words, fewer than all, longest first; none that begins or ends with a word too common to matter."""
    longest = len(words) - 1 if len(words) <= _MANY_WORDS else _SHORT
    for length in range(longest, 0, -1):
        for start in range(len(words) - length + 1):
            ends = (words[start], words[start + length - 1])
            if not any(word.text in STOP_WORDS and not word.is_acronym for word in ends):
                yield start, start + length


def _text(words: Sequence[Word]) -> str:
    said = ""
    for word in words:
        joint = "" if not said else "-" if word.is_hyphened else " "
        said += f"{joint}{word.written}{'*' if word.has_star else ''}"
    return said


def _readable(texts: Iterator[str] | Mapping[str, None]) -> Iterator[SievedQuery]:
    for text in texts:
        try:
            yield sieved_query(text)
        except TermError:
            continue  # a mark, or capitals that alone mean something else
