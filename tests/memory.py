"""Temporary folders in memory, where there is enough of it, and bytecode that is kept."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

IN_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of the system)
ENOUGH = 2 * 1024**3
BYTECODE = Path(__file__).resolve().parents[1] / ".pytest_cache/bytecode"
IMPORTED_BY_TESTS = Path(__file__).with_name("builders.py")
"""A module that the process that hands tests out does not import."""


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


def compile_once(folders: Sequence[Path]) -> None:
    """Have the tests of these folders, and what they import, compiled before several workers begin, if nothing is yet.

    On a new checkout each worker would compile all libraries and write all assertions anew, at the same time as the others:
    most of what the workers do in their first minute. Two processes collect one half of the tests each, from either end,
    so that each finds much of what it imports compiled by the other. What they can't collect, the workers report.
    """
    if Path(cache_from_source(str(IMPORTED_BY_TESTS))).exists():
        return
    files = sorted(str(path) for folder in folders for path in folder.rglob("test_*.py"))
    middle = len(files) // 2
    command = [sys.executable, "-m", "pytest", "-n", "0", "--collect-only", "-p", "no:cacheprovider"]
    collecting = [
        subprocess.Popen([*command, *half], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 (our own)
        for half in (files[:middle], files[middle:][::-1])
        if half
    ]
    for process in collecting:
        process.wait()
