"""A folder that a site is written into, again and again: only what changed is written, and what is gone is removed."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Final

from monitor.errors import OutputError
from monitor.files import DRAFT, write_whole
from monitor.presentation.feeds.document import tag
from monitor.research.export.site import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MARK: Final = "pqwatch-site.json"
"""Says that the folder is one of ours, and may be written into; and which feed is in it, whatever its records are."""


class Folder:
    """The folder of a site; counts the files that it wrote, left and removed, and the records among them.

    Files that are not of a site, such as a CNAME, stay. A reader finds old pages or new ones meanwhile, each complete.
    """

    def __init__(self, path: Path) -> None:
        """Check the folder. Raises OutputError if it belongs to something else, or can't be made."""
        self.path = path.resolve()
        self.written = self.same = self.removed = self.records = 0
        try:
            self.feed_id = self._take()
        except OSError as exc:
            raise OutputError(f"{self.path} can't be written ({exc.strerror or exc})") from exc

    def fill(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write files by name, then remove those of the site before that are not among them."""
        names = set()
        try:
            for name, content in files:
                names.add(name)
                self.records += name.startswith("records/")
                self._put(name, content)
            self._remove_others(names)
        except OSError as exc:
            raise OutputError(f"{exc.filename or self.path} can't be written ({exc.strerror or exc})") from exc

    def _take(self) -> str:
        """Make the folder if it is missing, and return the permanent id of its feed."""
        mark = self.path / MARK
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path} is a file: name a folder with --output")
        if mark.exists():
            feed_id = _feed_of(mark)
        elif self.path.exists() and any(self.path.iterdir()):
            raise OutputError(f"{self.path} has files in it that are not of a site: name a new or empty folder")
        else:
            self.path.mkdir(parents=True, exist_ok=True)
            feed_id = tag("site", secrets.token_hex(8))
            self._write(mark, json.dumps({"feed": feed_id}).encode() + b"\n")
        (self.path / "records").mkdir(exist_ok=True)
        return feed_id

    def _put(self, name: str, content: bytes) -> None:
        place = self.path / name
        if place.is_file() and place.stat().st_size == len(content) and place.read_bytes() == content:
            self.same += 1
            return
        self._write(place, content)
        self.written += 1

    def _write(self, place: Path, content: bytes) -> None:
        # Thousands of pages, each soon written again if the power fails: to force each to the disk would take minutes.
        write_whole(place, content, is_shared=False, sync=False)

    def _remove_others(self, names: set[str]) -> None:
        for folder in (self.path, self.path / "records"):
            prefix = "" if folder == self.path else "records/"
            for file in sorted(folder.iterdir()):
                is_draft = file.name.endswith(DRAFT)
                name = prefix + (file.name.removesuffix(DRAFT).removeprefix(".") if is_draft else file.name)
                if NAMES.fullmatch(name) and (is_draft or name not in names):
                    file.unlink()
                    self.removed += not is_draft


def _feed_of(mark: Path) -> str:
    try:
        return str(json.loads(mark.read_text("utf-8"))["feed"])
    except (ValueError, KeyError, TypeError) as exc:
        raise OutputError(f"{mark} can't be read: remove it, and the folder's other files, and export again") from exc
