"""What else in the archive is like a record: the same answer elsewhere, nearly the same, and the same question before.

Bounded: of what has thousands of equals a few are told, and how many there are up to a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model.index_query import AnyOf, Run
from monitor.presentation.excerpt import question_start
from monitor.text.search_form import search_form
from monitor.text.similarity import likeness, runs_of, words_of

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.archive import Alike
    from monitor.model.records import Proceeding, Revision

SHOWN = 5
"""Records of each kind that are named."""

COUNTED = 1_000
"""So many records with the same answer are counted; of more it is said that there are more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A record that has nearly the words of another; `share`: of the words of both, those they have in common."""

    proceeding: Proceeding
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Kindred:
    """What is like a record.

    `equal`: records with the same answer, the earliest first, no more than `SHOWN` of the `equals` there are; `COUNTED` and
    one stand for more than can be counted. `near`: those with nearly the same, the nearest first. `asked`: those of the same
    House whose question, tabled before, has the same words, or nearly, the latest first.
    """

    equal: tuple[Proceeding, ...] = ()
    equals: int = 0
    near: tuple[Near, ...] = ()
    asked: tuple[Near, ...] = ()


def kindred(archive: Archive, revision: Revision) -> Kindred:
    """What is like a record in this state of it."""
    return Kindred(
        equal=tuple(one.proceeding for one in archive.similar.equal(revision, at_most=SHOWN)),
        equals=len(archive.similar.equal_ids(revision, at_most=COUNTED + 1)),
        near=tuple(map(_near, archive.similar.near(revision)[:SHOWN])),
        asked=tuple(asked_before(archive, revision)[:SHOWN]),
    )


def asked_before(archive: Archive, revision: Revision) -> list[Near]:
    """The questions of the same House, tabled before, that have the same words or nearly, the latest first.

    What stands before the question itself, "To ask the Secretary of State for Transport,", does not count.
    """
    own = revision.proceeding
    words, form = _asked(own)
    needs = tuple(Run(run, frozenset({"question"})) for run in runs_of(form))
    if own.tabled_on is None or not needs:
        return []
    found = []
    for other in archive.similar.with_words(AnyOf(needs)):
        it = other.proceeding
        is_before = it.tabled_on is not None and it.tabled_on < own.tabled_on
        if is_before and it.house is own.house and (share := likeness(words, _asked(it)[0])):
            found.append(Near(proceeding=it, share=share))
    return sorted(found, key=lambda one: (one.proceeding.tabled_on, one.proceeding.id), reverse=True)


def _near(one: Alike) -> Near:
    return Near(proceeding=one.revision.proceeding, share=one.share)


def _asked(it: Proceeding) -> tuple[list[str], str]:
    """The words of a question, and its search form."""
    text = it.question or ""
    form = search_form(text[question_start(text) :])
    return words_of(form), form
