"""Several sources of one record: whose word counts, and what of it is news. Everything here is a function of values.

What goes furthest counts: an answer before none, a correction before the answer. Of sources that tell the same stage the
better one counts (`monitor.parliament.identifiers.PRECEDENCE`), with what it told last. A source that tells what
another told
before is a second witness: its text is kept beside, and nobody is told twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.model.records import Event, SourceRevision, State
from monitor.parliament.identifiers import PRECEDENCE
from monitor.parliament.lifecycle import classify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.model.records import Proceeding, Revision

_STAGES: Final = (
    State.TABLED,
    State.HOLDING,
    State.LAPSED,
    State.ANSWERED,
    State.CORRECTED,
    State.WITHDRAWN,
)
"""How far a record is, the furthest last."""

_OTHER_WORDS: Final = frozenset({Event.HOLDING, Event.ANSWERED, Event.CORRECTED, Event.EDITED})


def source_rank(source: str) -> tuple[int, str]:
    """Sorts sources that tell the same, the best first; those that have no place in the table by name, behind it."""
    return PRECEDENCE.index(source) if source in PRECEDENCE else len(PRECEDENCE), source


def stage(proceeding: Proceeding) -> int:
    """How far it is; only to be compared."""
    return _STAGES.index(proceeding.state)


def latest_by_source(told: Iterable[SourceRevision]) -> list[SourceRevision]:
    """What each source told last."""
    found: dict[str, SourceRevision] = {}
    for one in sorted(told, key=lambda one: one.id):
        found[one.source] = one
    return list(found.values())


def rank_revisions(told: Iterable[SourceRevision]) -> list[SourceRevision]:
    """What each source told last; first the revision that counts: it is shown, searched by, and waited on."""
    return sorted(latest_by_source(told), key=lambda one: (-stage(one.proceeding), source_rank(one.source)))


def preferred_revision(revisions: Sequence[Revision]) -> Revision:
    """The one that counts, of at least one revision of a record."""
    told = [
        SourceRevision(id=one.id, source=one.proceeding.source, proceeding=one.proceeding, is_news=one.is_news)
        for one in revisions
    ]
    number = rank_revisions(told)[0].id
    return next(one for one in revisions if one.id == number)


def adds_nothing_new(
    source: str, before: Proceeding | None, after: Proceeding, others: Sequence[SourceRevision]
) -> bool:
    """Whether a revision tells nothing that is news after what other sources told so far, whatever its day.

    `before`: what the source told last itself.
    """
    now = stage(after)
    if now > max((stage(one.proceeding) for one in others), default=-1):
        return False
    if before is None:
        return True
    if any(
        source_rank(one.source) < source_rank(source) and stage(one.proceeding) >= now
        for one in latest_by_source(others)
    ):
        return True
    was = stage(before)
    if was < now:
        return any(one.is_news and stage(one.proceeding) >= now for one in others)
    return was == now and any(one.is_news and _has_same_answer(one.proceeding, after) for one in others)


def _has_same_answer(one: Proceeding, other: Proceeding) -> bool:
    return _OTHER_WORDS.isdisjoint(classify(one, other))
