"""A raw-socket HTTP server that answers exactly the bytes it is told to, broken or not."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable


@dataclass(frozen=True)
class Reply:
    """Bytes to send, with a pause of `drip` seconds before each piece; `reset` ends with RST instead of FIN.

    `keep` leaves the connection open for another request.
    """

    pieces: Iterable[bytes]
    drip: float = 0.0
    reset: bool = False
    keep: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as it came: its target and its headers, names in lower case."""

    target: str
    headers: dict[str, str] = field(default_factory=dict)


def http(body: bytes = b"{}", status: int = 200, headers: Iterable[str] = (), *, length: int | None = None) -> Reply:
    """A plain answer; `length` may lie."""
    lines = [
        f"HTTP/1.1 {status} X",
        "Connection: close",
        *headers,
        f"Content-Length: {len(body) if length is None else length}",
    ]
    return Reply((("\r\n".join(lines) + "\r\n\r\n").encode() + body,))


def unframed(body: bytes, headers: Iterable[str] = ()) -> Reply:
    """An answer that only the end of the connection ends."""
    return Reply((("\r\n".join(["HTTP/1.1 200 X", *headers]) + "\r\n\r\n").encode() + body,))


def raw(*pieces: bytes, drip: float = 0.0, reset: bool = False, keep: bool = False) -> Reply:
    return Reply(pieces, drip, reset, keep)


def as_json(data: Any, status: int = 200, headers: Iterable[str] = ()) -> Reply:
    return http(json.dumps(data).encode(), status, headers)


def gzipped(data: bytes) -> Reply:
    return http(gzip.compress(data), headers=["Content-Encoding: gzip"])


class FaultyServer:
    """Answers by `answer(asked)`, one connection a request unless a reply keeps it; remembers what was asked.

    A proxy gets absolute targets.
    """

    def __init__(self, answer: Callable[[Asked], Reply], context: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self._answer, self._context = answer, context
        self._closed = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._socket.close()

    def _accept(self) -> None:
        workers = []
        while True:
            connection, _ = self._socket.accept()
            if self._closed.is_set():
                connection.close()
                break
            self.connections += 1
            workers.append(threading.Thread(target=self._serve, args=[connection], daemon=True))
            workers[-1].start()
        for worker in workers:
            worker.join()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            stream = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            with stream:
                while (asked := _read_request(stream)) is not None:
                    self.asked.append(asked)
                    reply = self._answer(asked)
                    self._send(stream, reply)
                    if not reply.keep:
                        return

    def _send(self, stream: socket.socket, reply: Reply) -> None:
        for piece in reply.pieces:
            if reply.drip:
                self._closed.wait(reply.drip)
            stream.sendall(piece)
        if reply.reset:
            linger_off = struct.pack("ii", 1, 0)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_off)
            return
        if reply.keep:
            return
        # A FIN after all is read, so that unread bytes never turn it into a reset.
        with suppress(OSError):
            stream.shutdown(socket.SHUT_WR)


def _read_request(stream: socket.socket) -> Asked | None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = stream.recv(65536)
        if not piece:
            return None
        head += piece
    first, *lines = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Asked(first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs})


class Time:
    """A clock that only sleeping moves, safe between threads."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds
        time.sleep(0)
