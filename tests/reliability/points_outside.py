"""Points outside the database: messages to servers at the socket, files where Python touches them."""

from __future__ import annotations

import errno
import io
import os
import socket
import ssl
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reliability.points import Points

_WRITES = frozenset("wxa+")
_FILES = {"os.rename": "rename", "os.remove": "remove", "os.mkdir": "make folder"}


def replace(owner: Any, **functions: Any) -> None:
    """Set functions as attributes of an object, module or class."""
    for name, function in functions.items():
        setattr(owner, name, function)


# -- the network ------------------------------------------------------------------------------------------------------


def _raise_network(error: str) -> None:
    if error == "time-out":
        raise TimeoutError("timed out")
    if error == "refused":
        raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    if error == "unknown host":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def watch_sockets(points: Points) -> None:
    for owner in (socket.socket, ssl.SSLSocket):
        is_secure = owner is ssl.SSLSocket
        # SSLSocket.sendall sends piece by piece, through `send`; a plain socket does it in one call.
        for name in ("send",) if is_secure else ("send", "sendall"):
            replace(owner, **{name: _sending_with_errors(points, getattr(owner, name))})
        for name in ("recv", "recv_into"):
            replace(owner, **{name: _receiving_with_errors(points, getattr(owner, name))})
        replace(owner, connect=_with_errors(points, "connect", owner.connect))
    replace(ssl.SSLSocket, do_handshake=_with_errors(points, "handshake", ssl.SSLSocket.do_handshake))
    replace(socket, getaddrinfo=_with_errors(points, "look up", socket.getaddrinfo))


def _with_errors(points: Points, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def run_with_point(*args: Any, **settings: Any) -> Any:
        if error := points.reach(kind, repr(args[-1])):
            _raise_network(error)
        return call(*args, **settings)

    return run_with_point


def _sending_with_errors(points: Points, call: Callable[..., Any]) -> Callable[..., Any]:
    def run_with_point(self: socket.socket, data: bytes, *flags: int) -> Any:
        error = points.reach("send", repr(bytes(data[:40])))
        if error == "reset late":  # the server gets everything, and the client does not know
            call(self, data, *flags)
        if error in ("reset", "reset late"):  # httpcore reads on after a reset, and nothing would come
            with suppress(OSError):
                self.shutdown(socket.SHUT_RDWR)
        if error:
            _raise_network(error)
        return call(self, data, *flags)

    return run_with_point


def _receiving_with_errors(points: Points, call: Callable[..., Any]) -> Callable[..., Any]:
    def run_with_point(self: socket.socket, buffer: Any, *rest: int) -> Any:
        error = points.reach("receive", "")
        if error == "closed":
            return b"" if isinstance(buffer, int) else 0
        if error:
            _raise_network(error)
        return call(self, buffer, *rest)

    return run_with_point


# -- files ------------------------------------------------------------------------------------------------------------


def _raise_file(error: str, name: str) -> None:
    number = errno.EIO if error == "I/O error" else errno.ENOSPC
    raise OSError(number, os.strerror(number), name)


def watch_files(points: Points) -> None:
    sync, python_open = os.fsync, io.open

    def hook(event: str, args: tuple[Any, ...]) -> None:
        kind = _FILES.get(event) or ("open" if event == "open" and _is_for_writing(*args) else "")
        if kind and (error := points.reach(kind, str(args[0]))):
            _raise_file(error, str(args[0]))

    def syncing(handle: int) -> None:
        if error := points.reach("sync", str(handle)):
            _raise_file(error, "")
        sync(handle)

    class File(io.FileIO):
        def write(self, data: Any) -> int:
            error = points.reach("write", str(self.name))
            if error == "half written":
                super().write(bytes(data)[: len(data) // 2])
            if error:
                _raise_file(error, str(self.name))
            return super().write(data)

    def opening(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **settings: Any) -> Any:
        if not _WRITES & set(mode):
            return python_open(file, mode, buffering, *rest, **settings)
        raw = File(file, mode.replace("b", "").replace("t", ""), opener=settings.pop("opener", None))
        return _layered(raw, mode, *rest, **settings)

    replace(os, fsync=syncing)
    replace(io, open=opening)
    replace(cast("Any", sys.modules["builtins"]), open=opening)
    sys.addaudithook(hook)


def _is_for_writing(path: object, mode: str | None, flags: int) -> bool:
    writes = bool(_WRITES & set(mode)) if mode else bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return writes and str(path) != os.devnull


def _layered(
    raw: io.FileIO, mode: str, encoding: str | None = None, errors: str | None = None, newline: str | None = None
) -> Any:
    """Wrap a raw file as `open` would."""
    buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
    return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding or "utf-8", errors, newline)
