"""The schema's version: which it is, bringing it up to date, refusing one from the future."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from db.engine import reading, translated
from monitor.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config
    from sqlalchemy import Connection, Engine

HEAD = "0010"
"""The newest migration. Named here so that opening an archive does not import the migration library."""


def migrations() -> Path:
    """Where the migrations are: in the wheel beside this file, in a checkout at the top."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_migrations", here.parent / "alembic"):
        if (folder / "env.py").is_file():
            return folder
    raise SchemaError("pqwatch is installed without its migrations: install it again")


def current(engine: Engine) -> str | None:
    """The archive's schema version, None where there is no archive yet."""
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
        return version


def config() -> Config:
    """The migration library's settings, without a file."""
    from alembic.config import Config  # noqa: PLC0415 (slow to import, seldom needed)

    settings = Config()
    settings.set_main_option("script_location", str(migrations()))
    return settings


def upgrade(
    engine: Engine,
    revision: str = "head",
    *,
    before: Callable[[], None] = lambda: None,
    after: Callable[[Connection], None] = lambda _: None,
) -> None:
    """Bring the archive to `revision`, all or nothing. Two at once: the second waits, then finds nothing to do.

    `before` is called when it is our turn and nothing is done yet; on SQLite nobody else writes meanwhile. `after` is part
    of it: what it writes is there with the new schema or not at all.
    """
    from alembic import command  # noqa: PLC0415 (slow to import, seldom needed)

    settings = config()
    settings.attributes["engine"] = engine
    settings.attributes["before"] = before
    settings.attributes["after"] = after
    with translated(engine):
        command.upgrade(settings, revision)
