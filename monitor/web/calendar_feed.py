"""Calendar feed: due days, promises and recesses, for all topics, for one, or for a reader by a link that can't be guessed.

Calendar programs can't sign in. So a reader has a link of their own, which works until they ask for another one, leave, or
get another address.
"""

from __future__ import annotations

import hmac
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from monitor.delivery.links import CALENDAR, CALENDAR_FOR, Signer, subscription_value
from monitor.desk.search import RefusedSearchError, topic_key
from monitor.model.watching import LONGEST_FACT
from monitor.presentation.wording import one_line
from monitor.research.calendar_file.contents import CalendarRequest, calendar_contents
from monitor.web.desk import DeskOf
from monitor.web.readers import WriteOf
from monitor.web.rendering import path_with
from monitor.web.responses import tagged

if TYPE_CHECKING:
    from monitor.desk.desks import Desk
    from monitor.model.watching import Subscriber
    from monitor.research.calendar_file.contents import CalendarContents

router = APIRouter(include_in_schema=False)

_LONGEST: Final = 200

TopicQuery = Annotated[str, Query(max_length=_LONGEST)]


@router.get("/calendar.ics")
def show_calendar(
    request: Request, desk: DeskOf, topic: TopicQuery = "", sitting: bool = False, recess: bool = True
) -> Response:
    """Show the days of all topics, or of one."""
    key = _topic(desk, topic)
    topics = {kept: name for kept, name in desk.topic_names.items() if key in ("", kept)}
    asked = CalendarRequest(topics=topics, **_of_page(desk), has_recess=recess, has_sitting_days=sitting)
    return _feed(request, desk, asked, topics[key] if key else "")


@router.get("/calendar/{token}.ics")
def show_own_calendar(
    request: Request,
    desk: DeskOf,
    token: Annotated[str, Path(max_length=1_000)],
    topic: TopicQuery = "",
    sitting: bool = False,
    recess: bool = True,
) -> Response:
    """Show the days of a reader: of their topics and of what they follow; with a topic those of this topic alone."""
    reader = _reader(request, desk, token)
    if topic and topic not in desk.topic_names:
        raise HTTPException(404, "This topic is not watched any more.")
    topics = {key: name for key, name in desk.topic_names.items() if (key == topic if topic else key in reader.topics)}
    followed = () if topic else [thing.target for thing in desk.archive.following.listing(reader.key)]
    asked = CalendarRequest(
        topics=topics,
        followed=followed,
        reader=reader.key,
        base_url=desk.config.web.base_url,
        has_recess=recess,
        has_sitting_days=sitting,
    )
    return _feed(request, desk, asked, topics[topic] if topic else reader.name)


def _topic(desk: Desk, given: str) -> str:
    try:
        return topic_key(desk, given) if given else ""
    except RefusedSearchError as exc:
        raise HTTPException(403 if exc.is_forbidden else 404, str(exc)) from exc


def _of_page(desk: Desk) -> dict[str, Any]:
    return {"base_url": desk.config.web.base_url, "names_topics": not desk.config.web.public}


def _feed(request: Request, desk: Desk, asked: CalendarRequest, name: str) -> Response:
    from monitor.research.calendar_file.document import MEDIA_TYPE, icalendar  # noqa: PLC0415 (loads icalendar)

    contents = calendar_contents(desk.archive, desk.calendar, asked)
    content = icalendar(contents.events, ": ".join(filter(None, ("Parliament", one_line(name)))), desk.licence)
    return tagged(request, content, MEDIA_TYPE, _last_modified(contents))


def _last_modified(contents: CalendarContents) -> dict[str, str]:
    """Return when an event changed last. Whether a program has the newest file already is decided by the ETag alone."""
    changed_at = max((event.changed_at for event in contents.events), default=None)
    return {"Last-Modified": format_datetime(changed_at.astimezone(UTC), usegmt=True)} if changed_at else {}


# -- links --------------------------------------------------------------------------------------------------------------


def feed_path(request: Request, desk: Desk, reader: Subscriber | None, topic: str = "") -> str:
    """Return the path of a feed: of the reader's own link, else of the page's; "" where programs could not read that."""
    web = desk.config.web
    if reader is not None:
        signer: Signer = request.app.state.signer
        token = signer.sign(CALENDAR, f"{subscription_value(reader)} {_edition(desk, reader)}")
        return path_with(f"/calendar/{token}.ics", {"topic": topic})
    return path_with("/calendar.ics", {"topic": topic}) if web.public or web.auth == "none" else ""


def feed_address(request: Request, desk: Desk, path: str) -> str:
    """Return the whole address of a feed, to copy into a calendar program; "" for none."""
    base = desk.config.web.base_url or str(request.base_url).rstrip("/")
    return f"{base}{path}" if path else ""


@router.post("/following/calendar")
def renew_link(write: WriteOf) -> Response:
    """Give a reader another link. Those that they had end."""
    edition = int(_edition(write.desk, write.reader)) + 1
    write.desk.archive.runs.set_fact(_fact(write.desk, write.reader), str(edition))
    return write.done("renewed")


def _reader(request: Request, desk: Desk, token: str) -> Subscriber:
    """Return the reader of a link. Raises HTTPException 404 for a link that is not ours, 410 for one that has ended."""
    signer: Signer = request.app.state.signer
    value, _, edition = (signer.read(CALENDAR, token, lasting=CALENDAR_FOR) or "").partition(" ")
    if not value:
        raise HTTPException(404, "This link is not whole: copy all of it from the page.")
    for reader in desk.config.subscribers:
        if hmac.compare_digest(subscription_value(reader), value) and edition == _edition(desk, reader):
            return reader
    raise HTTPException(410, "This link has ended: copy another one from the page.")


def _edition(desk: Desk, reader: Subscriber) -> str:
    """Return the number of the links that are in force for a reader."""
    return desk.archive.runs.fact(_fact(desk, reader)) or "1"


def _fact(desk: Desk, reader: Subscriber) -> str:
    """Return the key under which the archive keeps the number: it names no one."""
    whole = f"calendar_link:{subscription_value(reader)}"
    # SQLite kept the number under the whole key, which is too long: a link that ended under it must not work again.
    return whole if desk.archive.runs.fact(whole) else whole[:LONGEST_FACT]
