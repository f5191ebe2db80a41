"""Scenes of the past: files of a source are read from the web, and two records that were merged are separated.

Their records are of years before everything that the world publishes, and no reader must be mailed about them.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from db.archive import Archive
from db.engine import open_engine
from db.tables import merging, proceeding
from tests.db.several_sources import API, THEIRS, printed, tell, without_names
from tests.e2e.pwdata import AnsweredQuestion, write_day

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.reliability.world import FaultWorld

    Words = tuple[str, ...]

FIRST = date(2005, 1, 3)
ANSWERS_PER_DAY = 3
AFTER_ALL_FILES = 2_000_000_000
"""Instant after all times in the files, in seconds."""


def backfill(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Read two more days of old answers, one of which was broken when it was first read."""
    root = world.desk.folder / "pwdata"
    days = len(list(root.rglob("answers*.xml")))
    letters = len(world.letters)
    _write(root, days)
    broken = _write(root, days + 1)
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-30])
    words = ("backfill", THEIRS)
    with _served(world, root):
        world.run_in_place(*words)
        world.expect(world.code == 1, "a broken file was not reported")
        _write(root, days + 2)
        _repair(broken, whole, AFTER_ALL_FILES + days)
        yield words
        yield words
        yield from world.repeat_until_done(words)
    stored = _count_stored(world)
    world.expect(
        stored == (days + 3) * ANSWERS_PER_DAY,
        f"{(days + 3) * ANSWERS_PER_DAY} old answers were read, {stored} are stored",
    )
    world.expect(len(world.letters) == letters, "a reader was mailed about the past")


def undo_merge(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Separate two records that became one because a source said so."""
    number = str(100_000 + len(world.events) + _count_merges(world))
    unnamed = without_names(printed(API, number))
    record = printed(THEIRS, number)
    archive = Archive(open_engine(world.engine.url.render_as_string(hide_password=False)))
    try:
        tell(archive, record, unnamed, replace(unnamed, keys=record.keys), is_news=lambda *_: False)
        [newest, *_] = archive.revisions.mergings()
    finally:
        archive.close()
    words = ("db", "merged", "--undo", str(newest.id))
    yield words
    if _is_merged(world, newest.id):
        world.expect(world.code != 0, "it ended with 0, but the records are still merged")
        yield words
        yield from world.repeat_until_done(words)
    world.expect(not _is_merged(world, newest.id), "two records were separated but are still merged")


def _write(root: Path, number: int) -> Path:
    answers = [
        AnsweredQuestion(number * ANSWERS_PER_DAY + place + 200_000, "It was a long time ago.")
        for place in range(ANSWERS_PER_DAY)
    ]
    return write_day(root, FIRST + timedelta(days=number), "a", answers)


def _repair(path: Path, body: bytes, at: int) -> None:
    """Restore a file's bytes, and announce the change as the site does. A web server's times are whole seconds."""
    path.write_bytes(body)
    changes = path.with_name("changedates.txt")
    with changes.open("a", encoding="ascii") as lines:
        lines.write(f"{at},{path.name}\n")
    os.utime(changes, (at, at))


def _count_stored(world: FaultWorld) -> int:
    query = select(func.count()).where(proceeding.c.public_id.like("pq-commons-2004-05-%"))
    with world.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def _count_merges(world: FaultWorld) -> int:
    with world.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(merging)).scalar_one())


def _is_merged(world: FaultWorld, number: int) -> bool:
    with world.engine.connect() as connection:
        return connection.execute(select(merging.c.undone_at).where(merging.c.id == number)).scalar_one() is None


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def handle(self) -> None:
        """Answer requests until the client is gone."""
        with suppress(ConnectionError):
            super().handle()


@contextmanager
def _served(world: FaultWorld, root: Path) -> Iterator[None]:
    """Serve the files from a web server that config.toml names."""
    before = world.desk.config.read_text(encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(root))) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        base = f"http://127.0.0.1:{server.server_port}/scrapedxml"
        table = f'\n[sources.{THEIRS}]\nenabled = false\nbase_url = "{base}"\nwhat = ["wrans"]\n'
        world.desk.config.write_text(before + table, encoding="utf-8")
        try:
            yield
        finally:
            world.desk.config.write_text(before, encoding="utf-8")
            server.shutdown()
            thread.join()


FILES: dict[str, Callable[[FaultWorld, random.Random], Iterator[Words]]] = {
    f"backfill {THEIRS}": backfill,
    "db merged --undo": undo_merge,
}
