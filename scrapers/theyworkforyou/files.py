"""Which files of parlparse there are, which of several versions of a day counts, and when a day was read anew by them.

Hansard publishes a day again and again; each version gets the next letter (`answers2009-10-26a.xml`, `b`, ... `z`, `aa`),
and what went before is overwritten by what became of it. Only the highest letter counts. `changedates.txt` has a line for
each time a file was made (`1256631489,answers2009-10-26a.xml`), none for an overwriting; its unit is therefore the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from monitor.model.records import House, Kind
from monitor.model.sources import FileRef
from monitor.parliament.identifiers import COMMITTEE, DEBATES, WESTMINSTER_HALL, WRITTEN_ANSWERS, WRITTEN_STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scrapers.folders import FileEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """A folder of files of one kind. `stem` is what their names begin with; `series` None where nothing is in columns."""

    name: str
    stem: str
    house: House
    kind: Kind
    series: str | None = None

    @property
    def has_numbers(self) -> bool:
        """Whether ids in it are made of question numbers, which no version changes."""
        return self.name in ("wrans", "sp-written")


FILE_KINDS: Final = {
    folder.name: folder
    for folder in (
        FileKind(name="wrans", stem="answers", house=House.COMMONS, kind=Kind.QUESTION, series=WRITTEN_ANSWERS),
        FileKind(name="lordswrans", stem="lordswrans", house=House.LORDS, kind=Kind.QUESTION, series=WRITTEN_ANSWERS),
        FileKind(name="wms", stem="ministerial", house=House.COMMONS, kind=Kind.STATEMENT, series=WRITTEN_STATEMENTS),
        FileKind(name="lordswms", stem="lordswms", house=House.LORDS, kind=Kind.STATEMENT, series=WRITTEN_STATEMENTS),
        FileKind(name="debates", stem="debates", house=House.COMMONS, kind=Kind.SPEECH, series=DEBATES),
        FileKind(name="westminhall", stem="westminster", house=House.COMMONS, kind=Kind.SPEECH, series=WESTMINSTER_HALL),
        FileKind(name="lordspages", stem="daylord", house=House.LORDS, kind=Kind.SPEECH, series=DEBATES),
        FileKind(name="standing", stem="standing", house=House.COMMONS, kind=Kind.SPEECH, series=COMMITTEE),
        FileKind(name="sp-written", stem="spwa", house=House.SCOTLAND, kind=Kind.QUESTION),
        FileKind(name="ni", stem="ni", house=House.NORTHERN_IRELAND, kind=Kind.SPEECH),
    )
}  # fmt: skip

_NAME = re.compile(
    r"(?P<sitting>[a-z]+(?:[^/]*_)?(?P<day>\d{4}-\d\d-\d\d))(?P<letter>[a-z]*)\.xml", re.ASCII | re.IGNORECASE
)
_CHANGED = re.compile(r"\s*(\d{1,12})\s*,\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Version:
    """A file as its name tells it: of which sitting, of which day, which version ("" where there is only one)."""

    name: str
    sitting: str
    day: date
    letter: str

    @property
    def file(self) -> str:
        """The name without the folders before it."""
        return self.name.rsplit("/", 1)[-1]

    @property
    def rank(self) -> tuple[int, str]:
        """Later versions have higher ones: `z` comes before `aa`."""
        return len(self.letter), self.letter


def version_of(name: str) -> Version | None:
    """What the name of a file tells; None where it is none of parlparse's."""
    match = _NAME.fullmatch(name.rsplit("/", 1)[-1])
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    return Version(name, match["sitting"], day, match["letter"].lower())


def changed_at(text: str) -> dict[str, int]:
    """When a file of each sitting was made last, in Unix seconds, from `changedates.txt`; other lines say nothing."""
    newest: dict[str, int] = {}
    for line in text.splitlines():
        match = _CHANGED.fullmatch(line)
        version = version_of(match[2]) if match else None
        if match and version:
            newest[version.sitting] = max(newest.get(version.sitting, 0), int(match[1]))
    return newest


def sittings(folder: FileKind, entries: Iterable[FileEntry]) -> dict[str, list[tuple[Version, FileEntry]]]:
    """The files of each sitting in a folder, oldest version first."""
    found: dict[str, list[tuple[Version, FileEntry]]] = {}
    for entry in entries:
        version = version_of(entry.name)
        if version and version.sitting.startswith(folder.stem):
            found.setdefault(version.sitting, []).append((version, entry))
    for versions in found.values():
        versions.sort(key=lambda pair: pair[0].rank)
    return found


def current(
    folder: FileKind, found: Mapping[str, list[tuple[Version, FileEntry]]], changes: Mapping[str, int]
) -> Iterator[FileRef]:
    """The file that counts of each sitting, named by folder and file alone, wherever the folder lies."""
    for sitting, versions in found.items():
        version, entry = versions[-1]
        stamp = ":".join(filter(None, (str(changes.get(sitting, "")), entry.stamp)))
        yield FileRef(name=f"{folder.name}/{version.file}", day=version.day, stamp=stamp)
