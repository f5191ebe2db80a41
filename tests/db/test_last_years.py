"""The last year of each topic as the database reads it, beside plain loops over everything that the archive holds."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from monitor.digest.topic_years import KNOWN_FOR, LATE_FOR, late_longest_first
from monitor.model.promises import PromiseFilters, PromiseState
from monitor.model.records import Kind, Member
from monitor.model.search import Filters
from monitor.model.topic_years import Newcomer
from monitor.model.watching import Topic
from monitor.parliament.promises.state import current, state_on
from tests.archive_kit import store
from tests.builders import a_question, a_subscriber
from tests.fakes import WATER, World, a_config, at

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

TODAY = date(2024, 11, 18)
A_WEEK_AGO = TODAY - timedelta(days=7)
RIVERS = Topic(key="rivers", name="Rivers", terms=("river = rivers",))
TOPICS = ("water", "rivers")


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    clock.now = at(TODAY, 8)
    reader = a_subscriber(topics=TOPICS)
    return World(archive, clock, config=a_config(topics=(WATER, RIVERS), subscribers=(reader,)))


def hold(world: World, *records: Proceeding) -> World:
    """Store records, find the topics in them and read their promises."""
    world.pipeline().sync()
    store(world.archive, *records)
    world.pipeline().match()
    return world


def asked(
    number: int, day: date | None, name: str = "Ada", words: str = "bathing water", **facts: object
) -> Proceeding:
    member = Member(member_id=9000 + sum(map(ord, name)), name=name)
    given = {
        "question": f"What steps he is taking on {words}.",
        "tabled_on": day,
        "answered_on": day,
        "asked_by": member,
    }
    return a_question(uin=str(140000 + number), **(given | facts))


def new_on(world: World, topic: str, since: date = A_WEEK_AGO) -> tuple[Newcomer, ...]:
    """Return the members who are new on a topic. All questions of these tests are read on one day."""
    new = world.archive.last_years.newcomers(since, TODAY, KNOWN_FOR).get(topic, ())
    assert all(member.seen_at and member.seen_at.date() == TODAY for member in new)
    return tuple(replace(member, seen_at=None) for member in new)


# -- members ----------------------------------------------------------------------------------------------------------


def test_members_are_new_whose_first_question_is_of_the_week(world: World) -> None:
    hold(
        world,
        asked(1, date(2024, 1, 8), "Ada"),
        asked(2, TODAY, "Ada"),
        asked(3, TODAY, "Bo"),
        asked(4, A_WEEK_AGO, "Cy"),
        asked(5, TODAY, "Cy"),
        asked(6, A_WEEK_AGO - timedelta(days=1), "Di"),
        asked(7, TODAY, "Di"),
        asked(8, TODAY + timedelta(days=1), "Eve"),
        asked(9, date(2022, 5, 9), "Flo"),
        asked(10, TODAY, "Flo"),
        asked(11, TODAY, asked_by=None),
    )
    assert new_on(world, "water") == (
        Newcomer(name="Cy", first_on=A_WEEK_AGO, questions=2),
        Newcomer(name="Bo", first_on=TODAY, questions=1),
    )
    assert new_on(world, "rivers") == ()


def test_each_topic_has_members_of_its_own(world: World) -> None:
    hold(
        world,
        asked(1, date(2024, 1, 8), "Ada", "the river Sample"),
        asked(2, date(2024, 1, 8), "Bo", "bathing water"),
        asked(3, TODAY, "Ada", "bathing water"),
        asked(4, TODAY, "Bo", "the rivers and bathing water"),
    )
    assert new_on(world, "water") == (Newcomer(name="Ada", first_on=TODAY, questions=1),)
    assert new_on(world, "rivers") == (Newcomer(name="Bo", first_on=TODAY, questions=1),)


@pytest.mark.parametrize(("days", "new"), [(KNOWN_FOR.days, ["Bo"]), (KNOWN_FOR.days - 1, [])])
def test_no_one_is_new_where_the_archive_has_only_begun(world: World, days: int, new: list[str]) -> None:
    hold(world, asked(1, A_WEEK_AGO - timedelta(days=days), "Ada"), asked(2, TODAY, "Bo"))
    assert [member.name for member in new_on(world, "water")] == new


def test_a_term_that_was_taken_off_the_list_tells_nothing(world: World) -> None:
    hold(world, asked(1, date(2024, 1, 8), "Ada"), asked(2, TODAY, "Bo"))
    world.config = a_config(topics=(replace(WATER, terms=("sewage",)),))
    world.pipeline().sync()
    assert new_on(world, "water") == ()


def test_members_are_those_that_a_loop_over_all_questions_finds(world: World) -> None:
    random = Random(3)  # noqa: S311 (a test that repeats)
    texts = ("bathing water", "the river Sample", "rivers and bathing water", "schools")
    days = [None, *(TODAY - timedelta(days=day) for day in range(500))]
    names = [f"Member {number}" for number in range(40)]
    hold(
        world,
        *(
            asked(
                number, random.choice(days), random.choice(names), random.choice(texts), answered_on=random.choice(days)
            )
            for number in range(150)
        ),
    )
    found = 0
    for since in (A_WEEK_AGO, TODAY, TODAY - timedelta(days=60), TODAY - timedelta(days=350)):
        for topic in TOPICS:
            expected = new_by_a_loop(world.archive, topic, since)
            assert new_on(world, topic, since) == expected
            found += len(expected)
    assert found > 10


def new_by_a_loop(archive: Archive, topic: str, since: date) -> tuple[Newcomer, ...]:
    """Look through every question on a topic for members whose first one is of the days since."""
    questions: dict[str, list[date]] = {}
    filters = Filters(topic=topic, kinds=(Kind.QUESTION.value,))
    with closing(archive.statistics.counted(None, filters, ("asker",))) as counted:
        for record in counted:
            day = record.tabled_on or record.day
            for name in record.named["asker"]:
                questions.setdefault(name, []).extend([day] if day else [])
    begin = min((day for days in questions.values() for day in days), default=TODAY)
    new = [
        Newcomer(name=name, first_on=min(days), questions=len(days))
        for name, days in questions.items()
        if days and since <= min(days) <= TODAY
    ]
    return tuple(sorted(new, key=lambda member: (-member.questions, member.name))) if begin <= since - KNOWN_FOR else ()


# -- promises ---------------------------------------------------------------------------------------------------------

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November")


def promising(number: int, day: date, plan: int, until: str, words: str) -> Proceeding:
    answer = f"We will publish plan Sample{plan} of {words} by {until}."
    return asked(number, day, words=words, tabled_on=day - timedelta(days=3), answer=answer)


def test_late_promises_are_those_that_a_loop_over_the_ledger_finds(world: World) -> None:
    random = Random(5)  # noqa: S311 (a test that repeats)
    records = []
    for number in range(80):
        day = TODAY - timedelta(days=random.randrange(10, 900))
        until = f"{random.randrange(1, 28)} {random.choice(_MONTHS)} {day.year + random.randrange(2)}"
        words = random.choice(("bathing water", "the river Sample"))
        records.append(promising(number, day, number % 40, until, words))
    hold(world, *records)
    groups = list(world.archive.promises.listing())
    for group in random.sample(groups, 12):
        state = random.choice((PromiseState.KEPT, PromiseState.DROPPED, PromiseState.OPEN))
        world.archive.promises.decide(group[-1].number, state, None, "", "Ada")
        if random.random() < 0.5:
            world.archive.promises.decide(group[0].number, PromiseState.OPEN, None, "", "Ada")
    ended = world.archive.last_years.ended_promises(TODAY - LATE_FOR, TODAY)
    assert any(len(group) > 1 for group in groups)
    for topic in TOPICS:
        found = [group[0].group for group in late_longest_first(ended[topic], TODAY)]
        assert found == late_by_a_loop(world.archive, topic)
        assert found


def late_by_a_loop(archive: Archive, topic: str) -> list[int]:
    """Look through the whole ledger for promises on a topic that became late within a year, by their first promises."""
    late = []
    with closing(archive.promises.listing(PromiseFilters(topics=(topic,)))) as groups:
        for group in groups:
            now = current(group)
            ended = now.found.due_to
            if ended and ended >= TODAY - LATE_FOR and state_on(group, TODAY) is PromiseState.OVERDUE:
                late.append((ended, now.number, now.group))
    return [first for *_, first in sorted(late)]
