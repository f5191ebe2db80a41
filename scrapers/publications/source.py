"""Days of Hansard on the site, or in a copy of it on this machine, and the addresses of days and of their pages.

The Commons: `cm200405/cmhansrd/vo050203/text/50203w01.htm`, with `index/50203-x.htm` for the day; in the daily part `cm`
stands for `vo`. The Lords alike (`ld200405/ldhansrd/vo050203`), until days lost their folders in July 2006:
`ld200708/ldhansrd/text/80403w0001.htm`, `ld200708/ldhansrd/index/080403.html`. Names of pages leave out the leading zero of
the year. The session of 2010 to 2012 lies in folders of two names, neither of them its own.
"""

from __future__ import annotations

import hashlib
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.errors import GoneError
from monitor.model.records import House
from monitor.model.sources import FileRef, Payload
from monitor.parliament import identifiers
from scrapers.folders import LocalFolder
from scrapers.publications.pages import join_pages, read_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model.sources import Parsed
    from monitor.ports import Register
    from scrapers.folders import FileEntry, Folder, ReceivedFile

_SITE: Final = "https://publications.parliament.uk/pa"
MAX_PAGES: Final = 400
"""More pages than any day has; a chain of pages without an end is cut there."""
_EDITIONS: Final = ("vo", "cm", "")
"""Editions, the better one first. That of the Lords has no name since days have no folders."""

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
_NEXT_LINK: Final = re.compile(
    rb"<a\s[^>]*?href\s*=\s*[\"']?([^\"'\s>]+)[^>]*>\s*(?:<[^>]+>\s*)*next(?:\s+section)?\s*<", re.IGNORECASE
)

NAME: Final = "publications"
FIRST_DAY, LAST_DAY = date(2001, 6, 13), date(2014, 9, 12)
"""Days that are read: later ones are in the API."""

_ENDINGS: Final = (".htm", ".html")
_SATURDAY: Final = 5

logger = logging.getLogger(__name__)


# -- addresses --------------------------------------------------------------------------------------------------------


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


def _find_indexes(series: PrintedSeries, day: date) -> Iterator[tuple[str, str]]:
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


# -- days -------------------------------------------------------------------------------------------------------------


class Publications:
    """Days of the site or of a copy of it, and loose pages beside them."""

    name = NAME
    houses = (House.COMMONS, House.LORDS)
    version = 1

    def __init__(self, folder: Folder, register: Register) -> None:
        self._pages = _Copy(folder) if isinstance(folder, LocalFolder) else _Site(folder)
        self._register = register

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """List the days that have pages, newest first, each as soon as it is found; then loose pages. Raises FetchError."""
        yield from self._pages.files(max(first or FIRST_DAY, FIRST_DAY), min(last or LAST_DAY, LAST_DAY))

    def fetch(self, ref: FileRef) -> Payload:
        """Fetch all pages of a day, in order, or one loose page. Raises FetchError."""
        return self._pages.fetch(ref)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """Parse the records of a day or of a loose page. Raises ParseError."""
        return read_pages(payload, NAME, self._register)


class _Copy:
    """Folder of this machine whose pages lie in folders as the site's do, with or without those above them."""

    def __init__(self, folder: LocalFolder) -> None:
        self._folder = folder
        self._days: dict[str, list[tuple[PageAddress, FileEntry]]] = {}

    def files(self, first: date, last: date) -> Iterator[FileRef]:
        """List the days; pages outside the folders of Hansard are files of unknown day."""
        loose = self._scan()
        newest_first = sorted(self._days.items(), key=lambda day: (-day[1][0][0].day.toordinal(), day[0]))
        for name, pages in newest_first:
            page, _ = pages[0]
            if first <= page.day <= last:
                stamps = " ".join(entry.stamp for _, entry in pages)
                yield FileRef(name=name, day=page.day, stamp=f"{page.edition or 'ld'}-{_short_hash(stamps.encode())}")
        yield from (FileRef(name=entry.name, stamp=entry.stamp) for entry in loose)

    def fetch(self, ref: FileRef) -> Payload:
        """Read the pages of a day, or a loose page."""
        if ref.day is None:
            page = self._folder.read(ref.name)
            return Payload(source=NAME, key=ref.name, url=page.url, fetched_at=page.fetched_at, body=page.body)
        if ref.name not in self._days:
            self._scan()
        pages = [(page, self._folder.read(entry.name)) for page, entry in self._days.get(ref.name, ())]
        if not pages:
            raise GoneError(f"{self._folder} has no pages of {ref.name} any more.", url=ref.name)
        body = join_pages([(f"{_SITE}/{page.address}", received.body) for page, received in pages])
        _, first = pages[0]
        return Payload(source=NAME, key=ref.name, url=first.url, fetched_at=first.fetched_at, body=body)

    def _scan(self) -> list[FileEntry]:
        """Find the pages of each day, in order, of the best edition; return the loose pages."""
        loose: list[FileEntry] = []
        by_day: dict[str, dict[tuple[int, str], list[tuple[PageAddress, FileEntry]]]] = {}
        for entry in self._folder.walk():
            page = read_path(entry.name)
            if page:
                rank = _EDITIONS.index(page.edition), entry.name.rpartition("/")[0]
                by_day.setdefault(page.series.file_name(page.day), {}).setdefault(rank, []).append((page, entry))
            elif entry.name.lower().endswith(_ENDINGS) and "hansrd/" not in entry.name.lower():
                loose.append(entry)
        self._days = {
            name: sorted(by_rank[min(by_rank)], key=lambda pair: pair[0].position) for name, by_rank in by_day.items()
        }
        return loose


class _Site:
    """Web server with the site's folder `pa`."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._root = "" if str(folder).rstrip("/").endswith("/pa") else "pa/"

    def files(self, first: date, last: date) -> Iterator[FileRef]:
        """Ask for the indexes of weekdays; nothing was printed on others."""
        day = last
        while day >= first:
            for house in Publications.houses if day.weekday() < _SATURDAY else ():
                yield from self._files_of(house, day)
            day -= timedelta(days=1)

    def fetch(self, ref: FileRef) -> Payload:
        """Fetch the index of a day and all its pages."""
        house, day, series_name = ref.name.split("/")
        series = next(series for series in SERIES if (series.house, series.name) == (house, series_name))
        found = self._find_index(series, date.fromisoformat(day))
        if found is None:
            raise GoneError(f"{self._folder} has no index of {ref.name} any more.", url=ref.name)
        path, index = found
        pages = list(self._fetch_pages(path, series, find_pages(series, date.fromisoformat(day), index.body)))
        if not pages:
            raise GoneError(f"The index of {ref.name} leads to no page that is there.", url=index.url)
        return Payload(source=NAME, key=ref.name, url=index.url, fetched_at=index.fetched_at, body=join_pages(pages))

    def _files_of(self, house: House, day: date) -> Iterator[FileRef]:
        """List the series of one House. Statements are looked for only beside answers: both come out together."""
        path = None
        for series in SERIES:
            if series.house is not house or (series.name != identifiers.WRITTEN_ANSWERS and path is None):
                continue
            found = self._find_index(series, day, path)
            if found is None:
                continue
            path, index = found
            if find_pages(series, day, index.body):
                edition = path.rpartition("/")[2][:2]
                yield FileRef(name=series.file_name(day), day=day, stamp=f"{edition}-{_short_hash(index.body)}")

    def _find_index(
        self, series: PrintedSeries, day: date, only_in: str | None = None
    ) -> tuple[str, ReceivedFile] | None:
        """Find the folder of a day in its better edition, with its index. `only_in`: no other folder is tried."""
        for path, name in _find_indexes(series, day):
            if only_in in (None, path):
                with suppress(GoneError):
                    return path, self._folder.read(f"{self._root}{path}/{name}", keep=False)
        return None

    def _fetch_pages(self, path: str, series: PrintedSeries, names: list[str]) -> Iterator[tuple[str, bytes]]:
        """Fetch pages and those that the last of them leads to, each with its address at Parliament.

        An index may lead to pages that are not there, and leave out some that are.
        """
        asked: set[str] = set()
        while names and len(asked) < MAX_PAGES:
            name = names.pop(0)
            asked.add(name)
            try:
                page = self._folder.read(f"{self._root}{path}/{series.page_folder}/{name}", keep=False)
            except GoneError:
                logger.warning("page missing source=%s page=%s/%s/%s", NAME, path, series.page_folder, name)
                continue
            yield f"{_SITE}/{path}/{series.page_folder}/{name}", page.body
            following = find_next_page(series, page.body)
            if not names and following and following not in asked:
                names.append(following)


def _short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
