"""The first stage for sources whose unit is a file with many records: a day's answers, a volume, a feed.

The archive keeps a ledger of files. What is in it and has not changed is not read again; a file whose reading was cut short
is not in it yet, and is read from its beginning, which stores nothing twice. What can't be understood, a file or a single
record, goes into quarantine with its bytes, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from monitor.collect.news import News
from monitor.collect.revisions import store_readings
from monitor.errors import FetchError, MonitorError, ParseError
from monitor.model.archive import FileRead
from monitor.model.sources import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.collect.news import Scope
    from monitor.model.records import Event, Proceeding
    from monitor.model.sources import FileRef, Parsed, Payload
    from monitor.ports import FileSource, NewsRule


LIST_FOR = timedelta(seconds=2)
"""So long is listed at a time. A folder is listed whole in less; a site that is asked day by day takes hours."""


class Listing:
    """Iterates over the files, each once, in lists of what comes in a while. `first`: the first day asked for, if any."""

    def __init__(self, refs: Iterable[FileRef], clock: Callable[[], datetime], first: date | None = None) -> None:
        self._refs, self._clock, self._first = iter(refs), clock, first
        self._names: set[str] = set()
        self._days: set[date] = set()
        self.is_at_end = False

    def __iter__(self) -> Iterator[list[FileRef]]:
        while not self.is_at_end:
            yield self._some()

    @property
    def newest_on(self) -> date | None:
        """The newest day of which a file was listed."""
        return max(self._days, default=None)

    def newest_before(self, day: date) -> date | None:
        """The newest day before this one of which a file was listed."""
        return max((one for one in self._days if one < day), default=None)

    def left(self) -> int | None:
        """How many files are still to be listed, judged by the days gone through; None where that can't be told."""
        if self.is_at_end:
            return 0
        if self._first is None or len(self._days) < 2:  # noqa: PLR2004 (no stretch of days)
            return None
        gone, to_go = max(self._days) - min(self._days), max(min(self._days) - self._first, timedelta())
        return round(len(self._names) * (to_go / gone))

    def _some(self) -> list[FileRef]:
        found: list[FileRef] = []
        until = self._clock() + LIST_FOR
        for ref in self._refs:
            if ref.name not in self._names:
                self._note(ref)
                found.append(ref)
                if self._clock() >= until:
                    return found
        self.is_at_end = True
        return found

    def _note(self, ref: FileRef) -> None:
        self._names.add(ref.name)
        if ref.day is not None:
            self._days.add(ref.day)


log = logging.getLogger(__name__)

RECORDS_AT_ONCE = 1000
"""A transaction; what is in memory of a file besides its bytes."""
MOST_FAILURES = 5
"""So many files in a row that do not come: the source is down, and is left alone until the next run."""
READ_AGAIN_AFTER = timedelta(days=1)
"""A backfill that goes on does not ask again for what it read, where only asking tells whether that has changed."""
UNKNOWN_YEAR = 0
LONGEST_KEY = 200
"""Letters of a key, as the archive keeps it."""
COUNTED = ("records", "new", "changed", "quarantined")


@dataclass(slots=True)
class Tally:
    """What became of some records. They add up: `records` are the new, the changed, the same and those quarantined.

    `new`: told by this source for the first time. `years` has the same counts by the year of the record, 0 where that is
    not known; `reasons` counts why records and files went into quarantine.
    """

    records: int = 0
    new: int = 0
    changed: int = 0
    quarantined: int = 0
    years: dict[int, dict[str, int]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def same(self) -> int:
        """Those that the archive held already."""
        return self.records - self.new - self.changed - self.quarantined

    def count(self, name: str, day: date | None, number: int = 1) -> None:
        """Count one of `COUNTED`."""
        setattr(self, name, getattr(self, name) + number)
        year = self.years.setdefault(day.year if day else UNKNOWN_YEAR, dict.fromkeys(COUNTED, 0))
        year[name] += number

    def add(self, other: Tally) -> None:
        """Count what another counted."""
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for year, counts in other.years.items():
            mine = self.years.setdefault(year, dict.fromkeys(COUNTED, 0))
            for name, number in counts.items():
                mine[name] += number
        self.reasons.update(other.reasons)

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in COUNTED}


@dataclass(slots=True)
class Counts:
    """What the reading of a source did.

    `before` were read earlier and are passed over, `files` were read, `unchanged` asked for and found as they were, `failed`
    did not come, `unreadable` can't be read as a whole. `tally` is of those that were read to their end, `under_way` of the
    one that is being read. `failures`: one sentence for each thing that went wrong.
    """

    before: int = 0
    files: int = 0
    unchanged: int = 0
    failed: int = 0
    unreadable: int = 0
    tally: Tally = field(default_factory=Tally)
    failures: list[str] = field(default_factory=list)
    under_way: Tally | None = None

    @property
    def so_far(self) -> int:
        """The records read, those of the file that is being read included."""
        return self.tally.records + (self.under_way.records if self.under_way else 0)

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        files = {name: getattr(self, name) for name in ("files", "unchanged", "failed", "unreadable")}
        return files | self.tally.as_dict() | {"failures": len(self.failures)}


def is_due(ref: FileRef, filed: FileRead | None, version: int, settled: Callable[[FileRef, FileRead], bool]) -> bool:
    """Whether a file is to be read. `settled` decides where only reading would tell whether it has changed."""
    if filed is None or filed.outcome == "failed" or filed.version != version:
        return True
    return ref.stamp != filed.stamp if ref.stamp else not settled(ref, filed)


@dataclass(slots=True, kw_only=True)
class Filing:
    """One reading of one source. With `is_history` (a backfill) what it stores is never mailed.

    `progress` is told each file before it is read, and again with each thousand of its records, how many files were read,
    and how many there are (0 where that is not known yet); at the end as many as were read.
    """

    archive: Archive
    source: FileSource
    scope: Scope
    clock: Callable[[], datetime]
    is_history: bool = False
    progress: Callable[[FileRef, int, int], None] = lambda _ref, _done, _of: None
    counts: Counts = field(default_factory=Counts)
    news: News = field(init=False)
    _stuck: dict[str, list[str]] | None = field(default=None, init=False)
    unreadable: list[str] = field(default_factory=list, init=False)
    done: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Take up what an earlier run found out."""
        self.news = News(runs=self.archive.runs, source=self.source.name, scope=self.scope, is_history=self.is_history)

    def run(self) -> Counts:
        """Read what is due. A source that stays down fails its files, never the run."""
        self.scope = self.news.make_up_for_missed_days()
        listing = Listing(self._listed(), self.clock, self.scope.first)
        batches = iter(listing)
        if not self.is_history:  # these are some days; the newest of them decides what is news
            batches = iter([[ref for file_read in listing for ref in file_read]])
            self.news.set_floor(self._first_news(listing))
        failed = self._read_all(batches, listing)
        self.counts.failures += self._in_short(failed, "could not be had")
        self._sum_up()
        self._note_the_run(listing, is_up=not failed or len(failed) < self.done)
        return self.counts

    def _read_all(self, batches: Iterable[list[FileRef]], listing: Listing) -> list[str]:
        """Read the files that are due; returns why some did not come.

        Of what is listed at once the oldest day comes first: of a question that was printed on two days both states are
        kept, while an older printing that comes after a newer one changes nothing.
        """
        known = self.archive.files.known(self.source.name)
        failed: list[str] = []
        last, in_a_row = None, 0
        for refs in batches:
            due = [ref for ref in refs if is_due(ref, known.get(ref.name), self.source.version, self._is_settled)]
            self.counts.before += len(refs) - len(due)
            for number, last in enumerate(reversed(due)):
                left = listing.left()
                of = 0 if left is None else self.done + len(due) - number + left
                problem = self._read(last, known.get(last.name), self.done, of)
                self.done += 1
                failed += [problem] if problem else []
                in_a_row = in_a_row + 1 if problem else 0
                if in_a_row == MOST_FAILURES and not (listing.is_at_end and number + 1 == len(due)):
                    self.counts.failures.append(f"{self.source.name}: the rest was left for the next run")
                    return failed
        if last is not None:
            self.progress(last, self.done, self.done)
        return failed

    # -- which files --------------------------------------------------------------------------------------------------

    def _listed(self) -> Iterator[FileRef]:
        """The files that the source has of the days asked for."""
        is_whole = self.is_history or self.scope.is_bounded
        try:
            yield from self.source.files(self.scope.first if is_whole else self.scope.first_window, self.scope.last)
        except (FetchError, ParseError) as exc:
            self.counts.failures.append(f"{self.source.name}: {exc}")

    def _is_settled(self, ref: FileRef, filed: FileRead) -> bool:
        """In a backfill, whether a file that tells nothing of its changes counts as read for good, or for today."""
        if not self.is_history:
            return False
        if ref.day is None:
            return self.clock() - filed.read_at < READ_AGAIN_AFTER
        return ref.day < self.scope.oldest_news

    def _first_news(self, listing: Listing) -> date:
        """On the first run: the last day before now of which there is a file; yesterday, where files tell of many days."""
        return listing.newest_before(self.scope.today) or self.scope.today - timedelta(days=1)

    def _note_the_run(self, listing: Listing, *, is_up: bool) -> None:
        """What the next run and whoever judges go by: when the source was read, to which day all of it, what is newest."""
        if self.is_history or self.scope.is_bounded:
            return
        today = self.scope.today.isoformat()
        if is_up and not (self.counts.failures and not self.counts.files and not self.counts.unchanged):
            self.news.set_fact("read_at", self.clock().isoformat())
            self.news.set_fact("full_read_on", today)
            if listing.newest_on is not None:
                self.news.set_fact("newest_on", listing.newest_on.isoformat())
        if not self.counts.failures:
            self.news.set_fact("whole_on", today)

    # -- one file -----------------------------------------------------------------------------------------------------

    def _read(self, ref: FileRef, before: FileRead | None, done: int, of: int) -> str:
        """Read a file and note how that went; returns why it did not come, "" where it did."""
        self.progress(ref, done, of)
        try:
            payload = self.source.fetch(ref)
            sha256 = hashlib.sha256(payload.body).hexdigest()
            is_same = before is not None and before.outcome != "failed" and before.sha256 == sha256
            if before is not None and is_same and before.version == self.source.version:
                self.counts.unchanged += 1
                self.archive.files.note(replace(before, day=ref.day, stamp=ref.stamp, read_at=self.clock()))
                return ""
            # By a newer parser the same bytes may tell more, which is nothing that was published since.
            self.understand(payload, ref, is_news=never if is_same else self._is_news, step=(done, of))
        except FetchError as exc:
            self.counts.failed += 1
            log.warning("file source=%s name=%s outcome=failed note=%r", self.source.name, ref.name, str(exc))
            self._note(ref, Tally(), outcome="failed", note=str(exc), sha256=before.sha256 if before else "")
            return str(exc)
        return ""

    def understand(
        self,
        payload: Payload,
        ref: FileRef,
        *,
        is_news: NewsRule,
        step: tuple[int, int] = (0, 1),
        only: Callable[[str], bool] = lambda _key: True,
    ) -> None:
        """Store what a file says, put aside what can't be understood of it, and note that it was read.

        `only`: which records are taken, by key. Raises FetchError where the names of people can't be had.
        """
        tally, note = Tally(), ""
        self.counts.under_way = tally
        try:
            for thousand in _by_thousands(one for one in self._parsed(payload) if only(one.key)):
                self._store(thousand, payload, ref, tally, is_news=is_news)
                self.progress(ref, *step)
        except ParseError as exc:
            note = str(exc)
            self._quarantine_file(payload, ref, tally, note)
        finally:  # what was stored stays, whatever ended it
            self.counts.tally.add(tally)
            self.counts.under_way = None
        self.counts.files += 1
        if payload.key == ref.name:
            if not note:
                self._release([payload.key])
            sha256 = hashlib.sha256(payload.body).hexdigest()
            self._note(ref, tally, outcome="quarantined" if note else "read", note=note, sha256=sha256)

    def _parsed(self, payload: Payload) -> Iterator[Parsed]:
        """The records of a file. Whatever else a parser stumbles over is told as what it is: a file we can't read."""
        try:
            yield from self.source.records(payload)
        except MonitorError:
            raise
        except Exception as exc:  # one file of tens of thousands must not end the reading of the others
            log.exception("file source=%s name=%s", self.source.name, payload.key)
            raise ParseError(
                f"{payload.key} can't be read ({type(exc).__name__}: {exc}): report it, please", key=payload.key
            ) from exc

    def _store(
        self, some: Sequence[Parsed], payload: Payload, ref: FileRef, tally: Tally, *, is_news: NewsRule
    ) -> None:
        """Store some records of a file, in one transaction; put aside those that can't be understood."""
        readings = []
        for one in some:
            day = (one.proceeding.day if one.proceeding else None) or ref.day
            tally.count("records", day)
            if one.proceeding is not None:
                readings.append(Reading(payload=payload, proceeding=one.proceeding, key=one.key))
            else:
                self._quarantine_record(one, payload, tally, day)
        for added in store_readings(self.archive, readings, today=self.scope.today, is_news=is_news):
            tally.count("new" if added.number == 1 else "changed", added.proceeding.day or ref.day)
        self._release([key for reading in readings for key in self._in_quarantine().pop(reading.key, ())])

    def _is_news(self, before: Proceeding | None, after: Proceeding, events: tuple[Event, ...]) -> bool:
        """As for windows; but a file may hold a year, and what is told of its old records without a date is no news."""
        return after.day is not None and after.day >= self.scope.oldest_news and self.news(before, after, events)

    # -- what can't be understood -------------------------------------------------------------------------------------

    def _quarantine_file(self, payload: Payload, ref: FileRef, tally: Tally, reason: str) -> None:
        self.archive.payloads.quarantine(payload, reason)
        self.counts.unreadable += 1
        self.unreadable.append(reason if ref.name in reason else f"{ref.name}: {reason}")
        tally.reasons[reason] += 1
        log.warning("quarantined source=%s file=%s reason=%r", self.source.name, ref.name, reason)

    def _quarantine_record(self, one: Parsed, payload: Payload, tally: Tally, day: date | None) -> None:
        reason = str(one.error)
        excerpt = replace(payload, key=excerpt_key(payload.key.partition("#")[0], one.key), body=one.excerpt)
        self.archive.payloads.quarantine(excerpt, reason)
        tally.count("quarantined", day)
        tally.reasons[reason] += 1
        log.warning("quarantined source=%s key=%s reason=%r", self.source.name, excerpt.key, reason)

    def _in_quarantine(self) -> dict[str, list[str]]:
        """By the key of a record, the names under which versions of it wait that could not be understood.

        Looked for with the first file: most runs have none to read.
        """
        if self._stuck is None:
            self._stuck = {}
            for one in self.archive.payloads.quarantined():
                if one.source == self.source.name:
                    self._stuck.setdefault(one.key.partition("#")[2] or one.key, []).append(one.key)
        return self._stuck

    def _release(self, keys: Sequence[str]) -> None:
        """Take out of quarantine what was understood since, from another version of it."""
        if keys:
            self.archive.payloads.release(self.source.name, keys)

    # -- how it went --------------------------------------------------------------------------------------------------

    def _note(self, ref: FileRef, tally: Tally, *, outcome: str, note: str, sha256: str) -> None:
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
        """Say what can't be understood, in a few sentences."""
        self.counts.failures += self._in_short(self.unreadable, "can't be read and is kept as received")
        if count := self.counts.tally.quarantined:
            what = "a record" if count == 1 else f"{count:,} records"
            self.counts.failures.append(f"{self.source.name}: {what} can't be understood: see pqwatch status")

    def _in_short(self, reasons: Sequence[str], what: str) -> list[str]:
        """One sentence however many files it is about; none where there are none."""
        if not reasons:
            return []
        more = f" (and {len(reasons) - 1:,} more)" if len(reasons) > 1 else ""
        return [f"{self.source.name}: a file {what}{more}: {reasons[0]}"]


def excerpt_key(name: str, key: str) -> str:
    """What a single record of a file is called in quarantine."""
    written = f"{name}#{key}"
    if len(written) <= LONGEST_KEY:
        return written
    return f"{written[: LONGEST_KEY - 17]}-{hashlib.sha256(written.encode()).hexdigest()[:16]}"


def never(_before: Proceeding | None, _after: Proceeding, _events: tuple[Event, ...]) -> bool:
    """The rule of history: nothing is news."""
    return False


def _by_thousands(records: Iterator[Parsed]) -> Iterator[list[Parsed]]:
    while some := list(islice(records, RECORDS_AT_ONCE)):
        yield some
