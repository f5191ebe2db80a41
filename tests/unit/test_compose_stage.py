"""Compose stage: who gets a digest and when, late questions, days that were read, and references."""

from __future__ import annotations

import logging
import re
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.collect.file_counts import FileCounts
from monitor.config import mark_of
from monitor.config.settings import (
    DeliverySettings,
    FileSourceSettings,
    NorthernIrelandSettings,
    ScheduleSettings,
    StatementsSettings,
    TermProblem,
    TheyWorkForYouSettings,
)
from monitor.digest.compose import Compose, ComposeCounts
from monitor.digest.contents import asked_since
from monitor.digest.messages import message_id
from monitor.digest.summary import summary_of
from monitor.errors import ArchiveError, LeaseError
from monitor.model.collection import WindowState
from monitor.model.digests import OpenQuestion
from monitor.model.records import House
from monitor.model.sources import Window
from monitor.model.watching import ARCHIVE, Topic
from monitor.parliament.lifecycle import DueDays
from monitor.research.records import waiting_questions
from tests.archive_kit import store
from tests.builders import a_question, a_subscriber
from tests.e2e.desk import text_of
from tests.fakes import WATER, Clock, FakeFileSource, World, a_config, at, looking_back, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from monitor.digest.prepare import Prepared
    from monitor.model.digests import NewDigest
    from monitor.model.records import Proceeding

pytestmark = pytest.mark.slow

MONDAY = date(2024, 11, 18)
DAY = timedelta(days=1)
TUESDAY = MONDAY + DAY


def asked(number: int = 1, **facts: object) -> Proceeding:
    given: dict[str, object] = {
        "uin": f"{140000 + number}",
        "question": "What steps he is taking on bathing water.",
        "answer": None,
        "tabled_on": MONDAY,
        "date_for_answer": MONDAY + 4 * DAY,
        "named_day": True,
    }
    return a_question(**(given | facts))


def answered(number: int = 1, **facts: object) -> Proceeding:
    return asked(number, **({"answer": "The bathing water was tested.", "answered_on": MONDAY} | facts))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Make a world whose first run was on Monday at eight, with nothing published."""
    clock = Clock(at(MONDAY, 8, 1))
    archive = new_archive(tmp_path, clock, first_run())
    yield World(archive, clock)
    archive.close()


@cache
def first_run() -> bytes:
    """Return the archive after the first run, which each test copies."""
    with TemporaryDirectory() as folder:
        clock = Clock(at(MONDAY, 8))
        with closing(new_archive(Path(folder), clock)) as archive:
            World(archive, clock).run()
        return Path(folder, "archive.db").read_bytes()


def run_at(world: World, day: date, hour: int = 9) -> None:
    world.clock.now = at(day, hour)
    report = world.run()
    assert report.failures == []


def prepared(world: World, subscriber: str = "desk") -> Prepared:
    [reader] = [reader for reader in world.config.subscribers if reader.key == subscriber]
    compose = Compose(world.archive, world.config, world.calendar, world.clock(), world.clock)
    return compose.prepare(reader, "preview")


def kinds(world: World, subscriber: str = "desk") -> list[str]:
    return [kind for _, kind, _ in world.digests(subscriber)]


def mails(world: World) -> list[EmailMessage]:
    return [message_from_bytes(body, policy=default) for _, body in world.post.sent]


# -- late -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_late_question_is_reported_once_and_then_weekly(world: World) -> None:
    world.source.publish(asked())  # due on Friday
    seen = {}
    for days in range(1, 19):
        run_at(world, MONDAY + days * DAY)
        digest = prepared(world).digest
        seen[days] = (kinds(world)[-1], len(digest.waiting))
    new = [days for days, (kind, _) in seen.items() if kind == "mailed" and (MONDAY + days * DAY).weekday() < 5]
    assert new == [1, 7]  # a new question on Tuesday, a late one on the next Monday
    assert [days for days, (_, waiting) in seen.items() if waiting] == [4, 14, 15, 16, 17, 18]  # due today on day 4


def test_late_questions_return_every_week_also_after_a_digest_that_came_a_day_later(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(cadence="weekly"),))
    world.source.publish(asked())  # due on Friday
    run_at(world, MONDAY, 20)
    for weeks, late in ((1, DAY), (2, timedelta()), (3, timedelta())):
        monday = MONDAY + weeks * 7 * DAY
        world.source.publish(answered(1 + weeks, tabled_on=monday - DAY, answered_on=monday - DAY))
        run_at(world, monday + late)
    texts = [" ".join(text_of(mail).split()) for mail in mails(world)]
    assert ["1 question newly late" in text for text in texts[-3:]] == [True, False, False]
    assert ["1 question still waiting" in text for text in texts[-3:]] == [False, True, True]


def test_late_questions_return_in_the_next_digest_after_a_week(world: World) -> None:
    world.source.publish(asked())
    for days in (1, 7, 8):
        run_at(world, MONDAY + days * DAY)
    assert kinds(world) == ["empty", "mailed", "mailed", "empty"]
    world.source.publish(answered(2, answered_on=MONDAY + 14 * DAY))
    run_at(world, MONDAY + 15 * DAY)
    [waiting] = world.archive.digests.open_questions(["water"])
    last = {waiting.proceeding_id: MONDAY + 15 * DAY}
    assert world.archive.digests.reminders("desk") == last
    assert world.archive.digests.reminders("desk", since=MONDAY + 15 * DAY) == last
    assert world.archive.digests.reminders("desk", since=MONDAY + 16 * DAY) == {}
    assert waiting.topics == {"water"}


def test_reminders_are_looked_for_since_the_first_of_the_questions_was_tabled() -> None:
    days = (MONDAY, MONDAY - DAY, None)
    questions = [
        OpenQuestion(proceeding_id=number, proceeding=asked(tabled_on=day), topics=frozenset(), due_floor_on=None)
        for number, day in enumerate(days)
    ]
    assert asked_since(questions[:2]) == MONDAY - DAY
    assert asked_since(questions) is None
    assert asked_since([]) is None


def test_question_is_late_from_the_next_working_day(world: World) -> None:
    friday = MONDAY + 4 * DAY
    world.source.publish(asked())
    run_at(world, friday - DAY)
    assert prepared(world).digest.waiting == ()
    world.clock.now = at(friday)
    [due] = prepared(world).digest.waiting
    assert (due.due_on, due.days_late, due.is_new, due.topics) == (friday, 0, False, ("water",))
    assert [match.form for match in due.matches if match.part == "question"] == ["bathing water"]
    for weekend in (DAY, 2 * DAY):
        world.clock.now = at(friday + weekend)
        assert prepared(world).digest.waiting == ()
    world.clock.now = at(friday + 3 * DAY)
    [late] = prepared(world).digest.waiting
    assert (late.due_on, late.days_late, late.is_new) == (friday, 3, True)


@pytest.mark.parametrize(("quiet_days", "kind"), [(False, "empty"), (True, "mailed")])
def test_question_due_today_causes_no_mail_and_does_not_count_as_reported_late(
    world: World, quiet_days: bool, kind: str
) -> None:
    friday = MONDAY + 4 * DAY
    world.config = a_config(subscribers=(a_subscriber(quiet_days=quiet_days),))
    world.source.publish(asked())
    run_at(world, friday - DAY)
    run_at(world, friday)
    assert kinds(world)[-1] == kind
    [question] = world.archive.digests.open_questions(["water"])
    assert question.proceeding_id not in world.archive.digests.reminders("desk")
    world.clock.now = at(friday + 3 * DAY)
    assert prepared(world).has_news


def test_promised_letter_is_reminded_of_every_four_weeks_and_causes_no_mail(world: World) -> None:
    world.source.publish(answered(answer="I will write to the hon. Member about the bathing water."))
    promised = {}
    for days in (1, 27, 28, 29, 56):
        run_at(world, MONDAY + days * DAY)
        promised[days] = [question.promised_on for question in prepared(world).digest.waiting]
    assert promised == {1: [], 27: [], 28: [MONDAY], 29: [MONDAY], 56: [MONDAY]}
    assert "mailed" not in kinds(world)[2:]
    world.source.publish(answered(2, answered_on=MONDAY + 56 * DAY))
    run_at(world, MONDAY + 57 * DAY)
    text = mails(world)[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "PROMISED LETTERS" in text
    assert "A letter was promised on" in text
    assert prepared(world).digest.waiting == ()


@pytest.mark.parametrize(("house", "waited_for"), [(House.LORDS, 1), (House.SENEDD, 0), (House.SCOTLAND, 0)])
def test_no_letter_is_waited_for_that_is_published_elsewhere(world: World, house: House, waited_for: int) -> None:
    letter = answered(answer="I will write to the Member about the bathing water.", house=house)
    store(world.archive, letter, read_at=at(MONDAY, 9))
    run_at(world, TUESDAY)
    world.clock.now = at(MONDAY + 28 * DAY, 9)
    assert len(prepared(world).digest.waiting) == waited_for
    assert len(waiting_questions(world.archive, ["water"], DueDays(lambda: world.calendar), MONDAY)) == waited_for


def test_late_questions_reported_before_cause_no_mail(world: World) -> None:
    world.source.publish(asked())
    for days in (1, 7, 14, 21):
        run_at(world, MONDAY + days * DAY)
    assert kinds(world)[1:] == ["mailed", "mailed", "empty", "empty"]
    waiting = prepared(world).digest.waiting
    assert [(question.is_new, question.days_late) for question in waiting] == [(False, 17)]


def test_a_transfer_keeps_the_later_due_date(world: World) -> None:
    world.source.publish(asked(date_for_answer=MONDAY + 8 * DAY))
    run_at(world, TUESDAY)
    world.source.publish(asked(body_id=7, date_for_answer=MONDAY + 2 * DAY))
    run_at(world, TUESDAY, 10)
    world.clock.now = at(MONDAY + 8 * DAY)
    assert [question.days_late for question in prepared(world).digest.waiting] == [0]
    world.clock.now = at(MONDAY + 9 * DAY)
    assert [question.days_late for question in prepared(world).digest.waiting] == [1]


def test_nothing_is_late_without_a_calendar(world: World) -> None:
    world.source.publish(asked(named_day=False))
    run_at(world, TUESDAY)
    world.calendar = replace(world.calendar, known={})
    world.clock.now = at(MONDAY + 60 * DAY)
    assert prepared(world).digest.waiting == ()


def test_reminders_can_be_switched_off(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(waiting=False),))
    world.source.publish(asked())
    run_at(world, TUESDAY)
    world.clock.now = at(MONDAY + 20 * DAY)
    assert prepared(world).digest.waiting == ()
    assert world.archive.digests.open_questions([]) == []


# -- quiet days -------------------------------------------------------------------------------------------------------


def test_quiet_day_is_mailed_to_subscribers_who_want_it(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(quiet_days=True),))
    run_at(world, TUESDAY)
    assert kinds(world) == ["empty", "mailed"]


def test_quiet_day_does_not_call_empty_what_could_not_be_read(world: World) -> None:
    both = (House.COMMONS, House.LORDS)
    files = FakeFileSource()
    world.source.houses, world.files = both, (files,)
    world.config = a_config(
        subscribers=(a_subscriber(quiet_days=True),),
        questions=replace(looking_back(3), houses=both),
        theyworkforyou=TheyWorkForYouSettings(files=FileSourceSettings(enabled=True)),
    )
    run_at(world, MONDAY)
    files.is_down = True
    world.source.down = {
        Window(source="questions", house=House.LORDS, by=by, day=TUESDAY - days * DAY)
        for by in world.source.by
        for days in range(3)
    }
    world.clock.now = at(TUESDAY, 9)
    assert len(world.run().failures) == 2
    said = " ".join(text_of(mails(world)[-1]).split())
    assert "Read so far: Commons published none, Lords none, TheyWorkForYou none. Still incomplete: " in said
    assert "2 failures: the source broke off; and 1 more" in said
    files.is_down, world.source.down = False, set()
    run_at(world, TUESDAY + DAY)
    said = " ".join(text_of(mails(world)[-1]).split())
    assert "Read in full: Commons published none, Lords published none, TheyWorkForYou published none. Nothing" in said


def test_quiet_day_counts_waiting_questions_and_names_the_next_due_day(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(quiet_days=True, waiting=False),))
    run_at(world, MONDAY, 20)
    world.source.publish(asked(1), asked(2, date_for_answer=MONDAY + 2 * DAY), asked(3, date_for_answer=MONDAY))
    run_at(world, TUESDAY)
    digest = prepared(world).digest
    assert (digest.open_count, digest.next_due_on) == (3, MONDAY + 2 * DAY)
    run_at(world, TUESDAY + 2 * DAY)
    assert prepared(world).digest.next_due_on == MONDAY + 4 * DAY


def test_quiet_day_in_recess_is_mailed_once_a_week(world: World) -> None:
    christmas = date(2024, 12, 23)  # a Monday in recess
    world.config = a_config(subscribers=(a_subscriber(quiet_days=True),))
    for days in range(10):
        run_at(world, christmas + days * DAY)
    slots = [slot[:10] for slot, kind, _ in world.digests() if kind == "mailed"]
    assert slots == ["2024-12-23", "2024-12-30"]
    assert prepared(world).digest.in_recess_until == {House.COMMONS: date(2025, 1, 6)}
    said = [" ".join(text_of(mail).split()) for mail in mails(world)[-2:]]
    assert "Next mail: Monday 30 December 2024, 07:30, or before that when there is news." in said[0]
    assert "Next mail: Monday 6 January 2025, 07:30, or before that when there is news." in said[1]
    run_at(world, date(2025, 1, 6))
    assert "Next mail: Tuesday 7 January 2025, 07:30." in " ".join(text_of(mails(world)[-1]).split())


def test_quiet_day_is_mailed_while_one_house_sits(world: World) -> None:
    both = (House.COMMONS, House.LORDS)
    world.source.houses = both
    world.config = a_config(
        subscribers=(a_subscriber(quiet_days=True),), questions=replace(looking_back(3), houses=both)
    )
    for days in range(7):
        run_at(world, date(2025, 4, 3) + days * DAY)
    in_recess = [(date(2025, 4, 4), {House.LORDS}), (date(2025, 4, 8), {House.LORDS}), (date(2025, 4, 9), {*both})]
    assert [{house for house in both if world.calendar.recess_until(house, day)} for day, _ in in_recess] == [
        houses for _, houses in in_recess
    ]
    slots = [slot[:10] for slot, kind, _ in world.digests() if kind == "mailed"]
    assert slots[-4:] == ["2025-04-03", "2025-04-04", "2025-04-07", "2025-04-08"]  # the Commons sat until the 8th


def test_quiet_day_is_mailed_while_a_devolved_legislature_may_sit(world: World) -> None:
    world.config = a_config(
        subscribers=(a_subscriber(quiet_days=True),), northern_ireland=NorthernIrelandSettings(enabled=True)
    )
    for days in range(3):
        run_at(world, date(2025, 4, 9) + days * DAY)
    assert prepared(world).digest.in_recess_until == {House.COMMONS: date(2025, 4, 22)}
    slots = [slot[:10] for slot, kind, _ in world.digests() if kind == "mailed"]
    assert slots == ["2025-04-09", "2025-04-10", "2025-04-11"]
    said = " ".join(text_of(mails(world)[-1]).split())
    assert "Next mail: Monday 14 April 2025, 07:30." in said


@pytest.mark.parametrize("first_on", [date(2026, 3, 27), date(2025, 7, 23)], ids=["clock change", "summer"])
def test_weekly_reader_gets_each_quiet_digest_of_a_recess(world: World, first_on: date) -> None:
    world.config = a_config(
        subscribers=(a_subscriber(cadence="weekly", quiet_days=True),),
        schedule=replace(ScheduleSettings(), weekly_on=first_on.weekday()),
    )
    for days, late in ((0, timedelta(seconds=5)), (7, timedelta(seconds=3)), (14, 5 * DAY), (21, timedelta())):
        world.clock.now = at(first_on + days * DAY, 7, 30) + late
        world.run()
    slots = [slot[:10] for slot, kind, _ in world.digests() if kind == "mailed"]
    assert slots[-4:] == [(first_on + days * DAY).isoformat() for days in (0, 7, 14, 21)]


@pytest.mark.parametrize(
    ("day", "is_known"),
    [(date(2017, 6, 12), False), (date(2017, 6, 13), True), (date(2026, 9, 2), True), (date(2026, 9, 3), False)],
)
def test_digest_records_whether_the_sitting_calendar_reaches_its_day(
    world: World, day: date, *, is_known: bool
) -> None:
    run_at(world, day)
    known = {} if is_known else {House.COMMONS: (date(2017, 6, 13), date(2026, 9, 2))}
    assert prepared(world).digest.calendar_known == known


def test_digest_of_devolved_legislatures_alone_speaks_of_no_recess_of_westminster(world: World) -> None:
    here = {"northern_ireland": NorthernIrelandSettings(enabled=True)}
    alone = replace(world.config.questions, enabled=False)
    for questions, known, recess in ((world.config.questions, 1, 1), (alone, 0, 0)):
        world.config = a_config(subscribers=(a_subscriber(),), questions=questions, **here)
        world.clock.now = at(date(2026, 9, 3))
        assert len(prepared(world).digest.calendar_known) == known
        world.clock.now = at(date(2024, 12, 27))
        assert len(prepared(world).digest.in_recess_until) == recess


def test_instant_subscriber_gets_no_quiet_days(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(quiet_days=True, cadence="instant"),))
    run_at(world, TUESDAY)
    assert kinds(world) == ["empty"]
    world.source.publish(answered())
    run_at(world, TUESDAY, 10)
    run_at(world, TUESDAY, 11)
    assert kinds(world) == ["empty", "mailed"]
    assert world.digests()[-1][0].startswith("2024-11-19T10:00 at ")


def test_new_question_that_is_due_today_stands_once_and_makes_a_mail(world: World) -> None:
    world.source.publish(asked(1, date_for_answer=TUESDAY), asked(2))
    run_at(world, TUESDAY)
    [mail] = mails(world)
    text = " ".join(text_of(mail).split())
    assert mail["Subject"] == "2 new questions: Water 2 (Mon 18 Nov)"
    assert "No new answer matches your topics. 2 new questions." in text
    assert "for answer on 19 to 22 Nov 2024, named day. 1 of them due today." in text
    run_at(world, TUESDAY + DAY)
    assert "1 question newly late" in " ".join(text_of(mails(world)[-1]).split())


def test_new_question_that_is_late_stands_among_the_late_ones_and_was_told(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(cadence="weekly"),))
    run_at(world, MONDAY + DAY)
    world.source.publish(asked(1, tabled_on=TUESDAY, date_for_answer=TUESDAY + DAY), asked(2, tabled_on=TUESDAY))
    run_at(world, TUESDAY + DAY)
    run_at(world, MONDAY + 7 * DAY)
    text = " ".join(text_of(mails(world)[-1]).split())
    assert mails(world)[-1]["Subject"] == "2 questions late: Water 2 (18 Nov to 25 Nov)"
    assert "2 questions newly late." in text
    assert "NEW QUESTIONS" not in text
    assert world.pending() == {}
    world.source.change("140001", answer="Yes.", question="What is it?", answered_on=MONDAY + 7 * DAY)
    run_at(world, MONDAY + 8 * DAY)
    assert world.pending() == {"140001": ("reworded", "answered")}


def test_late_question_was_not_told_as_new_to_who_wants_no_new_ones(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(cadence="weekly", new_questions=False),))
    run_at(world, MONDAY + DAY)
    world.source.publish(asked(1, tabled_on=TUESDAY, date_for_answer=TUESDAY + DAY))
    run_at(world, TUESDAY + DAY)
    run_at(world, MONDAY + 7 * DAY)
    assert "1 question newly late." in " ".join(text_of(mails(world)[-1]).split())
    [found] = world.archive.cross_references.find("q-140001")
    assert world.archive.digests.mentions(found) == []


# -- slots ------------------------------------------------------------------------------------------------------------


def test_no_digest_without_a_day_for_digests(world: World) -> None:
    world.config = a_config(schedule=ScheduleSettings(digest_days=frozenset()))
    world.source.publish(answered())
    run_at(world, TUESDAY)
    assert kinds(world) == ["empty"]


def test_digest_may_be_requested_outside_its_slot(world: World) -> None:
    world.source.publish(answered())
    world.clock.now = at(MONDAY, 18)
    pipeline = world.pipeline()
    pipeline.collect()
    pipeline.match()
    pipeline.compose()
    assert kinds(world) == ["empty"]
    pipeline.compose(now=True)
    assert kinds(world) == ["empty", "mailed"]
    run_at(world, TUESDAY)
    assert kinds(world) == ["empty", "mailed", "empty"]


def test_skipped_news_is_not_mailed(world: World) -> None:
    world.source.publish(answered())
    world.clock.now = at(MONDAY, 18)
    pipeline = world.pipeline()
    pipeline.collect()
    pipeline.match()
    compose = Compose(world.archive, world.config, world.calendar, world.clock(), world.clock)
    assert len(compose.skip(world.config.subscribers[0]).told) == 1
    run_at(world, TUESDAY)
    assert kinds(world) == ["empty", "skipped", "empty"]
    assert world.post.sent == []
    world.source.publish(answered(answer="The bathing water was not tested.", corrected_on=TUESDAY))
    run_at(world, MONDAY + 2 * DAY)
    assert kinds(world)[-1] == "mailed"  # a skipped question is followed all the same


ANN = a_subscriber(key="ann", name="Ann", email="ann@example.org", kept_in=ARCHIVE)
WATER_TOPIC = '[[topics]]\nname = "Water"\nterms = ["bathing water"]\n\n'
BOB = '[[subscribers]]\nname = "Bob"\nid = "desk"\nemail = "policy@example.org"\n'


@pytest.mark.parametrize("is_sent_first", [True, False], ids=["sent", "unsent"])
@pytest.mark.parametrize("mentions", ["short", "full", "off"])
def test_withdrawal_of_a_mention_is_mailed_once_to_those_who_may_see_it(
    world: World, mentions: str, *, is_sent_first: bool
) -> None:
    world.config = replace(world.config, subscribers=(a_subscriber(mentions=mentions),))
    words = {"heading": "Sea", "question": "To ask the Minister, what he does.", "answer": "Bathing water is tested."}
    world.source.publish(answered(1, **words), answered(2, heading="Bathing water"))
    run_at(world, TUESDAY if is_sent_first else MONDAY, 9 if is_sent_first else 20)
    world.source.change("140001", is_withdrawn=True)
    for days in (1, 2, 3, 4, 7):
        run_at(world, MONDAY + days * DAY, 19)
    texts = [text_of(mail) for mail in mails(world)]
    numbers = [number for text in texts for number in re.findall(r"^ ?(\d+)  WITHDRAWN \|", text, re.MULTILINE)]
    assert numbers == ([] if mentions == "off" else ["1"])
    withdrawn = [text for text in texts if "WITHDRAWN |" in text]
    assert not any("ONLY MENTIONED" in text for text in withdrawn)
    heading = "CHANGED SINCE YOU READ IT" if is_sent_first else "WITHDRAWN OR LAPSED"
    assert all(heading in text for text in withdrawn)
    if mentions == "off":
        assert not any("140001" in text for text in texts)


@pytest.mark.parametrize(
    ("after", "mails"),
    [
        ("", 2),  # an editor empties the file before it writes
        ("[[subscribers]\n", 2),
        (WATER_TOPIC + BOB, 2),
        (f"{WATER_TOPIC}{BOB}paused = true\n", 1),
        (WATER_TOPIC + BOB.replace("desk", "cy"), 1),
    ],
)
def test_who_leaves_config_toml_while_sources_are_read_gets_no_mail(
    world: World, tmp_path: Path, after: str, mails: int
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[[subscribers]]\n", "utf-8")
    world.archive.subscribers.add(ANN)
    world.config = a_config(path=path, mark=mark_of(path))
    world.source.publish(answered())

    def rewrite(_window: Window, _number: int) -> None:
        path.write_text(after, "utf-8")

    world.source.before_page = rewrite
    run_at(world, TUESDAY)
    assert len(world.post.sent) == mails


@pytest.mark.parametrize("is_paused", [True, False])
def test_who_leaves_the_archive_while_sources_are_read_gets_no_mail(world: World, is_paused: bool) -> None:
    kept = world.archive.subscribers
    kept.add(ANN)
    world.source.publish(answered())

    def leave(_window: Window, _number: int) -> None:
        kept.change(ANN, replace(ANN, paused=True)) if is_paused else kept.remove("ann")

    world.source.before_page = leave
    run_at(world, TUESDAY)
    assert [to for to, _ in world.post.sent] == ["policy@example.org"]


def test_a_paused_subscriber_gets_nothing(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(paused=True, quiet_days=True),))
    run_at(world, TUESDAY)
    assert kinds(world) == ["empty"]


# -- mails ------------------------------------------------------------------------------------------------------------


def test_mail_keeps_its_own_message_id() -> None:
    one = message_id("instance", "desk\n2024-11-19T07:30", "policy@example.org", "example.org")
    assert one == message_id("instance", "desk\n2024-11-19T07:30", "policy@example.org", "example.org")
    assert one.startswith("<")
    assert one.endswith("@example.org>")
    others = {
        message_id("other", "desk\n2024-11-19T07:30", "policy@example.org", "example.org"),
        message_id("instance", "desk\n2024-11-20T07:30", "policy@example.org", "example.org"),
        message_id("instance", "desk\n2024-11-19T07:30", "other@example.org", "example.org"),
    }
    assert len(others | {one}) == 4


def test_a_mail_is_dated_by_the_real_clock(world: World) -> None:
    world.config = a_config(
        delivery=DeliverySettings(folder=world.config.path, sender="pqwatch <watch@sample.example>")
    )
    world.source.publish(answered())
    world.clock.now = at(date(2026, 11, 24))
    world.run(as_of=at(TUESDAY))
    [mail] = mails(world)
    assert "24 Nov 2026" in str(mail["Date"])
    assert str(mail["Message-ID"]).endswith("@sample.example>")
    assert str(mail["List-Id"]).endswith("<digest.sample.example>")


def test_failed_digest_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk, peer = a_subscriber(), a_subscriber(key="peer", name="A peer")
    world.config = a_config(subscribers=(desk, peer))
    run_at(world, TUESDAY)
    world.source.publish(answered(answered_on=TUESDAY))
    store = world.archive.digests.store
    errors: list[Exception] = [ArchiveError("the disk is full"), KeyError("a mistake")]

    def fail(new: NewDigest) -> int:
        if new.subscriber == "desk" and errors:
            raise errors.pop(0)
        return store(new)

    monkeypatch.setattr(world.archive.digests, "store", fail)
    world.clock.now = at(MONDAY + 2 * DAY)
    assert world.run().failures == ["the digest for Policy desk can't be composed: the disk is full"]
    assert world.archive.runs.last()[1].outcome == "failed"
    assert (kinds(world)[-1], kinds(world, "peer")[-1]) == ("empty", "mailed")
    assert "Traceback" not in caplog.text
    report = world.run()
    assert report.failures == ["the digest for Policy desk can't be composed: KeyError: 'a mistake'"]
    assert "Traceback" in caplog.text
    assert report.stages["compose"] == {"digests": 0, "empty": 0, "items": 0, "put_off": 0, "failures": 1}
    assert world.run().ok
    assert kinds(world)[-1] == "mailed"
    assert [recipient for recipient, _ in world.post.sent] == [peer.email, desk.email]


def test_slot_stays_open_while_sources_are_down(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world.config = a_config(subscribers=(a_subscriber(quiet_days=True), a_subscriber(key="now", cadence="instant")))
    run_at(world, MONDAY, 10)
    before = kinds(world)
    world.source.publish(answered(answered_on=TUESDAY))
    world.source.is_down = True
    for hour in (8, 9):
        world.clock.now = at(TUESDAY, hour)
        report = world.run()
        assert (report.ok, report.stages["compose"]["put_off"]) == (False, 1)
    assert caplog.text.count(f"slot={TUESDAY}T07:30 put off: no source could be read") == 2
    assert kinds(world) == before
    world.source.is_down = False
    run_at(world, TUESDAY, 10)
    assert kinds(world) == [*before, "mailed"]
    assert world.digests()[-1][0] == f"{TUESDAY}T07:30"


def test_pending_news_is_mailed_while_sources_are_down(world: World) -> None:
    world.source.publish(answered(answered_on=MONDAY))
    run_at(world, MONDAY, 20)
    world.source.is_down = True
    world.clock.now = at(TUESDAY)
    report = world.run()
    assert (report.stages["compose"]["put_off"], kinds(world)[-1]) == (0, "mailed")
    assert "Still incomplete" in text_of(mails(world)[-1])


def test_source_with_one_readable_house_is_not_down(world: World) -> None:
    run_at(world, MONDAY, 20)
    world.clock.now = at(TUESDAY)
    world.source.down = {window for window in world.source.windows if window.by == "answered"}
    world.run()
    assert kinds(world)[-1] == "empty"


def test_large_digest_is_reported_to_the_operator(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.digest.compose.MANY_ITEMS", 2)
    operated = replace(world.config.delivery, operator="operator@example.org")
    world.config = replace(world.config, delivery=operated)
    for day, count in ((TUESDAY, 2), (TUESDAY + DAY, 3)):
        numbers = range(10 * day.day, 10 * day.day + count)
        world.source.publish(
            *(answered(number, answered_on=day, answer=f"Bathing water {number}.") for number in numbers)
        )
        run_at(world, day, 20)
    run_at(world, TUESDAY + 2 * DAY)
    subjects = [str(mail["Subject"]) for mail in mails(world) if mail["To"] == "operator@example.org"]
    assert subjects == ["pqwatch: worth knowing"]
    [alert] = [mail for mail in mails(world) if mail["To"] == "operator@example.org"]
    assert "The digest for Policy desk had 3 items" in str(alert.get_payload(decode=True))


def test_run_that_lost_the_lease_stops_composing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(_new: NewDigest) -> int:
        raise LeaseError("another run took the archive over")

    monkeypatch.setattr(world.archive.digests, "store", lose)
    world.clock.now = at(TUESDAY)
    compose = Compose(world.archive, world.config, world.calendar, world.clock(), world.clock)
    with pytest.raises(LeaseError):
        compose.run(ComposeCounts())


# -- items ------------------------------------------------------------------------------------------------------------


def test_item_names_the_record_that_it_refers_to(world: World) -> None:
    earlier = answered(1, answered_on=MONDAY - 3 * DAY, question="An older one.", answer="It was tested.")
    world.source.publish(
        earlier,
        answered(2, answer="On bathing water I refer the hon. Member to the answer to Question 140001."),
        answered(3, answer="On bathing water I refer the hon. Member to the answer to Question 140003."),
        answered(4, answer="On bathing water I refer the hon. Member to the answer to Question 999999."),
    )
    world.clock.now = at(MONDAY, 18)
    pipeline = world.pipeline()
    pipeline.collect()
    pipeline.match()
    referred = {item.revision.proceeding.uin: item.refers_to for item in prepared(world).digest.new}
    assert {uin: record.uin if record else None for uin, record in referred.items()} == {
        "140002": "140001",
        "140003": None,
        "140004": None,
    }


def test_item_shows_the_answer_of_a_column_that_is_unambiguous(world: World) -> None:
    printed = {
        "series": "debates",
        "answer": "It was tested.",
        "question": "An older one.",
        "answered_on": MONDAY - 3 * DAY,
    }
    day = f"{MONDAY - 3 * DAY:%-d %B %Y}"
    reference = "On bathing water I refer to the answer of {}, Official Report, column {}."
    world.source.publish(
        answered(1, column="7", heading="One", **printed),
        answered(2, column="9", heading="Two", **printed),
        answered(3, column="9", heading="Three", **printed),
        answered(4, heading="Four", answer=reference.format(day, 7)),
        answered(5, heading="Two", answer=reference.format(day, 9)),
        answered(6, heading="Six", answer=f"So it is. {reference.format(day, 9)}"),
        answered(7, heading="Seven", answer=reference.format(day, 12)),
    )
    world.clock.now = at(MONDAY, 18)
    pipeline = world.pipeline()
    pipeline.collect()
    pipeline.match()
    shown = {item.revision.proceeding.uin: item.refers_to for item in prepared(world).digest.new}
    assert {uin: record.uin if record else None for uin, record in shown.items()} == {
        "140004": "140001",
        "140005": "140002",
        "140006": None,
        "140007": None,
    }


def test_topics_come_in_the_readers_order(world: World) -> None:
    rivers = Topic(key="rivers", name="Rivers", terms=("river",))
    world.config = a_config(topics=(WATER, rivers), subscribers=(a_subscriber(topics=("rivers", "water")),))
    world.pipeline().sync()
    world.source.publish(answered(answer="The bathing water of the river."))
    run_at(world, TUESDAY, 6)
    digest = prepared(world).digest
    assert list(digest.topics) == ["rivers", "water"]
    assert [item.topics for item in digest.new] == [("rivers", "water")]


def test_earlier_digest_of_a_question_is_named_with_its_day(world: World) -> None:
    world.source.publish(asked())
    run_at(world, TUESDAY)
    world.source.publish(answered(answered_on=TUESDAY))
    run_at(world, TUESDAY, 18)
    [item] = prepared(world).digest.new
    assert item.told_on == TUESDAY
    assert item.before is not None
    assert item.before.number == 1


# -- state of terms and topics ----------------------------------------------------------------------------------------


BAD = TermProblem(topic="water", term="cat or dog", line=3, text="config.toml line 3: x: Write OR.", reason="Write OR.")


def test_unreadable_term_fails_the_run_and_its_readers_are_informed(world: World) -> None:
    other = a_subscriber(key="other", name="Other", email="other@example.org", topics=("kites",))
    kites = Topic(key="kites", name="Kites", terms=("bathing",))
    exclusion = replace(BAD, term="(", is_exclude=True)
    world.config = a_config(topics=(WATER, kites), subscribers=(a_subscriber(), other), term_problems=(BAD, exclusion))
    world.source.publish(answered(answered_on=TUESDAY))
    world.clock.now = at(TUESDAY, 9)
    report = world.run()
    assert report.failures == [f"{BAD.text} (the term is switched off)"] * 2
    assert not report.ok
    by_reader = {mail["To"]: " ".join(text_of(mail).split()) for mail in mails(world)}
    assert "1 of your terms can't be read" in by_reader["policy@example.org"]
    assert "1 of your exclusions can't be read" in by_reader["policy@example.org"]
    assert "Nothing failed" not in by_reader["policy@example.org"]
    assert "can't be read" not in by_reader["other@example.org"]
    assert "Nothing failed" in by_reader["other@example.org"]


def test_new_term_is_mentioned_in_the_first_mailed_digest(world: World) -> None:
    world.source.publish(answered(1, answer="A lake.", answered_on=MONDAY))
    run_at(world, TUESDAY)
    world.config = a_config(topics=(replace(WATER, terms=(*WATER.terms, "lake")),))
    world.clock.now = at(TUESDAY, 10)
    world.run()
    world.source.publish(answered(2, answered_on=TUESDAY))
    run_at(world, TUESDAY + DAY)
    world.source.publish(answered(3, answered_on=TUESDAY + DAY))
    run_at(world, TUESDAY + 2 * DAY)
    said = [
        "term “lake” of Water is new: it is in 1 record" in " ".join(text_of(mail).split()) for mail in mails(world)
    ]
    assert said == [False, True, False]


def test_idle_topic_is_reported_only_if_the_year_was_read(world: World) -> None:
    kites = Topic(key="kites", name="Kites", terms=("kite",))
    world.config = a_config(topics=(WATER, kites), subscribers=(a_subscriber(topics=("water", "kites")),))
    world.source.publish(answered(1, answered_on=MONDAY))
    run_at(world, TUESDAY)
    assert prepared(world).digest.watching.idle_topics == ()
    read = replace(world.archive.coverage.windows()[0], state=WindowState.COMPLETE)
    for days in range(6, 366):
        window = Window(source="questions", house=House.COMMONS, by="answered", day=TUESDAY - days * DAY)
        world.archive.coverage.note(replace(read, window=window))
    watching = prepared(world).digest.watching
    assert (watching.idle_topics, watching.idle_since) == (("kites",), TUESDAY - 365 * DAY)
    statements = replace(world.config, statements=StatementsSettings(enabled=True))
    world.config = statements
    assert prepared(world).digest.watching.idle_topics == ()  # no statements were read


# -- days that were read ----------------------------------------------------------------------------------------------


def test_digest_names_the_days_read_since_the_last_one(world: World) -> None:
    world.source.publish(answered(1), answered(2, answered_on=TUESDAY), answered(3, answered_on=TUESDAY))
    world.source.failing.add("140003")
    world.clock.now = at(TUESDAY, 6)
    world.run()
    [read] = prepared(world).digest.read
    assert (read.source, read.house, read.from_on, read.to_on) == ("questions", House.COMMONS, MONDAY, TUESDAY)
    assert (read.read, read.published) == (2, 3)
    assert set(read.incomplete) == {"answers of 19 November 2024", "questions tabled on 18 November 2024"}
    assert read.failures == ("record 140003: 500",)


def test_first_digest_names_the_days_read_since_the_first_day_of_news(tmp_path: Path) -> None:
    clock = Clock(at(MONDAY, 8))
    world = World(new_archive(tmp_path, clock), clock, config=a_config(questions=looking_back(4)))
    friday = MONDAY - 3 * DAY
    world.source.publish(answered(1, answered_on=friday, tabled_on=friday))
    world.collect()
    world.pipeline().sync()
    assert [(part.from_on, part.to_on) for part in prepared(world).digest.read] == [(friday, MONDAY)]
    world.archive.close()


def test_going_back_in_time_reads_no_days_to_come(world: World) -> None:
    run_at(world, MONDAY + 2 * DAY)
    [subscriber] = world.config.subscribers
    compose = Compose(world.archive, world.config, world.calendar, at(MONDAY, 9), world.clock)
    [read] = compose.prepare(subscriber, "preview").digest.read
    assert (read.from_on, read.to_on) == (MONDAY, MONDAY)


def test_no_days_were_read_without_a_run(tmp_path: Path) -> None:
    clock = Clock(at(MONDAY, 8))
    world = World(new_archive(tmp_path, clock), clock)
    digest = prepared(world).digest
    assert (digest.read, digest.open_count, digest.next_due_on) == ((), 0, None)
    assert isinstance(digest.next_at, datetime)
    world.archive.close()


def test_times_in_a_mail_are_those_of_the_schedule(world: World) -> None:
    schedule = replace(ScheduleSettings(), timezone=ZoneInfo("Europe/Paris"))
    world.config = a_config(subscribers=(a_subscriber(quiet_days=True, at="07:30"),), schedule=schedule)
    run_at(world, TUESDAY)
    text = text_of(mails(world)[-1])
    assert "Next mail: Wednesday 20 November 2024, 07:30." in " ".join(text.split())
    in_paris = datetime(2024, 11, 19, 7, 30, tzinfo=schedule.timezone)
    later = replace(prepared(world).digest, supplement_to=in_paris)
    assert "Supplement to your digest of Tuesday 19 November 2024, 07:30:" in summary_of(later)[0]


# -- answers that were given before -----------------------------------------------------------------------------------

TESTED = (
    "The Sample Agency tests the bathing waters of forty beaches each month in the season, and publishes the results. "
    "In the last year 45 samples were taken, of which none failed the standard."
)


def earlier_answers(world: World) -> list[str | None]:
    """Return the UINs of earlier answers that Tuesday's digest would name."""
    world.clock.now = at(TUESDAY)
    pipeline = world.pipeline()
    pipeline.sync()
    pipeline.collect()
    pipeline.match()
    return [item.said_before.uin for item in prepared(world).digest.new if item.said_before]


@pytest.mark.parametrize(
    ("earlier", "day", "is_said"),
    [
        (TESTED, MONDAY - DAY, True),
        (TESTED.replace("45", "38"), MONDAY - DAY, True),
        (TESTED, MONDAY, False),
        (
            TESTED.replace("In the last year", "It has powers to close any of them. In the year before"),
            MONDAY - DAY,
            True,
        ),
        (TESTED.replace("each month in the season", "now and then"), MONDAY - DAY, True),
        ("The bathing water was tested.", MONDAY - DAY, False),
    ],
)
def test_answer_that_was_given_before_is_recognised(world: World, earlier: str, day: date, *, is_said: bool) -> None:
    world.source.publish(answered(2, heading="Other", question="What he does.", answer=earlier, answered_on=day))
    world.source.publish(answered(1, answer=TESTED))
    assert earlier_answers(world) == (["140002"] if is_said else [])


def test_earlier_answers_are_not_looked_up_for_very_many_items(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.digest.prepare.MOST_LOOKED_BACK", 0)
    world.source.publish(
        answered(2, heading="Other", question="What he does.", answer=TESTED, answered_on=MONDAY - DAY)
    )
    world.source.publish(answered(1, answer=TESTED))
    assert earlier_answers(world) == []


# -- corrections of what was never sent -------------------------------------------------------------------------------


def test_correction_of_an_answer_that_was_never_mailed_shows_the_replaced_text(world: World) -> None:
    first = answered(answer="It was tested 11 times.", question="What he does.", answered_on=MONDAY)
    world.source.publish(first)
    run_at(world, TUESDAY)
    assert kinds(world) == ["empty", "empty"]  # it did not have the words then
    fixed = "The bathing water was tested 12 times."
    world.source.publish(replace(first, answer=fixed, corrected_on=TUESDAY, is_correction=True))
    run_at(world, TUESDAY + DAY)
    [mail] = mails(world)
    text = " ".join(text_of(mail).split())
    assert mail["Subject"].startswith("CORRECTED: ")
    assert "First answered on 18 November 2024. Corrected on 19 November 2024." in text
    assert "was: *It* was tested *11* times." in text


def test_days_of_a_backfill_count_as_read(world: World) -> None:
    first = MONDAY - 40 * DAY
    world.pipeline().backfill("questions", FileCounts(), first=first, last=first + 9 * DAY)
    assert world.archive.coverage.days_read(first, first + 20 * DAY) == {("questions", House.COMMONS): 10}


def test_new_topic_is_not_called_idle(world: World) -> None:
    world.source.publish(answered(1, answered_on=MONDAY))
    run_at(world, TUESDAY)
    kites = Topic(key="kites", name="Kites", terms=("kite",))
    world.config = a_config(topics=(WATER, kites), subscribers=(a_subscriber(topics=("water", "kites")),))
    world.clock.now = at(TUESDAY, 10)
    world.run()
    read = replace(world.archive.coverage.windows()[0], state=WindowState.COMPLETE)
    for days in range(1, 366):
        window = Window(source="questions", house=House.COMMONS, by="answered", day=TUESDAY - days * DAY)
        world.archive.coverage.note(replace(read, window=window))
    watching = prepared(world).digest.watching
    assert [term.topic for term in watching.new_terms] == ["kites"]
    assert watching.idle_topics == ()
    world.source.publish(answered(2, answered_on=TUESDAY))
    run_at(world, TUESDAY + DAY)
    assert prepared(world).digest.watching.idle_topics == ("kites",)
