"""Collect from sources of files, each with many records: a day's answers, a volume, a feed.

The archive lists the files that were read. A listed file that has not changed is not read again. A file whose reading was
interrupted is not listed yet and is read from its beginning, which stores nothing twice. A file or record that can't be
parsed goes into quarantine with its bytes, and the others go on.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from monitor.collect.file_counts import FileCounts, RecordTally
from monitor.collect.file_listing import Listing
from monitor.collect.missed_days import extend_scope, note_missed_days
from monitor.collect.news import News
from monitor.collect.revisions import store_readings
from monitor.errors import FetchError, GoneError, ParseError, parsing, without_frames
from monitor.model.collection import FileOutcome, FileRead
from monitor.model.records import Kind
from monitor.model.sources import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from db.archive import Archive
    from monitor.collect.news import Scope
    from monitor.model.records import Event, Proceeding
    from monitor.model.sources import FileRef, Parsed, Payload
    from monitor.ports import FileSource, NewsRule


log = logging.getLogger(__name__)

RECORDS_AT_ONCE = 1000
"""Records in one transaction, and in memory besides the bytes of the file."""
MOST_FAILURES = 5
"""Failed files in a row after which the source counts as down and is left alone until the next run, but for missing ones."""
READ_AGAIN_AFTER = timedelta(days=1)
"""Time for which a resumed backfill does not fetch a file again to see whether it has changed."""
TRY_AGAIN_AFTER = timedelta(hours=1)
"""Time after which a file that could not be parsed is fetched again: it may have been cut short, or an error page."""
UNLISTED = "unlisted"
"""Fact that says why the last run could not list the files of a source; "" where it could."""
FEEDS = "feeds"
"""Source that lists all of its files whatever the days."""
_NOT_READ = (FileOutcome.FAILED, FileOutcome.QUARANTINED)
_NOT_THERE = (FileOutcome.FAILED, FileOutcome.GONE)
"""Outcomes of files that are to be fetched where they are listed."""
LONGEST_KEY = 200
"""Longest key in the archive, in characters."""


def is_due(ref: FileRef, filed: FileRead | None, version: int, settled: Callable[[FileRef, FileRead], bool]) -> bool:
    """Return whether a file is to be read. `settled` decides for a file without a stamp."""
    if filed is None or filed.outcome in _NOT_THERE or filed.version != version:
        return True
    return ref.stamp != filed.stamp if ref.stamp else not settled(ref, filed)


@dataclass(slots=True, kw_only=True)
class FileCollector:
    """One run over a source of files. With `is_history` (a backfill) nothing that it stores is ever mailed.

    `next_run`: what the next run reads by itself, which a backfill leaves to it.

    `refs`: the files to read; else those that the source lists.

    `progress(file, done, total)` is called before each file and after every thousand records; `total` is 0 until it is
    known.
    """

    archive: Archive
    source: FileSource
    scope: Scope
    clock: Callable[[], datetime]
    is_history: bool = False
    next_run: Scope | None = None
    refs: Sequence[FileRef] | None = None
    progress: Callable[[FileRef, int, int], None] = lambda _ref, _done, _of: None
    counts: FileCounts = field(default_factory=FileCounts)
    news: News = field(init=False)
    _quarantined: dict[str, list[str]] | None = field(default=None, init=False)
    unreadable: list[str] = field(default_factory=list, init=False)
    unlisted: str = field(default="", init=False)
    done: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Load the news rule of the source."""
        self.news = News(runs=self.archive.runs, source=self.source.name, scope=self.scope, is_history=self.is_history)

    def run(self) -> FileCounts:
        """Read what is due. A source that stays down fails its files, never the run."""
        self.scope = extend_scope(self.news, self.archive)
        note_missed_days(self.news)
        known = self.archive.files.known(self.source.name)
        listing = Listing(self._listed(), self.clock, self.scope.first)
        batches = iter(listing)
        if self.refs is not None or not self.is_history:
            batches = iter([[ref for refs in listing for ref in refs]])
        if not self.is_history:  # a few days, the newest of which decides what is news
            self.news.set_floor(listing.newest_before(self.scope.today) or self.scope.today - timedelta(days=1))
        failed = self._read_all(batches, listing, known)
        self._note_gone(listing, known)
        self.counts.failures += self._in_short([str(problem) for problem in failed], "could not be had")
        self._sum_up()
        self._note_the_run(listing, is_up=not failed or len(failed) < self.done)
        return self.counts

    def _read_all(
        self, batches: Iterable[list[FileRef]], listing: Listing, known: Mapping[str, FileRead]
    ) -> list[FetchError]:
        """Read the files that are due; return the errors of those that failed.

        Each list is read with the oldest day first, so that both states of a question printed on two days are kept: an older
        printing that is read after a newer one changes nothing.
        """
        failed: list[FetchError] = []
        last, in_a_row = None, 0
        for refs in batches:
            due = self._due(refs, known)
            self.counts.before += len(refs) - len(due)
            due = [ref for ref in due if not self._is_left(ref)]
            for number, last in enumerate(reversed(due)):
                left = listing.left()
                of = 0 if left is None else self.done + len(due) - number + left
                problem = self._read(last, known.get(last.name), self.done, of)
                self.done += 1
                failed += [problem] if problem else []
                in_a_row = in_a_row + 1 if problem and not isinstance(problem, GoneError) else 0
                if in_a_row == MOST_FAILURES and not (listing.is_at_end and number + 1 == len(due)):
                    self.counts.failures.append(f"{self.source.name}: the rest was left for the next run")
                    return failed
        if last is not None:
            self.progress(last, self.done, self.done)
        return failed

    def _note_gone(self, listing: Listing, known: Mapping[str, FileRead]) -> None:
        """Note files that could not be read and are listed no more, so that none waits for them.

        A day's file has another name in its next version, and a feed may be taken out of the configuration.
        """
        if not listing.is_at_end or self.unlisted or self.refs is not None:
            return
        for name, filed in known.items():
            if filed.outcome in _NOT_READ and name not in listing.names and self._was_asked_for(filed.day):
                self.archive.files.note(replace(filed, outcome=FileOutcome.GONE, note="", read_at=self.clock()))

    # -- which files --------------------------------------------------------------------------------------------------

    def _listed(self) -> Iterator[FileRef]:
        """Yield the files of the source for the days asked for."""
        if self.refs is not None:
            yield from self.refs
            return
        is_whole = self.is_history or self.scope.is_bounded
        try:
            first = self.scope.first if is_whole else self.scope.first_again
            refs = self.source.files(first, self.scope.last)
            yield from (ref for ref in refs if is_whole or self.scope.includes(ref.day))
        except (FetchError, ParseError) as exc:
            self.unlisted = str(exc)
            self.counts.failures.append(f"{self.source.name}: {exc}")

    def _was_asked_for(self, day: date | None) -> bool:
        """Return whether a file of this day would have been listed. Without a day that is sure of feeds alone."""
        if day is None:
            return self.source.name == FEEDS or (self.is_history and not self.scope.is_bounded)
        if self.is_history or self.scope.is_bounded:
            return (self.scope.first or day) <= day <= (self.scope.last or day)
        return day >= self.scope.first_again and self.scope.includes(day)

    def due_files(self) -> list[FileRef]:
        """List the files that are to be read, newest first."""
        due = self._due(self._listed(), self.archive.files.known(self.source.name))
        return [ref for ref in due if not self._is_left(ref)]

    def _due(self, refs: Iterable[FileRef], known: Mapping[str, FileRead]) -> list[FileRef]:
        return [
            ref
            for ref in refs
            if is_due(ref, known.get(ref.name), self.source.version, self._is_settled)
            or self._may_be_mended(known.get(ref.name))
        ]

    def _may_be_mended(self, filed: FileRead | None) -> bool:
        """Return whether a file that could not be parsed may come whole now, though its stamp is the same."""
        if filed is None or filed.outcome is not FileOutcome.QUARANTINED:
            return False
        return self.clock() - filed.read_at >= TRY_AGAIN_AFTER

    def _is_left(self, ref: FileRef) -> bool:
        """Return whether a file is left to the next run, and count it."""
        is_left = self.next_run is not None and self.next_run.includes(ref.day)
        self.counts.left += is_left
        return is_left

    def _is_settled(self, ref: FileRef, filed: FileRead) -> bool:
        """Return whether a backfill need not fetch a file without a stamp again."""
        if not self.is_history:
            return False
        if ref.day is None:
            return self.clock() - filed.read_at < READ_AGAIN_AFTER
        return ref.day < self.scope.oldest_news

    def _note_the_run(self, listing: Listing, *, is_up: bool) -> None:
        """Store when the source was read, up to which day completely, and its newest day."""
        if self.is_history or self.scope.is_bounded:
            return
        today = self.scope.today.isoformat()
        if self.unlisted != (self.news.fact(UNLISTED) or ""):
            self.news.set_fact(UNLISTED, self.unlisted)
        if is_up and not (self.counts.failures and not self.counts.files and not self.counts.unchanged):
            self.news.set_fact("read_at", self.clock().isoformat())
            self.news.set_fact("full_read_on", today)
            if listing.newest_on is not None:
                self.news.set_fact("newest_on", listing.newest_on.isoformat())
        if not self.counts.failures:
            self.news.set_fact("whole_on", today)

    # -- one file -----------------------------------------------------------------------------------------------------

    def _read(self, ref: FileRef, before: FileRead | None, done: int, of: int) -> FetchError | None:
        """Read a file and record the outcome; return why it could not be fetched, or None."""
        self.progress(ref, done, of)
        try:
            payload = self.source.fetch(ref)
            sha256 = hashlib.sha256(payload.body).hexdigest()
            is_same = before is not None and before.outcome not in _NOT_THERE and before.sha256 == sha256
            if before is not None and is_same and before.version == self.source.version:
                self.counts.unchanged += 1
                self.archive.files.note(replace(before, day=ref.day, stamp=ref.stamp, read_at=self.clock()))
                return None
            # A newer parser may find more in the same bytes, but nothing in them was published since.
            self.understand(payload, ref, is_news=never_news if is_same else self._is_news, step=(done, of))
        except FetchError as exc:
            self.counts.failed += 1
            log.warning("file source=%s name=%s outcome=failed note=%r", self.source.name, ref.name, str(exc))
            sha256 = before.sha256 if before else ""
            self._note(ref, RecordTally(), outcome=FileOutcome.FAILED, note=str(exc), sha256=sha256)
            return without_frames(exc)
        return None

    def understand(
        self,
        payload: Payload,
        ref: FileRef,
        *,
        is_news: NewsRule,
        step: tuple[int, int] = (0, 1),
        only: Callable[[str], bool] = lambda _key: True,
    ) -> None:
        """Store the records of a file, quarantine those that can't be parsed, and record the file as read.

        `only(key)`: whether to take a record. Raises FetchError if the names of people can't be fetched.
        """
        tally, note = RecordTally(), ""
        self.counts.under_way = tally
        try:
            for thousand in _by_thousands(record for record in self._parsed(payload) if only(record.key)):
                self._store(thousand, payload, ref, tally, is_news=is_news)
                self.progress(ref, *step)
        except ParseError as exc:
            note = str(exc)
            self._quarantine_file(payload, ref, tally, note)
        finally:  # what was stored stays stored after an interruption
            self.counts.tally.add(tally)
            self.counts.under_way = None
        self.counts.files += 1
        if payload.key == ref.name:
            if not note:
                self._release([payload.key])
            sha256 = hashlib.sha256(payload.body).hexdigest()
            outcome = FileOutcome.QUARANTINED if note else FileOutcome.READ
            self._note(ref, tally, outcome=outcome, note=note, sha256=sha256)

    def _parsed(self, payload: Payload) -> Iterator[Parsed]:
        """Yield the records of a file."""
        with parsing(payload.key):
            yield from self.source.records(payload)

    def _store(
        self, records: Sequence[Parsed], payload: Payload, ref: FileRef, tally: RecordTally, *, is_news: NewsRule
    ) -> None:
        """Store records of a file in one transaction, and quarantine those that can't be parsed."""
        readings = []
        for record in records:
            day = (record.proceeding.day if record.proceeding else None) or ref.day
            if record.proceeding is not None and record.proceeding.kind is Kind.NOTICE:
                day = day or self.scope.today
            tally.count("records", day)
            if record.proceeding is not None:
                readings.append(Reading(payload=payload, proceeding=record.proceeding, key=record.key))
            else:
                self._quarantine_record(record, payload, tally, day)
        for added in store_readings(self.archive, readings, today=self.scope.today, is_news=is_news):
            tally.count("new" if added.number == 1 else "changed", added.proceeding.day or ref.day)
        self._release([key for reading in readings for key in self._in_quarantine().pop(reading.key, ())])

    def _is_news(self, before: Proceeding | None, after: Proceeding, events: tuple[Event, ...]) -> bool:
        """Return whether a revision is news: as for windows, but never for an old record, because a file may hold a year."""
        return after.day is not None and after.day >= self.scope.oldest_news and self.news(before, after, events)

    # -- quarantine ---------------------------------------------------------------------------------------------------

    def _quarantine_file(self, payload: Payload, ref: FileRef, tally: RecordTally, reason: str) -> None:
        self.archive.payloads.quarantine(payload, reason)
        self.counts.unreadable += 1
        self.unreadable.append(reason if ref.name in reason else f"{ref.name}: {reason}")
        tally.reasons[reason] += 1
        log.warning("quarantined source=%s file=%s reason=%r", self.source.name, ref.name, reason)

    def _quarantine_record(self, record: Parsed, payload: Payload, tally: RecordTally, day: date | None) -> None:
        reason = str(record.error)
        excerpt = replace(payload, key=excerpt_key(payload.key.partition("#")[0], record.key), body=record.excerpt)
        self.archive.payloads.quarantine(excerpt, reason)
        tally.count("quarantined", day)
        tally.reasons[reason] += 1
        log.warning("quarantined source=%s key=%s reason=%r", self.source.name, excerpt.key, reason)

    def _in_quarantine(self) -> dict[str, list[str]]:
        """Return the quarantine keys of unparsed versions, by the key of the record.

        Looked for with the first file: most runs have none to read.
        """
        if self._quarantined is None:
            self._quarantined = {}
            for payload in self.archive.payloads.quarantined():
                if payload.source == self.source.name:
                    self._quarantined.setdefault(payload.key.partition("#")[2] or payload.key, []).append(payload.key)
        return self._quarantined

    def _release(self, keys: Sequence[str]) -> None:
        """Release from quarantine what a later version of the file made readable."""
        if keys:
            self.archive.payloads.release(self.source.name, keys)

    # -- how it went --------------------------------------------------------------------------------------------------

    def _note(self, ref: FileRef, tally: RecordTally, *, outcome: FileOutcome, note: str, sha256: str) -> None:
        self.archive.files.note(
            FileRead(
                source=self.source.name,
                name=ref.name,
                day=ref.day,
                stamp=ref.stamp,
                sha256=sha256,
                version=self.source.version,
                read_at=self.clock(),
                outcome=outcome,
                note=note,
                counts=tally.as_dict(),
                years=tally.years,
            )
        )

    def _sum_up(self) -> None:
        """Add sentences about what can't be parsed."""
        self.counts.failures += self._in_short(self.unreadable, "can't be read and is kept as received")
        if count := self.counts.tally.quarantined:
            what = "a record" if count == 1 else f"{count:,} records"
            self.counts.failures.append(f"{self.source.name}: {what} can't be understood: see pqwatch status")

    def _in_short(self, reasons: Sequence[str], what: str) -> list[str]:
        """Return one sentence for any number of files; an empty list for none."""
        if not reasons:
            return []
        more = f" (and {len(reasons) - 1:,} more)" if len(reasons) > 1 else ""
        return [f"{self.source.name}: a file {what}{more}: {reasons[0]}"]


def excerpt_key(name: str, key: str) -> str:
    """Return the key of a single record of a file in quarantine."""
    written = f"{name}#{key}"
    if len(written) <= LONGEST_KEY:
        return written
    return f"{written[: LONGEST_KEY - 17]}-{hashlib.sha256(written.encode()).hexdigest()[:16]}"


def never_news(_before: Proceeding | None, _after: Proceeding, _events: tuple[Event, ...]) -> bool:
    """Return that nothing is news: the news rule of history."""
    return False


def _by_thousands(records: Iterator[Parsed]) -> Iterator[list[Parsed]]:
    while batch := list(islice(records, RECORDS_AT_ONCE)):
        yield batch
