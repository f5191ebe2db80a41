"""Collect stage of sources that are files: which files are due, news, quarantine, and counts that add up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from monitor.collect import files
from monitor.collect.files import FileCollector, excerpt_key, is_due
from monitor.collect.news import Scope
from monitor.errors import FetchError, GoneError
from monitor.model.collection import FileOutcome, FileRead
from monitor.model.sources import FileRef, Payload
from tests.builders import a_question
from tests.fakes import Clock, FakeFileSource, World, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.collect.file_counts import FileCounts
    from monitor.model.records import Proceeding

DAY = timedelta(days=1)
FRIDAY = date(2024, 11, 15)
MONDAY = date(2024, 11, 18)
TUESDAY = MONDAY + DAY
LOOK_BACK = 5


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock(at(TUESDAY, 8))
    archive = new_archive(tmp_path, clock)
    world = World(archive, clock, files=(FakeFileSource(),))
    yield world
    archive.close()


def an_answer(number: int, day: date | None = MONDAY, **facts: Any) -> Proceeding:
    given: dict[str, Any] = {"answered_on": day, "tabled_on": None, "date_for_answer": None, "id": f"pq-{number}"}
    return a_question(**(given | facts), uin=str(number))


def filed(world: World, **facts: Any) -> FileCollector:
    given: dict[str, Any] = {"as_of": world.clock(), "look_back_days": LOOK_BACK} | {
        key: facts.pop(key) for key in ("first", "last") if key in facts
    }
    return FileCollector(
        archive=world.archive,
        source=world.files[0],
        scope=Scope(**given),
        clock=world.clock,
        **facts,
    )


def read(world: World, **facts: Any) -> FileCounts:
    return filed(world, **facts).run()


def backfilled(world: World, **facts: Any) -> FileCounts:
    return read(world, is_history=True, **facts)


def news_of(world: World) -> dict[str, bool]:
    """Return whether the newest revision of each record is news, by id."""
    query = text(
        "SELECT p.public_id, r.is_news FROM revision r JOIN proceeding p ON p.id = r.proceeding_id ORDER BY r.id"
    )
    with world.archive.engine.connect() as connection:
        return {row.public_id: bool(row.is_news) for row in connection.execute(query)}


def outcomes(world: World) -> dict[str, str]:
    return {file.name: file.outcome for file in world.archive.files.listing()}


def quarantined(world: World) -> dict[str, str]:
    return {payload.key: payload.reason for payload in world.archive.payloads.quarantined()}


# -- which files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "version", "facts", "due"),
    [
        ("1", 1, {}, False),
        ("2", 1, {}, True),
        ("1", 2, {}, True),
        ("1", 1, {"outcome": FileOutcome.FAILED}, True),
        ("1", 1, {"outcome": FileOutcome.QUARANTINED}, False),
        ("", 1, {}, True),
    ],
    ids=["as it was", "changed", "newer parser", "did not come", "can't be read", "only reading tells"],
)
def test_files_that_are_due(stamp: str, version: int, facts: dict[str, str], due: bool) -> None:
    given: dict[str, Any] = {"day": None, "stamp": "1", "sha256": "", "version": 1, "outcome": FileOutcome.READ} | facts
    known = FileRead(source="s", name="a", **given, read_at=at(MONDAY), counts={}, years={})
    assert is_due(FileRef(name="a", stamp=stamp), known, version, lambda _ref, _filed: False) is due
    assert is_due(FileRef(name="a", stamp=stamp), None, version, lambda _ref, _filed: True)
    assert not is_due(FileRef(name="a"), known, 1, lambda _ref, _filed: True) or "outcome" in facts


def test_a_collect_reads_the_look_back_and_each_file_once(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1), an_answer(2))
    source.publish("b", MONDAY - 9 * DAY, an_answer(3, MONDAY - 9 * DAY))
    source.publish("c", None, an_answer(4))
    counts = read(world)
    assert (counts.files, counts.tally.records, counts.tally.new) == (2, 3, 3)
    assert source.fetched == ["a", "c"]
    assert source.asked == [(TUESDAY - (LOOK_BACK - 1) * DAY, None)]
    assert read(world).as_dict() == dict.fromkeys(counts.as_dict(), 0)
    source.publish("a", MONDAY, an_answer(1), an_answer(2, answer="Other steps."), an_answer(5))
    counts = read(world)
    assert (counts.files, counts.tally.new, counts.tally.changed, counts.tally.same) == (1, 1, 1, 1)


def test_days_that_were_missed_are_made_up_for(world: World) -> None:
    read(world)
    world.clock.now = at(TUESDAY + 8 * DAY)
    read(world)
    assert world.files[0].asked[-1] == (TUESDAY - LOOK_BACK * DAY, None)


def test_requested_days_alone_are_read_and_do_not_count_as_a_run(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1))
    source.publish("b", FRIDAY, an_answer(2, FRIDAY))
    assert read(world, first=FRIDAY, last=FRIDAY).tally.records == 1
    assert source.asked == [(FRIDAY, FRIDAY)]
    assert world.archive.runs.fact("read_at theyworkforyou") is None


def test_file_without_a_version_is_requested_again(world: World) -> None:
    source = world.files[0]
    source.has_stamps = False
    source.publish("a", MONDAY, an_answer(1))
    read(world)
    counts = read(world)
    assert (counts.files, counts.unchanged, counts.tally.records) == (0, 1, 0)
    source.publish("a", MONDAY, an_answer(1), an_answer(2))
    assert read(world).tally.new == 1


def test_backfill_requests_again_only_files_that_may_have_changed(world: World) -> None:
    source = world.files[0]
    source.has_stamps = False
    source.publish("old", date(2009, 10, 26), an_answer(1, date(2009, 10, 26)))
    source.publish("new", MONDAY, an_answer(2))
    source.publish("volume", None, an_answer(3, date(1988, 1, 5)))
    assert backfilled(world).files == 3
    source.fetched.clear()
    assert backfilled(world).unchanged == 1
    world.clock.tick(days=2)
    backfilled(world)
    assert source.fetched == ["new", "new", "volume"]


def test_both_states_of_a_question_printed_on_two_days_are_kept(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1, MONDAY, answer="Seven."))
    source.publish("b", FRIDAY, an_answer(1, FRIDAY, answer="Five."))
    counts = backfilled(world)
    assert (counts.tally.new, counts.tally.changed) == (1, 1)
    revisions = world.archive.records.revisions(1)
    assert [revision.proceeding.answer for revision in revisions] == ["Five.", "Seven."]


def test_aborted_listing_fails_the_source_and_its_listed_files_are_read(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1))
    source.is_down = True
    counts = read(world)
    assert counts.tally.new == 1
    assert counts.failures == ["theyworkforyou: the place does not answer"]
    assert world.archive.runs.fact("whole_on theyworkforyou") is None
    source.is_down = False
    assert not read(world).failures
    assert world.archive.runs.fact("whole_on theyworkforyou") == TUESDAY.isoformat()


def test_missing_file_fails_alone_and_is_requested_again(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1))
    source.publish("b", FRIDAY, an_answer(2, FRIDAY))
    source.down = {"a"}
    counts = read(world)
    assert counts.as_dict() == {
        "files": 1, "unchanged": 0, "failed": 1, "unreadable": 0,
        "records": 1, "new": 1, "changed": 0, "quarantined": 0, "failures": 1,
    }  # fmt: skip
    assert counts.failures == ["theyworkforyou: a file could not be had: a does not come"]
    assert outcomes(world) == {"a": "failed", "b": "read"}
    assert world.archive.runs.fact("read_at theyworkforyou")
    source.down = set()
    assert read(world).tally.new == 1
    assert outcomes(world) == {"a": "read", "b": "read"}


def test_file_that_fails_after_it_was_read_is_not_parsed_again(world: World) -> None:
    source = world.files[0]
    source.has_stamps = False
    source.publish("a", MONDAY, an_answer(1))
    read(world)
    source.down = {"a"}
    read(world)
    source.down = set()
    assert (read(world).tally.same, outcomes(world)) == (1, {"a": "read"})


def test_five_missing_files_in_a_row_end_the_source_for_this_run(world: World) -> None:
    source = world.files[0]
    for number in range(8):
        source.publish(f"f{number}", date(2009, 10, 8 - number), an_answer(number, date(2009, 10, 8 - number)))
    source.down = {f"f{number}" for number in range(1, 8)}
    counts = backfilled(world)
    assert source.fetched == ["f7", "f6", "f5", "f4", "f3"]
    assert counts.failures == [
        "theyworkforyou: the rest was left for the next run",
        "theyworkforyou: a file could not be had (and 4 more): f7 does not come",
    ]
    source.down = set()
    assert backfilled(world).tally.new == 8


def test_files_that_did_not_come_are_forgotten_when_they_are_listed_no_more(world: World) -> None:
    source = world.files[0]
    old = TUESDAY - 40 * DAY
    source.publish("day-a", MONDAY, an_answer(1))
    source.publish("year", None, an_answer(2))
    source.publish("old-a", old, an_answer(3, old))
    source.down = set(source.bodies)
    backfilled(world)
    read(world)
    assert set(outcomes(world).values()) == {"failed"}
    source.is_down = True
    source.bodies.clear()
    read(world)
    assert set(outcomes(world).values()) == {"failed"}  # the list broke off
    source.is_down = False
    source.publish("day-b", MONDAY, an_answer(1))
    read(world)
    assert outcomes(world) == {"day-a": "gone", "day-b": "read", "year": "failed", "old-a": "failed"}
    source.down = set()
    source.publish("day-a", MONDAY, an_answer(4))
    assert read(world).tally.new == 1
    backfilled(world)
    assert outcomes(world) == {"day-a": "read", "day-b": "read", "year": "gone", "old-a": "gone"}


def test_a_feed_that_is_taken_out_of_the_configuration_is_forgotten(world: World) -> None:
    source = FakeFileSource("feeds")
    world.files = (source,)
    source.publish("news", None, an_answer(1))
    source.down = {"news"}
    read(world)
    assert outcomes(world) == {"news": "failed"}
    source.bodies.clear()
    read(world)
    assert outcomes(world) == {"news": "gone"}


def test_files_that_are_listed_and_not_there_do_not_end_the_source(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = world.files[0]
    for number in range(8):
        source.publish(f"f{number}", date(2009, 10, 8 - number), an_answer(number, date(2009, 10, 8 - number)))
    fetch = source.fetch

    def gone(ref: FileRef) -> Payload:
        if ref.name != "f0":
            raise GoneError(f"{ref.name} is not there", url="http://files.example")
        return fetch(ref)

    monkeypatch.setattr(source, "fetch", gone)
    counts = backfilled(world)
    assert (counts.failed, counts.tally.new) == (7, 1)


def test_missing_names_of_people_fail_the_file(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1))

    def ask(_key: str) -> None:
        raise FetchError("the register does not come", url="http://people.example")

    source.before_record = ask
    assert read(world).failures == ["theyworkforyou: a file could not be had: the register does not come"]
    source.before_record = lambda _key: None
    assert read(world).tally.new == 1


def test_progress_is_reported_before_each_file_per_thousand_and_at_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "RECORDS_AT_ONCE", 2)
    source = world.files[0]
    source.publish("a", MONDAY, *(an_answer(number) for number in range(3)))
    source.publish("b", FRIDAY, an_answer(9, FRIDAY))
    work = filed(world)
    steps: list[tuple[str, int, int, int]] = []
    work.progress = lambda ref, done, of: steps.append((ref.name, done, of, work.counts.so_far))
    work.run()
    assert steps == [
        ("b", 0, 2, 0), ("b", 0, 2, 1),
        ("a", 1, 2, 1), ("a", 1, 2, 3), ("a", 1, 2, 4), ("a", 2, 2, 4),
    ]  # fmt: skip


# -- news and history -------------------------------------------------------------------------------------------------


def test_the_first_collect_makes_news_of_the_last_day_before_now_and_of_now(world: World) -> None:
    source = world.files[0]
    source.publish("a", TUESDAY, an_answer(1, TUESDAY))
    source.publish("b", MONDAY, an_answer(2, MONDAY))
    source.publish("c", FRIDAY, an_answer(3, FRIDAY))
    read(world)
    assert news_of(world) == {"pq-1": True, "pq-2": True, "pq-3": False}
    source.publish("c", FRIDAY, an_answer(3, FRIDAY), an_answer(4, FRIDAY))
    read(world)
    assert not news_of(world)["pq-4"]
    assert world.archive.runs.fact("news_floor theyworkforyou") == MONDAY.isoformat()


def test_the_floor_of_a_source_without_days_is_yesterday(world: World) -> None:
    source = world.files[0]
    source.publish("feed", None, an_answer(1, MONDAY), an_answer(2, FRIDAY))
    read(world)
    assert news_of(world) == {"pq-1": True, "pq-2": False}


def test_an_edit_is_news_while_its_record_is(world: World) -> None:
    source = world.files[0]
    long_ago = MONDAY - 30 * DAY
    source.publish("volume", None, an_answer(1, MONDAY), an_answer(2, long_ago))
    read(world)
    source.publish("volume", None, an_answer(1, MONDAY, answer="No."), an_answer(2, long_ago, answer="No."))
    assert read(world).tally.changed == 2
    assert news_of(world) == {"pq-1": True, "pq-2": False}


def test_changes_by_a_newer_parser_are_history(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1))
    read(world)
    source.version = 2
    monkeypatch.setattr("tests.fakes.proceeding_of", lambda *_: an_answer(1, answer="Read better."))
    counts = read(world)
    assert counts.tally.changed == 1
    assert not news_of(world)["pq-1"]
    assert world.archive.files.listing()[0].version == 2


def test_a_backfill_is_history(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1))
    backfilled(world)
    source.publish("a", MONDAY, an_answer(1, answer="No."), an_answer(2))
    backfilled(world)
    assert news_of(world) == {"pq-1": False, "pq-2": False}
    assert world.archive.runs.fact("news_floor theyworkforyou") is None
    assert world.archive.runs.fact("read_at theyworkforyou") is None


# -- unreadable files and records -------------------------------------------------------------------------------------


def test_unreadable_record_is_quarantined_and_the_rest_is_read(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1), an_answer(2), an_answer(3))
    source.garbled = {"pq-2"}
    counts = read(world)
    assert counts.tally.as_dict() == {"records": 3, "new": 2, "changed": 0, "quarantined": 1}
    assert counts.tally.reasons == {"pq-2 makes no sense": 1}
    assert counts.failures == ["theyworkforyou: a record can't be understood: see pqwatch status"]
    assert quarantined(world) == {"a#pq-2": "pq-2 makes no sense"}
    assert outcomes(world) == {"a": "read"}


def test_record_that_a_later_file_corrects_leaves_quarantine(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1), an_answer(2))
    source.garbled = {"pq-1", "pq-2"}
    read(world)
    source.garbled = {"pq-1"}
    source.publish("b", MONDAY, an_answer(1), an_answer(2, answer="Said better."))
    read(world)
    assert quarantined(world) == {"a#pq-1": "pq-1 makes no sense", "b#pq-1": "pq-1 makes no sense"}


def test_unreadable_file_keeps_earlier_records(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RECORDS_AT_ONCE", 1)
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1), an_answer(2))
    source.publish("b", FRIDAY, an_answer(3, FRIDAY))
    source.broken = {"a": 1}
    counts = read(world)
    assert (counts.files, counts.unreadable, counts.tally.new) == (2, 1, 2)
    assert counts.failures == ["theyworkforyou: a file can't be read and is kept as received: a breaks off"]
    assert outcomes(world) == {"a": "quarantined", "b": "read"}
    assert quarantined(world) == {"a": "a breaks off"}
    assert read(world).files == 0
    source.broken = {}
    source.version = 2
    assert (read(world).tally.new, quarantined(world)) == (1, {})


@pytest.mark.parametrize("is_history", [False, True], ids=["run", "backfill"])
def test_file_that_came_as_something_else_is_requested_again(
    world: World, monkeypatch: pytest.MonkeyPatch, is_history: bool
) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1))
    with monkeypatch.context() as patch:
        page = Payload(source=source.name, key="a", url="", fetched_at=at(MONDAY), body=b"<html>We will be back soon.")
        patch.setattr(source, "fetch", lambda _ref: page)
        assert read(world, is_history=is_history).unreadable == 1
        world.clock.tick(hours=1)
        assert read(world, is_history=is_history).unchanged == 1
    world.clock.tick(minutes=30)
    assert read(world, is_history=is_history).as_dict()["files"] == 0
    world.clock.tick(minutes=30)
    counts = read(world, is_history=is_history)
    assert (counts.tally.new, counts.failures, quarantined(world)) == (1, [], {})


def test_parser_error_fails_one_file_alone(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1))
    source.publish("b", FRIDAY, an_answer(3, FRIDAY))
    source.bug = {"a"}
    counts = read(world)
    assert (counts.unreadable, counts.tally.new) == (1, 1)
    assert quarantined(world) == {"a": "a can't be read (IndexError: no such thing): report it, please"}


def test_a_file_without_records_leaves_quarantine_too(world: World) -> None:
    source = world.files[0]
    source.publish("a", MONDAY, an_answer(1))
    source.broken = {"a": 0}
    read(world)
    assert quarantined(world)
    source.publish("a", MONDAY)
    read(world)
    assert not quarantined(world)


def test_key_is_cut_to_the_length_that_the_archive_keeps() -> None:
    assert excerpt_key("a", "b") == "a#b"
    one, other = (excerpt_key("n" * 100, "k" * 150 + end) for end in "xy")
    assert len(one) == len(other) == files.LONGEST_KEY
    assert one != other


# -- counts -----------------------------------------------------------------------------------------------------------


def test_counts_add_up_by_year(world: World) -> None:
    source = world.files[0]
    old = date(2009, 10, 26)
    source.publish("a", old, an_answer(1, old), an_answer(2, old), an_answer(3, old))
    source.publish("b", None, an_answer(4, MONDAY), an_answer(5, None, answer=None))
    source.garbled = {"pq-3"}
    backfilled(world)
    source.publish("a", old, an_answer(1, old), an_answer(2, old, answer="No."), an_answer(3, old), an_answer(6, old))
    source.version = 2
    tally = backfilled(world).tally
    assert tally.years == {
        2009: {"records": 4, "new": 1, "changed": 1, "quarantined": 1},
        2024: {"records": 1, "new": 0, "changed": 0, "quarantined": 0},
        0: {"records": 1, "new": 0, "changed": 0, "quarantined": 0},
    }
    assert (tally.records, tally.new, tally.changed, tally.same, tally.quarantined) == (6, 1, 1, 3, 1)
    ledger = {file.name: file for file in world.archive.files.listing()}
    assert ledger["a"].counts == {"records": 4, "new": 1, "changed": 1, "quarantined": 1}
    assert ledger["a"].years == {2009: dict(ledger["a"].counts)}


def test_killed_reading_continues_and_stores_nothing_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RECORDS_AT_ONCE", 2)
    source = world.files[0]
    source.publish("a", MONDAY, *(an_answer(number) for number in range(5)))
    source.publish("b", FRIDAY, an_answer(9, FRIDAY))

    def stop(key: str) -> None:
        if key == "pq-3":
            raise KeyboardInterrupt

    source.before_record = stop
    work = filed(world, is_history=True)
    with pytest.raises(KeyboardInterrupt):
        work.run()
    assert (work.counts.tally.new, outcomes(world)) == (3, {"b": "read"})
    source.before_record = lambda _key: None
    counts = backfilled(world)
    assert (counts.tally.new, counts.tally.same) == (3, 2)
    source.fetched.clear()
    assert backfilled(world).tally.records == 0
    assert source.fetched == []
    with world.archive.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM revision")).scalar() == 6
