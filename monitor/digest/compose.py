"""Stage 3, compose: what is owed to each subscriber becomes a digest and a finished message in the outbox.

A digest is for one subscriber and slot. Its row, the revisions that it tells and its message are stored in one transaction,
so an interruption loses nothing, and nothing is told twice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from monitor.collect.first_run import first_digest_to_make
from monitor.collect.health import is_down
from monitor.collect.incomplete_days import outages_of
from monitor.digest.context import DigestContext
from monitor.digest.prepare import DigestMaker, Supplement
from monitor.digest.schedule import QUIET_IN_RECESS_EVERY, latest_slot, slot_day, slot_key
from monitor.digest.subject import subject_of
from monitor.errors import LeaseError, MonitorError
from monitor.model.deliveries import FEED
from monitor.model.digests import SUPPLEMENT, NewDigest, ReaderState

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.archive import Archive
    from monitor.collect.incomplete_days import Outage
    from monitor.config.settings import Config
    from monitor.digest.prepare import Prepared
    from monitor.model.digests import Mail
    from monitor.model.watching import Subscriber
    from monitor.parliament.calendar import SittingCalendar

log = logging.getLogger(__name__)

MAILED: Final = "mailed"
EMPTY: Final = "empty"
"""Kinds of digest that a compose stores; "skipped" ones are made by a command."""

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
        self.first = first_digest_to_make(archive.runs)
        self._maker = DigestMaker(
            DigestContext(archive=archive, config=config, calendar=calendar, as_of=as_of, clock=clock)
        )
        self.shared = self._maker.shared
        self._composed = cache(archive.digests.composed)

    def run(self, counts: ComposeCounts, *, now: bool = False) -> None:
        """Compose the digests that are due and add to `counts`; with `now` for every subscriber, whatever the slot."""
        for subscriber in self.config.readers:
            try:
                self.run_for(subscriber, counts, now=now)
            except LeaseError:
                raise
            except Exception as exc:  # the failure of one digest must not cost other subscribers theirs
                is_expected = isinstance(exc, MonitorError)  # its text says all; an unexpected error needs a trace
                log.exception("compose subscriber=%s", subscriber.key, exc_info=not is_expected)
                reason = str(exc) if is_expected else f"{type(exc).__name__}: {exc}"
                counts.failures.append(f"the digest for {subscriber.name} can't be composed: {reason}")

    def run_for(self, subscriber: Subscriber, counts: ComposeCounts, *, now: bool = False) -> None:
        """Compose the digest of one subscriber if it is due, and add to `counts`."""
        if subscriber.paused:
            return
        with self._maker.one_view():
            chosen = self._digest_to_store(subscriber, counts, now=now)
        if chosen is not None:
            self._store_and_count(subscriber, *chosen, counts)

    def skip(self, subscriber: Subscriber) -> Prepared:
        """Mark everything that is owed to a subscriber as told without a mail; return the digest that would have told it."""
        prepared = self.prepare(subscriber, self._unique_slot())
        self._store(subscriber, prepared, "skipped")
        return prepared

    # -- one digest ---------------------------------------------------------------------------------------------------

    def _digest_to_store(
        self, subscriber: Subscriber, counts: ComposeCounts, *, now: bool
    ) -> tuple[Prepared, str] | None:
        """Return the digest that is to be stored now, and its kind; None for none. It may be put off, which is counted."""
        slot, state = self._slot(subscriber, now=now)
        if slot is None:
            return None
        if subscriber.channel == FEED and state.last_as_of is not None and not self.shared.pending(subscriber.key):
            return None
        if state.has_slot:
            return self._supplement_to_store(subscriber, slot)
        prepared = self._prepare(subscriber, slot, state)
        if not prepared.has_news and subscriber.cadence != "instant" and (reason := self._why_incomplete()):
            # An empty digest now would put the answers of this morning off until tomorrow.
            counts.put_off += 1
            log.info("digest subscriber=%s slot=%s put off: %s", subscriber.key, slot, reason)
            return None
        if self._is_mailed(subscriber, prepared, state):
            return prepared, MAILED
        return (prepared, EMPTY) if subscriber.cadence != "instant" or prepared.left_out else None

    def _supplement_to_store(self, subscriber: Subscriber, slot: str) -> tuple[Prepared, str] | None:
        supplement = self._supplement(subscriber, slot)
        if supplement is None:
            return None
        state = self.archive.digests.reader_state(subscriber.key, slot)
        prepared = self._prepare(subscriber, supplement.slot, state, supplement)
        return (prepared, MAILED) if prepared.has_news else None

    def prepare(self, subscriber: Subscriber, slot: str, supplement: Supplement | None = None) -> Prepared:
        """Return the digest, or a supplement to it, as it would be composed now. Nothing is stored."""
        with self._maker.one_view():
            state = self.archive.digests.reader_state(subscriber.key, slot)
            return self._prepare(subscriber, slot, state, supplement)

    def _prepare(
        self, subscriber: Subscriber, slot: str, state: ReaderState, supplement: Supplement | None = None
    ) -> Prepared:
        is_first = supplement is None and self._gets_first(state)
        first_since = self.first.since if self.first and is_first else None
        return self._maker.prepare(subscriber, slot, state, supplement, first_since=first_since)

    def mail(self, subscriber: Subscriber, prepared: Prepared) -> Mail:
        """Return the message of a digest, by the channel of its subscriber."""
        return self._maker.mail(subscriber, prepared)

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
        items = self.shared.pending(subscriber.key) if read else []
        late = tuple(pending for pending in items if any(outage.brought(pending, last) for outage in read))
        if not late:
            return None
        number = f" {len(of_slot)}" if len(of_slot) > 1 else ""
        slot_at = datetime.fromisoformat(slot).replace(tzinfo=self.config.schedule.timezone)
        return Supplement(
            slot=f"{slot}{SUPPLEMENT}{number}",
            pending=late,
            to=slot_at if any(digest.kind == MAILED for digest in of_slot) else None,
            before=next((digest.as_of for digest in digests if digest not in of_slot), None),
        )

    @cached_property
    def _outages(self) -> list[Outage]:
        return [outage for source in self.config.reads for outage in outages_of(self.archive.runs, source)]

    # -- storing ------------------------------------------------------------------------------------------------------

    def _is_mailed(self, subscriber: Subscriber, prepared: Prepared, state: ReaderState) -> bool:
        if prepared.has_news:
            return True
        if subscriber.channel == FEED:  # an empty feed, so that its address works from the start
            return state.last_as_of is None
        if not subscriber.quiet_days or subscriber.cadence == "instant":
            return False
        if not prepared.digest.is_recess:
            return True
        digests = self.archive.digests.listing(subscriber=subscriber.key)
        mailed = next((digest for digest in digests if digest.kind == MAILED), None)
        # Days, not instants: two runs may be some seconds less than a week apart, or an hour when the clock changes.
        return mailed is None or slot_day(prepared.digest.slot) - slot_day(mailed.slot) >= QUIET_IN_RECESS_EVERY

    def _store_and_count(self, subscriber: Subscriber, prepared: Prepared, kind: str, counts: ComposeCounts) -> None:
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
                told_on=min(self.shared.today, slot_day(prepared.digest.slot)),  # a machine may have slept since
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
