"""Turns at hosts: all workers together ask a host no more often than one process would.

A turn is a moment, handed out by the database's own clock, so that machines whose clocks differ share it. It is taken in a
transaction of its own, which locks one row and makes no other writer wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from db.database_errors import translated
from monitor.model.collection import HostTurn

if TYPE_CHECKING:
    from db.store import Store

_MOST_TURNS: Final = 300
"""Turns that all workers together take ahead at most. One that lies farther, and a minute more, is of a clock set back."""

_TAKEN: Final = text("""
    INSERT INTO host_turn AS turn (host, next_at) VALUES (:host, clock_timestamp() + make_interval(secs => :apart))
    ON CONFLICT (host) DO UPDATE
        SET next_at = greatest(
            CASE WHEN turn.next_at <= clock_timestamp() + make_interval(secs => :farthest) THEN turn.next_at END,
            clock_timestamp()
        ) + make_interval(secs => :apart)
    RETURNING
        extract(epoch FROM turn.next_at - clock_timestamp())::float - :apart AS wait,
        coalesce(extract(epoch FROM turn.paused_until - clock_timestamp()), 0)::float AS pause
""")
_TAKEN_SOON: Final = text("""
    INSERT INTO host_turn AS turn (host, next_at) VALUES (:host, clock_timestamp() + make_interval(secs => :apart))
    ON CONFLICT (host) DO UPDATE
        SET next_at = greatest(
            CASE WHEN turn.next_at <= clock_timestamp() + make_interval(secs => :apart * 2 + 1) THEN turn.next_at END,
            clock_timestamp()
        ) + make_interval(secs => :apart)
        WHERE turn.next_at <= clock_timestamp() + make_interval(secs => :within)
            OR turn.next_at > clock_timestamp() + make_interval(secs => :apart * 2 + 1)
    RETURNING extract(epoch FROM turn.next_at - clock_timestamp())::float - :apart AS wait
""")
_PAUSED: Final = text("""
    INSERT INTO host_turn AS turn (host, next_at, paused_until)
    VALUES (:host, clock_timestamp(), clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (host) DO UPDATE SET paused_until = greatest(turn.paused_until, excluded.paused_until)
""")


class HostTurns:
    """Turns at hosts, in an archive on PostgreSQL. May be called from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, host: str, apart: float) -> HostTurn:
        """Take the next turn at a host, `apart` seconds after the last one.

        One that lies too far ahead does not count: the clock was set back. Raises ArchiveError.
        """
        with translated(self._store.engine), self._store.engine.begin() as connection:
            row = connection.execute(_TAKEN, {"host": host, "apart": apart, "farthest": _MOST_TURNS * apart + 60}).one()
        return HostTurn(wait=max(row.wait, 0.0), pause=max(row.pause, 0.0))

    def take_soon(self, host: str, apart: float, within: float) -> float | None:
        """Take the next turn at a host if it comes `within` some seconds; return the seconds until then, else None.

        One that comes later than after the next two is of another pace, or the clock was set back: it does not count. Raises
        ArchiveError.
        """
        with translated(self._store.engine), self._store.engine.begin() as connection:
            wait = connection.execute(_TAKEN_SOON, {"host": host, "apart": apart, "within": within}).scalar()
        return None if wait is None else max(wait, 0.0)

    def pause(self, host: str, seconds: float) -> None:
        """Let all workers leave a host alone for some seconds. Raises ArchiveError."""
        with translated(self._store.engine), self._store.engine.begin() as connection:
            connection.execute(_PAUSED, {"host": host, "seconds": seconds})
