"""Current versions of the files of a place, and the records in them."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import Kind
from monitor.model.sources import Payload
from scrapers.theyworkforyou.answers import read_questions
from scrapers.theyworkforyou.context import SOURCE, FileContext
from scrapers.theyworkforyou.documents import open_document
from scrapers.theyworkforyou.files import FILE_KINDS, current_files, group_by_sitting, read_change_dates, read_file_name
from scrapers.theyworkforyou.speeches import read_speeches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from monitor.model.records import House
    from monitor.model.sources import FileRef, Parsed
    from monitor.ports import Register
    from scrapers.folders import FileEntry, Folder
    from scrapers.theyworkforyou.files import FileKind

WESTMINSTER: Final = tuple(name for name, folder in FILE_KINDS.items() if folder.house.legislature == "uk")

_ROOTS = ("scrapedxml/", "")
"""Folders above those of the files: a copy is of pwdata, or of scrapedxml itself."""
_REDIRECT = re.compile(rb"<gidredirect\b[^>]*/>")
_END = b"</publicwhip>"
_SUPERSEDED = re.compile(rb"""<publicwhip\b[^>]*\blatest\s*=\s*["']no["']""", re.IGNORECASE)

logger = logging.getLogger(__name__)


class TheyWorkForYou:
    """Files of some kinds, the current version of each day."""

    name = SOURCE
    version = 1

    def __init__(self, folder: Folder, register: Register, *, kinds: Sequence[str] = WESTMINSTER) -> None:
        """Take the folder of all files and the names of those to read, from `FILE_KINDS`."""
        self._folder, self._register = folder, register
        self._kinds = tuple(FILE_KINDS[kind] for kind in kinds)
        self._root: str | None = None
        self._earlier_versions: dict[str, dict[str, list[str]]] = {}

    @property
    def houses(self) -> tuple[House, ...]:
        """Houses that the files are about."""
        return tuple(dict.fromkeys(kind.house for kind in self._kinds))

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """List the current files of these days, both included, newest first. Raises FetchError."""
        found: list[FileRef] = []
        missing = []
        for kind in self._kinds:
            try:
                found += self._list(kind)
            except GoneError:
                missing.append(kind.name)
        if missing and len(missing) == len(self._kinds):
            text = (
                f"{self._folder} has no folder {missing[0]}: path or base_url is to name pwdata, or scrapedxml in it."
            )
            raise FetchError(text, url=str(self._folder))
        if missing:
            logger.info("folders source=%s missing=%s", SOURCE, ",".join(missing))
        found.sort(key=lambda ref: (str(ref.day), ref.name), reverse=True)
        for ref in found:
            is_wanted = ref.day and (first is None or ref.day >= first) and (last is None or ref.day <= last)
            if is_wanted:
                yield ref

    def fetch(self, ref: FileRef) -> Payload:
        """Fetch a file. The redirects of ids in the versions before it are added at its end. Raises FetchError."""
        kind = FILE_KINDS[ref.name.partition("/")[0]]
        if kind.name not in self._earlier_versions:
            self._list(kind)
        # If the stamp tells of changes, the server need not be asked, and nothing is kept for asking.
        received = self._folder.read(f"{self._root}{ref.name}", keep=not ref.stamp)
        body = received.body
        if not kind.has_numbers_in_ids:
            body = _with_redirects(body, self._read_earlier_versions(kind, ref.name))
        return Payload(source=SOURCE, key=ref.name, url=received.url, fetched_at=received.fetched_at, body=body)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """Parse the records of a file; none of one that a later version has superseded. Raises ParseError."""
        name = payload.key.partition("#")[0]
        kind, version = FILE_KINDS.get(name.partition("/")[0]), read_file_name(name)
        if kind is None or version is None:
            raise ParseError(f"{name} is no name of a file of TheyWorkForYou: report it.", key=payload.key)
        document = open_document(payload.body, name)
        if document.is_superseded:
            return
        context = FileContext(name, kind, version.day, self._register, document)
        yield from read_questions(context) if kind.record_kind is Kind.QUESTION else read_speeches(context)

    def _list(self, kind: FileKind) -> list[FileRef]:
        """List the current files of a kind, and remember the versions before them. Raises GoneError."""
        root, entries = self._find_entries(kind)
        self._root = root
        try:
            text = self._folder.read(f"{root}{kind.name}/changedates.txt").body.decode("utf-8", "replace")
        except GoneError:
            text = ""
        by_sitting = group_by_sitting(kind, entries)
        self._earlier_versions[kind.name] = {
            f"{kind.name}/{versions[-1][0].file}": [entry.name for _, entry in versions[:-1]]
            for versions in by_sitting.values()
            if len(versions) > 1
        }
        return list(current_files(kind, by_sitting, read_change_dates(text)))

    def _find_entries(self, kind: FileKind) -> tuple[str, list[FileEntry]]:
        """Find the folder of a kind: what is above it, and the files in it."""
        roots = _ROOTS if self._root is None else (self._root,)
        for root in roots[:-1]:
            with suppress(GoneError):
                return root, self._folder.entries(f"{root}{kind.name}")
        return roots[-1], self._folder.entries(f"{roots[-1]}{kind.name}")

    def _read_earlier_versions(self, kind: FileKind, name: str) -> Iterator[bytes]:
        """Read the versions before a file, as far as they are there. Without them only old ids are missing."""
        for earlier in self._earlier_versions[kind.name].get(name, ()):
            with suppress(GoneError):
                yield self._folder.read(earlier, keep=False).body


def _with_redirects(body: bytes, earlier_versions: Iterable[bytes]) -> bytes:
    """Add the redirects of the versions that a file superseded."""
    superseded = (version for version in earlier_versions if _SUPERSEDED.search(version))
    redirects = b"\n".join(tag for version in superseded for tag in _REDIRECT.findall(version))
    begin, end, rest = body.rpartition(_END)
    if not redirects or not end:
        return body
    return begin + redirects + b"\n" + end + rest
