"""Temporary folders in memory, where there is enough of it, and bytecode kept while tests last."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
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


def keep_bytecode() -> None:
    """Have what is imported compiled once and for all, in processes that are started too.

    Where no bytecode is to be written beside the source (PYTHONDONTWRITEBYTECODE), every process would compile all of its
    libraries again, for seconds: it goes into a temporary folder, which is gone afterwards.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        folder = tempfile.mkdtemp(prefix="pqwatch-bytecode-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = folder
        sys.dont_write_bytecode = False
