"""Terms that can be read and were perhaps meant in another way, judged by what an archive has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.config.positions import lines_of_terms
from monitor.config.settings import TermProblem
from monitor.presentation.wording import count_up_to
from monitor.terms.parser import parse_query, parse_term
from monitor.terms.slips import find_slips, may_have_slips, strip_list_marks
from monitor.terms.tree import TermError, paste_hint

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from monitor.config.settings import Config
    from monitor.terms.slips import Slip

MANY: Final = 200
"""Most records that are counted: it only matters that there are many."""


FEWEST: Final = 10
"""Records with both sides of an "and" that never stand side by side, for that to say anything."""

SELDOM: Final = 20
"""Ratio of records with the intended form to records with the typed form from which the latter look like chance."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A possible slip, with the number of records that have what was typed and what was perhaps meant; None: not counted."""

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
        if typed is None or meant is None or not (typed or meant):
            return not self.slip.is_usual
        if self.slip.kind == "and":
            return meant >= FEWEST and typed * SELDOM <= meant
        if self.slip.kind == "capitals":
            return typed * SELDOM <= meant
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


def _as_typed(slip: Slip, count: Callable[[str, int], int], at_most: int = MANY) -> int:
    """Count the records with the phrase, within names of offices too."""
    if (found := count(slip.typed, at_most)) or slip.kind == "capitals":
        return found
    return count(f'"{strip_list_marks(slip.typed)}"', at_most)


def misread_terms(config: Config, count: Callable[[str, int], int]) -> list[TermProblem]:
    """Return the terms and exclusions that were certainly meant in another way.

    Counts no more than that takes: a long list has thousands that one record with what was typed clears of it.
    """
    return _problems(config, lambda term: _certain_doubt(term, count))


def doubted_terms(config: Config, count: Callable[[str, int], int]) -> tuple[list[TermProblem], list[str]]:
    """Return the terms and exclusions that were certainly meant in another way, and sentences about possible ones."""
    found = _problems(config, lambda term: _gravest_doubt(term, count))
    likely = [problem.text for problem in found if not problem.is_misread]
    return [problem for problem in found if problem.is_misread], likely


def _certain_doubt(term: str, count: Callable[[str, int], int]) -> Doubt | None:
    """Return the first slip of a term that is certainly one."""
    for slip in _slips(term, None) if may_have_slips(term) else ():
        if slip.kind == "and" or _as_typed(slip, count, at_most=1):
            continue
        doubt = Doubt(slip, 0, count(slip.meant, MANY))
        if doubt.is_misread:
            return doubt
    return None


def _gravest_doubt(term: str, count: Callable[[str, int], int]) -> Doubt | None:
    """Return the first slip of a term that is certainly one, or else the first that is worth mentioning."""
    found = doubts(term, count)
    misread = next((doubt for doubt in found if doubt.is_misread), None)
    return misread or next((doubt for doubt in found if doubt.is_likely), None)


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
