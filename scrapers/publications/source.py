"""Days of Hansard on the site, or in a copy of it on this machine.

On the site the days are those that a list names (`by_date`), or else weekdays that have an index.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from monitor.errors import FetchError, GoneError
from monitor.model.records import House
from monitor.model.sources import FileRef, Payload
from monitor.parliament import identifiers
from scrapers.folders import LocalFolder
from scrapers.publications.addresses import (
    MAX_PAGES,
    SERIES,
    find_indexes,
    find_next_page,
    find_pages,
    is_index_of,
    leads_to_pages,
    read_path,
    split_index,
)
from scrapers.publications.by_date import NAMES, read_list
from scrapers.publications.pages import join_pages, read_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model.sources import Parsed
    from monitor.ports import Register
    from scrapers.folders import FileEntry, Folder, ReceivedFile
    from scrapers.publications.addresses import PageAddress, PrintedSeries
    from scrapers.publications.by_date import PublishedList

NAME: Final = "publications"
FIRST_DAY, LAST_DAY = date(2001, 6, 13), date(2014, 9, 12)
"""Days that are read: later ones are in the API."""

_SITE: Final = "https://publications.parliament.uk/pa"
_EDITIONS: Final = ("vo", "cm", "")
"""Folders of the editions (bound volumes, daily parts), the better one first. The Lords' later days lie in neither."""
_ENDINGS: Final = (".htm", ".html")
_SATURDAY: Final = 5

logger = logging.getLogger(__name__)


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
    """Web server with the site's folder `pa`. In it may lie lists of what was published on which day (`by_date`)."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._root = "" if str(folder).rstrip("/").endswith("/pa") else "pa/"
        self._has_index = False
        self._other_page = ""

    def files(self, first: date, last: date) -> Iterator[FileRef]:
        """Ask for the indexes of the days that a list names; without one, of weekdays: others had no print.

        Raises FetchError, also where pages came for indexes and none was one.
        """
        self._has_index, self._other_page = False, ""
        day = last
        while day >= first:
            for house in Publications.houses:
                if self._may_have_been_published(house, day):
                    yield from self._files_of(house, day)
            day -= timedelta(days=1)
        if self._other_page and not self._has_index:
            text = f"{self._other_page} is no index of Hansard, nor was any other: an error page, or a wrong base_url."
            raise FetchError(text, url=self._other_page)

    @cached_property
    def _lists(self) -> dict[House, PublishedList]:
        """Read the list of each House, if there is one."""
        lists = {}
        for house, name in NAMES.items():
            with suppress(FetchError):  # without a list the days are guessed
                published = read_list(self._folder.read(f"{self._root}{name}", keep=False).body)
                if published is not None and published.house is house:
                    lists[house] = published
        return lists

    def _may_have_been_published(self, house: House, day: date) -> bool:
        published = self._lists.get(house)
        if published is None or published.tells_nothing_of(day):
            return day.weekday() < _SATURDAY
        return day in published.days

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
        """Find the folder of a day in its better edition, with its index. `only_in`: no other folder is tried.

        An address from a list comes last, because it is that of the daily part. A site may send a page of its own with
        status 200 where it has none, or while it is being mended.
        """
        published = self._lists.get(series.house)
        listed = (split_index(address) for address in (published.indexes if published else ()))
        of_day = [(path, name) for path, name in listed if is_index_of(series, day, name)]
        for path, name in dict.fromkeys([*find_indexes(series, day), *of_day]):
            if only_in in (None, path):
                with suppress(GoneError):
                    index = self._folder.read(f"{self._root}{path}/{name}", keep=False)
                    if leads_to_pages(index.body):
                        self._has_index = True
                        return path, index
                    self._other_page = index.url
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
