"""Where files lie: a folder on this machine, or a directory on the web. What is read of them is the same.

A name is a path relative to the place ("wrans/answers2009-10-26f.xml"), with "/" on every system. Locally a file may be
packed: `x.xml.gz`, or `x.zip` with one file in it, is listed and read as `x.xml`. Listings on the web are the ordinary ones
of Apache and nginx, whose mark-up no two versions share: only the links count.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote, unquote, urljoin, urlsplit

from monitor.errors import FetchError, GoneError
from monitor.model.sources import Cached
from scrapers.http.client import LIST_SECONDS, NOT_MODIFIED
from scrapers.http.wire import Gunzip
from scrapers.markup import unescaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from monitor.ports import Cache
    from scrapers.http.client import Client

MAX_FILE: Final = 256 * 1024 * 1024
"""Bytes of a local file, unpacked; the largest volume of Historic Hansard has some 40 MB."""
MAX_DEPTH: Final = 12
"""Folders below each other that are still walked through: a mirror of a web site has nine."""
FILE_SECONDS: Final = 120.0

_HREF: Final = re.compile(r"""<a\s[^<>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_UNPRINTED: Final = re.compile(r"[\\\x00-\x1f]")
_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a place. `stamp` changes when the file does; "" on the web, where a listing does not tell."""

    name: str
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What was read: whole, unpacked. `fetched_at` is in UTC."""

    body: bytes
    url: str
    fetched_at: datetime


class Place(Protocol):
    """A tree of files. Raises FetchError, and GoneError for what is not there."""

    def entries(self, folder: str = "") -> list[Entry]:
        """The files directly in a folder, by name."""
        ...

    def read(self, name: str, *, keep: bool = True) -> Received:
        """A file. `keep`: for a question whether it has changed, which a later reading may ask."""
        ...


class LocalPlace:
    """A folder on this machine. `clock` gives the time in UTC. Links that lead out of it are as good as not there."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._root, self._clock = path, clock

    def __str__(self) -> str:
        return str(self._root)

    def walk(self) -> Iterator[Entry]:
        """The files of all folders, by name. Links to folders and hidden folders are passed over, so it comes to an end."""
        yield from self._walk("", MAX_DEPTH)

    def _walk(self, folder: str, depth: int) -> Iterator[Entry]:
        yield from self.entries(folder)
        for name in self._folders(folder) if depth else ():
            yield from self._walk(name, depth - 1)

    def _folders(self, folder: str) -> list[str]:
        path = self._path(folder)
        try:
            with os.scandir(path) as children:
                names = [child.name for child in children if child.is_dir(follow_symlinks=False)]
        except OSError as exc:
            raise _unreadable(path, exc) from exc
        seen = (name for name in sorted(names) if not name.startswith(".") and not _UNPRINTED.search(name))
        return [f"{folder}/{name}" if folder else name for name in seen]

    def entries(self, folder: str = "") -> list[Entry]:
        """The files directly in a folder, by name; what is no regular file is passed over."""
        path = self._path(folder)
        if not self._is_inside(path):
            raise GoneError(f"{path} leads out of {self._root}: check path.", url=_url(path))
        try:
            with os.scandir(path) as children:
                files = {child.name: child.stat() for child in children if child.is_file() and self._is_ours(child)}
            found = {_unpacked(name): _stamp(files[name]) for name in sorted(files, key=_is_packed, reverse=True)}
        except (FileNotFoundError, NotADirectoryError) as exc:
            raise GoneError(f"{path} is no folder: check path.", url=_url(path)) from exc
        except OSError as exc:
            raise _unreadable(path, exc) from exc
        prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        return [Entry(prefix + name, stamp) for name, stamp in sorted(found.items())]

    def read(self, name: str, *, keep: bool = True) -> Received:  # noqa: ARG002 - nothing is kept of what is at hand
        """A file, unpacked."""
        for path in _candidates(self._path(name)):
            if self._is_inside(path) and path.is_file():
                try:
                    return Received(_read_file(path), _url(path), self._clock())
                except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as exc:
                    raise _unreadable(path, exc) from exc
        raise GoneError(f"{self._root} has no file {name}.", url=_url(self._path(name)))

    def _path(self, name: str) -> Path:
        return self._root.joinpath(*_steps(name))

    def _is_ours(self, child: os.DirEntry[str]) -> bool:
        return not child.is_symlink() or self._is_inside(Path(child.path))

    def _is_inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root.resolve())


class WebPlace:
    """A directory of a web server. With a cache, what did not change since it was kept is not sent again."""

    def __init__(self, client: Client, base_url: str, cache: Cache | None = None) -> None:
        self._client, self._base, self._cache = client, base_url.rstrip("/"), cache

    def __str__(self) -> str:
        return self._base

    def entries(self, folder: str = "") -> list[Entry]:
        """The files that the listing of a folder links to, by name."""
        steps = _steps(folder)
        listing = get_cached(self._client, self._cache, "/".join([self._base, *map(quote, steps)]) + "/")
        prefix = "".join(f"{step}/" for step in steps)
        names = set(_listed(listing.body.decode("utf-8", "replace"), listing.url))
        return [Entry(prefix + name) for name in sorted(names)]

    def read(self, name: str, *, keep: bool = True) -> Received:
        """A file, unpacked by HTTP alone."""
        url = "/".join([self._base, *map(quote, _steps(name))])
        return get_cached(self._client, self._cache if keep else None, url, seconds=FILE_SECONDS)


def get_cached(client: Client, cache: Cache | None, url: str, *, seconds: float = LIST_SECONDS) -> Received:
    """Ask for an address, or whether what was kept of it still holds. `seconds`: the deadline of each try.

    Raises GoneError and FetchError, as the client does.
    """
    kept = cache.get(url) if cache else None
    if kept is None:
        response = client.get(url, seconds=seconds)
    else:
        response = client.get(url, seconds=seconds, etag=kept.etag, last_modified=kept.last_modified)
        if response.status == NOT_MODIFIED:
            return Received(kept.body, response.url, response.fetched_at)
    etag, modified = response.headers.get("etag", ""), response.headers.get("last-modified", "")
    if cache and (etag or modified or kept):
        cache.put(url, Cached(body=response.body, etag=etag, last_modified=modified))
    return Received(response.body, response.url, response.fetched_at)


def _steps(name: str) -> list[str]:
    """The parts of a name. Raises FetchError for one that leads elsewhere."""
    steps = [step for step in name.split("/") if step]
    if name.startswith("/") or any(step in (".", "..") or _UNPRINTED.search(step) for step in steps):
        raise FetchError(f"{name!r} is no name of a file in a source: report it.", url=name)
    return steps


def _listed(page: str, url: str) -> Iterator[str]:
    """The names of files directly below the address that a page links to."""
    here = urlsplit(url)
    folder = unquote(here.path)[: unquote(here.path).rfind("/") + 1]
    for match in _HREF.finditer(page):
        try:
            there = urlsplit(urljoin(url, unescaped(match[1] or match[2] or match[3] or "").strip()))
        except ValueError:  # an address with half a bracket, say
            continue
        path = unquote(there.path)
        name = path.removeprefix(folder)
        is_file = path.startswith(folder) and name and "/" not in name and not there.query
        if is_file and there.netloc == here.netloc and name not in (".", "..") and not _UNPRINTED.search(name):
            yield name


def _is_packed(name: str) -> bool:
    return name.lower().endswith((".gz", ".zip"))


def _unpacked(name: str) -> str:
    """What a file is called once it is unpacked."""
    if name.lower().endswith(".zip"):
        return name[: -len(".zip")] + ".xml"
    return name[: -len(".gz")] if name.lower().endswith(".gz") else name


def _candidates(path: Path) -> Iterator[Path]:
    """The files that may be what is asked for: it, or it packed."""
    yield path
    yield path.with_name(f"{path.name}.gz")
    if path.suffix == ".xml":
        yield path.with_suffix(".zip")
        yield path.with_suffix(".ZIP")


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _url(path: Path) -> str:
    return path.absolute().as_uri()


def _unreadable(path: Path, exc: Exception) -> FetchError:
    return FetchError(f"{path} can't be read: {getattr(exc, 'strerror', None) or exc}.", url=_url(path))


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        if path.suffix.lower() == ".gz":
            return _gunzip(file, path)
        if path.suffix.lower() == ".zip":
            return _unzip(file, path)
        return _bounded(file, path)


def _bounded(file: IO[bytes], path: Path) -> bytes:
    body = file.read(MAX_FILE + 1)
    if len(body) > MAX_FILE:
        raise FetchError(f"{path} has more than {MAX_FILE // 1024 // 1024} MiB, more than any file of a source.",
                         url=_url(path))  # fmt: skip
    return body


def _gunzip(file: IO[bytes], path: Path) -> bytes:
    stream, parts, size = Gunzip(), [], 0
    while (chunk := file.read(_CHUNK)) and size <= MAX_FILE:
        parts.append(stream.feed(chunk, MAX_FILE - size + 1))
        size += len(parts[-1])
    if size <= MAX_FILE and not stream.is_whole:
        raise EOFError("it is cut short")
    if size > MAX_FILE:
        raise FetchError(f"{path} unpacks to more than {MAX_FILE // 1024 // 1024} MiB.", url=_url(path))
    return b"".join(parts)


def _unzip(file: IO[bytes], path: Path) -> bytes:
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise FetchError(f"{path} holds {len(members)} files, not one: unpack it.", url=_url(path))
        with archive.open(members[0]) as member:
            return _bounded(member, path)
