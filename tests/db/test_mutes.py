"""Mutes and marks: what they keep out of digests and reminders, what they do not, and how they end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.config.settings import WebSettings
from monitor.digest.catch_up import record_restore
from monitor.digest.compose import Compose
from monitor.model.following import MarkKind, MuteKind
from monitor.model.watching import ARCHIVE
from monitor.research.following import dealt_with
from monitor.research.mutes import has_phrase
from tests.db.follow_kit import (
    DESK,
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    follow,
    last_text,
    mute,
    record,
    row_of,
    run_at,
    water,
)
from tests.fakes import WATER, World, a_config, at

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.archive import Archive
    from tests.fakes import Clock

pytestmark = pytest.mark.slow

RIVERS = replace(WATER, key="rivers", name="Rivers", terms=("river",))


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    """Make a world whose first run was on Monday at eight, with nothing published."""
    clock.now = at(MONDAY, 8)
    world = World(archive, clock)
    assert world.run().ok
    return world


def test_a_muted_term_hides_until_its_last_day_and_says_how_much_when_it_ends(world: World, clock: Clock) -> None:
    mute(world, MuteKind.TERM, "bathing water", WEDNESDAY)
    world.source.publish(water(1))
    run_at(world, clock, TUESDAY)
    world.source.publish(water(2, answered_on=TUESDAY))
    run_at(world, clock, WEDNESDAY)
    assert not world.post.sent
    assert [mute.hidden for mute in world.archive.choices.mutes("desk")] == [2]
    world.source.publish(water(3, answered_on=WEDNESDAY))
    run_at(world, clock, THURSDAY)
    assert world.digests()[-1] == ("2024-11-21T07:30", "mailed", 1)
    text = last_text(world)
    assert "Your mute of \u201cbathing water\u201d ended on 20 November 2024, with 2 records left out." in text
    assert "140003" in text
    assert "140001" not in text
    assert world.archive.choices.mutes("desk") == []
    world.source.publish(water(4, answered_on=THURSDAY))
    run_at(world, clock, FRIDAY)
    assert "Your mute" not in last_text(world)


def test_an_ended_mute_is_no_reason_for_a_mail(world: World, clock: Clock) -> None:
    mute(world, MuteKind.TERM, "bathing water", TUESDAY)
    world.source.publish(water(1))
    run_at(world, clock, TUESDAY)
    run_at(world, clock, WEDNESDAY)
    run_at(world, clock, THURSDAY)
    assert not world.post.sent
    assert len(world.archive.choices.mutes("desk")) == 1


def test_a_term_is_muted_only_where_no_other_term_matches(world: World, clock: Clock) -> None:
    world.config = a_config(topics=(WATER, RIVERS), subscribers=(replace(DESK, topics=("water", "rivers")),))
    mute(world, MuteKind.TERM, "bathing water", FRIDAY)
    world.source.publish(water(1), water(2, answer="The bathing water of the river was tested."))
    run_at(world, clock, TUESDAY)
    text = last_text(world)
    assert "140002" in text
    assert "140001" not in text
    assert "1 item left out: you muted \u201cbathing water\u201d until 22 November 2024." in text


def test_a_muted_phrase_and_a_muted_record_hide(world: World, clock: Clock) -> None:
    world.source.publish(water(1, answer=None, answered_on=None), water(2, answer="Toilets on beaches were tested."))
    world.source.publish(water(3))
    run_at(world, clock, MONDAY, 20)
    mute(world, MuteKind.PHRASE, "Toilet on beach", FRIDAY)
    mute(world, MuteKind.RECORD, "q-140003", FRIDAY, "140003")
    run_at(world, clock, TUESDAY)
    text = last_text(world)
    assert "2 items left out" in text
    assert "140001" in text
    assert "140002" not in text
    assert [(mute.kind, mute.hidden) for mute in world.archive.choices.mutes("desk")] == [
        (MuteKind.PHRASE, 1),
        (MuteKind.RECORD, 1),
    ]


HEALTH = "Department of Health and Social Care"
ASKED = f"To ask the Secretary of State for Health and Social Care, what his {HEALTH} did"


@pytest.mark.parametrize(
    ("phrase", "texts", "hides"),
    [
        ("social care", {"question": f"{ASKED}."}, False),
        ("health", {"question": f"{ASKED} for toilets.", "answer": f"The {HEALTH} built some."}, False),
        ("social care", {"question": f"{ASKED} about social care."}, True),
        (HEALTH, {"question": f"{ASKED}."}, True),
        ("Toilet on beach", {"answer": "There is a toilet. On beaches there is not."}, False),
        ("toilet on beach", {"answer": "The TOILETS (on Beaches) were built."}, True),
        ("SEND", {"answer": "She will send it."}, True),
        ("u.k.-wide 5,000", {"answer": "A UK-wide £5,000 was paid."}, True),
        ("toilets", {"heading": "Beaches: Toilets"}, True),
        ("child care", {"answer": "Childcare."}, False),
    ],
)
def test_a_phrase_is_read_as_a_term_in_any_case(phrase: str, texts: dict[str, str], hides: bool) -> None:
    assert has_phrase(water(1, **{"answer": "It was.", **texts}), phrase) is hides


def test_a_correction_of_what_was_sent_is_told_in_spite_of_a_mute(world: World, clock: Clock) -> None:
    world.source.publish(water(1), water(2, answer=None, answered_on=None))
    run_at(world, clock, TUESDAY)
    mute(world, MuteKind.TERM, "bathing water", FRIDAY)
    world.source.change("140001", answer="The bathing water was not.", corrected_on=TUESDAY, is_correction=True)
    world.source.change("140002", answer="The bathing water was tested.", answered_on=TUESDAY)
    run_at(world, clock, WEDNESDAY)
    text = last_text(world)
    assert "Muted until 22 November 2024, told because it changes what you were sent." in text
    assert "1 item left out" in text
    assert world.digests()[-1] == ("2024-11-20T07:30", "mailed", 1)


def skip(world: World) -> None:
    """Read, and call `digest skip`."""
    pipeline = world.pipeline()
    pipeline.collect()
    pipeline.match()
    Compose(world.archive, world.config, world.calendar, world.clock(), world.clock).skip(world.config.subscribers[0])


def restore(world: World) -> None:
    """Run after a restore that counts all up to today as told."""
    record_restore(world.archive, world.clock().date(), world.clock())
    assert world.run().ok


CORRECTED = {"answer": "The bathing water was not.", "corrected_on": TUESDAY, "is_correction": True}


@pytest.mark.parametrize("count_as_told", [skip, restore])
def test_a_mute_hides_no_correction_of_what_was_sent_before_it_counted_as_told(
    world: World, clock: Clock, count_as_told: Callable[[World], None]
) -> None:
    world.source.publish(water(1))
    run_at(world, clock, TUESDAY)
    world.source.change("140001", **CORRECTED)
    clock.now = at(TUESDAY, 20)
    count_as_told(world)
    mute(world, MuteKind.RECORD, "q-140001", FRIDAY, "140001")
    world.source.change("140001", answer="The bathing water was clean.", corrected_on=WEDNESDAY)
    run_at(world, clock, THURSDAY)
    assert "Muted until 22 November 2024, told because it changes what you were sent." in last_text(world)


@pytest.mark.parametrize(("count_as_told", "mails"), [(skip, 0), (restore, 1)])
def test_a_mute_hides_a_correction_of_what_was_skipped_but_not_of_what_a_restore_forgot(
    world: World, clock: Clock, count_as_told: Callable[[World], None], mails: int
) -> None:
    world.source.publish(water(1))
    clock.now = at(TUESDAY, 20)
    count_as_told(world)
    mute(world, MuteKind.TERM, "bathing water", FRIDAY)
    world.source.change("140001", **(CORRECTED | {"corrected_on": WEDNESDAY}))
    run_at(world, clock, THURSDAY)
    assert len(world.post.sent) == mails


def test_a_correction_of_what_was_muted_itself_is_hidden(world: World, clock: Clock) -> None:
    mute(world, MuteKind.TERM, "bathing water", FRIDAY)
    world.source.publish(water(1))
    run_at(world, clock, TUESDAY)
    world.source.change("140001", answer="The bathing water was not.", corrected_on=TUESDAY, is_correction=True)
    run_at(world, clock, WEDNESDAY)
    assert not world.post.sent


def test_a_followed_record_is_hidden_only_by_a_mute_of_itself(world: World, clock: Clock) -> None:
    world.source.publish(*(water(n, answer=None, answered_on=None) for n in (1, 2)))
    run_at(world, clock, MONDAY, 20)
    for key in ("140001", "140002"):
        follow(world, key)
    mute(world, MuteKind.TERM, "bathing water", FRIDAY)
    mute(world, MuteKind.PHRASE, "bathing", FRIDAY)
    mute(world, MuteKind.RECORD, "q-140002", FRIDAY, "140002")
    for key in ("140001", "140002"):
        world.source.change(key, answer="The bathing water was tested.", answered_on=TUESDAY)
    run_at(world, clock, WEDNESDAY)
    assert "Why: you follow this question" in last_text(world)
    assert "/140002" not in last_text(world)
    assert "you muted UIN 140002" in last_text(world)


def test_a_mute_that_is_made_again_or_ended_hides_no_more(world: World, clock: Clock) -> None:
    first = mute(world, MuteKind.TERM, "bathing water", TUESDAY)
    second = mute(world, MuteKind.TERM, "bathing water", FRIDAY)
    assert [mute.number for mute in world.archive.choices.mutes()] == [second]
    assert not world.archive.choices.unmute("desk", first)
    assert not world.archive.choices.unmute("other", second)
    assert world.archive.choices.unmute("desk", second)
    world.source.publish(water(1))
    run_at(world, clock, TUESDAY)
    assert "140001" in last_text(world)


# -- dealt with -------------------------------------------------------------------------------------------------------


def test_a_question_that_is_dealt_with_is_no_late_one_until_it_changes(world: World, clock: Clock) -> None:
    world.config = a_config(subscribers=(replace(DESK, new_questions=False),))
    world.source.publish(water(1, answer=None, answered_on=None, date_for_answer=TUESDAY))
    run_at(world, clock, TUESDAY)
    world.archive.choices.mark(DESK, MarkKind.DONE, row_of(world, "140001"))
    run_at(world, clock, WEDNESDAY)
    assert not world.post.sent
    world.source.change("140001", heading="Bathing Water: Sample Vale")
    run_at(world, clock, THURSDAY)
    assert dealt_with(world.archive, "desk") == {row_of(world, "140001")}
    world.source.change("140001", question="What steps she is taking on warm bathing water.")
    run_at(world, clock, FRIDAY)
    assert dealt_with(world.archive, "desk") == set()
    assert "NEWLY LATE" in last_text(world)


def test_a_mark_on_an_earlier_revision_does_not_hold_for_what_came_since(world: World, clock: Clock) -> None:
    world.source.publish(water(1, answer=None, answered_on=None))
    run_at(world, clock, TUESDAY)
    row = row_of(world, "140001")
    [seen] = world.archive.records.revisions(row)
    world.source.change("140001", question="What steps she is taking on warm bathing water.")
    run_at(world, clock, WEDNESDAY)
    world.archive.choices.mark(DESK, MarkKind.DONE, row, seen=seen.id)
    assert dealt_with(world.archive, "desk") == set()
    world.archive.choices.mark(DESK, MarkKind.DONE, row)
    assert dealt_with(world.archive, "desk") == {row}


def test_a_mark_can_be_taken_back_and_is_made_once(world: World, clock: Clock) -> None:
    world.source.publish(water(1, answer=None, answered_on=None))
    run_at(world, clock, TUESDAY)
    choices, row = world.archive.choices, row_of(world, "140001")
    assert not choices.unmark(DESK, MarkKind.DONE, row)
    for _ in range(2):
        choices.mark(DESK, MarkKind.DONE, row)
    choices.mark(DESK, MarkKind.NOT_RELEVANT, row)
    assert [mark.kind for mark in choices.marks("desk")] == [MarkKind.DONE, MarkKind.NOT_RELEVANT]
    assert choices.unmark(DESK, MarkKind.DONE, row)
    assert dealt_with(world.archive, "desk") == {row}
    assert dealt_with(world.archive, "other") == dealt_with(world.archive, None) == set()
    assert len(choices.marks()) == 1


def test_a_muted_question_is_no_late_one(world: World, clock: Clock) -> None:
    world.config = a_config(subscribers=(replace(DESK, new_questions=False),))
    mute(world, MuteKind.TERM, "bathing water", WEDNESDAY)
    world.source.publish(water(1, answer=None, answered_on=None, date_for_answer=TUESDAY))
    run_at(world, clock, WEDNESDAY)
    assert not world.post.sent
    run_at(world, clock, THURSDAY)
    assert "NEWLY LATE" in last_text(world)


# -- notes ------------------------------------------------------------------------------------------------------------


def test_a_note_stands_in_the_item_with_who_and_when(world: World, clock: Clock) -> None:
    world.source.publish(water(1))
    run_at(world, clock, MONDAY, 20)
    number = world.archive.notes.add(DESK, record(world, "140001"), "Ask the council\nabout this.")
    run_at(world, clock, TUESDAY)
    assert "Note by Policy desk, 18 November 2024: Ask the council about this." in last_text(world)
    [note] = world.archive.notes.listing()
    assert (note.number, note.author, note.subscriber, note.record.id) == (number, "Policy desk", "desk", "q-140001")
    row = row_of(world, "140001")
    assert world.archive.notes.on([row, 99]) == {row: [note]}
    assert world.archive.notes.on([99]) == {}


@pytest.mark.parametrize(("is_public", "has_note"), [(True, False), (False, True)])
def test_a_note_is_not_mailed_to_who_may_have_signed_up_as_a_stranger(
    world: World, clock: Clock, is_public: bool, has_note: bool
) -> None:
    world.archive.subscribers.add(replace(DESK, kept_in=ARCHIVE))
    world.config = a_config(subscribers=(), web=WebSettings(public=is_public))
    world.source.publish(water(1))
    run_at(world, clock, MONDAY, 20)
    world.archive.notes.add(DESK, record(world, "140001"), "Ask the council.")
    run_at(world, clock, TUESDAY)
    assert ("Ask the council." in last_text(world)) is has_note
