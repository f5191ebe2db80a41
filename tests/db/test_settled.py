"""Marks up to which nothing is owed to a reader any more: when they move on, and when they are taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from db import settled, tables
from monitor.collect.identify import undo_merging
from monitor.model.digests import NewDigest
from monitor.model.following import FollowKind, FollowTarget
from monitor.model.records import Member
from tests.builders import ASKER, a_question, a_subscriber
from tests.db.follow_kit import OTHER_ASKER, buses
from tests.db.several_sources import tell
from tests.db.test_merging import LINK, with_two
from tests.fakes import WATER, World, a_config, at
from tests.settled import marks, wrongly_settled

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

pytestmark = pytest.mark.slow

MONDAY = date(2024, 11, 18)
DAYS = [MONDAY + timedelta(days=number) for number in range(5)]
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = DAYS[1:]


@pytest.fixture
def world(archive: Archive, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> World:
    """Make a world whose first run was on Monday at eight, and whose marks move on with each digest."""
    monkeypatch.setattr(settled, "SETTLE_EVERY", 1)
    clock.now = at(MONDAY, 8)
    world = World(archive, clock)
    assert world.run().ok
    return world


def answered(number: int, day: date, **facts: Any) -> Proceeding:
    given: dict[str, Any] = {
        "uin": f"{140000 + number}",
        "question": "What steps he is taking on bathing water.",
        "answer": "The bathing water of Sample Bay was tested.",
        "tabled_on": MONDAY,
        "answered_on": day,
    }
    return a_question(**(given | facts))


def publish_each_day(world: World, clock: Clock, days: list[date]) -> None:
    """Publish an answer on each day at ten. Each morning at nine there is a run with its digest."""
    for day in days:
        clock.now = at(day, 9)
        assert world.run().ok
        world.source.publish(answered(day.day, day))
        clock.now = at(day, 10)
        assert world.run().ok


def revision_of(world: World, key: str) -> int:
    [record] = world.archive.cross_references.find(f"q-{key}")
    with world.archive.engine.connect() as connection:
        query = select(tables.proceeding.c.latest_revision_id).where(tables.proceeding.c.id == record)
        return int(connection.execute(query).scalar_one())


def test_what_was_told_is_settled_two_days_later(world: World, clock: Clock) -> None:
    publish_each_day(world, clock, DAYS[:4])
    assert marks(world.archive.engine) == {"desk": revision_of(world, "140018")}
    assert [items for _, _, items in world.digests()] == [0, 1, 1, 1]
    assert world.pending() == {"140021": ("answered",)}
    assert wrongly_settled(world.archive.engine) == []


def test_a_correction_of_what_is_settled_is_told(world: World, clock: Clock) -> None:
    publish_each_day(world, clock, DAYS[:4])
    world.source.publish(answered(18, MONDAY, answer="The bathing water was not tested.", is_correction=True))
    clock.now = at(FRIDAY, 7)
    assert world.run().ok
    assert "140018" in world.pending()


def test_the_mark_stays_until_many_revisions_came(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_each_day(world, clock, DAYS[:4])
    before = marks(world.archive.engine)
    monkeypatch.setattr(settled, "SETTLE_EVERY", 100)
    clock.now = at(FRIDAY, 9)
    assert world.run().ok
    assert world.digests()[-1][2] == 1
    assert marks(world.archive.engine) == before


def test_nothing_is_settled_that_a_digest_left_out_or_a_term_was_not_looked_for_in(world: World, clock: Clock) -> None:
    publish_each_day(world, clock, DAYS[:2])
    engine, told = world.archive.engine, revision_of(world, "140018")
    clock.now = at(FRIDAY, 9)
    new: dict[str, Any] = {
        "subscriber": "desk",
        "kind": "skipped",
        "as_of": clock.now,
        "subject": "",
        "told_on": FRIDAY,
    }
    world.archive.digests.store(NewDigest(slot="one", **new))  # Tuesday's answer is owed
    assert marks(engine) == {"desk": told}
    owed = revision_of(world, "140019")
    [record] = world.archive.cross_references.find("q-140019")
    with engine.begin() as connection:
        connection.execute(update(tables.term).values(matched_to=told))
    world.archive.digests.store(NewDigest(slot="two", told=[(owed, record)], **new))
    assert marks(engine) == {"desk": told}
    with engine.begin() as connection:
        connection.execute(update(tables.term).values(matched_to=owed))
    world.archive.digests.store(NewDigest(slot="three", **new))
    assert marks(engine) == {"desk": owed}


def test_history_that_becomes_news_is_owed_although_it_was_settled(world: World, clock: Clock) -> None:
    sunday = MONDAY - timedelta(days=1)
    world.source.publish(*(answered(number, sunday, tabled_on=sunday - timedelta(days=9)) for number in (1, 2)))
    clock.now = at(TUESDAY, 9)
    assert world.run().ok
    assert marks(world.archive.engine) == {"desk": 2}
    assert world.pending() == {}
    assert world.archive.revisions.take_as_news(sunday) == 2
    assert marks(world.archive.engine) == {"desk": 0}
    assert set(world.pending()) == {"140001", "140002"}


def test_a_merging_and_its_undoing_take_back_the_marks_of_those_who_were_told(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    engine = archive.engine

    def settle_all() -> None:
        with engine.begin() as connection:
            connection.execute(update(tables.subscriber).values(settled_to=2))

    with engine.begin() as connection:
        [row] = connection.execute(select(tables.subscriber)).mappings().all()
        connection.execute(tables.subscriber.insert().values(**{**row, "id": row["id"] + 1, "key": "other"}))
    settle_all()
    tell(archive, LINK)
    assert marks(engine) == {"desk": 0, "other": 2}
    settle_all()
    undo_merging(archive, 1)
    assert marks(engine) == {"desk": 0, "other": 2}
    assert wrongly_settled(engine) == []


def test_a_topic_that_is_added_later_finds_this_mornings_answers(world: World, clock: Clock) -> None:
    """Answers count from the last whole digest on, and nothing after that is settled."""
    publish_each_day(world, clock, DAYS[:3])
    river = answered(7, WEDNESDAY, question="What steps he is taking on rivers.", answer="Rivers were tested.")
    world.source.publish(river)
    clock.now = at(WEDNESDAY, 16)
    assert world.run().ok
    assert "140007" not in world.pending()
    water = a_config().topics[0]
    world.config = a_config(topics=(type(water)(key=water.key, name=water.name, terms=(*water.terms, "rivers")),))
    clock.now = at(WEDNESDAY, 18)
    assert world.run().ok
    assert "140007" in world.pending()
    assert wrongly_settled(world.archive.engine) == []


# -- what is followed -------------------------------------------------------------------------------------------------


def follow_member(world: World, name: str, number: int | None) -> None:
    target = FollowTarget(kind=FollowKind.ASKER, ref=name, member_id=number)
    assert world.archive.following.follow(a_subscriber(), target)


def settle_a_question(world: World, clock: Clock, asked_by: Member) -> None:
    """Publish a question that no term finds, and let days go by until nothing up to it is owed."""
    clock.now = at(MONDAY, 8)
    world.source.publish(buses(asked_by=asked_by))
    publish_each_day(world, clock, DAYS[:4])
    assert marks(world.archive.engine)["desk"] > revision_of(world, "140001")
    assert "140001" not in world.pending()


def test_a_question_that_turns_out_to_be_of_a_followed_member_is_owed(world: World, clock: Clock) -> None:
    follow_member(world, OTHER_ASKER.name or "", OTHER_ASKER.member_id)
    settle_a_question(world, clock, ASKER)
    clock.now = at(FRIDAY, 7)
    world.source.change("140001", asked_by=OTHER_ASKER)
    assert world.run().ok
    assert wrongly_settled(world.archive.engine) == []
    assert world.pending()["140001"] == ("tabled",)


def test_a_question_whose_member_is_named_late_is_owed_to_those_who_follow_the_name(world: World, clock: Clock) -> None:
    follow_member(world, "Dee Unnumbered", None)
    settle_a_question(world, clock, Member(member_id=9008))
    named = Member(member_id=9008, name="Dee Unnumbered", party="Labour")
    world.archive.members.remember({9008: named}, FRIDAY)
    assert wrongly_settled(world.archive.engine) == []
    assert world.pending()["140001"] == ("tabled",)


def test_nothing_is_settled_in_which_a_term_of_a_followed_topic_was_not_looked_for(world: World, clock: Clock) -> None:
    trams = replace(WATER, key="trams", name="Trams", terms=("tram",))
    world.config = a_config(topics=(WATER, trams))
    target = FollowTarget(kind=FollowKind.BODY, ref="Home Office", topic="trams")
    assert world.archive.following.follow(a_subscriber(), target)
    publish_each_day(world, clock, DAYS[:2])
    [number] = (row.number for row in world.archive.following.listing())
    engine, told = world.archive.engine, revision_of(world, "140018")
    of_trams = (
        tables.term.c.topic_id == select(tables.topic.c.id).where(tables.topic.c.key == "trams").scalar_subquery()
    )
    with engine.begin() as connection:
        connection.execute(update(tables.subscriber).values(settled_to=0))
        connection.execute(update(tables.term).where(of_trams).values(matched_to=told - 1))
    new: dict[str, Any] = {
        "subscriber": "desk",
        "kind": "skipped",
        "as_of": clock.now,
        "subject": "",
        "told_on": FRIDAY,
    }
    clock.now = at(FRIDAY, 9)
    world.archive.digests.store(NewDigest(slot="one", **new))
    assert marks(engine) == {"desk": told - 1}
    assert world.archive.following.unfollow("desk", number)
    world.archive.digests.store(NewDigest(slot="two", **new))
    assert marks(engine) == {"desk": told}
