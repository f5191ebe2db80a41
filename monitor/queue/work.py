"""Do one job: a stage of a run, for one source, one reader or one message."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from monitor import app
from monitor.collect.first_run import note_first_digest_made
from monitor.config import is_current
from monitor.config.last_used import CONFIGURATION, OTHER_FILE, OtherFile, Used, place_of, shared_fingerprint
from monitor.config.merging import is_up_to_date, with_subscribers
from monitor.digest.catch_up import skip_mailed_before_restore
from monitor.digest.compose import Compose, ComposeCounts
from monitor.digest.schedule import lacks_unread_days
from monitor.errors import LeaseError, LockedError, MonitorError, StaleConfigError, UnreachableError
from monitor.match import MatchCounts, find_in_range, split_work
from monitor.model.deliveries import DeliveryState
from monitor.model.jobs import (
    COLLECT,
    COLLECT_PART,
    COMPOSE,
    CONCLUDE,
    DELIVER,
    DIGESTS,
    MAIL,
    MATCH,
    MATCH_RANGE,
    MATCHING,
    QUEUES,
    match_job,
    match_range_job,
    range_unit,
    reader_unit,
)
from monitor.model.watching import SUBSCRIBERS_VERSION
from monitor.operations.alerts import tell_operator
from monitor.pipeline import Report
from monitor.queue.clock import SharedClock
from monitor.queue.dispatch import begin_digests, source_jobs
from monitor.queue.mailing import TASKS_OF_A_ROUND, Mailing
from monitor.queue.put_off import PutOffError
from monitor.queue.sources import SEVERAL, SOURCE_TASKS, SourceJobs
from monitor.queue.versions import refuse_other_version
from monitor.terms.matcher import compile_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from db.rounds import Round, RoundState
    from monitor.config.settings import Config
    from monitor.model.matching import MatchWork
    from monitor.model.watching import Subscriber, Topic
    from monitor.pipeline import Pipeline
    from monitor.terms.matcher import Matcher
    from monitor.terms.vocabulary import Lexicon

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = timedelta(seconds=5)
"""Time after which a job looks again whether the jobs that it waits for are done."""
ASK_AGAIN: Final = timedelta(seconds=30)
"""Time after which sources are read again because a digest lacks some of their days."""
FRESH: Final = timedelta(minutes=10)
"""Time for which what was read of the archive for one digest of a round is used for the next ones."""
OTHER_FILE_AGAIN: Final = timedelta(seconds=10)
"""Time for which a worker with another config.toml leaves a queue to others."""
NOTE_OTHER_FILE_EVERY: Final = timedelta(minutes=1)
"""Time after which such a worker notes it again."""
OLDER_PROMISES: Final = 60.0
"""Seconds of a round in which older answers are searched for promises. No matching goes on meanwhile."""
_QUEUE_OF_WATCHING: Final = {MATCH: MATCHING, MATCH_RANGE: MATCHING, COMPOSE: DIGESTS}
"""Queue of each task whose result depends on what is watched for whom."""
_SHORT: Final = (COMPOSE, DELIVER)
"""Tasks between which connections to mail servers stay open. Others take long, and a server may take few connections."""


class Work:
    """Work of one worker. From job to job it keeps the configuration, the archive, and connections to mail servers.

    `clock`: the one that all machines share, unless another one is given. `queues`: those that the worker takes jobs from.
    """

    def __init__(
        self, config_path: str | None, clock: Callable[[], datetime] | None = None, *, queues: Sequence[str] = QUEUES
    ) -> None:
        self._config_path = config_path
        self.clock = self._clock = clock or SharedClock()
        self._other_file: OtherFile | None = None
        self.config = app.configuration(config_path)
        self._changed_at = app.changed_at(self.config)
        self._fingerprint = shared_fingerprint(self.config)
        self.archive = app.archive(self.config, now=self._clock)
        self._read_subscribers()
        self._terms = app.JudgedTerms(self.archive)
        self._mailing = Mailing(self.archive, self._clock, queues)
        self._compose: tuple[RoundState, Compose] | None = None
        self._matcher: tuple[tuple[Sequence[Topic], Lexicon], Matcher] | None = None

    def do(self, task: str, arguments: Mapping[str, str | int]) -> None:
        """Do a job. Raises PutOffError if it has to wait, and MonitorError if it failed."""
        facts = refuse_other_version(self.archive, SUBSCRIBERS_VERSION, CONFIGURATION)
        if task != COMPOSE:  # that asks when it takes its unit
            self.archive.runs.refuse_if_held()
        self._reload(facts)
        self._prepare_for(task)
        self._refuse_other_file(task, facts.get(CONFIGURATION))
        if task in SOURCE_TASKS:
            SourceJobs(self.archive, self.config, self._clock).do(task, arguments)
        elif task == MATCH:
            self.match()
        elif task == MATCH_RANGE:
            self.match_range(int(arguments["end"]))
        elif task == COMPOSE:
            self.compose(str(arguments["reader"]))
        elif task == DELIVER:
            self._mailing.send(int(arguments["message"]), self.config)
        elif task == CONCLUDE:
            self.conclude()

    def _prepare_for(self, task: str) -> None:
        """Compare the clocks, and end what belongs to other tasks."""
        if isinstance(self._clock, SharedClock):
            self._clock.compare(self.archive)
        if task not in _SHORT:
            self._mailing.close_connections()
        if task != DELIVER:
            self._mailing.pause()

    def note_given_up(self, task: str, arguments: Mapping[str, str | int], exc: BaseException) -> None:
        """Note what follows from a job that is given up.

        A round goes on without a source, and must not count as good. It can't end without any other of its jobs, so the
        operator is told of these at once.
        """
        if task in (COLLECT, COLLECT_PART):
            failure = f"{arguments['source']} could not be read: {_reason(exc)}"
            self.archive.rounds.add("collect", {"failures": 1}, failures=[failure])
        elif task in TASKS_OF_A_ROUND:
            now = self._clock()
            calendar = app.sittings(self.config, self.archive, now)
            failure = f"A job of the round was given up after several tries ({task}): {_reason(exc)}"
            tell_operator(self.archive, self.config, calendar, now, failures=[failure], notes=())

    def close(self) -> None:
        """Close all connections; wait a moment for late replies of mail servers."""
        try:
            self._mailing.close()
        finally:
            self.archive.close()

    def close_idle(self) -> None:
        """Close the connections over which nothing was sent lately."""
        self._mailing.close_idle()

    # -- stages -------------------------------------------------------------------------------------------------------

    def match(self) -> None:
        """Look for the terms in what was read. When all sources are read, hand out the digests that are due."""
        archive = self.archive
        # Asked first, because what is read from now on may be missed.
        is_all_read = not archive.jobs.is_under_way(COLLECT, COLLECT_PART)
        with archive.runs.unit(MATCH), self._pipeline(self.config) as pipeline:
            pipeline.repeat_first_digest()
            self._share_matching(pipeline)
            pipeline.match()
            archive.rounds.add("match", {}, failures=pipeline.report.failures)
            now = self._clock()
            if not is_all_read:
                raise PutOffError(now + LOOK_AGAIN)
            current = archive.rounds.current()
            if current is not None and self._reads_again(current, now):
                raise PutOffError(now + ASK_AGAIN + LOOK_AGAIN)
            self._sync_readers()
            archive.rounds.end_stage("collect")
            skip_mailed_before_restore(self._new_compose())
            begin_digests(archive, self.config, now)

    def _share_matching(self, pipeline: Pipeline) -> None:
        """Let several workers search the ranges of a long stretch of revisions, and wait for them."""
        archive = self.archive
        ends = archive.match_ranges.left()
        if ends and not archive.jobs.is_under_way(MATCH_RANGE):  # they failed, or were lost
            archive.jobs.put(map(match_range_job, ends), even_if_failed=True)
            raise MonitorError(f"{len(ends)} ranges of revisions are not searched yet: they are handed out again")
        if not ends:
            pipeline.index.follow()
            if archive.jobs.count_living_workers() < SEVERAL or not split_work(archive, pipeline.lexicon()):
                return
        raise PutOffError(self._clock() + LOOK_AGAIN)

    def match_range(self, end: int) -> None:
        """Look for the terms in one range of revisions."""
        archive, counts = self.archive, MatchCounts()
        with archive.runs.unit(range_unit(end)):
            work = archive.match_ranges.work(end)
            if work is None:
                return
            find_in_range(archive, work, self._matcher_of(work), counts)
        log.info("match to=%d revisions=%d matches=%d", end, counts.revisions, counts.matches)

    def _matcher_of(self, work: MatchWork) -> Matcher:
        """Compile the terms of a range, unless the last one had the same."""
        key = (work.topics, app.lexicon(self.config, self.archive))
        if self._matcher is None or self._matcher[0] != key:
            self._matcher = (key, compile_terms(*key))
        return self._matcher[1]

    def _sync_readers(self) -> None:
        """Store who is told of what now: somebody may have been added, or have ended a pause, since the round began.

        Raises StaleConfigError where config.toml was changed since: it may no longer name a person who was forgotten.
        """
        if not is_current(self.config):
            raise StaleConfigError(f"{self.config.path} was changed meanwhile")
        if not is_up_to_date(self.config, self.archive):
            self._read_subscribers()
        self.archive.watch_list.sync_subscribers(self.config.readers)

    def _reads_again(self, current: Round, now: datetime) -> bool:
        """Have the sources read again for a while if a digest is due whose days could not be read."""
        config, began = self.config, current.began_at
        if "collect" not in current.runs or now + ASK_AGAIN > began + config.http.try_again_for:
            return False
        if not lacks_unread_days(self.archive, config, config.reads, as_of=now, began=began):
            return False
        log.info("collect again in=%ds, for a digest is due and its days could not be read", ASK_AGAIN.total_seconds())
        self.archive.jobs.put(source_jobs(config, not_before=now + ASK_AGAIN), even_if_failed=True)
        return True

    def compose(self, key: str) -> None:
        """Compose the digest of a reader if it is due."""
        reader = self._readers.get(key)
        if reader is None:
            return
        counts = ComposeCounts()
        try:
            with self.archive.runs.unit(reader_unit(key)):
                compose = self._composing()
                self._refuse_unknown(reader)
                compose.run_for(reader, counts)
        except (LeaseError, PutOffError):
            raise
        except (LockedError, UnreachableError):  # the job waits for the database, and is no failure
            self._compose = None
            raise
        except Exception as exc:
            self._compose = None
            failure = f"the digest for {reader.name} can't be composed: {_reason(exc)}"
            self.archive.rounds.add("compose", {"failures": 1}, failures=[failure])
            raise
        self.archive.rounds.add("compose", {"put_off": counts.put_off}, notes=counts.notes)

    def _refuse_unknown(self, reader: Subscriber) -> None:
        """Put a digest off where the archive does not know yet what became of its reader, and have that stored.

        Else somebody who ended a pause, or came back, would be sent what they missed meanwhile.
        """
        if not reader.paused and not self.archive.watch_list.agrees_with(reader):
            self.archive.jobs.put([match_job()], even_if_failed=True)
            raise PutOffError(self._clock() + LOOK_AGAIN)

    def _composing(self) -> Compose:
        """Return the composer of a round's digests, with what it has read for others.

        Raises PutOffError where the archive's subscribers changed since the job began: the reader may be forgotten.

        As in a run, one composer makes all digests of a round. Meanwhile the round reads no source, and what a backfill
        stores is matched in the next round. A run by hand, and a round that matches once more because config.toml was
        changed, change the state that is compared here. So what digests share stays as it is. What is owed to a reader, what
        they follow, mute, mark and note, and what they were told is read for each digest. Which sources could be read,
        decisions about promises and years of topics may be some minutes old. Nothing is missed or told twice by that: the
        next digest goes by what is stored.
        """
        now, known, state = self._clock(), self._compose, self.archive.rounds.state()
        if state.subscribers_version != self.config.subscribers_version:
            raise PutOffError(now)
        if known is not None and known[0] == state and timedelta() <= now - known[1].as_of < FRESH:
            return known[1]
        compose = self._new_compose()
        self._compose = None if state.round_began_at is None else (state, compose)
        return compose

    def _new_compose(self) -> Compose:
        now = self._clock()
        calendar = app.sittings(self.config, self.archive, now)
        config = self._terms.judged(self.config)
        return Compose(self.archive, config, calendar, now, self._clock)

    def conclude(self) -> None:
        """Alert the operator, tidy up and write down how the round went, when its digests are composed."""
        archive, now = self.archive, self._clock()
        if archive.jobs.is_under_way(COLLECT, COLLECT_PART, MATCH, COMPOSE):
            raise PutOffError(now + LOOK_AGAIN)
        current = archive.rounds.current()
        if current is None:
            return
        composed, config = archive.rounds.composed_since(current.began_at), self._terms.judged(self.config)
        failures = dict.fromkeys([*current.failures, *(problem.failure for problem in config.term_problems)])
        report = Report(stages={**current.counts, "compose": composed}, failures=[*failures], notes=current.notes)
        with archive.runs.unit(CONCLUDE), self._pipeline(config) as pipeline:
            pipeline.report = report
            composing = current.counts.get("compose", {})
            if not composing.get("failures") and not composing.get("put_off"):
                note_first_digest_made(archive.runs, self._clock())
            archive.rounds.end_stage("compose", composed)
            archive.rounds.note_stage("deliver", current.began_at, self._delivered(current))
            pipeline.tell_operator()
            pipeline.tidy()
            archive.jobs.forget_old()
            pipeline.read_older_promises(seconds=OLDER_PROMISES)
            archive.rounds.end()
        app.conclude(self.config, archive, report, is_run=True, now=self._clock)
        for failure in report.failures:
            log.warning("! %s", failure)

    def _delivered(self, current: Round) -> dict[str, int]:
        left = self.archive.deliveries.counts(DeliveryState.PENDING, DeliveryState.REFUSED, DeliveryState.HELD)
        return {
            "sent": self.archive.rounds.sent_since(current.began_at),
            **{state.value: count for state, count in left.items()},
        }

    # -- what jobs share ----------------------------------------------------------------------------------------------

    @contextmanager
    def _pipeline(self, config: Config) -> Iterator[Pipeline]:
        with app.pipeline(config, self.archive, now=self._clock) as pipeline:
            yield pipeline

    def _read_subscribers(self) -> None:
        self.config = with_subscribers(self.config, self.archive)
        self._readers = {reader.key: reader for reader in self.config.readers}
        self._compose = None

    def _reload(self, facts: Mapping[str, str]) -> None:
        """Read config.toml again if it was changed, and the archive's subscribers if they were."""
        changed_at = app.changed_at(self.config)
        if changed_at != self._changed_at:
            self._changed_at = changed_at
            self.config, is_new = app.configuration_again(self.config, self._config_path)
            if is_new:
                self._fingerprint = shared_fingerprint(self.config)
                self._mailing.close_connections()
        if self.config.subscribers_version != facts.get(SUBSCRIBERS_VERSION, ""):
            self._read_subscribers()

    def _refuse_other_file(self, task: str, in_use: str | None) -> None:
        """Leave a job to others where this worker's config.toml differs from the one in use in what the job needs of it.

        The queue is left with it, for a moment: else this worker would take each of its jobs and put it back.
        """
        if task == DELIVER:
            self._refuse_other_transport(in_use)
        elif task in _QUEUE_OF_WATCHING:
            self._refuse_other_watching(in_use, _QUEUE_OF_WATCHING[task])

    def _refuse_other_watching(self, in_use: str | None, queue: str) -> None:
        """Leave a job to others while the archive is used with a config.toml that watches something else."""
        if not in_use or Used.from_text(in_use).shared in (self._fingerprint, ""):
            self._other_file = None
            return
        self._leave_to_others(queue)

    def _refuse_other_transport(self, in_use: str | None) -> None:
        """Leave mail to others if this worker's own file has another transport than the one that counts.

        Else mails would go into a folder of this machine, where no reader sees them, and count as sent.
        """
        used = Used.from_text(in_use) if in_use else None
        if used is None or used.transport in (self.config.delivery.transport, ""):
            return
        if used.place != place_of(self.config):  # else that very file was changed since
            self._leave_to_others(MAIL)

    def _leave_to_others(self, queue: str) -> NoReturn:
        self._note_other_file()
        raise PutOffError(self._clock(), leave=queue, leave_seconds=OTHER_FILE_AGAIN.total_seconds())

    def _note_other_file(self) -> None:
        """Note once a minute that this worker leaves work to others, so that an operator sees it."""
        now, known = self._clock(), self._other_file
        if known is not None and now - known.at < NOTE_OTHER_FILE_EVERY:
            return
        place = place_of(self.config) or str(self.config.path)
        self._other_file = OtherFile(place=place, since=known.since if known else now, at=now)
        self.archive.runs.set_fact(OTHER_FILE, self._other_file.as_text())
        log.warning("config path=%s differs from the one that the archive is used with", self.config.path)


def _reason(exc: BaseException) -> str:
    return str(exc) if isinstance(exc, MonitorError) else f"{type(exc).__name__}: {exc}"
