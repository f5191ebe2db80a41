"""How publications.parliament.uk addresses days of Hansard, and their pages.

The Commons: `cm200405/cmhansrd/vo050203/text/50203w01.htm`, with `index/50203-x.htm` for the day; `cm` for `vo` is the daily
part. The Lords the same (`ld200405/ldhansrd/vo050203`), until days lost their folders in July 2006:
`ld200708/ldhansrd/text/80403w0001.htm`, `ld200708/ldhansrd/index/080403.html`. The names of pages leave the leading zero of
the year out. The session of 2010 to 2012 lies in folders of two names, neither of them its own.
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

SITE: Final = "https://publications.parliament.uk/pa"
MAX_PAGES: Final = 400
"""More than any day has: where the chain of pages does not end, it is cut."""
EDITIONS: Final = ("vo", "cm", "")
"""The better one first; the Lords' has no name since days have no folders."""

_LORDS_WITHOUT_DAYS: Final = date(2006, 7, 3)
_FOLDERS_OF_2010: Final = {2010: ("201011",), 2011: ("201011", "201212"), 2012: ("201212", "201011")}
_NEAR: Final = 3
_PAGE: Final = re.compile(
    r"(?:^|/)(?P<address>(?P<house>cm|ld)\d{6}/(?:cm|ld)hansrd/(?:(?P<edition>cm|vo)(?P<day>\d{6})[a-z]?/)?"
    r"(?:wms)?text/(?P<stem>\d{5,6})(?P<letter>w|m|-wms)(?P<number>\d{2,4})\.html?)(?:\.html?)?$",
    re.IGNORECASE,
)
_NEXT: Final = re.compile(
    rb"<a\s[^>]*?href\s*=\s*[\"']?([^\"'\s>]+)[^>]*>\s*(?:<[^>]+>\s*)*next(?:\s+section)?\s*<", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A series of one House: the folders of its index and its pages, and the letter in the names of these."""

    house: House
    series: str
    index: str
    text: str
    letter: str

    def file(self, day: date) -> str:
        """What the source calls its pages of a day, all together."""
        return f"{self.house}/{day}/{self.series}"


KINDS: Final = (
    Kind(House.COMMONS, identifiers.WRITTEN_ANSWERS, "index", "text", "w"),
    Kind(House.COMMONS, identifiers.WRITTEN_STATEMENTS, "wmsindx", "wmstext", "m"),
    Kind(House.LORDS, identifiers.WRITTEN_ANSWERS, "index", "text", "w"),
    Kind(House.LORDS, identifiers.WRITTEN_STATEMENTS, "index", "text", "-wms"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """What the path of a page tells. `address` is its path below `SITE`; `place` puts the pages of a day in order."""

    address: str
    kind: Kind
    edition: str
    day: date
    place: tuple[str, int]


def read_path(path: str) -> Page | None:
    """The page of Hansard that a path of a mirror names, whatever stands before it; None for any other file."""
    match = _PAGE.search(path)
    if match is None:
        return None
    house = House.LORDS if match["house"].lower() == "ld" else House.COMMONS
    kind = next((kind for kind in KINDS if (kind.house, kind.letter) == (house, match["letter"].lower())), None)
    day = _day(match["day"] or match["stem"])
    if kind is None or day is None:
        return None
    return Page(
        address=match["address"],
        kind=kind,
        edition=(match["edition"] or "").lower(),
        day=day,
        place=(match["stem"], int(match["number"])),
    )


def indexes(kind: Kind, day: date) -> Iterator[tuple[str, str]]:
    """Where the index of a day may be, the likeliest first: the folder of the day, below `SITE`, and the path in it."""
    for session in _sessions(day):
        if kind.house is House.LORDS and day >= _LORDS_WITHOUT_DAYS:
            yield f"ld{session}/ldhansrd", f"{kind.index}/{day:%y%m%d}.html"
            continue
        letters = "ld" if kind.house is House.LORDS else "cm"
        for edition in EDITIONS[:2] if kind.house is House.COMMONS else EDITIONS[:1]:
            yield f"{letters}{session}/{letters}hansrd/{edition}{day:%y%m%d}", f"{kind.index}/{_stem(day)}-x.htm"


def listed(kind: Kind, day: date, index: bytes) -> list[str]:
    """The pages from the first to the last that an index links to, by name.

    Links to another day's pages are slips. Where the first of them is near the beginning it was passed over.
    """
    pattern = re.compile(rf"(?<!\d)(\d{{5,6}})({kind.letter})(\d{{2,4}})(\.html?)\b".encode(), re.IGNORECASE)
    found = [match.groups() for match in pattern.finditer(index)]
    found = [one for one in found if _day(one[0].decode()) == day] or found
    if not found:
        return []
    stem, letter, digits, ending = (part.decode() for part in found[0])
    numbers = [int(number) for each, _, number, _ in found if each.decode() == stem]
    first = 1 if min(numbers) <= _NEAR else min(numbers)
    last = min(max(numbers), first + MAX_PAGES - 1)
    return [f"{stem}{letter}{number:0{len(digits)}}{ending}" for number in range(first, last + 1)]


def next_page(kind: Kind, page: bytes) -> str | None:
    """The page of the same series that "Next Section" leads to."""
    match = _NEXT.search(page)
    name = match[1].decode("ascii", "replace").partition("#")[0].rpartition("/")[2] if match else ""
    return name if re.fullmatch(rf"\d{{5,6}}{kind.letter}\d{{2,4}}\.html?", name) else None


def _sessions(day: date) -> tuple[str, ...]:
    """What folders of the session of a day are called."""
    session = identifiers.session_on(day) or ""
    return _FOLDERS_OF_2010[day.year] if session == "2010-12" else (session.replace("-", ""),)


def _stem(day: date) -> str:
    return f"{day:%y%m%d}".removeprefix("0")


def _day(digits: str) -> date | None:
    """The day that six digits name, or five since the year 2000."""
    year, month, day = digits[:-4], digits[-4:-2], digits[-2:]
    try:
        return date(int(year) + (1900 if int(year) > 80 else 2000), int(month), int(day))  # noqa: PLR2004 - nothing older is there
    except ValueError:
        return None
