"""Contents of a digest, read from the archive: items and reminders.

An item has the earlier answer with it, and the answers that it refers to or repeats. Reminders are of questions that are
late or due today, and of promised letters that have not come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.digests import Item, Waiting
from monitor.model.records import Event, State
from monitor.parliament.calendar import LONDON, next_working_day
from monitor.parliament.lifecycle import classify, days_late, due_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from monitor.digest.shared import SharedReads
    from monitor.model.digests import OpenQuestion, PendingItem
    from monitor.model.records import Revision
    from monitor.model.watching import Subscriber
    from monitor.parliament.calendar import SittingCalendar

REMIND_EVERY: Final = timedelta(days=7)
"""Interval of the reminders of one late question."""

_COMING_AND_GOING: Final = frozenset({Event.WITHDRAWN, Event.REAPPEARED})

_LETTER_AFTER: Final = timedelta(days=28)
"""Time after the promise of a letter, and after each reminder of it, until the next reminder."""


# -- items ------------------------------------------------------------------------------------------------------------


def item_of(shared: SharedReads, subscriber: Subscriber, pending: PendingItem, *, finds_earlier_records: bool) -> Item:
    """Make the item of a record that is pending. `finds_earlier_records`: look for the same answer in earlier records."""
    newest = pending.newest
    return Item(
        revision=newest,
        events=_events_since_reported(pending),
        matches=pending.matches,
        topics=tuple(key for key in subscriber.topics if key in pending.topics),
        before=pending.before,
        told_on=pending.told_at.astimezone(LONDON).date() if pending.told_at else None,
        follows=pending.follows,
        earlier=_last_other_answer(pending, pending.revisions) or _replaced_answer(shared, pending),
        refers_to=shared.referred_answer(newest),
        said_before=shared.said_before(newest) if finds_earlier_records else None,
        latest=pending.latest,
    )


def _events_since_reported(pending: PendingItem) -> tuple[Event, ...]:
    """Return the events of the pending revisions; for a record that is back, what differs from the version reported before.

    A source may remove the texts of what it withdraws. When they return, they are no new answer or correction to a reader
    who had them.
    """
    last, now = pending.before, pending.newest.proceeding
    if last is None or Event.REAPPEARED not in pending.events:
        return pending.events
    before = last.proceeding
    if before.state is State.WITHDRAWN or before.source != now.source:
        return pending.events
    happened = {*classify(before, now), *_COMING_AND_GOING.intersection(pending.events)}
    return tuple(event for event in Event if event in happened)


def rows_of(pending: PendingItem) -> list[tuple[int, int]]:
    """Return the (revision, proceeding) row ids that count as told with an item: the pending revisions and the newest."""
    ids = {revision.id for revision in pending.revisions} | {pending.newest.id}
    return [(revision_id, pending.proceeding_id) for revision_id in sorted(ids)]


def _last_other_answer(pending: PendingItem, revisions: Sequence[Revision]) -> Revision | None:
    """Return the last answer among the revisions that differs from the newest one."""
    answer = pending.newest.proceeding.answer
    for revision in reversed(revisions):
        proceeding = revision.proceeding
        is_answer = proceeding.answered_on and not proceeding.is_holding
        if is_answer and proceeding.answer not in (None, answer):
            return revision
    return None


def _replaced_answer(shared: SharedReads, pending: PendingItem) -> Revision | None:
    """Return the answer that a correction replaced, if it was never sent and the source does not give it."""
    corrected = pending.newest.proceeding
    if pending.before is not None or corrected.state is not State.CORRECTED or corrected.original_answer:
        return None
    earlier = [
        revision
        for revision in shared.revisions_of(pending.proceeding_id)
        if revision.id < pending.newest.id and revision.proceeding.source == corrected.source
    ]
    return _last_other_answer(pending, earlier)


# -- reminders --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Reminders:
    """Waiting questions to show. `ids`: proceeding row ids of those that count as told once the digest is stored.

    `is_news`: one of them is late for the first time, which is a reason for a mail.
    """

    shown: list[Waiting] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    is_news: bool = False


def late_questions(
    subscriber: Subscriber,
    questions: Sequence[OpenQuestion],
    reminded: Mapping[int, date],
    calendar: SittingCalendar,
    today: date,
) -> Reminders:
    """Return the questions that are due today, newly late, or late with no reminder for a week.

    `reminded`: the last day on which the subscriber was reminded of each question (by row id).

    A question is told as late for the first time on a working day: a question due on Friday is told on Monday.
    """
    reminders = Reminders()
    if not subscriber.waiting:
        return reminders
    for question in questions:
        due = due_on(question.proceeding, calendar, question.due_floor_on)
        late = days_late(question.proceeding, due, today)
        if due is None or late is None:
            continue
        last_told_on = reminded.get(question.proceeding_id)
        is_new = late > 0 and last_told_on is None
        if today < (next_working_day(due) if is_new else due):
            continue
        if late and last_told_on and today - last_told_on < REMIND_EVERY:
            continue
        reminders.shown.append(
            Waiting(
                proceeding=question.proceeding,
                topics=tuple(key for key in subscriber.topics if key in question.topics),
                due_on=due,
                days_late=late,
                matches=question.matches,
                is_new=is_new,
            )
        )
        if late:
            reminders.ids.append(question.proceeding_id)
        reminders.is_news = reminders.is_news or is_new
    return reminders


def promised_letters(
    subscriber: Subscriber, letters: Iterable[tuple[OpenQuestion, date]], reminded: Mapping[int, date], today: date
) -> Reminders:
    """Return the letters that were promised four weeks ago or earlier, have not been seen, and need a reminder.

    `letters`: answers that promise one, with the day of the promise. `reminded`: as above.
    """
    reminders = Reminders()
    for question, promised_on in letters:
        told_on = max(promised_on, reminded.get(question.proceeding_id, promised_on))
        if today - told_on < _LETTER_AFTER:
            continue
        reminders.shown.append(
            Waiting(
                proceeding=question.proceeding,
                topics=tuple(key for key in subscriber.topics if key in question.topics),
                matches=question.matches,
                promised_on=promised_on,
            )
        )
        reminders.ids.append(question.proceeding_id)
    return reminders


def asked_since(questions: Iterable[OpenQuestion]) -> date | None:
    """Return the first day on which one of these was tabled: no digest reminded of one before. None: one has no day."""
    days = [question.proceeding.tabled_on for question in questions]
    return None if None in days else min(filter(None, days), default=None)
