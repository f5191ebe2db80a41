"""Citation of a record, in the form of its era.

    UIN 22195, answered 14 January 2025                    questions since September 2014
    HC Deb 7 December 2005 vol 440 c1366W                  and before, by column, with the volume where it is known
    HL Deb 10 December 2012 vol 741 cc189-190WA            written answers of the Lords
    HC Deb 29 April 2003 vol 404 c2WH                      Westminster Hall; c21WS a written statement, cc209-10 a debate
    PBC Deb 27 October 2009 c125 (Child Poverty Bill)      a public bill committee
    SC Deb (D) 11 January 2005 c68 (Railways Bill)         a standing committee, as they were called before, by its letter
    Written statement HCWS751, 14 January 2025             S6W-12345, answered 3 May 2016        AQW 49327/22-27, ...

References to the Official Report follow Historic Hansard, and after its end the Library's index. A record without a heading
is called by its first words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.records import House, Kind, State
from monitor.parliament.identifiers import (
    COMMITTEE,
    GRAND_COMMITTEE,
    UINS_SINCE,
    WESTMINSTER_HALL,
    WRITTEN_ANSWERS,
    WRITTEN_STATEMENTS,
    column_parts,
)
from monitor.parliament.volumes import volume_on
from monitor.presentation.coming import actor_of, occasion_name
from monitor.presentation.excerpt import question_start
from monitor.presentation.wording import host_of, house_name, house_short, long_day, member_name, one_line, shorten

if TYPE_CHECKING:
    from monitor.model.records import Proceeding

PUBLIC_BILL_COMMITTEES_SINCE: Final = date(2006, 11, 15)
"""First session in which committees on bills are public bill committees (Standing Order No. 84A): 2006-07."""

INDEXED_SINCE: Final = date(2005, 5, 11)
"""First session without Historic Hansard (2005-06): from here on citations follow the Library's index."""

HEADED_WITHIN: Final = timedelta(days=30)
"""Within so many days of its tabling Parliament gives a question its heading, if it gives one at all."""

_FIRST_WORDS: Final = 80
"""Characters of what something without a heading begins with."""

_STANDING_COMMITTEE = re.compile(r"/cmstand/([a-z])/st\d{6}/", re.IGNORECASE)
"""The pages of a standing committee on bills lie in a folder that has its letter."""

_CLAUSE = re.compile(
    r"(?:new )?(?:clauses?|schedules?|amendments?|title|preamble|order of consideration)\b", re.IGNORECASE
)
"""Begins the heading of a part of a bill."""

_SUFFIXES = {
    (House.COMMONS, WRITTEN_ANSWERS): "W",
    (House.LORDS, WRITTEN_ANSWERS): "WA",
    (House.COMMONS, WRITTEN_STATEMENTS): "WS",
    (House.LORDS, WRITTEN_STATEMENTS): "WS",
    (House.COMMONS, WESTMINSTER_HALL): "WH",
    (House.LORDS, GRAND_COMMITTEE): "GC",
}
"""Suffix of a column by series, for records whose columns are bare numbers (the XML of the Lords)."""

_REPORTS = {House.COMMONS: "HC Deb", House.LORDS: "HL Deb"}

_ORAL = re.compile(r"S\d{1,2}(?:O|F|T)-")
"""Begins the number of an oral question of the Scottish Parliament: S5O oral, S5F to the First Minister, S5T topical."""


def cite(proceeding: Proceeding) -> str:
    """Return the reference of a record for a letter: "UIN 22195, answered 14 January 2025"."""
    columns = _columns(proceeding)
    if columns:
        return ", ".join([f"{columns}{_of_committee(proceeding)}", *_taken_back(proceeding)])
    if proceeding.kind is Kind.QUESTION:
        return ", ".join([_numbered(proceeding), *_dated(proceeding), *_taken_back(proceeding)])
    if proceeding.kind is Kind.SPEECH:
        return ", ".join(
            [" ".join([_report(proceeding), *_day(proceeding)]), title_of(proceeding), *_taken_back(proceeding)]
        )
    return ", ".join([_titled(proceeding), *_day(proceeding), *_taken_back(proceeding)])


def _report(proceeding: Proceeding) -> str:
    """Return the report of a record without a column."""
    return _REPORTS.get(proceeding.house) or f"{house_name(proceeding.house)} Official Report"


def title_of(proceeding: Proceeding) -> str:
    """Return the heading, or the first words of a record without one; never an id."""
    text = proceeding.question or proceeding.text or proceeding.answer or ""
    begins = text[question_start(text) :] if proceeding.question else text
    return (
        one_line(proceeding.heading)
        or shorten(one_line(begins).removesuffix("."), _FIRST_WORDS)
        or proceeding.kind.value.capitalize()
    )


def may_get_heading(proceeding: Proceeding, today: date) -> bool:
    """Return whether a record may still get a heading: Parliament adds headings after some days."""
    is_recent = proceeding.tabled_on is not None and today - proceeding.tabled_on <= HEADED_WITHIN
    return (
        not proceeding.heading and proceeding.source == "questions" and proceeding.kind is Kind.QUESTION and is_recent
    )


def heading_of(proceeding: Proceeding, today: date) -> str:
    """Return the heading, a note that there is no heading yet, or the first words of the record."""
    return "(no heading yet)" if may_get_heading(proceeding, today) else title_of(proceeding)


def name_of(proceeding: Proceeding) -> str:
    """Return the short name of a record for lists: "UIN 143799", "question 294961", "HCWS751"; "" for a notice.

    Before September 2014 the number of a question was not called a UIN. A record without a number has its reference as name.
    """
    number = one_line(proceeding.uin)
    if proceeding.kind is Kind.NOTICE:
        return ""
    if proceeding.kind is not Kind.QUESTION:
        return number or _columns(proceeding) or cite(proceeding)
    if not number:
        return cite(proceeding)
    if proceeding.house not in _REPORTS:
        return number
    is_old = proceeding.tabled_on is None and proceeding.day is not None and proceeding.day < UINS_SINCE
    return f"{'question' if is_old else 'UIN'} {number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Place of a record in the Official Report: report ("HC Deb"), volume, first and last column, suffix.

    `letter`: letter of a standing committee, otherwise "". `volume` may be unknown (None).
    """

    report: str
    first: int
    last: int
    suffix: str
    volume: int | None = None
    letter: str = ""


def columns_of(proceeding: Proceeding) -> Columns | None:
    """Return the place of a record in the Official Report; None for a record without a column."""
    report, first = _REPORTS.get(proceeding.house, ""), column_parts(proceeding.column or "")
    if not report or first is None or proceeding.day is None:
        return None
    last = column_parts(proceeding.column_to or "") or first
    volume = proceeding.volume or volume_on(proceeding.house, proceeding.day)
    letter = ""
    if proceeding.series == COMMITTEE:
        report = "PBC Deb" if proceeding.day >= PUBLIC_BILL_COMMITTEES_SINCE else "SC Deb"
        volume, letter = proceeding.volume, committee_letter(proceeding)
    suffix = _SUFFIXES.get((proceeding.house, proceeding.series or ""), first[1])
    return Columns(
        report=report, first=first[0], last=max(first[0], last[0]), suffix=suffix, volume=volume, letter=letter
    )


def committee_letter(proceeding: Proceeding) -> str:
    """Return the letter of a standing committee from the address of its page: "D"; "" if unknown."""
    found = _STANDING_COMMITTEE.search(proceeding.url or "") if proceeding.series == COMMITTEE else None
    is_standing = proceeding.day is not None and proceeding.day < PUBLIC_BILL_COMMITTEES_SINCE
    return found[1].upper() if found and is_standing else ""


def _columns(proceeding: Proceeding) -> str:
    """Return the reference to the Official Report; "" for a record without a column."""
    columns = columns_of(proceeding)
    if columns is None or proceeding.day is None:
        return ""
    is_range = columns.last > columns.first
    number = f"c{columns.first}"
    if is_range:
        is_indexed = bool(columns.suffix) and proceeding.day >= INDEXED_SINCE
        end = _indexed if is_indexed else _shortened
        number = f"cc{columns.first}-{end(columns.first, columns.last)}"
    volume = f" vol {columns.volume}" if columns.volume else ""
    letter = f" ({columns.letter})" if columns.letter else ""
    return f"{columns.report}{letter} {long_day(proceeding.day)}{volume} {number}{columns.suffix}"


def _of_committee(proceeding: Proceeding) -> str:
    """Return the bill of a committee in brackets: several committees sit on a day, each with its own columns."""
    matter = matter_of(proceeding)
    return f" ({matter})" if matter else ""


def matter_of(proceeding: Proceeding) -> str:
    """Return the bill of a committee, without the clause; "" if unknown and for any other record."""
    if proceeding.series != COMMITTEE:
        return ""
    matter = one_line(proceeding.body) or one_line(proceeding.heading).partition(": ")[0]
    return "" if _CLAUSE.match(matter) else matter


def _shortened(first: int, last: int) -> str:
    """Shorten the end of a range by the figures that it shares with the beginning: 1366 to 1367 is "1366-7"."""
    begin, end = str(first), str(last)
    if len(begin) != len(end):
        return end
    shared = next(place for place, (before, after) in enumerate(zip(begin, end, strict=True)) if before != after)
    return end[shared:]


def _indexed(first: int, last: int) -> str:
    """Shorten the end of a range as the Library's index does: the last figure if only that differs, otherwise whole."""
    return str(last)[-1] if last // 10 == first // 10 else str(last)


def _numbered(proceeding: Proceeding) -> str:
    """Return the reference of a question by its number, or by its heading and who asked.

    Numbers of devolved legislatures need no label. Questions that the Senedd did not reach have none, and share a heading.
    """
    number = one_line(proceeding.uin)
    if not number:
        asker = member_name(proceeding.asked_by, "")
        return f"{title_of(proceeding)}{f' ({asker})' if asker else ''}"
    return f"UIN {number}" if proceeding.house in _REPORTS else number


def _titled(proceeding: Proceeding) -> str:
    """Return the reference of a statement (number or heading) or a notice (heading and publisher)."""
    if proceeding.occasion is not None:
        return f"{title_of(proceeding)}, {occasion_name(proceeding)} ({actor_of(proceeding)})"
    if proceeding.kind is Kind.NOTICE:
        return f"{title_of(proceeding)}, {one_line(proceeding.body) or host_of(proceeding.url).removeprefix('www.')}"
    return (
        f"Written statement {one_line(proceeding.uin)}"
        if proceeding.uin
        else f"Written statement, {title_of(proceeding)}"
    )


def _day(proceeding: Proceeding) -> list[str]:
    """Return the day on which a statement, speech or notice was made; old readings call it the day of the answer.

    What is coming has its day ahead.
    """
    day = proceeding.takes_place_on or proceeding.made_on or proceeding.answered_on or proceeding.tabled_on
    return [long_day(day)] if day else []


def _dated(proceeding: Proceeding) -> list[str]:
    """Return the events of a question with their days, in the order of a reference."""
    events = []
    if proceeding.answered_on and not is_only_spoken(proceeding):
        is_held = proceeding.is_holding and proceeding.state is not State.CORRECTED
        events.append(f"{'holding answer of' if is_held else 'answered'} {long_day(proceeding.answered_on)}")
    elif proceeding.tabled_on:
        events.append(f"tabled {long_day(proceeding.tabled_on)}")
    if proceeding.corrected_on:
        events.append(f"corrected {long_day(proceeding.corrected_on)}")
    return events


def _taken_back(proceeding: Proceeding) -> list[str]:
    if proceeding.state is State.WITHDRAWN:
        return ["withdrawn" if proceeding.is_withdrawn else "no longer published"]
    return ["lapsed"] if proceeding.state is State.LAPSED else []


def manner_of(question: Proceeding) -> str:
    """Return whether a question is "written" or "oral": only the Scottish Parliament's list has both."""
    return "oral" if question.house is House.SCOTLAND and _ORAL.match(question.uin or "") else "written"


def is_only_spoken(question: Proceeding) -> bool:
    """Return whether a question counts as answered because its meeting is over, whose words its source does not have."""
    return question.answered_on is not None and not question.answer and manner_of(question) == "oral"


def short_reference(proceeding: Proceeding) -> str:
    """Return House and UIN, "Commons 14205"; without a UIN the column, "Commons c171", or the id."""
    column = f"c{one_line(proceeding.column)}" if proceeding.column else ""
    return f"{house_short(proceeding.house)} {one_line(proceeding.uin) or column or proceeding.id}"
