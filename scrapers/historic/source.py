"""Volumes of Historic Hansard in a folder, or single days of its site."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.errors import ConfigError, GoneError
from monitor.model.records import House
from monitor.model.sources import FileRef, Payload
from scrapers.folders import LocalFolder
from scrapers.historic.pages import day_path, find_sections, read_page
from scrapers.historic.volumes import read_volume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model.sources import Parsed
    from monitor.ports import Register
    from scrapers.folders import Folder

NAME: Final = "historic"
FIRST_DAY, LAST_DAY = date(1803, 11, 22), date(2005, 12, 31)
"""Days that the site covers."""

_ENDINGS: Final = (".xml", ".html", ".htm")
_VOLUME_NAME: Final = re.compile(r"S(\d)[CL]?V(\d{4})(P\d)")
_PAGE_START: Final = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE
)


class _Files:
    """Files of either kind: both are fetched and read alike."""

    name = NAME
    houses = (House.COMMONS, House.LORDS)
    version = 2

    def __init__(self, folder: Folder, register: Register) -> None:
        self._folder, self._register = folder, register

    def fetch(self, ref: FileRef) -> Payload:
        """Fetch a file. Raises FetchError."""
        file = self._folder.read(ref.name, keep=not ref.stamp)
        return Payload(source=NAME, key=ref.name, url=file.url, fetched_at=file.fetched_at, body=file.body)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """Parse the records of a file. Raises ParseError."""
        return read_file(payload, self._register)


class Historic(_Files):
    """Volumes, parts of days, and pages, in one folder or in folders within it, one for each series for example."""

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:  # noqa: ARG002 - see below
        """List all files, newest volume first. Their days are known only once they are read. Raises FetchError."""
        found = self._folder.walk() if isinstance(self._folder, LocalFolder) else self._folder.entries()
        entries = [entry for entry in found if entry.name.lower().endswith(_ENDINGS)]
        for entry in sorted(entries, key=lambda entry: _print_order(entry.name), reverse=True):
            yield FileRef(name=entry.name, stamp=entry.stamp)


class HistoricPages(_Files):
    """Single days of the site, a file for each section."""

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """List the sections of these days, newest day first. Raises FetchError, and ConfigError without a first day."""
        if first is None:
            raise ConfigError(
                "Historic Hansard's site is read for single days: name the first of them, or set path to its volumes."
            )
        day = min(last or LAST_DAY, LAST_DAY)
        while day >= max(first, FIRST_DAY):
            path = day_path(day)
            try:
                page = self._folder.read(f"sittings/{path}", keep=False)
            except GoneError:
                pass  # neither House sat
            else:
                yield from (FileRef(name=name, day=day, stamp="1") for name in find_sections(page.body, path))
            day -= timedelta(days=1)


def read_file(payload: Payload, register: Register) -> Iterator[Parsed]:
    """Parse the records of a volume, a part of one, or a page. Raises ParseError."""
    read = read_page if _PAGE_START.match(payload.body) else read_volume
    return read(payload, NAME, register)


def _print_order(name: str) -> tuple[str, str, str, str]:
    """Order files by series, volume and part; other files come last."""
    match = _VOLUME_NAME.search(name.upper())
    return (match[1], match[2], match[3], name) if match else ("", "", "", name)
