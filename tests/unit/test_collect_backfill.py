"""Backfill: windows newest first and once each, files of any day, stored bytes parsed again; nothing is mailed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from db.index import Count
from db.index_process import IndexingProcess
from db.rows import proceeding_of
from monitor import indexing
from monitor.collect.file_counts import FileCounts, RecordTally
from monitor.collect.files import FileCollector
from monitor.collect.history import BEGINS
from monitor.config import settings
from monitor.model.records import House
from monitor.model.sources import Window
from tests.builders import a_question
from tests.fakes import LOOK_BACK, Clock, FakeFileSource, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from monitor.model.records import Proceeding
    from monitor.pipeline import Pipeline

DAY = timedelta(days=1)
MONDAY = date(2024, 11, 18)
OLD = date(2016, 3, 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock(at(MONDAY, 8))
    archive = new_archive(tmp_path, clock)
    yield World(archive, clock, files=(FakeFileSource(),))
    archive.close()


def an_answer(number: int, day: date = OLD, **facts: Any) -> Proceeding:
    given: dict[str, Any] = {"answered_on": day, "tabled_on": day, "answer": "The bathing water was tested."}
    return a_question(**(given | facts), uin=str(140000 + number))


def of_a_file(number: int, **facts: Any) -> Proceeding:
    return an_answer(number, **({"id": f"pq-{number}", "tabled_on": None, "date_for_answer": None} | facts))


def backfilled(
    world: World, name: str, first: date | None = None, last: date | None = None
) -> tuple[FileCounts, Pipeline]:
    work, counts = world.pipeline(), FileCounts()
    work.sync()
    work.backfill(name, counts, first=first, last=last)
    work.match()
    return counts, work


def revisions(world: World) -> list[tuple[str, int, bool]]:
    query = (
        "SELECT p.public_id, r.number, r.is_news"
        " FROM revision r JOIN proceeding p ON p.id = r.proceeding_id ORDER BY r.id"
    )
    with world.archive.engine.connect() as connection:
        return [(row[0], row[1], bool(row[2])) for row in connection.execute(text(query))]


# -- what is left to the next run ---------------------------------------------------------------------------------------


def test_backfill_leaves_new_answers_to_the_run_that_mails_them(world: World) -> None:
    world.run()
    world.clock.now = at(MONDAY + DAY, 15)
    world.source.publish(an_answer(1, MONDAY - 10 * DAY), an_answer(2, MONDAY + DAY))
    counts, _ = backfilled(world, "questions", MONDAY - 12 * DAY)
    assert counts.left == 9  # today, yesterday, which was not over when it was read, and the first day that a run reads
    assert revisions(world) == [("q-140001", 1, False)]
    world.clock.now = at(MONDAY + 2 * DAY)
    world.run()
    assert revisions(world)[1:] == [("q-140002", 1, True)]
    assert len(world.post.sent) == 1
    assert b"140002" in world.post.sent[0][1]


def test_backfill_leaves_a_new_answer_to_the_run_where_an_old_day_shows_its_question(world: World) -> None:
    world.run()
    world.clock.now = at(MONDAY + DAY, 15)
    world.source.publish(an_answer(1, MONDAY + DAY, tabled_on=MONDAY - 20 * DAY))
    backfilled(world, "questions", MONDAY - 22 * DAY, MONDAY - 18 * DAY)
    assert revisions(world) == []
    world.run()
    assert revisions(world) == [("q-140001", 1, True)]
    backfilled(world, "questions", MONDAY - 22 * DAY, MONDAY - 18 * DAY)
    assert revisions(world) == [("q-140001", 1, True)]


def test_backfill_leaves_days_of_an_outage_to_the_run_that_mails_them(world: World) -> None:
    world.run()
    world.source.is_down = True
    for week in range(1, 11):
        world.clock.now = at(MONDAY + 7 * week * DAY)
        world.run()
    world.source.is_down = False
    world.source.publish(an_answer(1, MONDAY + 5 * DAY))
    backfilled(world, "questions", MONDAY)
    assert revisions(world) == []
    world.run()
    assert revisions(world) == [("q-140001", 1, True)]


def test_backfill_leaves_new_files_to_the_run_that_mails_them(world: World) -> None:
    files = settings.FileSourceSettings(base_url="", enabled=True)
    world.config = a_config(theyworkforyou=settings.TheyWorkForYouSettings(files=files))
    world.run()
    world.clock.now = at(MONDAY + DAY, 15)
    for number, day in enumerate((OLD, MONDAY + DAY, None)):
        answer = of_a_file(number, answered_on=day or MONDAY + DAY)
        world.files[0].publish(f"{day}.xml", day, answer)
    counts, work = backfilled(world, "theyworkforyou")
    assert (counts.files, counts.left) == (1, 2)
    assert [name for name, _, _ in revisions(world)] == ["pq-0"]
    due = work.collector_of_past("theyworkforyou")
    assert isinstance(due, FileCollector)
    assert due.due_files() == []  # as for workers
    world.run()
    assert {name: is_news for name, _, is_news in revisions(world)} == {"pq-0": False, "pq-1": True, "pq-2": True}


def test_backfill_of_a_source_that_no_run_reads_leaves_nothing(world: World) -> None:
    world.run()
    world.files[0].publish("new.xml", MONDAY, of_a_file(1, answered_on=MONDAY))
    counts, _ = backfilled(world, "theyworkforyou")
    assert (counts.files, counts.left) == (1, 0)


def test_answer_of_today_that_a_backfill_has_from_another_source_is_mailed_by_the_run(world: World) -> None:
    world.run()
    world.clock.now = at(MONDAY + DAY)
    world.source.publish(an_answer(1, MONDAY + DAY))
    world.files[0].publish("new.xml", MONDAY + DAY, of_a_file(1, answered_on=MONDAY + DAY))
    backfilled(world, "theyworkforyou")
    world.run()
    assert {is_news for _, _, is_news in revisions(world)} == {False, True}
    assert len(world.post.sent) == 1


# -- windows ----------------------------------------------------------------------------------------------------------


def test_windows_are_read_once_each_newest_first(world: World) -> None:
    world.source.publish(an_answer(1), an_answer(2, OLD + DAY), an_answer(3, OLD + DAY, tabled_on=OLD))
    counts, pipeline = backfilled(world, "questions", OLD, OLD + DAY)
    assert [window.day for window in world.source.windows] == [OLD + DAY] * 3 + [OLD] * 3
    assert (counts.files, counts.failed, counts.before) == (6, 0, 0)
    # An entry counts in each window that shows it: answered and tabled.
    assert counts.tally.as_dict() == {"records": 6, "new": 3, "changed": 0, "quarantined": 0}
    assert counts.tally.same == 3
    assert counts.tally.years == {2016: counts.tally.as_dict()}
    assert pipeline.report.stages["match"]["matches"] == 3
    assert {is_news for _, _, is_news in revisions(world)} == {False}
    assert world.pending() == {}
    assert world.archive.runs.fact("news_floor") is None
    world.source.windows.clear()
    again, _ = backfilled(world, "questions", OLD, OLD + DAY)
    assert (again.files, again.before, world.source.windows) == (0, 6, [])


def test_backfill_continues_where_it_was_killed(world: World) -> None:
    world.source.publish(an_answer(1), an_answer(2, OLD + DAY))

    def stop(window: Window, _number: int) -> None:
        if window.day == OLD:
            raise KeyboardInterrupt

    world.source.before_page = stop
    with pytest.raises(KeyboardInterrupt):
        backfilled(world, "questions", OLD, OLD + DAY)
    assert [revision[0] for revision in revisions(world)] == ["q-140002"]
    world.source.before_page = lambda _window, _number: None
    counts, _ = backfilled(world, "questions", OLD, OLD + DAY)
    assert (counts.before, counts.tally.new) == (3, 1)


def test_index_is_updated_during_a_backfill_for_searches_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "INDEXED_AFTER", 2)
    world.source.publish(an_answer(1, OLD), an_answer(2, OLD + DAY), an_answer(3, OLD + DAY, tabled_on=OLD))
    ahead: list[int] = []
    world.source.before_page = lambda _window, _number: ahead.append(world.archive.index.count().ahead)
    work = world.pipeline()
    work.backfill("questions", FileCounts(), first=OLD, last=OLD + DAY)
    assert max(ahead) < 3
    assert world.archive.index.count().indexed > 0
    assert work.report.failures == []


def test_second_process_indexes_a_long_backfill(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "INDEXED_AFTER", 1)
    monkeypatch.setattr(indexing, "BESIDE_AFTER", 2)
    world.source.publish(an_answer(1, OLD), an_answer(2, OLD + DAY), an_answer(3, OLD + 2 * DAY))
    begun: list[IndexingProcess] = []

    class Noted(IndexingProcess):
        def __init__(self, engine: Engine) -> None:
            super().__init__(engine)
            begun.append(self)

    monkeypatch.setattr("db.index_process.IndexingProcess", Noted)
    work = world.pipeline()
    with work.index.beside():
        work.backfill("questions", FileCounts(), first=OLD, last=OLD + 2 * DAY)
        work.match()
    assert len(begun) == 1
    assert world.archive.index.count() == Count(rows=3, indexed=3, ahead=0)
    assert work.report.failures == []


def test_backfill_indexes_by_itself_what_a_second_process_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "INDEXED_AFTER", 1)
    monkeypatch.setattr(indexing, "BESIDE_AFTER", 1)
    monkeypatch.setattr(world.archive, "index_beside", FailedProcess)
    world.source.publish(an_answer(1, OLD), an_answer(2, OLD + DAY))
    work = world.pipeline()
    with work.index.beside():
        work.backfill("questions", FileCounts(), first=OLD, last=OLD + DAY)
        assert world.archive.index.count().indexed < 2
    assert world.archive.index.count() == Count(rows=2, indexed=2, ahead=0)


def test_second_process_is_stopped_where_a_backfill_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "INDEXED_AFTER", 1)
    monkeypatch.setattr(indexing, "BESIDE_AFTER", 1)
    process = FailedProcess()
    monkeypatch.setattr(world.archive, "index_beside", lambda: process)
    world.source.publish(an_answer(1, OLD), an_answer(2, OLD + DAY))
    work = world.pipeline()

    def stop(window: Window, _number: int) -> None:
        if window.day == OLD:
            raise KeyboardInterrupt

    world.source.before_page = stop
    with pytest.raises(KeyboardInterrupt), work.index.beside():
        work.backfill("questions", FileCounts(), first=OLD, last=OLD + DAY)
    assert process.heard == ["stop"]


class FailedProcess:
    """A second process that indexes nothing."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def finish(self, _keep: object) -> None:
        """Hear that nothing more comes."""
        self.heard.append("finish")

    def stop(self) -> None:
        """Hear that it is over."""
        self.heard.append("stop")


def test_five_failed_windows_in_a_row_end_a_backfill(world: World) -> None:
    world.source.is_down = True
    counts, pipeline = backfilled(world, "questions", OLD, OLD + 9 * DAY)
    assert (counts.failed, len(world.source.windows)) == (5, 5)
    assert counts.failures[0] == "questions: 25 windows were left for the next run"
    assert "4 more windows: the source does not answer" in counts.failures[1]
    assert pipeline.report.failures == counts.failures


def test_records_that_always_fail_do_not_stop_a_backfill(world: World) -> None:
    last = OLD + 9 * DAY
    world.source.publish(*(an_answer(number, last - number * DAY) for number in range(6)))
    world.source.failing = set(world.source.published)
    earlier = Window(source="questions", house=House.COMMONS, by="answered", day=OLD)

    def stop(window: Window, _number: int) -> None:
        if window == earlier:
            raise KeyboardInterrupt

    world.source.before_page = stop
    with pytest.raises(KeyboardInterrupt):
        backfilled(world, "questions", OLD, last)
    world.source.before_page = lambda _window, _number: None
    world.source.windows.clear()
    counts, _ = backfilled(world, "questions", OLD, last)
    assert earlier in world.source.windows
    assert (counts.failed, counts.files) == (12, 3)
    assert not any("left for the next run" in failure for failure in counts.failures)


def test_backfill_without_a_first_day_begins_where_the_source_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BEGINS, "questions", OLD)
    backfilled(world, "questions", last=OLD + DAY)
    assert {window.day for window in world.source.windows} == {OLD, OLD + DAY}


def test_question_that_vanished_long_ago_is_history(world: World) -> None:
    world.source.publish(an_answer(1))
    backfilled(world, "questions", OLD, OLD)
    world.source.gone.add("140001")
    with world.archive.engine.begin() as connection:
        connection.execute(text("DELETE FROM coverage"))
    for _ in range(2):
        backfilled(world, "questions", OLD, OLD)
        with world.archive.engine.begin() as connection:
            connection.execute(text("DELETE FROM coverage"))
    assert revisions(world)[-1] == ("q-140001", 2, False)


# -- files ------------------------------------------------------------------------------------------------------------


def test_files_are_read_matched_and_never_mailed(world: World) -> None:
    source = world.files[0]
    source.publish("a", OLD, of_a_file(1), of_a_file(2))
    source.publish("b", MONDAY, of_a_file(3, answered_on=MONDAY))
    counts, pipeline = backfilled(world, "theyworkforyou", last=OLD)
    assert counts.tally.new == 2
    counts, pipeline = backfilled(world, "theyworkforyou")
    assert (counts.before, counts.tally.new) == (1, 1)
    assert pipeline.report.stages["match"]["matches"] == 1
    assert world.pending() == {}
    world.clock.now = at(MONDAY + DAY, 8)
    report = world.run()
    assert report.ok
    assert [kind for _, kind, _ in world.digests()] == ["empty"]


def test_a_run_reads_windows_and_files_and_counts_them_together(world: World) -> None:
    world.source.publish(an_answer(1, MONDAY))
    world.files[0].publish("a", MONDAY, of_a_file(2, answered_on=MONDAY))
    report = world.run()
    counts = report.stages["collect"]
    assert (counts["windows"], counts["files"], counts["records"], counts["new"]) == (3 * LOOK_BACK, 1, 1, 2)
    assert [row.stage for row in world.archive.runs.last()].count("collect") == 1
    assert [items for _, _, items in world.digests()] == [2]


def test_failing_file_source_does_not_stop_other_sources(world: World) -> None:
    world.source.publish(an_answer(1, MONDAY))
    world.files[0].is_down = True
    report = world.run()
    assert report.failures == ["theyworkforyou: the place does not answer"]
    assert [items for _, _, items in world.digests()] == [1]


def test_only_the_named_source_is_read(world: World) -> None:
    world.files[0].publish("a", MONDAY, of_a_file(2, answered_on=MONDAY))
    pipeline = world.pipeline()
    pipeline.collect(only="theyworkforyou")
    assert (world.source.windows, world.files[0].fetched) == ([], ["a"])


# -- stored bytes, parsed again ---------------------------------------------------------------------------------------


def reparsed(world: World, **facts: Any) -> dict[str, int]:
    pipeline = world.pipeline()
    pipeline.reparse(**facts)
    return dict(pipeline.report.stages["reparse"])


def test_files_are_parsed_again_record_by_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    source = world.files[0]
    source.publish("a", OLD, of_a_file(1), of_a_file(2))
    backfilled(world, "theyworkforyou")
    source.bodies.clear()  # no request goes over the network
    assert reparsed(world) == {"payloads": 1, "new": 0, "changed": 0, "quarantined": 0}
    real = proceeding_of
    monkeypatch.setattr("tests.fakes.proceeding_of", lambda *arguments: a_question(**_heading(real(*arguments))))
    source.version = 2
    assert reparsed(world) == {"payloads": 1, "new": 0, "changed": 2, "quarantined": 0}
    assert [revision[1:] for revision in revisions(world)][-2:] == [(2, False), (2, False)]
    assert world.archive.files.listing()[0].version == 2


def _heading(proceeding: Proceeding) -> dict[str, object]:
    return {
        "id": proceeding.id,
        "uin": proceeding.uin,
        "tabled_on": None,
        "date_for_answer": None,
        "heading": "Read better",
    }


def test_a_reparse_tells_how_many_payloads_it_has_read(world: World) -> None:
    world.source.publish(an_answer(1, MONDAY))
    world.files[0].publish("a", MONDAY, of_a_file(2, answered_on=MONDAY))
    world.run()
    told: list[int] = []
    assert reparsed(world, progress=told.append)["payloads"] == 2
    assert told == [1, 2]


def test_quarantined_files_and_records_are_tried_again(world: World) -> None:
    source = world.files[0]
    source.publish("a", OLD, of_a_file(1), of_a_file(2))
    source.publish("b", OLD, of_a_file(3))
    source.garbled, source.broken = {"pq-2"}, {"b": 0}
    backfilled(world, "theyworkforyou")
    assert len(world.archive.payloads.quarantined()) == 2
    assert reparsed(world)["quarantined"] == 2
    assert len(world.archive.payloads.quarantined()) == 2
    source.garbled, source.broken = set(), {}
    counts = reparsed(world)
    assert (counts["new"], counts["quarantined"]) == (2, 0)
    assert world.archive.payloads.quarantined() == []
    assert {file.outcome for file in world.archive.files.listing()} == {"read"}


def test_an_older_version_of_a_file_changes_nothing(world: World) -> None:
    source = world.files[0]
    source.publish("day-a", OLD, of_a_file(1, answer="Said first."))
    backfilled(world, "theyworkforyou")
    source.publish("day-b", OLD, of_a_file(1, answer="Said later."))
    backfilled(world, "theyworkforyou")
    before = revisions(world)
    assert reparsed(world)["changed"] == 0
    assert revisions(world) == before


def test_quarantined_record_that_was_read_since_is_left_alone(world: World) -> None:
    source = world.files[0]
    source.publish("day-a", OLD, of_a_file(1, answer="Said first."))
    source.garbled = {"pq-1"}
    backfilled(world, "theyworkforyou")
    source.garbled = set()
    source.publish("day-b", OLD, of_a_file(1, answer="Said later."))
    backfilled(world, "theyworkforyou")
    del source.bodies["day-b"]
    assert world.archive.payloads.quarantined() == []
    assert reparsed(world)["changed"] == 0


def test_only_files_of_the_requested_days_are_parsed_again(world: World) -> None:
    source = world.files[0]
    source.publish("a", OLD, of_a_file(1))
    source.publish("b", MONDAY, of_a_file(2))
    source.publish("volume", None, of_a_file(3))
    backfilled(world, "theyworkforyou")
    assert reparsed(world, first=MONDAY)["payloads"] == 2
    assert reparsed(world, last=OLD, source="theyworkforyou")["payloads"] == 2
    assert reparsed(world, source="questions")["payloads"] == 0


def test_tally_adds_up() -> None:
    one, other = RecordTally(), RecordTally()
    one.count("records", MONDAY)
    one.count("new", MONDAY)
    other.count("records", OLD, 3)
    other.count("quarantined", OLD)
    other.reasons["odd"] += 1
    one.add(other)
    assert one.as_dict() == {"records": 4, "new": 1, "changed": 0, "quarantined": 1}
    assert one.same == 2
    assert one.years[2016] == {"records": 3, "new": 0, "changed": 0, "quarantined": 1}
    assert one.reasons == {"odd": 1}
