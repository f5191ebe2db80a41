"""Terms that can be read and were perhaps meant in another way, judged by what an archive has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.config.positions import lines_of_terms
from monitor.config.settings import TermProblem
from monitor.presentation.wording import count_up_to
from monitor.terms.parser import parse_query, parse_term
from monitor.terms.slips import find_slips, may_have_slips, strip_list_marks
from monitor.terms.tree import TermError, paste_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from monitor.config.settings import Config
    from monitor.terms.slips import Slip

MANY: Final = 200
"""Most records that are counted: it only matters that there are many."""


FEWEST: Final = 10
"""Records with both sides of an "and" that never stand side by side, for that to say anything."""

SELDOM: Final = 20
"""Ratio of records with the intended form to records with the typed form from which the latter look like chance."""

_MAY_BE_CHANCE: Final = ("and", "capitals")
_CHANCE: Final = MANY // SELDOM
"""Most records with the typed form that can look like chance, as no more than `MANY` with the intended form are counted."""

Counts: TypeAlias = "Callable[[Sequence[str], int], list[int]]"
"""Function that returns in how many records each of some terms is found, each counted up to a largest number."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A possible slip, with the number of records that have what was typed and what was perhaps meant.

    None: not counted, as there is no archive, or as the records with what was typed decide alone.
    """

    slip: Slip
    as_typed: int | None = None
    as_meant: int | None = None

    @property
    def is_misread(self) -> bool:
        """Return whether it is certainly a slip: no record has what was typed, and some have what was meant.

        A new phrase with "and" may occur tomorrow, so that alone is never certain.
        """
        return self.as_typed == 0 and bool(self.as_meant) and self.slip.kind != "and"

    @property
    def is_likely(self) -> bool:
        """Return whether it is worth mentioning unasked."""
        typed, meant = self.as_typed, self.as_meant
        if typed is None or not (typed or meant):
            return not self.slip.is_usual
        if self.slip.kind in _MAY_BE_CHANCE:
            fewest = max(typed * SELDOM, FEWEST if self.slip.kind == "and" else 0)
            return meant is not None and meant >= fewest
        return typed == 0 or self.slip.kind != "list"

    @property
    def said(self) -> str:
        """Sentences on how the term is read, what the archive has, and what to write."""
        typed, better = self.slip.said, paste_hint(self.slip.better)
        if self.as_typed:
            return (
                f"{typed}; {_records(self.as_typed)} {_have(self.as_typed)} that. You may mean something else. {better}"
            )
        none = f"; no record of the archive has that{_others(self.as_meant)}" if self.as_typed == 0 else ""
        return f"{typed}{none}. To look for it as it stands, write {self.slip.keep}. {better}"


def _others(count: int | None) -> str:
    return f", {_records(count)} {_have(count)} what you may mean" if count else ""


def _records(count: int) -> str:
    return count_up_to(MANY, count)


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def doubts(text: str, count: Callable[[str, int], int] | None = None, today: date | None = None) -> list[Doubt]:
    """Return the possible slips of a term; empty if it can't be read.

    `count`: number of records that a term finds, up to a limit; None if there is no archive. `today`: the term is a query.
    """
    if not may_have_slips(text):
        return []
    return [
        Doubt(slip, _as_typed(slip, count), count(slip.meant, MANY)) if count else Doubt(slip)
        for slip in _slips(text, today)
    ]


@lru_cache(maxsize=1_000)
def _slips(text: str, today: date | None) -> tuple[Slip, ...]:
    """Return the slips of a term, kept because each service judges the same terms again and again."""
    try:
        term = parse_query(text, today) if today else parse_term(text)
    except TermError:
        return ()
    return tuple(find_slips(term, today))


def _as_typed(slip: Slip, count: Callable[[str, int], int]) -> int:
    """Count the records with the phrase, within names of offices too."""
    if (found := count(slip.typed, MANY)) or slip.kind == "capitals":
        return found
    return count(_in_names(slip), MANY)


def misread_terms(config: Config, counts: Counts) -> list[TermProblem]:
    """Return the terms and exclusions that were certainly meant in another way.

    Counts no more than that takes: a long list has thousands that one record with what was typed clears of it.
    """
    slips = _slips_by_term(config)
    doubts = _doubts_without_records((slip for found in slips.values() for slip in found if slip.kind != "and"), counts)
    return _problems(config, lambda term: _first_misread(_known(slips.get(term, ()), doubts)))


def doubted_terms(config: Config, counts: Counts) -> tuple[list[TermProblem], list[str]]:
    """Return the terms and exclusions that were certainly meant in another way, and sentences about possible ones."""
    slips = _slips_by_term(config)
    every = [slip for found in slips.values() for slip in found]
    without = _doubts_without_records(every, counts)
    doubts = without | _doubts_with_records([slip for slip in every if slip not in without], counts)
    found = _problems(config, lambda term: _gravest(_known(slips.get(term, ()), doubts)))
    likely = [problem.text for problem in found if not problem.is_misread]
    return [problem for problem in found if problem.is_misread], likely


def _slips_by_term(config: Config) -> dict[str, tuple[Slip, ...]]:
    """Return the possible slips of all terms and exclusions that have some."""
    terms = dict.fromkeys(term for topic in config.topics for term in (*topic.written, *topic.exclude))
    found = {term: _slips(term, None) for term in terms if may_have_slips(term)}
    return {term: slips for term, slips in found.items() if slips}


def _known(slips: Iterable[Slip], doubts: Mapping[Slip, Doubt]) -> list[Doubt]:
    return [doubts[slip] for slip in slips if slip in doubts]


def _first_misread(found: Iterable[Doubt]) -> Doubt | None:
    """Return the first doubt that is certainly a slip."""
    return next((doubt for doubt in found if doubt.is_misread), None)


def _gravest(found: Sequence[Doubt]) -> Doubt | None:
    """Return the first doubt that is certainly a slip, or else the first that is worth mentioning."""
    return _first_misread(found) or next((doubt for doubt in found if doubt.is_likely), None)


def _doubts_without_records(slips: Iterable[Slip], counts: Counts) -> dict[Slip, Doubt]:
    """Return the doubts about those slips of which no record has what was typed, within names of offices either."""
    asked = list(dict.fromkeys(slips))
    never_typed = [slip for slip, count in _count_typed(asked, counts, 1).items() if not count]
    meant = counts([slip.meant for slip in never_typed], MANY)
    return {slip: Doubt(slip, 0, count) for slip, count in zip(never_typed, meant, strict=True)}


def _doubts_with_records(slips: Iterable[Slip], counts: Counts) -> dict[Slip, Doubt]:
    """Return the doubts about slips of which some record has what was typed, counted no further than it takes to judge.

    A phrase with "and" or in capitals that stands in more records than `_CHANCE` is no slip. Of other slips only the number
    of records with what was typed is told.
    """
    asked = list(dict.fromkeys(slips))
    by_chance = [slip for slip in asked if slip.kind in _MAY_BE_CHANCE]
    typed = _count_typed(by_chance, counts, _CHANCE + 1)
    typed |= _count_typed([slip for slip in asked if slip not in typed], counts, MANY)
    seldom = [slip for slip in by_chance if typed[slip] <= _CHANCE]
    meant = dict(zip(seldom, counts([slip.meant for slip in seldom], MANY), strict=True))
    return {slip: Doubt(slip, count, meant.get(slip)) for slip, count in typed.items()}


def _count_typed(slips: Sequence[Slip], counts: Counts, most: int) -> dict[Slip, int]:
    """Count the records with what was typed; within names of offices too, where there are no others."""
    typed = dict(zip(slips, counts([slip.typed for slip in slips], most), strict=True))
    in_names = [slip for slip, count in typed.items() if not count and slip.kind != "capitals"]
    return typed | dict(zip(in_names, counts([_in_names(slip) for slip in in_names], most), strict=True))


def _in_names(slip: Slip) -> str:
    return f'"{strip_list_marks(slip.typed)}"'


def _problems(config: Config, judge: Callable[[str], Doubt | None]) -> list[TermProblem]:
    """Return the doubts about the terms and exclusions, with the lines on which these stand."""
    found = [
        (topic.key, key, term, doubt)
        for topic in config.topics
        for key, terms in (("terms", topic.written), ("exclude", topic.exclude))
        for term in terms
        if (doubt := judge(term)) is not None
    ]
    if not found:
        return []
    line_of = lines_of_terms(config.path.read_text(encoding="utf-8-sig"))
    problems = []
    for topic, key, term, doubt in found:
        line = line_of(topic, key, term)
        problem = TermProblem(
            topic=topic,
            term=term,
            line=line,
            text=f"{config.path.name} line {line}: topics.{key}: {doubt.said}",
            reason=doubt.said,
            is_exclude=key == "exclude",
            caret=f"{term}\n{' ' * doubt.slip.position}^",
            is_misread=doubt.is_misread,
        )
        problems.append(problem)
    return problems
