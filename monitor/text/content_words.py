"""Content words of a text: its words and pairs of neighbours, without very common words, by which texts are compared.

Each word stands for all its forms, as `monitor.text.word_forms` knows them. A pair is two content words side by side, with
no mark or break between them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.text.office_names import formula_end
from monitor.text.tokens import HYPHEN, STOP_WORDS, tokens
from monitor.text.word_forms import plain_form

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from monitor.text.tokens import Token

    Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentWords:
    """Words and pairs of a text, each with the number of its places. `written`: each as it first stands in the text."""

    words: Counter[str]
    pairs: Counter[Pair]
    written: Mapping[tuple[str, ...], str]

    @property
    def length(self) -> int:
        """Number of content words, each counted as often as it stands there."""
        return self.words.total()


def content_words(text: str, *, is_question: bool = False) -> ContentWords:
    """Read the content words of a text. The opening formula of a question is left out."""
    read = tokens(text)
    if is_question:
        read = read[formula_end(read) :]
    return _counted(text, read)


def _counted(text: str, read: Sequence[Token]) -> ContentWords:
    words: Counter[str] = Counter()
    pairs: Counter[Pair] = Counter()
    written: dict[tuple[str, ...], str] = {}
    before, start = "", 0
    for token in read:
        if token.is_mark or token.text in STOP_WORDS:
            before = ""
            continue
        word = plain_form(token.text)
        words[word] += 1
        written.setdefault((word,), text[token.start : token.end])
        if before and token.gap <= HYPHEN:
            pairs[before, word] += 1
            written.setdefault((before, word), text[start : token.end])
        before, start = word, token.start
    return ContentWords(words=words, pairs=pairs, written=written)


def places_of(text: str, words: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Find the places in a text at which some words stand in any form: start, end, and the word's plain form."""
    for token in tokens(text):
        if not token.is_mark and (word := plain_form(token.text)) in words:
            yield token.start, token.end, word
