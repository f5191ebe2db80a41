"""A receiver of webhooks on loopback that fails at one stage of a request, in one way, and then takes everything.

It reads requests from the socket itself, so that it has the bytes that came and not what a library made of them.
"""

from __future__ import annotations

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

HANG_SECONDS = 0.8
"""Longer than any test waits."""
_PHRASES = {429: "Too Many Requests"}


@dataclass(frozen=True)
class Received:
    """A request that came whole: its target, headers in small letters, and body."""

    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Receiver:
    """A receiver with a `fault`, one of `FAULTS` or a status ("429"), for the first `times` requests.

    `received`: requests that came whole, whatever the answer. `taken`: requests of these that were or may have been taken.
    """

    FAULTS = (
        "closes at once", "resets at once", "resets in the body", "closes in the body", "hangs in the body",
        "closes after the body", "resets after the body", "hangs after the body", "sends garbage",
        "sends half a head", "drips its head", "breaks off its answer",
    )  # fmt: skip
    UNKNOWABLE = frozenset(FAULTS[5:11])
    """Faults after which only the receiver knows whether it has the request."""
    DOUBTFUL = frozenset(FAULTS[:5])
    """Faults that the sender sees only after it has sent everything, because sent is not arrived."""

    def __init__(
        self, fault: str = "", *, times: int = 1, headers: tuple[str, ...] = (), context: ssl.SSLContext | None = None
    ) -> None:
        self.fault, self.times, self.headers = fault, times, headers
        self.answer = b"ok"
        self.received: list[Received] = []
        self.taken: list[Received] = []
        self.heads: list[str] = []
        self._context = context
        self._closed = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """Address for posts; its path is the secret."""
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/services/canary-Zeisig-7733"

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
        while True:
            connection, _ = self._socket.accept()
            if self._closed.is_set():
                connection.close()
                return
            with connection, suppress(OSError):
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        fault = self.fault if self.times > 0 else ""
        self.times -= bool(fault)
        if fault.endswith("at once"):
            return _end(connection, reset=fault.startswith("resets"))
        stream = self._context.wrap_socket(connection, server_side=True) if self._context else connection
        with stream:
            head, body = _head(stream)
            self.heads.append(head.partition("\r\n")[0])
            if fault.endswith("in the body"):
                return self._wait() if fault.startswith("hangs") else _end(stream, reset=fault.startswith("resets"))
            request = _request(stream, head, body)
            self.received.append(request)
            if not fault.isdecimal():
                self.taken.append(request)
            return self._reply(stream, fault)

    def _reply(self, stream: socket.socket, fault: str) -> None:
        if fault.endswith("after the body"):
            return self._wait() if fault.startswith("hangs") else _end(stream, reset=fault.startswith("resets"))
        if fault == "sends garbage":
            return stream.sendall(b"220 mail.example.org ESMTP\r\n")
        if fault == "sends half a head":
            return stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
        status = int(fault) if fault.isdecimal() else 200
        length = len(self.answer) + 50 * (fault == "breaks off its answer")
        lines = [
            f"HTTP/1.1 {status} {_PHRASES.get(status, 'X')}",
            *(self.headers if fault else ()),
            f"Content-Length: {length}",
        ]
        written = ("\r\n".join(lines) + "\r\n\r\n").encode() + self.answer
        if fault == "drips its head":
            for byte in written:
                stream.sendall(bytes([byte]))
                if self._closed.wait(0.05):
                    return None
        return stream.sendall(written)

    def _wait(self) -> None:
        self._closed.wait(HANG_SECONDS)


def _head(stream: socket.socket) -> tuple[str, bytes]:
    """Read the head of a request, and the part of its body that came with it."""
    read = b""
    while b"\r\n\r\n" not in read:
        piece = stream.recv(65536)
        if not piece:
            raise ConnectionResetError
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    return head.decode("latin-1"), body


def _request(stream: socket.socket, head: str, body: bytes) -> Received:
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        piece = stream.recv(65536)
        if not piece:
            raise ConnectionResetError
        body += piece
    return Received(first.split(" ")[1], headers, body)


def _end(stream: socket.socket, *, reset: bool) -> None:
    if reset:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        time.sleep(0)
    stream.close()
