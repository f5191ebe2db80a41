"""Temporary folders in memory, where there is enough of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of the system)
ENOUGH = 2 * 1024**3


def work_in_memory() -> None:
    """Have temporary folders made in memory from now on, in processes that are started too; unless TMPDIR is given.

    Every commit waits for its disk: a third of the time of a test that writes. That a disk keeps what it was given, no test
    can tell, and a process that is killed leaves the same behind on either.
    """
    if "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)
