"""The report of what the archive does not know: days, files and records that are missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from monitor import app
from monitor.model.collection import FileOutcome, FileRead, WindowCoverage, WindowState
from monitor.model.records import House
from monitor.model.sources import Payload, Window
from monitor.operations.not_read import ReadingReport, report_reading
from monitor.parliament.calendar import load_calendar
from tests.unit.cli_kit import CONFIG, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from db.archive import Archive
    from tests.unit.cli_kit import Desk

TODAY = date(2021, 2, 10)
NOW = datetime(2021, 2, 10, 9, 0, tzinfo=UTC)
WITH_FILES = CONFIG + '\n[sources.scotland]\nenabled = true\n\n[sources.questions]\nhouses = ["Commons"]\n'
COMMONS = "House of Commons, questions-statements.parliament.uk"


def report(folder: Path, archive: Archive) -> ReadingReport:
    config = app.configuration(str(folder / "config.toml"))
    return report_reading(archive, config, load_calendar(config.calendar.recess), NOW)


def opened(folder: Path) -> tuple[Desk, Archive]:
    desk = make_desk(folder, config=WITH_FILES)
    return desk, app.archive(app.configuration(str(folder / "config.toml")))


def read_until(archive: Archive, last: date, *, days: int = 5) -> None:
    """Let the last days count as read whole."""
    for age in range(days):
        window = Window(source="questions", house=House.COMMONS, by="answered", day=last - timedelta(days=age))
        archive.coverage.note(WindowCoverage(window=window, state=WindowState.COMPLETE, read_at=NOW, total=3, held=3))


def test_where_all_was_read_nothing_is_missing(tmp_path: Path) -> None:
    _, archive = opened(tmp_path)
    read_until(archive, TODAY - timedelta(days=1))
    found = report(tmp_path, archive)
    archive.close()
    assert found.missing == ()
    assert found.is_whole
    assert found.read == (
        f"{COMMONS}: from 5 February 2021, whole to 9 February 2021; last read on 10 February 2021, 09:00.",
    )


def test_days_that_no_run_reached_are_missing(tmp_path: Path) -> None:
    _, archive = opened(tmp_path)
    read_until(archive, TODAY - timedelta(days=4))
    found = report(tmp_path, archive)
    archive.close()
    assert found.missing == (f"{COMMONS}: nothing after 6 February 2021 was read.",)


def test_files_and_records_that_could_not_be_read_are_named(tmp_path: Path) -> None:
    _, archive = opened(tmp_path)
    read_until(archive, TODAY)
    file = FileRead(
        source="scotland", name="2020.json", day=date(2020, 12, 31), stamp="1", sha256="a", version=1, read_at=NOW,
        outcome=FileOutcome.READ, counts={"records": 12, "quarantined": 2}, years={},
    )  # fmt: skip
    archive.files.note(file)
    for number in range(5):
        archive.files.note(
            replace(file, name=f"lost{number}.json", outcome=FileOutcome.FAILED, counts={}, note="It did not come.")
        )
    archive.files.note(
        replace(file, name="odd.json", outcome=FileOutcome.QUARANTINED, counts={}, note="It is no JSON.")
    )
    payload = Payload(source="questions", key="q-1", url="", fetched_at=NOW, body=b"odd")
    archive.payloads.quarantine(payload, "odd")
    found = report(tmp_path, archive)
    archive.close()
    assert found.read[-1] == "Scottish Parliament: 1 file, the newest of 31 December 2020."
    lost = found.missing[0]
    assert lost.startswith("Scottish Parliament: lost")
    assert lost.endswith("and 2 more did not come.")
    assert found.missing[1:] == (
        "Scottish Parliament: odd.json could not be read.",
        "Scottish Parliament: 2 records in its files could not be understood.",
        "1 record could not be understood and is kept as received.",
    )


def test_a_source_that_fell_silent_is_named(tmp_path: Path) -> None:
    _, archive = opened(tmp_path)
    window = Window(source="questions", house=House.COMMONS, by="answered", day=TODAY)
    long_ago = NOW - timedelta(days=3)
    archive.coverage.note(WindowCoverage(window=window, state=WindowState.OPEN, read_at=long_ago, total=3, held=3))
    found = report(tmp_path, archive)
    archive.close()
    assert found.missing[0].startswith("Nothing was read of the House of Commons")
