"""Archives that may only be read: on a read-only disk, or in a folder of another user."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from db import engine as module
from db.archive import open_archive
from monitor.errors import ArchiveError
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
