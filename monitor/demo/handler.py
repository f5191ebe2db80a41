"""The wire side of the stand-in for Parliament: one reply to one request, whole or broken."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.demo.parliament import Server


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply and how it is sent. `Faults` describes the last four fields."""

    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    latency: float = 0.0
    drip: float = 0.0
    is_cut: bool = False
    is_dropped: bool = False

    def with_body(self, body: bytes, *headers: tuple[str, str]) -> Reply:
        """Return the reply with an encoded body."""
        return replace(self, body=body, headers=(*self.headers, *headers))

    def with_trouble(self, *, latency: float, drip: float, is_cut: bool, is_dropped: bool) -> Reply:
        """Return the reply with a fault."""
        return replace(self, latency=latency, drip=drip, is_cut=is_cut, is_dropped=is_dropped)


class Handler(BaseHTTPRequestHandler):
    """Handler of GET and HEAD over connections that are kept alive."""

    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-IIS/10.0"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        """Answer with a body."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        headers = {name.lower(): text for name, text in self.headers.items()}
        reply = self.server.parliament.reply_to(self.command, self.path, headers)
        time.sleep(reply.latency)
        if reply.is_dropped:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, text in (
            ("Content-Type", reply.content_type),
            ("Cache-Control", "public,max-age=30"),
            *reply.headers,
        ):
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if with_body:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        body = reply.body[: len(reply.body) // 2] if reply.is_cut else reply.body
        step = max(len(body) // 10, 1) if reply.drip else max(len(body), 1)
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            time.sleep(reply.drip)
        self.close_connection = self.close_connection or reply.is_cut

    def log_message(self, *args: Any) -> None:
        """Log nothing, because the requests are in `Parliament.requests`."""
