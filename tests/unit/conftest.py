"""Fixtures that several files of unit tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.cli import typed
from tests.shared_folders import shared_folder
from tests.unit.trial_kit import build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder as it is after two days of use, and return its configuration. It takes seconds, so tests copy it."""
    return shared_folder(tmp_path_factory, "built", build) / "config.toml"


@pytest.fixture(autouse=True)
def _no_config_given() -> None:
    """Forget the --config of the command line that the test before tried: a program reads one in its life."""
    typed.note_config(None, None, None)
