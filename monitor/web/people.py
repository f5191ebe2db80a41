"""People and bodies: what a member asked, what a minister answered and how soon, and the record of a body."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response

from monitor.model.promises import PromiseFilters, PromiseState
from monitor.model.records import Kind, State
from monitor.model.search import Filters, SearchPosition
from monitor.parliament.abbreviations import has_name
from monitor.parliament.lifecycle import days_late
from monitor.presentation.wording import count_of, long_day, one_line, so_many
from monitor.research.promises import find_entries
from monitor.research.queries import is_place_of
from monitor.research.stats.report import count
from monitor.research.time_limit import time_limit
from monitor.text.similarity import nearest
from monitor.web.desk import DeskOf
from monitor.web.figures import figure_table
from monitor.web.lists import ListedRecord, listed_record
from monitor.web.rendering import page, path_with

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from monitor.desk.desks import Desk
    from monitor.model.search import Hit
    from monitor.research.stats.tally import Measures, Tally
    from monitor.web.figures import FigureTable

router = APIRouter(include_in_schema=False)

ON_A_PAGE: Final = 20
MOST_NAMES: Final = 200
"""Names on a page of names."""
LOOKED_AT: Final = 2_000
"""Questions without an answer that are looked at for late ones before the list ends."""
MOST_PROMISES: Final = 500
"""Promises of a minister that are counted by their states."""
MOST_SECONDS: Final = 20
LONGEST_NAME: Final = 200
LONGEST_PLACE: Final = 30

Role = Literal["asker", "minister", "speaker"]
ROLES: Final[tuple[Role, ...]] = ("asker", "minister", "speaker")
_TITLES: Final = {
    "asker": "Questions asked",
    "minister": "Answers, and statements for the government",
    "speaker": "Statements and speeches",
}
_OPEN: Final = (State.TABLED.value, State.HOLDING.value)

Show = Literal["all", "open", "late"]


def person_path(name: str) -> str:
    """Return the address of the page of a person, by the name that the archive has."""
    return f"/people/{quote(name, safe='')}"


def body_path(name: str) -> str:
    """Return the address of the page of an answering body, by the name that the archive has."""
    return f"/bodies/{quote(name, safe='')}"


# -- names --------------------------------------------------------------------------------------------------------------


@router.get("/people")
def find_people(request: Request, desk: DeskOf, q: Annotated[str, Query(max_length=LONGEST_NAME)] = "") -> Response:
    """Find people by words of their names."""
    words = " ".join(q.split())
    return _names_page(request, "People", "/people", "asker", words, _people(desk) if words else [], person_path)


@router.get("/bodies")
def find_bodies(request: Request, desk: DeskOf, q: Annotated[str, Query(max_length=LONGEST_NAME)] = "") -> Response:
    """List the answering bodies, or find one by words of its name."""
    words = " ".join(q.split())
    names = desk.archive.search.names("body")
    return _names_page(request, "Answering bodies", "/bodies", "body", words, names, body_path)


def _names_page(
    request: Request,
    title: str,
    action: str,
    filter_name: str,
    words: str,
    names: Sequence[str],
    path_of: Callable[[str], str],
) -> Response:
    """Show the names that have all the words asked for, else those that are spelt most like them."""
    found = [name for name in names if has_name(filter_name, name, words)] if words else list(names)
    near = nearest(words, names) if words and not found else []
    return page(
        request,
        "names.html",
        title=title,
        action=action,
        q=words,
        names=[(one_line(name), path_of(name)) for name in found[:MOST_NAMES]],
        near=[(one_line(name), path_of(name)) for name in near],
        count=len(found),
    )


def _people(desk: Desk) -> list[str]:
    return sorted({name for role in ROLES for name in desk.archive.search.names(role)})


# -- a person -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoleOfPerson:
    """A role of a person, with its figures by year and a sentence about them."""

    role: Role
    title: str
    summary: str
    table: FigureTable
    path: str
    is_shown: bool


@router.get("/people/{name:path}")
def show_person(
    request: Request,
    desk: DeskOf,
    name: str,
    role: Annotated[Role | None, Query(alias="as")] = None,
    after: Annotated[str, Query(max_length=LONGEST_PLACE)] = "",
) -> Response:
    """Show what a person asked, answered and said, by year, and the records of one of these roles, newest first."""
    is_over = time_limit(MOST_SECONDS)
    counted = {known: _by_year(desk, _filters_of(known, name), is_over) for known in ROLES}
    tallies = {known: found for known, found in counted.items() if found.total.records}
    if not tallies:
        raise HTTPException(404, _unknown(name, "person", _people(desk)))
    main = max(tallies, key=lambda known: tallies[known].total.records)
    shown = role or main
    if shown not in tallies:
        raise HTTPException(404, f"The archive has no records of {one_line(name)[:LONGEST_NAME]} in this role.")
    filters = _filters_of(shown, name)
    hits, next_place = _newest(desk, filters, after)
    path = person_path(name)
    return page(
        request,
        "person.html",
        name=one_line(name),
        roles=[_role(found, known, path, is_shown=known == shown) for known, found in tallies.items()],
        shown=shown,
        shown_title=_TITLES[shown],
        hits=[_listed(desk, hit) for hit in hits],
        is_first=not after,
        first_path=path_with(path, {"as": shown}),
        next_path=path_with(path, {"as": shown, "after": str(next_place)}) if next_place else "",
        search_path=path_with("/search", {shown: name}),
        **_promised(desk, name, is_minister="minister" in tallies),
    )


def _promised(desk: Desk, name: str, *, is_minister: bool) -> dict[str, Any]:
    """Return how many promises a minister made, and where they are listed."""
    counts = Counter[PromiseState]()
    if is_minister:
        filters = PromiseFilters(ministers=(name,), today=desk.today)
        with closing(find_entries(desk.archive, filters, desk.today)) as entries:
            counts.update(entry.state for entry in islice(entries, MOST_PROMISES))
    total, states = counts.total(), {state: counts[state] for state in PromiseState if counts[state]}
    return {
        "promised": so_many(total, is_more=total == MOST_PROMISES) if total else "",
        "promised_states": [
            (f"{count:,} {state.value}", path_with("/promises", {"minister": name, "state": state.value}))
            for state, count in states.items()
        ],
        "promised_path": path_with("/promises", {"minister": name}),
    }


def _filters_of(field: str, name: str) -> Filters:
    """Return the filters that let pass the records with exactly this name."""
    whole: dict[str, Any] = {field: name.replace("\0", " ")}  # which PostgreSQL takes in no text
    return Filters(are_names_whole=True, **whole)


def _by_year(desk: Desk, filters: Filters, is_over: Callable[[], bool]) -> Tally:
    return count(desk.archive, None, filters, ("year",), calendar=desk.calendar, today=desk.today, is_over=is_over)


def _role(found: Tally, role: Role, path: str, *, is_shown: bool) -> RoleOfPerson:
    """Say what the figures of a role come to."""
    columns = 1 if role == "speaker" else 5
    return RoleOfPerson(
        role=role,
        title=_TITLES[role],
        summary=f"{count_of(found.total.records, 'record')}. {_timing(found.total)}".strip(),
        table=figure_table(found, f"{_TITLES[role]}, by year", {}, columns=columns),
        path=path_with(path, {"as": role}),
        is_shown=is_shown,
    )


def _timing(measures: Measures) -> str:
    """Say how soon answers came, and how many were late."""
    half, share = measures.days_within(0.5), measures.late_share
    sentences = []
    if half is not None:
        sentences.append(f"Half of the answers came within {count_of(half, 'day')} of tabling.")
    if share is not None:
        sentences.append(
            f"Late, of those whose due day is known: {measures.late:,} of {measures.known_due:,} ({share:.0%})."
        )
    return " ".join(sentences)


# -- a body -------------------------------------------------------------------------------------------------------------


@router.get("/bodies/{name:path}")
def show_body(
    request: Request,
    desk: DeskOf,
    name: str,
    show: Show = "all",
    after: Annotated[str, Query(max_length=LONGEST_PLACE)] = "",
) -> Response:
    """Show the record of a body: figures by year, and its newest records, or its open or late questions."""
    is_over = time_limit(MOST_SECONDS)
    filters = _filters_of("body", name)
    found = _by_year(desk, filters, is_over)
    if not found.total.records:
        raise HTTPException(404, _unknown(name, "answering body", desk.archive.search.names("body")))
    unanswered = replace(filters, kinds=[Kind.QUESTION.value], states=_OPEN, oldest_first=True)
    waiting = _by_year(desk, unanswered, is_over).total
    if show == "all":
        hits, next_place = _newest(desk, filters, after)
        is_cut = False
    else:
        hits, next_place, is_cut = _unanswered(desk, unanswered, after, only_late=show == "late")
    path, asked = body_path(name), {"show": "" if show == "all" else show}
    return page(
        request,
        "body.html",
        name=one_line(name),
        summary=_timing(found.total),
        table=figure_table(found, "Records by year", {}),
        choices=[
            ("Newest records", found.total.records, path, show == "all"),
            ("Questions without an answer", waiting.records, path_with(path, {"show": "open"}), show == "open"),
            ("Late now", waiting.late, path_with(path, {"show": "late"}), show == "late"),
        ],
        hits=[_listed(desk, hit) for hit in hits],
        is_cut=is_cut,
        is_first=not after,
        first_path=path_with(path, asked),
        next_path=path_with(path, {**asked, "after": str(next_place)}) if next_place else "",
        search_path=path_with("/search", {"body": name}),
    )


def _unanswered(
    desk: Desk, filters: Filters, after: str, *, only_late: bool
) -> tuple[list[Hit], SearchPosition | None, bool]:
    """Return questions without an answer, oldest first, and where to go on. Only so many are looked at for late ones.

    The last value says that the list ends there although there may be more.
    """
    kept: list[Hit] = []
    looked_at = 0
    with closing(desk.archive.search.hits(None, filters, limit=LOOKED_AT, after=_place(after, filters))) as hits:
        for hit in hits:
            looked_at += 1
            if not only_late or _late(desk, hit):
                if len(kept) == ON_A_PAGE:
                    return kept, kept[-1].place, False
                kept.append(hit)
    is_cut = looked_at == LOOKED_AT
    return kept, hit.place if is_cut else None, is_cut


# -- lists --------------------------------------------------------------------------------------------------------------


def _newest(desk: Desk, filters: Filters, after: str) -> tuple[list[Hit], SearchPosition | None]:
    """Return the records of one page, and where the next one begins, if there is one."""
    with closing(desk.archive.search.hits(None, filters, limit=ON_A_PAGE + 1, after=_place(after, filters))) as found:
        hits = list(found)
    return hits[:ON_A_PAGE], hits[ON_A_PAGE - 1].place if len(hits) > ON_A_PAGE else None


def _place(after: str, filters: Filters) -> SearchPosition | None:
    if not after:
        return None
    place = SearchPosition.read(after)
    if place is None or not is_place_of(place, filters):
        raise HTTPException(422, "after: this is no place in the list. Begin with its first page.")
    return place


def _listed(desk: Desk, hit: Hit) -> ListedRecord:
    """Return a record for a list, with the days that its answer took, or how late it is."""
    return listed_record(hit.revision.proceeding, note=_note(desk, hit))


def _note(desk: Desk, hit: Hit) -> str:
    proceeding = hit.revision.proceeding
    if proceeding.kind is not Kind.QUESTION:
        return ""
    late = _late(desk, hit)
    said_late = f", {count_of(late, 'day')} late" if late else ""
    if proceeding.state.value in _OPEN:
        due = desk.due_date(proceeding, hit.due_floor_on)
        if due is None:
            return ""
        return f"Due on {long_day(due)}{said_late}."
    taken = _days_taken(proceeding.tabled_on, proceeding.answered_on)
    if proceeding.state not in (State.ANSWERED, State.CORRECTED) or taken is None:
        return ""
    after = f"after {count_of(taken, 'day')}" if taken else "on the day it was tabled"
    return f"Answered {after}{said_late}."


def _late(desk: Desk, hit: Hit) -> int:
    proceeding = hit.revision.proceeding
    return days_late(proceeding, desk.due_date(proceeding, hit.due_floor_on), desk.today) or 0


def _days_taken(tabled_on: date | None, answered_on: date | None) -> int | None:
    return (answered_on - tabled_on).days if tabled_on and answered_on else None


def _unknown(name: str, what: str, names: Sequence[str]) -> str:
    near = nearest(name, names, 1) if len(name) <= LONGEST_NAME else []
    hint = f" Did you mean {one_line(near[0])}?" if near else ""
    return f"The archive has no {what} by the name {one_line(name)[:LONGEST_NAME]}.{hint}"
