"""A phrase of a term, made ready to be looked for. What takes time is worked out when it is first needed."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.padded_form import may_go_on
from monitor.terms.requirements import anchors, beside, is_plain, need, plain_anchor, seen_as
from monitor.text.index_form import unsure_words
from monitor.text.tokens import CAPITAL, COLON, HYPHEN, Token, exact_form, is_mark, joined, tokens
from monitor.text.word_forms import spellings, word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.model.index_query import Need
    from monitor.terms.padded_form import PaddedForm
    from monitor.terms.requirements import WordForms
    from monitor.terms.tree import Phrase, Word
    from monitor.terms.vocabulary import Equivalents, Lexicon


class WordPattern(NamedTuple):
    """What one word of a text must be: one of `keys`, or begin with one of `prefixes`.

    `exact` is what a quoted word must be with its apostrophe. `joins`: hyphened words may be it together. `is_capital`: it
    must begin with a capital.
    """

    keys: frozenset[str]
    prefixes: tuple[str, ...] = ()
    exact: str = ""
    joins: bool = True
    is_mark: bool = False
    is_capital: bool = False


class Edge(NamedTuple):
    """The words that lead to node `target`."""

    pieces: tuple[WordPattern, ...]
    target: int


class Pattern(NamedTuple):
    """The edges that leave each node; the last node has none. `first_keys`, `first_prefixes`: what a find begins with."""

    edges: tuple[tuple[Edge, ...], ...]
    first_keys: frozenset[str]
    first_prefixes: tuple[str, ...]


class TokenLine:
    """One line of a part, read as tokens: no phrase crosses its end. `start`: where it begins in the part.

    `is_heading`: phrases join across its colons.
    """

    __slots__ = ("is_heading", "start", "text", "tokens", "weakest_break")

    def __init__(self, text: str, start: int = 0, *, is_heading: bool = False) -> None:
        self.text: Final = text
        self.start: Final = start
        self.tokens: Final = tokens(text)
        self.is_heading: Final = is_heading
        self.weakest_break: Final = COLON if is_heading else HYPHEN


def find_spans(pattern: Pattern, line: TokenLine) -> Iterator[tuple[int, int]]:
    """Start and end (tokens, end not included) of the longest find from each place where the pattern begins."""
    for first in _begins(pattern, line.tokens):
        if last := _walk(pattern, line, line.tokens, first):
            yield first, last


def find_inverted_spans(pattern: Pattern, line: TokenLine) -> Iterator[tuple[int, int]]:
    """The same in a heading read from its other side ("Hotels: Asylum" as asylum hotels), across a colon only."""
    read = line.tokens
    breaks = [0, *(i for i, token in enumerate(read) if i and token.gap >= COLON), len(read)]
    for left, middle, right in zip(breaks, breaks[1:], breaks[2:], strict=False):
        if read[middle].gap != COLON:
            continue
        turned = [*read[middle:right], *read[left:middle]]
        joint = right - middle
        for first in range(joint):
            last = _walk(pattern, line, turned, first, joint=joint)
            if last and last > joint:
                yield left, right


def _begins(pattern: Pattern, read: list[Token]) -> Iterator[int]:
    """Where the first word of some path may stand."""
    keys, prefixes = pattern.first_keys, pattern.first_prefixes
    last = len(read) - 1
    for index, token in enumerate(read):
        if (
            token.text in keys
            or token.capitals in keys
            or (prefixes and token.text.startswith(prefixes))
            or (index < last and read[index + 1].gap == HYPHEN and _begins_joined(keys, read, index))
        ):
            yield index


def _begins_joined(keys: frozenset[str], read: list[Token], index: int) -> bool:
    return any(text in keys or (capitals and capitals in keys) for _, text, capitals in joined(read, index))


class _Walk(NamedTuple):
    """A way along tokens from `first`. At token `joint` the break does not count; breaks above `weakest` do."""

    read: list[Token]
    text: str
    first: int
    weakest: int
    joint: int


def _walk(pattern: Pattern, line: TokenLine, read: list[Token], first: int, *, joint: int = -1) -> int:
    """The furthest end of a path from token `first`, 0 where there is none."""
    way = _Walk(read, line.text, first, line.weakest_break, joint)
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
            for after in _along(edge, way, place):
                if (edge.target, after) not in seen:
                    seen.add((edge.target, after))
                    ahead.append((edge.target, after))
    return end


def _along(edge: Edge, way: _Walk, place: int) -> set[int]:
    """Where the words of an edge may end."""
    places = {place}
    for piece in edge.pieces:
        places = {after for begin in places for after in _step(piece, way, begin)}
    return places


def _step(piece: WordPattern, way: _Walk, place: int) -> Iterator[int]:
    """The token after the one word that this piece is at `place`, or after the hyphened words that it is together."""
    place = _next_word(piece, way, place)
    if place < 0:
        return
    token = way.read[place]
    if _is(piece, token.text, token.capitals):
        if _is_as_written(piece, way.text[token.start : token.end]):
            yield place + 1
    elif piece.prefixes and token.text.startswith(piece.prefixes):
        yield place + 1
    if piece.joins and place + 1 < len(way.read) and way.read[place + 1].gap == HYPHEN:
        for after, text, capitals in joined(way.read, place):
            if _is(piece, text, capitals):
                yield after


def _is_as_written(piece: WordPattern, written: str) -> bool:
    return (not piece.exact or exact_form(written) == piece.exact) and (not piece.is_capital or written[0].isupper())


def _is(piece: WordPattern, text: str, capitals: str) -> bool:
    return text in piece.keys or (capitals != "" and capitals in piece.keys)


def _next_word(piece: WordPattern, way: _Walk, place: int) -> int:
    """The token that the piece must be, past the marks that it is not; -1 where a break is reached before."""
    for index in range(place, len(way.read)):
        token = way.read[index]
        if index > way.first and index != way.joint and token.gap > way.weakest:
            return -1
        if not token.is_mark or token.text in piece.keys or index == way.first:
            return index
    return -1


def compile_phrase(phrase: Phrase, equivalents: Equivalents) -> Pattern:
    """All paths of words that a phrase may be found as."""
    words = phrase.words
    edges: list[list[Edge]] = [
        [Edge((_piece(word, is_quoted=phrase.is_quoted),), i + 1)] for i, word in enumerate(words)
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


def _piece(word: Word, *, is_quoted: bool) -> WordPattern:
    if is_mark(word.text) and word.written != "&":
        return WordPattern(frozenset({word.text}), joins=False, is_mark=True)
    if is_quoted:
        token = tokens(word.written)[0]
        return WordPattern(frozenset({token.capitals or token.text}), exact=word.text, joins=False)
    if word.is_acronym:
        return WordPattern(frozenset({f"{CAPITAL}{word.text}"}))
    if word.has_star:
        return WordPattern(frozenset(), prefixes=tuple(sorted(spellings(word.text, is_prefix=True))), joins=False)
    return _plain_piece(word.text)


def _plain_piece(word: str) -> WordPattern:
    return WordPattern(word_forms(word))


def _joined_edges(words: tuple[Word, ...]) -> Iterator[tuple[int, Edge]]:
    """Words that the term joins by a hyphen, as one: `hi-tech` finds hitech."""
    for start in range(len(words)):
        text = words[start].text
        for end in range(start + 1, len(words)):
            word = words[end]
            if not word.is_hyphened or word.has_star or min(len(words[end - 1].text), len(word.text)) < 2:  # noqa: PLR2004 - a single letter never joins
                break
            text += word.text
            run = words[start : end + 1]
            if not any(one.is_acronym for one in run):
                yield start, Edge((WordPattern(word_forms(text), joins=False),), end + 1)
            elif run[0].is_acronym and all(one.is_acronym or one.text.isdigit() for one in run):
                yield start, Edge((WordPattern(frozenset({f"{CAPITAL}{text}"}), joins=False),), end + 1)


def _initials_edges(words: tuple[Word, ...]) -> Iterator[tuple[int, Edge]]:
    """`A&E` finds A & E too, and the other way round; an acronym in capitals only."""
    for start, word in enumerate(words):
        if "&" in word.text[1:]:
            letters = [
                WordPattern(frozenset({letter, f"{letter}s"}), joins=False, is_capital=word.is_acronym)
                for letter in word.text.split("&")
            ]
            sign = WordPattern(frozenset({"and"}), joins=False)
            yield start, Edge(tuple(piece for letter in letters for piece in (letter, sign))[:-1], start + 1)
    for start, (left, middle) in enumerate(pairwise(words)):
        if middle.written == "&" and start + 2 < len(words):
            joined_by_sign = f"{left.text}&{words[start + 2].text}"
            yield start, Edge((WordPattern(frozenset({joined_by_sign, f"{joined_by_sign}s"}), joins=False),), start + 3)


def _equivalent_edges(words: tuple[Word, ...], equivalents: Equivalents) -> Iterator[tuple[int, Edge]]:
    """Another way to say some words of the phrase. Only the last of them has other forms."""
    for group in equivalents:
        for said in group:
            parts = said.split()
            for start in range(len(words) - len(parts) + 1):
                if _says(words[start : start + len(parts)], parts):
                    for other in group:
                        if other != said:
                            yield start, Edge(_equivalent_pieces(other.split()), start + len(parts))


def _says(words: tuple[Word, ...], parts: list[str]) -> bool:
    *first, last = zip(words, parts, strict=True)
    return all(_is_said(word, part, {word.text}) for word, part in first) and _is_said(*last, word_forms(last[0].text))


def _is_said(word: Word, part: str, forms: Iterable[str]) -> bool:
    if word.is_acronym or part[0] == CAPITAL:
        return word.is_acronym and part == f"{CAPITAL}{word.text}"
    return not word.has_star and part in forms


def _equivalent_pieces(parts: list[str]) -> tuple[WordPattern, ...]:
    *first, last = parts
    return (*(WordPattern(frozenset({part}), joins=False) for part in first), _last_piece(last))


def _last_piece(part: str) -> WordPattern:
    return WordPattern(frozenset({part})) if part[0] == CAPITAL else _plain_piece(part)


class CompiledPhrase:
    """A phrase with its needles, and with its pattern as soon as somebody asks.

    `is_plain`: each of its words can only be found as one word, hyphened ones taken together or not. `place`: the word of
    a plain phrase, from 0, with which its needles begin. `is_told_by_needle`: the phrase stands wherever one of them does.
    """

    __slots__ = ("__dict__", "_lexicon", "is_plain", "is_told_by_needle", "needles", "phrase", "place")

    def __init__(self, phrase: Phrase, lexicon: Lexicon) -> None:
        self.phrase = phrase
        self._lexicon = lexicon
        self.is_plain = is_plain(phrase) and not lexicon.may_have_equivalents(phrase.words)
        if self.is_plain:
            self.needles, self.place = plain_anchor(phrase.words)
        else:
            self.needles, self.place = anchors(self.pattern)[0], -1
        self.is_told_by_needle = self.is_plain and _are_told(phrase.words, self.needles)

    @property
    def is_acronym(self) -> bool:
        """Whether it is an acronym and nothing else."""
        return self.is_plain and len(self.phrase.words) == 1 and self.phrase.words[0].is_acronym

    @cached_property
    def may_be_part_of_a_name(self) -> bool:
        """Whether all its words are words of names, so that it may be found within one."""
        return self.phrase.is_quoted or self._may_be_within(self._lexicon.names.vocabulary)

    def _may_be_within(self, vocabulary: frozenset[str]) -> bool:
        return all(_may_be_one_of(word, vocabulary) for word in self.phrase.words)

    @cached_property
    def pattern(self) -> Pattern:
        """All paths of words that it may be found as."""
        return compile_phrase(self.phrase, self._lexicon.equivalents)

    @cached_property
    def need(self) -> Need:
        """What a document's search form must hold."""
        in_names = self.phrase.is_quoted or self._may_be_within(unsure_words(self._lexicon.names))
        return need(self.pattern, in_names=in_names)

    @cached_property
    def _asked(self) -> list[tuple[str, ...]]:
        return anchors(self.pattern)

    def _may_stand(self, form: PaddedForm) -> bool | None:
        """None where something of every place of the phrase stands somewhere in a form, else False."""
        return None if all(any(needle in form.padded for needle in needles) for needles in self._asked) else False

    @cached_property
    def _seen(self) -> tuple[WordForms, ...]:
        return tuple(beside(seen_as(word)) for word in self.phrase.words)

    @cached_property
    def _has_acronym(self) -> bool:
        return any(word.is_acronym for word in self.phrase.words)

    def beside_needle(self) -> tuple[int, Iterable[str]]:
        """Which words may stand after the needle (1), or before it (-1), for the phrase to go on; 0 where none need."""
        if not self.is_plain:
            return 0, ()
        after = self.place + (1 if self.phrase.words[self.place].has_star else 2)
        if after < len(self.phrase.words) and not self.phrase.words[after].has_star:
            return 1, beside(seen_as(self.phrase.words[after])).keys
        if self.place and not self.phrase.words[self.place - 1].has_star:
            return -1, beside(seen_as(self.phrase.words[self.place - 1])).keys
        return 0, ()

    def stands(self, form: PaddedForm, start: int) -> bool | None:
        """Whether the phrase stands at a needle found in a form, that of no heading; None where only the text can tell."""
        padded = form.padded
        if not self.is_plain:
            return self._may_stand(form)
        if start >= form.tail:
            # A beginning of a word is not sought in joined words, and the others stand in the main part too.
            return False if len(self.phrase.words) == 1 else self._may_stand(form)
        place = start + 1
        for seen in self._seen[self.place :]:
            end = padded.find(" ", place)
            word = padded[place:end]
            if word not in seen.keys and not (seen.prefixes and word.startswith(seen.prefixes)):
                return self._may_stand(form) if may_go_on(form, place, end) else False
            place = end + 1
        place = start
        for seen in reversed(self._seen[: self.place]):
            begin = padded.rfind(" ", 0, place)
            word = padded[begin + 1 : place]
            if word not in seen.keys and not (seen.prefixes and word.startswith(seen.prefixes)):
                return self._may_stand(form) if may_go_on(form, begin + 1, place, backwards=True) else False
            place = begin
        return None if self._has_acronym else True


_PAIR = 2


def _are_told(words: Sequence[Word], needles: Sequence[str]) -> bool:
    """Whether needles are all of a phrase: its one word, or its two; an acronym beside a word must be seen in capitals."""
    if len(words) > _PAIR or not all(needle.endswith(" ") for needle in needles):
        return False
    return len(words) == 1 or not any(word.is_acronym for word in words)


def _may_be_one_of(word: Word, vocabulary: frozenset[str]) -> bool:
    if word.has_star:
        prefixes = seen_as(word).prefixes
        return any(one.startswith(prefixes) for one in vocabulary)
    return word.text in vocabulary if word.is_acronym else not vocabulary.isdisjoint(seen_as(word).keys)
