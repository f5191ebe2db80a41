"""Near misses of a term: what lies near it and is not found by it, and what to write to find it.

The caller counts them in an archive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.research.term_tools.explaining import written
from monitor.research.term_tools.trial import is_form
from monitor.terms.parser import parse_term
from monitor.terms.printer import format_term
from monitor.terms.tree import Both, Either, Family, Near, Phrase, Scope, TermError, Without, phrases_of
from monitor.terms.vocabulary import Lexicon
from monitor.text.tokens import STOP_WORDS, folded, is_mark
from monitor.text.word_forms import word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.terms.tree import Node, Word

NEAR_WORDS: Final = 5
"""Words between, where words of a phrase are tried near each other."""

IN_NAMES: Final = "inside the full name of an office"
"""Said of finds that do not count because they are part of a name."""

SMALL_LETTERS: Final = "the same letters in small"
"""Said of what stands in small letters, wholly or but for the first, where the term has capitals."""

FARTHEST: Final = 50
"""Words between, the most that the language allows."""

_FARTHER: Final = 4
_SHORTEST_JOINED: Final = 2
"""A single letter never joins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """A near miss of a phrase. `query` finds the records that have it and not the phrase.

    `write`: the term that finds it. `is_guess`: not worth mentioning unless a record has it.
    """

    said: str
    query: str
    write: str
    is_guess: bool = False


def wanted_phrases(node: Node) -> list[Phrase]:
    """Return the phrases of a term, each once, without excluded ones and names of successors."""
    return list(dict.fromkeys(_wanted(node)))


def _wanted(node: Node) -> Iterator[Phrase]:
    match node:
        case Without(wanted=wanted):
            yield from _wanted(wanted)
        case Both(operands=inner) | Either(operands=inner) | Family(members=inner):
            for child in inner:
                yield from _wanted(child)
        case Scope(node=one):
            if one is not None:
                yield from _wanted(one)
        case Phrase() | Near():
            yield from phrases_of(node)


def nearby(root: Node, lexicon: Lexicon) -> list[tuple[Node, Nearby]]:
    """Return the near misses of a term, with the part of the term that misses them.

    Guesses are made for phrases and families alone: within other terms they say too little.
    """
    found: list[tuple[Node, Nearby]] = [(node, miss) for node in _limits(root) for miss in _beyond(node)]
    found += [(phrase, miss) for phrase in wanted_phrases(root) for miss in near_phrase(phrase, lexicon)]
    return found if isinstance(root, Phrase | Family) else [pair for pair in found if not pair[1].is_guess]


def in_small_letters(root: Node) -> list[Nearby]:
    """Return the small-letter forms of the acronyms of a term (Covid-19), which it does not find."""
    unquoted = [phrase for phrase in wanted_phrases(root) if not phrase.is_quoted]
    misses = [miss for phrase in unquoted for miss in near_phrase(phrase, Lexicon())]
    return [miss for miss in misses if miss.said == SMALL_LETTERS]


def _limits(node: Node) -> Iterator[Near | Scope]:
    """Return the parts of a term that limit it to places: distances, or parts of the record."""
    match node:
        case Near():
            yield node
        case Without(wanted=wanted):
            yield from _limits(wanted)
        case Both(operands=inner) | Either(operands=inner) | Family(members=inner):
            for child in inner:
                yield from _limits(child)
        case Scope(node=one):
            if one is not None:
                if node.parts:
                    yield node
                yield from _limits(one)


def _beyond(node: Near | Scope) -> Iterator[Nearby]:
    place, wider = "elsewhere in the record", format_term(node.node) if isinstance(node, Scope) and node.node else ""
    if isinstance(node, Near):
        distance = min(node.distance * _FARTHER, FARTHEST)
        place, wider = f"with up to {distance} words between", format_term(replace(node, distance=distance))
        if distance == node.distance:
            return
    try:
        query = parse_term(f"({wider}) NOT ({format_term(node)})").source
    except TermError:
        return
    yield Nearby(said=place, query=query, write=wider)


def near_phrase(phrase: Phrase, lexicon: Lexicon) -> list[Nearby]:
    """Return the near misses of a phrase."""
    leaf = format_term(phrase)
    found = []
    guesses = [] if any(_is_odd(word) for word in phrase.words) or phrase.is_quoted else list(_guesses(phrase.words))
    for rule, near, better in [*_variants(phrase, lexicon), *guesses]:
        query = f"{near} NOT {leaf}"
        try:
            parse_term(query)
            parse_term(better)
        except TermError:
            continue  # a stop word alone, say
        found.append(Nearby(said=rule, query=query, write=better, is_guess=(rule, near, better) in guesses))
    return found


def _variants(phrase: Phrase, lexicon: Lexicon) -> Iterator[tuple[str, str, str]]:
    words = phrase.words
    bare = written(words)
    if phrase.is_quoted:
        yield "its other numbers and spellings", bare, bare
        return
    if any(word.is_acronym for word in words) and not any(word.has_star for word in words):
        small = written([replace(word, written=word.written.lower()) if word.is_acronym else word for word in words])
        # AIS is another acronym, but in small letters a plural of AI.
        others = [replace(word, written=f"{word.text.upper()}S") if word.is_acronym else word for word in words]
        yield SMALL_LETTERS, f"{small} NOT {written(others)}", small
    if len(words) == 1 and words[0].is_acronym:
        yield f"words that begin with “{bare.lower()}”", f"{bare.lower()}*", f"{bare.lower()}*"
        return
    if any(map(_is_odd, words)):
        return
    if names_with(phrase, lexicon.names.names):
        yield IN_NAMES, f'"{bare}"', f'"{bare}"'
    yield from _near_each_other(words)


def _is_odd(word: Word) -> bool:
    return word.has_star or word.is_acronym or is_mark(word.text)


def _guesses(words: Sequence[Word]) -> Iterator[tuple[str, str, str]]:
    yield from _joined(words)
    if len(words) == 1:
        yield from _split(words[0])
        yield from _long_plural(words[0].text)
        if beginning := beginning_of(words[0].text):
            yield f"other words that begin with “{beginning}”", f"{beginning}*", f"{beginning}*"


def _near_each_other(words: Sequence[Word]) -> Iterator[tuple[str, str, str]]:
    """Yield the significant words near each other, or anywhere."""
    telling = list(dict.fromkeys(word.written for word in words if word.text not in STOP_WORDS))
    if len(telling) == 2:  # noqa: PLR2004 - NEAR takes two
        near = f" NEAR/{NEAR_WORDS} ".join(telling)
        yield "its words near each other, in either order", near, near
    elif len(telling) > 2:  # noqa: PLR2004 - the same
        everywhere = " AND ".join(telling)
        yield "all its words, anywhere in the record", f"({everywhere})", everywhere


def _joined(words: Sequence[Word]) -> Iterator[tuple[str, str, str]]:
    """Two words written as one. With a hyphen, a term finds both ways."""
    for at in range(len(words) - 1):
        left, right = words[at], words[at + 1]
        if (
            any(word.is_hyphened for word in words[at : at + 3])
            or {left.text, right.text} <= STOP_WORDS
            or min(len(left.text), len(right.text)) < _SHORTEST_JOINED
        ):
            continue
        before, after = written(words[:at]), written(words[at + 2 :])
        one = " ".join(filter(None, (before, f"{left.written}{right.written}", after)))
        hyphened = " ".join(filter(None, (before, f"{left.written}-{right.written}", after)))
        yield f"“{one}”, in one word", one, hyphened


def _split(word: Word) -> Iterator[tuple[str, str, str]]:
    """Return a word written as two."""
    for at in range(2, len(word.text) - 1):
        left, right = word.text[:at], word.text[at:]
        if left not in STOP_WORDS or right not in STOP_WORDS:
            yield f"“{left} {right}”, as two words", f"{left} {right}", f"{left}-{right}"


def _long_plural(word: str) -> Iterator[tuple[str, str, str]]:
    """Yield the plural in -es of a short word, which finds a plain s alone: tax does not find taxes."""
    plural = f"{word[:-1]}ies" if re.search("[^aeiou]y$", word) else f"{word}es"
    if word in word_forms(plural) and plural not in word_forms(word):
        yield f"its plural “{plural}”", plural, plural


_ENDINGS: Final = tuple(
    "isation ization ation ings ing ists ist isms ism ers er ed es e y s".split()  # noqa: SIM905 - reads best so
)
_SHORTEST_STEM: Final = 5


def beginning_of(word: str) -> str:
    """Return the stem that a word shares with words made from it, "" if it says too little."""
    ending = next((ending for ending in _ENDINGS if word.endswith(ending)), "")
    stem = word[: len(word) - len(ending)]
    return stem if len(stem) >= _SHORTEST_STEM else ""


def names_with(phrase: Phrase, names: Iterable[str]) -> list[str]:
    """Return the names of which a phrase is a part."""
    read, vocabulary = _in_words(frozenset(names))
    forms = [{text for text in vocabulary if is_form(text, word)} for word in phrase.words]
    if not all(forms):
        return []
    length = len(forms)
    return [
        name
        for name, words in read
        if length < len(words)
        and any(
            all(words[at + number] in ways for number, ways in enumerate(forms))
            for at in range(len(words) - length + 1)
        )
    ]


@lru_cache(maxsize=2)  # each phrase of a watch list is looked for in the same names
def _in_words(names: frozenset[str]) -> tuple[list[tuple[str, list[str]]], frozenset[str]]:
    """Return names in the order of the alphabet, each with its folded words, and all these words."""
    read = [(name, folded(name).split()) for name in sorted(names)]
    return read, frozenset(word for _, words in read for word in words)
