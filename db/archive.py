"""The archive: one object, one part of the record each. Every method is one transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from db import schema
from db.cache import Cache
from db.collection import Coverage, Files
from db.cross_references import note_earlier_references
from db.digests import Digests
from db.engine import open_engine
from db.index import Index
from db.lease import Store
from db.matches import Matches
from db.members import Members
from db.outbox import Outbox
from db.outlets import Outlets
from db.passages import Passages
from db.pending import PendingItems
from db.records import Records
from db.revisions import Proceedings
from db.runs import Runs
from db.search import Search
from db.similar import SimilarAnswers
from db.statistics import Statistics
from db.watch_list import WatchList
from monitor.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

_REFERENCES_SINCE = "0003"
"""The first schema that knows what revisions point to."""

LEASE_FOR = timedelta(minutes=10)
"""How long a holder may stand still: longer than the longest wait for one page or one mail."""


def now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


class Archive:
    """What Parliament published, what is watched, what was found, told and sent."""

    def __init__(
        self, engine: Engine, *, clock: Callable[[], datetime] = now, lease_for: timedelta = LEASE_FOR
    ) -> None:
        self.engine = engine
        store = Store(engine, clock, lease_for)
        self.runs = Runs(store)
        self.proceedings = Proceedings(store)
        self.records = Records(store)
        self.members = Members(store)
        self.coverage = Coverage(store)
        self.files = Files(store)
        self.cache = Cache(store)
        self.watch_list = WatchList(store)
        self.matches = Matches(store)
        self.outbox = Outbox(store)
        self.outlets = Outlets(store)
        self.pending = PendingItems(store)
        self.digests = Digests(store, self.outbox)
        self.index = Index(store)
        self.search = Search(store)
        self.similar = SimilarAnswers(store)
        self.passages = Passages(store)
        self.statistics = Statistics(store)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def open_archive(url: str, *, base: Path | None = None, clock: Callable[[], datetime] = now) -> Archive:
    """Open an archive, brought to this program's schema.

    A SQLite archive is made where there is none, and upgraded, after a backup beside it, where it is older. PostgreSQL is
    upgraded by `pqwatch db upgrade` only: others may be using it. Raises SchemaError with the command to run.
    """
    engine = open_engine(url, base=base)
    try:
        _bring_up(engine)
    except BaseException:
        engine.dispose()
        raise
    return Archive(engine, clock=clock)


def _bring_up(engine: Engine) -> None:
    version = schema.current(engine)
    if version == schema.HEAD:
        return
    if engine.dialect.name != "sqlite" or (version is not None and version > schema.HEAD):
        raise SchemaError(_schema_problem(version))
    upgrade(engine)


def upgrade(engine: Engine) -> Path | None:
    """Bring an archive to this program's schema; a SQLite file is backed up first. Returns where the backup is."""
    before = schema.current(engine)
    saved: list[Path] = []
    is_older = before is not None and before < _REFERENCES_SINCE
    schema.upgrade(
        engine, before=lambda: saved.extend(_save(engine)), after=note_earlier_references if is_older else _nothing_more
    )
    return saved[0] if saved else None


def _nothing_more(_connection: Connection) -> None:
    """What an archive needs that has no answers of before."""


def _save(engine: Engine) -> list[Path]:
    """Back a SQLite archive up that is older; another process may have upgraded it before it was our turn."""
    version = schema.current(engine)
    if version is None or version == schema.HEAD or engine.dialect.name != "sqlite":
        return []
    from db.backup import back_up  # noqa: PLC0415 (seldom needed, and every command starts here)

    return [back_up(engine, _free_name(f"{engine.url.database}.{version}"))]


def _free_name(start: str) -> Path:
    """Where a backup may go: one of an upgrade that failed may be there already."""
    numbers = count(2)
    path = Path(f"{start}.bak")
    while path.exists():
        path = Path(f"{start}-{next(numbers)}.bak")
    return path


def _schema_problem(version: str | None) -> str:
    if version is None:
        return "there is no archive yet: run: pqwatch init, or pqwatch db upgrade"
    if version > schema.HEAD:
        return f"the archive's schema ({version}) is newer than this program ({schema.HEAD}): install the newer pqwatch"
    return f"the archive's schema ({version}) is older than this program ({schema.HEAD}): run: pqwatch db upgrade"
