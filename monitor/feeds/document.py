"""A feed before it is written in one format or another, and the identifiers of feeds and entries.

Texts are clean when they come in. Instants are aware. An address is absolute (https), or "" where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from datetime import datetime

AUTHOR: Final = "pqwatch"
"""Who made a feed; of its entries each has an author of its own."""

LANGUAGE: Final = "en-GB"

_AUTHORITY: Final = "pqwatch.invalid,2025"
"""Whom a tag names as its author (RFC 4151). Nobody can own a name under .invalid (RFC 2606), so nobody else means this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record in a feed.

    `published`: its day, where one is known; `updated`: when it last changed in a way that a reader may care for. `author`
    is who answered, else who asked. `html`: the whole of it.
    """

    id: str
    title: str
    url: str
    updated: datetime
    published: datetime | None = None
    author: str = ""
    summary: str = ""
    html: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed. `about` says in a sentence what is in it; `url` is its own address, `page` that of the page it belongs to."""

    id: str
    title: str
    about: str
    updated: datetime
    entries: tuple[Entry, ...]
    url: str = ""
    page: str = ""
    rights: str = ""


def tag(*names: str) -> str:
    """An identifier that never changes, for what goes by these names: "tag:pqwatch.invalid,2025:record/q-1725947".

    A record has the same in all feeds and archives. Of a feed, whose like may be made anywhere, one of the names is that of
    the archive (`Runs.instance`).
    """
    return f"tag:{_AUTHORITY}:{'/'.join(quote(name, safe='') for name in names)}"
