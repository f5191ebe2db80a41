"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded responses beside the project; without it such a test is skipped, saying so."""
    if not SHARED.is_dir():
        pytest.skip("the recorded data are not beside the project")
    return SHARED
