"""Databases of weeks and their backups: files of SQLite, and databases of a PostgreSQL server.

A backup of PostgreSQL is a copy that the server makes, as `pg_dump` and `pg_restore` would.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import make_url

from db import backup
from db.engine import open_engine
from monitor.digest.catch_up import record_restore
from tests.e2e.desk import an_archive
from tests.servers import run_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from pathlib import Path

    from sqlalchemy import Engine

    from db.archive import Archive
    from tests.fakes import Clock


@dataclass
class Databases:
    """Databases and backups in a folder, and on a server if there is one."""

    folder: Path
    server: str
    _numbers: Iterator[int] = field(default_factory=count)
    _made: list[str] = field(default_factory=list)

    def first(self) -> Engine:
        """Return an empty archive of this schema, in a file."""
        path = self.folder / "first.db"
        path.write_bytes(an_archive())
        return _opened(f"sqlite:///{path}")

    def empty(self, *, shared: bool) -> Engine:
        """Return an empty database, on the server if it is to be `shared`."""
        return _opened(self._address("archive") if not shared else self._created("template0"))

    def back_up(self, engine: Engine) -> str:
        """Back an archive up, and return the address of the backup."""
        if engine.dialect.name == "sqlite":
            address = self._address("backup")
            backup.back_up(engine, self.folder / str(make_url(address).database))
            return address
        engine.dispose()
        return self._created(str(engine.url.database))

    def restore(self, engine: Engine, saved: str, clock: Clock, told_until: date | None) -> Engine:
        """Put a backup in the place of an archive, which must be closed; returns the engine to go on with."""
        if engine.dialect.name == "sqlite":
            backup.restore(engine, self.folder / str(make_url(saved).database), clock(), told_to=told_until)
            engine.dispose()
            return _opened(str(engine.url))
        engine.dispose()
        return _opened(self._created(str(make_url(saved).database)))

    def close(self) -> None:
        """Drop the databases of the server."""
        for name in self._made:
            run_on(self.server, f"drop database {name} with (force)")

    def _address(self, what: str) -> str:
        return f"sqlite:///{self.folder / f'{what}-{next(self._numbers)}.db'}"

    def _created(self, template: str) -> str:
        name = f"weeks_{self.folder.name.replace('-', '_')}_{next(self._numbers)}"
        run_on(self.server, f"create database {name} template {template}")
        self._made.append(name)
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)


def skip_until(archive: Archive, until: date, now: datetime) -> None:
    """Say up to which day all was told, as `digest skip --until` does."""
    with archive.runs.lease():
        record_restore(archive, until, now)


def is_of(saved: str, engine: Engine) -> bool:
    """Return whether a backup can be restored in the place of an archive."""
    return make_url(saved).get_backend_name() == engine.dialect.name


def _opened(address: str) -> Engine:
    engine = open_engine(address)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _turn_off_sync)
    return engine


def _turn_off_sync(connection: Any, _record: object) -> None:
    """Write without forcing it to the disk: no machine dies here."""
    connection.execute("PRAGMA synchronous = OFF")
