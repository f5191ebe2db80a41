"""Progress and report of `backfill`."""

from __future__ import annotations

import logging
import sys
from datetime import date
from typing import TYPE_CHECKING

from monitor.cli.backfill import LINE_INTERVAL, Lines, _as_json, _print_report, _progress, backfill_command
from monitor.collect.file_counts import FileCounts
from monitor.model.records import House
from monitor.model.sources import FileRef, Window
from monitor.sources import FILES, WINDOWS
from tests.unit.test_cli_stages import Terminal

if TYPE_CHECKING:
    import pytest

FILE = FileRef(name="wrans/answers2009-10-26a.xml", day=date(2009, 10, 26))


class Watch:
    """Stop watch that stands still until a test moves it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def sample_counts() -> FileCounts:
    counts = FileCounts(files=2, before=1, failed=1, unreadable=1)
    for day, records, new in ((date(2009, 10, 26), 1500, 1200), (None, 10, 0)):
        counts.tally.count("records", day, records)
        counts.tally.count("new", day, new)
    counts.tally.count("changed", date(2009, 10, 26), 2)
    counts.tally.count("quarantined", None, 3)
    counts.tally.reasons.update({f"reason {number}": 1 for number in range(12)} | {"it makes no sense": 3})
    return counts


def test_progress_lines_are_rare_without_a_terminal(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    watch, counts = Watch(), FileCounts()
    lines = Lines("theyworkforyou", counts, watch)
    lines(FILE, 0, 4)
    assert caplog.messages == []
    watch.now = 2 * LINE_INTERVAL
    counts.tally.count("records", None, 60_000)
    lines(FILE, 1, 4)
    lines(FILE, 2, 4)
    watch.now = 4 * LINE_INTERVAL
    lines(FILE, 4, 4)
    lines(Window(source="questions", house=House.LORDS, by="tabled", day=date(2024, 11, 26)), 3, 0)
    assert caplog.messages == [
        (
            "backfill source=theyworkforyou done=1 of=4 at='wrans/answers2009-10-26a.xml'"
            " 60,000 records, 2,000/s left=0:01:30"
        ),
        "backfill source=theyworkforyou done=3 at='lords tabled Tue 26 Nov 2024' 60,000 records, 1,000/s",
    ]


def test_terminal_shows_a_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with _progress("theyworkforyou", FileCounts()) as progress:
        progress(FILE, 0, 0)
        progress(FILE, 1, 2)
        progress(FILE, 2, 2)
    shown = terminal.getvalue()
    assert "reading wrans/answers2009-10-26a.xml" in shown
    assert "1/2" in shown
    assert "0 records, 0/s" in shown


def test_years_add_up_to_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    _print_report("theyworkforyou", sample_counts(), 61.2)
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[1:] for row in rows[1:4]] == [
        ["2009", "1,500", "1,200", "2", "298", "0"],
        ["not", "known", "10", "0", "0", "7", "3"],
        ["all", "1,510", "1,200", "2", "305", "3"],
    ]
    assert rows[4] == "2 files read in 0:01:01, 1 read before, 1 could not be had, 1 can't be read."
    assert rows[5] == "quarantined 3: it makes no sense"
    assert rows[-1] == "and for 3 more reasons: pqwatch status --json lists all."


def test_json_has_all_counts() -> None:
    output = _as_json("theyworkforyou", sample_counts())
    assert (output["records"], output["new"], output["changed"], output["same"], output["quarantined"]) == (
        1510,
        1200,
        2,
        305,
        3,
    )
    assert [entry["year"] for entry in output["years"]] == [2009, None]
    assert output["years"][1] == {"year": None, "records": 10, "new": 0, "changed": 0, "quarantined": 3, "same": 7}
    assert output["reasons"][0] == {"reason": "it makes no sense", "count": 3}
    assert len(output["reasons"]) == 13


def test_help_names_every_source() -> None:
    assert all(name in (backfill_command.help or "") for name in (*WINDOWS, *FILES))
