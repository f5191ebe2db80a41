"""Windows of the collect stage: which are read, and which count as complete, news or failed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.collect.news import Scope
from monitor.collect.window_plan import plan_windows
from monitor.collect.windows import WindowCollector
from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.collection import WindowCoverage, WindowState
from monitor.model.records import House, Kind, Member, State
from monitor.model.sources import Announced, Listed, Payload, Window, WindowPage
from tests.builders import a_question
from tests.fakes import Clock, FakeMembers, FakeSource, World, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from monitor.collect.window_results import WindowCounts
    from monitor.model.records import Proceeding

MONDAY = date(2024, 11, 18)
DAY = timedelta(days=1)
BOTH = (House.COMMONS, House.LORDS)
OF_QUESTIONS = ("answered", "corrected", "tabled")


def scope(look_back: int = 14, **facts: Any) -> Scope:
    return Scope(as_of=at(MONDAY), look_back_days=look_back, **facts)


def window(day: date, by: str = "answered", house: House = House.COMMONS) -> Window:
    return Window(source="questions", house=house, by=by, day=day)


def covered(wanted: Window, state: str = "complete") -> WindowCoverage:
    return WindowCoverage(window=wanted, state=WindowState(state), read_at=at(MONDAY), total=1, held=1)


def test_look_back_is_84_windows_newest_day_first() -> None:
    windows = plan_windows(FakeSource(houses=BOTH), [], scope(), whole_look_back=True)
    assert len(windows) == len(set(windows)) == 84
    assert windows[:6] == [window(MONDAY, by, house) for by in OF_QUESTIONS for house in BOTH]
    assert {planned.day for planned in windows} == {MONDAY - n * DAY for n in range(14)}
    assert [planned.day for planned in windows] == sorted((planned.day for planned in windows), reverse=True)


def everything(state: str = "complete", days: int = 14) -> list[WindowCoverage]:
    return [covered(window(MONDAY - n * DAY, by), state) for n in range(days) for by in OF_QUESTIONS]


def test_otherwise_today_yesterday_and_incomplete_windows_are_read() -> None:
    known = everything()
    known[-1] = covered(known[-1].window, "failed")
    known[-3] = covered(known[-3].window, "suspect")
    known[-6] = covered(known[-6].window, "open")
    windows = plan_windows(FakeSource(), known, scope(), whole_look_back=False)
    assert windows == [
        *(window(day, by) for day in (MONDAY, MONDAY - DAY) for by in OF_QUESTIONS),
        known[-6].window,
        known[-3].window,
        known[-1].window,
    ]


def test_incomplete_window_outside_the_look_back_is_read() -> None:
    old = window(MONDAY - 100 * DAY, "tabled")
    windows = plan_windows(FakeSource(), [*everything(), covered(old, "failed")], scope(), whole_look_back=False)
    assert windows[-1] == old


def test_days_after_the_requested_day_are_not_read() -> None:
    later = covered(window(MONDAY + DAY), "failed")
    assert later.window not in plan_windows(FakeSource(), [later], scope(), whole_look_back=True)


def test_windows_that_were_never_read_are_read() -> None:
    windows = plan_windows(FakeSource(), everything(days=7), scope(), whole_look_back=False)
    assert len(windows) == 2 * 3 + 7 * 3


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (MONDAY - 40 * DAY, MONDAY - 39 * DAY, [MONDAY - 39 * DAY, MONDAY - 40 * DAY]),
        (MONDAY - DAY, None, [MONDAY, MONDAY - DAY]),
        (None, MONDAY - 40 * DAY, [MONDAY - 40 * DAY]),
    ],
)
def test_requested_days(first: date | None, last: date | None, days: list[date]) -> None:
    windows = plan_windows(FakeSource(), everything(), scope(first=first, last=last), whole_look_back=True)
    assert windows == [window(day, by) for day in days for by in OF_QUESTIONS]


def test_a_source_may_have_fewer_dates() -> None:
    source = FakeSource()
    source.by = ("tabled",)
    assert {planned.by for planned in plan_windows(source, [], scope(), whole_look_back=True)} == {"tabled"}


def test_day_is_the_date_in_london() -> None:
    assert Scope(as_of=at(date(2024, 7, 1), 0, 30), look_back_days=14).today == date(2024, 7, 1)


# -- one window -------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> Clock:
    return Clock(at(MONDAY, 20))


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    archive = new_archive(tmp_path, clock)
    yield World(archive, clock)
    archive.close()


def collecting(world: World, **facts: Any) -> WindowCollector:
    given: dict[str, Any] = {"as_of": world.clock(), "look_back_days": 14} | facts
    return WindowCollector(
        archive=world.archive,
        source=world.source,
        members=world.members,
        scope=Scope(**given),
        calendar=world.calendar,
        clock=world.clock,
    )


def states(world: World) -> list[str]:
    return [entry.state for entry in world.archive.coverage.windows()]


@pytest.mark.parametrize(
    ("as_of", "read_at", "state"),
    [
        (at(MONDAY, 20), at(MONDAY, 20), "open"),
        (at(MONDAY, 23, 59), at(MONDAY + DAY, 0, 1), "open"),  # the reading began before the day was over
        (at(MONDAY + DAY, 0), at(MONDAY + DAY, 0), "complete"),
        (at(MONDAY + DAY, 9), at(MONDAY, 20), "open"),  # as_of is later than the reading
        (at(MONDAY, 23, 59), at(MONDAY + 90 * DAY), "open"),
    ],
)
def test_a_window_is_complete_when_it_was_read_after_its_day(
    world: World, as_of: datetime, read_at: datetime, state: str
) -> None:
    world.clock.now = read_at
    collecting(world, as_of=as_of).read_window(window(MONDAY))
    assert states(world) == [state]


def test_a_summer_day_ends_at_eleven_in_utc(world: World) -> None:
    day = date(2024, 7, 1)
    world.clock.now = at(day + DAY, 0)
    assert world.clock.now.hour == 23
    collecting(world).read_window(window(day))
    assert states(world) == ["complete"]


def test_entry_without_a_key_is_quarantined(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = Payload(source="questions", key="", url="x", fetched_at=at(MONDAY), body=b"null")
    nameless = Listed(payload=payload, list_hash="0", proceeding=None, error=ParseError("it has no id"))
    pages = [WindowPage(entries=(nameless,), total=1), WindowPage(entries=(), total=1, is_whole=True)]
    monkeypatch.setattr(world.source, "read_window", lambda _window: iter(pages))
    work = collecting(world)
    work.read_window(window(MONDAY))
    assert work.counts.quarantined == 1
    [quarantined] = world.archive.payloads.quarantined()
    assert (quarantined.key, quarantined.reason) == ("", "it has no id")
    [one] = world.archive.coverage.windows()
    assert (one.total, one.held) == (1, 0)
    assert "it has no id" in one.note


def test_an_error_that_the_parser_did_not_expect_costs_its_record_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = world.source.parse

    def stumble(payload: Payload) -> Proceeding:
        if payload.key == "1":
            raise KeyError("house")
        return parse(payload)

    monkeypatch.setattr(world.source, "parse", stumble)
    for uin in ("1", "2"):
        world.source.publish(a_question(id=f"q-{uin}", uin=uin, answered_on=MONDAY))
    work = collecting(world)
    work.read_window(window(MONDAY))
    assert (work.counts.new, work.counts.quarantined) == (1, 1)
    [quarantined] = world.archive.payloads.quarantined()
    assert quarantined.key == "1"
    assert quarantined.reason == "1 can't be read (KeyError: 'house'): report it, please"


def test_unreadable_list_fails_its_window(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_window: Window) -> Iterator[WindowPage]:
        raise ParseError("no list")

    monkeypatch.setattr(world.source, "read_window", refuse)
    collecting(world).read_window(window(MONDAY))
    assert states(world) == ["failed"]


def test_window_that_changed_while_it_was_read_fails_with_a_note(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    page = WindowPage(entries=(), total=3, is_whole=False, note="its total moved")
    monkeypatch.setattr(world.source, "read_window", lambda _window: iter([page]))
    collecting(world).read_window(window(MONDAY))
    [one] = world.archive.coverage.windows()
    assert (one.state, one.note, one.total) == ("failed", "its total moved", 3)


def test_progress_is_reported_before_each_window(world: World) -> None:
    reported = []
    work = collecting(world, look_back_days=2)
    work.progress = lambda read, done, of: reported.append((read.by, done, of))
    work.run()
    assert reported == [
        *((by, 3 * n + place, 6) for n in range(2) for place, by in enumerate(OF_QUESTIONS)),
        ("tabled", 6, 6),
    ]


def test_whole_look_back_is_read_once_a_day(world: World) -> None:
    counts = []
    for hour in (6, 7, 30):
        world.clock.now = at(MONDAY) + timedelta(hours=hour)
        counts.append(collecting(world).run().windows)
    assert counts == [
        42,
        6,
        48,
    ]  # two more days on the next day: records that came yesterday, after the reading, are that old by now


def test_members_are_requested_once(world: World) -> None:
    world.members = FakeMembers(Member(member_id=1, name="Ada Example"))
    for number in range(3):
        asked_by = Member(member_id=1 + number % 2)
        world.source.publish(a_question(uin=str(number), answer=None, tabled_on=MONDAY, asked_by=asked_by))
    for _ in range(2):
        collecting(world).run()
    assert sorted(world.members.asked) == [1, 2]


def test_failure_of_members_is_reported_once(world: World) -> None:
    world.members.is_down = True
    for number in range(3):
        tabled_on = MONDAY - number * DAY
        world.source.publish(
            a_question(uin=str(number), answer=None, tabled_on=tabled_on, asked_by=Member(member_id=1))
        )
    counts = collecting(world).run()
    assert counts.failures == ["members: the members can't be asked"]
    assert counts.as_dict()["failures"] == 1
    assert counts.new == 3


def test_names_that_could_not_be_had_are_asked_for_by_the_next_run(world: World) -> None:
    ann = Member(member_id=77, name="Ann Sample", party="Labour", constituency="Sample Vale")
    world.members.known = {77: ann}
    world.source.publish(a_question(uin="1", answer=None, tabled_on=MONDAY, asked_by=Member(member_id=77)))
    world.members.is_down = True
    assert collecting(world).run().failures == ["members: the members can't be asked"]
    world.members.is_down = False
    assert collecting(world).run().failures == []
    assert world.archive.records.revisions(1)[-1].proceeding.asked_by == ann
    collecting(world).run()
    assert world.members.asked == [77]


def test_listed_question_without_a_page_fails_its_window(world: World) -> None:
    world.source.publish(a_question(uin="1", answered_on=MONDAY, tabled_on=MONDAY))
    listed = world.source.read_window

    def read(window: Window) -> Iterator[WindowPage]:
        world.source.gone.clear()
        pages = list(listed(window))
        world.source.gone.add("1")
        return iter(pages)

    world.source.read_window = read  # type: ignore[method-assign]  # of this one alone
    collecting(world).read_window(window(MONDAY))
    assert states(world) == ["failed"]
    assert world.archive.records.is_empty()


def test_lapsed_question_is_not_requested(world: World) -> None:
    end = date(2024, 5, 24)
    world.source.publish(a_question(uin="1", answer=None, tabled_on=end))
    world.clock.now = at(end)
    collecting(world).run()
    for days in (1, 20, 40):
        world.clock.now = at(end + days * DAY)
        collecting(world).run()
    assert world.source.details == []
    assert world.archive.records.revisions(1)[-1].proceeding.state is State.LAPSED


def test_a_question_whose_answer_could_not_be_read_does_not_lapse(world: World) -> None:
    end = date(2024, 5, 24)
    world.source.publish(
        a_question(uin="1", answer=None, tabled_on=end), a_question(uin="2", answer=None, tabled_on=end)
    )
    world.clock.now = at(end)
    collecting(world).run()
    world.source.change("1", answer="Yes.", answered_on=end)
    world.source.is_down = True
    world.clock.now = at(end + 2 * DAY)
    collecting(world).run()
    world.source.is_down = False
    world.source.failing.add("1")
    collecting(world).run()
    assert (world.events("1"), world.events("2")) == ([("tabled",)], [("tabled",)])
    world.source.failing.clear()
    collecting(world).run()
    assert (world.events("1")[1:], world.events("2")[1:]) == ([("answered",)], [("lapsed",)])


def test_a_list_of_answers_that_always_fails_keeps_questions_from_lapsing_for_the_look_back_alone(world: World) -> None:
    end = date(2024, 5, 24)
    world.source.publish(a_question(uin="1", answer=None, tabled_on=end), a_question(uin="2", answered_on=end))
    world.source.failing.add("2")
    for days, events in ((0, []), (1, []), (14, []), (15, [("lapsed",)])):
        world.clock.now = at(end + days * DAY)
        collecting(world).run()
        assert world.events("1")[1:] == events


def test_a_question_that_could_not_be_looked_up_after_a_long_time_does_not_lapse(world: World) -> None:
    tabled_on, woke_on = date(2024, 5, 20), date(2024, 9, 3)
    world.source.publish(a_question(uin="1", answer=None, tabled_on=tabled_on))
    world.clock.now = at(tabled_on)
    collecting(world).run()
    world.source.change("1", answer="Yes.", answered_on=date(2024, 5, 23))
    world.source.failing.add("1")
    world.clock.now = at(woke_on)
    collecting(world).run()
    assert world.events("1") == [("tabled",)]
    world.source.failing.clear()
    collecting(world).run()
    assert world.events("1") == [("tabled",), ("answered",)]


def test_nothing_lapses_before_the_first_known_session(world: World) -> None:
    early = date(1801, 3, 1)
    world.source.publish(a_question(uin="1", answer=None, tabled_on=early))
    world.clock.now = at(early)
    collecting(world).run()
    assert world.calendar.last_session_end(early) is None
    assert world.events("1") == [("tabled",)]


def test_source_that_does_not_answer(world: World) -> None:
    world.source.is_down = True
    counts = collecting(world, look_back_days=2).run()
    assert (counts.windows, counts.incomplete, counts.listed) == (6, 6, 0)
    assert world.source.windows
    with pytest.raises(FetchError):
        list(world.source.read_window(window(MONDAY)))


def days_later(world: World, days: int) -> WindowCounts:
    """Read once more some days later."""
    world.clock.now = at(MONDAY + days * DAY)
    return collecting(world, look_back_days=2).run()


def states_of_records(world: World) -> set[State | None]:
    found = (world.archive.records.revisions(record)[-1] for record in range(1, len(world.source.published) + 1))
    return {revision.proceeding.state for revision in found}


def publish_many(world: World) -> None:
    for number in range(1, 9):
        world.source.publish(a_question(uin=str(number), answered_on=MONDAY - DAY))
        world.source.publish(a_question(uin=str(number + 10), answer=None, tabled_on=MONDAY))
    for days in range(6):  # after which the look-back is behind their days
        days_later(world, days)
    assert world.archive.records.revisions(16)


def test_a_source_of_which_nothing_is_there_withdraws_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_many(world)
    world.source.gone.update(world.source.published)

    def no_list(_window: Window) -> Iterator[WindowPage]:
        raise GoneError("404", url="http://source.example")

    with monkeypatch.context() as patch:
        patch.setattr(world.source, "read_window", no_list)
        asked = len(world.source.details)
        for _ in range(2):
            [failure] = days_later(world, 7).failures
            assert failure.endswith("more windows: 404")
        assert len(world.source.details) == asked
    world.source.gone.clear()
    assert days_later(world, 7).failures == []
    assert states_of_records(world) == {State.ANSWERED, State.TABLED}


def test_too_many_records_that_are_gone_at_once_are_not_believed(world: World) -> None:
    publish_many(world)
    world.source.gone.update(world.source.published)
    for _ in range(2):
        answers, *others = days_later(world, 7).failures
        assert answers.startswith("questions: 8 of 8 records that were looked up are not there, which is more than is")
    assert others == []  # the open ones are looked up once a week
    assert states_of_records(world) == {State.ANSWERED, State.TABLED}


def test_while_a_window_is_suspect_few_are_believed_of_the_others(world: World) -> None:
    for number in range(1, 9):
        world.source.publish(a_question(uin=str(number), answered_on=MONDAY, tabled_on=MONDAY - DAY))
        world.source.publish(a_question(uin=str(number + 10), answer=None, tabled_on=MONDAY - number % 2 * 2 * DAY))
    collecting(world, look_back_days=3).run()
    world.source.gone.update(world.source.published)
    for days in (0, 1):  # the second run reads the whole look-back again
        world.clock.now = at(MONDAY + days * DAY)
        failures = collecting(world, look_back_days=4).run().failures
        assert any("more is missing from it than is believable" in failure for failure in failures)
    assert State.WITHDRAWN not in states_of_records(world)


def test_a_few_records_that_are_gone_are_believed(world: World) -> None:
    publish_many(world)
    world.source.gone.update({"1", "2"})
    for _ in range(2):
        assert days_later(world, 7).failures == []
    assert [world.events(key)[-1] for key in ("1", "2")] == [("withdrawn",)] * 2
    assert states_of_records(world) == {State.ANSWERED, State.TABLED, State.WITHDRAWN}


# -- other kinds than questions ---------------------------------------------------------------------------------------


def a_statement(number: int, day: date, **facts: object) -> Proceeding:
    made = {"kind": Kind.STATEMENT, "made_on": day, "text": "Bathing water was tested.", "uin": f"HCWS{number}"}
    none = dict.fromkeys(("question", "answer", "tabled_on", "answered_on", "date_for_answer", "named_day"))
    return a_question(**{"id": f"q-{number}", **none, **made, **facts})


def test_statements_of_the_last_day_are_news_in_the_first_run(world: World) -> None:
    world.source.by = ("made",)
    world.source.publish(*(a_statement(number, MONDAY - number * DAY) for number in (1, 2, 3)))
    work = collecting(world)
    work.run()
    assert {read.by for read in world.source.windows} == {"made"}
    assert work.news.floor == MONDAY - DAY
    is_news = [world.archive.records.revisions(number)[0].is_news for number in (1, 2, 3)]
    assert is_news == [True, False, False]


def test_statement_missing_from_its_window_is_requested(world: World) -> None:
    world.source.by = ("made",)
    world.source.publish(a_statement(1, MONDAY))
    collecting(world).run()
    world.source.gone.add("1")
    for _ in range(2):
        collecting(world).run()
    assert world.archive.records.revisions(1)[-1].proceeding.state is State.WITHDRAWN


def test_sessions_of_other_legislatures_are_unknown(world: World) -> None:
    end = date(2024, 5, 24)
    world.source.houses = (House.NORTHERN_IRELAND,)
    world.source.publish(a_question(uin="1", answer=None, tabled_on=end, house=House.NORTHERN_IRELAND))
    for days in (0, 1, 3):
        world.clock.now = at(end + days * DAY)
        collecting(world).run()
    assert world.events("1") == [("tabled",)]


# -- announcements of other sources -----------------------------------------------------------------------------------


class FakeDiscovery:
    """Discovery that announces the given questions."""

    def __init__(self, *announced: Announced) -> None:
        self.said = announced

    def announced(self, source: str) -> Iterator[Announced]:
        assert source == "questions"
        return iter(self.said)


def announced(uin: str, day: date, dated_on: date = MONDAY - 3 * DAY) -> Announced:
    return Announced(dated_on=dated_on, uin=uin, day=day)


def look_up(world: World, *said: Announced, **facts: object) -> list[str]:
    """Return the keys that are requested when these questions are announced."""
    world.source.details.clear()
    work = collecting(world, **facts)
    work.discovery = FakeDiscovery(*said)
    work.run()
    return world.source.details


def test_announced_question_in_no_window_is_requested(world: World) -> None:
    world.source.publish(a_question(uin="7", answered_on=MONDAY, tabled_on=MONDAY - 3 * DAY))
    world.source.hidden.add("7")
    said = announced("7", MONDAY)
    assert look_up(world, said) == ["2024-11-15/7"]
    assert world.events("7") == [("answered",)]
    assert "2024-11-15/7" not in look_up(world, said)


def test_announced_question_with_an_older_date_is_requested_again(world: World) -> None:
    long_ago = MONDAY - 60 * DAY
    world.source.publish(a_question(uin="7", answered_on=long_ago, tabled_on=long_ago))
    for day in (long_ago, long_ago + DAY, MONDAY):
        world.clock.now = at(day, 20)
        collecting(world).run()
    world.source.change("7", corrected_on=MONDAY, answer="Other steps are being taken.")
    world.source.hidden.add("7")
    assert look_up(world, announced("7", MONDAY, long_ago))[0] == f"{long_ago}/7"
    assert world.events("7") == [("answered",), ("corrected",)]


def test_announcements_of_old_days_are_ignored(world: World) -> None:
    assert look_up(world, announced("7", MONDAY - 15 * DAY)) == []


def test_announcements_are_ignored_when_days_are_requested(world: World) -> None:
    assert look_up(world, announced("7", MONDAY), first=MONDAY) == []


def test_announced_question_that_is_missing_changes_nothing(world: World) -> None:
    for _ in range(3):
        assert look_up(world, announced("7", MONDAY)) == ["2024-11-15/7"]
    assert world.archive.records.is_empty()


def test_a_record_that_is_again_as_it_was_before_a_look_up_is_read_again(world: World) -> None:
    world.source.publish(a_question(answer="Twelve.", answered_on=MONDAY))
    collecting(world).run()
    [key] = world.source.published
    world.clock.now = at(MONDAY) + 5 * DAY
    world.source.change(key, is_withdrawn=True)
    collecting(world).look_up([key])  # its window is not read
    world.source.change(key, is_withdrawn=False)
    collecting(world).run()
    assert world.events(key) == [("answered",), ("withdrawn",), ("reappeared",)]


def test_a_look_up_that_changes_nothing_brings_no_further_reading(world: World) -> None:
    world.source.publish(a_question(answer="Twelve.", answered_on=MONDAY))
    collecting(world).run()
    [key] = world.source.published
    world.clock.now = at(MONDAY) + 5 * DAY
    collecting(world).look_up([key])
    world.source.details.clear()
    collecting(world).run()
    assert world.source.details == []
