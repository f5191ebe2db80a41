"""Digests as they were mailed: a list for those who may come in, and each by a link that can't be guessed."""

from __future__ import annotations

import email.policy
from dataclasses import dataclass
from email import message_from_bytes
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from monitor.delivery.links import READ, READ_FOR, Signer
from monitor.model.copies import without_own_links
from monitor.model.deliveries import FEED, MAIL, text_of
from monitor.presentation.wording import clean, count_of, count_of_news, long_day
from monitor.web.desk import DeskOf, one_of
from monitor.web.rendering import page, path_with

if TYPE_CHECKING:
    from monitor.desk.desks import Desk
    from monitor.model.digests import DigestRow

router = APIRouter(include_in_schema=False)

ON_A_PAGE: Final = 50
LARGEST_ID: Final = 2**31 - 1

MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of a mail shown as its own document: its own styles, and nothing that is loaded or run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDigest:
    """A digest in the list. `path` is "" where nothing was mailed, or its text is not kept."""

    row: DigestRow
    reader: str
    day: str
    content: str
    state: str
    path: str


@router.get("/digests")
def list_digests(
    request: Request,
    desk: DeskOf,
    reader: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int, Query(ge=1, le=LARGEST_ID)] = LARGEST_ID,
) -> Response:
    """List the digests composed so far, newest first. `before`: number of the last digest of the page before."""
    _refuse_public(desk)
    readers = [subscriber for subscriber in desk.config.readers if subscriber.channel != FEED]
    chosen = one_of(readers, reader) if reader else None
    key, names = chosen.key if chosen else None, {subscriber.key: subscriber.name for subscriber in readers}
    rows = desk.archive.digests.listing(subscriber=key, before=before, limit=ON_A_PAGE + 1)
    shown = rows[:ON_A_PAGE]
    more = path_with("/digests", {"reader": key, "before": shown[-1].id}) if len(rows) > ON_A_PAGE else ""
    return page(
        request,
        "digests.html",
        digests=[_listed(desk, row, names) for row in shown],
        readers=readers,
        reader=chosen,
        more=more,
        is_first=before == LARGEST_ID,
    )


def _listed(desk: Desk, row: DigestRow, names: dict[str, str]) -> ListedDigest:
    messages = desk.archive.deliveries.of_digest(row.id)
    content = "nothing to tell" if row.kind == "empty" else count_of_news(row.items)
    return ListedDigest(
        row=row,
        reader=names.get(row.subscriber, row.subscriber),
        day=long_day(row.as_of.astimezone(desk.config.schedule.timezone).date()),
        content=f"{content}, marked as told" if row.kind == "skipped" else content,
        state=", ".join(dict.fromkeys(message.state.value for message in messages)),
        path=f"/digests/{row.id}" if any(message.message for message in messages) else "",
    )


@router.get("/digests/{digest_id}")
def show_digest(request: Request, desk: DeskOf, digest_id: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> Response:
    """Show a digest as it was mailed or posted."""
    _refuse_public(desk)
    return _shown(request, desk, digest_id)


@router.get("/read/{token}")
def read_digest(request: Request, desk: DeskOf, token: Annotated[str, Path(max_length=1_000)]) -> Response:
    """Show the digest to which the link in a mail leads."""
    signer: Signer = request.app.state.signer
    message_id = signer.read(READ, token, lasting=READ_FOR)
    if message_id is None:
        raise HTTPException(404, "This link is not whole, or older than a year: copy all of it from the mail.")
    found = desk.archive.digests.find_by_message_id(message_id)
    if not found:
        raise HTTPException(410, "This digest is not in the archive any more.")
    return _shown(request, desk, found[0])


def _refuse_public(desk: Desk) -> None:
    if desk.config.web.public:
        raise HTTPException(403, "Digests are shown to their readers only: each mail has a link to itself.")


def _shown(request: Request, desk: Desk, digest_id: int) -> Response:
    messages = desk.archive.deliveries.of_digest(digest_id)
    kept = next((message for message in messages if message.message), None)
    if kept is None and messages:
        days = count_of(desk.config.delivery.keep_mail_days, "day")
        raise HTTPException(410, f"The text of this digest is not kept any more: mails are kept for {days}.")
    if kept is None:
        raise HTTPException(404, "There is no such digest, or it told nothing.")
    if kept.channel != MAIL:
        return page(
            request, "digest_message.html", subject=clean(kept.subject), text=clean(text_of(kept.channel, kept.message))
        )
    headers = {"Content-Security-Policy": MAIL_POLICY, "Cache-Control": "private, no-cache"}
    return HTMLResponse(_html_of(kept.message), headers=headers)


def _html_of(message: bytes) -> bytes:
    """Return the HTML of a mail, without the links by which its reader changes their subscription."""
    body = message_from_bytes(message, policy=email.policy.default).get_body(("html",))
    html = str(body.get_content()) if body is not None else ""
    return without_own_links(html).encode("utf-8", "replace")
