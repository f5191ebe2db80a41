"""Writing whole files: a file takes its name when it is complete, so that no reader ever sees half of one."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

OWNER_ONLY = 0o600
DRAFT = ".part"
"""End of a draft's name."""


@contextmanager
def whole_file(path: Path, *, mode: int = 0o666, is_shared: bool = True, sync: bool = True) -> Iterator[IO[bytes]]:
    """Open a draft beside `path` that takes the place of `path` when the block ends well. Raises OSError.

    After an error or a signal in the block, `path` is as it was before, and the draft is gone. No error comes later:
    once the draft has its place, nothing is left that could fail.

    Args:
        path: The file. A symbolic link is replaced, not followed.
        mode: Permissions of the new file; the umask applies.
        is_shared: Several processes may write this file at once, so each has its own draft. Without it the draft has one
            name, and the next writer removes the draft of a process that was killed. Of two at once the second wins, and the
            first fails.
        sync: Force the content to the disk before the file takes its name.

    """
    draft = path.with_name(f".{path.name}.{os.getpid()}{DRAFT}" if is_shared else f".{path.name}{DRAFT}")
    draft.unlink(missing_ok=True)
    ours: os.stat_result | None = None
    try:
        # "x": a link that somebody puts there meanwhile is not followed.
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            ours = os.fstat(file.fileno())
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        _give_name(draft, path, ours)
    except BaseException:
        with suppress(OSError):  # what went wrong before counts
            if ours is not None and _is_at(draft, ours):
                draft.unlink()
        raise


def _give_name(draft: Path, path: Path, file: os.stat_result) -> None:
    if not _is_at(draft, file):
        raise FileExistsError(errno.EEXIST, "another process writes it at the same time", str(path))
    draft.replace(path)


def _is_at(path: Path, file: os.stat_result) -> bool:
    """Return whether a file is still at its path: another process that writes the same takes the name for its own."""
    try:
        return os.path.samestat(path.lstat(), file)
    except FileNotFoundError:
        return False


def write_whole(path: Path, content: bytes, *, mode: int = 0o666, is_shared: bool = True, sync: bool = True) -> None:
    """Write a file whole or not at all; see `whole_file`. Raises OSError."""
    with whole_file(path, mode=mode, is_shared=is_shared, sync=sync) as file:
        file.write(content)


def sync_folder(folder: Path) -> None:
    """Force the names of a folder's files to the disk."""
    if os.name == "nt":  # a folder can't be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Let other processes that call this for the same folder wait until the block has ended.

    Where the system can't lock a folder, as on Windows and on some network disks, nothing waits.
    """
    if sys.platform == "win32":
        yield
        return
    handle = None
    try:
        with suppress(OSError):  # a folder that may not be listed, a disk without locks
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)
