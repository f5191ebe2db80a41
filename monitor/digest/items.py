"""Items of a digest, made from what is owed: with the earlier answer, and the answers that it refers to or repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model.digests import Item
from monitor.model.records import State
from monitor.parliament.calendar import LONDON
from monitor.presentation.near_duplicates import brief_exceptions
from monitor.text.similarity import NEAR_FROM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.archive import Archive
    from monitor.model.archive import PendingItem
    from monitor.model.records import Proceeding, Revision
    from monitor.model.watching import Subscriber


def item_of(archive: Archive, subscriber: Subscriber, owed: PendingItem, *, finds_earlier_records: bool) -> Item:
    """Make the item of what is owed. `finds_earlier_records`: look for the same answer in earlier records."""
    newest = owed.newest
    return Item(
        revision=newest,
        events=owed.events,
        matches=owed.matches,
        topics=tuple(key for key in subscriber.topics if key in owed.topics),
        before=owed.before,
        told_on=owed.told_at.astimezone(LONDON).date() if owed.told_at else None,
        earlier=_last_other_answer(owed, owed.revisions) or _replaced_answer(archive, owed),
        refers_to=_referred_answer(archive, newest.proceeding) if newest.proceeding.answer else None,
        said_before=_said_before(archive, newest) if finds_earlier_records else None,
    )


def rows_of(owed: PendingItem) -> list[tuple[int, int]]:
    """Return the (revision, proceeding) row ids that count as told with an item: the owed revisions and the newest."""
    ids = {revision.id for revision in owed.revisions} | {owed.newest.id}
    return [(revision_id, owed.proceeding_id) for revision_id in sorted(ids)]


def _last_other_answer(owed: PendingItem, revisions: Sequence[Revision]) -> Revision | None:
    """Return the last answer among the revisions that differs from the newest one."""
    answer = owed.newest.proceeding.answer
    for revision in reversed(revisions):
        proceeding = revision.proceeding
        is_answer = proceeding.answered_on and not proceeding.is_holding
        if is_answer and proceeding.answer not in (None, answer):
            return revision
    return None


def _replaced_answer(archive: Archive, owed: PendingItem) -> Revision | None:
    """Return the answer that a correction replaced, if it was never sent and the source does not give it."""
    corrected = owed.newest.proceeding
    if owed.before is not None or corrected.state is not State.CORRECTED or corrected.original_answer:
        return None
    earlier = [
        revision
        for revision in archive.records.revisions(owed.proceeding_id)
        if revision.id < owed.newest.id and revision.proceeding.source == corrected.source
    ]
    return _last_other_answer(owed, earlier)


def _referred_answer(archive: Archive, proceeding: Proceeding) -> Proceeding | None:
    """Return the answer that this one refers to; None if it is not clear which of several is meant."""
    answers = [cited for cited in archive.cross_references.cited(proceeding) if cited.answer]
    if not answers or (len(answers) > 1 and answers[0].column):
        return None
    return answers[0]


def _said_before(archive: Archive, revision: Revision) -> Proceeding | None:
    """Return the latest record of an earlier day with the same answer, otherwise the one with the most similar answer."""
    now = revision.proceeding
    if now.state not in (State.ANSWERED, State.CORRECTED) or now.answered_on is None:
        return None
    if len((now.answer or "").split()) < NEAR_FROM:
        return None
    if equal := archive.similar.equal(revision, before=now.answered_on, at_most=1):
        return equal[0].proceeding
    for similar in archive.similar.near(revision, before=now.answered_on):
        proceeding = similar.revision.proceeding
        if brief_exceptions(proceeding.answer or "", now.answer or ""):
            return proceeding
    return None
