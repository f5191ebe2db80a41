"""Stops at a few of the moments that bench/soak.py tries in full."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.reliability.stops import stop_at_random
from tests.reliability.tally import Budget
from tests.reliability.world import SEVERAL, SQLITE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reliability.world import Place

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM there")


@pytest.mark.parametrize("place", [SQLITE, SEVERAL], ids=str)
def test_a_run_that_is_stopped_says_so_and_the_next_does_what_was_left(tmp_path: Path, place: Place) -> None:
    tally = stop_at_random(tmp_path, Budget(seed=1, count=3), at=[place])
    assert tally.failures == []
    assert tally.tried == 3
