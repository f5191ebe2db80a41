"""A source that is read in parts: whatever happens, and in whatever order, the end is as if it was read whole."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db import tables
from monitor.collect import parts
from monitor.collect.file_counts import FileCounts
from monitor.collect.files import MOST_FAILURES, FileCollector
from monitor.collect.incomplete_days import outages_of
from monitor.collect.news import fact_of
from monitor.collect.parts import (
    PartCollector,
    as_text,
    end_backfill,
    end_reading,
    files_of,
    history_in_parts,
    in_parts,
    noted_so_far,
    part_of,
    read_files,
    windows_in_parts,
    windows_of,
)
from monitor.collect.revisions import store_readings
from monitor.collect.windows import WindowCollector
from monitor.model.records import House
from monitor.model.sources import FileRef, Reading, Window
from monitor.model.split_readings import PartFindings, SplitReading
from tests.builders import a_question
from tests.fakes import Clock, FakeFileSource, FakeSource, World, _payload, _written, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.config.settings import Config

MONDAY = date(2024, 11, 18)
DAY = timedelta(days=1)
LOOK_BACK = 5
NAME = "source questions"
LONG_GAP = (3, 2)
"""Day and seed of a time without readings that is longer than a reading makes up for."""
FACTS = ("news_floor", "full_read_on", "whole_on", "missed_days")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "WINDOWS_IN_A_PART", 5)
    monkeypatch.setattr(parts, "FILES_IN_A_PART", 2)


@pytest.fixture
def clock() -> Clock:
    return Clock(at(MONDAY, 20))


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    archive = new_archive(tmp_path, clock)
    yield World(archive, clock, source=FakeSource(houses=(House.COMMONS, House.LORDS)), config=long_look_back())
    archive.close()


def long_look_back() -> Config:
    config = a_config()
    return replace(config, questions=replace(config.questions, look_back_days=LOOK_BACK))


@pytest.fixture
def twin(tmp_path: Path, clock: Clock) -> Iterator[World]:
    """Return another world, which reads the same source whole."""
    folder = tmp_path / "twin"
    folder.mkdir()
    archive = new_archive(folder, clock)
    yield World(archive, clock, source=FakeSource(houses=(House.COMMONS, House.LORDS)), config=long_look_back())
    archive.close()


def an_answer(number: int, day: date, house: House = House.COMMONS, **facts: Any) -> Any:
    given: dict[str, Any] = {"tabled_on": day - 5 * DAY, "answered_on": day, "answer": f"Answer {number}. " * 30}
    return a_question(**(given | facts), id=f"q-{number}", uin=str(number), house=house)


def collect_of(world: World) -> WindowCollector:
    work = world.pipeline().collector_of("questions")
    assert isinstance(work, WindowCollector)
    return work


def begun(world: World) -> tuple[SplitReading, list[list[Window]]] | WindowCollector:
    """Begin a reading as a worker does; return its parts, or what has read it whole, where it is short."""
    work = collect_of(world)
    work.looks_up_later = True
    found = windows_in_parts(work)
    if not found:
        work.run()
        return work
    reading = SplitReading(
        name=NAME,
        began_at=world.clock(),
        as_of=world.clock(),
        units=work.planned,
        left=tuple(range(len(found))),
        noted=noted_so_far(work),
    )
    world.archive.split_readings.begin(reading, [])
    return reading, found


def read_part(world: World, part: list[Window]) -> None:
    reading = world.archive.split_readings.of(NAME)
    assert reading is not None
    windows = windows_of(as_text(part), "questions")
    assert windows == part
    world.archive.split_readings.note(NAME, part_of(collect_of(world), reading).read(windows))


def ended(world: World) -> tuple[dict[str, int], list[str]]:
    reading = world.archive.split_readings.of(NAME)
    assert reading is not None
    noted = end_reading(collect_of(world), reading)
    world.archive.split_readings.end(NAME)
    return dict(noted.counts), sorted(noted.failures)


def read_in_parts(world: World, dice: random.Random) -> tuple[dict[str, int], list[str]]:
    """Read the source in parts, in any order, some of them twice, as if a worker had died."""
    found = begun(world)
    if isinstance(found, WindowCollector):
        return without_failures(found.counts.as_dict()), sorted(found.counts.failures)
    _, all_parts = found
    dice.shuffle(all_parts)
    for part in all_parts:
        read_part(world, part)
    return ended(world)


def read_whole(world: World) -> tuple[dict[str, int], list[str]]:
    counts = collect_of(world).run()
    return without_failures(counts.as_dict()), sorted(counts.failures)


def without_failures(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if name != "failures"}


def state(world: World) -> dict[str, Any]:
    """Return all that a reading leaves in the archive, but for the order of rows."""
    archive = world.archive
    record, revision, known = tables.proceeding, tables.revision, tables.source_record
    revisions = select(record.c.public_id, revision.c.number, revision.c.events, revision.c.is_news).join(
        record, record.c.id == revision.c.proceeding_id
    )
    standing = select(known.c.key, known.c.gone_runs, known.c.looked_up_on, known.c.list_hash)
    with archive.engine.connect() as connection:
        stored = {tuple(row) for row in connection.execute(revisions)}
        records = {tuple(row) for row in connection.execute(standing)}
    return {
        "revisions": stored,
        "records": records,
        "coverage": {
            (covered.window, covered.state, covered.total, covered.held, covered.note)
            for covered in archive.coverage.windows()
        },
        "facts": [archive.runs.fact(fact_of(name, "questions")) for name in FACTS],
        "outages": {(outage.window, outage.is_over) for outage in outages_of(archive.runs, "questions")},
        "quarantine": {stuck.key for stuck in archive.payloads.quarantined()},
    }


def live_on(source: FakeSource, today: date, number: int, dice: random.Random) -> int:
    """Let a day pass at the source: new answers, corrections, records that go or fail, and days that can't be read."""
    for _ in range(dice.randint(4, 12)):
        number += 1
        day = today - dice.randint(0, LOOK_BACK + 2) * DAY
        source.publish(an_answer(number, day, dice.choice([House.COMMONS, House.LORDS])))
    keys = sorted(source.published)
    for key in dice.sample(keys, min(len(keys), 4)):
        source.change(key, answer=f"Now {dice.random()}. " * 20, corrected_on=dice.choice([None, today]))
    for group, most in ((source.hidden, 3), (source.gone, 2), (source.failing, 2), (source.broken, 1)):
        group.clear()
        group.update(dice.sample(keys, min(len(keys), dice.randint(0, most))))
    every = [
        Window(source="questions", house=house, by=by, day=today - n * DAY)
        for house in source.houses
        for by in source.by
        for n in range(LOOK_BACK)
    ]
    source.down = set(dice.sample(every, dice.choice([0, 0, 3])))
    source.is_down = dice.random() < 1 / 8
    return number


@pytest.mark.parametrize("seed", range(4))
def test_parts_in_any_order_leave_what_a_whole_reading_leaves(
    world: World, twin: World, clock: Clock, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 (the same choice each time)
    number = 70_000
    twin.source = world.source
    for day in range(6):
        number = live_on(world.source, clock.now.date(), number, dice)
        for _ in range(2):  # the second time a day few windows are read, and none are split
            counts, failures = read_in_parts(world, dice)
            counts_of_whole, failures_of_whole = read_whole(twin)
            assert state(world) == state(twin)
            assert set(failures) == set(failures_of_whole)
            for name in ("windows", "incomplete", "listed", "new", "changed"):
                assert counts[name] == counts_of_whole[name], name
        clock.tick(days=60 if (day, seed) == LONG_GAP else dice.choice([1, 1, 3]))
    assert (world.archive.runs.fact("missed_days") is not None) is (seed == LONG_GAP[1])


def test_the_first_day_of_news_is_known_before_a_reading_is_split(world: World) -> None:
    world.source.publish(*(an_answer(number, MONDAY - number * DAY) for number in range(3, 8)))
    found = begun(world)
    assert not isinstance(found, WindowCollector)
    reading, all_parts = found
    assert world.archive.runs.fact("news_floor") == (MONDAY - 3 * DAY).isoformat()
    read = [window for window in world.source.windows if window.by == "answered" and window.house is House.COMMONS]
    assert [window.day for window in read] == [MONDAY - n * DAY for n in range(4)]
    assert sum(map(len, all_parts)) + reading.noted.counts["windows"] == reading.units == LOOK_BACK * 6
    for part in reversed(all_parts):
        read_part(world, part)
    ended(world)
    with world.archive.engine.connect() as connection:
        news = connection.execute(select(tables.revision.c.day).where(tables.revision.c.is_news)).scalars().all()
    assert news == [MONDAY - 3 * DAY]


def test_a_source_without_answers_is_read_whole(world: World) -> None:
    assert isinstance(begun(world), WindowCollector)
    assert world.archive.runs.fact("news_floor") == MONDAY.isoformat()


def test_a_source_that_is_down_is_not_asked_by_every_part(world: World) -> None:
    world.source.publish(an_answer(1, MONDAY - DAY))
    found = begun(world)
    assert not isinstance(found, WindowCollector)
    world.source.is_down = True
    before = len(world.source.windows)
    for part in found[1]:
        read_part(world, part)
    assert len(world.source.windows) - before == len(found[1][0])
    counts, failures = ended(world)
    assert counts["incomplete"] == sum(map(len, found[1]))
    assert len(failures) == 1
    assert "more windows: the source does not answer" in failures[0]


def test_a_record_that_two_parts_store_in_different_states_is_read_once_more(world: World) -> None:
    world.source.publish(an_answer(2, MONDAY - DAY), an_answer(1, MONDAY - 3 * DAY, tabled_on=MONDAY - 8 * DAY))
    found = begun(world)
    assert not isinstance(found, WindowCollector)
    reading, all_parts = found
    world.source.change("1", answer="Newest. " * 40)
    newest = world.source.published["1"]
    [part] = [part for part in all_parts if any(_lists(window, newest) for window in part if window.by == "answered")]
    read_part(world, part)
    stale = replace(newest, answer="Stale. " * 40)
    reader = part_of(collect_of(world), reading)
    reader.store_readings([Reading(payload=_payload("1", _written(stale)), proceeding=stale, is_detail=True)])
    assert texts(world) == ["Newest. " * 40]
    noted = world.archive.split_readings.of(NAME)
    assert noted is not None
    assert noted.noted.look_up == ("1",)
    for other in all_parts:
        if other is not part:
            read_part(world, other)
    before = len(world.source.details)
    ended(world)
    assert world.source.details[before:].count("1") == 1
    assert texts(world) == ["Newest. " * 40]


def _lists(window: Window, proceeding: Any) -> bool:
    return window.house is proceeding.house and window.day == proceeding.answered_on


def texts(world: World) -> list[str | None]:
    """Return the answers of the first question, revision by revision."""
    [record] = world.archive.cross_references.find("q-1")
    return [revision.proceeding.answer for revision in world.archive.records.revisions(record)]


def test_what_was_stored_before_the_reading_is_not_in_dispute(world: World) -> None:
    before = an_answer(1, MONDAY - DAY)
    store_readings(
        world.archive,
        [Reading(payload=_payload("1", _written(before)), proceeding=before)],
        today=MONDAY,
        is_news=lambda *_: False,
    )
    world.clock.tick(hours=1)
    reading = SplitReading(name=NAME, began_at=world.clock(), as_of=world.clock(), units=1, left=(0,))
    world.archive.split_readings.begin(reading, [])
    after = replace(before, answer="Changed. " * 40)
    reader: PartCollector = part_of(collect_of(world), reading)
    reader.store_readings([Reading(payload=_payload("1", _written(after)), proceeding=after, is_detail=True)])
    assert texts(world) == [before.answer, after.answer]


def test_parts_are_short_and_all_there() -> None:
    assert in_parts([1, 2, 3], 3) == []
    assert in_parts([1, 2, 3, 4], 3) == [[1, 2, 3], [4]]
    long = in_parts(range(1000), 3)
    assert max(map(len, long)) == 3
    assert [number for part in long for number in part] == list(range(1000))


# -- history ----------------------------------------------------------------------------------------------------------


def backfill_in_parts(world: World, name: str, first: date | None = None, last: date | None = None) -> PartFindings:
    """Read the past of a source in parts, the last one first."""
    work = world.pipeline().collector_of_past(name, first=first, last=last)
    found = history_in_parts(work)
    reading = SplitReading(
        name=name, began_at=world.clock(), as_of=world.clock(), units=0, left=tuple(range(len(found)))
    )
    world.archive.split_readings.begin(reading, [])
    for part in found[::-1]:
        current = world.archive.split_readings.of(name)
        assert current is not None
        reader = world.pipeline().collector_of_past(name)
        if isinstance(reader, FileCollector):
            refs = files_of(as_text(part))
            noted = PartFindings() if current.noted.down else read_files(reader, refs)
        else:
            noted = part_of(reader, current).read(windows_of(as_text(part), name))
        world.archive.split_readings.note(name, noted)
    current = world.archive.split_readings.of(name)
    assert current is not None
    return end_backfill(world.pipeline().collector_of_past(name), current)


def test_windows_of_the_past_are_read_in_parts(world: World, twin: World) -> None:
    first, last = MONDAY - 60 * DAY, MONDAY - 50 * DAY
    world.source.publish(*(an_answer(number, first + number * DAY) for number in range(9)))
    world.source.failing = {"3"}
    twin.source = world.source
    noted = backfill_in_parts(world, "questions", first=first, last=last)
    twin.pipeline().backfill("questions", FileCounts(), first=first, last=last)
    assert state(world) == state(twin)
    assert not any(revision[3] for revision in state(world)["revisions"])
    assert len(noted.failures) == 1
    assert "record 3: 500" in noted.failures[0]
    world.source.failing = set()
    before = len(world.source.windows)
    assert history_in_parts(world.pipeline().collector_of_past("questions", first=first, last=last)) == []
    world.pipeline().backfill("questions", FileCounts(), first=first, last=last)
    assert 0 < len(world.source.windows) - before < 5  # only what failed is read again
    assert len(state(world)["revisions"]) == 9


def test_a_backfill_leaves_what_is_down_to_the_next(world: World) -> None:
    world.source.is_down = True
    noted = backfill_in_parts(world, "questions", first=MONDAY - 60 * DAY, last=MONDAY - 50 * DAY)
    assert len(world.source.windows) == 1 + MOST_FAILURES  # the last part has one window
    assert noted.failures[-1] == "questions: the rest was left for the next run"


def test_files_of_the_past_are_read_in_parts(world: World) -> None:
    source = FakeFileSource()
    world.files = (source,)
    for number in range(7):
        day = date(2016, 3, 1) + number * DAY
        source.publish(f"day{number}.xml", day, replace(an_answer(number, day), id=f"pq-{number}", tabled_on=None))
    source.down = {"day3.xml"}
    noted = backfill_in_parts(world, "theyworkforyou")
    assert (noted.counts["files"], noted.counts["failed"], noted.counts["new"]) == (6, 1, 6)
    assert noted.failures == ("theyworkforyou: a file could not be had: day3.xml does not come",)
    source.down = set()
    fetched = len(source.fetched)
    assert [len(part) for part in history_in_parts(world.pipeline().collector_of_past("theyworkforyou"))] == []
    world.pipeline().backfill("theyworkforyou", FileCounts())
    assert source.fetched[fetched:] == ["day3.xml"]


def test_files_are_handed_out_oldest_first(world: World) -> None:
    source = FakeFileSource()
    world.files = (source,)
    for number in range(5):
        day = date(2016, 3, 1) + number * DAY
        source.publish(f"day{number}.xml", day, replace(an_answer(number, day), id=f"pq-{number}", tabled_on=None))
    found = history_in_parts(world.pipeline().collector_of_past("theyworkforyou"))
    assert [[ref.name for ref in part if isinstance(ref, FileRef)] for part in found] == [
        ["day0.xml"],
        ["day2.xml", "day1.xml"],
        ["day4.xml", "day3.xml"],
    ]


def test_a_source_of_files_that_is_down_is_left_to_the_next_backfill(world: World) -> None:
    source = FakeFileSource()
    world.files = (source,)
    for number in range(6):
        source.publish(f"day{number}.xml", date(2016, 3, 1) + number * DAY, an_answer(number, MONDAY))
    source.down = set(source.bodies)
    noted = backfill_in_parts(world, "theyworkforyou")
    assert len(source.fetched) == 2
    assert noted.failures[-1] == "theyworkforyou: the rest was left for the next run"
