"""Workers that are killed, and statements that fail, in every function that workers alone call: nothing is lost or held."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from monitor.model.jobs import match_job
from tests.reliability.points import Plan, Point
from tests.reliability.scenes import writers_of_workers
from tests.reliability.tally import Budget
from tests.reliability.worker_points import (
    error_plans,
    fail_in_each_function,
    kill_in_each_function,
    kill_plans,
    pointed_yard,
    try_plans,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reliability.worker_points import PointedYard

pytestmark = [pytest.mark.slow, pytest.mark.longest]


@pytest.fixture(scope="module")
def yard(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PointedYard]:
    with pointed_yard(tmp_path_factory.mktemp("pointed"), postgres) as yard:
        yield yard


def test_workers_are_killed_in_every_function_of_theirs_that_writes(yard: PointedYard) -> None:
    killed, tally = kill_in_each_function(yard, seed=1)
    assert tally.failures == []
    assert tally.is_good
    assert killed == writers_of_workers()
    assert_that_the_judge_sees_what_is_left_and_what_is_held(yard)


def assert_that_the_judge_sees_what_is_left_and_what_is_held(yard: PointedYard) -> None:
    yard.archive.jobs.put([match_job()])
    yard.archive.rounds.add("match", {"matches": 1})
    with yard.archive.runs.unit("match"):
        found = "\n".join(yard.judge().failures)
    assert "jobs are left" in found
    assert "the round did not end" in found
    assert "a unit is held" in found
    yard.begin_anew()
    assert yard.judge().lost > 0


def test_a_worker_overcomes_an_error_in_every_function_of_its_own_that_writes(yard: PointedYard) -> None:
    failed, tally = fail_in_each_function(yard, seed=1)
    assert tally.failures == []
    assert tally.is_good
    assert failed == writers_of_workers()


def test_a_kill_has_a_round_of_its_own(yard: PointedYard) -> None:
    tally = try_plans(yard, kill_plans, Budget(seed=1, count=1))
    assert tally.failures == []
    assert tally.is_good


def test_plans_name_points_by_what_the_program_does() -> None:
    first, again = Point(1, "statement", "a.b: SELECT"), Point(3, "statement", "a.b: SELECT")
    plans = set(error_plans([first, Point(2, "send", "b'EHLO'"), again], Random(1)))  # noqa: S311 (no secret)
    assert Plan(kind="statement", name="a.b: SELECT", error="locked") in plans
    assert Plan(at=3, error="locked") in plans
    assert len(plans) == 8
