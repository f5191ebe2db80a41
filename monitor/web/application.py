"""The page and the API as one application, and the server that runs it."""

from __future__ import annotations

import logging
import secrets
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from monitor.errors import ArchiveError, MonitorError, sentence
from monitor.web import records, sign_in, today
from monitor.web.desk import Desks
from monitor.web.rendering import page
from monitor.web.security import Guard, Limits, Signer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.archive import Archive

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).with_name("static")
AT_ONCE: Final = 8
"""Requests that are worked on at the same time. Others wait: two cores do no more, and each may take a connection."""

SECRET_FACT: Final = "web_secret"  # noqa: S105 (the name of a fact)
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PAGES: Final = (today, records, sign_in)


def make_application(desks: Desks, *, hosts: frozenset[str] = LOOPBACK, limits: Limits | None = None) -> FastAPI:
    """Return the application. `hosts`: names under which it answers, besides the host of `[web] base_url`."""
    signer = Signer(secret_of(desks.archive))

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
        lifespan=lifespan,
    )
    application.state.desks, application.state.signer = desks, signer
    for module in _PAGES:
        application.include_router(module.router)
    application.mount("/static", StaticFiles(directory=STATIC), name="static")
    application.add_exception_handler(HTTPException, _explain_refusal)
    application.add_exception_handler(RequestValidationError, _explain_wrong_parameter)
    application.add_exception_handler(MonitorError, _explain_failure)
    base_url = desks.current().config.web.base_url
    named = frozenset({urlsplit(base_url).hostname or ""} - {""})
    application.add_middleware(
        Guard, web=lambda: desks.current().config.web, hosts=hosts | named, signer=signer, limits=limits or Limits()
    )
    return application


def secret_of(archive: Archive) -> str:
    """Return the secret that signs forms and links, made once and kept in the archive.

    An archive that can only be read gets one that lasts as long as this process: forms loaded before must be loaded again.
    """
    kept = archive.runs.fact(SECRET_FACT)
    if kept:
        return kept
    made = secrets.token_urlsafe(32)
    try:
        archive.runs.set_fact(SECRET_FACT, made)
    except ArchiveError:
        return made
    return archive.runs.fact(SECRET_FACT) or made


# -- errors -------------------------------------------------------------------------------------------------------------

_TITLES: Final = {
    400: "This can't be read",
    403: "This may not be done here",
    404: "There is no such page",
    405: "This can't be done here",
    422: "This can't be read",
    503: "The archive can't be read now",
}


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith("/api/")


async def _explain_refusal(request: Request, exc: Exception) -> Response:
    status, detail = (exc.status_code, str(exc.detail)) if isinstance(exc, HTTPException) else (500, "")
    return _explained(request, status, detail)


async def _explain_wrong_parameter(request: Request, exc: Exception) -> Response:
    errors = exc.errors() if isinstance(exc, RequestValidationError) else []
    names = ", ".join(str(error["loc"][-1]) for error in errors) or "the request"
    return _explained(request, 422, f"{names}: this value can't be used. {errors[0]['msg'] if errors else ''}".strip())


async def _explain_failure(request: Request, exc: Exception) -> Response:
    log.warning("request path=%s failed: %s", request.url.path, exc)
    return _explained(request, 503, sentence(str(exc)))


def _explained(request: Request, status: int, detail: str) -> Response:
    if _wants_json(request):
        return JSONResponse({"error": detail or _TITLES.get(status, "")}, status_code=status)
    return page(request, "error.html", status=status, title=_TITLES.get(status, "This did not work"), detail=detail)
