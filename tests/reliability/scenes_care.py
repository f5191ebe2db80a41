"""Scenes of the commands that change what a person looks after: who is mailed, and the archive as a whole.

After the command that was killed or failed each looks at the facts itself, before a person tries again: for what it left
must be one thing or the other, and whoever is out of config.toml must not be mailed.
"""

from __future__ import annotations

import sqlite3
import tomllib
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from db.tables import meta, metadata
from tests.reliability.world import EVERYBODY, READERS, Reader
from tests.servers import database

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from tests.reliability.world import World

    Words = tuple[str, ...]

MOST_REPEATS = 3
MORNING = READERS[2]
NOT_COPIED = frozenset({"lease"})
ON_SQLITE_ALONE = frozenset({"db restore --skip-told"})
INTO_A_FOLDER = ("run", "subscribers forget")
"""Scenes that are others where digests go into a folder."""


def a_forgetting(world: World, _chance: random.Random) -> Iterator[Words]:
    """Somebody wants to be erased for whom a mail waits."""
    guest = _guest(world, "Leaving")
    world.publish()
    with world.no_mail():
        world.prepare()
    world.let_time_pass()
    words = ("subscribers", "forget", guest.address, "--yes")
    yield words
    if world.code == 0:
        _expect(world, not _where(world, guest.address), f"it ended with 0, and {guest.address} stands there yet")
    is_out = guest.address not in _config(world)
    if is_out:
        _expect_silence(world, guest, "is out of config.toml")
    yield words
    yield from _again(world, words)
    _expect(world, not (left := _where(world, guest.address)), f"{guest.address} was erased and stands in {left}")
    if not is_out:
        _expect_silence(world, guest, "was erased")


def a_pause(world: World, _chance: random.Random) -> Iterator[Words]:
    """Somebody wants nothing for a while."""
    guest = _guest(world, "Pausing")
    yield from _switch(world, guest, "pause", is_paused=True)
    world.publish()
    _expect_silence(world, guest, "is paused")
    _send_away(world, guest)


def a_resuming(world: World, _chance: random.Random) -> Iterator[Words]:
    """Somebody wants digests again; what came meanwhile is not told."""
    guest = _guest(world, "Resuming", "paused = true\n")
    world.publish()
    world.prepare()
    missed = world.acts[-1].uin
    yield from _switch(world, guest, "resume", is_paused=False)
    world.publish()
    world.let_time_pass()
    world.prepare()
    told = [uin for letter in world.letters if letter.address == guest.address for uin in letter.uins]
    _expect(world, told.count(world.acts[-1].uin) == 1, f"{guest.name} is back and was not told once of what is new")
    _expect(world, missed not in told, f"{guest.name} was told of what came in the pause")
    _send_away(world, guest)


def a_skip_ahead(world: World, _chance: random.Random) -> Iterator[Words]:
    """What the next run finds counts as told."""
    _rest_on_a_weekday(world)
    words = ("digest", "skip", "--until", world.today.isoformat())
    yield words
    yield from _again(world, words)
    before = len(world.letters)
    world.publish(not_to=EVERYBODY)
    world.prepare()
    _expect(world, len(world.letters) == before, "what counts as told was mailed")
    _expect(world, not _fact(world, "told_to"), "what is found later counts as told for ever")


def a_restore(world: World, _chance: random.Random) -> Iterator[Words]:
    """An old backup takes the archive's place after mails went, and what they told is not told again."""
    _rest_on_a_weekday(world)
    file, saved = world.desk.folder / "archive.db", world.desk.folder / "saved.db"
    saved.unlink(missing_ok=True)
    world.prepare("db", "backup", str(saved))
    world.publish(not_to=MORNING.name)
    letters = len(world.letters)
    world.prepare()
    new = {letter.key for letter in world.letters[letters:]}
    world.engine.dispose()
    words = ("db", "restore", str(saved), "--skip-told", "--yes")
    yield words
    world.engine.dispose()
    kept = _kept(file)
    is_old = _tells(file, new)
    _expect(world, _is_whole(file), "the archive is damaged by a restore")
    _expect(world, all(map(_is_whole, kept)), "what a restore kept is damaged")
    _expect(world, is_old or any(_tells(one, new) for one in kept), "what a restore replaced is not kept")
    _expect(world, not (world.code == 0 and is_old), "it ended with 0, and the old archive is in place")
    yield words
    yield from _again(world, words)
    _expect(world, not _tells(file, new), "the backup is not in place")
    _expect(world, all(one.exists() for one in kept), "what was kept is gone")
    _expect(world, any(_tells(one, new) for one in _kept(file)), "what was replaced is not kept")
    world.forgotten |= new
    before = len(world.letters)
    world.prepare()
    _expect(world, len(world.letters) == before, "what counts as told was mailed")
    for one in _kept(file):
        one.unlink()


def a_copying(world: World, _chance: random.Random) -> Iterator[Words]:
    """The archive moves into a database of the other kind."""
    world.publish()
    world.prepare()
    with _elsewhere(world) as (words, target):
        before = _rows(world.engine)
        yield words
        _expect(world, _rows(world.engine) == before, "a copy changed what it copied")
        there = _rows(target)
        _expect(world, there in (before, {}), "what a copy left is neither whole nor empty")
        _expect(world, not (world.code == 0 and there != before), "it ended with 0, and nothing was copied")
        yield words
        is_done = world.code == 0 or (there == before and "archive in use" in world.said)
        _expect(world, is_done, f"a second copy failed: {world.said.strip()[-200:]}")
        _expect(world, _rows(target) == before, "the copy is not whole")
        _expect(world, _rows(world.engine) == before, "a second copy changed what it copied")


# -- what they are made of ---------------------------------------------------------------------------------------------


def _expect(world: World, is_so: bool, otherwise: str) -> None:
    if not is_so:
        world.tally.failures.append(f"{world.place}: {otherwise}")


def _again(world: World, words: Words) -> Iterator[Words]:
    """Until it ends well."""
    for _ in range(MOST_REPEATS):
        if world.code == 0:
            return
        yield words
    _expect(world, world.code == 0, f"{' '.join(words[:2])} ends with {world.code}: {world.said.strip()[-200:]}")


def _config(world: World) -> str:
    return world.desk.config.read_text(encoding="utf-8")


def _guest(world: World, name: str, more: str = "") -> Reader:
    """One more who gets digests at once, for a while; `more` stands in his table too."""
    number = len(world.acts)
    world.let_time_pass()
    guest = Reader(f"{name} desk {number}", f"{name.lower()}{number}@example.org", '["*"]', "instant")
    world.desk.config.write_text(f"{_config(world)}\n{guest.table}{more}", encoding="utf-8")
    return guest


def _send_away(world: World, guest: Reader) -> None:
    """A person takes him out of config.toml by hand."""
    before, _, after = _config(world).partition(f'[[subscribers]]\nname = "{guest.name}"')
    world.desk.config.write_text(
        before.rstrip("\n") + "\n" + after[after.find("\n[") :] * ("\n[" in after), encoding="utf-8"
    )


def _expect_silence(world: World, guest: Reader, why: str) -> None:
    """A run mails him nothing."""
    before = _letters_to(world, guest)
    world.let_time_pass()
    world.prepare()
    _expect(world, _letters_to(world, guest) == before, f"{guest.name} {why} and was mailed")


def _letters_to(world: World, guest: Reader) -> int:
    return sum(letter.address == guest.address for letter in world.letters)


def _switch(world: World, guest: Reader, verb: str, *, is_paused: bool) -> Iterator[Words]:
    """Pause or resume, until it is so; config.toml can be read at each moment."""
    words = ("subscribers", verb, guest.name)
    yield words
    if world.code == 0:
        _expect(world, _is_paused(world, guest) is is_paused, f"{verb} ended with 0, and it is not so")
    yield words
    yield from _again(world, words)
    _expect(world, _is_paused(world, guest) is is_paused, f"{verb} does nothing")


def _is_paused(world: World, guest: Reader) -> bool:
    tables = tomllib.loads(_config(world))["subscribers"]
    return next(bool(table.get("paused")) for table in tables if table["email"] == guest.address)


def _where(world: World, address: str) -> list[str]:
    """Where an address stands: tables, and files of the desk but what commands said."""
    found = [name for name, rows in _rows(world.engine, all_of_them=True).items() if address in str(rows)]
    own = {"said", "points"}
    files = [path for path in world.desk.folder.rglob("*") if path.is_file() and path.name not in own]
    return found + [path.name for path in files if address.encode() in path.read_bytes()]


def _fact(world: World, key: str) -> str:
    with world.engine.connect() as connection:
        return str(connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar() or "")


def _rest_on_a_weekday(world: World) -> None:
    """All is told, the daily digest of a new day too, so that what comes now is all that is new.

    That a question is gone is believed in the second run: it is told before the day ends, and not when its digest went.
    """
    world.come_to_rest()
    world.next_day()
    while world.today.isoweekday() > 5:
        world.prepare()
        world.next_day()
    world.come_to_rest()


def _rows(engine: Engine, *, all_of_them: bool = False) -> dict[str, list[Any]]:
    """The rows of each table that has some, as a copy has them; none where there is no archive."""
    try:
        with engine.connect() as connection:
            return {
                table.name: rows
                for table in metadata.sorted_tables
                if (all_of_them or table.name not in NOT_COPIED) and (rows := _rows_of(connection, table))
            }
    except SQLAlchemyError:
        return {}
    finally:
        engine.dispose()


def _rows_of(connection: Connection, table: Any) -> list[Any]:
    return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]


@contextmanager
def _elsewhere(world: World) -> Iterator[tuple[Words, Engine]]:
    """An empty database of the other kind, where there is a server, and the command that copies into it."""
    if world.place.archive == "sqlite" and world.server:
        with database(world.server) as url:
            named = world.desk.folder / "elsewhere"
            named.unlink(missing_ok=True)
            named.touch(mode=0o600)
            named.write_text(url, encoding="utf-8")
            engine = create_engine(url)
            yield ("db", "copy", "--to-file", str(named)), engine
            engine.dispose()
        return
    file = world.desk.folder / "elsewhere.db"
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    engine = create_engine(f"sqlite:///{file}")
    yield ("db", "copy", "--to", f"sqlite:///{file}"), engine
    engine.dispose()


def _kept(file: Path) -> list[Path]:
    return sorted(file.parent.glob(f"{file.name}.replaced-*"))


def _is_whole(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def _tells(file: Path, keys: set[str]) -> bool:
    """Whether an archive knows of these mails."""
    with closing(sqlite3.connect(file)) as connection:
        known = {str(row[0]) for row in connection.execute("SELECT message_id FROM outbox")}
    return keys <= known


CARE: dict[str, Callable[[World, random.Random], Iterator[Words]]] = {
    "subscribers forget": a_forgetting,
    "subscribers pause": a_pause,
    "subscribers resume": a_resuming,
    "digest skip --until": a_skip_ahead,
    "db restore --skip-told": a_restore,
    "db copy": a_copying,
}
