"""Rules for what a digest must contain, each tried over all stages, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from db import tables
from db.cross_references import questions_by_uin
from db.pending import _TOLD_BEFORE, _on_topics
from monitor.config.settings import ScheduleSettings
from monitor.errors import ArchiveError
from monitor.model.digests import SUPPLEMENT, NewDigest
from monitor.model.following import MuteKind
from monitor.model.records import Event
from monitor.model.watching import Topic
from monitor.parliament.lifecycle import REPORTED_EVENTS
from monitor.terms.vocabulary import Lexicon, merge_equivalents
from tests.builders import a_question, a_subscriber
from tests.db.row_copies import put_rows, rows_of
from tests.fakes import WATER, FakeFileSource, World, a_config, at

if TYPE_CHECKING:
    from sqlalchemy import Select

    from db.archive import Archive
    from monitor.model.records import Proceeding
    from tests.db.row_copies import Rows
    from tests.fakes import Clock

pytestmark = pytest.mark.slow

MONDAY = date(2024, 11, 18)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in range(1, 5))
NEXT_MONDAY = MONDAY + timedelta(days=7)
TEXT = "The bathing water of Sample Bay was tested."
OTHER = Topic(key="rivers", name="Rivers", terms=("river",))


def asked(number: int = 1, **facts: object) -> Proceeding:
    """Return a question about bathing water, tabled on Monday and not answered yet."""
    given: dict[str, object] = {
        "uin": f"{140000 + number}",
        "question": "What steps he is taking on bathing water.",
        "answer": None,
        "tabled_on": MONDAY,
        "date_for_answer": FRIDAY,
    }
    return a_question(**(given | facts))


def answered(number: int = 1, **facts: object) -> Proceeding:
    given: dict[str, object] = {"answer": TEXT, "answered_on": MONDAY}
    return asked(number, **(given | facts))


@pytest.fixture(scope="module")
def begun() -> dict[str, Rows]:
    """Return the rows that the first run of `world` leaves, by database. `world` fills it."""
    return {}


@pytest.fixture
def world(archive: Archive, clock: Clock, begun: dict[str, Rows]) -> World:
    """Make a world whose first run was on Monday at eight, with nothing published."""
    clock.now = at(MONDAY, 8)
    world = World(archive, clock)
    kind = archive.engine.dialect.name
    if kind in begun:
        put_rows(archive.engine, begun[kind])
        clock.tick(seconds=1)
    else:
        assert world.run().ok
        begun[kind] = rows_of(archive.engine)
    assert world.digests() == [("2024-11-18T07:30", "empty", 0)]
    return world


def run_at(world: World, clock: Clock, day: date, hour: int = 9, minute: int = 0) -> None:
    clock.now = at(day, hour, minute)
    assert world.run().ok


def test_an_answer_is_mailed_once(world: World, clock: Clock) -> None:
    world.source.publish(answered())
    run_at(world, clock, MONDAY, 18)
    assert world.pending() == {"140001": ("answered",)}
    run_at(world, clock, TUESDAY)
    assert world.digests()[-1] == ("2024-11-19T07:30", "mailed", 1)
    assert world.pending() == {}
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "empty", 0)


def test_news_that_was_read_before_and_stored_after_other_news_is_owed(world: World, clock: Clock) -> None:
    world.source.publish(answered(1), answered(2))
    run_at(world, clock, MONDAY, 18)
    first, last = tables.revision.c.id, clock.now + timedelta(seconds=5)
    with world.archive.engine.begin() as connection:
        lowest = connection.execute(select(func.min(first))).scalar_one()
        connection.execute(update(tables.revision).where(first == lowest).values(seen_at=last))
    assert world.pending() == {"140001": ("answered",), "140002": ("answered",)}


@pytest.mark.parametrize("dialect", ["sqlite"])  # PostgreSQL plans by what it knows of the tables
@pytest.mark.parametrize(
    ("query", "step"),
    [
        (_on_topics(was_paused=False, had_digest=True), "ix_match_term_revision (term_id=? AND revision_id>?)"),
        (_TOLD_BEFORE, "revision USING INTEGER PRIMARY KEY (rowid>?)"),
        (_TOLD_BEFORE, "digest_item USING INDEX ix_digest_item_told (subscriber_id=? AND proceeding_id=?)"),
    ],
)
def test_what_is_owed_is_found_without_a_look_at_the_past(archive: Archive, query: Select[Any], step: str) -> None:
    compiled = query.compile(archive.engine)
    values = {"reader": 1, "added_at": at(MONDAY, 8), "composed_at": at(MONDAY, 8), "first": 1}
    with archive.engine.connect() as connection:
        plan = connection.exec_driver_sql(
            f"explain query plan {compiled}", tuple(str(values.get(name, 0)) for name in compiled.positiontup or ())
        ).all()
    steps = [str(row[-1]) for row in plan]
    assert any(step in found for found in steps), steps


def test_a_second_run_in_a_slot_sends_nothing(world: World, clock: Clock) -> None:
    run_at(world, clock, TUESDAY, 8)
    world.source.publish(answered(answered_on=TUESDAY))
    run_at(world, clock, TUESDAY, 9)
    run_at(world, clock, TUESDAY, 23)
    assert [slot for slot, _, _ in world.digests()] == ["2024-11-18T07:30", "2024-11-19T07:30"]
    assert len(world.post.sent) == 0
    assert world.pending() == {"140001": ("answered",)}


def test_a_laptop_that_slept_makes_one_catch_up_digest(world: World, clock: Clock) -> None:
    for number, day in enumerate((MONDAY, TUESDAY, WEDNESDAY), 1):
        world.source.publish(answered(number, answered_on=day))
    run_at(world, clock, FRIDAY, 14)
    assert world.digests()[1:] == [("2024-11-22T07:30", "mailed", 3)]


def test_a_new_term_finds_answers_since_the_last_digest_and_not_earlier_ones(world: World, clock: Clock) -> None:
    world.config = a_config(topics=(replace(WATER, terms=("sewage",)),))
    world.source.publish(answered(1))
    run_at(world, clock, TUESDAY, 8)  # Tuesday's digest, without the answer
    world.source.publish(answered(2, answered_on=TUESDAY))
    run_at(world, clock, TUESDAY, 18)
    clock.now = at(WEDNESDAY, 6)
    world.config = a_config()
    world.pipeline().sync()
    run_at(world, clock, WEDNESDAY, 7, 45)
    assert world.pending() == {}
    assert world.digests()[-1] == ("2024-11-20T07:30", "mailed", 1)
    assert b"140002" in world.post.sent[-1][1]
    assert b"140001" not in world.post.sent[-1][1]


@pytest.mark.parametrize("had_digest", [True, False])
def test_new_equivalents_find_answers_since_the_last_digest_and_not_earlier_ones(
    world: World, clock: Clock, had_digest: bool
) -> None:
    sewage = replace(WATER, terms=("sewage",))
    cadence = "daily" if had_digest else "weekly"
    world.config = a_config(topics=(sewage,), subscribers=(a_subscriber(key="new", cadence=cadence),))
    run_at(world, clock, MONDAY, 18)
    world.source.publish(answered(1))
    run_at(world, clock, TUESDAY, 8)  # of a daily reader the digest of Tuesday, without the answer
    world.source.publish(answered(2, answered_on=TUESDAY))
    run_at(world, clock, TUESDAY, 18)
    clock.now = at(WEDNESDAY, 7, 15)
    lexicon = Lexicon(merge_equivalents([("sewage", "bathing water")]))
    assert replace(world.pipeline(), lexicon=lambda: lexicon).run().ok
    expected = {"140002": ("answered",)}
    assert world.pending("new") == (expected if had_digest else {"140001": ("answered",), **expected})


def test_the_same_rule_holds_for_matches_that_a_new_term_finds_through_the_index(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.matches._SHORT", 0)
    monkeypatch.setattr("db.matches._FOR_A_TERM", 0)
    world.config = a_config(topics=(replace(WATER, terms=("sewage",)),))
    others = [asked(number, question="What steps he is taking on buses.") for number in range(10, 18)]
    world.source.publish(answered(1), *others)
    run_at(world, clock, TUESDAY, 8)
    world.source.publish(answered(2, answered_on=TUESDAY))
    run_at(world, clock, TUESDAY, 18)
    clock.now = at(WEDNESDAY, 6)
    world.config = a_config()
    world.pipeline().sync()
    clock.now = at(WEDNESDAY, 7, 45)
    report = world.run()
    assert report.stages["match"]["revisions"] == 2  # of ten
    assert world.digests()[-1] == ("2024-11-20T07:30", "mailed", 1)
    assert b"140002" in world.post.sent[-1][1]
    assert b"140001" not in world.post.sent[-1][1]


def test_news_that_a_supplement_leaves_out_stays_pending(world: World, clock: Clock) -> None:
    """A term that is added between a digest and its supplement finds what came between them."""
    run_at(world, clock, TUESDAY, 8)
    world.source.publish(
        answered(1), answered(8, question="What was done.", answer="The weir was mended.", answered_on=TUESDAY)
    )
    world.source.failing = {"140001"}
    clock.now = at(TUESDAY, 9)
    assert world.run().failures
    clock.now = at(TUESDAY, 9, 30)
    terms = (*WATER.terms, "weir")
    world.config = replace(world.config, topics=(replace(WATER, terms=terms),))
    world.archive.digests.store(
        NewDigest(
            subscriber="desk", slot=f"{TUESDAY}T07:30{SUPPLEMENT}", kind="mailed", as_of=clock.now, subject="x",
            told_on=TUESDAY,
        )
    )  # fmt: skip
    world.run()
    assert "140008" in world.pending()


def test_matches_of_a_removed_term_are_still_mailed(world: World, clock: Clock) -> None:
    world.source.publish(answered())
    run_at(world, clock, MONDAY, 18)
    world.config = a_config(topics=(replace(WATER, terms=("sewage",)),))
    run_at(world, clock, TUESDAY)
    assert world.digests()[-1] == ("2024-11-19T07:30", "mailed", 1)


def test_a_change_of_what_was_told_is_shown_though_only_an_earlier_one_matches(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    run_at(world, clock, MONDAY, 18)
    run_at(world, clock, TUESDAY)
    [key] = world.source.published
    kites = "What steps he is taking on kites."
    world.source.change(key, question=kites, answer=TEXT, answered_on=TUESDAY)
    run_at(world, clock, TUESDAY, 18)
    world.source.change(key, answer="Kites were tested.", is_correction=True, corrected_on=TUESDAY)
    run_at(world, clock, TUESDAY, 19)
    [item] = world.archive.pending.items("desk")
    assert [revision.proceeding.answer for revision in item.revisions] == [TEXT, "Kites were tested."]
    assert item.newest.proceeding.answer == "Kites were tested."
    assert item.matches == ()


def test_an_answer_that_was_not_told_is_shown_as_it_matches(world: World, clock: Clock) -> None:
    world.source.publish(answered(question="What steps he is taking on kites."))
    run_at(world, clock, MONDAY, 18)
    [key] = world.source.published
    world.source.change(key, answer="Kites were tested.", is_correction=True, corrected_on=MONDAY)
    run_at(world, clock, MONDAY, 19)
    [item] = world.archive.pending.items("desk")
    assert item.newest.proceeding.answer == TEXT
    assert item.latest is not None
    assert item.latest.proceeding.answer == "Kites were tested."
    run_at(world, clock, TUESDAY)
    assert b"corrected since" in world.post.sent[-1][1]


@pytest.mark.parametrize("is_muted", [False, True])
def test_what_one_source_takes_back_is_told_though_another_has_it(world: World, clock: Clock, is_muted: bool) -> None:
    """The record goes by the source that goes furthest, and that revision stands in a digest already."""
    files = FakeFileSource()
    world.files = (files,)
    world.source.publish(asked())
    run_at(world, clock, MONDAY, 18)
    run_at(world, clock, TUESDAY)
    if is_muted:
        world.archive.choices.mute(a_subscriber(), MuteKind.TERM, "bathing water", WEDNESDAY)
    same: dict[str, Any] = {"id": "t-1", "source": "theyworkforyou", "keys": (f"uin:commons:{MONDAY}:140001",)}
    files.publish("a.xml", TUESDAY, answered(answered_on=TUESDAY, **same))
    run_at(world, clock, WEDNESDAY)
    world.source.publish(answered(answered_on=TUESDAY))
    run_at(world, clock, THURSDAY)
    world.source.publish(asked())
    run_at(world, clock, FRIDAY)
    assert world.digests()[-1] == ("2024-11-22T07:30", "mailed", 1)
    assert (
        b"no longer there" in world.post.sent[-1][1]
    ) is not is_muted  # who was not sent the answer has the question
    assert world.pending() == {}


def test_a_correction_that_one_source_takes_back_is_not_told_as_the_other_has_it(world: World, clock: Clock) -> None:
    files = FakeFileSource()
    world.files = (files,)
    same: dict[str, Any] = {"id": "t-1", "source": "theyworkforyou", "keys": (f"uin:commons:{MONDAY}:140001",)}
    correction: dict[str, Any] = {"answer": f"{TEXT} Twice.", "corrected_on": TUESDAY, "is_correction": True}
    world.source.publish(answered())
    run_at(world, clock, TUESDAY)
    world.source.publish(answered(**correction))
    run_at(world, clock, TUESDAY, 18)
    files.publish("a.xml", TUESDAY, answered(**same, **correction))
    run_at(world, clock, WEDNESDAY)
    world.source.publish(answered())
    run_at(world, clock, THURSDAY)
    mail = b" ".join(world.post.sent[-1][1].split())
    assert b"The correction was taken back." in mail


def test_a_new_subscriber_gets_no_earlier_news(world: World, clock: Clock) -> None:
    world.source.publish(answered(1))
    run_at(world, clock, MONDAY, 18)
    world.config = a_config(subscribers=(a_subscriber(), a_subscriber(key="new", name="New colleague")))
    run_at(world, clock, TUESDAY)
    assert world.digests("new") == [("2024-11-19T07:30", "empty", 0)]
    world.source.publish(answered(2, answered_on=TUESDAY))
    run_at(world, clock, WEDNESDAY)
    assert world.digests("new")[-1] == ("2024-11-20T07:30", "mailed", 1)


def test_a_subscriber_who_comes_back_gets_no_news_of_their_absence(world: World, clock: Clock) -> None:
    world.source.publish(asked(1))
    run_at(world, clock, TUESDAY)
    assert world.digests()[-1][1] == "mailed"
    world.config = a_config(subscribers=(a_subscriber(key="other", name="Other"),))
    world.source.publish(answered(1, answered_on=TUESDAY), answered(2, answered_on=TUESDAY))
    run_at(world, clock, WEDNESDAY)
    world.config = a_config()
    run_at(world, clock, THURSDAY)
    assert world.digests()[-1] == ("2024-11-21T07:30", "empty", 0)
    world.source.publish(answered(1, answered_on=TUESDAY, corrected_on=THURSDAY, answer="Corrected."))
    run_at(world, clock, FRIDAY)
    assert world.digests()[-1] == ("2024-11-22T07:30", "mailed", 1)


def test_a_newly_subscribed_topic_brings_no_earlier_news(world: World, clock: Clock) -> None:
    world.config = a_config(topics=(WATER, OTHER))
    world.source.publish(answered(1, question="What he does about the river.", answer="Nothing."))
    run_at(world, clock, TUESDAY)
    world.config = a_config(topics=(WATER, OTHER), subscribers=(a_subscriber(topics=("water", "rivers")),))
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "empty", 0)


def test_a_quiet_digest_counts_what_came_before_a_topic_was_listed(world: World, clock: Clock) -> None:
    both = (WATER, OTHER)
    river = "What he does about the river."
    world.config = a_config(topics=both)
    world.source.publish(
        answered(1, question=river, answer="Nothing."),
        asked(2, question=river),  # it waits for an answer: the mail says so elsewhere
        answered(3),
    )
    run_at(world, clock, TUESDAY)
    readers = (
        a_subscriber(topics=("water", "rivers"), quiet_days=True),
        a_subscriber(key="ada", topics=("rivers",), quiet_days=True, waiting=False),
        a_subscriber(key="bob", topics=("rivers",), waiting=False),
    )
    world.config = a_config(topics=both, subscribers=readers)
    clock.now = at(TUESDAY, 18)
    world.pipeline().sync()
    pending = world.archive.pending
    assert [pending.came_before(reader.key, MONDAY, TUESDAY) for reader in readers] == [1, 1, 1]
    assert pending.came_before("desk", TUESDAY, TUESDAY) == 0
    assert pending.came_before("nobody", MONDAY, TUESDAY) == 0
    run_at(world, clock, TUESDAY, 18)  # the desk had its digest of the day
    assert [pending.came_before(reader.key, MONDAY, TUESDAY) for reader in readers] == [1, 0, 0]
    mail = b" ".join(world.post.sent[-1][1].split())
    assert b"Nothing new on your topics" in mail
    assert b"1 record of these days that came before your topic was on your list is not" in mail


def test_a_pause_ends_with_a_count(world: World, clock: Clock) -> None:
    world.source.publish(answered(1))
    run_at(world, clock, MONDAY, 18)  # pending when the pause begins
    world.config = a_config(subscribers=(a_subscriber(paused=True),))
    world.source.publish(answered(2, answered_on=TUESDAY), answered(3, answered_on=TUESDAY, question="?", answer="No."))
    run_at(world, clock, TUESDAY, 18)
    world.source.change("140002", heading="Bathing water: Sample Bay")  # not reported to anyone
    run_at(world, clock, WEDNESDAY)
    assert world.archive.pending.kept_back("desk", REPORTED_EVENTS) == 2  # so far
    world.config = a_config()
    run_at(world, clock, THURSDAY)
    assert world.digests()[1:] == [("2024-11-21T07:30", "mailed", 0)]
    assert b"2 items" in world.post.sent[-1][1]
    assert world.archive.pending.kept_back("desk", REPORTED_EVENTS) == 0
    run_at(world, clock, FRIDAY)
    assert world.digests()[-1] == ("2024-11-22T07:30", "empty", 0)


def test_a_subscriber_who_was_paused_and_comes_back_is_new(world: World, clock: Clock) -> None:
    world.config = a_config(subscribers=(a_subscriber(paused=True),))
    run_at(world, clock, MONDAY, 18)
    world.config = a_config(subscribers=(a_subscriber(key="other", name="Other"),))
    world.source.publish(answered(1, answered_on=TUESDAY))
    run_at(world, clock, WEDNESDAY)
    world.config = a_config(subscribers=(a_subscriber(quiet_days=True),))
    run_at(world, clock, THURSDAY)
    mail = b" ".join(world.post.sent[-1][1].split())
    assert b"was paused" not in mail  # it was not theirs
    assert b"1 record of these days that came before your topic was on your list is not included" in mail


def test_a_pause_before_the_first_digest(archive: Archive, clock: Clock) -> None:
    clock.now = at(MONDAY, 6)
    world = World(archive, clock, config=a_config(subscribers=(a_subscriber(paused=True),)))
    world.run()
    world.source.publish(answered())
    run_at(world, clock, MONDAY, 18)
    world.config = a_config()
    clock.now = at(TUESDAY, 6)
    world.pipeline().sync()
    assert archive.pending.kept_back("desk", REPORTED_EVENTS) == 1
    assert archive.pending.kept_back("nobody", REPORTED_EVENTS) == 0


def test_an_unknown_subscriber_has_nothing_pending(archive: Archive) -> None:
    assert archive.pending.items("nobody") == []
    assert archive.digests.last_of_each() == {}


def test_the_last_digest_of_each_reader_is_the_newest_of_theirs(world: World, clock: Clock) -> None:
    archive = world.archive
    world.config = a_config(
        subscribers=[a_subscriber(), a_subscriber(key="press", name="Press", email="press@example.org")]
    )
    for number, day in enumerate((TUESDAY, WEDNESDAY), 1):
        world.source.publish(answered(number))
        run_at(world, clock, day)
    world.config = a_config(
        subscribers=[*world.config.subscribers, a_subscriber(key="new", name="New", email="n@example.org")]
    )
    world.pipeline().sync()
    last = archive.digests.last_of_each()
    assert set(last) == {"desk", "press"}
    for key, digest in last.items():
        assert digest == archive.digests.listing(subscriber=key)[0]
        assert len(archive.digests.listing(subscriber=key)) > 1
    states = archive.deliveries.states_of_digests([digest.id for digest in archive.digests.listing()])
    for digest in archive.digests.listing():
        found = dict.fromkeys(mail.state for mail in archive.deliveries.of_digest(digest.id))
        assert states.get(digest.id, ()) == tuple(found)
    assert any(states.values())


def test_a_followed_question_is_mailed_without_a_match(world: World, clock: Clock) -> None:
    world.source.publish(asked())
    run_at(world, clock, TUESDAY)
    assert world.digests()[-1] == ("2024-11-19T07:30", "mailed", 1)
    world.source.publish(answered(question="What he does.", answer="Much.", answered_on=TUESDAY))
    run_at(world, clock, TUESDAY, 18)
    [item] = world.archive.pending.items("desk")
    assert item.matches == ()
    assert item.topics == {"water"}
    assert item.before is not None
    assert item.told_at is not None
    assert item.told_at.date() == TUESDAY
    assert item.events == (Event.REWORDED, Event.ANSWERED)
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "mailed", 1)


@pytest.mark.parametrize("is_followed", [True, False])
def test_a_transfer_is_mailed_to_followers_only(world: World, clock: Clock, is_followed: bool) -> None:
    world.config = a_config(subscribers=(a_subscriber(new_questions=is_followed),))
    world.source.publish(asked())
    run_at(world, clock, TUESDAY)
    world.source.publish(asked(body_id=7, body="Cabinet Office"))
    run_at(world, clock, WEDNESDAY)
    assert world.events("140001") == [("tabled",), ("transferred",)]
    assert world.digests()[-1][1] == ("mailed" if is_followed else "empty")


def test_unwanted_new_questions_are_not_mailed_later(world: World, clock: Clock) -> None:
    world.config = a_config(subscribers=(a_subscriber(new_questions=False),))
    world.source.publish(asked())
    run_at(world, clock, TUESDAY)
    assert world.digests()[-1] == ("2024-11-19T07:30", "empty", 0)
    world.config = a_config()
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "empty", 0)
    world.source.publish(answered(answered_on=WEDNESDAY))
    run_at(world, clock, THURSDAY)
    assert world.digests()[-1] == ("2024-11-21T07:30", "mailed", 1)


def test_unwanted_new_questions_are_not_mailed_later_to_instant_subscribers(world: World, clock: Clock) -> None:
    world.config = a_config(subscribers=(a_subscriber(cadence="instant", new_questions=False),))
    world.source.publish(asked())
    run_at(world, clock, TUESDAY, 10)
    run_at(world, clock, TUESDAY, 11)
    assert [kind for _, kind, _ in world.digests()] == ["empty", "empty"]  # the first digest is Sunday's
    world.config = a_config(subscribers=(a_subscriber(cadence="instant"),))
    run_at(world, clock, TUESDAY, 12)
    assert world.post.sent == []


def test_a_run_for_an_earlier_time_mails_nothing_again(world: World, clock: Clock) -> None:
    world.source.publish(answered())
    run_at(world, clock, TUESDAY)
    clock.now = at(FRIDAY)
    assert world.run(at(MONDAY, 9)).ok
    assert world.run(at(TUESDAY, 9)).ok
    assert [slot for slot, _, _ in world.digests()] == ["2024-11-18T07:30", "2024-11-19T07:30"]
    assert len(world.post.sent) == 1


def test_an_earlier_revision_is_not_mailed_after_a_later_one(world: World, clock: Clock) -> None:
    """A term that is searched late finds the question after its answer was mailed."""
    topics = (replace(WATER, terms=("Steps are",)), OTHER)
    world.config = a_config(topics=topics, subscribers=(a_subscriber(topics=("water", "rivers")),))
    world.source.publish(asked(question="On the river."))
    clock.now = at(MONDAY, 9)
    world.pipeline().sync()
    world.collect()
    world.source.publish(answered(question="On the brook.", answer="Steps are taken."))
    clock.now = at(MONDAY, 18)
    world.collect()
    work = world.archive.matches.next_work()
    assert work is not None
    newest = world.archive.records.revisions(1)[-1]
    desk = NewDigest(
        subscriber="desk",
        slot="2024-11-18T19:00 at hand",
        kind="mailed",
        as_of=clock(),
        subject="One answer",
        told_on=MONDAY,
        told=[(newest.id, 1)],
    )
    world.archive.digests.store(desk)
    world.pipeline().match()
    assert world.pending() == {}
    run_at(world, clock, TUESDAY)
    assert world.digests()[-1] == ("2024-11-19T07:30", "empty", 0)


def test_a_weekly_reader_gets_the_week(world: World, clock: Clock) -> None:
    world.config = a_config(subscribers=(a_subscriber(cadence="weekly"),), schedule=ScheduleSettings())
    run_at(world, clock, MONDAY)
    world.source.publish(answered(1, answered_on=TUESDAY), answered(2, answered_on=THURSDAY))
    run_at(world, clock, TUESDAY, 20)
    run_at(world, clock, FRIDAY)
    run_at(world, clock, NEXT_MONDAY)
    assert world.digests()[-2:] == [("2024-11-18T07:30", "empty", 0), ("2024-11-25T07:30", "mailed", 2)]


def test_a_mailed_revision_is_in_one_digest_at_most(world: World, clock: Clock) -> None:
    world.source.publish(answered())
    run_at(world, clock, TUESDAY)
    again = NewDigest(
        subscriber="desk", slot="x", kind="mailed", as_of=clock(), subject="x", told_on=TUESDAY, told=[(1, 1)]
    )
    with pytest.raises(ArchiveError):
        world.archive.digests.store(again)
    with pytest.raises(ArchiveError):
        world.archive.digests.store(replace(again, slot="2024-11-19T07:30", told=()))
    assert len(world.digests()) == 2


def test_digests_of_all_subscribers_are_listed_newest_first(world: World, clock: Clock) -> None:
    world.config = a_config(subscribers=(a_subscriber(), a_subscriber(key="peer", name="A peer")))
    run_at(world, clock, TUESDAY)
    rows = [(row.subscriber, row.slot[:10]) for row in world.archive.digests.listing()]
    assert rows == [("peer", "2024-11-19"), ("desk", "2024-11-19"), ("desk", "2024-11-18")]


def with_number(world: World, uin: str, before: date | None) -> list[str]:
    with world.archive.engine.connect() as connection:
        return [question.id for question in questions_by_uin(connection, uin, before)]


def test_a_uin_finds_the_newest_answer_up_to_a_day(world: World, clock: Clock) -> None:
    """UINs begin again in each session."""
    old = answered(1, id="q-1", answered_on=MONDAY - timedelta(days=1), tabled_on=MONDAY - timedelta(days=1))
    world.source.publish(old, answered(1, id="q-2"))
    run_at(world, clock, MONDAY, 18)
    found = [
        with_number(world, "140001", before) for before in (None, MONDAY, MONDAY - timedelta(days=1), date(2020, 1, 1))
    ]
    assert found == [["q-2", "q-1"], ["q-2", "q-1"], ["q-1"], []]


def test_a_uin_finds_a_question_that_is_stored_without_its_answer(world: World, clock: Clock) -> None:
    """The newest question with that UIN up to the day is meant, not one of an earlier session."""
    old = answered(1, id="q-1", answered_on=MONDAY - timedelta(days=1), tabled_on=MONDAY - timedelta(days=1))
    world.source.publish(old, answered(1, id="q-2", answer=None, answered_on=None, tabled_on=MONDAY))
    run_at(world, clock, MONDAY, 18)
    found = [with_number(world, "140001", before) for before in (None, MONDAY, MONDAY - timedelta(days=1))]
    assert found == [["q-2", "q-1"], ["q-2", "q-1"], ["q-1"]]


def test_an_answer_refers_to_the_question_whose_day_it_prints(world: World, clock: Clock) -> None:
    day = date(2024, 5, 8)
    old = answered(1, id="q-1", answered_on=day, tabled_on=day - timedelta(days=5))
    refers = "I refer the hon. Member to the answer on bathing water of 8 May 2024 to Question 140001."
    world.source.publish(old, answered(1, id="q-2"), answered(2, answer=refers))
    run_at(world, clock, MONDAY, 18)
    citing = world.archive.records.revisions(world.archive.cross_references.find("140002")[0])[-1].proceeding
    assert world.archive.cross_references.cited(citing) == []  # q-2 was tabled later
    with world.archive.runs.lease():
        world.pipeline().collect(first=day, last=day)
    assert [record.id for record in world.archive.cross_references.cited(citing)] == ["q-1"]


def test_a_first_digest_mails_recent_history_and_nothing_twice(world: World, clock: Clock) -> None:
    sunday = MONDAY - timedelta(days=1)
    old = {"tabled_on": sunday - timedelta(days=9), "answered_on": sunday}
    world.source.publish(
        answered(1), answered(2, **old), answered(3, **old, answer="Of other things.", question="What.")
    )
    run_at(world, clock, TUESDAY)
    assert world.digests()[1:] == [("2024-11-19T07:30", "mailed", 1)]
    assert world.pending() == {}
    clock.tick(hours=1)
    assert world.pipeline().run(first=True).ok
    slot, kind, items = world.digests()[-1]
    assert (slot.partition(" at ")[0], kind, items) == ("2024-11-19T10:00", "mailed", 1)
    assert world.pending() == {}
    assert world.archive.revisions.take_as_news(sunday) == 0
    run_at(world, clock, WEDNESDAY)
    assert world.digests()[-1] == ("2024-11-20T07:30", "empty", 0)
