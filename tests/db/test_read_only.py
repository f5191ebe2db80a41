"""Archives that may only be read: on a read-only disk, or in a folder of another user."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from db import backup
from db import engine as module
from db.archive import open_archive
from monitor.errors import ArchiveError, LockedError, UnreachableError
from monitor.model.search import Filters
from tests.unit.cli_kit import make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.cli_kit import Desk

UNPRIVILEGED_USER = 65534


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Make a desk in a folder that other users may enter."""
    folder = Path(tempfile.mkdtemp(prefix="pqwatch-read-only-"))
    folder.chmod(0o755)
    try:
        yield make_desk(folder)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder and its files read-only for every user. If root runs the tests, act as another user."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(UNPRIVILEGED_USER)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)
        for path in folder.iterdir():
            path.chmod(0o644)


def archive_in(desk: Desk) -> Path:
    [path] = desk.folder.glob("*.db")
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="folders on Windows have no such permissions")
def test_an_archive_in_a_folder_that_may_only_be_read_is_searched(desk: Desk) -> None:
    commands = [["search", "bathing", "--json"], ["show", "140001"], ["status"], ["stats", "--by", "body"]]
    before = [desk.run(*words).stdout for words in commands]  # imports the modules that are imported on first use
    assert "140001" in before[0]
    files = sorted(path.name for path in desk.folder.iterdir())
    with read_only(desk.folder):
        for words, expected in zip(commands, before, strict=True):
            result = desk.run(*words)
            assert not isinstance(result.exception, ArchiveError), str(result.exception)
            assert result.stdout.splitlines()[:5] == expected.splitlines()[:5]
        store = open_archive(f"sqlite:///{archive_in(desk)}")
        try:
            with pytest.raises(ArchiveError, match="can only be read here"):
                store.runs.set_fact("x", "1")
        finally:
            store.close()
    assert sorted(path.name for path in desk.folder.iterdir()) == files


def test_an_archive_is_read_only_if_its_folder_or_file_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive_in(desk)
    assert module.may_write(path)
    refused = {path.parent}
    monkeypatch.setattr(os, "access", lambda place, _mode, **_: Path(place) not in refused)
    assert not module.may_write(path)
    refused = {path}
    assert not module.may_write(path)


def test_a_write_ahead_log_beside_the_archive_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    assert module.read_only_address(path).endswith("archive.db?mode=ro&immutable=1")
    (tmp_path / "archive.db-wal").touch()
    assert module.read_only_address(path).endswith("archive.db?mode=ro")


def test_an_archive_opened_for_reading_refuses_every_change(archive_url: str) -> None:
    open_archive(archive_url).close()
    store = open_archive(archive_url, only_reads=True)
    try:
        assert store.records.is_empty()
        assert list(store.search.hits(None, Filters())) == []
        with pytest.raises(ArchiveError, match=r"can only be read here|read-only transaction"):
            store.runs.set_fact("x", "1")
        assert store.runs.fact("x") is None
    finally:
        store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="folders on Windows have no such permissions")
def test_an_archive_that_may_only_be_read_is_backed_up(desk: Desk) -> None:
    files = sorted(path.name for path in desk.folder.iterdir())
    target = Path(tempfile.mkdtemp(prefix="pqwatch-backups-"))
    target.chmod(0o777)
    try:
        with read_only(desk.folder):
            result = desk.run("db", "backup", str(target / "saved.db"))
            assert result.exit_code == 0, result.stderr
            assert sorted(path.name for path in desk.folder.iterdir()) == files
        assert (target / "saved.db").read_bytes()[:16] == b"SQLite format 3\0"
    finally:
        shutil.rmtree(target)


@pytest.mark.skipif(sys.platform == "win32", reason="folders on Windows have no such permissions")
def test_a_backup_fails_where_another_user_writes_the_archive_meanwhile(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive_in(desk)
    monkeypatch.setattr(backup, "may_write", lambda _: False)
    copy = backup._copy

    def copy_while_another_writes(*given: Any) -> None:
        copy(*given)
        with closing(sqlite3.connect(path)) as other:
            other.execute("create table more (x)")

    monkeypatch.setattr(backup, "_copy", copy_while_another_writes)
    store = open_archive(f"sqlite:///{path}")
    store.close()
    with pytest.raises(LockedError, match="was written meanwhile by another user: try again"):
        backup.back_up(store.engine, tmp_path / "saved.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="files on Windows have no such permissions")
def test_an_archive_that_may_not_be_opened_is_not_reported_as_damaged(desk: Desk) -> None:
    archive_in(desk).with_name(f"{archive_in(desk).name}-wal").mkdir()  # SQLite can't open its log
    result = desk.run("db", "check")
    assert isinstance(result.exception, UnreachableError)
    assert "may you write there, and open the file and its -wal and -shm" in str(result.exception)
