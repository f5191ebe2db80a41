"""The lease on the archive: who may write, and whether the process that holds it is still alive.

A holder is known by its machine, the start of that machine, its PID namespace and its process number. A host name and a
process number alone say nothing: containers have the same of both. A process on another machine, or in a place that is not
known, counts as alive until its lease ends.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update

from db.engine import reading, writing
from db.tables import lease
from monitor.errors import BrokenOffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Engine

_RENEWED = update(lease).where(lease.c.token == bindparam("held")).values(expires_at=bindparam("until"))
"""Built once: each transaction that writes begins with it, and building a statement takes longer than executing it."""


@dataclass(slots=True)
class Store:
    """Engine and clock of an archive, and the token of the lease while this process holds it.

    While a lease is held each write transaction first renews it. If another process took it over meanwhile, that
    transaction and all further ones are refused with LeaseError and nothing of them is kept.
    """

    engine: Engine
    clock: Callable[[], datetime]
    lease_for: timedelta
    token: str | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads."""
        with reading(self.engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes, all or nothing."""
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
