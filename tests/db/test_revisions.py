"""Revisions and events of a question, each rule tried in a situation, on both databases."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from db.rows import facts_of, proceeding_of
from monitor.collect.revisions import store_readings
from monitor.model.records import Attachment, Event, Grouped, House, Kind, Link, Member, Occasion, Proceeding, State
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


def events_after(world: World, clock: Clock, *steps: Proceeding) -> list[tuple[str, ...]]:
    """Publish and collect one state of the question a day. Return its events."""
    for number, step in enumerate(steps):
        world.source.publish(step)
        collect(world, clock, MONDAY + number * DAY)
    return world.events(KEY)


def test_holding_answer_is_replaced(world: World, clock: Clock) -> None:
    held = answered(answer="An answer will follow.", is_holding=True, holding_on=MONDAY)
    proper = answered(answered_on=MONDAY + DAY, holding_on=MONDAY)
    assert events_after(world, clock, asked(), held, proper) == [("tabled",), ("holding",), ("answered",)]
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
    assert events_after(world, clock, answered(), corrected) == [("answered",), ("corrected",)]
    assert world.archive.records.revisions(1)[-1].proceeding == corrected


def test_a_text_that_changes_and_changes_back_has_three_revisions(world: World, clock: Clock) -> None:
    first, second = asked(question="What he does."), asked(question="What he may do.")
    assert events_after(world, clock, first, second, first) == [("tabled",), ("reworded",), ("reworded",)]
    prints = [fingerprint(revision.proceeding) for revision in world.archive.records.revisions(1)]
    assert prints[0] == prints[2] != prints[1]


def test_other_quotation_marks_are_no_change(world: World, clock: Clock) -> None:
    first = answered(answer='The "Sample Agency" is a body\u2014of sorts.')
    second = answered(answer="The \u201cSample Agency\u201d is a body\u2013of sorts.")
    assert events_after(world, clock, first, second) == [("answered",)]


def test_a_name_resolved_later_is_no_change(world: World, clock: Clock) -> None:
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


def test_a_member_who_changed_party_is_looked_up_again_for_a_new_question(world: World, clock: Clock) -> None:
    labour = Member(member_id=9001, name="Ada Example", party="Labour", constituency="Mid Sample")
    world.members = FakeMembers(labour)
    world.source.publish(asked(asked_by=Member(member_id=9001)))
    collect(world, clock, MONDAY)
    later = MONDAY + 30 * DAY
    for found in (replace(labour, party="Independent"), None):  # then the service does not know the number any more
        world.members = FakeMembers(*filter(None, [found]))
        uin = "1" if found else "2"
        world.source.publish(asked(uin=uin, id=f"q-90{uin}", tabled_on=later, asked_by=Member(member_id=9001)))
        collect(world, clock, later)
        later += 30 * DAY
    rows = "select asker, asker_party from proceeding order by id"
    with world.archive.engine.connect() as connection:
        assert [tuple(row) for row in connection.exec_driver_sql(rows)] == [
            ("Ada Example", "Labour"),
            ("Ada Example", "Independent"),
            ("Ada Example", "Independent"),
        ]
    shown = [world.archive.records.revisions(record)[-1].proceeding.asked_by for record in (1, 2, 3)]
    assert [member.party for member in shown if member] == ["Labour", "Independent", "Independent"]


def test_an_unknown_member_is_looked_up_again_after_a_month(world: World, clock: Clock) -> None:
    world.source.publish(asked(asked_by=Member(member_id=9001)))
    collect(world, clock, MONDAY)
    assert world.archive.members.unknown([9001, 9002], MONDAY + 29 * DAY) == [9002]
    assert world.archive.members.unknown([9001], MONDAY + 30 * DAY) == [9001]
    world.archive.members.remember({9001: Member(member_id=9001, name="Ada Example")}, MONDAY + 30 * DAY)
    assert world.archive.members.unknown([9001], MONDAY + 59 * DAY) == []
    with world.archive.engine.connect() as connection:
        assert connection.exec_driver_sql("select asker from proceeding").scalar() == "Ada Example"


def test_question_is_withdrawn(world: World, clock: Clock) -> None:
    assert events_after(world, clock, asked(), asked(is_withdrawn=True)) == [("tabled",), ("withdrawn",)]
    collect(world, clock, MONDAY + 2 * DAY)
    assert world.events(KEY) == [("tabled",), ("withdrawn",)]


def test_a_question_missing_in_two_runs_is_withdrawn(world: World, clock: Clock) -> None:
    """In each run it is missing from two windows, which counts once."""
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
def test_a_question_that_was_missing_once_is_looked_up_in_the_next_run(world: World, clock: Clock, days: int) -> None:
    world.source.publish(answered())
    collect(world, clock, MONDAY)
    world.source.gone.add(KEY)
    collect(world, clock, MONDAY, 21)
    assert world.events(KEY) == [("answered",)]
    collect(world, clock, MONDAY + days * DAY, 22)
    assert world.events(KEY) == [("answered",), ("withdrawn",)]
    looked_up = world.source.details.count(KEY)
    collect(world, clock, MONDAY + (days + 1) * DAY)
    assert world.source.details.count(KEY) == looked_up


def test_a_question_missing_only_once_has_no_event(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    collect(world, clock, MONDAY)
    for hour in (21, 22, 23):
        world.source.gone.symmetric_difference_update({KEY})
        collect(world, clock, MONDAY, hour)
    assert world.events(KEY) == [("tabled",)]


def test_a_withdrawn_question_that_comes_back_reappears(world: World, clock: Clock) -> None:
    """The list entry is the same as before, and unchanged entries are usually not read again."""
    world.source.publish(answered())
    collect(world, clock, MONDAY)
    world.source.gone.add(KEY)
    collect(world, clock, MONDAY, 21)
    collect(world, clock, MONDAY, 22)
    world.source.gone.clear()
    collect(world, clock, MONDAY, 23)
    assert world.events(KEY) == [("answered",), ("withdrawn",), ("reappeared",)]


def test_a_question_missing_from_a_window_but_still_published_is_unchanged(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    collect(world, clock, MONDAY)
    world.source.hidden.add(KEY)
    for hour in (21, 22, 23):
        collect(world, clock, MONDAY, hour)
    assert world.events(KEY) == [("tabled",)]


def test_a_window_with_too_many_missing_records_withdraws_none(world: World, clock: Clock) -> None:
    world.source.publish(*[asked(number) for number in range(1, 8)])
    collect(world, clock, MONDAY)
    world.source.gone.update(f"{140000 + number}" for number in range(1, 7))
    for hour in (21, 22):
        clock.now = at(MONDAY, hour)
        assert world.collect().failures == ["commons tabled 2024-11-18: more is missing from it than is believable"]
    assert world.source.details == []
    [suspect] = [window for window in world.archive.coverage.windows() if window.state == "suspect"]
    assert (suspect.window.by, suspect.total, suspect.held) == ("tabled", 1, 1)
    world.source.gone.remove("140006")  # five missing records are believed
    collect(world, clock, MONDAY, 23)
    assert world.source.details == [f"{140000 + number}" for number in range(1, 6)]


def test_a_window_with_a_failed_detail_is_incomplete_until_it_is_read(world: World, clock: Clock) -> None:
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


def test_a_failed_record_is_fetched_again_in_the_same_run(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2))
    world.source.failing.add(KEY)

    def heal(window: Window, _number: int) -> None:
        if window.day < MONDAY:  # these windows are read after Monday's
            world.source.failing.clear()

    world.source.before_page = heal
    clock.now = at(MONDAY)
    report = world.collect()
    assert report.failures == []
    assert (report.stages["collect"]["incomplete"], report.stages["collect"]["new"]) == (0, 2)
    covered = {window.window.by: window for window in world.archive.coverage.windows() if window.window.day == MONDAY}
    assert [(covered[by].state, covered[by].held) for by in ("answered", "tabled")] == [("open", 2), ("open", 2)]


def test_payloads_that_can_not_be_parsed_stay_in_quarantine_until_they_can(world: World, clock: Clock) -> None:
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
        assert [(payload.source, payload.key, payload.reason) for payload in kept] == [
            ("questions", key, f"question {key} makes no sense") for key in ("140001", "140002")
        ]
    world.source.broken.clear()
    collect(world, clock, MONDAY, 22)
    assert world.archive.payloads.quarantined() == []
    assert world.events(KEY) == [("answered",)]


def test_a_list_entry_that_can_not_be_parsed_is_read_by_its_key(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    world.source.garbled.add(KEY)
    collect(world, clock, MONDAY)
    assert world.source.details == [KEY]
    assert world.events(KEY) == [("tabled",)]


def test_a_payload_that_a_later_parser_reads_leaves_quarantine(world: World) -> None:
    payload = Payload(
        source="questions", key=KEY, url="http://source.example/1", fetched_at=at(MONDAY), body=b"the same bytes"
    )
    payloads = world.archive.payloads
    payloads.quarantine(payload, "odd")
    payloads.quarantine(payload, "still odd")
    assert [kept.reason for kept in world.archive.payloads.quarantined()] == ["still odd"]
    reading = Reading(payload=payload, proceeding=asked())
    store_readings(world.archive, [reading], today=MONDAY, is_news=lambda *_: False)
    assert world.archive.payloads.quarantined() == []


def test_a_first_run_makes_news_of_the_last_sitting_day_only(world: World, clock: Clock) -> None:
    """On a Monday morning these are Friday's answers and everything since."""
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


def test_everything_is_news_after_a_first_run_without_answers(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY, 8)
    world.source.publish(asked())
    collect(world, clock, MONDAY + DAY)
    assert [revision.is_news for revision in world.archive.records.revisions(1)] == [True]


def test_days_collected_on_request_before_the_first_run_set_no_facts(world: World, clock: Clock) -> None:
    world.source.publish(answered(1, answered_on=MONDAY - 4 * DAY, tabled_on=MONDAY - 9 * DAY))
    clock.now = at(MONDAY)
    world.pipeline().collect(first=MONDAY - 4 * DAY, last=MONDAY - 4 * DAY)
    assert [window.day for window in world.source.windows] == [MONDAY - 4 * DAY] * 3
    assert world.archive.runs.fact("news_floor") is None
    assert world.archive.runs.fact("full_read_on") is None
    assert [revision.is_news for revision in world.archive.records.revisions(1)] == [False]


def test_records_older_than_the_look_back_are_history(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY)
    old = MONDAY - 6 * DAY
    world.source.publish(asked(1, tabled_on=old), asked(2, tabled_on=old + DAY))
    clock.now = at(MONDAY, 21)
    world.pipeline().collect(first=old, last=old + DAY)
    news = [revision.is_news for number in (1, 2) for revision in world.archive.records.revisions(number)]
    assert sorted(news) == [False, False]  # before the first run


def test_the_look_back_is_longer_after_days_without_a_run(world: World, clock: Clock) -> None:
    """An answer that appeared late, just after the last run, is news however long the machine slept."""
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


def test_answers_found_after_days_of_an_outage_are_news(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY)
    world.source.publish(answered(answered_on=MONDAY + DAY))
    world.source.is_down = True
    for days in range(1, 9):
        clock.now = at(MONDAY + days * DAY)
        world.collect()
    world.source.is_down = False
    collect(world, clock, MONDAY + 9 * DAY)
    assert [revision.is_news for revision in world.archive.records.revisions(1)] == [True]


def test_a_correction_without_a_date_counts_on_the_day_it_was_found(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY - 4 * DAY)
    world.source.publish(answered())
    for days in range(7):
        collect(world, clock, MONDAY + days * DAY)
    world.source.change(KEY, answer="Other steps are taken.", is_correction=True)
    collect(world, clock, MONDAY + 7 * DAY)
    found = world.archive.records.revisions(1)[-1]
    assert (found.events, found.is_news) == ((Event.CORRECTED,), True)


def test_at_most_thirty_days_without_a_run_are_caught_up(world: World, clock: Clock) -> None:
    collect(world, clock, MONDAY)
    world.source.windows.clear()
    collect(world, clock, MONDAY + 100 * DAY)
    days = {window.day for window in world.source.windows}
    assert min(day for day in days if day > MONDAY) == MONDAY + (100 - 31 - LOOK_BACK) * DAY
    again = {day for day in days if day <= MONDAY}  # the look-back of the last run, as after one day
    assert again == {MONDAY - ago * DAY for ago in range(LOOK_BACK + 1)}


REREAD = [(1, True), (2, False), (3, True), (7, True), (14, True), (30, False)]
"""Days after an answer, and whether a change is found on that day."""


@pytest.mark.parametrize(
    ("dialect", "after", "found"),
    [*(("sqlite", *case) for case in REREAD), ("postgresql", 7, True), ("postgresql", 30, False)],
)
def test_a_silent_edit_is_found_when_the_answer_is_read_again(
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
def test_a_silent_edit_of_a_matched_answer_is_found_later_too(world: World, clock: Clock, after: int) -> None:
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


def test_a_detail_is_not_read_again_while_its_list_entry_is_unchanged(world: World, clock: Clock) -> None:
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


def test_an_open_question_missing_at_two_look_ups_is_withdrawn(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    collect(world, clock, MONDAY)
    collect(world, clock, MONDAY + 20 * DAY)  # it is now older than all windows
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
"""Last day of a session."""


def test_open_questions_lapse_at_prorogation(world: World, clock: Clock) -> None:
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
    world.source.change(KEY, heading="Water")  # the source still gives it as open
    collect(world, clock, END + 2 * DAY)
    assert world.events(KEY)[-1] == ("titled",)
    assert world.archive.records.revisions(1)[-1].proceeding.state is State.LAPSED
    world.source.publish(answered(heading="Water", tabled_on=END - 2 * DAY, answered_on=END + 3 * DAY))
    collect(world, clock, END + 3 * DAY)
    assert world.events(KEY)[-1] == ("answered",)


def test_a_session_that_ended_long_ago_is_no_news(world: World, clock: Clock) -> None:
    for day in (END, END + 30 * DAY, END + 59 * DAY):
        collect(world, clock, day)
    world.source.publish(asked(1, tabled_on=END))
    clock.now = at(END + 60 * DAY)
    world.pipeline().collect(first=END, last=END)
    collect(world, clock, END + 60 * DAY, 21)
    assert world.events(KEY) == [("tabled",), ("lapsed",)]
    assert not world.archive.records.revisions(1)[-1].is_news


def test_a_session_that_ended_while_no_run_came_is_news(world: World, clock: Clock) -> None:
    world.source.publish(asked(1, tabled_on=END))
    collect(world, clock, END)
    collect(world, clock, END + 60 * DAY)
    assert world.events(KEY) == [("tabled",), ("lapsed",)]
    assert world.archive.records.revisions(1)[-1].is_news


def test_a_transfer_keeps_the_later_due_date(world: World, clock: Clock) -> None:
    later, sooner = asked(date_for_answer=MONDAY + 8 * DAY), asked(date_for_answer=MONDAY + 2 * DAY, body_id=7)
    assert events_after(world, clock, asked(), later, sooner)[-1] == ("transferred", "rescheduled")
    with world.archive.engine.connect() as connection:
        floor = connection.exec_driver_sql("select due_floor_on from proceeding").scalar()
    assert str(floor) == "2024-11-26"


def test_a_reparse_makes_history_only(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2))
    collect(world, clock, MONDAY)
    world.source.gone.add("140002")
    collect(world, clock, MONDAY, 21)
    collect(world, clock, MONDAY, 22)
    parse = world.source.parse
    world.source.parse = lambda payload: replace(parse(payload), heading="Water: read anew")  # type: ignore[method-assign]  # of this source alone
    pipeline = world.pipeline()
    pipeline.reparse()
    assert pipeline.report.stages["reparse"] == {"payloads": 2, "new": 0, "changed": 2, "quarantined": 0}
    assert world.events(KEY) == [("answered",), ("titled",)]
    assert not world.archive.records.revisions(1)[-1].is_news
    # It did not reappear: old bytes do not show what is published now.
    assert world.events("140002") == [("answered",), ("withdrawn",), ()]
    assert world.archive.records.revisions(2)[-1].proceeding.state is State.WITHDRAWN


def test_a_reparse_quarantines_payloads_that_it_can_not_parse(world: World, clock: Clock) -> None:
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


def test_many_payloads_are_parsed_in_batches(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collect.history.PAYLOADS_AT_ONCE", 2)
    monkeypatch.setattr("db.payloads._PAYLOADS", 3)
    world.source.publish(*[answered(number) for number in range(1, 8)])
    collect(world, clock, MONDAY)
    pipeline = world.pipeline()
    pipeline.reparse()
    assert pipeline.report.stages["reparse"] == {"payloads": 7, "new": 0, "changed": 0, "quarantined": 0}


def test_old_payloads_are_deleted_except_those_in_quarantine(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2))
    world.source.broken.add("140002")
    clock.now = at(MONDAY)
    world.collect()
    assert world.archive.payloads.drop(datetime(2026, 11, 24, 10, tzinfo=clock.now.tzinfo)) == 1
    assert [payload.key for payload in world.archive.payloads.newest()] == ["140002"]
    assert world.archive.records.revisions(1)[-1].proceeding == answered(1)


def test_a_stored_page_survives_an_interrupted_run(world: World, clock: Clock) -> None:
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
    assert "tabled" not in {covered.window.by for covered in world.archive.coverage.windows()}
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
    coverage = world.archive.coverage.windows("questions", since=MONDAY)
    [covered] = [candidate for candidate in coverage if candidate.window == window]
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


def test_another_source_of_the_same_question_adds_its_own_revisions(world: World) -> None:
    """Both give the same id. The texts of both are kept, and each numbers its revisions from one."""
    for source in ("questions", "mirror"):
        payload = Payload(source=source, key=KEY, url="x", fetched_at=at(MONDAY), body=b"{}")
        readings = [Reading(payload=payload, proceeding=replace(answered(), source=source))]
        store_readings(world.archive, readings, today=MONDAY, is_news=lambda *_: True)
    assert [(revision.proceeding.source, revision.number) for revision in world.archive.records.revisions(1)] == [
        ("questions", 1),
        ("mirror", 1),
    ]


def test_a_record_twice_in_one_batch_is_stored_once(world: World) -> None:
    payload = Payload(source="questions", key=KEY, url="x", fetched_at=at(MONDAY), body=b"{}")
    readings = [
        Reading(payload=replace(payload, body=body), proceeding=proceeding)
        for body, proceeding in ((b"1", asked()), (b"2", answered()), (b"2", answered()))
    ]
    added = store_readings(world.archive, readings, today=MONDAY, is_news=lambda *_: True)
    assert [(revision.number, revision.events) for revision in added] == [(1, (Event.TABLED,)), (2, (Event.ANSWERED,))]
    assert len(list(world.archive.payloads.newest())) == 1
    assert store_readings(world.archive, [], today=MONDAY, is_news=lambda *_: True) == []


def test_two_questions_with_the_same_uin_and_day_stay_two(world: World, clock: Clock) -> None:
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
    occasion=Occasion.BUSINESS,
    takes_place_on=date(2021, 3, 1),
    text_rules=3,
)


def test_every_field_is_kept() -> None:
    defaults = {field.name: field.default for field in fields(Proceeding)}
    assert [name for name, default in defaults.items() if getattr(FULL, name) == default] == ["keys"]
    kept = proceeding_of(facts_of(FULL), FULL.parts())
    assert (kept, kept.text_rules) == (FULL, 3)


@pytest.mark.parametrize("name", ["named_day", "is_holding", "is_correction"])
@pytest.mark.parametrize("value", [True, False, None])
def test_false_and_unknown_are_kept_as_different_values(name: str, value: bool | None) -> None:
    question = replace(asked(), **{name: value})  # type: ignore[arg-type]  # all three are bool | None
    assert proceeding_of(facts_of(question), question.parts()) == question


def test_an_archive_without_records_is_empty(world: World, clock: Clock) -> None:
    assert world.archive.records.is_empty()
    world.source.publish(asked())
    collect(world, clock, MONDAY)
    assert not world.archive.records.is_empty()
    unknown = Window(source="questions", house=House.COMMONS, by="corrected", day=MONDAY)
    assert world.archive.source_records.keys_in_window(unknown) == []
    assert FakeSource().published == {}


def test_a_record_without_a_number_is_found_by_its_id(world: World) -> None:
    payload = Payload(source="feed", key="n-1", url="x", fetched_at=at(MONDAY), body=b"{}")
    notice = Proceeding(id="n-1", source="feed", kind=Kind.NOTICE, house=House.COMMONS, text="A notice.")
    readings = [Reading(payload=payload, proceeding=notice)]
    store_readings(world.archive, readings, today=MONDAY, is_news=lambda *_: True)
    assert world.archive.cross_references.find("n-1") == [1]
    assert world.archive.records.revisions(1)[0].proceeding == replace(notice, made_on=MONDAY)  # when it was first read


def test_payloads_are_listed_by_day(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2, answered_on=MONDAY - DAY))
    collect(world, clock, MONDAY)
    assert [payload.key for payload in world.archive.payloads.newest(last=MONDAY - DAY)] == ["140002"]
    assert [payload.key for payload in world.archive.payloads.newest(first=MONDAY)] == ["140001"]
