"""Digests for which something could not be read: supplements later that day, and how a run tries to avoid them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.collect.incomplete_days import KEPT, Outage, updated_outages
from monitor.config.settings import HttpSettings, ScheduleSettings
from monitor.model.collection import WindowCoverage, WindowState
from monitor.model.records import House
from monitor.model.sources import Window
from tests.builders import a_subscriber
from tests.e2e.desk import text_of
from tests.fakes import WATER, Clock, FakeSource, World, a_config, at, looking_back, new_archive
from tests.unit.test_compose_stage import DAY, MONDAY, TUESDAY, answered, kinds, mails, run_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SLOT = f"{TUESDAY}T07:30"
FRIDAY = MONDAY + 4 * DAY


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Make a world whose first run was on Monday at eight in the morning, with three answers of that day published."""
    clock = Clock(at(MONDAY, 8))
    archive = new_archive(tmp_path, clock)
    world = World(archive, clock)
    run_at(world, MONDAY, 8)
    world.source.publish(*(answered(number, answer=f"Bathing water {number} was tested.") for number in (1, 2, 3)))
    yield world
    archive.close()


def fail_at(world: World, day: date, hour: int = 9) -> None:
    world.clock.now = at(day, hour)
    assert world.run().failures


def slots(world: World, subscriber: str = "desk") -> list[tuple[str, str]]:
    return [(slot, kind) for slot, kind, _ in world.digests(subscriber)]


def mailed_answers(world: World) -> list[list[int]]:
    """Return the numbers of the answers in each mail."""
    texts = [text_of(mail) for mail in mails(world)]
    return [[number for number in range(1, 9) if re.search(rf"water\W+{number} was", text)] for text in texts]


def test_details_that_come_an_hour_late_are_mailed_that_morning(world: World) -> None:
    world.source.failing = {"140001", "140002", "140003"}
    fail_at(world, TUESDAY, 8)
    assert slots(world)[-1] == (SLOT, "empty")
    world.source.failing = set()
    run_at(world, TUESDAY, 9)
    assert slots(world)[-1] == (f"{SLOT} supplement", "mailed")
    assert mailed_answers(world) == [[1, 2, 3]]
    assert "Supplement" not in str(mails(world)[0]["Subject"])  # this is the first mail of the slot
    for hour in (10, 11):
        run_at(world, TUESDAY, hour)
    run_at(world, TUESDAY + DAY, 9)
    assert mailed_answers(world) == [[1, 2, 3]]


def test_missing_part_of_a_mailed_digest_comes_as_a_supplement(world: World) -> None:
    world.source.failing = {"140002", "140003"}
    fail_at(world, TUESDAY, 8)
    assert mailed_answers(world) == [[1]]
    assert "Still incomplete: " in " ".join(text_of(mails(world)[0]).split())
    world.source.failing = set()
    run_at(world, TUESDAY, 9)
    assert mailed_answers(world) == [[1], [2, 3]]
    mail = mails(world)[1]
    assert str(mail["Subject"]).startswith("Supplement: 2 answers")
    said = " ".join(text_of(mail).split())
    assert "Supplement to your digest of Tuesday 19 November 2024, 07:30: this could not be read then." in said
    assert "Read in full, 18 to 19 November 2024: Commons 3 of 3." in said
    assert "Supplement to your digest" in text_of(mail, "html")
    assert len({str(mail["Message-ID"]) for mail in mails(world)}) == 2


def test_news_after_the_outage_waits_for_the_next_digest(world: World) -> None:
    world.source.failing = {"140003"}
    fail_at(world, TUESDAY, 8)
    world.source.failing = set()
    world.source.publish(answered(4, answered_on=TUESDAY, answer="Bathing water 4 was tested."))
    run_at(world, TUESDAY, 9)
    world.source.publish(answered(5, answered_on=TUESDAY, answer="Bathing water 5 was tested."))
    run_at(world, TUESDAY, 10)
    assert mailed_answers(world) == [[1, 2], [3]]
    run_at(world, TUESDAY + DAY, 9)
    assert mailed_answers(world) == [[1, 2], [3], [4, 5]]


def test_unreadable_record_does_not_delay_the_others(world: World) -> None:
    world.source.failing = {"140001", "140002", "140003"}
    fail_at(world, TUESDAY, 8)
    world.source.failing = {"140003"}
    fail_at(world, TUESDAY, 9)
    fail_at(world, TUESDAY, 10)
    assert mailed_answers(world) == [[1, 2]]
    world.source.failing = set()
    run_at(world, TUESDAY, 11)
    assert mailed_answers(world) == [[1, 2], [3]]
    assert [slot for slot, _ in slots(world)][-2:] == [f"{SLOT} supplement", f"{SLOT} supplement 2"]


def test_unreliable_source_does_not_cause_many_mails(world: World) -> None:
    keys = [f"{140000 + number}" for number in range(1, 7)]
    world.source.publish(*(answered(number, answer=f"Bathing water {number} was tested.") for number in (4, 5, 6)))
    for hour in range(8, 14):
        world.source.failing = set(keys[hour - 7 :])
        world.clock.now = at(TUESDAY, hour)
        world.run()
    assert mailed_answers(world) == [[1], [2], [3], [4]]
    run_at(world, TUESDAY + DAY)
    assert mailed_answers(world)[4:] == [[5, 6]]


def test_next_digest_has_news_that_was_too_late_for_a_supplement(world: World) -> None:
    world.config = a_config(schedule=ScheduleSettings(supplement_for=timedelta(hours=2)))
    world.source.failing = {"140003"}
    fail_at(world, TUESDAY, 8)
    world.source.failing = set()
    run_at(world, TUESDAY, 11)
    assert mailed_answers(world) == [[1, 2]]
    run_at(world, TUESDAY + DAY, 9)
    assert mailed_answers(world) == [[1, 2], [3]]


def test_supplements_can_be_switched_off(world: World) -> None:
    world.config = a_config(schedule=ScheduleSettings(supplement_for=timedelta(0)))
    world.source.failing = {"140003"}
    fail_at(world, TUESDAY, 8)
    world.source.failing = set()
    run_at(world, TUESDAY, 9)
    assert mailed_answers(world) == [[1, 2]]


@pytest.mark.parametrize("hour", [8, 14])
def test_supplement_completes_a_failed_first_run(tmp_path: Path, hour: int) -> None:
    clock = Clock()
    archive = new_archive(tmp_path, clock)
    world = World(archive, clock)
    one = answered(1, answered_on=FRIDAY - DAY, tabled_on=MONDAY, answer="Bathing water 1 was tested.")
    world.source.publish(one)
    world.source.failing = {"140001"}
    fail_at(world, FRIDAY, hour)
    world.source.failing = set()
    run_at(world, FRIDAY, hour + 2)
    assert mailed_answers(world) == [[1]]
    run_at(world, FRIDAY + 3 * DAY)
    assert mailed_answers(world) == [[1]]
    archive.close()


def test_failure_of_one_house_does_not_affect_the_other(tmp_path: Path) -> None:
    clock = Clock()
    archive = new_archive(tmp_path, clock)
    source = FakeSource(houses=(House.COMMONS, House.LORDS))
    world = World(
        archive, clock, source=source, config=a_config(questions=replace(looking_back(3), houses=source.houses))
    )
    run_at(world, MONDAY, 8)
    source.publish(answered(1, answer="Bathing water 1 was tested."))
    source.publish(answered(2, house=House.LORDS, uin="HL2", answer="Bathing water 2 was tested."))
    source.failing = {"140002", "HL2"}
    lords = next(key for key, question in source.published.items() if question.house is House.LORDS)
    source.failing = {lords}
    fail_at(world, TUESDAY, 8)
    assert mailed_answers(world) == [[1]]
    source.failing = set()
    run_at(world, TUESDAY, 9)
    assert mailed_answers(world) == [[1], [2]]
    archive.close()


def test_lists_that_can_be_read_again_cause_a_supplement_as_details_do(world: World) -> None:
    world.source.down = {Window(source="questions", house=House.COMMONS, by="answered", day=MONDAY)}
    world.source.hidden = {"140001", "140002", "140003"}  # the first page is empty before the list breaks off
    fail_at(world, TUESDAY, 8)
    world.source.down, world.source.hidden = set(), set()
    run_at(world, TUESDAY, 9)
    assert mailed_answers(world) == [[1, 2, 3]]


def test_a_weekly_reader_and_one_after_each_run(world: World) -> None:
    weekly = a_subscriber(key="weekly", name="Weekly", cadence="weekly")
    now = a_subscriber(key="now", name="Now", cadence="instant")
    world.config = a_config(subscribers=(weekly, now), schedule=ScheduleSettings(weekly_on=1))
    world.source.hidden = {"140001", "140002", "140003"}
    run_at(world, MONDAY, 9)
    world.source.hidden = set()
    world.source.failing = {"140001", "140002", "140003"}
    fail_at(world, TUESDAY, 8)
    world.source.failing = set()
    run_at(world, TUESDAY, 9)
    assert [slot for slot, _ in slots(world, "weekly")][-2:] == [SLOT, f"{SLOT} supplement"]
    assert kinds(world, "now")[-1] == "mailed"
    assert mailed_answers(world)[-2:] == [[1, 2, 3], [1, 2, 3]]


def test_a_term_added_between_digest_and_supplement_finds_the_days_news_all_the_same(world: World) -> None:
    world.source.failing = {"140003"}
    fail_at(world, TUESDAY, 8)
    world.source.publish(
        answered(8, question="What was done.", answered_on=TUESDAY, answer="The weir water 8 was tested.")
    )
    fail_at(world, TUESDAY, 9)
    world.source.failing = set()
    world.config = a_config(topics=(replace(WATER, terms=(*WATER.terms, "weir")),))
    run_at(world, TUESDAY, 10)
    run_at(world, TUESDAY + DAY, 9)
    assert [3] in mailed_answers(world)
    assert 8 in mailed_answers(world)[-1]


def test_reader_added_after_the_outage_gets_no_supplement(world: World) -> None:
    world.source.failing = {"140003"}
    fail_at(world, TUESDAY, 8)
    world.source.failing = set()
    world.config = a_config(subscribers=(a_subscriber(), a_subscriber(key="new", name="New", email="new@example.org")))
    run_at(world, TUESDAY, 9)
    run_at(world, TUESDAY, 10)
    assert [slot for slot, _ in slots(world, "new")] == [SLOT]


# -- a run asks again before a digest ---------------------------------------------------------------------------------


def patient(world: World, minutes: int = 5) -> None:
    world.config = replace(world.config, http=HttpSettings(try_again_for=timedelta(minutes=minutes)))


def test_run_requests_missing_parts_again_before_its_digest(world: World) -> None:
    patient(world)
    world.source.failing = {"140002", "140003"}

    def heal() -> None:
        if len(world.slept) == 2:
            world.source.failing = set()

    world.ask_again = heal
    world.clock.now = at(TUESDAY, 7, 30)
    report = world.run()
    assert (report.failures, mailed_answers(world)) == ([], [[1, 2, 3]])
    assert world.slept == [15, 30]
    assert report.stages["collect"]["new"] == 3
    assert report.stages["collect"]["incomplete"] == 0


def test_digest_goes_without_missing_parts_which_follow_the_next_day(world: World) -> None:
    patient(world)
    world.source.failing = {"140002", "140003"}
    fail_at(world, TUESDAY, 8)
    assert world.slept == [15, 30, 60, 120]
    assert mailed_answers(world) == [[1]]
    world.source.failing = set()
    run_at(world, TUESDAY + DAY, 8)
    assert mailed_answers(world) == [[1], [2, 3]]


def test_run_does_not_wait_without_a_due_digest_or_for_an_old_failure(world: World) -> None:
    patient(world)
    run_at(world, TUESDAY, 8)
    world.source.publish(answered(4, answered_on=TUESDAY, answer="Bathing water 4 was tested."))
    world.source.failing = {"140004"}
    fail_at(world, TUESDAY, 12)
    assert world.slept == []
    fail_at(world, TUESDAY + DAY, 8)  # the source failed yesterday too, and may fail for days
    assert world.slept == []


def test_ctrl_c_during_the_wait_sends_what_was_read(world: World) -> None:
    patient(world)
    world.source.failing = {"140003"}

    def stop() -> None:
        raise KeyboardInterrupt

    world.ask_again = stop
    world.clock.now = at(TUESDAY, 8)
    assert world.run().interrupted
    assert mailed_answers(world) == [[1, 2]]


# -- outages as values ------------------------------------------------------------------------------------------------

WINDOW = Window(source="questions", house=House.COMMONS, by="answered", day=MONDAY)


def covered(state: str, hour: int, held: int = 0) -> WindowCoverage:
    return WindowCoverage(window=WINDOW, state=WindowState(state), read_at=at(TUESDAY, hour), total=3, held=held)


def outage(**facts: object) -> Outage:
    given: dict[str, object] = {"window": WINDOW, "since": at(TUESDAY, 8)}
    return Outage(**(given | facts))  # type: ignore[arg-type]


def test_an_outage_lasts_from_the_first_failure_to_the_first_success() -> None:
    began = updated_outages((), covered("failed", 8))
    assert began == (outage(),)
    assert updated_outages(began, covered("failed", 9)) == began
    more = updated_outages(began, covered("failed", 9, held=2))
    assert more == (outage(held=2, read_at=at(TUESDAY, 9)),)
    over = updated_outages(more, covered("open", 10, held=3))
    assert over == (outage(held=3, read_at=at(TUESDAY, 10), is_over=True),)
    assert updated_outages(over, covered("complete", 11, held=3)) == over
    again = updated_outages(over, covered("failed", 12, held=3))
    assert again == (*over, outage(since=at(TUESDAY, 12), held=3))
    later = replace(covered("open", 10), read_at=at(TUESDAY, 11) + KEPT)
    assert updated_outages(over, later) == ()
    assert updated_outages((), covered("open", 8)) == ()


def test_outages_of_a_source_that_stays_down_are_as_they_were() -> None:
    outages = tuple(outage(window=replace(WINDOW, day=MONDAY - day * DAY)) for day in range(3))
    assert updated_outages(outages, covered("failed", 9)) == outages
