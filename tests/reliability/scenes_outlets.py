"""Scenes with ways out beside mail: a webhook and feeds that are written to, moved, and gone.

They are set up in config.toml for the scene alone. What is told there is judged as mails are: each thing that happened in
exactly one message, save one that is marked as maybe sent twice, and in the feed once.
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

    from tests.reliability.world import World

    Words = tuple[str, ...]
    Scene = Callable[[World, random.Random], Iterator[Words]]

WEBHOOK = "Channel"
_FILE = "channel"
_KEEP = 2
_WITH_NEWS = "agencies"
"""The feed of the topic that all answers of a world are about."""

_SETTINGS = f"""
[[webhooks]]
name = "{WEBHOOK}"
url_file = "{_FILE}"

[delivery.feeds]
folder = "feeds"
keep = {_KEEP}
"""
_MOST_RUNS = 6


def a_run_with_ways_out(world: World, chance: random.Random) -> Iterator[Words]:
    """A webhook moved, and a feed has more than it keeps: there is news for both."""
    with Receiver() as receiver, _ways_out(world, receiver):
        begun = len(world.acts)
        for _ in range(_KEEP):
            world.publish()
            world.prepare()
        world.publish()
        world.happen(chance, "corrected")
        _set_address(world.desk.folder, f"{receiver.url}-moved")
        yield world.words
        _settle(world)
        _judge(world, receiver, begun)


def a_run_without_its_webhook(world: World, _chance: random.Random) -> Iterator[Words]:
    """A message waits for a webhook that config.toml has no more; a person gives it up."""
    with Receiver("503", times=99) as receiver, _ways_out(world, receiver):
        world.publish()
        world.prepare()
        text = world.desk.config.read_text("utf-8")
        world.desk.config.write_text(text.replace(_SETTINGS, _SETTINGS.partition("[delivery.feeds]")[0].replace(
            WEBHOOK, "Other")), encoding="utf-8")  # fmt: skip
        receiver.times = 0
        yield world.words
        _settle(world)
    world.prepare()


OUTLETS: dict[str, Scene] = {
    "run, ways out": a_run_with_ways_out,
    "run, webhook gone": a_run_without_its_webhook,
}


@contextmanager
def _ways_out(world: World, receiver: Receiver) -> Iterator[None]:
    """A webhook and feeds in config.toml, both begun; afterwards neither, and nothing waits for them."""
    config = world.desk.config
    before = config.read_text("utf-8")
    _set_address(world.desk.folder, receiver.url)
    config.write_text(before + _SETTINGS, encoding="utf-8")
    try:
        world.prepare()
        yield
    finally:
        config.write_text(before, encoding="utf-8")
        world.prepare()
        for number in _waiting(world):
            world.prepare("deliver", "--discard", str(number))


def _set_address(folder: Path, url: str) -> None:
    path = folder / _FILE
    path.write_text(url, encoding="utf-8")
    path.chmod(0o600)


def _settle(world: World) -> None:
    """Run until nothing waits."""
    for _ in range(_MOST_RUNS):
        world.let_time_pass()
        for number in _waiting(world, "held"):
            world.prepare("deliver", "--discard", str(number))
        world.prepare()
        if not _waiting(world):
            return
    world.tally.failures.append(f"{world.place}: messages {_waiting(world)} still wait: {world.said[-300:]}")


def _waiting(world: World, *states: str) -> list[int]:
    wanted = states or ("pending", "sending", "dotted", "held", "refused")
    query = select(outbox.c.id).where(outbox.c.channel != "mail", outbox.c.state.in_(wanted)).order_by(outbox.c.id)
    with world.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def _judge(world: World, receiver: Receiver, begun: int) -> None:
    """Each message came once, or as often as it is marked; each thing that happened since stands in one of them."""
    with world.engine.connect() as connection:
        query = select(outbox.c.message_id, outbox.c.ambiguous, outbox.c.state).where(outbox.c.channel == "json")
        rows = {row.message_id: row for row in connection.execute(query)}
    came: dict[str, list[bytes]] = {}
    for one in receiver.taken:
        came.setdefault(one.json["id"], []).append(one.body)
    found = [f"message {key} came {len(bodies)} times and is marked {rows[key].ambiguous} times"
             for key, bodies in came.items() if len(bodies) - 1 > rows[key].ambiguous]  # fmt: skip
    found += [f"message {key} differs from its copy" for key, bodies in came.items() if len(set(bodies)) > 1]
    told = [item["record"]["uin"] for bodies in came.values() for item in json.loads(bodies[0])["items"]]
    acts = [act.uin for act in world.acts[begun:]]
    found += [f"the webhook was told {told.count(uin)} times of {uin}, which happened {acts.count(uin)} times"
              for uin in set(acts) if told.count(uin) != acts.count(uin)]  # fmt: skip
    found += list(_judge_feeds(world.desk.folder / "feeds", set(acts)))
    world.tally.failures += [f"{world.place}: {one}" for one in found]


def _judge_feeds(folder: Path, uins: set[str]) -> Iterator[str]:
    """Both files of each feed are whole, tell the same, keep what they should, and nothing twice."""
    for path in sorted(folder.glob("*.json")):
        items = json.loads(path.read_text("utf-8"))["items"]
        ids = [item["id"] for item in items]
        if len(set(ids)) != len(ids) or len(ids) > _KEEP:
            yield f"{path.name} has {ids}"
        if re.findall(r"<id>(.*record.*)</id>", path.with_suffix(".atom").read_text("utf-8")) != ids:
            yield f"{path.name} tells something else than the other file"
        if (
            len(ids) != (_KEEP if path.stem == _WITH_NEWS else 0)
            or not {item["url"].rpartition("/")[2] for item in items} <= uins
        ):
            yield f"{path.name} has not the newest: {ids}"
    if list(folder.glob(".*")):
        yield f"drafts are left in {folder.name}"
