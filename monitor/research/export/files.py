"""Files that an export writes where the user says, whole or as they were before."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from monitor import files
from monitor.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its name when it is whole; where `path` is a link, the file that it points to is replaced.

    Raises OutputError if it can't be written.
    """
    try:
        path = path.resolve()
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is no file: name another with --output")
        with files.whole_file(path) as file:
            yield file
    except OSError as exc:
        remedy = ": see that its folder is there" if exc.errno in (errno.ENOENT, errno.ENOTDIR) else ""
        raise OutputError(f"{path} can't be written ({exc.strerror or exc}){remedy}") from exc
