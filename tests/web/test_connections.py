"""The server: it waits for no one without end, and speaks no more than it must."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from monitor.errors import ConfigError
from monitor.web import server
from monitor.web.server import ImpatientProtocol, server_of

if TYPE_CHECKING:
    from collections.abc import Iterator


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Say "ok" to everyone."""
    if scope["type"] == "lifespan":
        for word in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{word}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def connected() -> Iterator[socket.socket]:
    """Serve, and connect."""
    listener = server._listen("127.0.0.1", 0)
    served = server_of(application)
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not served.started:
            time.sleep(0.01)
        with socket.create_connection(listener.getsockname(), timeout=5) as connection:
            yield connection
    finally:
        served.should_exit = True
        thread.join()
        listener.close()


def test_a_request_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImpatientProtocol, "head_within", 0.1)
    with connected() as connection:
        assert connection.recv(100) == b""
    with connected() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert connection.recv(100) == b""


def test_a_second_request_is_waited_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImpatientProtocol, "head_within", 0.1)
    with connected() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = b""
        while not answer.endswith(b"ok"):
            answer += connection.recv(1_000)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"uvicorn" not in answer
        connection.sendall(b"GET / HTTP")
        assert connection.recv(100) == b""


def test_a_port_that_is_taken_is_told_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="name another with --port"):
        server._listen("127.0.0.1", taken.getsockname()[1])
