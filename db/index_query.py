"""A query's need in the languages of the databases: an expression for FTS5, a `tsquery` and `tsvector` for PostgreSQL.

Each may be met by texts that the need is not, never the other way round: what is found is looked at by the matcher. So an
index need not know marks, and what can't be asked in its language is left out. None stands for that: any text may do.
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
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from monitor.model.index_query import Need

DEEPEST: Final = 12
"""Brackets within brackets that are asked: the databases have bounds of their own, and few people write so many."""

LONGEST_QUERY: Final = 500_000
"""Bytes of an expression for PostgreSQL, which takes a million."""

LONGEST_WORD: Final = 255
"""Characters of a word that PostgreSQL is given: it takes 2,047 bytes."""

LONGEST_VECTOR: Final = 900_000
"""Bytes of a `tsvector`, as reckoned here; PostgreSQL takes 1,048,575."""

TOO_LONG: Final = "\ue001"
"""The only word of a text with more words than a `tsvector` can hold: such a text is among the finds of every query."""

_KNOWN: Final = "\u0500"
"""Letters before this one are letters to every version of every database."""

_NEIGHBOURS: Final = 2
"""Words that stand next to each other in an entry of a tail."""

_MOST_PAIRS: Final = 36
"""Pairs of words near each other that are asked for, each way to write one with each of the other."""

_LABELS: Final = dict(zip(PARTS, "ABCD", strict=True))


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
    return _joined(need, _phrase, (" AND ", " OR "), near=_near)


def tsquery(need: Need) -> str | None:
    """The `tsquery` for PostgreSQL. It asks for the words of a run, not for their order."""
    asked = _joined(need, _words, (" & ", " | "))
    if asked is None or len(asked.encode()) > LONGEST_QUERY:
        return None
    return f"{asked} | '{TOO_LONG}'"


def tsvector(forms: Mapping[str, str]) -> str:
    """The `tsvector` of a record's search forms; a word's places are the parts that it stands in."""
    places: dict[str, list[str]] = {}
    for number, (part, label) in enumerate(_LABELS.items(), 1):
        for word in {word[:LONGEST_WORD] for word in forms.get(part, "").replace(JOINED, "").split()}:
            places.setdefault(word, []).append(f"{number}{label}")
    words = [f"{_lexeme(word)}:{','.join(some)}" for word, some in places.items()]
    if sum(len(word.encode()) + 8 for word in words) > LONGEST_VECTOR:
        return f"'{TOO_LONG}':1"
    return " ".join(words)


def _joined(
    need: Need,
    leaf: Callable[[Run], str | None],
    operators: tuple[str, str],
    depth: int = 0,
    *,
    near: Callable[[NearBy], str | None] = lambda _: None,
) -> str | None:
    """A need with its leaves as `leaf` writes them, and `near` words that are near; where that can't, without distance."""
    if isinstance(need, Run):
        return leaf(need)
    if isinstance(need, NearBy):
        return near(need) or _joined(need.both, leaf, operators, depth)
    if depth == DEEPEST:
        return None
    asked = [_joined(one, leaf, operators, depth + 1, near=near) for one in need.needs]
    known = [one for one in asked if one is not None]
    is_all = isinstance(need, AllOf)
    if not known or (not is_all and len(known) < len(asked)):
        return None
    return known[0] if len(known) == 1 else f"({operators[not is_all].join(known)})"


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


def _words(run: Run) -> str | None:
    labels = "".join(label for part, label in _LABELS.items() if part in run.parts)
    asked = [_of_words(words, labels) for words in _ways(run)]
    if None in asked:
        return None
    return asked[0] if len(asked) == 1 else f"({' | '.join(filter(None, asked))})"


def _of_words(run: Sequence[str], labels: str) -> str | None:
    words, star = _without_star(run)
    last = len(words) - 1
    asked = [
        f"{_lexeme(word[:LONGEST_WORD])}{':' if labels or is_begun else ''}{'*' if is_begun else ''}{labels}"
        for number, word in enumerate(words)
        if _is_sure(word)
        for is_begun in [star and number == last]
    ]
    if not asked:
        return None
    return asked[0] if len(asked) == 1 else f"({' & '.join(asked)})"


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


def _lexeme(word: str) -> str:
    quoted = word.replace("\0", "").replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'"
