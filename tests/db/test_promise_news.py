"""Promises in digests, over all stages: each is told once, nothing old is mailed, and each can be switched off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from monitor.config.settings import WebSettings
from monitor.errors import LeaseError
from monitor.model.following import FollowKind, FollowTarget
from monitor.model.promises import PromiseState
from monitor.model.watching import ARCHIVE, Topic
from monitor.research.calendar_file.contents import CalendarRequest, calendar_contents
from monitor.research.calendar_file.document import icalendar
from tests.builders import a_question, a_subscriber
from tests.fakes import WATER, World, a_config, at
from tests.unit.calendar_kit import ReadersCalendar

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

pytestmark = pytest.mark.slow

MONDAY = date(2024, 11, 18)
TUESDAY = MONDAY + timedelta(days=1)
SENTENCE = "We will publish the bathing water plan for Sampleton by 31 January 2025."
LATER = "We will publish the bathing water plan for Sampleton by 30 April 2025."
LINE = f"Promised: \u201c{SENTENCE}\u201d (by 31 January 2025)."


def answered(uin: str = "140001", answer: str = SENTENCE, on: date = MONDAY, **facts: Any) -> Proceeding:
    question = "What steps he is taking on bathing water."
    return a_question(uin=uin, answer=answer, answered_on=on, tabled_on=on, question=question, **facts)


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    clock.now = at(MONDAY, 8)
    world = World(archive, clock)
    assert world.run().ok
    return world


def run_on(world: World, day: date, hour: int = 9) -> list[str]:
    """Run once and return the new mails as plain text on one line."""
    world.clock.now = at(day, hour)
    before = len(world.post.sent)
    assert world.run().ok
    return [_text(mail) for _, mail in world.post.sent[before:]]


def _text(mail: bytes) -> str:
    message = message_from_bytes(mail, policy=policy.default)
    part = message.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def mentioned(world: World) -> set[int]:
    """Return the promises of the archive of which a digest told the reader."""
    promises = [promise for group in world.archive.promises.listing() for promise in group]
    assert promises
    return world.archive.promises.reported_in("desk", {promise.proceeding_id for promise in promises})


def test_a_promise_is_told_with_its_answer_then_when_due_then_when_late_once_each(world: World) -> None:
    world.source.publish(answered())
    [first] = run_on(world, TUESDAY)
    assert LINE in first
    assert run_on(world, date(2025, 1, 2)) == []
    [due] = run_on(world, date(2025, 1, 6))
    assert f"\u201c{SENTENCE}\u201d Due: by 31 January 2025." in due
    assert run_on(world, date(2025, 1, 7)) == []
    [late] = run_on(world, date(2025, 2, 3))
    assert "1 promise overdue" in late
    assert run_on(world, date(2025, 2, 4)) == []
    assert {told.news.value for told in world.archive.promises.reported("desk")} == {"due", "overdue"}
    assert len(mentioned(world)) == 1


def test_a_day_that_was_moved_stands_with_the_new_answer_and_the_old_day_is_told_no_more(world: World) -> None:
    world.source.publish(answered())
    run_on(world, TUESDAY)
    world.source.publish(answered("140002", LATER, date(2025, 1, 3)))
    [moved] = run_on(world, date(2025, 1, 3), 20) or run_on(world, date(2025, 1, 6))
    assert "Promised again:" in moved
    assert "Its day moved: by 31 January 2025 (said 18 Nov 2024), then by 30 April 2025 (3 Jan 2025)." in moved
    assert not any("overdue" in mail for mail in run_on(world, date(2025, 2, 3)))


SOON = "We will publish the sea water plan for Sampleton in due course."
BY_JANUARY = "We will publish the sea water plan for Sampleton by 31 January 2025."


def of_other_words(uin: str, answer: str, on: date = MONDAY) -> Proceeding:
    """A question that no term of the reader finds."""
    return a_question(uin=uin, answer=answer, answered_on=on, tabled_on=on, question="What steps he is taking.")


def test_a_day_that_another_answer_names_is_told_to_those_who_follow_the_promise(world: World) -> None:
    world.source.publish(of_other_words("140001", SOON))
    assert run_on(world, TUESDAY) == []
    [[promise]] = list(world.archive.promises.listing())
    target = FollowTarget(kind=FollowKind.PROMISE, ref=promise.id, promise_id=promise.number)
    assert world.archive.following.follow(a_subscriber(), target)
    world.source.publish(of_other_words("140002", BY_JANUARY, date(2024, 12, 2)))
    assert run_on(world, date(2024, 12, 3)) == []
    [due] = run_on(world, date(2025, 1, 6))
    assert f"\u201c{BY_JANUARY}\u201d Due: by 31 January 2025." in due
    [late] = run_on(world, date(2025, 2, 3))
    assert "1 promise overdue" in late
    assert run_on(world, date(2025, 2, 4)) == []


def test_a_day_that_another_answer_names_is_told_on_the_topics_of_the_first(world: World) -> None:
    world.source.publish(replace(answered(answer=SOON), question="What steps he is taking on bathing water."))
    run_on(world, TUESDAY)
    world.source.publish(of_other_words("140002", BY_JANUARY, date(2024, 12, 2)))
    assert run_on(world, date(2024, 12, 3)) == []
    [due] = run_on(world, date(2025, 1, 6))
    assert f"\u201c{BY_JANUARY}\u201d Due: by 31 January 2025." in due
    assert run_on(world, date(2025, 1, 7)) == []


def test_kept_is_told_on_the_topics_of_a_repetition(world: World) -> None:
    world.source.publish(of_other_words("140001", SOON))
    run_on(world, TUESDAY)
    world.source.publish(replace(answered("140002", SOON, date(2024, 12, 2)), question="What of bathing water."))
    run_on(world, date(2024, 12, 3))
    [[first, again]] = list(world.archive.promises.listing())
    assert again.repeats == first.number
    world.archive.promises.decide(first.number, PromiseState.KEPT, None, "it is out", "Ada")
    [kept] = run_on(world, date(2024, 12, 4))
    assert "1 promise kept" in kept


def test_a_promise_that_is_back_is_back_in_a_calendar(world: World) -> None:
    def calendar() -> bytes:
        contents = calendar_contents(world.archive, world.calendar, CalendarRequest(topics={"water": "Water"}))
        return icalendar(contents.events, "Water")

    readers = ReadersCalendar()
    whole = answered()
    gone = replace(whole, answer=None, question=None, is_withdrawn=True)
    for number, record in enumerate((whole, gone, whole)):
        world.source.publish(record)
        run_on(world, TUESDAY + timedelta(days=number))
        [[promise]] = list(world.archive.promises.listing())
        assert promise.is_gone == record.is_withdrawn
        readers.take_in(calendar())
        readers.agrees_with(calendar())


def digest_of_kept(world: World) -> str:
    """Mark a promise as kept the day after it was told, and return the digest of that day."""
    world.source.publish(answered())
    run_on(world, TUESDAY)
    [[promise]] = list(world.archive.promises.listing())
    world.archive.promises.decide(promise.number, PromiseState.KEPT, None, "it is out", "Ada")
    [kept] = run_on(world, TUESDAY + timedelta(days=1))
    return kept


def test_kept_is_told_once(world: World) -> None:
    kept = digest_of_kept(world)
    assert "1 promise kept" in kept
    assert "Marked as kept by Ada on 19 November 2024: it is out." in kept
    assert run_on(world, TUESDAY + timedelta(days=2)) == []


def test_a_stranger_is_not_told_who_marked_a_promise_and_why(world: World) -> None:
    world.archive.subscribers.add(a_subscriber(kept_in=ARCHIVE))
    world.config = a_config(subscribers=(), web=WebSettings(public=True))
    kept = digest_of_kept(world)
    assert "Marked as kept on 19 November 2024." in kept


def test_promises_can_be_switched_off(archive: Archive, clock: Clock) -> None:
    clock.now = at(MONDAY, 8)
    world = World(archive, clock, config=a_config(subscribers=(a_subscriber(promises=False),)))
    assert world.run().ok
    world.source.publish(answered())
    [mail] = run_on(world, TUESDAY)
    assert "Promised" not in mail
    assert run_on(world, date(2025, 1, 6)) == []
    assert world.archive.promises.reported("desk") == []
    assert mentioned(world) == set()


def test_a_ledger_that_is_new_to_an_old_archive_mails_no_backlog(world: World) -> None:
    pipeline = world.pipeline()
    old = [answered(f"13000{n}", f"We will publish plan Sample{n} of bathing water by 1 May 2023.") for n in range(3)]
    old = [replace(record, answered_on=date(2023, 2, 6), tabled_on=date(2023, 2, 6)) for record in old]
    world.source.publish(*old)
    with world.archive.runs.lease():
        pipeline.collect(first=date(2023, 2, 6), last=date(2023, 2, 6))
    assert run_on(world, TUESDAY) == []
    assert len(list(world.archive.promises.listing())) == 3
    assert run_on(world, TUESDAY + timedelta(days=1)) == []


def test_a_topic_that_is_added_later_does_not_open_what_was_late_before(world: World) -> None:
    world.source.publish(answered())
    run_on(world, TUESDAY)
    run_on(world, date(2025, 2, 3))
    plans = Topic(key="plans", name="Plans", terms=("Sampleton",))
    reader = a_subscriber(key="ada", name="Ada", email="ada@example.org", topics=("plans",))
    world.config = a_config(topics=(WATER, plans), subscribers=(a_subscriber(), reader))
    assert run_on(world, date(2025, 2, 5)) == []


def test_a_digest_that_fails_to_be_stored_tells_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.source.publish(answered())

    def lost(*_args: object) -> None:
        raise LeaseError("lost")

    with monkeypatch.context() as patch:
        patch.setattr("db.outbox.Outbox.add", lost)
        world.clock.now = at(TUESDAY, 9)
        with pytest.raises(LeaseError):
            world.run()
    assert mentioned(world) == set()
    [mail] = run_on(world, TUESDAY, 10)
    assert LINE in mail


def test_skipping_a_digest_skips_its_promises(world: World) -> None:
    world.source.publish(answered())
    run_on(world, TUESDAY)
    world.clock.now = at(date(2025, 1, 6), 9)
    from monitor.digest.compose import Compose  # noqa: PLC0415 (one test needs it)

    pipeline = world.pipeline()
    with world.archive.runs.lease():
        Compose(world.archive, world.config, world.calendar, pipeline.as_of, world.clock).skip(world.config.readers[0])
    assert run_on(world, date(2025, 1, 7)) == []
