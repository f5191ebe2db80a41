"""Phrase of a term, compiled: the paths of words that it may be found as, and how to walk them along a text.

A pattern is a small graph. Node n stands before the n-th word of the phrase. An edge leads over one or more words of a text
to a later node: over the word itself in any of its forms, over hyphenated words that are the word when joined, or over an
equivalent. The phrase is found where a path leads from the first node to the last without crossing a break.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.padded_form import may_be_joined, may_go_on
from monitor.terms.requirements import (
    WordForms,
    beside_another,
    forms_of_word,
    is_plain,
    needles_by_cut,
    phrase_index_query,
    plain_needles,
)
from monitor.text.index_form import unsure_words
from monitor.text.tokens import CAPITAL, COLON, HYPHEN, Token, exact_form, is_mark, joined, tokens
from monitor.text.word_forms import spellings, word_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.model.index_query import IndexQuery
    from monitor.terms.padded_form import PaddedForm
    from monitor.terms.tree import Phrase, Word
    from monitor.terms.vocabulary import Equivalents, Lexicon

NEAR: Final = 100
"""Characters between a needle and the words of its phrase, at most."""

_MOST_WAYS: Final = 16
"""Most ways to say a phrase that are looked for each by itself."""

_SHORTEST_JOINED_PART: Final = 2
"""Letters that each part of a joined word has at least: a single letter never joins."""


class WordPattern(NamedTuple):
    """Pattern of one word of a text: it is one of `keys`, or begins with one of `prefixes`.

    Attributes:
        keys: Forms of the word, folded.
        prefixes: Beginnings of the word.
        exact: The word with its apostrophe, if it was quoted.
        joins: Hyphenated words of the text may be this word together.
        is_mark: It is a mark such as £.
        is_capital: It must begin with a capital.
    """

    keys: frozenset[str]
    prefixes: tuple[str, ...] = ()
    exact: str = ""
    joins: bool = True
    is_mark: bool = False
    is_capital: bool = False

    def accepts(self, text: str, capitals: str) -> bool:
        """Return whether a token with this text, and this form in capitals, is one of the keys."""
        return text in self.keys or (capitals != "" and capitals in self.keys)

    def accepts_as_written(self, written: str) -> bool:
        """Return whether a word as it is written in the text satisfies `exact` and `is_capital`."""
        if self.exact and exact_form(written) != self.exact:
            return False
        return not self.is_capital or written[0].isupper()


class Edge(NamedTuple):
    """Words that lead to node `target`."""

    pieces: tuple[WordPattern, ...]
    target: int


class Pattern(NamedTuple):
    """Graph of a phrase: the edges that leave each node. The last node has none.

    `first_keys` and `first_prefixes` describe the words with which the phrase may begin.
    """

    edges: tuple[tuple[Edge, ...], ...]
    first_keys: frozenset[str]
    first_prefixes: tuple[str, ...]


class TokenLine:
    """One line of a part, read as tokens. No phrase crosses its end.

    `start` is its place in the part. In a heading (`is_heading`) phrases join across colons.
    """

    __slots__ = ("is_heading", "start", "text", "tokens", "weakest_break")

    def __init__(self, text: str, start: int = 0, *, is_heading: bool = False) -> None:
        self.text: Final = text
        self.start: Final = start
        self.tokens: Final = tokens(text)
        self.is_heading: Final = is_heading
        self.weakest_break: Final = COLON if is_heading else HYPHEN


# -- finding a pattern in a line --------------------------------------------------------------------------------------


def find_spans(pattern: Pattern, line: TokenLine) -> Iterator[tuple[int, int]]:
    """Find the longest span from each token where the pattern begins: first token, and the token after the last."""
    for first in _beginnings(pattern, line.tokens):
        if end := _longest_path(pattern, line, line.tokens, first):
            yield first, end


def find_inverted_spans(pattern: Pattern, line: TokenLine) -> Iterator[tuple[int, int]]:
    """Find a pattern in a heading read from its other side: "Hotels: Asylum" as asylum hotels, across a colon only."""
    read = line.tokens
    breaks = [0, *(i for i, token in enumerate(read) if i and token.gap >= COLON), len(read)]
    for left, middle, right in zip(breaks, breaks[1:], breaks[2:], strict=False):
        if read[middle].gap != COLON:
            continue
        turned = [*read[middle:right], *read[left:middle]]
        joint = right - middle
        for first in range(joint):
            end = _longest_path(pattern, line, turned, first, joint=joint)
            if end and end > joint:
                yield left, right


def _beginnings(pattern: Pattern, read: list[Token]) -> Iterator[int]:
    """Iterate over the tokens that may be the first word of a path."""
    keys, prefixes = pattern.first_keys, pattern.first_prefixes
    last = len(read) - 1
    for index, token in enumerate(read):
        if (
            token.text in keys
            or token.capitals in keys
            or (prefixes and token.text.startswith(prefixes))
            or (index < last and read[index + 1].gap == HYPHEN and _joined_word_begins(keys, read, index))
        ):
            yield index


def _joined_word_begins(keys: frozenset[str], read: list[Token], index: int) -> bool:
    return any(text in keys or (capitals and capitals in keys) for _, text, capitals in joined(read, index))


class _Walk(NamedTuple):
    """A walk along tokens from `first`. Breaks above `weakest_break` stop it, except at token `joint`."""

    read: list[Token]
    text: str
    first: int
    weakest_break: int
    joint: int


def _longest_path(pattern: Pattern, line: TokenLine, read: list[Token], first: int, *, joint: int = -1) -> int:
    """Return the furthest end of a path from token `first`; 0 if there is no path."""
    walk = _Walk(read, line.text, first, line.weakest_break, joint)
    end = 0
    ahead = [(0, first)]
    last_node = len(pattern.edges) - 1
    seen = set(ahead)
    while ahead:
        node, place = ahead.pop()
        if node == last_node:
            end = max(end, place)
            continue
        for edge in pattern.edges[node]:
            for after in _ends_of_edge(edge, walk, place):
                if (edge.target, after) not in seen:
                    seen.add((edge.target, after))
                    ahead.append((edge.target, after))
    return end


def _ends_of_edge(edge: Edge, walk: _Walk, place: int) -> set[int]:
    """Return the places where the words of an edge may end."""
    places = {place}
    for piece in edge.pieces:
        places = {after for begin in places for after in _ends_of_word(piece, walk, begin)}
    return places


def _ends_of_word(piece: WordPattern, walk: _Walk, place: int) -> Iterator[int]:
    """Iterate over the tokens after the word at `place`, and after the hyphenated words that are the word together."""
    place = _next_word(piece, walk, place)
    if place < 0:
        return
    token = walk.read[place]
    if piece.accepts(token.text, token.capitals):
        if piece.accepts_as_written(walk.text[token.start : token.end]):
            yield place + 1
    elif piece.prefixes and token.text.startswith(piece.prefixes):
        yield place + 1
    if piece.joins and place + 1 < len(walk.read) and walk.read[place + 1].gap == HYPHEN:
        for after, text, capitals in joined(walk.read, place):
            if piece.accepts(text, capitals):
                yield after


def _next_word(piece: WordPattern, walk: _Walk, place: int) -> int:
    """Return the token that the piece must be, skipping other marks; -1 if a break comes before it."""
    for index in range(place, len(walk.read)):
        token = walk.read[index]
        if index > walk.first and index != walk.joint and token.gap > walk.weakest_break:
            return -1
        if not token.is_mark or token.text in piece.keys or index == walk.first:
            return index
    return -1


# -- compiling --------------------------------------------------------------------------------------------------------


def compile_phrase(phrase: Phrase, equivalents: Equivalents) -> Pattern:
    """Compile a phrase to the pattern of all paths of words that it may be found as."""
    words = phrase.words
    edges: list[list[Edge]] = [
        [Edge((_word_pattern(word, is_quoted=phrase.is_quoted),), number + 1)] for number, word in enumerate(words)
    ]
    edges.append([])
    if not phrase.is_quoted:
        for start, edge in [*_joined_edges(words), *_initials_edges(words), *_equivalent_edges(words, equivalents)]:
            edges[start].append(edge)
    firsts = [edge.pieces[0] for edge in edges[0]]
    return Pattern(
        edges=tuple(map(tuple, edges)),
        first_keys=frozenset[str]().union(*(piece.keys for piece in firsts)),
        first_prefixes=tuple(prefix for piece in firsts for prefix in piece.prefixes),
    )


def _word_pattern(word: Word, *, is_quoted: bool) -> WordPattern:
    if is_mark(word.text) and word.written != "&":
        return WordPattern(frozenset({word.text}), joins=False, is_mark=True)
    if is_quoted:
        token = tokens(word.written)[0]
        return WordPattern(frozenset({token.capitals or token.text}), exact=word.text, joins=False)
    if word.is_acronym:
        return WordPattern(frozenset({f"{CAPITAL}{word.text}"}))
    if word.has_star:
        return WordPattern(frozenset(), prefixes=tuple(sorted(spellings(word.text, is_prefix=True))), joins=False)
    return WordPattern(word_forms(word.text))


def _joined_edges(words: tuple[Word, ...]) -> Iterator[tuple[int, Edge]]:
    """Iterate over the edges of hyphenated words of the term as one word: `hi-tech` finds hitech."""
    for start in range(len(words)):
        text = words[start].text
        for end in range(start + 1, len(words)):
            word = words[end]
            shortest = min(len(words[end - 1].text), len(word.text))
            if not word.is_hyphened or word.has_star or shortest < _SHORTEST_JOINED_PART:
                break
            text += word.text
            run = words[start : end + 1]
            if not any(part.is_acronym for part in run):
                yield start, Edge((WordPattern(word_forms(text), joins=False),), end + 1)
            elif run[0].is_acronym and all(part.is_acronym or part.text.isdigit() for part in run):
                yield start, Edge((WordPattern(frozenset({f"{CAPITAL}{text}"}), joins=False),), end + 1)


def _initials_edges(words: tuple[Word, ...]) -> Iterator[tuple[int, Edge]]:
    """Iterate over the edges of initials: `A&E` finds A & E and the reverse; an acronym in capitals only."""
    for start, word in enumerate(words):
        if "&" in word.text[1:]:
            letters = [
                WordPattern(frozenset({letter, f"{letter}s"}), joins=False, is_capital=word.is_acronym)
                for letter in word.text.split("&")
            ]
            sign = WordPattern(frozenset({"and"}), joins=False)
            pieces = [piece for letter in letters for piece in (letter, sign)]
            yield start, Edge(tuple(pieces[:-1]), start + 1)
    for start, (left, middle) in enumerate(pairwise(words)):
        if middle.written == "&" and start + 2 < len(words):
            initials = f"{left.text}&{words[start + 2].text}"
            yield start, Edge((WordPattern(frozenset({initials, f"{initials}s"}), joins=False),), start + 3)


def _equivalent_edges(words: tuple[Word, ...], equivalents: Equivalents) -> Iterator[tuple[int, Edge]]:
    """Iterate over the edges of equivalents of some words of the phrase. Only their last word has other forms."""
    table = _members_by_first_part(equivalents)
    for start, word in enumerate(words):
        firsts = {word.text, f"{CAPITAL}{word.text}", *word_forms(word.text)}
        for _, parts, others in sorted(member for first in firsts for member in table.get(first, ())):
            end = start + len(parts)
            if end <= len(words) and _is_member(words[start:end], parts):
                for other in others:
                    yield start, Edge(_equivalent_pieces(other.split()), end)


@lru_cache(maxsize=8)
def _members_by_first_part(equivalents: Equivalents) -> dict[str, list[tuple[int, list[str], list[str]]]]:
    """Return the members of all groups by their first part: their number, their parts, and the others of the group."""
    table: dict[str, list[tuple[int, list[str], list[str]]]] = {}
    members = ((member, group) for group in equivalents for member in group)
    for number, (member, group) in enumerate(members):
        parts = member.split()
        table.setdefault(parts[0], []).append((number, parts, [other for other in group if other != member]))
    return table


def _is_member(words: tuple[Word, ...], parts: list[str]) -> bool:
    """Return whether words of a phrase are a member of a group of equivalents, the last word in any form."""
    *before, (last, last_part) = zip(words, parts, strict=True)
    if not all(_is_word_of_member(word, part, {word.text}) for word, part in before):
        return False
    return _is_word_of_member(last, last_part, word_forms(last.text))


def _is_word_of_member(word: Word, part: str, forms: Iterable[str]) -> bool:
    if word.is_acronym or part[0] == CAPITAL:
        return word.is_acronym and part == f"{CAPITAL}{word.text}"
    return not word.has_star and part in forms


def _equivalent_pieces(parts: list[str]) -> tuple[WordPattern, ...]:
    *before, last = parts
    last_piece = WordPattern(frozenset({last}) if last[0] == CAPITAL else word_forms(last))
    return (*(WordPattern(frozenset({part}), joins=False) for part in before), last_piece)


class Way(NamedTuple):
    """One way to say a phrase: the forms of each of its words, as search forms have them.

    `is_sure`: where such words stand side by side in the main part of a form, the phrase stands.
    """

    words: tuple[frozenset[str], ...]
    is_sure: bool

    def fits(self, words: Sequence[str]) -> bool:
        """Return whether words begin in this way."""
        return len(words) >= len(self.words) and all(
            word in forms for word, forms in zip(words, self.words, strict=False)
        )


def _ways(pattern: Pattern) -> tuple[Way, ...]:
    """Return the ways along a pattern; nothing if there are more than `_MOST_WAYS`, or one over a sign."""
    ways: list[list[tuple[WordPattern, ...]]] = [[] for _ in pattern.edges]
    ways[-1].append(())
    for node in reversed(range(len(pattern.edges) - 1)):
        ways[node] = [(*edge.pieces, *rest) for edge in pattern.edges[node] for rest in ways[edge.target]]
        if len(ways[node]) > _MOST_WAYS or any(piece.is_mark for way in ways[node] for piece in way):
            return ()
    return tuple(map(_way, ways[0]))


def _way(pieces: tuple[WordPattern, ...]) -> Way:
    forms = [WordForms(piece.keys) for piece in pieces]
    is_sure = not any(piece.exact or key[0] == CAPITAL for piece in pieces for key in piece.keys)
    return Way(tuple((beside_another(form) if len(forms) > 1 else form).keys for form in forms), is_sure)


class CompiledPhrase:
    """A phrase with its needles and its pattern. Whatever takes time is worked out when it is first needed.

    Attributes:
        phrase: The phrase.
        is_plain: Each of its words can only be found as one word, joined from hyphenated words or not.
    """

    __slots__ = ("__dict__", "_lexicon", "is_plain", "phrase")

    def __init__(self, phrase: Phrase, lexicon: Lexicon) -> None:
        self.phrase = phrase
        self._lexicon = lexicon
        self.is_plain = is_plain(phrase) and not lexicon.may_have_equivalents(phrase.words)

    @cached_property
    def _needles_and_place(self) -> tuple[tuple[str, ...], int]:
        return plain_needles(self.phrase.words) if self.is_plain else (self._needles_by_cut[0], 0)

    @property
    def needles(self) -> tuple[str, ...]:
        """Pieces of the search form of which every text with the phrase holds one."""
        return self._needles_and_place[0]

    @property
    def place(self) -> int:
        """Number (from 0) of the word with which the needles of a plain phrase begin."""
        return self._needles_and_place[1]

    def ways(self, forms_of: Callable[[Word], WordForms]) -> tuple[Way, ...]:
        """Return the ways to say the phrase; nothing where a star or sign is in it, or where there are too many.

        `forms_of` returns those of `forms_of_word`, which it may remember.
        """
        words = self.phrase.words
        if any(word.has_star or "&" in word.written for word in words):
            return ()
        if not self.is_plain:
            return _ways(self.pattern)
        forms = map(forms_of, words) if len(words) == 1 else (beside_another(forms_of(word)) for word in words)
        return (Way(tuple(form.keys for form in forms), is_sure=len(words) == 1 or not self.has_acronym),)

    def beginnings(self) -> tuple[str, ...]:
        """Return the beginnings that a single word with a star is found by; nothing for another phrase."""
        words = self.phrase.words
        return forms_of_word(words[0]).prefixes if self.is_plain and len(words) == 1 else ()

    @property
    def is_acronym(self) -> bool:
        """True for an acronym and nothing else."""
        return self.is_plain and len(self.phrase.words) == 1 and self.phrase.words[0].is_acronym

    @cached_property
    def may_be_part_of_a_name(self) -> bool:
        """True if it may be found in words of names of offices alone, and so within such a name."""
        return self.phrase.is_quoted or self._may_be_of(self._lexicon.names.vocabulary)

    @cached_property
    def pattern(self) -> Pattern:
        """Pattern of all paths of words that the phrase may be found as."""
        return compile_phrase(self.phrase, self._lexicon.equivalents)

    @cached_property
    def index_query(self) -> IndexQuery:
        """Question to the index: what the search form of a document must hold."""
        in_names = self.phrase.is_quoted or self._may_be_of(unsure_words(self._lexicon.names))
        return phrase_index_query(self.pattern, in_names=in_names)

    def _may_be_of(self, vocabulary: frozenset[str]) -> bool:
        """Return whether a text of these words alone may hold the phrase, by any of its ways."""
        if self.is_plain:
            return all(_may_be_in(forms_of_word(word), vocabulary) for word in self.phrase.words)
        reached = {0}
        for node, edges in enumerate(self.pattern.edges):
            if node in reached:
                reached.update(
                    edge.target for edge in edges if all(_may_be_in(piece, vocabulary) for piece in edge.pieces)
                )
        return len(self.pattern.edges) - 1 in reached

    @cached_property
    def _needles_by_cut(self) -> list[tuple[str, ...]]:
        return needles_by_cut(self.pattern)

    @cached_property
    def _forms(self) -> tuple[WordForms, ...]:
        """Forms of each word beside its neighbours."""
        return tuple(beside_another(forms_of_word(word)) for word in self.phrase.words)

    @property
    def has_acronym(self) -> bool:
        """True if any of its words is found in capitals only."""
        return any(word.is_acronym for word in self.phrase.words)

    def words_beside_needle(self) -> tuple[int, Iterable[str]]:
        """Return the words that must stand after the needle (1) or before it (-1); 0 and none if any word may."""
        if not self.is_plain:
            return 0, ()
        words = self.phrase.words
        after = self.place + (1 if words[self.place].has_star else 2)
        if after < len(words) and not words[after].has_star:
            return 1, beside_another(forms_of_word(words[after])).keys
        if self.place and not words[self.place - 1].has_star:
            return -1, beside_another(forms_of_word(words[self.place - 1])).keys
        return 0, ()

    def stands_at(self, form: PaddedForm, start: int, number: int) -> bool | None:
        """Return whether the phrase stands where a needle was found in a search form; None if only the text can tell.

        `number`: with which of its words the needle begins. The form is not that of a heading, in which phrases run across
        breaks.
        """
        if not self.is_plain:
            return self._may_stand(form) and (self._stands_near(form, start) or None)
        if start >= form.tail:
            return self._stands_in_tail(form, start)
        padded = form.padded
        place = start + 1
        for forms in self._forms[number:]:
            end = padded.find(" ", place)
            word = padded[place:end]
            if word not in forms.keys and not (forms.prefixes and word.startswith(forms.prefixes)):
                return self._only_text_tells(form) if may_go_on(form, place, end) else False
            place = end + 1
        place = start
        for forms in self._forms[:number][::-1]:
            begin = padded.rfind(" ", 0, place)
            word = padded[begin + 1 : place]
            if word not in forms.keys and not (forms.prefixes and word.startswith(forms.prefixes)):
                may_go = may_go_on(form, begin + 1, place, backwards=True)
                return self._only_text_tells(form) if may_go else False
            place = begin
        return None if self.has_acronym else True

    def _stands_in_tail(self, form: PaddedForm, start: int) -> bool | None:
        """Decide for a needle in the tail, which holds words in capitals and words that a hyphen joins.

        A single word that the tail holds only beside another stands in the main part too, where it is found. A beginning
        of a word is not looked for in joined words.
        """
        words = self.phrase.words
        if len(words) > 1:
            return self._only_text_tells(form)
        if words[0].has_star:
            return False
        word = form.padded[start + 1 : form.padded.find(" ", start + 1)]
        return word[0] == CAPITAL or may_be_joined(word, form)

    def _may_stand(self, form: PaddedForm) -> bool:
        """Return whether the form holds a needle of every cut of the pattern."""
        return all(any(needle in form.padded for needle in needles) for needles in self._needles_by_cut)

    def _only_text_tells(self, form: PaddedForm) -> bool | None:
        """Return None if the phrase may stand in a form, else False."""
        return None if self._may_stand(form) else False

    @cached_property
    def _as_written(self) -> re.Pattern[str] | None:
        """Words of the phrase side by side, in any form; None if they may stand so where the phrase is not found."""
        words = self.phrase.words
        is_strict = self.phrase.is_quoted or any(
            word.is_acronym or word.has_star or is_mark(word.text) or "&" in word.written for word in words
        )
        if is_strict:
            return None
        forms = ("|".join(map(re.escape, sorted(word_forms(word.text)))) for word in words)
        return re.compile(f" (?:{') (?:'.join(forms)}) ")

    def _stands_near(self, form: PaddedForm, start: int) -> bool:
        """Return whether its words stand side by side in the main part, no further than `NEAR` away. True is certain."""
        if self._as_written is None:
            return False
        end = min(start + NEAR, form.tail + 1)
        return self._as_written.search(form.padded, max(start - NEAR, 0), end) is not None


def _may_be_in(forms: WordForms | WordPattern, vocabulary: frozenset[str]) -> bool:
    """Return whether a word of a vocabulary, or several that hyphens join, may be one of these forms."""
    if forms.prefixes:
        return any(known.startswith(forms.prefixes) for known in vocabulary)
    return any(_may_be_joined_of(key.lstrip(CAPITAL), vocabulary) for key in forms.keys)


def _may_be_joined_of(word: str, vocabulary: frozenset[str]) -> bool:
    """Return whether a word is in a vocabulary, or words of it side by side: undersecretary, for Under-Secretary."""
    return word in vocabulary or any(
        word[:cut] in vocabulary and _may_be_joined_of(word[cut:], vocabulary)
        for cut in range(_SHORTEST_JOINED_PART, len(word) - _SHORTEST_JOINED_PART + 1)
    )
