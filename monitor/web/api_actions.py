"""The API for what follows an answer: promises, what readers follow, and the days of the calendar."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response

from monitor.desk.promises import find_page, ledger_filters
from monitor.desk.search import RefusedSearchError
from monitor.model.promises import PromisePosition
from monitor.presentation.wording import one_line
from monitor.research.calendar_file.contents import CalendarRequest, as_rows, calendar_contents
from monitor.research.following import follow_json
from monitor.research.promises import entry_json, entry_notes, find_candidates, whole_json
from monitor.web.api import ERRORS, STRICT, After, Limit, Listing, TopicOf, json_response, listing, topic_of
from monitor.web.desk import DeskOf, reader_of
from monitor.web.promise import find
from monitor.web.promises import LedgerQueryOf

if TYPE_CHECKING:
    from monitor.desk.desks import Desk
    from monitor.model.following import FollowTarget
    from monitor.model.promises import PromiseFilters
    from monitor.model.watching import Subscriber

router = APIRouter(prefix="/api/v1", responses=ERRORS, dependencies=STRICT)

MOST_BEFORE: Final = 20_000
_LONGEST_NAME: Final = 200

SubscriberOf = Annotated[str, Query(max_length=_LONGEST_NAME, description="Only of this reader, by id.")]


class Promises(Listing):
    """A page of the ledger of promises."""

    is_cut: bool
    """True where reading took too long, so that there may be more: go on after `next`, or ask for a topic or a body."""


# -- promises -----------------------------------------------------------------------------------------------------------


@router.get("/promises", summary="List what ministers promised", response_model=Promises, tags=["records"])
def list_promises(
    request: Request,
    desk: DeskOf,
    query: LedgerQueryOf,
    limit: Limit = 50,
    after: After = "",
) -> Response:
    """List promises as `pqwatch promises --json` does, said last first. By default those on the watched topics."""
    try:
        filters = ledger_filters(desk, query)
    except RefusedSearchError as exc:
        raise HTTPException(403 if exc.is_forbidden else 400, str(exc)) from exc
    first, filters = _begun(filters, after)
    found = find_page(desk, filters, first, limit)
    place = str(found.entries[-1].position) if found.entries and (found.has_more or found.is_cut) else None
    return listing(request, list(map(entry_json, found.entries)), place, is_cut=found.is_cut)


def _begun(filters: PromiseFilters, after: str) -> tuple[int, PromiseFilters]:
    """Return how many promises to pass over, and the filters from a place on. A place may be such a number too."""
    if after.isdecimal() and len(after) <= len(str(MOST_BEFORE)) and int(after) <= MOST_BEFORE:
        return int(after), filters
    place = PromisePosition.read(after)
    if after and place is None:
        raise HTTPException(422, f"after: {one_line(after)} is no place in this list: begin with its first page.")
    return 0, replace(filters, after=place)


@router.get("/promises/{public_id}", summary="Show one promise", tags=["records"])
def show_promise(
    request: Request,
    desk: DeskOf,
    public_id: Annotated[str, Path(max_length=40, description="The id of a promise, or of one of its repetitions.")],
) -> Response:
    """Return a promise whole, with what may show that it was kept, as `pqwatch promises show --json` does."""
    entry = find(desk, public_id)
    notes = [] if desk.config.web.public else entry_notes(desk.archive, entry)
    return json_response(request, whole_json(entry, find_candidates(desk.archive, desk.lexicon, entry), notes))


# -- following ----------------------------------------------------------------------------------------------------------


def _only_signed_in(desk: DeskOf) -> None:
    """Refuse what readers chose wherever no one has to say who they are. A sign-in was asked for before."""
    web = desk.config.web
    if web.public or web.auth == "none":
        raise HTTPException(403, "What readers follow is given only with a token: [web] auth in config.toml.")


@router.get("/following", summary="List what readers follow", response_model=Listing, tags=["watching"],
            dependencies=[Depends(_only_signed_in)])  # fmt: skip
def list_following(request: Request, desk: DeskOf, subscriber: SubscriberOf = "") -> Response:
    """List what is followed, the latest last, as `pqwatch following --json` does. It asks for a token."""
    reader = reader_of(desk, subscriber)
    names = {known.key: one_line(known.name) for known in desk.config.readers}
    followed = desk.archive.following.listing(reader.key if reader else None)
    return listing(request, [follow_json(thing, names, desk.topic_names) for thing in followed], None)


# -- calendar -----------------------------------------------------------------------------------------------------------


@router.get("/calendar", summary="List due days, promises and recesses", response_model=Listing, tags=["watching"])
def list_days(
    request: Request,
    desk: DeskOf,
    topic: TopicOf = "",
    subscriber: SubscriberOf = "",
    recess: Annotated[bool, Query(description="With recesses.")] = True,
    sitting: Annotated[bool, Query(description="With the days on which the Houses sit.")] = False,
) -> Response:
    """List the events of the calendar in the order of their days, as `pqwatch calendar --json` does."""
    reader, key = reader_of(desk, subscriber), topic_of(desk, topic) if topic else ""
    asked = CalendarRequest(
        topics=_topics(desk, key, reader),
        followed=() if key or desk.config.web.public else _followed(desk, reader),
        reader=reader.key if reader else None,
        base_url=desk.config.web.base_url,
        names_topics=not desk.config.web.public,
        has_recess=recess,
        has_sitting_days=sitting,
    )
    contents = calendar_contents(desk.archive, desk.calendar, asked)
    return listing(request, list(as_rows(contents.events)), None)


def _topics(desk: Desk, key: str, reader: Subscriber | None) -> dict[str, str]:
    return {
        known: name
        for known, name in desk.topic_names.items()
        if key in ("", known) and (reader is None or known in reader.topics)
    }


def _followed(desk: Desk, reader: Subscriber | None) -> list[FollowTarget]:
    return [thing.target for thing in desk.archive.following.listing(reader.key if reader else None)]
