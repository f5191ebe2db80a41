"""Wording of what is coming: what it is, of whom, and for which day it is set down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.model.records import Occasion, State
from monitor.presentation.wording import (
    body_name,
    house_name,
    member_details,
    member_name,
    one_line,
    short_range,
    week_day,
)

if TYPE_CHECKING:
    from monitor.model.records import Proceeding

OCCASION_NAMES: Final = {
    Occasion.ORAL_QUESTION: "oral question",
    Occasion.TOPICAL_QUESTION: "topical question",
    Occasion.STATEMENT: "statement",
    Occasion.BUSINESS: "business",
    Occasion.EVIDENCE: "evidence",
}
_QUESTIONS: Final = (Occasion.ORAL_QUESTION, Occasion.TOPICAL_QUESTION)


def occasion_name(notice: Proceeding) -> str:
    """Return the name of an occasion: "oral question"; "" for a record without one."""
    return OCCASION_NAMES[notice.occasion] if notice.occasion else ""


def called_off(notice: Proceeding) -> str:
    """Return the word for what will not take place: "Withdrawn", "Cancelled"; "" if it will."""
    if notice.occasion is None or notice.state is not State.WITHDRAWN:
        return ""
    if not notice.is_withdrawn:
        return "No longer published"
    return "Withdrawn" if notice.occasion in _QUESTIONS else "Cancelled"


def occasion_in_short(notice: Proceeding) -> str:
    """Name occasion and day for a list: "oral question, Tue 2 Dec", "evidence until Fri 18 Dec"."""
    name, day = occasion_name(notice), notice.takes_place_on
    if day is None:
        return name
    return f"{name}{' until' if notice.occasion is Occasion.EVIDENCE else ','} {short_range([day])}"


def actor_of(notice: Proceeding) -> str:
    """Return who asks or acts: a member, a committee, otherwise the House."""
    if notice.occasion in _QUESTIONS:
        return member_name(notice.asked_by)
    if notice.occasion is Occasion.STATEMENT and notice.made_by:
        return member_name(notice.made_by)
    return one_line(notice.body) or house_name(notice.house)


def set_down(notice: Proceeding) -> str:
    """Return the words behind `actor_of`: " (Lab, Mid Sample): oral question to the Home Office, for Tuesday ..."."""
    day = week_day(notice.takes_place_on) if notice.takes_place_on else ""
    if notice.occasion in _QUESTIONS:
        asked = f"{occasion_name(notice)} to {body_name(notice.body)}"
        return f"{member_details(notice.asked_by)}: {asked}{f', set down for {day}' if day else ''}"
    if notice.occasion is Occasion.EVIDENCE:
        return f": written evidence until {day}" if day else ": written evidence, without a last day"
    if notice.occasion is Occasion.STATEMENT:
        details = member_details(notice.made_by)
        return f"{details}: statement announced{f' for {day}' if day else ''}"
    what = "meeting" if notice.body else "business"
    return f": {what}{f' of {day}' if day else ''}"


def on_its_day(notice: Proceeding) -> str:
    """Return the sentence for the day itself: "Evidence closes."."""
    if notice.occasion is Occasion.EVIDENCE:
        return "Written evidence closes."
    return f"{occasion_name(notice).capitalize()} set down for this day."
