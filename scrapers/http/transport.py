"""Connections to hosts: our name, proxies, certificates, and a deadline for each answer.

httpx limits each single read, not a whole answer (https://github.com/encode/httpx/issues/1450): a host that sends a byte
every few seconds could hold a thread for ever. So requests go through a transport of our own, over httpcore's connection
pool, whose connections read no longer than the deadline of the request.
"""

from __future__ import annotations

import importlib.util
import ssl
import threading
import urllib.request
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final

import httpcore
import httpx

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DAY: Final = 86_400.0
STEP_SECONDS: Final = 30.0
"""Time-out for the steps of a request that no deadline ends: sending, for example."""
CONNECT_SECONDS: Final = 8.0
READ_SLICE: Final = 0.5
"""Seconds of a single read. Between reads a closed client is noticed."""
KEEP_ALIVE_SECONDS: Final = 5.0
UNTRUSTED: Final = "has a certificate that is not trusted: check the clock, or set [http] ca_file"
"""Reason for a failure that trying again does not heal."""


class Deadline(threading.local):
    """Deadline of the request that the current thread is making. `at` is a time of the clock."""

    def __init__(self, clock: Callable[[], float], closed: threading.Event) -> None:
        self.at = 0.0
        self._clock, self._closed = clock, closed

    def seconds_left(self) -> float:
        """Return the seconds left. Raises httpcore.ReadTimeout if none are left, or if the client was closed."""
        left = self.at - self._clock()
        if left <= 0 or self._closed.is_set():
            raise httpcore.ReadTimeout
        return left


class _DeadlineStream(httpcore.NetworkStream):
    """Connection whose reads end at the deadline. `has_read`: something was read since the last request was sent."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline
        self.has_read = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline counts instead
        while True:
            seconds = min(self._deadline.seconds_left(), READ_SLICE)
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
        self._deadline.seconds_left()  # a closed client begins nothing new
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _DeadlineBackend(httpcore.SyncBackend):
    """Opens connections that keep to the deadline of the thread's request."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **kwargs: Any
    ) -> httpcore.NetworkStream:
        left = self._deadline.seconds_left()
        stream = super().connect_tcp(host, port, left if timeout is None else min(left, timeout), *args, **kwargs)
        return _DeadlineStream(stream, self._deadline)


class _Body(httpx.SyncByteStream):
    """Body of a response, as httpx wants it."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _errors_of_httpx():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _CookiePolicy(DefaultCookiePolicy):
    """Refuses cookies that no request could give back: a header is ASCII."""

    def set_ok(self, cookie: Cookie, request: urllib.request.Request) -> bool:
        """Return whether a cookie is kept."""
        return f"{cookie.name}{cookie.value}".isascii() and super().set_ok(cookie, request)


class _DeadlineTransport(httpx.BaseTransport):
    """Sends requests directly, or through the proxy of their scheme. `proxies`: by scheme, "all" for any.

    Hosts that the environment excepts from proxies (NO_PROXY) are reached directly if `honours_no_proxy`.
    """

    def __init__(
        self, deadline: Deadline, trust: ssl.SSLContext, proxies: dict[str, httpx.Proxy], *, honours_no_proxy: bool
    ) -> None:
        backend = _DeadlineBackend(deadline)
        self._honours_no_proxy = honours_no_proxy
        self._direct = _open_pool(backend, trust, None)
        self._proxied = {scheme: _open_pool(backend, trust, proxy) for scheme, proxy in proxies.items()}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises httpx.TransportError."""
        url = request.url
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _errors_of_httpx():
            response = self._pool_for(url).handle_request(sent)
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        """Close all connections."""
        for pool in (self._direct, *self._proxied.values()):
            pool.close()

    def _pool_for(self, url: httpx.URL) -> httpcore.ConnectionPool:
        if not self._proxied or (self._honours_no_proxy and urllib.request.proxy_bypass(url.host)):
            return self._direct
        return self._proxied.get(url.scheme) or self._proxied.get("all") or self._direct


def open_http(agent: str, proxy: str, ca_file: str, deadline: Deadline) -> httpx.Client:
    """Open a client that follows no redirects and keeps to the deadline. Raises ConfigError.

    `proxy`: a URL; "" means the environment's proxies. `ca_file`: the only certificates to trust; "" means the system's.
    """
    trust = _trust(ca_file)
    try:
        proxies = {"all": _proxy(proxy)} if proxy else _environment_proxies()
    except (httpx.InvalidURL, ValueError) as exc:
        raise ConfigError("The proxy can't be used: set [http] proxy to http://host:port, or to nothing.") from exc
    return httpx.Client(
        headers={"User-Agent": agent, "Accept": "application/json, */*;q=0.5", "Accept-Encoding": "gzip"},
        cookies=CookieJar(_CookiePolicy()),
        timeout=httpx.Timeout(STEP_SECONDS, connect=CONNECT_SECONDS, pool=None),
        transport=_DeadlineTransport(deadline, trust, proxies, honours_no_proxy=not proxy),
    )


def close_stale_connection(stream: Any) -> bool:
    """Close a connection whose answer had arrived before its request was sent; say whether that was so.

    Such an answer is the rest of an earlier one. httpcore keeps what a server sends too much, and would take it for the
    answer to the next request: nothing was read since that was sent.
    """
    is_stale = isinstance(stream, _DeadlineStream) and not stream.has_read
    if is_stale:
        stream.close()
    return is_stale


def user_agent(contact: str, version: str) -> str:
    """Compose the name that we give to hosts, with a contact for the people who run them."""
    printable = "".join(char for char in contact if char.isascii() and char.isprintable() and char not in "()")
    return f"pqwatch/{version} (+{printable})" if printable else f"pqwatch/{version}"


def retry_after(value: str | None, now: datetime) -> float | None:
    """Read a Retry-After header (RFC 9110, 10.2.3) as seconds, from 1 to a day; None if it does not say."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(max(float(text), 1.0), DAY)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 1.0), DAY)


def describe_failure(exc: httpx.TransportError) -> str:
    """Describe what a host did, as in "could not be reached"; `UNTRUSTED` where trying again would not help."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UNTRUSTED
        cause = cause.__cause__ or cause.__context__
    if isinstance(exc, httpx.ProxyError):
        return "could not be reached through the proxy"
    if isinstance(exc, httpx.ConnectError):
        return "could not be reached"
    return "broke off or sent something that is not HTTP"


def _open_pool(
    backend: httpcore.NetworkBackend, trust: ssl.SSLContext, proxy: httpx.Proxy | None
) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        ssl_context=trust,
        max_connections=None,
        keepalive_expiry=KEEP_ALIVE_SECONDS,
        network_backend=backend,
        proxy=httpcore.Proxy(str(proxy.url), auth=proxy.raw_auth, headers=proxy.headers.raw) if proxy else None,
    )


def _trust(ca_file: str) -> ssl.SSLContext:
    try:
        trust = ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
    except (OSError, ValueError) as exc:
        raise ConfigError(f"[http] ca_file = {ca_file!r} can't be read as certificates: {exc}.") from exc
    if not ca_file:
        trust.load_default_certs()
    return trust


def _environment_proxies() -> dict[str, httpx.Proxy]:
    """Find the proxies of HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, or of the system's settings."""
    found = urllib.request.getproxies()
    addresses = {scheme: found[scheme] for scheme in ("http", "https", "all") if found.get(scheme)}
    return {
        scheme: _proxy(address if "://" in address else f"http://{address}") for scheme, address in addresses.items()
    }


def _proxy(address: str) -> httpx.Proxy:
    """Read a proxy's address. Raises httpx.InvalidURL, and ValueError for a kind that is not installed."""
    proxy = httpx.Proxy(address)
    if proxy.url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ValueError("socksio is not installed")
    return proxy


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """Raise errors of httpcore as those of httpx."""
    try:
        yield
    except httpcore.TimeoutException as exc:
        raise httpx.TimeoutException(str(exc)) from exc
    except httpcore.ProxyError as exc:
        raise httpx.ProxyError(str(exc)) from exc
    except httpcore.ConnectError as exc:
        raise httpx.ConnectError(str(exc)) from exc
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as exc:
        raise httpx.TransportError(str(exc)) from exc
