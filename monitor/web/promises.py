"""Promises: the ledger in lists, filtered by topic, state, body, minister and day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from monitor.desk.promises import LedgerPage, LedgerQuery, find_page, ledger_filters, reach_words
from monitor.desk.search import RefusedSearchError
from monitor.model.promises import PromiseState
from monitor.presentation.wording import one_line
from monitor.research.waiting import EMPTY_ARCHIVE, NO_TOPICS
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem, problem_of_search
from monitor.web.promise_words import STATES, listed_promise
from monitor.web.rendering import page, path_with

if TYPE_CHECKING:
    from monitor.desk.desks import Desk
    from monitor.model.promises import PromiseFilters

router = APIRouter(include_in_schema=False)

LABELS: Final = {"body": "Answering body", "since": "Said on this day or later"}
"""Labels of fields that may be wrong, by their ids."""
ON_A_PAGE: Final = 50
"""Promises on one page."""
MOST_PAGES: Final = 100
_LONGEST: Final = 200


# -- what is asked for --------------------------------------------------------------------------------------------------


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
    status, problem, nothing = 200, FieldProblem(), ""
    found = LedgerPage([], has_more=False, is_cut=False)
    try:
        filters = ledger_filters(desk, query)
    except RefusedSearchError as exc:
        status, problem = 403 if exc.is_forbidden else 422, problem_of_search(exc, LABELS)
    else:
        found = find_page(desk, filters, (number - 1) * ON_A_PAGE, ON_A_PAGE)
        nothing = "" if found.entries else _why_nothing(desk, filters)
    if number > 1 and not found.entries and not problem.text:
        raise HTTPException(404, f"There is no page {number:,} of this list.")
    topics = {} if is_public else desk.topic_names
    return page(
        request,
        "promises.html",
        status=status,
        query=query,
        title=_title(desk, query),
        error=problem,
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
