"""Long calls of SQLite, which a signal breaks off."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from db import backup, integrity
from db.archive import open_archive
from db.engine import open_engine
from db.stoppable import stoppable
from tests.ctrl_c import handled_signals, interrupt
from tests.db.test_backup import put_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
TOO_LONG = 30.0
"""Seconds after which a test ends an endless statement that no signal broke off."""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        yield connection


def test_what_the_work_returns_or_raises_is_handed_on(connection: sqlite3.Connection) -> None:
    assert stoppable(connection, lambda: connection.execute("SELECT 7").fetchone()) == (7,)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        stoppable(connection, lambda: connection.execute("SELECT * FROM missing"))


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_breaks_a_long_statement_off(
    connection: sqlite3.Connection, number: int, error: type[BaseException]
) -> None:
    giving_up = threading.Timer(TOO_LONG, connection.interrupt)
    sending = threading.Timer(0.2, signal.pthread_kill, (threading.main_thread().ident, number))
    giving_up.start()
    with handled_signals():
        sending.start()
        with pytest.raises(error):
            stoppable(connection, lambda: connection.execute(ENDLESS).fetchone())
    assert not giving_up.finished.is_set(), "the statement went on"
    giving_up.cancel()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def check(path: Path) -> None:
    engine = open_engine(f"sqlite:///{path}")
    try:
        assert integrity.check(engine) == integrity.consistency(engine) == []
    finally:
        engine.dispose()


def build_the_index_anew(path: Path) -> None:
    with closing(open_archive(f"sqlite:///{path}")) as archive:
        archive.index.rebuild()


def compact_the_index(path: Path) -> None:
    with closing(open_archive(f"sqlite:///{path}")) as archive:
        archive.index.compact()


def check_the_index(path: Path) -> None:
    with closing(open_archive(f"sqlite:///{path}")) as archive:
        assert archive.index.problems() == []


@pytest.mark.parametrize(
    ("act", "module"),
    [
        (check, "integrity"),
        (backup.compact, "backup"),
        (backup.overwrite_unused, "backup"),
        (build_the_index_anew, "index"),
        (compact_the_index, "index"),
        (check_the_index, "index_file"),
    ],
)
def test_what_takes_long_in_a_large_archive_may_be_stopped_and_begun_again(
    sqlite_template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[Path], object],
    module: str,
) -> None:
    path = tmp_path / "archive.db"
    shutil.copy(sqlite_template, path)
    with closing(open_archive(f"sqlite:///{path}")) as archive:
        put_in(archive)
        archive.index.rebuild()
    monkeypatch.setattr(f"db.{module}.stoppable", lambda *_: interrupt())
    with pytest.raises(KeyboardInterrupt):
        act(path)
    monkeypatch.undo()
    for again in (act, check, check_the_index):
        again(path)
