"""The four stages in order. Nothing is decided here: each stage is a function of the archive and the clock, safe to repeat.

`as_of` is the instant that counts as now for windows, slots, due days and labels; `clock` is the real one.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor.collect.backfill import BEGINS, backfill_windows
from monitor.collect.files import Counts, Filing
from monitor.collect.incomplete_days import outages_of
from monitor.collect.news import FIRST_DIGEST, Scope, ask_first_digest, fact_of, first_digest
from monitor.collect.reparse import Reparse
from monitor.collect.windows import Collect
from monitor.config import is_current
from monitor.config.drift import CONFIGURATION, Used, Watched, changes, refuse_stale, used_now, watched_now
from monitor.delivery import webhook_changes
from monitor.delivery.late_replies import LateReplies
from monitor.delivery.stage import AS_IT_GOES, PATIENT, DeliverReport, Pace, Patience, joined, send_pending
from monitor.digest import stage
from monitor.digest.catch_up import skip_told
from monitor.digest.schedule import due_readers
from monitor.digest.stage import Compose
from monitor.errors import ArchiveError, LeaseError, LockedError, MonitorError, StaleConfigError
from monitor.model.deliveries import MAIL
from monitor.model.index_query import AnyOf
from monitor.operations.alerts import tell_operator
from monitor.parliament.calendar import LONDON
from monitor.ports import Discovery, FileSource, Mailer
from monitor.terms.matcher import MATCHER_VERSION, compile_terms
from monitor.terms.vocabulary import Lexicon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.index_query import Need
    from monitor.model.sources import FileRef, Window
    from monitor.parliament.calendar import Sittings
    from monitor.ports import MemberSource, Source
    from monitor.terms.matcher import Matcher

log = logging.getLogger(__name__)

INDEXED_AFTER: Final = 2_000
"""Records of a backfill after which the index takes in what is new."""

AGAIN_AFTER: Final = tuple(timedelta(seconds=pause) for pause in (15, 30, 60, 120, 120, 240, 240, 240, 240, 240, 240))
"""The pauses before a run asks again for what a digest lacks; `http.try_again_for` says when it stops."""

MANY_REVISIONS = 50_000
STRETCH = timedelta(seconds=50)
"""So long mail that has a pace goes at a stretch, where somebody else is served in between."""


def _nothing_found() -> dict[str, int]:
    """Counts of a matching that has not begun."""
    return {"revisions": 0, "matches": 0}


@dataclass(slots=True)
class Report:
    """What a run did, stage by stage.

    `failures`: one sentence for each thing that went wrong; `notes`: what the operator should know and nobody need mend.
    `first_run`: what a first run found, where somebody asked to see it.
    """

    stages: dict[str, Mapping[str, int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    first_run: Mapping[str, object] | None = None

    @property
    def ok(self) -> bool:
        """Whether all went well."""
        return not self.failures and not self.interrupted

    def as_dict(self) -> dict[str, object]:
        """As `--json` prints it."""
        first = {"first_run": self.first_run} if self.first_run is not None else {}
        return {**self.stages, "ok": self.ok, "failures": self.failures, **first}


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """The stages over one archive. `progress` is told of each window or file before it is read.

    `sources` are asked by windows of a day; `files` makes those that are files, `named` one of either kind, also one that
    is not among them. `ways` makes what empties the queues that are not of mail, by queue. `lexicon` makes the lists that
    matching hangs on, which grow with the archive. `pace` is that of mail, `patience` that with an archive that is away.
    `late`: mails whose server has not answered yet; they are waited for when all else is done, unless whoever made it does
    that (`waits_for_replies`). `ask_again` has hosts asked again that failed too often, after `sleep`, which takes seconds.
    `first_look` is called on a first run with what is read, once its newest days are read and
    matched, and again when all is (True).
    """

    archive: Archive
    config: Config
    sittings: Sittings
    as_of: datetime
    clock: Callable[[], datetime]
    sources: Sequence[Source]
    members: MemberSource
    mailer: Callable[[], Mailer]
    ways: Callable[[], Iterable[tuple[str, Mailer]]] = tuple
    files: Callable[[], Sequence[FileSource]] = tuple
    named: Callable[[str], Source | FileSource] | None = None
    progress: Callable[[Window | FileRef, int, int], None] = lambda _what, _done, _of: None
    lexicon: Callable[[], Lexicon] = Lexicon
    ask_again: Callable[[], None] = lambda: None
    sleep: Callable[[float], None] = time.sleep
    pace: Pace = AS_IT_GOES
    patience: Patience = PATIENT
    late: LateReplies = field(default_factory=LateReplies)
    waits_for_replies: bool = True
    report: Report = field(default_factory=Report)
    first_look: Callable[[Scope, bool], object] | None = None
    found_early: dict[str, int] = field(default_factory=_nothing_found, init=False)

    def run(self, *, first: bool = False) -> Report:
        """All four stages. Interrupted while collecting, it still composes and delivers what was read.

        With `first` the next digest of each reader is a first one, of all the days that are looked back on.
        """
        with self.archive.runs.lease():
            self.sync()
            if first or first_digest(self.archive.runs) is not None:
                names = [*self.config.reads, *self.config.reads_files]
                ask_first_digest(self.archive, names, self._scope(), self.clock())
            is_first = self.first_look is not None and self._is_first()
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
        self.wait_for_replies()
        return self.report

    def mail(self, *, compose: bool) -> Report:
        """What needs no source: the digests that are due, where asked, and the mails that wait."""
        with self.archive.runs.lease():
            if compose:
                self.sync()
                self.match()
                self.compose()
            self.deliver()
        self.wait_for_replies()
        return self.report

    def sync(self) -> None:
        """Bring the archive's memory of what is watched up to config.toml, while the lease is held.

        Raises StaleConfigError where the file was changed since it was read: somebody whom it names no more may have been
        forgotten meanwhile, and would be back. Raises ConfigError where the archive was last used with a newer file of
        another place.
        """
        if not is_current(self.config):
            raise StaleConfigError(f"{self.config.path} was changed while this began: run it again")
        self._note_configuration()
        version = f"{MATCHER_VERSION}.{self.lexicon().version}"
        self.archive.watch_list.sync(self.config.topics, self.config.readers, version)
        webhook_changes.note_moves(self.archive, self.config)

    def _note_configuration(self) -> None:
        """Tell what changed since the archive was last used, and refuse a stale copy of config.toml."""
        if self.config.mark is None:  # made by the program, not read from a file
            return
        text = self.archive.runs.fact(CONFIGURATION)
        known, now = Used.from_text(text) if text else None, used_now(self.config)
        if now is None or (known and known.fingerprint == now.fingerprint):
            return
        topics, readers, terms = self.archive.watch_list.watched()
        before = Watched(topics=topics, readers=readers, terms=frozenset(terms))
        told = changes(before, watched_now(self.config))
        refuse_stale(known, now, told)
        if told and known:
            log.info("configuration path=%s %s", self.config.path, told)
        self.archive.runs.set_fact(CONFIGURATION, now.as_text())

    def _is_first(self) -> bool:
        """Whether no source that is read by days was ever read as far back as it goes, or nothing of it came whole."""
        return bool(self.sources) and all(self._is_new(source) for source in self.sources)

    def _is_new(self, source: Source) -> bool:
        if self.archive.runs.fact(fact_of("full_read_on", source.name)) is None:
            return True
        if self.archive.runs.fact(fact_of("whole_on", source.name)) is not None:
            return False
        return all(one.state == "failed" for one in self.archive.coverage.windows(source.name))

    def _scope(self, first: date | None = None, last: date | None = None) -> Scope:
        return Scope(as_of=self.as_of, look_back_days=self.config.questions.look_back_days, first=first, last=last)

    def collect(
        self,
        *,
        first: date | None = None,
        last: date | None = None,
        only: str | None = None,
        looks_first: bool = False,
    ) -> None:
        """Read the sources. One that stays down fails what is its own, and the others go on.

        With `looks_first` the newest days of all sources are read, matched and shown before the rest is read.
        """
        scope = self._scope(first, last)
        files = [one for one in self.files() if only in (None, one.name)]
        works: list[Collect | Filing] = [
            self._windows(source, scope, discovery=_discovery(files))
            for source in self.sources
            if only in (None, source.name)
        ]
        works += [self._files(source, scope) for source in files]
        if not works:
            return
        with self._stage("collect", lambda: _summed(works)):
            if looks_first:
                for work in works:
                    if isinstance(work, Collect):
                        work.read_newest_days()
                self._look_first()
            for work in works:
                work.run()
                self.report.failures += work.counts.failures

    def _look_first(self) -> None:
        """Match what is read so far and show it. What goes wrong is tried again, and told, when all is matched."""
        try:
            self._find(self.found_early)
            if self.first_look is not None:
                self.first_look(self._scope(), False)
        except (LeaseError, LockedError):
            raise
        except MonitorError as exc:
            log.warning("first look failed error=%r", str(exc))

    def collect_again(self, began: datetime) -> None:
        """Before a digest, ask again for a while for what could not be read since `began`: nobody may call again today."""
        until = self.clock() + self.config.http.try_again_for
        for pause in AGAIN_AFTER:
            if self.clock() + pause > until or not self._is_digest_short(began):
                return
            log.info("collect again in=%ds, for a digest is due and its days could not be read", pause.total_seconds())
            self.sleep(pause.total_seconds())
            self.archive.runs.renew()
            self.ask_again()
            before = self.report.stages.get("collect", {})
            self.report.failures.clear()  # all of them are of the collect, which tells anew what it can't read
            self.collect()
            self.report.stages["collect"] = _with_last(before, self.report.stages["collect"])

    def _is_digest_short(self, began: datetime) -> bool:
        """Whether a digest is due that lacks what can't be read since this run began; what lasts longer may last on."""
        due = due_readers(self.archive, self.config, self.as_of)
        if not due:
            return False
        known = [self.archive.digests.last(one.key) for one in due]
        yesterday = self.as_of.astimezone(LONDON).date() - timedelta(days=1)
        first = min([yesterday, *(row.as_of.astimezone(LONDON).date() for row in known if row)])
        return any(
            not one.is_over and one.since >= began and one.window.day >= first
            for source in self.sources
            for one in outages_of(self.archive.runs, source.name)
        )

    def backfill(self, name: str, counts: Counts, *, first: date | None = None, last: date | None = None) -> None:
        """Read the past of a source, or the days of it asked for, counting as it goes. It is history: never mailed."""
        scope = self._scope(first, last)
        source = self._named(name)
        told = self.progress
        self.progress = self._indexing(counts)
        with self._stage("backfill", counts.as_dict):
            if isinstance(source, FileSource):
                self._files(source, scope, counts, is_history=True).run()
            else:
                scope = replace(scope, first=first or BEGINS[name])
                backfill_windows(self._windows(source, scope, is_history=True), counts, self.progress)
        self.progress = told
        self.report.failures += counts.failures

    def _indexing(self, counts: Counts) -> Callable[[Window | FileRef, int, int], None]:
        """Report progress, and take what was read into the index now and then.

        Whoever searches or checks a letter meanwhile reads through all that is not indexed: after hours that is much.
        """
        tell, indexed = self.progress, 0

        def show(what: Window | FileRef, done: int, of: int) -> None:
            nonlocal indexed
            if counts.so_far - indexed >= INDEXED_AFTER:
                self._follow()
                indexed = counts.so_far
            tell(what, done, of)

        return show

    def _named(self, name: str) -> Source | FileSource:
        if self.named is not None:
            return self.named(name)
        every: list[Source | FileSource] = [*self.sources, *self.files()]
        return next(one for one in every if one.name == name)

    def _windows(
        self, source: Source, scope: Scope, *, discovery: Discovery | None = None, is_history: bool = False
    ) -> Collect:
        return Collect(
            archive=self.archive,
            source=source,
            members=self.members,
            scope=scope,
            sittings=self.sittings,
            clock=self.clock,
            progress=self.progress,
            discovery=discovery,
            is_history=is_history,
        )

    def _files(
        self, source: FileSource, scope: Scope, counts: Counts | None = None, *, is_history: bool = False
    ) -> Filing:
        return Filing(
            archive=self.archive,
            source=source,
            scope=scope,
            clock=self.clock,
            progress=self.progress,
            counts=counts or Counts(),
            is_history=is_history,
        )

    def match(self) -> None:
        """Look for the terms in all that they were not looked for in yet, which the index helps to find.

        A term that can't be read finds nothing, so each run that goes without it fails.
        """
        self.report.failures += [problem.failure for problem in self.config.term_problems]
        counts, self.found_early = self.found_early, _nothing_found()
        with self._stage("match", lambda: counts):
            self._find(counts)

    def _find(self, counts: dict[str, int]) -> None:
        self._follow()
        lexicon = self.lexicon()
        while (work := self.archive.matches.next_work()) is not None:
            matcher = compile_terms(work.topics, lexicon)
            for documents, done_to in self.archive.matches.read_documents(work, _need(matcher)):
                found = [(one.revision_id, matcher.matches(one.parts, one.forms, one.facts)) for one in documents]
                counts["matches"] += self.archive.matches.store(work, found, done_to)
                counts["revisions"] += len(documents)

    def _follow(self) -> None:
        """Bring the index up. Without it all is found as well, only more slowly: so its failure stops nothing."""
        try:
            self.archive.index.follow(_tell_index)
        except (LeaseError, LockedError):
            raise
        except ArchiveError as exc:
            self.report.failures.append(f"the index for searches can't be kept up ({exc}): run: pqwatch db reindex")

    def compose(self, *, now: bool = False) -> None:
        """Compose the digests that are due."""
        counts = stage.Counts()
        with self._stage("compose", counts.as_dict):
            work = Compose(self.archive, self.config, self.sittings, self.as_of, self.clock)
            work.is_cut_short = self.report.interrupted
            skip_told(work)
            if work.first is not None and work.is_cut_short:
                counts.put_off = len(self.config.readers)
                log.info("first digest put off: reading was interrupted")
            else:
                work.run(counts, now=now)
                self._note_first_digest(work, counts)
        self.report.failures += counts.failures
        self.report.notes += counts.notes

    def _note_first_digest(self, work: Compose, counts: stage.Counts) -> None:
        """Note that the first digest was made for everybody: it is told once."""
        if work.first is not None and not counts.failures and not counts.put_off:
            self.archive.runs.set_fact(FIRST_DIGEST, replace(work.first, made_at=self.clock()).as_text())

    def deliver(self, *, is_asked: bool = False) -> DeliverReport | None:
        """Hand over what is in the outbox."""
        report: DeliverReport | None = None

        def counted() -> Mapping[str, int]:
            names = ("sent", "pending", "refused", "held", "ambiguous")
            return {name: getattr(report, name) for name in names} if report else {}

        with self._stage("deliver", counted):
            self.report.failures += webhook_changes.strand(self.archive, self.config)
            reports = []
            for queue, post in self._posts():
                reports.append(
                    send_pending(
                        self.archive.outbox.of(queue),
                        post,
                        self.clock,
                        on_ambiguous=self.config.delivery.on_ambiguous,
                        is_asked=is_asked,
                        pace=self.pace if queue == MAIL else AS_IT_GOES,
                        late=self.late,
                        patience=self.patience,
                    )
                )
                report = joined(reports)
        if report is not None:
            self.report.failures += report.failures
            if report.held:
                self.report.failures.append(f"{report.held} mails are held: see pqwatch deliver --help")
        return report

    def _posts(self) -> Iterator[tuple[str, Mailer]]:
        """What empties each queue: mail first, but last where it takes its time."""
        if not self.pace.per_minute:
            yield MAIL, self.mailer()
        yield from self.ways()
        if self.pace.per_minute:
            yield MAIL, self.mailer()

    def leave_replies_to(self, late: LateReplies) -> None:
        """Let somebody else wait for late replies, who calls these stages again and again.

        Mail that has a pace then goes for a minute at most, and the rest of it in the next round.
        """
        self.late, self.waits_for_replies = late, False
        self.pace = replace(self.pace, stretch=STRETCH)

    def wait_for_replies(self, *, at_once: bool = False) -> None:
        """Hear what the mail server says late, `at_once` for a moment; nothing else waits, and no lease is needed."""
        if self.waits_for_replies:
            self.report.failures += self.late.finish(at_once=at_once)

    def tell_operator(self) -> None:
        """Put notices into the outbox where there is something to tell and somebody to tell it to."""
        tell_operator(
            self.archive,
            self.config,
            self.sittings,
            self.clock(),
            failures=self.report.failures,
            notes=self.report.notes,
        )

    def tidy(self) -> None:
        """Let go of what the configuration keeps for a while only."""
        now = self.clock()
        self.archive.outbox.purge(now - timedelta(days=self.config.delivery.keep_mail_days))
        webhook_changes.thin(self.archive, self.config)
        if self.config.archive.keep_raw_days:
            self.archive.records.drop_payloads(now - timedelta(days=self.config.archive.keep_raw_days))

    def reparse(self, *, source: str | None = None, first: date | None = None, last: date | None = None) -> None:
        """Read the newest kept payload of each record again with today's parsers; what differs is history."""
        scope = self._scope(first, last)
        work = Reparse(archive=self.archive, scope=scope, clock=self.clock)
        with self._stage("reparse", lambda: work.counts):
            for one in self.sources:
                if source in (None, one.name):
                    work.windows(one)
            for file_source in self.files():
                if source in (None, file_source.name):
                    work.files(file_source)
        if count := work.counts["quarantined"]:
            self.report.failures.append(f"{count} payloads can't be understood: see pqwatch status")

    @contextmanager
    def _stage(self, name: str, counts: Callable[[], Mapping[str, int]]) -> Iterator[None]:
        """A row in the ledger and a line in the log, however the stage ends."""
        run_id = self.archive.runs.begin(name, self.as_of)
        outcome, error = "ok", None
        try:
            yield
        except (KeyboardInterrupt, SystemExit):  # Ctrl-C, SIGTERM
            outcome = "interrupted"
            raise
        except MonitorError as exc:
            outcome, error = "failed", str(exc)
            raise
        except BaseException as exc:
            outcome, error = "failed", f"{type(exc).__name__}: {exc}"
            raise
        finally:
            told = counts()
            self.report.stages[name] = told
            if outcome == "ok" and told.get("failures"):
                outcome = "failed"
            line = " ".join(f"{key}={value}" for key, value in told.items())
            log.info("%s %s outcome=%s", name, line, outcome, extra={"fields": {"stage": name, **told}})
            self.archive.runs.end(run_id, outcome, told, error)


def _discovery(files: Iterable[FileSource]) -> Discovery | None:
    """The source that also tells what others published, if there is one."""
    return next((one for one in files if isinstance(one, Discovery)), None)


def _summed(works: Iterable[Collect | Filing]) -> dict[str, int]:
    """What several sources counted, by name."""
    summed: Counter[str] = Counter()
    for work in works:
        summed.update(work.counts.as_dict())
    return dict(summed)


def _with_last(before: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
    """Sum what several collects of a run did; what is missing is what the last one could not read."""
    missing = ("windows", "incomplete", "quarantined", "failures")
    return {name: count + (0 if name in missing else before.get(name, 0)) for name, count in last.items()}


def _tell_index(done: int, of: int) -> None:
    """Of what takes minutes, as after an upgrade of a large archive, a line now and then."""
    if of >= MANY_REVISIONS and (done % MANY_REVISIONS == 0 or done == of):
        log.info("index revisions=%d of=%d", done, of)


def _need(matcher: Matcher) -> Need | None:
    """What a revision must hold for any of the terms to be found in it; None where one may be found anywhere."""
    needs = matcher.needs().values()
    return None if None in needs else AnyOf(tuple(need for need in needs if need is not None))
