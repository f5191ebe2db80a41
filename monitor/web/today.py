"""Today: what the topics of a reader brought on one day, in three zones: act, read, coming."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response

from monitor.desk.promises import shown_entry
from monitor.digest.reading_lines import counts_read, reading_sentences
from monitor.digest.reading_report import reading_report
from monitor.model.records import Event
from monitor.presentation.calendar_words import likely_in_words
from monitor.presentation.wording import count_of, house_name, long_day
from monitor.research.days import day_of_topics
from monitor.research.promise_days import promises_of_day
from monitor.research.reader_days import ReaderDay, day_of_reader
from monitor.web.desk import DeskOf, reader_of
from monitor.web.lists import ListedRecord, listed_hit, listed_waiting
from monitor.web.promise_words import ListedPromise, listed_promise
from monitor.web.readers import chosen_reader
from monitor.web.rendering import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.desk.desks import Desk
    from monitor.model.search import Hit
    from monitor.model.watching import Subscriber
    from monitor.research.days import DayOfTopics
    from monitor.research.promises import LedgerEntry
    from monitor.research.records import WaitingQuestion

router = APIRouter(include_in_schema=False)

FIRST_DAY: Final = date(1800, 1, 1)
_DAY: Final = timedelta(days=1)

UNMARKED: Final = {
    Event.EDITED: "Its text was changed; the source does not call it a correction.",
    Event.ATTACHED: "Its attachments changed: a promised letter may be among them.",
    Event.REAPPEARED: "It was gone, and is published again.",
    Event.MOVED: "Its day was moved.",
}
"""Words for changes that the state of a record does not show."""


@dataclass(frozen=True, slots=True)
class Section:
    """A list under a heading of a zone: of records, or of promises."""

    title: str
    records: tuple[ListedRecord, ...]
    promises: tuple[ListedPromise, ...] = ()

    @property
    def count(self) -> int:
        """Number of its entries."""
        return len(self.records) + len(self.promises)


@dataclass(frozen=True, slots=True)
class Zone:
    """Zone of the page: its sections, and the sentence `empty` for a day without any."""

    title: str
    id: str
    sections: tuple[Section, ...]
    empty: str

    @property
    def count(self) -> int:
        """Number of its entries."""
        return sum(section.count for section in self.sections)


@router.get("/")
def show_today(
    request: Request, desk: DeskOf, day: date | None = None, reader: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Show a day, by default today, for one reader or for all topics."""
    shown = day or desk.today
    if not FIRST_DAY <= shown <= desk.today + timedelta(days=366):
        raise HTTPException(404, "There is nothing to show of that day.")
    subscriber = reader_of(desk, reader)
    keys = subscriber.topics if subscriber else tuple(desk.topic_names)
    found = _day(desk, keys, shown, chosen_reader(request, desk, reader))
    return page(
        request,
        "today.html",
        day=shown,
        is_today=shown == desk.today,
        before=shown - _DAY,
        after=shown + _DAY if shown < desk.today else None,
        reader=subscriber,
        readers=() if desk.config.web.public else desk.config.subscribers,
        zones=(_act(desk, found), _read(desk, found.day), _coming(desk, found)),
        left_out=_left_out(found),
        recess=_recess(desk, shown),
        has_topics=bool(desk.config.topics),
        may_subscribe=desk.config.web.signup,
        **_what_was_read(desk, shown),
    )


def _day(desk: Desk, topics: Sequence[str], day: date, reader: Subscriber | None) -> ReaderDay:
    """Find what the day brought, less what the reader has dealt with or muted."""
    found = day_of_topics(desk.archive, topics, day, desk.due_date)
    promises = promises_of_day(desk.archive, topics, day, reader.key if reader else None)
    if reader is None:
        return ReaderDay(day=found, promises=promises)
    return day_of_reader(desk.archive, found, promises, reader.key)


def _left_out(found: ReaderDay) -> list[str]:
    """Say how many records are left out, and why."""
    lines = []
    if found.muted:
        lines.append(f"{count_of(found.muted, 'record')} left out: muted.")
    if found.done:
        lines.append(f"{count_of(found.done, 'record')} left out: dealt with.")
    return lines


def _promises(desk: Desk, entries: Sequence[LedgerEntry]) -> tuple[ListedPromise, ...]:
    topics = {} if desk.config.web.public else desk.topic_names
    return tuple(listed_promise(shown_entry(desk, entry), desk.today, topics) for entry in entries)


def _act(desk: Desk, day: ReaderDay) -> Zone:
    found = day.day
    return Zone(
        "To act on",
        "act",
        _sections(
            Section("Corrected, withdrawn or changed", _changed(desk, found.changed)),
            Section("Newly late", _waiting(desk, found.newly_late, found.day)),
            Section("Due today", _waiting(desk, found.due_today, found.day)),
            Section("Promises overdue", (), _promises(desk, day.promises.overdue)),
            Section("Promises that fall due", (), _promises(desk, day.promises.due)),
            Section("Promises kept or dropped", (), _promises(desk, day.promises.settled)),
        ),
        "Nothing was corrected, withdrawn or changed, nothing became late, and no promise is due.",
    )


def _read(desk: Desk, found: DayOfTopics) -> Zone:
    return Zone(
        "To read",
        "read",
        _sections(
            Section("New answers and statements", _hits(desk, found.answers)),
            Section("Mentions", _hits(desk, found.mentions)),
        ),
        "No answer or statement of this day holds a watched term.",
    )


def _coming(desk: Desk, day: ReaderDay) -> Zone:
    found = day.day
    return Zone(
        "Coming",
        "coming",
        _sections(
            Section("New questions", _hits(desk, found.questions)),
            Section("On the order paper, announced, or open for evidence", _hits(desk, found.ahead)),
            Section("Due within a week", _waiting(desk, found.due_soon, found.day)),
            Section("Promised within a week", (), _promises(desk, day.promises.coming)),
            Section("Promised letters, not seen yet", _waiting(desk, found.letters, found.day)),
        ),
        "No watched question was tabled, none is due within a week, no letter is awaited, and nothing is announced.",
    )


def _sections(*sections: Section) -> tuple[Section, ...]:
    return tuple(section for section in sections if section.count)


def _hits(desk: Desk, hits: Sequence[Hit]) -> tuple[ListedRecord, ...]:
    return tuple(_listed(desk, hit) for hit in hits)


def _changed(desk: Desk, hits: Sequence[Hit]) -> tuple[ListedRecord, ...]:
    """List records that changed, and say of those that are not marked by their source what happened."""
    return tuple(_listed(desk, hit, _what_happened(hit)) for hit in hits)


def _listed(desk: Desk, hit: Hit, note: str = "") -> ListedRecord:
    """Return a hit for a list. On a public page nothing is marked, because the marked words are those of watched terms."""
    if desk.config.web.public:
        return listed_hit(hit, (), note=note)
    return listed_hit(hit, hit.matches, desk.topic_names, note=note)


def _what_happened(hit: Hit) -> str:
    return " ".join(text for event, text in UNMARKED.items() if event in hit.revision.events)


def _waiting(desk: Desk, questions: Sequence[WaitingQuestion], day: date) -> tuple[ListedRecord, ...]:
    return tuple(listed_waiting(desk, waiting, day) for waiting in questions)


def _recess(desk: Desk, day: date) -> list[str]:
    """Say which Houses are in recess, and until when."""
    ends = {house: desk.calendar.recess_until(house, day) for house in desk.config.questions.houses}
    known = [f"{house_name(house)} is in recess until {long_day(end)}." for house, end in ends.items() if end]
    return known + [likely_in_words(house, since) for house, (since, _) in desk.calendar.likely.items()]


def _what_was_read(desk: Desk, day: date) -> dict[str, Any]:
    """Say what was read of a day: one line, and the sentences that it opens to."""
    parts = reading_report(desk.archive, desk.config, desk.calendar, now=desk.now, today=day, first=day)
    if not parts:
        return {"reading": "Nothing was read of this day.", "reading_lines": []}
    is_whole = all(part.read >= part.published and not part.incomplete and not part.failures for part in parts)
    counts = ", ".join(counts_read([part for part in parts if part.published]))
    summary = "Read in full" if is_whole else "Not read in full"
    return {
        "reading": f"{summary}{f': {counts}' if counts else ', nothing was published'}.",
        "reading_lines": [sentence for part in parts for sentence in reading_sentences(part)],
    }
