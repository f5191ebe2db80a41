"""Below HTTP: connections whose reads end by a deadline, and gzip that never unpacks more than it is told."""

from __future__ import annotations

import threading
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

_SLICE = 0.5
_PIECE = 256 * 1024
"""Bytes that gzip unpacks at once."""


class Watch(threading.local):
    """The deadline of the request that this thread is in, `until` on the clock."""

    def __init__(self, clock: Callable[[], float], closed: threading.Event) -> None:
        self.until = 0.0
        self._clock, self._closed = clock, closed

    def left(self) -> float:
        """Seconds that are left. Raises httpcore.ReadTimeout when there are none, or the client was closed."""
        left = self.until - self._clock()
        if left <= 0 or self._closed.is_set():
            raise httpcore.ReadTimeout
        return left


class _WatchedStream(httpcore.NetworkStream):
    """A connection whose every read ends by the deadline, so that dripping headers can't hold a thread for ever."""

    def __init__(self, stream: httpcore.NetworkStream, watch: Watch) -> None:
        self._stream, self._watch = stream, watch
        self.has_read = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline counts instead
        while True:
            seconds = min(self._watch.left(), _SLICE)  # short, so that a closed client is noticed soon
            with suppress(httpcore.ReadTimeout):
                data = self._stream.read(max_bytes, seconds)
                self.has_read = True
                return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.has_read = False
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._watch.left()  # a closed client begins nothing more
        return _WatchedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._watch)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def drop_stale(stream: Any) -> bool:
    """Close a connection whose answer was there before its request went out, as the rest of an earlier one; say if it was.

    httpcore keeps what a server sent too much and would take it for the next answer: nothing was read since the request.
    """
    is_stale = isinstance(stream, _WatchedStream) and not stream.has_read
    if is_stale:
        stream.close()  # more of it may be waiting
    return is_stale


class WatchedBackend(httpcore.SyncBackend):
    """Opens connections that the deadline of the thread's request holds for."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **kwargs: Any
    ) -> httpcore.NetworkStream:
        """As `httpcore.SyncBackend`, within what is left of the deadline."""
        left = self._watch.left()
        stream = super().connect_tcp(host, port, left if timeout is None else min(left, timeout), *args, **kwargs)
        return _WatchedStream(stream, self._watch)


class Gunzip:
    """Unpacks a gzip stream, of one member or several, never more than it is told at once."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)

    @property
    def is_whole(self) -> bool:
        """Whether the stream has reached its end."""
        return self._member.eof

    def feed(self, chunk: bytes, limit: int) -> bytes:
        """Unpack; what would go beyond `limit` bytes is left out, so `limit` bytes or more mean too much.

        Raises zlib.error.
        """
        return b"".join(self.pieces(chunk, limit))

    def pieces(self, chunk: bytes, limit: int) -> Iterator[bytes]:
        """Unpack as `feed` does, a piece at a time: a chunk may hold a thousand times its size."""
        while chunk and limit > 0:
            if self._member.eof:
                self._member = zlib.decompressobj(31)
            part = self._member.decompress(chunk, min(limit, _PIECE))
            limit -= len(part)
            chunk = self._member.unconsumed_tail or self._member.unused_data
            yield part
