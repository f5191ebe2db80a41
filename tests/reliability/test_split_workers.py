"""Workers that share one source and one matching, disturbed in each way: nothing is lost, and nothing comes twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.split_workers import SplitYard, not_split, run_round
from tests.reliability.workers import DISTURBANCES
from tests.reliability.yard import Plan
from tests.servers import database, run_on

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.longest]


@pytest.mark.parametrize("number", range(len(DISTURBANCES)), ids=[way.__name__ for way in DISTURBANCES])
def test_two_workers_that_share_parts_are_disturbed(number: int, postgres: str, tmp_path: Path) -> None:
    tally = run_round(tmp_path / "round", postgres, number, readers=3, faults=4, seed=1)
    assert tally.failures == []
    assert tally.is_good


def test_the_judge_sees_an_old_answer_that_is_not_matched(postgres: str, tmp_path: Path) -> None:
    plan = Plan((frozenset({1}),), (frozenset({1}),))
    with database(postgres) as url, SplitYard(folder=tmp_path / "yard", url=url, plan=plan, seed=1) as yard:
        yard.start(2)
        yard.wait_for_workers(2)
        assert yard.begin()
        yard.work_off()
        assert not_split(yard) == []
        assert yard.judge().is_good
        run_on(url, "delete from match")
        assert [yard.judge().lost > 0, yard.judge().is_good] == [True, False]
