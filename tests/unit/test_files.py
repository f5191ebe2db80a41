"""Writing of whole files: a file has its name only when it is complete, and drafts leave no trace."""

from __future__ import annotations

import os
import stat
import threading
from errno import EIO, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.files import OWNER_ONLY, locked_folder, whole_file, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_bytes(b"before")
    with whole_file(path) as file:
        file.write(b"after\r\n")
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after\r\n"
    assert names(tmp_path) == ["status.json"]


@pytest.mark.skipif(os.name != "posix", reason="no such permissions elsewhere")
def test_file_has_the_requested_permissions(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"open")
    assert mode_of(path) == 0o666 & ~umask()
    write_whole(path, b"private", mode=OWNER_ONLY)
    assert mode_of(path) == 0o600


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("is_shared", [True, False])
def test_aborted_write_changes_nothing(tmp_path: Path, stop: type[BaseException], is_shared: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with pytest.raises(stop), whole_file(path, is_shared=is_shared) as file:  # noqa: PT012
        file.write(b"half")
        raise stop
    assert (names(tmp_path), path.read_bytes()) == (["file"], b"before")


@pytest.mark.parametrize("error", [ENOSPC, EIO])
def test_nothing_fails_once_a_file_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    """A caller who is told of an error relies on the old file, so none may come after the replacement."""
    path = tmp_path / "file"
    with whole_file(path) as file:
        file.write(b"after")
        monkeypatch.setattr(Path, "unlink", failing(error))
    assert path.read_bytes() == b"after"


def test_a_draft_that_can_not_be_removed_does_not_hide_what_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), whole_file(path):  # noqa: PT012 (as above)
        monkeypatch.setattr(Path, "unlink", failing(EIO))
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"


def failing(error: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    return fail


def test_symbolic_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (tmp_path / "file").symlink_to(precious)
    (tmp_path / ".other.part").symlink_to(precious)
    write_whole(tmp_path / "file", b"new")
    write_whole(tmp_path / "other", b"new", is_shared=False)
    assert precious.read_bytes() == b"mine"
    assert names(tmp_path) == ["file", "other", "precious"]


def test_the_draft_of_a_process_that_was_killed_is_replaced(tmp_path: Path) -> None:
    for is_shared in (True, False):
        with whole_file(tmp_path / "file", is_shared=is_shared) as file:
            draft = file.name
        with open(draft, "wb") as left:  # noqa: PTH123 - its name is a text
            left.write(b"half")
        write_whole(tmp_path / "file", b"whole", is_shared=is_shared)
        assert names(tmp_path) == ["file"]


def test_of_two_that_write_one_draft_the_second_wins_and_the_first_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    first, second = (whole_file(path, is_shared=False) for _ in range(2))
    first.__enter__().write(b"first")
    second_file = second.__enter__()
    second_file.write(b"sec")
    with pytest.raises(FileExistsError, match="another process writes it at the same time"):
        first.__exit__(None, None, None)
    assert not path.exists()
    second_file.write(b"ond")
    second.__exit__(None, None, None)
    assert (names(tmp_path), path.read_bytes()) == (["file"], b"second")


def test_content_is_on_the_disk_before_the_file_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    is_there: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _handle: is_there.append(path.exists()))
    write_whole(path, b"content")
    write_whole(path, b"content", sync=False)
    assert is_there == [False]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = {bytes([letter]) * 100_000 for letter in b"ab"}
    write_whole(path, min(contents))
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            for content in contents:
                write_whole(path, content, sync=False)

    writer = threading.Thread(target=write)
    writer.start()
    seen = {path.read_bytes() for _ in range(200)}
    is_over.set()
    writer.join()
    assert seen <= contents


@pytest.mark.skipif(os.name != "posix", reason="folders can't be locked elsewhere")
def test_one_process_at_a_time_has_a_folder(tmp_path: Path) -> None:
    is_in, came_in = threading.Event(), []

    def come_in() -> None:
        is_in.set()
        with locked_folder(tmp_path):
            came_in.append("second")

    second = threading.Thread(target=come_in)
    with locked_folder(tmp_path):
        second.start()
        is_in.wait(10)
        second.join(0.2)
        came_in.append("first")
    second.join(10)
    assert came_in == ["first", "second"]


def test_a_folder_that_cannot_be_locked_is_used_all_the_same(tmp_path: Path) -> None:
    with locked_folder(tmp_path / "not there"):
        pass
