"""Records that go with a record: references, the same and similar answers, and those before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.search import Filters, SearchPosition
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.citation import name_of
from monitor.presentation.differences import exceptions
from monitor.presentation.record_names import heading_of
from monitor.presentation.wording import one_line
from monitor.research.related import COUNTED, SHOWN, find_related, query_for_answer
from monitor.research.similar import find_similar, subject_of_record
from monitor.research.time_limit import time_limit
from monitor.web.lists import LONGEST_QUESTION, listed_record
from monitor.web.rendering import path_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from monitor.desk.desks import Desk
    from monitor.model.records import Proceeding, Revision
    from monitor.model.search import Hit
    from monitor.research.related import RelatedRecords
    from monitor.web.lists import ListedRecord

MOST_PLACES: Final = 8
"""Places named one by one in which a nearly equal answer differs."""


FEW_COMPARED: Final = 60
"""Records that are compared for a page, fewer than a command compares: it takes most of the time."""

LEAST_LIKENESS: Final = 0.15
"""Least likeness of a record that a page names without being asked."""

MOST_SECONDS: Final = 1.0
"""Seconds for the records before and after: of someone who asked nothing before, all older records are looked through."""


@dataclass(frozen=True, slots=True)
class RelatedList:
    """Records that go with a record, under a title; `more` is a search that finds the rest.

    `is_needed`: the record can't be understood without them.
    """

    title: str
    records: tuple[ListedRecord, ...]
    more: str = ""
    more_path: str = ""
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The record before or after this one among those of the same day, body or asker."""

    among: str
    before: Proceeding | None
    after: Proceeding | None


def related_lists(desk: Desk, hit: Hit, revisions: Sequence[Revision]) -> Iterator[RelatedList]:
    """Yield the lists of records that go with a record; none that is empty."""
    proceeding = hit.revision.proceeding
    references = desk.archive.cross_references
    related = find_related(desk.archive, hit.revision)
    yield from _list("It refers to", references.cited(proceeding), is_needed=True)
    current = preferred_revision(revisions).proceeding
    yield from _list("Referred to by", references.citing(hit.proceeding_id, current))
    yield from _same_answers(proceeding, related)
    if related.similar_answer:
        yield RelatedList(
            "Nearly the same answer",
            tuple(
                listed_record(similar.proceeding, note=_where_it_differs(proceeding, similar.proceeding))
                for similar in related.similar_answer
            ),
        )
    if related.asked_before:
        yield RelatedList(
            "Asked before",
            tuple(
                listed_record(similar.proceeding, note="" if similar.share == 1 else "In nearly the same words.")
                for similar in related.asked_before
            ),
        )
    yield from _more_like_this(desk, proceeding, related)


def _list(title: str, records: Iterable[Proceeding], *, is_needed: bool = False) -> Iterator[RelatedList]:
    found = tuple(map(listed_record, records))
    if found:
        yield RelatedList(title, found, is_needed=is_needed)


def _same_answers(proceeding: Proceeding, related: RelatedRecords) -> Iterator[RelatedList]:
    named, count = related.same_answer, related.same_answer_count
    if not named:
        return
    rest = count - len(named)
    more = "" if rest <= 0 else f"More than {COUNTED:,} in all" if count > COUNTED else f"{rest:,} more"
    query = query_for_answer(proceeding.answer or "")
    yield RelatedList(
        "The same answer",
        tuple(map(listed_record, named)),
        more,
        path_with("/search", {"q": query}) if more and query else "",
    )


def _more_like_this(desk: Desk, proceeding: Proceeding, related: RelatedRecords) -> Iterator[RelatedList]:
    """Return records about the same subject that no list before names."""
    named = {other.id for other in related.same_answer}
    named |= {similar.proceeding.id for similar in (*related.similar_answer, *related.asked_before)}
    found = find_similar(desk.archive, subject_of_record(proceeding), limit=SHOWN + len(named), compared=FEW_COMPARED)
    records = tuple(
        listed_record(similar.hit.revision.proceeding, note=f"Shares: {', '.join(map(one_line, similar.shared))}.")
        for similar in found
        if similar.likeness >= LEAST_LIKENESS and similar.hit.revision.proceeding.id not in named
    )
    if records:
        yield RelatedList("More like this", records[:SHOWN])


def _where_it_differs(proceeding: Proceeding, other: Proceeding) -> str:
    places = exceptions(proceeding.answer or "", other.answer or "")
    shown = "; ".join(places[:MOST_PLACES])
    return f"It differs: {shown}{'; and more' if len(places) > MOST_PLACES else ''}."


def neighbours_of(desk: Desk, hit: Hit) -> Iterator[Neighbour]:
    """Return the records before and after this one on its day, of its body and of its asker."""
    proceeding = hit.revision.proceeding
    day: date | None = proceeding.day
    if day is None:
        return
    position = SearchPosition(0, day, hit.revision.id)
    among = [("The same day", Filters(first=day, last=day))]
    if proceeding.body:
        among.append((one_line(proceeding.body), Filters(body=proceeding.body, are_names_whole=True)))
    if proceeding.asked_by and proceeding.asked_by.name:
        among.append(
            (one_line(proceeding.asked_by.name), Filters(asker=proceeding.asked_by.name, are_names_whole=True))
        )
    found = desk.archive.search.neighbours(
        position, [filters for _, filters in among], is_over=time_limit(MOST_SECONDS)
    )
    for (name, _), (before, after) in zip(among, found, strict=True):
        if before or after:
            yield Neighbour(name, before, after)


def named(proceeding: Proceeding) -> str:
    """Return the heading of a record with its short name, for a link."""
    name = name_of(proceeding)
    heading = one_line(heading_of(proceeding, LONGEST_QUESTION))
    return f"{heading} ({name})" if name and name not in heading else heading
