"""The API: what the commands print with `--json`, for programs on other machines. Here it reads, and never writes.

Lists come in an object: `items`, each with the keys of docs/json.md, and `next`, a place to go on after, or null. An error
is an object with a sentence under `error`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, Field

from monitor.desk.hits import find_hits
from monitor.desk.search import ParsedSearch, RefusedSearchError, SearchForm, read_search, topic_key
from monitor.errors import sentence
from monitor.model.digests import DigestRow
from monitor.model.search import ANY_TOPIC
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import listed, one_line
from monitor.research.body_facets import count_facets as counted_facets
from monitor.research.digest_list import digest_json
from monitor.research.export.json_text import to_json
from monitor.research.records import newest_hits, place_of, records_json, waiting_after, waiting_questions
from monitor.research.references import find_ids
from monitor.research.stats.report import CountTooLongError
from monitor.research.stats.report import as_records as stats_rows
from monitor.research.stats.tally import THINGS, shortened
from monitor.research.suggestions import impossible_filters
from monitor.research.term_tools.term_list import topic_rows
from monitor.research.time_limit import time_limit
from monitor.research.waiting import as_records as waiting_rows
from monitor.research.whole_record import whole_record
from monitor.terms.tree import TermError
from monitor.web.desk import DeskOf
from monitor.web.rendering import path_with
from monitor.web.responses import TooLongError, tagged
from monitor.web.search_facets import MOST_ASKED_FOR, TIME_ASKED_FOR
from monitor.web.search_form import search_form
from monitor.web.statistics import MOST_SECONDS, BusyError, count_with_promises, things_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.desk.desks import Desk
    from monitor.model.search import Filters
    from monitor.terms import matcher

MOST: Final = 200
"""Items of a page."""

_LARGEST_ID: Final = 2**31 - 1
_LONGEST_NAME: Final = 200

Facet = Literal["body", "minister", "speaker", "asker", "year", "party"]
Thing = Annotated[str, Field(json_schema_extra={"enum": list(THINGS)})]


class Problem(BaseModel):
    """A refusal."""

    error: str
    """A sentence."""


class UnreadableQuery(Problem):
    """A query that can't be read."""

    term: str
    """The query."""
    position: int
    """Number, from 0, of the character at which the mistake is."""
    write: str | None
    """The query as it was probably meant."""


class Listing(BaseModel):
    """A page of a list."""

    schema_: Annotated[int, Field(alias="schema")] = SCHEMA
    items: list[dict[str, Any]]
    """Objects with the keys that docs/json.md explains."""
    next: str | None
    """The place to give as `after` for the next page; null on the last."""


class FoundRecords(Listing):
    """A page of the records that a search finds."""

    why: list[str]
    """Sentences that say why no record can pass the filters: a name that no record has, or days outside the archive."""


class FacetCounts(Listing):
    """Values of facets, each with its number of records."""

    is_whole: bool
    """False where more records are found than were counted."""


class Statistics(Listing):
    """Rows of statistics."""

    left_out: int
    """Rows beyond the limit."""


ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": UnreadableQuery | Problem, "description": "The query, or another value, can't be read"},
    401: {"model": Problem, "description": "A token is needed: `Authorization: Bearer TOKEN`"},
    403: {"model": Problem, "description": "Not shown on a public page"},
    404: {"model": Problem, "description": "There is no such thing"},
    422: {"model": Problem, "description": "A parameter is out of its range"},
    429: {"model": Problem, "description": "Too many requests: wait as long as `Retry-After` says"},
    503: {"model": Problem, "description": "It takes too long, or the archive can't be read now"},
}


def refuse_unknown_parameters(request: Request) -> None:
    """Refuse a parameter that the address does not have: with a misspelt filter it would give other records."""
    known = sorted(_parameters_of(request.scope["route"].dependant))
    for name in request.query_params:
        if name not in known:
            there = f"There are: {listed(known)}." if known else "It has none."
            raise HTTPException(422, f"This address has no parameter {one_line(name)[:40]}. {there}")


def _parameters_of(needs: Any) -> set[str]:
    own = {field.alias for field in needs.query_params}
    return own.union(*map(_parameters_of, needs.dependencies))


STRICT: Final = [Depends(refuse_unknown_parameters)]
router = APIRouter(prefix="/api/v1", responses=ERRORS, dependencies=STRICT)

FormOf = Annotated[SearchForm, Depends(search_form)]
Limit = Annotated[int, Query(ge=1, le=MOST, description="The most items to return.")]
After = Annotated[
    str, Query(max_length=_LONGEST_NAME, description="Go on after this place: `next` of the page before.")
]
TopicOf = Annotated[str, Query(max_length=_LONGEST_NAME, description="Only this topic, by its id or name.")]


def _only_private(desk: DeskOf) -> None:
    """Refuse what a public page does not show."""
    if desk.config.web.public:
        raise HTTPException(403, "Topics, what they found and digests are not shown on this page.")


OnlyPrivate: Final = [Depends(_only_private)]


# -- records ------------------------------------------------------------------------------------------------------------


@router.get("/search", summary="Search the archive", response_model=FoundRecords, tags=["records"])
def search_records(request: Request, desk: DeskOf, form: FormOf, limit: Limit = 20) -> Response:
    """Find records as `pqwatch search --json` does. Without a query everything is listed that passes the filters."""
    search = _read(desk, form)
    items, place = _page_of_hits(desk, search, limit, lambda hit: hit.spans)
    why = () if items or search.after else why_nothing(desk, search.filters, search.query)
    return listing(request, items, place, why=list(why))


@router.get("/matches", summary="List what the watch terms found", response_model=Listing, tags=["watching"],
            dependencies=OnlyPrivate)  # fmt: skip
def list_matches(
    request: Request,
    desk: DeskOf,
    topic: TopicOf = "",
    first: Annotated[
        str, Query(alias="from", max_length=20, description="No earlier than this day: 2024-11-26, today or 30d.")
    ] = "",
    limit: Limit = 20,
    after: After = "",
) -> Response:
    """List records in which a watch term was found, newest first, as `pqwatch matches --json` does."""
    search = _read(desk, SearchForm(first=first, topic=topic, after=after))
    key = search.filters.topic or ANY_TOPIC
    search = replace(search, filters=replace(search.filters, topic=key))
    items, place = _page_of_hits(desk, search, limit, lambda hit: hit.matches_of(key))
    return listing(request, items, place)


@router.get("/records/{reference:path}", summary="Show one record", tags=["records"])
def show_record(
    request: Request,
    desk: DeskOf,
    reference: Annotated[
        str,
        Path(max_length=500, description="An id, a UIN, a day and a UIN, a day and a column, or a citation."),
    ],
) -> Response:
    """Return a record with its revisions and its story, as `pqwatch show --json` does. Of several it is the newest."""
    ids = find_ids(desk.archive, reference)
    if not ids:
        raise HTTPException(404, f"No record goes by {one_line(reference)[:_LONGEST_NAME]}.")
    [hit] = newest_hits(desk.archive, ids[:1])
    is_public = desk.config.web.public
    record = whole_record(
        desk.archive,
        hit,
        desk.due_date,
        desk.today,
        matches=() if is_public else hit.matches,
        mentions=() if is_public else desk.archive.digests.mentions(hit.proceeding_id),
    )
    return json_response(request, record)


@router.get(
    "/facets", summary="Count what is found by what it has in common", response_model=FacetCounts, tags=["records"]
)
def count_facets(
    request: Request,
    desk: DeskOf,
    form: FormOf,
    facet: Annotated[list[Facet] | None, Query(max_length=6, description="What to count by; may be repeated.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="The most values of each facet.")] = 20,
) -> Response:
    """Count records as `pqwatch search --facet` does.

    Counted are up to 5,000 records, those that come first; `is_whole` says whether that is all of them.
    """
    search, names = _read(desk, form), list(dict.fromkeys(facet or ["body"]))
    is_over = time_limit(TIME_ASKED_FOR)
    facets = counted_facets(
        desk.archive, search.query, search.filters, names, at_most=MOST_ASKED_FOR, is_over=is_over, must_end=is_over
    )
    rows = [
        {"schema": SCHEMA, "facet": name, "value": value, "records": records, "of": facets.total}
        for name in names
        for value, records in facets.ordered(name)[:limit]
    ]
    return listing(request, rows, None, is_whole=facets.is_whole)


@router.get(
    "/stats", summary="Count records, and say how long answers took", response_model=Statistics, tags=["records"]
)
def count_statistics(
    request: Request,
    desk: DeskOf,
    form: FormOf,
    by: Annotated[list[Thing] | None, Query(max_length=2, description="What to count by: one or two things.")] = None,
    limit: Limit = 20,
) -> Response:
    """Count records as `pqwatch stats --json` does: the rows with most records, and how many are late."""
    try:
        found, promises = count_with_promises(desk, form, things_of(desk, by), MOST_SECONDS)
    except (TermError, RefusedSearchError) as exc:
        raise _refused(exc) from exc
    except CountTooLongError as exc:
        raise HTTPException(503, sentence(str(exc))) from exc
    except BusyError as exc:
        raise HTTPException(503, "Others are counting now: try again in a moment.") from exc
    shown, left_out = shortened(found, limit)
    topics = {} if desk.config.web.public else desk.topic_names
    return listing(request, list(stats_rows(shown, topics, promises)), None, left_out=left_out)


# -- watching -----------------------------------------------------------------------------------------------------------


@router.get("/topics", summary="List the watched topics", response_model=Listing, tags=["watching"],
            dependencies=OnlyPrivate)  # fmt: skip
def list_topics(request: Request, desk: DeskOf) -> Response:
    """List topics with their terms, as `pqwatch topics list --json` does."""
    return listing(request, list(topic_rows(desk.config, desk.archive)), None)


@router.get("/waiting", summary="List watched questions that wait for an answer", response_model=Listing,
            tags=["watching"], dependencies=OnlyPrivate)  # fmt: skip
def list_waiting(
    request: Request, desk: DeskOf, topic: TopicOf = "", limit: Limit = 100, after: After = ""
) -> Response:
    """List questions as `pqwatch waiting --json` does: days late first, then the longest wait, then promised letters.

    `after` is `next` of the page before. Its record may have been answered meanwhile.
    """
    keys = [topic_of(desk, topic)] if topic else list(desk.topic_names)
    questions = waiting_questions(desk.archive, keys, desk.due_date, desk.today)
    behind = waiting_after(desk.archive, questions, after, desk.due_date, desk.today) if after else questions
    if behind is None:
        raise HTTPException(404, f"{one_line(after)} does not wait any more: begin with the first page.")
    shown = behind[:limit]
    place = place_of(shown[-1]) if len(behind) > limit else None
    return listing(request, list(waiting_rows(desk.archive, shown, desk.due_date)), place)


@router.get("/digests", summary="List the digests composed so far", response_model=Listing, tags=["watching"],
            dependencies=OnlyPrivate)  # fmt: skip
def list_digests(
    request: Request,
    desk: DeskOf,
    subscriber: Annotated[str, Query(max_length=_LONGEST_NAME, description="Only of this reader, by id.")] = "",
    limit: Limit = 20,
    after: Annotated[int, Query(ge=1, le=_LARGEST_ID, description="Go on after the digest of this id.")] = _LARGEST_ID,
) -> Response:
    """List digests, newest first, as `pqwatch digest list --json` does."""
    key = subscriber.replace("\0", " ") or None  # PostgreSQL takes no NUL in a text
    rows: list[DigestRow] = desk.archive.digests.listing(subscriber=key, before=after, limit=limit + 1)
    shown = rows[:limit]
    place = str(shown[-1].id) if len(rows) > limit else None
    return listing(request, [digest_json(desk.archive, row) for row in shown], place)


# -- requests and responses ---------------------------------------------------------------------------------------------


def _read(desk: Desk, form: SearchForm) -> ParsedSearch:
    try:
        return read_search(desk, form)
    except (TermError, RefusedSearchError) as exc:
        raise _refused(exc) from exc


def topic_of(desk: Desk, topic: str) -> str:
    """Return the key of a topic that is named by key or name. Raises HTTPException, also on a public page."""
    try:
        return topic_key(desk, topic)
    except RefusedSearchError as exc:
        raise _refused(exc) from exc


def _refused(exc: TermError | RefusedSearchError) -> HTTPException:
    if isinstance(exc, RefusedSearchError):
        return HTTPException(403 if exc.is_forbidden else 400, str(exc))
    said = f"{exc.problem}. {sentence(exc.remedy)}"
    return HTTPException(400, {"error": said, "term": exc.term, "position": exc.position, "write": exc.better or None})


def why_nothing(desk: Desk, filters: Filters, query: matcher.Query | None = None) -> Sequence[str]:
    """Return sentences that say why no record can pass the filters; none if some may."""
    advice = impossible_filters(desk.archive, filters, query)
    return advice.reasons if advice else ()


def _page_of_hits(
    desk: Desk, search: ParsedSearch, limit: int, matches_of: Any
) -> tuple[list[dict[str, Any]], str | None]:
    """Return the records of a page, and the place to go on after."""
    found = find_hits(desk, search, limit + 1, search.after)
    if found.is_cut:
        raise TooLongError
    shown = found.hits[:limit]
    place = str(shown[-1].place) if len(found.hits) > limit else None
    return list(records_json(desk.archive, shown, matches_of, desk.due_date)), place


def listing(request: Request, items: Sequence[Any], place: str | None, **more: Any) -> Response:
    """Return a page of a list, with a Link to the next one."""
    headers = {}
    if place is not None:
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        headers["Link"] = f'<{path_with(request.scope["path"], {**given, "after": place})}>; rel="next"'
    return json_response(request, {"schema": SCHEMA, "items": items, "next": place, **more}, headers)


def json_response(request: Request, value: Any, headers: dict[str, str] | None = None) -> Response:
    """Return an object as JSON, known by its ETag."""
    return tagged(request, f"{to_json(value, indent=None)}\n".encode(), "application/json", headers)
