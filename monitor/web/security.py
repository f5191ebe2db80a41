"""What protects the page: who may come in, from which address, how much at once, and what a browser may do with it.

A browser is told to load nothing but what this program itself serves, and to run no script within a page. A write must come
from a form of this page: the form carries a signed token that ends, and the browser's own word on where the request comes
from counts too.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from monitor.config.settings import WebSettings

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Headers of every response."""

LARGEST_BODY: Final = 4_000_000
"""Bytes of a request's body: a long letter as a Word file has less than one million."""

LONGEST_ADDRESS: Final = 8_000
"""Characters of an address with its query: a query of the term language may have 2,000, and is written in three each."""

FORM_FOR: Final = 12 * 3600
"""Seconds for which a form that was loaded may be sent."""

SIGNED_IN_FOR: Final = 30 * 24 * 3600
"""Seconds for which a browser stays signed in."""

VISITOR: Final = "pqwatch_visitor"
SESSION: Final = "pqwatch_session"
"""Cookies: a random number that forms are tied to, and the proof of a sign-in."""

WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
WITHOUT_SIGN_IN: Final = ("/healthz", "/static/", "/sign-in", "/unsubscribe/", "/preferences/", "/read/")
"""Paths that ask for no sign-in: they show nothing of the archive, or their address can't be guessed."""
ONE_CLICK: Final = "/unsubscribe/"
"""Path of RFC 8058: a mail provider posts to it without cookies and without a form of ours."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests that one address may make: so many at once, and so many a minute in the long run."""

    burst: int = 120
    per_minute: int = 240


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class RateLimit:
    """Token bucket for each address, of which the latest few thousand are remembered."""

    limits: Limits
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)

    MOST_ADDRESSES = 5_000

    def seconds_to_wait(self, address: str) -> float:
        """Count a request, and return 0, or the seconds after which the next one is let in."""
        now = self.clock()
        bucket = self._buckets.pop(address, None) or _Bucket(self.limits.burst, now)
        refilled = (now - bucket.at) * self.limits.per_minute / 60
        bucket.tokens, bucket.at = min(self.limits.burst, bucket.tokens + refilled), now
        self._buckets[address] = bucket
        while len(self._buckets) > self.MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) * 60 / self.limits.per_minute
        bucket.tokens -= 1
        return 0


class Signer:
    """Signs and reads the tokens of forms, sign-ins and links, with a secret that the archive keeps."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def sign(self, purpose: str, value: str) -> str:
        """Return a token that holds a value."""
        return URLSafeTimedSerializer(self._secret, salt=purpose).dumps(value)

    def read(self, purpose: str, token: str, *, lasting: int) -> str | None:
        """Return the value of a token; None if it was not signed here, for this purpose, within so many seconds."""
        try:
            value = URLSafeTimedSerializer(self._secret, salt=purpose).loads(token, max_age=lasting)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None


class Guard:
    """Middleware that lets a request in or refuses it, and sets the headers of the response."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        web: Callable[[], WebSettings],
        hosts: frozenset[str],
        signer: Signer,
        limits: Limits,
    ) -> None:
        self._app, self._web, self._hosts, self._signer = app, web, hosts, signer
        self._rate = RateLimit(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        web = self._web()
        visitor = request.cookies.get(VISITOR, "")
        is_new = not _is_visitor(visitor)
        if is_new:
            visitor = secrets.token_urlsafe(18)
        scope.setdefault("state", {})
        scope["state"]["csrf"] = self._signer.sign("form", visitor)
        scope["state"]["visitor"] = visitor
        scope["state"]["user"] = user_of(request, web)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if is_new and request.method == "GET" and headers.get("content-type", "").startswith("text/html"):
                    headers.append("Set-Cookie", cookie(VISITOR, visitor, request))
            await send(message)

        refusal = self._refusal(request, web)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        limited = _Limited(receive, LARGEST_BODY)
        try:
            await self._app(scope, limited.receive, send_with_headers)
        except BodyTooLargeError:
            await _refused(413, "This is too large: at most 4 MB can be sent.")(scope, receive, send_with_headers)

    def _refusal(self, request: Request, web: WebSettings) -> Response | None:
        """Return the response that refuses a request; None for one that is let in."""
        if _host_of(request.headers) not in self._hosts:
            return _refused(
                421, "pqwatch does not answer to this name: set [web] base_url to the address that is used."
            )
        if wait := self._rate.seconds_to_wait(client_address(request, web)):
            refused = _refused(429, "Too many requests: wait a moment.")
            refused.headers["Retry-After"] = str(int(wait) + 1)
            return refused
        return _too_large(request) or self._refused_person(request, web)

    def _refused_person(self, request: Request, web: WebSettings) -> Response | None:
        if request.method in WRITING and not request.url.path.startswith(ONE_CLICK) and _is_foreign(request, web):
            return _refused(403, "This form was not sent by a page of pqwatch: load the page again and repeat it.")
        return _sign_in(request, web) if self._needs_sign_in(request, web) else None

    def _needs_sign_in(self, request: Request, web: WebSettings) -> bool:
        if web.auth == "none" or request.url.path.startswith(WITHOUT_SIGN_IN):
            return False
        if web.auth == "proxy":
            return not request.state.user
        return not (has_token(request, web) or is_signed_in(request, web, self._signer))


class BodyTooLargeError(Exception):
    """More bytes came than a request may have."""


class _Limited:
    """Receives a body up to a size."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._left = receive, most

    async def receive(self) -> Message:
        """Return the next part of the request."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise BodyTooLargeError
        return message


def _too_large(request: Request) -> Response | None:
    if len(str(request.url)) > LONGEST_ADDRESS:
        return _refused(414, "This address is too long.")
    if int_or(request.headers.get("content-length"), 0) > LARGEST_BODY:
        return _refused(413, "This is too large: at most 4 MB can be sent.")
    return None


def _refused(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status)


def _sign_in(request: Request, web: WebSettings) -> Response:
    if web.auth == "proxy":
        return _refused(401, "Sign in first: the server before pqwatch does not say who you are.")
    if request.url.path.startswith("/api/") or request.method != "GET":
        refused = _refused(401, "Send the token: Authorization: Bearer TOKEN.")
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    return Response(status_code=303, headers={"Location": "/sign-in"})


def int_or(text: str | None, default: int) -> int:
    """Return a whole number as text says it, or the default."""
    try:
        return int(text or "")
    except ValueError:
        return default


def _host_of(headers: Headers) -> str:
    """Return the host that a request names, without its port."""
    try:
        return (urlsplit(f"//{headers.get('host', '')}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_visitor(cookie_value: str) -> bool:
    return 20 <= len(cookie_value) <= 40 and cookie_value.replace("-", "").replace("_", "").isalnum()  # noqa: PLR2004


# -- who it is ----------------------------------------------------------------------------------------------------------


def client_address(request: Request, web: WebSettings) -> str:
    """Return the address that a request comes from, as the trusted proxy before pqwatch says."""
    peer = request.client.host if request.client else ""
    if is_trusted(peer, web):
        named = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return named or peer
    return peer


def is_trusted(peer: str, web: WebSettings) -> bool:
    """Say whether an address belongs to a proxy whose headers count."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in web.trusted_proxies)


def user_of(request: Request, web: WebSettings) -> str:
    """Return who the proxy says has signed in; "" for no one, and from anywhere else."""
    peer = request.client.host if request.client else ""
    if web.auth != "proxy" or not is_trusted(peer, web):
        return ""
    return request.headers.get(web.user_header, "").strip()[:200]


def has_token(request: Request, web: WebSettings) -> bool:
    """Say whether a program sends the right token."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and is_token(given.strip(), web)


def is_token(given: str, web: WebSettings) -> bool:
    """Say whether a text is the token of config.toml."""
    return web.token is not None and hmac.compare_digest(given.encode(), web.token.reveal().encode())


def is_signed_in(request: Request, web: WebSettings, signer: Signer) -> bool:
    """Say whether a browser has signed in with the token that is in force."""
    kept = signer.read("session", request.cookies.get(SESSION, ""), lasting=SIGNED_IN_FOR)
    return kept is not None and hmac.compare_digest(kept, session_value(web))


def session_value(web: WebSettings) -> str:
    """Return what a sign-in is kept as: a hash of the token, so that another token ends it."""
    token = web.token.reveal() if web.token else ""
    return hmac.new(token.encode(), b"pqwatch session", "sha256").hexdigest()


def cookie(name: str, value: str, request: Request, *, lasting: int | None = None) -> str:
    """Return a cookie that no script and no other site can use."""
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if lasting is not None:
        parts.append(f"Max-Age={lasting}")
    if request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https":
        parts.append("Secure")
    return "; ".join(parts)


# -- where a write comes from -------------------------------------------------------------------------------------------


def _is_foreign(request: Request, web: WebSettings) -> bool:
    """Say whether a browser, or what passes for one, sends a form of another site."""
    if request.url.path.startswith("/api/") and has_token(request, web):
        return False
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    if origin is None:
        return False
    try:
        return (urlsplit(origin).netloc or "").lower() != request.headers.get("host", "").lower()
    except ValueError:
        return True


def is_own_form(request: Request, signer: Signer, token: str) -> bool:
    """Say whether a form was made for this browser, not too long ago."""
    tied = signer.read("form", token, lasting=FORM_FOR)
    kept = request.cookies.get(VISITOR, "")
    return tied is not None and bool(kept) and hmac.compare_digest(tied, kept)
