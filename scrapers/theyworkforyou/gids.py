"""Ids of parlparse ("gids"): their parts, what they become when a day is revised, and which of them can be keys.

`uk.org.publicwhip/wrans/2009-10-26f.294961.q0` has the number of a question, so neither the letter of the version nor the
part of the answer is needed; `uk.org.publicwhip/debate/2009-10-26b.171.1` has column and place, of this version alone.
Redirects (`<gidredirect oldgid newgid matchtype>`) say which id became which, in chains over the versions.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREFIX: Final = "uk.org.publicwhip/"

_GID = re.compile(r"uk\.org\.publicwhip/(?P<kind>[a-z]+)/(?P<sitting>(?:standing[^/\s]*_)?(?P<day>\d{4}-\d\d-\d\d))"
                  r"(?P<letter>[a-z]*)\.(?P<place>[\w.-]{1,60})", re.ASCII)  # fmt: skip
_NUMBERED = re.compile(r"(?P<number>[A-Za-z\d-]+)(?:\.(?:m?h|[qr]\d{1,3}))?")


class Gid(NamedTuple):
    """An id taken apart. A file has thousands, and a named tuple is made in a third of the time of a frozen dataclass.

    `number` is there if it is made of a question's number (or UIN), else only `place` ("171.1").
    """

    text: str
    kind: str
    sitting: str
    day: date
    letter: str
    place: str
    number: str | None

    @property
    def key(self) -> str:
        """Key of the record in the archive (see `monitor.parliament.identifiers`)."""
        if self.number:
            return f"gid:{self.kind}/{self.sitting}.{self.number}"
        return f"gid:{self.text.removeprefix(PREFIX)}"


@lru_cache(maxsize=1_000)  # several readers ask for the id of a question, one after the other
def read_gid(text: str | None) -> Gid | None:
    """Take an id apart; None if it is not one."""
    match = _GID.fullmatch(text or "")
    if match is None or text is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    numbered = _NUMBERED.fullmatch(match["place"])
    number = numbered["number"] if numbered else None
    return Gid(text, match["kind"], match["sitting"], day, match["letter"], match["place"], number)


class Redirects:
    """Earlier ids of the elements of a file, as far as the redirects tell."""

    def __init__(self, tags: Iterable[Mapping[str, str]]) -> None:
        """Take the attributes of each redirect. Those of removed elements are left out, since they point anywhere."""
        new_ids: dict[str, str] = {}
        for tag in tags:
            old, new = tag.get("oldgid"), tag.get("newgid")
            if old and new and old != new and tag.get("matchtype") != "removed":
                new_ids.setdefault(old, new)
        self._earlier: dict[str, list[str]] = {}
        for old in new_ids:
            end, seen = old, {old}
            while end in new_ids and new_ids[end] not in seen:
                end = new_ids[end]
                seen.add(end)
            self._earlier.setdefault(end, []).append(old)

    def earlier(self, gid: str | None) -> list[str]:
        """List the earlier ids of an element, earliest first, with other ids that this version gives it."""
        earlier = self._earlier.get(gid or "")
        return sorted(earlier, key=_version_order) if earlier else []

    def first(self, gid: Gid) -> Gid:
        """Find the id of the same element in the earliest version that is known."""
        for old in self.earlier(gid.text):
            first = read_gid(old)
            if first and first.kind == gid.kind and first.number is None:
                return first
        return gid


def _version_order(text: str) -> tuple[int, str, str]:
    gid = read_gid(text)
    return (len(gid.letter), gid.letter, text) if gid else (0, "", text)
