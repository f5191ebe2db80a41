"""Settings that scenes share: when a world enters and leaves one, and the order of cases that share one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.reliability.kills import in_blocks
from tests.reliability.points import Plan
from tests.reliability.world import MOST_PLAYS, SQLITE, FaultWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARING, PLAIN = "compose for a follower", "run"


@pytest.fixture
def world() -> FaultWorld:
    parts = dict.fromkeys(("desk", "foundry", "parliament", "engine", "server", "put_empty_archive"), cast("Any", None))
    return FaultWorld(place=SQLITE, **parts)


def test_a_world_stays_in_a_setting_until_it_has_served_its_scenes(world: FaultWorld) -> None:
    steps: list[str] = []

    @contextmanager
    def setting(_world: FaultWorld) -> Iterator[str]:
        steps.append("entered")
        yield "a prop"
        steps.append("left")

    for _ in range(MOST_PLAYS):
        world.enter(setting)
        assert world.props == "a prop"
    assert steps == ["entered"]
    world.enter(setting)
    assert steps == ["entered", "left", "entered"]
    world.enter(None)
    assert steps == ["entered", "left", "entered", "left"]
    assert world.props is None
    world.enter(None)
    assert len(steps) == 4


def test_cases_that_share_a_setting_come_together(world: FaultWorld) -> None:
    cases = [(world, name, Plan(at=number)) for number in range(MOST_PLAYS + 2) for name in (PLAIN, SHARING)]
    ordered = in_blocks(cases)
    assert [name for _, name, _ in ordered[: MOST_PLAYS + 2]] == [PLAIN, *[SHARING] * MOST_PLAYS, PLAIN]
    assert sorted(plan.at for _, name, plan in ordered if name == SHARING) == list(range(MOST_PLAYS + 2))
    assert [plan.at for _, name, plan in ordered if name == PLAIN] == list(range(MOST_PLAYS + 2))
