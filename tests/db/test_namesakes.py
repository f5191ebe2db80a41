"""Readers who get the id of a removed one: they inherit nothing that somebody else was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db import tables
from tests.builders import a_subscriber
from tests.db.follow_kit import last_text, record, row_of
from tests.db.test_pending import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    answered,
    asked,
    run_at,
)
from tests.fakes import World, a_config, at

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.watching import Subscriber
    from tests.fakes import Clock

OTHER = a_subscriber(key="other", name="Other", email="other@example.org")
NAMESAKE = a_subscriber(name="Namesake", email="namesake@example.net")
FORMER = "desk (removed 1)"


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    clock.now = at(MONDAY, 8)
    world = World(archive, clock)
    assert world.run().ok
    return world


def replace_desk(world: World, clock: Clock, reader: Subscriber = NAMESAKE) -> None:
    """Remove the desk on Wednesday, and give its id to a reader on Thursday."""
    for day, subscriber in ((WEDNESDAY, OTHER), (THURSDAY, reader)):
        world.config = a_config(subscribers=(subscriber,))
        run_at(world, clock, day)


def keys(world: World) -> list[tuple[str, str]]:
    reader = tables.subscriber
    with world.archive.engine.connect() as connection:
        rows = connection.execute(select(reader.c.key, reader.c.email).order_by(reader.c.id)).all()
    return [(row.key, row.email) for row in rows]


def test_a_namesake_follows_no_question_that_somebody_else_was_told(world: World, clock: Clock) -> None:
    world.source.publish(asked(1))
    run_at(world, clock, TUESDAY)
    replace_desk(world, clock)
    unwatched = {"question": "What steps on nothing.", "answer": "No words here.", "answered_on": THURSDAY}
    world.source.publish(answered(1, **unwatched))
    run_at(world, clock, FRIDAY)
    assert world.digests() == [("2024-11-21T07:30", "empty", 0), ("2024-11-22T07:30", "empty", 0)]


def test_a_namesake_reads_of_no_digest_that_they_did_not_have(world: World, clock: Clock) -> None:
    world.source.publish(answered(1))
    run_at(world, clock, TUESDAY)
    replace_desk(world, clock)
    world.source.publish(answered(1, corrected_on=THURSDAY, answer="The bathing water was not tested."))
    run_at(world, clock, FRIDAY)
    assert world.digests()[-1] == ("2024-11-22T07:30", "mailed", 1)
    assert "your digest" not in last_text(world)


def test_a_namesake_is_told_that_a_question_is_late(world: World, clock: Clock) -> None:
    world.source.publish(asked(1, date_for_answer=TUESDAY, named_day=True))
    run_at(world, clock, TUESDAY)
    run_at(world, clock, WEDNESDAY)
    assert "140001" in last_text(world)
    replace_desk(world, clock)
    run_at(world, clock, FRIDAY)
    assert world.post.sent[-1][0] == NAMESAKE.email
    assert "140001" in last_text(world)


def test_what_a_namesake_and_the_former_reader_had_stays_apart(world: World, clock: Clock) -> None:
    world.source.publish(answered(1))
    run_at(world, clock, TUESDAY)
    replace_desk(world, clock)
    digests = world.archive.digests
    assert {row.as_of.date() for row in digests.listing(subscriber="desk")} == {THURSDAY}
    assert {row.as_of.date() for row in digests.listing(subscriber=FORMER)} == {MONDAY, TUESDAY}
    [mention] = digests.mentions(row_of(world, "140001"))
    assert mention.subscriber == "Policy desk"
    assert keys(world) == [(FORMER, "policy@example.org"), ("other", OTHER.email), ("desk", NAMESAKE.email)]


def test_a_reader_with_the_same_address_keeps_what_they_had(world: World, clock: Clock) -> None:
    world.source.publish(answered(1))
    run_at(world, clock, TUESDAY)
    replace_desk(world, clock, a_subscriber(email="Policy@Example.org"))
    world.source.publish(answered(1, corrected_on=THURSDAY, answer="The bathing water was not tested."))
    run_at(world, clock, FRIDAY)
    assert [slot for slot, *_ in world.digests()] == [f"{day}T07:30" for day in (MONDAY, TUESDAY, THURSDAY, FRIDAY)]
    assert "your digest of 19 November" in last_text(world)


def test_a_reader_whose_address_changes_stays_the_same(world: World, clock: Clock) -> None:
    world.config = a_config(subscribers=(NAMESAKE,))
    run_at(world, clock, TUESDAY)
    assert keys(world) == [("desk", NAMESAKE.email)]


def test_a_namesake_may_follow_before_a_run_knows_them(world: World, clock: Clock) -> None:
    world.source.publish(asked(1))
    world.config = a_config(subscribers=(OTHER,))
    run_at(world, clock, TUESDAY)
    world.archive.following.follow(NAMESAKE, record(world, "140001"))
    assert keys(world)[0] == (FORMER, "policy@example.org")
    assert [follow.subscriber for follow in world.archive.following.listing("desk")] == ["desk"]


def test_the_key_of_a_removed_reader_is_one_that_no_one_has(world: World, clock: Clock) -> None:
    long = "x" * 200
    third = a_subscriber(key=FORMER, name="Third", email="third@example.org")
    for day, readers in (
        (TUESDAY, [third, a_subscriber(key=long, name="Long", email="long@example.org")]),
        (WEDNESDAY, [third]),
        (THURSDAY, [third, NAMESAKE, a_subscriber(key=long, name="Long", email="length@example.org")]),
    ):
        world.config = a_config(subscribers=tuple(readers))
        run_at(world, clock, day)
    former = [key for key, email in keys(world) if email in ("policy@example.org", "long@example.org")]
    assert former[0] == "desk (removed 2)"
    assert former[1].startswith("x" * 150 + " (removed ")
    run_at(world, clock, FRIDAY)
    assert keys(world)[0] == ("desk (removed 2)", "policy@example.org")
