"""The search page: a form with the whole term language and all filters, what it finds, and what that has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from monitor import app
from monitor.desk.hits import MOST_SECONDS, TOO_LONG, find_hits
from monitor.desk.search import ParsedSearch, RefusedSearchError, SearchForm, read_search
from monitor.errors import sentence
from monitor.model.records import House, Kind, State
from monitor.parliament.answer_labels import RULES
from monitor.presentation.filter_words import body_followed
from monitor.presentation.kwic import kwic_rows
from monitor.presentation.wording import count_of, count_up_to, house_name, one_line
from monitor.research.parties import shared_word
from monitor.research.queries import caret, count_of_more
from monitor.research.suggestions import MANY, explain_no_results
from monitor.research.term_tools.doubts import doubts
from monitor.research.time_limit import time_limit
from monitor.terms.tree import TermError
from monitor.text.days import read_day
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem, problem_of_search
from monitor.web.lists import listed_record
from monitor.web.people import person_path
from monitor.web.rendering import page, path_with, record_path
from monitor.web.search_downloads import MOST_DOWNLOADED, SUFFIXES
from monitor.web.search_facets import MOST_TIME, Narrowing, count_facets, facet_lists
from monitor.web.search_form import search_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.desk.desks import Desk
    from monitor.model.search import Facets, Hit
    from monitor.research.suggestions import Suggestion

router = APIRouter(include_in_schema=False)

ON_A_PAGE: Final = 20
ON_A_KWIC_PAGE: Final = 50
MOST_ROWS: Final = 500
"""Rows of a page of words in context: a common word stands in a long speech a hundred times."""

LOOKED_THROUGH: Final = 150
"""Documents that are looked through to say how many records come after a later page: a tenth of a second at the most."""

KINDS: Final = {
    Kind.QUESTION: "Written questions",
    Kind.STATEMENT: "Written statements",
    Kind.SPEECH: "Speeches",
    Kind.NOTICE: "Notices",
}
STATES: Final = {
    State.TABLED: "Not answered yet",
    State.HOLDING: "Holding answer only",
    State.ANSWERED: "Answered",
    State.CORRECTED: "Corrected",
    State.WITHDRAWN: "Withdrawn",
    State.LAPSED: "Lapsed",
}
NAMES: Final = {
    "body": "Answering body",
    "asker": "Asked by",
    "minister": "Answered by",
    "speaker": "Said by",
    "party": "Party of who asked",
}
LABELS: Final = {"q": "Words, or the number of a record", "from": "From", "to": "To"}
"""Labels of fields that may be wrong, by their ids."""
_FILTER_NAMES: Final = {
    "first": "From",
    "last": "To",
    "houses": "House",
    "kinds": "Kind",
    "states": "State",
    **NAMES,
    "topic": "Topic",
    "labels": "Answer",
}

_PEOPLE: Final = ("asker", "minister", "speaker")
MOST_PEOPLE: Final = 5
"""People with the words of a search in their names whose pages are offered."""

View = Literal["list", "kwic"]
KwicOrder = Literal["record", "left", "right"]
FormOf = Annotated[SearchForm, Depends(search_form)]


@dataclass(frozen=True, slots=True)
class Choice:
    """A box to tick, or an entry of a list to choose from."""

    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class GivenFilter:
    """A filter that is set: what it is called, its value, and the address of the search without it."""

    name: str
    value: str
    path: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Words or a value that can't be used. `caret`: the words, and under them a caret; `better`: what may be meant."""

    error: FieldProblem
    caret: str = ""
    remedy: str = ""
    better: str = ""
    better_path: str = ""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A search that finds something: words for its link, its address, and how many records it finds."""

    words: str
    path: str
    count: str


@router.get("/search")
def show_search(
    request: Request,
    desk: DeskOf,
    form: FormOf,
    view: Annotated[View, Query()] = "list",
    order: Annotated[KwicOrder, Query()] = "record",
    count: Annotated[Literal["", "more"], Query()] = "",
) -> Response:
    """Show the form, and what it finds if it is filled in."""
    shown: dict[str, Any] = {"view": view, "order": order}
    status, problem, found = 200, Problem(FieldProblem()), {}
    if not form.is_empty:
        try:
            found = _found(desk, form, read_search(desk, form), is_asked_for=bool(count), **shown)
        except TermError as exc:
            status, problem = 400, _unreadable(form, exc)
        except RefusedSearchError as exc:
            status, problem = 403 if exc.is_forbidden else 400, Problem(problem_of_search(exc, LABELS))
    return page(
        request,
        "search.html",
        status=status,
        form=form,
        choices=_choices(desk, form),
        name_filters=NAMES,
        bodies=desk.archive.search.names("body"),
        given=_given(desk, form, shown),
        error=problem.error,
        details=problem,
        found=found,
        **shown,
    )


def _unreadable(form: SearchForm, exc: TermError) -> Problem:
    better = path_with("/search", form.parameters(q=exc.better)) if exc.better else ""
    error = FieldProblem(f"{exc.problem}.", "q", LABELS["q"])
    return Problem(error, caret(exc), sentence(exc.remedy), exc.better, better)


# -- what is found ------------------------------------------------------------------------------------------------------


def _found(
    desk: Desk, form: SearchForm, search: ParsedSearch, *, view: str, order: str, is_asked_for: bool
) -> dict[str, Any]:
    """Return a page of what is found, and what goes with it."""
    limit = ON_A_KWIC_PAGE if view == "kwic" else ON_A_PAGE
    came = find_hits(desk, search, limit + 1, search.after)
    is_more, hits = len(came.hits) > limit, came.hits[:limit]
    found: dict[str, Any] = {"total": "", "more": "", "first_path": "", "facets": (), "notes": [], "advice": None}
    if search.after is None:
        if hits:
            found |= _first_page(desk, form, search, hits, view, is_asked_for=is_asked_for)
        elif not came.is_cut:
            found["advice"] = _advice(desk, form, search)
    else:
        found["first_path"] = _path(form, view, order)
    if is_more and not found["more"] and hits[-1].place is not None:
        found["more"] = count_of_more(
            desk.archive,
            search.query,
            search.filters,
            hits[-1].place,
            LOOKED_THROUGH,
            must_end=time_limit(MOST_TIME),
        )
    return {
        **found,
        "is_any": bool(hits),
        "cut": TOO_LONG if came.is_cut else "",
        "next_path": _path(form, view, order, after=str(hits[-1].place)) if is_more or (hits and came.is_cut) else "",
        "list_path": _path(form, "list", order),
        "kwic_path": _path(form, "kwic", order),
        "downloads": [(name, path_with(f"/search{suffix}", form.parameters())) for suffix, name in SUFFIXES.items()],
        "most_downloaded": MOST_DOWNLOADED,
        "watch_path": _watch_path(desk, form, search),
        **(_kwic(form, search, hits, order) if view == "kwic" else {"records": _listed(hits)}),
    }


def _first_page(
    desk: Desk, form: SearchForm, search: ParsedSearch, hits: Sequence[Hit], view: str, *, is_asked_for: bool
) -> dict[str, Any]:
    """Return what stands on the first page alone: the number of records, facets and notes."""
    facets = count_facets(desk, search, is_asked_for=is_asked_for)
    least = "" if facets.is_whole else "At least "
    return {
        "total": f"{least}{count_of(max(facets.total, len(hits)), 'record')}",
        "more": f"{least}{max(facets.total - len(hits), 1):,} more",
        "facets": facet_lists(Narrowing(form, view, (search.filters.first, search.filters.last)), facets),
        "facets_of": _counted(search, facets),
        "count_path": "" if facets.is_whole or is_asked_for else _path(form, view, "record", count="more"),
        "notes": list(_notes(desk, form, search)),
    }


def _counted(search: ParsedSearch, facets: Facets) -> str:
    """Say of which records the facets are, where these are not all."""
    if facets.is_whole:
        return ""
    return f"Counted among the {'oldest' if search.filters.oldest_first else 'newest'} {facets.total:,} records only."


def _listed(hits: Sequence[Hit]) -> list[Any]:
    return [listed_record(hit.revision.proceeding, spans=hit.spans) for hit in hits]


def _path(form: SearchForm, view: str, order: str, **changed: str) -> str:
    shown = {"view": view, "order": "" if order == "record" else order} if view == "kwic" else {}
    return path_with("/search", form.parameters(**shown, **changed))


def _kwic(form: SearchForm, search: ParsedSearch, hits: Sequence[Hit], order: str) -> dict[str, Any]:
    rows, count = kwic_rows(hits, order, at_most=MOST_ROWS)
    after = form.after
    return {
        "rows": rows,
        "record_path": record_path,
        "has_words": search.query is not None,
        "left_out": count - len(rows),
        "most_rows": MOST_ROWS,
        "orders": [
            (words, _path(form, "kwic", name, after=after), name == order)
            for name, words in (
                ("record", "the records"),
                ("left", "the words before"),
                ("right", "the words after"),
            )
        ],
    }


def _watch_path(desk: Desk, form: SearchForm, search: ParsedSearch) -> str:
    if search.query is None or desk.config.web.public:
        return ""
    return path_with("/topics/try", {"term": form.words})


def _notes(desk: Desk, form: SearchForm, search: ParsedSearch) -> Iterator[tuple[str, str, str]]:
    """Return what may have been meant in another way: a sentence, and words and address of a link."""
    if search.is_number:
        figure = f'"{form.words}"'
        yield "Found by its number.", f"Look for the figure {form.words} in the texts", _other(figure)
    shared = shared_word(desk.archive, search.query, search.filters)
    if shared is not None:
        better = path_with("/search", form.parameters(party=shared.better)) if shared.better and form.party else ""
        yield shared.said, f"Search for party {shared.better}" if better else "", better
    if search.query is None:
        return
    count = app.record_counter(desk.config, desk.archive)
    for doubt in doubts(form.words, count, desk.today):
        if doubt.is_likely:
            yield doubt.said, f"Search for {doubt.slip.better}" if doubt.slip.better else "", _other(doubt.slip.better)


def _other(words: str) -> str:
    return path_with("/search", {"q": words})


# -- nothing found ------------------------------------------------------------------------------------------------------


def _advice(desk: Desk, form: SearchForm, search: ParsedSearch) -> dict[str, Any]:
    is_over = time_limit(MOST_SECONDS)
    advice = explain_no_results(desk.archive, desk.lexicon, search.query, form.words, search.filters, is_over=is_over)
    people = {name: None for found in advice.suggestions if found.by in _PEOPLE for name in found.names}
    return {
        "reasons": advice.reasons,
        "suggestions": [_suggested(form, found) for found in advice.suggestions],
        "people": [(one_line(name), person_path(name)) for name in people][:MOST_PEOPLE],
        "is_name": any(found.by for found in advice.suggestions),
    }


def _suggested(form: SearchForm, suggestion: Suggestion) -> Suggested:
    count = count_up_to(MANY, suggestion.count)
    if suggestion.without:
        names = ", ".join(_FILTER_NAMES[name].lower() for name in suggestion.without)
        return Suggested(
            f"Search without {names}", path_with("/search", form.parameters(without=suggestion.without)), count
        )
    query = suggestion.query
    if suggestion.by:
        name = _FILTER_NAMES[suggestion.by]
        return Suggested(f"{name}: {one_line(query)}", path_with("/search", {suggestion.by: query}), count)
    path = path_with("/search", form.parameters(q=query)) if suggestion.keeps_filters else _other(query)
    return Suggested(f"Search for {query}", path, count)


# -- the form -----------------------------------------------------------------------------------------------------------


def _choices(desk: Desk, form: SearchForm) -> dict[str, list[Choice]]:
    """Return what can be chosen in the form, by the parameter of the address."""
    topics = {} if desk.config.web.public else desk.topic_names
    offered: dict[str, tuple[dict[str, str], Sequence[str]]] = {
        "house": ({house.value: house_name(house) for house in House}, form.houses),
        "kind": ({kind.value: words for kind, words in KINDS.items()}, form.kinds),
        "state": ({state.value: words for state, words in STATES.items()}, form.states),
        "label": ({name: rule.said for name, rule in RULES.items()}, form.labels),
        "topic": ({key: one_line(name) for key, name in topics.items()}, [form.topic]),
        "sort": ({"newest": "Newest first", "oldest": "Oldest first", "relevance": "Most relevant first"}, [form.sort]),
    }
    return {
        name: [Choice(value, words, value in chosen) for value, words in values.items()]
        for name, (values, chosen) in offered.items()
    }


def _given(desk: Desk, form: SearchForm, shown: dict[str, Any]) -> list[GivenFilter]:
    """Return the filters that are set, each with the address of the search without it."""
    given = []
    for name in form.filters_given:
        value = getattr(form, name)
        path = _path(form.with_field(name, ""), **shown)
        shown_value = _shown(desk, name, value)
        if name == "body" and form.lineage:
            followed = body_followed(value, read_day(form.last, desk.today))
            shown_value += f", followed through time{f': {followed}' if followed else ''}"
        given.append(GivenFilter(_FILTER_NAMES[name], shown_value, path))
    return given


def _shown(desk: Desk, name: str, value: Any) -> str:
    words: dict[str, Any] = {
        "houses": house_name,
        "kinds": KINDS.__getitem__,
        "states": STATES.__getitem__,
        "labels": lambda label: RULES[label].said if label in RULES else one_line(label),
    }
    if name in words:
        return ", ".join(words[name](item) for item in value)
    if name == "topic":
        topics = {} if desk.config.web.public else desk.topic_names
        return one_line(topics.get(value, value))
    return one_line(value)
