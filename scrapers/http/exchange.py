"""One request and its answer: what a status means, how much of a body is read, where a redirect may lead."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from scrapers import strict_json
from scrapers.http.transport import UNTRUSTED, describe_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

MAX_BYTES: Final = 20 * 1024 * 1024
"""Limit of a body, packed and unpacked. The largest list on record has 2 MB."""
LARGE: Final = 1024 * 1024
"""Bytes from which a body counts as large (`Client.get_many` reads those one at a time). Records have a few thousand."""
NOT_MODIFIED: Final = 304

_PIECE: Final = 256 * 1024
"""Bytes that are unpacked at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer. `url` is the address that answered in the end, `fetched_at` is in UTC, `headers` are in lower case."""

    url: str
    status: int
    fetched_at: datetime
    headers: Mapping[str, str]
    body: bytes


class TransientError(Exception):
    """A failure that may heal: the try counts. `pause`: seconds for which the host asked to be left alone."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class BusyError(Exception):
    """Status 429: the host pauses, and the try does not count. `seconds` is None if the host did not say how long."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__("answered 429")
        self.seconds = seconds


class FinalError(Exception):
    """A failure that asking again would not change: a refusal, or an answer that exceeds a limit."""


class MissingError(Exception):
    """Status 404 or 410."""


Failure = TransientError | BusyError | FinalError | MissingError


def judge_status(status: int, pause: float | None) -> None:
    """Raise the error that a status other than 200 means. `pause`: seconds that its Retry-After header names."""
    if status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
        raise MissingError(f"answered {status}")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise BusyError(pause)
    if status == httpx.codes.REQUEST_TIMEOUT or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise TransientError(f"answered {status}", pause)
    if status != httpx.codes.OK:
        raise FinalError(f"answered {status}, which asking again would not change: check base_url and contact")


def judge_transport(exc: httpx.TransportError) -> TransientError | FinalError:
    """Return the error that a failed connection means."""
    reason = describe_failure(exc)
    return FinalError(reason) if reason == UNTRUSTED else TransientError(reason)


def follow_redirect(url: str, location: str) -> str:
    """Find where a redirect leads. Raises FinalError unless it is the same host and scheme, or its https from http."""
    try:
        here, there = httpx.URL(url), httpx.URL(url).join(location)
    except httpx.InvalidURL as exc:
        raise FinalError("redirected to an invalid URL") from exc
    is_same = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
    is_upgrade = (here.scheme, there.scheme, there.host, there.port) == ("http", "https", here.host, None)
    if there.userinfo or not (is_same or is_upgrade):
        raise FinalError(f"redirected to {there.scheme}://{there.host}, which is not followed: check base_url")
    return str(there.copy_with(fragment=None))


def read_body(reply: httpx.Response, when_large: Callable[[], None]) -> bytes:
    """Read and unpack a body within `MAX_BYTES`. `when_large` is called once if it proves larger than `LARGE`.

    httpx itself would unpack without a limit, and would accept a gzip stream that is cut short.
    """
    encoding = reply.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise FinalError(f"sent a body packed as {encoding[:40]!r}, which was not asked for")
    received = _Received(reply)
    stream: io.BufferedReader | gzip.GzipFile = io.BufferedReader(received, _PIECE)
    if "gzip" in encoding:
        stream = gzip.GzipFile(fileobj=stream)
    body = io.BytesIO()  # gives its bytes away without a copy
    try:
        while piece := stream.read(_PIECE):
            if body.tell() <= LARGE < body.tell() + len(piece):
                when_large()
            body.write(piece)
            _check_size(body.tell())
    except EOFError as exc:
        raise TransientError("sent a body that is cut short") from exc
    except (gzip.BadGzipFile, zlib.error) as exc:
        raise TransientError("sent a body that can't be unpacked") from exc
    if "gzip" in encoding and not received.size:
        raise TransientError("sent a body that is cut short")
    return body.getvalue()


def read_json(body: bytes) -> Any:
    """Read a body as JSON. A problem report (RFC 7807) that came with status 200 counts as the status it names."""
    try:
        data = strict_json.read_bounded(body)
    except strict_json.ExcessError as exc:
        raise FinalError(f"sent JSON that {exc}") from exc
    except ValueError as exc:
        raise TransientError("sent a body that is cut short or is no JSON") from exc
    is_problem = isinstance(data, dict) and "title" in data and "value" not in data
    status = data.get("status") if is_problem else None
    if isinstance(status, int) and status >= httpx.codes.BAD_REQUEST:
        judge_status(status, None)
    return data


class _Received(io.RawIOBase):
    """Body of a reply as a stream of its packed bytes, of which `size` were received. Raises FinalError at the limit."""

    def __init__(self, reply: httpx.Response) -> None:
        self.size = 0
        self._chunks = reply.iter_raw()
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next; 0 at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        self.size += count
        _check_size(self.size)
        return count


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise FinalError(f"sent more than {MAX_BYTES // 1024 // 1024} MiB")
