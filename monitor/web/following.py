"""Following: what a reader follows, has dealt with and muted, the notes of the team, and the forms that change these."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response

from monitor.errors import sentence
from monitor.model.following import FollowKind, MarkKind
from monitor.model.search import Filters
from monitor.presentation.wording import clean, long_day, one_line
from monitor.research.following import (
    UnknownTargetError,
    dealt_with,
    find_muted,
    find_record_or_promise,
    find_target,
    follow_title,
    found_notes,
    mute_title,
    record_title,
)
from monitor.text.days import read_day_to_come
from monitor.web.calendar_feed import feed_address, feed_path
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem, Lines, find_too_long
from monitor.web.promise import ShownNote, day_of, shown_notes
from monitor.web.promise_words import promise_path
from monitor.web.readers import (
    LONGEST_REFERENCE,
    DoneQuery,
    ReaderQuery,
    Reference,
    WriteOf,
    note_text,
    problem_of_note,
    reader_facts,
    refused_note,
)
from monitor.web.record_actions import MESSAGES, MUTED_FOR
from monitor.web.rendering import page, path_with, record_path

if TYPE_CHECKING:
    from datetime import date

    from monitor.desk.desks import Desk
    from monitor.model.following import Followed, Mute, Note
    from monitor.model.watching import Subscriber, Topic
    from monitor.research.following import FoundTarget

router = APIRouter(include_in_schema=False)

MOST_NOTES: Final = 200
"""Notes on the page: a search finds the others."""
MOST_MARKS: Final = 100
"""Records that are listed as dealt with, the latest first."""

LONGEST_DAY: Final = 20

FOLLOWED: Final = ("ref", "Follow")
"""Id and label of a field of the forms."""
TOPIC: Final = ("topic", "Topic, of a body")
MUTED: Final = ("words", "Mute")
UNTIL: Final = ("until", "Until the end of")

_KINDS: Final = {
    FollowKind.RECORD: "Record",
    FollowKind.PROMISE: "Promise",
    FollowKind.ASKER: "Member",
    FollowKind.BODY: "Body",
}
_MARKS: Final = {MarkKind.DONE: "Dealt with", MarkKind.NOT_RELEVANT: "Not relevant"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFollow:
    """Something that is followed. `path`: its page, "" for none."""

    number: int
    kind: str
    title: str
    path: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMute:
    """Something that is muted, until when, and how many records were left out."""

    number: int
    title: str
    until: str
    hidden: int
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMark:
    """A record that is dealt with, or not relevant."""

    ref: str
    kind: str
    words: str
    title: str
    path: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOnRecord:
    """A note with the record or promise that it is on."""

    note: ShownNote
    title: str
    path: str


# -- the page -----------------------------------------------------------------------------------------------------------


@router.get("/following")
def show_following(
    request: Request,
    desk: DeskOf,
    reader: ReaderQuery = "",
    q: Annotated[str, Query(max_length=200)] = "",
    done: DoneQuery = "",
) -> Response:
    """Show what a reader follows, muted and has dealt with, and the notes of the team."""
    if desk.config.web.public:
        raise HTTPException(403, "What readers follow is not shown on this page.")
    return _shown(request, desk, reader=reader, words=q, message=MESSAGES.get(done, ""))


def _shown(
    request: Request,
    desk: Desk,
    *,
    reader: str = "",
    words: str = "",
    message: str = "",
    problem: FieldProblem | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    facts = reader_facts(request, desk, reader)
    chosen = facts["reader"]
    notes = found_notes(desk.archive.notes.listing(), words.split())
    return page(
        request,
        "following.html",
        status=422 if problem else 200,
        follows=[_follow(thing, desk) for thing in desk.archive.following.listing(chosen.key)] if chosen else [],
        mutes=[_mute(mute, desk.today) for mute in desk.archive.choices.mutes(chosen.key)] if chosen else [],
        marks=_marks(desk, chosen) if chosen else [],
        notes=[_note(note) for note in notes[:MOST_NOTES]],
        note_count=len(notes),
        words=words,
        topics=desk.topic_names,
        first_day=desk.today,
        message=message,
        error=problem or FieldProblem(),
        given={"ref": "", "topic": "", "words": "", "until": str(desk.today + MUTED_FOR)} | (given or {}),
        feed=feed_address(request, desk, feed_path(request, desk, chosen)),
        path_here=path_with("/following", {"reader": reader}),
        **facts,
    )


def _follow(thing: Followed, desk: Desk) -> ShownFollow:
    target, record = thing.target, thing.record
    path = ""
    if target.kind is FollowKind.PROMISE:
        path = promise_path(target.ref)
    elif record:
        path = record_path(record.id)
    elif target.kind is FollowKind.ASKER:
        path = path_with("/search", {"asker": target.ref})
    elif target.kind is FollowKind.BODY:
        path = path_with("/search", {"body": target.ref, "topic": target.topic or ""})
    title = follow_title(thing, desk.topic_names)
    return ShownFollow(
        number=thing.number,
        kind=_KINDS[target.kind],
        title=f"{title[:1].upper()}{title[1:]}",
        path=path,
        since=day_of(thing.started_at),
    )


def _mute(mute: Mute, today: date) -> ShownMute:
    return ShownMute(
        number=mute.number,
        title=mute_title(mute),
        until=long_day(mute.until),
        hidden=mute.hidden,
        is_over=mute.until < today,
    )


def _marks(desk: Desk, reader: Subscriber) -> list[ShownMark]:
    marks = desk.archive.choices.marks(reader.key)[: -MOST_MARKS - 1 : -1]
    with closing(desk.archive.search.hits(None, Filters(ids=[mark.proceeding_id for mark in marks]))) as hits:
        records = {hit.proceeding_id: hit.revision.proceeding for hit in hits} if marks else {}
    return [
        ShownMark(
            ref=records[mark.proceeding_id].id,
            kind=mark.kind.value,
            words=_MARKS[mark.kind],
            title=record_title(records[mark.proceeding_id]),
            path=record_path(records[mark.proceeding_id].id),
            day=day_of(mark.marked_at),
        )
        for mark in marks
        if mark.proceeding_id in records
    ]


def _note(note: Note) -> NoteOnRecord:
    [shown] = shown_notes([note])
    title = record_title(note.record)
    return NoteOnRecord(
        note=shown,
        title=f"Promise in {title}" if note.promise else title,
        path=promise_path(note.promise) if note.promise else record_path(note.record.id),
    )


# -- follow -------------------------------------------------------------------------------------------------------------


@router.post("/following/follow")
def follow(
    request: Request,
    write: WriteOf,
    ref: Annotated[str, Form()] = "",
    topic: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Follow a record, a promise, a member who asks, or a body on a topic."""
    words, meant = clean(ref).strip(), _topic(write.desk, topic)
    problem = find_too_long((ref, LONGEST_REFERENCE, FOLLOWED))
    if not words:
        problem = FieldProblem("write what to follow.", *FOLLOWED)
    elif topic and meant is None:
        problem = FieldProblem("this topic is not watched any more. Choose another one.", *TOPIC)
    if problem:
        return _refused(request, write, problem, ref=ref, topic=topic)
    try:
        found = find_target(write.desk.archive, words, meant)
    except UnknownTargetError as exc:
        return _refused(request, write, _problem_of(exc, FOLLOWED), ref=ref, topic=topic)
    write.desk.archive.following.follow(write.reader, found.target)
    return write.done("followed")


def _topic(desk: Desk, key: str) -> Topic | None:
    return next((topic for topic in desk.config.topics if topic.key == key), None)


@router.post("/following/unfollow")
def unfollow(write: WriteOf, number: Annotated[int, Form(ge=1, le=2**31 - 1)]) -> Response:
    """Follow something no more. A second time is as good as the first."""
    write.desk.archive.following.unfollow(write.reader.key, number)
    return write.done("unfollowed")


# -- marks --------------------------------------------------------------------------------------------------------------

_DONE: Final = {
    (MarkKind.DONE, False): "done",
    (MarkKind.DONE, True): "undone",
    (MarkKind.NOT_RELEVANT, False): "not_relevant",
    (MarkKind.NOT_RELEVANT, True): "relevant",
}


@router.post("/following/mark")
def mark(
    write: WriteOf,
    kind: Annotated[MarkKind, Form()],
    ref: Reference = "",
    undo: Annotated[bool, Form()] = False,
    seen: Annotated[int | None, Form(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """Mark a record as dealt with, or as not relevant, or take that back.

    `seen`: the newest revision that the page of the form showed. What came since was not dealt with.
    """
    archive, row = write.desk.archive, _record(write.desk, ref)
    if undo:
        archive.choices.unmark(write.reader, kind, row)
        return write.done(_DONE[kind, True])
    archive.choices.mark(write.reader, kind, row, seen=seen)
    is_settled = row in dealt_with(archive, write.reader.key)
    return write.done(_DONE[kind, False] if is_settled else "changed")


def _record(desk: Desk, ref: str) -> int:
    found = _named(desk, ref)
    row: int | None = found.target.proceeding_id
    if row is None:
        raise HTTPException(422, "This is a promise: its own page says whether it was kept.")
    return row


def _named(desk: Desk, ref: str) -> FoundTarget:
    words = clean(ref).strip()
    try:
        found = find_record_or_promise(desk.archive, words)
    except UnknownTargetError as exc:
        raise HTTPException(404, sentence(exc.problem)) from exc
    if found is None:
        raise HTTPException(404, f"No record goes by {one_line(words)}.")
    return found


# -- mute ---------------------------------------------------------------------------------------------------------------


@router.post("/following/mute")
def mute(
    request: Request, write: WriteOf, words: Annotated[str, Form()] = "", until: Annotated[str, Form()] = ""
) -> Response:
    """Mute a record, what a watch term alone finds, or records with a phrase, until a day."""
    desk, named = write.desk, clean(words).strip()
    day = read_day_to_come(until.strip(), desk.today)
    problem = find_too_long((words, LONGEST_REFERENCE, MUTED), (until, LONGEST_DAY, UNTIL))
    if not named:
        problem = FieldProblem("write what to mute.", *MUTED)
    problem = problem or _problem_of_day(until.strip(), day, desk.today)
    if problem or day is None:
        return _refused(request, write, problem, words=words, until=until)
    try:
        found = find_muted(desk.archive, desk.config.topics, write.reader, named)
    except UnknownTargetError as exc:
        return _refused(request, write, _problem_of(exc, MUTED), words=words, until=until)
    desk.archive.choices.mute(write.reader, found.kind, found.text, day, found.proceeding_id)
    return write.done("muted")


def _problem_of_day(text: str, day: date | None, today: date) -> FieldProblem | None:
    """Say what is wrong with the last day of a mute, as it was written and read; None if nothing is."""
    if not text:
        return FieldProblem("choose a day.", *UNTIL)
    if day is None:
        return FieldProblem(f"{one_line(text)!r} is no day: write 2026-12-24, tomorrow, or 14d.", *UNTIL)
    if day < today:
        return FieldProblem(f"{long_day(day)} is over: name a day from today on.", *UNTIL)
    return None


@router.post("/following/unmute")
def unmute(write: WriteOf, number: Annotated[int, Form(ge=1, le=2**31 - 1)]) -> Response:
    """End a mute before its day. A second time is as good as the first."""
    write.desk.archive.choices.unmute(write.reader.key, number)
    return write.done("unmuted")


# -- notes --------------------------------------------------------------------------------------------------------------


@router.post("/following/note")
def add_note(request: Request, write: WriteOf, ref: Reference = "", text: Lines = "") -> Response:
    """Add a note to a record or a promise."""
    found = _named(write.desk, ref)
    if problem := problem_of_note(write.reader, text):
        return refused_note(request, write, problem, text, ref=ref)
    write.desk.archive.notes.add(write.reader, found.target, note_text(text))
    return write.done("noted")


def _problem_of(exc: UnknownTargetError, field: tuple[str, str]) -> FieldProblem:
    advice = "Look for it under Search or Promises: each page there has a button to follow it." if exc.advice else ""
    return FieldProblem(f"{one_line(exc.problem)} {advice}".rstrip(), *field)


def _refused(request: Request, write: WriteOf, problem: FieldProblem | None, **given: str) -> Response:
    """Say why nothing was changed, with what was given, so that it can be corrected and sent again."""
    return _shown(request, write.desk, reader=write.reader.key, problem=problem, given=given)
