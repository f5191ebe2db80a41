"""Reminders in a digest: questions that are late or due today, and promised letters that have not come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.digests import Waiting
from monitor.parliament.calendar import next_working_day
from monitor.parliament.lifecycle import days_late, due_on
from monitor.parliament.promises import CUES, WATCHED_DAYS, letter_promised_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.archive import OpenQuestion
    from monitor.model.watching import Subscriber
    from monitor.parliament.calendar import SittingCalendar

REMIND_EVERY: Final = timedelta(days=7)
"""Interval of the reminders of one late question."""

LETTER_AFTER: Final = timedelta(days=28)
"""Time after the promise of a letter, and after each reminder of it, until the next reminder."""


@dataclass(slots=True)
class Reminders:
    """Waiting questions to show. `ids`: proceeding row ids of those that count as told once the digest is stored.

    `is_news`: one of them is late for the first time, which is a reason for a mail.
    """

    shown: list[Waiting] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    is_news: bool = False


def late_questions(
    subscriber: Subscriber, questions: Sequence[OpenQuestion], calendar: SittingCalendar, today: date
) -> Reminders:
    """Return the questions that are due today, newly late, or late with no reminder for a week.

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
        is_new = late > 0 and question.last_told_on is None
        if today < (next_working_day(due) if is_new else due):
            continue
        if late and question.last_told_on and today - question.last_told_on < REMIND_EVERY:
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


def promised_letters(archive: Archive, subscriber: Subscriber, today: date) -> Reminders:
    """Return the letters that were promised four weeks ago or earlier, have not been seen, and need a reminder."""
    reminders = Reminders()
    if not subscriber.waiting or not subscriber.topics:
        return reminders
    since = today - timedelta(days=WATCHED_DAYS)
    for question in archive.digests.answered_with(CUES, subscriber.topics, since, subscriber.key):
        promised_on = letter_promised_on(question.proceeding)
        if promised_on is None:
            continue
        told_on = max(promised_on, question.last_told_on or promised_on)
        if today - told_on < LETTER_AFTER:
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
