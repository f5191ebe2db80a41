"""The server that a person or a service starts: it binds to this machine alone unless told to ask who comes in."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.config.values import is_loopback
from monitor.desk.desks import Desks
from monitor.errors import ConfigError
from monitor.web.application import LOOPBACK, make_application

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from datetime import datetime

    from starlette.types import ASGIApp

    from monitor.config.settings import WebSettings

_KEEP_ALIVE: Final = 15
"""Seconds for which a connection without a further request stays open."""
_HEAD_WITHIN: Final = 15.0
"""Seconds within which the first line and the headers of a request have to come."""
_MOST_CONNECTIONS: Final = 600
"""Connections at a time, also those of browsers that keep a few open between pages."""


def serve(
    config_path: str | None,
    host: str,
    port: int,
    *,
    said: Callable[[str], None],
    now: Callable[[], datetime] | None = None,
) -> None:
    """Serve the page until a signal ends it. `said` is told the address. Raises ConfigError, OSError, ArchiveError."""
    desks = Desks(config_path, now) if now else Desks(config_path)
    try:
        web = desks.current().config.web
        check_address(host, web)
        application = make_application(desks, hosts=LOOPBACK | {host})
        listener = _listen(host, port)
        said(f"http://{'[' + host + ']' if ':' in host else host}:{listener.getsockname()[1]}/")
        server_of(application).run(sockets=[listener])
    finally:
        desks.close()


def server_of(application: ASGIApp) -> uvicorn.Server:
    """Return the server, with its limits."""
    settings = uvicorn.Config(
        application,
        http=ImpatientProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=5,
        limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=64 * 1024,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_cut)
    return uvicorn.Server(settings)


def _is_no_cut(record: logging.LogRecord) -> bool:
    """Leave out uvicorn's line about a response that was cut off: the guard told why."""
    return record.getMessage() != "ASGI callable returned without completing response."


class ImpatientProtocol(H11Protocol):
    """HTTP of uvicorn, which itself waits without end for a request to begin and for its headers.

    A few clients that send nothing could otherwise take all connections. The guard waits for bodies.
    """

    head_within: float = _HEAD_WITHIN
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Take a connection, and wait for its first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Read what came, and go on waiting if the head of a request is not whole."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.head_within, self.transport.close)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def check_address(host: str, web: WebSettings) -> None:
    """Refuse an address at which others could come in unasked. Raises ConfigError."""
    if is_loopback(host) or web.auth != "none" or web.public:
        return
    raise ConfigError(
        f"Others could read everything at {host}: set [web] auth to proxy or token in config.toml, or public = true for a "
        "page that everyone may read."
    )


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as exc:
        listener.close()
        raise ConfigError(
            f"pqwatch can't listen at {host} port {port} ({exc.strerror or exc}): name another with --port"
        ) from exc
    listener.set_inheritable(True)
    return listener
