"""Transactions: the same promises on SQLite and on PostgreSQL. Errors of the database become ours.

SQLite: writers begin with BEGIN IMMEDIATE. A transaction that reads first and writes later fails at once when another writer
came between.

PostgreSQL: one writer at a time too, by an advisory lock, so that what a transaction read still holds when it writes. Only
transactions that change rows of their own go side by side (`Store.write_own`).

Both wait for what another process holds as long as db.engine says, then raise LockedError.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from db.database_errors import is_locked, translated
from db.engine import TRIES, will_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine, RootTransaction
    from sqlalchemy.engine import ExceptionContext

_T = TypeVar("_T")

WRITERS = 7077
"""Advisory lock of PostgreSQL that lets one process at a time write, or change the schema; shared by `Store.write_own`."""


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads, with one consistent view. Raises ArchiveError, LockedError."""
    with translated(engine), engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            # SQLite always has one view; PostgreSQL would show each statement what was committed since the last.
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def reading_at_once(engine: Engine) -> Iterator[Connection]:
    """Open a connection for one statement that reads. On PostgreSQL it needs no transaction: it sees one moment anyway.

    That saves two of three round trips to the server. Raises ArchiveError, LockedError.
    """
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            yield connection
        return
    with translated(engine), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


@contextmanager
def writing(engine: Engine, *, is_shared: bool = False) -> Iterator[Connection]:
    """Open a transaction that writes, all or nothing, one at a time. Raises ArchiveError, LockedError.

    `is_shared`: see `Store.write_own`.
    """
    with translated(engine):
        _close_what_was_left(engine)
        with patiently(engine, engine.connect) as connection:
            _WRITING.connections[engine] = connection
            with patiently(engine, lambda: begin_writing(connection, is_shared=is_shared)):
                yield connection
            leave_to_other_threads(engine)


class _Writing(threading.local):
    """In each thread: the connection that writes to each archive; also one that a signal left open."""

    def __init__(self) -> None:
        self.connections: dict[Engine, Connection] = {}


_WRITING = _Writing()


def leave_to_other_threads(engine: Engine) -> None:
    """Forget what this thread writes: it is written, or another thread may end it."""
    _WRITING.connections.pop(engine, None)


def _close_what_was_left(engine: Engine) -> None:
    """End a transaction of this thread that a signal left open.

    Ctrl-C may come while a `with` begins or ends, before Python knows how to leave the block. The transaction would stay
    open while the exception is handled. Whatever the handler writes, such as the end of a stage, would wait for it in vain.
    """
    left = _WRITING.connections.pop(engine, None)
    if left is not None and not left.closed:
        left.close()


def begin_writing(connection: Connection, *, is_shared: bool = False) -> RootTransaction:
    """Begin a transaction that writes. Raises OperationalError while another process writes."""
    if connection.dialect.name == "sqlite":
        will_write(connection)
        return connection.begin()
    transaction = connection.begin()
    connection.exec_driver_sql(_LOCK_SHARED if is_shared else _LOCK)
    return transaction


_LOCK = f"SELECT pg_advisory_xact_lock({WRITERS})"
_LOCK_SHARED = f"SELECT pg_advisory_xact_lock_shared({WRITERS})"


def take_your_time(connection: Connection) -> None:
    """Lift the time limit of statements in this transaction, for an upgrade or a copy."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def patiently(engine: Engine, begin: Callable[[], _T]) -> _T:
    """Connect, or begin a transaction, and try again while the database is locked. Raises OperationalError in the end."""
    tries = TRIES if engine.dialect.name == "sqlite" else 1
    while True:
        tries -= 1
        try:
            return begin()
        except OperationalError as exc:
            if not tries or not is_locked(exc):
                raise


@contextmanager
def refused_after_rollback(engine: Engine) -> Iterator[None]:
    """Refuse each statement after SQLite has taken the transaction back by itself, as it does on a full disk.

    SQLAlchemy passes over an error while it reads a table's definition, and each later statement would be a transaction of
    its own. Each raises the error that took the transaction back.
    """
    errors: list[BaseException] = []

    def note(context: ExceptionContext) -> None:
        if context.connection is not None and not _is_in_transaction(context.connection):
            errors.append(context.sqlalchemy_exception or context.original_exception)

    def refuse(*_: object) -> None:
        if errors:
            raise errors[0]

    listeners = (("handle_error", note), ("before_cursor_execute", refuse)) if engine.dialect.name == "sqlite" else ()
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)


def _is_in_transaction(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    return bool(driver.in_transaction)
