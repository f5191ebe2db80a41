"""TheyWorkForYou: what parlparse made of Hansard since 1919, from https://www.theyworkforyou.com/pwdata or a copy of it.

The texts are Parliament's (Open Parliament Licence v3.0), the files mySociety's, who ask that large copies be made by rsync
(`data.theyworkforyou.com::parldata/scrapedxml/`). A record is a question with its answer, a written statement or a speech.
What is odd about the files stands where it is dealt with: `files` (versions of a day), `documents`
(encodings, entities, what is broken), `gids` (ids and redirects), `answers` and
`speeches` (what a record is). Last checked against files of October 2009, and against what writes the files
since 2014 (https://github.com/mysociety/parlparse).
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import Kind
from monitor.model.sources import Payload
from scrapers.theyworkforyou.answers import questions
from scrapers.theyworkforyou.context import SOURCE, Context
from scrapers.theyworkforyou.documents import open_document
from scrapers.theyworkforyou.files import FILE_KINDS, changed_at, current, sittings, version_of
from scrapers.theyworkforyou.speeches import speeches

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
"""Where the folders lie: a place is pwdata, or scrapedxml itself."""
_REDIRECT = re.compile(rb"<gidredirect\b[^>]*/>")
_END = b"</publicwhip>"
_SUPERSEDED = re.compile(rb"""<publicwhip\b[^>]*\blatest\s*=\s*["']no["']""", re.IGNORECASE)

logger = logging.getLogger(__name__)


class TheyWorkForYou:
    """Reads the files of some folders of a place, the current version of each day."""

    name = SOURCE
    version = 1

    def __init__(self, place: Folder, register: Register, *, kinds: Sequence[str] = WESTMINSTER) -> None:
        """`kinds`: names of folders, of `FILE_KINDS`."""
        self._place, self._register = place, register
        self._folders = tuple(FILE_KINDS[kind] for kind in kinds)
        self._root: str | None = None
        self._earlier: dict[str, dict[str, list[str]]] = {}

    @property
    def houses(self) -> tuple[House, ...]:
        """The Houses that the folders tell of."""
        return tuple(dict.fromkeys(folder.house for folder in self._folders))

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """The current files of these days, both included, newest first. Raises FetchError."""
        found: list[FileRef] = []
        missing = []
        for folder in self._folders:
            try:
                found += self._list(folder)
            except GoneError:
                missing.append(folder.name)
        if missing and len(missing) == len(self._folders):
            text = f"{self._place} has no folder {missing[0]}: path or base_url is to name pwdata, or scrapedxml in it."
            raise FetchError(text, url=str(self._place))
        if missing:
            logger.info("folders source=%s missing=%s", SOURCE, ",".join(missing))
        found.sort(key=lambda ref: (str(ref.day), ref.name), reverse=True)
        for ref in found:
            if ref.day and (first is None or ref.day >= first) and (last is None or ref.day <= last):
                yield ref

    def fetch(self, ref: FileRef) -> Payload:
        """A file. What versions before it say became of their ids is put to its end, so that it tells that too.

        Raises FetchError.
        """
        folder = FILE_KINDS[ref.name.partition("/")[0]]
        if folder.name not in self._earlier:
            self._list(folder)
        # Where the stamp tells of changes nobody need ask the server, and so nothing is kept for asking.
        received = self._place.read(f"{self._root}{ref.name}", keep=not ref.stamp)
        body = received.body
        if not folder.has_numbers:
            body = _with_redirects(body, self._read_earlier(folder, ref.name))
        return Payload(source=SOURCE, key=ref.name, url=received.url, fetched_at=received.fetched_at, body=body)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """The records of a file; none of one that a later version took the place of. Raises ParseError."""
        name = payload.key.partition("#")[0]
        folder, version = FILE_KINDS.get(name.partition("/")[0]), version_of(name)
        if folder is None or version is None:
            raise ParseError(f"{name} is no name of a file of TheyWorkForYou: report it.", key=payload.key)
        document = open_document(payload.body, name)
        if document.is_superseded:
            return
        context = Context(name, folder, version.day, self._register, document)
        yield from questions(context) if folder.kind is Kind.QUESTION else speeches(context)

    def _list(self, folder: FileKind) -> list[FileRef]:
        """The current files of a folder; the names of the versions before them are remembered. Raises GoneError."""
        root, entries = self._entries(folder)
        self._root = root
        try:
            changes = changed_at(
                self._place.read(f"{root}{folder.name}/changedates.txt").body.decode("utf-8", "replace")
            )
        except GoneError:
            changes = {}
        found = sittings(folder, entries)
        self._earlier[folder.name] = {
            f"{folder.name}/{versions[-1][0].file}": [entry.name for _, entry in versions[:-1]]
            for versions in found.values()
            if len(versions) > 1
        }
        return list(current(folder, found, changes))

    def _entries(self, folder: FileKind) -> tuple[str, list[FileEntry]]:
        """Where the folders lie in this place, and what is in one of them."""
        roots = _ROOTS if self._root is None else (self._root,)
        for root in roots[:-1]:
            with suppress(GoneError):
                return root, self._place.entries(f"{root}{folder.name}")
        return roots[-1], self._place.entries(f"{roots[-1]}{folder.name}")

    def _read_earlier(self, folder: FileKind, name: str) -> Iterator[bytes]:
        """The versions before a file, as far as they are there: without them nothing but old ids is missing."""
        for earlier in self._earlier[folder.name].get(name, ()):
            with suppress(GoneError):
                yield self._place.read(earlier, keep=False).body


def _with_redirects(body: bytes, earlier: Iterable[bytes]) -> bytes:
    """A file with the redirects of the versions that it took the place of."""
    superseded = (old for old in earlier if _SUPERSEDED.search(old))
    redirects = b"\n".join(tag for old in superseded for tag in _REDIRECT.findall(old))
    begin, end, rest = body.rpartition(_END)
    return begin + redirects + b"\n" + end + rest if redirects and end else body
