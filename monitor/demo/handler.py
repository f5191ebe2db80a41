"""The wire side of the stand-in for Parliament: one reply to one request, whole, or broken by a fault on demand."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.demo.parliament import Server


@dataclass(slots=True, kw_only=True)
class Faults:
    """Switches for faults, all off at first. `every_n` counts all requests from the first one; 0 is never.

    `every_500`, `every_429` (with `retry_after`: the header as sent), `every_problem` (a ProblemDetails of status 500
    that comes with 200), `every_cut` (the body stops half way, Content-Length says all), `every_drop` (the connection
    closes without a word), `every_html` (a page of a proxy in place of JSON, with 200).
    `down`: 503 for everything. `latency`: seconds before each reply; `drip`: seconds between tenths of a body.
    `details_down`: ids of questions whose detail is 503. `fail_detail`: question id to the number of times that its
    detail still fails with 500; `gone`: ids whose detail is 404, the lists still have them. `shift`: rows that came (1)
    or went (-1) before the second page of a list.
    `duplicates`: each page's first row comes again as its last. `total_offset` is added to `totalResults`.
    `null_members`: member objects are null though expanded. `calendar_down`: 503 for the What's On service alone.
    `deep_skip`: 500 for a skip of so much or more.
    """

    every_500: int = 0
    every_429: int = 0
    retry_after: str | None = "1"
    every_problem: int = 0
    every_cut: int = 0
    every_drop: int = 0
    every_html: int = 0
    down: bool = False
    latency: float = 0.0
    drip: float = 0.0
    details_down: set[int] = field(default_factory=set)
    fail_detail: dict[int, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    shift: int = 0
    duplicates: bool = False
    total_offset: int = 0
    null_members: bool = False
    calendar_down: bool = False
    deep_skip: int | None = None

    def at(self, count: int) -> str | None:
        """Return the name of the fault of request number `count` (from 1), or None."""
        if self.down:
            return "down"
        for name in ("every_500", "every_429", "every_problem", "every_cut", "every_drop", "every_html"):
            interval: int = getattr(self, name)
            if interval and count % interval == 0:
                return name
        return None

    def fails_detail(self, question_id: int) -> bool:
        """Return whether this reading of a detail fails, and count it."""
        left = self.fail_detail.get(question_id, 0)
        if left:
            self.fail_detail[question_id] = left - 1
        return left > 0


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
