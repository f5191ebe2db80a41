"""Windows that were read and their coverage, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.model.collection import WindowCoverage, WindowState
from monitor.model.records import House
from monitor.model.sources import Window

if TYPE_CHECKING:
    from db.archive import Archive

DAY = date(2024, 11, 18)
READ_AT = datetime(2024, 11, 18, 20, tzinfo=UTC)
WINDOW = Window(source="questions", house=House.COMMONS, by="answered", day=DAY)
OPEN = WindowCoverage(
    window=WINDOW, state=WindowState.OPEN, read_at=READ_AT, total=376, held=375, note="one is missing"
)


def test_a_note_on_a_window_replaces_the_one_before(archive: Archive) -> None:
    archive.coverage.note(OPEN)
    assert archive.coverage.windows() == [OPEN]
    whole = replace(OPEN, state=WindowState.COMPLETE, held=376, note="")
    archive.coverage.note(whole)
    assert archive.coverage.windows() == [whole]


def test_windows_come_newest_first(archive: Archive) -> None:
    days = [DAY - timedelta(days=number) for number in range(3)]
    for day in reversed(days):
        archive.coverage.note(replace(OPEN, window=replace(WINDOW, day=day)))
    archive.coverage.note(replace(OPEN, window=replace(WINDOW, source="statements")))
    assert [window.window.day for window in archive.coverage.windows("questions")] == days
    assert [window.window.day for window in archive.coverage.windows("questions", since=days[1])] == days[:2]
    assert len(archive.coverage.windows()) == 4


def test_earlier_windows_are_listed_where_they_are_not_complete(archive: Archive) -> None:
    whole = replace(OPEN, state=WindowState.COMPLETE)
    for number, covered in enumerate((whole, OPEN, whole, OPEN)):
        archive.coverage.note(replace(covered, window=replace(WINDOW, day=DAY - timedelta(days=number))))
    found = archive.coverage.windows("questions", since=DAY, or_incomplete=True)
    assert [(covered.window.day, covered.state) for covered in found] == [
        (DAY, "complete"),
        (DAY - timedelta(days=1), "open"),
        (DAY - timedelta(days=3), "open"),
    ]


def test_days_that_were_read_completely_are_counted(archive: Archive) -> None:
    whole = replace(OPEN, state=WindowState.COMPLETE)
    for number in range(3):
        archive.coverage.note(replace(whole, window=replace(WINDOW, day=DAY + timedelta(days=number))))
    archive.coverage.note(replace(OPEN, window=replace(WINDOW, day=DAY + timedelta(days=3))))
    archive.coverage.note(replace(whole, window=replace(WINDOW, by="tabled", day=DAY - timedelta(days=1))))
    archive.coverage.note(replace(whole, window=Window(source="statements", house=House.LORDS, by="made", day=DAY)))
    days = archive.coverage.days_read(DAY, DAY + timedelta(days=9))
    assert days == {("questions", House.COMMONS): 3, ("statements", House.LORDS): 1}
    assert archive.coverage.days_read(DAY, DAY + timedelta(days=2))["questions", House.COMMONS] == 2
