"""The ledger: finds the promises in revisions that were not read yet, and which of them repeat earlier ones.

News is read first and always, so that a digest tells of it. What else there is (an archive that is new to the ledger, a
backfill, new rules) is read after the mails have gone, for a limited time in each run. Each batch is one transaction, and
reading a record again changes nothing, so this may end anywhere.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from monitor.model.promises import Listed, Reach
from monitor.parliament.promises import find
from monitor.parliament.promises.corrections import with_days
from monitor.parliament.promises.ledger import first_versions, may_promise, plan_record, repeated_by, rules_version
from monitor.processes import helpers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor
    from datetime import date

    from db.archive import Archive
    from db.promise_ledger import LedgerBatch
    from monitor.model.promises import FoundPromise, PlannedPromise, RecordPromises, RecordText
    from monitor.parliament.calendar import SittingCalendar
    from monitor.parliament.promises.corrections import SaidPromise

    Found = dict[int, list[FoundPromise]]

log = logging.getLogger(__name__)

READ_FOR: Final = 600.0
"""Seconds of a run for revisions that are no news: enough for 1,500,000 answers."""

MANY: Final = 20_000
"""Revisions from which on other processes help: to start them takes a second."""

_AT_FIRST: Final = 5_000
"""Newest revisions of an archive that is new to the ledger, whose news is read before the next digests."""

_SHOW_EVERY: Final = 30.0
"""Seconds between two log lines."""

_AHEAD: Final = 4
"""Batches that are read before the first of them is stored, so that the other processes have work."""


@dataclass(slots=True)
class LedgerCounts:
    """Records that were read, and promises that were found new. `is_whole`: nothing is left to read."""

    records: int = 0
    promises: int = 0
    is_whole: bool = True


def read_news(archive: Archive, calendar: SittingCalendar, today: date, counts: LedgerCounts) -> None:
    """Read the news that came since the last time, and the records that were merged or parted."""
    work = _Ledger(archive, calendar, today, counts)
    reach, newest = archive.ledger.reach()
    if reach is None or reach.rules != rules_version():
        began = max(newest - _AT_FIRST, 0) if reach is None else min(reach.news_to, newest)
        reach = Reach(rules=rules_version(), began=began, news_to=began, read_to=0)
        archive.ledger.save_reach(reach)
    if again := archive.ledger.to_read_again():
        work.store(work.found(again), reach, again=again)
    while reach.news_to < newest:
        records, done_to = archive.ledger.news(reach.news_to, newest)
        reach = replace(reach, news_to=done_to)
        work.store(work.found(records), reach)


def read_rest(
    archive: Archive,
    calendar: SittingCalendar,
    today: date,
    counts: LedgerCounts,
    *,
    seconds: float = READ_FOR,
) -> None:
    """Read what is no news and was not read yet, oldest stored first, until the time is used up."""
    reach, newest = archive.ledger.reach()
    if reach is None:
        return
    until = time.monotonic() + seconds
    work = _Ledger(archive, calendar, today, counts)
    shown = time.monotonic()
    with _helper(newest - reach.read_to) as helper:
        for batch, done_to in _batches(archive, reach, newest, partial(work.begun, helper)):
            reach = replace(reach, read_to=done_to)
            work.store(batch, reach)
            if time.monotonic() - shown >= _SHOW_EVERY:
                shown = time.monotonic()
                log.info("promises revisions=%d of=%d", done_to, newest)
            if time.monotonic() >= until:
                break
    counts.is_whole = reach.read_to >= newest


def _batches(
    archive: Archive, reach: Reach, newest: int, begin: Callable[[Sequence[int]], _Batch]
) -> Iterator[tuple[_Batch, int]]:
    """Give the records of the next revisions, some batches ahead of what is stored."""
    begun: list[tuple[_Batch, int]] = []
    while reach.read_to < newest or begun:
        while reach.read_to < newest and len(begun) < _AHEAD:
            records, done_to = archive.ledger.next_records(reach, newest)
            reach = replace(reach, read_to=done_to)
            begun.append((begin(records), done_to))
        yield begun.pop(0)


@dataclass(slots=True)
class _Batch:
    """Records with what is found in their revisions, which other processes may still look for."""

    records: list[RecordText]
    found: Found = field(default_factory=dict)
    awaited: Future[Found] | None = None

    def all_found(self) -> Found:
        return self.found if self.awaited is None else self.awaited.result()


@dataclass(frozen=True, slots=True)
class _Ledger:
    """Reads records and stores what they promise."""

    archive: Archive
    calendar: SittingCalendar
    today: date
    counts: LedgerCounts

    def found(self, records: Sequence[int]) -> _Batch:
        """Look through records here."""
        return self.begun(None, records)

    def begun(self, helper: ProcessPoolExecutor | None, records: Sequence[int]) -> _Batch:
        """Begin to look through records, with the help of other processes if there are any."""
        texts = self.archive.ledger.texts(records)
        wanted = [
            (revision.id, revision.day, revision.text)
            for record in texts
            for revision in record.revisions
            if revision.day is not None and revision.text
        ]
        if helper is None:
            return _Batch(texts, _find(wanted, self.calendar))
        return _Batch(texts, awaited=helper.submit(_find, wanted, self.calendar))

    def store(self, batch: _Batch, reach: Reach, again: Sequence[int] = ()) -> None:
        """Store what was found, and how far the ledger reaches, in one transaction."""
        found = self._that_count(batch)
        with self.archive.ledger.batch() as ledger:
            known = ledger.load_known([record.proceeding_id for record in batch.records])
            plans = [plan_record(record, found, known.get(record.proceeding_id, ())) for record in batch.records]
            self._save(ledger, plans)
            if again:
                ledger.forget_to_read_again(again)
            ledger.save_reach(reach)
        self.counts.records += len(batch.records)
        self.counts.promises += sum(len(plan.new) for plan in plans)

    def _that_count(self, batch: _Batch) -> dict[int, list[SaidPromise]]:
        """Give each promise its day, without those of holding answers, which promise the answer itself."""
        found = batch.all_found()
        records = [record for record in batch.records if any(revision.id in found for revision in record.revisions)]
        with_text = [revision.id for record in records for revision in record.revisions if revision.text]
        facts = self.archive.ledger.facts(with_text)
        said: dict[int, list[SaidPromise]] = {}
        for record in records:
            firsts = first_versions(record, facts)
            for revision in record.revisions:
                if revision.id in found and revision.day is not None and may_promise(facts[revision.id]):
                    first = firsts.get(revision.id)
                    said[revision.id] = with_days(
                        revision.text, found[revision.id], revision.day, first, self._find_as_of
                    )
        return said

    def _find_as_of(self, text: str, day: date) -> list[FoundPromise]:
        return find.find_promises(text, day, self.calendar)

    def _save(self, ledger: LedgerBatch, plans: Sequence[RecordPromises]) -> None:
        ledger.change({number: plan for record in plans for number, plan in record.changed.items()})
        ledger.remove([number for record in plans for number in record.removed])
        new = [plan for record in plans for plan in record.new]
        numbers = ledger.insert(new, self.today)
        _link(ledger, dict(zip(numbers, new, strict=True)))


def _link(ledger: LedgerBatch, new: Mapping[int, PlannedPromise]) -> None:
    """Find and store which of the new promises repeat others."""
    of_keys = ledger.candidates(key for plan in new.values() for key in plan.keys)
    wanted = {number for numbers in of_keys.values() for number in numbers}
    groups = _Groups(ledger, ledger.load_listed(wanted - set(new)), new)
    for number, plan in sorted(new.items(), key=lambda entry: (entry[1].made_on, entry[0])):
        candidates = {other for key in plan.keys for other in of_keys.get(key, ())}
        repeated = repeated_by(groups.listed[number], (groups.listed[other] for other in sorted(candidates)))
        if repeated is not None:
            groups.join(groups.listed[number].first, repeated.first)
    ledger.link({number: first for number in new if (first := groups.listed[number].repeats)})


class _Groups:
    """Promises by the first of their group. Those that are stored are changed at once, new ones when all are known."""

    def __init__(self, ledger: LedgerBatch, stored: Mapping[int, Listed], new: Mapping[int, PlannedPromise]) -> None:
        self._ledger = ledger
        self.listed = {**stored, **{number: _listed(number, plan) for number, plan in new.items()}}
        self._members: dict[int, list[Listed]] = {}
        for promise in self.listed.values():
            self._members.setdefault(promise.first, []).append(promise)
        self._with_stored = {promise.first for promise in stored.values()}

    def join(self, group: int, other: int) -> None:
        """Make one group of two, by the numbers of their first promises: the earlier is the first of all."""
        if group == other:
            return
        pair = (self.listed[group], self.listed[other])
        first, second = (
            promise.number for promise in sorted(pair, key=lambda promise: (promise.made_on, promise.number))
        )
        if second in self._with_stored:
            self._ledger.join(first, second)
            self._with_stored.add(first)
        moved = self._members.pop(second)
        for promise in moved:
            promise.repeats = first
        self._members[first] += moved


def _listed(number: int, plan: PlannedPromise) -> Listed:
    return Listed(
        number=number,
        proceeding_id=plan.proceeding_id,
        sentence=plan.sentence,
        act=plan.found.act,
        expression=plan.found.expression,
        body=plan.body,
        heading=plan.heading,
        made_on=plan.made_on,
        is_gone=plan.gone is not None,
    )


# -- other processes -------------------------------------------------------------------------------------------------


@contextmanager
def _helper(revisions: int) -> Iterator[ProcessPoolExecutor | None]:
    """Start other processes that find promises while this one reads and stores, where there is much to read."""
    if revisions < MANY:
        yield None
        return
    with helpers() as pool:
        yield pool


def _find(texts: Iterable[tuple[int, date, str]], calendar: SittingCalendar) -> Found:
    """Find the promises of some texts, by the row ids of their revisions; without the texts that hold none."""
    found = {revision: find.find_promises(text, day, calendar) for revision, day, text in texts}
    return {revision: promises for revision, promises in found.items() if promises}
