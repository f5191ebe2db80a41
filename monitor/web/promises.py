"""Promises: the ledger in lists, filtered by topic, state, body, minister and day."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from monitor.model.promises import PromiseFilters, PromiseState
from monitor.presentation.wording import count_of, one_line
from monitor.research.promises import find_entries, ledger_reach
from monitor.research.time_limit import time_limit
from monitor.research.waiting import EMPTY_ARCHIVE, NO_TOPICS
from monitor.text.days import read_day
from monitor.text.similarity import nearest
from monitor.web.desk import DeskOf
from monitor.web.promise_words import STATES, listed_promise, shown_entry
from monitor.web.rendering import page, path_with
from monitor.web.search_form import RefusedSearchError, topic_key

if TYPE_CHECKING:
    from monitor.research.promises import LedgerEntry
    from monitor.web.desk import Desk

router = APIRouter(include_in_schema=False)

ON_A_PAGE: Final = 50
"""Promises on one page."""
MOST_PAGES: Final = 100
MOST_SECONDS: Final = 20
"""Seconds of reading promises for one page; then the list ends, and says so."""
_LONGEST: Final = 200


# -- what is asked for --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerQuery:
    """Query of the ledger, as it was filled in. `is_all`: of every record, not of the watched topics alone."""

    topic: str = ""
    state: str = ""
    body: str = ""
    minister: str = ""
    since: str = ""
    is_all: bool = False

    def parameters(self, **others: Any) -> dict[str, Any]:
        """Return the parameters of an address that asks the same, with others in their places."""
        own = {
            "topic": self.topic,
            "state": self.state,
            "body": self.body,
            "minister": self.minister,
            "since": self.since,
            "all": "yes" if self.is_all else "",
        }
        return {**own, **others}


def ledger_query(
    topic: Annotated[str, Query(max_length=_LONGEST, description="Only on this topic, by its id or name.")] = "",
    state: Annotated[
        str,
        Query(
            max_length=20,
            description="Only in this state today.",
            json_schema_extra={"enum": ["", *(state.value for state in PromiseState)]},
        ),
    ] = "",
    body: Annotated[str, Query(max_length=_LONGEST, description="Made by a body with these words in its name.")] = "",
    minister: Annotated[str, Query(max_length=_LONGEST, description="Made by the minister of this whole name.")] = "",
    since: Annotated[str, Query(max_length=20, description="Said on this day or later: 2024-11-26 or 30d.")] = "",
    is_all: Annotated[
        bool, Query(alias="all", description="Of every answer and statement, not of the watched topics alone.")
    ] = False,
) -> LedgerQuery:
    """Take the query of the ledger from the address."""
    return LedgerQuery(topic=topic, state=state, body=body, minister=minister, since=since, is_all=is_all)


LedgerQueryOf = Annotated[LedgerQuery, Depends(ledger_query)]


def ledger_filters(desk: Desk, query: LedgerQuery) -> PromiseFilters:
    """Return the filters of the ledger. Raises RefusedSearchError for a value that can't be used."""
    if query.is_all and query.topic:
        raise RefusedSearchError("Every answer, and one topic, exclude each other: leave out one of them.")
    if query.state and query.state not in STATES:
        raise RefusedSearchError(f"state: choose one of {', '.join(state.value for state in STATES)}.")
    since = read_day(query.since, desk.today) if query.since else None
    if query.since and since is None:
        raise RefusedSearchError(f"since: {one_line(query.since)} is no day. Write 2024-11-26, today or 30d.")
    topics = (topic_key(desk, query.topic),) if query.topic else tuple(desk.topic_names)
    is_of_every = query.is_all or bool(query.minister)
    return PromiseFilters(
        topics=topics if query.topic or not is_of_every else None,
        bodies=_bodies(desk, query.body) if query.body else None,
        ministers=(query.minister,) if query.minister else None,
        since=since,
        state=PromiseState(query.state) if query.state else None,
        today=desk.today,
    )


def _bodies(desk: Desk, words: str) -> tuple[str, ...]:
    found: tuple[str, ...] = desk.archive.promises.bodies(words)
    if not found:
        near = nearest(words, desk.archive.records.bodies(), 1)
        hint = f" Did you mean {one_line(near[0])}?" if near else ""
        raise RefusedSearchError(f"No answering body has {one_line(words)} in its name.{hint}")
    return found


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Promises of one page. `is_cut`: reading took too long, so that there may be more than these."""

    entries: list[LedgerEntry]
    has_more: bool
    is_cut: bool


def find_page(desk: Desk, filters: PromiseFilters, first: int, limit: int) -> LedgerPage:
    """Read so many promises from a place of the list on."""
    is_over = time_limit(MOST_SECONDS)
    entries: list[LedgerEntry] = []
    with closing(find_entries(desk.archive, filters, desk.today)) as found:
        for entry in islice(found, first, None):
            if len(entries) == limit:
                return LedgerPage(entries, has_more=True, is_cut=False)
            entries.append(shown_entry(desk, entry))
            if is_over():
                return LedgerPage(entries, has_more=False, is_cut=True)
    return LedgerPage(entries, has_more=False, is_cut=False)


# -- the page -----------------------------------------------------------------------------------------------------------


@router.get("/promises")
def show_promises(
    request: Request,
    desk: DeskOf,
    query: LedgerQueryOf,
    number: Annotated[int, Query(alias="page", ge=1, le=MOST_PAGES)] = 1,
) -> Response:
    """Show what ministers promised, said last first."""
    is_public = desk.config.web.public
    status, problem, nothing = 200, "", ""
    found = LedgerPage([], has_more=False, is_cut=False)
    try:
        filters = ledger_filters(desk, query)
    except RefusedSearchError as exc:
        status, problem = 403 if exc.is_forbidden else 422, str(exc)
    else:
        found = find_page(desk, filters, (number - 1) * ON_A_PAGE, ON_A_PAGE)
        nothing = "" if found.entries else _why_nothing(desk, filters)
    if number > 1 and not found.entries and not problem:
        raise HTTPException(404, f"There is no page {number:,} of this list.")
    topics = {} if is_public else desk.topic_names
    return page(
        request,
        "promises.html",
        status=status,
        query=query,
        title=_title(desk, query),
        problem_here=problem,
        tabs=_tabs(query),
        topics=topics,
        bodies=desk.archive.search.names("body"),
        promises=[listed_promise(entry, desk.today, topics) for entry in found.entries],
        nothing=nothing,
        is_cut=found.is_cut,
        number=number,
        next_path=path_with("/promises", query.parameters(page=number + 1)) if found.has_more else "",
        before_path=path_with("/promises", query.parameters(page=number - 1)) if number > 1 else "",
        reach=reach_words(desk),
    )


def reach_words(desk: Desk) -> str:
    """Say how far the ledger reaches; "" where it has read everything."""
    reach = ledger_reach(desk.archive)
    if reach.is_whole:
        return ""
    return f"The ledger has read {reach.read:,} of {count_of(reach.of, 'revision')} so far. Each run goes on."


def _title(desk: Desk, query: LedgerQuery) -> str:
    if query.minister:
        return f"Promises of {one_line(query.minister)}"
    if query.topic and not desk.config.web.public:
        names = {key: one_line(name) for key, name in desk.topic_names.items()}
        return f"Promises: {names.get(query.topic, one_line(query.topic))}"
    return "Promises"


def _tabs(query: LedgerQuery) -> list[tuple[str, str, bool]]:
    """Return a link for each state: words, address, and whether it is the one that is shown."""
    states = [("", "All"), *((state.value, words) for state, words in STATES.items())]
    return [
        (words, path_with("/promises", query.parameters(state=value)), value == query.state) for value, words in states
    ]


def _why_nothing(desk: Desk, filters: PromiseFilters) -> str:
    if desk.archive.records.is_empty():
        return EMPTY_ARCHIVE
    if filters.topics == ():
        return NO_TOPICS
    return "No promise was found here."
