"""Reads of the archive that the digests of one compose share: what is the same for several readers is asked once.

The archive holds the same records for all digests of a compose, since a run alone stores records. What is read is kept for
as long as the compose lasts: of what was published no more than `MOST_KEPT` of a kind, and the questions that wait.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from monitor.model.digests import OpenQuestion, ReadBefore
from monitor.model.promises import PromiseState
from monitor.model.records import State
from monitor.parliament.calendar import LONDON
from monitor.parliament.promises.letters import CUES, WATCHED_DAYS, letter_awaited_on
from monitor.parliament.promises.state import state_on
from monitor.presentation.differences import brief_exceptions
from monitor.text.similarity import NEAR_FROM

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.digests import PendingItem
    from monitor.model.promises import ComingPromise, Promise
    from monitor.model.records import Proceeding, Revision
    from monitor.model.watching import Subscriber

_K = TypeVar("_K")
_T = TypeVar("_T")

MOST_KEPT: Final = 5_000
"""Things of one kind that are kept: some tens of megabytes of records."""

TOLD: Final = frozenset({PromiseState.DUE, PromiseState.OVERDUE, PromiseState.KEPT})
"""States of a promise that a digest tells of, each once."""


class BoundedCache(Generic[_K, _T]):
    """Cache of what was made, by key. When it is full, what was made first goes."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: dict[_K, _T] = {}

    def get(self, key: _K, make: Callable[[], _T]) -> _T:
        """Return the thing of a key. It is made where it is not kept."""
        if key in self._kept:
            return self._kept[key]
        made = make()
        self._keep(key, made)
        return made

    def get_all(self, keys: Iterable[_K], read: Callable[[list[_K]], Mapping[_K, _T]]) -> dict[_K, _T]:
        """Return the things of some keys, in this order. What is not kept is read at once; some may not be there."""
        wanted = dict.fromkeys(keys)
        found = {key: self._kept[key] for key in wanted if key in self._kept}
        if missing := [key for key in wanted if key not in found]:
            added = read(missing)
            for key, thing in added.items():
                self._keep(key, thing)
            found |= added
        return {key: found[key] for key in wanted if key in found}

    def _keep(self, key: _K, thing: _T) -> None:
        if len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = thing


class SharedReads:
    """Reads of the archive that several digests share. `today`: the day of the compose."""

    def __init__(self, archive: Archive, today: date) -> None:
        self._archive = archive
        self.today = today
        self._read_before = ReadBefore()
        self._open: dict[int, OpenQuestion] = {}
        self._letters: dict[int, tuple[OpenQuestion, date] | None] = {}
        self._earlier: BoundedCache[int, Proceeding | None] = BoundedCache()
        self._referred: BoundedCache[int, Proceeding | None] = BoundedCache()
        self._groups: BoundedCache[int, Sequence[Promise]] = BoundedCache()
        self._promises: BoundedCache[int, Sequence[Promise]] = BoundedCache()
        self._coming_on: BoundedCache[str, list[ComingPromise]] = BoundedCache()

    # -- questions ----------------------------------------------------------------------------------------------------

    def open_questions(self, subscriber: Subscriber, *, has_followed: bool = True) -> list[OpenQuestion]:
        """Return the open questions on a subscriber's topics, and those that they follow, in no order.

        `has_followed`: they follow something, or did.
        """
        ids = _of_topics(self._open_by_topic, subscriber.topics)
        if has_followed:
            ids |= dict.fromkeys(self._archive.digests.followed_questions(subscriber.key))
        if missing := [record for record in ids if record not in self._open]:
            self._open |= {question.proceeding_id: question for question in self._archive.digests.questions(missing)}
        topics = frozenset(subscriber.topics)
        return [_for_reader(self._open[record], topics) for record in ids]

    def promised_letters(self, subscriber: Subscriber) -> list[tuple[OpenQuestion, date]]:
        """Return the answers on a subscriber's topics that promise a letter, with the day of the promise, in no order."""
        ids = _of_topics(self._answered_by_topic, subscriber.topics)
        if missing := [record for record in ids if record not in self._letters]:
            promised = {
                question.proceeding_id: (question, promised_on)
                for question in self._archive.digests.questions(missing)
                if (promised_on := letter_awaited_on(question.proceeding))
            }
            self._letters |= {record: promised.get(record) for record in missing}
        topics = frozenset(subscriber.topics)
        letters = filter(None, (self._letters[record] for record in ids))
        return [(_for_reader(question, topics), promised_on) for question, promised_on in letters]

    @cached_property
    def _open_by_topic(self) -> dict[str, list[int]]:
        return self._archive.digests.open_by_topic()

    @cached_property
    def _answered_by_topic(self) -> dict[str, list[int]]:
        return self._archive.digests.answered_by_topic(CUES, self.today - timedelta(days=WATCHED_DAYS))

    # -- items that are owed ------------------------------------------------------------------------------------------

    def pending(self, subscriber: str) -> list[PendingItem]:
        """List the items that are owed to a subscriber (by key) now, one for each record."""
        if len(self._read_before) > MOST_KEPT:
            self._read_before = ReadBefore()
        return self._archive.pending.items(subscriber, self._read_before)

    # -- records ------------------------------------------------------------------------------------------------------

    def said_before(self, revision: Revision) -> Proceeding | None:
        """Return the latest record of an earlier day with the same answer, otherwise that with the most similar one."""
        return self._earlier.get(revision.id, lambda: _said_before(self._archive, revision))

    def referred_answer(self, revision: Revision) -> Proceeding | None:
        """Return the answer that another one refers to; None if it is not clear which of several is meant."""
        if not revision.proceeding.answer:
            return None
        return self._referred.get(revision.id, lambda: _referred_answer(self._archive, revision.proceeding))

    def revisions_of(self, proceeding_id: int) -> list[Revision]:
        """Return all revisions of a record, of every source, oldest first."""
        return self._archive.records.revisions(proceeding_id)

    # -- promises -----------------------------------------------------------------------------------------------------

    def coming_promises(
        self, subscriber: str, told_late: Collection[int], *, has_followed: bool
    ) -> list[tuple[Sequence[Promise], date]]:
        """Return the groups that may be due, overdue or kept for a subscriber, each with the day from which it is watched.

        They are on one of their topics, or followed. The day is that on which the ledger reached the promise, or a later one
        on which the topic or the term was added for them. `told_late`: promises that a digest told them of as late.
        `has_followed`: they follow something, or did.
        """
        since: dict[int, date] = {}

        def note(promise: ComingPromise, added_on: date) -> None:
            if promise.is_decided or promise.number not in told_late:
                watched = max(promise.noted_on, min(added_on, self.today))
                since[promise.first] = min(since.get(promise.first, watched), watched)

        for topic, listed_at in self._archive.promises.watched_since(subscriber).items():
            for promise in self._coming_on.get(topic, partial(self._coming, topic)):
                note(promise, max(promise.added_at, listed_at).astimezone(LONDON).date())
        if has_followed:
            for promise in self._archive.promises.followed_news(subscriber, self.today):
                note(promise, promise.added_at.astimezone(LONDON).date())
        groups = self.groups(since)
        return [(groups[first], since[first]) for first in sorted(since) if first in groups]

    def groups(self, firsts: Iterable[int]) -> dict[int, Sequence[Promise]]:
        """Return promises with their repetitions, oldest first, by the row ids of the first ones."""
        return self._groups.get_all(firsts, self._read_groups)

    def promises_of(self, proceeding_ids: Iterable[int]) -> dict[int, Sequence[Promise]]:
        """Return the promises of records by the row ids of these, in the order of the text."""
        return self._promises.get_all(proceeding_ids, self._read_promises)

    def _read_groups(self, firsts: Sequence[int]) -> dict[int, Sequence[Promise]]:
        return {group[0].group: group for group in self._archive.promises.groups(firsts)}

    def _read_promises(self, proceeding_ids: Sequence[int]) -> dict[int, Sequence[Promise]]:
        found = self._archive.promises.of_records(proceeding_ids)
        return {record: found.get(record, ()) for record in proceeding_ids}  # it is kept too that a record has none

    def _coming(self, topic: str) -> list[ComingPromise]:
        """Return the promises on a topic that may be news today. Most of those offered are not due yet."""
        offered = self._offered_by_topic.get(topic, ())
        groups = self._archive.promises.outlines(promise.first for promise in offered)
        told = {group[0].group for group in groups if state_on(group, self.today) in TOLD}
        return [promise for promise in offered if promise.first in told]

    @cached_property
    def _offered_by_topic(self) -> dict[str, list[ComingPromise]]:
        return self._archive.promises.may_be_news(self.today)


def _of_topics(ids: Mapping[str, Iterable[int]], topics: Iterable[str]) -> dict[int, None]:
    """Return the row ids of some topics, each once."""
    found: dict[int, None] = {}
    for topic in topics:
        found |= dict.fromkeys(ids.get(topic, ()))
    return found


def _for_reader(question: OpenQuestion, topics: frozenset[str]) -> OpenQuestion:
    """Return a question with the matches of a reader's topics alone."""
    matches = tuple(match for match in question.matches if match.topic in topics)
    return OpenQuestion(
        proceeding_id=question.proceeding_id,
        proceeding=question.proceeding,
        topics=frozenset(match.topic for match in matches),
        due_floor_on=question.due_floor_on,
        matches=matches,
    )


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
