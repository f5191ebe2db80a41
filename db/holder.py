"""Who holds the archive: a process, known by its machine, the start of that machine, its PID namespace and its number.

A host name and a process number alone say nothing: containers have the same of both. Where a process can't be asked after,
for it runs in another place or nobody knows where, it counts as alive until its lease ends.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import uuid
from functools import cache
from pathlib import Path

_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_LONGEST_NAME = 150


def here() -> str:
    """The host of this process, as the lease names it: its name, and behind a space a word for its `place`."""
    return f"{socket.gethostname()[:_LONGEST_NAME]} {place()}".rstrip()


def name_of(host: str) -> str:
    """The name in what `here` gave."""
    return host.partition(" ")[0]


def is_alive(host: str, pid: int, *, is_mine: bool) -> bool:
    """Whether a process may still run, by what `here` gave it and its number. `is_mine`: this process knows itself in it."""
    its_place = host.partition(" ")[2]
    if not its_place or its_place != place():
        return True
    if pid == os.getpid():
        return is_mine
    if sys.platform == "win32":  # to ask after a process there is to end it
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
    """A word for the machine, its start and the PID namespace: where it is the same, process numbers mean the same.

    "" where that can't be told.
    """
    parts = _of_linux() if sys.platform == "linux" else [socket.gethostname(), f"{uuid.getnode():x}"]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16] if parts else ""


def _of_linux() -> list[str]:
    """Machine, start and namespace; nothing where one of the last two is not known. Containers may have no machine's id."""
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
