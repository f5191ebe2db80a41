"""Statistics: records counted by one or two things, as a plot and as a table, with the figures of `pqwatch stats`."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from markupsafe import Markup

from monitor.desk.search import RefusedSearchError, SearchForm, read_search
from monitor.errors import sentence
from monitor.model.records import House, Kind, State
from monitor.parliament.answer_labels import RULES
from monitor.presentation.filter_words import filters_in_words
from monitor.presentation.wording import count_of, house_short, one_line
from monitor.research.export.texts import csv_lines
from monitor.research.queries import caret
from monitor.research.stats.promise_counts import promises_by_minister
from monitor.research.stats.report import (
    LIMIT,
    MEASURES,
    CountTooLongError,
    CrossTable,
    as_records,
    count,
    cross_table,
    plot,
)
from monitor.research.stats.tally import THINGS, folded, shortened
from monitor.research.time_limit import time_limit
from monitor.terms.tree import TermError
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem, problem_of_search
from monitor.web.figures import THING_NAMES, FigureTable, figure_table
from monitor.web.people import body_path, person_path
from monitor.web.rendering import page, path_with
from monitor.web.search_form import search_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.desk.desks import Desk
    from monitor.research.stats.promise_counts import PromiseCounts
    from monitor.research.stats.tally import Tally

router = APIRouter(include_in_schema=False)

MOST_SECONDS: Final = 30
"""Seconds that a count for a page may take."""
FIRST_SECONDS: Final = 2
"""Seconds for the count that is shown before any was asked for."""
MOST_ROWS: Final = 100_000
MOST_SHOWN: Final = 500
"""Lines of the table on the page: the CSV file has all."""
MOST_COLUMNS: Final = 24
"""Columns of a table of two things on the page."""
AT_ONCE: Final = 2
"""Counts that are made at the same time: a third waits, so that the other pages stay quick."""

_places = threading.BoundedSemaphore(AT_ONCE)

LABELS: Final = {"q": "Words", "from": "From day", "to": "To day"}
"""Labels of fields that may be wrong, by their ids."""

OF_TOPICS: Final = ("topic", "term")
"""Things that a public page does not show."""

Measure = Literal["records", "days", "late"]


class BusyError(Exception):
    """Others are counting, and none came to an end for a while."""


@router.get("/statistics")
def show_statistics(
    request: Request,
    desk: DeskOf,
    form: Annotated[SearchForm, Depends(search_form)],
    by: Annotated[list[str] | None, Query(max_length=4)] = None,
    second: Annotated[str, Query(alias="and", max_length=20)] = "",
    measure: Measure = "records",
    limit: Annotated[int, Query(ge=0, le=1_000_000)] = LIMIT,
) -> Response:
    """Show the form, and what it counts."""
    things = things_of(desk, [*(by or ()), second])
    shown: dict[str, Any] = {"table": None, "cross": None, "plot": "", "notes": []}
    status, problem = 200, _Problem(FieldProblem())
    is_asked = bool(request.query_params)
    try:
        found = count_records(desk, form, things, MOST_SECONDS if is_asked else FIRST_SECONDS)
        shown = _shown(desk, form, found, measure, limit)
    except TermError as exc:
        status, problem = 422, _unreadable(exc)
    except RefusedSearchError as exc:
        status, problem = 403 if exc.is_forbidden else 422, _Problem(problem_of_search(exc, LABELS))
    except CountTooLongError as exc:
        if is_asked:
            status, problem = 503, _Problem(FieldProblem(sentence(str(exc))))
    except BusyError:
        status, problem = 503, _Problem(FieldProblem("Others are counting now: try again in a moment."))
    csv_parameters = form.parameters(by=things, limit=0)
    return page(
        request,
        "statistics.html",
        status=status,
        form=form,
        by=things,
        measure=measure,
        limit=limit,
        error=problem.error,
        place=problem.place,
        choices=_choices(desk),
        csv_path=path_with("/statistics.csv", csv_parameters) if shown["table"] or shown["cross"] else "",
        search_path=path_with("/search", form.parameters()),
        **shown,
    )


@router.get("/statistics.csv")
def download_statistics(
    desk: DeskOf,
    form: Annotated[SearchForm, Depends(search_form)],
    by: Annotated[list[str] | None, Query(max_length=4)] = None,
    second: Annotated[str, Query(alias="and", max_length=20)] = "",
    limit: Annotated[int, Query(ge=0, le=1_000_000)] = LIMIT,
) -> Response:
    """Give what `pqwatch stats --format csv` prints for the same options."""
    try:
        found, promises = count_with_promises(desk, form, things_of(desk, [*(by or ()), second]), MOST_SECONDS)
    except TermError as exc:
        raise HTTPException(422, f"{exc.problem}. {sentence(exc.remedy)}") from exc
    except RefusedSearchError as exc:
        raise HTTPException(403 if exc.is_forbidden else 422, str(exc)) from exc
    except CountTooLongError as exc:
        raise HTTPException(503, sentence(str(exc))) from exc
    except BusyError as exc:
        raise HTTPException(503, "Others are counting now: try again in a moment.") from exc
    shown, _ = shortened(found, limit)
    rows = as_records(shown, desk.topic_names, promises) if found.total.records else ()
    headers = {"Content-Disposition": 'attachment; filename="statistics.csv"'}
    return Response("".join(csv_lines(rows)), media_type="text/csv; charset=utf-8", headers=headers)


def things_of(desk: Desk, by: Sequence[str] | None) -> tuple[str, ...]:
    """Return the one or two things that are counted by."""
    given = tuple(name for name in by or () if name) or ("month",)
    unknown = [name for name in given if name not in THINGS]
    if unknown:
        raise HTTPException(422, f"by: records are counted by one or two of {', '.join(THINGS)}.")
    if len(given) > 2 or len(set(given)) < len(given):  # noqa: PLR2004 (a table has lines and columns)
        raise HTTPException(422, "by: name one thing, or two different things.")
    if desk.config.web.public and set(given) & set(OF_TOPICS):
        raise HTTPException(403, "Topics and terms are not shown on this page.")
    return given


def count_with_promises(
    desk: Desk, form: SearchForm, by: Sequence[str], seconds: float
) -> tuple[Tally, Mapping[str, PromiseCounts] | None]:
    """Count records, and by minister alone the promises in them, as `pqwatch stats` does. Raises as `count_records`."""
    if tuple(by) != ("minister",):
        return count_records(desk, form, by, seconds), None
    revisions = set[int]()
    found = count_records(desk, form, by, seconds, revisions=revisions)
    return found, promises_by_minister(desk.archive, desk.today, revisions)


def count_records(
    desk: Desk, form: SearchForm, by: Sequence[str], seconds: float, *, revisions: set[int] | None = None
) -> Tally:
    """Count, and add the newest revisions that were counted (by row id) to `revisions`, if it is given.

    Raises TermError, RefusedSearchError, CountTooLongError, BusyError.
    """
    search = read_search(desk, form)
    with _place(seconds):
        return count(
            desk.archive,
            search.query,
            search.filters,
            by,
            calendar=desk.calendar,
            today=desk.today,
            is_over=time_limit(seconds),
            most_rows=MOST_ROWS,
            revisions=revisions,
        )


@contextmanager
def _place(seconds: float) -> Iterator[None]:
    """Wait for one of the places for counting. Raises BusyError."""
    if not _places.acquire(timeout=seconds):
        raise BusyError
    try:
        yield
    finally:
        _places.release()


# -- shown --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Problem:
    """Reason why nothing was counted, and the query with a caret under the mistake."""

    error: FieldProblem
    place: str = ""


def _unreadable(exc: TermError) -> _Problem:
    return _Problem(FieldProblem(f"{exc.problem}. {sentence(exc.remedy)}", "q", LABELS["q"]), caret(exc))


def _shown(desk: Desk, form: SearchForm, found: Tally, measure: Measure, limit: int) -> dict[str, Any]:
    """Lay out a tally as a plot, a table, and what has to be said of them."""
    if not found.total.records:
        return {"table": None, "cross": None, "plot": "", "notes": ["Nothing to count: no record passes."]}
    limit = min(limit or MOST_SHOWN, MOST_SHOWN)
    shown, left_out = shortened(found, limit)
    topics = desk.topic_names
    limits = list(filters_in_words(read_search(desk, replace(form, words="")).filters, topics))
    caption = _caption(found.by, [one_line(form.words), *limits] if form.words else limits)
    notes = []
    table: FigureTable | None = None
    cross: CrossTable | None = None
    if len(found.by) == 1:
        table = figure_table(shown, caption, topics, path_of=_PAGES_OF_NAMES.get(found.by[0]))
    else:
        cross = cross_table(folded(shown), measure, topics, MOST_COLUMNS)
        notes.append(f"Cells: {MEASURES[measure]}; an empty cell has no records, or nothing known.")
        notes += [f"The CSV file has {count_of(cross.left_out, 'more column')}."] if cross.left_out else []
    notes += [f"The CSV file has {count_of(left_out, 'more line')}."] if left_out else []
    if found.is_overlapping:
        notes.append(f"A record may stand in several lines: there are {found.total.records:,} in all.")
    drawn = plot(found, measure, form.words, topics, limit=limit, filters=limits)
    return {
        "table": table,
        "cross": cross,
        "caption": caption,
        "heads": tuple(THING_NAMES[name] for name in found.by),
        "plot": Markup(drawn.decode("utf-8", "replace")),  # noqa: S704 (made by ElementTree, which escapes all texts)
        "notes": notes,
    }


_PAGES_OF_NAMES: Final = {"body": body_path, **dict.fromkeys(("asker", "minister", "speaker"), person_path)}


def _caption(by: Sequence[str], limits: Sequence[str]) -> str:
    only = f". Only {'; '.join(limits)}" if limits else ""
    return f"Records by {' and '.join(by)}{only}"


def _choices(desk: Desk) -> Mapping[str, list[tuple[str, str]]]:
    """Return the values that the form offers, each with its words."""
    is_public = desk.config.web.public
    return {
        "by": [(name, THING_NAMES[name]) for name in THINGS if not (is_public and name in OF_TOPICS)],
        "measure": [(name, words.capitalize()) for name, words in MEASURES.items()],
        "topic": [] if is_public else list(desk.topic_names.items()),
        "house": [(house.value, house_short(house)) for house in House],
        "kind": [(kind.value, kind.value.capitalize()) for kind in Kind],
        "state": [(state.value, state.value.capitalize()) for state in State],
        "label": [(name, rule.said) for name, rule in RULES.items()],
    }
