"""Calls of every public method of the archive's parts while another process holds the database.

While a writer holds the database, methods that only read go on, and methods that write raise LockedError, or do their work
if the writer lets go in time. While the database is locked exclusively, every method raises LockedError. No other error is
raised, and no change is half done. See archive_methods.py for how the methods are found.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, select, text
from sqlalchemy.engine import make_url

from db import engine as engines
from db import tables
from db.archive import Archive, open_archive
from db.engine import open_engine
from db.transactions import WRITERS
from monitor.errors import LockedError, MonitorError
from tests.reliability.archive_methods import NOW, UnknownValueError, methods, methods_of_workers
from tests.reliability.dumps import VERSIONS, load, restored
from tests.reliability.tally import Proof, Tally
from tests.servers import database, migrate, postgres_server, run_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from tests.reliability.archive_methods import Method
    from tests.reliability.tally import Budget

SHORT_TIMEOUT_MS = 4

QUEUE_TABLES = ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers")

WRITTEN_BESIDE_WRITERS = frozenset({"host_turn"})
"""Tables that are written while another process writes."""


# -- locks -------------------------------------------------------------------------------------------------------------


@contextmanager
def short_busy_timeout(milliseconds: int = SHORT_TIMEOUT_MS) -> Iterator[None]:
    """Let engines that are opened inside wait no longer than this."""
    before = engines.BUSY_TIMEOUT_MS
    engines.BUSY_TIMEOUT_MS = milliseconds
    try:
        yield
    finally:
        engines.BUSY_TIMEOUT_MS = before


@contextmanager
def held_by_a_writer(url: str) -> Iterator[Callable[[], None]]:
    """Write in another process while the block runs. Call what is yielded to let go."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as holder:
            yield _lock(
                holder,
                "BEGIN EXCLUSIVE",
                f"BEGIN; SELECT pg_advisory_xact_lock({WRITERS})",
            )
    finally:
        engine.dispose()


@contextmanager
def held_exclusively(url: str) -> Iterator[Callable[[], None]]:
    """Lock the database for readers too while the block runs."""
    table_names = ", ".join(
        [
            *(f'"{name}"' for name in tables.metadata.tables),
            "alembic_version",
            *QUEUE_TABLES,
        ]
    )
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as holder:
            if engine.dialect.name == "sqlite":
                holder.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
            yield _lock(
                holder,
                "BEGIN EXCLUSIVE",
                f"BEGIN; LOCK TABLE {table_names} IN ACCESS EXCLUSIVE MODE",
            )
    finally:
        engine.dispose()


def _lock(holder: Connection, sqlite: str, postgresql: str) -> Callable[[], None]:
    for statement in (sqlite if holder.dialect.name == "sqlite" else postgresql).split("; "):
        holder.exec_driver_sql(statement)
    return lambda: _release(holder)


def _release(holder: Connection) -> None:
    holder.exec_driver_sql("ROLLBACK")


# -- outcomes ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Outcome:
    """Outcome of a call: "done", "locked", "refused" (an error of ours about the call), or the error raised."""

    how: str

    @classmethod
    def of(cls, method: Method, archive: Archive) -> Outcome:
        """Call the method."""
        try:
            method.call(archive)
        except LockedError:
            return cls("locked")
        except MonitorError:
            return cls("refused")
        except UnknownValueError:
            raise
        except Exception as exc:  # noqa: BLE001 (it is the outcome)
            return cls(f"{type(exc).__name__}: {exc}")
        return cls("done")


def retry_when_released(method: Method, template: Path, folder: Path) -> tuple[bool, Tally]:
    """Return whether a method waits for a writer, and a tally of whether it works once the writer lets go (SQLite)."""
    path = folder / "archive.db"
    shutil.copy(template, path)
    url = f"sqlite:///{path}"
    archive = Archive(open_engine(url), clock=lambda: NOW)
    waited: list[object] = []

    with held_by_a_writer(url) as release, closing(archive):

        def release_at_first_error(context: object) -> None:
            if not waited:
                release()
            waited.append(context)

        event.listen(archive.engine, "handle_error", release_at_first_error)
        outcome = Outcome.of(method, archive)
    tally = Tally(tried=1)
    if outcome.how not in ("done", "refused"):
        tally.failures.append(f"{method}, when a writer let go: {outcome.how}")
    return bool(waited), tally


def wait_until_released(method: Method, url: str) -> tuple[bool, Tally]:
    """Return whether a method waits for a writer, and a tally of whether it works once the writer lets go (PostgreSQL)."""
    archive = Archive(open_engine(url), clock=lambda: NOW)
    is_over, waited = threading.Event(), threading.Event()
    with held_by_a_writer(url) as release, closing(archive):

        def release_when_awaited() -> None:
            engine = create_engine(url, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                while not is_over.wait(LOOK_SECONDS):
                    if connection.exec_driver_sql(_AWAITED).scalar_one():
                        waited.set()
                        break
            engine.dispose()
            release()

        thread = threading.Thread(target=release_when_awaited)
        thread.start()
        outcome = Outcome.of(method, archive)
        is_over.set()
        thread.join()
    tally = Tally(tried=1)
    if outcome.how not in ("done", "refused"):
        tally.failures.append(f"{method}, when a writer let go: {outcome.how}")
    return waited.is_set(), tally


LOOK_SECONDS = 0.002
_AWAITED = """
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted
    )
"""

MAY_STOP_AT_INDEX = frozenset(
    {
        "index.compact",
        "index.keep_lease",
        "index.reading",
        "search.known_words",
        "shared_words.count",
        "shared_words.count_rows",
        "shared_words.rows",
        "similar.with_equals",
        "similar.with_words",
    }
)
"""Methods that read or write the index alone, or may find nothing there and then need not read the archive."""


def call_while_held(method: Method, archive: Archive, holder_name: str, *, is_locked: bool) -> Tally:
    """Call a method while another process holds the database and does not let go."""
    outcome = Outcome.of(method, archive)
    is_right = outcome.how == "locked" if is_locked else outcome.how in ("done", "refused")
    is_right = is_right or (str(method) in MAY_STOP_AT_INDEX and outcome.how == "done")
    expected = "locked" if is_locked else "done"
    problem = f"{method} on {archive.engine.dialect.name}, held {holder_name}: {outcome.how}, not {expected}"
    return Tally(tried=1, failures=[] if is_right else [problem])


def contents(engine: Engine) -> dict[str, list[str]]:
    """Return all rows of all tables that no one may write beside a writer."""
    with engine.connect() as connection:
        queries: dict[str, Any] = {
            name: select(table) for name, table in tables.metadata.tables.items() if name not in WRITTEN_BESIDE_WRITERS
        }
        if engine.dialect.name == "postgresql":
            queries |= {name: select(text("*")).select_from(text(name)) for name in QUEUE_TABLES}
        return {name: sorted(map(repr, connection.execute(query))) for name, query in queries.items()}


def sweep(url: str, waits_for_writer: Mapping[Method, bool]) -> Tally:
    """Try every method under both locks on the archive at `url`. `waits_for_writer` says which wait for a writer."""
    tally = Tally()
    quiet = create_engine(url)
    before = contents(quiet)
    quiet.dispose()
    for holder_name, holder in (
        ("by a writer", held_by_a_writer),
        ("exclusively", held_exclusively),
    ):
        with holder(url):
            archive = Archive(open_engine(url), clock=lambda: NOW)
            for method, is_writing in waits_for_writer.items():
                is_locked = is_writing if holder_name == "by a writer" else _touches_a_table(method, archive.engine)
                tally.add(call_while_held(method, archive, holder_name, is_locked=is_locked))
            archive.close()
        if contents(quiet) != before:
            tally.failures.append(f"held {holder_name}, rows were changed")
        quiet.dispose()
    return tally


def _touches_a_table(method: Method, engine: Engine) -> bool:
    """Return whether a method reads or writes a table. Three methods only make another object.

    On PostgreSQL all tables are locked; four methods only take a lock of another kind there.
    """
    if str(method) in ("outbox.of", "outbox.for_threads", "jobs.procrastinate_app"):
        return False
    without = ("runs.renew", "revisions.batch", "ledger.batch", "jobs.turn_to_hand_out")
    return engine.dialect.name == "sqlite" or str(method) not in without


def find_waiting_methods(template: Path, folder: Path, tally: Tally, chosen: Iterable[Method]) -> dict[Method, bool]:
    """Return which methods wait for a writer. This is found on SQLite and holds on PostgreSQL too."""
    found = {}
    for method in chosen:
        try:
            found[method], method_tally = retry_when_released(method, template, folder)
        except UnknownValueError as exc:
            method_tally = Tally(tried=1, failures=[f"{method}: {exc}"])
        tally.add(method_tally)
    return found


def populated_archive(folder: Path) -> Path:
    """Make an archive of the newest schema that has rows in every table."""
    path = restored(VERSIONS[-1], folder)
    url = f"sqlite:///{path}"
    archive = open_archive(url)
    archive.index.follow()
    archive.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def on_sqlite(template: Path, chosen: Iterable[Method]) -> tuple[dict[Method, bool], Tally]:
    """Sweep an archive on SQLite, with copies of it in its folder. Return also which methods wait for a writer."""
    tally = Tally()
    with short_busy_timeout():
        waits_for_writer = find_waiting_methods(template, template.parent, tally, chosen)
        tally.add(sweep(f"sqlite:///{template}", waits_for_writer))
    return waits_for_writer, tally


def on_postgresql(
    server: str, template: Path, waits_for_writer: Mapping[Method, bool], of_workers: Iterable[Method] = ()
) -> tuple[dict[Method, bool], Tally]:
    """Sweep a database of a PostgreSQL server. Return also which methods of shared work wait for a writer."""
    tally = Tally()
    found = {}
    with database(server) as url:
        migrate(url)
        load(template, url)
        with database(server, template=str(make_url(url).database)) as copy:
            for method in of_workers:
                run_on(copy, "DELETE FROM procrastinate_jobs")  # a unit gets no second job, and nothing waits for that
                try:
                    found[method], method_tally = wait_until_released(method, copy)
                except UnknownValueError as exc:
                    method_tally = Tally(tried=1, failures=[f"{method}: {exc}"])
                tally.add(method_tally)
        with short_busy_timeout():
            tally.add(sweep(url, {**waits_for_writer, **found}))
    return found, tally


def try_locked_database(folder: Path, budget: Budget) -> Tally:
    """Sweep SQLite, then PostgreSQL if the budget allows."""
    template = populated_archive(folder)
    waits_for_writer, tally = on_sqlite(template, methods())
    if budget.allows_another(tally.tried):
        with postgres_server() as server:
            tally.add(on_postgresql(server, template, waits_for_writer, methods_of_workers())[1])
    return tally


CALLS = 5 * len(methods()) + 3 * len(methods_of_workers())

PROOFS = (
    Proof(
        name="locked database",
        unit="call",
        full=CALLS,
        run=try_locked_database,
        share=0.3,
    ),
)
