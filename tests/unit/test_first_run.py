"""First run: newest days first, output for the user, and every way to end it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from monitor import app
from monitor.cli import stages
from monitor.collect.first_run import FIRST_DIGEST, why_no_first_digest
from monitor.collect.windows import NEWEST_DAYS
from monitor.demo.parliament import Parliament
from monitor.demo.sample import FIRST_DAY, sample
from monitor.errors import ArchiveError
from monitor.model.records import House
from monitor.model.search import ANY_TOPIC, Filters
from monitor.operations.first_look import FirstLook, summary
from monitor.operations.signals import Terminated
from tests.builders import a_question
from tests.e2e.desk import Desk
from tests.fakes import Clock, FakeSource, World, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.collect.news import Scope
    from monitor.model.records import Proceeding
    from monitor.model.sources import Window

DAY = timedelta(days=1)
WEDNESDAY = date(2024, 11, 20)
TUESDAY, MONDAY, SUNDAY, FRIDAY = (WEDNESDAY - n * DAY for n in (1, 2, 3, 5))
BOTH = (House.COMMONS, House.LORDS)
POLITE = timedelta(milliseconds=200)
PATIENCE = timedelta(minutes=3)


def answered(number: int, day: date, **facts: object) -> Proceeding:
    given = {"uin": f"{140000 + number}", "answer": "The bathing water was tested.", "tabled_on": day - DAY}
    return a_question(**(given | {"answered_on": day} | facts))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from a_world(tmp_path)


def a_world(folder: Path) -> Iterator[World]:
    clock = Clock(at(WEDNESDAY, 8))
    archive = new_archive(folder, clock)
    source = FakeSource(houses=BOTH)
    days = (TUESDAY, TUESDAY, MONDAY, SUNDAY, FRIDAY)
    source.publish(*(answered(number, day) for number, day in enumerate(days, 1)))
    yield World(archive, clock, source)
    archive.close()


class Looks:
    """Recorder of the looks of a first run, and of the days and matches that were there by then."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: list[tuple[bool, set[date], int]] = []

    def __call__(self, _scope: Scope, is_all: bool) -> None:
        days = {window.day for window in self.world.source.windows}
        self.seen.append((is_all, days, self.world.archive.search.count(None, Filters(topic=ANY_TOPIC))))


def run(world: World) -> Looks:
    looks, pipeline = Looks(world), world.pipeline()
    pipeline.first_look = looks
    try:
        pipeline.run()
    finally:
        world.source.before_page = lambda _window, _number: None
    return looks


# -- the newest days first --------------------------------------------------------------------------------------------


def test_the_newest_two_days_with_answers_are_read_matched_and_shown_before_the_rest(world: World) -> None:
    questions = replace(world.config.questions, look_back_days=8)
    world.config = replace(world.config, questions=questions)
    newest = {WEDNESDAY, TUESDAY, MONDAY}
    early, late = run(world).seen
    assert early == (False, newest, 3)
    assert late == (True, newest | {SUNDAY - n * DAY for n in range(5)}, 5)


def test_sunday_with_an_answer_does_not_count_as_one_of_the_two_days(world: World) -> None:
    for key in ("140001", "140002", "140003"):  # Tuesday and Monday have no answers
        del world.source.published[key]
    world.config = replace(world.config, questions=replace(world.config.questions, look_back_days=8))
    early, _ = run(world).seen
    assert early == (False, {WEDNESDAY - n * DAY for n in range(8)}, 2)


def test_both_houses_of_a_day_are_read_before_the_day_counts(world: World) -> None:
    run(world)
    newest = world.source.windows[: 3 * 2 * 3]
    assert {(read.day, read.by, read.house) for read in newest} == {
        (day, by, house) for day in (WEDNESDAY, TUESDAY, MONDAY) for by in world.source.by for house in BOTH
    }
    assert NEWEST_DAYS == 2


def test_a_run_after_the_first_shows_nothing(world: World) -> None:
    run(world)
    world.clock.now = at(WEDNESDAY + DAY, 8)
    assert run(world).seen == []


def test_run_that_read_nothing_does_not_count_as_a_first_run(world: World) -> None:
    world.source.is_down = True
    run(world)
    world.source.is_down = False
    world.clock.tick(hours=1)
    assert [seen[0] for seen in run(world).seen] == [False, True]


def test_matches_of_both_parts_are_counted_once_each(world: World) -> None:
    pipeline = world.pipeline()
    pipeline.first_look = Looks(world)
    report = pipeline.run()
    assert report.stages["match"] == {"revisions": 3, "matches": 3, "promises": 0}
    assert [row.stage for row in reversed(world.archive.runs.last())] == ["collect", "match", "compose", "deliver"]


def test_failed_look_stops_nothing(world: World) -> None:
    def fail(_scope: Scope, is_all: bool) -> None:
        if not is_all:
            raise ArchiveError("the archive can't be read")

    pipeline = world.pipeline()
    pipeline.first_look = fail
    assert pipeline.run().ok
    assert len(world.pending()) == 0
    assert [kind for _, kind, _ in world.digests()] == ["mailed"]


# -- ends of a first run ----------------------------------------------------------------------------------------------


def outcome(world: World) -> tuple[list[tuple[str, int]], set[str]]:
    """Return the mailed digests, and the keys of the stored questions."""
    digests = [(kind, items) for _, kind, items in world.digests() if kind == "mailed"]
    stored = {key for key in world.source.published if world.archive.cross_references.find(f"q-{key}")}
    return digests, stored


@pytest.mark.parametrize("looks_first", [True, False], ids=["looks first", "as ever"])
@pytest.mark.parametrize("stopped_by", [KeyboardInterrupt, Terminated])
@pytest.mark.parametrize("at_page", range(18))
def test_first_run_that_is_stopped_anywhere_mails_the_same_in_the_end(
    world: World, stopped_by: type[BaseException], at_page: int, looks_first: bool
) -> None:
    pages = 0

    def stop(_window: Window, _number: int) -> None:
        nonlocal pages
        if pages == at_page:
            raise stopped_by
        pages += 1

    world.source.before_page = stop
    pipeline = world.pipeline()
    pipeline.first_look = Looks(world) if looks_first else None
    if stopped_by is KeyboardInterrupt:
        assert pipeline.run().interrupted
    else:
        with pytest.raises(Terminated):
            pipeline.run()
    kept = outcome(world)[1]
    world.source.before_page = lambda _window, _number: None
    if not kept:  # an empty digest would delay the answers until tomorrow
        assert world.digests() == []
    for hours in (1, 24):  # answers that were read too late for the digest of the slot come with the next
        world.clock.tick(hours=hours)
        run(world)
        assert world.digests()[0][1] == "mailed"
    digests, stored = outcome(world)
    assert kept <= stored
    assert sum(items for _, items in digests) == 2  # the answers of Tuesday, the day before
    assert stored >= {"140001", "140002", "140003"}
    assert world.pending() == {}


# -- output -----------------------------------------------------------------------------------------------------------


def seen(**facts: object) -> FirstLook:
    given: dict[str, object] = {
        "since": MONDAY - 11 * DAY,
        "today": WEDNESDAY,
        "records": 2250,
        "matching": 13,
        "by_topic": {"Water": 13, "Rivers": 0},
        "newest": None,
        "is_all": True,
    }
    return FirstLook(**(given | facts))  # type: ignore[arg-type]


def test_sentences_of_a_first_run() -> None:
    assert list(summary(seen())) == [
        "13 of 2,250 records of the last two weeks match.",
        "By topic: Water 13; nothing so far on Rivers. All of them:",
    ]
    assert next(summary(seen(is_all=False, matching=1, by_topic={"Water": 1}))) == (
        "Of the newest days, which are read first: 1 of 2,250 records matches."
    )
    assert next(summary(seen(is_all=False, is_interrupted=True))).startswith("Of what was read so far: 13 of 2,250 ")
    assert next(summary(seen(matching=0))).startswith("None of 2,250 records of the last two weeks matches.")
    assert "of the last 3 days match" in next(summary(seen(since=MONDAY)))


def test_a_first_run_shows_the_newest_days_then_all_and_the_command_lists_as_many(tmp_path: Path) -> None:
    with sample().parliament(FIRST_DAY) as parliament:
        desk = Desk(folder=tmp_path / "desk", parliament=parliament)
        done = desk.ask("run", "--as-of", FIRST_DAY.isoformat(), "--json")
        again = desk.ask("run", "--as-of", FIRST_DAY.isoformat(), "--json")
    first = done.data["first_run"]
    early, late = (line for line in done.err.splitlines() if " match; the newest: " in line)
    assert early.startswith("Of the newest days, which are read first: ")
    assert late.startswith(f"{first['matching']} of {first['records']} records of the last two weeks match")
    assert first["is_whole"] is True
    assert f"  {first['command']}\n" in done.err
    words = first["command"].split()[1:]
    listed = desk.ask(*words[: words.index("--config")] if "--config" in words else words, "--json").data
    assert len(listed) == first["matching"]
    assert listed[0]["id"] == first["newest"]
    assert "first_run" not in again.data
    assert "match; the newest" not in again.err


# -- within three minutes ---------------------------------------------------------------------------------------------


def a_full_day(day: date, first_id: int) -> Iterator[dict[str, object]]:
    """Build 330 typical answers of a sitting day, 265 of them of the Commons, and 330 questions tabled on it."""
    answer = next(value for value in sample().parliament(FIRST_DAY).values() if value["answerText"])
    for number in range(660):
        is_answered = number < 330
        facts = {
            "id": first_id + number,
            "uin": str(first_id + number),
            "house": "Commons" if number % 5 else "Lords",
            "dateTabled": f"{day - 7 * DAY if is_answered else day}T00:00:00",
            "dateAnswered": f"{day}T00:00:00" if is_answered else None,
            "answerText": f"<p>{'It was tested. ' * 40}</p>" if is_answered else None,
            "questionText": "To ask how many. " * (20 if number % 4 == 0 else 5),
        }
        yield {**answer, **facts, "dateAnswerCorrected": None, "dateHoldingAnswer": None}


def test_two_full_days_take_three_minutes_at_the_polite_pace(tmp_path: Path) -> None:
    asked: list[int] = []
    values = [value for n in range(3) for value in a_full_day(TUESDAY - n * DAY, 9_000_000 + 1000 * n)]
    with Parliament.from_values(values) as parliament:
        desk = Desk(folder=tmp_path / "desk", parliament=parliament, questions="look_back_days = 5")
        config = app.configuration(str(desk.config), env={}, needs_password=False)
        archive = app.archive(config)
        try:
            with app.pipeline(config, archive, as_of=at(WEDNESDAY, 8)) as stages:
                stages.first_look = lambda _scope, _is_all: asked.append(len(parliament.requests))
                stages.run()
        finally:
            archive.close()
    assert asked[0] * POLITE <= PATIENCE
    assert asked[0] >= 2 * 330  # each answer needed a request of its own
    assert asked[0] < asked[1]


# -- a first digest of all days ---------------------------------------------------------------------------------------


def test_first_digest_has_the_whole_look_back_is_marked_and_mailed_once(world: World) -> None:
    world.pipeline().run(first=True)
    (first,) = world.archive.digests.listing()
    assert first.subject.startswith("First digest: 2 mentions: Water 2 (18 Nov to 19 Nov)")
    assert first.slot == "2024-11-20T07:30"
    assert first.items == 3
    assert world.pending() == {}
    world.source.publish(answered(9, WEDNESDAY))
    world.clock.now = at(WEDNESDAY + DAY, 8)
    world.pipeline().run(first=True)  # again, as a line of cron would call it
    later = world.archive.digests.listing()[0]
    assert later.items == 1
    assert not later.subject.startswith("First digest")


def test_first_digest_after_the_first_run_has_unmailed_news_and_leaves_the_next_slot(world: World) -> None:
    run(world)
    assert world.digests() == [("2024-11-20T07:30", "mailed", 2)]
    world.clock.tick(minutes=10)
    world.pipeline().run(first=True)
    _, (slot, kind, items) = world.digests()
    assert (kind, items) == ("mailed", 1)  # Monday's answer, which the first run counted as history
    assert slot.startswith("2024-11-20T08:10 at ")
    world.clock.tick(hours=1)
    world.run()
    assert len(world.digests()) == 2
    world.clock.now = at(WEDNESDAY + DAY, 8)
    world.run()
    assert world.digests()[2:] == [("2024-11-21T07:30", "empty", 0)]


@pytest.mark.parametrize("stopped_by", [KeyboardInterrupt, Terminated])
@pytest.mark.parametrize("at_page", range(0, 18, 2))
def test_next_run_completes_a_first_digest_stopped_while_reading(
    world: World, stopped_by: type[BaseException], at_page: int
) -> None:
    pages = iter(range(1000))

    def stop(_window: Window, _number: int) -> None:
        if next(pages) == at_page:
            raise stopped_by

    world.source.before_page = stop
    with contextlib.suppress(Terminated):
        world.pipeline().run(first=True)
    assert world.digests() == []
    world.clock.tick(hours=1)
    world.run()
    (first,) = world.archive.digests.listing()
    assert (first.kind, first.items) == ("mailed", 3)
    assert first.subject.startswith("First digest: ")
    world.clock.now = at(WEDNESDAY + DAY, 8)
    world.run()
    assert [kind for _, kind, _ in world.digests()] == ["mailed", "empty"]


@pytest.mark.parametrize("broken_off_at", ["set_fact", "take_as_news"])
def test_next_run_makes_a_first_digest_aborted_while_it_was_requested(
    world: World, monkeypatch: pytest.MonkeyPatch, broken_off_at: str
) -> None:
    run(world)
    part = world.archive.runs if broken_off_at == "set_fact" else world.archive.revisions
    real = getattr(part, broken_off_at)

    def cut_short(*args: str) -> None:
        if broken_off_at == "set_fact" and args[0] == FIRST_DIGEST:
            real(*args)
        raise Terminated

    world.clock.tick(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr(type(part), broken_off_at, lambda _self, *args: cut_short(*args))
        with pytest.raises(Terminated):
            world.pipeline().run(first=True)
    world.clock.tick(hours=1)
    world.run()
    assert [(kind, items) for _, kind, items in world.digests()] == [("mailed", 2), ("mailed", 1)]
    assert world.archive.digests.listing()[0].subject.startswith("First digest: ")


def test_first_digest_says_at_its_top_what_later_ones_have(world: World) -> None:
    world.pipeline().run(first=True)
    [(_, mail)] = world.post.sent
    body = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    assert body is not None
    sentences = (
        "Your first digest: everything since 18 November 2024 that you have not been sent yet. "
        "The next ones have only what is new."
    )
    assert sentences in " ".join(body.get_content().split())


def test_late_first_digest_is_refused_with_the_command_that_lists(world: World) -> None:
    run(world)
    late = replace(world.pipeline()._scope(), as_of=at(WEDNESDAY + 30 * DAY))
    names = ["questions"]
    runs = world.archive.runs
    assert "has news since 2024-11-19" in why_no_first_digest(runs, names, late)
    assert why_no_first_digest(runs, names, world.pipeline()._scope()) == ""


def test_the_first_digest_was_made_on_a_day_in_london(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Mock(made_at=datetime(2024, 7, 1, 23, 30, tzinfo=UTC))
    monkeypatch.setattr(stages, "first_digest", lambda _runs: made)
    assert not stages._may_make_first_digest(Mock())
    assert "The first digest was made on 2 July 2024, and is made once." in capsys.readouterr().err


def test_run_offers_a_first_digest_and_makes_it_once(tmp_path: Path) -> None:
    with sample().parliament(FIRST_DAY) as parliament:
        desk = Desk(folder=tmp_path / "desk", parliament=parliament)
        day = FIRST_DAY.isoformat()
        offered = desk.ask("run", "--as-of", day)
        rehearsed = desk.ask("run", "--as-of", day, "--first-digest", "--dry-run")
        made = desk.ask("run", "--as-of", day, "--first-digest")
        again = desk.ask("run", "--as-of", day, "--first-digest")
        late = desk.ask("run", "--as-of", (FIRST_DAY + 30 * DAY).isoformat(), "--first-digest")
    assert "pqwatch run --first-digest" in offered.err
    assert "Subject: First digest: " in rehearsed.out
    assert made.code == again.code == late.code == 0
    assert made.out.count(".html") == 1
    assert again.out == ""
    assert "The first digest was made on " in again.err
    subjects = [row["subject"] for row in desk.ask("digest", "list", "--json").data]
    assert [subject.startswith("First digest: ") for subject in subjects].count(True) == 1


def test_run_refuses_a_late_first_digest(tmp_path: Path) -> None:
    with sample().parliament(FIRST_DAY) as parliament:
        desk = Desk(folder=tmp_path / "desk", parliament=parliament)
        desk.ask("run", "--as-of", FIRST_DAY.isoformat())
        late = desk.ask("run", "--as-of", (FIRST_DAY + 30 * DAY).isoformat(), "--first-digest")
    assert late.code == 2
    assert "this archive has news since 2024-11-" in late.err
    assert "pqwatch matches --since 2024-12-13 --limit 0" in late.err
