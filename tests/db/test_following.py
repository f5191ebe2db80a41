"""Following: everything that happens to what is followed is told once, and nothing of the past."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest

from monitor.model.following import FollowKind, FollowTarget
from monitor.model.records import Member
from monitor.research.following import UnknownTargetError, find_followed, find_target
from monitor.terms.vocabulary import Lexicon, merge_equivalents
from tests.builders import ASKER, a_subscriber
from tests.db.follow_kit import (
    DESK,
    FRIDAY,
    MONDAY,
    OTHER_ASKER,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    buses,
    follow,
    last_text,
    record,
    run_at,
    unfollow_all,
    water,
)
from tests.fakes import WATER, World, a_config, at

if TYPE_CHECKING:
    from db.archive import Archive
    from tests.fakes import Clock

pytestmark = pytest.mark.slow


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    """Make a world that was read on Monday and Tuesday, with a question that no term finds."""
    clock.now = at(MONDAY, 8)
    world = World(archive, clock)
    world.source.publish(buses())
    assert world.run().ok
    run_at(world, clock, TUESDAY, 8)
    assert not world.post.sent
    return world


def test_an_answer_to_a_followed_question_is_told_once_without_a_match(world: World, clock: Clock) -> None:
    follow(world, "140001")
    world.source.change("140001", answer="Buses run hourly.", answered_on=TUESDAY)
    run_at(world, clock, TUESDAY, 12)
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "mailed", 1)
    assert "Why: you follow this question" in last_text(world)
    assert "Buses run hourly." in last_text(world)
    run_at(world, clock, THURSDAY)
    assert len(world.post.sent) == 1


def test_a_member_who_has_another_name_is_followed_once_and_found_by_either(
    world: World, archive: Archive, clock: Clock
) -> None:
    before = Member(member_id=9007, name="Ann Sample", party="Labour", constituency="Mid Sample")
    world.source.publish(buses(2, asked_by=before))
    run_at(world, clock, TUESDAY, 12)
    assert archive.following.follow(DESK, find_target(archive, "Ann Sample").target)
    world.source.publish(buses(3, asked_by=replace(before, name="Ann Young"), tabled_on=TUESDAY))
    run_at(world, clock, WEDNESDAY)
    assert not archive.following.follow(DESK, find_target(archive, "Ann Young").target)
    [followed] = archive.following.listing(DESK.key)
    for words in ("Ann Young", "member:9007", "Ann Sample"):
        assert find_followed(archive, [followed], words) == followed
    unfollow_all(world)
    with pytest.raises(UnknownTargetError, match="'Ann Young' is not followed"):
        find_followed(archive, archive.following.listing(DESK.key), "Ann Young")


def test_following_does_not_open_the_past(world: World, clock: Clock) -> None:
    world.source.change("140001", answer="Buses run hourly.", answered_on=TUESDAY)
    run_at(world, clock, TUESDAY, 12)
    follow(world, "140001")
    run_at(world, clock, WEDNESDAY)
    assert world.pending() == {}
    assert not world.post.sent


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"body": "Home Office", "body_id": 1}, "Transferred"),
        ({"question": "What steps she is taking on trams and buses."}, "Reworded"),
        ({"is_withdrawn": True}, "Withdrawn"),
    ],
)
def test_each_change_of_a_followed_question_is_told_as_a_change(
    world: World, clock: Clock, facts: dict[str, object], said: str
) -> None:
    follow(world, "140001")
    world.source.change("140001", **facts)
    run_at(world, clock, WEDNESDAY)
    assert said.upper() in last_text(world)
    assert "Why: you follow this question" in last_text(world)


def test_a_heading_is_no_news_of_a_followed_question(world: World, clock: Clock) -> None:
    follow(world, "140001")
    world.source.change("140001", heading="Buses: Sample Vale")
    run_at(world, clock, WEDNESDAY)
    assert not world.post.sent


def test_a_correction_of_an_answer_that_was_there_when_it_was_followed_is_told_against_it(
    world: World, clock: Clock
) -> None:
    world.source.change("140001", answer="Buses run hourly.", answered_on=TUESDAY)
    run_at(world, clock, TUESDAY, 12)
    follow(world, "140001")
    world.source.change("140001", answer="Buses run daily.", corrected_on=WEDNESDAY, is_correction=True)
    run_at(world, clock, WEDNESDAY, 12)
    run_at(world, clock, THURSDAY)
    text = last_text(world)
    assert "Buses run *hourly.*" in text or "*hourly.*" in text
    assert "Changed since you read it".upper() in text.upper()


def test_an_answer_that_is_followed_before_its_digest_comes_is_told_as_news(world: World, clock: Clock) -> None:
    world.source.publish(water(2, answered_on=TUESDAY))
    run_at(world, clock, TUESDAY, 12)
    world.source.change("140002", answer="The bathing water was not tested.", corrected_on=TUESDAY, is_correction=True)
    run_at(world, clock, TUESDAY, 13)
    follow(world, "140002")
    run_at(world, clock, WEDNESDAY)
    text = last_text(world)
    assert "A The *bathing water* was *not* tested." in text
    assert "You had it" not in text
    assert "unchanged" not in text


def test_a_question_of_a_followed_member_is_told_even_to_a_reader_without_new_questions(
    world: World, clock: Clock
) -> None:
    world.config = a_config(subscribers=(replace(DESK, new_questions=False),))
    target = FollowTarget(kind=FollowKind.ASKER, ref=ASKER.name or "", member_id=ASKER.member_id)
    assert world.archive.following.follow(DESK, target)
    assert not world.archive.following.follow(DESK, target)
    world.source.publish(buses(2, tabled_on=TUESDAY), buses(3, tabled_on=TUESDAY, asked_by=OTHER_ASKER))
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "mailed", 1)
    assert "you follow what Ada Example asks" in last_text(world)
    world.source.change("140002", answer="Hourly.", answered_on=WEDNESDAY)
    run_at(world, clock, THURSDAY)
    assert "140002" in last_text(world)


def test_a_member_without_a_number_is_followed_by_name(world: World, clock: Clock) -> None:
    target = FollowTarget(kind=FollowKind.ASKER, ref="Dee Unnumbered")
    assert world.archive.following.follow(DESK, target)
    world.source.publish(buses(2, tabled_on=TUESDAY, asked_by=Member(name="dee unnumbered")))
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "mailed", 1)


def test_a_body_is_followed_on_a_topic_that_the_reader_does_not_get(world: World, clock: Clock) -> None:
    trams = replace(WATER, key="trams", name="Trams", terms=("tram",))
    world.config = a_config(topics=(WATER, trams))
    home = {"body": "Home Office", "body_id": 1, "tabled_on": TUESDAY}
    target = FollowTarget(kind=FollowKind.BODY, ref="Home Office", topic="trams")
    assert world.archive.following.follow(DESK, target)
    world.source.publish(
        buses(2, question="What is done for trams.", **home),
        buses(3, **home),
        buses(4, question="What is done for trams.", tabled_on=TUESDAY),
    )
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "mailed", 1)
    assert "140002" in last_text(world)
    assert "Why: you follow Home Office on trams" in last_text(world)


@pytest.mark.parametrize("change", ["term", "equivalents"])
def test_a_new_term_of_a_topic_that_is_followed_of_a_body_does_not_open_the_past(
    world: World, clock: Clock, change: str
) -> None:
    home = {"body": "Home Office", "body_id": 1, "question": "What is done for trolleys.", "tabled_on": TUESDAY}
    trams = replace(WATER, key="trams", name="Trams", terms=("tram",))
    world.config = a_config(topics=(WATER, trams))
    target = FollowTarget(kind=FollowKind.BODY, ref="Home Office", topic="trams")
    assert world.archive.following.follow(DESK, target)
    world.source.publish(buses(2, **home), water(3, tabled_on=TUESDAY, answered_on=TUESDAY))
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "mailed", 1)
    world.source.publish(buses(4, **home | {"tabled_on": WEDNESDAY}))
    run_at(world, clock, WEDNESDAY, 18)
    assert world.pending() == {}
    clock.now, lexicon = at(WEDNESDAY, 20), Lexicon()
    if change == "term":
        world.config = a_config(topics=(WATER, replace(trams, terms=("tram", "trolley"))))
    else:
        lexicon = Lexicon(merge_equivalents([("tram", "trolley")]))
    assert replace(world.pipeline(), lexicon=lambda: lexicon).run().ok
    assert world.pending() == {"140004": ("tabled",)}


def test_a_later_answer_that_refers_to_a_followed_one_is_told(world: World, clock: Clock) -> None:
    world.source.change("140001", answer="Buses run hourly.", answered_on=TUESDAY)
    run_at(world, clock, TUESDAY, 12)
    follow(world, "140001")
    refers = "I refer the hon. Member to the answer given on 19 November 2024 to Question 140001."
    facts = {"asked_by": OTHER_ASKER, "answered_on": WEDNESDAY, "tabled_on": TUESDAY, "heading": "Trams"}
    world.source.publish(buses(2, answer=refers, **facts), buses(3, answer="No.", **facts))
    run_at(world, clock, THURSDAY)
    assert world.digests()[-1] == ("2024-11-21T07:30", "mailed", 1)
    assert "it refers to UIN 140001, which you follow" in last_text(world)
    run_at(world, clock, FRIDAY)
    assert len(world.post.sent) == 1


def test_a_question_that_is_followed_no_more_is_told_no_more(world: World, clock: Clock) -> None:
    follow(world, "140001")
    unfollow_all(world)
    world.source.change("140001", answer="Buses run hourly.", answered_on=TUESDAY)
    run_at(world, clock, WEDNESDAY)
    assert not world.post.sent


def test_of_what_was_sent_before_only_changes_of_its_text_are_told_after_the_end(world: World, clock: Clock) -> None:
    follow(world, "140001")
    world.source.change("140001", body="Home Office", body_id=1)
    run_at(world, clock, WEDNESDAY)
    unfollow_all(world)
    world.source.change("140001", answer="Buses run hourly.", answered_on=WEDNESDAY)
    run_at(world, clock, THURSDAY)
    assert len(world.post.sent) == 1
    follow(world, "140001")
    world.source.change("140001", answer="Buses run daily.", corrected_on=THURSDAY, is_correction=True)
    run_at(world, clock, THURSDAY, 18)
    run_at(world, clock, FRIDAY)
    assert len(world.post.sent) == 2
    unfollow_all(world)
    world.source.change("140001", answer="Buses run weekly.", corrected_on=FRIDAY)
    run_at(world, clock, FRIDAY, 18)
    assert world.pending() == {"140001": ("corrected",)}


def test_a_follow_of_a_paused_reader_waits(world: World, clock: Clock) -> None:
    follow(world, "140001")
    world.config = a_config(subscribers=(replace(DESK, paused=True),))
    world.source.publish(water())
    world.source.change("140001", answer="Buses run hourly.", answered_on=WEDNESDAY)
    run_at(world, clock, WEDNESDAY, 12)
    run_at(world, clock, THURSDAY)
    assert not world.post.sent
    world.config = a_config()
    run_at(world, clock, FRIDAY)
    text = last_text(world)
    assert "Buses run hourly." in text
    assert "1 item that came meanwhile is not included" in text


def test_a_reader_who_was_removed_and_comes_back_follows_nothing(world: World, clock: Clock) -> None:
    follow(world, "140001")
    world.config = a_config(subscribers=(a_subscriber(key="other", email="other@example.org"),))
    run_at(world, clock, WEDNESDAY)
    world.config = a_config()
    run_at(world, clock, THURSDAY)
    assert world.archive.following.listing("desk") == []
    follow(world, "140001")
    [followed] = world.archive.following.listing()
    assert (followed.subscriber, followed.target.ref, followed.record and followed.record.id) == (
        "desk",
        "q-140001",
        "q-140001",
    )


def test_a_reader_and_a_topic_that_no_run_has_seen_yet_can_be_followed_for(archive: Archive, clock: Clock) -> None:
    clock.now = at(MONDAY, 7)
    world = World(archive, clock)
    target = FollowTarget(kind=FollowKind.BODY, ref="Home Office", topic="water")
    assert archive.following.follow(DESK, target)
    assert world.run().ok
    world.source.publish(water(body="Home Office", body_id=1))
    run_at(world, clock, TUESDAY)
    assert "Why: you follow Home Office on Water" in last_text(world)


def test_a_followed_question_without_a_term_is_told_when_it_is_late(world: World, clock: Clock) -> None:
    follow(world, "140001")
    run_at(world, clock, FRIDAY.replace(day=25))
    assert world.digests()[-1][1] == "mailed"
    assert "NEWLY LATE" in last_text(world)
    assert "Why: you follow this question" in last_text(world)


def test_who_is_followed_is_found_by_name_or_number(world: World) -> None:
    following = world.archive.following
    [asker] = following.find_askers(["Ada Example"])
    assert (asker.name, asker.member_id, asker.questions) == ("Ada Example", 9001, 1)
    assert following.find_asker(9001) == asker
    assert following.find_asker(1) is None
    assert following.find_askers(["no one"]) == []
    assert following.find_promise("p-0000000000") is None
    assert not following.unfollow("desk", 99)
    assert record(world, "140001").ref == "q-140001"


def test_who_is_forgotten_and_comes_back_within_a_slot_gets_a_digest_with_an_id_of_its_own(
    world: World, clock: Clock
) -> None:
    world.source.publish(water(1))
    run_at(world, clock, WEDNESDAY)
    world.archive.outbox.forget(DESK.email)
    clock.now = at(WEDNESDAY, 14)
    world.archive.watch_list.sync_subscribers(world.config.readers)  # they are back
    world.source.publish(water(2, answered_on=WEDNESDAY))
    run_at(world, clock, WEDNESDAY, hour=15)
    ids = [message_from_bytes(message)["Message-ID"] for _, message in world.post.sent]
    assert len(ids) == len(set(ids)) == 2
