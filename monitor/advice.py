"""What to try when a query finds nothing: its words in any place, and the shorter phrases that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.terms.language import STOP_WORDS, Phrase, TermError, Word
from monitor.terms.matcher import Query, compile_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.terms.lexicon import Lexicon

_MANY_WORDS = 6
"""From so many words only the shortest phrases of them are tried."""

_SHORT = 2


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What to try instead of a phrase. `every`: all its words anywhere, None for a single word. `phrases`: longest first."""

    every: Query | None
    phrases: tuple[Query, ...]


def alternatives(query: Query, lexicon: Lexicon) -> Alternatives:
    """What to try instead of a query: nothing for one with operators, whose operands are tried already.

    A quoted phrase is tried without its quotes first.
    """
    root = query.root
    if not isinstance(root, Phrase):
        return Alternatives(None, ())
    words = root.words
    texts = [_text(words)] if root.is_quoted else []
    texts += [_text(words[start:end]) for start, end in _stretches(words)]
    phrases = tuple(_readable(dict.fromkeys(texts), lexicon))
    singles = [one.source for one in _readable(dict.fromkeys(_text([word]) for word in words if _says(word)), lexicon)]
    every = compile_query(" AND ".join(singles), lexicon) if len(singles) > 1 else None
    return Alternatives(every, phrases)


def _says(word: Word) -> bool:
    return word.is_acronym or word.text not in STOP_WORDS


def _stretches(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Consecutive words, fewer than all, longest first; none that begins or ends with a word too common to matter."""
    longest = len(words) - 1 if len(words) <= _MANY_WORDS else _SHORT
    for length in range(longest, 0, -1):
        for start in range(len(words) - length + 1):
            ends = (words[start], words[start + length - 1])
            if all(map(_says, ends)):
                yield start, start + length


def _text(words: Sequence[Word]) -> str:
    said = ""
    for word in words:
        joint = "" if not said else "-" if word.is_hyphened else " "
        said += f"{joint}{word.written}{'*' if word.has_star else ''}"
    return said


def _readable(texts: Iterable[str], lexicon: Lexicon) -> Iterator[Query]:
    for text in texts:
        try:
            yield compile_query(text, lexicon)
        except TermError:
            continue  # a mark, or capitals that alone mean something else
