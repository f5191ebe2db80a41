"""Pages from templates: escaped, cleaned of characters that deceive, and known by an ETag."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import HTMLResponse

from monitor.parliament.links import record_page
from monitor.presentation.feeds.entries import TEMPLATES as FEED_TEMPLATES
from monitor.presentation.feeds.entries import environment
from monitor.presentation.wording import count_of, long_day, short_day, week_day
from monitor.text.language import language_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

TEMPLATES: Final = Path(__file__).with_name("templates")

NAVIGATION: Final = (
    ("Today", "/"),
    ("Search", "/search"),
    ("Topics", "/topics"),
    ("Promises", "/promises"),
    ("Waiting", "/waiting"),
    ("Following", "/following"),
    ("Check a letter", "/check"),
    ("Statistics", "/statistics"),
    ("Digests", "/digests"),
    ("Status", "/status"),
)
"""Links at the top of every page."""

_OF_READERS: Final = ("/following", "/digests")
"""Pages of readers' own, which a public page does not have."""


def page(request: Request, template: str, *, status: int = 200, **facts: Any) -> Response:
    """Return a page; 304 where the browser has this very page already."""
    environ = environment(TEMPLATES, FEED_TEMPLATES)
    text = environ.get_template(template).render(
        request=request,
        path=request.url.path,
        navigation=navigation(request),
        licence=request.app.state.desks.licence,
        problem=getattr(request.state, "problem", ""),
        csrf=getattr(request.state, "csrf", ""),
        is_signed_in=getattr(request.state, "is_signed_in", False),
        count_of=count_of,
        long_day=long_day,
        short_day=short_day,
        week_day=week_day,
        record_path=record_path,
        path_with=path_with,
        language_of=language_of,
        **facts,
    )
    content = text.encode("utf-8", "replace")
    tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if status == HTML_OK and tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(content, status_code=status, headers=headers)


HTML_OK: Final = 200

_TITLES: Final = {
    400: "This can't be read",
    401: "Sign in first",
    403: "This may not be done here",
    404: "There is no such page",
    405: "This can't be done here",
    410: "This is not kept any more",
    413: "This is too large",
    422: "This can't be read",
    429: "Too many requests",
    503: "This can't be done now",
}


def error_title(status: int) -> str:
    """Return the title of the page that says why a request failed."""
    return _TITLES.get(status, "This did not work")


def error_page(request: Request, status: int, detail: str, *, is_signed_out: bool = False) -> Response:
    """Return the page that says why a request failed; `is_signed_out`: it would not have after signing in."""
    facts = {"title": error_title(status), "detail": detail, "is_signed_out": is_signed_out}
    return page(request, "error.html", status=status, **facts)


def navigation(request: Request) -> list[tuple[str, str, bool]]:
    """Return the links at the top: words, address, and whether the page belongs beneath it."""
    path = request.url.path
    is_public = request.app.state.desks.settings().web.public
    shown = [(words, at) for words, at in NAVIGATION if not (is_public and at in _OF_READERS)]
    return [(words, at, path == at or (at != "/" and path.startswith(f"{at}/"))) for words, at in shown]


def record_path(record_id: str) -> str:
    """Return the address of a record's page."""
    return record_page("", record_id)


def path_with(path: str, parameters: Mapping[str, Any]) -> str:
    """Return an address with parameters; those that are empty are left out, those that are lists are repeated."""
    kept = {
        name: value for name, value in parameters.items() if value is not None and value != "" and value not in ([], ())
    }
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path
