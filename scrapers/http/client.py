"""The polite client: who we are, how often we ask, how long we wait, how much we take. It alone knows httpx.

What it promises to a host: one start every `min_interval`, at most `concurrency` requests in flight, a pause for all
threads when the host says 429, no more requests in this run once five different ones in a row had failed.
What it promises to the caller: a whole body, of bounded size, within a deadline, or a `FetchError`.
"""

from __future__ import annotations

import io
import logging
import random as _random
import threading
import time
import zlib
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

import httpx

from monitor.errors import FetchError, GoneError, without_frames
from scrapers import jsontext
from scrapers.http.transport import UNTRUSTED, bound_reads, open_http, reason_of, retry_after, user_agent
from scrapers.http.wire import Gunzip, Watch, drop_stale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

LIST_SECONDS = 60.0
DETAIL_SECONDS = 30.0
MAX_BYTES = 20 * 1024 * 1024
"""Of a decoded body."""
LARGE = 1024 * 1024
"""Bytes of a body beyond which `get_many` reads and hands over one at a time: records have a few thousand."""
MOST_WAITED = 10.0
"""Seconds that a large body waits for another to be taken."""
MAX_REDIRECTS = 5
TRIES = 5
CIRCUIT = 5
"""So many different requests in a row use up their tries before a host is not asked again."""
MAX_PAUSE = 300.0
"""Seconds that a request waits for a paused host; it fails if the pause is longer."""
MAX_PAUSES = 20
MAX_PAUSED = 900.0
"""Seconds after its first 429 when a request gives up."""
NOT_MODIFIED = 304

_KEPT_HEADERS = ("content-type", "date", "etag", "last-modified")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer. `url` is what answered at last, `fetched_at` is in UTC, `headers` have lower-case names."""

    url: str
    status: int
    fetched_at: datetime
    headers: Mapping[str, str]
    body: bytes


class _TransientError(Exception):
    """May heal: the try counts. `pause`: seconds that the host asked for."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class _BusyError(Exception):
    """429: the host pauses and the try does not count. `seconds` is None where the host did not say how long."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__("answered 429")
        self.seconds = seconds


class _FinalError(Exception):
    """Asking again would not help."""


class _ExcessError(_FinalError):
    """An answer that is more than is taken, or packed as nobody asked for. A host that goes on so is left alone."""


class _MissingError(Exception):
    """404 or 410."""


_Failure = _TransientError | _BusyError | _FinalError | _MissingError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Time:
    """Time and chance, which tests replace."""

    clock: Callable[[], float]
    sleep: Callable[[float], object]
    random: Callable[[], float]
    now: Callable[[], datetime]


class _OneLarge:
    """Lets one request at a time have a large body, from its first megabyte until the answer is taken."""

    def __init__(self, closed: threading.Event) -> None:
        self._free, self._closed = threading.Condition(), closed
        self._holder = ""
        self._is_over = False

    def take(self, url: str) -> None:
        """Wait for the turn of this request, but not for ever: whoever takes the answers may be waiting for us."""
        until = time.monotonic() + MOST_WAITED
        with self._free:
            while self._holder not in ("", url) and not (self._is_over or self._closed.is_set()):
                if time.monotonic() >= until:
                    return
                self._free.wait(0.5)  # short, so that a closed client is noticed soon
            self._holder = url

    def give_back(self, url: str) -> None:
        """Let the next one have its turn, if this request has it."""
        with self._free:
            if self._holder == url:
                self._holder = ""
                self._free.notify()

    def stop(self) -> None:
        """Let all that wait go on: nobody wants the answers any more."""
        with self._free:
            self._is_over = True
            self._free.notify_all()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What to ask for, how long a try may take, how the body is read, and whose turn it is where it is large."""

    url: str
    seconds: float
    read: Callable[[bytes], Any]
    headers: Mapping[str, str]
    large: _OneLarge | None = None


class Client:
    """Asks hosts over HTTP for one run; safe to share between threads.

    Raises ConfigError where the proxy or the certificates are wrong.
    `contact` is in the User-Agent. `min_interval` is in seconds, between two starts to one host. `proxy` is a URL, else
    HTTPS_PROXY and the like count. `ca_file` names the only certificates that are trusted, else the system's are.
    `clock` counts seconds, `now` is the time in UTC, `random` is in [0, 1).
    """

    def __init__(
        self,
        contact: str,
        version: str,
        *,
        concurrency: int = 4,
        min_interval: float = 0.2,
        proxy: str = "",
        ca_file: str = "",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        random: Callable[[], float] = _random.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._closed = threading.Event()
        self._time = _Time(clock=clock, sleep=sleep or self._closed.wait, random=random, now=now)
        self._concurrency, self._min_interval = concurrency, min_interval
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}
        self._watch = Watch(clock, self._closed)
        self._http = open_http(user_agent(contact, version), proxy, ca_file)
        bound_reads(self._http, self._watch)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="fetch")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what is under way, within about a second where a connection stands, and let the connections go."""
        self._closed.set()
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def ask_again(self) -> None:
        """Ask hosts again that had failed too often; a pause that one asked for stays."""
        with self._lock:
            hosts = list(self._hosts.values())
        for host in hosts:
            host.forgive()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        seconds: float = LIST_SECONDS,
        etag: str = "",
        last_modified: str = "",
    ) -> Response:
        """Ask for a URL; `seconds` is the deadline for each try, from the request to the last byte.

        `etag` and `last_modified` are those of an answer that was kept: where it still holds, the status is 304 and the body
        empty. Raises GoneError (404, 410) and FetchError.
        """
        asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in asked.items() if value}
        request = _Request(url=_join(url, params), seconds=seconds, read=bytes, headers=headers)
        return self._fetch(request)[0]

    def get_json(
        self, url: str, params: Mapping[str, str] | None = None, *, seconds: float = LIST_SECONDS
    ) -> tuple[Response, Any]:
        """As `get`, with the body read as JSON; what is no JSON counts as a body cut short and is asked for again.

        A problem report (RFC 7807) that comes as 200 counts as the status that it names.
        """
        return self._fetch(_Request(url=_join(url, params), seconds=seconds, read=self._read_json, headers={}))

    def get_many(
        self, urls: Iterable[str], *, seconds: float = DETAIL_SECONDS, is_json: bool = True
    ) -> Iterator[tuple[str, Response | FetchError]]:
        """Ask for many URLs, several in flight; each comes back once, with its answer or its error.

        They come in any order; one at a time (concurrency 1) in that in which they were asked for. Bodies are checked to be
        JSON unless told otherwise. Nothing here holds an answer once it was given.
        """
        read: Callable[[bytes], Any] = self._read_json if is_json else bytes
        large = _OneLarge(self._closed)
        rest = iter(urls)
        pending: dict[Future[Response | FetchError], str] = {}
        try:
            while True:
                for url in islice(rest, 2 * self._concurrency - len(pending)):
                    request = _Request(url=url, seconds=seconds, read=read, headers={}, large=large)
                    pending[self._pool.submit(self._fetch_or_error, request)] = url
                if not pending:
                    return
                wait(pending, return_when=FIRST_COMPLETED)
                for url in [url for future, url in pending.items() if future.done()]:
                    try:
                        yield _taken(pending, url)
                    finally:
                        large.give_back(url)
        finally:
            for future in pending:
                future.cancel()
            large.stop()

    def _fetch_or_error(self, request: _Request) -> Response | FetchError:
        try:
            return self._fetch(request)[0]
        except FetchError as exc:
            return without_frames(exc)

    def _fetch(self, request: _Request) -> tuple[Response, Any]:
        """Try until it succeeds, the tries are used up, or trying makes no sense."""
        url, host = request.url, self._host(request.url)
        tries = pauses = 0
        busy_since = 0.0
        while True:
            try:
                answer = self._answer(host, request)
            except _BusyError as exc:
                busy_since = busy_since if pauses else self._time.clock()
                pauses += 1
                self._after_busy(host, url, pauses, busy_since, exc)
            except _TransientError as exc:
                tries += 1
                self._after_failure(host, url, tries, exc)
            except _MissingError as exc:
                host.succeed()
                raise GoneError(f"{host.name} no longer has {url} (it {exc}).", url=url) from exc
            except _FinalError as exc:
                if isinstance(exc, _ExcessError):
                    host.give_up(url)
                raise FetchError(f"{host.name} {exc}.", url=url) from exc
            else:
                host.succeed()
                return answer

    def _answer(self, host: _Host, request: _Request) -> tuple[Response, Any]:
        """Ask once. No error that comes of it holds the body that it came of."""
        answer = self._try(host, request)
        if isinstance(answer, tuple):
            return answer
        if request.large is not None:
            request.large.give_back(request.url)
        raise answer

    def _try(self, host: _Host, request: _Request) -> tuple[Response, Any] | _Failure:
        try:
            response = self._attempt(host, request)
            return response, request.read(response.body)
        except (_BusyError, _TransientError, _MissingError, _FinalError) as exc:
            return without_frames(exc)

    def _after_busy(self, host: _Host, url: str, pauses: int, since: float, exc: _BusyError) -> None:
        """Pause the host, or raise FetchError if this request has waited long enough."""
        if pauses > MAX_PAUSES or self._time.clock() - since > MAX_PAUSED:
            host.give_up(url)
            raise FetchError(f"{host.name} stayed too busy (429); the next run asks again.", url=url) from exc
        host.pause(min(60.0 * 2 ** (pauses - 1), MAX_PAUSE) if exc.seconds is None else exc.seconds)

    def _after_failure(self, host: _Host, url: str, tries: int, exc: _TransientError) -> None:
        """Wait before the next try, or raise FetchError if the tries are used up."""
        if tries == TRIES:
            host.give_up(url)
            text = f"{host.name} {exc}, and so it went {TRIES} times; the next run asks again."
            raise FetchError(text, url=url) from exc
        if exc.pause is not None:
            host.pause(exc.pause)
        delay = self._time.random() * min(30.0, 2.0**tries)
        logger.debug("retry host=%s try=%d wait=%.1f reason=%r url=%s", host.name, tries, delay, str(exc), url)
        self._time.sleep(delay)

    def _attempt(self, host: _Host, request: _Request) -> Response:
        """Ask once, and follow redirects on the same host."""
        until = None
        hop = request.url
        for _ in range(MAX_REDIRECTS + 1):
            with host.slots:
                host.take_turn(request.url)
                until = until or self._time.clock() + request.seconds
                response, location = self._exchange(hop, until, request)
            if location is None:
                if response.status == NOT_MODIFIED and request.headers:
                    return response
                _judge(response.status, retry_after(response.headers.get("retry-after"), self._time.now()))
                return response
            hop = _follow(hop, location)
        raise _FinalError(f"redirected more than {MAX_REDIRECTS} times; check base_url")

    def _exchange(self, url: str, until: float, request: _Request) -> tuple[Response, str | None]:
        """Send one request; the body is read only if the status is 200. The second value is where a redirect leads."""
        self._watch.until = until
        try:
            with self._http.stream("GET", url, headers=request.headers) as reply:
                if drop_stale(reply.extensions.get("network_stream")):
                    raise _TransientError("sent an answer that nobody had asked for")
                is_good = reply.status_code == httpx.codes.OK
                body = _read_body(reply, lambda: self._take_large(request)) if is_good else b""
        except httpx.TimeoutException as exc:
            raise _TransientError(f"did not answer in full within {request.seconds:g} s") from exc
        except httpx.TransportError as exc:
            raise _explain(exc) from exc
        except httpx.InvalidURL as exc:  # httpx looks where a redirect leads, though it is not to follow it
            raise _FinalError("redirected to what is no address of a page: check base_url") from exc
        kept = {name: reply.headers[name] for name in (*_KEPT_HEADERS, "retry-after") if name in reply.headers}
        response = Response(url=url, status=reply.status_code, fetched_at=self._time.now(), headers=kept, body=body)
        return response, reply.headers.get("location") if reply.is_redirect else None

    def _take_large(self, request: _Request) -> None:
        """Wait until nobody else has a large body; this time is not the host's."""
        if request.large is not None:
            began = self._time.clock()
            request.large.take(request.url)
            self._watch.until += self._time.clock() - began

    def _host(self, url: str) -> _Host:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as exc:
            raise FetchError(f"{url!r} is no URL that can be asked: check base_url.", url=url) from exc
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise FetchError(f"{url!r} is no http or https URL: check base_url.", url=url)
        with self._lock:
            name = parsed.netloc.decode("ascii")
            if name not in self._hosts:
                self._hosts[name] = _Host(name, self._concurrency, self._min_interval, self._time, self._closed)
            return self._hosts[name]

    def _read_json(self, body: bytes) -> Any:
        data = _parse_json(body)
        status = data.get("status") if isinstance(data, dict) and "title" in data and "value" not in data else None
        if isinstance(status, int) and status >= httpx.codes.BAD_REQUEST:
            _judge(status, None)
        return data


class _Host:
    """What all threads know of one host: when it may be asked next, and whether at all."""

    def __init__(self, name: str, concurrency: int, min_interval: float, time: _Time, closed: threading.Event) -> None:
        self.name = name
        self.slots = threading.BoundedSemaphore(concurrency)
        self._min_interval, self._time, self._closed = min_interval, time, closed
        self._lock = threading.Lock()
        self._next_at = self._paused_until = time.clock()
        self._given_up: set[str] = set()
        self._is_open = False

    def take_turn(self, url: str) -> None:
        """Wait until the host may be asked. Raises FetchError if that is too far away or not in this run."""
        while True:
            if self._closed.is_set():
                raise FetchError(f"{self.name} was not asked, since the run was stopped.", url=url)
            with self._lock:
                now = self._time.clock()
                paused = self._paused_until - now
                delay = max(self._next_at - now, paused)
                if delay <= 0 and not self._is_open:
                    self._next_at = now + self._min_interval
                    return
            if self._is_open:
                raise FetchError(f"{self.name} failed too often and is not asked again in this run.", url=url)
            if paused > MAX_PAUSE:
                until = (self._time.now() + timedelta(seconds=paused)).strftime("%Y-%m-%d %H:%M UTC")
                raise FetchError(f"{self.name} wants to be left alone until {until}: run again then.", url=url)
            self._time.sleep(delay)

    def pause(self, seconds: float) -> None:
        """Nobody asks for so long."""
        logger.debug("pause host=%s seconds=%.0f", self.name, seconds)
        with self._lock:
            self._paused_until = max(self._paused_until, self._time.clock() + seconds)

    def give_up(self, url: str) -> None:
        """A request used up its tries, or its answer was more than is taken."""
        with self._lock:
            self._given_up.add(url)
            if len(self._given_up) < CIRCUIT or self._is_open:
                return
            self._is_open = True
        logger.warning("circuit host=%s state=open failures=%d", self.name, CIRCUIT)

    def forgive(self) -> None:
        """Let it be asked again, however often it failed."""
        with self._lock:
            self._given_up.clear()
            self._is_open = False

    def succeed(self) -> None:
        """The host gave a clear answer, so it is alive."""
        with self._lock:
            self._given_up.clear()


def _join(url: str, params: Mapping[str, str] | None) -> str:
    return f"{url}?{httpx.QueryParams(params)}" if params else url


def _follow(url: str, location: str) -> str:
    """Where a redirect leads. Raises _FinalError unless it is the same host, over the same scheme or from http to https."""
    try:
        here, there = httpx.URL(url), httpx.URL(url).join(location)
    except httpx.InvalidURL as exc:
        raise _FinalError("redirected to what is no URL") from exc
    is_same = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
    is_upgrade = (here.scheme, there.scheme, there.host, there.port) == ("http", "https", here.host, None)
    if there.userinfo or not (is_same or is_upgrade):
        raise _FinalError(f"redirected to {there.scheme}://{there.host}, which is not followed: check base_url")
    return str(there.copy_with(fragment=None))


def _judge(status: int, retry_after: float | None) -> None:
    """Raise what a status other than 200 means."""
    if status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
        raise _MissingError(f"answered {status}")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise _BusyError(retry_after)
    if status == httpx.codes.REQUEST_TIMEOUT or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _TransientError(f"answered {status}", retry_after)
    if status != httpx.codes.OK:
        raise _FinalError(f"answered {status}, which asking again would not change: check base_url and contact")


def _explain(exc: httpx.TransportError) -> _TransientError | _FinalError:
    reason = reason_of(exc)
    return _FinalError(reason) if reason == UNTRUSTED else _TransientError(reason)


def _read_body(reply: httpx.Response, is_large: Callable[[], None]) -> bytes:
    """Read and unpack a body. httpx itself would unpack without a limit, and take a gzip stream that is cut short.

    `is_large` is called once, when it turns out to be larger than `LARGE`.
    """
    encoding = reply.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise _ExcessError(f"sent a body packed as {encoding[:40]!r}, which was not asked for")
    unpack = Gunzip() if "gzip" in encoding else None
    body = io.BytesIO()  # gives its bytes away without a copy
    size = received = 0
    for chunk in reply.iter_raw():
        received += len(chunk)
        try:
            parts = unpack.pieces(chunk, MAX_BYTES - size + 1) if unpack else [chunk]
            for part in parts:
                if size <= LARGE < size + len(part):
                    is_large()
                size += len(part)
                if max(size, received) > MAX_BYTES:
                    raise _ExcessError(f"sent more than {MAX_BYTES // 1024 // 1024} MiB")
                body.write(part)
        except zlib.error as exc:
            raise _TransientError("sent a body that can't be unpacked") from exc
    if unpack and not unpack.is_whole:
        raise _TransientError("sent a body that is cut short")
    return body.getvalue()


def _taken(pending: dict[Future[Response | FetchError], str], url: str) -> tuple[str, Response | FetchError]:
    """Take an answer that is there out of those that are waited for."""
    future = next(future for future, asked in pending.items() if asked == url and future.done())
    return pending.pop(future), future.result()


def _parse_json(body: bytes) -> Any:
    try:
        return jsontext.read(body)
    except jsontext.TooMuchError as exc:
        raise _ExcessError(f"sent JSON that {exc}") from exc
    except ValueError as exc:
        raise _TransientError("sent a body that is cut short or is no JSON") from exc
