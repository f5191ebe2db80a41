"""Ctrl-C and SIGTERM at random moments: a run ends soon and says how, and the next one does what was left.

What a kill proves for the archive holds here too. But a program that is told to end still writes: that a stage was
interrupted, that the archive is free for others, and what became of a mail whose final dot was sent.
"""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

from tests.reliability.kills import finish_worlds, label_failures, replace_old_world, worlds_in_turn
from tests.reliability.tally import Proof, Tally
from tests.reliability.world import POSTGRESQL, SEVERAL, SQLITE, open_worlds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.reliability.tally import Budget
    from tests.reliability.world import CommandResult, FaultWorld, Place

CHECK_EVERY = 16
"""Number of stops between two checkpoints."""

MOST_SECONDS = 10.0
"""Seconds within which a program ends that is told to: docs/delivery.md."""

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


def stop_at_random(folder: Path, budget: Budget, *, at: Sequence[Place] = (SQLITE, SEVERAL, POSTGRESQL)) -> Tally:
    """Stop runs at moments that are spread over the time of a whole run."""
    chance = random.Random(budget.seed)  # noqa: S311 (no secret)
    tally = Tally()
    with open_worlds(folder, at) as worlds:
        for number, (world, seconds) in enumerate(worlds_in_turn(worlds, budget, tally), 1):
            tally.tried += _stop_one(world, seconds, number, chance, f"seed {budget.seed}")
            replace_old_world(world, tally)
        finish_worlds(worlds, tally)
    return tally


def _stop_one(world: FaultWorld, seconds: float, number: int, chance: random.Random, label: str) -> bool:
    """Stop a run, and judge how it ended. Return whether it was stopped: it may not have begun, or have ended before."""
    before = len(world.tally.failures)
    world.publish(chance.randint(1, 3))
    world.change_a_question(chance)
    moment, told = chance.uniform(0, seconds), chance.choice(list(CODES))
    began = time.monotonic()
    result = world.stop_after(moment, told)
    took = time.monotonic() - began - moment
    if result.code >= 0:
        world.tally.failures += [f"{world.place}: {problem}" for problem in _problems(result, told, took)]
        if chance.random() < 1 / 3:
            world.let_time_pass()
        if (after := world.run_in_place()).code:
            world.tally.failures.append(f"{world.place}: exit code {after.code} after it: {_end_of(after)}")
    if number % CHECK_EVERY == 0:
        world.checkpoint()
    label_failures(world, before, f"{told.name} after {moment:.3f} s, {label}")
    return result.code == CODES[told]


def _problems(result: CommandResult, told: signal.Signals, took: float) -> Iterator[str]:
    if result.code not in (0, CODES[told]):
        yield f"exit code {result.code}: {_end_of(result)}"
    if took > MOST_SECONDS:
        yield f"it ended {took:.0f} s after it was told to"


def _end_of(result: CommandResult) -> str:
    return result.output.strip()[-300:]


PROOFS = (Proof(name="random stop", unit="random stop", full=2_000, run=stop_at_random, share=1.0, hours=1.0),)
