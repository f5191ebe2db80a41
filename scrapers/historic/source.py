"""Historic Hansard, the Official Report of 1803 to 2005: volumes in XML, or single days from the pages of its site.

Volumes: https://www.hansard-archive.parliament.uk, one XML file in a zip (S6CV0417P2.zip), under the Open Parliament Licence
v3.0. Pages: https://api.parliament.uk/historic-hansard, under the same. Both were keyed or scanned from print, so they have
misreadings ("Offcence") that nobody corrects. `volumes` and `pages` say what is odd about each.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.errors import ConfigError, GoneError
from monitor.model.records import House
from monitor.model.sources import FileRef, Payload
from scrapers.folders import LocalFolder
from scrapers.historic.pages import read_page, sections_of_day
from scrapers.historic.site import day_path
from scrapers.historic.volumes import read_volume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model.sources import Parsed
    from monitor.ports import Register
    from scrapers.folders import Folder

NAME: Final = "historic"
FIRST_DAY, LAST_DAY = date(1803, 11, 22), date(2005, 12, 31)
"""What the site covers."""

_FILES: Final = (".xml", ".html", ".htm")
_STEM: Final = re.compile(r"S(\d)[CL]?V(\d{4})(P\d)")
_PAGE: Final = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE
)


class Historic:
    """Reads volumes, parts of days, and pages, in one folder or in the folders in it, as of a series."""

    name = NAME
    houses = (House.COMMONS, House.LORDS)
    version = 2

    def __init__(self, place: Folder, register: Register) -> None:
        self._place, self._register = place, register

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:  # noqa: ARG002
        """All files, newest volume first: of what days a volume tells is known when it is read. Raises FetchError."""
        found = self._place.walk() if isinstance(self._place, LocalFolder) else self._place.entries()
        entries = [entry for entry in found if entry.name.lower().endswith(_FILES)]
        for entry in sorted(entries, key=lambda entry: _order(entry.name), reverse=True):
            yield FileRef(name=entry.name, stamp=entry.stamp)

    def fetch(self, ref: FileRef) -> Payload:
        """A file. Raises FetchError."""
        return _fetch(self._place, ref)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """The records of a file. Raises ParseError."""
        return read_file(payload, self._register)


class HistoricPages:
    """Reads single days from the site, a file a section."""

    name = NAME
    houses = (House.COMMONS, House.LORDS)
    version = 2

    def __init__(self, place: Folder, register: Register) -> None:
        self._place, self._register = place, register

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """The sections of these days, newest day first. Raises FetchError; ConfigError where no first day is named."""
        if first is None:
            raise ConfigError(
                "Historic Hansard's site is read for single days: name the first of them, or set path to its volumes."
            )
        day = min(last or LAST_DAY, LAST_DAY)
        while day >= max(first, FIRST_DAY):
            path = day_path(day)
            try:
                page = self._place.read(f"sittings/{path}", keep=False)
            except GoneError:
                pass  # no House sat
            else:
                yield from (FileRef(name=name, day=day, stamp="1") for name in sections_of_day(page.body, path))
            day -= timedelta(days=1)

    def fetch(self, ref: FileRef) -> Payload:
        """A page. Raises FetchError."""
        return _fetch(self._place, ref)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """The records of a page. Raises ParseError."""
        return read_file(payload, self._register)


def read_file(payload: Payload, register: Register) -> Iterator[Parsed]:
    """The records of a volume, a part or a page. Raises ParseError."""
    read = read_page if _PAGE.match(payload.body) else read_volume
    return read(payload, NAME, register)


def _fetch(place: Folder, ref: FileRef) -> Payload:
    received = place.read(ref.name, keep=not ref.stamp)
    return Payload(source=NAME, key=ref.name, url=received.url, fetched_at=received.fetched_at, body=received.body)


def _order(name: str) -> tuple[str, str, str, str]:
    """By series, volume and part; a file that is none comes last."""
    match = _STEM.search(name.upper())
    return (match[1], match[2], match[3], name) if match else ("", "", "", name)
