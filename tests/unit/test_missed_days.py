"""Days that no run reads, because none came for longer than a run makes up for: they are told, and not called read."""

from __future__ import annotations

import email.policy
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest

from monitor.collect.file_counts import FileCounts
from monitor.collect.files import FileCollector
from monitor.collect.missed_days import MissedDays, Stretch, all_missed_days, missed_days
from monitor.collect.news import MOST_DAYS_MISSED
from monitor.collect.window_plan import days_between
from monitor.collect.windows import WindowCollector
from monitor.config import settings
from monitor.digest.catch_up import record_restore
from monitor.operations.check_results import Level
from monitor.operations.run_checks import check_missed
from tests.builders import a_question
from tests.e2e.desk import text_of
from tests.fakes import LOOK_BACK, Clock, FakeFileSource, World, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from monitor.model.records import Proceeding
    from monitor.model.sources import Window, WindowPage

DAY, WEEK = timedelta(days=1), timedelta(days=7)
OF_A_WEEK = 3 * 7
"""Windows of seven days."""
BEFORE, AFTER = date(2026, 2, 3), date(2026, 5, 5)
FIRST, LAST = BEFORE + DAY, AFTER - (LOOK_BACK + MOST_DAYS_MISSED + 2) * DAY
IN_WORDS = "4 February to 31 March 2026"
COMMAND = "pqwatch backfill questions --from 2026-02-04 --to 2026-03-31"
OPERATOR = "operator@example.org"


def an_answer(number: int, day: date) -> Proceeding:
    return a_question(uin=str(140000 + number), tabled_on=day, answered_on=day, answer="The bathing water was tested.")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a world with an archive that was begun, and then run once."""
    clock = Clock()
    archive = new_archive(tmp_path, clock)
    world = World(archive, clock)
    world.config = replace(world.config, delivery=replace(world.config.delivery, operator=OPERATOR))
    world.source.publish(an_answer(1, BEFORE), an_answer(2, FIRST), an_answer(3, LAST + DAY), an_answer(4, AFTER))
    run(world, BEFORE)
    yield world
    archive.close()


def run(world: World, day: date, hour: int = 9) -> list[EmailMessage]:
    """Run on a day, and return the mails that it sent."""
    world.clock.now = at(day, hour)
    sent = len(world.post.sent)
    assert world.run().ok
    return [message_from_bytes(message, policy=email.policy.default) for _, message in world.post.sent[sent:]]


def words_of(message: EmailMessage) -> str:
    return " ".join(text_of(message).split())


class Killed(BaseException):
    """End of a process."""


def killed(*_given: object, **_named: object) -> None:
    """End a process in place of a reading that is done."""
    raise Killed


def run_killed(world: World, day: date, windows: int = 6) -> None:
    """Run on a day until the process is killed, when it has read some windows: by default those of two days."""
    world.clock.now = at(day, 9)
    really_read, left = world.source.read_window, iter(range(windows))

    def read_window(window: Window) -> Iterator[WindowPage]:
        if next(left, None) is None:
            raise Killed
        return really_read(window)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.source, "read_window", read_window)
        with pytest.raises(Killed):
            world.run()


def run_without_the_source(world: World) -> None:
    """Run once a week, for twelve weeks, while the source does not answer."""
    world.source.is_down = True
    for weeks in range(1, 13):
        world.clock.now = at(BEFORE + weeks * WEEK)
        assert not world.run().ok
    world.source.is_down = False


def backfill(world: World, first: date, last: date) -> None:
    work = world.pipeline()
    work.backfill("questions", FileCounts(), first=first, last=last)


def test_digest_after_a_long_time_without_runs_says_what_was_never_read(world: World) -> None:
    [digest] = [mail for mail in run(world, AFTER) if mail["To"] != OPERATOR]
    text = words_of(digest)
    assert f"Not read in full, 3 February to 5 May 2026: Commons 3 of 3. Never read: {IN_WORDS}." in text
    assert f"To read them into the archive (no digest will include them): {COMMAND}" in text
    assert "Nothing failed" not in text
    assert "140003" in text  # the first day that is made up for
    assert "140002" not in text
    assert len(world.archive.coverage.windows(since=FIRST)) == 3 * ((AFTER - LAST).days)


def test_operator_is_told_once_and_doctor_until_a_backfill(world: World) -> None:
    [notice] = [mail for mail in run(world, AFTER) if mail["To"] == OPERATOR]
    assert notice["Subject"] == "pqwatch: days were never read"
    assert f"nothing of {IN_WORDS} was read." in words_of(notice)
    assert COMMAND in text_of(notice).splitlines()
    assert not [mail for day in (0, 1) for mail in run(world, AFTER + day * DAY, 11) if mail["To"] == OPERATOR]
    [finding] = check_missed(all_missed_days(world.archive, world.config))
    assert (finding.level, finding.remedy) == (Level.WARNING, f"Run: {COMMAND}")
    backfill(world, FIRST, LAST - DAY)
    assert all_missed_days(world.archive, world.config) == [MissedDays("questions", (Stretch(LAST, LAST),))]
    assert [mail for mail in run(world, AFTER + 2 * DAY, 11) if mail["To"] == OPERATOR] == []
    backfill(world, FIRST, LAST)
    assert all_missed_days(world.archive, world.config) == []


def test_digest_after_the_backfill_calls_the_days_read(world: World) -> None:
    world.clock.now = at(AFTER)
    assert world.collect().ok
    backfill(world, FIRST, LAST)
    assert "Never read" not in words_of(run(world, AFTER)[0])


def test_next_digest_with_items_tells_it_and_the_one_after_does_not(world: World) -> None:
    run(world, AFTER)
    thursday, friday, monday = (AFTER + days * DAY for days in (100, 101, 104))
    [notice] = run(world, thursday)
    assert notice["To"] == OPERATOR
    assert "nothing of 6 May to 9 July 2026 was read." in words_of(notice)
    world.source.publish(an_answer(5, friday))
    assert "Never read: 6 May to 9 July 2026." in words_of(run(world, friday)[0])
    world.source.publish(an_answer(6, monday))
    assert "Never read" not in words_of(run(world, monday)[0])


def test_days_of_two_outages_without_a_mail_between_them_are_both_told(world: World) -> None:
    world.source.hidden = {"140003", "140004"}
    assert [mail["To"] for mail in run(world, AFTER)] == [OPERATOR]
    again = AFTER + 101 * DAY
    world.source.publish(an_answer(5, again))
    digest = next(mail for mail in run(world, again) if mail["To"] != OPERATOR)
    assert f"Never read: {IN_WORDS} and 6 May to 10 July 2026." in words_of(digest)
    command = "pqwatch backfill questions --from 2026-02-04 --to 2026-07-10"
    assert command in text_of(digest)
    [finding] = check_missed(all_missed_days(world.archive, world.config))
    assert finding.remedy == f"Run: {command}"
    backfill(world, FIRST, LAST)
    [left] = all_missed_days(world.archive, world.config)
    assert left.in_words == "6 May to 10 July 2026"


def test_days_missed_by_two_runs_that_failed_are_one_stretch(world: World) -> None:
    world.source.is_down = True
    world.clock.now = at(AFTER)
    assert not world.run().ok
    world.source.is_down = False
    run(world, AFTER + DAY)
    [missed] = all_missed_days(world.archive, world.config)
    assert missed.stretches == (Stretch(FIRST, LAST),)


def test_days_that_a_run_makes_up_for_are_not_called_missed(world: World) -> None:
    run(world, BEFORE + (1 + LOOK_BACK + MOST_DAYS_MISSED + 1) * DAY)
    assert all_missed_days(world.archive, world.config) == []


def test_days_that_a_restored_archive_lacks_are_missed_too(world: World) -> None:
    world.archive.runs.set_fact("news_floor", str(BEFORE - 365 * DAY))
    record_restore(world.archive, FIRST, world.clock())
    run(world, AFTER)
    [missed] = all_missed_days(world.archive, world.config)
    assert missed.stretches == (Stretch(FIRST, LAST),)


def test_days_before_one_that_was_read_by_itself_are_missed_too(world: World) -> None:
    world.clock.now = at(BEFORE + 20 * DAY)
    world.pipeline().collect(first=BEFORE + 18 * DAY, last=BEFORE + 18 * DAY)
    assert f"Never read: {IN_WORDS}." in words_of(run(world, AFTER)[0])


def test_answers_of_a_source_that_was_down_for_months_are_all_told(world: World) -> None:
    run_without_the_source(world)
    text = words_of(run(world, AFTER)[0])
    assert "3 answers only mention your words. Read in full, 3 February to 5 May 2026: Commons 4 of 4." in text
    assert all(number in text for number in ("140002", "140003", "140004"))
    assert all_missed_days(world.archive, world.config) == []


def test_answer_to_a_question_that_was_told_is_told_though_its_day_was_missed(world: World) -> None:
    question = replace(an_answer(5, BEFORE), question="Is the bathing water clean?", answer=None, answered_on=None)
    world.source.publish(question)
    assert "140005" in words_of(run(world, BEFORE + DAY)[0])
    world.source.change("140005", answer="It is.", answered_on=BEFORE + 10 * DAY)
    text = words_of(run(world, AFTER)[0])
    assert "Never read: 5 February to 31 March 2026." in text
    assert "A It is." in text


def test_answer_that_came_late_before_a_long_time_without_runs_is_told(world: World) -> None:
    """The days before the last reading are read again, as the next run would have done."""
    world.source.publish(an_answer(5, BEFORE - DAY))
    world.archive.runs.set_fact("news_floor", str(BEFORE - DAY))
    assert "140005" in words_of(run(world, AFTER)[0])


def test_answer_that_came_late_in_weeks_of_runs_that_were_killed_is_told(world: World) -> None:
    """The day was read before it was published, and is further back than a run makes up for."""
    for weeks in range(1, 13):
        run_killed(world, BEFORE + weeks * WEEK, windows=OF_A_WEEK)
        if weeks == 2:
            world.source.publish(an_answer(5, BEFORE + 2 * WEEK - DAY))
    text = words_of(run(world, AFTER)[0])
    assert "Read in full, 3 February to 5 May 2026: Commons 5 of 5." in text
    assert "140005" in text
    assert all_missed_days(world.archive, world.config) == []


def test_day_that_was_read_after_the_look_back_is_not_read_again(world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WindowCollector, "conclude", killed)
        for weeks in range(1, 13):
            world.clock.now = at(BEFORE + weeks * WEEK)
            with pytest.raises(Killed):
                world.run()
    [digest] = run(world, AFTER)
    read_on = {covered.window.day: covered.read_at.date() for covered in world.archive.coverage.windows(since=FIRST)}
    assert {day for day, read in read_on.items() if read < AFTER} == set(days_between(FIRST, LAST))
    assert "140002" in words_of(digest)


def test_backfill_leaves_days_that_were_read_too_early_to_the_next_run(world: World) -> None:
    for weeks in range(1, 13):
        run_killed(world, BEFORE + weeks * WEEK, windows=OF_A_WEEK)
    asked_on = BEFORE - 5 * WEEK  # a day that only the backfill reads, and that shows the answer too
    world.source.publish(replace(an_answer(5, BEFORE + WEEK - DAY), tabled_on=asked_on))
    world.clock.now = at(AFTER)
    backfill(world, asked_on, AFTER)
    assert "140005" in words_of(run(world, AFTER)[0])


def test_days_after_a_first_run_that_was_killed_are_made_up_for(tmp_path: Path) -> None:
    clock = Clock()
    archive = new_archive(tmp_path, clock)
    world = World(archive, clock)
    world.source.publish(an_answer(1, BEFORE - DAY), an_answer(2, FIRST), an_answer(3, LAST + DAY))
    run_killed(world, BEFORE)
    text = words_of(run(world, AFTER)[0])
    assert f"Never read: {IN_WORDS}" in text
    assert "140003" in text
    archive.close()


def test_answers_of_a_source_that_was_down_after_a_first_run_that_was_killed_are_told(tmp_path: Path) -> None:
    clock = Clock()
    archive = new_archive(tmp_path, clock)
    world = World(archive, clock)
    world.source.publish(an_answer(1, BEFORE - DAY), an_answer(2, BEFORE + 7 * DAY), an_answer(3, AFTER - DAY))
    run_killed(world, BEFORE)
    run_without_the_source(world)
    text = words_of(run(world, AFTER)[0])
    assert all(number in text for number in ("140002", "140003"))
    archive.close()


def test_missed_files_are_told_until_one_of_these_days_is_read(world: World) -> None:
    files = settings.FileSourceSettings(base_url="", enabled=True)
    world.config = replace(world.config, theyworkforyou=settings.TheyWorkForYouSettings(files=files))
    world.files = (FakeFileSource(),)
    printed = [replace(an_answer(number, day), id=f"pq-{number}") for number, day in enumerate((BEFORE, FIRST, AFTER))]
    for answer in printed:
        world.files[0].publish(f"answers{answer.answered_on}.xml", answer.answered_on, answer)
        if answer is printed[0]:
            run(world, BEFORE, 11)
    text = words_of(run(world, AFTER)[0])
    assert "TheyWorkForYou, 3 February to 5 May 2026: 2 of 2 records read. Never read: 4 February to 31 March" in text
    assert f"{COMMAND.replace('questions', 'theyworkforyou')}" in text
    world.pipeline().backfill("theyworkforyou", FileCounts(), first=FIRST, last=LAST)
    assert missed_days(world.archive, "theyworkforyou") is None


def test_file_that_came_late_in_weeks_of_runs_that_were_killed_is_told(world: World) -> None:
    files = settings.FileSourceSettings(base_url="", enabled=True)
    world.config = replace(world.config, theyworkforyou=settings.TheyWorkForYouSettings(files=files))
    world.files = (FakeFileSource(),)
    first, last = BEFORE + 11 * DAY, BEFORE + 12 * DAY
    world.files[0].publish("answers1.xml", BEFORE, replace(an_answer(7, BEFORE), id="pq-7"))
    run(world, BEFORE, 11)
    world.files[0].publish("answers2.xml", last, replace(an_answer(8, last), id="pq-8"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileCollector, "_note_the_run", killed)
        with pytest.raises(Killed):
            run(world, last)
    world.files[0].publish("answers3.xml", first, replace(an_answer(9, first), id="pq-9"))
    run(world, AFTER)
    assert set(world.archive.files.known("theyworkforyou")) == {"answers1.xml", "answers2.xml", "answers3.xml"}
    missed = missed_days(world.archive, "theyworkforyou")
    assert missed is not None
    assert missed.in_words == "16 February to 31 March 2026"
