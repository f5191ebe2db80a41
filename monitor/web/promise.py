"""One promise: who said it and when, how its day moved, what may show that it was kept, and the forms to decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response

from monitor.desk.promises import reach_words, shown_entry
from monitor.model.following import FollowKind, FollowTarget
from monitor.model.promises import PromiseState
from monitor.parliament.calendar import LONDON
from monitor.presentation.citation import cite, title_of
from monitor.presentation.wording import clean, long_day, member_name, one_line
from monitor.research.promises import PROMISE_ID, entry_notes, find_candidates, find_entry
from monitor.research.references import find_ids
from monitor.web.desk import DeskOf
from monitor.web.fields import NO_FIELD, FieldProblem, Lines, find_too_long
from monitor.web.people import body_path
from monitor.web.promise_words import KINDS, STATES, due_line, listed_promise, promise_path
from monitor.web.readers import (
    DONE,
    LONGEST_REFERENCE,
    Csrf,
    DoneQuery,
    ReaderKey,
    ReaderQuery,
    WriteOf,
    check_form,
    note_text,
    problem_of_note,
    reader_facts,
    refused_note,
    see_other,
    who,
    with_parameter,
)
from monitor.web.rendering import page, path_with, record_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from monitor.desk.desks import Desk
    from monitor.model.following import Note
    from monitor.model.promises import Decision, Promise
    from monitor.model.watching import Subscriber
    from monitor.research.promises import Candidate, LedgerEntry

router = APIRouter(include_in_schema=False)

LONGEST_REASON: Final = 1_000

SHOWN_BY: Final = ("shown_by", "Record that shows it (optional)")
"""Id and label of a field of the form."""
REASON: Final = ("reason", "Why (optional)")

MESSAGES: Final = {
    "kept": "It is marked as kept. Those who watch its topics are told once.",
    "dropped": "It is marked as dropped. Those who watch its topics are told once.",
    "open": "The decision was taken back.",
    "noted": "The note was added. The whole team sees it.",
    "followed": "It is followed from now on: what happens to it is told once.",
    "unfollowed": "It is no longer followed.",
}

PromiseId = Annotated[str, Path(max_length=40)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A promise or its repetition: when and where it was said, for when, and the sentence."""

    day: date
    due: str
    sentence: str
    person: str
    reference: str
    path: str
    is_gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCandidate:
    """A later record that may show that the promise was kept, with the rare words that both have."""

    id: str
    path: str
    heading: str
    reference: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDecision:
    """A decision about the promise, newest last."""

    day: str
    text: str
    reason: str
    record_path: str
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNote:
    """A note: who wrote it, when, and its lines."""

    author: str
    day: str
    lines: tuple[str, ...]


def shown_notes(notes: Sequence[Note]) -> list[ShownNote]:
    """Return notes as the page shows them."""
    return [
        ShownNote(
            author=one_line(note.author),
            day=day_of(note.written_at),
            lines=tuple(clean(note.text).splitlines()),
        )
        for note in notes
    ]


def day_of(instant: datetime) -> str:
    """Return the day of an instant in London: "26 November 2024"."""
    return long_day(instant.astimezone(LONDON).date())


# -- the page -----------------------------------------------------------------------------------------------------------


@router.get("/promises/{public_id}")
def show_promise(
    request: Request, desk: DeskOf, public_id: PromiseId, reader: ReaderQuery = "", done: DoneQuery = ""
) -> Response:
    """Show a promise whole."""
    return _shown(request, desk, find(desk, public_id), reader=reader, message=MESSAGES.get(done, ""))


def find(desk: Desk, public_id: str) -> LedgerEntry:
    """Return the promise with an id. Raises HTTPException 404."""
    entry = find_entry(desk.archive, public_id, desk.today) if PROMISE_ID.fullmatch(public_id) else None
    if entry is None:
        said = f"No promise goes by {one_line(public_id)}."
        raise HTTPException(404, " ".join(filter(None, (said, reach_words(desk)))))
    return shown_entry(desk, entry)


def _shown(
    request: Request,
    desk: Desk,
    entry: LedgerEntry,
    *,
    reader: str = "",
    message: str = "",
    problem: FieldProblem | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    is_public = desk.config.web.public
    facts = reader_facts(request, desk, reader)
    listed = listed_promise(entry, desk.today, {} if is_public else desk.topic_names)
    followed = facts["reader"] is not None and _followed(desk, facts["reader"], entry)
    path = promise_path(entry.first.id)
    return page(
        request,
        "promise.html",
        status=422 if problem else 200,
        promise=listed,
        facts=list(_facts(entry)),
        sayings=[_saying(promise) for promise in entry.promises],
        candidates=[_candidate(found) for found in find_candidates(desk.archive, desk.lexicon, entry)],
        decisions=list(_decisions(entry)),
        notes=[] if is_public else shown_notes(entry_notes(desk.archive, entry)),
        is_decided=_is_decided(entry),
        is_followed=followed,
        message=message,
        error=problem or FieldProblem(),
        given={"shown_by": "", "reason": ""} | (given or {}),
        path_here=path_with(path, {"reader": reader}),
        draft_path=path_with("/draft", {"ref": entry.first.id}),
        **facts,
    )


def _followed(desk: Desk, reader: Subscriber, entry: LedgerEntry) -> bool:
    numbers = {promise.number for promise in entry.promises}
    return any(thing.target.promise_id in numbers for thing in desk.archive.following.listing(reader.key))


def _facts(entry: LedgerEntry) -> Iterator[tuple[str, str, str]]:
    """Return what is known of a promise beside its words: label, text, and where it leads."""
    first, found = entry.first, entry.first.found
    yield "Kind", KINDS[found.kind], ""
    yield "To do", one_line(found.act), ""
    yield "Known by", f"\N{LEFT DOUBLE QUOTATION MARK}{one_line(found.expression)}\N{RIGHT DOUBLE QUOTATION MARK}", ""
    if entry.now.found.due_from:
        yield "From", long_day(entry.now.found.due_from), ""
    if entry.now.found.due_to:
        yield "Last day", long_day(entry.now.found.due_to), ""
    if body := first.record.body:
        yield "Body", one_line(body), body_path(body)
    yield "Id", first.id, ""


def _saying(promise: Promise) -> Saying:
    return Saying(
        day=promise.made_on,
        due=due_line(promise),
        sentence=one_line(promise.sentence),
        person=member_name(promise.made_by, "A minister"),
        reference=cite(promise.record),
        path=record_path(promise.record.id),
        is_gone=promise.is_gone,
    )


def _candidate(found: Candidate) -> ShownCandidate:
    record = found.record
    return ShownCandidate(
        id=record.id,
        path=record_path(record.id),
        heading=one_line(title_of(record)) or record.id,
        reference=cite(record),
        words=", ".join(map(one_line, found.words)),
    )


def _decided(entry: LedgerEntry) -> list[Decision]:
    found = (decision for promise in entry.promises for decision in promise.decisions)
    return sorted(found, key=lambda decision: decision.decided_at)


def _is_decided(entry: LedgerEntry) -> bool:
    """Return whether a decision of a person counts, which can be taken back."""
    decided = _decided(entry)
    return bool(decided) and decided[-1].state is not PromiseState.OPEN


def _decisions(entry: LedgerEntry) -> Iterator[ShownDecision]:
    for decision in _decided(entry):
        by = f" by {one_line(decision.decided_by)}" if decision.decided_by else ""
        words = "Opened again" if decision.state is PromiseState.OPEN else f"Marked as {STATES[decision.state].lower()}"
        yield ShownDecision(
            day=day_of(decision.decided_at),
            text=f"{words}{by}",
            reason=one_line(decision.reason),
            record=decision.record,
            record_path=record_path(decision.record) if decision.record else "",
        )


# -- forms --------------------------------------------------------------------------------------------------------------


@router.post("/promises/{public_id}/decide")
def decide(
    request: Request,
    desk: DeskOf,
    public_id: PromiseId,
    state: Annotated[str, Form()] = "",
    shown_by: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    reader: ReaderKey = "",
    csrf: Csrf = "",
) -> Response:
    """Mark a promise as kept or dropped, or open it again."""
    check_form(request, desk, csrf)
    entry = find(desk, public_id)
    if state not in (PromiseState.KEPT, PromiseState.DROPPED, PromiseState.OPEN):
        raise HTTPException(422, "state: choose kept, dropped or open.")
    # Where somebody has decided meanwhile, the page has no field for the record.
    field = NO_FIELD if _is_decided(entry) else SHOWN_BY
    problem = find_too_long((shown_by, LONGEST_REFERENCE, field), (reason, LONGEST_REASON, REASON))
    named = shown_by.strip()
    ids = find_ids(desk.archive, named) if named and not problem else []
    if named and not (ids or problem):
        said = f"no record goes by {one_line(shown_by)}. Write a question number, or leave the field empty."
        problem = FieldProblem(said, *field)
    if problem:
        given = {"shown_by": shown_by, "reason": reason}
        return _shown(request, desk, entry, reader=reader, problem=problem, given=given)
    record = ids[0] if ids else None
    desk.archive.promises.decide(entry.first.number, PromiseState(state), record, clean(reason).strip(), who(request))
    path = path_with(promise_path(entry.first.id), {"reader": reader})
    return see_other(with_parameter(path, "done", state), DONE)


@router.post("/promises/{public_id}/note")
def add_note(request: Request, write: WriteOf, public_id: PromiseId, text: Lines = "") -> Response:
    """Add a note of a reader to a promise."""
    entry = find(write.desk, public_id)
    if problem := problem_of_note(write.reader, text):
        return refused_note(request, write, problem, text)
    write.desk.archive.notes.add(write.reader, _target(entry), note_text(text))
    return write.done("noted")


@router.post("/promises/{public_id}/follow")
def follow(write: WriteOf, public_id: PromiseId) -> Response:
    """Follow a promise."""
    write.desk.archive.following.follow(write.reader, _target(find(write.desk, public_id)))
    return write.done("followed")


@router.post("/promises/{public_id}/unfollow")
def unfollow(write: WriteOf, public_id: PromiseId) -> Response:
    """Follow a promise no more, under whichever of its repetitions it was followed."""
    numbers = {promise.number for promise in find(write.desk, public_id).promises}
    following = write.desk.archive.following
    for thing in following.listing(write.reader.key):
        if thing.target.promise_id in numbers:
            following.unfollow(write.reader.key, thing.number)
    return write.done("unfollowed")


def _target(entry: LedgerEntry) -> FollowTarget:
    return FollowTarget(kind=FollowKind.PROMISE, ref=entry.first.id, promise_id=entry.first.number)
