"""Catching up after an old backup was restored: what counts as mailed, for whom, in which digest, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.collect.news import fact_of
from monitor.config import settings
from monitor.digest.catch_up import CAUGHT_UP, TOLD_TO, CaughtUp, record_restore
from monitor.model.following import FollowKind, FollowTarget
from monitor.model.records import House
from monitor.model.sources import COMING_SOURCES, Window
from monitor.sources import FILES, WINDOWS
from tests.builders import ASKER, a_question, a_subscriber
from tests.fakes import Clock, FakeFileSource, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.model.records import Proceeding

MONDAY = date(2024, 11, 18)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=number) for number in (1, 2, 3))


def asked(number: int, day: date, **facts: object) -> Proceeding:
    given: dict[str, object] = {
        "uin": f"{140000 + number}",
        "question": "What steps he is taking on bathing water.",
        "answer": None,
        "tabled_on": day,
        "date_for_answer": day,
        "named_day": True,
    }
    return a_question(**(given | facts))


def answered(number: int, day: date, **facts: object) -> Proceeding:
    return asked(number, day, **({"answer": "The bathing water was tested.", "answered_on": day} | facts))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Make an archive of Monday evening, restored on Thursday at nine, when all up to Tuesday had been mailed."""
    clock = Clock(at(MONDAY, 20))
    archive = new_archive(tmp_path, clock)
    world = World(archive, clock)
    world.run()
    clock.now = at(THURSDAY, 9)
    record_restore(archive, TUESDAY, clock())
    yield world
    archive.close()


def with_source_that_is_down(world: World) -> FakeFileSource:
    """Turn a second source on, which can't be reached."""
    source = FakeFileSource()
    source.is_down = True
    world.files = (source,)
    on = settings.TheyWorkForYouSettings(files=settings.FileSourceSettings(enabled=True, path=Path("/nowhere")))
    world.config = replace(world.config, theyworkforyou=on)
    return source


def digests_since_monday(world: World, subscriber: str = "desk") -> list[tuple[str, int]]:
    """Return kind and number of items of each digest since Monday, oldest first."""
    return [(kind, items) for _, kind, items in world.digests(subscriber)[1:]]


def test_older_news_counts_as_mailed_and_newer_news_is_mailed(world: World) -> None:
    world.source.publish(answered(1, TUESDAY), answered(2, WEDNESDAY))
    world.run()
    assert digests_since_monday(world) == [("skipped", 1), ("mailed", 1)]
    assert len(world.post.sent) == 1
    assert b"140002" in world.post.sent[0][1]
    assert b"140001" not in world.post.sent[0][1]
    _, skipped, _ = world.archive.digests.listing(subscriber="desk")[::-1]
    assert skipped.as_of == at(TUESDAY, 23, 59) + timedelta(
        seconds=59
    )  # the next digest lists the days that were read since
    assert world.archive.runs.fact(TOLD_TO) == ""


def test_catching_up_ends_with_the_first_complete_reading(world: World) -> None:
    world.run()
    world.source.publish(answered(1, TUESDAY))  # the answer appears late
    world.clock.now = at(THURSDAY, 10)
    world.archive.runs.set_fact("full_read_on", "")
    pipeline = world.pipeline()
    pipeline.collect()
    pipeline.match()
    assert set(world.pending()) == {"140001"}
    world.clock.now = at(THURSDAY + timedelta(days=1), 9)
    world.run()
    assert digests_since_monday(world)[-1] == ("mailed", 1)


def test_catching_up_continues_while_something_cannot_be_read(world: World) -> None:
    world.source.publish(answered(1, TUESDAY))
    window = Window(source="questions", house=House.COMMONS, by="answered", day=MONDAY)
    world.source.down = {window}
    world.run()
    assert world.archive.runs.fact(TOLD_TO) == TUESDAY.isoformat()
    world.source.publish(answered(2, MONDAY))
    world.source.down = set()
    world.clock.now = at(THURSDAY, 10)
    world.run()
    assert [entry for entry in digests_since_monday(world) if entry[0] == "skipped"] == [("skipped", 1), ("skipped", 1)]
    assert world.post.sent == []
    assert world.archive.runs.fact(TOLD_TO) == ""


def test_catching_up_continues_for_days_before_the_look_back_which_an_old_backup_lacks(world: World) -> None:
    sunday = THURSDAY + timedelta(days=3)
    record_restore(world.archive, sunday, world.clock())
    world.source.publish(answered(1, MONDAY))
    world.source.is_down = True
    world.clock.now = at(sunday + timedelta(days=1), 9)
    world.run()
    world.source.is_down = False
    world.clock.now = at(sunday + timedelta(days=2), 9)
    world.run()
    assert world.post.sent == []
    assert ("skipped", 1) in digests_since_monday(world)
    assert world.archive.runs.fact(TOLD_TO) == ""


def test_catching_up_continues_until_each_source_was_read(world: World) -> None:
    source = with_source_that_is_down(world)
    world.run()
    assert world.archive.runs.fact(TOLD_TO) == TUESDAY.isoformat()
    source.is_down = False
    source.publish("a", TUESDAY, answered(1, TUESDAY))
    world.clock.now = at(THURSDAY, 10)
    world.run()
    assert world.archive.runs.fact(TOLD_TO) == ""
    assert world.post.sent == []
    record_restore(world.archive, TUESDAY, world.clock())
    assert world.archive.runs.fact("full_read_on theyworkforyou") == ""


@pytest.fixture
def switched_off(world: World) -> tuple[Callable[[], None], FakeFileSource]:
    """Read the Lords and files too, restore, and switch both off. Return a function that switches them on, and the files."""
    files = FakeFileSource()
    plain = world.config
    of_files = settings.TheyWorkForYouSettings(files=settings.FileSourceSettings(enabled=True, path=Path("/nowhere")))
    both = (House.COMMONS, House.LORDS)

    def switch_on() -> None:
        world.files, world.source.houses = (files,), both
        world.config = replace(plain, theyworkforyou=of_files, questions=replace(plain.questions, houses=both))

    switch_on()
    world.run()
    record_restore(world.archive, TUESDAY, world.clock())
    world.files, world.source.houses, world.config = (), (House.COMMONS,), plain
    return switch_on, files


def test_a_source_or_house_that_was_off_after_the_restore_mails_nothing_again(
    world: World, switched_off: tuple[Callable[[], None], FakeFileSource]
) -> None:
    switch_on, files = switched_off
    world.clock.now = at(THURSDAY + timedelta(days=1), 9)
    world.run()
    assert world.archive.runs.fact(TOLD_TO) == TUESDAY.isoformat()
    world.source.publish(answered(1, TUESDAY, house=House.LORDS), answered(2, THURSDAY, house=House.LORDS))
    files.publish("a", TUESDAY, answered(3, TUESDAY, id="t-3", source="theyworkforyou"))
    switch_on()
    world.clock.now = at(THURSDAY + timedelta(days=4), 9)
    world.run()
    [mail] = [message.decode() for _, message in world.post.sent]
    assert [number for number in ("140001", "140002", "140003") if number in mail] == ["140002"]
    assert world.archive.runs.fact(TOLD_TO) == ""


@pytest.mark.usefixtures("switched_off")
def test_a_day_that_was_read_again_brings_news_though_it_fails_later(world: World) -> None:
    """Catching up still waits for the source that is off."""
    world.run()
    world.source.publish(answered(1, TUESDAY))
    world.source.down = {Window(source="questions", house=House.COMMONS, by="answered", day=TUESDAY)}
    world.clock.now = at(THURSDAY + timedelta(days=1), 6)
    world.run()
    assert world.archive.runs.fact(TOLD_TO) == TUESDAY.isoformat()
    assert world.pending() == {"140001": ("answered",)}


@pytest.mark.usefixtures("switched_off")
def test_a_source_that_stays_off_is_not_waited_for_without_end(world: World) -> None:
    for days, fact in ((33, TUESDAY.isoformat()), (34, "")):
        world.clock.now = at(TUESDAY + timedelta(days=days), 9)
        world.run()
        assert world.archive.runs.fact(TOLD_TO) == fact


def test_notes_without_houses_mean_all_of_them() -> None:
    noted = CaughtUp.of_text(f"{at(THURSDAY, 9).isoformat()} {WEDNESDAY}")
    assert (noted.at, noted.houses, noted.but) == (at(THURSDAY, 9), frozenset(House), frozenset({WEDNESDAY}))
    assert CaughtUp.of_text(noted.as_text()) == noted


def test_no_source_counts_as_read_again_after_another_restore(world: World) -> None:
    facts = [
        fact_of(name, source) for source in (*WINDOWS, *COMING_SOURCES, *FILES) for name in ("full_read_on", CAUGHT_UP)
    ]
    for fact in facts:
        world.archive.runs.set_fact(fact, at(TUESDAY, 9).isoformat())
    record_restore(world.archive, TUESDAY, world.clock())
    assert [fact for fact in facts if world.archive.runs.fact(fact)] == []


def test_what_changes_after_a_source_was_read_again_is_told_while_another_one_is_down(world: World) -> None:
    with_source_that_is_down(world)
    world.source.publish(answered(1, TUESDAY), answered(2, TUESDAY))
    world.run()
    assert digests_since_monday(world) == [("skipped", 2), ("empty", 0)]
    world.source.change("140001", answer="The bathing water was never tested, and 45 became 38.")
    world.source.change("140002", is_withdrawn=True)
    world.clock.now = at(THURSDAY + timedelta(days=4), 9)
    world.run()
    assert world.archive.runs.fact(TOLD_TO) == TUESDAY.isoformat()
    assert digests_since_monday(world)[-1] == ("mailed", 2)
    assert len(world.post.sent) == 1


def test_a_day_that_is_never_read_again_keeps_nothing_else_back(world: World) -> None:
    world.source.publish(answered(1, TUESDAY), answered(2, MONDAY))
    window = Window(source="questions", house=House.COMMONS, by="answered", day=MONDAY)
    world.source.down = {window}
    world.run()
    world.source.change("140001", answer="The bathing water was never tested, and 45 became 38.")
    world.clock.now = at(THURSDAY + timedelta(days=1), 9)
    world.run()
    assert world.archive.runs.fact(TOLD_TO) == TUESDAY.isoformat()
    assert digests_since_monday(world)[-1] == ("mailed", 1)
    world.source.down = set()
    world.clock.now = at(THURSDAY + timedelta(days=4), 9)
    world.run()
    assert b"140002" not in b"".join(message for _, message in world.post.sent)
    assert world.archive.runs.fact(TOLD_TO) == ""


@pytest.mark.parametrize("stage", ["collect", "match"])
def test_catching_up_continues_until_each_stage_has_run(world: World, stage: str) -> None:
    world.source.publish(answered(1, TUESDAY))
    pipeline = world.pipeline()
    pipeline.sync()
    if stage == "match":
        pipeline.collect()
    pipeline.compose()
    assert world.archive.runs.fact(TOLD_TO) == TUESDAY.isoformat()
    world.clock.now = at(THURSDAY, 10)
    world.run()
    assert ("skipped", 1) in digests_since_monday(world)
    assert world.post.sent == []


def test_slot_with_a_digest_gets_no_other(world: World) -> None:
    record_restore(world.archive, THURSDAY, world.clock())
    world.source.publish(answered(1, THURSDAY))
    world.run()
    assert world.digests()[1:] == [("2024-11-21T07:30", "skipped", 1)]
    assert world.archive.digests.listing(subscriber="desk")[0].as_of < world.clock()
    world.source.publish(answered(2, THURSDAY))  # later on the same day
    world.clock.now = at(THURSDAY, 18)
    world.run()
    assert digests_since_monday(world) == [("skipped", 1)]
    world.clock.now = at(THURSDAY + timedelta(days=1), 9)
    world.run()
    assert digests_since_monday(world) == [("skipped", 1), ("mailed", 1)]


def test_later_correction_mentions_no_digest_that_was_not_mailed(world: World) -> None:
    world.source.publish(answered(1, TUESDAY))
    world.run()
    world.source.change("140001", answer="The bathing water was not tested.", corrected_on=THURSDAY, is_correction=True)
    world.clock.now = at(THURSDAY + timedelta(days=1), 9)
    world.run()
    text = world.post.sent[-1][1].decode()
    assert "CORRECTED" in text
    assert "First answer 19 November 2024." in text
    assert "in your digest of" not in text


def test_reminder_of_late_questions_is_not_repeated_at_once(world: World) -> None:
    world.source.publish(asked(1, MONDAY), asked(2, MONDAY, date_for_answer=WEDNESDAY))
    world.run()
    [sent] = [message.decode() for _, message in world.post.sent]
    assert "140002" in sent  # late since Thursday, which the reader does not know
    assert "140001" not in sent  # late since Tuesday, which the reader was told
    world.source.publish(answered(3, MONDAY + timedelta(days=7)))
    world.clock.now = at(TUESDAY + timedelta(days=7), 9)
    world.run()
    assert "140001" in world.post.sent[-1][1].decode()


def test_no_reminders_are_noted_for_subscribers_without_reminders(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(waiting=False),))
    world.source.publish(asked(1, MONDAY))
    world.run()
    assert len(world.archive.digests.open_questions(["water"])) == 1
    assert world.archive.digests.reminders("desk") == {}


def test_the_first_reading_after_a_restore_is_one_that_gave_something(world: World) -> None:
    """The silent edit of an older answer is found by its id, not in the window of a day."""
    world.clock.now = at(MONDAY, 21)
    world.source.publish(answered(1, MONDAY))
    world.run()
    world.clock.now = at(THURSDAY, 9)
    record_restore(world.archive, TUESDAY, world.clock())
    world.source.change("140001", answer="The bathing water was tested twice.")
    world.source.hidden = {"140001"}
    world.source.is_down = True
    world.run()
    assert world.archive.runs.fact(CAUGHT_UP) is None
    world.source.is_down = False
    world.clock.now = at(THURSDAY + timedelta(days=1), 9)
    world.run()
    assert world.archive.runs.fact(TOLD_TO) == ""
    assert world.post.sent == []


def test_what_became_of_a_record_that_was_told_counts_as_told_too(world: World) -> None:
    """The last state has no term: it was told only because the state before was."""
    world.clock.now = at(MONDAY, 21)
    world.source.publish(asked(1, MONDAY, question="What he does.", answer="No bathing water.", answered_on=MONDAY))
    world.run()  # it waits for the digest of Tuesday
    world.clock.now = at(THURSDAY, 9)
    record_restore(world.archive, TUESDAY, world.clock())
    world.source.change("140001", answer="No figures.", corrected_on=TUESDAY, is_correction=True)
    world.run()
    assert [kind for kind, _ in digests_since_monday(world)] == ["skipped", "skipped", "empty"]


@pytest.mark.parametrize(
    ("paused_on", "digests"),
    [
        (MONDAY, [("mailed", 1)]),  # before the backup: nothing was told since
        (THURSDAY, [("skipped", 1), ("empty", 0)]),  # they had been told, and are so only once
    ],
)
def test_what_a_paused_subscriber_follows_waits_if_it_was_not_told(
    world: World, paused_on: date, digests: list[tuple[str, int]]
) -> None:
    world.config = a_config(subscribers=(paused := replace(a_subscriber(), paused=True),))
    if paused_on == MONDAY:
        world.clock.now = at(MONDAY, 21)
        world.pipeline().sync()
        world.clock.now = at(THURSDAY, 9)
        record_restore(world.archive, TUESDAY, world.clock())
    world.archive.following.follow(paused, FollowTarget(kind=FollowKind.ASKER, ref=ASKER.name or "", member_id=9001))
    world.source.publish(answered(1, TUESDAY))
    world.run()
    world.config = a_config()
    world.clock.now = at(THURSDAY + timedelta(days=1), 9)
    world.run()
    assert digests_since_monday(world) == digests


def test_nothing_is_noted_if_nothing_is_repeated(world: World) -> None:
    world.run()
    assert digests_since_monday(world) == [("empty", 0)]
    assert world.archive.runs.fact(TOLD_TO) == ""


def test_later_digests_have_other_ids_than_the_lost_ones(world: World) -> None:
    before = world.archive.runs.instance()
    record_restore(world.archive, WEDNESDAY, world.clock())
    assert world.archive.runs.instance() != before
