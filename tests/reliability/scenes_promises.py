"""Scenes of the ledger: somebody says that a promise was kept, and a run has to read the whole archive again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from db.tables import meta, proceeding, promise, promise_decision

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.reliability.world import FaultWorld

    Words = tuple[str, ...]

MOST_REPEATS = 3


def keep_promise(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Say that a promise was kept. A person who was interrupted says it again."""
    world.publish()
    world.run_in_place()
    uin = world.events[-1].uin
    query = select(promise.c.public_id).join(proceeding, proceeding.c.id == promise.c.proceeding_id)
    with world.engine.connect() as connection:
        public_id = connection.execute(query.where(proceeding.c.uin == uin)).scalar_one()
    for _ in range(MOST_REPEATS):
        yield ("promises", "keep", public_id, "--reason", "it is out")
        if world.code == 0:
            break
    with world.engine.connect() as connection:
        mine = select(promise.c.id).where(promise.c.public_id == public_id).scalar_subquery()
        decisions = select(func.count()).where(promise_decision.c.promise_id == mine)
        if not connection.execute(decisions).scalar_one():
            world.tally.failures.append(f"{world.place}: it is not kept")
    world.run_in_place("promises", "open", public_id)


def read_ledger_again(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Run when the ledger has forgotten how far it reaches, as after new rules: all is read again, and nothing is told."""
    world.publish()
    with world.engine.begin() as connection:
        connection.execute(delete(meta).where(meta.c.key == "promises"))
    yield world.words


PROMISES = {
    "promises keep": keep_promise,
    "run, ledger anew": read_ledger_again,
}
