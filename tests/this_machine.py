"""Tests reach this machine only: a look-up of any other host ends the test, which names the host."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any


class OtherHostError(BaseException):
    """A test asks for the address of a host that is not this machine. No handler of errors may hide it."""


def reach_this_machine_only() -> None:
    """Refuse to look up any host from now on, except this machine and numeric addresses."""
    look_up = socket.getaddrinfo

    def look_up_here(host: Any, *args: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name not in {"localhost", socket.gethostname()} and not _is_address(name):
            raise OtherHostError(f"this test asks for the address of {name}: let a stand-in answer instead")
        return look_up(host, *args, **named)

    socket.getaddrinfo = look_up_here


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
