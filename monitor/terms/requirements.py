"""Words that a document must hold for a phrase or a term to be found in it.

Two searches start from them. The prefilter looks for needles, the archive's index for an index query.

A needle is a piece of the search form between spaces: a word (" soca "), or two neighbouring words of which the second is
cut to the beginning that all its forms share (" child protection"). Every text in which a phrase is found holds one of its
needles. Needles are taken from the rarest place of the phrase, as far as the list of common words tells.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, pairwise, product
from os.path import commonprefix
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from monitor.model.index_query import AllOf, AnyOf, NearBy, PhraseRequirement
from monitor.terms.tree import Both, Either, Family, Near, Phrase, Scope, Successors, Without, phrases_of
from monitor.text.tokens import CAPITAL, is_mark
from monitor.text.word_forms import spellings, word_forms
from monitor.text.word_frequency import RARE, chance_frequency, common_words, frequency_of_beginning, pair_frequency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.model.index_query import IndexQuery
    from monitor.terms.phrase_pattern import Edge, Pattern, WordPattern
    from monitor.terms.tree import Node, PartNames, Word

_RARE_ACRONYM: Final = 0.1
"""Frequency of an acronym that is not in the list of common words."""

_TOO_COMMON: Final = 250
"""Frequency above which the index is not asked for two words: reading where they stand costs more than it saves."""

_MOST_PAIRS: Final = 8
"""Most needles that spell out both words; with more forms the second word is cut."""

_NODES_OF_ONE_WORD: Final = 2


class WordForms(NamedTuple):
    """Forms that a word may have in the search form: one of `keys`, or a word that begins with one of `prefixes`."""

    keys: frozenset[str]
    prefixes: tuple[str, ...] = ()


Cut: TypeAlias = "list[tuple[WordForms, WordForms | None]]"
"""Words, or pairs of neighbouring words, of which every path of a pattern passes one."""


# -- forms of a word --------------------------------------------------------------------------------------------------


def forms_of_word(word: Word) -> WordForms:
    """Return the forms of a word of a plain phrase."""
    if word.is_acronym:
        return WordForms(frozenset({f"{CAPITAL}{word.text}"}))
    if word.has_star:
        return WordForms(frozenset(), tuple(sorted(spellings(word.text, is_prefix=True))))
    return WordForms(word_forms(word.text))


def beside_another(forms: WordForms) -> WordForms:
    """Return the forms of a word next to another word.

    There an acronym stands in small letters. Its token in capitals stands in the tail of the search form.
    """
    capitals = {key for key in forms.keys if key[0] == CAPITAL}
    if not capitals:
        return forms
    small = {form for key in capitals for form in (key[1:], f"{key[1:]}s")}
    return WordForms((forms.keys - capitals) | small, forms.prefixes)


def is_plain(phrase: Phrase) -> bool:
    """Return whether each word of a phrase can only be found as one word of a text, leaving equivalents aside."""
    if phrase.is_quoted:
        return False
    return not any(word.is_hyphened or is_mark(word.text) or "&" in word.written for word in phrase.words)


# -- needles ----------------------------------------------------------------------------------------------------------


def plain_needles(words: Sequence[Word]) -> tuple[tuple[str, ...], int]:
    """Return the needles of a plain phrase, and the number (from 0) of the word with which they begin."""
    frequencies = [common_words().get(word.text, RARE) for word in words]
    # A beginning of a word can only be the second of two words.
    pairs = [place for place in range(len(words) - 1) if not words[place].has_star]
    if not pairs:
        place = min(range(len(words)), key=frequencies.__getitem__)
        return tuple(_word_needles(forms_of_word(words[place]))), place
    place = min(pairs, key=lambda left: pair_frequency(frequencies[left], frequencies[left + 1]))
    left, right = (beside_another(forms_of_word(word)) for word in words[place : place + 2])
    return tuple(_pair_needles(left, right)), place


def _word_needles(forms: WordForms) -> Iterator[str]:
    yield from (f" {key} " for key in sorted(forms.keys))
    yield from (f" {prefix}" for prefix in forms.prefixes)


def _pair_needles(left: WordForms, right: WordForms) -> Iterator[str]:
    """Iterate over the needles of two words; with many forms, the second word is cut to their common beginning."""
    if len(left.keys) * len(right.keys) <= _MOST_PAIRS:
        ends = [*(f"{key} " for key in sorted(right.keys)), *right.prefixes]
    else:
        ends = [commonprefix(sorted(right.keys)), *right.prefixes]  # noqa: RUF071 - of words, letter by letter
    yield from (f" {key} {end}" for key in sorted(left.keys) for end in ends)


def needles_by_cut(pattern: Pattern) -> list[tuple[str, ...]]:
    """Return the needles of each cut of a pattern, the rarest cut first.

    Every text in which the phrase is found holds one needle of each cut. Needles end with whole words.
    """
    return [
        tuple(dict.fromkeys(f" {' '.join(run.words)} ".replace("* ", "") for run in _runs_of_cut(cut)))
        for cut in sorted(_cuts(pattern), key=_frequency_of_cut)
    ]


# -- index query ------------------------------------------------------------------------------------------------------


def index_query_of(
    node: Node, query_of_phrase: Callable[[Phrase], IndexQuery], parts: PartNames = None
) -> IndexQuery | None:
    """Return what the index is asked for a node; None where any document may hold it."""
    match node:
        case Phrase() | Successors():
            queries = tuple(_within_parts(query_of_phrase(phrase), parts) for phrase in phrases_of(node))
            return AnyOf(queries) if len(queries) > 1 else queries[0]
        case Near(left=left, right=right, distance=distance):
            sides = [index_query_of(side, query_of_phrase, parts) for side in (left, right)]
            lefts, rights = map(_single_words, sides)
            return NearBy(lefts, rights, distance) if lefts and rights else _all_of(sides)
        case Both(operands=operands):
            return _all_of([index_query_of(operand, query_of_phrase, parts) for operand in operands])
        case Either(operands=operands) | Family(members=operands):
            choices = [index_query_of(operand, query_of_phrase, parts) for operand in operands]
            known = tuple(query for query in choices if query is not None)
            return AnyOf(known) if len(known) == len(choices) else None
        case Without(wanted=wanted):
            return index_query_of(wanted, query_of_phrase, parts)
        case Scope(node=inner):
            return None if inner is None else index_query_of(inner, query_of_phrase, node.narrow_parts(parts))


def _single_words(query: IndexQuery | None) -> tuple[PhraseRequirement, ...]:
    """Return the single words of which a query asks for one; none where it asks for more, or for the tail alone."""
    match query:
        case PhraseRequirement(words=(word,), is_alone=True) if word[0] != CAPITAL:
            return (query,)
        case AnyOf(needs=queries):
            words = [_single_words(choice) for choice in queries]
            return tuple(chain(*words)) if all(words) else ()
        case _:
            return ()


def _all_of(queries: Iterable[IndexQuery | None]) -> IndexQuery | None:
    known = tuple(query for query in queries if query is not None)
    if not known:
        return None
    return AllOf(known) if len(known) > 1 else known[0]


def _within_parts(query: IndexQuery, parts: PartNames) -> IndexQuery:
    if parts is None:
        return query
    match query:
        case PhraseRequirement():
            return replace(query, parts=parts)
        case AllOf(needs=queries):
            return AllOf(tuple(_within_parts(inner, parts) for inner in queries))
        case AnyOf(needs=queries):
            return AnyOf(tuple(_within_parts(inner, parts) for inner in queries))
        case NearBy(lefts=lefts, rights=rights, distance=distance):
            left, right = (tuple(replace(run, parts=parts) for run in side) for side in (lefts, rights))
            return NearBy(left, right, distance)


def phrase_index_query(pattern: Pattern, *, in_names: bool) -> IndexQuery:
    """Return what the index is asked for a phrase: one run of words of each cut of its pattern.

    `in_names`: a single word counts within the name of an office too. Words that many answers hold ("of the") are not
    asked for beside something rarer.
    """
    is_single_word = len(pattern.edges) == _NODES_OF_ONE_WORD
    cuts = list(_cuts(pattern))
    rarest = min(cuts, key=_frequency_of_cut)
    queries: list[IndexQuery] = []
    for cut in cuts:
        if cut is not rarest and _frequency_of_cut(cut, chance_frequency) > _TOO_COMMON:
            continue
        runs = [_alone(run, in_names=in_names) if is_single_word else run for run in _runs_of_cut(cut)]
        distinct = tuple(dict.fromkeys(runs))
        queries.append(AnyOf(distinct) if len(distinct) > 1 else distinct[0])
    return AllOf(tuple(queries)) if len(queries) > 1 else queries[0]


def _alone(run: PhraseRequirement, *, in_names: bool) -> PhraseRequirement:
    return PhraseRequirement(run.words, is_alone=True, in_names=in_names) if len(run.words) == 1 else run


def _runs_of_cut(cut: Cut) -> Iterator[PhraseRequirement]:
    for left, right in cut:
        if right is None:
            yield from (PhraseRequirement((word,)) for word in _spelled_out(left))
        else:
            yield from (PhraseRequirement(pair) for pair in product(_spelled_out(left), _spelled_out(right)))


def _spelled_out(forms: WordForms) -> list[str]:
    return [*sorted(forms.keys), *(f"{prefix}*" for prefix in forms.prefixes)]


# -- cuts of a pattern ------------------------------------------------------------------------------------------------


def _cuts(pattern: Pattern) -> Iterator[Cut]:
    """Iterate over the cuts: at each inner node where two words meet, or else at each node where a word begins.

    An edge that leads past the node is in the cut with its rarest word. Marks stand in too many texts to be asked for.
    """
    nodes = range(len(pattern.edges) - 1)
    cuts = [cut for cut in (_cut_between_words(pattern, node) for node in nodes[1:]) if cut is not None]
    yield from cuts or [cut for cut in (_cut_at_word(pattern, node) for node in nodes) if cut is not None]


def _cut_between_words(pattern: Pattern, node: int) -> Cut | None:
    before = [edge.pieces[-1] for edges in pattern.edges for edge in edges if edge.target == node]
    after = [edge.pieces[0] for edge in pattern.edges[node]]
    has_mark = any(piece.is_mark for piece in (*before, *after))
    if has_mark or any(piece.prefixes for piece in before):
        return None
    return [(beside_another(_any_of(before)), beside_another(_any_of(after))), *_edges_past(pattern, node)]


def _cut_at_word(pattern: Pattern, node: int) -> Cut | None:
    edges = pattern.edges[node]
    if any(edge.pieces[0].is_mark for edge in edges):
        return None
    words = [edge.pieces[0] for edge in edges if len(edge.pieces) == 1]
    single: Cut = [(_any_of(words), None)] if words else []
    longer = [_rarest_of_edge(edge) for edge in edges if len(edge.pieces) > 1]
    return [*single, *longer, *_edges_past(pattern, node)]


def _edges_past(pattern: Pattern, node: int) -> Iterator[tuple[WordForms, WordForms | None]]:
    """Iterate over the rarest words of each edge that leads past a node."""
    for start in range(node):
        yield from (_rarest_of_edge(edge) for edge in pattern.edges[start] if edge.target > node)


def _rarest_of_edge(edge: Edge) -> tuple[WordForms, WordForms | None]:
    """Return the word of an edge, or the rarest two of its words next to each other."""
    if len(edge.pieces) == 1:
        return _any_of(edge.pieces), None
    forms = [beside_another(_any_of([piece])) for piece in edge.pieces]
    return min(pairwise(forms), key=lambda pair: pair_frequency(*map(_frequency, pair)))


def _any_of(pieces: Iterable[WordPattern]) -> WordForms:
    known = list(pieces)
    return WordForms(
        frozenset[str]().union(*(piece.keys for piece in known)),
        tuple(prefix for piece in known for prefix in piece.prefixes),
    )


def _frequency_of_cut(cut: Cut, of_pair: Callable[[float, float], float] = pair_frequency) -> float:
    return sum(of_pair(_frequency(left), _frequency(right)) if right else _frequency(left) for left, right in cut)


def _frequency(forms: WordForms) -> float:
    common = common_words()
    of_keys = [common.get(key, _RARE_ACRONYM if key[0] == CAPITAL else RARE) for key in forms.keys]
    return max(*of_keys, sum(map(frequency_of_beginning, forms.prefixes)), _RARE_ACRONYM)
