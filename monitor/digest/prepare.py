"""Make digests and their messages from what the archive has for each subscriber. Nothing is stored here.

A digest is made in three steps: ask the archive for what it may contain, arrange it, and list which rows count as told once
the digest is stored.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from monitor.digest.arrange import arrange
from monitor.digest.contents import (
    Reminders,
    asked_since,
    item_of,
    late_questions,
    promised_letters,
    rows_of,
)
from monitor.digest.formats.plain_json import Related
from monitor.digest.messages import domain_of, envelope, message_id
from monitor.digest.personal import may_be_stranger, settled, with_personal, without_names
from monitor.digest.promises import coming_promises, made_promises, rows_to_store
from monitor.digest.render import Rendered, render
from monitor.digest.schedule import next_slot
from monitor.digest.shared import SharedReads
from monitor.digest.shared_entries import SharedEntries
from monitor.digest.subject import answer_days, subject_of
from monitor.digest.topic_years import TopicYears
from monitor.model.deliveries import FEED, MAIL
from monitor.model.digests import Digest
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import REPORTED_EVENTS, due_on, due_on_by_parliament
from monitor.parliament.provenance import source_rank
from monitor.presentation.record_json import MOST_SAME
from monitor.presentation.source_differences import conflicts
from monitor.research.following import dealt_with
from monitor.research.mutes import sift

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from monitor.delivery.links import ReaderLinks, Signer
    from monitor.digest.context import DigestContext
    from monitor.model.digests import (
        Item,
        Mail,
        OpenQuestion,
        PendingItem,
        PromiseItem,
        ReaderState,
    )
    from monitor.model.following import Mute, Note
    from monitor.model.promises import PromiseNews
    from monitor.model.records import Proceeding, Revision
    from monitor.model.topic_years import TopicYear
    from monitor.model.watching import Subscriber
    from monitor.research.mutes import Sifted

MOST_LOOKED_BACK: Final = 100
"""Items up to which each is compared with earlier answers. In a longer digest hardly any item is shown in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """A second digest of a slot, with what could not be read for the first.

    `to`: the slot, if its digest was mailed; None if it was empty, so that this is the first mail. `before`: the instant of
    the last digest before the slot, from which the days of the supplement count.
    """

    slot: str
    pending: tuple[PendingItem, ...]
    to: datetime | None
    before: datetime | None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A digest before it is stored.

    `items`: every item that it tells, one for each record, in no order. `render` writes the digest out. `told` and
    `left_out`: (revision, proceeding) row ids. `muted`: those that a mute left out, after its number. `waiting`: proceeding
    row ids of the reminders. `promises`: row ids of those told of, with the kind of news. `has_news`: it has something to
    tell. `due`: the day on which an answer was or is due. `links`: the reader's own, where there is a page.
    """

    digest: Digest
    items: tuple[Item, ...]
    render: Callable[[], Rendered]
    due: Callable[[Proceeding], date | None]
    told: tuple[tuple[int, int], ...]
    left_out: tuple[tuple[int, int], ...]
    muted: tuple[tuple[int, int, int], ...]
    waiting: tuple[int, ...]
    promises: tuple[tuple[int, PromiseNews], ...]
    has_news: bool
    links: ReaderLinks | None = None

    @cached_property
    def rendered(self) -> Rendered:
        """The digest written out, without text for a channel other than mail. One that is not mailed needs none."""
        return self.render()


@dataclass(frozen=True, kw_only=True)
class _Gathered:
    """Content of the archive for one digest.

    `done`: records (row ids) that the subscriber dealt with. `questions`: those that wait for an answer. `late` and
    `letters`: the reminders. `coming` and `made`: promises that fall due, and those made in what is told, by record.
    """

    pending: Sequence[PendingItem]
    mutes: Sequence[Mute]
    sifted: Sifted
    done: Collection[int]
    questions: Sequence[OpenQuestion]
    late: Reminders
    letters: Reminders
    coming: tuple[PromiseItem, ...]
    made: Mapping[int, tuple[PromiseItem, ...]]


class DigestMaker:
    """Makes digests as of one instant, and their messages."""

    def __init__(self, context: DigestContext) -> None:
        self._context = context
        self._archive = context.archive
        self._config = context.config
        self._calendar = context.calendar
        self._as_of = context.as_of
        self._today = context.today
        self.shared = SharedReads(context.archive, context.today)
        self._topic_years = TopicYears(context.archive, self.shared)
        self._shared_entries = SharedEntries()

    @contextmanager
    def one_view(self) -> Iterator[None]:
        """See one moment of the archive, which costs less than a transaction for each look.

        What an archive makes once, its name and its secret, is made before: what another process made just then would not be
        seen within.
        """
        if self._config.web.base_url:
            _ = self._instance, self._signer
        with self._archive.one_view():
            yield

    def prepare(
        self,
        subscriber: Subscriber,
        slot: str,
        state: ReaderState,
        supplement: Supplement | None = None,
        *,
        first_since: date | None = None,
    ) -> Prepared:
        """Return a digest as it would be composed now, or a supplement to it. Call it in `one_view`.

        `first_since`: the day from which the first digest that the user asked for tells.
        """
        found = self._gather(subscriber, state, supplement)
        told = found.sifted.told
        items = self._items(subscriber, state, found)
        last_at = supplement.before if supplement else state.last_as_of
        digest = Digest(
            subscriber=subscriber,
            slot=slot,
            as_of=self._as_of,
            topics=self._topics_of(subscriber),
            promises=found.coming,
            read=tuple(self._context.reading(first_since or self._context.first_day(last_at), state.told_at)),
            missed=self._missed(subscriber) if state.was_paused and not supplement else 0,
            open_count=len(found.questions),
            next_due_on=self._next_due(found.questions),
            next_at=next_slot(subscriber, self._config.schedule, self._as_of),
            in_recess_until=self._context.recesses(),
            calendar_known=self._context.calendar_known(),
            watching=self._context.watching(subscriber),
            mutes=found.sifted.report(found.mutes, self._today),
            years=() if _is_silent(subscriber, supplement) else self._years(subscriber, state, found),
            supplement_to=supplement.to if supplement else None,
            first_since=first_since,
        )
        digest = arrange(digest, items, [*found.late.shown, *found.letters.shown])
        digest = self._context.with_calendar_news(digest, state.told_at)
        digest = self._context.with_recess(self._with_came_before(digest, state))
        floors = {pending.newest.proceeding.id: pending.due_floor_on for pending in told}
        due = partial(self._due, floors)
        return self._with_rows_to_store(subscriber, digest, items, found, due, is_supplement=supplement is not None)

    # -- what the archive has -----------------------------------------------------------------------------------------

    def _gather(self, subscriber: Subscriber, state: ReaderState, supplement: Supplement | None) -> _Gathered:
        """Ask for what a digest is made of. What most readers do not have is looked for only where `state` says so."""
        archive, key = self._archive, subscriber.key
        pending = supplement.pending if supplement else self.shared.pending(key)
        mutes = archive.choices.mutes(key) if state.has_muted else []
        sifted = sift(pending, mutes, self._today)
        done = dealt_with(archive, key) if state.has_marked else frozenset()
        questions = self.shared.open_questions(subscriber, has_followed=state.has_followed)
        late, letters = Reminders(), Reminders()
        if supplement is None and subscriber.waiting:
            is_settled = settled(done, mutes, self._today)
            late, letters = self._reminders(subscriber, state, questions, is_settled)
        coming: tuple[PromiseItem, ...] = ()
        if not _is_silent(subscriber, supplement):
            told = archive.promises.reported(key) if state.was_told_of_promises else ()
            coming = coming_promises(self.shared, subscriber, mutes, told, done, has_followed=state.has_followed)
            coming = without_names(coming) if may_be_stranger(self._config, subscriber) else coming
        records = [pending.proceeding_id for pending in sifted.told]
        known = archive.promises.reported_in(key, records) if state.was_told_of_promises else ()
        return _Gathered(
            pending=pending,
            mutes=mutes,
            sifted=sifted,
            done=done,
            questions=questions,
            late=late,
            letters=letters,
            coming=coming,
            made=made_promises(self.shared, subscriber, sifted.told, known),
        )

    def _reminders(
        self,
        subscriber: Subscriber,
        state: ReaderState,
        questions: Sequence[OpenQuestion],
        is_settled: Callable[[OpenQuestion], bool],
    ) -> tuple[Reminders, Reminders]:
        """Return the reminders of late questions and of promised letters."""
        unsettled = [question for question in questions if not is_settled(question)]
        promised = self.shared.promised_letters(subscriber)
        unseen = [letter for letter in promised if not is_settled(letter[0])]
        reminded: Mapping[int, date] = {}
        if state.was_reminded and (asked := [*unsettled, *(question for question, _ in unseen)]):
            reminded = self._archive.digests.reminders(subscriber.key, since=asked_since(asked))
        late = late_questions(subscriber, unsettled, reminded, self._calendar, self._today)
        return late, promised_letters(subscriber, unseen, reminded, self._today)

    def _items(self, subscriber: Subscriber, state: ReaderState, found: _Gathered) -> list[Item]:
        """Return an item for each record that is told, in no order."""
        told = found.sifted.told
        is_short = len(told) <= MOST_LOOKED_BACK
        return with_personal(
            [item_of(self.shared, subscriber, pending, finds_earlier_records=is_short) for pending in told],
            told,
            self._notes(subscriber, told) if state.has_notes else {},
            found.sifted.in_spite_of,
            found.made,
        )

    def _notes(self, subscriber: Subscriber, reported: Iterable[PendingItem]) -> Mapping[int, Sequence[Note]]:
        """Return the team's notes on the records of a digest. What other people read has none: a feed, a stranger's mail."""
        if subscriber.channel == FEED or may_be_stranger(self._config, subscriber):
            return {}
        return self._archive.notes.on(pending.proceeding_id for pending in reported)

    def _years(self, subscriber: Subscriber, state: ReaderState, found: _Gathered) -> tuple[TopicYear, ...]:
        last_on = state.last_as_of.astimezone(LONDON).date() if state.last_as_of else None
        return self._topic_years.of(subscriber, found.mutes, found.done, last_on=last_on, mailed_at=state.mailed_at)

    def _missed(self, subscriber: Subscriber) -> int:
        """Count what a pause kept back."""
        return self._archive.pending.kept_back(subscriber.key, REPORTED_EVENTS)

    def _topics_of(self, subscriber: Subscriber) -> dict[str, str]:
        """Return the names of a subscriber's topics by key, in the order in which they wrote them."""
        return {key: self._topic_names[key] for key in subscriber.topics}

    @cached_property
    def _topic_names(self) -> dict[str, str]:
        return {topic.key: topic.name for topic in self._config.topics}

    def _with_came_before(self, digest: Digest, state: ReaderState) -> Digest:
        """Count what was there before a topic was on the reader's list, lest a digest without news deny it.

        It is asked for readers who are mailed such digests, and for a first one that they may have asked to see.
        """
        if not digest.is_empty or not (digest.subscriber.quiet_days or state.last_composed_at is None):
            return digest
        days = answer_days(digest)
        count = self._archive.pending.came_before(digest.subscriber.key, min(days), max(days))
        return replace(digest, came_before=count)

    def _next_due(self, questions: Iterable[OpenQuestion]) -> date | None:
        """Return the first day from today on which one of the questions is due."""
        days = (due_on(question.proceeding, self._calendar, question.due_floor_on) for question in questions)
        return min((day for day in days if day is not None and day >= self._today), default=None)

    # -- what counts as told ------------------------------------------------------------------------------------------

    def _with_rows_to_store(
        self,
        subscriber: Subscriber,
        digest: Digest,
        items: Iterable[Item],
        found: _Gathered,
        due: Callable[[Proceeding], date | None],
        *,
        is_supplement: bool,
    ) -> Prepared:
        """Return a digest with the rows that count as told once it is stored. A long one leaves items out, which do not."""
        shown = {
            proceeding.id
            for item in (*digest.items, *digest.questions)
            for proceeding in (item.revision.proceeding, *item.same_as)
        }
        if subscriber.new_questions:  # a new one that is late already stands among the late ones alone
            shown |= {waiting.proceeding.id for waiting in digest.waiting}
        told = [
            row for pending in found.sifted.told if pending.newest.proceeding.id in shown for row in rows_of(pending)
        ]
        told_rows = set(told)
        left_out = [row for pending in found.pending for row in rows_of(pending) if row not in told_rows]
        muted = [(mute.number, *row) for pending, mute in found.sifted.hidden for row in rows_of(pending)]
        links = self._links(subscriber, digest.slot)
        return Prepared(
            digest=digest,
            items=tuple(item for item in items if item.revision.proceeding.id in shown),
            render=partial(self._rendered, digest, due, links),
            due=due,
            told=tuple(told),
            left_out=() if is_supplement else tuple(left_out),
            muted=() if is_supplement else tuple(muted),
            waiting=(*found.late.ids, *found.letters.ids) if digest.waiting else (),
            promises=rows_to_store(found.coming, _shown_promises(found.sifted.told, found.made, shown)),
            has_news=bool(digest.items or digest.questions or found.late.is_news or found.coming or digest.missed),
            links=links,
        )

    def _due(self, floors: Mapping[str, date | None], proceeding: Proceeding) -> date | None:
        """Return the day on which an answer was or is due. A transfer keeps the later day, which is its floor."""
        return due_on(proceeding, self._calendar, floors.get(proceeding.id))

    # -- messages -----------------------------------------------------------------------------------------------------

    def mail(self, subscriber: Subscriber, prepared: Prepared) -> Mail:
        """Return the message of a digest, by the channel of its subscriber."""
        delivery = self._config.delivery
        return envelope(
            prepared.digest,
            prepared.items,
            prepared.rendered,
            prepared.due,
            delivery=delivery,
            message_id=self._message_id(subscriber, prepared.digest.slot),
            instance=self._instance,
            now=self._context.clock(),
            related=self._related,
            hosts=self._config.digest.hosts,
            links=prepared.links,
        )

    def _message_id(self, subscriber: Subscriber, slot: str) -> str:
        key = f"{subscriber.key}\n{slot}"
        if self._erased:  # who is back under their key may have had a mail of this slot
            key += f"\n{self._erased}"
        domain = domain_of(self._config.delivery.sender)
        return message_id(self._instance, key, subscriber.recipient, domain)

    @cached_property
    def _instance(self) -> str:
        return self._archive.runs.instance()

    @cached_property
    def _erased(self) -> int:
        return self._archive.outbox.count_erased()

    def _links(self, subscriber: Subscriber, slot: str) -> ReaderLinks | None:
        """Return the links of a mail to the page; None where there is no page, or no mail."""
        base_url = self._config.web.base_url
        if not base_url or subscriber.channel != MAIL:
            return None
        from monitor.delivery.links import ReaderLinks  # noqa: PLC0415 (most have no page)

        return ReaderLinks.of(self._signer, base_url, subscriber, self._message_id(subscriber, slot))

    @cached_property
    def _signer(self) -> Signer:
        from monitor.delivery.links import Signer, secret_of  # noqa: PLC0415 (most have no page)

        return Signer(secret_of(self._archive))

    def _related(self, revision: Revision) -> Related:
        archive, record = self._archive, revision.proceeding
        [hit] = archive.search.hits_of([revision.id])
        sources = sorted(archive.records.sources([hit.proceeding_id])[hit.proceeding_id], key=source_rank)
        return Related(
            refers_to=[proceeding.id for proceeding in archive.cross_references.cited(record)],
            same_answer_as=archive.similar.equal_ids(revision, at_most=MOST_SAME),
            first_seen_at=hit.first_seen_at,
            sources=sources,
            differ=conflicts(archive.records.revisions(hit.proceeding_id)) if len(sources) > 1 else (),
            due_on_by_parliament=due_on_by_parliament(record, self._calendar, hit.due_floor_on),
        )

    def _rendered(
        self, digest: Digest, due: Callable[[Proceeding], date | None], links: ReaderLinks | None
    ) -> Rendered:
        if digest.subscriber.channel != MAIL:
            return Rendered(subject=subject_of(digest), preheader="", text="", html="")
        stop, hosts = self._config.delivery.unsubscribe, self._config.digest.hosts
        return render(digest, due, stop=stop, hosts=hosts, links=links, make_entry=self._shared_entries.entry_of)


def _is_silent(subscriber: Subscriber, supplement: Supplement | None) -> bool:
    """Return whether a digest says nothing beside its items: a feed has records alone."""
    return supplement is not None or subscriber.channel == FEED


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
