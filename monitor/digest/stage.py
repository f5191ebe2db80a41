"""The third stage: what is owed to each reader becomes his digest, rendered and frozen in the outbox for its way out.

One digest for one subscriber and slot. Its row, the revisions it tells and its mail are stored together or not at all, so
whatever ends a run, nothing is told twice and nothing is lost.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from monitor.collect.first_run import first_digest
from monitor.collect.health import health_of_file_sources, health_of_sources, is_down
from monitor.collect.incomplete_days import outages_of
from monitor.digest.arrange import arrange
from monitor.digest.formats.plain_json import Related
from monitor.digest.messages import domain_of, envelope, message_id
from monitor.digest.render import Rendered, render
from monitor.digest.schedule import latest_slot, next_slot, slot_key
from monitor.digest.subject import subject_of
from monitor.errors import LeaseError, MonitorError
from monitor.model.archive import SUPPLEMENT, NewDigest
from monitor.model.deliveries import FEED, MAIL
from monitor.model.digests import Digest, Item, ReadOf, Waiting
from monitor.model.records import House, State
from monitor.model.watching import UnreadableTerm, Watching
from monitor.parliament.calendar import LONDON, next_working_day
from monitor.parliament.lifecycle import days_late, due_on, is_reported
from monitor.parliament.promises import CUES, WATCHED_DAYS, letter_promised_on
from monitor.presentation.near_duplicates import brief_exceptions
from monitor.presentation.record_json import MOST_SAME
from monitor.presentation.wording import long_day
from monitor.text.similarity import NEAR_FROM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from db.archive import Archive
    from monitor.collect.health import FileSourceHealth, SourceHealth
    from monitor.collect.incomplete_days import Outage
    from monitor.config.settings import Config
    from monitor.model.archive import DigestRow, Mail, OpenQuestion, PendingItem
    from monitor.model.records import Proceeding, Revision
    from monitor.model.watching import Subscriber
    from monitor.parliament.calendar import SittingCalendar

log = logging.getLogger(__name__)

REMIND_EVERY = timedelta(days=7)
LETTER_AFTER = timedelta(days=28)
"""A letter that was promised is reminded of so long after the promise, and again each time so much later."""

QUIET_IN_RECESS_EVERY = timedelta(days=7)
MOST_LOOKED_BACK = 100
"""Items up to which it is asked of each whether its answer was given before: of more than these hardly one stands whole."""

WINDOWS = {
    "tabled": "questions tabled on",
    "answered": "answers of",
    "corrected": "corrections of",
    "made": "statements of",
}
"""The words for the records of a window, before its day."""
YEAR = timedelta(days=365)
FORGIVEN_DAYS = 5
"""Days of a year that may be missing from an archive that is said to have read the year."""

MOST_SUPPLEMENTS = 3
"""Of one slot: a source that comes and goes all day is no reason for a mail each time."""

MANY_ITEMS = 500
"""So many in one digest are worth a word to the operator: somebody's terms are too wide, or mails were missed for long."""


@dataclass(slots=True)
class Counts:
    """What a compose did.

    `put_off`: digests that wait until a source can be read again. `failures`: one sentence for each subscriber whose digest
    could not be composed; `notes`: what the operator should know and nobody need mend.
    """

    digests: int = 0
    empty: int = 0
    items: int = 0
    put_off: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        counts = {name: getattr(self, name) for name in ("digests", "empty", "items", "put_off")}
        return counts | {"failures": len(self.failures)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """What is told after the digest of a slot, for which it could not be read.

    `owed` is all of it. `to`: the slot, where its digest was mailed; None where it was empty, so that this is the first.
    `before`: the last digest before that of the slot, with which its days begin.
    """

    slot: str
    owed: tuple[PendingItem, ...]
    to: datetime | None
    before: DigestRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A digest before it is stored: what it tells and leaves out by row id, and whether it is worth a mail.

    `items`: all that it tells, one for each record, in no order. `rendered` has no text where it is no mail.
    """

    digest: Digest
    items: tuple[Item, ...]
    rendered: Rendered
    told: tuple[tuple[int, int], ...]
    left_out: tuple[tuple[int, int], ...]
    waiting: tuple[int, ...]
    is_owed: bool


class Compose:
    """Composes digests as of one instant. `clock` is the real one: it dates the mails.

    `is_cut_short`: reading was interrupted, so that nothing owed does not mean that there is nothing.
    """

    def __init__(
        self,
        archive: Archive,
        config: Config,
        sittings: SittingCalendar,
        as_of: datetime,
        clock: Callable[[], datetime],
    ) -> None:
        self.archive = archive
        self.config = config
        self.sittings = sittings
        self.as_of = as_of
        self.clock = clock
        self.is_cut_short = False
        first = first_digest(archive.runs)
        self.first = first if first and not first.made_at else None
        self.today = as_of.astimezone(LONDON).date()
        self._floors: dict[str, date | None] = {}
        self._idle: frozenset[str] | None = None
        self._reads: dict[date, list[ReadOf]] = {}  # what was read since a day is the same for whoever is told of it

    def run(self, counts: Counts, *, now: bool = False) -> None:
        """Compose what is due, counting as it goes; with `now` for everybody, whatever the slot."""
        for subscriber in self.config.readers:
            slot = self._slot(subscriber, now=now)
            if subscriber.paused or slot is None:
                continue
            if subscriber.channel == FEED and self._rests(subscriber):
                continue
            try:
                if self.archive.digests.exists(subscriber.key, slot):
                    self._supplement(subscriber, slot, counts)
                else:
                    self._compose(subscriber, slot, counts)
            except LeaseError:
                raise
            except Exception as exc:  # one reader's digest must not cost the others theirs
                is_ours = isinstance(exc, MonitorError)  # a sentence that says it all; of a mistake the trace is wanted
                log.exception("compose subscriber=%s slot=%s", subscriber.key, slot, exc_info=not is_ours)
                reason = str(exc) if is_ours else f"{type(exc).__name__}: {exc}"
                counts.failures.append(f"the digest for {subscriber.name} can't be composed: {reason}")

    def _compose(self, subscriber: Subscriber, slot: str, counts: Counts) -> None:
        prepared = self.prepare(subscriber, slot)
        if not prepared.is_owed and subscriber.cadence != "instant" and (why := self._why_unread()):
            # Nothing is owed because too little was read: an empty digest now would put this morning's answers off
            # until tomorrow.
            counts.put_off += 1
            log.info("digest subscriber=%s slot=%s put off: %s", subscriber.key, slot, why)
        elif self._is_mailed(subscriber, prepared):
            self._store(subscriber, prepared, "mailed")
            counts.digests += 1
            counts.items += len(prepared.told)
            self._note_large(subscriber, prepared, counts)
        elif subscriber.cadence != "instant" or prepared.left_out:
            self._store(subscriber, prepared, "empty")
            counts.empty += 1

    def _why_unread(self) -> str:
        """Say why there may be more today than was read; "" where all was."""
        if self.is_cut_short:
            return "reading was interrupted"
        return "no source could be read" if is_down(self.archive, self.config) else ""

    def _supplement(self, subscriber: Subscriber, slot: str, counts: Counts) -> None:
        """Tell what was read since the digest of the slot, for which it could not be read."""
        found = self._come_later(subscriber, slot)
        if found is None:
            return
        prepared = self.prepare(subscriber, found.slot, found)
        if prepared.is_owed:
            self._store(subscriber, prepared, "mailed")
            counts.digests += 1
            counts.items += len(prepared.told)
            self._note_large(subscriber, prepared, counts)

    def _come_later(self, subscriber: Subscriber, slot: str) -> Supplement | None:
        """Find what the digests of a slot lack, as its days could not be read then; None where there is none."""
        known = self.archive.digests.listing(subscriber=subscriber.key, limit=MOST_SUPPLEMENTS + 2)
        rows = [row for row in known if row.slot == slot or row.slot.startswith(slot + SUPPLEMENT)]
        if not 0 < len(rows) <= MOST_SUPPLEMENTS or rows[-1].slot != slot:
            return None
        last, first = rows[0].composed_at, rows[-1].composed_at
        if self.clock() - first > self.config.schedule.supplement_for:
            return None
        read = [outage for outage in self._outages if outage.read_at and outage.since <= last < outage.read_at]
        owed = self.archive.pending.items(subscriber.key) if read else []
        late = tuple(one for one in owed if any(outage.brought(one, last) for outage in read))
        if not late:
            return None
        number = f" {len(rows)}" if len(rows) > 1 else ""
        at = datetime.fromisoformat(slot).replace(tzinfo=self.config.schedule.timezone)
        is_second = any(row.kind == "mailed" for row in rows)
        return Supplement(
            slot=f"{slot}{SUPPLEMENT}{number}",
            owed=late,
            to=at if is_second else None,
            before=next((row for row in known if row not in rows), None),
        )

    @cached_property
    def _outages(self) -> list[Outage]:
        return [one for source in self.config.reads for one in outages_of(self.archive.runs, source)]

    def _note_large(self, subscriber: Subscriber, prepared: Prepared, counts: Counts) -> None:
        digest = prepared.digest
        items = len(digest.changed) + len(digest.new) + len(digest.questions)
        if items > MANY_ITEMS:
            counts.notes.append(
                f"The digest for {subscriber.name} had {items:,} items: it went as a summary with a table of all of them."
            )

    def skip(self, subscriber: Subscriber) -> int:
        """Mark all that is owed to a subscriber as told without mailing it; returns how many revisions."""
        slot = self._slot(subscriber, now=True) or ""
        prepared = self.prepare(subscriber, slot)
        self._store(subscriber, prepared, "skipped")
        return len(prepared.told)

    def prepare(self, subscriber: Subscriber, slot: str, supplement: Supplement | None = None) -> Prepared:
        """What the digest would be now, or the supplement to one; nothing is stored."""
        owed = supplement.owed if supplement else self.archive.pending.items(subscriber.key)
        told = [one for one in owed if is_reported(one.events, followed=one.before is not None)]
        self._floors = {one.newest.proceeding.id: one.due_floor_on for one in told}
        questions = self.archive.digests.open_questions(subscriber.topics, subscriber.key)
        waiting, waiting_ids, is_fresh = self._waiting(subscriber, [] if supplement else questions)
        letters, letter_ids = ([], []) if supplement else self._letters(subscriber)
        last = supplement.before if supplement else self.archive.digests.last(subscriber.key)
        is_first = supplement is None and self._gets_first(subscriber)
        first_since = self.first.since if self.first and is_first else None
        names = {topic.key: topic.name for topic in self.config.topics}
        is_many = len(told) > MOST_LOOKED_BACK
        items = [self._item(subscriber, one, is_many=is_many) for one in told]
        digest = arrange(
            subscriber,
            items,
            [*waiting, *letters],
            self._read_since(min(first_since, self.today)) if first_since else self._read(last),
            slot=slot,
            as_of=self.as_of,
            topics={key: names[key] for key in subscriber.topics},
            missed=0 if supplement else self.archive.pending.kept_back(subscriber.key),
            open_count=len(questions),
            next_due_on=self._next_due(questions),
            next_at=next_slot(subscriber, self.config.schedule, self.as_of),
            in_recess_until=self._recess(),
            calendar_known=self._calendar_known(),
            watching=self._watching(subscriber),
            supplement_to=supplement.to if supplement else None,
            first_since=first_since,
        )
        shown = {
            proceeding.id
            for item in (*digest.changed, *digest.new, *digest.questions)
            for proceeding in _proceedings(item)
        }
        told_rows = tuple(row for one in told if one.newest.proceeding.id in shown for row in _rows(one))
        return Prepared(
            digest=digest,
            items=tuple(item for item in items if item.revision.proceeding.id in shown),
            rendered=self._rendered(digest),
            told=told_rows,
            left_out=()
            if supplement
            else tuple(row for one in owed for row in _rows(one) if row not in set(told_rows)),
            waiting=(*waiting_ids, *letter_ids) if digest.waiting else (),
            is_owed=bool(digest.changed or digest.new or digest.questions or is_fresh or digest.missed),
        )

    def due(self, proceeding: Proceeding) -> date | None:
        """The day on which an answer was or is due; a transfer keeps the later day."""
        return due_on(proceeding, self.sittings, self._floors.get(proceeding.id))

    def mail(self, subscriber: Subscriber, prepared: Prepared) -> Mail:
        """The digest as a mail to its subscriber, or as what goes by his channel instead."""
        delivery = self.config.delivery
        instance = self.archive.runs.instance()
        key = f"{subscriber.key}\n{prepared.digest.slot}"
        number = message_id(instance, key, subscriber.recipient, domain_of(delivery.sender))
        return envelope(
            prepared.digest,
            prepared.items,
            prepared.rendered,
            self.due,
            delivery=delivery,
            message_id=number,
            instance=instance,
            now=self.clock(),
            related=self._related,
            hosts=self.config.digest.hosts,
        )

    # -- parts --------------------------------------------------------------------------------------------------------

    def _slot(self, subscriber: Subscriber, *, now: bool) -> str | None:
        if now or subscriber.cadence == "instant":
            local = self.as_of.astimezone(self.config.schedule.timezone)
            # An instant of its own for each run: the real clock's, for `as_of` may stand still.
            return f"{local:%Y-%m-%dT%H:%M} at {self.clock():%Y-%m-%dT%H:%M:%S.%f}"
        latest = latest_slot(subscriber, self.config.schedule, self.as_of)
        slot = slot_key(latest) if latest else None
        if self._gets_first(subscriber) and (slot is None or self.archive.digests.exists(subscriber.key, slot)):
            return self._slot(subscriber, now=True)
        return slot

    def _gets_first(self, subscriber: Subscriber) -> bool:
        """Whether the next digest of a subscriber is the first that was asked for."""
        if self.first is None:
            return False
        last = self.archive.digests.last(subscriber.key)
        return last is None or last.composed_at < self.first.asked_at

    def _rests(self, subscriber: Subscriber) -> bool:
        """Whether a feed was begun and nothing is owed to it: then there is nothing to prepare."""
        archive = self.archive
        return archive.digests.last(subscriber.key) is not None and not archive.pending.items(subscriber.key)

    def _rendered(self, digest: Digest) -> Rendered:
        if digest.subscriber.channel != MAIL:
            return Rendered(subject=subject_of(digest), preheader="", text="", html="")
        return render(digest, self.due, stop=self.config.delivery.unsubscribe, hosts=self.config.digest.hosts)

    def _is_mailed(self, subscriber: Subscriber, prepared: Prepared) -> bool:
        if prepared.is_owed:
            return True
        if subscriber.channel == FEED:  # an empty one, so that whoever reads it finds it from the start
            return self.archive.digests.last(subscriber.key) is None
        if not subscriber.quiet_days or subscriber.cadence == "instant":
            return False
        if not prepared.digest.in_recess_until:
            return True
        mailed = next(
            (row for row in self.archive.digests.listing(subscriber=subscriber.key) if row.kind == "mailed"), None
        )
        return mailed is None or self.as_of - mailed.as_of >= QUIET_IN_RECESS_EVERY

    def _store(self, subscriber: Subscriber, prepared: Prepared, kind: str) -> None:
        is_mailed = kind == "mailed"
        self.archive.digests.store(
            NewDigest(
                subscriber=subscriber.key,
                slot=prepared.digest.slot,
                kind=kind,
                as_of=self.as_of,
                subject=prepared.rendered.subject,
                told_on=self.today,
                told=prepared.told,
                left_out=prepared.left_out,
                waiting=prepared.waiting if kind != "empty" else (),
                mails=[self.mail(subscriber, prepared)] if is_mailed else [],
            )
        )
        log.info("digest subscriber=%s slot=%s kind=%s items=%d",
                 subscriber.key, prepared.digest.slot, kind, len(prepared.told))  # fmt: skip

    def _item(self, subscriber: Subscriber, owed: PendingItem, *, is_many: bool) -> Item:
        answer = owed.newest.proceeding.answer
        return Item(
            revision=owed.newest,
            events=owed.events,
            matches=owed.matches,
            topics=tuple(key for key in subscriber.topics if key in owed.topics),
            before=owed.before,
            told_on=owed.told_at.astimezone(LONDON).date() if owed.told_at else None,
            earlier=_earlier(owed, owed.revisions) or self._replaced(owed),
            refers_to=self._referred(owed.newest.proceeding) if answer else None,
            said_before=None if is_many else self._said_before(owed.newest),
        )

    def _replaced(self, owed: PendingItem) -> Revision | None:
        """Give the answer that a correction replaced, where it was never sent and the source does not name it."""
        now = owed.newest.proceeding
        if owed.before is not None or now.state is not State.CORRECTED or now.original_answer:
            return None
        revisions = self.archive.records.revisions(owed.proceeding_id)
        before = [
            revision
            for revision in revisions
            if revision.id < owed.newest.id and revision.proceeding.source == now.source
        ]
        return _earlier(owed, before)

    def _related(self, revision: Revision) -> Related:
        referred_to = [one.id for one in self.archive.cross_references.cited(revision.proceeding)]
        return Related(referred_to, self.archive.similar.equal_ids(revision, at_most=MOST_SAME))

    def _referred(self, proceeding: Proceeding) -> Proceeding | None:
        """The answer that this one refers to; None where it can't be told which of several is meant."""
        earlier = [one for one in self.archive.cross_references.cited(proceeding) if one.answer]
        return earlier[0] if earlier and (len(earlier) == 1 or not earlier[0].column) else None

    def _said_before(self, revision: Revision) -> Proceeding | None:
        """The latest record of an earlier day with the same answer, else the nearest with nearly the same."""
        now = revision.proceeding
        is_answer = now.state in (State.ANSWERED, State.CORRECTED) and now.answered_on is not None
        if not is_answer or len((now.answer or "").split()) < NEAR_FROM:
            return None
        if equal := self.archive.similar.equal(revision, before=now.answered_on, at_most=1):
            return equal[0].proceeding
        near = (one.revision.proceeding for one in self.archive.similar.near(revision, before=now.answered_on))
        return next((one for one in near if brief_exceptions(one.answer or "", now.answer or "")), None)

    def _waiting(
        self, subscriber: Subscriber, questions: Sequence[OpenQuestion]
    ) -> tuple[list[Waiting], list[int], bool]:
        """Late questions to remind of and those due today, the row ids of the late ones, and whether one is newly late.

        A question is told as late for the first time on a working day: nobody is mailed at the weekend that the answer due
        on Friday did not come.
        """
        if not subscriber.waiting:
            return [], [], False
        found, ids, is_fresh = [], [], False
        for question in questions:
            due = self._due_of(question)
            late = days_late(question.proceeding, due, self.today)
            is_new = bool(late) and question.last_told_on is None
            if due is None or late is None or self.today < (next_working_day(due) if is_new else due):
                continue
            if late and question.last_told_on and self.today - question.last_told_on < REMIND_EVERY:
                continue
            topics = tuple(key for key in subscriber.topics if key in question.topics)
            found.append(
                Waiting(
                    proceeding=question.proceeding,
                    topics=topics,
                    due_on=due,
                    days_late=late,
                    matches=question.matches,
                    is_new=is_new,
                )
            )
            ids += [question.proceeding_id] if late else []
            is_fresh = is_fresh or is_new
        return found, ids, is_fresh

    def _letters(self, subscriber: Subscriber) -> tuple[list[Waiting], list[int]]:
        """Letters to remind of, and row ids: promised four weeks ago or longer, not seen, and not reminded of since."""
        if not subscriber.waiting or not subscriber.topics:
            return [], []
        since = self.today - timedelta(days=WATCHED_DAYS)
        found, ids = [], []
        for one in self.archive.digests.answered_with(CUES, subscriber.topics, since, subscriber.key):
            promised_on = letter_promised_on(one.proceeding)
            told_on = max(filter(None, (promised_on, one.last_told_on)), default=None)
            if promised_on is None or told_on is None or self.today - told_on < LETTER_AFTER:
                continue
            topics = tuple(key for key in subscriber.topics if key in one.topics)
            found.append(
                Waiting(proceeding=one.proceeding, topics=topics, matches=one.matches, promised_on=promised_on)
            )
            ids.append(one.proceeding_id)
        return found, ids

    def _due_of(self, question: OpenQuestion) -> date | None:
        return due_on(question.proceeding, self.sittings, question.due_floor_on)

    def _next_due(self, questions: Iterable[OpenQuestion]) -> date | None:
        """The first day not gone by on which one of them is due."""
        due = (self._due_of(question) for question in questions)
        return min((day for day in due if day is not None and day >= self.today), default=None)

    def _watching(self, subscriber: Subscriber) -> Watching:
        """Say what is wrong with a subscriber's own terms and topics, and what new terms have found so far."""
        unreadable = tuple(
            UnreadableTerm(
                topic=problem.topic,
                term=problem.term,
                reason=problem.reason,
                is_exclude=problem.is_exclude,
                is_misread=problem.is_misread,
            )
            for problem in self.config.term_problems
            if problem.topic in subscriber.topics
        )
        if subscriber.channel == FEED:
            return Watching(unreadable=unreadable)
        new = self.archive.matches.new_terms(subscriber.key)
        told = {one.topic for one in new}  # of these the line on what is new says how much they found
        return Watching(
            unreadable=unreadable,
            idle_topics=tuple(key for key in subscriber.topics if key in self._idle_topics() - told),
            idle_since=self._year_ago,
            new_terms=new,
        )

    @property
    def _year_ago(self) -> date:
        return self.today - YEAR

    def _idle_topics(self) -> frozenset[str]:
        """Name the topics that found nothing for a year; none where the archive has not read all of that year."""
        if self._idle is None:
            is_known = self._has_read_since(self._year_ago)
            self._idle = self.archive.matches.idle_topics(self._year_ago) if is_known else frozenset()
        return self._idle

    def _has_read_since(self, first: date) -> bool:
        """Whether every source and House that is read by days was read on all days since, but for a few."""
        days = self.archive.coverage.days_read(first, self.today)
        wanted = (self.today - first).days - FORGIVEN_DAYS
        kept = [days.get((source, house), 0) for source, houses in self.config.reads.items() for house in houses]
        return bool(kept) and min(kept) >= wanted

    def _recess(self) -> dict[House, date]:
        houses = {house: self.sittings.recess_until(house, self.today) for house in self.config.questions.houses}
        return {house: back for house, back in houses.items() if back is not None}

    def _calendar_known(self) -> dict[House, tuple[date, date]]:
        """Give the known days of each House whose sitting calendar does not reach today."""
        known = {
            house: self.sittings.known[house] for house in self.config.questions.houses if house in self.sittings.known
        }
        return {house: (first, last) for house, (first, last) in known.items() if not first <= self.today <= last}

    def _read(self, last: DigestRow | None) -> list[ReadOf]:
        """What was read of the answers of the days since the last digest's, today's included."""
        floor = self.archive.runs.fact("news_floor")
        first = last.as_of.astimezone(LONDON).date() if last else date.fromisoformat(floor) if floor else self.today
        return self._read_since(min(first, self.today))

    def _read_since(self, first: date) -> list[ReadOf]:
        if first in self._reads:
            return self._reads[first]
        moment: dict[str, Any] = {"now": self.clock(), "today": self.today, "since": first}
        standings = health_of_sources(self.archive, self.config, self.sittings, **moment)
        shelves = health_of_file_sources(self.archive, self.config, self.sittings, **moment)
        self._reads[first] = [
            *(
                self._read_of(standing, first)
                for standing in standings
                if standing.read_at is not None or standing.incomplete  # never asked for yet says nothing
            ),
            *(self._read_of_files(shelve, first) for shelve in shelves if shelve.read_at is not None or shelve.failed),
        ]
        return self._reads[first]

    def _read_of(self, one: SourceHealth, first: date) -> ReadOf:
        return ReadOf(
            source=one.source,
            house=one.house,
            from_on=first,
            to_on=self.today,
            read=one.read,
            published=one.published,
            incomplete=tuple(f"{WINDOWS[bad.window.by]} {long_day(bad.window.day)}" for bad in one.incomplete),
            failures=one.failures,
            silent=one.silence.sentence(self.config.schedule.timezone) if one.silence else "",
        )

    def _read_of_files(self, one: FileSourceHealth, first: date) -> ReadOf:
        """Of files nobody counts what there is: what is published is what the files hold that came."""
        return ReadOf(
            source=one.source,
            house=None,
            from_on=first,
            to_on=self.today,
            read=one.records - one.quarantined,
            published=one.records,
            incomplete=tuple(f"the file {bad.name}" for bad in (*one.failed, *one.unreadable)),
            failures=tuple(dict.fromkeys(bad.note for bad in (*one.failed, *one.unreadable))),
            silent=one.silence.sentence(self.config.schedule.timezone) if one.silence else "",
        )


def _rows(owed: PendingItem) -> Iterable[tuple[int, int]]:
    """The revisions that telling it tells: the owed ones, and the newest, which is what is shown."""
    ids = {revision.id for revision in owed.revisions} | {owed.newest.id}
    return [(revision_id, owed.proceeding_id) for revision_id in sorted(ids)]


def _earlier(owed: PendingItem, revisions: Sequence[Revision]) -> Revision | None:
    """Give the last answer among these revisions that is not the newest one: it was replaced before it was told."""
    answer = owed.newest.proceeding.answer
    answered = (
        revision
        for revision in reversed(revisions)
        if revision.proceeding.answered_on and not revision.proceeding.is_holding
    )
    return next((one for one in answered if one.proceeding.answer not in (None, answer)), None)


def _proceedings(item: Item) -> Sequence[Proceeding]:
    return (item.revision.proceeding, *item.same_as)
