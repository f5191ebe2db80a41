"""Posting over HTTP, for messages that must not arrive twice: once, and by the answer it is known what came of it.

The client of `scrapers.http.client` asks again whatever failed; here nothing is ever done again, no redirect is followed,
and no error says the address, which lets anybody post who knows it.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from monitor.errors import FetchError
from monitor.model.sources import Posted
from scrapers.http.transport import bound_reads, open_http, reason_of, retry_after, user_agent
from scrapers.http.wire import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SECONDS = 30.0
"""From the request to the last byte of its answer that is read."""
MOST_READ = 2_000
"""Bytes of an answer."""


class OncePoster:
    """Posts; not for several threads. `contact`, `version`, `proxy` and `ca_file` as for `scrapers.http.client.Client`.

    Raises ConfigError where the proxy or the certificates are wrong.
    """

    def __init__(
        self,
        contact: str,
        version: str,
        *,
        proxy: str = "",
        ca_file: str = "",
        seconds: float = SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        for library in ("httpx", "httpcore"):  # which would log the address
            logging.getLogger(library).setLevel(logging.WARNING)
        self._seconds, self._now = seconds, now
        self._watch = Watch(time.monotonic, threading.Event())
        self._http = open_http(user_agent(contact, version), proxy, ca_file)
        bound_reads(self._http, self._watch)

    def post(self, url: str, body: Iterable[bytes], length: int, headers: Mapping[str, str]) -> Posted:
        """Post; see monitor.ports.Poster. `length`: bytes of the whole body."""
        return self._ask("POST", url, {**headers, "Content-Length": str(length)}, body)

    def reach(self, url: str) -> None:
        """Ask whether a host is there: whatever it answers, it is. Raises FetchError, as `post`."""
        self._ask("HEAD", url, {}, None)

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: Iterable[bytes] | None) -> Posted:
        self._watch.until = time.monotonic() + self._seconds
        told = {**headers, "Connection": "close", "Accept-Encoding": "identity"}
        try:
            with self._http.stream(method, url, content=body, headers=told, follow_redirects=False) as reply:
                text = self._beginning(reply)
        except httpx.TimeoutException as exc:
            raise FetchError(f"did not answer within {self._seconds:g} s", url="") from exc
        except httpx.TransportError as exc:
            raise FetchError(reason_of(exc), url="") from exc
        except httpx.InvalidURL as exc:  # in an answer: httpx looks where a redirect leads
            raise FetchError("redirected to what is no address", url="") from exc
        seconds = retry_after(reply.headers.get("retry-after"), self._now())
        wait = None if seconds is None else timedelta(seconds=seconds)
        return Posted(status=reply.status_code, text=text, retry_after=wait)

    def _beginning(self, reply: httpx.Response) -> str:
        """What the body begins with. Whatever breaks it off: the status is the answer."""
        read = b""
        try:
            for chunk in reply.iter_raw():
                read += chunk
                if len(read) >= MOST_READ:
                    break
        except httpx.TransportError:
            pass
        return " ".join(read[:MOST_READ].decode("utf-8", "replace").split())
