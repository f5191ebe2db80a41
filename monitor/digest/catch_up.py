"""After an old backup was restored: what was told since is found again, and is not told again.

A restored archive knows nothing of the mails that went after the backup. Where its facts name the last day that the
subscribers were told of ("told_to"), all that is owed of days up to it is marked as told, as `digest skip` does, before
digests are composed; so its later corrections are still told as such. That ends with the first collect that read the whole
look-back, so that an answer which appears late is told as ever.
"""

from __future__ import annotations

import logging
import secrets
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from monitor.collect.news import fact_of
from monitor.digest.schedule import latest_slot, slot_key
from monitor.digest.stage import REMIND_EVERY
from monitor.model.archive import NewDigest
from monitor.parliament.calendar import LONDON, next_working_day
from monitor.parliament.identifiers import PRECEDENCE
from monitor.parliament.lifecycle import days_late, due_on, is_reported

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.digest.stage import Compose
    from monitor.model.archive import OpenQuestion, PendingItem
    from monitor.model.watching import Subscriber

log = logging.getLogger(__name__)

TOLD_TO = "told_to"
"""The archive's fact: the last day that subscribers were told of when it was restored, or "" where nothing is to be done."""


def take_as_told(archive: Archive, until: date) -> None:
    """Note that subscribers were told of all up to a day that this archive, older than that, does not know of yet.

    The whole look-back is read again, and the archive gets another name, so that no digest from now on has the Message-ID
    of one that it does not know of.
    """
    for source in (*PRECEDENCE, "feeds"):
        if archive.runs.fact(fact_of("full_read_on", source)):
            archive.runs.set_fact(fact_of("full_read_on", source), "")
    archive.runs.set_fact("instance", secrets.token_hex(16))
    archive.runs.set_fact(TOLD_TO, until.isoformat())


def skip_told(compose: Compose) -> None:
    """Mark what was told before the archive was restored, if it was; each subscriber in a transaction of his own."""
    archive = compose.archive
    fact = archive.runs.fact(TOLD_TO)
    if not fact:
        return
    until = date.fromisoformat(fact)
    for subscriber in compose.config.readers:
        if not subscriber.paused:  # who is paused is owed nothing of now, and is told later how much he missed
            _skip(compose, subscriber, until)
    if _is_found_again(compose, until):
        archive.runs.set_fact(TOLD_TO, "")


def _skip(compose: Compose, subscriber: Subscriber, until: date) -> None:
    archive = compose.archive
    old = [one for one in archive.pending.items(subscriber.key) if (one.newest.proceeding.day or until) <= until]
    waiting = _reminded(compose, subscriber, until)
    slot = _slot(compose, subscriber, until)
    if not old and not waiting and slot is None:
        return
    told = [row for one in old if is_reported(one.events, followed=one.before is not None) for row in _rows(one)]
    archive.digests.store(
        NewDigest(
            subscriber=subscriber.key,
            slot=slot or f"told until {until} at {compose.clock():%Y-%m-%dT%H:%M:%S.%f}",
            kind="skipped",
            as_of=min(datetime.combine(until, time(23, 59, 59), LONDON), compose.as_of),
            subject="",
            told_on=until,
            told=told,
            left_out=[row for one in old for row in _rows(one) if row not in set(told)],
            waiting=waiting,
            mails=[],
        )
    )
    log.info("told before the restore: subscriber=%s until=%s items=%d", subscriber.key, until, len(old))


def _slot(compose: Compose, subscriber: Subscriber, until: date) -> str | None:
    """The slot that had its digest before the restore; None where the latest one is later than that, or is known."""
    slot = latest_slot(subscriber, compose.config.schedule, compose.as_of)
    if slot is None or slot.date() > until or compose.archive.digests.exists(subscriber.key, slot_key(slot)):
        return None
    return slot_key(slot)


def _reminded(compose: Compose, subscriber: Subscriber, until: date) -> list[int]:
    """Row ids of the questions whose being late he was reminded of by that day."""
    if not subscriber.waiting:
        return []

    def was_told(one: OpenQuestion) -> bool:
        due = due_on(one.proceeding, compose.sittings, one.due_floor_on)
        if due is None or not days_late(one.proceeding, due, until):
            return False
        if one.last_told_on is None:
            return until >= next_working_day(due)
        return until - one.last_told_on >= REMIND_EVERY

    questions = compose.archive.digests.open_questions(subscriber.topics, subscriber.key)
    return [question.proceeding_id for question in questions if was_told(question)]


def _rows(owed: PendingItem) -> list[tuple[int, int]]:
    """The revisions that it tells: the owed ones, and the newest."""
    ids = {revision.id for revision in owed.revisions} | {owed.newest.id}
    return [(revision_id, owed.proceeding_id) for revision_id in sorted(ids)]


def _is_found_again(compose: Compose, until: date) -> bool:
    """Whether all that was there to be found again has been read since the restore, and looked through for terms."""
    archive = compose.archive
    sources = (*compose.config.reads, *compose.config.reads_files)
    is_read = all(archive.runs.fact(fact_of("full_read_on", source)) for source in sources)
    if not is_read or archive.matches.next_work() is not None:
        return False
    since = until - timedelta(days=compose.config.questions.look_back_days)
    return all(window.state not in ("failed", "suspect") for window in archive.coverage.windows(since=since))
