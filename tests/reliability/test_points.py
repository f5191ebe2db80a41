"""The state that a killed process leaves: points at which it differs, and the point at which a plan kills."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, BinaryIO

import pytest

from tests.reliability.changes import persists, writes
from tests.reliability.errors import first_points_by_name
from tests.reliability.points import ERROR_LINE, Plan, Point, Points, read_points

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize(
    ("statement", "expected"),
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
def test_statements_that_change_an_archive(statement: str, *, expected: bool) -> None:
    assert writes(statement) is expected


def test_a_request_for_data_does_not_persist_and_a_mail_does() -> None:
    assert not persists("send", repr(b"GET /api HTTP/1.1"))
    assert persists("send", repr(b"MAIL FROM:<a@example.org>"))
    assert persists("rename", "config.toml")
    assert not persists("receive", "")


def test_a_commit_persists_if_something_was_written(tmp_path: Path, ledger: BinaryIO) -> None:
    points = Points(Plan(), "sqlite", ledger.fileno())
    points.statement("one", "SELECT 1", pytest.fail, is_autocommit=False)
    points.commit("one", "a reader")
    points.statement("two", "INSERT INTO meta VALUES (1)", pytest.fail, is_autocommit=False)
    points.commit("two", "a writer")
    points.reach("after commit", "a writer")
    points.commit("two", "the same connection, which wrote nothing since")
    points.reach("after commit", "the same")
    assert [point.after for point in read_points((tmp_path / "points").read_text("utf-8"))] == [0, 0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("plan", "dies_at"),
    [
        (Plan(after=0), 1),
        (Plan(after=1), 3),
        (Plan(after=1, skip=1), 4),
        (Plan(after=1, skip=9), 5),  # the next change must not happen
        (Plan(after=2), 6),
    ],
)
def test_a_plan_kills_after_the_given_change(
    ledger: BinaryIO, plan: Plan, dies_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[int] = []
    points = Points(plan, "sqlite", ledger.fileno())
    monkeypatch.setattr("os.kill", lambda _pid, number: died.append(number))
    kinds = ("receive", "write", "receive", "receive", "rename", "receive")
    numbers = [number for number, kind in enumerate(kinds, 1) if points.reach(kind, "") or died]
    assert numbers[0] == dies_at
    assert died[0] == signal.SIGKILL


def test_an_error_can_happen_once_at_each_of_several_names(tmp_path: Path, ledger: BinaryIO) -> None:
    plan = Plan(kind="before commit", each=(("a", "disk full"), ("b", "locked")))
    points = Points(plan, "postgresql", ledger.fileno())
    reached = [("statement", "a"), *(("before commit", name) for name in ("a", "a", "c", "b"))]
    assert [points.reach(kind, name) for kind, name in reached] == ["", "disk full", "", "", "locked"]
    lines = read_points((tmp_path / "points").read_text("utf-8"))
    assert [point.number for point in lines if point.kind == ERROR_LINE] == [2, 5]


def test_a_plan_finds_a_point_by_the_name_that_the_ledger_has(tmp_path: Path, ledger: BinaryIO) -> None:
    """Statements have line ends, which a line of the ledger has not."""
    query = 'SELECT meta."key" \nFROM meta'
    Points(Plan(), "sqlite", ledger.fileno()).statement("one", query, pytest.fail, is_autocommit=False)
    [point] = read_points((tmp_path / "points").read_text("utf-8"))
    failed: list[str] = []
    points = Points(Plan(kind=point.kind, name=point.name, error="locked"), "sqlite", ledger.fileno())
    points.statement("one", query, failed.append, is_autocommit=False)
    assert failed == ["locked"]


def test_points_of_one_name_count_once_and_replies_are_named_after_the_message_sent() -> None:
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
    assert [point.number for point in first_points_by_name(points).values()] == [1, 3, 4, 6, 7, 8, 9]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[BinaryIO]:
    with (tmp_path / "points").open("wb", buffering=0) as file:
        yield file
