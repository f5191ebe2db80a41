"""Days of a recorded month with workers that are disturbed: each reader is told what happened, once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.reliability.month import a_month, live_through
from tests.reliability.recorded_changes import recorded, working_days
from tests.servers import database

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.longest]

FEWEST = 20
"""Things that the readers are told at least, so that the test says something."""


def test_days_of_a_recorded_month_are_told_once_by_disturbed_workers(
    postgres: str, shared_data: Path, tmp_path: Path
) -> None:
    values, days = recorded(shared_data, "2024-11", one_in=5), working_days(date(2024, 11, 13), 4)
    with (
        database(postgres) as url,
        a_month(tmp_path / "month", url, values, days, readers=8, seed=1) as month,
    ):
        tally, disturbed = live_through(month, days)
        assert tally.failures == []
        assert tally.tried >= FEWEST
        assert disturbed
        month.expected[0]["1", "answered"] += 1  # the judge sees what is not told
        assert month.judge_against({}).lost == 1
