"""Precedence of the sources of one record: which revision counts, and whether a revision is news.

The revision that goes furthest counts: one with an answer before one without, a correction before the answer. Of
sources that reached the same stage, the preferred one counts (`monitor.parliament.identifiers.PRECEDENCE`), with its
latest revision. A source that repeats another one adds nothing new: its text is kept beside, and no subscriber is told
twice.
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
"""Stages of a record, the furthest last."""

_OTHER_WORDS: Final = frozenset({Event.HOLDING, Event.ANSWERED, Event.CORRECTED, Event.EDITED})


def source_rank(source: str) -> tuple[int, str]:
    """Return the sort key of a source, the preferred one first; sources outside of the table follow by name."""
    return PRECEDENCE.index(source) if source in PRECEDENCE else len(PRECEDENCE), source


def stage(proceeding: Proceeding) -> int:
    """Return the number of a proceeding's stage, to compare it with others."""
    return _STAGES.index(proceeding.state)


def latest_by_source(revisions: Iterable[SourceRevision]) -> list[SourceRevision]:
    """Return the latest revision of each source."""
    latest: dict[str, SourceRevision] = {}
    for revision in sorted(revisions, key=lambda revision: revision.id):
        latest[revision.source] = revision
    return list(latest.values())


def rank_revisions(revisions: Iterable[SourceRevision]) -> list[SourceRevision]:
    """Return the latest revision of each source; first the one that counts: it is shown, searched and waited on."""
    return sorted(
        latest_by_source(revisions),
        key=lambda revision: (-stage(revision.proceeding), source_rank(revision.source)),
    )


def preferred_revision(revisions: Sequence[Revision]) -> Revision:
    """Return the revision that counts. A record has at least one."""
    by_source = [
        SourceRevision(
            id=revision.id,
            source=revision.proceeding.source,
            proceeding=revision.proceeding,
            is_news=revision.is_news,
        )
        for revision in revisions
    ]
    preferred = rank_revisions(by_source)[0].id
    return next(revision for revision in revisions if revision.id == preferred)


def adds_nothing_new(
    source: str, before: Proceeding | None, after: Proceeding, others: Sequence[SourceRevision]
) -> bool:
    """Return whether a revision is no news after those of other sources, whatever its day.

    `before` is the latest revision from the same source.
    """
    now = stage(after)
    if now > max((stage(other.proceeding) for other in others), default=-1):
        return False
    if before is None:  # what only a backfill stored was told to no one
        return any(other.is_news and stage(other.proceeding) >= now for other in others)
    preferred = (other for other in latest_by_source(others) if source_rank(other.source) < source_rank(source))
    if any(stage(other.proceeding) >= now for other in preferred):
        return True
    was = stage(before)
    if was < now:
        return any(other.is_news and stage(other.proceeding) >= now for other in others)
    return was == now and any(other.is_news and _has_same_answer(other.proceeding, after) for other in others)


def _has_same_answer(before: Proceeding, after: Proceeding) -> bool:
    return _OTHER_WORDS.isdisjoint(classify(before, after))
