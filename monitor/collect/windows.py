"""Collect from sources of windows: read what was published on each day, and store what is new.

Lists cut texts short, so the detail of every new or changed record is read before it is stored, unless the list has it in
full. Each page is one transaction: an interruption keeps the pages before, and the next run reads the window again.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar

from monitor.collect import look_ups
from monitor.collect.incomplete_days import outages_of, store_outages, updated_outages
from monitor.collect.member_names import MEMBERS, name_members, numbers_without_names
from monitor.collect.missed_days import extend_scope, note_missed_days
from monitor.collect.news import News, Scope
from monitor.collect.revisions import mark_records, store_readings
from monitor.collect.window_plan import plan_windows
from monitor.collect.window_results import Details, WindowCounts, WindowResult, in_short, sentence_about
from monitor.errors import FetchError, GoneError, ParseError, parsing
from monitor.model.collection import Added, WindowCoverage, WindowState
from monitor.model.records import WESTMINSTER
from monitor.model.sources import Reading, Window
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import is_news
from monitor.ports import ReadsAhead

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from db.archive import Archive
    from monitor.collect.incomplete_days import Outage
    from monitor.model.collection import KnownRecord
    from monitor.model.records import Proceeding
    from monitor.model.sources import Listed, Payload, WindowPage
    from monitor.parliament.calendar import SittingCalendar
    from monitor.ports import Discovery, MemberSource, Source

log = logging.getLogger(__name__)

SETS_THE_FLOOR = ("answered", "made")
"""Windows whose records are complete when published: the first day with any is the first that may be news."""

NEWEST_DAYS = 2
"""Weekdays with answers or statements that a first run reads before the rest, to show something early."""
SATURDAY = 5

DETAILS_AT_ONCE = 100
BYTES_AT_ONCE = 8 * 1024 * 1024
"""Size of details after which they are stored at once: each may have 20 MiB."""


def _is_unchanged(entry: Listed, known: KnownRecord) -> bool:
    """Return whether an entry of a list tells nothing that is not stored."""
    if known.list_hash is None:
        return False
    return known.list_hash == entry.list_hash or (entry.lacks_answers and known.is_answered)


@dataclass(slots=True, kw_only=True)
class WindowCollector:
    """One run over one source of windows. `LookAhead` and `PartCollector` take other steps in places.

    `progress(window, done, total)` is called before each window and at the end. `discovery`: another source that announces
    records of this one. `is_history`: nothing that is stored is ever mailed; `next_run` then says what the next run reads by
    itself, which is left to it. `looks_up_later`: records that a window lacks are looked up when all windows are read; then
    it is known whether one `is_suspect`, and several workers may miss the same record. `gone`: the keys that the source
    lacked in this run. A source that is read a second time in one run is given those of the first; `note_gone` is called
    with new ones before they count.
    """

    comes_in_windows: ClassVar[bool] = True
    """False if all is one list, which can't be read in parts."""

    archive: Archive
    source: Source
    members: MemberSource
    scope: Scope
    calendar: SittingCalendar
    clock: Callable[[], datetime]
    progress: Callable[[Window, int, int], None] = lambda _window, _done, _of: None
    discovery: Discovery | None = None
    is_history: bool = False
    next_run: Scope | None = None
    looks_up_later: bool = False
    gone: set[str] = field(default_factory=set)
    note_gone: Callable[[Collection[str]], None] = lambda _keys: None
    counts: WindowCounts = field(default_factory=WindowCounts)
    news: News = field(init=False)
    outages: tuple[Outage, ...] = field(init=False)
    looked_up: set[str] = field(default_factory=set, init=False)
    to_look_up: list[str] = field(default_factory=list, init=False)
    not_looked_up: set[str] = field(default_factory=set, init=False)
    is_suspect: bool = field(default=False, init=False)
    unfinished: dict[str, list[Window]] = field(default_factory=dict, init=False)
    misread: dict[str, None] = field(default_factory=dict, init=False)
    left: deque[Window] | None = field(default=None, init=False)
    planned: int = field(default=0, init=False)
    failed: list[Window] = field(default_factory=list, init=False)
    published_on: set[date] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        """Load the news rule and the outages of the source."""
        self.news = News(runs=self.archive.runs, source=self.source.name, scope=self.scope, is_history=self.is_history)
        self.outages = outages_of(self.archive.runs, self.source.name)

    def run(self) -> WindowCounts:
        """Read what is due. A source that stays down fails its windows, never the run."""
        left = self.plan()
        last = left[-1] if left else None
        while left:
            self.read_next(left)
        if last is not None:
            self.progress(last, self.planned, self.planned)
        self.conclude()
        return self.counts

    def conclude(self) -> None:
        """Read once more what failed by bad luck, sum up, and read what no window shows."""
        is_up = len(self.failed) < self.planned or self.counts.listed > 0
        if is_up:  # what failed by bad luck is asked for once more
            for window in self.failed:
                self.read_window(window, again=True)
        self.look_up(self.to_look_up, are_missing=not self.is_suspect)
        self.sum_up()
        if not self.scope.is_bounded:
            self.news.set_fact("full_read_on", self.scope.today.isoformat())
            if not self.counts.incomplete:
                self.news.set_fact("whole_on", self.scope.today.isoformat())
                self.news.set_floor(self.scope.today)
            if is_up:  # a source that lacks all of its lists lacks each record too
                self.look_up_unshown()
            self.name_members_again()
            if is_up:  # else answers may be there that it did not tell
                self.mark_lapsed()

    def read_newest_days(self) -> None:
        """Read the newest days on which something was published; `run` continues from there.

        `run` would read these days first too, so the order and the news are the same with and without this call.
        """
        left = self.plan()
        while left:
            day = left[0].day
            while left and left[0].day == day:
                self.read_next(left)
            if sum(day.weekday() < SATURDAY for day in self.published_on) >= NEWEST_DAYS:
                return

    def plan(self) -> deque[Window]:
        """Return the windows that are still to be read, in order."""
        if self.left is None:
            self.looks_up_later = True
            self.scope = extend_scope(self.news, self.archive)
            read_on = self.news.fact("full_read_on")
            whole = read_on != self.scope.today.isoformat()
            since = min(self.scope.first_again, date.fromisoformat(read_on) if read_on else date.max)
            covered = self.archive.coverage.windows(self.source.name, since=since, or_incomplete=True)
            windows_of = Counter(coverage.window.day for coverage in covered)
            every = len(self.source.by) * len(self.source.houses)
            note_missed_days(self.news, lambda day: windows_of[day] >= every)
            windows = plan_windows(self.source, covered, self.scope, whole_look_back=whole)
            self.read_ahead(windows)
            self.left = deque(windows)
            self.planned = len(windows)
        return self.left

    def read_next(self, left: deque[Window]) -> None:
        """Read the next of the windows that are left."""
        self.progress(left[0], self.planned - len(left), self.planned)
        window = left.popleft()
        if self.read_window(window) is WindowState.FAILED:
            self.failed.append(window)

    def read_ahead(self, windows: Sequence[Window]) -> None:
        """Tell a source that can read several days at once which windows it will be asked for."""
        if isinstance(self.source, ReadsAhead):
            self.source.read_ahead(windows)

    def sum_up(self) -> None:
        """Add sentences about the windows that could not be read."""
        self.counts.failures += [sentence_about(windows, note) for note, windows in self.unfinished.items() if windows]
        self.counts.failures += self.misread

    # -- windows ------------------------------------------------------------------------------------------------------

    def read_window(self, window: Window, *, again: bool = False) -> WindowState:
        """Read a window page by page and record the result; return its state. `again`: it failed before in this run."""
        if again:
            self.counts.incomplete -= 1
            for windows in self.unfinished.values():
                windows[:] = [failed for failed in windows if failed != window]
        else:
            self.counts.windows += 1
        read = WindowResult()
        try:
            for page in self.source.read_window(window):
                self._store_page(window, page, read)
        except (FetchError, ParseError) as exc:
            read.problems.append(str(exc))
        is_whole = read.is_whole and not read.problems
        state = self._state(window, is_whole=is_whole)
        if is_whole and self._check_missing(window, read):
            state, self.is_suspect = WindowState.SUSPECT, True
            read.problems.append("more is missing from it than is believable")
        self._note(window, state, read)
        return state

    def _state(self, window: Window, *, is_whole: bool) -> WindowState:
        if not is_whole:
            return WindowState.FAILED
        ended = datetime.combine(window.day + timedelta(days=1), time(), LONDON)
        return WindowState.COMPLETE if min(self.scope.as_of, self.clock()) >= ended else WindowState.OPEN

    def note_unread(self, window: Window, why: str) -> None:
        """Record a window as failed without reading it."""
        self.counts.windows += 1
        self._note(window, WindowState.FAILED, WindowResult(problems=[why]))

    def _note(self, window: Window, state: WindowState, read: WindowResult) -> None:
        note = "; ".join(dict.fromkeys([*read.problems, *read.misread]))
        if read.misread:
            self.misread.update(dict.fromkeys(read.misread))
        if not state.is_in_full:
            self.counts.incomplete += 1
            alike = self.unfinished.setdefault(note or "not read whole", [])
            alike.append(window)
            log.log(logging.DEBUG if len(alike) > 1 else logging.WARNING,
                    "window source=%s house=%s by=%s day=%s state=%s note=%r",
                    window.source, window.house, window.by, window.day, state, note)  # fmt: skip
        held = len(read.seen - read.unread)
        covered = WindowCoverage(
            window=window, state=state, read_at=self.clock(), total=read.total, held=held, note=note
        )
        self._keep(covered)

    def _keep(self, covered: WindowCoverage) -> None:
        self.note_outage(covered)
        self.archive.coverage.note(covered)

    def note_outage(self, covered: WindowCoverage) -> None:
        """Record the begin or end of an outage, so that a later digest brings what the first one lacked.

        It is recorded before the state of the window: after an interruption in between, the next run does both again.
        """
        if self.is_history:
            return
        outages = updated_outages(self.outages, covered)
        if outages != self.outages:
            store_outages(self.archive.runs, self.source.name, outages)
            self.outages = outages

    def _store_page(self, window: Window, page: WindowPage, read: WindowResult) -> None:
        """Store the new and changed records of a page."""
        if window.by in SETS_THE_FLOOR and page.entries:
            self.published_on.add(window.day)
            if window.day < self.scope.today:
                self.news.set_floor(window.day)
        self.counts.listed += len(page.entries)
        read.total = page.total
        read.seen.update(entry.payload.key for entry in page.entries)
        readings, wanted = self._sort_out(page, read)
        details = self._read_details(wanted)
        self._store(readings + details.readings, details.unnamed)
        read.unread -= wanted.keys()
        read.unread |= details.failed.keys() | details.misread.keys()
        read.misread += in_short(details.misread)
        read.problems += [*in_short(details.failed), *([page.note] if page.note else [])]
        read.is_whole = bool(page.is_whole)

    def _sort_out(self, page: WindowPage, read: WindowResult) -> tuple[list[Reading], dict[str, str | None]]:
        """Return the records that the page has in full, and the keys (with list hash) of those to read by key."""
        known = self.archive.source_records.known(self.source.name, [entry.payload.key for entry in page.entries])
        readings: list[Reading] = []
        wanted: dict[str, str | None] = {}
        for entry in page.entries:
            key = entry.payload.key
            if entry.error is not None and not key:
                read.misread.append(self._quarantine(entry.payload, entry.error))
                read.unread.add(key)
            elif key in known and _is_unchanged(entry, known[key]):
                continue
            elif entry.proceeding is not None:
                readings.append(Reading(payload=entry.payload, proceeding=entry.proceeding, list_hash=entry.list_hash))
            else:
                wanted[key] = entry.list_hash
        return readings, wanted

    def _read_details(self, hashes: Mapping[str, str | None]) -> Details:
        """Read records by key. `hashes`: list hash by key. Large records are stored at once."""
        read, size = Details(), 0
        for detail in self.source.read_details(list(hashes)):
            self.counts.details += 1
            if detail.payload is None:
                read.failed[detail.key] = str(detail.error)
                if isinstance(detail.error, GoneError):
                    read.gone.append(detail.key)
                continue
            try:
                with parsing(detail.payload.key):
                    proceeding = self.source.parse(detail.payload)
            except ParseError as exc:
                read.misread[detail.key] = self._quarantine(detail.payload, exc)
                continue
            read.there.append(detail.payload.key)
            read.readings.append(
                Reading(payload=detail.payload, proceeding=proceeding, list_hash=hashes[detail.key], is_detail=True)
            )
            size += len(detail.payload.body)
            if size > BYTES_AT_ONCE:  # members are named later: the client is busy with the other details
                read.unnamed |= numbers_without_names(read.readings)
                self.store_readings(read.readings)
                read.readings, size = [], 0
        return read

    def _quarantine(self, payload: Payload, error: ParseError) -> str:
        self.archive.payloads.quarantine(payload, str(error))
        self.counts.quarantined += 1
        log.warning("quarantined source=%s key=%s reason=%r", self.source.name, error.key, str(error))
        return f"can't be understood: {error}"

    def _store(self, readings: Sequence[Reading], unnamed: Iterable[int] = ()) -> None:
        numbers = numbers_without_names(readings)
        self._name_members(numbers.union(unnamed))
        if numbers:
            named = self.archive.members.named([reading.proceeding for reading in readings])
            readings = [replace(reading, proceeding=record) for reading, record in zip(readings, named, strict=True)]
        self.store_readings(readings)

    def store_readings(self, readings: Sequence[Reading]) -> None:
        """Store readings, and count what is new."""
        ours = self.without_news(readings)
        self._count(store_readings(self.archive, ours, today=self.scope.today, is_news=self.news))

    def without_news(self, readings: Sequence[Reading]) -> list[Reading]:
        """Return readings without those of records that windows of the next run show: an old day shows new answers too."""
        return [reading for reading in readings if not self._is_left(reading.proceeding)]

    def _is_left(self, record: Proceeding) -> bool:
        if self.next_run is None:
            return False
        day_by = {
            "tabled": record.tabled_on,
            "answered": record.answered_on,
            "corrected": record.corrected_on,
            "made": record.made_on,
        }
        days = (day_by.get(by) for by in self.source.by)
        return any(day is not None and self.next_run.includes(day) for day in days)

    def _count(self, added: Iterable[Added]) -> None:
        for revision in added:
            if revision.number == 1:
                self.counts.new += 1
            else:
                self.counts.changed += 1

    def _name_members(self, numbers: set[int]) -> None:
        failure = name_members(self.archive, self.members, numbers, self.scope.today)
        if failure and failure not in self.counts.failures:
            self.counts.failures.append(failure)

    def name_members_again(self) -> None:
        """Look up the names that could not be had in an earlier run: lists give numbers, and show a question only once."""
        is_of_parliament = set(self.source.houses) <= set(WESTMINSTER) and "tabled" in self.source.by
        if is_of_parliament and not any(failure.startswith(MEMBERS) for failure in self.counts.failures):
            self._name_members(set(self.archive.members.unnamed()))

    # -- what no window shows -----------------------------------------------------------------------------------------

    def _check_missing(self, window: Window, read: WindowResult) -> bool:
        """Read stored records again that a complete window lacks; return whether too many are missing to believe it."""
        missing = [key for key in self.archive.source_records.keys_in_window(window) if key not in read.seen]
        if look_ups.are_too_many(len(missing), read.total + len(missing)):
            return True
        self.look_up_absent(missing)
        return False

    def look_up_absent(self, keys: Sequence[str]) -> None:
        """Read records that a window should have shown, at once or later."""
        if self.looks_up_later:
            self.to_look_up += keys
        else:
            self.look_up(keys)

    def look_up(self, keys: Iterable[str], *, are_missing: bool = True) -> None:
        """Read records by key, each once in a run. A record that is gone in two runs counts as withdrawn.

        `are_missing`: there was a sign that the records are gone. Without one, too many that are gone are not believed.
        """
        fresh = [key for key in dict.fromkeys(keys) if key not in self.looked_up and key not in self.gone]
        self.looked_up.update(fresh)
        today, name = self.scope.today, self.source.name
        failed: dict[str, str] = {}
        gone: list[str] = []
        for start in range(0, len(fresh), DETAILS_AT_ONCE):
            details = self._read_details(dict.fromkeys(fresh[start : start + DETAILS_AT_ONCE]))
            self._store(details.readings, details.unnamed)
            failed |= {key: why for key, why in details.failed.items() if key not in details.gone} | details.misread
            self.archive.source_records.note_look_up(name, details.there, today=today, gone=False)
            gone += details.gone
        self.not_looked_up.update(failed)
        self.counts.failures += in_short(failed)
        if not are_missing and look_ups.are_too_many(len(gone), len(fresh)):
            self.archive.source_records.note_look_up(name, gone, today=today, gone=False)
            self.counts.failures.append(
                f"{name}: {len(gone):,} of {len(fresh):,} records that were looked up are not there, "
                "which is more than is believable: none is taken as withdrawn"
            )
        else:
            self._mark_gone(gone)

    def _mark_gone(self, gone: Sequence[str]) -> None:
        """Note that the source lacks these records. What it lacked in an earlier run too counts as withdrawn."""
        today, name = self.scope.today, self.source.name
        self.gone.update(gone)
        self.note_gone(gone)
        twice = self.archive.source_records.note_look_up(name, gone, today=today, gone=True)
        self._count(mark_records(self.archive, name, twice, is_news=self.news, is_gone=True))

    def look_up_unshown(self) -> None:
        """Look up records of which no window shows what became of them."""
        records, name, scope = self.archive.source_records, self.source.name, self.scope
        if self.discovery is not None:
            self.look_up(look_ups.announced_elsewhere(records, name, scope, self.discovery))
        self.look_up(look_ups.gone_once(records, name, scope))
        self.look_up(look_ups.answers_to_read_again(records, name, scope), are_missing=False)
        self.look_up(look_ups.open_outside_look_back(records, name, scope), are_missing=False)

    def mark_lapsed(self) -> None:
        """Mark questions that were open when the session ended: they lapse. It is news only for as long as it is new.

        None lapses while a list of answers up to that day can't be read, for as long as the look-back reaches.
        The sessions of the devolved legislatures are not known.
        """
        if not set(self.source.houses) <= set(WESTMINSTER):
            return
        end = self.calendar.last_session_end(self.scope.today)
        if end is None or self._lacks_answers_to(end):
            return
        is_new = not self.is_history and is_news(end, self.scope.oldest_news, self.news.floor)
        unanswered = self.archive.source_records.open_before(self.source.name, end + timedelta(days=1))
        lapsed = [key for key in unanswered if key not in self.not_looked_up]
        self._count(
            mark_records(
                self.archive,
                self.source.name,
                lapsed,
                is_news=lambda _before, _after, _events: is_new,
                is_lapsed=True,
            )
        )

    def _lacks_answers_to(self, end: date) -> bool:
        """Return whether a list of answers up to the end of a session could not be read, and still may be."""
        unread = (window for alike in self.unfinished.values() for window in alike)
        is_recent = (self.scope.today - end).days <= self.scope.look_back_days
        return is_recent and any(window.by == "answered" and window.day <= end for window in unread)
