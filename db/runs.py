"""Runs: the lease on the archive or a unit of work, the ledger of runs, and facts about the archive as a whole.

A holder of the lease is known by its machine, the start of that machine, its PID namespace and its process number. A host
name and a process number alone say nothing: containers have the same of both. A process on another machine, or in a place
that is not known, counts as alive until its lease ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import sys
import uuid
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, bindparam, delete, func, insert, select, update

from db import tables
from db.rows import load_fact, save_fact, save_fact_once
from db.transactions import reading
from monitor.errors import LeaseError, NotDoneError
from monitor.model.collection import RunOutcome, RunRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine, Row

    from db.store import Store

NAME = "archive"
_LONGEST_UNIT: Final = 40
_HELD_HERE: set[str] = set()
"""Tokens of the leases that this process holds."""


class Runs:
    """Lease, ledger of runs, and facts about the archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def lease(self, *, by_hand: bool = False) -> Iterator[None]:
        """Hold the archive. Raises LeaseError, naming the holder, where another run holds it.

        `by_hand`: for something that was asked for once, and that no run does: then it is NotDoneError.

        A lease ends when it is given back, when its holder is seen to be dead (see db.runs), or by itself.
        """
        with self._store.write() as connection:
            _refuse_if_held(connection.execute(select(tables.lease)).all(), self._store.clock(), by_hand=by_hand)
            connection.execute(delete(tables.lease))
            token = self._take(connection, NAME)
            connection.execute(_INTERRUPTED, {"ended_at": self._store.clock()})
        with self._holding(token):
            yield

    @contextmanager
    def unit(self, name: str) -> Iterator[None]:
        """Hold one unit of work, while others hold theirs. Raises LeaseError where a run holds the whole archive.

        The queue gives the job of a unit to one worker at a time. So an earlier holder is dead, or stood still for so long
        that it counts as dead: then the unit is taken from it, and it writes nothing more.
        """
        short = _short(name)
        with self._store.write_own() as connection:
            _refuse_if_held(connection.execute(_HELD).all(), self._store.clock())
            connection.execute(_GIVEN_UP, {"names": [NAME, short]})
            token = self._take(connection, short)
        with self._holding(token):
            yield

    def refuse_if_held(self) -> None:
        """Raise LeaseError where a run holds the whole archive."""
        _refuse_if_held(self._store.rows(_HELD), self._store.clock())

    def _take(self, connection: Connection, name: str) -> str:
        token, now = secrets.token_hex(16), self._store.clock()
        taken = {
            "name": name,
            "token": token,
            "host": this_host(),
            "pid": os.getpid(),
            "taken_at": now,
            "expires_at": now + self._store.lease_for,
        }
        connection.execute(_TAKEN, taken)
        return token

    @contextmanager
    def _holding(self, token: str) -> Iterator[None]:
        self._store.token = token
        _HELD_HERE.add(token)
        try:
            yield
        finally:
            self._store.token = None
            _HELD_HERE.discard(token)
            with self._store.write_own() as connection:
                connection.execute(_GIVEN_BACK, {"held": token})

    def renew(self) -> None:
        """Renew the lease during long work that writes nothing. Raises LeaseError if it was lost."""
        with self._store.write():
            pass

    def begin(self, stage: str, as_of: datetime) -> int:
        """Note that a stage began."""
        with self._store.write() as connection:
            begun = {
                "stage": stage,
                "as_of": as_of,
                "started_at": self._store.clock(),
                "outcome": RunOutcome.RUNNING,
                "counts": "{}",
            }
            result = connection.execute(_BEGUN, begun)
            return int(result.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted

    def end(self, run_id: int, outcome: RunOutcome, counts: Mapping[str, int], error: str | None = None) -> None:
        """Note how a stage ended."""
        with self._store.write() as connection:
            ended = {
                "outcome": outcome,
                "ended_at": self._store.clock(),
                "counts": json.dumps(dict(counts)),
                "error": error,
            }
            connection.execute(_ENDED, {"of_run": run_id, **ended})

    def last_started(self, stage: str) -> datetime | None:
        """Return when the last run of a stage began that came to its end, well or not."""
        table = tables.run
        query = (
            select(table.c.started_at)
            # Adding nothing to the stage lets SQLite go back from the newest row, and not sort all rows of the stage.
            .where(table.c.stage.concat("") == stage, table.c.outcome.in_((RunOutcome.OK, RunOutcome.FAILED)))
            .order_by(table.c.id.desc())  # not by the time: the clock may have been wrong
            .limit(1)
        )
        return next(iter(self._store.scalars(query)), None)

    def last_ok(self, stage: str) -> datetime | None:
        """Return when the last run of a stage began that ended well."""
        table = tables.run
        query = select(func.max(table.c.started_at)).where(table.c.stage == stage, table.c.outcome == RunOutcome.OK)
        started: datetime | None
        [started] = self._store.scalars(query)
        return started

    def longest_gap(self, stage: str, of: int = 100) -> timedelta:
        """Return the longest time between two of the latest runs of a stage; zero if it ran once at most.

        So many as an hourly timer makes in a week: its nights and weekends are no silence.
        """
        began = sorted(self._store.scalars(_LAST_BEGUN, {"of_stage": stage, "most": of}))
        return max((later - earlier for earlier, later in pairwise(began)), default=timedelta())

    def has_ended(self, stage: str) -> bool:
        """Return whether a run of a stage ever came to an end, good or bad."""
        table = tables.run
        query = select(table.c.id).where(table.c.stage == stage, table.c.outcome != RunOutcome.RUNNING).limit(1)
        return bool(self._store.rows(query))

    def last(self, limit: int = 20) -> list[RunRow]:
        """List the newest runs, newest first."""
        rows = self._store.rows(select(tables.run).order_by(tables.run.c.id.desc()).limit(limit))
        return [
            RunRow(**row._asdict() | {"outcome": RunOutcome(row.outcome), "counts": json.loads(row.counts)})
            for row in rows
        ]

    def fact(self, key: str) -> str | None:
        """Return a fact about the archive: "instance", "news_floor", "full_read_on", "whole_on"."""
        with self._store.read_once() as connection:
            return load_fact(connection, key)

    def set_fact(self, key: str, value: str) -> None:
        """Set a fact about the archive."""
        with self._store.write() as connection:
            save_fact(connection, key, value)

    def set_fact_once(self, key: str, value: str) -> str:
        """Set a fact about the archive unless it has one; return the one that it has then: all processes get the same."""
        with self._store.write() as connection:
            return save_fact_once(connection, key, value)

    def instance(self) -> str:
        """Return the archive's own random name, made once: part of every Message-ID."""
        return self.fact("instance") or self.set_fact_once("instance", secrets.token_hex(16))


_HELD: Final = select(tables.lease).where(tables.lease.c.name == NAME)
_GIVEN_UP: Final = delete(tables.lease).where(tables.lease.c.name.in_(bindparam("names", expanding=True)))
_GIVEN_BACK: Final = delete(tables.lease).where(tables.lease.c.token == bindparam("held"))
_TAKEN: Final = insert(tables.lease)
_INTERRUPTED: Final = update(tables.run).where(tables.IS_RUNNING).values(outcome=RunOutcome.INTERRUPTED)
_BEGUN: Final = insert(tables.run)
_LAST_BEGUN: Final = (
    select(tables.run.c.started_at)
    .where(tables.run.c.stage == bindparam("of_stage"))
    .order_by(tables.run.c.started_at.desc())
    .limit(bindparam("most", type_=Integer))
)
_ENDED: Final = update(tables.run).where(tables.run.c.id == bindparam("of_run"))
"""Built once: a run executes dozens, and building a statement takes longer than executing it."""


def _refuse_if_held(leases: Iterable[Row[Any]], now: datetime, *, by_hand: bool = False) -> None:
    for held in leases:
        is_mine = held.token in _HELD_HERE
        if held.expires_at > now and is_alive(held.host, held.pid, is_mine=is_mine):
            who = "another run holds the archive" if held.name == NAME else "a worker is at work on the archive"
            if by_hand:
                raise NotDoneError(f"{who} ({_described(held)}), so nothing was done: do it again when that is done")
            raise LeaseError(f"{who} ({_described(held)}): nothing to do")


def _short(name: str) -> str:
    """Return a name for a lease; the names of units may be longer than its column."""
    if len(name) <= _LONGEST_UNIT:
        return name
    return f"{name[: _LONGEST_UNIT - 17]} {hashlib.sha256(name.encode()).hexdigest()[:16]}"


# -- holder of the lease ----------------------------------------------------------------------------------------------


def holder(engine: Engine, now: datetime) -> str | None:
    """Describe the process that holds the archive now; None: it is free."""
    lease = tables.lease
    with reading(engine) as connection:
        row = connection.execute(select(lease).where(lease.c.name == NAME, lease.c.expires_at > now)).first()
    return None if row is None else _described(row)


def _described(held: Row[Any]) -> str:
    return f"process {held.pid} on {host_name(held.host)}, since {held.taken_at:%Y-%m-%d %H:%M} UTC"


_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_LONGEST_NAME = 150


def this_host() -> str:
    """Return the host of this process as the lease stores it: its name, a space, and its `place`."""
    return f"{socket.gethostname()[:_LONGEST_NAME]} {place()}".rstrip()


def host_name(host: str) -> str:
    """Return the name in a host that `this_host` made."""
    return host.partition(" ")[0]


def is_alive(host: str, pid: int, *, is_mine: bool) -> bool:
    """Return whether a process may still run, given its host as `this_host` writes it.

    `is_mine`: this process recognises the lease as its own.
    """
    its_place = host.partition(" ")[2]
    if not its_place or its_place != place():
        return True
    if pid == os.getpid():
        return is_mine
    if sys.platform == "win32":  # asking about a process there ends it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@cache
def place() -> str:
    """Return a word for the machine, its start and the PID namespace; where it is equal, process numbers mean the same.

    "" if that is not known.
    """
    parts = _linux_parts() if sys.platform == "linux" else [socket.gethostname(), f"{uuid.getnode():x}"]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16] if parts else ""


def _linux_parts() -> list[str]:
    """Return machine, start and namespace; nothing if start or namespace is unknown. A container may lack a machine id."""
    try:
        boot, namespace = _BOOT_ID.read_text().strip(), _NAMESPACE.readlink().name
    except OSError:
        return []
    return [_machine_id(), boot, namespace]


def _machine_id() -> str:
    for path in _MACHINE_IDS:
        try:
            return path.read_text().strip()
        except OSError:
            continue
    return ""
