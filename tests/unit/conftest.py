"""What several files of unit tests copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.trial_kit import build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a folder after two days of use, which takes seconds to make; for tests to copy."""
    return build(tmp_path_factory.mktemp("built"))
