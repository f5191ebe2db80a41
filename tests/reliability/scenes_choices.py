"""Scenes of readers who follow, mute, mark and note: each command, and a run that composes for such a reader."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from db.tables import follow, mark, mute, note, proceeding, subscriber
from tests.reliability.world import MOST_PLAYS, MOST_REPEATS, POLICY, Reader

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from sqlalchemy import Table

    from tests.reliability.world import FaultWorld

    Words = tuple[str, ...]

_FOR = ("--subscriber", POLICY.name)


def follow_question(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Follow a question, and end it."""
    uin = _a_question(world)
    yield from _until_done(world, ("follow", uin, *_FOR))
    world.expect(_active(world, follow) == 1, "it is not followed once")
    world.run_in_place("unfollow", uin, *_FOR)
    world.expect(_active(world, follow) == 0, "it is followed after its end")


def unfollow_question(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Follow a question no more."""
    uin = _a_question(world)
    world.run_in_place("follow", uin, *_FOR)
    yield from _until_done(world, ("unfollow", uin, *_FOR), done=3)
    world.expect(_active(world, follow) == 0, "it is followed after its end")


def mark_done(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Mark a question as dealt with."""
    uin = _a_question(world)
    yield from _until_done(world, ("done", uin, *_FOR))
    world.expect(_active(world, mark) == 1, "it is not marked once")
    world.run_in_place("done", uin, "--undo", *_FOR)


def undo_mark(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Take a mark back."""
    uin = _a_question(world)
    world.run_in_place("done", uin, *_FOR)
    yield from _until_done(world, ("done", uin, "--undo", *_FOR), done=3)
    world.expect(_active(world, mark) == 0, "the mark is still there")


def mute_phrase(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Mute a phrase that no record has."""
    yield from _until_done(world, ("mute", "quite another thing", "--until", "9d", *_FOR))
    world.expect(_active(world, mute) == 1, "it is not muted once")
    world.run_in_place("unmute", str(_newest(world, mute)), *_FOR)


def end_mute(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """End a mute."""
    world.run_in_place("mute", "quite another thing", "--until", "9d", *_FOR)
    yield from _until_done(world, ("unmute", str(_newest(world, mute)), *_FOR), done=3)
    world.expect(_active(world, mute) == 0, "it is still muted")


def write_note(world: FaultWorld, chance: random.Random) -> Iterator[Words]:
    """Write a note. A person who was interrupted writes it again, where it is not there."""
    uin, text = _a_question(world), f"note {chance.randrange(10**12)}"
    yield ("note", uin, text, *_FOR)
    if not _notes(world, text):
        yield ("note", uin, text, *_FOR)
    world.expect(_notes(world, text) == 1, "the note is not there once")


def compose_for_follower(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Compose when a followed question was answered, and another that its follower has muted."""
    world.change(world.props.pop(), "replied")
    world.publish()
    world.run_in_place("collect", "--as-of", world.today.isoformat())
    world.run_in_place("match")
    yield ("compose", "--as-of", world.today.isoformat())


@contextmanager
def _follower(world: FaultWorld) -> Iterator[list[str]]:
    """Let a reader follow some questions and mute what all answers say: they are mailed each answer to one, once."""
    followed = world.table(MOST_PLAYS)
    guest = _guest(world)
    world.checkpoint()
    for uin in followed:
        world.run_in_place("follow", uin, "--subscriber", guest.name)
    world.run_in_place("mute", "number", "--until", "9d", "--subscriber", guest.name)
    before, waiting = len(world.letters), followed[:]
    yield waiting
    world.run_until_idle()
    _remove_guest(world, guest)
    digests = {letter.key: letter.uins for letter in world.letters[before:] if letter.address == guest.address}
    told = Counter(uin for uins in digests.values() for uin in uins)
    answered = Counter(uin for uin in followed if uin not in waiting)
    world.expect(told == answered, f"a follower of {sorted(answered)} who muted all else was mailed {told}")
    world.expect(len(digests) <= len(answered), "a follower was mailed too often")


CHOICES = {
    "follow": follow_question,
    "unfollow": unfollow_question,
    "done": mark_done,
    "done --undo": undo_mark,
    "mute": mute_phrase,
    "unmute": end_mute,
    "note": write_note,
    "compose for a follower": compose_for_follower,
}
OF_FOLLOWERS = {"compose for a follower": _follower}


# -- parts of scenes ---------------------------------------------------------------------------------------------------


def _a_question(world: FaultWorld) -> str:
    """Return the number of an answered question that the archive has, whatever it was chosen for before."""
    numbers = [
        uin
        for uin, value in world.published.items()
        if value["dateAnswered"] and not value["isWithdrawn"] and uin not in world.gone
    ]
    is_stored = proceeding.c.uin.in_(numbers), proceeding.c.state.in_(("answered", "corrected"))
    with world.engine.connect() as connection:
        number = connection.execute(select(func.max(proceeding.c.uin)).where(*is_stored)).scalar()
    if number is not None:
        return str(number)
    world.publish()
    world.run_in_place()
    return world.events[-1].uin


def _until_done(world: FaultWorld, words: Words, done: int = 0) -> Iterator[Words]:
    """Repeat a command until it ends with 0, or with the code that says that it is done already."""
    for _ in range(MOST_REPEATS):
        yield words
        if world.code in (0, done):
            return
    world.expect(False, f"{' '.join(words[:2])} ends with {world.code}: {world.output.strip()[-200:]}")


def _active(world: FaultWorld, table: Table) -> int:
    """Count the rows of the policy desk that have not ended."""
    query = select(func.count()).select_from(table.join(subscriber, subscriber.c.id == table.c.subscriber_id))
    with world.engine.connect() as connection:
        is_mine = subscriber.c.name == POLICY.name, table.c.ended_at.is_(None)
        return int(connection.execute(query.where(*is_mine)).scalar_one())


def _newest(world: FaultWorld, table: Table) -> int:
    with world.engine.connect() as connection:
        return int(connection.execute(select(func.max(table.c.id))).scalar_one())


def _notes(world: FaultWorld, text: str) -> int:
    with world.engine.connect() as connection:
        return int(connection.execute(select(func.count()).where(note.c.text == text)).scalar_one())


def _guest(world: FaultWorld) -> Reader:
    """Add an instant subscriber for a while."""
    number = len(world.events)
    guest = Reader(f"Following desk {number}", f"following{number}@example.org", '["*"]', "instant")
    text = world.desk.config.read_text(encoding="utf-8")
    world.desk.config.write_text(f"{text}\n{guest.table}", encoding="utf-8")
    return guest


def _remove_guest(world: FaultWorld, guest: Reader) -> None:
    text = world.desk.config.read_text(encoding="utf-8")
    world.desk.config.write_text(text.replace(f"\n{guest.table}", ""), encoding="utf-8")
