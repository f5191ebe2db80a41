"""What is at work when it is killed or fails: a run, a run in trouble, and each command that writes.

A scene prepares, yields the words of one command, and is gone on with after that ended, however it did: it then does what
a person would, until what he wanted is done. `writers` finds what no scene must miss.
"""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from db.tables import meta, outbox
from monitor.collect.news import FIRST_DIGEST
from monitor.operations.alerts import TOLD
from tests.e2e.desk import an_answer
from tests.e2e.forge import ROOT
from tests.reliability.points import WHERE_TRANSACTIONS_ARE_MADE
from tests.reliability.scenes_care import CARE, INTO_A_FOLDER, ON_SQLITE_ALONE
from tests.reliability.scenes_files import FILES
from tests.reliability.scenes_outlets import OUTLETS
from tests.reliability.world import FOLDER, OPERATOR, POLICY, READERS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from tests.reliability.points import Plan
    from tests.reliability.world import Ended, World

    Words = tuple[str, ...]
    Scene = Callable[[World, random.Random], Iterator[Words]]

MOST_REPEATS = 3


def play(world: World, scene: Scene, plan: Plan, chance: random.Random) -> Ended:
    """Play a scene whose command is killed or fails as planned; how that command ended."""
    steps = scene(world, chance)
    ended = world.run(*next(steps), plan=plan)
    for words in steps:  # a person tries again
        world.run(*words)
    return ended


def a_run(world: World, chance: random.Random) -> Iterator[Words]:
    """There is news."""
    world.publish()
    world.happen(chance)
    yield world.words


def a_run_without_one(world: World, chance: random.Random) -> Iterator[Words]:
    """A question is gone for the second time."""
    world.publish()
    world.happen(chance, "vanished")
    world.prepare()
    yield world.words


def a_run_in_trouble(world: World, chance: random.Random) -> Iterator[Words]:
    """A record can't be understood, an address is refused for now, and the server is silent after each dot."""
    world.publish()
    world.happen(chance)
    with _misread(world), _trouble(world):
        yield world.words


def a_run_that_is_put_off(world: World, chance: random.Random) -> Iterator[Words]:
    """The mail server puts every mail off, so its queue waits."""
    world.publish()
    world.happen(chance)
    mail = world.desk.mail
    recipients = mail.trouble.recipients if mail else {}
    recipients.update({reader.address: "451 4.7.1 Too many" for reader in READERS})
    try:
        yield world.words
    finally:
        recipients.clear()


def a_first_digest(world: World, chance: random.Random) -> Iterator[Words]:
    """Somebody asks for a digest of all that is looked back on; news began today."""
    world.publish()
    world.happen(chance)
    with world.engine.begin() as connection:
        connection.execute(delete(meta).where(meta.c.key == FIRST_DIGEST))
        connection.execute(update(meta).where(meta.c.key == "news_floor").values(value=world.today.isoformat()))
    yield (*world.words, "--first-digest")


def a_release(world: World, _chance: random.Random) -> Iterator[Words]:
    """A mail is held, and a person lets it go."""
    number = _mail_that_waits(world, POLICY.address)
    with world.engine.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.id == number).values(state="held"))
    yield from _until(lambda: _state(world, number) != "held", ("deliver", "--release", str(number)))


def a_discard(world: World, _chance: random.Random) -> Iterator[Words]:
    """A person drops a notice to the operator."""
    number = 0
    with _misread(world):
        number = _mail_that_waits(world, OPERATOR)
    yield from _until(lambda: _state(world, number) == "discarded", ("deliver", "--discard", str(number)))


def a_skip(world: World, _chance: random.Random) -> Iterator[Words]:
    """A person marks news as told: all that is owed, so what a run that was killed left is told first."""
    world.come_to_rest()
    world.publish(not_to=POLICY.name)
    world.prepare("collect", "--as-of", world.today.isoformat())
    world.prepare("match")
    words = ("digest", "skip", "--subscriber", POLICY.name, "--as-of", world.today.isoformat())
    yield from (words, words)


def a_copy_of_a_mail(world: World, _chance: random.Random) -> Iterator[Words]:
    """A person wants a digest again."""
    with world.engine.connect() as connection:
        is_mailed = (outbox.c.digest_id.is_not(None), outbox.c.state == "sent", outbox.c.channel == "mail")
        newest = select(outbox.c.digest_id).where(*is_mailed)
        number = connection.execute(newest.order_by(outbox.c.id.desc()).limit(1)).scalar_one()
    yield ("digest", "resend", str(number))


def a_reparse(world: World, _chance: random.Random) -> Iterator[Words]:
    """What is kept is read again, with one payload that can't be understood."""
    world.publish()
    with _misread(world):
        world.prepare("collect", "--as-of", world.today.isoformat())
    yield ("reparse",)


def a_new_index(world: World, _chance: random.Random) -> Iterator[Words]:
    """The index of words is built anew."""
    world.publish()
    world.prepare("collect", "--as-of", world.today.isoformat())
    yield ("db", "reindex")


SCENES: dict[str, Scene] = {
    "run": a_run,
    "run, one gone": a_run_without_one,
    "run in trouble": a_run_in_trouble,
    "run, put off": a_run_that_is_put_off,
    "run --first-digest": a_first_digest,
    "deliver --release": a_release,
    "deliver --discard": a_discard,
    "digest skip": a_skip,
    "digest resend": a_copy_of_a_mail,
    "reparse": a_reparse,
    "db reindex": a_new_index,
    **CARE,
    **FILES,
    **OUTLETS,
}


def scenes_at(world: World, names: Sequence[str]) -> list[str]:
    """All commands on both databases, but for those that one of them has not; into a folder those that differ there."""
    if world.place == FOLDER:
        return [name for name in names if name in INTO_A_FOLDER]
    return [name for name in names if world.place.archive == "sqlite" or name not in ON_SQLITE_ALONE]


# -- what they are made of ---------------------------------------------------------------------------------------------


@contextmanager
def _misread(world: World) -> Iterator[None]:
    """Parliament has a record that no one can understand, until it is mended again; the operator is not told of it yet."""
    with world.engine.begin() as connection:
        connection.execute(delete(meta).where(meta.c.key == TOLD))
    number = 900 + len(world.acts) % 99
    world.misread = {**an_answer(number, world.today), "isNamedDay": "perhaps"}
    world.serve()
    try:
        yield
    finally:
        world.misread = None
        world.serve()


@contextmanager
def _trouble(world: World) -> Iterator[None]:
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


def _mail_that_waits(world: World, address: str) -> int:
    """A mail to somebody that waits, for no server was there; its number."""
    world.publish()
    with world.no_mail():
        world.prepare()
    with world.engine.connect() as connection:
        waits = select(outbox.c.id).where(outbox.c.recipient == address, outbox.c.state == "pending")
        return int(connection.execute(waits.order_by(outbox.c.id.desc()).limit(1)).scalar_one())


def _until(is_done: Callable[[], bool], words: Words) -> Iterator[Words]:
    yield words
    for _ in range(MOST_REPEATS):
        if is_done():
            return
        yield words


def _state(world: World, number: int) -> str:
    with world.engine.connect() as connection:
        return str(connection.execute(select(outbox.c.state).where(outbox.c.id == number)).scalar_one())


# -- what must be among the points -------------------------------------------------------------------------------------


def writers() -> set[str]:
    """The functions of db/ that open a transaction which writes, as the points name them."""
    found: set[str] = set()
    for path in sorted((ROOT / "db").glob("*.py")):
        if f"db.{path.stem}" not in WHERE_TRANSACTIONS_ARE_MADE:
            found |= {f"{path.stem}.{name}" for name in writers_in(path.read_text(encoding="utf-8"))}
    return found


def writers_in(code: str) -> set[str]:
    """The same of one module, by qualified name."""
    found: set[str] = set()

    def look(node: ast.AST, names: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            inner = names
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = (*names, child.name)
            if isinstance(child, ast.With) and any(_opens(item.context_expr) for item in child.items):
                found.add(".".join(names))
            look(child, inner)

    look(ast.parse(code), ())
    return found


def _opens(made: ast.expr) -> bool:
    if not isinstance(made, ast.Call):
        return False
    name = made.func
    return (isinstance(name, ast.Attribute) and name.attr == "write") or (
        isinstance(name, ast.Name) and name.id == "writing"
    )
