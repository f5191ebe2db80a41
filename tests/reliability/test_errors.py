"""Errors at a few of the points that bench/soak.py tries in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.errors import error_at_each_point
from tests.reliability.tally import Budget
from tests.reliability.world import FOLDER, SEVERAL, SQLITE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reliability.world import Place


@pytest.mark.parametrize("place", [SQLITE, FOLDER, SEVERAL], ids=str)
def test_an_error_is_reported_and_overcome(tmp_path: Path, place: Place) -> None:
    tally = error_at_each_point(tmp_path, Budget(seed=1, count=2), at=[place], scenes=["run"])
    assert tally.failures == []
    assert tally.tried == 2
