"""What the parts of the archive share: its engine, and the lease under which it is written."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update

from db.engine import reading, writing
from db.models import lease
from monitor.errors import BrokenOffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Engine

_RENEWED = update(lease).where(lease.c.token == bindparam("held")).values(expires_at=bindparam("until"))
"""Made once: each transaction that writes begins with it, and putting a statement together takes longer than doing it."""


@dataclass(slots=True)
class Store:
    """An engine, a clock for instants, and the token of the lease that this process holds, if it does.

    While a lease is held each write transaction first renews it. If another process took it over meanwhile, that
    transaction and all further ones are refused with LeaseError and nothing of them is kept.
    """

    engine: Engine
    clock: Callable[[], datetime]
    lease_for: timedelta
    token: str | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with reading(self.engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes, all or nothing."""
        with writing(self.engine) as connection:
            if self.token is not None:
                self._renew(connection)
            yield connection

    def _renew(self, connection: Connection) -> None:
        renewed = connection.execute(_RENEWED, {"held": self.token, "until": self.clock() + self.lease_for})
        if renewed.rowcount != 1:
            raise BrokenOffError(
                "another run took the archive over while this one stood still: nothing more is written"
            )
