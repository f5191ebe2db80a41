"""Scenes of what lies ahead: Parliament's calendar, which can't be read, and what is coming, which is read again."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import source_record
from monitor.demo.coming_api import ComingApi, event

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.reliability.world import FaultWorld

    Words = tuple[str, ...]

NUMBER = 41_001
"""Number of the event in What's On. Its words are on no topic, so that it is never a reason for a mail."""


def read_calendar_that_is_down(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Read Parliament's calendar while it is down, and again when it is back."""
    words = ("collect", "--source", "calendar", "--as-of", world.today.isoformat())
    world.parliament.faults.calendar_down = True
    try:
        yield words
    finally:
        world.parliament.faults.calendar_down = False
    yield words


def read_what_is_coming(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Read what is coming, twice: the second time what was read before is replaced."""
    words = ("collect", "--source", "whats_on", "--as-of", world.today.isoformat())
    with _whats_on(world):
        yield words
        yield words
        if NUMBER not in _stored_numbers(world):
            world.tally.failures.append(f"{world.place}: the event that was set down is not stored")


@contextmanager
def _whats_on(world: FaultWorld) -> Iterator[None]:
    """Let What's On list an event, and the configuration name it, for a while."""
    before, config = world.parliament.coming, world.desk.config.read_text(encoding="utf-8")
    world.parliament.coming = ComingApi(
        events=[event(NUMBER, "Drainage of the terrace", world.today + timedelta(days=7), "Debate")]
    )
    table = f'[sources.whats_on]\nenabled = true\nbase_url = "{world.parliament.url}"\n'
    world.desk.config.write_text(f"{config}\n{table}", encoding="utf-8")
    try:
        yield
    finally:
        world.desk.config.write_text(config, encoding="utf-8")
        world.parliament.coming = before


def _stored_numbers(world: FaultWorld) -> set[int]:
    with world.engine.connect() as connection:
        keys = connection.execute(select(source_record.c.key).where(source_record.c.source == "whats_on")).scalars()
        return {int("".join(filter(str.isdigit, key))) for key in keys}


COMING = {
    "read calendar that is down": read_calendar_that_is_down,
    "read what is coming": read_what_is_coming,
}
