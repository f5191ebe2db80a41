"""The ids of parlparse ("gids"): what they say, what they become when a day is revised, and what of them can be a key.

`uk.org.publicwhip/wrans/2009-10-26f.294961.q0` has the number of a question, so neither the letter of the version nor the
part of the answer says anything that lasts; `uk.org.publicwhip/debate/2009-10-26b.171.1` has column and place, of this
version alone. Redirects (`<gidredirect oldgid newgid matchtype>`) say which id became which, in chains over the versions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREFIX: Final = "uk.org.publicwhip/"

_GID = re.compile(r"uk\.org\.publicwhip/(?P<kind>[a-z]+)/(?P<sitting>(?:standing[^/\s]*_)?(?P<day>\d{4}-\d\d-\d\d))"
                  r"(?P<letter>[a-z]*)\.(?P<place>[\w.-]{1,60})", re.ASCII)  # fmt: skip
_NUMBERED = re.compile(r"(?P<number>[A-Za-z\d-]+)(?:\.(?:m?h|[qr]\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Gid:
    """An id taken apart. `number` is there where it is made of a question's number (or UIN), else `place` ("171.1")."""

    text: str
    kind: str
    sitting: str
    day: date
    letter: str
    place: str
    number: str | None

    @property
    def key(self) -> str:
        """The key of `monitor.parliament.identifiers` for it."""
        if self.number:
            return f"gid:{self.kind}/{self.sitting}.{self.number}"
        return f"gid:{self.text.removeprefix(PREFIX)}"


@lru_cache(maxsize=1_000)  # of one question several readers ask, one after the other
def read_gid(text: str | None) -> Gid | None:
    """An id taken apart; None where it is none."""
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
    """Which ids what is here had before, in the versions that the redirects tell of."""

    def __init__(self, tags: Iterable[Mapping[str, str]]) -> None:
        """`tags`: the attributes of each redirect. What was removed points to no matter where, so that is left out."""
        became: dict[str, str] = {}
        for tag in tags:
            old, new = tag.get("oldgid"), tag.get("newgid")
            if old and new and old != new and tag.get("matchtype") != "removed":
                became.setdefault(old, new)
        self._before: dict[str, list[str]] = {}
        for old in became:
            end, seen = old, {old}
            while end in became and became[end] not in seen:
                end = became[end]
                seen.add(end)
            self._before.setdefault(end, []).append(old)

    def before(self, gid: str | None) -> list[str]:
        """What an id was called in earlier versions, earliest first, and other names that this version gives it."""
        return sorted(self._before.get(gid or "", ()), key=_age)

    def first(self, gid: Gid) -> Gid:
        """The id of the same thing in the earliest version that is known."""
        for old in self.before(gid.text):
            first = read_gid(old)
            if first and first.kind == gid.kind and first.number is None:
                return first
        return gid


def _age(text: str) -> tuple[int, str, str]:
    gid = read_gid(text)
    return (len(gid.letter), gid.letter, text) if gid else (0, "", text)
