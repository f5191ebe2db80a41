"""Kills at every point and at random: nothing is lost or mailed twice, and possible second copies are marked."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from functools import partial
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from tests.reliability.points import Plan
from tests.reliability.scenes import SCENES, SETTINGS, play, scenes_at, writers
from tests.reliability.tally import Proof, Tally
from tests.reliability.world import FOLDER, MOST_PLAYS, PLACES, POSTGRESQL, SEVERAL, SQLITE, open_worlds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.reliability.tally import Budget
    from tests.reliability.world import CommandResult, FaultWorld, Place

    Case = tuple[FaultWorld, str, Plan]

CHECK_EVERY = 16
"""Number of kills between two checkpoints."""

STATE_COUNTS = {SQLITE: 850, POSTGRESQL: 850, FOLDER: 115}
"""Most states that a kill can leave, over all scenes: a proof ends when it has tried those that there are."""

POINT_COUNTS = {SQLITE: 11_300, POSTGRESQL: 8_900, FOLDER: 1_100}
"""Number of points over all scenes. It varies a little with the work of a command."""

SECONDS = {SQLITE: 0.7, POSTGRESQL: 1.1, FOLDER: 0.7}
"""Seconds of a core that a case takes, of a kill or of an error, on a machine that is loaded."""

SEVERAL_POINTS = 500
"""Number of kills of runs that send over several connections, whose points come in another order each time."""


def kill_at_each_point(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Play scenes undisturbed, then again, killed at each of their points in random order."""
    return _kill(folder, budget, at, scenes, _cases)


def kill_in_each_state(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Kill once in each state that a kill can leave: at a random point between two changes that persist."""
    return _kill(folder, budget, at, scenes, _states)


def _kill(
    folder: Path, budget: Budget, at: Sequence[Place], scenes: Sequence[str], cases: Callable[..., Iterable[Case]]
) -> Tally:
    chance = random.Random(budget.seed)  # noqa: S311 (no secret)
    tally = Tally()
    with open_worlds(folder, at) as worlds:
        for world, name, plan in cases(worlds, scenes, chance, budget):
            before = len(world.tally.failures)
            label = f"{name}, {plan}, seed {budget.seed}"
            result = play(world, name, plan, chance)
            label_failures(world, before, label)
            if result.code >= 0:
                continue  # it ended before that point: the work of a command varies
            tally.tried += 1
            _go_on_after_kill(world, tally.tried, chance, label)
            if not budget.allows_another(tally.tried):
                break
            replace_old_world(world, tally)
        finish_worlds(worlds, tally)
    return tally


def unreached_writers(
    folder: Path, *, at: Sequence[Place] = (SQLITE,), scenes: Sequence[str] = tuple(SCENES)
) -> frozenset[str]:
    """Play scenes undisturbed, and return the functions that write and that no scene reaches."""
    chance = random.Random(1)  # noqa: S311 (no secret)
    with open_worlds(folder, at) as worlds:
        for world in worlds:
            for name in scenes_at(world, scenes):
                play_undisturbed(world, name, chance)
        return writers().difference(*(world.reached for world in worlds))


def kill_at_random(folder: Path, budget: Budget, *, at: Sequence[Place] = (SQLITE, POSTGRESQL)) -> Tally:
    """Kill runs at moments that are spread over the time of a whole run."""
    chance = random.Random(budget.seed)  # noqa: S311 (no secret)
    tally = Tally()
    with open_worlds(folder, at) as worlds:
        for world, seconds in worlds_in_turn(worlds, budget, tally):
            world.publish(chance.randint(1, 3))
            world.change_a_question(chance)
            moment = chance.uniform(0, seconds)
            if world.kill_after(moment).code < 0:
                tally.tried += 1
                _go_on_after_kill(world, tally.tried, chance, f"after {moment:.3f} s, seed {budget.seed}")
                replace_old_world(world, tally)
        finish_worlds(worlds, tally)
    return tally


def _points(world: FaultWorld, name: str, chance: random.Random, budget: Budget) -> list[list[Case]]:
    """Return a scene's points to kill at: both sides of each function's first commit by name, all others by number."""
    points, writing_functions = play_undisturbed(world, name, chance).points, writers()
    commits: dict[tuple[str, str], int] = {}
    for point in points:
        if point.kind.endswith("commit") and point.name in writing_functions:
            commits.setdefault((point.kind, point.name), point.number)
    commit_plans = [Plan(kind=kind, name=function) for kind, function in commits]
    point_plans = [Plan(at=number) for number in range(1, points[-1].number + 1) if number not in commits.values()]
    return [[(world, name, plan) for plan in plans if budget.owns(f"{name}, {plan}")]
            for plans in (commit_plans, point_plans)]  # fmt: skip


def play_undisturbed(world: FaultWorld, name: str, chance: random.Random) -> CommandResult:
    """Play a scene without a fault, and return how its command ended, with its points."""
    if not world.letters:
        world.run_first_day()
    return play(world, name, Plan(), chance)


def _states(
    worlds: Sequence[FaultWorld], scenes: Sequence[str], chance: random.Random, budget: Budget
) -> Iterator[Case]:
    """Yield the first case of each scene as soon as it was played, then all other cases."""

    def cases(world: FaultWorld, name: str) -> list[list[Case]]:
        points = Counter(point.after for point in play_undisturbed(world, name, chance).points)
        plans = [Plan(after=after, skip=chance.randrange(number)) for after, number in points.items()]
        return [[(world, name, plan) for plan in plans if budget.owns(f"{name}, after change {plan.after}")]]

    return cases_in_turn(worlds, scenes, chance, cases)


def cases_in_turn(
    worlds: Sequence[FaultWorld],
    scenes: Sequence[str],
    chance: random.Random,
    cases: Callable[[FaultWorld, str], list[list[Case]]],
    *,
    first: int = 1,
) -> Iterator[Case]:
    """Yield `first` cases of each scene as soon as they are known, then all others in random order.

    So a run that ends early has played few scenes whose cases it does not get to. `cases` returns lists: what is in the
    first list of any scene comes before what is in the second of any.
    """
    left: list[list[Case]] = []
    played = [(world, name) for world in worlds for name in scenes_at(world, scenes)]
    chance.shuffle(played)
    for world, name in played:
        for number, scene_cases in enumerate(cases(world, name)):
            chance.shuffle(scene_cases)
            at_once = 0 if number else first
            yield from scene_cases[:at_once]
            left += [[] for _ in range(number + 1 - len(left))]
            left[number] += scene_cases[at_once:]
    for later_cases in left:
        chance.shuffle(later_cases)
        yield from in_blocks(later_cases)


def in_blocks(cases: Iterable[Case]) -> list[Case]:
    """Bring as many cases together as a setting serves, where the first of them stands: see `FaultWorld.enter`."""
    blocks: list[list[Case]] = []
    unfilled: dict[tuple[Place, str], list[Case]] = {}
    for case in cases:
        world, name, _ = case
        block = unfilled.get((world.place, name), [])
        if not block:
            blocks.append(block)
        block.append(case)
        if name in SETTINGS:
            unfilled[world.place, name] = block if len(block) < MOST_PLAYS else []
    return [case for block in blocks for case in block]


def _cases(
    worlds: Sequence[FaultWorld], scenes: Sequence[str], chance: random.Random, budget: Budget
) -> Iterator[Case]:
    """Yield a commit and a random point of each scene as soon as it was played, then all other cases.

    So each beginning is a fair sample, and a run that ends early has not played scenes whose cases it does not get to.
    """
    points_by_scene: list[list[list[Case]]] = []
    played = [(world, name) for world in worlds for name in scenes_at(world, scenes)]
    chance.shuffle(played)
    for world, name in played:
        points_by_scene.append(_points(world, name, chance, budget))
        yield from (chance.choice(cases) for cases in points_by_scene[-1] if cases)
    yield from _order(points_by_scene, chance)


def _order(points_by_scene: Sequence[list[list[Case]]], chance: random.Random) -> list[Case]:
    """Take turns between commits that write, one scene at a time and small scenes first, and random points."""
    commits_by_scene = [scene_cases[0] for scene_cases in points_by_scene]
    others = [case for scene_cases in points_by_scene for case in scene_cases[1]]
    for cases in (*commits_by_scene, others):
        chance.shuffle(cases)
    commits_by_scene.sort(key=len)
    in_turn = [case for cases in zip_longest(*commits_by_scene) for case in cases if case is not None]
    return in_blocks(case for case in chain.from_iterable(zip_longest(in_turn, others)) if case is not None)


def _go_on_after_kill(world: FaultWorld, number: int, chance: random.Random, label: str) -> None:
    """Let time pass now and then, judge every `CHECK_EVERY` kills, and label the failures with the last case."""
    before = len(world.tally.failures)
    if chance.random() < 1 / 3:
        world.let_time_pass()
    if number % CHECK_EVERY == 0:
        world.checkpoint()
    label_failures(world, before, label)


def label_failures(world: FaultWorld, start: int, label: str) -> None:
    """Add to the failures from `start` on how to see them again."""
    failures = world.tally.failures
    failures[start:] = [f"{failure} [{label}]" for failure in failures[start:]]


def replace_old_world(world: FaultWorld, tally: Tally) -> None:
    """Judge a world in which much has happened, and go on in a new one."""
    if world.is_old():
        tally.add(world.start_over())


def finish_worlds(worlds: Sequence[FaultWorld], tally: Tally) -> None:
    """Judge each world in which something happened for the last time."""
    for world in worlds:
        if world.events:
            tally.add(world.finish())


def worlds_in_turn(worlds: Sequence[FaultWorld], budget: Budget, tally: Tally) -> Iterator[tuple[FaultWorld, float]]:
    """Yield a world, with the seconds that a run takes there, until enough was tried.

    There are more turns than cases, because a run may end before it is disturbed.
    """
    seconds = [_seconds(world) for world in worlds]
    for number in range(3 * budget.count + 10):
        if not budget.allows_another(tally.tried):
            return
        yield worlds[number % len(worlds)], seconds[number % len(worlds)]


def _seconds(world: FaultWorld) -> float:
    """Measure how long a run with news takes."""
    world.publish(2)
    began = time.monotonic()
    world.run()
    return time.monotonic() - began


PROOFS = (
    *(
        Proof(
            name=f"kill in each state, {place}",
            unit="state",
            full=full,
            run=partial(kill_in_each_state, at=(place,)),
            share=full / sum(STATE_COUNTS.values()),
        )
        for place, full in STATE_COUNTS.items()
    ),
    *(
        Proof(
            name=f"kill at each point, {place}",
            unit="kill point",
            full=full,
            run=partial(kill_at_each_point, at=(place,)),
            share=4.0 * full / sum(POINT_COUNTS.values()),
            hours=full * SECONDS[place] / 3_600,
            parts=math.ceil(full / 2_000),
        )
        for place, full in POINT_COUNTS.items()
    ),
    Proof(
        name=f"kill at each point, {SEVERAL}",
        unit="kill point",
        full=SEVERAL_POINTS,
        run=partial(kill_at_each_point, at=(SEVERAL,), scenes=("run",)),
        share=0.2,
    ),
    Proof(name="random kill", unit="random kill", full=500, run=kill_at_random, share=1.0),
)
