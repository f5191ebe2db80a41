"""A record's page: its words, its story, its revisions compared, what found it, what goes with it, and how to cite it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from monitor.model.records import House, Kind, State
from monitor.parliament.answer_labels import RULES, label_answer
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.citation import cite, is_only_spoken, name_of
from monitor.presentation.feeds.entries import leaf_of
from monitor.presentation.match_reasons import finds
from monitor.presentation.record_lines import ORAL_QUESTION
from monitor.presentation.revision_changes import Comparison, NoSuchRevisionError, compare_revisions
from monitor.presentation.source_differences import by_source, conflicts
from monitor.presentation.timeline import chronicle, seen_on
from monitor.presentation.wording import house_name, listed, long_day, one_line, source_name
from monitor.research.quotations.citing import cited_record
from monitor.research.quotations.selection import select_part
from monitor.research.quotations.styles import Style, citations, reference
from monitor.research.records import newest_hits
from monitor.research.references import find_ids
from monitor.research.whole_record import hit_in_revision
from monitor.web.desk import DeskOf
from monitor.web.lists import listed_record
from monitor.web.people import body_path, person_path
from monitor.web.readers import DoneQuery, ReaderQuery
from monitor.web.record_actions import action_facts, promise_facts
from monitor.web.record_relations import named, neighbours_of, related_lists
from monitor.web.rendering import page, path_with, record_path
from monitor.web.topics import topic_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.desk.desks import Desk
    from monitor.model.records import Grouped, Member, Proceeding, Revision
    from monitor.model.search import Hit

router = APIRouter(include_in_schema=False)

STATES: Final = {
    State.TABLED: "Not answered yet",
    State.HOLDING: "A holding answer only",
    State.ANSWERED: "Answered",
    State.CORRECTED: "Answered, and corrected since",
    State.WITHDRAWN: "Withdrawn",
    State.LAPSED: "Lapsed without an answer",
}
_PART_NAMES: Final = {"heading": "Heading", "question": "Question", "answer": "Answer", "text": "Text"}
_STYLE_NAMES: Final = {
    Style.HANSARD: "Hansard",
    Style.OSCOLA: "OSCOLA",
    Style.APA: "APA",
    Style.BIBTEX: "BibTeX",
    Style.RIS: "RIS",
    Style.MARKDOWN: "Markdown",
}
_IN_TEXTS: Final = (Style.HANSARD, Style.OSCOLA, Style.APA)
"""Styles whose reference is a line of a text."""
_WHOLE: Final = (Style.HANSARD, Style.MARKDOWN, Style.BIBTEX, Style.RIS)
"""Styles that are shown with the words quoted."""
_WHOLE_NAMES: Final = {
    Style.HANSARD: "Plain text",
    Style.BIBTEX: "BibTeX, for LaTeX",
    Style.RIS: "RIS, for Zotero, EndNote and Mendeley",
}
_PARLIAMENT: Final = (House.COMMONS, House.LORDS)


@dataclass(frozen=True, slots=True)
class FoundByTopic:
    """Words that the terms of a topic found in a record, a line for each term. `path`: the topic's page."""

    name: str
    path: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a record under its label; `path`: a page of what has it in common, "" for none.

    `more`: further texts with their paths.
    """

    label: str
    text: str
    path: str = ""
    more: tuple[tuple[str, str], ...] = ()


@router.get("/records/{reference:path}")
def show_record(
    request: Request,
    desk: DeskOf,
    reference: str,
    revision: Annotated[int | None, Query(ge=1)] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    reader: ReaderQuery = "",
    done: DoneQuery = "",
) -> Response:
    """Show a record by id, UIN, day and UIN, day and column, or citation. Any but the id leads to the id's address."""
    ids = find_ids(desk.archive, reference)
    if not ids:
        raise HTTPException(404, f"No record goes by {one_line(reference)[:200]}.")
    hit, *others = newest_hits(desk.archive, ids)
    proceeding = hit.revision.proceeding
    if reference != proceeding.id and not others:
        return RedirectResponse(path_with(record_path(proceeding.id), dict(request.query_params)), status_code=302)
    revisions = desk.archive.records.revisions(hit.proceeding_id)
    own = by_source(revisions)[proceeding.source]
    comparison = _comparison(own, before, after)
    shown = _as_it_was(desk, hit, own, revision) if revision else hit
    references, whole = _citations(shown.revision.proceeding)
    texts = _texts(desk, shown, revisions)
    return page(
        request,
        "record.html",
        **texts | promise_facts(desk, hit, shown.revision.proceeding, texts["leaf"]),
        **action_facts(request, desk, hit, reader, done, newest=max(kept.id for kept in revisions)),
        others=[listed_record(other.revision.proceeding) for other in others],
        story=_story(desk, hit, revisions),
        revisions=own,
        revision=shown.revision.number if revision else None,
        comparison=comparison,
        events=listed([event.value for event in comparison.after.events]) if comparison else "",
        part_names=_PART_NAMES,
        seen_on=seen_on,
        related=list(related_lists(desk, hit, revisions)),
        found_by=_found_by(desk, hit),
        labels=_labels(proceeding),
        references=references,
        citations=whole,
        is_changed=comparison is not None and bool(comparison.changes) and revision is None,
        neighbours=list(neighbours_of(desk, hit)),
        named=named,
        sources=_sources(revisions),
        conflicts=_conflicts(revisions),
    )


def _as_it_was(desk: Desk, hit: Hit, own: Sequence[Revision], number: int) -> Hit:
    try:
        return hit_in_revision(desk.archive, hit, own, number)
    except NoSuchRevisionError as exc:
        raise HTTPException(404, str(exc)) from exc


def _texts(desk: Desk, hit: Hit, revisions: Sequence[Revision]) -> dict[str, Any]:
    """Return the words of the record and the facts beside them."""
    proceeding = hit.revision.proceeding
    matches = () if desk.config.web.public else hit.matches
    state = STATES[proceeding.state] if proceeding.kind is Kind.QUESTION else ""
    if is_only_spoken(proceeding):
        state = ORAL_QUESTION.capitalize()
    if proceeding.state is State.WITHDRAWN and not proceeding.is_withdrawn:
        state = "No longer published"
    asker = proceeding.asked_by
    speaker = proceeding.corrected_by or proceeding.answered_by or proceeding.made_by
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
        "asker_path": _person_path(asker if proceeding.kind is Kind.QUESTION else proceeding.made_by),
        "answerer_path": _person_path(speaker),
        "facts": list(_facts(proceeding, _due(desk, hit, revisions))),
        "is_question": proceeding.kind is Kind.QUESTION,
        "attachments": proceeding.attachments,
    }


def _person_path(member: Member | None) -> str:
    return person_path(member.name) if member and member.name else ""


def _facts(proceeding: Proceeding, due: str) -> Iterator[Fact]:
    """Return what is known of a record beside its words; days and people lead to what else is of them."""
    house = house_name(proceeding.house)
    is_question = proceeding.kind is Kind.QUESTION
    body = one_line(proceeding.body)
    grouped = [_grouped(other) for other in proceeding.grouped_with] or [("", "")]
    found = (
        Fact("House" if proceeding.house in _PARLIAMENT else "Legislature", house),
        Fact("Question number" if is_question else "Number", one_line(proceeding.uin)),
        Fact("Answering body" if is_question else "Body", body, body_path(proceeding.body) if proceeding.body else ""),
        _day("Tabled", proceeding.tabled_on),
        Fact("Due", due),
        _day("Holding answer", proceeding.holding_on),
        _day("Answered", proceeding.answered_on),
        _day("Corrected", proceeding.corrected_on),
        _day("Made", proceeding.made_on),
        Fact("Interest", "the member declared one" if proceeding.has_interest else ""),
        Fact("Answered together with", *grouped[0], more=tuple(grouped[1:])),
        Fact("Id", proceeding.id),
    )
    return (fact for fact in found if fact.text)


def _grouped(other: Grouped) -> tuple[str, str]:
    """Name a question of a group, with a search for it: it need not be in the archive."""
    uin = one_line(other.uin)
    wanted = f"{other.tabled_on}/{uin}" if other.tabled_on else uin
    return uin, path_with("/search", {"q": wanted}) if uin.isalnum() else ""


def _day(label: str, day: date | None) -> Fact:
    """Return the fact of a day, which leads to all records of that day."""
    return Fact(label, long_day(day), path_with("/search", {"from": day, "to": day})) if day else Fact(label, "")


def _due(desk: Desk, hit: Hit, revisions: Sequence[Revision]) -> str:
    current = preferred_revision(revisions).proceeding
    due = desk.due_date(current, hit.due_floor_on)
    return long_day(due) if due and current.state is not State.WITHDRAWN else ""


def _story(desk: Desk, hit: Hit, revisions: Sequence[Revision]) -> list[Any]:
    due = desk.due_date(preferred_revision(revisions).proceeding, hit.due_floor_on)
    mentions = () if desk.config.web.public else desk.archive.digests.mentions(hit.proceeding_id)
    return list(chronicle(revisions, due, desk.today, mentions))


# -- revisions ----------------------------------------------------------------------------------------------------------


def _comparison(own: Sequence[Revision], before: int | None, after: int | None) -> Comparison | None:
    """Return the two revisions asked for, else the last two that differ in words; None where there is only one."""
    try:
        return compare_revisions(own, before, after)
    except NoSuchRevisionError as exc:
        raise HTTPException(404, str(exc)) from exc


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


# -- its labels, citations and finds ------------------------------------------------------------------------------------


def _found_by(desk: Desk, hit: Hit) -> list[FoundByTopic]:
    """Return what was found, by topic: for each term the words with the term that found them."""
    if desk.config.web.public:
        return []
    names = desk.topic_names
    by_topic: dict[str, list[str]] = {}
    for find in finds(hit.matches, names):
        by_topic.setdefault(find.topic, []).append(find.found_by(one_line(find.term)))
    return [
        FoundByTopic(one_line(names.get(key, key)), topic_path(key) if key in names else "", lines)
        for key, lines in by_topic.items()
    ]


def _labels(proceeding: Proceeding) -> list[tuple[str, str]]:
    """Return what rules say of the answer, each with the sentence that it comes from."""
    answer = proceeding.answer or ""
    return [(RULES[label.name].said, one_line(answer[label.start : label.end])) for label in label_answer(answer)]


def _citations(proceeding: Proceeding) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the references for a text, and what `pqwatch cite` prints: with the words, or for other programs."""
    cited = cited_record(proceeding, select_part(proceeding))
    references = [(_STYLE_NAMES[style], reference(proceeding, style, speaker=cited.speaker)) for style in _IN_TEXTS]
    whole = [(_WHOLE_NAMES.get(style, _STYLE_NAMES[style]), citations([cited], style)[0]) for style in _WHOLE]
    return references, whole
