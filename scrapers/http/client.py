"""Polite HTTP client: it says who we are, keeps a pace, waits, tries again, and reads bodies within limits.

Promises to a host: one request every `min_interval`, at most `concurrency` in flight; a pause for all threads after
status 429; no more requests in this run once five different ones in a row have failed.
Promises to the caller: a whole body of bounded size within a deadline, or a `FetchError`.
"""

from __future__ import annotations

import logging
import random as _random
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Self

import httpx

from monitor.errors import FetchError, GoneError, without_frames
from scrapers.http.exchange import (
    NOT_MODIFIED,
    BusyError,
    Failure,
    FinalError,
    MissingError,
    Response,
    TransientError,
    follow_redirect,
    judge_status,
    judge_transport,
    read_body,
    read_json,
)
from scrapers.http.hosts import MAX_PAUSE, Host, Timing
from scrapers.http.transport import Deadline, close_stale_connection, open_http, retry_after, user_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from monitor.ports import Turns

LIST_SECONDS: Final = 60.0
DETAIL_SECONDS: Final = 30.0
MAX_REDIRECTS: Final = 5
TRIES: Final = 5
MAX_PAUSES: Final = 20
MAX_BUSY_SECONDS: Final = 900.0
"""Seconds after its first status 429 when a request fails."""
LARGE_BODY_WAIT: Final = 10.0
"""Seconds that a large body waits for another to be taken."""
LISTEN_SECONDS: Final = 0.5
"""Seconds after which a wait for answers begins anew, so that a signal is heard that came during it or just before."""

_FIRST_BUSY_PAUSE: Final = 60.0
"""Seconds of the first pause after a 429 without Retry-After; each later one is twice as long."""
_LONGEST_BACKOFF: Final = 30.0
_KEPT_HEADERS: Final = ("content-type", "date", "etag", "last-modified")

logger = logging.getLogger(__name__)


class _LargeBodyTurn:
    """Lets one request at a time hold a large body, from its first megabyte until the caller has taken the answer."""

    def __init__(self, closed: threading.Event) -> None:
        self._free, self._closed = threading.Condition(), closed
        self._holder = ""
        self._is_over = False

    def take(self, url: str) -> None:
        """Wait for this request's turn, but not for ever: the caller who takes the answers may be waiting for us."""
        until = time.monotonic() + LARGE_BODY_WAIT
        with self._free:
            while self._holder not in ("", url) and not (self._is_over or self._closed.is_set()):
                if time.monotonic() >= until:
                    return
                self._free.wait(0.5)  # short, so that a closed client is noticed soon
            self._holder = url

    def give_back(self, url: str) -> None:
        """Let the next request have its turn, if this one has it."""
        with self._free:
            if self._holder == url:
                self._holder = ""
                self._free.notify()

    def stop(self) -> None:
        """Let all requests go on: the caller wants no more answers."""
        with self._free:
            self._is_over = True
            self._free.notify_all()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A request: how long a try may take, how its body is read, and the turn that a large body has to wait for."""

    url: str
    seconds: float
    read: Callable[[bytes], Any]
    headers: Mapping[str, str]
    turn: _LargeBodyTurn | None = None


class Client:
    """Asks hosts over HTTP for one run; safe to share between threads.

    Raises ConfigError if the proxy or the certificates are wrong.
    `contact` is in the User-Agent. `min_interval`: seconds between two starts to one host. `proxy`: a URL; "" means the
    environment's (HTTPS_PROXY and so on). `ca_file`: the only certificates to trust; "" means the system's.
    `clock` counts seconds, `now` is the time in UTC, `random` is in [0, 1). `turns`: turns at hosts that other processes
    share; without them the pace is this process's own. `deferred`: a context in which no signal raises an exception. One
    in the middle of a wait for other threads would leave a lock held, and these threads would wait for it for ever.
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
        turns: Turns | None = None,
        deferred: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._turns, self._deferred = turns, deferred
        self._closed = threading.Event()
        self._timing = Timing(clock=clock, sleep=sleep or self._closed.wait, random=random, now=now)
        self._concurrency, self._min_interval = concurrency, min_interval
        self._lock = threading.Lock()
        self._hosts: dict[str, Host] = {}
        self._deadline = Deadline(clock, self._closed)
        self._http = open_http(user_agent(contact, version), proxy, ca_file, self._deadline)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="fetch")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what is under way, within about a second where a connection stands, and close all connections."""
        with self._deferred():
            self._closed.set()
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def ask_again(self) -> None:
        """Ask hosts again that had failed too often. Pauses that they asked for stay."""
        with self._lock:
            hosts = list(self._hosts.values())
        for host in hosts:
            host.ask_again()

    def slow_down(self, url: str, seconds: float) -> None:
        """Let this many seconds pass between two requests to the host of a URL, if they are more than without this."""
        self._host(url).slow_down(seconds)

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        seconds: float = LIST_SECONDS,
        etag: str = "",
        last_modified: str = "",
    ) -> Response:
        """Ask for a URL. `seconds` is the deadline of each try, from the request to the last byte.

        `etag` and `last_modified` are those of an answer kept earlier: if it still holds, the status is 304 and the body
        empty. Raises GoneError (status 404, 410) and FetchError.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        # A host may give others than ASCII, which no request can have.
        headers = {name: value for name, value in conditions.items() if value and value.isascii()}
        response, _ = self._fetch(_Request(url=_join(url, params), seconds=seconds, read=bytes, headers=headers))
        return response

    def get_json(
        self, url: str, params: Mapping[str, str] | None = None, *, seconds: float = LIST_SECONDS
    ) -> tuple[Response, Any]:
        """Ask for a URL and read the body as JSON. A body that is no JSON counts as cut short, and is asked for again.

        A problem report (RFC 7807) that comes with status 200 counts as the status that it names. Raises as `get`.
        """
        return self._fetch(_Request(url=_join(url, params), seconds=seconds, read=read_json, headers={}))

    def get_many(
        self, urls: Iterable[str], *, seconds: float = DETAIL_SECONDS, is_json: bool = True
    ) -> Iterator[tuple[str, Response | FetchError]]:
        """Ask for many URLs, several in flight. Each comes back once, with its answer or its error.

        They come in any order; with a concurrency of 1 in the order given. Bodies are checked to be JSON unless `is_json`
        is False. Answers that were given are not kept here.
        """
        read: Callable[[bytes], Any] = read_json if is_json else bytes
        turn = _LargeBodyTurn(self._closed)
        rest = iter(urls)
        pending: dict[Future[Response | FetchError], str] = {}
        try:
            while True:
                with self._deferred():
                    for url in islice(rest, 2 * self._concurrency - len(pending)):
                        request = _Request(url=url, seconds=seconds, read=read, headers={}, turn=turn)
                        pending[self._pool.submit(self._fetch_or_error, request)] = url
                    wait(pending, LISTEN_SECONDS, return_when=FIRST_COMPLETED)
                    arrived = [url for future, url in pending.items() if future.done()]
                if not pending:
                    return
                for url in arrived:
                    try:
                        yield _take_done(pending, url)
                    finally:
                        with self._deferred():
                            turn.give_back(url)
        finally:
            with self._deferred():
                for future in pending:
                    future.cancel()
                turn.stop()

    def _fetch_or_error(self, request: _Request) -> Response | FetchError:
        try:
            response, _ = self._fetch(request)
        except FetchError as exc:
            return without_frames(exc)
        return response

    def _fetch(self, request: _Request) -> tuple[Response, Any]:
        """Try until it succeeds, the tries are used up, or trying makes no sense."""
        url, host = request.url, self._host(request.url)
        tries = pauses = 0
        busy_since = 0.0
        while True:
            try:
                answer = self._try(host, request)
            except BusyError as exc:
                busy_since = busy_since if pauses else self._timing.clock()
                pauses += 1
                self._pause_busy(host, url, pauses, busy_since, exc)
            except TransientError as exc:
                tries += 1
                self._wait_to_retry(host, url, tries, exc)
            except MissingError as exc:
                host.record_success()
                raise GoneError(f"{host.name} no longer has {url} (it {exc}).", url=url, is_final=True) from exc
            except FinalError as exc:
                host.record_failure(url)
                raise FetchError(f"{host.name} {exc}.", url=url, is_final=True) from exc
            else:
                host.record_success()
                return answer

    def _try(self, host: Host, request: _Request) -> tuple[Response, Any]:
        """Ask once. Raises a failure that holds no body: its traceback would keep megabytes alive."""
        answer = self._answer_or_failure(host, request)
        if isinstance(answer, tuple):
            return answer
        if request.turn is not None:
            request.turn.give_back(request.url)
        raise answer

    def _answer_or_failure(self, host: Host, request: _Request) -> tuple[Response, Any] | Failure:
        try:
            response = self._ask(host, request)
            return response, request.read(response.body)
        except (BusyError, TransientError, MissingError, FinalError) as exc:
            return without_frames(exc)

    def _pause_busy(self, host: Host, url: str, pauses: int, busy_since: float, exc: BusyError) -> None:
        """Pause a busy host, or raise FetchError if this request has waited long enough."""
        if pauses > MAX_PAUSES or self._timing.clock() - busy_since > MAX_BUSY_SECONDS:
            host.record_failure(url)
            raise FetchError(f"{host.name} stayed too busy (429); the next run asks again.", url=url) from exc
        seconds = exc.seconds
        if seconds is None:
            seconds = min(_FIRST_BUSY_PAUSE * 2 ** (pauses - 1), MAX_PAUSE)
        host.pause(seconds)

    def _wait_to_retry(self, host: Host, url: str, tries: int, exc: TransientError) -> None:
        """Wait before the next try, or raise FetchError if the tries are used up."""
        if tries == TRIES:
            host.record_failure(url)
            text = f"{host.name} {exc}, {TRIES} times in a row; the next run asks again."
            raise FetchError(text, url=url) from exc
        if exc.pause is not None:
            host.pause(exc.pause)
        delay = self._timing.random() * min(_LONGEST_BACKOFF, 2.0**tries)
        logger.debug("retry host=%s try=%d wait=%.1f reason=%r url=%s", host.name, tries, delay, str(exc), url)
        self._timing.sleep(delay)

    def _ask(self, host: Host, request: _Request) -> Response:
        """Ask once, and follow redirects on the same host."""
        deadline = None
        url = request.url
        for _ in range(MAX_REDIRECTS + 1):
            with host.slots:
                host.wait_for_turn(request.url)
                deadline = deadline or self._timing.clock() + request.seconds
                response, location = self._exchange(url, deadline, request)
            if location is None:
                is_unchanged = response.status == NOT_MODIFIED and request.headers
                if not is_unchanged:
                    pause = retry_after(response.headers.get("retry-after"), self._timing.now())
                    judge_status(response.status, pause)
                return response
            url = follow_redirect(url, location)
        raise FinalError(f"redirected more than {MAX_REDIRECTS} times; check base_url")

    def _exchange(self, url: str, deadline: float, request: _Request) -> tuple[Response, str | None]:
        """Send one request. The body is read only if the status is 200. The second value is where a redirect leads."""
        self._deadline.at = deadline
        try:
            with self._http.stream("GET", url, headers=request.headers) as reply:
                if close_stale_connection(reply.extensions.get("network_stream")):
                    raise TransientError("sent an answer that was not asked for")
                is_ok = reply.status_code == httpx.codes.OK
                body = read_body(reply, lambda: self._take_large(request)) if is_ok else b""
        except httpx.TimeoutException as exc:
            raise TransientError(f"did not answer in full within {request.seconds:g} s") from exc
        except httpx.TransportError as exc:
            raise judge_transport(exc) from exc
        except httpx.InvalidURL as exc:  # httpx reads where a redirect leads, even though it does not follow it
            raise FinalError("redirected to an invalid address: check base_url") from exc
        kept = {name: reply.headers[name] for name in (*_KEPT_HEADERS, "retry-after") if name in reply.headers}
        response = Response(url=url, status=reply.status_code, fetched_at=self._timing.now(), headers=kept, body=body)
        return response, reply.headers.get("location") if reply.is_redirect else None

    def _take_large(self, request: _Request) -> None:
        """Wait until no other request holds a large body. This time does not count against the host's deadline."""
        if request.turn is not None:
            began = self._timing.clock()
            request.turn.take(request.url)
            self._deadline.at += self._timing.clock() - began

    def _host(self, url: str) -> Host:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as exc:
            raise FetchError(f"{url!r} is no URL that can be asked: check base_url.", url=url) from exc
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise FetchError(f"{url!r} is no http or https URL: check base_url.", url=url)
        name = parsed.netloc.decode("ascii")
        with self._lock:
            if name not in self._hosts:
                self._hosts[name] = Host(
                    name, self._concurrency, self._min_interval, self._timing, self._closed, turns=self._turns
                )
            return self._hosts[name]


def _join(url: str, params: Mapping[str, str] | None) -> str:
    return f"{url}?{httpx.QueryParams(params)}" if params else url


def _take_done(pending: dict[Future[Response | FetchError], str], url: str) -> tuple[str, Response | FetchError]:
    """Take one answer that has arrived out of those that are waited for."""
    future = next(future for future, asked in pending.items() if asked == url and future.done())
    return pending.pop(future), future.result()
