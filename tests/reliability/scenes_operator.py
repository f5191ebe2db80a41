"""Scenes of the commands that change subscribers and the archive as a whole.

After the command was killed or failed, each scene looks at the facts before a person tries again: the change must be
done or not done, and an address that is out of config.toml must not be mailed.
"""

from __future__ import annotations

import sqlite3
import tomllib
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from db.tables import meta, metadata
from tests.reliability.world import ALL_READERS, READERS, Reader
from tests.servers import database

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from tests.reliability.world import FaultWorld

    Words = tuple[str, ...]

MORNING = READERS[2]
NOT_COPIED = frozenset({"lease"})
SQLITE_SCENES = frozenset({"db restore --skip-told"})
FOLDER_SCENES = ("run", "subscribers forget")
"""Scenes that differ where digests go into a folder."""


def forget_subscriber(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Erase a subscriber for whom a mail waits."""
    guest = _guest(world, "Leaving")
    world.publish()
    with world.no_mail():
        world.run_in_place()
    world.let_time_pass()
    words = ("subscribers", "forget", guest.address, "--yes")
    yield words
    if world.code == 0:
        world.expect(not _places_with(world, guest.address), f"it ended with 0, but {guest.address} is still stored")
    is_out = guest.address not in _config(world)
    if is_out:
        _expect_no_mail(world, guest, "is out of config.toml")
    yield words
    yield from world.repeat_until_done(words)
    world.expect(not (left := _places_with(world, guest.address)), f"{guest.address} was erased but stands in {left}")
    if not is_out:
        _expect_no_mail(world, guest, "was erased")


def pause_subscriber(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Pause a subscriber."""
    guest = _guest(world, "Pausing")
    yield from _set_paused(world, guest, "pause", is_paused=True)
    world.publish()
    _expect_no_mail(world, guest, "is paused")
    _remove_guest(world, guest)


def resume_subscriber(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Resume a subscriber, who must not be mailed about the news of the pause."""
    guest = _guest(world, "Resuming", "paused = true\n")
    world.publish()
    world.run_in_place()
    missed = world.events[-1].uin
    yield from _set_paused(world, guest, "resume", is_paused=False)
    world.publish()
    world.let_time_pass()
    world.run_in_place()
    mailed = [uin for letter in world.letters if letter.address == guest.address for uin in letter.uins]
    world.expect(mailed.count(world.events[-1].uin) == 1, f"{guest.name} was resumed but was not mailed the news once")
    world.expect(missed not in mailed, f"{guest.name} was mailed the news of the pause")
    _remove_guest(world, guest)


def skip_ahead(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Count the news of the next run as mailed."""
    _run_until_idle_on_a_weekday(world)
    words = ("digest", "skip", "--until", world.today.isoformat())
    yield words
    yield from world.repeat_until_done(words)
    before = len(world.letters)
    world.publish(hidden_from=ALL_READERS)
    world.run_in_place()
    world.expect(len(world.letters) == before, "news that counts as mailed was mailed")
    # The archive may wait for sources that other scenes had switched on; of this one later news is told.
    world.expect(bool(_fact(world, "caught_up_at")), "all later news counts as mailed")


def restore_backup(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Restore an old backup after mails were sent. Their news must not be mailed again."""
    _run_until_idle_on_a_weekday(world)
    file, backup = world.desk.folder / "archive.db", world.desk.folder / "saved.db"
    backup.unlink(missing_ok=True)
    world.run_in_place("db", "backup", str(backup))
    world.publish(hidden_from=MORNING.name)
    letters = len(world.letters)
    world.run_in_place()
    new_mails = {letter.key for letter in world.letters[letters:]}
    world.engine.dispose()
    words = ("db", "restore", str(backup), "--skip-told", "--yes")
    yield words
    world.engine.dispose()
    replaced = _replaced_files(file)
    is_old = _knows_mails(file, new_mails)
    world.expect(_is_intact(file), "a restore damaged the archive")
    world.expect(all(map(_is_intact, replaced)), "an archive that a restore kept is damaged")
    world.expect(is_old or any(_knows_mails(path, new_mails) for path in replaced), "the replaced archive was not kept")
    world.expect(not (world.code == 0 and is_old), "it ended with 0, but the old archive is in place")
    yield words
    yield from world.repeat_until_done(words)
    world.expect(not _knows_mails(file, new_mails), "the backup is not in place")
    world.expect(all(path.exists() for path in replaced), "a kept archive is gone")
    world.expect(
        any(_knows_mails(path, new_mails) for path in _replaced_files(file)), "the replaced archive is not kept"
    )
    world.forgotten |= new_mails
    if _fact(world, "told_to") > world.today.isoformat():
        # What was told last could not be read, and yesterday of today's calendar is years after the days of this world.
        world.run_in_place("digest", "skip", "--until", world.today.isoformat())
    before = len(world.letters)
    world.run_in_place()
    world.expect(len(world.letters) == before, "news that counts as mailed was mailed")
    for path in _replaced_files(file):
        path.unlink()


def copy_archive(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Copy the archive into a database of the other kind."""
    world.run_in_place("match")  # records how a run ended that was killed, which a copy would do too
    with _other_database(world) as (words, target):
        before = _rows(world.engine)
        yield words
        world.expect(_rows(world.engine) == before, "a copy changed its source")
        copied = _rows(target)
        world.expect(copied in (before, {}), "the copy is neither whole nor empty")
        world.expect(not (world.code == 0 and copied != before), "it ended with 0, but nothing was copied")
        yield words
        is_done = world.code == 0 or (copied == before and "archive in use" in world.output)
        world.expect(is_done, f"a second copy failed: {world.output.strip()[-200:]}")
        world.expect(_rows(target) == before, "the copy is not whole")
        world.expect(_rows(world.engine) == before, "a second copy changed its source")


# -- parts of scenes ---------------------------------------------------------------------------------------------------


def _config(world: FaultWorld) -> str:
    return world.desk.config.read_text(encoding="utf-8")


def _guest(world: FaultWorld, name: str, settings: str = "") -> Reader:
    """Add an instant subscriber for a while, with more `settings` in the table."""
    number = len(world.events)
    world.let_time_pass()
    guest = Reader(f"{name} desk {number}", f"{name.lower()}{number}@example.org", '["*"]', "instant")
    world.desk.config.write_text(f"{_config(world)}\n{guest.table}{settings}", encoding="utf-8")
    return guest


def _remove_guest(world: FaultWorld, guest: Reader) -> None:
    """Remove the guest from config.toml by hand."""
    before, _, after = _config(world).partition(f'[[subscribers]]\nname = "{guest.name}"')
    world.desk.config.write_text(
        before.rstrip("\n") + "\n" + after[after.find("\n[") :] * ("\n[" in after), encoding="utf-8"
    )


def _expect_no_mail(world: FaultWorld, guest: Reader, why: str) -> None:
    """Run, and expect that the guest is mailed nothing."""
    before = _letters_to(world, guest)
    world.let_time_pass()
    world.run_in_place()
    world.expect(_letters_to(world, guest) == before, f"{guest.name} {why} but was mailed")


def _letters_to(world: FaultWorld, guest: Reader) -> int:
    return sum(letter.address == guest.address for letter in world.letters)


def _set_paused(world: FaultWorld, guest: Reader, verb: str, *, is_paused: bool) -> Iterator[Words]:
    """Pause or resume a subscriber. config.toml must be readable after each command."""
    words = ("subscribers", verb, guest.name)
    yield words
    if world.code == 0:
        world.expect(_is_paused(world, guest) is is_paused, f"{verb} ended with 0 but changed nothing")
    yield words
    yield from world.repeat_until_done(words)
    world.expect(_is_paused(world, guest) is is_paused, f"{verb} changed nothing")


def _is_paused(world: FaultWorld, guest: Reader) -> bool:
    tables = tomllib.loads(_config(world))["subscribers"]
    return next(bool(table.get("paused")) for table in tables if table["email"] == guest.address)


def _places_with(world: FaultWorld, address: str) -> list[str]:
    """Return the tables and files in which an address stands, except the output of commands."""
    found = [name for name, rows in _rows(world.engine, with_all_tables=True).items() if address in str(rows)]
    own = {"said", "points"}
    files = [path for path in world.desk.folder.rglob("*") if path.is_file() and path.name not in own]
    return found + [path.name for path in files if address.encode() in path.read_bytes()]


def _fact(world: FaultWorld, key: str) -> str:
    with world.engine.connect() as connection:
        return str(connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar() or "")


def _run_until_idle_on_a_weekday(world: FaultWorld) -> None:
    """Mail all news, with the daily digest of a new day, so that whatever comes now is new.

    The first wait comes before the day ends, because the second run believes that a question is gone and mails it, and
    today's daily digest may have been sent before.
    """
    world.run_until_idle()
    world.next_day()
    while world.today.isoweekday() > 5:
        world.run_in_place()
        world.next_day()
    world.run_until_idle()


def _rows(engine: Engine, *, with_all_tables: bool = False) -> dict[str, list[Any]]:
    """Return the rows of each table that has any, as a copy has them; nothing if there is no archive."""
    try:
        with engine.connect() as connection:
            return {
                table.name: rows
                for table in metadata.sorted_tables
                if (with_all_tables or table.name not in NOT_COPIED) and (rows := _rows_of(connection, table))
            }
    except SQLAlchemyError:
        return {}
    finally:
        engine.dispose()


def _rows_of(connection: Connection, table: Any) -> list[Any]:
    return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]


@contextmanager
def _other_database(world: FaultWorld) -> Iterator[tuple[Words, Engine]]:
    """Open an empty database of the other kind, with the command that copies into it."""
    if world.place.archive == "sqlite" and world.server:
        with database(world.server) as url:
            url_file = world.desk.folder / "elsewhere"
            url_file.unlink(missing_ok=True)
            url_file.touch(mode=0o600)
            url_file.write_text(url, encoding="utf-8")
            engine = create_engine(url)
            yield ("db", "copy", "--to-file", str(url_file)), engine
            engine.dispose()
        return
    file = world.desk.folder / "elsewhere.db"
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    engine = create_engine(f"sqlite:///{file}")
    yield ("db", "copy", "--to", f"sqlite:///{file}"), engine
    engine.dispose()


def _replaced_files(file: Path) -> list[Path]:
    return sorted(file.parent.glob(f"{file.name}.replaced-*"))


def _is_intact(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def _knows_mails(file: Path, keys: set[str]) -> bool:
    """Return whether an archive knows these mails."""
    with closing(sqlite3.connect(file)) as connection:
        known = {str(row[0]) for row in connection.execute("SELECT message_id FROM outbox")}
    return keys <= known


SUBSCRIBERS_AND_ARCHIVE: dict[str, Callable[[FaultWorld, random.Random], Iterator[Words]]] = {
    "subscribers forget": forget_subscriber,
    "subscribers pause": pause_subscriber,
    "subscribers resume": resume_subscriber,
    "digest skip --until": skip_ahead,
    "db restore --skip-told": restore_backup,
    "db copy": copy_archive,
}
