"""Errors at every point: the disk is full, a connection breaks, another process holds the database.

After each error the command ends with 0 if it overcame the error, and then everything is done; or with 1 and a sentence
that gives the reason, never with a traceback. The next run does what was left.
"""

from __future__ import annotations

import math
import random
import re
from functools import partial
from typing import TYPE_CHECKING

from tests.reliability.kills import cases_in_turn, finish_worlds, label_failures, play_undisturbed, replace_old_world
from tests.reliability.points import Plan, possible_errors
from tests.reliability.scenes import SCENES, play
from tests.reliability.tally import Proof, Tally
from tests.reliability.world import FOLDER, PLACES, POSTGRESQL, SQLITE, open_worlds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.reliability.points import Point
    from tests.reliability.tally import Budget
    from tests.reliability.world import CommandResult, Place, World

    Case = tuple[World, str, Plan]

CHECK_EVERY = 16
"""Number of errors between two checkpoints."""

LASTING = frozenset({"disk full", "reset", "connection lost"})
"""Errors that are also tried as errors that persist until the command ends."""

NAMED_ERROR_COUNTS = {SQLITE: 3_000, POSTGRESQL: 4_000, FOLDER: 800}
"""Count over all scenes: each name of a point with each error that is possible there, lasting errors twice."""

ERROR_COUNTS = {SQLITE: 13_000, POSTGRESQL: 19_000, FOLDER: 3_000}
"""Count over all scenes: each point with each error that is possible there, lasting errors twice."""

_OF_PROGRAM = frozenset({"statement", "before commit", "after commit", "open archive"})
"""Kinds of points that are named after functions and statements. Their numbers shift, so a plan uses the names."""

FAILED, DONE = 1, 0
NOT_WRITTEN = "can't be replaced"
"""Message of a command that can't write config.toml. It ends with 2, as for every problem with that file."""


def error_at_each_point(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Let each possible error happen at each point, in random order."""
    return _fail(folder, budget, at, scenes, _cases)


def each_error(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Let each possible error happen once for each scene and name of a point, at the first point of that name."""
    return _fail(folder, budget, at, scenes, _cases_by_name)


def _fail(
    folder: Path,
    budget: Budget,
    at: Sequence[Place],
    scenes: Sequence[str],
    cases: Callable[[World, str, random.Random], list[Case]],
) -> Tally:
    chance = random.Random(budget.seed)  # noqa: S311 (no secret)
    tally = Tally()
    with open_worlds(folder, at) as worlds:
        for world, name, plan in cases_in_turn(
            worlds, scenes, chance, lambda world, name: cases(world, name, chance), first=2
        ):
            if not budget.owns(f"{name}, {plan}"):
                continue
            before = len(world.tally.failures)
            result = play(world, name, plan, chance)
            if result.error_at is None:
                continue  # no point of that kind came any more: the work of a command varies
            tally.tried += 1
            _judge(world, name, result)
            world.let_time_pass()
            if tally.tried % CHECK_EVERY == 0:
                world.checkpoint()
            label_failures(world, before, f"{name}, {plan}, seed {budget.seed}, at {result.error_at}")
            if not budget.allows_another(tally.tried):
                break
            replace_old_world(world, tally)
        finish_worlds(worlds, tally)
    return tally


def _cases(world: World, name: str, chance: random.Random) -> list[Case]:
    return [
        (world, name, Plan(at=point.number, error=error, lasts=lasts))
        for point in play_undisturbed(world, name, chance).points
        for error, lasts in _errors(world, point)
    ]


def _cases_by_name(world: World, name: str, chance: random.Random) -> list[Case]:
    return [
        (world, name, Plan(at=point.number, error=error, lasts=lasts))
        if point.kind not in _OF_PROGRAM
        else (world, name, Plan(kind=point.kind, name=point.name, error=error, lasts=lasts))
        for point in first_point_of_each_name(play_undisturbed(world, name, chance).points)
        for error, lasts in _errors(world, point)
    ]


def first_point_of_each_name(points: Sequence[Point]) -> list[Point]:
    """Return the first point of each name. A point that receives is named after the message sent before it.

    Numbers of files, ports and sizes are not part of a name.
    """
    found: dict[tuple[str, str], Point] = {}
    sent = ""
    for point in points:
        sent = point.name if point.kind == "send" else sent
        name = sent if point.kind == "receive" else point.name
        name = name if point.kind in _OF_PROGRAM else re.sub(r"\w*\d\w*", "0", name)
        found.setdefault((point.kind, name), point)
    return list(found.values())


def _errors(world: World, point: Point) -> Iterator[tuple[str, bool]]:
    """Yield the errors that are possible at a point, and whether each lasts."""
    for error in possible_errors(point.kind, world.place.archive):
        yield error, False
        if error in LASTING:
            yield error, True


def _judge(world: World, name: str, result: CommandResult) -> None:
    """Check the exit code, and that it agrees with what was done."""
    if result.code not in (DONE, FAILED) and not (result.code == 2 and NOT_WRITTEN in result.output):
        world.tally.failures.append(f"{world.place}: exit code {result.code}: {result.output.strip()[-300:]}")
    elif result.code == FAILED and not result.reasons:
        world.tally.failures.append(f"{world.place}: it failed without a message")
    elif result.code == DONE and name == "run" and (left := world.unfinished_work()):
        world.tally.failures.append(f"{world.place}: it ended with 0, but {left}")


PROOFS = tuple(
    Proof(
        name=f"{title}, {place}",
        unit="error point",
        full=full,
        run=partial(run, at=(place,)),
        share=share * full / sum(counts.values()),
        hours=full * (1.7 if place == POSTGRESQL else 1.1) / 3_600,
        parts=math.ceil(full / 2_000),
    )
    for title, run, counts, share in (
        ("each error", each_error, NAMED_ERROR_COUNTS, 2.0),
        ("error at each point", error_at_each_point, ERROR_COUNTS, 2.0),
    )
    for place, full in counts.items()
)
