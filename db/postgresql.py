"""Reaching a PostgreSQL server: how long it is waited for, and how one that fell silent is noticed.

A connection may die without a word: a network that drops packets, a proxy or a machine that stopped. TCP notices the first
within half a minute, by what is set here. For the rest, where a statement was silent for some seconds, the server is asked
on another connection whether it still works on it; a statement that just takes long goes on.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.errors import ConnectionTimeout
from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Engine

CONNECT_SECONDS: Final = 8
"""For each address that the server's name has; `localhost` has two."""
SILENT_SECONDS: Final = 8.0
"""After so long without a word the server is asked whether it is there."""
PROBE_SECONDS: Final = 5
AGAIN_SECONDS: Final = 30.0
"""A server that works is asked again after so long."""
GONE_FOR: Final = 20.0
GONE_SECONDS: Final = 2
"""Who did not answer is not waited for as long again soon: what is left of a run still tries to say how it ended."""
STATEMENT_MINUTES: Final = 10

TCP: Final = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A dead connection ends after 20 seconds, whether something was sent on it or not."""
SESSION: Final = {
    "statement_timeout": f"{STATEMENT_MINUTES}min",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""How long a statement may take, and how soon the server lets go of what a client held that is gone."""


def connect_options(query: dict[str, Any]) -> dict[str, Any]:
    """What a connection is made with, besides what the archive's address asks for itself."""
    return {name: value for name, value in {"connect_timeout": CONNECT_SECONDS, **TCP}.items() if name not in query}


def watch_connections(engine: Engine) -> None:
    """Have the engine's connections watched, so that none waits for a server that is gone."""
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


class _Gone:
    """When the server last did not answer."""

    def __init__(self) -> None:
        self._at = -GONE_FOR

    @property
    def is_recent(self) -> bool:
        return time.monotonic() - self._at < GONE_FOR

    def note(self) -> None:
        self._at = time.monotonic()


class _Watched(psycopg.Connection[Any]):
    """A connection on which nothing waits for a server that is gone."""

    gone: _Gone
    asked: tuple[list[Any], dict[str, Any]] | None = None
    """With what it was made, so that another can be."""

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        return super().wait(self._watched(gen), *args, **options)

    def _watched(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Do what `gen` does, and look about when nothing is heard. psycopg calls it several times a second."""
        ask_at = time.monotonic() + SILENT_SECONDS
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    ask_at = time.monotonic() + SILENT_SECONDS
                elif time.monotonic() >= ask_at:
                    self._refuse_if_gone()
                    ask_at = time.monotonic() + AGAIN_SECONDS
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _refuse_if_gone(self) -> None:
        """End this connection where the server is gone. Raises psycopg.OperationalError."""
        if self.asked is not None and not _works(self.asked, self.info.backend_pid):
            self.gone.note()
            self.pgconn.finish()
            raise psycopg.OperationalError("the server does not answer any more")


class _Hasty(psycopg.Connection[Any]):
    """A connection on which each statement is waited for briefly."""

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        return super().wait(gen, *args, **{**options, "timeout": PROBE_SECONDS})


def _works(asked: tuple[list[Any], dict[str, Any]], process: int) -> bool:
    """Whether the server answers, and is not done already with what that process of it was asked for.

    A pooler between us has numbers of its own: then it is enough that it answers.
    """
    args, given = asked
    try:
        with _Hasty.connect(*args, **{**given, "connect_timeout": PROBE_SECONDS, "autocommit": True}) as connection:
            query = "SELECT state FROM pg_stat_activity WHERE pid = %s"
            found = connection.execute(query, (process,)).fetchone()
    except psycopg.Error as exc:
        return exc.sqlstate is not None or "FATAL" in str(exc)  # it has no room for another: but it says so
    return found is None or found[0] not in ("idle", "idle in transaction", "idle in transaction (aborted)")
