"""A record's page: its words, its story, its revisions compared, what found it, what goes with it, and how to cite it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from monitor.model.records import PARTS, Kind, State
from monitor.model.search import Filters, SearchPosition
from monitor.parliament.answer_labels import RULES, label_answer
from monitor.parliament.lifecycle import is_only_reformatted
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.citation import cite, name_of
from monitor.presentation.differences import Difference, differences, exceptions
from monitor.presentation.feeds.entries import leaf_of
from monitor.presentation.match_reasons import finds
from monitor.presentation.source_differences import by_source, conflicts
from monitor.presentation.timeline import chronicle, seen_on
from monitor.presentation.wording import house_name, listed, long_day, one_line, source_name
from monitor.research.quotations.selection import select_part
from monitor.research.quotations.styles import Cited, Style, citations
from monitor.research.records import find_ids
from monitor.research.related import COUNTED, find_related, query_for_answer
from monitor.web.desk import DeskOf
from monitor.web.lists import listed_record
from monitor.web.rendering import page, path_with, record_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from monitor.model.records import Proceeding, Revision
    from monitor.model.search import Hit
    from monitor.research.related import RelatedRecords
    from monitor.web.desk import Desk
    from monitor.web.lists import ListedRecord

router = APIRouter(include_in_schema=False)

MOST_PLACES: Final = 8
"""Places named one by one in which a nearly equal answer differs."""

STATES: Final = {
    State.TABLED: "Not answered yet",
    State.HOLDING: "A holding answer only",
    State.ANSWERED: "Answered",
    State.CORRECTED: "Answered, and corrected since",
    State.WITHDRAWN: "Withdrawn",
    State.LAPSED: "Lapsed without an answer",
}
_PART_NAMES: Final = {"heading": "Heading", "question": "Question", "answer": "Answer", "text": "Text"}
_STYLE_NAMES: Final = {"hansard": "Hansard", "oscola": "OSCOLA", "bibtex": "BibTeX", "ris": "RIS", "apa": "APA"}


@dataclass(frozen=True, slots=True)
class RelatedList:
    """Records that go with a record, under a title; `more` is a search that finds the rest."""

    title: str
    records: tuple[ListedRecord, ...]
    more: str = ""
    more_path: str = ""


@dataclass(frozen=True, slots=True)
class PartChange:
    """What became of one part between two revisions."""

    part: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two revisions of one source side by side."""

    before: Revision
    after: Revision
    changes: tuple[PartChange, ...]
    events: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The record before or after this one among those of the same day, body or asker."""

    among: str
    before: Proceeding | None
    after: Proceeding | None


@router.get("/records/{reference:path}")
def show_record(
    request: Request,
    desk: DeskOf,
    reference: str,
    revision: Annotated[int | None, Query(ge=1)] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    after: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Show a record by id, UIN, day and UIN, day and column, or citation. Any but the id leads to the id's address."""
    ids = find_ids(desk.archive, reference)
    if not ids:
        raise HTTPException(404, f"No record goes by {one_line(reference)[:200]}.")
    hit, *others = _hits(desk, ids)
    proceeding = hit.revision.proceeding
    if reference != proceeding.id and not others:
        return RedirectResponse(path_with(record_path(proceeding.id), dict(request.query_params)), status_code=302)
    revisions = desk.archive.records.revisions(hit.proceeding_id)
    own = by_source(revisions)[proceeding.source]
    shown = _as_it_was(desk, hit, own, revision) if revision else hit
    return page(
        request,
        "record.html",
        **_texts(desk, shown, revisions),
        others=[listed_record(other.revision.proceeding) for other in others],
        story=_story(desk, hit, revisions),
        revisions=own,
        revision=shown.revision.number if revision else None,
        comparison=_comparison(own, before, after),
        seen_on=seen_on,
        related=list(_related(desk, hit, revisions)),
        found_by=_found_by(desk, hit),
        labels=_labels(proceeding),
        citations=_citations(shown.revision.proceeding),
        neighbours=list(_neighbours(desk, hit)),
        sources=_sources(revisions),
        conflicts=_conflicts(revisions),
    )


def _hits(desk: Desk, ids: Sequence[int]) -> list[Hit]:
    """Return these records by their preferred revisions, in the order given."""
    newest = [preferred_revision(desk.archive.records.revisions(row_id)).id for row_id in ids]
    return desk.archive.search.hits_of(newest)


def _as_it_was(desk: Desk, hit: Hit, own: Sequence[Revision], number: int) -> Hit:
    earlier = next((revision for revision in own if revision.number == number), None)
    if earlier is None:
        raise HTTPException(404, f"It has no revision {number}: there are {len(own)}.")
    [found] = desk.archive.search.hits_of([earlier.id])
    return replace(found, first_seen_at=hit.first_seen_at, due_floor_on=hit.due_floor_on)


def _texts(desk: Desk, hit: Hit, revisions: Sequence[Revision]) -> dict[str, Any]:
    """Return the words of the record and the facts beside them."""
    proceeding = hit.revision.proceeding
    matches = () if desk.config.web.public else hit.matches
    state = STATES[proceeding.state] if proceeding.kind is Kind.QUESTION else ""
    if proceeding.state is State.WITHDRAWN and not proceeding.is_withdrawn:
        state = "No longer published"
    facts = {
        "House": house_name(proceeding.house),
        "Question number": one_line(proceeding.uin),
        "Answering body": one_line(proceeding.body),
        "Tabled": long_day(proceeding.tabled_on) if proceeding.tabled_on else "",
        "Due": _due(desk, hit, revisions),
        "Answered": long_day(proceeding.answered_on) if proceeding.answered_on else "",
        "Interest": "the member declared one" if proceeding.has_interest else "",
        "Grouped with": listed([one_line(other.uin) for other in proceeding.grouped_with]),
        "Id": proceeding.id,
    }
    return {
        "record": proceeding,
        "leaf": leaf_of(
            hit.revision,
            matches,
            desk.topic_names,
            lambda record: desk.due_date(record, hit.due_floor_on),
            desk.config.digest.hosts,
        ),
        "state": state,
        "cite": cite(proceeding),
        "name": name_of(proceeding),
        "facts": {name: fact for name, fact in facts.items() if fact},
        "is_question": proceeding.kind is Kind.QUESTION,
        "attachments": proceeding.attachments,
    }


def _due(desk: Desk, hit: Hit, revisions: Sequence[Revision]) -> str:
    due = desk.due_date(preferred_revision(revisions).proceeding, hit.due_floor_on)
    return long_day(due) if due else ""


def _story(desk: Desk, hit: Hit, revisions: Sequence[Revision]) -> list[Any]:
    due = desk.due_date(preferred_revision(revisions).proceeding, hit.due_floor_on)
    mentions = () if desk.config.web.public else desk.archive.digests.mentions(hit.proceeding_id)
    return list(chronicle(revisions, due, desk.today, mentions))


# -- revisions ----------------------------------------------------------------------------------------------------------


def _comparison(own: Sequence[Revision], before: int | None, after: int | None) -> Comparison | None:
    """Return the two revisions asked for, else the last two that differ in words; None where there is only one."""
    numbered = {revision.number: revision for revision in own}
    if before is not None or after is not None:
        first, second = numbered.get(before or 0), numbered.get(after or own[-1].number)
        if first is None or second is None or first is second:
            raise HTTPException(404, f"Choose two revisions, from 1 to {len(own)}.")
        return _compared(*sorted((first, second), key=lambda revision: revision.number))
    for first, second in reversed(list(pairwise(own))):
        if not is_only_reformatted(first.proceeding, second.proceeding):
            return _compared(first, second)
    return None


def _compared(before: Revision, after: Revision) -> Comparison:
    changes = []
    for part in PARTS:
        was, now = before.proceeding.parts().get(part, ""), after.proceeding.parts().get(part, "")
        if was != now and not (change := differences(was, now)).is_none:
            changes.append(PartChange(_PART_NAMES[part], change))
    return Comparison(before, after, tuple(changes), listed([event.value for event in after.events]))


def _sources(revisions: Sequence[Revision]) -> list[tuple[str, str, str]]:
    """Return the sources of the record where there are several: name, when first seen, address."""
    sources = by_source(revisions)
    if len(sources) == 1:
        return []
    return [
        (source_name(source), long_day(seen_on(of_source[0])), one_line(of_source[-1].proceeding.url))
        for source, of_source in sources.items()
    ]


def _conflicts(revisions: Sequence[Revision]) -> list[str]:
    """Say in which facts and parts the sources differ."""
    lines = []
    for conflict in conflicts(revisions):
        what = conflict.what.replace("_", " ").capitalize()
        source, other = source_name(conflict.source), source_name(conflict.by)
        if conflict.is_part:
            lines.append(f"{what}: {source} and {other} print other words.")
        else:
            lines.append(f"{what}: {source} has {one_line(conflict.value)}, {other} {one_line(conflict.other)}.")
    return lines


# -- what goes with it --------------------------------------------------------------------------------------------------


def _related(desk: Desk, hit: Hit, revisions: Sequence[Revision]) -> Iterator[RelatedList]:
    proceeding = hit.revision.proceeding
    references = desk.archive.cross_references
    related = find_related(desk.archive, hit.revision)
    yield from _list("It refers to", references.cited(proceeding))
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


def _list(title: str, records: Iterable[Proceeding]) -> Iterator[RelatedList]:
    found = tuple(map(listed_record, records))
    if found:
        yield RelatedList(title, found)


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


def _where_it_differs(proceeding: Proceeding, other: Proceeding) -> str:
    places = exceptions(proceeding.answer or "", other.answer or "")
    shown = "; ".join(places[:MOST_PLACES])
    return f"It differs: {shown}{'; and more' if len(places) > MOST_PLACES else ''}."


def _found_by(desk: Desk, hit: Hit) -> list[tuple[str, str]]:
    """Return what was found, by topic: its name, and the words with the term that found them."""
    if desk.config.web.public:
        return []
    names = desk.topic_names
    return [
        (one_line(names.get(find.topic, find.topic)), find.found_by(one_line(find.term)))
        for find in finds(hit.matches, names)
    ]


def _labels(proceeding: Proceeding) -> list[tuple[str, str]]:
    """Return what rules say of the answer, each with the sentence that it comes from."""
    answer = proceeding.answer or ""
    return [(RULES[label.name].said, one_line(answer[label.start : label.end])) for label in label_answer(answer)]


def _citations(proceeding: Proceeding) -> list[tuple[str, str]]:
    """Return the reference in each style, by name."""
    selection = select_part(proceeding)
    cited = Cited(
        record=proceeding,
        quotation=selection.words(proceeding).strip() if selection else "",
        speaker=selection.speaker(proceeding) if selection else None,
    )
    return [(_STYLE_NAMES.get(style.value, style.value.capitalize()), citations([cited], style)[0]) for style in Style]


def _neighbours(desk: Desk, hit: Hit) -> Iterator[Neighbour]:
    """Return the records before and after this one on its day, of its body and of its asker."""
    proceeding = hit.revision.proceeding
    day: date | None = proceeding.day
    if day is None:
        return
    position = SearchPosition(0, day, hit.revision.id)
    among = [("the same day", Filters(first=day, last=day))]
    if proceeding.body:
        among.append((one_line(proceeding.body), Filters(body=proceeding.body)))
    if proceeding.asked_by and proceeding.asked_by.name:
        among.append((one_line(proceeding.asked_by.name), Filters(asker=proceeding.asked_by.name)))
    for name, filters in among:
        before = _next(desk, filters, position)
        after = _next(desk, replace(filters, oldest_first=True), position)
        if before or after:
            yield Neighbour(name, before, after)


def _next(desk: Desk, filters: Filters, position: SearchPosition) -> Proceeding | None:
    with closing(desk.archive.search.hits(None, filters, limit=1, after=position)) as hits:
        return next((hit.revision.proceeding for hit in hits), None)
