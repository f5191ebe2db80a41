"""Places of a phrase in a text, found by trying every way word by word. The lower half of the oracle."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from monitor.text.tokens import CAPITAL, COLON, SENTENCE, exact_form, is_mark, joined, tokens
from monitor.text.word_forms import spellings, word_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitor.terms.tree import Phrase, Word
    from monitor.terms.vocabulary import Equivalents
    from monitor.text.tokens import Token


class Found(NamedTuple):
    """A word of a text, or hyphened words taken as one: folded, its second token or "", and as printed."""

    folded: str
    capitals: str
    raw: str
    is_joined: bool


if TYPE_CHECKING:
    Sought: TypeAlias = Callable[[Found], bool]
    """Returns whether a word of a text is one that a word of a term finds."""


class Text:
    """Tokens in the order in which they are read, and the string that they are from."""

    def __init__(self, string: str, read: list[Token], *, is_heading: bool) -> None:
        self.string = string
        self.read = read
        self.is_heading = is_heading
        self.found = [list(self._found(at)) for at in range(len(read))]
        self.places_of: dict[Found, list[int]] = {}
        for at, ways in enumerate(self.found):
            for _, found in ways:
                self.places_of.setdefault(found, []).append(at)

    def places(self, phrase: Phrase, equivalents: Equivalents) -> Iterator[tuple[int, int]]:
        """Find the first token of a phrase and the token after its last, for each way in which it occurs."""
        words = phrase.words
        ways = [(len(words), list(map(quoted, words)))] if phrase.is_quoted else readings(words, equivalents)
        for used, sought in ways:
            for first in self._beginnings(sought[0]):
                for after in self._sequence(sought, first, is_first=True):
                    yield from ((first, end) for end in self._rest(words[used:], after, equivalents))

    def _beginnings(self, sought: Sought) -> set[int]:
        """Find the places of the first word of a phrase. Each distinct word is tried once, to save time."""
        return {at for found, places in self.places_of.items() if sought(found) for at in places}

    def _rest(self, words: tuple[Word, ...], here: int, equivalents: Equivalents) -> Iterator[int]:
        """Find the ends of the remaining words of a phrase."""
        if not words:
            yield here
            return
        for used, sought in readings(words, equivalents):
            for after in self._sequence(sought, here):
                yield from self._rest(words[used:], after, equivalents)

    def _sequence(self, sought: Sequence[Sought], here: int, *, is_first: bool = False) -> Iterator[int]:
        if not sought:
            yield here
            return
        at = here if is_first else self._next(here, sought[0])
        for after, found in self.found[at] if at < len(self.read) else ():
            if sought[0](found):
                yield from self._sequence(sought[1:], after)

    def _next(self, here: int, sought: Sought) -> int:
        """Find the next word of a phrase: here, or behind marks that are not sought, but never behind a break."""
        while here < len(self.read):
            token = self.read[here]
            if token.gap >= SENTENCE or (token.gap == COLON and not self.is_heading):
                break
            if not token.is_mark or sought(self.found[here][0][1]):
                return here
            here += 1
        return len(self.read)

    def _found(self, at: int) -> Iterator[tuple[int, Found]]:
        """Return the word at a place, alone and together with the words that hyphens join to it."""
        token = self.read[at]
        yield at + 1, Found(token.text, token.capitals, self.string[token.start : token.end], is_joined=False)
        for after, text, capitals in joined(self.read, at):
            raw = self.string[token.start : self.read[after - 1].end]
            yield after, Found(text, capitals, raw, is_joined=True)


@lru_cache(maxsize=100_000)
def readings(words: tuple[Word, ...], equivalents: Equivalents) -> Sequence[tuple[int, list[Sought]]]:
    """Return the ways to find the first words of a phrase: their number, and the tests for the words of the text."""
    return list(_readings(words, equivalents))


def _readings(words: tuple[Word, ...], equivalents: Equivalents) -> Iterator[tuple[int, list[Sought]]]:
    yield 1, [word_alone(words[0])]
    for run in _hyphened(words):
        yield len(run), [written_as_one(run)]
    if "&" in words[0].text:
        letters = [initial(letter, words[0]) for letter in words[0].text.split("&")]
        yield 1, [sought for letter in letters for sought in (letter, listed("and"))][:-1]
    if len(words) > 2 and words[1].written == "&":
        yield 3, [initials(words[0], words[2])]
    for used, others in _listed_heads(words, equivalents):
        for other in others:
            *first, last = other.split()
            yield used, [*(listed(word) for word in first), listed_last(last)]


def _hyphened(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Return the first two words, the first three and so on, as far as hyphens join them in the term.

    A single letter never joins, nor does a word with a star; an acronym joins only acronyms and figures behind it.
    """
    for length in range(2, len(words) + 1):
        run = words[:length]
        if not run[-1].is_hyphened or any(len(word.text) == 1 or word.has_star for word in run):
            return
        is_acronym = run[0].is_acronym and all(word.is_acronym or word.text.isdigit() for word in run)
        if is_acronym or not any(word.is_acronym for word in run):
            yield run


def _listed_heads(words: Sequence[Word], equivalents: Equivalents) -> Iterator[tuple[int, Sequence[str]]]:
    """Find the first words that are among the equivalents: their number, and their equivalents."""
    for group in equivalents:
        for member in group:
            *first, last = member.split()
            *head, end = words[: len(first) + 1]
            if len(head) == len(first) and all(map(_is, head, first)) and (_is(end, last) or _is_form_of(end, last)):
                yield len(head) + 1, group


def _is(word: Word, listed: str) -> bool:
    return not word.has_star and listed == (CAPITAL + word.text if word.is_acronym else word.text)


def _is_form_of(word: Word, listed: str) -> bool:
    return not word.has_star and not word.is_acronym and listed in word_forms(word.text)


def quoted(word: Word) -> Sought:
    """Find a word in quotes as written, with its apostrophe and the capitals of an acronym, never hyphened words as one."""
    read = None if is_mark(word.text) and word.written != "&" else tokens(word.written)[0]

    def is_found(found: Found) -> bool:
        if read is None:
            return found.folded == word.text
        is_read_so = found.folded == read.text and (not read.capitals or found.capitals == read.capitals)
        return not found.is_joined and is_read_so and exact_form(found.raw) == word.text

    return is_found


def word_alone(word: Word) -> Sought:
    """Find a word that is not in quotes. Words that hyphens join in the text may be it together."""
    if word.is_acronym:
        return lambda found: found.capitals == CAPITAL + word.text
    if word.has_star:
        beginnings = tuple(spellings(word.text, is_prefix=True))
        return lambda found: found.folded.startswith(beginnings) and not found.is_joined
    return lambda found: found.folded in word_forms(word.text)


def written_as_one(run: Sequence[Word]) -> Sought:
    """Find words that the term joins by hyphens, written in the text as one word."""
    text = "".join(word.text for word in run)
    if run[0].is_acronym:
        return lambda found: found.capitals == CAPITAL + text and not found.is_joined
    return lambda found: found.folded in word_forms(text) and not found.is_joined


def initial(letter: str, word: Word) -> Sought:
    """Find an initial of A&E where the text separates them, as in A & E; in capitals if the term is."""
    forms = (letter, f"{letter}s")
    return lambda found: found.folded in forms and (not word.is_acronym or found.raw[0].isupper())


def initials(left: Word, right: Word) -> Sought:
    """Find the initials of A & E where the text joins them."""
    joined_by_sign = f"{left.text}&{right.text}"
    return lambda found: found.folded in (joined_by_sign, f"{joined_by_sign}s")


def listed(text: str) -> Sought:
    """Find a word of an equivalent, without its other forms."""
    return lambda found: text in (found.folded, found.capitals) and not found.is_joined


def listed_last(text: str) -> Sought:
    """Find the last word of an equivalent, in all its forms."""
    if text.startswith(CAPITAL):
        return lambda found: found.capitals == text
    return lambda found: found.folded in word_forms(text)
