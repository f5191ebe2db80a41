"""How we reach hosts over HTTP, for whoever asks and whoever posts: our name, proxies, certificates, and what goes wrong."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from monitor.errors import ConfigError
from scrapers.http.wire import WatchedBackend

if TYPE_CHECKING:
    from scrapers.http.wire import Watch

DAY = 86_400.0
STEP_SECONDS = 30.0
"""For a step of a request that no deadline ends."""
UNTRUSTED = "has a certificate that is not trusted: check the clock, or set [http] ca_file"


def bound_reads(http: httpx.Client, watch: Watch) -> None:
    """Give httpx the time-out for a whole response that it lacks: https://github.com/encode/httpx/issues/1450."""
    for transport in (http._transport, *http._mounts.values()):  # noqa: SLF001 - httpx has no public way to the sockets
        if isinstance(transport, httpx.HTTPTransport):
            transport._pool._network_backend = WatchedBackend(watch)  # noqa: SLF001 - as above


def open_http(agent: str, proxy: str, ca_file: str) -> httpx.Client:
    """A client that follows no redirect. `proxy` and `ca_file`: "": the environment's, the system's. Raises ConfigError."""
    try:
        trust = ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
    except (OSError, ValueError) as exc:
        raise ConfigError(f"[http] ca_file = {ca_file!r} can't be read as certificates: {exc}.") from exc
    if not ca_file:
        trust.load_default_certs()
    try:
        return httpx.Client(
            headers={"User-Agent": agent, "Accept": "application/json, */*;q=0.5", "Accept-Encoding": "gzip"},
            timeout=httpx.Timeout(STEP_SECONDS, connect=8.0, pool=None),
            limits=httpx.Limits(max_connections=None),
            verify=trust,
            proxy=proxy or None,
        )
    except (httpx.InvalidURL, ValueError, ImportError) as exc:
        raise ConfigError("The proxy can't be used: set [http] proxy to http://host:port, or to nothing.") from exc


def user_agent(contact: str, version: str) -> str:
    """Who we are, and how those who run a host reach whoever runs this."""
    words = "".join(char for char in contact if char.isascii() and char.isprintable() and char not in "()")
    return f"pqwatch/{version} (+{words})" if words else f"pqwatch/{version}"


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3), from 1 to a day; None if it does not say."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(max(float(text), 1.0), DAY)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 1.0), DAY)


def reason_of(exc: httpx.TransportError) -> str:
    """What went wrong, as what a host did: "could not be reached"; `UNTRUSTED` where trying again would not help."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UNTRUSTED
        cause = cause.__cause__ or cause.__context__
    if isinstance(exc, httpx.ProxyError):
        return "could not be reached through the proxy"
    if isinstance(exc, httpx.ConnectError):
        return "could not be reached"
    return "broke off or sent what is not HTTP"
