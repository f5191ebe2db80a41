"""Query for the search index: what a search needs, as an expression for FTS5.

The expression may be met by texts that do not hold what is needed, never the other way round: the matcher looks at what is
found. So what FTS5 can't be asked, such as marks, is left out; None stands for an expression that any text may meet.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final

from monitor.model.index_query import AllOf, AnyOf, NearBy, Run
from monitor.model.records import PARTS
from monitor.text.index_form import DENSE, span_of, ways
from monitor.text.search_form import JOINED
from monitor.text.tokens import SHORTEST_JOINED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.model.index_query import Need

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


def within(need: Need, parts: frozenset[str]) -> Need:
    """What a document of these parts alone must hold; NOWHERE where it can't."""
    if isinstance(need, Run):
        common = need.parts & parts if need.parts else parts
        return replace(need, parts=common) if common else NOWHERE
    if isinstance(need, NearBy):
        lefts, rights = (_runs_within(side, parts) for side in (need.lefts, need.rights))
        return NearBy(lefts, rights, need.distance) if lefts and rights else NOWHERE
    needs = [within(one, parts) for one in need.needs]
    if isinstance(need, AllOf):
        return NOWHERE if NOWHERE in needs else AllOf(tuple(needs))
    return AnyOf(tuple(one for one in needs if one != NOWHERE))


def _runs_within(runs: Sequence[Run], parts: frozenset[str]) -> tuple[Run, ...]:
    return tuple(one for one in (within(run, parts) for run in runs) if isinstance(one, Run))


def parts_asked(need: Need) -> frozenset[str]:
    """The parts in which words are asked for."""
    if isinstance(need, Run):
        return frozenset(need.parts or PARTS)
    if isinstance(need, NearBy):
        return parts_asked(need.both)
    return frozenset().union(*map(parts_asked, need.needs))


def fts5(need: Need) -> str | None:
    """The expression for SQLite's FTS5; its tokens are what "unicode61" makes of the words, on both sides."""
    return _expression(need)


def _expression(need: Need, depth: int = 0) -> str | None:
    if isinstance(need, Run):
        return _phrase(need)
    if isinstance(need, NearBy):
        return _near(need) or _expression(need.both, depth)
    if depth == DEEPEST:
        return None
    asked = [_expression(part, depth + 1) for part in need.needs]
    known = [part for part in asked if part is not None]
    is_all = isinstance(need, AllOf)
    if not known or (not is_all and len(known) < len(asked)):
        return None
    return known[0] if len(known) == 1 else f"({(' AND ' if is_all else ' OR ').join(known)})"


def _phrase(run: Run) -> str | None:
    if run.parts and run.parts.isdisjoint(PARTS):
        return None
    said = [_said(words) for way in _ways(run) for words in _joined_or_not(way)]
    if None in said:
        return None
    where = _where(run.parts)
    return f"{where}{said[0]}" if len(said) == 1 else f"{where}({' OR '.join(filter(None, said))})"


def _joined_or_not(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """One or two words as they may stand in the index, where what hyphens join has a sign; of more only the tail has any."""
    if len(words) > _NEIGHBOURS:
        yield words
        return
    yield from product(*((word, f"{JOINED}{word}") if _may_be_joined(word) else (word,) for word in words))


def _may_be_joined(word: str) -> bool:
    return word[:1].isalnum() and (word[-1] == "*" or len(word) >= SHORTEST_JOINED)


def _near(need: NearBy) -> str | None:
    """Both words near each other as the index counts, or where that tells nothing: one is joined, or a part is dense."""
    lefts, rights = ([_said(way) for run in side for way in _ways(run)] for side in (need.lefts, need.rights))
    pairs = list(product(lefts, rights))
    if len(pairs) > _MOST_PAIRS or any(None in pair for pair in pairs):
        return None
    left, right = map(_any_of, (need.lefts, need.rights))
    left_joined, right_joined = (_any_of(side, only_joined=True) for side in (need.lefts, need.rights))
    asked = [
        *(f"NEAR({one} {other}, {span_of(need.distance)})" for one, other in pairs),
        *([f"({left_joined} AND {right})"] if left_joined else []),
        *([f"({left} AND {right_joined})"] if right_joined else []),
        f'("{DENSE}" AND {left} AND {right})',
    ]
    return f"{_where(need.lefts[0].parts)}({' OR '.join(asked)})"


def _any_of(runs: Iterable[Run], *, only_joined: bool = False) -> str:
    read = [way for run in runs for way in _ways(run)]
    words = [words for way in read for words in _joined_or_not(way) if not only_joined or words != way]
    return f"({' OR '.join(filter(None, map(_said, words)))})" if words else ""


def _where(parts: frozenset[str]) -> str:
    return f"{{{' '.join(part for part in PARTS if part in parts)}}} : " if parts else ""


def _said(run: Sequence[str]) -> str | None:
    words, star = _without_star(run)
    if not any(map(_is_sure, words)):
        return None
    said = " ".join(words).replace("\0", " ").replace('"', '""')
    return f'"{said}"{" *" if star else ""}'


def _ways(run: Run) -> list[tuple[str, ...]]:
    """The words of a run as the index may have them: in the formula of a question and in names too, where they may count."""
    in_formula = not run.is_alone and (not run.parts or "question" in run.parts)
    return list(ways(run.words, in_formula=in_formula, in_names=run.in_names or not run.is_alone))


def _without_star(run: Sequence[str]) -> tuple[list[str], bool]:
    """The words, and whether the last is only begun."""
    words = list(run)
    star = bool(words) and words[-1].endswith("*")
    if star:
        words[-1] = words[-1].removesuffix("*")
    return words, star


def _is_sure(word: str) -> bool:
    """Whether every index takes this for a word: not a mark, and not only letters of a script that it may not know."""
    return any(letter < _KNOWN and letter.isalnum() for letter in word)
