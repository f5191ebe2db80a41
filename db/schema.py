"""Version of the schema: read it, upgrade it, refuse a newer one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from db.database_errors import shown_address, translated
from db.transactions import reading
from monitor.errors import ArchiveError, SchemaError, VersionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config
    from sqlalchemy import Connection, Engine

HEAD = "0025"
"""Newest migration, named here so that opening an archive does not import the migration library."""


def migrations() -> Path:
    """Return the folder of the migrations: beside this file in the wheel, at the top of a checkout."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_migrations", here.parent / "alembic"):
        if (folder / "env.py").is_file():
            return folder
    raise SchemaError("pqwatch is installed without its migrations: install it again")


def current(engine: Engine) -> str | None:
    """Return the archive's schema version; None if there is no archive yet.

    Raises SchemaError where the version is that of another program, which uses the same migration library.
    """
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
        is_ours = version in (None, HEAD) or inspect(connection).has_table("proceeding")
    if not is_ours:
        raise SchemaError(
            f"{shown_address(engine.url)} holds tables of another program (its alembic_version says {version}): name an "
            "empty database in archive.url"
        )
    return version


def other_version(version: str | None) -> SchemaError:
    """Return the error of an archive whose schema is not this program's, with what to do: VersionError if it is newer."""
    if version is None:
        return SchemaError("there is no archive yet: run: pqwatch init, or pqwatch db upgrade")
    if version > HEAD:
        return VersionError(
            f"the archive's schema ({version}) is newer than this program ({HEAD}): install the newer pqwatch"
        )
    return SchemaError(f"the archive's schema ({version}) is older than this program ({HEAD}): run: pqwatch db upgrade")


def config() -> Config:
    """Return the settings of the migration library, which has no file of its own."""
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
    """Upgrade the archive to `revision`, all or nothing. Of two at once the second waits, then finds nothing to do.

    `before` is called when it is our turn and nothing is done yet; on SQLite no other process writes meanwhile. `after` is
    part of the upgrade: what it writes is there with the new schema or not at all.
    """
    from alembic import command  # noqa: PLC0415 (slow to import, seldom needed)

    settings = config()
    settings.attributes["engine"] = engine
    settings.attributes["before"] = before
    settings.attributes["after"] = after
    _refuse_other_encoding(engine)
    with translated(engine):
        command.upgrade(settings, revision)


def _refuse_other_encoding(engine: Engine) -> None:
    """Raise ArchiveError where PostgreSQL keeps texts in an encoding that lacks letters and signs of our texts."""
    if engine.dialect.name != "postgresql":
        return
    with reading(engine) as connection:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise ArchiveError(
            f"{shown_address(engine.url)} keeps texts as {encoding}: make it with --encoding=UTF8 --template=template0"
        )
