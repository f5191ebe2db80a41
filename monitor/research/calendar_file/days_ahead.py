"""Days ahead: the event of a notice in a calendar, on the day for which it is set down.

A day that moves moves the event; what is called off, and what no term finds any more, is cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.model.calendar_events import CalendarEvent, EventKind
from monitor.model.records import Occasion
from monitor.presentation.citation import title_of
from monitor.presentation.coming import actor_of, called_off, occasion_name, set_down
from monitor.presentation.wording import clean, official_url, one_line, shorten, week_day
from monitor.research.calendar_file.answers import (
    DOMAIN,
    DONE,
    KEPT_FOR,
    UNWATCHED,
    newest_change,
    reader_changes,
)

if TYPE_CHECKING:
    from datetime import date

    from monitor.model.calendar_events import WatchedRecord
    from monitor.model.following import MarkHistory
    from monitor.model.records import Proceeding
    from monitor.research.calendar_file.answers import Wording

_SET_DOWN: Final = "set_down"
_CALLED_OFF: Final = "called_off"
_LONGEST_TEXT: Final = 1_000
"""Characters of a text: calendars show a few lines, and the page has all of it."""


def notice_event(
    notice: WatchedRecord,
    as_of: date,
    wording: Wording,
    *,
    is_done: bool = False,
    marks: MarkHistory | None = None,
) -> CalendarEvent | None:
    """Return the event of something coming; None where it has no day, or its day is long over.

    `is_done`: the reader has dealt with it; `marks`: how often they said so or took it back.
    """
    now = notice.newest.proceeding
    day = now.takes_place_on or next(
        (was for revision in reversed(notice.revisions) if (was := revision.proceeding.takes_place_on)), None
    )
    if day is None or day < as_of - KEPT_FOR:
        return None
    state = _state(notice, is_done=is_done)
    topics = wording.names_of(notice.topics)
    url, page = official_url(now), wording.page_of(now.id)
    return CalendarEvent(
        uid=f"notice-{now.id}@{DOMAIN}",
        kind=EventKind.NOTICE,
        state=state,
        first_on=day,
        last_on=day,
        title=_title(now, state),
        description=_description(now, state, topics, (url, page)),
        url=url,
        page=page,
        record=now.id,
        house=now.house,
        topics=topics,
        is_followed=notice.is_followed,
        is_cancelled=state != _SET_DOWN or now.takes_place_on is None,
        sequence=2 * (len(notice.revisions) - 1) + reader_changes(notice, marks, is_done=is_done),
        changed_at=newest_change(notice, marks),
    )


def _state(notice: WatchedRecord, *, is_done: bool) -> str:
    if is_done:
        return DONE
    if called_off(notice.newest.proceeding):
        return _CALLED_OFF
    return _SET_DOWN if notice.is_followed or notice.topics else UNWATCHED


def _title(now: Proceeding, state: str) -> str:
    if word := {DONE: "Dealt with", UNWATCHED: "No longer watched"}.get(state) or called_off(now):
        lead = word
    elif now.occasion is Occasion.EVIDENCE:
        lead = "Evidence closes"
    else:
        lead = occasion_name(now).capitalize()
    return f"{lead}: {title_of(now)} ({one_line(now.body) or actor_of(now)})"


def _description(now: Proceeding, state: str, topics: tuple[str, ...], addresses: tuple[str, str]) -> str:
    standing = f"{actor_of(now)}{set_down(now)}."
    if now.takes_place_on is None:
        standing = "It has no day any more."
    elif state == _CALLED_OFF:
        standing = f"{called_off(now)}. It was set down for {week_day(now.takes_place_on)}."
    paragraphs = (
        standing,
        shorten(clean(now.question or now.text or "").strip(), _LONGEST_TEXT),
        f"Topics: {'; '.join(topics)}" if topics else "",
        "\n".join(filter(None, addresses)),
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
