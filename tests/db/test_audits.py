"""Records as a reader was told them, and promises by minister, on every database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.model.following import MuteKind
from monitor.model.promises import PromiseState
from monitor.research.stats.promise_counts import PromiseCounts, promises_by_minister
from tests.builders import a_question, a_subscriber
from tests.fakes import World, at

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

pytestmark = pytest.mark.slow

MONDAY = date(2024, 11, 18)
TUESDAY = MONDAY + timedelta(days=1)
DESK = a_subscriber()


def water(uin: str, answer: str = "The bathing water was tested.", **facts: object) -> Proceeding:
    given: dict[str, object] = {
        "uin": uin,
        "question": "What steps he is taking on bathing water.",
        "answer": answer,
        "tabled_on": MONDAY,
        "answered_on": MONDAY,
    }
    return a_question(**(given | facts))


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    clock.now = at(MONDAY, 8)
    made = World(archive, clock)
    assert made.run().ok
    return made


def row(world: World, uin: str) -> int:
    [found] = world.archive.cross_references.find(f"q-{uin}")
    return found


def test_what_a_reader_was_told_is_known_with_what_found_it(world: World) -> None:
    world.source.publish(water("140001"), water("140002"), water("140003", question="On rail.", answer="No."))
    world.clock.now = at(MONDAY, 20)
    world.collect()
    world.archive.choices.mute(DESK, MuteKind.RECORD, "q-140002", TUESDAY + timedelta(days=9), row(world, "140002"))
    world.clock.now = at(TUESDAY, 9)
    assert world.run().ok
    records = [row(world, uin) for uin in ("140001", "140002", "140003")]
    known = world.archive.audits.of_records("desk", records)
    told, muted, other = (known[record] for record in records)
    assert [(telling.kind, telling.is_told) for telling in told.tellings] == [("mailed", True)]
    assert ({find.term for find in told.finds}, told.mutes, told.is_behind) == ({"bathing water"}, (), False)
    assert [(kept.kind, kept.until) for kept in muted.mutes] == [(MuteKind.RECORD, TUESDAY + timedelta(days=9))]
    assert not any(telling.is_told for telling in muted.tellings)
    assert (other.finds, other.tellings) == ((), ())
    state = world.archive.audits.reader("desk")
    assert state is not None
    assert set(state.topics) == {"water"}
    assert world.archive.audits.had_in("desk", MONDAY, MONDAY) == sorted(records[:2])
    assert world.archive.audits.had_in("desk", TUESDAY, TUESDAY) == []


def test_nothing_is_known_of_a_reader_whom_no_run_has_seen(world: World) -> None:
    world.source.publish(water("140001"))
    world.clock.now = at(TUESDAY, 9)
    assert world.run().ok
    assert world.archive.audits.reader("nobody") is None
    assert world.archive.audits.had_in("nobody", MONDAY, TUESDAY) == []
    assert world.archive.audits.of_records("nobody", [row(world, "140001")])[row(world, "140001")].tellings == ()


def test_records_are_listed_by_the_days_that_a_briefing_may_give(world: World) -> None:
    world.source.publish(water("140001", answered_on=TUESDAY))
    world.clock.now = at(TUESDAY, 20)
    assert world.run().ok
    for day in (MONDAY, TUESDAY):
        [title] = world.archive.audits.titles(day, day)
        assert (title.id, title.heading, title.asker, title.is_open) == (
            "q-140001",
            "Water: Sample Vale",
            "Ada Example",
            False,
        )
    assert world.archive.audits.titles(TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=9)) == []
    record = row(world, "140001")
    assert world.archive.audits.titles_of([record])[record].days == {MONDAY, TUESDAY}
    assert list(world.archive.audits.newest_revisions([record, 999])) == [record]


def test_promises_are_counted_by_the_minister_who_made_them_first(world: World) -> None:
    assert promises_by_minister(world.archive, TUESDAY) is None
    world.source.publish(
        water("140001", "We will publish the bathing water plan for Sampleton by 31 January 2025."),
        water("140002", "I will write to the hon. Member."),
    )
    world.clock.now = at(TUESDAY, 9)
    assert world.run().ok
    counted = promises_by_minister(world.archive, TUESDAY)
    assert counted == {"Ben Placeholder": PromiseCounts(open=1)}
    assert promises_by_minister(world.archive, date(2025, 2, 1)) == {"Ben Placeholder": PromiseCounts(overdue=1)}
    assert promises_by_minister(world.archive, TUESDAY, {0}) == {}
    [made] = [promise for group in world.archive.promises.listing() for promise in group if "plan" in promise.sentence]
    world.archive.promises.decide(made.number, PromiseState.KEPT, None, "Published.", "desk")
    assert promises_by_minister(world.archive, TUESDAY) == {"Ben Placeholder": PromiseCounts(kept=1)}
