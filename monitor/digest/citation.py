"""How a record is cited, in the form of its era.

    UIN 22195, answered 14 January 2025               questions since September 2014
    HC Deb 7 December 2005 c1366W                     and before, by column; of Historic Hansard with the volume:
    HL Deb 15 March 2004 vol 659 cc15-6WA             written answers of the Lords
    HC Deb 29 April 2003 vol 404 c2WH                 Westminster Hall; c21WS a written statement, c171 a debate
    PBC Deb 27 October 2009 c125 (Child Poverty Bill) a public bill committee; "SC Deb" before they were called so
    Written statement HCWS751, 14 January 2025        S6W-12345, answered 3 May 2016        AQW 49327/22-27, ...

The forms of the Official Report are those of Historic Hansard, and for committees those of the House of Commons Library.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from monitor.digest.wording import host_of, house_name, long_day, one_line
from monitor.identity import (
    COMMITTEE,
    GRAND_COMMITTEE,
    UINS_SINCE,
    WESTMINSTER_HALL,
    WRITTEN_ANSWERS,
    WRITTEN_STATEMENTS,
    column_parts,
)
from monitor.model import House, Kind, State

if TYPE_CHECKING:
    from monitor.model import Proceeding

PUBLIC_BILL_COMMITTEES_SINCE: Final = date(2006, 11, 15)
"""From the session of 2006-07 on standing committees on bills are public bill committees (Standing Order No. 84A)."""

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
            [" ".join([_report(proceeding), *_day(proceeding)]), _title(proceeding), *_taken_back(proceeding)]
        )
    return ", ".join([_titled(proceeding), *_day(proceeding), *_taken_back(proceeding)])


def _report(it: Proceeding) -> str:
    """Where it was said, of what has no column (yet)."""
    return _REPORTS.get(it.house) or f"{house_name(it.house)} Official Report"


def _title(it: Proceeding) -> str:
    return one_line(it.heading) or it.id


def name_of(it: Proceeding) -> str:
    """What lists call it, shorter than a reference: "UIN 143799", "question 294961", "HCWS751"; "" for a notice.

    Before September 2014 nobody called the number of a question a UIN. What has no number goes by its reference.
    """
    number = one_line(it.uin)
    if it.kind is Kind.NOTICE:
        return ""
    if it.kind is not Kind.QUESTION:
        return number or _columns(it) or cite(it)
    if it.house not in _REPORTS:
        return number or it.id
    is_old = it.tabled_on is None and it.day is not None and it.day < UINS_SINCE
    if is_old and not number:
        return cite(it)
    return f"{'question' if is_old else 'UIN'} {number or it.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where a record stands in the Official Report: its report ("HC Deb"), first and last column, and their suffix."""

    report: str
    first: int
    last: int
    suffix: str


def columns_of(it: Proceeding) -> Columns | None:
    """Where a record stands in the Official Report; None for what stands in no column of it."""
    report, first = _REPORTS.get(it.house, ""), column_parts(it.column or "")
    if not report or first is None or it.day is None:
        return None
    last = column_parts(it.column_to or "") or first
    if it.series == COMMITTEE:
        report = "PBC Deb" if it.day >= PUBLIC_BILL_COMMITTEES_SINCE else "SC Deb"
    suffix = _SUFFIXES.get((it.house, it.series or ""), first[1])
    return Columns(report=report, first=first[0], last=max(first[0], last[0]), suffix=suffix)


def _columns(it: Proceeding) -> str:
    """The reference to the Official Report; "" for what stands in no column of it."""
    columns = columns_of(it)
    if columns is None or it.day is None:
        return ""
    is_range = columns.last > columns.first
    number = f"cc{columns.first}-{_shortened(columns.first, columns.last)}" if is_range else f"c{columns.first}"
    volume = f" vol {it.volume}" if it.volume else ""
    return f"{columns.report} {long_day(it.day)}{volume} {number}{columns.suffix}"


def _of_committee(it: Proceeding) -> str:
    """What a committee was on, in brackets: several sit on a day, each with columns of its own."""
    matter = one_line(it.body or it.heading)
    return f" ({matter})" if it.series == COMMITTEE and matter else ""


def _shortened(first: int, last: int) -> str:
    """The end of a range without the figures that it shares with its beginning: 1366 to 1367 is "1366-7"."""
    begin, end = str(first), str(last)
    if len(begin) != len(end):
        return end
    shared = next(place for place, (one, other) in enumerate(zip(begin, end, strict=True)) if one != other)
    return end[shared:]


def _numbered(it: Proceeding) -> str:
    """A question by its number. Those of the devolved legislatures say what they are."""
    number = one_line(it.uin)
    if not number:
        return _title(it)
    return f"UIN {number}" if it.house in _REPORTS else number


def _titled(it: Proceeding) -> str:
    """A statement by its number, else by its heading; a notice by its heading and who published it."""
    if it.kind is Kind.NOTICE:
        return f"{_title(it)}, {one_line(it.body) or host_of(it.url).removeprefix('www.')}"
    return f"Written statement {one_line(it.uin)}" if it.uin else f"Written statement, {_title(it)}"


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
