"""Folders of files, on this machine or on a web server, read alike.

A name is a path relative to the folder ("wrans/answers2009-10-26f.xml"), with "/" on every system. A local file may be
packed: `x.xml.gz`, or `x.zip` with one file in it, is listed and read as `x.xml`. Directory listings of web servers (Apache,
nginx) share no mark-up, so only their links count.
"""

from __future__ import annotations

import gzip
import os
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol
from urllib.parse import quote, unquote, urljoin, urlsplit

from monitor.errors import FetchError, GoneError
from monitor.model.sources import Cached
from scrapers.http.client import LIST_SECONDS
from scrapers.http.exchange import NOT_MODIFIED
from scrapers.markup import resolve_entities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.ports import Cache
    from scrapers.http.client import Client
    from scrapers.http.robots import SiteRules

MAX_FILE: Final = 256 * 1024 * 1024
"""Bytes of a local file, unpacked; the largest volume of Historic Hansard has some 40 MB."""
MAX_DEPTH: Final = 12
"""Folders within each other that are walked through; a mirror of a web site has nine."""
FILE_SECONDS: Final = 120.0
"""Deadline for a file from the web: some have several megabytes."""

_LINK: Final = re.compile(r"""<a\s[^<>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_NOT_IN_NAMES: Final = re.compile(r"[\\\x00-\x1f]")
_UNPACKING_ERRORS: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""Errors of gzip and zipfile; the last two for files with a password, or packed by other methods."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file in a folder. `stamp` changes when the file does; it is "" on the web, where listings do not tell."""

    name: str
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A whole file, unpacked. `fetched_at` is in UTC."""

    body: bytes
    url: str
    fetched_at: datetime


class Folder(Protocol):
    """A tree of files. Its methods raise FetchError, and GoneError for what is not there."""

    def entries(self, folder: str = "") -> list[FileEntry]:
        """List the files directly in a folder, by name."""
        ...

    def read(self, name: str, *, keep: bool = True) -> ReceivedFile:
        """Read a file. `keep`: remember it, to ask the next time whether it has changed."""
        ...


class LocalFolder:
    """Folder on this machine. `clock` gives the time in UTC. Links that lead out of it are ignored."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._root, self._clock = path, clock

    def __str__(self) -> str:
        return str(self._root)

    def walk(self) -> Iterator[FileEntry]:
        """List the files of all folders, by name. Links to folders are not followed, so that it comes to an end."""
        yield from self._walk("", MAX_DEPTH)

    def entries(self, folder: str = "") -> list[FileEntry]:
        """List the files directly in a folder, by name. Pipes, devices and the like are left out."""
        path = self._path(folder)
        if not self._is_inside(path):
            raise GoneError(f"{path} leads out of {self._root}: check path.", url=_url_of(path))
        try:
            with os.scandir(path) as children:
                files = {child.name: child.stat() for child in children if child.is_file() and self._is_ours(child)}
        except (FileNotFoundError, NotADirectoryError) as exc:
            raise GoneError(f"{path} is no folder: check path.", url=_url_of(path)) from exc
        except OSError as exc:
            raise _unreadable(path, exc) from exc
        # Packed files first, so that a file that is also there unpacked replaces its entry.
        stamps = {_unpacked_name(name): _stamp_of(files[name]) for name in sorted(files, key=_is_packed, reverse=True)}
        prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        return [FileEntry(prefix + name, stamp) for name, stamp in sorted(stamps.items())]

    def read(self, name: str, *, keep: bool = True) -> ReceivedFile:  # noqa: ARG002 - local files need no cache
        """Read a file, unpacked."""
        for path in _candidates(self._path(name)):
            if self._is_inside(path) and path.is_file():
                try:
                    return ReceivedFile(_read_file(path), _url_of(path), self._clock())
                except _UNPACKING_ERRORS as exc:
                    raise _unreadable(path, exc) from exc
        raise GoneError(f"{self._root} has no file {name}.", url=_url_of(self._path(name)))

    def _walk(self, folder: str, depth: int) -> Iterator[FileEntry]:
        yield from self.entries(folder)
        if depth:
            for name in self._subfolders(folder):
                yield from self._walk(name, depth - 1)

    def _subfolders(self, folder: str) -> list[str]:
        path = self._path(folder)
        try:
            with os.scandir(path) as children:
                names = [child.name for child in children if child.is_dir(follow_symlinks=False)]
        except OSError as exc:
            raise _unreadable(path, exc) from exc
        visible = (name for name in sorted(names) if not name.startswith(".") and not _NOT_IN_NAMES.search(name))
        return [f"{folder}/{name}" if folder else name for name in visible]

    def _path(self, name: str) -> Path:
        return self._root.joinpath(*_split_name(name))

    def _is_ours(self, child: os.DirEntry[str]) -> bool:
        return not child.is_symlink() or self._is_inside(Path(child.path))

    def _is_inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root.resolve())


class WebFolder:
    """Directory of a web server. With a cache, files that did not change are not sent again.

    `rules`: those of the site, where its pages are made for people.
    """

    def __init__(
        self, client: Client, base_url: str, cache: Cache | None = None, *, rules: SiteRules | None = None
    ) -> None:
        self._client, self._base, self._cache, self._rules = client, base_url.rstrip("/"), cache, rules

    def __str__(self) -> str:
        return self._base

    def entries(self, folder: str = "") -> list[FileEntry]:
        """List the files that the listing of a folder links to, by name."""
        steps = _split_name(folder)
        listing = get_cached(self._client, self._cache, "/".join([self._base, *map(quote, steps)]) + "/")
        prefix = "".join(f"{step}/" for step in steps)
        names = set(_linked_files(listing.body.decode("utf-8", "replace"), listing.url))
        if not names:  # a site that is being mended may say so with status 200
            raise FetchError(f"{listing.url} lists no file: an error page, or a wrong base_url.", url=listing.url)
        return [FileEntry(prefix + name) for name in sorted(names)]

    def read(self, name: str, *, keep: bool = True) -> ReceivedFile:
        """Read a file as HTTP delivers it. Raises GoneError and FetchError."""
        url = "/".join([self._base, *map(quote, _split_name(name))])
        if self._rules is not None:
            self._rules.check(url)
        return get_cached(self._client, self._cache if keep else None, url, seconds=FILE_SECONDS)


def get_cached(client: Client, cache: Cache | None, url: str, *, seconds: float = LIST_SECONDS) -> ReceivedFile:
    """Ask for a URL, or whether the answer in the cache still holds. `seconds`: the deadline of each try.

    Raises GoneError and FetchError, as the client does.
    """
    kept = cache.get(url) if cache else None
    if kept is None:
        response = client.get(url, seconds=seconds)
    else:
        response = client.get(url, seconds=seconds, etag=kept.etag, last_modified=kept.last_modified)
        if response.status == NOT_MODIFIED:
            return ReceivedFile(kept.body, response.url, response.fetched_at)
    etag, last_modified = response.headers.get("etag", ""), response.headers.get("last-modified", "")
    if cache and (etag or last_modified or kept):
        cache.put(url, Cached(body=response.body, etag=etag, last_modified=last_modified))
    return ReceivedFile(response.body, response.url, response.fetched_at)


def _split_name(name: str) -> list[str]:
    """Split a name into folders and file. Raises FetchError for one that leads elsewhere."""
    steps = [step for step in name.split("/") if step]
    if name.startswith("/") or any(step in (".", "..") or _NOT_IN_NAMES.search(step) for step in steps):
        raise FetchError(f"{name!r} is no name of a file in a source: report it.", url=name)
    return steps


def _linked_files(page: str, url: str) -> Iterator[str]:
    """Find the names of files directly below the page's address that it links to."""
    here = urlsplit(url)
    folder = unquote(here.path)[: unquote(here.path).rfind("/") + 1]
    for match in _LINK.finditer(page):
        href = match[1] or match[2] or match[3] or ""
        try:
            there = urlsplit(urljoin(url, resolve_entities(href).strip()))
        except ValueError:  # an address with half a bracket, for example
            continue
        path = unquote(there.path)
        name = path.removeprefix(folder)
        is_file_here = path.startswith(folder) and name and "/" not in name and not there.query
        is_safe = name not in (".", "..") and not _NOT_IN_NAMES.search(name)
        if is_file_here and is_safe and there.netloc == here.netloc:
            yield name


def _is_packed(name: str) -> bool:
    return name.lower().endswith((".gz", ".zip"))


def _unpacked_name(name: str) -> str:
    if name.lower().endswith(".zip"):
        return name[: -len(".zip")] + ".xml"
    return name[: -len(".gz")] if name.lower().endswith(".gz") else name


def _candidates(path: Path) -> Iterator[Path]:
    """Give the paths under which a file may lie: its own, and those of packed ones."""
    yield path
    yield path.with_name(f"{path.name}.gz")
    if path.suffix == ".xml":
        yield path.with_suffix(".zip")
        yield path.with_suffix(".ZIP")


def _stamp_of(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _url_of(path: Path) -> str:
    return path.absolute().as_uri()


def _unreadable(path: Path, exc: Exception) -> FetchError:
    return FetchError(f"{path} can't be read: {getattr(exc, 'strerror', None) or exc}.", url=_url_of(path))


def _read_file(path: Path) -> bytes:
    if path.suffix.lower() == ".zip":
        return _read_zip(path)
    packed = path.suffix.lower() == ".gz"
    with gzip.open(path) if packed else path.open("rb") as file:
        return _read_bounded(file, path)


def _read_zip(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise FetchError(f"{path} holds {len(members)} files, not one: unpack it.", url=_url_of(path))
        with archive.open(members[0]) as member:
            return _read_bounded(member, path)


def _read_bounded(file: IO[bytes] | gzip.GzipFile, path: Path) -> bytes:
    body = file.read(MAX_FILE + 1)
    if len(body) > MAX_FILE:
        size = MAX_FILE // 1024 // 1024
        raise FetchError(f"{path} has more than {size} MiB, more than any file of a source.", url=_url_of(path))
    return body
