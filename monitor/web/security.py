"""Protection of the page: who may come in, from which address, how much at once, and what a browser may do with it.

A browser is told to load nothing but what this program itself serves, and to run no script within a page. A write must come
from a form of this page: the form carries a signed token that ends, and the browser's own word on where the request comes
from counts too.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from monitor.web.rate_limit import HERE_TIMES, Limits, RateLimit
from monitor.web.rendering import error_page
from monitor.web.responses import CutOffError
from monitor.web.sessions import Sessions
from monitor.web.visitors import address_of, client_address, has_token, is_this_machine, network_of, user_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from monitor.config.settings import WebSettings
    from monitor.delivery.links import Signer

log = logging.getLogger(__name__)

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

BODY_WITHIN: Final = 30.0
"""Seconds within which a request's body has to come: so a few slow senders can't keep everyone else out."""

LONGEST_ADDRESS: Final = 8_000
"""Characters of an address with its query: a query of the term language may have 2,000, and is written in three each."""

FORM_FOR: Final = 12 * 3600
"""Seconds for which a form that was loaded may be sent."""

VISITOR: Final = "pqwatch_visitor"
"""Cookie with a random number that forms are tied to."""

WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
WITHOUT_SIGN_IN: Final = (
    "/static/",
    "/unsubscribe/",
    "/preferences/",
    "/read/",
    "/follow/",
    "/calendar/",
    "/subscribe/confirm/",
)
OPEN_PAGES: Final = frozenset({"/healthz", "/sign-in"})
"""Paths that ask for no sign-in: they show nothing of the archive, or their address can't be guessed."""
ONE_CLICK: Final = "/unsubscribe/"
"""Path of RFC 8058: a mail provider posts to it without cookies and without a form of ours."""


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
        sessions: Sessions | None = None,
    ) -> None:
        self._app, self._web, self._signer = app, web, signer
        self._hosts = frozenset(map(_as_browsers_write, hosts))
        self._sessions = sessions or Sessions(signer)
        self._rate = RateLimit(limits)
        self._rate_here = RateLimit(Limits(limits.burst * HERE_TIMES, limits.per_minute * HERE_TIMES))

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
        scope["state"]["is_signed_in"] = web.auth == "token" and self._sessions.is_open(request, web)
        limited = _LimitedBody(receive, LARGEST_BODY, BODY_WITHIN)
        has_started = False
        refusal = self._refusal(request, web)
        # A form of another site comes without the cookie: another one would make each form of this browser too old.
        gets_cookie = is_new and refusal is None and not request.scope["path"].startswith(ONE_CLICK)

        async def send_with_headers(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                _set_headers(message, request, new_visitor=visitor if gets_cookie else "")
            await send(message)

        async def send_unless_refused(message: Message) -> None:
            if limited.refusal is None:
                await send_with_headers(message)

        if refusal is None:
            refusal = await self._answered(scope, limited, send_unless_refused, lambda: has_started)
        if refusal is not None:
            refusal = _as_json(refusal) if _is_for_programs(request) else _as_read(request, refusal)
            await refusal(scope, receive, send_with_headers)

    async def _answered(
        self, scope: Scope, limited: _LimitedBody, send: Send, has_started: Callable[[], bool]
    ) -> Response | None:
        """Let the application respond; return the refusal that takes the place of its response, if there is one."""
        try:
            await self._app(scope, limited.receive, send)
        except BodyRefusedError:
            pass
        except CutOffError as exc:
            log.warning("request path=%s was cut off: %s", path_to_log(scope["path"]), exc)
        except Exception:  # an error of our own: the reader gets a sentence, the log a trace
            if has_started():
                raise
            log.exception("request path=%s failed", path_to_log(scope["path"]))
            return limited.refusal or _refused(500, "This did not work, and the log of pqwatch says why.")
        return None if has_started() else limited.refusal

    def _refusal(self, request: Request, web: WebSettings) -> Response | None:
        """Return the response that refuses a request; None for one that is let in."""
        if _host_of(request.headers) not in self._hosts | _own_host(web):
            return _refused(
                421, "pqwatch does not answer to this name: set [web] base_url to the address that is used."
            )
        address = client_address(request, web)
        rate = self._rate_here if is_this_machine(address) else self._rate
        if wait := rate.seconds_to_wait(network_of(address)):
            refused = _refused(429, "Too many requests: wait a moment.")
            refused.headers["Retry-After"] = str(int(wait) + 1)
            return refused
        return _too_large(request) or self._refused_person(request, web)

    def _refused_person(self, request: Request, web: WebSettings) -> Response | None:
        path = request.scope["path"]
        if web.auth == "none" and not web.public and not is_this_machine(client_address(request, web)):
            return _refused(
                403, "pqwatch is open to its own machine alone: [web] auth in config.toml says how others may come in."
            )
        if request.method in WRITING and not path.startswith(ONE_CLICK) and _is_foreign(request, web):
            return _refused(403, "This form was not sent by a page of pqwatch: load the page again and repeat it.")
        return _sign_in(request, web) if self._needs_sign_in(request, web) else None

    def _needs_sign_in(self, request: Request, web: WebSettings) -> bool:
        path = request.scope["path"]
        if web.auth == "none" or path in OPEN_PAGES or path.startswith(WITHOUT_SIGN_IN):
            return False
        if web.auth == "proxy":
            # A server before the page may take "/a/../static/" for a path without a sign-in, and pass on any name.
            return not request.state.user or ".." in path.split("/")
        return not (has_token(request, web) or request.state.is_signed_in)


def _set_headers(message: Message, request: Request, *, new_visitor: str) -> None:
    """Set the headers of a response. `new_visitor`: who comes for the first time, and gets a cookie with a page; or ""."""
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", _cache_control(request.scope["path"]))
    if new_visitor and headers.get("content-type", "").startswith("text/html"):
        headers.append("Set-Cookie", cookie(VISITOR, new_visitor, request))


class BodyRefusedError(Exception):
    """More bytes came than a request may have, or they came too slowly."""


class _LimitedBody:
    """Receives a body up to a size and within a time. `refusal`: the response, once it was refused."""

    def __init__(self, receive: Receive, most: int, within: float) -> None:
        self._receive, self._left, self._within = receive, most, within
        self._until: float | None = None
        self._is_whole = False
        self.refusal: Response | None = None

    async def receive(self) -> Message:
        """Return the next part of the request."""
        if self._is_whole:
            return await self._receive()
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + self._within
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.refusal = _refused(408, "This came too slowly: send it again.")
            raise BodyRefusedError from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            if self._left < 0:
                self.refusal = _refused(413, _TOO_LARGE)
                raise BodyRefusedError
        return message


_TOO_LARGE: Final = "This is too large: at most 4 MB can be sent."


def path_to_log(path: str) -> str:
    """Return the path of a request as the log may have it: without the token of a link, which opens what it names."""
    return next((f"{start}..." for start in WITHOUT_SIGN_IN if path.startswith(start) and start != "/static/"), path)


_SIGNED_OUT: Final = (
    "You are signed out, so nothing was done with what you sent. Sign in in another tab, then go back to the form here"
    " and send it again. Browsers keep what was written there, but not a letter: paste that again."
)


def _too_large(request: Request) -> Response | None:
    scope = request.scope
    if len(scope.get("raw_path") or scope["path"]) + len(scope.get("query_string", b"")) > LONGEST_ADDRESS:
        return _refused(414, "This address is too long.")
    if int_or(request.headers.get("content-length"), 0) > LARGEST_BODY:
        return _refused(413, _TOO_LARGE)
    return None


def _as_json(refusal: Response) -> Response:
    """Return a refusal as the API says it."""
    refused = JSONResponse({"error": bytes(refusal.body).decode().strip()}, status_code=refusal.status_code)
    return _with_headers_of(refusal, refused)


def _as_read(request: Request, refusal: Response) -> Response:
    """Return a refusal as a page with a title, a heading and links where a person reads it in a browser."""
    if not refusal.body or not _is_browser(request):
        return refusal
    is_signed_out = "www-authenticate" in refusal.headers
    said = bytes(refusal.body).decode().strip()
    refused = error_page(request, refusal.status_code, said, is_signed_out=is_signed_out)
    refused.headers["Cache-Control"] = "no-store"
    return _with_headers_of(refusal, refused)


def _with_headers_of(refusal: Response, refused: Response) -> Response:
    for name, value in refusal.headers.items():
        if name not in ("content-length", "content-type"):
            refused.headers[name] = value
    return refused


def _is_for_programs(request: Request) -> bool:
    return str(request.scope["path"]).startswith("/api/")


def _is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _refused(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status)


def _cache_control(path: str) -> str:
    return "public, max-age=300" if path.startswith("/static/") else "no-store"


def _sign_in(request: Request, web: WebSettings) -> Response:
    if web.auth == "proxy":
        return _refused(401, "Sign in first: the server before pqwatch does not say who you are.")
    path = request.scope["path"]
    is_for_programs = path.startswith(("/api/", "/metrics"))
    if is_for_programs or request.method != "GET":
        is_form = _is_browser(request) and not is_for_programs
        refused = _refused(401, _SIGNED_OUT if is_form else "Send the token: Authorization: Bearer TOKEN.")
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    wanted = _as_asked(request)
    target = f"/sign-in?{urlencode({'to': wanted})}"
    is_plain = wanted == "/" or len(target) > LONGEST_ADDRESS
    return Response(status_code=303, headers={"Location": "/sign-in" if is_plain else target})


def _as_asked(request: Request) -> str:
    """Return the path and query of a request, encoded as they came: the name of a body has spaces, others have slashes."""
    path: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    query: bytes = request.scope.get("query_string", b"")
    return (path + b"?" + query if query else path).decode("ascii", "ignore")


def own_path(given: str) -> str:
    """Return the path to go to after signing in, as an address gave it; "/" for one that leads elsewhere."""
    is_own = re.fullmatch(r"/(?![/\\])[!-~]*", given)
    return given if is_own and "\\" not in given and len(given) <= LONGEST_ADDRESS else "/"


def int_or(text: str | None, default: int) -> int:
    """Return a whole number as text says it, or the default."""
    try:
        return int(text or "")
    except ValueError:
        return default


def _host_of(headers: Headers) -> str:
    """Return the host that a request names, without its port."""
    try:
        return _as_browsers_write(urlsplit(f"//{headers.get('host', '')}").hostname or "")
    except ValueError:
        return ""


def _as_browsers_write(host: str) -> str:
    """Return a host in small letters, an IPv6 address as short as can be."""
    return str(address_of(host) or host.lower().rstrip("."))


def _own_host(web: WebSettings) -> frozenset[str]:
    return frozenset({_as_browsers_write(urlsplit(web.base_url).hostname or "")} - {""})


def _is_visitor(cookie_value: str) -> bool:
    return 20 <= len(cookie_value) <= 40 and cookie_value.replace("-", "").replace("_", "").isalnum()  # noqa: PLR2004


def cookie(name: str, value: str, request: Request, *, lasting: int | None = None) -> str:
    """Return a cookie that no script and no other site can use."""
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if lasting is not None:
        parts.append(f"Max-Age={lasting}")
    if request.scope.get("scheme") == "https" or request.headers.get("x-forwarded-proto") == "https":
        parts.append("Secure")
    return "; ".join(parts)


# -- where a write comes from -------------------------------------------------------------------------------------------


def _is_foreign(request: Request, web: WebSettings) -> bool:
    """Say whether a browser, or what passes for one, sends a form of another site."""
    if request.scope["path"].startswith("/api/") and has_token(request, web):
        return False
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    if origin is None:
        return False
    own = {request.headers.get("host", "").lower(), urlsplit(web.base_url).netloc.lower()} - {""}
    try:
        return urlsplit(origin).netloc.lower() not in own
    except ValueError:
        return True


STALE: Final = "This form is too old, or cookies are off: send it again, with its file if it has one."


def is_own_form(request: Request, signer: Signer, token: str) -> bool:
    """Say whether a form was made for this browser, not too long ago."""
    tied = signer.read("form", token, lasting=FORM_FOR)
    kept = request.cookies.get(VISITOR, "")
    return tied is not None and bool(kept) and hmac.compare_digest(tied, kept)


class StaleFormError(HTTPException):
    """A form that was made for another browser, or too long ago. What was sent is shown to be sent again."""

    def __init__(self) -> None:
        super().__init__(403, STALE)


def check_own_form(request: Request, token: str) -> None:
    """Raise StaleFormError for a form that was not made for this browser, or too long ago."""
    if not is_own_form(request, request.app.state.signer, token):
        raise StaleFormError
