"""Free space in a SQLite archive, and pages of another size."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import pytest

from db import backup, integrity
from db.archive import Archive
from db.engine import PAGE_SIZE, open_engine
from monitor.collect.revisions import store_readings
from monitor.errors import ArchiveError, LockedError
from monitor.model.sources import Payload, Reading
from tests.builders import NOW, a_question

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

SMALL = 4096


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path) -> Path:
    """Make an archive with small pages and much free space."""
    path = tmp_path / "archive.db"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    put_in(Archive(engine))
    engine.dispose()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("pragma journal_mode = delete")
        connection.execute(f"pragma page_size = {SMALL}")
        connection.execute("vacuum")
        connection.execute("create table let_go (body blob)")
        connection.execute("insert into let_go values (zeroblob(3000000))")
        connection.execute("drop table let_go")
    return path


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def put_in(archive: Archive) -> None:
    payload = Payload(source="questions", key="1", url="https://example.org", fetched_at=NOW, body=b"{}")
    reading = Reading(payload=payload, proceeding=a_question())
    store_readings(archive, [reading], today=date(2026, 11, 24), is_news=lambda *_: True)


def pragma_value(path: Path, pragma: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"pragma {pragma}").fetchone()[0]


def test_a_new_archive_has_large_pages(sqlite_template: Path) -> None:
    assert pragma_value(sqlite_template, "page_size") == PAGE_SIZE


def test_compacting_returns_free_space_to_the_disk(engine: Engine, path: Path) -> None:
    assert backup.unused(engine) > 1_900_000
    before = path.stat().st_size
    engine.dispose()
    assert backup.compact(path) == (before, path.stat().st_size)
    assert path.stat().st_size < before - 1_000_000
    assert pragma_value(path, "page_size") == PAGE_SIZE
    assert backup.unused(engine) == 0
    assert pragma_value(path, "journal_mode") == "wal"
    assert integrity.check(engine) == integrity.consistency(engine) == []
    [revision] = Archive(engine).records.revisions(1)
    assert revision.proceeding.question == a_question().question


def test_the_compacted_copy_is_made_beside_the_archive(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", "/nowhere")
    folders = []
    monkeypatch.setattr(backup, "_pack", lambda *_: folders.append(os.environ["SQLITE_TMPDIR"]))
    backup.compact(path)
    assert folders == [str(path.parent)]
    assert os.environ["SQLITE_TMPDIR"] == "/nowhere"


def test_an_archive_that_another_process_uses_is_not_compacted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "BUSY_TIMEOUT_MS", 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("pragma journal_mode = wal")
        other.execute("begin")
        other.execute("select * from proceeding").fetchone()
        with pytest.raises(LockedError, match="is in use by another process"):
            backup.compact(path)
    assert pragma_value(path, "page_size") == SMALL


def test_a_damaged_archive_is_not_compacted(tmp_path: Path) -> None:
    ruin = tmp_path / "ruin.db"
    ruin.write_bytes(b"not a database, and longer than a hundred bytes are" * 10)
    with pytest.raises(ArchiveError, match="could not be made smaller, and is as it was"):
        backup.compact(ruin)


def test_a_kill_while_compacting_leaves_the_archive_as_it_was(path: Path, engine: Engine) -> None:
    script = f"""
import os, sqlite3
from pathlib import Path
from db import backup
connect = sqlite3.connect
def connect_and_die(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.set_progress_handler(lambda: os.kill(os.getpid(), 9), 200)
    return connection
sqlite3.connect = connect_and_die
backup.compact(Path({str(path)!r}))
"""
    done = subprocess.run([sys.executable, "-c", script], check=False)  # noqa: S603 (ours)
    assert done.returncode == -signal.SIGKILL
    assert integrity.check(engine) == integrity.consistency(engine) == []
    engine.dispose()
    backup.compact(path)
    assert len(Archive(engine).records.revisions(1)) == 1


def test_a_backup_is_restored_into_an_archive_with_other_pages(engine: Engine, path: Path, tmp_path: Path) -> None:
    saved = backup.back_up(engine, tmp_path / "saved.db")
    engine.dispose()
    backup.compact(path)
    put_in(Archive(engine))
    backup.restore(engine, saved, NOW)
    assert (pragma_value(saved, "page_size"), pragma_value(path, "page_size")) == (SMALL, PAGE_SIZE)
    assert len(Archive(engine).records.revisions(1)) == 1
