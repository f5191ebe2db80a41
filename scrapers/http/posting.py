"""Posting over HTTP, for messages that must not arrive twice.

`scrapers.http.client` asks again whatever failed. Here nothing is tried again and no redirect is followed, so that the
answer tells for certain what became of a message. No error names the address: anybody who knows it can post to it.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import httpx

from monitor.errors import FetchError
from monitor.model.sources import Posted
from scrapers.http.transport import Deadline, describe_failure, open_http, retry_after, user_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SECONDS: Final = 30.0
"""Deadline from the request to the last byte of its answer that is read."""
MAX_ANSWER: Final = 2_000
"""Bytes of an answer that are read, for the log."""


class HttpPoster:
    """Posts each message once; not for several threads. The arguments are those of `scrapers.http.client.Client`.

    Raises ConfigError if the proxy or the certificates are wrong.
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
        for library in ("httpx", "httpcore"):  # they would log the address
            logging.getLogger(library).setLevel(logging.WARNING)
        self._seconds, self._now = seconds, now
        self._deadline = Deadline(time.monotonic, threading.Event())
        self._http = open_http(user_agent(contact, version), proxy, ca_file, self._deadline)

    def post(self, url: str, body: Iterable[bytes], length: int, headers: Mapping[str, str]) -> Posted:
        """Post a body of `length` bytes; see monitor.ports.Poster."""
        return self._ask("POST", url, {**headers, "Content-Length": str(length)}, body)

    def reach(self, url: str) -> None:
        """Check that a host can be reached, whatever it answers. Raises FetchError, as `post`."""
        self._ask("HEAD", url, {}, None)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: Iterable[bytes] | None) -> Posted:
        self._deadline.at = time.monotonic() + self._seconds
        headers = {**headers, "Connection": "close", "Accept-Encoding": "identity"}
        try:
            with self._http.stream(method, url, content=body, headers=headers, follow_redirects=False) as reply:
                text = _read_beginning(reply)
        except httpx.TimeoutException as exc:
            raise FetchError(f"did not answer within {self._seconds:g} s", url="") from exc
        except httpx.TransportError as exc:
            raise FetchError(describe_failure(exc), url="") from exc
        except httpx.InvalidURL as exc:  # httpx reads where a redirect leads, even though it does not follow it
            raise FetchError("redirected to an invalid address", url="") from exc
        seconds = retry_after(reply.headers.get("retry-after"), self._now())
        wait = None if seconds is None else timedelta(seconds=seconds)
        return Posted(status=reply.status_code, text=text, retry_after=wait)


def _read_beginning(reply: httpx.Response) -> str:
    """Read the beginning of a body as one line. It may break off: the status alone is the answer."""
    read = b""
    try:
        for chunk in reply.iter_raw():
            read += chunk
            if len(read) >= MAX_ANSWER:
                break
    except httpx.TransportError:
        pass
    return " ".join(read[:MAX_ANSWER].decode("utf-8", "replace").split())
