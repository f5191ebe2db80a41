"""Files that are there whole or as they were before: written beside their place under another name, and renamed."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from monitor.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which takes its name when it is whole: what fails, or is stopped, changes nothing.

    Raises OutputError where it can't be written.
    """
    try:
        path = path.resolve()  # what a link points to is replaced, not the link
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is no file: name another with --output")
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                beside.replace(path)
            except BaseException:
                beside.unlink()
                raise
    except OSError as exc:
        remedy = ": see that its folder is there" if exc.errno in (errno.ENOENT, errno.ENOTDIR) else ""
        raise OutputError(f"{path} can't be written ({exc.strerror or exc}){remedy}") from exc
