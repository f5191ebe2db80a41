"""Names of parlparse's files, the versions of a day, and the days on which a day was read anew.

Hansard publishes a day again and again. Each version gets the next letter (`answers2009-10-26a.xml`, `b`, ... `z`, `aa`),
and the one before is overwritten by the redirects of its ids. Only the highest letter counts. `changedates.txt` has a line
for each time a file was made (`1256631489,answers2009-10-26a.xml`), none for an overwriting; so it is used for whole days.
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


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file, in a folder `name`. `stem`: the start of file names. `series` is None for files without columns."""

    name: str
    stem: str
    house: House
    record_kind: Kind
    series: str | None = None

    @property
    def has_numbers_in_ids(self) -> bool:
        """A flag: ids are made of question numbers, which do not change from version to version."""
        return self.name in ("wrans", "sp-written")


FILE_KINDS: Final = {
    kind.name: kind
    for kind in (
        FileKind("wrans", "answers", House.COMMONS, Kind.QUESTION, WRITTEN_ANSWERS),
        FileKind("lordswrans", "lordswrans", House.LORDS, Kind.QUESTION, WRITTEN_ANSWERS),
        FileKind("wms", "ministerial", House.COMMONS, Kind.STATEMENT, WRITTEN_STATEMENTS),
        FileKind("lordswms", "lordswms", House.LORDS, Kind.STATEMENT, WRITTEN_STATEMENTS),
        FileKind("debates", "debates", House.COMMONS, Kind.SPEECH, DEBATES),
        FileKind("westminhall", "westminster", House.COMMONS, Kind.SPEECH, WESTMINSTER_HALL),
        FileKind("lordspages", "daylord", House.LORDS, Kind.SPEECH, DEBATES),
        FileKind("standing", "standing", House.COMMONS, Kind.SPEECH, COMMITTEE),
        FileKind("sp-written", "spwa", House.SCOTLAND, Kind.QUESTION),
        FileKind("ni", "ni", House.NORTHERN_IRELAND, Kind.SPEECH),
    )
}

_NAME = re.compile(
    r"(?P<sitting>[a-z]+(?:[^/]*_)?(?P<day>\d{4}-\d\d-\d\d))(?P<letter>[a-z]*)\.xml", re.ASCII | re.IGNORECASE
)
_CHANGED = re.compile(r"\s*(\d{1,12})\s*,\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file by its name: its sitting, its day, and the letter of its version, "" if there is only one."""

    name: str
    sitting: str
    day: date
    letter: str

    @property
    def file(self) -> str:
        """Name without the folders before it."""
        return self.name.rsplit("/", 1)[-1]

    @property
    def rank(self) -> tuple[int, str]:
        """Rank of the version: `z` comes before `aa`."""
        return len(self.letter), self.letter


def read_file_name(name: str) -> FileVersion | None:
    """Read the name of a file; None if it is not one of parlparse's."""
    match = _NAME.fullmatch(name.rsplit("/", 1)[-1])
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    return FileVersion(name, match["sitting"], day, match["letter"].lower())


def read_change_dates(text: str) -> dict[str, int]:
    """Read `changedates.txt`: for each sitting when a file was last made, in Unix seconds."""
    newest: dict[str, int] = {}
    for line in text.splitlines():
        match = _CHANGED.fullmatch(line)
        version = read_file_name(match[2]) if match else None
        if match and version:
            newest[version.sitting] = max(newest.get(version.sitting, 0), int(match[1]))
    return newest


def group_by_sitting(kind: FileKind, entries: Iterable[FileEntry]) -> dict[str, list[tuple[FileVersion, FileEntry]]]:
    """Group the files of a kind by sitting, oldest version first."""
    by_sitting: dict[str, list[tuple[FileVersion, FileEntry]]] = {}
    for entry in entries:
        version = read_file_name(entry.name)
        if version and version.sitting.startswith(kind.stem):
            by_sitting.setdefault(version.sitting, []).append((version, entry))
    for versions in by_sitting.values():
        versions.sort(key=lambda pair: pair[0].rank)
    return by_sitting


def current_files(
    kind: FileKind, by_sitting: Mapping[str, list[tuple[FileVersion, FileEntry]]], change_dates: Mapping[str, int]
) -> Iterator[FileRef]:
    """Choose the newest file of each sitting, named by folder and file alone, wherever the folder lies."""
    for sitting, versions in by_sitting.items():
        version, entry = versions[-1]
        stamp = ":".join(filter(None, (str(change_dates.get(sitting, "")), entry.stamp)))
        yield FileRef(name=f"{kind.name}/{version.file}", day=version.day, stamp=stamp)
