"""Scenes of the past: files of a source are read from the web, and two records that were found to be one are parted again.

What they store is of years before everything that the world publishes, and no reader is to hear of any of it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
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
from tests.e2e.pwdata import Said, write_day

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.reliability.world import World

    Words = tuple[str, ...]

MOST_REPEATS = 3
FIRST = date(2005, 1, 3)
EACH = 3
"""Answers of a day."""
LATER = 2_000_000_000
"""An instant after all that the files say of themselves; seconds."""


def a_backfill(world: World, _chance: random.Random) -> Iterator[Words]:
    """Two more days of old answers, one of which was broken when it was read first."""
    root = world.desk.folder / "pwdata"
    days = len(list(root.rglob("answers*.xml")))
    letters = len(world.letters)
    _write(root, days)
    broken = _write(root, days + 1)
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-30])
    words = ("backfill", THEIRS)
    with _served(world, root):
        world.prepare(*words)
        _expect(world, world.code == 1, "a broken file was not told")
        _write(root, days + 2)
        _mend(broken, whole, LATER + days)
        yield words
        yield words
        yield from _again(world, words)
    stored = _stored(world)
    _expect(world, stored == (days + 3) * EACH, f"{(days + 3) * EACH} old answers were read, {stored} are stored")
    _expect(world, len(world.letters) == letters, "somebody was mailed while the past was read")


def a_parting(world: World, _chance: random.Random) -> Iterator[Words]:
    """Two records became one because a source said so, and a person knows better."""
    number = str(100_000 + len(world.acts) + _mergings(world))
    nameless = without_names(printed(API, number))
    both = printed(THEIRS, number)
    archive = Archive(open_engine(world.engine.url.render_as_string(hide_password=False)))
    try:
        tell(archive, both, nameless, replace(nameless, keys=both.keys), is_news=lambda *_: False)
        [newest, *_] = archive.mergings.listing()
    finally:
        archive.close()
    words = ("db", "merged", "--undo", str(newest.id))
    yield words
    if _is_one(world, newest.id):
        _expect(world, world.code != 0, "it ended with 0, and the records are one yet")
        yield words
        yield from _again(world, words)
    _expect(world, not _is_one(world, newest.id), "two records were parted and are one")


def _write(root: Path, number: int) -> Path:
    said = [Said(number * EACH + place + 200_000, "It was a long time ago.") for place in range(EACH)]
    return write_day(root, FIRST + timedelta(days=number), "a", said)


def _mend(path: Path, body: bytes, at: int) -> None:
    """Put a file's right bytes in place, and say so as the site does; a web server tells times by the second."""
    path.write_bytes(body)
    changes = path.with_name("changedates.txt")
    with changes.open("a", encoding="ascii") as lines:
        lines.write(f"{at},{path.name}\n")
    os.utime(changes, (at, at))


def _stored(world: World) -> int:
    query = select(func.count()).where(proceeding.c.public_id.like("pq-commons-2004-05-%"))
    with world.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def _mergings(world: World) -> int:
    with world.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(merging)).scalar_one())


def _is_one(world: World, number: int) -> bool:
    with world.engine.connect() as connection:
        return connection.execute(select(merging.c.undone_at).where(merging.c.id == number)).scalar_one() is None


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


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _served(world: World, root: Path) -> Iterator[None]:
    """Inside, the files lie on a web server that config.toml names."""
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


FILES: dict[str, Callable[[World, random.Random], Iterator[Words]]] = {
    f"backfill {THEIRS}": a_backfill,
    "db merged --undo": a_parting,
}
