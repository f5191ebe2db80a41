"""Workers in small rounds, disturbed in each way: nothing is lost, and nothing comes twice without a mark."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from monitor.model.jobs import match_job
from tests.reliability.workers import DISTURBANCES, disturb_in_turn, note_bad_codes, run_round
from tests.reliability.yard import STUCK_AFTER_SECONDS, Plan, Yard, address, uin
from tests.servers import database, run_on

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.longest]


@pytest.mark.parametrize("number", range(len(DISTURBANCES)), ids=[way.__name__ for way in DISTURBANCES])
def test_two_workers_are_disturbed(number: int, postgres: str, tmp_path: Path) -> None:
    tally = run_round(tmp_path / "round", postgres, number, readers=8, faults=3, seed=1)
    assert tally.failures == []
    assert tally.is_good


def test_four_workers_for_two_hundred_readers_are_disturbed_in_every_way(postgres: str, tmp_path: Path) -> None:
    plan = Plan.of(200, 8, seed=2)
    with database(postgres) as url, Yard(folder=tmp_path / "yard", url=url, plan=plan) as yard:
        tally = disturb_in_turn(yard, 4, 2 * len(DISTURBANCES), Random(3))  # noqa: S311 (the same choice each time)
        note_bad_codes(disturb_in_turn, yard, tally)
        assert tally.failures == []
        assert tally.is_good
        assert tally.tried == 2 * len(DISTURBANCES)


def test_the_judge_sees_what_is_lost_and_what_comes_twice(postgres: str, tmp_path: Path) -> None:
    plan = Plan((frozenset({1}), frozenset({2})), (frozenset({1}), frozenset({1, 2})))
    with database(postgres) as url, Yard(folder=tmp_path / "yard", url=url, plan=plan) as yard:
        tally = yard.judge()
        assert (tally.tried, tally.lost, tally.is_good) == (3, 3, False)
        assert plan.expected(1) == {uin(1)}
        assert yard.begin()
        assert not yard.begin()  # one round at a time
        yard.start()
        yard.work_off()
        assert yard.judge().is_good
        [mine] = [received for received in yard.mail.messages if received.recipients == (address(1),)]
        yard.mail.messages.append(mine)
        twice = yard.judge()
        assert (twice.lost, twice.duplicated, len(twice.failures)) == (0, 1, 1)


def test_a_round_begins_with_the_configuration_of_now(postgres: str, tmp_path: Path) -> None:
    plan = Plan((frozenset({1}),), (frozenset({1}),))
    with database(postgres) as url, Yard(folder=tmp_path / "yard", url=url, plan=plan) as yard:
        yard.change_watching()
        assert yard.begin()


def test_a_worker_ends_with_a_sentence_when_the_archive_was_upgraded(postgres: str, tmp_path: Path) -> None:
    plan = Plan((frozenset({1}),), (frozenset({1}),))
    with database(postgres) as url, Yard(folder=tmp_path / "yard", url=url, plan=plan) as yard:
        yard.start()
        [worker] = yard.workers
        while "worker pid=" not in yard.said():
            assert worker.poll() is None
            time.sleep(0.2)
        run_on(url, "update alembic_version set version_num = '9999'")
        yard.archive.jobs.put([match_job()])
        assert worker.wait(STUCK_AFTER_SECONDS) == 2
        assert "newer than this program" in yard.said()
        assert "install the newer pqwatch" in yard.said()
        [matching] = yard.archive.jobs.state().queues
        assert (matching.waiting, matching.doing, matching.failed) == (1, 0, 0)
