"""Watched questions that still wait for an answer, and answers whose promised letter has not come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.parliament.lifecycle import days_late
from monitor.parliament.promises import CUES, WATCHED_DAYS, letter_promised_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.archive import OpenQuestion
    from monitor.research.records import DueDate


@dataclass(frozen=True, slots=True)
class WaitingQuestion:
    """A question with the day on which its answer is due, and how late the answer is.

    `days_late` is 0 where the answer is not late or the calendar is unknown. `promised_on`: the question is answered, with
    the promise of a letter.
    """

    question: OpenQuestion
    due_on: date | None
    days_late: int
    promised_on: date | None = None


def waiting_questions(
    archive: Archive, topic_keys: Sequence[str], due_date: DueDate, today: date
) -> list[WaitingQuestion]:
    """Find the questions of some topics that wait: days late first, then the longest wait, then promised letters."""
    waiting = []
    for question in archive.digests.open_questions(topic_keys):
        due_on = due_date(question.proceeding, question.due_floor_on)
        late = days_late(question.proceeding, due_on, today) or 0
        waiting.append(WaitingQuestion(question, due_on, late))
    waiting.sort(key=_by_lateness)
    return [*waiting, *_promised_letters(archive, topic_keys, due_date, today)]


def _by_lateness(waiting: WaitingQuestion) -> tuple[int, str, str]:
    proceeding = waiting.question.proceeding
    return -waiting.days_late, str(proceeding.tabled_on), proceeding.id


def _promised_letters(
    archive: Archive, topic_keys: Sequence[str], due_date: DueDate, today: date
) -> list[WaitingQuestion]:
    """Find answers that promise a letter which is not there yet, the longest wait first.

    A letter that has not come within half a year is a matter for another question.
    """
    answers = archive.digests.answered_with(CUES, topic_keys, today - timedelta(days=WATCHED_DAYS))
    promised = [
        WaitingQuestion(answer, due_date(answer.proceeding, answer.due_floor_on), 0, promised_on)
        for answer in answers
        if (promised_on := letter_promised_on(answer.proceeding))
    ]
    return sorted(promised, key=lambda waiting: (str(waiting.promised_on), waiting.question.proceeding.id))
