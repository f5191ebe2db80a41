"""Addresses of days of Hansard on the site, of their indexes and of their pages.

The Commons: `cm200405/cmhansrd/vo050203/text/50203w01.htm`, with `index/50203-x.htm` for the day; in the daily part `cm`
stands for `vo`. The Lords alike (`ld200405/ldhansrd/vo050203`), until days lost their folders in July 2006:
`ld200708/ldhansrd/text/80403w0001.htm`, `ld200708/ldhansrd/index/080403.html`. Names of pages leave out the leading zero of
the year. The session of 2010 to 2012 lies in folders of two names, neither of them its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from monitor.model.records import House
from monitor.parliament import identifiers

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PAGES: Final = 400
"""More pages than any day has; a chain of pages without an end is cut there."""

_DAYS_WITHOUT_FOLDERS_SINCE: Final = date(2006, 7, 3)
"""First day of the Lords without a folder of its own."""
_FOLDERS_OF_2010: Final = {2010: ("201011",), 2011: ("201011", "201212"), 2012: ("201212", "201011")}
_FIRST_LINKED: Final = 3
"""An index whose first link is to page 3 or lower left out the first pages."""
_CENTURY_TURN: Final = 80
"""Years of two digits above it are of the last century."""
_PAGE: Final = re.compile(
    r"(?:^|/)(?P<address>(?P<house>cm|ld)\d{6}/(?:cm|ld)hansrd/(?:(?P<edition>cm|vo)(?P<day>\d{6})[a-z]?/)?"
    r"(?:wms)?text/(?P<stem>\d{5,6})(?P<letter>w|m|-wms)(?P<number>\d{2,4})\.html?)(?:\.html?)?$",
    re.IGNORECASE,
)
_ANY_PAGE: Final = re.compile(rb"(?<!\d)\d{5,6}(?:[a-z]{1,2}|-[a-z]{0,3})\d{2,4}\.html?\b", re.IGNORECASE)
"""A page of any series: of answers, statements, debates or committees."""
_NEXT_LINK: Final = re.compile(
    rb"<a\s[^>]*?href\s*=\s*[\"']?([^\"'\s>]+)[^>]*>\s*(?:<[^>]+>\s*)*next(?:\s+section)?\s*<", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class PrintedSeries:
    """A series of one House: the folders of its indexes and pages, and the letter in the names of pages."""

    house: House
    name: str
    index_folder: str
    page_folder: str
    letter: str

    def file_name(self, day: date) -> str:
        """Return the name of the file that holds all its pages of a day."""
        return f"{self.house}/{day}/{self.name}"


SERIES: Final = (
    PrintedSeries(House.COMMONS, identifiers.WRITTEN_ANSWERS, "index", "text", "w"),
    PrintedSeries(House.COMMONS, identifiers.WRITTEN_STATEMENTS, "wmsindx", "wmstext", "m"),
    PrintedSeries(House.LORDS, identifiers.WRITTEN_ANSWERS, "index", "text", "w"),
    PrintedSeries(House.LORDS, identifiers.WRITTEN_STATEMENTS, "index", "text", "-wms"),
)


@dataclass(frozen=True, slots=True)
class PageAddress:
    """Address of a page, taken apart. `address` is its path below `SITE`; `position` orders the pages of a day."""

    address: str
    series: PrintedSeries
    edition: str
    day: date
    position: tuple[str, int]


def read_path(path: str) -> PageAddress | None:
    """Read the path of a file in a copy of the site, whatever stands before it; None if it is no page of Hansard."""
    match = _PAGE.search(path)
    if match is None:
        return None
    house = House.LORDS if match["house"].lower() == "ld" else House.COMMONS
    letter = match["letter"].lower()
    series = next((series for series in SERIES if (series.house, series.letter) == (house, letter)), None)
    day = _read_day(match["day"] or match["stem"])
    if series is None or day is None:
        return None
    return PageAddress(
        address=match["address"],
        series=series,
        edition=(match["edition"] or "").lower(),
        day=day,
        position=(match["stem"], int(match["number"])),
    )


def find_indexes(series: PrintedSeries, day: date) -> Iterator[tuple[str, str]]:
    """Give the places where the index of a day may be, the likeliest first: the day's folder, and the path in it."""
    is_lords = series.house is House.LORDS
    for session in _session_folders(day):
        if is_lords and day >= _DAYS_WITHOUT_FOLDERS_SINCE:
            yield f"ld{session}/ldhansrd", f"{series.index_folder}/{day:%y%m%d}.html"
            continue
        letters = "ld" if is_lords else "cm"
        for edition in ("vo",) if is_lords else ("vo", "cm"):
            yield (
                f"{letters}{session}/{letters}hansrd/{edition}{day:%y%m%d}",
                f"{series.index_folder}/{_stem(day)}-x.htm",
            )


def split_index(address: str) -> tuple[str, str]:
    """Split the address of an index into the folder of the day, or of all days, and the path in it."""
    folder, index_folder, name = address.rsplit("/", 2)
    return folder, f"{index_folder}/{name}"


def is_index_of(series: PrintedSeries, day: date, name: str) -> bool:
    """Return whether the path of an index is that of a series on a day."""
    folder, _, file = name.partition("/")
    return folder == series.index_folder and _read_day(re.split(r"[-.]", file)[0]) == day


def leads_to_pages(page: bytes) -> bool:
    """Return whether a page leads to pages of Hansard, as an index does, and no error page of the site."""
    return _ANY_PAGE.search(page) is not None


def find_pages(series: PrintedSeries, day: date, index: bytes) -> list[str]:
    """List the names of the pages from the first to the last that an index links to.

    Links to pages of another day are slips. If the first link is to one of the first pages, those before it were left out.
    """
    pattern = re.compile(rf"(?<!\d)(\d{{5,6}})({series.letter})(\d{{2,4}})(\.html?)\b".encode(), re.IGNORECASE)
    links = [match.groups() for match in pattern.finditer(index)]
    links = [link for link in links if _read_day(link[0].decode()) == day] or links
    if not links:
        return []
    stem, letter, digits, ending = (part.decode() for part in links[0])
    numbers = [int(number) for link_stem, _, number, _ in links if link_stem.decode() == stem]
    first = 1 if min(numbers) <= _FIRST_LINKED else min(numbers)
    last = min(max(numbers), first + MAX_PAGES - 1)
    return [f"{stem}{letter}{number:0{len(digits)}}{ending}" for number in range(first, last + 1)]


def find_next_page(series: PrintedSeries, page: bytes) -> str | None:
    """Find the page of the same series that "Next Section" leads to."""
    match = _NEXT_LINK.search(page)
    name = match[1].decode("ascii", "replace").partition("#")[0].rpartition("/")[2] if match else ""
    return name if re.fullmatch(rf"\d{{5,6}}{series.letter}\d{{2,4}}\.html?", name) else None


def _session_folders(day: date) -> tuple[str, ...]:
    session = identifiers.session_on(day) or ""
    return _FOLDERS_OF_2010[day.year] if session == "2010-12" else (session.replace("-", ""),)


def _stem(day: date) -> str:
    return f"{day:%y%m%d}".removeprefix("0")


def _read_day(digits: str) -> date | None:
    """Read a day of six digits, or of five since the year 2000."""
    year, month, day = int(digits[:-4]), int(digits[-4:-2]), int(digits[-2:])
    try:
        return date(year + (1900 if year > _CENTURY_TURN else 2000), month, day)
    except ValueError:
        return None
