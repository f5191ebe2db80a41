"""Gather the events of a calendar from the archive: for the command and for the feed of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import due_on
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import clean, one_line
from monitor.research.calendar_file.answers import KEPT_FOR, Wording, answer_event, is_due_day_missing
from monitor.research.calendar_file.days_ahead import notice_event
from monitor.research.calendar_file.promises import promise_events
from monitor.research.calendar_file.sittings import recess_events, sitting_events
from monitor.research.following import dealt_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.calendar_events import CalendarEvent
    from monitor.model.following import FollowTarget
    from monitor.model.records import Proceeding
    from monitor.parliament.calendar import SittingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRequest:
    """Request for a calendar.

    `topics`: names by key, of the topics whose days are wanted. `followed`: what else is wanted. `reader`: key of the
    subscriber whose calendar it is, which leaves out what they have dealt with; None for the calendar of all. `base_url`:
    address of the page, "" without one. `names_topics`: False where no one may see which topics are watched.
    """

    topics: Mapping[str, str]
    followed: Sequence[FollowTarget] = ()
    reader: str | None = None
    base_url: str = ""
    names_topics: bool = True
    has_recess: bool = True
    has_sitting_days: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarContents:
    """Events of a calendar, in the order of their days.

    `as_of`: day of the archive's newest revision, which counts as today; None for an empty archive. `without_day`: number
    of questions that wait and whose due day no one knows.
    """

    events: tuple[CalendarEvent, ...]
    as_of: date | None
    without_day: int = 0


def calendar_contents(archive: Archive, calendar: SittingCalendar, request: CalendarRequest) -> CalendarContents:
    """Gather the events that are asked for."""
    newest_at = archive.calendar_days.newest_at()
    if newest_at is None:
        return CalendarContents(events=(), as_of=None)
    as_of = newest_at.astimezone(LONDON).date()

    def due_date(proceeding: Proceeding, floor: date | None) -> date | None:
        return due_on(proceeding, calendar, floor)

    wording = Wording(topics=request.topics if request.names_topics else {}, base_url=request.base_url)
    marks = _Marks(archive, request.reader)
    questions = archive.calendar_days.questions(list(request.topics), request.followed, as_of - KEPT_FOR)
    found = (
        answer_event(
            question,
            due_date,
            as_of,
            wording,
            is_done=question.proceeding_id in marks.done,
            marks=marks.histories.get(question.proceeding_id),
            calendar_changes=calendar.changes_of(question.newest.proceeding.house),
        )
        for question in questions
    )
    events = [event for event in found if event]
    events += _promises(archive, request, wording, as_of)
    events += _notices(archive, request, wording, as_of, marks)
    if request.has_recess:
        events += recess_events(calendar, as_of)
    if request.has_sitting_days:
        events += sitting_events(calendar, as_of)
    return CalendarContents(
        events=tuple(sorted(events, key=lambda event: (event.first_on, event.uid))),
        as_of=as_of,
        without_day=sum(
            is_due_day_missing(question, due_date) for question in questions if question.proceeding_id not in marks.done
        ),
    )


class _Marks:
    """Records (row ids) that a reader has dealt with, and the history of their marks."""

    def __init__(self, archive: Archive, reader: str | None) -> None:
        self.done = dealt_with(archive, reader)
        self.histories = archive.choices.mark_histories(reader) if reader is not None else {}


def _promises(archive: Archive, request: CalendarRequest, wording: Wording, as_of: date) -> Iterator[CalendarEvent]:
    found = archive.calendar_days.promises(list(request.topics), request.followed, as_of - KEPT_FOR)
    changes = archive.calendar_days.changes_of_promises(found)
    for group in archive.promises.groups(found):
        yield from promise_events(group, as_of, wording, is_followed=found[group[0].group], changes=changes)


def _notices(
    archive: Archive, request: CalendarRequest, wording: Wording, as_of: date, marks: _Marks
) -> Iterator[CalendarEvent]:
    for notice in archive.calendar_days.notices(list(request.topics), request.followed, as_of - KEPT_FOR):
        number = notice.proceeding_id
        event = notice_event(notice, as_of, wording, is_done=number in marks.done, marks=marks.histories.get(number))
        if event is not None:
            yield event


def as_rows(events: Iterable[CalendarEvent]) -> Iterator[dict[str, Any]]:
    """Return each event as the JSON object of docs/json.md."""
    for event in events:
        yield {
            "schema": SCHEMA,
            "uid": event.uid,
            "kind": event.kind.value,
            "state": event.state or None,
            "first_on": event.first_on.isoformat(),
            "last_on": event.last_on.isoformat(),
            "title": one_line(event.title),
            "description": clean(event.description),
            "record": event.record or None,
            "house": event.house.value,
            "topics": list(event.topics),
            "followed": event.is_followed,
            "cancelled": event.is_cancelled,
            "sequence": event.sequence,
            "changed_at": event.changed_at.isoformat(),
            "url": event.url or None,
            "page": event.page or None,
        }
