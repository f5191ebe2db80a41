"""Run migrations in one transaction, on the engine that the program hands over.

On SQLite, foreign keys are off while tables are rebuilt, because a rebuild would delete the children of a row; they are
checked before the commit. Views may name a table that is missing for a moment. One process migrates at a time, while no
other process writes: PostgreSQL has a lock of writers, which a second migration waits for, and SQLite BEGIN IMMEDIATE.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from alembic import context

from db.engine import BUSY_TIMEOUT_MS, TRIES, open_engine
from db.tables import metadata
from db.transactions import WRITERS, begin_writing, patiently, refused_after_rollback, take_your_time
from monitor.errors import SchemaError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def migrate(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=sqlite,
        compare_type=True,
        transactional_ddl=True,
        include_name=lambda name, kind, _parents: (
            kind != "table" or not (name == "alembic_version" or str(name).startswith("procrastinate_"))
        ),
    )
    take_your_time(connection)
    if not sqlite:
        connection.exec_driver_sql("set local lock_timeout = 0")
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({WRITERS})")
        connection.exec_driver_sql(f"set local lock_timeout = {BUSY_TIMEOUT_MS * TRIES}")
    context.run_migrations()
    if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
        raise SchemaError(
            f"the upgrade would leave {len(broken)} rows without what they belong to, so nothing was changed: report it"
        )


def straight(connection: Connection) -> Any:
    """Return the connection of SQLite's driver, for settings that cannot be changed in a transaction."""
    return connection.connection.driver_connection


def run(engine: Engine) -> None:
    with engine.connect() as outer:
        if outer.dialect.name == "sqlite":
            straight(outer).execute("PRAGMA foreign_keys = OFF")
            straight(outer).execute("PRAGMA temp_store = FILE")  # sorting may need much room
            straight(outer).execute("PRAGMA legacy_alter_table = ON")
        try:
            # On PostgreSQL, `migrate` waits longer for the writers.
            begin = (lambda: begin_writing(outer)) if outer.dialect.name == "sqlite" else outer.begin
            with patiently(engine, begin), refused_after_rollback(engine):
                context.config.attributes.get("before", lambda: None)()
                migrate(outer)
                context.config.attributes.get("after", lambda _: None)(outer)
        finally:
            if outer.dialect.name == "sqlite":
                straight(outer).rollback()  # where its commit failed, a transaction is open still
                straight(outer).execute("PRAGMA legacy_alter_table = OFF")
                straight(outer).execute("PRAGMA foreign_keys = ON")
                straight(outer).execute("PRAGMA temp_store = MEMORY")


given: Engine | None = context.config.attributes.get("engine")
if given is not None:
    run(given)
else:  # by hand: alembic's own command line
    own = open_engine(os.environ["PQWATCH_ARCHIVE_URL"])
    try:
        run(own)
    finally:
        own.dispose()
