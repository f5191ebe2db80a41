"""Sign in with the token of config.toml, and sign out, where `[web] auth = "token"` asks for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response

from monitor.web.desk import DeskOf
from monitor.web.rendering import page
from monitor.web.security import check_own_form, cookie, is_own_form, own_path
from monitor.web.sessions import SESSION, SIGNED_IN_FOR
from monitor.web.visitors import is_token

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def show_form(
    request: Request,
    desk: DeskOf,
    to: Annotated[str, Query(max_length=8_000)] = "/",
    *,
    signed_out: bool = False,
) -> Response:
    """Show the form. `to`: the page that was asked for; `signed_out`: the reader comes from signing out."""
    if desk.config.web.auth != "token":
        raise HTTPException(404, "No one has to sign in here.")
    is_out = signed_out and not request.state.is_signed_in
    return page(request, "sign_in.html", problem_here="", is_out=is_out, to=own_path(to))


@router.post("/sign-in")
def sign_in(
    request: Request,
    desk: DeskOf,
    token: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "/",
) -> Response:
    """Compare the token, and keep that in a cookie."""
    web = desk.config.web
    if web.auth != "token":
        raise HTTPException(404, "No one has to sign in here.")
    problem = ""
    if not is_own_form(request, request.app.state.signer, csrf):
        problem = "this form was too old, or cookies are off. Write the token again."
    elif not is_token(token, web):
        problem = "this is not the token. The person who runs pqwatch for you has it."
    if problem:
        return page(request, "sign_in.html", status=403, problem_here=problem, is_out=False, to=own_path(to))
    signed = request.app.state.sessions.begin(web)
    response = Response(status_code=303, headers={"Location": own_path(to)})
    response.headers.append("Set-Cookie", cookie(SESSION, signed, request, lasting=SIGNED_IN_FOR))
    return response


@router.post("/sign-out")
def sign_out(request: Request, desk: DeskOf, csrf: Annotated[str, Form()] = "") -> Response:
    """End the session of this browser, and have it forget the pages that it kept."""
    if desk.config.web.auth != "token":
        raise HTTPException(404, "No one has to sign in here.")
    check_own_form(request, csrf)
    request.app.state.sessions.end(request)
    headers = {"Location": "/sign-in?signed_out=true", "Clear-Site-Data": '"cache"'}
    response = Response(status_code=303, headers=headers)
    response.headers.append("Set-Cookie", cookie(SESSION, "", request, lasting=0))
    return response
