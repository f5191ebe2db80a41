"""The calendar that renews itself: read once a day within a run, moved, failing, and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.collect.calendar import days_to_ask, days_to_look_up, sitting_calendar
from monitor.config.settings import ParliamentCalendarSettings
from monitor.digest.compose import Compose
from monitor.model.announced_days import AnnouncedKind
from monitor.model.records import House
from monitor.operations.calendar_report import calendar_report, known_in_words, remarks
from monitor.operations.status import silences
from monitor.parliament.calendar import Origin, load_calendar
from monitor.parliament.lifecycle import DueDays, due_on
from monitor.research.calendar_file.contents import CalendarRequest, calendar_contents
from monitor.research.records import waiting_questions
from tests.builders import a_question
from tests.fakes import Clock, FakeCalendarSource, World, a_config, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.calendar_events import CalendarEvent
    from monitor.model.records import Proceeding
    from monitor.parliament.calendar import SittingCalendar

COMMONS, LORDS = House.COMMONS, House.LORDS
DAY = timedelta(days=1)
TUESDAY = date(2026, 11, 24)
CHRISTMAS = "Christmas recess"
NEAR = date(2026, 12, 19)
WHOLE = ["days", "days", "sessions"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock(datetime(2026, 11, 24, 9, tzinfo=UTC))
    archive = new_archive(tmp_path, clock)
    yield World(archive=archive, clock=clock, calendar_source=FakeCalendarSource())
    archive.close()


def source(world: World) -> FakeCalendarSource:
    assert world.calendar_source is not None
    return world.calendar_source


def known(world: World, today: date = TUESDAY) -> SittingCalendar:
    return sitting_calendar(world.archive, (), today)


def asked(tabled_on: date = TUESDAY, **facts: object) -> Proceeding:
    given: dict[str, object] = {
        "uin": "140001",
        "question": "What steps he is taking on bathing water.",
        "answer": None,
        "tabled_on": tabled_on,
        "date_for_answer": tabled_on + 2 * DAY,
        "named_day": False,
    }
    return a_question(**(given | facts))


def run_on(world: World, day: date, hour: int = 9) -> None:
    world.clock.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    report = world.run()
    assert report.ok, report.failures


def report_of(world: World, today: date = TUESDAY) -> dict[str, object]:
    return calendar_report(world.archive, world.config, known(world, today), world.clock())


# -- reading ----------------------------------------------------------------------------------------------------------


def test_a_run_reads_the_calendar_once_a_day(world: World) -> None:
    run_on(world, TUESDAY)
    assert source(world).asked == WHOLE
    run_on(world, TUESDAY, 10)
    assert source(world).asked == WHOLE
    run_on(world, TUESDAY + DAY)
    assert source(world).asked == WHOLE * 2
    assert known(world).known_until(COMMONS) == date(2027, 10, 11)  # the end of the last recess that is announced
    assert known(world).origin_of(COMMONS, TUESDAY) is Origin.ANNOUNCED


def test_days_that_no_one_else_tells_of_are_asked_for_too(world: World) -> None:
    first, last = days_to_ask(load_calendar(), COMMONS, TUESDAY)
    assert (first, last) == (date(2026, 8, 31), TUESDAY + timedelta(days=366))  # the Monday before the table's end
    run_on(world, TUESDAY)
    assert known(world).gaps == {}
    assert known(world).is_sitting_day(COMMONS, date(2026, 9, 8)) is True
    assert days_to_ask(known(world), COMMONS, TUESDAY)[0] == date(2026, 10, 19)
    assert days_to_ask(load_calendar(), COMMONS, date(2030, 1, 1))[0] == date(2028, 11, 27)


def test_a_reading_of_particular_days_leaves_the_calendar_alone(world: World) -> None:
    world.pipeline().collect(first=TUESDAY, last=TUESDAY)
    assert source(world).asked == []
    world.pipeline().collect(only="calendar")
    world.pipeline().collect(only="calendar")
    assert source(world).asked == WHOLE * 2  # as often as it is asked for


def test_a_calendar_that_is_switched_off_is_not_read(world: World) -> None:
    world.calendar_source = None
    run_on(world, TUESDAY)
    world.config = a_config(parliament_calendar=ParliamentCalendarSettings(enabled=False))
    assert known(world).known_until(COMMONS) == date(2026, 9, 2)
    report = report_of(world)
    assert remarks(report)[0] == "Parliament's calendar is switched off: [sources.calendar] in config.toml."
    assert silences(world.archive, world.config, known(world), world.clock.tick(days=30)).keys() <= {
        "questions commons"
    }


# -- a house that changes its mind ------------------------------------------------------------------------------------


def test_a_moved_recess_moves_due_days_and_is_told_once(world: World) -> None:
    question = asked(date(2026, 12, 11), date_for_answer=date(2026, 12, 15))
    world.source.publish(question)
    run_on(world, date(2026, 12, 14))
    before = known(world, date(2026, 12, 14))
    assert due_on(question, before) == date(2027, 1, 6)
    source(world).days.move(CHRISTMAS, COMMONS, date(2026, 12, 17), date(2027, 1, 10), near=NEAR)
    run_on(world, date(2026, 12, 15))
    after = known(world, date(2026, 12, 15))
    assert due_on(question, after) == date(2027, 1, 14)
    moved = "Moved: the recess of the House of Commons is 17 December 2026 to 10 January 2027, not 19 December 2026"
    assert any(text.startswith(moved) for text in remarks(report_of(world, date(2026, 12, 15))))


def test_what_was_announced_before_is_kept(world: World) -> None:
    run_on(world, TUESDAY)
    source(world).days.move(CHRISTMAS, COMMONS, date(2026, 12, 17), date(2027, 1, 10), near=NEAR)
    run_on(world, TUESDAY + DAY)
    rows = world.archive.announced_days.known().stored
    christmas = (row for row in rows if row.announcement.name == CHRISTMAS and row.announcement.house is COMMONS)
    [was, now] = [row for row in christmas if row.announcement.first_on.year == 2026]
    assert (was.announcement.first_on, now.announcement.first_on) == (NEAR, date(2026, 12, 17))
    assert was.gone_at is not None
    assert was.first_seen_at < was.gone_at == now.first_seen_at
    assert now.gone_at is None
    off = {row.announcement.first_on for row in rows if row.announcement.kind is AnnouncedKind.SITTING and row.gone_at}
    assert {date(2026, 12, 17), date(2026, 12, 18), date(2027, 1, 5)} <= off


def events(world: World, today: date) -> dict[str, CalendarEvent]:
    contents = calendar_contents(world.archive, known(world, today), CalendarRequest(topics={"water": "Water"}))
    return {event.uid: event for event in contents.events}


def test_a_moved_recess_and_a_moved_due_day_are_the_same_events_with_a_higher_sequence(world: World) -> None:
    world.source.publish(asked(date(2026, 12, 14)))
    run_on(world, date(2026, 12, 14))
    before = events(world, date(2026, 12, 14))
    source(world).days.move(CHRISTMAS, COMMONS, date(2027, 1, 1), date(2027, 1, 10), near=NEAR)  # into another month
    run_on(world, date(2026, 12, 15))
    after = events(world, date(2026, 12, 15))
    uid = "recess-commons-2026-12@pqwatch.invalid"
    assert (before[uid].first_on, after[uid].first_on) == (NEAR, date(2027, 1, 1))
    assert after[uid].sequence > before[uid].sequence
    [answer] = [name for name in before if name.startswith("answer-")]
    assert (before[answer].first_on, after[answer].first_on) == (date(2027, 1, 7), date(2026, 12, 23))
    assert after[answer].sequence > before[answer].sequence
    again = events(world, date(2026, 12, 15))
    assert again == after


def test_a_recess_that_is_taken_back_is_cancelled_in_calendars(world: World) -> None:
    world.source.publish(asked())
    run_on(world, TUESDAY)
    days = source(world).days
    days.periods = [period for period in days.periods if not (period.name == CHRISTMAS and period.house is LORDS)]
    run_on(world, TUESDAY + DAY)
    event = events(world, TUESDAY + DAY)["recess-lords-2026-12@pqwatch.invalid"]
    assert event.is_cancelled
    assert event.title == "No longer announced: House of Lords, recess"
    found = remarks(report_of(world, TUESDAY + DAY))
    assert "No longer announced: the recess of the House of Lords, 19 December 2026 to 4 January 2027." in found


def test_a_digest_tells_once_what_was_announced(world: World) -> None:
    run_on(world, TUESDAY)
    [desk] = world.config.subscribers
    compose = Compose(world.archive, world.config, known(world), world.clock(), world.clock)
    first = compose.prepare(desk, "2026-11-25T07:30").digest.recess_news
    assert {news.house for news in first} == {COMMONS}  # the House that is read
    assert all(news.is_new for news in first)
    compose.skip(desk)
    assert compose.prepare(desk, "2026-11-26T07:30").digest.recess_news == ()
    source(world).days.move(CHRISTMAS, COMMONS, date(2026, 12, 17), date(2027, 1, 4), near=NEAR)
    run_on(world, TUESDAY + DAY, 6)
    compose = Compose(world.archive, world.config, known(world), world.clock(), world.clock)
    prepared = compose.prepare(desk, "2026-11-26T07:30")
    [moved] = prepared.digest.recess_news
    assert (moved.days, moved.was) == ((date(2026, 12, 17), date(2027, 1, 4)), (NEAR, date(2027, 1, 4)))
    sentence = "Moved: the recess of the House of Commons begins on 17 December 2026, not on 19 December 2026."
    assert sentence in " ".join(prepared.rendered.text.split())
    assert not prepared.has_news  # never alone the reason for a mail


# -- failures ---------------------------------------------------------------------------------------------------------


def test_a_service_that_is_down_fails_no_run_and_is_tried_again(world: World) -> None:
    source(world).down = True
    run_on(world, TUESDAY)
    assert source(world).asked == ["days"]  # the rest would only wait for it too
    assert known(world).known_until(COMMONS) == date(2026, 9, 2)
    report = report_of(world)
    assert report["failure"] == "whatson.example is down."
    assert "could not be read whole: whatson.example is down. The next run tries again." in remarks(report)[0]
    source(world).down = False
    run_on(world, TUESDAY, 10)
    assert report_of(world)["failure"] is None
    assert known(world).is_known(COMMONS, TUESDAY)


def test_what_was_read_before_holds_while_the_service_is_down(world: World) -> None:
    run_on(world, TUESDAY)
    before = known(world).known
    source(world).down = True
    run_on(world, TUESDAY + DAY)
    assert known(world).known == before


def test_a_part_that_is_missing_keeps_no_other_back(world: World) -> None:
    source(world).missing = {"sessions"}
    run_on(world, TUESDAY)
    assert known(world).is_known(COMMONS, TUESDAY)
    assert report_of(world)["failure"] == "whatson.example no longer has it."
    run_on(world, TUESDAY, 10)
    assert source(world).asked == WHOLE  # the days were read: the rest waits until tomorrow


def test_a_house_of_which_the_service_says_nothing_keeps_what_is_known(world: World) -> None:
    run_on(world, TUESDAY)
    days = source(world).days
    days.silent_on = {LORDS}
    run_on(world, TUESDAY + DAY)
    assert known(world).recess_until(LORDS, date(2026, 12, 24)) == date(2027, 1, 5)
    lords = next(row for row in report_of(world)["houses"] if row["house"] == "lords")  # type: ignore[attr-defined]
    assert lords["is_silent"]


def test_recesses_that_are_all_missing_at_once_are_not_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_on(world, TUESDAY)
    before = events(world, TUESDAY)
    with monkeypatch.context() as patch:
        patch.setattr(source(world).days, "periods", [])
        run_on(world, TUESDAY + DAY)
    report = report_of(world, TUESDAY + DAY)
    missing = "What's On tells none of the recesses of the House of Commons that it told before."
    assert report["failure"] == missing
    assert not any("No longer announced" in text for text in remarks(report))
    assert events(world, TUESDAY + DAY).keys() == before.keys()
    run_on(world, TUESDAY + DAY, 10)
    assert report_of(world, TUESDAY + DAY)["failure"] is None


def test_a_service_that_says_nothing_at_all_is_told(world: World) -> None:
    source(world).days.silent_on = {COMMONS, LORDS}
    run_on(world, TUESDAY)
    assert report_of(world)["failure"] == "What's On tells no sitting days."


def test_a_long_silence_is_told_to_the_operator(world: World) -> None:
    source(world).down = True
    run_on(world, TUESDAY)
    calendar = known(world)
    assert "calendar" not in silences(world.archive, world.config, calendar, world.clock.now + DAY)
    later = silences(world.archive, world.config, calendar, world.clock.now + 3 * DAY)
    assert later["calendar"] == "Nothing was read of Parliament's calendar since Tuesday 24 November 2026, 09:00."
    source(world).down = False
    run_on(world, TUESDAY + 3 * DAY)
    assert "calendar" not in silences(world.archive, world.config, known(world), world.clock.now)


# -- where neither knows ----------------------------------------------------------------------------------------------


def with_questions(world: World, last: date) -> None:
    """Publish questions of each working day up to a day."""
    day = last - timedelta(days=40)
    while day <= last:
        if day.weekday() < 5:
            facts = {"uin": f"1{day:%m%d}", "named_day": True, "date_for_answer": day + 3 * DAY}
            world.source.publish(asked(day, **facts))
        day += DAY


def test_a_recess_is_recognised_from_what_is_published_and_nothing_is_late(world: World) -> None:
    world.calendar_source = None
    world.config = a_config(questions=replace(world.config.questions, look_back_days=50))
    with_questions(world, date(2026, 11, 16))
    run_on(world, TUESDAY - DAY)
    assert known(world, TUESDAY - DAY).likely == {}  # four days, of which the last is not over
    today = TUESDAY + DAY
    run_on(world, today)
    calendar = known(world, today)
    assert calendar.likely == {COMMONS: (date(2026, 11, 17), date(2026, 11, 24))}
    waiting = waiting_questions(world.archive, ["water"], DueDays(lambda: calendar), today)
    assert len(waiting) == 29
    assert not any(question.days_late for question in waiting)
    [sentence] = [text for text in remarks(report_of(world, today)) if "likely" in text]
    assert "since 17 November 2026" in sentence
    compose = Compose(world.archive, world.config, calendar, world.clock(), world.clock)
    prepared = compose.prepare(world.config.subscribers[0], "2026-11-25T07:30")
    assert prepared.digest.waiting == ()
    assert sentence in " ".join(prepared.rendered.text.split())
    world.source.publish(asked(today, uin="150000"))
    run_on(world, today, 12)
    assert known(world, today).likely == {}


# -- due days by Parliament -------------------------------------------------------------------------------------------


def test_first_days_for_an_answer_are_asked_for_while_they_may_move(world: World) -> None:
    world.source.publish(asked(TUESDAY))
    run_on(world, TUESDAY)
    assert source(world).asked == [*WHOLE, "answers", "answers"]
    assert known(world).answer_days == {(TUESDAY, True): date(2026, 11, 27), (TUESDAY, False): date(2026, 11, 26)}
    run_on(world, TUESDAY + 4 * DAY)
    assert source(world).asked == [*WHOLE, "answers", "answers", *WHOLE]  # both days are over
    assert days_to_look_up({TUESDAY: 3, TUESDAY + DAY: 0, TUESDAY + 9 * DAY: 4}, known(world), TUESDAY) == [TUESDAY]


def test_both_due_days_are_kept_and_said_where_they_differ(world: World) -> None:
    world.source.publish(asked(TUESDAY), asked(TUESDAY, uin="140002"))
    source(world).days.answer_days["Ordinary", TUESDAY] = date(2026, 11, 30)
    run_on(world, TUESDAY)
    differing = report_of(world)["differing_due_days"]
    assert differing == [
        {
            "tabled_on": TUESDAY,
            "named_day": False,
            "questions": 2,
            "date_for_answer": date(2026, 11, 26),
            "date_for_answer_by_parliament": date(2026, 11, 30),
            "due_on": date(2026, 12, 3),
            "due_on_by_parliament": date(2026, 12, 7),
        }
    ]
    assert remarks(report_of(world))[-1] == (
        "2 questions tabled on 24 November 2026 are set down for 26 November 2026, but Parliament's calendar gives "
        "30 November 2026. Due 3 December 2026; by Parliament's calendar 7 December 2026."
    )
    due_days = DueDays(lambda: known(world))
    assert (due_days(asked(TUESDAY)), due_days.by_parliament(asked(TUESDAY))) == (date(2026, 12, 3), date(2026, 12, 7))


def test_status_names_each_legislature(world: World) -> None:
    run_on(world, TUESDAY)
    rows = report_of(world)["houses"]
    assert [(row["house"], known_in_words(row)) for row in rows] == [  # type: ignore[attr-defined]
        ("commons", "11 Oct 2027"),
        ("lords", "11 Oct 2027"),
        ("scotland", "not known"),
        ("northern_ireland", "not known"),
        ("senedd", "not known"),
    ]
