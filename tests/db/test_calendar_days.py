"""Calendar over days of a whole archive: what is in it, and that each file only updates those before."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db.archive import Archive
from db.archive_copy import copy_archive
from db.engine import open_engine
from monitor.config.settings import QuestionsSettings
from monitor.demo.parliament import Parliament
from monitor.model.following import FollowKind, FollowTarget
from monitor.model.promises import PromiseState
from monitor.model.records import House, Member
from monitor.model.watching import Topic
from monitor.parliament.calendar import load_calendar
from monitor.pipeline import Pipeline
from monitor.research.calendar_file.contents import CalendarContents, CalendarRequest, calendar_contents
from monitor.research.calendar_file.document import icalendar
from scrapers.http.client import Client
from scrapers.members import MembersSource
from scrapers.questions_statements.questions import QuestionsSource
from tests.builders import a_question, a_subscriber
from tests.fakes import WATER, FakePost, World, a_config, at
from tests.unit.calendar_kit import ReadersCalendar, opened

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.model.records import Proceeding
    from tests.fakes import Clock

pytestmark = pytest.mark.slow

MONDAY = date(2024, 11, 18)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in range(1, 5))
RIVERS = Topic(key="rivers", name="Rivers", terms=("river",))
NAMES = {"water": "Water"}


def asked(number: int = 1, **facts: Any) -> Proceeding:
    """Return a question about bathing water, tabled on Monday, with Friday as its named day."""
    given: dict[str, Any] = {
        "uin": f"{140000 + number}",
        "question": "To ask the Secretary of State, what steps he is taking on bathing water.",
        "answer": None,
        "tabled_on": MONDAY,
        "date_for_answer": FRIDAY,
    }
    return a_question(**(given | facts))


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    clock.now = at(MONDAY, 8)
    return World(archive, clock, config=a_config(topics=(WATER, RIVERS)))


def read_on(world: World, day: date, *published: Proceeding) -> None:
    world.clock.now = at(day, 9)
    world.source.publish(*published)
    pipeline = world.pipeline()
    pipeline.sync()
    pipeline.collect()
    pipeline.match()
    assert pipeline.report.failures == []


def contents_of(archive: Archive, *followed: FollowTarget, **facts: Any) -> CalendarContents:
    given: dict[str, Any] = {"topics": NAMES, "has_recess": False, "followed": followed}
    request = CalendarRequest(**(given | facts))
    return calendar_contents(archive, load_calendar(), request)


def records_of(contents: CalendarContents) -> dict[str, str]:
    return {event.record: event.title.partition(":")[0] for event in contents.events}


def file_of(archive: Archive) -> bytes:
    return icalendar(contents_of(archive, has_recess=True).events, "Parliament")


def test_an_empty_archive_has_no_days(archive: Archive) -> None:
    assert contents_of(archive, has_recess=True) == CalendarContents(events=(), as_of=None)


def test_open_and_lately_settled_questions_of_the_topics(world: World) -> None:
    read_on(
        world,
        MONDAY,
        asked(1),
        asked(2),
        asked(3),
        asked(4),
        asked(5, question="To ask the Secretary of State, how long the river is."),
        asked(6, question="To ask the Secretary of State, what time it is."),
        asked(7, answer="Yes.", answered_on=MONDAY),
    )
    read_on(
        world,
        TUESDAY,
        asked(2, answer="No.", answered_on=TUESDAY),
        asked(3, is_withdrawn=True),
        asked(4, question="To ask the Secretary of State, what he is doing."),
    )
    watched = contents_of(world.archive)
    assert records_of(watched) == {
        "q-140001": "Due",
        "q-140002": "Answered 19 Nov 2024",
        "q-140003": "Withdrawn",
        "q-140004": "No longer watched",
    }
    assert watched.as_of == TUESDAY
    assert watched.without_day == 0
    assert records_of(contents_of(world.archive, topics={"rivers": "Rivers"})) == {"q-140005": "Due"}
    assert not contents_of(world.archive, topics={}).events


def test_what_was_settled_leaves_after_sixty_days_of_the_archive(world: World) -> None:
    read_on(world, MONDAY, asked(1), asked(2), asked(3))
    read_on(world, TUESDAY, asked(1, is_withdrawn=True), asked(2, answer="No.", answered_on=TUESDAY))
    later = TUESDAY + timedelta(days=61)
    read_on(world, later, asked(9, tabled_on=later, date_for_answer=later + timedelta(days=3)))
    assert records_of(contents_of(world.archive)) == {"q-140003": "Due", "q-140009": "Due"}


def test_followed_questions_askers_and_bodies(world: World) -> None:
    other = "To ask the Secretary of State, what time it is."
    eve, guest = Member(member_id=77, name="Eve Sample"), Member(name="Gil Guest")
    read_on(
        world,
        MONDAY,
        asked(1, question=other),
        asked(2, question=other, asked_by=eve),
        asked(3, question=other, asked_by=guest),
        asked(4, question="To ask the Secretary of State, how long the river is.", body="Home Office", body_id=1),
        asked(5, question=other, body="Home Office", body_id=1),
        asked(6, question=other),
    )
    (record,) = world.archive.cross_references.find("140001")
    targets = (
        FollowTarget(kind=FollowKind.RECORD, ref="q-140001", proceeding_id=record),
        FollowTarget(kind=FollowKind.ASKER, ref="Eve Sample", member_id=77),
        FollowTarget(kind=FollowKind.ASKER, ref="Gil Guest"),
        FollowTarget(kind=FollowKind.BODY, ref="Home Office", topic="rivers"),
        FollowTarget(kind=FollowKind.PROMISE, ref="p-1", promise_id=1),
    )
    contents = contents_of(world.archive, *targets)
    assert records_of(contents) == dict.fromkeys(("q-140001", "q-140002", "q-140003", "q-140004"), "Due")
    assert all(event.is_followed for event in contents.events)


def test_a_question_that_no_term_finds_any_more_comes_back_when_it_is_followed(world: World) -> None:
    reader, archive = a_subscriber(), world.archive
    read_on(world, MONDAY, asked(1))
    read_on(world, TUESDAY, asked(1, question="To ask the Secretary of State, what time it is."))
    (record,) = archive.cross_references.find("140001")
    target = FollowTarget(kind=FollowKind.RECORD, ref="q-140001", proceeding_id=record)
    calendar = ReadersCalendar()
    found: list[str] = []
    for is_followed in (False, True, False, True):
        world.clock.now += timedelta(hours=1)
        if is_followed:
            archive.following.follow(reader, target)
        elif found:
            archive.following.unfollow(reader.key, archive.following.listing(reader.key)[0].number)
        contents = contents_of(archive, *(thing.target for thing in archive.following.listing(reader.key)))
        file = icalendar(contents.events, "Parliament")
        calendar.take_in(file)
        calendar.agrees_with(file)
        found += [event.status for event in opened(file).values()]
    assert found == ["CANCELLED", "CONFIRMED", "CANCELLED", "CONFIRMED"]


def test_a_term_that_was_removed_finds_nothing_for_the_calendar(world: World) -> None:
    read_on(world, MONDAY, asked(1))
    world.config = replace(world.config, topics=(Topic(key="water", name="Water", terms=("beach",)), RIVERS))
    read_on(world, TUESDAY, asked(2))
    assert not contents_of(world.archive).events


def test_a_due_day_beyond_the_calendar_is_missed(world: World) -> None:
    far = date(2026, 9, 1)
    read_on(world, far, asked(1, tabled_on=far, date_for_answer=far, named_day=False), asked(2, tabled_on=far))
    contents = contents_of(world.archive)
    assert records_of(contents) == {"q-140002": "Due"}
    assert contents.without_day == 1


def test_promises_of_watched_answers_and_followed_ones(world: World) -> None:
    plan = "We will publish the bathing water plan by the end of March 2025."
    read_on(
        world,
        MONDAY,
        asked(1, answer=plan, answered_on=MONDAY),
        asked(
            2,
            question="What time it is.",
            answer="We will publish timetables by the end of May 2025.",
            answered_on=MONDAY,
        ),
        asked(3, answer="We will publish the review in due course.", answered_on=MONDAY),
    )
    archive = world.archive
    (event,) = contents_of(archive).events
    assert (event.kind, event.record, event.first_on) == ("promise", "q-140001", date(2025, 3, 31))
    assert event.title.startswith(f"Promised: {plan} (")
    assert not event.is_followed
    (record,) = archive.cross_references.find("140002")
    (promise,) = archive.promises.of_records([record])[record]
    for target in (
        FollowTarget(kind=FollowKind.PROMISE, ref=promise.id, promise_id=promise.number),
        FollowTarget(kind=FollowKind.RECORD, ref="q-140002", proceeding_id=record),
    ):
        assert [(event.record, event.is_followed) for event in contents_of(archive, target).events] == [
            ("q-140001", False),
            ("q-140002", True),
        ]
    archive.promises.decide(promise.number, PromiseState.DROPPED, None, "", "Ada")
    (dropped,) = contents_of(archive, target, topics={}).events
    assert (dropped.is_cancelled, dropped.state, dropped.sequence) == (True, "dropped", 1)
    read_on(world, date(2025, 5, 31), asked(9, tabled_on=date(2025, 5, 31)))
    assert event.uid not in {event.uid for event in contents_of(archive).events}


def test_transfers_and_answers_over_days_update_what_a_reader_took_in(world: World, tmp_path: Path) -> None:
    ordinary = {"named_day": False}
    transferred = {"body": "Home Office", "body_id": 1, "date_for_answer": FRIDAY + timedelta(days=4)}
    days: list[tuple[date, list[Proceeding]]] = [
        (MONDAY, [asked(1), asked(2, **ordinary), asked(3)]),
        (TUESDAY, [asked(2, **ordinary, **transferred), asked(4)]),
        (WEDNESDAY, [asked(1, answer="Soon.", is_holding=True, holding_on=WEDNESDAY, answered_on=WEDNESDAY)]),
        (THURSDAY, [asked(1, answer="Yes.", answered_on=THURSDAY), asked(3, is_withdrawn=True)]),
        (FRIDAY, [asked(3), asked(4, answer="No.", answered_on=FRIDAY)]),
        (
            FRIDAY + timedelta(days=70),
            [asked(2, answer="No.", answered_on=FRIDAY + timedelta(days=70), **ordinary, **transferred)],
        ),
    ]
    calendar, before = ReadersCalendar(), b""
    for day, published in days:
        read_on(world, day, *published)
        file = file_of(world.archive)
        assert file != before
        calendar.take_in(file)
        calendar.agrees_with(file)
        before = file
    assert _copied(world.archive, tmp_path) == before
    moved = opened(before)["answer-q-140002@pqwatch.invalid"]
    assert (moved.starts_on, moved.sequence) == (date(2024, 12, 3), 4014)
    assert moved.summary.startswith("Answered 31 Jan 2025: UIN 140002, ")


def _copied(archive: Archive, folder: Path) -> bytes:
    copy = Archive(open_engine(f"sqlite:///{folder / 'copy.db'}"))
    try:
        copy_archive(archive, copy)
        return file_of(copy)
    finally:
        copy.close()


# -- recorded days ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_eight_recorded_days_update_what_a_reader_took_in(archive: Archive, clock: Clock, shared_data: Path) -> None:
    everything = Topic(key="all", name="All", terms=("department", "plans", "steps", "assessment", "many"))
    config = a_config(topics=(everything,), questions=QuestionsSettings(houses=(House.COMMONS,)))
    calendar, events = ReadersCalendar(), 0
    with Parliament.from_values([]) as parliament, Client("mailto:you@example.org", "0", min_interval=0) as client:
        for day, values in _snapshots(shared_data):
            parliament.replace(values)
            clock.now = at(day, 23)
            pipeline = Pipeline(
                archive=archive,
                config=config,
                calendar=load_calendar(),
                as_of=at(day, 23, 59),
                clock=clock,
                sources=[QuestionsSource(client, parliament.url, (House.COMMONS,))],
                members=MembersSource(client, parliament.url),
                mailer=FakePost,
            )
            pipeline.sync()
            pipeline.collect()
            pipeline.match()
            contents = contents_of(archive, topics={"all": "All"})
            file = icalendar(contents.events, "Parliament")
            calendar.take_in(file)
            calendar.agrees_with(file)
            events = len(contents.events)
    assert events > 50
    said = {event.summary.partition(" ")[0] for event in calendar.events.values()}
    assert {"Due:", "Answered"} <= said


def _snapshots(shared_data: Path) -> list[tuple[date, list[dict[str, Any]]]]:
    """Return one question in six of each day, which is enough: all change alike."""
    found = []
    for path in sorted((shared_data / "written-questions-api" / "snapshots-2024-11").glob("*.json.gz")):
        values = [entry["value"] for entry in json.loads(gzip.decompress(path.read_bytes()))]
        day = date.fromisoformat(path.name.split("asof-")[1][:10])
        found.append((day, [value for value in values if value["id"] % 6 == 2]))
    return found
