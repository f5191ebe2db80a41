"""Scenes with a webhook and feeds, which are written to, moved, and removed.

They are added to config.toml for their setting alone. Their content is judged as mails are: each event stands in exactly
one message, unless that is marked as maybe sent twice, and once in the feed.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import outbox
from tests.receiver import Receiver

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.reliability.world import FaultWorld

    Words = tuple[str, ...]
    Scene = Callable[[FaultWorld, random.Random], Iterator[Words]]

WEBHOOK = "Channel"
_FILE = "channel"
_KEPT_ITEMS = 2
_FEED_WITH_NEWS = "agencies"
"""Feed of the topic that all answers of a world are about."""

_FEEDS = f"""
[delivery.feeds]
folder = "feeds"
keep = {_KEPT_ITEMS}
"""
_MOST_RUNS = 6


def run_with_webhook_and_feeds(world: FaultWorld, chance: random.Random) -> Iterator[Words]:
    """Run with news for a webhook that moved and for a feed that has more than it keeps."""
    world.publish()
    world.change_a_question(chance, "corrected")
    _set_address(world.desk.folder, f"{world.props.url}-moved-{len(world.events)}")
    yield world.words


def run_after_webhook_removed(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Run when a message waits for a webhook that was removed from config.toml, as the feeds were."""
    receiver, config = world.props, world.desk.config
    before = config.read_text("utf-8")
    config.write_text(f"{before}{_webhook(len(world.events))}{_FEEDS}", encoding="utf-8")
    receiver.times = 99
    world.publish()
    world.run_in_place()
    config.write_text(f"{before}{_webhook(len(world.events))}", encoding="utf-8")
    receiver.times = 0
    try:
        yield world.words
    finally:
        config.write_text(before, encoding="utf-8")


@contextmanager
def _written_to(world: FaultWorld) -> Iterator[Receiver]:
    """Let there be a webhook and feeds that have as much as they keep, and judge what they got."""
    with Receiver() as receiver, _webhook_and_feeds(world, receiver):
        first_event = len(world.events)
        world.publish(_KEPT_ITEMS)
        world.run_in_place()
        yield receiver
        _run_until_sent(world)
        _judge(world, receiver, first_event)


@contextmanager
def _removed(world: FaultWorld) -> Iterator[Receiver]:
    """Let there be a receiver that takes no message at first, and discard what waits for webhooks that are gone."""
    with Receiver("503", times=0) as receiver:
        _set_address(world.desk.folder, receiver.url)
        yield receiver
        _run_until_sent(world)


WEBHOOKS_AND_FEEDS: dict[str, Scene] = {
    "run, webhook and feeds": run_with_webhook_and_feeds,
    "run, webhook gone": run_after_webhook_removed,
}
OF_WEBHOOKS = {"run, webhook and feeds": _written_to, "run, webhook gone": _removed}


@contextmanager
def _webhook_and_feeds(world: FaultWorld, receiver: Receiver) -> Iterator[None]:
    """Add a webhook and feeds to config.toml while the block runs, and let nothing wait for them afterwards."""
    config = world.desk.config
    before = config.read_text("utf-8")
    _set_address(world.desk.folder, receiver.url)
    config.write_text(f"{before}{_webhook()}{_FEEDS}", encoding="utf-8")
    try:
        world.run_in_place()
        yield
    finally:
        config.write_text(before, encoding="utf-8")
        world.run_in_place()
        for number in _waiting(world):
            world.run_in_place("deliver", "--discard", str(number))


def _webhook(number: int = 0) -> str:
    """Return a webhook's table in config.toml, under a name of its own."""
    return f'\n[[webhooks]]\nname = "{WEBHOOK} {number}"\nurl_file = "{_FILE}"\n'


def _set_address(folder: Path, url: str) -> None:
    path = folder / _FILE
    path.write_text(url, encoding="utf-8")
    path.chmod(0o600)


def _run_until_sent(world: FaultWorld) -> None:
    """Run until nothing waits."""
    for _ in range(_MOST_RUNS):
        world.let_time_pass()
        for number in _waiting(world, "held"):
            world.run_in_place("deliver", "--discard", str(number))
        world.run_in_place()
        if not _waiting(world):
            return
    world.tally.failures.append(f"{world.place}: messages {_waiting(world)} still wait: {world.output[-300:]}")


def _waiting(world: FaultWorld, *states: str) -> list[int]:
    wanted = states or ("pending", "sending", "dotted", "held", "refused")
    query = select(outbox.c.id).where(outbox.c.channel != "mail", outbox.c.state.in_(wanted)).order_by(outbox.c.id)
    with world.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def _judge(world: FaultWorld, receiver: Receiver, first_event: int) -> None:
    """Check that each message came once, or as often as it is marked, and that each event stands in one message."""
    with world.engine.connect() as connection:
        query = select(outbox.c.message_id, outbox.c.ambiguous, outbox.c.state).where(outbox.c.channel == "json")
        rows = {row.message_id: row for row in connection.execute(query)}
    bodies_by_message: dict[str, list[bytes]] = {}
    for request in receiver.taken:
        bodies_by_message.setdefault(request.json["id"], []).append(request.body)
    problems = [f"message {key} came {len(bodies)} times and is marked {rows[key].ambiguous} times"
             for key, bodies in bodies_by_message.items() if len(bodies) - 1 > rows[key].ambiguous]  # fmt: skip
    problems += [
        f"message {key} differs from its copy" for key, bodies in bodies_by_message.items() if len(set(bodies)) > 1
    ]
    mailed_uins = [
        item["record"]["uin"] for bodies in bodies_by_message.values() for item in json.loads(bodies[0])["items"]
    ]
    event_uins = [event.uin for event in world.events[first_event:]]
    problems += [f"the webhook got {uin} {mailed_uins.count(uin)} times, which happened {event_uins.count(uin)} times"
              for uin in set(event_uins) if mailed_uins.count(uin) != event_uins.count(uin)]  # fmt: skip
    problems += list(_judge_feeds(world.desk.folder / "feeds", set(event_uins)))
    world.tally.failures += [f"{world.place}: {problem}" for problem in problems]


def _judge_feeds(folder: Path, uins: set[str]) -> Iterator[str]:
    """Yield the problems of feeds: both files are whole and equal, have the newest items, and none twice."""
    for path in sorted(folder.glob("*.json")):
        items = json.loads(path.read_text("utf-8"))["items"]
        ids = [item["id"] for item in items]
        if len(set(ids)) != len(ids) or len(ids) > _KEPT_ITEMS:
            yield f"{path.name} has {ids}"
        if re.findall(r"<id>(.*record.*)</id>", path.with_suffix(".atom").read_text("utf-8")) != ids:
            yield f"{path.name} differs from the other file"
        if (
            len(ids) != (_KEPT_ITEMS if path.stem == _FEED_WITH_NEWS else 0)
            or not {item["url"].rpartition("/")[2] for item in items} <= uins
        ):
            yield f"{path.name} does not have the newest: {ids}"
    if list(folder.glob(".*")):
        yield f"drafts are left in {folder.name}"
