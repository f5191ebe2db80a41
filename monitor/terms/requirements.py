"""Words that a document must hold for a term to be found in it."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, pairwise, product
from os.path import commonprefix
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from monitor.model.index_query import AllOf, AnyOf, NearBy, Run
from monitor.terms.evaluate import PartNames, narrow_parts
from monitor.terms.tree import Both, Either, Family, Near, Phrase, Scope, Without
from monitor.text.tokens import CAPITAL, is_mark
from monitor.text.word_forms import spellings, word_forms
from monitor.text.word_frequency import _RARE, _by_chance, _together, common_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.model.index_query import Need
    from monitor.terms.compiled_phrase import Edge, Pattern, WordPattern
    from monitor.terms.tree import Node, Word


def need_of(node: Node, need_of_phrase: Callable[[Phrase], Need], parts: PartNames = None) -> Need | None:
    """What a document's search form must hold for a node to hold; None where anything will do."""
    match node:
        case Phrase():
            return _in_parts(need_of_phrase(node), parts)
        case Near(left=left, right=right, distance=distance):
            sides = [need_of(side, need_of_phrase, parts) for side in (left, right)]
            lefts, rights = map(_single_words, sides)
            return NearBy(lefts, rights, distance) if lefts and rights else _all(sides)
        case Both(operands=operands):
            return _all([need_of(one, need_of_phrase, parts) for one in operands])
        case Either(operands=operands) | Family(members=operands):
            needs = [need_of(one, need_of_phrase, parts) for one in operands]
            asked = tuple(one for one in needs if one is not None)
            return AnyOf(asked) if len(asked) == len(needs) else None
        case Without(wanted=wanted):
            return need_of(wanted, need_of_phrase, parts)
        case Scope(node=inner):
            return None if inner is None else need_of(inner, need_of_phrase, narrow_parts(node, parts))


def _single_words(need: Need | None) -> tuple[Run, ...]:
    """The words one of which is all that is needed; none where that is more, or stands in the tail alone."""
    match need:
        case Run(words=(word,), is_alone=True) if word[0] != CAPITAL:
            return (need,)
        case AnyOf(needs=needs):
            words = [_single_words(one) for one in needs]
            return tuple(chain(*words)) if all(words) else ()
        case _:
            return ()


def _all(needs: Iterable[Need | None]) -> Need | None:
    asked = tuple(one for one in needs if one is not None)
    return (AllOf(asked) if len(asked) > 1 else asked[0]) if asked else None


def _in_parts(need: Need, parts: PartNames) -> Need:
    if parts is None:
        return need
    match need:
        case Run():
            return replace(need, parts=parts)
        case AllOf(needs=needs):
            return AllOf(tuple(_in_parts(one, parts) for one in needs))
        case AnyOf(needs=needs):
            return AnyOf(tuple(_in_parts(one, parts) for one in needs))
        case NearBy(lefts=lefts, rights=rights, distance=distance):
            left, right = (tuple(replace(one, parts=parts) for one in side) for side in (lefts, rights))
            return NearBy(left, right, distance)


class WordForms(NamedTuple):
    """What a word may look like in the search form: one of `keys`, or a word that begins with one of `prefixes`."""

    keys: frozenset[str]
    prefixes: tuple[str, ...] = ()


_RARE_ACRONYM: Final = 0.1
_NOT_WORTH_IT: Final = 250
_NODES_OF_ONE: Final = 2


def plain_anchor(words: Sequence[Word]) -> tuple[tuple[str, ...], int]:
    """The needles of a phrase whose every word stands for itself, and the word (from 0) with which they begin."""
    weights = [common_words().get(word.text, _RARE) for word in words]
    # A beginning of a word can only be the second of two.
    pairs = [place for place in range(len(words) - 1) if not words[place].has_star]
    if not pairs:
        place = min(range(len(words)), key=weights.__getitem__)
        return tuple(_needles_of(seen_as(words[place]))), place
    place = min(pairs, key=lambda one: _together(weights[one], weights[one + 1]))
    left, right = beside(seen_as(words[place])), beside(seen_as(words[place + 1]))
    return tuple(_pair_needles(left, right)), place


def seen_as(word: Word) -> WordForms:
    """What one word of a plain phrase may look like."""
    if word.is_acronym:
        return WordForms(frozenset({f"{CAPITAL}{word.text}"}))
    if word.has_star:
        return WordForms(frozenset(), tuple(sorted(spellings(word.text, is_prefix=True))))
    return WordForms(word_forms(word.text))


def anchors(pattern: Pattern) -> list[tuple[str, ...]]:
    """The needles at each place that all paths of a phrase pass or leap over, the rarest place first.

    One needle of each place stands in every text in which the phrase is found. They end with whole words.
    """
    return [
        tuple(dict.fromkeys(f" {' '.join(run.words)} ".replace("* ", "") for run in _runs_of(cut)))
        for cut in sorted(_cuts(pattern), key=_weight_of_cut)
    ]


def _weight_of_cut(cut: _Cut, together: Callable[[float, float], float] = _together) -> float:
    return sum(together(_weight(left), _weight(right)) if right else _weight(left) for left, right in cut)


def need(pattern: Pattern, *, in_names: bool) -> Need:
    """What a document's search form must hold: something of every place that all paths pass or leap over.

    `in_names`: whether a single word counts within the name of an office too.

    What many answers have ("of the") is not asked for beside something rarer: reading where it stands takes an index
    longer than it spares.
    """
    needs = []
    is_single = len(pattern.edges) == _NODES_OF_ONE
    cuts = list(_cuts(pattern))
    rarest = min(cuts, key=_weight_of_cut)
    for cut in cuts:
        if cut is not rarest and _weight_of_cut(cut, _by_chance) > _NOT_WORTH_IT:
            continue
        runs = tuple(dict.fromkeys(_alone(run, in_names=in_names) if is_single else run for run in _runs_of(cut)))
        needs.append(AnyOf(runs) if len(runs) > 1 else runs[0])
    return AllOf(tuple(needs)) if len(needs) > 1 else needs[0]


def _alone(run: Run, *, in_names: bool) -> Run:
    return Run(run.words, is_alone=True, in_names=in_names) if len(run.words) == 1 else run


def _runs_of(cut: _Cut) -> Iterator[Run]:
    for left, right in cut:
        yield from _runs(left, right)


def _runs(left: WordForms, right: WordForms | None) -> Iterator[Run]:
    lefts = [*sorted(left.keys), *(f"{prefix}*" for prefix in left.prefixes)]
    if right is None:
        yield from (Run((word,)) for word in lefts)
    else:
        rights = [*sorted(right.keys), *(f"{prefix}*" for prefix in right.prefixes)]
        yield from (Run(pair) for pair in product(lefts, rights))


_Cut: TypeAlias = "list[tuple[WordForms, WordForms | None]]"
"""Words, or two next to each other, of which one stands on each path of a pattern."""


def _cuts(pattern: Pattern) -> Iterator[_Cut]:
    """A cut for each node within the phrase where two words meet; else one for each node where a word begins.

    An edge that leaps over the node is there with its rarest word. Marks stand in too many texts to be asked for.
    """
    nodes = range(len(pattern.edges) - 1)
    pairs = [_meeting(pattern, node) for node in nodes[1:]]
    known = [cut for cut in pairs if cut is not None] or [
        cut for cut in (_beginning(pattern, node) for node in nodes) if cut is not None
    ]
    yield from known


def _meeting(pattern: Pattern, node: int) -> _Cut | None:
    before = [edge.pieces[-1] for edges in pattern.edges for edge in edges if edge.target == node]
    after = [edge.pieces[0] for edge in pattern.edges[node]]
    if any(piece.is_mark for piece in (*before, *after)) or any(piece.prefixes for piece in before):
        return None
    return [(beside(_any_of(before)), beside(_any_of(after))), *_leaps(pattern, node)]


def _beginning(pattern: Pattern, node: int) -> _Cut | None:
    edges = pattern.edges[node]
    if any(edge.pieces[0].is_mark for edge in edges):
        return None
    words = [edge.pieces[0] for edge in edges if len(edge.pieces) == 1]
    longer = [_rarest_of(edge) for edge in edges if len(edge.pieces) > 1]
    return [*([(_any_of(words), None)] if words else []), *longer, *_leaps(pattern, node)]


def _leaps(pattern: Pattern, node: int) -> Iterator[tuple[WordForms, WordForms | None]]:
    """The rarest of each edge that leads past a node."""
    for start in range(node):
        yield from (_rarest_of(edge) for edge in pattern.edges[start] if edge.target > node)


def _rarest_of(edge: Edge) -> tuple[WordForms, WordForms | None]:
    """The word of an edge, or the rarest two next to each other."""
    seen = [beside(_any_of([piece])) for piece in edge.pieces]
    if len(seen) == 1:
        return _any_of(edge.pieces), None
    return min(pairwise(seen), key=lambda pair: _together(*map(_weight, pair)))


def _any_of(pieces: Iterable[WordPattern]) -> WordForms:
    some = list(pieces)
    return WordForms(
        frozenset[str]().union(*(piece.keys for piece in some)),
        tuple(prefix for piece in some for prefix in piece.prefixes),
    )


def beside(seen: WordForms) -> WordForms:
    """The same next to another word: an acronym's second token stands elsewhere, the acronym itself in small letters."""
    capitals = {key for key in seen.keys if key[0] == CAPITAL}
    if not capitals:
        return seen
    small = {form for key in capitals for form in (key[1:], f"{key[1:]}s")}
    return WordForms((seen.keys - capitals) | small, seen.prefixes)


def _weight(seen: WordForms) -> float:
    """In how many of 1,000 answers it stands, roughly."""
    common = common_words()
    keys = max((common.get(key, _RARE_ACRONYM if key[0] == CAPITAL else _RARE) for key in seen.keys), default=0.0)
    prefixes = [count for prefix in seen.prefixes for word, count in common.items() if word.startswith(prefix)]
    return max(keys, sum(prefixes), _RARE_ACRONYM)


def _needles_of(seen: WordForms) -> Iterator[str]:
    yield from (f" {key} " for key in sorted(seen.keys))
    yield from (f" {prefix}" for prefix in seen.prefixes)


_FEW: Final = 8


def _pair_needles(left: WordForms, right: WordForms) -> Iterator[str]:
    """Two words in all their forms; where these are many, the second cut to what they have in common."""
    if len(left.keys) * len(right.keys) <= _FEW:
        ends = [*(f"{key} " for key in sorted(right.keys)), *right.prefixes]
    else:
        ends = [commonprefix(sorted(right.keys)), *right.prefixes]  # noqa: RUF071 - of words, letter by letter
    yield from (f" {key} {end}" for key in sorted(left.keys) for end in ends)


def is_plain(phrase: Phrase) -> bool:
    """Whether each word of a phrase can only be found as one word of a text, equivalents aside."""
    return not phrase.is_quoted and not any(
        word.is_hyphened or is_mark(word.text) or "&" in word.written for word in phrase.words
    )
