"""publications.parliament.uk, 2001 to 2014: https://publications.parliament.uk/pa, under the Open Parliament Licence v3.0.

Hansard as it was put on the web until its data got an API: the written answers and statements of both Houses. A file of this
source is a day of one House and one series, with all its pages, in the better of its two editions: the bound volume
supersedes the daily part. Of a mirror the pages that are there are read, in whatever folder it lies; of the site days are
found by asking for the index of each. `addresses` says where what is.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.errors import GoneError
from monitor.model.records import House
from monitor.model.sources import FileRef, Payload
from monitor.parliament import identifiers
from scrapers.folders import LocalFolder
from scrapers.publications.addresses import EDITIONS, KINDS, MAX_PAGES, SITE, indexes, listed, next_page, read_path
from scrapers.publications.pages import glue, read_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model.sources import Parsed
    from monitor.ports import Register
    from scrapers.folders import FileEntry, Folder, ReceivedFile
    from scrapers.publications.addresses import Kind, Page

NAME: Final = "publications"
FIRST_DAY, LAST_DAY = date(2001, 6, 13), date(2014, 9, 12)
"""What is read of it: what came later is in the API, and TheyWorkForYou has what came between."""

_PAGES: Final = (".htm", ".html")
_SATURDAY: Final = 5

logger = logging.getLogger(__name__)


class Publications:
    """Reads days from the site, or from a mirror of it, and loose pages beside."""

    name = NAME
    houses = (House.COMMONS, House.LORDS)
    version = 1

    def __init__(self, place: Folder, register: Register) -> None:
        self._from = _Mirror(place) if isinstance(place, LocalFolder) else _Site(place)
        self._register = register

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """The days that have pages, newest first, each as soon as it is found, then loose pages. Raises FetchError."""
        yield from self._from.files(max(first or FIRST_DAY, FIRST_DAY), min(last or LAST_DAY, LAST_DAY))

    def fetch(self, ref: FileRef) -> Payload:
        """All pages of a day, in order, or one loose page. Raises FetchError."""
        return self._from.fetch(ref)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """The records of a day or of a loose page. Raises ParseError."""
        return read_pages(payload, NAME, self._register)


class _Mirror:
    """A folder of this machine in which pages lie in folders as the site's are, with or without what is above them."""

    def __init__(self, place: LocalFolder) -> None:
        self._place = place
        self._days: dict[str, list[tuple[Page, FileEntry]]] = {}

    def files(self, first: date, last: date) -> Iterator[FileRef]:
        """What is there; pages that lie in no folder of Hansard are files of unknown day."""
        loose = self._look()
        for name, pages in sorted(self._days.items(), key=lambda day: (-day[1][0][0].day.toordinal(), day[0])):
            page = pages[0][0]
            if first <= page.day <= last:
                stamps = hashlib.sha256(" ".join(entry.stamp for _, entry in pages).encode()).hexdigest()[:12]
                yield FileRef(name=name, day=page.day, stamp=f"{page.edition or 'ld'}-{stamps}")
        yield from (FileRef(name=entry.name, stamp=entry.stamp) for entry in loose)

    def fetch(self, ref: FileRef) -> Payload:
        if ref.day is None:
            page = self._place.read(ref.name)
            return Payload(source=NAME, key=ref.name, url=page.url, fetched_at=page.fetched_at, body=page.body)
        if ref.name not in self._days:
            self._look()
        read = [(page, self._place.read(entry.name)) for page, entry in self._days.get(ref.name, ())]
        if not read:
            raise GoneError(f"{self._place} has no pages of {ref.name} any more.", url=ref.name)
        body = glue([(f"{SITE}/{page.address}", received.body) for page, received in read])
        return Payload(source=NAME, key=ref.name, url=read[0][1].url, fetched_at=read[0][1].fetched_at, body=body)

    def _look(self) -> list[FileEntry]:
        """Find the pages of each day, in order; returns the loose ones."""
        loose: list[FileEntry] = []
        folders: dict[str, dict[tuple[int, str], list[tuple[Page, FileEntry]]]] = {}
        for entry in self._place.walk():
            page = read_path(entry.name)
            if page:
                rank = EDITIONS.index(page.edition), entry.name.rpartition("/")[0]
                folders.setdefault(page.kind.file(page.day), {}).setdefault(rank, []).append((page, entry))
            elif entry.name.lower().endswith(_PAGES) and "hansrd/" not in entry.name.lower():
                loose.append(entry)
        self._days = {
            name: sorted(found[min(found)], key=lambda pair: pair[0].place) for name, found in folders.items()
        }
        return loose


class _Site:
    """A web server with the site's folder `pa`."""

    def __init__(self, place: Folder) -> None:
        self._place = place
        self._root = "" if str(place).rstrip("/").endswith("/pa") else "pa/"

    def files(self, first: date, last: date) -> Iterator[FileRef]:
        """Asks for the indexes of weekdays: nothing was printed on others."""
        day = last
        while day >= first:
            for house in Publications.houses if day.weekday() < _SATURDAY else ():
                yield from self._of_day(house, day)
            day -= timedelta(days=1)

    def fetch(self, ref: FileRef) -> Payload:
        house, day, series = ref.name.split("/")
        kind = next(kind for kind in KINDS if (kind.house, kind.series) == (house, series))
        found = self._index(kind, date.fromisoformat(day))
        if found is None:
            raise GoneError(f"{self._place} has no index of {ref.name} any more.", url=ref.name)
        folder, index = found
        pages = list(self._pages(folder, kind, listed(kind, date.fromisoformat(day), index.body)))
        if not pages:
            raise GoneError(f"The index of {ref.name} leads to no page that is there.", url=index.url)
        return Payload(source=NAME, key=ref.name, url=index.url, fetched_at=index.fetched_at, body=glue(pages))

    def _of_day(self, house: House, day: date) -> Iterator[FileRef]:
        """The series of one House. Statements are looked for only where answers are, for they come out together."""
        folder = None
        for kind in KINDS:
            if kind.house is not house or (kind.series != identifiers.WRITTEN_ANSWERS and folder is None):
                continue
            found = self._index(kind, day, folder)
            if found is None:
                continue
            folder, index = found
            if listed(kind, day, index.body):
                edition = folder.rpartition("/")[2][:2]
                yield FileRef(
                    name=kind.file(day), day=day, stamp=f"{edition}-{hashlib.sha256(index.body).hexdigest()[:12]}"
                )

    def _index(self, kind: Kind, day: date, beside: str | None = None) -> tuple[str, ReceivedFile] | None:
        """The folder of the better edition of a day, with its index; None where there is none. `beside`: in this folder."""
        for folder, name in indexes(kind, day):
            if beside in (None, folder):
                with suppress(GoneError):
                    return folder, self._place.read(f"{self._root}{folder}/{name}", keep=False)
        return None

    def _pages(self, folder: str, kind: Kind, names: list[str]) -> Iterator[tuple[str, bytes]]:
        """The pages of these names and those that the last of them leads to, each with its address at Parliament.

        An index may lead to pages that are not there, and pass over some that are.
        """
        seen: set[str] = set()
        while names and len(seen) < MAX_PAGES:
            name = names.pop(0)
            seen.add(name)
            try:
                page = self._place.read(f"{self._root}{folder}/{kind.text}/{name}", keep=False)
            except GoneError:
                logger.warning("page missing source=%s page=%s/%s/%s", NAME, folder, kind.text, name)
                continue
            yield f"{SITE}/{folder}/{kind.text}/{name}", page.body
            following = next_page(kind, page.body)
            if not names and following and following not in seen:
                names.append(following)
