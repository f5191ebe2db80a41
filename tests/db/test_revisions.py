"""What is kept of a question, and what happens to it: the rules in words, each a situation, on both databases."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from db.codec import facts_of, proceeding_of
from monitor.collect.revisions import store_readings
from monitor.model.records import Attachment, Event, Grouped, House, Kind, Link, Member, Proceeding, State
from monitor.model.sources import Payload, Reading, Window
from monitor.parliament.lifecycle import fingerprint
from tests.builders import a_question
from tests.fakes import LOOK_BACK, FakeMembers, FakeSource, World, a_config, at, looking_back

if TYPE_CHECKING:
    from db.archive import Archive
    from tests.fakes import Clock

MONDAY = date(2024, 11, 18)
DAY = timedelta(days=1)
KEY = "140001"


def asked(number: int = 1, **facts: object) -> Proceeding:
    given: dict[str, object] = {"uin": f"{140000 + number}", "answer": None, "tabled_on": MONDAY}
    return a_question(**(given | {"date_for_answer": MONDAY + 4 * DAY} | facts))


def answered(number: int = 1, **facts: object) -> Proceeding:
    return asked(number, **({"answer": "Steps are taken.", "answered_on": MONDAY} | facts))


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    clock.now = at(MONDAY, 20)
    return World(archive, clock, config=a_config(topics=()))


def collect(world: World, clock: Clock, day: date, hour: int = 20) -> None:
    clock.now = at(day, hour)
    assert world.collect().failures == []


def stories(world: World, clock: Clock, *steps: Proceeding) -> list[tuple[str, ...]]:
    """What happened when a question was seen so, one state a day."""
    for number, step in enumerate(steps):
        world.source.publish(step)
        collect(world, clock, MONDAY + number * DAY)
    return world.events(KEY)


def test_holding_answer_is_replaced(world: World, clock: Clock) -> None:
    held = answered(answer="An answer will follow.", is_holding=True, holding_on=MONDAY)
    proper = answered(answered_on=MONDAY + DAY, holding_on=MONDAY)
    assert stories(world, clock, asked(), held, proper) == [("tabled",), ("holding",), ("answered",)]
    revisions = world.archive.records.revisions(1)
    assert [revision.proceeding.state for revision in revisions] == [State.TABLED, State.HOLDING, State.ANSWERED]
    assert [revision.number for revision in revisions] == [1, 2, 3]
    assert revisions[1].proceeding.answer == "An answer will follow."
    assert [revision.is_news for revision in revisions] == [True, True, True]


def test_answer_is_corrected(world: World, clock: Clock) -> None:
    corrected = answered(
        answer="No steps are taken.",
        original_answer="Steps are taken.",
        is_correction=True,
        corrected_on=MONDAY + DAY,
        corrected_by=Member(member_id=9003, name="Cora Correcting"),
    )
    assert stories(world, clock, answered(), corrected) == [("answered",), ("corrected",)]
    assert world.archive.records.revisions(1)[-1].proceeding == corrected


def test_a_b_a_is_three_revisions(world: World, clock: Clock) -> None:
    first, second = asked(question="What he does."), asked(question="What he may do.")
    assert stories(world, clock, first, second, first) == [("tabled",), ("reworded",), ("reworded",)]
    prints = [fingerprint(revision.proceeding) for revision in world.archive.records.revisions(1)]
    assert prints[0] == prints[2] != prints[1]


def test_other_quotation_marks_are_no_change(world: World, clock: Clock) -> None:
    first = answered(answer='The "Sample Agency" is a body\u2014of sorts.')
    second = answered(answer="The \u201cSample Agency\u201d is a body\u2013of sorts.")
    assert stories(world, clock, first, second) == [("answered",)]


def test_name_resolved_later_is_no_change(world: World, clock: Clock) -> None:
    number = Member(member_id=9001)
    world.members.is_down = True
    world.source.publish(asked(asked_by=number))
    clock.now = at(MONDAY)
    assert world.collect().failures == ["members: the members can't be asked"]
    world.members = FakeMembers(Member(member_id=9001, name="Ada Example", party="Labour", constituency="Mid Sample"))
    world.source.change(KEY, heading="Water")
    collect(world, clock, MONDAY + DAY)
    assert world.events(KEY) == [("tabled",), ("titled",)]
    assert {
        revision.proceeding.asked_by.name
        for revision in world.archive.records.revisions(1)
        if revision.proceeding.asked_by
    } == {"Ada Example"}
    world.source.publish(asked(heading="Water", asked_by=Member(member_id=9001, name="Dame Ada Example")))
    collect(world, clock, MONDAY + 2 * DAY)
    assert world.events(KEY) == [("tabled",), ("titled",)]


def test_a_member_who_is_not_known_is_asked_for_again_after_a_month(world: World, clock: Clock) -> None:
    world.source.publish(asked(asked_by=Member(member_id=9001)))
    collect(world, clock, MONDAY)
    assert world.archive.members.unknown([9001, 9002], MONDAY + 29 * DAY) == [9002]
    assert world.archive.members.unknown([9001], MONDAY + 30 * DAY) == [9001]
    world.archive.members.remember({9001: Member(member_id=9001, name="Ada Example")}, MONDAY + 30 * DAY)
    assert world.archive.members.unknown([9001], MONDAY + 90 * DAY) == []
    with world.archive.engine.connect() as connection:
        assert connection.exec_driver_sql("select asker from proceeding").scalar() == "Ada Example"


def test_question_is_withdrawn(world: World, clock: Clock) -> None:
    assert stories(world, clock, asked(), asked(is_withdrawn=True)) == [("tabled",), ("withdrawn",)]
    collect(world, clock, MONDAY + 2 * DAY)
    assert world.events(KEY) == [("tabled",), ("withdrawn",)]


def test_vanished_in_two_runs_is_withdrawn(world: World, clock: Clock) -> None:
    """It is missing from two windows in each run, which counts once."""
    world.source.publish(answered())
    collect(world, clock, MONDAY)
    world.source.gone.add(KEY)
    collect(world, clock, MONDAY, 21)
    assert world.events(KEY) == [("answered",)]
    assert world.source.details.count(KEY) == 2
    collect(world, clock, MONDAY, 22)
    assert world.events(KEY) == [("answered",), ("withdrawn",)]
    [before, after] = world.archive.records.revisions(1)
    assert after.proceeding == replace(before.proceeding, is_gone=True)
    assert after.is_news
    collect(world, clock, MONDAY, 23)
    assert world.source.details.count(KEY) == 3


@pytest.mark.parametrize(
    ("dialect", "days"), [("sqlite", 0), ("sqlite", LOOK_BACK + 1), ("sqlite", 60), ("postgresql", 60)]
)
def test_what_was_gone_once_is_looked_up_in_the_next_run_wherever_its_window_is(
    world: World, clock: Clock, days: int
) -> None:
    world.source.publish(answered())
    collect(world, clock, MONDAY)
    world.source.gone.add(KEY)
    collect(world, clock, MONDAY, 21)
    assert world.events(KEY) == [("answered",)]
    collect(world, clock, MONDAY + days * DAY, 22)
    assert world.events(KEY) == [("answered",), ("withdrawn",)]
    asked = world.source.details.count(KEY)
    collect(world, clock, MONDAY + (days + 1) * DAY)
    assert world.source.details.count(KEY) == asked


def test_vanished_once_and_back_has_no_story(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    collect(world, clock, MONDAY)
    for hour in (21, 22, 23):
        world.source.gone.symmetric_difference_update({KEY})
        collect(world, clock, MONDAY, hour)
    assert world.events(KEY) == [("tabled",)]


def test_what_was_gone_and_is_back_reappears(world: World, clock: Clock) -> None:
    """In a list it looks as before it went; a list that does not change is else not read again."""
    world.source.publish(answered())
    collect(world, clock, MONDAY)
    world.source.gone.add(KEY)
    collect(world, clock, MONDAY, 21)
    collect(world, clock, MONDAY, 22)
    world.source.gone.clear()
    collect(world, clock, MONDAY, 23)
    assert world.events(KEY) == [("answered",), ("withdrawn",), ("reappeared",)]


def test_missing_from_a_window_but_still_there_is_no_change(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    collect(world, clock, MONDAY)
    world.source.hidden.add(KEY)
    for hour in (21, 22, 23):
        collect(world, clock, MONDAY, hour)
    assert world.events(KEY) == [("tabled",)]


def test_suspect_window_marks_nothing(world: World, clock: Clock) -> None:
    world.source.publish(*[asked(number) for number in range(1, 8)])
    collect(world, clock, MONDAY)
    world.source.gone.update(f"{140000 + number}" for number in range(1, 7))
    for hour in (21, 22):
        clock.now = at(MONDAY, hour)
        assert world.collect().failures == ["commons tabled 2024-11-18: more is missing from it than is believable"]
    assert world.source.details == []
    [suspect] = [window for window in world.archive.coverage.windows() if window.state == "suspect"]
    assert (suspect.window.by, suspect.total, suspect.held) == ("tabled", 1, 1)
    world.source.gone.remove("140006")  # five of them: that many may go
    collect(world, clock, MONDAY, 23)
    assert world.source.details == [f"{140000 + number}" for number in range(1, 6)]


def test_failed_detail_keeps_window_incomplete_and_heals(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2))
    world.source.failing.add(KEY)
    clock.now = at(MONDAY)
    report = world.collect()
    assert report.failures[0] == "commons answered 2024-11-18 and 1 more window: record 140001: 500"
    assert (report.stages["collect"]["incomplete"], report.stages["collect"]["new"]) == (2, 1)
    covered = {window.window.by: window for window in world.archive.coverage.windows() if window.window.day == MONDAY}
    assert [(covered[by].state, covered[by].held) for by in ("answered", "tabled")] == [("failed", 1), ("failed", 1)]
    assert covered["answered"].total == 2
    world.source.failing.clear()
    collect(world, clock, MONDAY + 3 * DAY)
    covered = {window.window.by: window for window in world.archive.coverage.windows() if window.window.day == MONDAY}
    assert [(covered[by].state, covered[by].held) for by in ("answered", "tabled")] == [
        ("complete", 2),
        ("complete", 2),
    ]
    assert world.events(KEY) == [("answered",)]


def test_what_failed_by_bad_luck_is_asked_for_once_more_in_the_same_run(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2))
    world.source.failing.add(KEY)

    def heal(window: Window, _number: int) -> None:
        if window.day < MONDAY:  # read after Monday
            world.source.failing.clear()

    world.source.before_page = heal
    clock.now = at(MONDAY)
    report = world.collect()
    assert report.failures == []
    assert (report.stages["collect"]["incomplete"], report.stages["collect"]["new"]) == (0, 2)
    covered = {one.window.by: one for one in world.archive.coverage.windows() if one.window.day == MONDAY}
    assert [(covered[by].state, covered[by].held) for by in ("answered", "tabled")] == [("open", 2), ("open", 2)]


def test_what_makes_no_sense_is_kept_apart_until_it_does(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2), answered(3))
    world.source.broken.update(("140001", "140002"))
    for hour in (20, 21):
        clock.now = at(MONDAY, hour)
        failures = world.collect().failures
        assert failures == [
            "2 records could not be read, the first of them 140001: can't be understood: question 140001 makes no sense"
        ]
        covered = {
            window.window.by: window for window in world.archive.coverage.windows() if window.window.day == MONDAY
        }
        assert [(covered[by].state, covered[by].held) for by in ("answered", "tabled")] == [("open", 1), ("open", 1)]
        kept = world.archive.payloads.quarantined()
        assert [(one.source, one.key, one.reason) for one in kept] == [
            ("questions", key, f"question {key} makes no sense") for key in ("140001", "140002")
        ]
    world.source.broken.clear()
    collect(world, clock, MONDAY, 22)
    assert world.archive.payloads.quarantined() == []
    assert world.events(KEY) == [("answered",)]


def test_an_entry_that_makes_no_sense_is_read_by_its_key(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    world.source.garbled.add(KEY)
    collect(world, clock, MONDAY)
    assert world.source.details == [KEY]
    assert world.events(KEY) == [("tabled",)]


def test_bytes_that_make_sense_to_a_later_parser_leave_quarantine(world: World) -> None:
    payload = Payload(
        source="questions", key=KEY, url="http://source.example/1", fetched_at=at(MONDAY), body=b"the same bytes"
    )
    payloads = world.archive.payloads
    payloads.quarantine(payload, "odd")
    payloads.quarantine(payload, "still odd")
    assert [one.reason for one in world.archive.payloads.quarantined()] == ["still odd"]
    reading = Reading(payload=payload, proceeding=asked())
    store_readings(world.archive, [reading], today=MONDAY, is_news=lambda *_: False)
    assert world.archive.payloads.quarantined() == []


def test_first_run_makes_news_of_last_day_only(world: World, clock: Clock) -> None:
    """On a Monday morning: Friday's answers and what came since."""
    world.config = a_config(topics=(), questions=looking_back(5))
    friday = MONDAY - 3 * DAY
    world.source.publish(
        answered(1, answered_on=friday - DAY, tabled_on=friday - 9 * DAY),
        answered(2, answered_on=friday, tabled_on=friday - 9 * DAY),
        asked(3, tabled_on=friday - DAY),
        asked(4, tabled_on=friday),
        asked(5),
        answered(6),
    )
    collect(world, clock, MONDAY, 8)
    news = {
        revision.proceeding.uin: revision.is_news
        for number in range(1, 7)
        for revision in world.archive.records.revisions(number)
    }
    assert news == {
        "140001": False,
        "140002": True,
        "140003": False,
        "140004": True,
        "140005": True,
        "140006": True,
    }
    assert world.archive.runs.fact("news_floor") == "2024-11-15"


def test_after_a_first_run_that_found_no_answers_all_is_news(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY, 8)
    world.source.publish(asked())
    collect(world, clock, MONDAY + DAY)
    assert [revision.is_news for revision in world.archive.records.revisions(1)] == [True]


def test_days_asked_for_before_the_first_run_decide_nothing(world: World, clock: Clock) -> None:
    world.source.publish(answered(1, answered_on=MONDAY - 4 * DAY, tabled_on=MONDAY - 9 * DAY))
    clock.now = at(MONDAY)
    world.pipeline().collect(first=MONDAY - 4 * DAY, last=MONDAY - 4 * DAY)
    assert [window.day for window in world.source.windows] == [MONDAY - 4 * DAY] * 3
    assert world.archive.runs.fact("news_floor") is None
    assert world.archive.runs.fact("full_read_on") is None
    assert [revision.is_news for revision in world.archive.records.revisions(1)] == [False]


def test_what_is_older_than_the_look_back_is_history(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY)
    old = MONDAY - 6 * DAY
    world.source.publish(asked(1, tabled_on=old), asked(2, tabled_on=old + DAY))
    clock.now = at(MONDAY, 21)
    world.pipeline().collect(first=old, last=old + DAY)
    news = [revision.is_news for number in (1, 2) for revision in world.archive.records.revisions(number)]
    assert sorted(news) == [False, False]  # before the first run


def test_after_days_without_a_run_the_look_back_is_longer_by_them(world: World, clock: Clock) -> None:
    """What appeared late just after the last run is found and told, however long the machine slept after that."""
    collect(world, clock, MONDAY - 4 * DAY)
    collect(world, clock, MONDAY)
    world.source.publish(answered(1, answered_on=MONDAY - 2 * DAY, tabled_on=MONDAY - 9 * DAY))
    collect(world, clock, MONDAY + 8 * DAY)
    assert [revision.is_news for revision in world.archive.records.revisions(1)] == [True]
    world.source.windows.clear()
    collect(world, clock, MONDAY + 9 * DAY)
    assert len(world.source.windows) == 3 * (LOOK_BACK + 2)


@pytest.mark.parametrize(("hours_late", "is_news"), [(-2, True), (2, False)], ids=["before the run", "after it"])
def test_an_answer_that_appears_on_the_last_day_of_the_look_back_arrives(
    world: World, clock: Clock, hours_late: int, is_news: bool
) -> None:
    last = MONDAY + LOOK_BACK * DAY
    for days in range(LOOK_BACK + 2):
        day = MONDAY + days * DAY
        if day == last and hours_late < 0:
            world.source.publish(answered(answered_on=MONDAY, tabled_on=MONDAY - 20 * DAY))
        collect(world, clock, day)
        if day == last and hours_late > 0:
            world.source.publish(answered(answered_on=MONDAY, tabled_on=MONDAY - 20 * DAY))
    assert [revision.is_news for revision in world.archive.records.revisions(1)] == [is_news]


def test_after_days_in_which_the_source_was_down_what_is_found_is_news(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY)
    world.source.publish(answered(answered_on=MONDAY + DAY))
    world.source.is_down = True
    for days in range(1, 9):
        clock.now = at(MONDAY + days * DAY)
        world.collect()
    world.source.is_down = False
    collect(world, clock, MONDAY + 9 * DAY)
    assert [revision.is_news for revision in world.archive.records.revisions(1)] == [True]


def test_a_correction_without_a_date_counts_on_the_day_on_which_it_was_found(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY - 4 * DAY)
    world.source.publish(answered())
    for days in range(7):
        collect(world, clock, MONDAY + days * DAY)
    world.source.change(KEY, answer="Other steps are taken.", is_correction=True)
    collect(world, clock, MONDAY + 7 * DAY)
    found = world.archive.records.revisions(1)[-1]
    assert (found.events, found.is_news) == ((Event.CORRECTED,), True)


def test_no_more_than_thirty_days_without_a_run_are_made_up_for(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY)
    world.source.windows.clear()
    collect(world, clock, MONDAY + 100 * DAY)
    days = {window.day for window in world.source.windows} - {MONDAY}  # it had not ended when it was read
    assert min(days) == MONDAY + (100 - 31 - LOOK_BACK) * DAY


REREAD = [(1, True), (2, False), (3, True), (7, True), (14, True), (30, False)]
"""Days after an answer, and whether what was changed by then is found."""


@pytest.mark.parametrize(
    ("dialect", "after", "found"),
    [*(("sqlite", *one) for one in REREAD), ("postgresql", 7, True), ("postgresql", 30, False)],
)
def test_silent_edit_is_found_when_the_answer_is_read_again(
    world: World, clock: Clock, after: int, found: bool
) -> None:
    long = "The answer is long. " * 20
    world.source.publish(answered(answer=long + "It ends so."))
    collect(world, clock, MONDAY)
    for day in sorted({1, 3, 7, 14, after - 1}):
        if 0 < day < after:
            collect(world, clock, MONDAY + day * DAY)
    world.source.change(KEY, answer=long + "It ends otherwise.")
    collect(world, clock, MONDAY + after * DAY)
    assert world.events(KEY) == [("answered",), ("edited",)][: 1 + found]
    if found:
        assert world.archive.records.revisions(1)[-1].is_news


@pytest.mark.parametrize(("dialect", "after"), [("sqlite", 30), ("sqlite", 90), ("postgresql", 90)])
def test_silent_edit_of_what_matched_is_found_after(world: World, clock: Clock, after: int) -> None:
    world.config = a_config()
    long = "The answer about bathing water is long. " * 20
    world.source.publish(answered(answer=long))
    clock.now = at(MONDAY)
    world.run()
    collect(world, clock, MONDAY + (after - 1) * DAY)
    world.source.change(KEY, answer=long + "And it goes on.")
    collect(world, clock, MONDAY + (after - 1) * DAY, 21)
    assert world.events(KEY) == [("answered",)]
    collect(world, clock, MONDAY + after * DAY)
    assert world.events(KEY) == [("answered",), ("edited",)]


def test_a_detail_is_not_read_again_while_its_list_view_stays(world: World, clock: Clock) -> None:
    world.source.publish(answered(), asked(2))
    for hour in (20, 21, 22):
        collect(world, clock, MONDAY, hour)
    assert world.source.details == [KEY]
    collect(world, clock, MONDAY + DAY)
    collect(world, clock, MONDAY + 2 * DAY)
    assert world.source.details == [KEY, KEY]


def test_open_questions_outside_the_look_back_are_looked_up_weekly(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    collect(world, clock, MONDAY)
    days: list[int] = []
    for day in range(1, LOOK_BACK + 10):
        collect(world, clock, MONDAY + day * DAY)
        days += [day] * (len(world.source.details) - len(days))
    assert days == [LOOK_BACK, LOOK_BACK + 7]
    assert world.archive.source_records.open_before("questions", MONDAY) == []
    assert world.archive.source_records.open_before("questions", MONDAY + DAY) == [KEY]


def test_an_open_question_that_is_gone_is_withdrawn_when_looked_up_twice(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    collect(world, clock, MONDAY)
    collect(world, clock, MONDAY + 20 * DAY)  # from now on no window shows it
    world.source.hidden.add(KEY)
    world.source.failing.add(KEY)
    clock.now = at(MONDAY + 21 * DAY)
    assert world.collect().failures == ["record 140001: 500"]
    world.source.broken.add(KEY)
    world.source.failing.clear()
    assert world.collect().failures == ["record 140001: can't be understood: question 140001 makes no sense"]
    world.source.gone.add(KEY)
    collect(world, clock, MONDAY + 21 * DAY, 21)
    assert world.events(KEY) == [("tabled",)]
    collect(world, clock, MONDAY + 22 * DAY)
    assert world.events(KEY) == [("tabled",), ("withdrawn",)]


END = date(2024, 5, 24)
"""A session ended on this day."""


def test_lapsed_at_prorogation(world: World, clock: Clock) -> None:
    held = {"answer": "It will follow.", "is_holding": True, "holding_on": END - DAY, "answered_on": END - DAY}
    world.source.publish(
        asked(1, tabled_on=END - 2 * DAY), answered(2, tabled_on=END - 3 * DAY, **held), asked(3, tabled_on=END)
    )
    collect(world, clock, END)
    assert world.events(KEY) == [("tabled",)]
    collect(world, clock, END + DAY)
    assert [world.events(f"14000{number}") for number in (1, 2, 3)] == [
        [("tabled",), ("lapsed",)],
        [("holding",), ("lapsed",)],
        [("tabled",), ("lapsed",)],
    ]
    assert world.archive.records.revisions(1)[-1].is_news
    world.source.change(KEY, heading="Water")  # the source still calls it open
    collect(world, clock, END + 2 * DAY)
    assert world.events(KEY)[-1] == ("titled",)
    assert world.archive.records.revisions(1)[-1].proceeding.state is State.LAPSED
    world.source.publish(answered(heading="Water", tabled_on=END - 2 * DAY, answered_on=END + 3 * DAY))
    collect(world, clock, END + 3 * DAY)
    assert world.events(KEY)[-1] == ("answered",)


def test_a_session_that_ended_long_ago_is_no_news(world: World, clock: Clock) -> None:
    collect(world, clock, END)
    world.source.publish(asked(1, tabled_on=END))
    clock.now = at(END + 60 * DAY)
    world.pipeline().collect(first=END, last=END)
    collect(world, clock, END + 60 * DAY, 21)
    assert world.events(KEY) == [("tabled",), ("lapsed",)]
    assert not world.archive.records.revisions(1)[-1].is_news


def test_transfer_keeps_the_later_due_date(world: World, clock: Clock) -> None:
    later, sooner = asked(date_for_answer=MONDAY + 8 * DAY), asked(date_for_answer=MONDAY + 2 * DAY, body_id=7)
    assert stories(world, clock, asked(), later, sooner)[-1] == ("transferred", "rescheduled")
    with world.archive.engine.connect() as connection:
        floor = connection.exec_driver_sql("select due_floor_on from proceeding").scalar()
    assert str(floor) == "2024-11-26"


def test_reparse_makes_history_only(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2))
    collect(world, clock, MONDAY)
    world.source.gone.add("140002")
    collect(world, clock, MONDAY, 21)
    collect(world, clock, MONDAY, 22)
    parse = world.source.parse
    world.source.parse = lambda payload: replace(parse(payload), heading="Water: read anew")  # type: ignore[method-assign]  # of this one alone
    pipeline = world.pipeline()
    pipeline.reparse()
    assert pipeline.report.stages["reparse"] == {"payloads": 2, "new": 0, "changed": 2, "quarantined": 0}
    assert world.events(KEY) == [("answered",), ("titled",)]
    assert not world.archive.records.revisions(1)[-1].is_news
    # It did not come back: old bytes say nothing of what is published now.
    assert world.events("140002") == [("answered",), ("withdrawn",), ()]
    assert world.archive.records.revisions(2)[-1].proceeding.state is State.WITHDRAWN


def test_reparse_keeps_apart_what_it_does_not_understand(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2, answered_on=MONDAY - 2 * DAY, tabled_on=MONDAY - 3 * DAY))
    collect(world, clock, MONDAY)
    world.archive.payloads.quarantine(
        Payload(source="retired", key="1", url="x", fetched_at=at(MONDAY), body=b"{}"), "an old source"
    )
    world.archive.payloads.quarantine(
        Payload(source="questions", key=KEY, url="x", fetched_at=at(MONDAY), body=b"not json"), "broken"
    )
    pipeline = world.pipeline()
    pipeline.reparse()
    assert pipeline.report.stages["reparse"] == {"payloads": 2, "new": 0, "changed": 0, "quarantined": 1}
    assert pipeline.report.failures == ["1 payloads can't be understood: see pqwatch status"]
    pipeline = world.pipeline()
    pipeline.reparse(source="questions", first=MONDAY - 2 * DAY, last=MONDAY - DAY)
    assert pipeline.report.stages["reparse"]["payloads"] == 1
    pipeline.reparse(first=MONDAY + DAY)
    assert pipeline.report.stages["reparse"]["payloads"] == 0


def test_many_payloads_are_read_a_batch_at_a_time(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collect.history.PAYLOADS_AT_ONCE", 2)
    monkeypatch.setattr("db.payloads._PAYLOADS", 3)
    world.source.publish(*[answered(number) for number in range(1, 8)])
    collect(world, clock, MONDAY)
    pipeline = world.pipeline()
    pipeline.reparse()
    assert pipeline.report.stages["reparse"] == {"payloads": 7, "new": 0, "changed": 0, "quarantined": 0}


def test_payloads_are_let_go_but_not_those_in_quarantine(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2))
    world.source.broken.add("140002")
    clock.now = at(MONDAY)
    world.collect()
    assert world.archive.payloads.drop(datetime(2026, 11, 24, 10, tzinfo=clock.now.tzinfo)) == 1
    assert [one.key for one in world.archive.payloads.newest()] == ["140002"]
    assert world.archive.records.revisions(1)[-1].proceeding == answered(1)


def test_a_page_that_is_stored_survives_what_ends_the_run(world: World, clock: Clock) -> None:
    world.source.page_size = 2
    world.source.publish(*[asked(number) for number in range(1, 6)])

    def interrupt(window: Window, number: int) -> None:
        if window.by == "tabled" and number == 1:
            raise KeyboardInterrupt

    world.source.before_page = interrupt
    with pytest.raises(KeyboardInterrupt):
        world.collect()
    assert sorted(world.archive.source_records.known("questions", [f"14000{n}" for n in range(1, 6)])) == [
        "140001",
        "140002",
    ]
    assert "tabled" not in {one.window.by for one in world.archive.coverage.windows()}
    assert world.archive.runs.last()[0].outcome == "interrupted"
    world.source.before_page = lambda _window, _number: None
    collect(world, clock, MONDAY, 21)
    assert len(world.archive.source_records.known("questions", [f"14000{n}" for n in range(1, 6)])) == 5


def test_a_source_that_breaks_off_fails_its_window_only(world: World, clock: Clock) -> None:
    world.source.page_size = 2
    world.source.publish(*[asked(number) for number in range(1, 4)], answered(4))
    window = Window(source="questions", house=House.COMMONS, by="tabled", day=MONDAY)
    world.source.down.add(window)
    clock.now = at(MONDAY)
    assert world.collect().failures == ["commons tabled 2024-11-18: the source broke off"]
    [covered] = [one for one in world.archive.coverage.windows("questions", since=MONDAY) if one.window == window]
    assert (covered.state, covered.total, covered.held) == ("failed", 4, 2)


def test_a_source_that_is_down_fails_its_windows_not_the_run(world: World, clock: Clock) -> None:
    world.source.is_down = True
    clock.now = at(MONDAY)
    report = world.collect()
    assert report.stages["collect"]["incomplete"] == report.stages["collect"]["windows"] == 3 * LOOK_BACK
    assert world.archive.runs.last()[0].outcome == "failed"
    assert world.archive.runs.fact("news_floor") is None


def test_the_same_day_read_twice_is_stored_once(world: World, clock: Clock) -> None:
    world.source.publish(answered())
    for hour in (20, 21):
        collect(world, clock, MONDAY, hour)
    assert len(list(world.archive.payloads.newest())) == 1
    assert len(world.archive.records.revisions(1)) == 1


def test_what_another_source_tells_of_the_same_question_is_a_second_witness(world: World) -> None:
    """Known by its id; the texts of both stay, each with numbers of its own."""
    for source in ("questions", "mirror"):
        payload = Payload(source=source, key=KEY, url="x", fetched_at=at(MONDAY), body=b"{}")
        readings = [Reading(payload=payload, proceeding=replace(answered(), source=source))]
        store_readings(world.archive, readings, today=MONDAY, is_news=lambda *_: True)
    assert [(revision.proceeding.source, revision.number) for revision in world.archive.records.revisions(1)] == [
        ("questions", 1),
        ("mirror", 1),
    ]


def test_a_record_twice_among_readings_is_one(world: World) -> None:
    payload = Payload(source="questions", key=KEY, url="x", fetched_at=at(MONDAY), body=b"{}")
    readings = [
        Reading(payload=replace(payload, body=body), proceeding=proceeding)
        for body, proceeding in ((b"1", asked()), (b"2", answered()), (b"2", answered()))
    ]
    added = store_readings(world.archive, readings, today=MONDAY, is_news=lambda *_: True)
    assert [(one.number, one.events) for one in added] == [(1, (Event.TABLED,)), (2, (Event.ANSWERED,))]
    assert len(list(world.archive.payloads.newest())) == 1
    assert store_readings(world.archive, [], today=MONDAY, is_news=lambda *_: True) == []


def test_two_questions_of_one_uin_and_day_are_two(world: World, clock: Clock) -> None:
    world.source.publish(asked(1, id="q-1"), asked(1, id="q-2", uin="140001"))
    collect(world, clock, MONDAY)
    assert world.archive.cross_references.find("140001") == [2, 1]
    assert world.archive.cross_references.find("2024-11-18/140001") == [2, 1]
    assert world.archive.cross_references.find("q-2") == [2]
    assert world.archive.cross_references.find("18/11/140001") == []


FULL = Proceeding(
    id="q-7",
    source="questions",
    kind=Kind.QUESTION,
    house=House.LORDS,
    url="https://example.org/7",
    uin="HL7",
    heading="Water",
    question="What?",
    answer="That.\n\nAnd\tthis \U0001f4a7.",
    text="All of it.",
    made_on=date(2024, 10, 30),
    series="written_answers",
    column="5WA",
    column_to="6WA",
    volume=840,
    session="2024-26",
    gid="uk.org.example/wrans/2024-11-14a.5WA.1",
    refers=("ref:lords:2024-10-01:written_answers:5WA",),
    body_id=13,
    body="Department for Water",
    tabled_on=date(2024, 11, 1),
    date_for_answer=date(2024, 11, 15),
    named_day=False,
    holding_on=date(2024, 11, 10),
    answered_on=date(2024, 11, 14),
    corrected_on=date(2024, 11, 16),
    is_holding=False,
    is_correction=True,
    is_withdrawn=True,
    has_interest=True,
    asked_by=Member(member_id=1, person_id=2, name="A", party="B", constituency="C", printed="Mr A", office="O"),
    answered_by=Member(name="D"),
    corrected_by=Member(),
    made_by=Member(party="E"),
    grouped_with=(Grouped(uin="HL8", tabled_on=date(2024, 11, 2)), Grouped(uin="HL9")),
    attachments=(Attachment(title="a", file_type="pdf", size_bytes=0, url="u"), Attachment(title="b")),
    links=(Link(text="here", href="https://example.org"),),
    original_answer="This.",
    is_gone=True,
    is_lapsed=True,
    text_rules=3,
)


def test_every_field_is_kept() -> None:
    defaults = {field.name: field.default for field in fields(Proceeding)}
    assert [name for name, default in defaults.items() if getattr(FULL, name) == default] == ["keys"]
    kept = proceeding_of(facts_of(FULL), FULL.parts())
    assert (kept, kept.text_rules) == (FULL, 3)


@pytest.mark.parametrize("name", ["named_day", "is_holding", "is_correction"])
@pytest.mark.parametrize("value", [True, False, None])
def test_no_and_not_known_are_two_answers(name: str, value: bool | None) -> None:
    one = replace(asked(), **{name: value})  # type: ignore[arg-type]  # these take it
    assert proceeding_of(facts_of(one), one.parts()) == one


def test_an_archive_without_records_is_empty(world: World, clock: Clock) -> None:
    assert world.archive.records.is_empty()
    world.source.publish(asked())
    collect(world, clock, MONDAY)
    assert not world.archive.records.is_empty()
    unknown = Window(source="questions", house=House.COMMONS, by="corrected", day=MONDAY)
    assert world.archive.source_records.keys_in_window(unknown) == []
    assert FakeSource().published == {}


def test_what_has_no_number_is_known_by_its_id_alone(world: World) -> None:
    payload = Payload(source="feed", key="n-1", url="x", fetched_at=at(MONDAY), body=b"{}")
    notice = Proceeding(id="n-1", source="feed", kind=Kind.NOTICE, house=House.COMMONS, text="A notice.")
    readings = [Reading(payload=payload, proceeding=notice)]
    store_readings(world.archive, readings, today=MONDAY, is_news=lambda *_: True)
    assert world.archive.cross_references.find("n-1") == [1]
    assert world.archive.records.revisions(1)[0].proceeding == notice


def test_payloads_of_the_days_up_to_one(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2, answered_on=MONDAY - DAY))
    collect(world, clock, MONDAY)
    assert [one.key for one in world.archive.payloads.newest(last=MONDAY - DAY)] == ["140002"]
    assert [one.key for one in world.archive.payloads.newest(first=MONDAY)] == ["140001"]
