"""Scenes of a subscriber who is kept in the archive: added, changed and removed while the command is killed or fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import kept_subscriber
from tests.reliability.world import MOST_REPEATS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from tests.reliability.world import FaultWorld

    Words = tuple[str, ...]


def add_to_archive(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Add somebody, who then gets the news in one digest at most, and what was known before in none."""
    name, address = _somebody(world)
    old = _publish_and_run(world)
    words = ("subscribers", "add", name, address, "--archive", "--cadence", "instant")
    yield from _repeat(world, words, lambda: _topics(world, name) is not None)
    new = _publish_and_run(world)
    mailed = _mailed_to(world, address)
    world.expect(mailed.count(new) == 1, f"{address} was told of the news {mailed.count(new)} times")
    world.expect(old not in mailed, f"{address} was told of what was known before")
    world.run_in_place("subscribers", "remove", name)


def change_in_archive(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Change what somebody gets: all of the change is there, or nothing of it."""
    name, address = _somebody(world)
    world.run_in_place("subscribers", "add", name, address, "--archive", "--cadence", "instant")
    before = _wishes(world, name)
    words = ("subscribers", "change", name, "--cadence", "weekly", "--mentions", "off", "--at", "18:00")
    wanted = ("weekly", "off", "18:00")

    def is_done() -> bool:
        world.expect(_wishes(world, name) in (before, wanted), "half of the change is there")
        return _wishes(world, name) == wanted

    yield from _repeat(world, words, is_done)
    world.run_in_place("subscribers", "remove", name)


def remove_from_archive(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Remove somebody, who gets nothing from then on."""
    name, address = _somebody(world)
    world.run_in_place("subscribers", "add", name, address, "--archive", "--cadence", "instant")
    world.run_in_place()
    yield from _repeat(world, ("subscribers", "remove", name), lambda: _topics(world, name) is None)
    new = _publish_and_run(world)
    world.expect(new not in _mailed_to(world, address), f"{address} was mailed after the end")


SUBSCRIBERS = {
    "subscribers add --archive": add_to_archive,
    "subscribers change": change_in_archive,
    "subscribers remove": remove_from_archive,
}


# -- parts of scenes ---------------------------------------------------------------------------------------------------


def _somebody(world: FaultWorld) -> tuple[str, str]:
    number = len(world.events)
    return f"Kept desk {number}", f"kept{number}@example.org"


def _repeat(world: FaultWorld, words: Words, is_done: Callable[[], bool]) -> Iterator[Words]:
    """Repeat a command until what it does is done. Exit code 0 never comes without that."""
    for _ in range(MOST_REPEATS):
        yield words
        world.expect(world.code != 0 or is_done(), f"{' '.join(words[:2])} ended with 0, and nothing was done")
        if is_done():
            return
    world.expect(False, f"{' '.join(words[:2])} ends with {world.code}: {world.output.strip()[-200:]}")


def _publish_and_run(world: FaultWorld) -> str:
    """Publish an answer and mail it; return its number."""
    world.publish()
    world.let_time_pass()
    world.run_in_place()
    return world.events[-1].uin


def _mailed_to(world: FaultWorld, address: str) -> list[str]:
    digests = {letter.key: letter.uins for letter in world.letters if letter.address == address}
    return [uin for uins in digests.values() for uin in uins]


def _topics(world: FaultWorld, name: str) -> str | None:
    with world.engine.connect() as connection:
        query = select(kept_subscriber.c.topics).where(kept_subscriber.c.name == name)
        return connection.execute(query).scalar_one_or_none()


def _wishes(world: FaultWorld, name: str) -> tuple[str, ...]:
    table = kept_subscriber.c
    with world.engine.connect() as connection:
        query = select(table.cadence, table.mentions, table.at).where(table.name == name)
        return tuple(connection.execute(query).one())
