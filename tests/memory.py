"""Temporary folders in memory, where there is enough of it, and bytecode that is kept."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of the system)
ENOUGH = 2 * 1024**3
BYTECODE = Path(__file__).resolve().parents[1] / ".pytest_cache/bytecode"


def work_in_memory() -> None:
    """Have temporary folders made in memory from now on, in processes that are started too; unless TMPDIR is given.

    Every commit waits for its disk: a third of the time of a test that writes. That a disk keeps what it was given, no test
    can tell, and a process that is killed leaves the same behind on either.
    """
    if "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)


def separate_cache() -> None:
    """Have the user's cache folder, where the index of an archive on PostgreSQL is, made for these tests alone."""
    folder = os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="pqwatch-cache-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def keep_bytecode() -> None:
    """Have what is imported compiled once and for all, in processes that are started too.

    Where no bytecode is to be written beside the source (PYTHONDONTWRITEBYTECODE), every process would compile all of its
    libraries again, and every worker of pytest write all assertions anew: a tenth of the time of all tests. It goes into a
    folder of pytest's cache, where the next time finds it; what was imported from temporary folders goes with them.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        temporary = Path(tempfile.gettempdir()).resolve()
        atexit.register(shutil.rmtree, BYTECODE / temporary.relative_to(temporary.anchor), ignore_errors=True)
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(BYTECODE)
        sys.dont_write_bytecode = False
