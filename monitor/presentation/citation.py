"""How a record is cited, in the form of its era.

    UIN 22195, answered 14 January 2025                    questions since September 2014
    HC Deb 7 December 2005 vol 440 c1366W                  and before, by column, with the volume where it is known
    HL Deb 10 December 2012 vol 741 cc189-190WA            written answers of the Lords
    HC Deb 29 April 2003 vol 404 c2WH                      Westminster Hall; c21WS a written statement, cc209-10 a debate
    PBC Deb 27 October 2009 c125 (Child Poverty Bill)      a public bill committee
    SC Deb (D) 11 January 2005 c68 (Railways Bill)         a standing committee, as they were called before, by its letter
    Written statement HCWS751, 14 January 2025             S6W-12345, answered 3 May 2016        AQW 49327/22-27, ...

The forms of the Official Report are those of Historic Hansard, and where that ends those of the Library's index. What has no
heading yet goes by its first words.
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
from monitor.presentation.excerpt import question_start
from monitor.presentation.wording import host_of, house_name, house_short, long_day, one_line, shorten

if TYPE_CHECKING:
    from monitor.model.records import Proceeding

PUBLIC_BILL_COMMITTEES_SINCE: Final = date(2006, 11, 15)
"""From the session of 2006-07 on standing committees on bills are public bill committees (Standing Order No. 84A)."""

INDEXED_SINCE: Final = date(2005, 5, 11)
"""From the session of 2005-06 on Historic Hansard has nothing, and the Library's index is the one to cite like."""

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
"""What stands behind a column; the XML of the Lords has bare numbers."""

_REPORTS = {House.COMMONS: "HC Deb", House.LORDS: "HL Deb"}


def cite(proceeding: Proceeding) -> str:
    """The reference of a record, fit for a letter: "UIN 22195, answered 14 January 2025"."""
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


def _report(it: Proceeding) -> str:
    """Where it was said, of what has no column (yet)."""
    return _REPORTS.get(it.house) or f"{house_name(it.house)} Official Report"


def title_of(it: Proceeding) -> str:
    """What it is headed, else how it begins: never an id, which means nothing to a reader."""
    text = it.question or it.text or it.answer or ""
    begins = text[question_start(text) :] if it.question else text
    return (
        one_line(it.heading) or shorten(one_line(begins).removesuffix("."), _FIRST_WORDS) or it.kind.value.capitalize()
    )


def may_get_heading(it: Proceeding, today: date) -> bool:
    """Whether a record may still get a heading: Parliament heads the questions of its own service after some days."""
    is_recent = it.tabled_on is not None and today - it.tabled_on <= HEADED_WITHIN
    return not it.heading and it.source == "questions" and it.kind is Kind.QUESTION and is_recent


def heading_of(it: Proceeding, today: date) -> str:
    """The heading; else that it has none yet, where one may come; else how the record begins."""
    return "(no heading yet)" if may_get_heading(it, today) else title_of(it)


def name_of(it: Proceeding) -> str:
    """What lists call it, shorter than a reference: "UIN 143799", "question 294961", "HCWS751"; "" for a notice.

    Before September 2014 nobody called the number of a question a UIN. What has no number goes by its reference.
    """
    number = one_line(it.uin)
    if it.kind is Kind.NOTICE:
        return ""
    if it.kind is not Kind.QUESTION:
        return number or _columns(it) or cite(it)
    if not number:
        return cite(it)
    if it.house not in _REPORTS:
        return number
    is_old = it.tabled_on is None and it.day is not None and it.day < UINS_SINCE
    return f"{'question' if is_old else 'UIN'} {number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where a record stands in the Official Report: its report ("HC Deb"), volume, first and last column, their suffix.

    `letter`: that of a standing committee, "" where it is none or not known. `volume` is None where it is not known.
    """

    report: str
    first: int
    last: int
    suffix: str
    volume: int | None = None
    letter: str = ""


def columns_of(it: Proceeding) -> Columns | None:
    """Where a record stands in the Official Report; None for what stands in no column of it."""
    report, first = _REPORTS.get(it.house, ""), column_parts(it.column or "")
    if not report or first is None or it.day is None:
        return None
    last = column_parts(it.column_to or "") or first
    volume = it.volume or volume_on(it.house, it.day)
    letter = ""
    if it.series == COMMITTEE:
        report = "PBC Deb" if it.day >= PUBLIC_BILL_COMMITTEES_SINCE else "SC Deb"
        volume, letter = it.volume, committee_letter(it)
    suffix = _SUFFIXES.get((it.house, it.series or ""), first[1])
    return Columns(
        report=report, first=first[0], last=max(first[0], last[0]), suffix=suffix, volume=volume, letter=letter
    )


def committee_letter(it: Proceeding) -> str:
    """The letter of a standing committee, as the address of its page has it: "D"; "" where none is known."""
    found = _STANDING_COMMITTEE.search(it.url or "") if it.series == COMMITTEE else None
    is_standing = it.day is not None and it.day < PUBLIC_BILL_COMMITTEES_SINCE
    return found[1].upper() if found and is_standing else ""


def _columns(it: Proceeding) -> str:
    """The reference to the Official Report; "" for what stands in no column of it."""
    columns = columns_of(it)
    if columns is None or it.day is None:
        return ""
    is_range = columns.last > columns.first
    number = f"c{columns.first}"
    if is_range:
        is_indexed = bool(columns.suffix) and it.day >= INDEXED_SINCE
        end = _indexed if is_indexed else _shortened
        number = f"cc{columns.first}-{end(columns.first, columns.last)}"
    volume = f" vol {columns.volume}" if columns.volume else ""
    letter = f" ({columns.letter})" if columns.letter else ""
    return f"{columns.report}{letter} {long_day(it.day)}{volume} {number}{columns.suffix}"


def _of_committee(it: Proceeding) -> str:
    """What a committee was on, in brackets: several sit on a day, each with columns of its own."""
    matter = matter_of(it)
    return f" ({matter})" if matter else ""


def matter_of(it: Proceeding) -> str:
    """The bill that a committee was on, without the clause; "" where that is not known, and for all else."""
    if it.series != COMMITTEE:
        return ""
    matter = one_line(it.body) or one_line(it.heading).partition(": ")[0]
    return "" if _CLAUSE.match(matter) else matter


def _shortened(first: int, last: int) -> str:
    """The end of a range without the figures that it shares with its beginning: 1366 to 1367 is "1366-7"."""
    begin, end = str(first), str(last)
    if len(begin) != len(end):
        return end
    shared = next(place for place, (one, other) in enumerate(zip(begin, end, strict=True)) if one != other)
    return end[shared:]


def _indexed(first: int, last: int) -> str:
    """The end of a range as the Library's index has it: its last figure if only that is another, else whole."""
    return str(last)[-1] if last // 10 == first // 10 else str(last)


def _numbered(it: Proceeding) -> str:
    """A question by its number. Those of the devolved legislatures say what they are."""
    number = one_line(it.uin)
    if not number:
        return title_of(it)
    return f"UIN {number}" if it.house in _REPORTS else number


def _titled(it: Proceeding) -> str:
    """A statement by its number, else by its heading; a notice by its heading and who published it."""
    if it.kind is Kind.NOTICE:
        return f"{title_of(it)}, {one_line(it.body) or host_of(it.url).removeprefix('www.')}"
    return f"Written statement {one_line(it.uin)}" if it.uin else f"Written statement, {title_of(it)}"


def _day(it: Proceeding) -> list[str]:
    """The day of what is no question: that on which it was made; of old readings that of what they call its answer."""
    day = it.made_on or it.answered_on or it.tabled_on
    return [long_day(day)] if day else []


def _dated(it: Proceeding) -> list[str]:
    """What happened to a question and when, in the order of a reference."""
    said = []
    if it.answered_on:
        is_held = it.is_holding and it.state is not State.CORRECTED
        said.append(f"{'holding answer of' if is_held else 'answered'} {long_day(it.answered_on)}")
    elif it.tabled_on:
        said.append(f"tabled {long_day(it.tabled_on)}")
    if it.corrected_on:
        said.append(f"corrected {long_day(it.corrected_on)}")
    return said


def _taken_back(it: Proceeding) -> list[str]:
    if it.state is State.WITHDRAWN:
        return ["withdrawn" if it.is_withdrawn else "no longer published"]
    return ["lapsed"] if it.state is State.LAPSED else []


def short_reference(proceeding: Proceeding) -> str:
    """Return House and UIN, "Commons 14205"; without a UIN the column, "Commons c171", or the id."""
    column = f"c{one_line(proceeding.column)}" if proceeding.column else ""
    return f"{house_short(proceeding.house)} {one_line(proceeding.uin) or column or proceeding.id}"
