"""The page and the API as one application, and the server that runs it."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from monitor.delivery.links import Signer, secret_of
from monitor.desk.desks import Desks
from monitor.errors import MonitorError, sentence
from monitor.research.export.json_text import to_json
from monitor.web import (
    api,
    api_actions,
    api_similar,
    api_subscribers,
    audits,
    calendar_feed,
    digests,
    drafts,
    follow_link,
    following,
    letters,
    operators,
    people,
    promise,
    promises,
    records,
    search,
    search_downloads,
    sign_in,
    signup,
    statistics,
    subscriptions,
    today,
    topics,
    topics_change,
    topics_try,
    waiting,
)
from monitor.web.operators import Figures, Health, SearchTimer
from monitor.web.rate_limit import Limits
from monitor.web.rendering import error_page, error_title, page
from monitor.web.responses import HeadAsGet
from monitor.web.security import LARGEST_BODY, Guard, StaleFormError, path_to_log
from monitor.web.sessions import Sessions
from monitor.web.signup import MailLimit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).with_name("static")
AT_ONCE: Final = 6
"""Requests that are worked on at the same time; others wait. Two cores do no more, and each may take two of the fifteen
connections to the archive at once.
"""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PAGES: Final = (
    today,
    promises,
    promise,
    following,
    follow_link,
    calendar_feed,
    records,
    sign_in,
    waiting,
    people,
    statistics,
    letters,
    drafts,
    audits,
    search,
    search_downloads,
    operators,
    topics_change,
    topics_try,
    topics,
    digests,
    subscriptions,
    api,
    api_actions,
    api_similar,
    api_subscribers,
    signup,
)


def make_application(desks: Desks, *, hosts: frozenset[str] = LOOPBACK, limits: Limits | None = None) -> FastAPI:
    """Return the application. `hosts`: names under which it answers, besides the host of `[web] base_url`."""
    signer = Signer(secret_of(desks.archive))
    sessions = Sessions(signer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = AT_ONCE
        yield
        desks.close()

    application = FastAPI(
        title="pqwatch",
        summary="What ministers answer in Parliament: records, searches, topics, digests.",
        version=version("pqwatch"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        form_limits={"max_part_size": LARGEST_BODY},  # else a field of more than 1 MB is refused, and lost
        lifespan=lifespan,
    )
    application.state.desks, application.state.signer, application.state.sessions = desks, signer, sessions
    application.state.health, application.state.figures = Health(desks), Figures(desks)
    application.state.signup_limit = MailLimit()
    for module in _PAGES:
        # include_router would build each route again at the first request, which takes half a second
        application.router.routes.extend(module.router.routes)
    application.mount("/static", StaticFiles(directory=STATIC), name="static")
    application.add_exception_handler(HTTPException, _explain_refusal)
    application.add_exception_handler(StaleFormError, _offer_again)
    application.add_exception_handler(RequestValidationError, _explain_wrong_parameter)
    application.add_exception_handler(MonitorError, _explain_failure)
    application.add_middleware(SearchTimer, figures=application.state.figures)
    application.add_middleware(
        Guard,
        web=lambda: desks.settings().web,
        hosts=hosts,
        signer=signer,
        limits=limits or Limits(),
        sessions=sessions,
    )
    application.add_middleware(HeadAsGet)
    return application


# -- errors -------------------------------------------------------------------------------------------------------------


def _wants_json(request: Request) -> bool:
    return str(request.scope["path"]).startswith("/api/")


async def _explain_refusal(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, HTTPException):
        return _explained(request, 500, "")
    said: Any = exc.detail
    if isinstance(said, dict):  # the API says more than a sentence
        return _as_json(said, exc.status_code)
    detail = str(said)
    is_bare = detail == HTTPStatus(exc.status_code).phrase
    response = _explained(request, exc.status_code, "" if is_bare else detail)
    response.headers.update(exc.headers or {})
    return response


async def _offer_again(request: Request, _exc: Exception) -> Response:
    """Show a button that sends a form again, with all that was written and chosen in it."""
    sent = await request.form()
    fields = [(name, value) for name, value in sent.multi_items() if name != "csrf" and isinstance(value, str)]
    response = page(request, "stale_form.html", status=403, fields=fields)
    response.headers["Cache-Control"] = "no-store"  # it may hold a letter
    return response


async def _explain_wrong_parameter(request: Request, exc: Exception) -> Response:
    errors = exc.errors() if isinstance(exc, RequestValidationError) else []
    if any(error["loc"] == ("body",) for error in errors):  # such as JSON without its type, as `curl -d` sends it
        needed = "The body has to be a JSON object, with the header Content-Type: application/json."
        return _explained(request, 422, needed)
    names = ", ".join(dict.fromkeys(_name_in(error["loc"]) for error in errors)) or "the request"
    why = errors[0]["msg"] if errors else ""
    if not _wants_json(request) and any(error["loc"][0] == "body" for error in errors):
        why = "Load the page again and repeat it."  # what people write in a form is judged by its page
    return _explained(request, 422, f"{names}: this value can't be used. {why}".strip())


def _name_in(place: Sequence[str | int]) -> str:
    """Return the name of a value: the second of ("query", "house", 0). A body that is no JSON has a character there."""
    return next((part for part in reversed(place[:2]) if isinstance(part, str)), "the request")


async def _explain_failure(request: Request, exc: Exception) -> Response:
    log.warning("request path=%s failed: %s", path_to_log(request.scope["path"]), exc)
    is_public = request.app.state.desks.settings().web.public
    return _explained(request, 503, "Try again in a minute." if is_public else sentence(str(exc)))


def _explained(request: Request, status: int, detail: str) -> Response:
    if _wants_json(request):
        return _as_json({"error": detail or error_title(status)}, status)
    return error_page(request, status, detail)


def _as_json(said: dict[str, Any], status: int) -> Response:
    """Return an error that may repeat what was sent, also what no encoding has or what steers a terminal."""
    return Response(f"{to_json(said, indent=None)}\n", status_code=status, media_type="application/json")
