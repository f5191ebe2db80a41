"""Long work is split into jobs: a source into parts, revisions into ranges. A test does the jobs, in any order."""

from __future__ import annotations

import contextlib
import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from monitor import match
from monitor.cli import pqwatch
from monitor.collect import parts
from monitor.demo.parliament import Parliament
from monitor.errors import ConfigError, MonitorError
from monitor.model.collection import RunOutcome
from monitor.model.jobs import (
    backfill_job,
    backfill_unit,
    collect_job,
    part_job,
    requests_at_once,
    workers_at_a_host,
)
from monitor.model.split_readings import SplitReading
from monitor.queue.dispatch import begin_round
from monitor.queue.put_off import PutOffError
from monitor.terms.matcher import compile_terms
from tests.e2e.desk import Desk, an_answer, text_of
from tests.servers import migrated_database
from tests.unit.cli_kit import without_option
from tests.unit.queue_bench import NOW, WORKERS, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

ANSWERS = 6
LIVING = "insert into procrastinate_workers values (default), (default)"


@pytest.fixture
def desk(postgres: str, tmp_path: Path) -> Iterator[Desk]:
    """Return a desk whose Parliament has answers of several days, the newest of yesterday."""
    answers = [an_answer(number, (NOW - timedelta(days=1 + number // 3)).date()) for number in range(ANSWERS)]
    with migrated_database(postgres) as url, Parliament.from_values(answers) as parliament:
        parliament.now = NOW
        yield Desk(
            folder=tmp_path / "desk",
            parliament=parliament,
            archive=url,
            questions='houses = ["Commons"]\nlook_back_days = 3',
            tables=WORKERS,
        )


@pytest.fixture
def bench(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(parts, "WINDOWS_IN_A_PART", 2)
    monkeypatch.setattr(parts, "FILES_IN_A_PART", 1)
    monkeypatch.setattr(match, "MANY", 4)
    monkeypatch.setattr(match, "RANGE", 2)
    desk.config.chmod(0o600)
    bench = Bench(desk)
    bench.sql(LIVING)
    yield bench
    bench.close()


def mailed(bench: Bench) -> set[str]:
    """Return the numbers of the answers that were mailed."""
    texts = [text_of(message) for message in bench.desk.messages()]
    return {f"{70_000 + number}" for number in range(ANSWERS) if any(f"/{70_000 + number}" in text for text in texts)}


def ranges(bench: Bench) -> list[str]:
    return [unit for unit in bench.waiting() if unit.startswith("revisions")]


def finish(bench: Bench) -> None:
    """Do all that is left of a round."""
    bench.do_all("collect", "collect_part", "collect")
    with contextlib.suppress(PutOffError):
        bench.do_next("match")
    bench.do_all("match_range")
    bench.do_round()


# -- parts of a source ------------------------------------------------------------------------------------------------


def test_a_long_reading_is_split_and_ended_by_the_last_part(bench: Bench) -> None:
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_next("collect")
    units = [unit for unit in bench.waiting() if "part" in unit]
    assert units[:2] == ["source questions part 0", "source questions part 1"]
    with pytest.raises(PutOffError):
        bench.do_next("match")
    assert bench.archive.runs.fact("full_read_on") is None
    bench.do_all("collect_part")
    assert "source questions end" in bench.waiting()
    assert bench.archive.runs.fact("full_read_on") is None
    bench.do_all("collect")
    assert bench.archive.runs.fact("full_read_on") == NOW.date().isoformat()
    assert bench.archive.split_readings.of("source questions") is None
    assert {covered.state for covered in bench.archive.coverage.windows("questions")} == {"complete", "open"}
    current = bench.archive.rounds.current()
    assert current is not None
    assert (current.counts["collect"]["windows"], current.counts["collect"]["new"]) == (9, ANSWERS)
    finish(bench)
    assert mailed(bench) == {"70000", "70001", "70002"}  # the first day with answers is the first that is news
    assert ("collect", "ok") in bench.stages()


def test_one_worker_alone_splits_nothing(bench: Bench) -> None:
    bench.sql("delete from procrastinate_workers where id = 1")
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_all("collect", "match")
    assert not [unit for unit in bench.waiting() if "part" in unit or "revisions" in unit]


def test_a_part_may_be_done_twice_and_the_first_job_too(bench: Bench) -> None:
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_next("collect")
    [arguments] = [
        row.args for row in bench.sql("select args from procrastinate_jobs where queueing_lock like '%part 0'")
    ]
    bench.work.do("collect", {"source": "questions"})  # by a worker that took the first one for dead
    bench.do_next("collect_part")
    bench.work.do("collect_part", arguments)
    bench.do_all("collect_part", "collect")
    bench.work.do("collect_part", arguments)
    current = bench.archive.rounds.current()
    assert current is not None
    assert current.counts["collect"]["windows"] == 9
    finish(bench)
    assert mailed(bench) == {"70000", "70001", "70002"}


def test_parts_that_are_lost_are_read_by_the_next_round(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_next("collect")
    bench.do_next("collect_part")
    bench.sql("delete from procrastinate_jobs")
    caplog.set_level(logging.WARNING)
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_next("collect")
    assert "parts of source questions failed or were lost" in caplog.text
    finish(bench)
    assert mailed(bench) == {"70000", "70001", "70002"}


def test_a_source_that_is_switched_off_meanwhile_is_read_no_more(bench: Bench) -> None:
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_next("collect")
    text = bench.desk.config.read_text(encoding="utf-8")
    bench.desk.config.write_text(text.replace("[sources.questions]", "[sources.questions]\nenabled = false"), "utf-8")
    before = len(bench.archive.coverage.windows())
    bench.do_all("collect_part", "collect")
    assert len(bench.archive.coverage.windows()) == before
    assert bench.archive.split_readings.of("source questions") is None


def test_windows_that_fail_are_told_once_for_all_parts(bench: Bench) -> None:
    assert bench.desk.parliament is not None
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_next("collect")
    bench.desk.parliament.faults.total_offset = 1
    bench.do_all("collect_part", "collect")
    current = bench.archive.rounds.current()
    assert current is not None
    [failure] = [text for text in current.failures if "windows" in text]
    assert "more window" in failure
    assert current.counts["collect"]["incomplete"] > 1


def test_jobs_at_one_host_have_as_many_ways_as_its_requests_allow() -> None:
    assert [(workers_at_a_host(limit), requests_at_once(limit)) for limit in (1, 2, 3, 4, 8, 16)] == [
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 2),
        (4, 2),
        (8, 2),
    ]

    def lock(way: int, host: str = "api.example") -> str:
        return part_job("collect_part", "questions", 3, "[]", name="source questions", host=host, way=way).lock

    assert [lock(0), lock(1)] == [collect_job("statements", "api.example").lock, "host api.example 1"]
    assert lock(0, host="") == "source questions part 3"


# -- ranges of revisions ----------------------------------------------------------------------------------------------


def test_a_long_stretch_of_revisions_is_split_before_digests_are_handed_out(bench: Bench) -> None:
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_all("collect", "collect_part", "collect")
    with pytest.raises(PutOffError):
        bench.do_next("match")
    assert ranges(bench) == ["revisions to 2", "revisions to 4", "revisions to 6"]
    bench.work.do("match_range", {"end": 4})
    bench.do_next("match_range")
    with pytest.raises(PutOffError):
        bench.do_next("match")
    assert "reader Policy desk" not in bench.waiting()
    bench.do_all("match_range", "match")
    assert "reader Policy desk" in bench.waiting()
    bench.do_round()
    assert mailed(bench) == {"70000", "70001", "70002"}


def test_ranges_that_fail_or_are_lost_are_handed_out_again(bench: Bench) -> None:
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_all("collect", "collect_part", "collect")
    with pytest.raises(PutOffError):
        bench.do_next("match")
    bench.do_next("match_range")
    bench.sql("delete from procrastinate_jobs where task_name = 'match_range'")
    with pytest.raises(MonitorError, match="2 ranges of revisions are not searched yet: they are handed out again"):
        bench.do_next("match")
    assert ranges(bench) == ["revisions to 4", "revisions to 6"]
    finish(bench)
    assert mailed(bench) == {"70000", "70001", "70002"}


def test_the_terms_are_compiled_once_for_ranges_with_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []

    def compile_and_note(*given: Any) -> Any:
        compiled.append(given)
        return compile_terms(*given)

    monkeypatch.setattr("monitor.queue.work.compile_terms", compile_and_note)
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_all("collect", "collect_part", "collect")
    with pytest.raises(PutOffError):
        bench.do_next("match")
    bench.do_all("match_range")
    assert len(compiled) == 1


# -- the past ---------------------------------------------------------------------------------------------------------


def backfill(bench: Bench, *words: str) -> Any:
    return CliRunner().invoke(pqwatch, ["backfill", *words, "--by-workers", "--config", str(bench.desk.config)])


def test_workers_read_the_past_of_a_source(bench: Bench) -> None:
    first, last = ((NOW - timedelta(days=days)).date().isoformat() for days in (8, 1))
    result = backfill(bench, "questions", "--from", first, "--to", last)
    assert result.exit_code == 0
    assert "The workers read it: pqwatch status shows how far they are." in without_option(result.output)
    assert "The workers are reading it already." in backfill(bench, "questions").output
    assert json.loads(backfill(bench, "questions", "--json").stdout) == {"handed_out": False}
    bench.do_next("backfill")
    assert len([unit for unit in bench.waiting() if unit.startswith("backfill questions part")]) > 1
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)  # which does not wait for it
    assert "match" in bench.waiting()
    bench.do_all("backfill_part")
    assert bench.waiting().count("backfill questions end") == 1
    bench.do_all("backfill")
    assert ("backfill", "ok") in bench.stages()
    assert bench.sql("select count(*) from revision where not is_news")[0][0] == ANSWERS
    assert backfill(bench, "questions", "--from", first, "--to", last).exit_code == 0
    bench.do_next("backfill")  # little is left, so that nothing is split
    assert not [unit for unit in bench.waiting() if unit.startswith("backfill")]


def test_one_worker_alone_splits_the_past_too_so_that_other_work_gets_a_turn(bench: Bench) -> None:
    bench.sql("delete from procrastinate_workers")
    first, last = ((NOW - timedelta(days=days)).date().isoformat() for days in (8, 1))
    backfill(bench, "questions", "--from", first, "--to", last)
    bench.do_next("backfill")
    assert len([unit for unit in bench.waiting() if unit.startswith("backfill questions part")]) > 1


def test_a_reading_that_was_ended_is_not_begun_again_by_the_job_that_ends_it(bench: Bench) -> None:
    """A worker may die after it ended a reading and before the queue knows. Such a job names no days, which means all."""
    parliament = bench.desk.parliament
    assert parliament
    first, last = ((NOW - timedelta(days=days)).date().isoformat() for days in (8, 1))
    backfill(bench, "questions", "--from", first, "--to", last)
    begin_round(bench.archive, bench.work.config, NOW, reads_sources=True)
    bench.do_all("backfill", "collect", "backfill_part", "collect_part")
    ends = bench.sql("select task_name, args from procrastinate_jobs where task_name in ('backfill', 'collect')")
    assert sorted(job.task_name for job in ends) == ["backfill", "collect"]
    for job in ends:
        bench.work.do(job.task_name, job.args)
    asked = len(parliament.requests)
    for job in ends:
        bench.work.do(job.task_name, job.args)
    assert len(parliament.requests) == asked
    assert bench.stages().count(("backfill", RunOutcome.OK)) == 1
    assert not [unit for unit in bench.waiting() if " part " in unit]


def test_the_end_of_one_reading_leaves_the_next_alone(bench: Bench) -> None:
    """If parts of that one were lost, a job that reads has to find it, and to begin it anew."""
    name = backfill_unit("questions")
    reading = SplitReading(name=name, began_at=NOW, as_of=NOW, units=2, left=(0, 1))
    bench.archive.split_readings.begin(reading, [])
    end = backfill_job("questions", "", is_end=True)
    bench.work.do(end.task, end.args)
    assert bench.archive.split_readings.of(name) == reading


def test_workers_read_files_of_the_past(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "pwdata" / "scrapedxml" / "wrans"
    folder.mkdir(parents=True)
    for day in (5, 6, 7):
        (folder / f"answers2009-10-0{day}a.xml").write_text('<publicwhip latest="yes"></publicwhip>', encoding="utf-8")
    with bench.desk.config.open("a", encoding="utf-8") as config:
        config.write(f'\n[sources.theyworkforyou]\nenabled = false\npath = "{tmp_path / "pwdata"}"\n')
    result = backfill(bench, "theyworkforyou")
    assert result.exit_code == 0, result.output
    bench.do_next("backfill")
    assert len([unit for unit in bench.waiting() if unit.startswith("backfill theyworkforyou part")]) == 3
    bench.do_all("backfill_part", "backfill")
    assert len(bench.archive.files.listing("theyworkforyou")) == 3
    assert ("backfill", "ok") in bench.stages()


def test_a_backfill_by_workers_needs_workers_and_takes_no_folder(bench: Bench, tmp_path: Path) -> None:
    result = backfill(bench, "theyworkforyou", "--path", str(tmp_path))
    assert result.exit_code == 2
    assert "--by-workers needs no --path" in result.output
    bench.desk.tables = ""
    bench.desk.configure()
    bench.desk.config.chmod(0o600)
    result = backfill(bench, "questions")
    assert isinstance(result.exception, (ConfigError, click.ClickException))
    assert "workers are switched off" in str(result.exception)
