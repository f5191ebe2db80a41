"""One day as a reader has it: without what they have dealt with, and without what they muted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.model.following import FollowKind, FollowReason
from monitor.research.following import dealt_with
from monitor.research.mutes import hiding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.following import Mute
    from monitor.model.records import Proceeding
    from monitor.model.search import Hit
    from monitor.model.watching import Match
    from monitor.research.days import DayOfTopics
    from monitor.research.promise_days import PromisesOfDay
    from monitor.research.promises import LedgerEntry
    from monitor.research.records import WaitingQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderDay:
    """A day of a reader, with the number of records that are left out of it: dealt with, and muted."""

    day: DayOfTopics
    promises: PromisesOfDay
    done: int = 0
    muted: int = 0


def day_of_reader(archive: Archive, day: DayOfTopics, promises: PromisesOfDay, reader: str) -> ReaderDay:
    """Leave out what a reader (by key) need not act on any more, and what they do not want to be told.

    A change is never hidden by a mute: they may have quoted the text.
    """
    sieve = _Sieve(archive, reader, day.day)
    own = replace(
        day,
        changed=tuple(hit for hit in day.changed if not sieve.is_done(hit.proceeding_id)),
        answers=tuple(sieve.hits(day.answers)),
        mentions=tuple(sieve.hits(day.mentions)),
        questions=tuple(sieve.hits(day.questions)),
        newly_late=tuple(sieve.waiting(day.newly_late)),
        due_today=tuple(sieve.waiting(day.due_today)),
        due_soon=tuple(sieve.waiting(day.due_soon)),
        letters=tuple(sieve.waiting(day.letters)),
        ahead=tuple(sieve.hits(day.ahead)),
    )
    kept = replace(
        promises,
        overdue=tuple(sieve.entries(promises.overdue)),
        due=tuple(sieve.entries(promises.due)),
        settled=tuple(sieve.entries(promises.settled)),
        coming=tuple(sieve.entries(promises.coming)),
    )
    return ReaderDay(day=own, promises=kept, done=len(sieve.done), muted=len(sieve.muted))


class _Sieve:
    """Lets pass what a reader is shown. `done`, `muted`: row ids of the records that it kept back."""

    def __init__(self, archive: Archive, reader: str, day: date) -> None:
        self._day = day
        self._settled = dealt_with(archive, reader)
        self._mutes: list[Mute] = archive.choices.mutes(reader)
        self._follows = {
            thing.record.id: FollowReason(kind=thing.target.kind, name=thing.target.ref)
            for thing in archive.following.listing(reader)
            if thing.record and thing.target.kind in (FollowKind.RECORD, FollowKind.PROMISE)
        }
        self.done: set[int] = set()
        self.muted: set[int] = set()

    def is_done(self, row: int) -> bool:
        """Return whether a record is dealt with, and count it."""
        if row in self._settled:
            self.done.add(row)
        return row in self._settled

    def hits(self, hits: Iterable[Hit]) -> Iterable[Hit]:
        """Give records to read: one that was dealt with may still be read."""
        return [hit for hit in hits if not self._is_muted(hit.proceeding_id, hit.revision.proceeding, hit.matches)]

    def waiting(self, questions: Iterable[WaitingQuestion]) -> Iterable[WaitingQuestion]:
        """Give questions that wait, and answers with a promised letter."""
        for waiting in questions:
            question = waiting.question
            is_muted = self._is_muted(question.proceeding_id, question.proceeding, question.matches)
            if not is_muted and not self.is_done(question.proceeding_id):
                yield waiting

    def entries(self, entries: Iterable[LedgerEntry]) -> Iterable[LedgerEntry]:
        """Give promises, by the records that said them last."""
        for entry in entries:
            promise = entry.now
            if not self._is_muted(promise.proceeding_id, promise.record, ()) and not self.is_done(
                promise.proceeding_id
            ):
                yield entry

    def _is_muted(self, row: int, record: Proceeding, matches: Sequence[Match]) -> bool:
        reason = self._follows.get(record.id)
        is_muted = hiding(self._mutes, record, matches, self._day, follows=(reason,) if reason else ()) is not None
        if is_muted:
            self.muted.add(row)
        return is_muted
