"""A feed before it is written in one format or another, and the identifiers of feeds and entries.

Texts are clean when they come in. Instants are aware. An address is absolute (https), or "" for no address.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence


AUTHOR: Final = "pqwatch"
"""Author of the feeds; each entry has its own author."""

LANGUAGE: Final = "en-GB"

_AUTHORITY: Final = "pqwatch.invalid,2025"
"""Authority of the tags (RFC 4151). No one can own a name under .invalid (RFC 2606), so no other program uses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
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
    entries: tuple[FeedEntry, ...]
    url: str = ""
    page: str = ""
    rights: str = ""


def tag(*names: str) -> str:
    """Return a permanent identifier from names: "tag:pqwatch.invalid,2025:record/q-1725947".

    A record has the same identifier in all feeds and archives. The identifier of a feed includes the name of the archive
    (`Runs.instance`), because any archive may make a similar feed.
    """
    return f"tag:{_AUTHORITY}:{'/'.join(quote(name, safe='') for name in names)}"


def freeze(feed: Feed) -> bytes:
    """Return the new entries of a feed as the outbox stores them, newest first."""
    fields = {name: getattr(feed, name) for name in ("id", "title", "about", "rights")}
    written = {**fields, "updated": feed.updated.isoformat(), "entries": [_frozen(entry) for entry in feed.entries]}
    return json.dumps(written, ensure_ascii=False).encode("utf-8", "replace")


def feed_of(messages: Sequence[bytes], keep: int, url: str) -> Feed:
    """Return the feed from stored `messages` (newest first), with at most `keep` entries, each once."""
    pieces = [json.loads(message) for message in messages]
    entries: dict[str, dict[str, Any]] = {}
    for stored in (stored for piece in pieces for stored in piece["entries"]):
        entries.setdefault(stored["id"], stored)
    newest = pieces[0]
    return Feed(
        id=newest["id"],
        title=newest["title"],
        about=newest["about"],
        rights=newest["rights"],
        updated=datetime.fromisoformat(newest["updated"]),
        entries=tuple(_entry(stored) for stored in list(entries.values())[:keep]),
        url=url,
    )


def _frozen(entry: FeedEntry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in FeedEntry.__dataclass_fields__}
    published = entry.published.isoformat() if entry.published else None
    return {**values, "updated": entry.updated.isoformat(), "published": published}


def _entry(stored: dict[str, Any]) -> FeedEntry:
    published = datetime.fromisoformat(stored["published"]) if stored["published"] else None
    updated = datetime.fromisoformat(stored["updated"])
    return FeedEntry(**{**stored, "updated": updated, "published": published, "tags": tuple(stored["tags"])})
