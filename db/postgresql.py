"""Connect to a PostgreSQL server, with limits on waiting, and notice one that fell silent.

A connection may die silently: a network drops packets, a proxy or a machine stops. With the settings below TCP notices the
first within half a minute. For the rest, when a statement was silent for some seconds, the server is asked on another
connection whether it still works on it; a statement that just takes long goes on. So does one whose answer comes while the
server is asked, or within some seconds where the server has just ended it.
"""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NoReturn

import psycopg
from psycopg.errors import ConnectionTimeout
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError

from db.database_errors import has_answered

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sqlalchemy import Engine
    from sqlalchemy.pool import ConnectionPoolEntry

CONNECT_SECONDS: Final = 8
"""Seconds for each address of the server's name; `localhost` has two."""
SILENT_SECONDS: Final = 8.0
"""Seconds of silence after which the server is asked whether it is there."""
PROBE_SECONDS: Final = 5
AGAIN_SECONDS: Final = 30.0
"""Seconds after which a server that works is asked again."""
ANSWER_SECONDS: Final = 5.0
"""Seconds in which the answer must come of a statement that the server has ended, unless the network lost it."""
IDLE_SECONDS: Final = 1.0
"""Seconds without a transaction after which a connection is tried before the next one: the server may have ended it."""
GONE_FOR: Final = 20.0
GONE_SECONDS: Final = 2
"""Seconds, and for how long, that a server which did not answer is waited for: a run must still note how it ended."""
STATEMENT_MINUTES: Final = 10

TCP: Final = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""TCP settings: a dead connection ends after 20 seconds, whether something was sent on it or not."""
TEXTS: Final = {"client_encoding": "utf8"}
"""Texts go as UTF-8, whatever a variable such as PGCLIENTENCODING or the database says."""
DATE_STYLE: Final = "ISO, YMD"
"""Form in which dates come, the only one that psycopg reads; a database may be set to another."""
SESSION: Final = {
    "statement_timeout": f"{STATEMENT_MINUTES}min",
    "datestyle": DATE_STYLE,
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""Time limit of a statement, form of dates, and how soon the server frees what a vanished client held."""


def connect_options(query: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a connection, except those that the archive's address sets itself."""
    options = {"connect_timeout": CONNECT_SECONDS, **TCP, **TEXTS}
    return {name: value for name, value in options.items() if name not in query}


async def take_iso_dates(connection: psycopg.AsyncConnection[Any]) -> None:
    """Prepare a connection of Procrastinate's, as `watch_connections` does for ours."""
    await connection.execute("SELECT set_config('datestyle', %s, false)", (DATE_STYLE,))
    await connection.commit()


def watch_connections(engine: Engine) -> None:
    """Watch the connections of an engine, so that none waits for a server that is gone."""
    gone = _Gone()

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, args: list[Any], given: dict[str, Any]) -> _Watched:
        if gone.is_recent:
            given = {**given, "connect_timeout": GONE_SECONDS}
        try:
            connection = _Watched.connect(*args, **given)
        except ConnectionTimeout:
            gone.note()
            raise
        connection.gone = gone
        connection.asked = (args, {name: value for name, value in given.items() if name != "context"})
        return connection

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        options = str(engine.url.query.get("options", ""))
        cursor = connection.cursor()
        for name, value in SESSION.items():
            if name not in options:
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        cursor.close()
        connection.commit()


def ask_idle_connections(engine: Engine) -> None:
    """Try a connection before it is used again, unless it was used just now; one that is broken is replaced.

    SQLAlchemy's own `pool_pre_ping` asks before each transaction: a fifth of all a worker asks the server for one mail.
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_USED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: ConnectionPoolEntry, _fairy: object) -> None:
        used_at = record.info.get(_USED_AT)
        if used_at is None or time.monotonic() - used_at < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as exc:
            raise InvalidatePoolError from exc  # SQLAlchemy makes a new connection, and drops the other old ones


_USED_AT: Final = "used_at"


class _Gone:
    """Memory of when the server last did not answer."""

    def __init__(self) -> None:
        self._at = -GONE_FOR

    @property
    def is_recent(self) -> bool:
        return time.monotonic() - self._at < GONE_FOR

    def note(self) -> None:
        self._at = time.monotonic()


class _Watched(psycopg.Connection[Any]):
    """Connection that never waits for a server that is gone."""

    gone: _Gone
    asked: tuple[list[Any], dict[str, Any]] | None = None
    """Arguments of this connection, so that another one can be made."""
    is_over: Callable[[], bool] | None = None
    """Says that a statement has taken too long, which is then broken off; None lets it run. See db.time_limits."""

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        return super().wait(self._watched(gen), *args, **options)

    def _watched(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Run `gen`, and check the server when it is silent. psycopg calls this several times a second."""
        ask_at = time.monotonic() + SILENT_SECONDS
        is_last_look = False
        is_over = self.is_over
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and is_over is not None and is_over():
                    is_over = None
                    self.cancel_safe(timeout=PROBE_SECONDS)
                if ready:
                    ask_at, is_last_look = time.monotonic() + SILENT_SECONDS, False
                elif time.monotonic() >= ask_at:
                    if is_last_look:
                        self._give_up()
                    server = _Server.WORKS if self.asked is None else _ask_server(self.asked, self.info.backend_pid)
                    ask_at, is_last_look = time.monotonic() + _patience(server), server is not _Server.WORKS
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _give_up(self) -> NoReturn:
        """End this connection. Raises psycopg.OperationalError."""
        self.gone.note()
        self.pgconn.finish()
        raise psycopg.OperationalError("the server does not answer any more")


class _Server(Enum):
    """State of a server that was asked whether it still works on a statement."""

    WORKS = "it works on it"
    HAS_ENDED = "it has ended it, so its answer is on the way, or lost"
    IS_SILENT = "it does not answer"


def _patience(server: _Server) -> float:
    """Return the seconds for which to wait on, after the server was asked."""
    return {_Server.WORKS: AGAIN_SECONDS, _Server.HAS_ENDED: ANSWER_SECONDS, _Server.IS_SILENT: 0.0}[server]


class _Hasty(psycopg.Connection[Any]):
    """Connection whose statements have a short time limit."""

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        return super().wait(gen, *args, **{**options, "timeout": PROBE_SECONDS})


def _ask_server(asked: tuple[list[Any], dict[str, Any]], process: int) -> _Server:
    """Ask the server, on a connection of its own, what its process does.

    A pooler in between has process numbers of its own: then it is enough that it answers.
    """
    args, given = asked
    try:
        with _Hasty.connect(*args, **{**given, "connect_timeout": PROBE_SECONDS, "autocommit": True}) as connection:
            query = "SELECT state FROM pg_stat_activity WHERE pid = %s"
            found = connection.execute(query, (process,)).fetchone()
    except psycopg.Error as exc:
        return _Server.WORKS if has_answered(exc) else _Server.IS_SILENT  # it may have no room for another connection
    has_ended = found is not None and found[0] in ("idle", "idle in transaction", "idle in transaction (aborted)")
    return _Server.HAS_ENDED if has_ended else _Server.WORKS
