"""Expressions for FTS5: what a document must hold, as the index is asked for it.

An expression may be met by texts that do not hold what is needed, never the other way round: the matcher looks at what is
found. So what FTS5 can't be asked, such as marks, is left out; None stands for an expression that any text may meet.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final

from monitor.model.index_query import AllOf, AnyOf, NearBy, PhraseRequirement
from monitor.model.records import PARTS
from monitor.text.index_form import DENSE, index_distance, marked_variants
from monitor.text.search_form import JOINED
from monitor.text.tokens import SHORTEST_JOINED
from monitor.text.word_frequency import RARE, common_words, frequency_of_beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.model.index_query import IndexQuery

    WordsBegun = Callable[[str], "Sequence[str]"]
    """Returns the words of an index that begin so; none where asking for the beginning is sooner done."""

DEEPEST: Final = 12
"""Brackets within brackets that are asked: FTS5 has bounds of its own, and few people write so many."""

_KNOWN: Final = "\u0500"
"""Letters before this one are letters to every version of SQLite."""

_NEIGHBOURS: Final = 2
"""Words that stand next to each other in an entry of a tail."""

_MOST_PAIRS: Final = 36
"""Pairs of words near each other that are asked for, each way to write one with each of the other."""

NOWHERE: Final = AnyOf(())
"""A need that no text meets."""


def within(query: IndexQuery, parts: frozenset[str]) -> IndexQuery:
    """Return what a document of these parts alone must hold; NOWHERE where it can't."""
    if isinstance(query, PhraseRequirement):
        common = query.parts & parts if query.parts else parts
        return replace(query, parts=common) if common else NOWHERE
    if isinstance(query, NearBy):
        lefts, rights = (_phrases_within(side, parts) for side in (query.lefts, query.rights))
        return NearBy(lefts, rights, query.distance) if lefts and rights else NOWHERE
    needs = [within(need, parts) for need in query.needs]
    if isinstance(query, AllOf):
        return NOWHERE if NOWHERE in needs else AllOf(tuple(needs))
    return AnyOf(tuple(need for need in needs if need != NOWHERE))


def _phrases_within(phrases: Sequence[PhraseRequirement], parts: frozenset[str]) -> tuple[PhraseRequirement, ...]:
    narrowed = (within(phrase, parts) for phrase in phrases)
    return tuple(phrase for phrase in narrowed if isinstance(phrase, PhraseRequirement))


def parts_asked(query: IndexQuery) -> frozenset[str]:
    """Return the parts in which words are asked for."""
    if isinstance(query, PhraseRequirement):
        return frozenset(query.parts or PARTS)
    if isinstance(query, NearBy):
        return parts_asked(query.both)
    return frozenset().union(*map(parts_asked, query.needs))


def commonness_of_rarest(query: IndexQuery) -> float:
    """Return the frequency of the rarest word that every document must hold, as far as the list of common words tells.

    Of words of which one must be there, the commonest counts. The frequency is a number of answers in 1,000.
    """
    if isinstance(query, PhraseRequirement):
        return min((_commonness(word) for word in query.words), default=RARE)
    if isinstance(query, NearBy):
        return commonness_of_rarest(query.both)
    choose = min if isinstance(query, AllOf) else max
    return choose(map(commonness_of_rarest, query.needs), default=RARE)


def _commonness(word: str) -> float:
    return frequency_of_beginning(word[:-1]) if word[-1:] == "*" else common_words().get(word, RARE)


def fts5(query: IndexQuery, words_begun: WordsBegun | None = None, *, depth: int = 0) -> str | None:
    """Return the expression for FTS5; its tokens are what "unicode61" makes of the words, on both sides.

    With `words_begun`, words are asked for in place of the beginning of a single word. `depth`: the brackets around it.
    """
    if isinstance(query, PhraseRequirement):
        return _phrase(query, words_begun)
    if isinstance(query, NearBy):
        return _near(query) or fts5(query.both, words_begun, depth=depth)
    if depth == DEEPEST:
        return None
    asked = [fts5(need, words_begun, depth=depth + 1) for need in query.needs]
    known = [expression for expression in asked if expression is not None]
    is_all = isinstance(query, AllOf)
    if not known or (not is_all and len(known) < len(asked)):
        return None
    return known[0] if len(known) == 1 else f"({(' AND ' if is_all else ' OR ').join(known)})"


def _phrase(phrase: PhraseRequirement, words_begun: WordsBegun | None) -> str | None:
    if phrase.parts and phrase.parts.isdisjoint(PARTS):
        return None
    ways = [words for way in _ways(phrase) for words in _joined_or_not(way)]
    quoted = [_quoted(words) for way in ways for words in _spelled_out(way, words_begun)]
    if None in quoted:
        return None
    where = _where(phrase.parts)
    return f"{where}{quoted[0]}" if len(quoted) == 1 else f"{where}({' OR '.join(filter(None, quoted))})"


def _spelled_out(words: tuple[str, ...], words_begun: WordsBegun | None) -> Sequence[tuple[str, ...]]:
    """Return each word that begins as a single word does, as far as they are known; else the words themselves."""
    if words_begun is not None and len(words) == 1 and words[0][-1:] == "*":
        known = words_begun(words[0][:-1])
        return [(word,) for word in known] or [words]
    return [words]


def _joined_or_not(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Return the ways in which the index may have one or two words: with a sign where a hyphen joins their parts.

    The index joins no words of a longer phrase: such a word stands in the tail alone.
    """
    if len(words) > _NEIGHBOURS:
        yield words
        return
    yield from product(*((word, f"{JOINED}{word}") if _may_be_joined(word) else (word,) for word in words))


def _may_be_joined(word: str) -> bool:
    return word[:1].isalnum() and (word[-1] == "*" or len(word) >= SHORTEST_JOINED)


def _near(query: NearBy) -> str | None:
    """Return the expression for two words near each other as the index counts words.

    It does not ask for nearness where that says nothing: one word is joined, or the part is dense.
    """
    lefts, rights = ([_quoted(way) for phrase in side for way in _ways(phrase)] for side in (query.lefts, query.rights))
    pairs = list(product(lefts, rights))
    if len(pairs) > _MOST_PAIRS or any(None in pair for pair in pairs):
        return None
    left, right = map(_any_of, (query.lefts, query.rights))
    left_joined, right_joined = (_any_of(side, only_joined=True) for side in (query.lefts, query.rights))
    asked = [
        *(f"NEAR({left_word} {right_word}, {index_distance(query.distance)})" for left_word, right_word in pairs),
        *([f"({left_joined} AND {right})"] if left_joined else []),
        *([f"({left} AND {right_joined})"] if right_joined else []),
        f'("{DENSE}" AND {left} AND {right})',
    ]
    return f"{_where(query.lefts[0].parts)}({' OR '.join(asked)})"


def _any_of(phrases: Iterable[PhraseRequirement], *, only_joined: bool = False) -> str:
    marked_variants = [way for phrase in phrases for way in _ways(phrase)]
    words = [words for way in marked_variants for words in _joined_or_not(way) if not only_joined or words != way]
    return f"({' OR '.join(filter(None, map(_quoted, words)))})" if words else ""


def _where(parts: frozenset[str]) -> str:
    return f"{{{' '.join(part for part in PARTS if part in parts)}}} : " if parts else ""


def _quoted(words: Sequence[str]) -> str | None:
    """Return words as a phrase of FTS5; None where the index may not know any of them."""
    plain, is_begun = _without_star(words)
    if not any(map(_is_sure, plain)):
        return None
    quoted = " ".join(plain).replace("\0", " ").replace('"', '""')
    return f'"{quoted}"{" *" if is_begun else ""}'


def _ways(phrase: PhraseRequirement) -> list[tuple[str, ...]]:
    """Return the words as the index may have them: in formulas and names too, where they may count there."""
    in_formula = not phrase.is_alone and (not phrase.parts or "question" in phrase.parts)
    return list(marked_variants(phrase.words, in_formula=in_formula, in_names=phrase.in_names or not phrase.is_alone))


def _without_star(words: Sequence[str]) -> tuple[list[str], bool]:
    """Return the words, and whether the last is only begun."""
    plain = list(words)
    is_begun = bool(plain) and plain[-1].endswith("*")
    if is_begun:
        plain[-1] = plain[-1].removesuffix("*")
    return plain, is_begun


def _is_sure(word: str) -> bool:
    """Say whether every index takes this for a word: no mark, and not only letters that an index may not know."""
    return any(letter < _KNOWN and letter.isalnum() for letter in word)
