"""Restore of an old backup: later mails are not sent again if the operator asks for it, and real news is mailed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.parliament import Parliament
from monitor.demo.sample import FIRST_DAY
from tests.e2e.desk import Desk, Foundry, an_answer, mails_by_question, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from monitor.demo.mailserver import MailServer

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (FIRST_DAY + timedelta(days=number) for number in range(4))
MONDAY = FRIDAY + timedelta(days=3)
MANY = [f"{70_000 + number}" for number in range(7)]


class Week:
    """Desk that has run from Tuesday to Thursday and was backed up on Tuesday."""

    def __init__(self, folder: Path, parliament: Parliament, mail: MailServer) -> None:
        self.parliament = parliament
        self.mail = mail
        self.published: dict[int, dict[str, Any]] = {}
        self.desk = Desk(
            folder=folder, parliament=parliament, mail=mail, questions='houses = ["Commons"]\nlook_back_days = 4'
        ).with_archive()
        self.foundry = Foundry(self.desk)

    def publish(self, number: int, day: date, **facts: object) -> None:
        self.published[number] = {**an_answer(number, day), **facts}
        self.parliament.replace(self.published.values())

    def correct(self, number: int, day: date, words: str) -> None:
        old = self.published[number]
        self.published[number] = {
            **old,
            "answerText": old["answerText"].replace(f"it is number {number}", f"it is {words}"),
            "originalAnswerText": old["answerText"],
            "dateAnswerCorrected": f"{day}T00:00:00",
            "answerIsCorrection": True,
        }
        self.parliament.replace(self.published.values())

    def run(self, day: date) -> None:
        assert self.foundry.in_place("run", "--as-of", day.isoformat()) == 0, self.foundry.said()

    def command(self, *words: str) -> str:
        assert self.foundry.in_place(*words) == 0, self.foundry.said()
        return " ".join(self.foundry.said().split())


@pytest.fixture
def week(tmp_path: Path, mail: MailServer) -> Iterator[Week]:
    with Parliament.from_values([]) as parliament:
        week = Week(tmp_path / "desk", parliament, mail)
        with week.foundry:
            for number in (0, 1):
                week.publish(number, TUESDAY)
            week.run(TUESDAY)
            week.command("db", "backup", "saved.db")
            for number in (2, 3):
                week.publish(number, WEDNESDAY)
            week.correct(1, WEDNESDAY, "number 17")
            week.run(WEDNESDAY)
            week.publish(4, THURSDAY)
            week.run(THURSDAY)
            yield week


def test_news_mailed_since_the_backup_is_mailed_again_unless_skip_told_is_given(week: Week) -> None:
    mails = week.desk.messages()
    assert mails_by_question(mails, MANY[:5]) == dict(zip(MANY, ([0], [0, 1], [1], [1], [2]), strict=False))

    output = week.command("db", "restore", "saved.db", "--yes")
    assert f"run this before: pqwatch digest skip --until {THURSDAY}" in output
    week.run(THURSDAY)
    *before, again = week.desk.messages()
    assert len(before) == 3
    assert mails_by_question([again], MANY) == dict(zip(MANY, ([], [0], [0], [0], [0], [], []), strict=True))
    words = words_of(again)
    assert words.count("in your digest of") == 1  # digests after the backup are not cited
    assert "First answer 26 November 2024, in your digest of 26 November 2024." in words

    output = week.command("db", "restore", "saved.db", "--yes", "--skip-told")
    assert f"What the next run finds of days up to {THURSDAY} counts as told" in output
    week.run(THURSDAY)
    assert len(week.desk.messages()) == 4
    week.publish(5, THURSDAY)  # after that day's digest
    week.publish(6, FRIDAY)
    week.correct(2, FRIDAY, "number 22")
    week.run(FRIDAY)
    *before, new = week.desk.messages()
    assert len(before) == 4
    assert mails_by_question([new], MANY) == dict(zip(MANY, ([], [], [0], [], [], [0], [0]), strict=True))
    words = words_of(new)
    assert "Figures: 2 became 22" in words
    assert (
        "First answer 27 November 2024. Corrected on" in words
    )  # no digest is cited, because the archive knows of none
    assert "in your digest of" not in words
    assert len({str(message["Message-ID"]) for message in week.desk.messages()}) == 5


def test_a_backup_that_was_made_after_a_restore_is_restored(week: Week) -> None:
    """A second restore: the backup's note that sources were read again says nothing of the time after it."""
    week.command("db", "restore", "saved.db", "--yes", "--skip-told")
    week.run(THURSDAY)
    week.command("db", "backup", "later.db")
    week.publish(6, FRIDAY)
    week.run(FRIDAY)
    week.command("db", "restore", "later.db", "--yes", "--skip-told")
    week.run(FRIDAY)
    week.publish(5, MONDAY)
    week.run(MONDAY)
    mails = week.desk.messages()
    assert len(mails) == 5
    assert mails_by_question(mails, ["70005", "70006"]) == {"70005": [4], "70006": [3]}


def test_a_second_backup_is_restored_after_everything_was_read_again(week: Week) -> None:
    """The archive that is replaced was restored itself, and mailed nothing of what it found again."""
    for _ in range(2):
        output = week.command("db", "restore", "saved.db", "--yes", "--skip-told")
        assert f"What the next run finds of days up to {THURSDAY} counts as told" in output
        week.run(THURSDAY)
    assert len(week.desk.messages()) == 3


def words_of(message: EmailMessage) -> str:
    return " ".join(text_of(message).split())
