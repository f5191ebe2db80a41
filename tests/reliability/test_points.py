"""What a killed process leaves: which points are told apart by it, and where a plan has it die."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, BinaryIO

import pytest

from tests.reliability.changes import stays, writes
from tests.reliability.errors import first_of_each
from tests.reliability.points import Plan, Point, Points, met

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize(
    ("statement", "is_so"),
    [
        ("INSERT INTO meta VALUES (1)", True),
        ("  update lease set token = 1", True),
        ("WITH new AS (SELECT 1) INSERT INTO meta SELECT * FROM new", True),
        ("SELECT setval('a', 1)", True),
        ("PRAGMA journal_mode = WAL", True),
        ("SELECT 'insert'", False),
        ("PRAGMA busy_timeout = 5000", False),
        ("BEGIN IMMEDIATE", False),
    ],
)
def test_statements_that_change_an_archive(statement: str, *, is_so: bool) -> None:
    assert writes(statement) is is_so


def test_what_is_asked_changes_nothing_and_what_is_mailed_does() -> None:
    assert not stays("send", repr(b"GET /api HTTP/1.1"))
    assert stays("send", repr(b"MAIL FROM:<a@example.org>"))
    assert stays("rename", "config.toml")
    assert not stays("receive", "")


def test_a_commit_changes_something_where_something_was_written(tmp_path: Path, ledger: BinaryIO) -> None:
    points = Points(Plan(), "sqlite", ledger.fileno())
    points.statement("one", "SELECT 1", pytest.fail, is_at_once=False)
    points.commit("one", "a reader")
    points.statement("two", "INSERT INTO meta VALUES (1)", pytest.fail, is_at_once=False)
    points.commit("two", "a writer")
    points.meet("after commit", "a writer")
    points.commit("two", "the same connection, which wrote nothing since")
    points.meet("after commit", "the same")
    assert [point.after for point in met((tmp_path / "points").read_text("utf-8"))] == [0, 0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("plan", "dies_at"),
    [
        (Plan(after=0), 1),
        (Plan(after=1), 3),
        (Plan(after=1, skip=1), 4),
        (Plan(after=1, skip=9), 5),  # the next change is not to come about
        (Plan(after=2), 6),
    ],
)
def test_a_plan_says_after_which_change(
    ledger: BinaryIO, plan: Plan, dies_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[int] = []
    points = Points(plan, "sqlite", ledger.fileno())
    monkeypatch.setattr("os.kill", lambda _pid, number: died.append(number))
    kinds = ("receive", "write", "receive", "receive", "rename", "receive")
    numbers = [number for number, kind in enumerate(kinds, 1) if points.meet(kind, "") or died]
    assert numbers[0] == dies_at
    assert died[0] == signal.SIGKILL


def test_points_of_one_name_are_one_and_replies_are_told_apart_by_what_was_said() -> None:
    points = [
        Point(1, "connect", "('127.0.0.1', 4411)"),
        Point(2, "connect", "('127.0.0.1', 4412)"),
        Point(3, "send", "b'EHLO'"),
        Point(4, "receive", ""),
        Point(5, "receive", ""),
        Point(6, "send", "b'QUIT'"),
        Point(7, "receive", ""),
        Point(8, "statement", "a.b: SELECT c1"),
        Point(9, "statement", "a.b: SELECT c2"),
    ]
    assert [point.number for point in first_of_each(points)] == [1, 3, 4, 6, 7, 8, 9]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[BinaryIO]:
    with (tmp_path / "points").open("wb", buffering=0) as file:
        yield file
