"""Days ahead, through all stages: told once when found, when moved, when called off, and not of days that are over."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from monitor.collect.health import health_of_sources
from monitor.demo.coming_api import event, oral_question, period
from monitor.model.following import FollowKind, FollowTarget, MuteKind
from monitor.model.records import Event, Occasion
from monitor.model.sources import COMING
from monitor.parliament.lifecycle import DueDays
from monitor.presentation.timeline import chronicle
from monitor.research.calendar_file.contents import CalendarRequest, calendar_contents
from monitor.research.days import day_of_topics
from tests.coming_kit import ADA, DAY, HOME_OFFICE, TODAY, ComingWorld
from tests.e2e.desk import text_of
from tests.fakes import at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from monitor.model.calendar_events import CalendarEvent
    from monitor.model.records import Proceeding

ALL = ["WATER | Bathing water in spring", "WATER | Oral question 900001", "WATER | Rivers and towns"]


def on(day: date) -> str:
    return f"{day}T00:00:00"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ComingWorld]:
    world = ComingWorld.made_in(tmp_path)
    yield world
    world.archive.close()


def stored(world: ComingWorld, name: str) -> Proceeding:
    [record] = world.archive.cross_references.find(name)
    return world.archive.records.revisions(record)[-1].proceeding


def events_of(world: ComingWorld, name: str) -> list[tuple[Event, ...]]:
    [record] = world.archive.cross_references.find(name)
    return [revision.events for revision in world.archive.records.revisions(record)]


def test_what_is_set_down_is_told_once_with_its_day(world: ComingWorld) -> None:
    (mail,) = world.mails_of()
    text = text_of(mail)
    assert mail["Subject"] == "3 coming: Water 3 (Mon 2 Jun)"
    assert "House of Commons: business of Thursday 5 June 2031" in text
    assert "buses" not in text
    assert world.items_on() == world.items_on(TODAY + DAY) == []
    assert stored(world, "wo-cal35011").made_on == TODAY
    assert stored(world, "ci-4001").occasion is Occasion.EVIDENCE


def test_a_moved_day_is_told_once_and_other_words_alone_are_not(world: ComingWorld) -> None:
    assert world.items_on() == ALL
    [shown] = world.api.events
    shown["Description"] = "Bathing water in early spring"
    assert world.items_on() == []
    shown["StartDate"] = on(TODAY + 5 * DAY)
    world.api.inquiries[0]["openSubmissionPeriods"] = [period(1, TODAY, TODAY + 30 * DAY)]
    (mail,) = world.mails_of(TODAY + DAY)
    assert mail["Subject"].startswith("2 moved: Water 2")
    was, now = (
        "Its day was Thursday 5 June 2031, as your digest of 2 June 2031 said.",
        "It is now Saturday 7 June 2031.",
    )
    assert f"{was} {now}" in " ".join(text_of(mail).split())
    assert world.items_on(TODAY + DAY) == []
    assert events_of(world, "wo-cal35011") == [(Event.ANNOUNCED,), (Event.EDITED,), (Event.MOVED,)]


def test_what_is_called_off_and_what_is_back_is_told_once(world: ComingWorld) -> None:
    world.items_on()
    world.api.events[0]["CancelledDate"] = on(TODAY)
    world.api.oral[0]["Status"] = "Withdrawn"
    called_off = ["CANCELLED | Bathing water in spring", "WITHDRAWN | Oral question 900001"]
    assert world.items_on(TODAY + DAY) == called_off
    assert world.items_on(TODAY + DAY) == []
    world.api.events[0]["CancelledDate"] = None
    assert world.items_on(TODAY + 2 * DAY) == ["BACK | Bathing water in spring"]
    assert world.items_on(TODAY + 2 * DAY) == []


def test_a_day_that_moved_and_is_back_before_the_digest_is_not_told(tmp_path: Path) -> None:
    world = ComingWorld.made_in(tmp_path, cadence="daily")
    assert world.items_on() == ALL
    world.api.events[0]["StartDate"] = on(TODAY + 4 * DAY)
    assert world.items_on() == []
    world.api.events[0]["StartDate"] = on(TODAY + 3 * DAY)
    assert world.items_on(TODAY + DAY) == []
    world.archive.close()


def test_days_that_are_over_when_the_digest_comes_are_left_out(tmp_path: Path) -> None:
    world = ComingWorld.made_in(tmp_path, cadence="weekly")
    assert world.items_on(TODAY) == ALL
    world.api.events.append(event(35_020, "Rivers in a week", TODAY + 3 * DAY, "Debate"))
    world.api.events.append(event(35_021, "Rivers later", TODAY + 10 * DAY, "Debate"))
    assert world.items_on(TODAY + DAY) == []
    assert world.items_on(TODAY + 7 * DAY) == ["WATER | Rivers later"]
    assert world.items_on(TODAY + 14 * DAY) == []
    world.archive.close()


def test_what_was_called_off_before_anybody_was_told_is_not_told(world: ComingWorld) -> None:
    world.api.events[0]["CancelledDate"] = on(TODAY)
    assert world.items_on() == ALL[1:]
    assert events_of(world, "wo-cal35011") == [(Event.WITHDRAWN,)]
    world.api.events[0]["CancelledDate"] = None
    assert world.items_on() == ALL[:1]


def test_new_words_that_match_make_it_told_once(world: ComingWorld) -> None:
    world.items_on()
    world.api.oral[1]["QuestionText"] = "What steps she is taking on buses along rivers."
    assert world.items_on() == ["WATER | Oral question 900002"]
    assert world.items_on() == []


def test_what_is_listed_no_more_is_looked_up_first(world: ComingWorld) -> None:
    world.items_on()
    world.api.events[0]["StartDate"] = on(TODAY + 60 * DAY)  # beyond the weeks that are read
    assert world.items_on() == ["MOVED | Bathing water in spring"]
    assert world.items_on() == []
    assert stored(world, "wo-cal35011").takes_place_on == TODAY + 60 * DAY


def test_what_is_gone_in_two_runs_counts_as_called_off_until_it_is_back(world: ComingWorld) -> None:
    world.items_on()
    oral, inquiries = list(world.api.oral), list(world.api.inquiries)
    world.api.oral.pop(0)
    world.api.inquiries.clear()
    assert world.items_on(TODAY + DAY) == []
    gone = ["NO LONGER PUBLISHED | Oral question 900001", "NO LONGER PUBLISHED | Rivers and towns"]
    assert world.items_on(TODAY + DAY) == gone
    asked = len(world.client.asked)
    assert world.items_on(TODAY + DAY) == []
    assert not any("uINs" in address for address in world.client.asked[asked:])  # it is not looked up for ever
    world.api.oral[:], world.api.inquiries[:] = oral, inquiries
    assert world.items_on(TODAY + DAY) == ["BACK | Oral question 900001", "BACK | Rivers and towns"]


def test_a_service_that_is_empty_at_once_calls_nothing_off(world: ComingWorld) -> None:
    world.api.events += [event(35_020 + number, f"River {number}", TODAY + 3 * DAY, "Debate") for number in range(6)]
    assert len(world.items_on()) == 9
    events = list(world.api.events)
    world.api.events.clear()
    for _ in range(2):
        [failure] = world.run().failures
        assert failure.startswith("whats_on: 7 of 7 records that were looked up are not there")
    world.api.events[:] = events
    assert world.items_on() == []


def test_one_run_without_it_is_no_reason_if_it_is_there_again(world: ComingWorld) -> None:
    world.items_on()
    for _ in range(2):
        kept = world.api.oral.pop(0)
        assert world.items_on() == []
        world.api.oral.insert(0, kept)
        assert world.items_on() == []


def test_an_inquiry_that_closes_early_has_moved(world: ComingWorld) -> None:
    world.items_on()
    [inquiry] = world.api.inquiries
    inquiry["openSubmissionPeriods"], inquiry["closedSubmissionPeriods"] = [], [period(1, TODAY, TODAY + DAY)]
    assert world.items_on(TODAY + DAY) == ["MOVED | Rivers and towns"]
    assert stored(world, "ci-4001").takes_place_on == TODAY + DAY


def test_an_inquiry_costs_two_requests_when_it_is_new_or_changed(world: ComingWorld) -> None:
    world.items_on()
    asked = len(world.client.asked)
    world.items_on()
    again = world.client.asked[asked:]
    assert [address for address in again if "/4001" in address or "CommitteeBusinessId" in address] == []


@pytest.mark.parametrize("path", ["/oralquestions/list", "/calendar/events/list.json", "/api/committeebusiness"])
def test_a_source_that_is_down_fails_alone_and_calls_nothing_off(world: ComingWorld, path: str) -> None:
    world.items_on()
    world.api.oral.append(oral_question(700_009, "What steps on rivers.", TODAY + 9 * DAY, ADA, HOME_OFFICE))
    world.api.events.append(event(35_029, "More rivers", TODAY + 9 * DAY, "Debate"))
    world.client.down = {path}
    for number in range(2):
        report = world.run()
        assert [failure for failure in report.failures if "is down" in failure]
        windows = [row for row in world.archive.coverage.windows() if row.window.by == COMING]
        assert len(windows) == 4
        assert sum("is down" in row.note for row in windows) in (1, 2), number
    world.client.down = set()
    text = text_of(world.mails_of()[0]) if path != "/api/committeebusiness" else ""
    assert "NO LONGER" not in text
    assert world.run().failures == []


def test_health_tells_the_last_reading_and_what_failed_since(world: ComingWorld) -> None:
    world.items_on()
    world.client.down = {"/oralquestions/list"}
    world.items_on(TODAY + DAY)
    health = {
        (source.source, source.house): source
        for source in health_of_sources(
            world.archive, world.config, world.calendar, now=world.clock(), today=TODAY + DAY, since=TODAY + DAY
        )
    }
    (oral,) = [source for (name, _), source in health.items() if name == "oral_questions"]
    assert (oral.read, oral.published) == (2, 2)
    assert oral.failures == ("/oralquestions/list is down.",)
    assert oral.read_at is not None
    assert oral.read_at.date() == TODAY
    assert [covered.state for covered in oral.incomplete] == ["failed"]
    assert not any(source.incomplete for (name, _), source in health.items() if name != "oral_questions")


def test_a_digest_does_not_say_that_a_source_was_read_in_full_which_is_down(tmp_path: Path) -> None:
    world = ComingWorld.made_in(tmp_path, cadence="daily", quiet_days=True)
    world.run()
    said = []
    for day, down in ((1, {"/calendar/events/list.json"}), (2, set())):
        world.clock.now = at(TODAY + day * DAY)
        world.client.down = down
        world.run()
        said.append(" ".join(text_of(message_from_bytes(world.post.sent[-1][1], policy=default)).split()))
    world.archive.close()
    whats_on = "what is coming as of 2 June 2031 (Commons) and what is coming as of 2 June 2031 (Lords)"
    assert (
        f"Read so far: Commons published none, What's On 1 of 1, what is coming. Still incomplete: {whats_on}. 1"
        in said[0]
    )
    assert "Read in full: Commons published none, what is coming. Nothing failed." in said[1]


def test_an_entry_that_makes_no_sense_is_kept_apart_and_tried_again(world: ComingWorld) -> None:
    world.api.oral[0]["QuestionType"] = "Pondered"
    assert world.items_on() == [ALL[0], ALL[2]]
    [stuck] = world.archive.payloads.quarantined()
    assert (stuck.source, stuck.key) == ("oral_questions", "700001-900001")
    assert "QuestionType" in stuck.reason
    world.api.oral[0]["QuestionType"] = "Substantive"
    assert world.items_on() == [ALL[1]]
    assert world.archive.payloads.quarantined() == []


def test_evidence_without_a_last_day_is_told_and_has_no_day(world: ComingWorld) -> None:
    world.api.inquiries[0]["openSubmissionPeriods"] = [period(1, TODAY, None)]
    assert world.items_on() == ALL
    assert stored(world, "ci-4001").takes_place_on is None
    world.api.inquiries[0]["openSubmissionPeriods"] = [period(1, TODAY, TODAY + 9 * DAY)]
    assert world.items_on() == ["MOVED | Rivers and towns"]


def test_who_follows_a_member_is_told_of_their_oral_questions_on_anything(world: ComingWorld) -> None:
    world.items_on()
    [reader] = world.config.subscribers
    target = FollowTarget(kind=FollowKind.ASKER, ref=ADA.name, member_id=ADA.id)
    world.archive.following.follow(reader, target)
    world.api.oral.append(oral_question(700_003, "What steps on trams.", TODAY + 9 * DAY, ADA, HOME_OFFICE))
    assert world.items_on() == ["FOLLOWED | Oral question 900003"]


def test_a_mute_does_not_hide_that_a_day_moved_which_was_told(world: ComingWorld) -> None:
    world.items_on()
    [reader] = world.config.subscribers
    world.archive.choices.mute(reader, MuteKind.PHRASE, "bathing water", TODAY + 30 * DAY)
    world.api.events.append(event(35_040, "Bathing water again", TODAY + 9 * DAY, "Debate"))
    world.api.events[0]["StartDate"] = on(TODAY + 5 * DAY)
    assert world.items_on() == ["MOVED | Bathing water in spring"]


def test_a_backfill_of_the_past_reads_nothing_of_it(world: ComingWorld) -> None:
    pipeline = world.pipeline()
    pipeline.collect(first=TODAY - 3 * DAY, last=TODAY)
    assert world.client.asked == []


def test_the_page_of_a_day_and_the_calendar_have_what_is_ahead(world: ComingWorld) -> None:
    world.items_on()
    due = DueDays(lambda: world.calendar)
    ahead = day_of_topics(world.archive, ["water"], TODAY, due)
    assert [hit.revision.proceeding.id for hit in ahead.ahead] == ["wo-cal35011", "oq-700001", "ci-4001"]
    assert (ahead.answers, ahead.mentions, ahead.changed) == ((), (), ())
    assert day_of_topics(world.archive, ["water"], TODAY + 4 * DAY, due).ahead == ahead.ahead[1:]
    before = events_in_calendar(world)
    assert {event.uid: (event.first_on, event.is_cancelled) for event in before.values()} == {
        "notice-wo-cal35011@pqwatch.invalid": (TODAY + 3 * DAY, False),
        "notice-oq-700001@pqwatch.invalid": (TODAY + 8 * DAY, False),
        "notice-ci-4001@pqwatch.invalid": (TODAY + 20 * DAY, False),
    }
    assert before["ci-4001"].title == "Evidence closes: Rivers and towns (Sample Affairs Committee)"
    assert before["oq-700001"].title == ("Oral question: What steps she is taking on bathing water (Home Office)")

    world.api.events[0]["StartDate"] = on(TODAY + 5 * DAY)
    world.api.oral[0]["Status"] = "Transferred"
    world.items_on(TODAY + DAY)
    after = events_in_calendar(world)
    moved, gone = after["wo-cal35011"], after["oq-700001"]
    assert (moved.first_on, moved.is_cancelled) == (TODAY + 5 * DAY, False)
    assert (gone.first_on, gone.is_cancelled) == (TODAY + 8 * DAY, True)
    assert gone.title.startswith("Withdrawn: ")
    assert all(after[name].sequence > before[name].sequence for name in ("wo-cal35011", "oq-700001"))
    assert after["ci-4001"].sequence == before["ci-4001"].sequence
    changed = day_of_topics(world.archive, ["water"], TODAY + DAY, due)
    assert [hit.revision.proceeding.id for hit in changed.changed] == ["wo-cal35011", "oq-700001"]
    assert [hit.revision.proceeding.id for hit in changed.ahead] == ["wo-cal35011", "ci-4001"]


def events_in_calendar(world: ComingWorld) -> dict[str, CalendarEvent]:
    contents = calendar_contents(
        world.archive, world.calendar, CalendarRequest(topics={"water": "Water"}, has_recess=False)
    )
    return {event.record: event for event in contents.events}


def test_the_story_of_a_notice_tells_its_days(world: ComingWorld) -> None:
    world.items_on()
    world.api.events[0]["StartDate"] = on(TODAY + 5 * DAY)
    world.items_on(TODAY + DAY)
    [record] = world.archive.cross_references.find("wo-cal35011")
    steps = chronicle(world.archive.records.revisions(record), None, TODAY + DAY)
    assert [(step.day, step.event, step.text) for step in steps] == [
        (TODAY, "announced", "Announced: House of Commons: business of Thursday 5 June 2031."),
        (TODAY + DAY, "moved", "Moved from Thursday 5 June 2031 to Saturday 7 June 2031."),
        (TODAY + 5 * DAY, "due", "Business set down for this day."),
    ]
