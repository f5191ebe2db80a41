"""The four stages in order.

Nothing is decided here: each stage is a function of the archive and of now, and is safe to repeat. `as_of` is the instant
that counts as now for windows, digest times, due days and labels; `clock` is the real clock.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor.collect.calendar import SOURCE as CALENDAR
from monitor.collect.calendar import CalendarReading, sitting_calendar
from monitor.collect.coming import LookAhead
from monitor.collect.file_counts import FileCounts
from monitor.collect.files import FileCollector
from monitor.collect.first_run import ask_first_digest, first_digest_to_make, is_first_run, note_first_digest_made
from monitor.collect.history import BEGINS, Reparse, backfill_windows
from monitor.collect.missed_days import extend_scope
from monitor.collect.news import News, Scope
from monitor.collect.windows import WindowCollector
from monitor.config import is_current
from monitor.config.last_used import note_configuration
from monitor.config.merging import note_subscribers, with_subscribers, without_leavers
from monitor.delivery.late_replies import LateReplies
from monitor.delivery.queues import note_moved_webhooks, queues, trim_feeds
from monitor.delivery.sending import DEFAULT_RETRY_LIMIT, NO_PACE, Pace, RetryLimit
from monitor.delivery.stage import Connections, DeliverReport, joined, send_pending
from monitor.digest.catch_up import skip_mailed_before_restore
from monitor.digest.compose import Compose, ComposeCounts
from monitor.digest.schedule import lacks_unread_days
from monitor.errors import LeaseError, LockedError, MonitorError, StaleConfigError
from monitor.indexing import IndexFollower
from monitor.ledger import READ_FOR, LedgerCounts, read_news, read_rest
from monitor.match import MatchCounts, find_matches, rules_version
from monitor.model.collection import RunOutcome
from monitor.model.deliveries import MAIL, DeliveryState
from monitor.model.sources import COMING
from monitor.operations.alerts import tell_operator
from monitor.parliament.calendar import LONDON
from monitor.ports import Discovery, FileSource, Mailer
from monitor.terms.vocabulary import Lexicon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.sources import FileRef, Window
    from monitor.parliament.calendar import SittingCalendar
    from monitor.ports import CalendarSource, MemberSource, Source

log = logging.getLogger(__name__)

AGAIN_AFTER: Final = tuple(timedelta(seconds=pause) for pause in (15, 30, 60, 120, 120, 240, 240, 240, 240, 240, 240))
"""Pauses before a run asks again for the days that a digest lacks; `http.try_again_for` sets the end."""

MAIL_TIME_LIMIT: Final = timedelta(seconds=50)
"""Time for which mail with a pace is sent before other work has its turn."""


@dataclass(slots=True)
class Report:
    """Result of a run, stage by stage.

    `failures`: one sentence for each failure. `notes`: what the operator should know but need not mend. `first_run`: what
    a first run found, if the caller asked to see it.
    """

    stages: dict[str, Mapping[str, int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    first_run: Mapping[str, object] | None = None

    @property
    def ok(self) -> bool:
        """True if nothing failed and nothing was interrupted."""
        return not self.failures and not self.interrupted

    def as_dict(self) -> dict[str, object]:
        """Return the report as `--json` prints it."""
        first = {"first_run": self.first_run} if self.first_run is not None else {}
        return {**self.stages, "ok": self.ok, "failures": self.failures, **first}


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """The stages over one archive.

    Sources: `sources` are read by windows of a day, `files()` by files; `source_named` builds one source by its name, also
    one that is switched off. `calendar_source` is Parliament's own calendar, after whose reading `calendar` is made anew;
    None where it is switched off. `progress` is called before each window or file. `ask_again` lets hosts be asked again
    that were given up in this run, after `sleep` (seconds).

    Delivery: `mailer()` carries mail, `other_mailers()` the messages of other channels, by queue. `pace` and, where there
    are several, `connections` hold for mail; `retry_limit` says how long a lost archive is waited for. `late` collects
    replies of mail servers that are slow; the pipeline waits for them at the end unless the caller does
    (`waits_for_replies`).

    `lexicon()` builds the word lists that matching uses; they grow with the archive. `first_look(scope, is_all)` is called
    on a first run when the newest days are matched, and again when everything is.
    """

    archive: Archive
    config: Config
    calendar: SittingCalendar
    as_of: datetime
    clock: Callable[[], datetime]
    sources: Sequence[Source]
    members: MemberSource
    mailer: Callable[[], Mailer]
    other_mailers: Callable[[], Iterable[tuple[str, Mailer]]] = tuple
    files: Callable[[], Sequence[FileSource]] = tuple
    source_named: Callable[[str], Source | FileSource] | None = None
    calendar_source: CalendarSource | None = None
    progress: Callable[[Window | FileRef, int, int], None] = lambda _what, _done, _total: None
    lexicon: Callable[[], Lexicon] = Lexicon
    ask_again: Callable[[], None] = lambda: None
    sleep: Callable[[float], None] = time.sleep
    pace: Pace = NO_PACE
    connections: Connections | None = None
    retry_limit: RetryLimit = DEFAULT_RETRY_LIMIT
    late: LateReplies = field(default_factory=LateReplies)
    waits_for_replies: bool = True
    report: Report = field(default_factory=Report)
    first_look: Callable[[Scope, bool], object] | None = None
    index: IndexFollower = field(init=False)
    matched_early: MatchCounts = field(default_factory=MatchCounts, init=False)
    _is_calendar_read: bool = field(default=False, init=False)
    _gone: dict[str, set[str]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.index = IndexFollower(self.archive, self._note_failure)

    # -- runs ---------------------------------------------------------------------------------------------------------

    def run(self, *, first: bool = False) -> Report:
        """Run all four stages.

        Interrupted while collecting, it still matches, composes and delivers what was read. With `first` the next digest
        of each subscriber covers every day of the look-back.
        """
        with self.archive.runs.lease():
            self.sync()
            if first:
                self._ask_first_digest()
            else:
                self.repeat_first_digest()
            is_first = self.first_look is not None and is_first_run(self.archive, self.sources)
            try:
                began = self.clock()
                self.collect(looks_first=is_first)
                self.collect_again(began)
            except KeyboardInterrupt:
                self.report.interrupted = True
                log.warning("interrupted stage=collect what was read so far is matched and mailed")
            self.match()
            if self.first_look is not None and is_first:
                self.first_look(self._scope(), not self.report.interrupted)
            self.compose()
            self.tell_operator()
            self.deliver()
            self.tidy()
            self.read_older_promises()
        self.wait_for_replies()
        return self.report

    def mail(self, *, compose: bool) -> Report:
        """Run what needs no source: compose the digests that are due, if asked, and deliver."""
        with self.archive.runs.lease():
            if compose:
                self.sync()
                self.match()
                self.compose()
            self.deliver()
        self.wait_for_replies()
        return self.report

    def sync(self) -> None:
        """Store what is watched for whom, and go on with the subscribers that there are now. The caller holds the lease.

        Raises StaleConfigError where the file was changed since it was read: it may no longer name a person who was
        forgotten meanwhile. Raises ConfigError where the archive was last used with a newer file in another place.
        """
        self.config = sync_watch_list(self.archive, self.config, self.lexicon())

    def repeat_first_digest(self) -> None:
        """Repeat the request for a first digest that is still to be made."""
        if first_digest_to_make(self.archive.runs) is not None:
            self._ask_first_digest()

    def _ask_first_digest(self) -> None:
        names = [*self.config.reads, *self.config.reads_files]
        ask_first_digest(self.archive, names, self._scope(), self.clock())

    def _scope(self, first: date | None = None, last: date | None = None) -> Scope:
        return Scope(as_of=self.as_of, look_back_days=self.config.questions.look_back_days, first=first, last=last)

    # -- stage 1: collect ---------------------------------------------------------------------------------------------

    def collect(
        self,
        *,
        first: date | None = None,
        last: date | None = None,
        only: str | None = None,
        looks_first: bool = False,
    ) -> None:
        """Read the sources. A source that stays down fails alone; the others go on.

        With `looks_first` the newest days of all sources are read, matched and shown before the rest is read.
        """
        scope = self._scope(first, last)
        file_sources = [source for source in self.files() if only in (None, source.name)]
        collectors: list[WindowCollector | FileCollector] = [
            self._windows(source, scope, discovery=_discovery(file_sources))
            for source in self.sources
            if only in (None, source.name)
        ]
        collectors += [self._files(source, scope) for source in file_sources]
        reads_calendar = only == CALENDAR or (only is None and not scope.is_bounded)
        if not collectors and not (reads_calendar and self.calendar_source):
            return
        with self._stage("collect", lambda: _summed(collectors)):
            if looks_first:
                for collector in collectors:
                    if isinstance(collector, WindowCollector):
                        collector.read_newest_days()
                self._look_first()
            for collector in collectors:
                collector.run()
                self.report.failures += collector.counts.failures
            if reads_calendar:
                self._read_calendar(scope.today, is_asked=only == CALENDAR)

    def collect_source(self, name: str) -> Mapping[str, int]:
        """Read one of the configured sources, or the calendar, as a unit of work of its own; return its counts."""
        scope = self._scope()
        if name == CALENDAR:
            self._read_calendar(scope.today, is_asked=False)
            return {}
        collector = self.collector_of(name)
        if collector is None:
            return {}
        collector.run()
        self.report.failures += collector.counts.failures
        return collector.counts.as_dict()

    def collector_of(self, name: str) -> WindowCollector | FileCollector | None:
        """Return what reads one of the configured sources; None if it is not read."""
        scope, file_sources = self._scope(), self.files()
        for source in self.sources:
            if source.name == name:
                return self._windows(source, scope, discovery=_discovery(file_sources))
        return next((self._files(source, scope) for source in file_sources if source.name == name), None)

    def _read_calendar(self, today: date, *, is_asked: bool) -> None:
        """Read Parliament's calendar, once a day unless it is asked for, and go on with what is known then."""
        if self.calendar_source is None or self._is_calendar_read:
            return
        self._is_calendar_read = True  # a failure is left to the next run
        CalendarReading(
            archive=self.archive, source=self.calendar_source, today=today, clock=self.clock, is_asked=is_asked
        ).run()
        self.calendar = sitting_calendar(self.archive, self.config.calendar.recess, today)

    def _look_first(self) -> None:
        """Match what is read so far and show it. A failure is only logged: the match stage tries and tells again."""
        try:
            self._find_matches(self.matched_early)
            if self.first_look is not None:
                self.first_look(self._scope(), False)
        except (LeaseError, LockedError):
            raise
        except MonitorError as exc:
            log.warning("first look failed error=%r", str(exc))

    def collect_again(self, began: datetime) -> None:
        """Ask again for a while for days that a digest which is due lacks: no other run may come today."""
        until = self.clock() + self.config.http.try_again_for
        names = [source.name for source in self.sources]
        for pause in AGAIN_AFTER:
            if self.clock() + pause > until:
                return
            if not lacks_unread_days(self.archive, self.config, names, as_of=self.as_of, began=began):
                return
            log.info("collect again in=%ds, for a digest is due and its days could not be read", pause.total_seconds())
            self.sleep(pause.total_seconds())
            self.archive.runs.renew()
            self.ask_again()
            before = self.report.stages.get("collect", {})
            self.report.failures.clear()  # all are of collecting, which tells again what it can't read
            self.collect()
            self.report.stages["collect"] = _with_last(before, self.report.stages["collect"])

    def backfill(self, name: str, counts: FileCounts, *, first: date | None = None, last: date | None = None) -> None:
        """Read the past of a source, or the days asked for. It is history: never mailed."""
        collector = self.collector_of_past(name, counts, first=first, last=last)
        shown = self.progress
        collector.progress = self.progress = self.index.follow_backfill(counts, shown)
        with self._stage("backfill", counts.as_dict):
            if isinstance(collector, FileCollector):
                collector.run()
            else:
                backfill_windows(collector, counts, self.progress)
        self.progress = shown
        self.report.failures += counts.failures

    def collector_of_past(
        self, name: str, counts: FileCounts | None = None, *, first: date | None = None, last: date | None = None
    ) -> WindowCollector | FileCollector:
        """Return what reads the past of a source, or the days asked for."""
        scope, source = self._scope(first, last), self._named(name)
        collector: WindowCollector | FileCollector
        if isinstance(source, FileSource):
            collector = self._files(source, scope, counts, is_history=True)
        else:
            collector = self._windows(source, replace(scope, first=first or BEGINS[name]), is_history=True)
        collector.next_run = self._next_run(name)
        return collector

    def _next_run(self, name: str) -> Scope | None:
        """Return the days of the next run of a source; None if none reads it, or none has read it yet."""
        news = News(runs=self.archive.runs, source=name, scope=self._scope())
        is_on = name in (*self.config.reads, *self.config.reads_files)
        return extend_scope(news, self.archive) if is_on and news.floor is not None else None

    def reparse(
        self,
        *,
        source: str | None = None,
        first: date | None = None,
        last: date | None = None,
        progress: Callable[[int], object] = lambda _payloads: None,
    ) -> None:
        """Parse the newest kept payload of each record again; a revision that differs is history.

        `progress` is told now and then how many payloads were read.
        """
        work = Reparse(archive=self.archive, scope=self._scope(first, last), clock=self.clock, progress=progress)
        with self._stage("reparse", lambda: work.counts):
            for window_source in self.sources:
                if source in (None, window_source.name):
                    work.windows(window_source)
            for file_source in self.files():
                if source in (None, file_source.name):
                    work.files(file_source)
        if count := work.counts["quarantined"]:
            self.report.failures.append(f"{count} payloads can't be understood: see pqwatch status")

    def _named(self, name: str) -> Source | FileSource:
        if self.source_named is not None:
            return self.source_named(name)
        every: list[Source | FileSource] = [*self.sources, *self.files()]
        return next(source for source in every if source.name == name)

    def _windows(
        self, source: Source, scope: Scope, *, discovery: Discovery | None = None, is_history: bool = False
    ) -> WindowCollector:
        collector = LookAhead if COMING in source.by else WindowCollector
        return collector(
            archive=self.archive,
            source=source,
            members=self.members,
            scope=scope,
            calendar=self.calendar,
            clock=self.clock,
            progress=self.progress,
            discovery=discovery,
            is_history=is_history,
            gone=self._gone.setdefault(source.name, set()),
        )

    def _files(
        self, source: FileSource, scope: Scope, counts: FileCounts | None = None, *, is_history: bool = False
    ) -> FileCollector:
        return FileCollector(
            archive=self.archive,
            source=source,
            scope=scope,
            clock=self.clock,
            progress=self.progress,
            counts=counts or FileCounts(),
            is_history=is_history,
        )

    # -- stage 2: match -----------------------------------------------------------------------------------------------

    def match(self) -> None:
        """Look for the terms in the revisions that they were not looked for in yet, and for promises in the news.

        A term that can't be read finds nothing, so every run without it fails.
        """
        self.report.failures += [problem.failure for problem in self.config.term_problems]
        counts, self.matched_early = self.matched_early, MatchCounts()
        with self._stage("match", counts.as_dict):
            self._find_matches(counts)
            found = LedgerCounts()
            read_news(self.archive, self.calendar, self._today, found)
            counts.promises = found.promises

    def _find_matches(self, counts: MatchCounts) -> None:
        self.index.follow()
        find_matches(self.archive, self.lexicon(), counts)

    def read_older_promises(self, seconds: float = READ_FOR) -> None:
        """Look for promises in what is no news: for a limited time, since an archive that is new to the ledger is large."""
        counts = LedgerCounts()
        read_rest(self.archive, self.calendar, self._today, counts, seconds=seconds)
        if counts.records:
            left = "" if counts.is_whole else " the next run goes on"
            log.info("promises records=%d promises=%d%s", counts.records, counts.promises, left)

    @property
    def _today(self) -> date:
        return self.as_of.astimezone(LONDON).date()

    # -- stage 3: compose ---------------------------------------------------------------------------------------------

    def compose(self, *, now: bool = False) -> None:
        """Compose the digests that are due, or all of them `now`."""
        counts = ComposeCounts()
        with self._stage("compose", counts.as_dict):
            self.config = without_leavers(self.config, self.archive)  # sources may have been read for an hour
            work = Compose(self.archive, self.config, self.calendar, self.as_of, self.clock)
            work.is_cut_short = self.report.interrupted
            skip_mailed_before_restore(work)
            if work.first is not None and work.is_cut_short:
                counts.put_off = len(self.config.readers)
                log.info("first digest put off: reading was interrupted")
            else:
                work.run(counts, now=now)
                if not counts.failures and not counts.put_off:
                    note_first_digest_made(self.archive.runs, self.clock())
        self.report.failures += counts.failures
        self.report.notes += counts.notes

    # -- stage 4: deliver ---------------------------------------------------------------------------------------------

    def deliver(self, *, is_asked: bool = False) -> DeliverReport:
        """Deliver what is due in the outbox."""
        reports: list[DeliverReport] = []
        with self._stage("deliver", lambda: _delivered(reports)):
            self.report.failures += self.archive.outbox.hold_orphans(queues(self.config))
            for queue, mailer in self._mailers():
                reports.append(self._send(queue, mailer, is_asked=is_asked))
        report = joined(reports)
        self.report.failures += report.failures
        if report.held:
            held = "1 mail is" if report.held == 1 else f"{report.held} mails are"
            self.report.failures.append(f"{held} held: see pqwatch deliver --help")
        return report

    def _send(self, queue: str, mailer: Mailer, *, is_asked: bool) -> DeliverReport:
        """Send what is due in a queue."""
        is_mail = queue == MAIL
        return send_pending(
            self.archive.outbox.of(queue),
            mailer,
            self.clock,
            on_ambiguous=self.config.delivery.on_ambiguous,
            is_asked=is_asked,
            pace=self.pace if is_mail else NO_PACE,
            connections=self.connections if is_mail else None,
            late=self.late,
            retry_limit=self.retry_limit,
        )

    def _mailers(self) -> Iterator[tuple[str, Mailer]]:
        """Yield a mailer for each queue: mail first, but last where it has a pace and so takes long."""
        if not self.pace.limits.has_pace:
            yield MAIL, self.mailer()
        yield from self.other_mailers()
        if self.pace.limits.has_pace:
            yield MAIL, self.mailer()

    def leave_replies_to(self, late: LateReplies) -> None:
        """Leave late replies to a caller that runs these stages again and again.

        Mail with a pace is then sent for a minute at most, and the rest in the next round.
        """
        self.late, self.waits_for_replies = late, False
        self.pace = replace(self.pace, time_limit=MAIL_TIME_LIMIT)

    def wait_for_replies(self, *, at_once: bool = False) -> None:
        """Wait for late replies of the mail server, `at_once` only for a moment. It needs no lease."""
        if self.waits_for_replies:
            self.report.failures += self.late.finish(at_once=at_once)
            self._count_late()

    def _count_late(self) -> None:
        """Count the mails that the server took after the stage had ended as sent."""
        late, self.late.sent = self.late.sent, 0
        if late and (counts := self.report.stages.get("deliver")):
            doubtful = self.archive.deliveries.counts(DeliveryState.DOTTED)[DeliveryState.DOTTED]
            self.report.stages["deliver"] = {**counts, "sent": counts["sent"] + late, "ambiguous": doubtful}

    # -- around the stages --------------------------------------------------------------------------------------------

    def _note_failure(self, failure: str) -> None:
        if failure not in self.report.failures:  # the index is followed several times in a run
            self.report.failures.append(failure)  # a worker goes on with the report of its round

    def tell_operator(self) -> None:
        """Put an alert into the outbox where the operator must know something."""
        tell_operator(
            self.archive,
            self.config,
            self.calendar,
            self.clock(),
            failures=self.report.failures,
            notes=self.report.notes,
        )

    def tidy(self) -> None:
        """Delete what the configuration keeps for a limited time."""
        now = self.clock()
        kept_since = now - timedelta(days=self.config.delivery.keep_mail_days)
        self.archive.deliveries.purge(kept_since)
        self.archive.bounces.purge(kept_since)
        trim_feeds(self.archive, self.config)
        if self.config.archive.keep_raw_days:
            self.archive.payloads.drop(now - timedelta(days=self.config.archive.keep_raw_days))

    @contextmanager
    def _stage(self, name: str, counts: Callable[[], Mapping[str, int]]) -> Iterator[None]:
        """Record a stage in the archive and the log, however it ends."""
        run_id = self.archive.runs.begin(name, self.as_of)
        outcome, error = RunOutcome.OK, None
        try:
            yield
        except (KeyboardInterrupt, SystemExit):  # Ctrl-C, SIGTERM
            outcome = RunOutcome.INTERRUPTED
            raise
        except MonitorError as exc:
            outcome, error = RunOutcome.FAILED, str(exc)
            raise
        except BaseException as exc:
            outcome, error = RunOutcome.FAILED, f"{type(exc).__name__}: {exc}"
            raise
        finally:
            counted = counts()
            self.report.stages[name] = counted
            if outcome is RunOutcome.OK and counted.get("failures"):
                outcome = RunOutcome.FAILED
            line = " ".join(f"{key}={value}" for key, value in counted.items())
            log.info("%s %s outcome=%s", name, line, outcome, extra={"fields": {"stage": name, **counted}})
            self.archive.runs.end(run_id, outcome, counted, error)


def sync_watch_list(archive: Archive, config: Config, lexicon: Lexicon) -> Config:
    """Store what is watched for whom: see `Pipeline.sync`. Returns the configuration with the subscribers of now."""
    if not is_current(config):
        raise StaleConfigError(f"{config.path} was changed while this began: run it again")
    config = with_subscribers(config, archive, takes_over=True)
    note_configuration(archive, config)
    note_subscribers(config, archive)
    archive.watch_list.sync(config.topics, config.readers, rules_version(lexicon))
    note_moved_webhooks(archive, config)
    return config


def _discovery(sources: Iterable[FileSource]) -> Discovery | None:
    """Return the source that also announces what others published, if there is one."""
    return next((source for source in sources if isinstance(source, Discovery)), None)


def _summed(collectors: Iterable[WindowCollector | FileCollector]) -> dict[str, int]:
    """Return the sums of what several sources counted, by name."""
    summed: Counter[str] = Counter()
    for collector in collectors:
        summed.update(collector.counts.as_dict())
    return dict(summed)


def _delivered(reports: Sequence[DeliverReport]) -> Mapping[str, int]:
    """Return what was sent, and what is left in the outbox, by name; empty before the first queue."""
    names = ("sent", "pending", "refused", "held", "ambiguous")
    report = joined(reports) if reports else None
    return {name: getattr(report, name) for name in names} if report else {}


def _with_last(before: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
    """Sum the counts of several collects; what is missing is what the last one could not read."""
    missing = ("windows", "incomplete", "quarantined", "failures")
    return {name: count + (0 if name in missing else before.get(name, 0)) for name, count in last.items()}
