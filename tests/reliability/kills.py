"""Killed at every point, and at random: nothing is lost, nothing told twice, and what may have gone twice is marked."""

from __future__ import annotations

import random
import time
from collections import Counter
from functools import partial
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from tests.reliability.points import Plan
from tests.reliability.scenes import SCENES, play, scenes_at, writers
from tests.reliability.tally import Proof, Tally
from tests.reliability.world import FOLDER, PLACES, POSTGRESQL, SQLITE, worlds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.reliability.tally import Budget
    from tests.reliability.world import Ended, Place, World

    Case = tuple[World, str, Plan]

CHECK_EVERY = 16
"""Kills, after which all comes to rest and is judged."""

STATES_THERE_ARE = {SQLITE: 520, POSTGRESQL: 450, FOLDER: 70}
"""What a count of all scenes finds that a kill can leave behind."""

POINTS_THERE_ARE = {SQLITE: 4_100, POSTGRESQL: 3_900, FOLDER: 900}
"""What a count of all scenes finds, commits once more by name; a few more or less, as what is owed differs."""


def kill_at_each_point(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """Play scenes whole, then again and again, killed at one of their points after the other, in an order by chance."""
    return _kill(folder, budget, at, scenes, _cases)


def kill_in_each_state(
    folder: Path, budget: Budget, *, at: Sequence[Place] = PLACES, scenes: Sequence[str] = tuple(SCENES)
) -> Tally:
    """The same once for each state that a kill can leave: at one point, by chance, between any two changes that stay."""
    return _kill(folder, budget, at, scenes, _states)


def _kill(
    folder: Path, budget: Budget, at: Sequence[Place], scenes: Sequence[str], cases: Callable[..., Iterable[Case]]
) -> Tally:
    chance = random.Random(budget.seed)  # noqa: S311 (what happens, not secrets)
    tally = Tally()
    with worlds(folder, at) as places:
        for world, name, plan in cases(places, scenes, chance):
            before = len(world.tally.failures)
            what = f"{name}, {plan}, seed {budget.seed}"
            ended = play(world, SCENES[name], plan, chance)
            blame(world, before, what)
            if ended.code >= 0:
                continue  # it came to its end before that point: what is owed differs each time
            tally.tried += 1
            _after_kill(world, tally.tried, chance, what)
            if not budget.goes_on(tally.tried):
                break
            renew(world, tally)
        close(places, tally)
    return tally


def unreached(folder: Path, *, at: Sequence[Place] = (SQLITE,), scenes: Sequence[str] = tuple(SCENES)) -> set[str]:
    """Play scenes whole; the functions that write and that none of them reaches."""
    chance = random.Random(1)  # noqa: S311 (what happens, not secrets)
    with worlds(folder, at) as places:
        for world in places:
            for name in scenes_at(world, scenes):
                _points(world, name, chance)
        return writers().difference(*(world.reached for world in places))


def kill_at_random(folder: Path, budget: Budget, *, at: Sequence[Place] = (SQLITE, POSTGRESQL)) -> Tally:
    """Runs killed at moments that are spread over a whole run's time."""
    chance = random.Random(budget.seed)  # noqa: S311 (moments, not secrets)
    tally = Tally()
    with worlds(folder, at) as places:
        lasts = [_seconds(world) for world in places]
        tries = 0
        while budget.goes_on(tally.tried) and tries < 3 * budget.count + 10:
            world, seconds = places[tries % len(places)], lasts[tries % len(places)]
            tries += 1
            world.publish(chance.randint(1, 3))
            world.happen(chance)
            moment = chance.uniform(0, seconds)
            if world.kill_after(moment).code < 0:
                tally.tried += 1
                _after_kill(world, tally.tried, chance, f"after {moment:.3f} s, seed {budget.seed}")
                renew(world, tally)
        close(places, tally)
    return tally


def _points(world: World, name: str, chance: random.Random) -> list[list[Case]]:
    """Where a scene may be killed: at both sides of each commit, by name, and at every point, by number."""
    ended = play_whole(world, name, chance)
    commits = dict.fromkeys((point.kind, point.name) for point in ended.points if point.kind.endswith("commit"))
    by_name = [Plan(kind=kind, name=one) for kind, one in commits]
    by_number = [Plan(at=number) for number in range(1, _last(ended) + 1)]
    return [[(world, name, plan) for plan in plans] for plans in (by_name, by_number)]


def play_whole(world: World, name: str, chance: random.Random) -> Ended:
    """Play a scene to which nothing happens; its points."""
    if not world.letters:
        world.settle()
    return play(world, SCENES[name], Plan(), chance)


def _states(places: Sequence[World], scenes: Sequence[str], chance: random.Random) -> Iterator[Case]:
    """One of each scene as soon as it was played whole, then all that are left."""

    def cases(world: World, name: str) -> list[Case]:
        points = Counter(point.after for point in play_whole(world, name, chance).points)
        return [(world, name, Plan(after=after, skip=chance.randrange(number))) for after, number in points.items()]

    return one_by_one(places, scenes, chance, cases)


def one_by_one(
    places: Sequence[World],
    scenes: Sequence[str],
    chance: random.Random,
    cases: Callable[[World, str], list[Case]],
    *,
    first: int = 1,
) -> Iterator[Case]:
    """So many cases of each scene as soon as they are known, then all others by chance: none is played in vain."""
    left: list[Case] = []
    played = [(world, name) for world in places for name in scenes_at(world, scenes)]
    chance.shuffle(played)
    for world, name in played:
        some = cases(world, name)
        chance.shuffle(some)
        yield from some[:first]
        left += some[first:]
    chance.shuffle(left)
    yield from left


def _last(ended: Ended) -> int:
    return ended.points[-1].number


def _cases(places: Sequence[World], scenes: Sequence[str], chance: random.Random) -> Iterator[Case]:
    """A commit and any point of each scene as soon as it was played whole, then all that are left.

    So each beginning is a fair sample, and one that ends soon has not played what it does not get to.
    """
    known: list[list[list[Case]]] = []
    played = [(world, name) for world in places for name in scenes_at(world, scenes)]
    chance.shuffle(played)
    for world, name in played:
        known.append(_points(world, name, chance))
        yield from (chance.choice(cases) for cases in known[-1] if cases)
    yield from _order(known, chance)


def _order(known: Sequence[list[list[Case]]], chance: random.Random) -> list[Case]:
    """In turn a commit that writes and any point, by chance; commits a scene at a time, the small scenes first."""
    wanted = writers()
    named = [[case for case in one[0] if case[2].name in wanted] for one in known]
    others = [case for one in known for case in one[1]]
    for cases in (*named, others):
        chance.shuffle(cases)
    named.sort(key=len)
    in_turn = [case for cases in zip_longest(*named) for case in cases if case is not None]
    return [case for case in chain.from_iterable(zip_longest(in_turn, others)) if case is not None]


def _after_kill(world: World, number: int, chance: random.Random, what: str) -> None:
    """What was said is blamed on what was done last, and now and then all is judged."""
    before = len(world.tally.failures)
    if chance.random() < 1 / 3:
        world.let_time_pass()
    if number % CHECK_EVERY == 0:
        world.checkpoint()
    blame(world, before, what)


def blame(world: World, before: int, what: str) -> None:
    """Say of new failures how to see them again."""
    failures = world.tally.failures
    failures[before:] = [f"{failure} [{what}]" for failure in failures[before:]]


def renew(world: World, tally: Tally) -> None:
    """Judge a world in which much has happened for the last time, and go on in a new one."""
    if world.is_old():
        tally.add(world.renew())


def close(places: Sequence[World], tally: Tally) -> None:
    """The last judgement of each world in which something happened."""
    for world in places:
        if world.acts:
            tally.add(world.finish())


def _seconds(world: World) -> float:
    """How long a run with news takes."""
    world.publish(2)
    began = time.monotonic()
    world.run()
    return time.monotonic() - began


PROOFS = (
    *(
        Proof(
            name=f"kill in each state, {place}",
            unit="state",
            full=there_are,
            run=partial(kill_in_each_state, at=(place,)),
            share=there_are / sum(STATES_THERE_ARE.values()),
        )
        for place, there_are in STATES_THERE_ARE.items()
    ),
    *(
        Proof(
            name=f"kill at each point, {place}",
            unit="kill point",
            full=there_are,
            run=partial(kill_at_each_point, at=(place,)),
            share=4.0 * there_are / sum(POINTS_THERE_ARE.values()),
        )
        for place, there_are in POINTS_THERE_ARE.items()
    ),
    Proof(name="random kill", unit="random kill", full=500, run=kill_at_random, share=1.0),
)
