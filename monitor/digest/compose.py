"""Stage 3, compose: what is owed to each subscriber becomes a digest and a finished message in the outbox.

A digest is for one subscriber and slot. Its row, the revisions that it tells and its message are stored in one transaction,
so an interruption loses nothing, and nothing is told twice.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Final

from monitor.collect.health import is_down
from monitor.collect.incomplete_days import outages_of
from monitor.collect.news import first_digest
from monitor.digest.arrange import arrange
from monitor.digest.contents import Reminders, item_of, late_questions, promised_letters, reading_report, rows_of
from monitor.digest.formats.plain_json import Related
from monitor.digest.messages import domain_of, envelope, message_id
from monitor.digest.personal import settled, with_personal
from monitor.digest.promises import coming_promises, made_promises, rows_to_store
from monitor.digest.render import Rendered, render
from monitor.digest.schedule import latest_slot, next_slot, slot_key
from monitor.digest.shared import SharedReads
from monitor.digest.shared_entries import SharedEntries
from monitor.digest.subject import subject_of
from monitor.digest.topic_years import TopicYears
from monitor.errors import LeaseError, MonitorError
from monitor.model.deliveries import FEED, MAIL
from monitor.model.digests import SUPPLEMENT, NewDigest, ReaderState
from monitor.model.sources import COMING_SOURCES
from monitor.model.watching import UnreadableTerm, Watching
from monitor.parliament.announcements import recess_news
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import REPORTED_EVENTS, due_on
from monitor.presentation.record_json import MOST_SAME
from monitor.research.following import dealt_with
from monitor.research.mutes import sift

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from db.archive import Archive
    from monitor.collect.incomplete_days import Outage
    from monitor.config.settings import Config
    from monitor.delivery.links import ReaderLinks, Signer
    from monitor.model.digests import (
        Digest,
        Item,
        Mail,
        OpenQuestion,
        PendingItem,
        PromiseItem,
        ReadOf,
    )
    from monitor.model.following import Mute, Note
    from monitor.model.promises import PromiseNews
    from monitor.model.records import House, Proceeding, Revision
    from monitor.model.topic_years import TopicYear
    from monitor.model.watching import Subscriber
    from monitor.parliament.calendar import SittingCalendar

log = logging.getLogger(__name__)

QUIET_IN_RECESS_EVERY: Final = timedelta(days=7)
"""Interval of empty digests in a recess, for a subscriber with `quiet_days`."""

MOST_LOOKED_BACK: Final = 100
"""Items up to which each is compared with earlier answers. In a longer digest hardly any item is shown in full."""

MAILED: Final = "mailed"
EMPTY: Final = "empty"
"""Kinds of digest that a compose stores; "skipped" ones are made by a command."""

YEAR: Final = timedelta(days=365)
FORGIVEN_DAYS: Final = 5
"""Days without a complete reading that a year may have and still count as read."""

MOST_SUPPLEMENTS: Final = 3
"""Supplements of one slot, so that a source that comes and goes does not cause a mail each time."""

MANY_ITEMS: Final = 500
"""Items of one digest after which the operator is told: a term is too wide, or no digest was made for long."""


@dataclass(slots=True)
class ComposeCounts:
    """Counts of the compose stage.

    `put_off`: digests that wait until a source can be read again. `failures`: one sentence for each subscriber whose digest
    could not be composed. `notes`: what the operator should know but need not mend.
    """

    digests: int = 0
    empty: int = 0
    items: int = 0
    put_off: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        counts = {name: getattr(self, name) for name in ("digests", "empty", "items", "put_off")}
        return counts | {"failures": len(self.failures)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """A second digest of a slot, with what could not be read for the first.

    `to`: the slot, if its digest was mailed; None if it was empty, so that this is the first mail. `before`: the instant of
    the last digest before the slot, from which the days of the supplement count.
    """

    slot: str
    owed: tuple[PendingItem, ...]
    to: datetime | None
    before: datetime | None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A digest before it is stored.

    `items`: every item that it tells, one for each record, in no order. `render` writes the digest out. `told` and
    `left_out`: (revision, proceeding) row ids. `muted`: those that a mute left out, after its number. `waiting`: proceeding
    row ids of the reminders. `promises`: row ids of those told of, with the kind of news. `is_owed`: it has something to
    tell. `links`: the reader's own, where there is a page.
    """

    digest: Digest
    items: tuple[Item, ...]
    render: Callable[[], Rendered]
    told: tuple[tuple[int, int], ...]
    left_out: tuple[tuple[int, int], ...]
    muted: tuple[tuple[int, int, int], ...]
    waiting: tuple[int, ...]
    promises: tuple[tuple[int, PromiseNews], ...]
    is_owed: bool
    links: ReaderLinks | None = None

    @cached_property
    def rendered(self) -> Rendered:
        """The digest written out, without text for a channel other than mail. One that is not mailed needs none."""
        return self.render()


class Compose:
    """Composes digests as of one instant.

    `as_of`: the instant that counts as now. `clock`: the real clock, which dates the messages. `is_cut_short`: reading was
    interrupted, so more may be owed than is known.
    """

    def __init__(
        self,
        archive: Archive,
        config: Config,
        calendar: SittingCalendar,
        as_of: datetime,
        clock: Callable[[], datetime],
    ) -> None:
        self.archive = archive
        self.config = config
        self.calendar = calendar
        self.as_of = as_of
        self.clock = clock
        self.is_cut_short = False
        first = first_digest(archive.runs)
        self.first = first if first and not first.made_at else None
        self.today = as_of.astimezone(LONDON).date()
        self.shared = SharedReads(archive, self.today)
        self._topic_years = TopicYears(archive, self.today)
        self._shared_entries = SharedEntries()
        self._composed = cache(archive.digests.composed)
        self._due_floors: dict[str, date | None] = {}
        self._reports: dict[date, list[ReadOf]] = {}

    def run(self, counts: ComposeCounts, *, now: bool = False) -> None:
        """Compose the digests that are due and add to `counts`; with `now` for every subscriber, whatever the slot."""
        for subscriber in self.config.readers:
            try:
                self.run_for(subscriber, counts, now=now)
            except LeaseError:
                raise
            except Exception as exc:  # the failure of one digest must not cost other subscribers theirs
                is_expected = isinstance(
                    exc, MonitorError
                )  # its text says everything; an unexpected error needs a trace
                log.exception("compose subscriber=%s", subscriber.key, exc_info=not is_expected)
                reason = str(exc) if is_expected else f"{type(exc).__name__}: {exc}"
                counts.failures.append(f"the digest for {subscriber.name} can't be composed: {reason}")

    def run_for(self, subscriber: Subscriber, counts: ComposeCounts, *, now: bool = False) -> None:
        """Compose the digest of one subscriber if it is due, and add to `counts`."""
        if subscriber.paused:
            return
        with self._one_view():
            decided = self._decided(subscriber, counts, now=now)
        if decided is not None:
            self._store_decided(subscriber, *decided, counts)

    def skip(self, subscriber: Subscriber) -> int:
        """Mark everything that is owed to a subscriber as told without a mail; return the number of revisions."""
        prepared = self.prepare(subscriber, self._unique_slot())
        self._store(subscriber, prepared, "skipped")
        return len(prepared.told)

    @contextmanager
    def _one_view(self) -> Iterator[None]:
        """See one moment of the archive, which costs less than a transaction for each look.

        What an archive makes once, its name and its secret, is made before: what another process made just then would not be
        seen within.
        """
        if self.config.web.base_url:
            _ = self._instance, self._signer
        with self.archive.one_view():
            yield

    # -- one digest ---------------------------------------------------------------------------------------------------

    def _decided(self, subscriber: Subscriber, counts: ComposeCounts, *, now: bool) -> tuple[Prepared, str] | None:
        """Return the digest that is to be stored now, and its kind; None for none. It may be put off, which is counted."""
        slot, state = self._slot(subscriber, now=now)
        if slot is None:
            return None
        if subscriber.channel == FEED and state.last_as_of is not None and not self.shared.pending(subscriber.key):
            return None
        if state.has_slot:
            return self._decided_supplement(subscriber, slot)
        prepared = self._prepared(subscriber, slot, state)
        if not prepared.is_owed and subscriber.cadence != "instant" and (reason := self._why_incomplete()):
            # An empty digest now would put the answers of this morning off until tomorrow.
            counts.put_off += 1
            log.info("digest subscriber=%s slot=%s put off: %s", subscriber.key, slot, reason)
            return None
        if self._is_mailed(subscriber, prepared, state):
            return prepared, MAILED
        return (prepared, EMPTY) if subscriber.cadence != "instant" or prepared.left_out else None

    def _decided_supplement(self, subscriber: Subscriber, slot: str) -> tuple[Prepared, str] | None:
        supplement = self._supplement(subscriber, slot)
        if supplement is None:
            return None
        state = self.archive.digests.reader_state(subscriber.key, slot)
        prepared = self._prepared(subscriber, supplement.slot, state, supplement)
        return (prepared, MAILED) if prepared.is_owed else None

    def prepare(self, subscriber: Subscriber, slot: str, supplement: Supplement | None = None) -> Prepared:
        """Return the digest, or a supplement to it, as it would be composed now. Nothing is stored."""
        with self._one_view():
            state = self.archive.digests.reader_state(subscriber.key, slot)
            return self._prepared(subscriber, slot, state, supplement)

    def _prepared(
        self, subscriber: Subscriber, slot: str, state: ReaderState, supplement: Supplement | None = None
    ) -> Prepared:
        archive = self.archive
        owed = supplement.owed if supplement else self.shared.pending(subscriber.key)
        mutes = archive.choices.mutes(subscriber.key) if state.has_muted else []
        sifted = sift(owed, mutes, self.today)
        reported = sifted.told
        self._due_floors = {pending.newest.proceeding.id: pending.due_floor_on for pending in reported}
        done = dealt_with(archive, subscriber.key) if state.has_marked else frozenset()
        reminded = archive.digests.reminders(subscriber.key) if state.was_reminded else {}
        questions = self.shared.open_questions(subscriber, reminded, has_followed=state.has_followed)
        late, letters = Reminders(), Reminders()
        if supplement is None and subscriber.waiting:
            late, letters = self._reminders(subscriber, questions, reminded, settled(done, mutes, self.today))
        is_silent = supplement is not None or subscriber.channel == FEED  # a feed has records alone
        told_of_promises = archive.promises.reported(subscriber.key) if state.was_told_of_promises else ()
        coming: tuple[PromiseItem, ...] = ()
        if not is_silent:
            coming = coming_promises(
                self.shared, subscriber, mutes, told_of_promises, done, has_followed=state.has_followed
            )
        made = made_promises(self.shared, subscriber, reported, told_of_promises)
        last_at = supplement.before if supplement else state.last_as_of
        first_since = self.first.since if self.first and not supplement and self._gets_first(state) else None
        topic_names = {topic.key: topic.name for topic in self.config.topics}
        is_short = len(reported) <= MOST_LOOKED_BACK
        items = with_personal(
            [item_of(self.shared, subscriber, pending, finds_earlier_records=is_short) for pending in reported],
            reported,
            self._notes(subscriber, reported) if state.has_notes else {},
            sifted.in_spite_of,
            made,
        )
        digest = arrange(
            subscriber,
            items,
            [*late.shown, *letters.shown],
            self._report_since(first_since or self._day_of(last_at)),
            slot=slot,
            as_of=self.as_of,
            topics={key: topic_names[key] for key in subscriber.topics},
            missed=self._missed(subscriber) if state.was_paused and not supplement else 0,
            open_count=len(questions),
            next_due_on=self._next_due(questions),
            next_at=next_slot(subscriber, self.config.schedule, self.as_of),
            in_recess_until=self._recesses(),
            calendar_known=self._calendar_known(),
            watching=self._watching(subscriber),
            promises=coming,
            mutes=sifted.report(mutes, self.today),
            years=() if is_silent else self._years(subscriber, mutes, done, last_at),
            supplement_to=supplement.to if supplement else None,
            first_since=first_since,
        )
        digest = self._with_calendar_news(digest, state.told_at)
        shown = {
            proceeding.id
            for item in (*digest.items, *digest.questions)
            for proceeding in (item.revision.proceeding, *item.same_as)
        }
        links = self._links(subscriber, slot)
        told = [row for pending in reported if pending.newest.proceeding.id in shown for row in rows_of(pending)]
        told_rows = set(told)
        left_out = [row for pending in owed for row in rows_of(pending) if row not in told_rows]
        muted = [(mute.number, *row) for pending, mute in sifted.hidden for row in rows_of(pending)]
        return Prepared(
            digest=digest,
            items=tuple(item for item in items if item.revision.proceeding.id in shown),
            render=partial(self._rendered, digest, links),
            told=tuple(told),
            left_out=() if supplement else tuple(left_out),
            muted=() if supplement else tuple(muted),
            waiting=(*late.ids, *letters.ids) if digest.waiting else (),
            promises=rows_to_store(coming, _shown_promises(reported, made, shown)),
            is_owed=bool(digest.items or digest.questions or late.is_news or coming or digest.missed),
            links=links,
        )

    def _reminders(
        self,
        subscriber: Subscriber,
        questions: Sequence[OpenQuestion],
        reminded: Mapping[int, date],
        is_settled: Callable[[OpenQuestion], bool],
    ) -> tuple[Reminders, Reminders]:
        """Return the reminders of late questions and of promised letters. `reminded`: the last day of one of each."""
        unsettled = [question for question in questions if not is_settled(question)]
        promised = self.shared.promised_letters(subscriber, reminded)
        unseen = [letter for letter in promised if not is_settled(letter[0])]
        late = late_questions(subscriber, unsettled, self.calendar, self.today)
        return late, promised_letters(subscriber, unseen, self.today)

    def _years(
        self, subscriber: Subscriber, mutes: Sequence[Mute], done: Collection[int], last_at: datetime | None
    ) -> tuple[TopicYear, ...]:
        last_on = last_at.astimezone(LONDON).date() if last_at else None
        return self._topic_years.of(subscriber, mutes, done, last_on=last_on)

    def _notes(self, subscriber: Subscriber, reported: Iterable[PendingItem]) -> Mapping[int, Sequence[Note]]:
        """Return the team's notes on the records of a digest. A feed has none: other people read it."""
        if subscriber.channel == FEED:
            return {}
        return self.archive.notes.on(pending.proceeding_id for pending in reported)

    def _missed(self, subscriber: Subscriber) -> int:
        """Count what a pause kept back."""
        return self.archive.pending.kept_back(subscriber.key, REPORTED_EVENTS)

    def due(self, proceeding: Proceeding) -> date | None:
        """Return the day on which an answer was or is due. A transfer keeps the later day."""
        return due_on(proceeding, self.calendar, self._due_floors.get(proceeding.id))

    def mail(self, subscriber: Subscriber, prepared: Prepared) -> Mail:
        """Return the message of a digest, by the channel of its subscriber."""
        delivery = self.config.delivery
        return envelope(
            prepared.digest,
            prepared.items,
            prepared.rendered,
            self.due,
            delivery=delivery,
            message_id=self._message_id(subscriber, prepared.digest.slot),
            instance=self._instance,
            now=self.clock(),
            related=self._related,
            hosts=self.config.digest.hosts,
            links=prepared.links,
        )

    def _message_id(self, subscriber: Subscriber, slot: str) -> str:
        key = f"{subscriber.key}\n{slot}"
        domain = domain_of(self.config.delivery.sender)
        return message_id(self._instance, key, subscriber.recipient, domain)

    @cached_property
    def _instance(self) -> str:
        return self.archive.runs.instance()

    def _links(self, subscriber: Subscriber, slot: str) -> ReaderLinks | None:
        """Return the links of a mail to the page; None where there is no page, or no mail."""
        base_url = self.config.web.base_url
        if not base_url or subscriber.channel != MAIL:
            return None
        from monitor.delivery.links import ReaderLinks  # noqa: PLC0415 (most have no page)

        return ReaderLinks.of(self._signer, base_url, subscriber, self._message_id(subscriber, slot))

    @cached_property
    def _signer(self) -> Signer:
        from monitor.delivery.links import Signer, secret_of  # noqa: PLC0415 (most have no page)

        return Signer(secret_of(self.archive))

    def _related(self, revision: Revision) -> Related:
        cited = [proceeding.id for proceeding in self.archive.cross_references.cited(revision.proceeding)]
        return Related(cited, self.archive.similar.equal_ids(revision, at_most=MOST_SAME))

    def _rendered(self, digest: Digest, links: ReaderLinks | None) -> Rendered:
        if digest.subscriber.channel != MAIL:
            return Rendered(subject=subject_of(digest), preheader="", text="", html="")
        stop, hosts = self.config.delivery.unsubscribe, self.config.digest.hosts
        return render(digest, self.due, stop=stop, hosts=hosts, links=links, make_entry=self._shared_entries.entry_of)

    # -- slots and supplements ----------------------------------------------------------------------------------------

    def _slot(self, subscriber: Subscriber, *, now: bool) -> tuple[str | None, ReaderState]:
        """Return the slot whose digest is due, or was composed, and the state of the subscriber."""
        is_instant = now or subscriber.cadence == "instant"
        latest = None if is_instant else latest_slot(subscriber, self.config.schedule, self.as_of)
        slot = self._unique_slot() if is_instant else slot_key(latest) if latest else None
        if latest and self.first is None and subscriber.key in self._composed(slot or ""):
            return slot, ReaderState(has_slot=True)  # digests stay: most readers of a run with nothing due need no look
        state = self.archive.digests.reader_state(subscriber.key, slot or "")
        if not is_instant and (slot is None or state.has_slot) and self._gets_first(state):
            return self._unique_slot(), replace(state, has_slot=False)
        return slot, state

    def _unique_slot(self) -> str:
        """Return a slot of its own. The real clock makes it unique for each run: `as_of` may stand still."""
        local = self.as_of.astimezone(self.config.schedule.timezone)
        return f"{local:%Y-%m-%dT%H:%M} at {self.clock():%Y-%m-%dT%H:%M:%S.%f}"

    def _gets_first(self, state: ReaderState) -> bool:
        """Return whether the next digest of a subscriber is the first digest that the user asked for."""
        if self.first is None:
            return False
        return state.last_composed_at is None or state.last_composed_at < self.first.asked_at

    def _why_incomplete(self) -> str:
        """Return why there may be more today than was read; "" if everything was read."""
        if self.is_cut_short:
            return "reading was interrupted"
        return "no source could be read" if is_down(self.archive, self.config) else ""

    def _supplement(self, subscriber: Subscriber, slot: str) -> Supplement | None:
        """Return the supplement of what a slot's digests lack because it could not be read then; None for nothing."""
        if not any(outage.read_at for outage in self._outages):
            return None
        digests = self.archive.digests.listing(subscriber=subscriber.key, limit=MOST_SUPPLEMENTS + 2)
        of_slot = [digest for digest in digests if digest.slot == slot or digest.slot.startswith(slot + SUPPLEMENT)]
        if not 0 < len(of_slot) <= MOST_SUPPLEMENTS or of_slot[-1].slot != slot:
            return None
        last, first = of_slot[0].composed_at, of_slot[-1].composed_at
        if self.clock() - first > self.config.schedule.supplement_for:
            return None
        read = [outage for outage in self._outages if outage.read_at and outage.since <= last < outage.read_at]
        owed = self.shared.pending(subscriber.key) if read else []
        late = tuple(pending for pending in owed if any(outage.brought(pending, last) for outage in read))
        if not late:
            return None
        number = f" {len(of_slot)}" if len(of_slot) > 1 else ""
        slot_at = datetime.fromisoformat(slot).replace(tzinfo=self.config.schedule.timezone)
        return Supplement(
            slot=f"{slot}{SUPPLEMENT}{number}",
            owed=late,
            to=slot_at if any(digest.kind == MAILED for digest in of_slot) else None,
            before=next((digest.as_of for digest in digests if digest not in of_slot), None),
        )

    @cached_property
    def _outages(self) -> list[Outage]:
        return [outage for source in self.config.reads for outage in outages_of(self.archive.runs, source)]

    # -- storing ------------------------------------------------------------------------------------------------------

    def _is_mailed(self, subscriber: Subscriber, prepared: Prepared, state: ReaderState) -> bool:
        if prepared.is_owed:
            return True
        if subscriber.channel == FEED:  # an empty feed, so that its address works from the start
            return state.last_as_of is None
        if not subscriber.quiet_days or subscriber.cadence == "instant":
            return False
        if not prepared.digest.in_recess_until:
            return True
        digests = self.archive.digests.listing(subscriber=subscriber.key)
        mailed = next((digest for digest in digests if digest.kind == MAILED), None)
        return mailed is None or self.as_of - mailed.as_of >= QUIET_IN_RECESS_EVERY

    def _store_decided(self, subscriber: Subscriber, prepared: Prepared, kind: str, counts: ComposeCounts) -> None:
        self._store(subscriber, prepared, kind)
        if kind == EMPTY:
            counts.empty += 1
            return
        counts.digests += 1
        counts.items += len(prepared.told)
        digest = prepared.digest
        items = len(digest.items) + len(digest.questions)
        if items > MANY_ITEMS:
            counts.notes.append(
                f"The digest for {subscriber.name} had {items:,} items: it went as a summary with a table of all of them."
            )

    def _store(self, subscriber: Subscriber, prepared: Prepared, kind: str) -> None:
        self.archive.digests.store(
            NewDigest(
                subscriber=subscriber.key,
                slot=prepared.digest.slot,
                kind=kind,
                as_of=self.as_of,
                subject=subject_of(prepared.digest),
                told_on=self.today,
                told=prepared.told,
                left_out=prepared.left_out,
                waiting=prepared.waiting if kind != EMPTY else (),
                promises=prepared.promises if kind != EMPTY else (),
                muted=prepared.muted,
                mutes_ended=[mute.number for mute in prepared.digest.mutes.ended] if kind == MAILED else (),
                mails=[self.mail(subscriber, prepared)] if kind == MAILED else [],
            )
        )
        log.info(
            "digest subscriber=%s slot=%s kind=%s items=%d",
            subscriber.key, prepared.digest.slot, kind, len(prepared.told),
        )  # fmt: skip

    # -- facts around the items ---------------------------------------------------------------------------------------

    def _day_of(self, last_at: datetime | None) -> date:
        """Return the first day of a digest: that of the last digest, or the first day that is news."""
        if last_at:
            return last_at.astimezone(LONDON).date()
        floor = self.archive.runs.fact("news_floor")
        return date.fromisoformat(floor) if floor else self.today

    def _report_since(self, first: date) -> list[ReadOf]:
        """Return the reading report since a day. It is the same for every subscriber with that first day."""
        first = min(first, self.today)
        if first not in self._reports:
            self._reports[first] = reading_report(
                self.archive, self.config, self.calendar, now=self.clock(), today=self.today, first=first
            )
        return self._reports[first]

    def _next_due(self, questions: Iterable[OpenQuestion]) -> date | None:
        """Return the first day from today on which one of the questions is due."""
        days = (due_on(question.proceeding, self.calendar, question.due_floor_on) for question in questions)
        return min((day for day in days if day is not None and day >= self.today), default=None)

    def _recesses(self) -> dict[House, date]:
        ends = {house: self.calendar.recess_until(house, self.today) for house in self.config.questions.houses}
        return {house: end for house, end in ends.items() if end is not None}

    def _with_calendar_news(self, digest: Digest, told_at: datetime | None) -> Digest:
        """Add what Parliament announced since the last digest. A feed has records alone, a supplement what was unread."""
        likely = {house: first for house, (first, _) in self.calendar.likely.items()}
        if digest.supplement_to or digest.subscriber.channel == FEED:
            return replace(digest, likely_recess=likely)
        news = recess_news(self.calendar.periods, told_at, self.today)
        ours = tuple(recess for recess in news if recess.house in self.config.questions.houses)
        return replace(digest, likely_recess=likely, recess_news=ours)

    def _calendar_known(self) -> dict[House, tuple[date, date]]:
        """Return the first and last known day of each House whose sitting calendar does not reach today."""
        known = self.calendar.known
        ranges = {house: known[house] for house in self.config.questions.houses if house in known}
        return {house: days for house, days in ranges.items() if not self.calendar.is_known(house, self.today)}

    def _watching(self, subscriber: Subscriber) -> Watching:
        """Return the state of a subscriber's terms and topics, and what new terms have found so far."""
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
        new_terms = self.archive.matches.new_terms(subscriber.key)
        with_new_terms = {new.topic for new in new_terms}  # the line on new terms says how much these have found
        return Watching(
            unreadable=unreadable,
            idle_topics=tuple(key for key in subscriber.topics if key in self._idle_topics - with_new_terms),
            idle_since=self.today - YEAR,
            new_terms=new_terms,
        )

    @cached_property
    def _idle_topics(self) -> frozenset[str]:
        """Keys of topics without a match for a year; empty if the archive has not read the whole year."""
        year_ago = self.today - YEAR
        days = self.archive.coverage.days_read(year_ago, self.today)
        counts = [
            days.get((source, house), 0)
            for source, houses in self.config.reads.items()
            if source not in COMING_SOURCES
            for house in houses
        ]
        if not counts or min(counts) < YEAR.days - FORGIVEN_DAYS:
            return frozenset()
        return self.archive.matches.idle_topics(year_ago)


def _shown_promises(
    reported: Iterable[PendingItem], made: Mapping[int, Iterable[PromiseItem]], shown: Collection[str]
) -> list[PromiseItem]:
    """Return the new promises of the records that a digest shows."""
    return [
        promise
        for pending in reported
        if pending.newest.proceeding.id in shown
        for promise in made.get(pending.proceeding_id, ())
    ]
