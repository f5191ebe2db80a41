"""Follow a record by the link in a mail.

The page asks first, so that a program which opens every link of a mail follows nothing.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response

from monitor.delivery.links import FOLLOW, FOLLOW_FOR, Signer, subscription_value
from monitor.research.following import UnknownTargetError, find_record_or_promise, record_title
from monitor.web.desk import DeskOf
from monitor.web.readers import Csrf, see_other
from monitor.web.rendering import page
from monitor.web.security import check_own_form

if TYPE_CHECKING:
    from monitor.desk.desks import Desk
    from monitor.model.watching import Subscriber
    from monitor.research.following import FoundTarget

router = APIRouter(include_in_schema=False)

Token = Annotated[str, Path(max_length=1_000)]


@dataclass(frozen=True, slots=True)
class _Linked:
    """A reader and a record or promise that their link names. `number`: under which they follow it; 0 if they don't."""

    reader: Subscriber
    found: FoundTarget
    number: int


@router.get("/follow/{token}")
def ask_to_follow(request: Request, desk: DeskOf, token: Token) -> Response:
    """Ask whether the reader wants to follow a record, or to end that."""
    linked = _linked(request, desk, token)
    record = linked.found.record
    return page(
        request,
        "follow.html",
        title=record_title(record) if record else f"Promise {linked.found.target.ref}",
        reader=linked.reader,
        is_followed=bool(linked.number),
        token=token,
    )


@router.post("/follow/{token}")
def follow(
    request: Request, desk: DeskOf, token: Token, csrf: Csrf = "", end: Annotated[bool, Form()] = False
) -> Response:
    """Follow the record, or end that. The link is the proof of who asks."""
    linked = _linked(request, desk, token)
    check_own_form(request, csrf)
    following = desk.archive.following
    if not end:
        following.follow(linked.reader, linked.found.target)
    elif linked.number:
        following.unfollow(linked.reader.key, linked.number)
    return see_other(f"/follow/{token}")


def _linked(request: Request, desk: Desk, token: str) -> _Linked:
    """Return what a link names. Raises HTTPException 404 for one that is not ours, 410 for what has ended."""
    signer: Signer = request.app.state.signer
    value, _, ref = (signer.read(FOLLOW, token, lasting=FOLLOW_FOR) or "").partition(" ")
    if not ref:
        raise HTTPException(404, "This link is not whole, or older than a year: copy all of it from the mail.")
    readers = (reader for reader in desk.config.subscribers if hmac.compare_digest(subscription_value(reader), value))
    reader = next(readers, None)
    if reader is None:
        raise HTTPException(410, "This subscription has ended, or has another address now.")
    try:
        found = find_record_or_promise(desk.archive, ref)
    except UnknownTargetError:
        found = None
    if found is None:
        raise HTTPException(410, "This record is not in the archive any more.")
    mine = desk.archive.following.listing(reader.key)
    return _Linked(reader, found, next((thing.number for thing in mine if thing.target.is_same_as(found.target)), 0))
