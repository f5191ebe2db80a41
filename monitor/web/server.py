"""The server that a person or a service starts: it binds to this machine alone unless told to ask who comes in."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn

from monitor.config.values import is_loopback
from monitor.errors import ConfigError
from monitor.web.application import LOOPBACK, make_application
from monitor.web.desk import Desks

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monitor.config.settings import WebSettings

_KEEP_ALIVE = 15
"""Seconds for which a connection without a request stays open."""
_MOST_CONNECTIONS = 200


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
        settings = uvicorn.Config(
            application,
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
        uvicorn.Server(settings).run(sockets=[listener])
    finally:
        desks.close()


def check_address(host: str, web: WebSettings) -> None:
    """Refuse an address at which others could come in unasked. Raises ConfigError."""
    if is_loopback(host) or web.auth != "none" or web.public:
        return
    raise ConfigError(
        f"Others could read everything at {host}: set [web] auth to proxy or token in config.toml, or public = true for a "
        "page that everyone may read"
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as exc:
        raise ConfigError(
            f"pqwatch can't listen at {host} port {port} ({exc.strerror or exc}): name another with --port"
        ) from exc
    listener.set_inheritable(True)
    return listener
