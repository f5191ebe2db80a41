"""Store for several threads: steps that they write at the same moment share one transaction.

A commit waits for the disk, and one at a time may write. So a thread that wants to write while another does joins its
transaction, each in a savepoint of its own, and all wait for the one commit. None returns before what it wrote is
committed, so the promises of a single step hold.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from db.store import Store
from db.transactions import leave_to_other_threads
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


@dataclass(slots=True)
class _Transaction:
    """A transaction that several threads share, and how its commit ended."""

    context: AbstractContextManager[Connection]
    connection: Connection
    is_over: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None

    def end(self, error: BaseException | None = None) -> None:
        """Commit, or undo everything because of an error; the threads that wait learn of it."""
        try:
            if error is None:
                self.context.__exit__(None, None, None)
            else:
                self.context.__exit__(type(error), error, error.__traceback__)
                self.error = error
        except BaseException as exc:  # noqa: BLE001 (each thread raises it)
            self.error = exc
        finally:
            self.is_over.set()


class SharedStore(Store):
    """A store whose `write` several threads may call at once. It holds the lease of the store that it is made from."""

    __slots__ = ("_counting", "_inner", "_shared", "_turn", "_waiting")

    def __init__(self, inner: Store) -> None:
        super().__init__(inner.engine, inner.clock, inner.lease_for)
        self._inner = inner
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._shared: _Transaction | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Write in a transaction that other threads may share; return when it is committed."""
        self._count(1)
        with self._turn:
            self._count(-1)
            transaction = self._shared = self._shared or self._begin()
            try:
                with transaction.connection.begin_nested():
                    yield transaction.connection
            except MonitorError:  # a rule of ours refused this step, which is undone; the others stand
                self._commit_if_last(transaction)
                raise
            except BaseException as exc:  # noqa: BLE001 (the database may have undone the whole transaction)
                self._shared = None
                transaction.end(exc)
            else:
                self._commit_if_last(transaction)
        transaction.is_over.wait()
        if transaction.error is not None:
            raise transaction.error

    write_own = write
    """The transaction may be shared with threads that write anything."""

    def _begin(self) -> _Transaction:
        context = self._inner.write()
        transaction = _Transaction(context, context.__enter__())
        leave_to_other_threads(self.engine)
        return transaction

    def _commit_if_last(self, transaction: _Transaction) -> None:
        """Commit unless another thread waits for its turn: that one commits then."""
        with self._counting:
            is_awaited = self._waiting > 0
        if not is_awaited:
            self._shared = None
            transaction.end()

    def _count(self, change: int) -> None:
        with self._counting:
            self._waiting += change
