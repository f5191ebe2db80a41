"""Folders that one process of a test run makes and all of them copy, because each takes seconds to make."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

PATIENCE = 240.0
"""Seconds after which a process no longer waits for another to make a folder."""


def shared_folder(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder of this name, made by the process that first asks for it. Tests only copy it.

    A test that opened an archive in it would disturb those of other processes that copy it meanwhile.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, made, failed = (root / f"{name}{ending}" for ending in ("", ".made", ".failed"))
    try:
        folder.mkdir()
    except FileExistsError:
        _wait(made, failed)
        return folder
    try:
        make(folder)
    except BaseException:
        failed.touch()
        raise
    made.touch()
    return folder


def _wait(made: Path, failed: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not made.exists():
        assert not failed.exists(), f"another process could not make {made.stem}: see its error"
        assert time.monotonic() < end, f"another process did not make {made.stem} in {PATIENCE:.0f} s"
        time.sleep(0.05)
