"""The API for subscribers: list those who get mail; add, change and remove those that are kept in the archive.

Only those who sign in may use it. A browser that is signed in sends these requests from a page of pqwatch alone
(`monitor.web.security`).
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from pydantic import BaseModel, ConfigDict

from monitor.config.merging import as_read, with_subscribers, with_unused_id
from monitor.config.subscribers import LONGEST_NAME, changed_subscriber, new_subscriber
from monitor.desk.desks import CONFIG_LOCK
from monitor.errors import ConfigError, TakenNameError, sentence
from monitor.model.watching import ARCHIVE, FILE
from monitor.operations.reader_list import reader_rows
from monitor.presentation.wording import one_line
from monitor.web.api import ERRORS, STRICT, Listing, Problem, json_response, listing
from monitor.web.desk import DeskOf
from monitor.web.subscriptions import discard_unsent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.desk.desks import Desk
    from monitor.model.watching import Subscriber

log = logging.getLogger(__name__)


def _only_signed_in(desk: DeskOf) -> None:
    """Refuse everyone where no one has to say who they are. A sign-in was asked for before."""
    web = desk.config.web
    if web.public or web.auth == "none":
        raise HTTPException(403, "Subscribers are given only with a token: [web] auth in config.toml.")


router = APIRouter(
    prefix="/api/v1/subscribers",
    tags=["subscribers"],
    dependencies=[Depends(_only_signed_in), *STRICT],
    responses={
        **ERRORS,
        400: {"model": Problem, "description": "A value can't be used"},
        409: {"model": Problem, "description": "The name is taken, or config.toml names the subscriber"},
    },
)

NO_SUCH: Final = "There is no such subscriber."
Id = Annotated[str, Path(max_length=LONGEST_NAME, description="The id of a subscriber.")]


class Wishes(BaseModel):
    """Wishes of a subscriber: the keys of `[[subscribers]]`. Those that are not given stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    email: str = ""
    topics: list[str] = []
    """Names or ids of topics; `["*"]` for all."""
    cadence: str = "daily"
    at: str = ""
    """A local time such as 07:30; "" for that of all."""
    subject: str = "topics"
    mentions: str = "short"
    new_questions: bool = True
    waiting: bool = True
    promises: bool = True
    quiet_days: bool = False
    paused: bool = False


class NewSubscriber(Wishes):
    """A subscriber to add: a name, an address, and wishes. Without `topics` they get all topics."""

    model_config = ConfigDict(json_schema_extra={"required": ["name", "email"]})

    id: str = ""
    """Id by which they are known; "" for their name, with a number where somebody else had that id."""


@router.get("", summary="List those who get mail", response_model=Listing)
def list_subscribers(request: Request, desk: DeskOf) -> Response:
    """List subscribers by mail as `pqwatch subscribers list --json` does; `kept_in` says where each is kept."""
    return listing(request, reader_rows(desk.config, desk.archive, desk.config.subscribers, desk.now), None)


@router.post("", summary="Add a subscriber to the archive", status_code=201)
def add_subscriber(request: Request, desk: DeskOf, wanted: NewSubscriber) -> Response:
    """Add somebody who gets mail from the next run on, and return them as the list has them."""
    with CONFIG_LOCK, _refusals():
        config = with_subscribers(desk.config, desk.archive)
        made = new_subscriber(config, wanted.model_dump(exclude_unset=True))
        made = made if wanted.id else with_unused_id(made, config, desk.archive)
        desk.archive.subscribers.add(made)
    log.info("subscriber key=%s added by the API", made.key)
    response = _shown(request, desk, made)
    response.status_code = 201
    return response


@router.patch("/{subscriber_id:path}", summary="Change a subscriber in the archive")
def change_subscriber(request: Request, desk: DeskOf, subscriber_id: Id, wanted: Wishes) -> Response:
    """Change the wishes that are given, and return the subscriber as the list has them."""
    with CONFIG_LOCK, _refusals():
        config = with_subscribers(desk.config, desk.archive)
        stored = _stored(config, desk.archive, subscriber_id)
        changed = changed_subscriber(config, stored, wanted.model_dump(exclude_unset=True))
        if not desk.archive.subscribers.change(stored, changed):
            raise HTTPException(404, NO_SUCH)
    log.info("subscriber key=%s changed by the API", changed.key)
    return _shown(request, desk, changed)


@router.delete("/{subscriber_id:path}", summary="Remove a subscriber from the archive", status_code=204)
def remove_subscriber(desk: DeskOf, subscriber_id: Id) -> Response:
    """Remove somebody: no digest is made for them from now on, and mails that are made and not sent yet never go."""
    config = with_subscribers(desk.config, desk.archive)
    stored = _stored(config, desk.archive, subscriber_id)
    desk.archive.subscribers.remove(stored.key)
    discard_unsent(desk, stored)
    log.info("subscriber key=%s removed by the API", subscriber_id)
    return Response(status_code=204)


def _stored(config: Config, archive: Archive, key: str) -> Subscriber:
    """Return a subscriber as the archive has them. Raises HTTPException for one that it does not have."""
    for reader in config.subscribers:
        if reader.key == key and reader.kept_in != ARCHIVE:
            where = "config.toml" if reader.kept_in == FILE else reader.kept_in
            raise HTTPException(409, f"{one_line(reader.name)} is in {where}: change them there.")
    for stored in archive.subscribers.listing():
        if stored.key == key:
            return stored
    raise HTTPException(404, NO_SUCH)


@contextmanager
def _refusals() -> Iterator[None]:
    """Make refused wishes errors of the API."""
    try:
        yield
    except TakenNameError as exc:
        raise HTTPException(409, str(exc)) from exc
    except ConfigError as exc:
        raise HTTPException(400, " ".join(sentence(problem) for problem in exc.problems)) from exc


def _shown(request: Request, desk: Desk, stored: Subscriber) -> Response:
    [row] = reader_rows(desk.config, desk.archive, [as_read(stored, desk.config)], desk.now)
    return json_response(request, row)
