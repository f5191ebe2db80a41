"""Store of an archive: its transactions, for all modules of db/ that read and write, under the lease of this process."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, update

from db.tables import lease
from db.transactions import reading, reading_at_once, writing
from monitor.errors import BrokenOffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta

    from sqlalchemy import CompoundSelect, Connection, Engine, Row, Select

    from db.jobs import Jobs

_RENEWED = update(lease).where(lease.c.token == bindparam("held")).values(expires_at=bindparam("until"))
"""Built once: each transaction that writes begins with it, and building a statement takes longer than executing it."""


_VIEWS = threading.local()
"""In each thread: the store and connection of the view that is open, as `open`."""


@dataclass(slots=True)
class Store:
    """Engine and clock of an archive, and the token of the lease while this process holds it.

    While a lease is held each write transaction first renews it. If another process took it over meanwhile, that
    transaction and all further ones are refused with LeaseError and nothing of them is kept.

    `jobs`: the queue that gets a job for what becomes due; None where a single process does all the work.
    """

    engine: Engine
    clock: Callable[[], datetime]
    lease_for: timedelta
    token: str | None = None
    jobs: Jobs | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads, or go on in that of `one_view`."""
        with self._in_view(reading) as connection:
            yield connection

    @contextmanager
    def _in_view(self, begin: Callable[[Engine], AbstractContextManager[Connection]]) -> Iterator[Connection]:
        """Go on in the transaction of `one_view`; where none is open, begin."""
        viewing: tuple[Store, Connection] | None = getattr(_VIEWS, "open", None)
        if viewing is not None and viewing[0] is self:
            yield viewing[1]
            return
        with begin(self.engine) as connection:
            yield connection

    @contextmanager
    def read_once(self) -> Iterator[Connection]:
        """Open a connection for one statement that reads, or go on in the transaction of `one_view`."""
        with self._in_view(reading_at_once) as connection:
            yield connection

    @contextmanager
    def read_now(self) -> Iterator[Connection]:
        """Open a transaction that only reads and sees what is there now, also within `one_view`."""
        with reading(self.engine) as connection:
            yield connection

    @contextmanager
    def one_view(self) -> Iterator[None]:
        """Let all that this thread reads until the end share a transaction: it sees one moment, and costs less.

        What is written meanwhile, also by this thread, is not seen before the end.
        """
        with self.read() as connection:
            before = getattr(_VIEWS, "open", None)
            _VIEWS.open = self, connection
            try:
                yield
            finally:
                _VIEWS.open = before

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes, all or nothing."""
        with self._write() as connection:
            yield connection

    @contextmanager
    def write_own(self) -> Iterator[Connection]:
        """Open a transaction that writes rows which no other process may change now: new ones, or those that it holds.

        On PostgreSQL such transactions go side by side, so that workers do not wait for each other; none goes beside one of
        `write`. What it reads and does not hold may change before its end, except by `write`.
        """
        with self._write(is_shared=True) as connection:
            yield connection

    @contextmanager
    def _write(self, *, is_shared: bool = False) -> Iterator[Connection]:
        with writing(self.engine, is_shared=is_shared) as connection:
            if self.token is not None:
                self._renew(connection)
            yield connection

    def rows(
        self, query: Select[Any] | CompoundSelect[Any], values: Mapping[str, Any] | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Read the rows of a query, by itself or in the transaction of `one_view`."""
        with self.read_once() as connection:
            return connection.execute(query, values).all()

    def scalars(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> list[Any]:
        """Read the first column of a query, as `rows`."""
        return [row[0] for row in self.rows(query, values)]

    def _renew(self, connection: Connection) -> None:
        renewed = connection.execute(_RENEWED, {"held": self.token, "until": self.clock() + self.lease_for})
        if renewed.rowcount != 1:
            raise BrokenOffError(
                "another run took the archive over while this one stood still: nothing more is written"
            )
