"""Backfill of a source by the command line: read, stopped, continued, searched and never mailed; then a daily run."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db.archive import open_archive
from tests.e2e.desk import FEW_DAYS, Desk, text_of
from tests.e2e.forge import FORGE
from tests.e2e.pwdata import AnsweredQuestion, write_day

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.demo.parliament import Parliament

MONDAY = date(2009, 10, 26)
DAY = timedelta(days=1)
OFF = "enabled = false"
QUIET = "Nothing of that kind was asked."


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Write files of two days of 2005 and one of 2009."""
    root = tmp_path / "pwdata"
    write_day(root, date(2005, 2, 24), "a", [AnsweredQuestion(215001), AnsweredQuestion(215002, QUIET)])
    write_day(root, date(2005, 2, 25), "a", [AnsweredQuestion(215003, QUIET)])
    write_day(root, MONDAY, "a", [AnsweredQuestion(294001), AnsweredQuestion(294002, QUIET)])
    return root


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(folder=tmp_path / "desk", questions=OFF).with_archive()


def backfilled(desk: Desk, *words: str, code: int = 0) -> dict[str, Any]:
    done = desk.run("backfill", "theyworkforyou", *words, "--json")
    assert done.code == code, done.err
    report: dict[str, Any] = done.data
    return report


def test_a_backfill_is_read_searched_and_never_mailed(desk: Desk, tree: Path) -> None:
    report = backfilled(desk, "--path", str(tree))
    years = [{"year": 2009, "records": 2, "new": 2}, {"year": 2005, "records": 3, "new": 3}]
    rest = {"changed": 0, "quarantined": 0, "same": 0}
    assert report["backfill"] == {
        "source": "theyworkforyou", "before": 0, "left": 0, "files": 3, "unchanged": 0, "failed": 0, "unreadable": 0,
        "records": 5, "new": 5, **rest, "years": [year | rest for year in years], "reasons": [],
    }  # fmt: skip
    assert report["match"]["matches"] == 2
    found = desk.run("search", "Serious Organised Crime Agency", "--to", "2005-12-31", "--json").data
    assert [(record["uin"], record["date"], record["sources"]) for record in found] == [
        ("215001", "2005-02-24", ["theyworkforyou"])
    ]
    assert desk.run("run").code == 0
    assert desk.messages() == []
    again = backfilled(desk, "--path", str(tree))["backfill"]
    assert (again["before"], again["files"], again["records"]) == (3, 0, 0)


def test_a_backfill_of_some_days_reads_only_these(desk: Desk, tree: Path) -> None:
    report = backfilled(desk, "--path", str(tree), "--from", "2005-02-25", "--to", "2005-12-31")
    assert (report["backfill"]["files"], report["backfill"]["records"]) == (1, 1)


def test_an_unreadable_file_is_quarantined_listed_and_tried_again(desk: Desk, tree: Path) -> None:
    broken = write_day(tree, MONDAY + DAY, "a", [AnsweredQuestion(294003)])
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-30])
    report = backfilled(desk, "--path", str(tree), code=1)
    assert (report["backfill"]["records"], report["backfill"]["unreadable"]) == (5, 1)
    [reason] = report["backfill"]["reasons"]
    assert reason["count"] == 1
    table = desk.run("backfill", "theyworkforyou", "--path", str(tree))
    assert "4 read before" in table.out
    status = desk.run("status", "--json").data
    assert [entry["key"] for entry in status["quarantined"]] == [f"wrans/{broken.name}"]
    [files] = status["files"]
    assert (files["source"], files["enabled"], files["files"], files["records"]) == ("theyworkforyou", False, 3, 5)
    assert [file["file"] for file in files["unreadable"]] == [f"wrans/{broken.name}"]
    assert desk.run("reparse").code == 1
    broken.write_bytes(whole)
    report = backfilled(desk, "--path", str(tree))
    assert report["backfill"]["new"] == 1
    assert desk.run("status", "--json").data["quarantined"] == []


def test_a_backfill_prints_a_table_of_years(desk: Desk, tree: Path) -> None:
    done = desk.run("backfill", "theyworkforyou", "--path", str(tree))
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[0] == ["source", "year", "read", "new", "changed", "the", "same", "quarantined"]
    assert rows[1:4] == [
        ["theyworkforyou", "2009", "2", "2", "0", "0", "0"],
        ["theyworkforyou", "2005", "3", "3", "0", "0", "0"],
        ["theyworkforyou", "all", "5", "5", "0", "0", "0"],
    ]
    assert done.out.splitlines()[4].startswith("3 files read in 0:00:0")


def test_a_stopped_and_a_killed_backfill_go_on(desk: Desk, tmp_path: Path) -> None:
    root = tmp_path / "large"
    days = [date(2003, 1, 6) + number * DAY for number in range(60)]
    for place, day in enumerate(days):
        write_day(root, day, "a", [AnsweredQuestion(place * 20 + number + 1000, QUIET) for number in range(12)])
    words = ("backfill", "theyworkforyou", "--path", str(root), "--json")
    out, err = tmp_path / "out", tmp_path / "err"
    for ending, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        pid = FORGE.start(desk.place(out, err), words)
        try:
            _wait_until_a_file_is_stored(desk, pid)
            os.kill(pid, ending)
        finally:
            ended = FORGE.end()
        assert ended == code, err.read_text("utf-8")
        if ending is signal.SIGINT:
            stopped = json.loads(out.read_text("utf-8"))["backfill"]
            assert 0 < stopped["new"] < 720
    done = desk.run(*words)
    report = done.data["backfill"]
    assert report["before"] > 0
    assert report["before"] + report["files"] == 60
    assert len(desk.stored()) == 720
    assert backfilled(desk, "--path", str(root))["backfill"]["before"] == 60


def _wait_until_a_file_is_stored(desk: Desk, pid: int) -> None:
    end = time.monotonic() + 60
    before = None
    while time.monotonic() < end:
        os.kill(pid, 0)
        path = desk.folder / "archive.db"
        if path.is_file():
            try:
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1)) as connection:
                    [count] = connection.execute("SELECT count(*) FROM source_file").fetchone()
            except sqlite3.Error:
                count = None
            before = count if before is None else before
            if count is not None and before is not None and count > before:
                return
        time.sleep(0.01)
    raise AssertionError("nothing was stored")


def test_a_new_day_is_mailed_once_and_its_revised_version_is_not(desk: Desk, tree: Path) -> None:
    desk.tables = f'[sources.theyworkforyou]\npath = "{tree}"\n'
    desk.configure()
    assert desk.run("run", "--as-of", "2009-10-27T08:00+00:00").code == 0
    [first] = desk.messages()
    assert "Organised Crime" in text_of(first)
    assert "TheyWorkForYou" in text_of(first)
    write_day(tree, MONDAY, "b", [AnsweredQuestion(294001), AnsweredQuestion(294002, QUIET)])
    write_day(tree, MONDAY + DAY, "a", [AnsweredQuestion(294010)])
    assert desk.run("run", "--as-of", "2009-10-28T08:00+00:00").code == 0
    [_, second] = desk.messages()
    assert "294010" in text_of(second)
    assert "294001" not in text_of(second)
    write_day(tree, MONDAY + DAY, "b", [AnsweredQuestion(294010)])
    assert desk.run("run", "--as-of", "2009-10-29T08:00+00:00").code == 0
    assert len(desk.messages()) == 2
    revisions = desk.run("show", "294001", "--json").data["revisions"]
    assert len(revisions) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nonsense",), "is not one of"),
        (("questions", "--path", "."), "--path is for theyworkforyou, historic, publications, scotland"),
        (("theyworkforyou", "--path", "nowhere"), "does not exist"),
        (("theyworkforyou", "--from", "2009-10-27", "--to", "2009-10-26"), "exchange them"),
        (("feeds",), "there is no feed in the configuration"),
    ],
)
def test_wrong_use_is_refused(desk: Desk, words: tuple[str, ...], message: str) -> None:
    done = desk.run("backfill", *words)
    assert done.code == 2
    assert message in done.err


def test_a_folder_of_the_configuration_that_is_not_there(desk: Desk) -> None:
    desk.tables = '[sources.theyworkforyou]\npath = "nowhere"\n'
    desk.configure()
    done = desk.run("backfill", "theyworkforyou")
    assert (done.code, done.err.splitlines()[-1]) == (
        2,
        f"There is no folder {desk.folder / 'nowhere'}: correct path, or make it.",
    )


def test_an_archive_that_another_run_holds_is_not_written(desk: Desk, tree: Path) -> None:
    archive = open_archive(f"sqlite:///{desk.folder / 'archive.db'}")
    try:
        with archive.runs.lease():
            done = desk.run("backfill", "theyworkforyou", "--path", str(tree))
    finally:
        archive.close()
    assert done.code == 0
    assert "holds the archive" in done.err
    assert desk.stored() == {}


def test_windows_of_days_are_read_once_and_as_history(tmp_path: Path, parliament: Parliament) -> None:
    desk = Desk(folder=tmp_path / "desk", parliament=parliament, questions=FEW_DAYS).with_archive()
    words = ("backfill", "questions", "--from", "2024-11-25", "--to", "2024-11-26", "--json")
    done = desk.run(*words)
    assert done.code == 0, done.err
    report = done.data["backfill"]
    assert (report["source"], report["before"], report["files"], report["failed"]) == ("questions", 0, 12, 0)
    assert report["records"] == report["new"] + report["changed"] + report["same"] + report["quarantined"]
    assert report["new"] == len(desk.stored()) > 0
    assert done.data["match"]["matches"] > 0
    again = desk.run(*words).data["backfill"]
    assert (again["before"], again["files"], again["new"]) == (12, 0, 0)
    assert desk.run("run", "--as-of", "2024-11-26").code == 0
    assert all(
        "answer" not in message["Subject"] for message in desk.messages()
    )  # waiting questions are mailed, however old
