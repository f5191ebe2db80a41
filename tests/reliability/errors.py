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

from tests.reliability.kills import (
    SECONDS,
    cases_in_turn,
    finish_worlds,
    in_blocks,
    label_failures,
    play_undisturbed,
    replace_old_world,
)
from tests.reliability.points import Plan, possible_errors
from tests.reliability.scenes import SCENES, play
from tests.reliability.tally import Proof, Tally
from tests.reliability.world import FOLDER, PLACES, POSTGRESQL, SEVERAL, SQLITE, open_worlds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.reliability.points import Point
    from tests.reliability.tally import Budget
    from tests.reliability.world import CommandResult, FaultWorld, Place

    Case = tuple[FaultWorld, str, Plan]
    Name = tuple[str, str]

CHECK_EVERY = 16
"""Number of errors between two checkpoints."""

LASTING = frozenset({"disk full", "reset", "connection lost"})
"""Errors that are also tried as errors that persist until the command ends."""

ERROR_COUNTS = {SQLITE: 37_000, POSTGRESQL: 56_000, FOLDER: 4_300}
"""Count over all scenes: each point with each error that is possible there, lasting errors twice."""

SEVERAL_ERRORS = 3_700
"""The same for one run that sends over several connections."""

NAME_COUNTS = {SQLITE: 4_200, POSTGRESQL: 5_500, FOLDER: 1_500}
"""Most cases over all names: a proof ends when it has tried those that there are."""

NAME_TRIES = 4
"""Plays of a case until its point comes."""

OF_PROGRAM = frozenset({"statement", "before commit", "after commit", "open archive"})
"""Kinds of points that are named after functions and statements. Their numbers shift, so a plan uses the names."""

FAILED, DONE = 1, 0
NOT_WRITTEN = "can't be replaced"
"""Message of a command that can't write config.toml. It ends with 2, as for every problem with that file."""


def error_at_each_point(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Let each possible error happen at each point: first at the first point of each name, in random order."""
    return _let_errors_happen(folder, budget, at, scenes, _at_each_point)


def error_at_each_name(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Let each possible error happen once for each name of a point, in a scene that reaches it.

    Names are those of functions with their statements and commits, of commands to servers, and of files.
    """
    found: dict[Place, set[Name]] = {place: set() for place in at}

    def cases(world: FaultWorld, scene: str, chance: random.Random, budget: Budget) -> list[list[Case]]:
        known = found[world.place]
        firsts = first_points_by_name(play_undisturbed(world, scene, chance).points)
        new = {name: point for name, point in firsts.items() if name not in known}
        known.update(new)
        return [[
            (world, scene, plan) for name, point in new.items() for plan in _plans(world, point, by_name=True)
            if budget.owns(f"{name}, {plan.error}, {plan.lasts}")
        ]]  # fmt: skip

    return _let_errors_happen(folder, budget, at, scenes, cases, tries=NAME_TRIES)


def _let_errors_happen(
    folder: Path,
    budget: Budget,
    at: Sequence[Place],
    scenes: Sequence[str],
    cases: Callable[[FaultWorld, str, random.Random, Budget], list[list[Case]]],
    *,
    tries: int = 1,
) -> Tally:
    """Play cases. Those whose point did not come, because the work of a command varies, are played again at the end."""
    chance = random.Random(budget.seed)  # noqa: S311 (no secret)
    tally = Tally()
    with open_worlds(folder, at) as worlds:
        left: Iterable[Case] = cases_in_turn(
            worlds, scenes, chance, lambda world, name: cases(world, name, chance, budget), first=2
        )
        for _ in range(tries):
            left = in_blocks(_play_cases(left, tally, chance, budget))
        finish_worlds(worlds, tally)
    return tally


def _play_cases(cases: Iterable[Case], tally: Tally, chance: random.Random, budget: Budget) -> list[Case]:
    """Play cases as far as the budget goes. Return those whose point did not come; none once the budget is used up."""
    missed: list[Case] = []
    for world, name, plan in cases:
        before = len(world.tally.failures)
        result = play(world, name, plan, chance)
        if result.error_at is None:
            missed.append((world, name, plan))
            continue
        tally.tried += 1
        _judge(world, name, result)
        world.let_time_pass()
        if tally.tried % CHECK_EVERY == 0:
            world.checkpoint()
        label_failures(world, before, f"{name}, {plan}, seed {budget.seed}, at {result.error_at}")
        if not budget.allows_another(tally.tried):
            return []
        replace_old_world(world, tally)
    return missed


def _at_each_point(world: FaultWorld, scene: str, chance: random.Random, budget: Budget) -> list[list[Case]]:
    """Return the cases at the first point of each name, and those at all other points."""
    points = play_undisturbed(world, scene, chance).points
    first_points = list(first_points_by_name(points).values())
    numbers = {point.number for point in first_points}
    others = [point for point in points if point.number not in numbers]
    return [
        [(world, scene, plan) for point in chosen for plan in _plans(world, point, by_name=chosen is first_points)
         if budget.owns(f"{scene}, {plan}")]
        for chosen in (first_points, others)
    ]  # fmt: skip


def _plans(world: FaultWorld, point: Point, *, by_name: bool) -> Iterator[Plan]:
    for error, lasts in _errors(world, point):
        if by_name and point.kind in OF_PROGRAM:
            yield Plan(kind=point.kind, name=point.name, error=error, lasts=lasts)
        else:
            yield Plan(at=point.number, error=error, lasts=lasts)


def first_points_by_name(points: Sequence[Point]) -> dict[Name, Point]:
    """Return the first point of each kind and name. A point that receives is named after the message sent before it.

    Numbers of files, ports and sizes are not part of a name.
    """
    found: dict[Name, Point] = {}
    sent = ""
    for point in points:
        sent = point.name if point.kind == "send" else sent
        name = sent if point.kind == "receive" else point.name
        name = name if point.kind in OF_PROGRAM else re.sub(r"\w*\d\w*", "0", name)
        found.setdefault((point.kind, name), point)
    return found


def _errors(world: FaultWorld, point: Point) -> Iterator[tuple[str, bool]]:
    """Yield the errors that are possible at a point, and whether each lasts."""
    for error in possible_errors(point.kind, world.place.archive):
        yield error, False
        if error in LASTING:
            yield error, True


def _judge(world: FaultWorld, name: str, result: CommandResult) -> None:
    """Check the exit code, and that it agrees with what was done."""
    if result.code not in (DONE, FAILED) and not (result.code == 2 and NOT_WRITTEN in result.output):
        world.tally.failures.append(f"{world.place}: exit code {result.code}: {result.output.strip()[-300:]}")
    elif result.code == FAILED and not result.reasons:
        world.tally.failures.append(f"{world.place}: it failed without a message")
    elif result.code == DONE and name == "run" and (left := world.unfinished_work()):
        world.tally.failures.append(f"{world.place}: it ended with 0, but {left}")


PROOFS = (
    *(
        Proof(
            name=f"{name}, {place}",
            unit="error point",
            full=full,
            run=partial(run, at=(place,)),
            share=share * full / sum(counts.values()),
            hours=full * SECONDS[place] / 3_600,
            parts=math.ceil(full / 2_000),
        )
        for name, run, counts, share in (
            ("error at each name", error_at_each_name, NAME_COUNTS, 2.0),
            ("error at each point", error_at_each_point, ERROR_COUNTS, 4.0),
        )
        for place, full in counts.items()
    ),
    Proof(
        name=f"error at each point, {SEVERAL}",
        unit="error point",
        full=SEVERAL_ERRORS,
        run=partial(error_at_each_point, at=(SEVERAL,), scenes=("run",)),
        share=0.4,
        hours=SEVERAL_ERRORS * SECONDS[SQLITE] / 3_600,
        parts=2,
    ),
)
