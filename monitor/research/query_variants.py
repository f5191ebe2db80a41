"""Queries to try in place of one that finds nothing: its words anywhere, shorter phrases, and what was probably meant.

Nothing of the archive is asked here: `suggestions` asks what the queries find.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING, Final

from monitor.research.term_tools.checking import is_telling
from monitor.terms.corrections import correct_term
from monitor.terms.matcher import Query, compile_query
from monitor.terms.slips import may_have_slips
from monitor.terms.tree import Phrase, TermError, Word, phrases_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.terms.vocabulary import Lexicon

_MANY_WORDS: Final = 6
"""Words of a query: of a longer one only short phrases are tried."""
_SHORT: Final = 2
"""Words of these phrases, at most."""

_OPERATORS: Final = frozenset({"and", "or", "not", "near"})

SHORTEST_WORD: Final = 4
"""Letters of a word that has neighbours, or is looked for in names: nearly everything is like a shorter one."""


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Alternatives to a phrase. `every`: all its words anywhere, None for a single word. `phrases`: longest first."""

    every: Query | None
    phrases: tuple[Query, ...]


def alternatives(query: Query, lexicon: Lexicon) -> Alternatives:
    """Return alternatives to a query; nothing for a query with operators.

    A quoted phrase is tried without its quotes first.
    """
    root = query.root
    if not isinstance(root, Phrase):
        return Alternatives(None, ())
    words = root.words
    texts = [as_typed(words)] if root.is_quoted else []
    texts += [as_typed(words[start:end]) for start, end in _stretches(words)]
    phrases = tuple(_readable(dict.fromkeys(texts), lexicon))
    single_words = dict.fromkeys(as_typed([word]) for word in words if is_telling(word))
    sources = [single.source for single in _readable(single_words, lexicon)]
    every = compile_query(" AND ".join(sources), lexicon) if len(sources) > 1 else None
    return Alternatives(every, phrases)


def _stretches(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of consecutive words, fewer than all, longest first.

    None begins or ends with a word too common to matter.
    """
    longest = len(words) - 1 if len(words) <= _MANY_WORDS else _SHORT
    for length in range(longest, 0, -1):
        for start in range(len(words) - length + 1):
            ends = (words[start], words[start + length - 1])
            if all(map(is_telling, ends)):
                yield start, start + length


def as_typed(words: Sequence[Word]) -> str:
    """Return words as they are typed in a query."""
    text = ""
    for word in words:
        joint = "" if not text else "-" if word.is_hyphened else " "
        text += f"{joint}{word.written}{'*' if word.has_star else ''}"
    return text


def readable(text: str, lexicon: Lexicon) -> Query | None:
    """Parse a text as a query; None if it is not one."""
    return next(_readable([text], lexicon), None)


def _readable(texts: Iterable[str], lexicon: Lexicon) -> Iterator[Query]:
    """Parse texts as queries, without those that are none."""
    for text in texts:
        try:
            yield compile_query(text, lexicon)
        except TermError:
            continue  # a mark, or capitals that alone mean something else


def within_names(query: Query, lexicon: Lexicon) -> Query | None:
    """Quote a phrase of words that occur in names of offices, so that it counts within a name too."""
    root = query.root
    if not isinstance(root, Phrase) or root.is_quoted or not are_of_names(query, lexicon):
        return None
    return readable(f'"{as_typed(root.words)}"', lexicon)


def are_of_names(query: Query, lexicon: Lexicon) -> bool:
    """Return whether all words of a query stand in names of offices, or in the opening words of a question."""
    words = {word.text for word in words_of(query)}
    return bool(words) and words <= lexicon.names.vocabulary


def probably_meant(query: Query, lexicon: Lexicon) -> tuple[Query, ...]:
    """Return what may have been meant: an operator in small letters, or words in capitals that are no acronym."""
    texts = [correct_term(query.source)] if may_have_slips(query.source) else []
    root = query.root
    if isinstance(root, Phrase) and not root.is_quoted and any(word.text in _OPERATORS for word in root.words[1:-1]):
        texts.append(
            " ".join(word.text.upper() if word.text in _OPERATORS else as_typed([word]) for word in root.words)
        )
    small = query.source
    for word in words_of(query):
        if word.is_acronym:
            small = _with(small, word, word.written.lower())
    texts += [small] if small != query.source else []
    return tuple(_readable((text for text in dict.fromkeys(texts) if text != query.source), lexicon))


def words_of(query: Query) -> list[Word]:
    """Return the words of a query, each once, without very common ones."""
    return list(dict.fromkeys(word for phrase in phrases_of(query.root) for word in phrase.words if is_telling(word)))


def word_queries(query: Query, lexicon: Lexicon) -> list[tuple[Word, Query]]:
    """Return the words of a query, each with itself as a query."""
    found = [(word, readable(as_typed([word]), lexicon)) for word in words_of(query)]
    return [(word, single) for word, single in found if single is not None]


def has_neighbours(word: Word) -> bool:
    """Return whether it is worth looking for similar words."""
    return len(word.text) >= SHORTEST_WORD and word.text.isalpha() and not word.has_star


def neighbours(word: str) -> list[str]:
    """Return every word that is one slip away: a letter too many, too few or wrong, or two exchanged."""
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {before + after[1:] for before, after in halves if after}
    found |= {before + after[1] + after[0] + after[2:] for before, after in halves if after[1:]}
    found |= {before + letter + after[1:] for before, after in halves if after for letter in ascii_lowercase}
    found |= {before + letter + after for before, after in halves for letter in ascii_lowercase}
    return sorted(found - {word})


def corrected(query: Query, word: Word, other: str, lexicon: Lexicon) -> Query | None:
    """Return the query with another word in place of one; None if the result is not a query."""
    return readable(_with(query.source, word, other), lexicon)


def _with(source: str, word: Word, other: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(word.written)}(?!\w)", lambda _found: other, source)
