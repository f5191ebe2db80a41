"""Errors at every point: the disk is full, a connection breaks, somebody holds the database.

After each the command ends with 0 where it got over it, and then all is done; or with 1 and a sentence that says why, and
never with a trace. What it left undone is done by the next run.
"""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.kills import blame, close, renew
from tests.faults.points import Plan, fits
from tests.faults.scenes import SCENES, play, scenes_at
from tests.faults.tally import Proof, Tally
from tests.faults.world import FOLDER, PLACES, POSTGRESQL, SQLITE, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.faults.tally import Budget
    from tests.faults.world import Ended, Place, World

    Case = tuple[World, str, Plan]

CHECK_EVERY = 16
"""Errors, after which all comes to rest and is judged."""

LASTING = frozenset({"disk full", "reset", "connection lost"})
"""Errors that are also tried as one that stays until the command ends."""

ERRORS_THERE_ARE = {SQLITE: 13_000, POSTGRESQL: 19_000, FOLDER: 3_000}
"""What a count of all scenes finds: each point with each error that fits it, lasting ones twice."""

FAILED, DONE = 1, 0
NOT_WRITTEN = "can't be replaced"
"""What a command says that can't write config.toml: it ends with 2, as with all that is wrong with that file."""


def error_at_each_point(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Let each error happen at each point that it fits, in an order by chance."""
    chance = random.Random(budget.seed)  # noqa: S311 (what happens, not secrets)
    tally = Tally()
    with worlds(folder, at) as places:
        for world, name, plan in _all_cases(places, scenes, chance):
            before = len(world.tally.failures)
            ended = play(world, SCENES[name], plan, chance)
            if ended.error_at is None:
                continue  # nothing that it fits came after that point: what is owed differs each time
            tally.tried += 1
            _judge(world, name, ended)
            world.let_time_pass()
            if tally.tried % CHECK_EVERY == 0:
                world.checkpoint()
            blame(world, before, f"{name}, {plan}, seed {budget.seed}, it was {ended.error_at}")
            if not budget.goes_on(tally.tried):
                break
            renew(world, tally)
        close(places, tally)
    return tally


def _all_cases(places: Sequence[World], scenes: Sequence[str], chance: random.Random) -> Iterator[Case]:
    """Two of each scene as soon as it was played whole, then all that are left: a short beginning plays no scene in vain."""
    left: list[Case] = []
    played = [(world, name) for world in places for name in scenes_at(world, scenes)]
    chance.shuffle(played)
    for world, name in played:
        cases = _cases(world, name, chance)
        chance.shuffle(cases)
        yield from cases[:2]
        left += cases[2:]
    chance.shuffle(left)
    yield from left


def _cases(world: World, name: str, chance: random.Random) -> list[Case]:
    if not world.letters:
        world.settle()
    ended = play(world, SCENES[name], Plan(), chance)
    return [
        (world, name, Plan(at=point.number, error=error, lasts=lasts))
        for point in ended.points
        for error in fits(point.kind, world.place.archive)
        for lasts in ((False, True) if error in LASTING else (False,))
    ]


def _judge(world: World, name: str, ended: Ended) -> None:
    """The exit code, and that it tells the truth."""
    if ended.code not in (DONE, FAILED) and not (ended.code == 2 and NOT_WRITTEN in ended.said):
        world.tally.failures.append(f"{world.place}: exit code {ended.code}: {ended.said.strip()[-300:]}")
    elif ended.code == FAILED and not ended.reasons:
        world.tally.failures.append(f"{world.place}: it failed and said nothing")
    elif ended.code == DONE and name == "run" and (left := world.is_settled()):
        world.tally.failures.append(f"{world.place}: it ended with 0, and yet {left}")


PROOFS = tuple(
    Proof(
        name=f"error at each point, {place}",
        unit="error point",
        full=there_are,
        run=partial(error_at_each_point, at=(place,)),
        share=4.0 * there_are / sum(ERRORS_THERE_ARE.values()),
    )
    for place, there_are in ERRORS_THERE_ARE.items()
)
