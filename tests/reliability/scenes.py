"""Scenes in which a command is killed or fails: a run, a run in trouble, and each command that writes.

A scene is a generator. It prepares, yields the words of one command, and goes on after that command ended: it then does
what a person would do, until the work is done. A scene that differs from "run" in one stage has the command of that
stage, because the others would be killed at the points of "run" again. Scenes that need much before or after them share a
setting: see `FaultWorld.enter`. `writers` finds the functions that the scenes must reach.
"""

from __future__ import annotations

import ast
import re
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from db.tables import meta, outbox
from monitor.collect.first_run import FIRST_DIGEST
from monitor.operations.alerts import TOLD
from tests.e2e.desk import an_answer
from tests.e2e.forge import ROOT
from tests.reliability.points import TRANSACTION_MODULES
from tests.reliability.scenes_choices import CHOICES, OF_FOLLOWERS
from tests.reliability.scenes_coming import COMING
from tests.reliability.scenes_files import FILES
from tests.reliability.scenes_operator import FOLDER_SCENES, SQLITE_SCENES, SUBSCRIBERS_AND_ARCHIVE
from tests.reliability.scenes_promises import PROMISES
from tests.reliability.scenes_returned import RETURNED
from tests.reliability.scenes_subscribers import SUBSCRIBERS
from tests.reliability.scenes_webhooks import OF_WEBHOOKS, WEBHOOKS_AND_FEEDS
from tests.reliability.world import FOLDER, MOST_REPEATS, OPERATOR, POLICY, READERS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from tests.reliability.points import Plan
    from tests.reliability.world import CommandResult, FaultWorld, Setting

    Words = tuple[str, ...]
    Scene = Callable[[FaultWorld, random.Random], Iterator[Words]]


def play(world: FaultWorld, name: str, plan: Plan, chance: random.Random) -> CommandResult:
    """Play a scene whose command is killed or fails as planned, and return how that command ended."""
    world.enter(SETTINGS.get(name))
    steps = SCENES[name](world, chance)
    result = world.run(*next(steps), plan=plan)
    for words in steps:  # a person tries again
        world.run(*words)
    return result


def run_with_news(world: FaultWorld, chance: random.Random) -> Iterator[Words]:
    """Run with news."""
    world.publish()
    world.change_a_question(chance)
    yield world.words


def collect_with_vanished_question(world: FaultWorld, chance: random.Random) -> Iterator[Words]:
    """Collect when a question is missing for the second time."""
    world.publish()
    world.change_a_question(chance, "vanished")
    world.run_in_place()
    yield ("collect", "--as-of", world.today.isoformat())


def run_in_trouble(world: FaultWorld, chance: random.Random) -> Iterator[Words]:
    """Run with an unreadable record, an address that is refused for now, and a server that is silent after each dot."""
    world.publish()
    world.change_a_question(chance)
    with _unreadable_record(world), _mail_trouble(world):
        yield world.words


def deliver_deferred_mail(world: FaultWorld, chance: random.Random) -> Iterator[Words]:
    """Deliver while the mail server defers every mail, so that its queue waits."""
    world.publish()
    world.change_a_question(chance)
    with world.no_mail():
        world.run_in_place()
    world.let_time_pass()
    mail = world.desk.mail
    recipients = mail.trouble.recipients if mail else {}
    recipients.update({reader.address: "451 4.7.1 Too many" for reader in READERS})
    try:
        yield ("deliver",)
    finally:
        recipients.clear()


def deliver_over_refused_connections(world: FaultWorld, chance: random.Random) -> Iterator[Words]:
    """Deliver over three connections, of which the server takes none: two give way, and the last one pauses the queue."""
    world.publish()
    world.change_a_question(chance)
    with world.no_mail():
        world.run_in_place()
        world.let_time_pass()
        with _connections(world, 3):
            yield ("deliver",)


def run_first_digest(world: FaultWorld, chance: random.Random) -> Iterator[Words]:
    """Ask for a first digest of everything within the look-back, when news began today."""
    world.publish()
    world.change_a_question(chance)
    with world.engine.begin() as connection:
        connection.execute(delete(meta).where(meta.c.key == FIRST_DIGEST))
        connection.execute(update(meta).where(meta.c.key == "news_floor").values(value=world.today.isoformat()))
    yield (*world.words, "--first-digest")


def release_mail(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Release a mail that is held."""
    number = _pending_mail(world, POLICY.address)
    with world.engine.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.id == number).values(state="held"))
    yield from _repeat_until(lambda: _state(world, number) != "held", ("deliver", "--release", str(number)))


def discard_mail(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Discard an alert to the operator."""
    number = 0
    with _unreadable_record(world):
        number = _pending_mail(world, OPERATOR)
    yield from _repeat_until(lambda: _state(world, number) == "discarded", ("deliver", "--discard", str(number)))


def skip_news(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Mark pending news as mailed, after all news left by a killed run was mailed."""
    world.run_until_idle()
    world.publish(hidden_from=POLICY.name)
    world.run_in_place("collect", "--as-of", world.today.isoformat())
    world.run_in_place("match")
    words = ("digest", "skip", "--subscriber", POLICY.name, "--as-of", world.today.isoformat())
    yield from (words, words)


def resend_digest(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Send a digest again."""
    with world.engine.connect() as connection:
        is_mailed = (outbox.c.digest_id.is_not(None), outbox.c.state == "sent", outbox.c.channel == "mail")
        newest = select(outbox.c.digest_id).where(*is_mailed)
        number = connection.execute(newest.order_by(outbox.c.id.desc()).limit(1)).scalar_one()
    yield ("digest", "resend", str(number))


def reparse(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Parse the kept payloads again, one of which can't be understood."""
    world.publish()
    with _unreadable_record(world):
        world.run_in_place("collect", "--as-of", world.today.isoformat())
    yield ("reparse",)


def rebuild_index(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Rebuild the index."""
    world.publish()
    world.run_in_place("collect", "--as-of", world.today.isoformat())
    yield ("db", "reindex")


SCENES: dict[str, Scene] = {
    "run": run_with_news,
    "collect, one gone": collect_with_vanished_question,
    "run in trouble": run_in_trouble,
    "deliver, put off": deliver_deferred_mail,
    "deliver, refused connections": deliver_over_refused_connections,
    "run --first-digest": run_first_digest,
    "deliver --release": release_mail,
    "deliver --discard": discard_mail,
    "digest skip": skip_news,
    "digest resend": resend_digest,
    "reparse": reparse,
    "db reindex": rebuild_index,
    **SUBSCRIBERS_AND_ARCHIVE,
    **CHOICES,
    **PROMISES,
    **COMING,
    **RETURNED,
    **SUBSCRIBERS,
    **FILES,
    **WEBHOOKS_AND_FEEDS,
}

SETTINGS: dict[str, Setting] = {**OF_FOLLOWERS, **OF_WEBHOOKS}
"""Settings of the scenes that need one."""


def scenes_at(world: FaultWorld, names: Sequence[str]) -> list[str]:
    """Return the scenes to play in a world: all that its database has, or those that differ with a folder."""
    if world.place == FOLDER:
        return [name for name in names if name in FOLDER_SCENES]
    return [name for name in names if world.place.archive == "sqlite" or name not in SQLITE_SCENES]


# -- parts of scenes ---------------------------------------------------------------------------------------------------


@contextmanager
def _unreadable_record(world: FaultWorld) -> Iterator[None]:
    """Let Parliament publish an unreadable record while the block runs. The operator was not yet told of it."""
    with world.engine.begin() as connection:
        connection.execute(delete(meta).where(meta.c.key == TOLD))
    number = 900 + len(world.events) % 99
    world.misread = {**an_answer(number, world.today), "isNamedDay": "perhaps"}
    world.serve()
    try:
        yield
    finally:
        world.misread = None
        world.serve()


@contextmanager
def _mail_trouble(world: FaultWorld) -> Iterator[None]:
    mail = world.desk.mail
    if mail is None:
        yield
        return
    mail.trouble.recipients[POLICY.address] = "451 4.3.0 Try later"
    mail.trouble.hang_up.add("dot")
    try:
        yield
    finally:
        mail.trouble.recipients.clear()
        mail.trouble.hang_up.clear()


@contextmanager
def _connections(world: FaultWorld, count: int) -> Iterator[None]:
    """Let the configuration name so many connections for a while."""
    config = world.desk.config.read_text(encoding="utf-8")
    world.desk.config.write_text(re.sub(r"(?m)^connections = \d+$", f"connections = {count}", config), encoding="utf-8")
    try:
        yield
    finally:
        world.desk.config.write_text(config, encoding="utf-8")


def _pending_mail(world: FaultWorld, address: str) -> int:
    """Make a mail to an address wait, because no server was there, and return its number."""
    world.publish()
    with world.no_mail():
        world.run_in_place()
    with world.engine.connect() as connection:
        query = select(outbox.c.id).where(outbox.c.recipient == address, outbox.c.state == "pending")
        return int(connection.execute(query.order_by(outbox.c.id.desc()).limit(1)).scalar_one())


def _repeat_until(is_done: Callable[[], bool], words: Words) -> Iterator[Words]:
    yield words
    for _ in range(MOST_REPEATS):
        if is_done():
            return
        yield words


def _state(world: FaultWorld, number: int) -> str:
    with world.engine.connect() as connection:
        return str(connection.execute(select(outbox.c.state).where(outbox.c.id == number)).scalar_one())


# -- functions that the scenes must reach --------------------------------------------------------------------------------


OF_WORKERS = (
    "jobs.",
    "rounds.",
    "runs.Runs.unit",
    "outbox.Outbox.claim_one",
    "subscribers.Subscribers.note_file",
    "watch_list.WatchList.sync_subscribers",
    "match_ranges.",
    "split_readings.",
    "host_turns.",
)
"""Beginnings of functions that workers alone call: tests/reliability/worker_points.py has their scene."""


def writers() -> frozenset[str]:
    """Return the functions of db/ that open a transaction which writes, as the points name them, but for workers' own."""
    return _all_writers() - writers_of_workers()


def writers_of_workers() -> frozenset[str]:
    """Return the functions that write and that workers alone call."""
    return frozenset(name for name in _all_writers() if name.startswith(OF_WORKERS))


@cache
def _all_writers() -> frozenset[str]:
    found: set[str] = set()
    for path in sorted((ROOT / "db").glob("*.py")):
        if f"db.{path.stem}" not in TRANSACTION_MODULES:
            found |= {f"{path.stem}.{name}" for name in writers_in(path.read_text(encoding="utf-8"))}
    return frozenset(found)


def writers_in(code: str) -> set[str]:
    """Return the qualified names of such functions in one module."""
    found: set[str] = set()

    def look(node: ast.AST, names: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            inner = names
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = (*names, child.name)
            if isinstance(child, ast.With) and any(_opens_transaction(item.context_expr) for item in child.items):
                found.add(".".join(names))
            look(child, inner)

    look(ast.parse(code), ())
    return found


def _opens_transaction(expression: ast.expr) -> bool:
    if isinstance(expression, ast.IfExp):
        return _opens_transaction(expression.body) or _opens_transaction(expression.orelse)
    if not isinstance(expression, ast.Call):
        return False
    name = ast.unparse(expression.func)
    return name == "writing" or name.endswith((".write", ".write_own", ".engine.begin"))
