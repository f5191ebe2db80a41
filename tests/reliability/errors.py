"""Errors at every point: the disk is full, a connection breaks, somebody holds the database.

After each the command ends with 0 where it got over it, and then all is done; or with 1 and a sentence that says why, and
never with a trace. What it left undone is done by the next run.
"""

from __future__ import annotations

import random
import re
from functools import partial
from typing import TYPE_CHECKING

from tests.reliability.kills import blame, close, one_by_one, play_whole, renew
from tests.reliability.points import Plan, fits
from tests.reliability.scenes import SCENES, play
from tests.reliability.tally import Proof, Tally
from tests.reliability.world import FOLDER, PLACES, POSTGRESQL, SQLITE, worlds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.reliability.points import Point
    from tests.reliability.tally import Budget
    from tests.reliability.world import Ended, Place, World

    Case = tuple[World, str, Plan]

CHECK_EVERY = 16
"""Errors, after which all comes to rest and is judged."""

LASTING = frozenset({"disk full", "reset", "connection lost"})
"""Errors that are also tried as one that stays until the command ends."""

NAMES_THERE_ARE = {SQLITE: 3_000, POSTGRESQL: 4_000, FOLDER: 800}
"""What a count of all scenes finds: each name of a point in each scene with each error that fits it, lasting ones twice."""

ERRORS_THERE_ARE = {SQLITE: 13_000, POSTGRESQL: 19_000, FOLDER: 3_000}
"""What a count of all scenes finds: each point with each error that fits it, lasting ones twice."""

_OF_PROGRAM = frozenset({"statement", "before commit", "after commit", "open archive"})
"""Kinds of points whose names are functions and statements: by these they are found again, where numbers shift."""

FAILED, DONE = 1, 0
NOT_WRITTEN = "can't be replaced"
"""What a command says that can't write config.toml: it ends with 2, as with all that is wrong with that file."""


def error_at_each_point(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Let each error happen at each point that it fits, in an order by chance."""
    return _fail(folder, budget, at, scenes, _cases)


def each_error(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Let each error happen once for each scene and name of a point, at the first so named."""
    return _fail(folder, budget, at, scenes, _cases_by_name)


def _fail(
    folder: Path,
    budget: Budget,
    at: Sequence[Place],
    scenes: Sequence[str],
    cases: Callable[[World, str, random.Random], list[Case]],
) -> Tally:
    chance = random.Random(budget.seed)  # noqa: S311 (what happens, not secrets)
    tally = Tally()
    with worlds(folder, at) as places:
        for world, name, plan in one_by_one(
            places, scenes, chance, lambda world, name: cases(world, name, chance), first=2
        ):
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


def _cases(world: World, name: str, chance: random.Random) -> list[Case]:
    return [
        (world, name, Plan(at=point.number, error=error, lasts=lasts))
        for point in play_whole(world, name, chance).points
        for error, lasts in _errors(world, point)
    ]


def _cases_by_name(world: World, name: str, chance: random.Random) -> list[Case]:
    return [
        (world, name, Plan(at=point.number, error=error, lasts=lasts))
        if point.kind not in _OF_PROGRAM
        else (world, name, Plan(kind=point.kind, name=point.name, error=error, lasts=lasts))
        for point in first_of_each(play_whole(world, name, chance).points)
        for error, lasts in _errors(world, point)
    ]


def first_of_each(points: Sequence[Point]) -> list[Point]:
    """The first point of each name, of what is received by what was said before.

    Numbers of files, ports and sizes are no part of a name.
    """
    found: dict[tuple[str, str], Point] = {}
    said = ""
    for point in points:
        said = point.name if point.kind == "send" else said
        name = said if point.kind == "receive" else point.name
        name = name if point.kind in _OF_PROGRAM else re.sub(r"\w*\d\w*", "0", name)
        found.setdefault((point.kind, name), point)
    return list(found.values())


def _errors(world: World, point: Point) -> Iterator[tuple[str, bool]]:
    """What can happen at a point, once or from then on."""
    for error in fits(point.kind, world.place.archive):
        yield error, False
        if error in LASTING:
            yield error, True


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
        name=f"{told}, {place}",
        unit="error point",
        full=there_are,
        run=partial(run, at=(place,)),
        share=share * there_are / sum(counts.values()),
    )
    for told, run, counts, share in (
        ("each error", each_error, NAMES_THERE_ARE, 2.0),
        ("error at each point", error_at_each_point, ERRORS_THERE_ARE, 2.0),
    )
    for place, there_are in counts.items()
)
