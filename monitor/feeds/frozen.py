"""What is composed for a topic's feed, as it waits in the outbox, and a feed put together from that."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor.feeds.document import Entry, Feed

if TYPE_CHECKING:
    from collections.abc import Sequence


def freeze(feed: Feed) -> bytes:
    """A feed of new entries as the outbox keeps it, the newest entry first."""
    told = {name: getattr(feed, name) for name in ("id", "title", "about", "rights")}
    written = {**told, "updated": feed.updated.isoformat(), "entries": [_frozen(entry) for entry in feed.entries]}
    return json.dumps(written, ensure_ascii=False).encode("utf-8", "replace")


def feed_of(messages: Sequence[bytes], keep: int, url: str) -> Feed:
    """The feed that was frozen piece by piece, `messages` newest first: at most `keep` entries, each once."""
    pieces = [json.loads(message) for message in messages]
    entries: dict[str, dict[str, Any]] = {}
    for told in (told for piece in pieces for told in piece["entries"]):
        entries.setdefault(told["id"], told)
    newest = pieces[0]
    return Feed(
        id=newest["id"],
        title=newest["title"],
        about=newest["about"],
        rights=newest["rights"],
        updated=datetime.fromisoformat(newest["updated"]),
        entries=tuple(_entry(told) for told in list(entries.values())[:keep]),
        url=url,
    )


def _frozen(entry: Entry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    published = entry.published.isoformat() if entry.published else None
    return {**values, "updated": entry.updated.isoformat(), "published": published}


def _entry(told: dict[str, Any]) -> Entry:
    published = datetime.fromisoformat(told["published"]) if told["published"] else None
    updated = datetime.fromisoformat(told["updated"])
    return Entry(**{**told, "updated": updated, "published": published, "tags": tuple(told["tags"])})
