"""publications.parliament.uk, 2001 to 2014: https://publications.parliament.uk/pa, under the Open Parliament Licence v3.0.

Hansard as it was put on the web until its data got an API. `cm200405/cmhansrd/vo050203/text/50203w01.htm` is the first page
of the Commons' written answers of 3 February 2005. There are two editions of a day, `cm` (the daily part) and `vo` (the
bound volume), which supersedes it. A file of this source is a day of one House and one series, with all its pages.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor import identity
from monitor.errors import GoneError
from monitor.model import House
from monitor.ports import FileRef, Payload
from scrapers.publications_pages import glue, read_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.ports import Parsed, Register
    from scrapers.places import Place, Received

NAME: Final = "publications"
SITE: Final = "https://publications.parliament.uk/pa"
FIRST_DAY, LAST_DAY = date(2001, 6, 13), date(2014, 9, 12)
"""What is read of it: what came later is in the API, and TheyWorkForYou has what came between."""
MAX_PAGES: Final = 400
"""More than any day has: where the chain of pages does not end, it is cut."""

_EDITIONS: Final = ("vo", "cm")
_SUNDAY: Final = 6
_NEXT: Final = re.compile(
    rb"<a\s[^>]*?href\s*=\s*[\"']?([^\"'\s>]+)[^>]*>\s*(?:<[^>]+>\s*)*next\s+section", re.IGNORECASE
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A series of one House: the folders of its index and its pages, and the letter in the names of these."""

    house: House
    series: str
    index: str
    text: str
    letter: str


_KINDS: Final = (
    _Kind(House.COMMONS, identity.WRITTEN_ANSWERS, "index", "text", "w"),
    _Kind(House.COMMONS, identity.WRITTEN_STATEMENTS, "wmsindx", "wmstext", "m"),
    _Kind(House.LORDS, identity.WRITTEN_ANSWERS, "index", "text", "w"),
)


class Publications:
    """Reads days from the site, or from a mirror of its folder `pa`, and loose pages in that folder."""

    name = NAME
    houses = (House.COMMONS, House.LORDS)
    version = 1

    def __init__(self, place: Place, register: Register) -> None:
        self._place, self._register = place, register
        self._is_web = "://" in str(place)
        self._sessions: dict[str, bool] = {}
        self._roots = ("",) if str(place).rstrip("/").endswith("/pa") else ("pa/", "")

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """The days that have pages, newest first, then the loose pages of a folder. Raises FetchError.

        What days there are is found by asking for the index of each.
        """
        day = min(last or LAST_DAY, LAST_DAY)
        while day >= max(first or FIRST_DAY, FIRST_DAY):
            for kind in _KINDS if day.weekday() != _SUNDAY else ():
                if (found := self._index(kind, day)) is not None:
                    folder, index = found
                    stamp = f"{folder[-8:-6]}-{hashlib.sha256(index.body).hexdigest()[:12]}"
                    yield FileRef(name=f"{kind.house}/{day}/{kind.series}", day=day, stamp=stamp)
            day -= timedelta(days=1)
        yield from self._loose()

    def fetch(self, ref: FileRef) -> Payload:
        """All pages of a day, in order, or one loose page. Raises FetchError."""
        if ref.day is None:
            page = self._place.read(ref.name)
            return Payload(source=NAME, key=ref.name, url=page.url, fetched_at=page.fetched_at, body=page.body)
        house, _, series = ref.name.split("/")
        kind = next(kind for kind in _KINDS if (kind.house, kind.series) == (house, series))
        found = self._index(kind, ref.day)
        if found is None:
            raise GoneError(f"{self._place} has no index of {ref.name} any more.", url=ref.name)
        folder, index = found
        pages = list(self._pages(folder, kind, index))
        if not pages:
            raise GoneError(f"The index of {ref.name} leads to no page that is there.", url=index.url)
        return Payload(source=NAME, key=ref.name, url=index.url, fetched_at=index.fetched_at, body=glue(pages))

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """The records of a day or of a loose page. Raises ParseError."""
        return read_pages(payload, NAME, self._register)

    def _loose(self) -> Iterator[FileRef]:
        """Pages in the folder itself, without those of days; a web server is not asked for them."""
        if self._is_web:
            return
        for entry in self._place.entries():
            if entry.name.lower().endswith((".htm", ".html")):
                yield FileRef(name=entry.name, stamp=entry.stamp)

    def _index(self, kind: _Kind, day: date) -> tuple[str, Received] | None:
        """The folder of the better edition of a day, with its index; None where there is neither."""
        session = (identity.session_on(day) or "").replace("-", "")
        letters = "ld" if kind.house is House.LORDS else "cm"
        for root in self._roots:
            for edition in _EDITIONS:
                folder = f"{root}{letters}{session}/{letters}hansrd/{edition}{day:%y%m%d}"
                for stem in _stems(day) if self._may_be_there(folder) else ():
                    try:
                        index = self._place.read(f"{folder}/{kind.index}/{stem}-x.htm", keep=False)
                    except GoneError:
                        continue
                    self._roots = (root,)
                    return folder, index
        return None

    def _may_be_there(self, folder: str) -> bool:
        """Whether a folder is worth asking for files: of a web server only that tells. A session is asked for once."""
        above = folder.rpartition("/")[0]
        if above not in self._sessions:
            self._sessions[above] = self._is_web or self._is_folder(above)
        return self._sessions[above] and (self._is_web or self._is_folder(folder))

    def _is_folder(self, name: str) -> bool:
        try:
            self._place.entries(name)
        except GoneError:
            return False
        return True

    def _pages(self, folder: str, kind: _Kind, index: Received) -> Iterator[tuple[str, bytes]]:
        """The pages that the index leads to, those between them, and those that the last of them leads to.

        Each with its address at Parliament, wherever it was read from.

        An index may lead to pages that are not there, and pass over some that are.
        """
        names = _listed(kind, index.body)
        seen: set[str] = set()
        while names and len(seen) < MAX_PAGES:
            name = names.pop(0)
            seen.add(name)
            try:
                page = self._place.read(f"{folder}/{kind.text}/{name}", keep=False)
            except GoneError:
                logger.warning("page missing source=%s page=%s/%s/%s", NAME, folder, kind.text, name)
                continue
            yield f"{SITE}/{folder.removeprefix('pa/')}/{kind.text}/{name}", page.body
            following = _next_page(kind, page.body)
            if not names and following and following not in seen:
                names.append(following)


def _stems(day: date) -> tuple[str, ...]:
    """What names of files begin with: the day, until 2009 without its leading zero."""
    stem = f"{day:%y%m%d}"
    return (stem.removeprefix("0"), stem) if stem.startswith("0") else (stem,)


def _listed(kind: _Kind, index: bytes) -> list[str]:
    """The pages from the first to the last that the index links to, by name."""
    pattern = re.compile(rf"\b(\d{{5,6}}{kind.letter})(\d{{2,4}})(\.html?)\b".encode(), re.IGNORECASE)
    found = [match.groups() for match in pattern.finditer(index)]
    if not found:
        return []
    stem, width, ending = found[0][0].decode(), len(found[0][1]), found[0][2].decode()
    last = min(max(int(number) for _, number, _ in found), MAX_PAGES)
    return [f"{stem}{number:0{width}}{ending}" for number in range(1, last + 1)]


def _next_page(kind: _Kind, page: bytes) -> str | None:
    """The page of the same series that "Next Section" leads to."""
    match = _NEXT.search(page)
    name = match[1].decode("ascii", "replace").partition("#")[0].rpartition("/")[2] if match else ""
    return name if re.fullmatch(rf"\d{{5,6}}{kind.letter}\d{{2,4}}\.html?", name) else None
