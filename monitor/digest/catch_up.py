"""Catch up after a restore without mailing anything twice.

A restored archive knows nothing about the mails sent after the backup. The fact "told_to" names the last day that
subscribers were told of. Before digests are composed, everything owed for days up to it is marked as told, as `digest skip`
does, so that later corrections are still told as corrections. For each source and House this ends with the first collect
that reads its whole look-back, but for days that it could not read; what comes or changes after that is told as usual. If
a source is off in the meantime, the catch-up waits for it as long as a later reading could make news of those days.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from monitor.collect.news import MOST_DAYS_MISSED, fact_of
from monitor.digest.contents import REMIND_EVERY, rows_of
from monitor.digest.promises import coming_promises, rows_to_store
from monitor.digest.schedule import latest_slot, slot_key
from monitor.digest.shared import SharedReads
from monitor.model.digests import NewDigest
from monitor.model.records import House
from monitor.model.sources import COMING_SOURCES
from monitor.parliament.calendar import LONDON, next_working_day
from monitor.parliament.identifiers import PRECEDENCE
from monitor.parliament.lifecycle import days_late, due_on
from monitor.research.following import dealt_with
from monitor.research.mutes import is_to_tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from db.archive import Archive
    from monitor.digest.compose import Compose
    from monitor.model.digests import OpenQuestion, PendingItem
    from monitor.model.promises import PromiseNews
    from monitor.model.records import Revision
    from monitor.model.watching import Subscriber

log = logging.getLogger(__name__)

TOLD_TO: Final = "told_to"
"""Key of the fact with the last day that subscribers were told of before the restore; "" once everything is caught up."""
SAID_AT: Final = "told_to_said_at"
"""Key of the fact with the instant at which that day was given."""
CAUGHT_UP: Final = "caught_up_at"
"""Key of the facts with the `CaughtUp` of each source; "" until it has been read again."""

_ALL_SOURCES: Final = frozenset((*PRECEDENCE, *COMING_SOURCES, "feeds"))
"""Names of the sources, whether they are on or off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """Instant at which Houses of a source had been read again since the restore, but for days that could not be read yet."""

    at: datetime
    houses: frozenset[House]
    but: frozenset[date]

    def as_text(self) -> str:
        """Write it down for the archive."""
        days = sorted(day.isoformat() for day in self.but)
        return " ".join([self.at.isoformat(), *sorted(self.houses), *days])

    @classmethod
    def of_text(cls, text: str) -> CaughtUp:
        """Read what `as_text` wrote. Where it names no House, as it did at first, all are meant."""
        at, *words = text.split(" ")
        days = {word for word in words if word[0].isdigit()}
        return cls(
            at=datetime.fromisoformat(at),
            houses=frozenset(House(word) for word in words if word not in days) or frozenset(House),
            but=frozenset(map(date.fromisoformat, days)),
        )


def record_restore(archive: Archive, until: date, now: datetime) -> int:
    """Record, at `now`, that subscribers were told of all up to a day that the restored archive does not know about.

    The whole look-back is read again. The archive gets a new instance name, so that no new digest has the Message-ID of a
    digest that it does not know about. Messages that wait may have gone since the backup and are held; returns how many.
    """
    held = archive.outbox.hold_restored()
    for source in _ALL_SOURCES:
        for key in ("full_read_on", CAUGHT_UP):
            if archive.runs.fact(fact_of(key, source)):
                archive.runs.set_fact(fact_of(key, source), "")
    archive.runs.set_fact("instance", secrets.token_hex(16))
    archive.runs.set_fact(TOLD_TO, until.isoformat())
    archive.runs.set_fact(SAID_AT, now.isoformat())
    return held


def skip_mailed_before_restore(compose: Compose) -> None:
    """Mark what was told before a restore as told, in one transaction for each subscriber."""
    archive = compose.archive
    fact = archive.runs.fact(TOLD_TO)
    if not fact:
        return
    until = date.fromisoformat(fact)
    shared = SharedReads(archive, until)
    caught_up = _caught_up(archive)
    paused_before = _paused_before(archive)
    for subscriber in compose.config.readers:
        if subscriber.key not in paused_before:
            while _skip(compose, shared, subscriber, caught_up):
                pass  # what is told now makes later changes of it follow, also where no term finds them
    if _note_caught_up(compose, until, caught_up):
        archive.runs.set_fact(TOLD_TO, "")


def _paused_before(archive: Archive) -> set[str]:
    """Return the subscribers (by key) who were paused in the backup already: since then they were told of nothing.

    What they follow waits for the end of their pause, when they are also told how much else was missed.
    """
    said_at, paused = archive.runs.fact(SAID_AT), archive.watch_list.paused_since()
    return {key for key, since in paused.items() if not said_at or since < datetime.fromisoformat(said_at)}


def _skip(compose: Compose, shared: SharedReads, subscriber: Subscriber, caught_up: Mapping[str, CaughtUp]) -> bool:
    """Mark what a subscriber was told as told; return whether that was anything of a record."""
    archive, until = compose.archive, shared.today
    old = [
        pending
        for pending in _found_again(archive, archive.pending.items(subscriber.key), caught_up)
        if (pending.newest.proceeding.day or until) <= until
    ]
    waiting: list[int] = []
    promises: tuple[tuple[int, PromiseNews], ...] = ()
    if not caught_up.keys() >= {*compose.config.reads}:  # else all of that day was noted before
        waiting = _reminded(compose, shared, subscriber)
        told_of_promises = archive.promises.reported(subscriber.key) if subscriber.promises else ()
        coming = coming_promises(shared, subscriber, (), told_of_promises, dealt_with(archive, subscriber.key))
        promises = rows_to_store(coming, ())
    slot = _slot(compose, subscriber, until)
    if not old and not waiting and not promises and slot is None:
        return False
    told = [row for pending in old if is_to_tell(pending) for row in rows_of(pending)]
    archive.digests.store(
        NewDigest(
            subscriber=subscriber.key,
            slot=slot or f"told until {until} at {compose.clock():%Y-%m-%dT%H:%M:%S.%f}",
            kind="skipped",
            as_of=min(datetime.combine(until, time(23, 59, 59), LONDON), compose.as_of),
            subject="",
            told_on=until,
            told=told,
            left_out=[row for pending in old for row in rows_of(pending) if row not in set(told)],
            waiting=waiting,
            promises=promises,
            mails=[],
        )
    )
    log.info("told before the restore: subscriber=%s until=%s items=%d", subscriber.key, until, len(old))
    return bool(old)


def _found_again(
    archive: Archive, pending: Sequence[PendingItem], caught_up: Mapping[str, CaughtUp]
) -> list[PendingItem]:
    """Leave out what a source published or changed after it had been read again as a whole."""
    sources = archive.records.sources_of_revisions([revision.id for item in pending for revision in item.revisions])

    def is_later(revision: Revision) -> bool:
        known = caught_up.get(sources.get(revision.id, ""))
        if known is None or revision.seen_at <= known.at:
            return False
        return revision.proceeding.house in known.houses and revision.proceeding.day not in known.but

    return [item for item in pending if not any(map(is_later, item.revisions))]


def _slot(compose: Compose, subscriber: Subscriber, until: date) -> str | None:
    """Return the slot that had its digest before the restore; None if the latest slot is later, or its digest is known."""
    slot = latest_slot(subscriber, compose.config.schedule, compose.as_of)
    if slot is None or slot.date() > until or compose.archive.digests.exists(subscriber.key, slot_key(slot)):
        return None
    return slot_key(slot)


def _reminded(compose: Compose, shared: SharedReads, subscriber: Subscriber) -> list[int]:
    """Return row ids of the late questions that the subscriber was reminded of by that day."""
    if not subscriber.waiting:
        return []
    until = shared.today

    def was_reminded(question: OpenQuestion) -> bool:
        due = due_on(question.proceeding, compose.calendar, question.due_floor_on)
        if due is None or not days_late(question.proceeding, due, until):
            return False
        last_told_on = reminders.get(question.proceeding_id)
        if last_told_on is None:
            return until >= next_working_day(due)
        return until - last_told_on >= REMIND_EVERY

    reminders = compose.archive.digests.reminders(subscriber.key)
    return [question.proceeding_id for question in shared.open_questions(subscriber) if was_reminded(question)]


def _caught_up(archive: Archive) -> dict[str, CaughtUp]:
    """Return the sources that were read again since the restore, also those that are off now."""
    facts = {source: archive.runs.fact(fact_of(CAUGHT_UP, source)) for source in _ALL_SOURCES}
    return {source: CaughtUp.of_text(fact) for source, fact in facts.items() if fact}


def _note_caught_up(compose: Compose, until: date, known: Mapping[str, CaughtUp]) -> bool:
    """Note the sources that were read again since the restore, and searched for the terms; return whether all were.

    A source that is off counts as one of them while a later reading could go back as far.
    """
    archive, sources = compose.archive, _sources(compose)
    read = [source for source in sources if _was_read(compose, source)]
    if archive.matches.next_work() is not None:
        return False
    known_windows = archive.coverage.windows(since=until, or_incomplete=True)  # of any age: each run reads them again
    unread = [covered.window for covered in known_windows if not covered.state.is_in_full]
    for source in read:
        before = known.get(source) or CaughtUp(at=compose.clock(), houses=frozenset(), but=frozenset())
        new_houses = _houses(compose, source) - before.houses
        missing = [window for window in unread if window.source == source]
        # A day that was read again once, and can't be read later, brings nothing that was told before the restore.
        days = frozenset(window.day for window in missing if window.day in before.but or window.house in new_houses)
        houses = before.houses | new_houses
        archive.runs.set_fact(fact_of(CAUGHT_UP, source), CaughtUp(at=before.at, houses=houses, but=days).as_text())
    return len(read) == len(sources) and not unread and not _waits_for_others(compose, until)


def _was_read(compose: Compose, source: str) -> bool:
    """Return whether a source was asked for its whole look-back since the restore and gave something."""
    runs, said_at = compose.archive.runs, compose.archive.runs.fact(SAID_AT)
    if not runs.fact(fact_of("full_read_on", source)):
        return False
    if not said_at or source not in compose.config.reads:
        return True
    read_at = compose.archive.coverage.read_at({source: compose.config.reads[source]})
    return any(instant >= datetime.fromisoformat(said_at) for instant in read_at)


def _waits_for_others(compose: Compose, until: date) -> bool:
    """Return whether a source or House that was read before the restore is off, and may be switched on again in time."""
    archive, reach = compose.archive, timedelta(days=compose.config.questions.look_back_days + MOST_DAYS_MISSED)
    if compose.as_of.astimezone(LONDON).date() > until + reach:
        return False
    caught_up = _caught_up(archive)
    known = {(covered.window.source, covered.window.house) for covered in archive.coverage.windows(since=until - reach)}
    if any(source not in caught_up or house not in caught_up[source].houses for source, house in known):
        return True
    return any(archive.runs.fact(fact_of("whole_on", source)) for source in _ALL_SOURCES.difference(caught_up))


def _houses(compose: Compose, source: str) -> frozenset[House]:
    """Return the Houses of a source that is on. A source of files is read with all that it has."""
    return frozenset(compose.config.reads.get(source, House))


def _sources(compose: Compose) -> Sequence[str]:
    return (*compose.config.reads, *compose.config.reads_files)
